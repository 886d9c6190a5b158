//! What guests have written to, on its way back: the system takes a batch of it at a time.
//!
//! A call of the system for each memory that ends would be most of what it costs to end one. Until a batch is together nobody
//! has its addresses, and what was written lies there.

use bident_stack::os;

/// Ranges of a batch, at most.
const MOST: usize = 64;
/// Bytes of a batch, about.
const MOST_BYTES: usize = 8 << 20;

/// Ranges that are to be zeroed.
#[derive(Default)]
pub(super) struct Dirty {
    ranges: Vec<(*mut u8, usize)>,
    bytes: usize,
}

// SAFETY: what the pointers lead to is this value's alone.
unsafe impl Send for Dirty {}

/// Those that are together.
pub(super) struct Batch(Vec<(*mut u8, usize)>);

impl Dirty {
    /// Adds a range of pages. Gives a batch when one is together.
    ///
    /// # Safety
    /// It lies in mappings of the caller, and nobody uses it until it comes back in a batch.
    pub(super) unsafe fn add(&mut self, start: *mut u8, size: usize) -> Option<Batch> {
        if self.ranges.try_reserve(1).is_err() {
            // No memory for the note: its addresses are lost, if its memory is not.
            // SAFETY: so says the caller.
            unsafe { os::discard(start, size) };
            return None;
        }
        self.ranges.push((start, size));
        self.bytes += size;
        (self.ranges.len() >= MOST || self.bytes >= MOST_BYTES).then(|| self.take())
    }

    /// All that there are.
    pub(super) fn take(&mut self) -> Batch {
        self.bytes = 0;
        Batch(std::mem::take(&mut self.ranges))
    }
}

impl Batch {
    /// Zeroes it. Gives the ranges, in the order of their addresses, each with whether it is zero now: the system may not
    /// promise that.
    pub(super) fn zero(mut self) -> impl DoubleEndedIterator<Item = (*mut u8, usize, bool)> {
        // SAFETY: who added them does not use them.
        let zero = unsafe { os::discard_all(&mut self.0) };
        self.0
            .into_iter()
            .map(move |(start, size)| (start, size, zero))
    }

    /// Where its ranges start.
    pub(super) fn starts(self) -> impl Iterator<Item = *mut u8> {
        self.0.into_iter().map(|(start, _)| start)
    }
}
