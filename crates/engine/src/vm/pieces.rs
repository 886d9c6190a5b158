//! Where memories lie that move: pieces of a few large reservations.
//!
//! ```text
//!  span: 64 GiB, reserved; usable up to where pieces were made of it
//!  ┌────────┬────┬────┬────────────────┬──────── ─ ─ ┐
//!  │ 64 KiB │ 64 │ 64 │ 256 KiB        │ never used  │   a piece: 4 KiB << class, at a multiple of its size
//!  └────────┴────┴────┴────────────────┴──────── ─ ─ ┘
//! ```
//!
//! A memory takes a piece that holds it, and a larger one when it has grown out of that. A piece costs what of it was
//! written, and nothing of what a process has few of: mappings. Above a mebibyte a memory is a mapping of its own, which the system
//! moves.
//!
//! Free pieces are zero, so nobody finds there what a guest before wrote; those that are not yet wait for a batch
//! (`dirty.rs`). Compiled code compares each access with
//! the length of the memory; behind that another guest's may begin.

use crate::vm::dirty::{Batch, Dirty};
use bident_stack::os::{self, Access};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes reserved at a time.
const SPAN: usize = 64 << 30;
/// Bytes that become usable at a time.
const STEP: usize = 64 << 20;
/// Bytes of the smallest piece.
const SMALLEST: usize = 4 << 10;
/// Sizes of pieces.
const CLASSES: usize = 9;
/// Bytes of the largest.
const LARGEST: usize = SMALLEST << (CLASSES - 1);
/// So many bytes are zeroed by writing; above, the system takes the pages back.
const MOST_WRITTEN: usize = SMALLEST;

/// The smallest class with so many bytes, at most [`LARGEST`].
fn class_for(bytes: usize) -> usize {
    (0..CLASSES - 1)
        .find(|class| SMALLEST << class >= bytes)
        .unwrap_or(CLASSES - 1)
}

/// Address space of a memory: a piece, or a mapping.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) base: *mut u8,
    /// Bytes that can be accessed. Those that nobody has written are zero.
    pub(super) size: usize,
}

/// Pieces of all stores of an engine.
#[derive(Default)]
pub(crate) struct Pieces(Mutex<Free>);

#[derive(Default)]
struct Free {
    /// Starts of the spans. Pieces are made of the last.
    spans: Vec<*mut u8>,
    /// Bytes of it that are part of a piece.
    used: usize,
    /// Bytes of it that can be accessed.
    usable: usize,
    /// Starts of pieces that nobody has, all zero, per class.
    free: [Vec<*mut u8>; CLASSES],
    dirty: Dirty,
}

// SAFETY: what the pointers lead to is this value's alone.
unsafe impl Send for Free {}

impl Pieces {
    /// A place with at least so many bytes, all zero.
    pub(super) fn take(&self, bytes: usize) -> io::Result<Place> {
        if bytes > LARGEST {
            let size = bytes.next_multiple_of(os::page_size());
            let base = os::allocate(size, false)?;
            return Ok(Place { base, size });
        }
        let class = class_for(bytes);
        let taken = self.lock().take(class);
        let base = taken.or_else(|error| {
            let batch = self.lock().dirty.take();
            self.put_back(batch);
            self.lock().free[class].pop().ok_or(error)
        })?;
        let size = SMALLEST << class;
        Ok(Place { base, size })
    }

    /// Takes a place back.
    ///
    /// # Safety
    /// `take` or `enlarge` gave it, and nobody uses it any more.
    pub(super) unsafe fn give(&self, Place { base, size }: Place) {
        // SAFETY: the caller says so.
        unsafe {
            if size > LARGEST {
                return os::unmap(base, size);
            }
            if size <= MOST_WRITTEN {
                base.write_bytes(0, size);
                return self.lock().put(class_for(size), base);
            }
        }
        // SAFETY: the same.
        let batch = unsafe { self.lock().dirty.add(base, size) };
        if let Some(batch) = batch {
            self.put_back(batch);
        }
    }

    /// Zeroes pieces, and keeps them for others.
    fn put_back(&self, batch: Batch) {
        // Not under the lock: others go on meanwhile.
        let zeroed = batch.zero();
        let mut free = self.lock();
        // The lowest are the first to be taken again.
        for (base, size, zero) in zeroed.rev() {
            // Where the system cannot promise that, its addresses are lost.
            if zero {
                free.put(class_for(size), base);
            }
        }
    }

    /// A larger place with the same content, `used` bytes of it; the other is taken back.
    ///
    /// # Safety
    /// As for [`Self::give`].
    pub(super) unsafe fn enlarge(
        &self,
        old: Place,
        used: usize,
        bytes: usize,
    ) -> io::Result<Place> {
        if old.size > LARGEST {
            let size = bytes.next_multiple_of(os::page_size());
            // SAFETY: a mapping of its own, that nobody else uses.
            let base = unsafe { os::enlarge(old.base, old.size, size)? };
            return Ok(Place { base, size });
        }
        let new = self.take(bytes)?;
        // SAFETY: both are ours alone, and at least so large; they begin with a page.
        unsafe {
            copy_pages(old.base, new.base, used);
            self.give(old);
        }
        Ok(new)
    }

    fn lock(&self) -> MutexGuard<'_, Free> {
        // Nothing panics while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Free {
    fn take(&mut self, class: usize) -> io::Result<*mut u8> {
        if let Some(base) = self.free[class].pop() {
            return Ok(base);
        }
        let size = SMALLEST << class;
        let mut start = self.used.next_multiple_of(size);
        if self.spans.is_empty() || start + size > SPAN {
            self.add_span()?;
            start = 0;
        }
        let span = self.spans[self.spans.len() - 1];
        while start + size > self.usable {
            let next = span.wrapping_add(self.usable);
            // SAFETY: the next part of our reservation, which nobody could access so far.
            unsafe { os::protect(next, STEP, Access::ReadWrite)? };
            self.usable += STEP;
        }
        // What comes before is made of smaller pieces.
        while self.used < start {
            let class = (self.used / SMALLEST).trailing_zeros() as usize;
            self.put(class, span.wrapping_add(self.used));
            self.used += SMALLEST << class;
        }
        self.used = start + size;
        Ok(span.wrapping_add(start))
    }

    fn add_span(&mut self) -> io::Result<()> {
        self.spans
            .try_reserve(1)
            .map_err(|_| io::ErrorKind::OutOfMemory)?;
        let base = os::reserve(SPAN)?;
        // SAFETY: the mapping made above.
        unsafe { os::forbid_huge_pages(base, SPAN) };
        self.spans.push(base);
        (self.used, self.usable) = (0, 0);
        Ok(())
    }

    /// Keeps a piece for others. Without memory for the note, its addresses are lost.
    fn put(&mut self, class: usize, base: *mut u8) {
        let list = &mut self.free[class];
        if list.try_reserve(1).is_ok() {
            list.push(base);
        }
    }
}

impl Drop for Free {
    fn drop(&mut self) {
        for &span in &self.spans {
            // SAFETY: who has a piece keeps the value that it is of.
            unsafe { os::unmap(span, SPAN) };
        }
    }
}

/// Copies bytes, but no page that is zero: it would take memory.
///
/// # Safety
/// So many bytes, rounded up to a page, are the caller's in both; both begin with a page, and those of `to` are zero.
unsafe fn copy_pages(from: *const u8, to: *mut u8, bytes: usize) {
    const PAGE: usize = 4 << 10;
    const ZERO: [u8; PAGE] = [0; PAGE];
    for at in (0..bytes).step_by(PAGE) {
        // SAFETY: the caller says so.
        unsafe {
            let page = &*from.add(at).cast::<[u8; PAGE]>();
            if *page != ZERO {
                to.add(at).cast::<[u8; PAGE]>().write(*page);
            }
        }
    }
}
