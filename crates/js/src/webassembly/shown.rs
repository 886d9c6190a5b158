//! Which buffers of memories JavaScript has.
//!
//! ```text
//!   WebAssembly.Memory ──► its buffer ──► Keeper (crates/js/src/raw): keeps the memory in the store
//!                            ▲               │ owns
//!                  WeakRef ─ ┘               ▼
//!                     ▲─── Shown ◄─ ─ ─ Showing: forgets the buffer when its bytes are given back
//! ```
//!
//! The object of the memory owns the buffer, so that it is the same one each time. Where that object goes and
//! the program has the buffer, or a view of it, growth finds it here, and another object for the same memory.

use super::known_buffers::KnownBuffers;
use crate::raw::{Attempt, ContextId, Env, Identity, Length, Marker, Own, Ref, Stored};
use bident::Memory;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

/// Source of what makes weak references.
pub(super) const WEAKLY: &str = "(WeakRef => (value) => new WeakRef(value))(WeakRef)";

/// Source of what makes the buffer of a memory that can have no bytes, but could be resized: QuickJS has no other
/// call for one. It has no bytes of the memory's.
pub(super) const EMPTY: &str = "((Plain, Shared, freeze) => (shared) => {
    const options = { __proto__: null, maxByteLength: 0 };
    return shared ? freeze(new Shared(0, options)) : new Plain(0, options);
})(ArrayBuffer, SharedArrayBuffer, Object.freeze)";

/// How buffers are made and referred to, as it was before any program ran.
pub(super) struct Weakly<'js> {
    /// What [`EMPTY`] is.
    pub(super) empty: Own<'js>,
    /// What [`WEAKLY`] is.
    pub(super) make: Own<'js>,
    /// `WeakRef.prototype.deref`.
    pub(super) deref: Own<'js>,
}

/// See the module. Never borrowed while a JavaScript value is dropped: a buffer that goes looks here.
#[derive(Default)]
pub(super) struct Shown {
    maps: RefCell<Maps>,
    /// Whether there are any.
    any: Cell<bool>,
    /// How many there have been.
    count: Cell<u64>,
    /// Where else they are known, and as whose.
    known: Option<(Rc<KnownBuffers>, ContextId)>,
}

#[derive(Default)]
struct Maps {
    buffers: HashMap<Memory, Buffer>,
    memories: HashMap<Identity, Memory>,
}

struct Buffer {
    number: u64,
    length: usize,
    kind: Length,
    /// A `WeakRef`: of a buffer that a program has managed to transfer, the bytes outlive the object.
    object: Stored,
    identity: Option<Identity>,
}

/// What goes with the bytes of a buffer.
pub(crate) struct Showing {
    memory: Memory,
    number: u64,
    shown: Weak<Shown>,
}

impl Drop for Showing {
    fn drop(&mut self) {
        if let Some(shown) = self.shown.upgrade() {
            let entry = shown.maps.borrow().buffers.get(&self.memory).map(number_of);
            // Else there is another one by now.
            if entry == Some(self.number) {
                shown.forget(self.memory);
            }
        }
    }
}

fn number_of(buffer: &Buffer) -> u64 {
    buffer.number
}

/// A buffer, how long it is, and of what kind.
pub(super) type Found<'js> = (Own<'js>, usize, Length);

impl Shown {
    /// The buffers that other contexts, too, must know as those of this one.
    pub(super) fn known_to(known: &Rc<KnownBuffers>, context: ContextId) -> Self {
        Self {
            known: Some((known.clone(), context)),
            ..Self::default()
        }
    }

    /// Whether JavaScript has the buffer of any memory.
    #[inline]
    pub(super) fn any(&self) -> bool {
        self.any.get()
    }

    /// The buffer of a memory, if JavaScript has it. No code of a program runs. It fails where there is no room on
    /// the stack to ask.
    pub(super) fn get<'js>(
        &self,
        env: Env<'js>,
        weakly: &Weakly<'js>,
        memory: Memory,
    ) -> Attempt<Option<Found<'js>>> {
        let maps = self.maps.borrow();
        let Some(buffer) = maps.buffers.get(&memory) else {
            return Ok(None);
        };
        let (weak, length, kind) = (buffer.object.to_owned(env), buffer.length, buffer.kind);
        drop(maps);
        let object = env.call(weakly.deref.get(), weak.get(), &[])?;
        let is_there = object.get().is_object();
        Ok(is_there.then_some((object, length, kind)))
    }

    /// How long the buffer of a memory is, if JavaScript has it.
    pub(super) fn length(&self, memory: Memory) -> Option<usize> {
        let maps = self.maps.borrow();
        maps.buffers.get(&memory).map(|buffer| buffer.length)
    }

    /// It has become so long.
    pub(super) fn set_length(&self, memory: Memory, length: usize) {
        if let Some(buffer) = self.maps.borrow_mut().buffers.get_mut(&memory) {
            buffer.length = length;
        }
    }

    /// Makes a buffer of a memory: from now on it is the one.
    pub(super) fn show<'js>(
        self: &Rc<Self>,
        env: Env<'js>,
        weakly: &Weakly<'js>,
        memory: Memory,
        (length, kind): (usize, Length),
        make: impl FnOnce(Showing) -> Attempt<Own<'js>>,
    ) -> Attempt<Own<'js>> {
        let number = self.count.get() + 1;
        self.count.set(number);
        let shown = Rc::downgrade(self);
        let object = make(Showing {
            memory,
            number,
            shown,
        })?;
        let weak = env.call(
            weakly.make.get(),
            Ref::UNDEFINED,
            &[object.get().to_owned(env)],
        )?;
        self.forget(memory);
        let identity = object.get().identity();
        let buffer = Buffer {
            number,
            length,
            kind,
            object: weak.store(),
            identity,
        };
        let maps = &mut *self.maps.borrow_mut();
        maps.memories.extend(identity.map(|key| (key, memory)));
        if let (Some((known, context)), Some(key)) = (&self.known, identity) {
            known.add(key, *context);
        }
        maps.buffers.insert(memory, buffer);
        self.any.set(true);
        Ok(object)
    }

    /// From now on none is the buffer of a memory.
    pub(super) fn forget(&self, memory: Memory) {
        let mut maps = self.maps.borrow_mut();
        let buffer = maps.buffers.remove(&memory);
        let identity = buffer.as_ref().and_then(|buffer| buffer.identity);
        if let Some(key) = identity {
            maps.memories.remove(&key);
            self.known.iter().for_each(|(known, _)| known.remove(key));
        }
        self.any.set(!maps.buffers.is_empty());
        drop(maps);
        // May run finalizers that look here.
        drop(buffer);
    }

    /// The memory whose buffer a value is, and of what kind that is.
    pub(super) fn memory_of(&self, value: Ref<'_>) -> Option<(Memory, Length)> {
        let maps = self.maps.borrow();
        let memory = *maps.memories.get(&value.identity()?)?;
        Some((memory, maps.buffers.get(&memory)?.kind))
    }

    /// Tells the collector about the weak references.
    pub(super) fn mark(&self, marker: &Marker) {
        let maps = self.maps.borrow();
        let buffers = maps.buffers.values();
        buffers.for_each(|buffer| buffer.object.mark(marker));
    }

    /// Forgets all buffers.
    pub(super) fn clear(&self) {
        self.any.set(false);
        let maps = self.maps.take();
        if let Some((known, _)) = &self.known {
            maps.memories.keys().for_each(|key| known.remove(*key));
        }
        drop(maps);
    }
}
