//! Records of tables, globals and tags: in a box of their own, or in the context of the instance that
//! defines them, where compiled code reaches them without a load.

use std::ops::Range;
use std::ptr::NonNull;

/// A record that compiled code reads, at an address that is stable while it runs.
pub(crate) struct Record<T> {
    at: NonNull<T>,
    /// Whether it lies in a leaked box.
    boxed: bool,
}

impl<T> Record<T> {
    /// A record in a box of its own.
    pub(crate) fn new(value: T) -> Self {
        Self {
            at: NonNull::from(Box::leak(Box::new(value))),
            boxed: true,
        }
    }

    /// Where its box lies, if it has one.
    pub(crate) fn own_place(&self) -> Range<usize> {
        let start = self.at.addr().get();
        match self.boxed {
            true => start..start + size_of::<T>(),
            false => 0..0,
        }
    }

    /// Where it lies.
    pub(crate) fn address(&self) -> NonNull<T> {
        self.at
    }

    /// Moves the record.
    ///
    /// # Safety
    /// Nobody knows its address yet. `place` is writable, aligned for `T`, and nobody else's for as long
    /// as the record is used.
    pub(crate) unsafe fn move_to(&mut self, place: NonNull<T>) {
        // SAFETY: the record is initialized, and its old place is not used again.
        unsafe { place.write(self.at.read()) };
        self.free();
        (self.at, self.boxed) = (place, false);
    }

    fn free(&mut self) {
        if self.boxed {
            // SAFETY: leaked by `new`, and not used again; records have no destructors.
            drop(unsafe { Box::from_raw(self.at.as_ptr().cast::<std::mem::ManuallyDrop<T>>()) });
        }
    }
}

impl<T> Drop for Record<T> {
    fn drop(&mut self) {
        self.free();
    }
}
