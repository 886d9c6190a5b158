//! Values that WebAssembly holds by handle: those of the host (`externref`), and exceptions (`exnref`).
//!
//! WebAssembly sees a 64-bit handle: tag, revision and index. `collect.rs` finds the handles that are
//! still in use; tag and revision keep it from taking other words for them.

use crate::value::ExternRef;
use crate::vm::panics::Panics;
use bident_abi::{VmTag, VmValue};
use std::ptr::NonNull;

/// What a heap holds.
pub(crate) trait Object {
    /// Upper 16 bits of a handle: no integer a program computes with is likely to have them, and as an
    /// address it is not canonical.
    const TAG: u64;

    /// Bytes that it counts for.
    fn bytes(&self) -> usize;
}

impl Object for ExternRef {
    const TAG: u64 = 0xE8F1;

    /// The host makes them, and knows how many it wants.
    fn bytes(&self) -> usize {
        0
    }
}

/// An exception.
pub(crate) struct ExnData {
    pub(crate) tag: NonNull<VmTag>,
    /// What it carries, as compiled code holds it.
    pub(crate) values: Box<[VmValue]>,
    /// What the embedder attached to it.
    pub(crate) attached: Option<ExternRef>,
}

/// Bytes that an exception counts for beside its values: slot, allocation.
const EXCEPTION_BYTES: usize = 80;

impl Object for ExnData {
    const TAG: u64 = 0xE8F2;

    fn bytes(&self) -> usize {
        EXCEPTION_BYTES + size_of_val(&*self.values)
    }
}

/// Collections start above this many live values.
const SMALLEST_THRESHOLD: usize = 1024;

/// Or above this many bytes of them.
const SMALLEST_BYTES: usize = 16 << 20;

struct Slot<V> {
    /// How many values it has had before. Handles have the lower half.
    revision: u32,
    /// Whether the collection that is under way has reached it.
    reached: bool,
    value: Option<V>,
}

/// The values of one kind that WebAssembly of a store may hold.
pub(crate) struct Heap<V> {
    slots: Vec<Slot<V>>,
    free: Vec<u32>,
    threshold: usize,
    bytes: usize,
    bytes_threshold: usize,
    limit: usize,
}

impl<V: Object> Heap<V> {
    /// None yet, and never more than so many bytes of them.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            threshold: SMALLEST_THRESHOLD,
            bytes: 0,
            bytes_threshold: SMALLEST_BYTES,
            limit,
        }
    }

    /// Values held.
    pub(crate) fn live(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether a collection should come before this value is inserted.
    pub(crate) fn wants_collection(&mut self, value: &V) -> bool {
        self.live() >= self.threshold || self.bytes >= self.bytes_threshold || !self.fits(value)
    }

    /// Whether the value may be inserted: within the limit, and where there is memory for it.
    pub(crate) fn fits(&mut self, value: &V) -> bool {
        value.bytes() <= self.limit.saturating_sub(self.bytes)
            && (!self.free.is_empty() || self.grow())
    }

    /// Makes room for one more slot, and for freeing all there are: a sweep must not need memory.
    fn grow(&mut self) -> bool {
        let slots = self.slots.len() + 1;
        u32::try_from(slots).is_ok()
            && self.slots.try_reserve(1).is_ok()
            && self.free.try_reserve(slots).is_ok()
    }

    /// Keeps a value, which fits, and gives its handle.
    pub(crate) fn insert(&mut self, value: V) -> u64 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot {
                revision: 0,
                reached: false,
                value: None,
            });
            self.slots.len() as u32 - 1
        });
        self.bytes += value.bytes();
        let slot = &mut self.slots[index as usize];
        slot.value = Some(value);
        V::TAG << 48 | u64::from(slot.revision as u16) << 32 | u64::from(index)
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

    /// The same, to be changed.
    ///
    /// # Panics
    /// As [`Self::get`].
    pub(crate) fn get_mut(&mut self, handle: u64) -> Option<&mut V> {
        if handle == 0 {
            return None;
        }
        let slot = self.slot(handle).expect("handle of a collected value");
        self.slots[slot].value.as_mut()
    }

    fn slot(&self, handle: u64) -> Option<usize> {
        let index = handle as u32 as usize;
        let slot = self.slots.get(index)?;
        let live = handle >> 48 == V::TAG
            && slot.revision as u16 == (handle >> 32) as u16
            && slot.value.is_some();
        live.then_some(index)
    }

    /// Tells the value of a handle from all others that ever have this handle, as their revisions wrap.
    ///
    /// # Panics
    /// As [`Self::get`], also for null.
    pub(crate) fn revision(&self, handle: u64) -> u32 {
        let slot = self.slot(handle).expect("handle of a collected value");
        self.slots[slot].revision
    }

    /// Whether a handle still names the value that had this revision.
    pub(crate) fn is_live(&self, handle: u64, revision: u32) -> bool {
        let slot = self.slot(handle);
        slot.is_some_and(|slot| self.slots[slot].revision == revision)
    }

    /// Marks the value that a word names, if it does. Gives the value the first time.
    pub(crate) fn mark(&mut self, word: u64) -> Option<&V> {
        if word >> 48 != V::TAG {
            return None;
        }
        let slot = self.slot(word)?;
        let slot = &mut self.slots[slot];
        match std::mem::replace(&mut slot.reached, true) {
            true => None,
            false => slot.value.as_ref(),
        }
    }

    /// Takes all marks off.
    pub(crate) fn unmark(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.reached = false);
    }

    /// How many slots there are.
    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The value in a slot, if it is marked.
    pub(crate) fn marked(&self, slot: usize) -> Option<&V> {
        let slot = &self.slots[slot];
        slot.value.as_ref().filter(|_| slot.reached)
    }

    /// Drops every value that was not marked since the last sweep. The next collection comes when twice
    /// as many live as now, and no fewer than `floor`, for what a collection costs, whoever asks for
    /// it, is mostly a matter of the stacks there are; or when they take twice as many bytes.
    pub(crate) fn sweep(&mut self, floor: usize, panics: &mut Panics) {
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if std::mem::take(&mut slot.reached) {
                continue;
            }
            if let Some(value) = slot.value.take() {
                self.bytes -= value.bytes();
                slot.revision += 1;
                // The last revision is nobody's: one slot in 2^32 collections is lost.
                if slot.revision < u32::MAX {
                    self.free.push(index as u32);
                }
                panics.drop(value);
            }
        }
        self.threshold = (self.live() * 2).max(floor).max(SMALLEST_THRESHOLD);
        self.bytes_threshold = (self.bytes * 2).max(SMALLEST_BYTES);
    }

    /// Drops all values, as the store goes.
    pub(crate) fn clear(&mut self, panics: &mut Panics) {
        for slot in self.slots.drain(..) {
            panics.drop(slot.value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_that_comes_again_is_told_from_the_first() {
        let mut heap = Heap::new(0);
        let value = ExternRef::new(());
        assert!(heap.fits(&value));
        let first = heap.insert(value);
        let revision = heap.revision(first);
        assert!(heap.is_live(first, revision));
        let mut last = first;
        for _ in 0..1 << 16 {
            heap.sweep(0, &mut Panics::default());
            assert!(!heap.is_live(first, revision));
            last = heap.insert(ExternRef::new(()));
        }
        assert_eq!(last, first);
        assert!(heap.get(first).is_some() && !heap.is_live(first, revision));
    }
}
