//! Which buffers of memories JavaScript has.
//!
//! ```text
//!   WebAssembly.Memory ──► its buffer ──► Keeper (raw/buffer.rs): keeps the memory in the store
//!                            ▲               │ owns
//!                            │               ▼
//!        Shown, by memory ─ ─┘ ◄─ ─ ─ ─ ─ Showing: forgets the buffer when that goes
//! ```
//!
//! The object of the memory owns the buffer, so that it is the same one each time. Where that object goes and
//! the program has the buffer, or a view of it, another object for the same memory finds it here.

use crate::raw::{Backlink, Bound, Env, Identity, Length, Own, Ref};
use bident::Memory;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

/// See the module. Never borrowed while a JavaScript value is dropped: a buffer that goes looks here.
#[derive(Default)]
pub(super) struct Shown {
    maps: RefCell<Maps>,
    /// Whether there are any.
    any: Cell<bool>,
}

#[derive(Default)]
struct Maps {
    buffers: HashMap<Memory, Buffer>,
    memories: HashMap<Identity, Memory>,
}

/// The buffer of a memory, without keeping it.
struct Buffer {
    length: usize,
    kind: Length,
    object: Backlink,
    identity: Option<Identity>,
}

/// What goes with a buffer.
pub(crate) struct Showing {
    /// Undone first.
    _bound: Bound,
    _forgets: Forgets,
}

struct Forgets {
    memory: Memory,
    shown: Weak<Shown>,
}

impl Drop for Forgets {
    fn drop(&mut self) {
        if let Some(shown) = self.shown.upgrade() {
            let entry = shown.maps.borrow().buffers.get(&self.memory).map(is_there);
            // Else there is another one by now.
            if entry == Some(false) {
                shown.forget(self.memory);
            }
        }
    }
}

fn is_there(buffer: &Buffer) -> bool {
    buffer.object.leads_somewhere()
}

impl Shown {
    /// Whether JavaScript has the buffer of any memory.
    #[inline]
    pub(super) fn any(&self) -> bool {
        self.any.get()
    }

    /// The buffer of a memory, if JavaScript has it: how long it is, and of what kind.
    pub(super) fn get<'js>(
        &self,
        env: Env<'js>,
        memory: Memory,
    ) -> Option<(Own<'js>, usize, Length)> {
        let maps = self.maps.borrow();
        let buffer = maps.buffers.get(&memory)?;
        is_there(buffer).then(|| (buffer.object.get(env), buffer.length, buffer.kind))
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

    /// What a new buffer of a memory owns, and the way to that buffer, for [`Self::insert`].
    pub(super) fn showing(self: &Rc<Self>, memory: Memory) -> (Showing, Backlink) {
        let link = Backlink::new();
        let shown = Rc::downgrade(self);
        let showing = Showing {
            _bound: link.bound(),
            _forgets: Forgets { memory, shown },
        };
        (showing, link)
    }

    /// From now on this is the buffer of a memory, which `object` leads to.
    pub(super) fn insert(
        &self,
        memory: Memory,
        (length, kind): (usize, Length),
        (object, buffer): (Backlink, Ref<'_>),
    ) {
        self.forget(memory);
        let identity = buffer.identity();
        let maps = &mut *self.maps.borrow_mut();
        maps.memories.extend(identity.map(|key| (key, memory)));
        let buffer = Buffer {
            length,
            kind,
            object,
            identity,
        };
        maps.buffers.insert(memory, buffer);
        self.any.set(true);
    }

    /// From now on none is the buffer of a memory.
    pub(super) fn forget(&self, memory: Memory) {
        let maps = &mut *self.maps.borrow_mut();
        if let Some(buffer) = maps.buffers.remove(&memory) {
            buffer.identity.map(|key| maps.memories.remove(&key));
        }
        self.any.set(!maps.buffers.is_empty());
    }

    /// The memory whose buffer a value is, and of what kind that is.
    pub(super) fn memory_of(&self, value: Ref<'_>) -> Option<(Memory, Length)> {
        let maps = self.maps.borrow();
        let memory = *maps.memories.get(&value.identity()?)?;
        Some((memory, maps.buffers.get(&memory)?.kind))
    }
}
