//! The buffers of memories: one `ArrayBuffer` per memory, until the memory grows.
//!
//! WebAssembly can grow a memory at any time, and JavaScript must find the old buffer detached when it
//! runs next. So each time control passes from WebAssembly to JavaScript, [`Buffers::refresh`] asks the
//! store which memories have grown.

use super::realm::HostData;
use crate::raw::{self, Attempt, Env, Identity, Marker, Own, Ref, Stored};
use bident::{Memory, SharedStore};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

/// The buffers that JavaScript has seen and that are not detached.
#[derive(Default)]
pub(super) struct Buffers {
    shown: RefCell<Shown>,
    /// Whether there are any.
    any: Cell<bool>,
}

#[derive(Default)]
struct Shown {
    buffers: HashMap<Memory, Buffer>,
    objects: HashSet<Identity>,
}

struct Buffer {
    length: usize,
    object: Stored,
}

impl Buffers {
    /// The buffer of a memory.
    pub(super) fn of<'js>(
        &self,
        env: Env<'js>,
        store: &SharedStore<HostData>,
        memory: Memory,
    ) -> Attempt<Own<'js>> {
        if let Some(buffer) = self.shown.borrow().buffers.get(&memory) {
            return Ok(buffer.object.to_owned(env));
        }
        let object = raw::memory_buffer(env, store, memory)?;
        let length = store.with(|store| memory.data_size(&*store));
        let stored = object.get().to_owned(env).store();
        let mut shown = self.shown.borrow_mut();
        shown.objects.extend(object.get().identity());
        let buffer = Buffer {
            length,
            object: stored,
        };
        shown.buffers.insert(memory, buffer);
        self.any.set(true);
        Ok(object)
    }

    /// Detaches the buffers that their memories have outgrown.
    #[inline]
    pub(super) fn refresh(&self, env: Env<'_>, store: &SharedStore<HostData>) {
        if self.any.get() {
            self.detach_grown(env, store);
        }
    }

    fn detach_grown(&self, env: Env<'_>, store: &SharedStore<HostData>) {
        while let Some(memory) = store.with(|store| Memory::next_grown(store)) {
            let length = store.with(|store| memory.data_size(&*store));
            let shown = self
                .shown
                .borrow()
                .buffers
                .get(&memory)
                .map(|buffer| buffer.length);
            if shown.is_some_and(|shown| shown != length) {
                self.detach(env, memory);
            }
        }
    }

    /// Detaches the buffer of a memory, grown or not.
    pub(super) fn detach(&self, env: Env<'_>, memory: Memory) {
        let mut shown = self.shown.borrow_mut();
        let Some(buffer) = shown.buffers.remove(&memory) else {
            return;
        };
        if let Some(identity) = buffer.object.get().identity() {
            shown.objects.remove(&identity);
        }
        self.any.set(!shown.buffers.is_empty());
        drop(shown);
        raw::detach(env, buffer.object.get());
    }

    /// Whether a value is one of the buffers.
    pub(super) fn contains(&self, value: Ref<'_>) -> bool {
        let shown = self.shown.borrow();
        let identity = value.identity();
        identity.is_some_and(|identity| shown.objects.contains(&identity))
    }

    /// Tells the collector about the buffers.
    pub(super) fn mark(&self, marker: &Marker) {
        let shown = self.shown.borrow();
        let buffers = shown.buffers.values();
        buffers.for_each(|buffer| buffer.object.mark(marker));
    }

    /// Forgets the buffers.
    pub(super) fn clear(&self) {
        self.any.set(false);
        drop(self.shown.take());
    }
}
