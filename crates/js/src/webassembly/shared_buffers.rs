//! The buffers of shared memories, a `SharedArrayBuffer` each: one of a fixed length, and a longer one once
//! the memory has grown, where those of before stay as they are; and one that grows with the memory.
//!
//! A memory that other threads grow is seen to have grown when JavaScript next asks it for a buffer.

use super::shown::{Shown, Weakly};
use crate::raw::{self, Attempt, Env, Length, Marker, Own, Ref, Stored, Thrown};
use bident::{Memory, SharedMemory};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The last buffers that JavaScript has seen of each.
#[derive(Default)]
pub(super) struct SharedBuffers {
    fixed: Rc<Shown>,
    growable: Rc<Shown>,
    /// `SharedArrayBuffer.prototype.grow` as QuickJS made it.
    grow: RefCell<Option<Stored>>,
    seen: Rc<Seen>,
}

/// The memories that JavaScript has any buffer of, by their first byte, each with how many buffers.
#[derive(Default)]
struct Seen(RefCell<HashMap<usize, (SharedMemory, usize)>>);

/// A memory that a buffer shows, and keeps.
pub(crate) struct SeenMemory {
    pub(crate) memory: SharedMemory,
    seen: Rc<Seen>,
}

impl SeenMemory {
    fn new(seen: &Rc<Seen>, memory: &SharedMemory) -> Self {
        let mut all = seen.0.borrow_mut();
        let entry = all.entry(memory.data_ptr().addr());
        entry.or_insert_with(|| (memory.clone(), 0)).1 += 1;
        Self {
            memory: memory.clone(),
            seen: seen.clone(),
        }
    }
}

impl Drop for SeenMemory {
    fn drop(&mut self) {
        let mut all = self.seen.0.borrow_mut();
        let base = self.memory.data_ptr().addr();
        if let Some((_, buffers)) = all.get_mut(&base) {
            *buffers -= 1;
            if *buffers == 0 {
                all.remove(&base);
            }
        }
    }
}

impl SharedBuffers {
    /// What buffers grow with.
    pub(super) fn set_grow(&self, grow: Stored) {
        self.grow.replace(Some(grow));
    }

    /// The buffer of a memory of this kind, as long as the memory is now.
    pub(super) fn of<'js>(
        &self,
        env: Env<'js>,
        weakly: &Weakly<'js>,
        memory: Memory,
        shared: &SharedMemory,
        kind: Length,
    ) -> Attempt<Own<'js>> {
        let length = shared.data_size();
        let shown = match kind {
            Length::Fixed => &self.fixed,
            Length::Resizable(_) => {
                self.grown(env, weakly, memory, length);
                &self.growable
            }
        };
        match shown.get(env, weakly, memory) {
            Some((object, shown, kind)) if kind != Length::Fixed || shown == length => Ok(object),
            _ => shown.show(env, weakly, memory, (length, kind), |showing| {
                let seen = SeenMemory::new(&self.seen, shared);
                raw::shared_buffer(env, seen, kind, showing)
            }),
        }
    }

    /// Whether JavaScript has a buffer of any memory that grows with it.
    #[inline]
    pub(super) fn any_growable(&self) -> bool {
        self.growable.any()
    }

    /// A memory has as many bytes now: so has the buffer that grows with it.
    pub(super) fn grown<'js>(
        &self,
        env: Env<'js>,
        weakly: &Weakly<'js>,
        memory: Memory,
        length: usize,
    ) {
        let buffer = match self.growable.get(env, weakly, memory) {
            Some((buffer, shown, _)) if shown < length => buffer,
            _ => return,
        };
        let grow = self.grow.borrow();
        let grow = grow.as_ref().map(|grow| grow.to_owned(env));
        let grow = grow.unwrap_or_else(|| env.undefined());
        match env.call(grow.get(), buffer.get(), &[env.float(length as f64)]) {
            Ok(_) => self.growable.set_length(memory, length),
            // Beyond what a buffer of QuickJS can show.
            Err(Thrown) => drop(env.exception()),
        }
    }

    /// The memory that begins at an address, if JavaScript has a buffer of it.
    pub(super) fn memory_at(&self, base: usize) -> Option<SharedMemory> {
        let all = self.seen.0.borrow();
        all.get(&base).map(|(memory, _)| memory.clone())
    }

    /// The memory whose growing buffer a value is.
    pub(super) fn memory_of(&self, value: Ref<'_>) -> Option<Memory> {
        self.growable.memory_of(value).map(|(memory, _)| memory)
    }

    /// Tells the collector about every value in it.
    pub(super) fn mark(&self, marker: &Marker) {
        self.fixed.mark(marker);
        self.growable.mark(marker);
        if let Some(grow) = &*self.grow.borrow() {
            grow.mark(marker);
        }
    }

    /// Forgets them.
    pub(super) fn clear(&self) {
        self.fixed.clear();
        self.growable.clear();
        drop(self.grow.take());
    }
}
