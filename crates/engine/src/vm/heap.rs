//! Values that WebAssembly holds by handle: those of the host (`externref`), and exceptions (`exnref`).
//!
//! WebAssembly sees a 64-bit handle: tag, revision and index. `collect.rs` finds the handles that are
//! still in use; tag and revision keep it from taking other words for them.

use crate::value::ExternRef;
use bident_abi::{VmTag, VmValue};
use std::ptr::NonNull;

/// What a heap holds.
pub(crate) trait Object {
    /// Upper 16 bits of a handle: no integer a program computes with is likely to have them, and as an
    /// address it is not canonical.
    const TAG: u64;
}

impl Object for ExternRef {
    const TAG: u64 = 0xE8F1;
}

/// An exception.
pub(crate) struct ExnData {
    pub(crate) tag: NonNull<VmTag>,
    /// What it carries, as compiled code holds it.
    pub(crate) values: Box<[VmValue]>,
}

impl Object for ExnData {
    const TAG: u64 = 0xE8F2;
}

/// Collections start above this many live values.
const SMALLEST_THRESHOLD: usize = 1024;

struct Slot<V> {
    revision: u16,
    marked: bool,
    value: Option<V>,
}

/// The values of one kind that WebAssembly of a store may hold.
pub(crate) struct Heap<V> {
    slots: Vec<Slot<V>>,
    free: Vec<u32>,
    threshold: usize,
}

impl<V: Object> Heap<V> {
    pub(crate) fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            threshold: SMALLEST_THRESHOLD,
        }
    }

    /// Values held.
    pub(crate) fn live(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether a collection should come before the next `insert`.
    pub(crate) fn wants_collection(&self) -> bool {
        self.live() >= self.threshold
    }

    /// Keeps a value and gives its handle.
    pub(crate) fn insert(&mut self, value: V) -> u64 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                revision: 0,
                marked: false,
                value: None,
            });
            u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 references")
        });
        let slot = &mut self.slots[index as usize];
        slot.value = Some(value);
        V::TAG << 48 | u64::from(slot.revision) << 32 | u64::from(index)
    }

    /// The value of a handle that WebAssembly gave; `None` for null.
    ///
    /// # Panics
    /// If the handle names no live value: then a collection missed a root, which is our bug.
    pub(crate) fn get(&self, handle: u64) -> Option<&V> {
        if handle == 0 {
            return None;
        }
        let slot = self.slot(handle).expect("handle of a collected value");
        self.slots[slot].value.as_ref()
    }

    fn slot(&self, handle: u64) -> Option<usize> {
        let index = handle as u32 as usize;
        let slot = self.slots.get(index)?;
        let live = handle >> 48 == V::TAG
            && slot.revision == (handle >> 32) as u16
            && slot.value.is_some();
        live.then_some(index)
    }

    /// Marks the value that a word names, if it does. Gives it the first time.
    pub(crate) fn mark(&mut self, word: u64) -> Option<&V> {
        if word >> 48 != V::TAG {
            return None;
        }
        let slot = self.slot(word)?;
        let slot = &mut self.slots[slot];
        if std::mem::replace(&mut slot.marked, true) {
            return None;
        }
        slot.value.as_ref()
    }

    /// Drops every value that was not marked since the last sweep. The next collection comes when twice
    /// as many live as now, and no fewer than `floor`: what a collection costs, whoever asks for it, is
    /// mostly a matter of the stacks there are. The values come back, to be
    /// dropped when the heap is not borrowed: their destructors are the embedder's code.
    #[must_use]
    pub(crate) fn sweep(&mut self, floor: usize) -> Vec<V> {
        let mut dropped = Vec::new();
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if std::mem::take(&mut slot.marked) {
                continue;
            }
            if let Some(value) = slot.value.take() {
                slot.revision = slot.revision.wrapping_add(1);
                self.free.push(index as u32);
                dropped.push(value);
            }
        }
        self.threshold = (self.live() * 2).max(floor).max(SMALLEST_THRESHOLD);
        dropped
    }
}
