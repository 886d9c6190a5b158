//! The buffers of memories: one `ArrayBuffer` per memory, until the memory grows.
//!
//! WebAssembly can grow a memory at any time, and JavaScript must find the old buffer detached when it
//! runs next. So each time control passes from WebAssembly to JavaScript, [`Buffers::refresh`] compares
//! sizes of the memories whose buffer JavaScript has asked for; there is hardly ever more than one.

use super::realm::HostData;
use crate::raw::{self, Attempt, Env, Marker, Own, Ref, Stored};
use bident::{Memory, SharedStore};
use std::cell::RefCell;

/// The buffers that JavaScript has seen and that are not detached.
#[derive(Default)]
pub(super) struct Buffers(RefCell<Vec<Buffer>>);

struct Buffer {
    memory: Memory,
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
        if let Some(buffer) = self
            .0
            .borrow()
            .iter()
            .find(|buffer| buffer.memory == memory)
        {
            return Ok(buffer.object.to_owned(env));
        }
        let object = raw::memory_buffer(env, store, memory)?;
        let length = store.with(|store| memory.data_size(&*store));
        let entry = Buffer {
            memory,
            length,
            object: object.get().to_owned(env).store(),
        };
        self.0.borrow_mut().push(entry);
        Ok(object)
    }

    /// Detaches the buffers that their memories have outgrown.
    pub(super) fn refresh(&self, env: Env<'_>, store: &SharedStore<HostData>) {
        if self.0.borrow().is_empty() {
            return;
        }
        let outgrown = store.with(|store| {
            self.0
                .borrow()
                .iter()
                .position(|buffer| buffer.length != buffer.memory.data_size(&*store))
        });
        if let Some(i) = outgrown {
            self.detach_at(env, i);
            self.refresh(env, store);
        }
    }

    /// Detaches the buffer of a memory, grown or not.
    pub(super) fn detach(&self, env: Env<'_>, memory: Memory) {
        let found = self
            .0
            .borrow()
            .iter()
            .position(|buffer| buffer.memory == memory);
        if let Some(i) = found {
            self.detach_at(env, i);
        }
    }

    #[cold]
    fn detach_at(&self, env: Env<'_>, i: usize) {
        let buffer = self.0.borrow_mut().swap_remove(i);
        raw::detach(env, buffer.object.get());
    }

    /// Whether a value is one of the buffers.
    pub(super) fn contains(&self, value: Ref<'_>) -> bool {
        self.0
            .borrow()
            .iter()
            .any(|buffer| buffer.object.get().is_same_object(value))
    }

    /// Tells the collector about the buffers.
    pub(super) fn mark(&self, marker: &Marker) {
        self.0
            .borrow()
            .iter()
            .for_each(|buffer| buffer.object.mark(marker));
    }

    /// Forgets the buffers.
    pub(super) fn clear(&self) {
        drop(self.0.take());
    }
}
