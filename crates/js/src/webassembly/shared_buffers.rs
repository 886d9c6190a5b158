//! The buffers of shared memories: a `SharedArrayBuffer` each, and a longer one once the memory has grown.
//! Those of before stay as they are.

use crate::raw::{self, Attempt, Env, Marker, Own, Stored};
use bident::{Memory, SharedMemory};
use std::cell::RefCell;
use std::collections::HashMap;

/// The last buffer that JavaScript has seen of each.
#[derive(Default)]
pub(super) struct SharedBuffers(RefCell<HashMap<Memory, Buffer>>);

struct Buffer {
    length: usize,
    object: Stored,
}

impl SharedBuffers {
    /// The buffer of a memory, as long as that is now.
    pub(super) fn of<'js>(
        &self,
        env: Env<'js>,
        memory: Memory,
        shared: &SharedMemory,
    ) -> Attempt<Own<'js>> {
        let length = shared.data_size();
        if let Some(buffer) = self.0.borrow().get(&memory)
            && buffer.length == length
        {
            return Ok(buffer.object.to_owned(env));
        }
        let object = raw::shared_buffer(env, shared)?;
        let buffer = Buffer {
            length,
            object: object.get().to_owned(env).store(),
        };
        // Dropping one may run code of QuickJS: not while the map is borrowed.
        let before = self.0.borrow_mut().insert(memory, buffer);
        drop(before);
        Ok(object)
    }

    /// Tells the collector about the buffers.
    pub(super) fn mark(&self, marker: &Marker) {
        let buffers = self.0.borrow();
        buffers
            .values()
            .for_each(|buffer| buffer.object.mark(marker));
    }

    /// Forgets the buffers.
    pub(super) fn clear(&self) {
        drop(self.0.take());
    }
}
