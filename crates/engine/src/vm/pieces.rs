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
//! (`dirty.rs`). They lie on a shelf of the thread that gave them, and go to who needs them there; whose own is empty takes some
//! of others, before new ones are made:
//!
//! ```text
//!  shelf of a thread                          engine
//!  ┌─────────────────────────────────────┐    ┌───────────────────────────┐
//!  │ free   ▪ ▪ ▪ ▪ ...  per class       │ ◄─ │ spans: sixteen new pieces │
//!  │ dirty  ▪ ▪ ▪        up to 64        │    │ at a time                 │
//!  │ pages of those that are free, but   │    └───────────────────────────┘
//!  │ keep memory: up to 256              │ ◄─ half of what another shelf has, up to 64
//!  └─────────────────────────────────────┘
//! ```
//!
//! Compiled code compares each access with
//! the length of the memory; behind that another guest's may begin.

use crate::vm::dirty::{Batch, Clean, Dirty};
use bident_stack::Shards;
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
/// Most pages with memory behind them in free pieces of a shelf.
const MOST_PAGES: usize = 256;
/// Bytes of the new pieces that are made at a time, if it is more than one, and how many these are at most.
const AT_A_TIME: usize = 1 << 20;
const MOST_AT_A_TIME: usize = 16;
/// Most pieces that a shelf takes of another at a time.
const MOST_FETCHED: usize = 64;

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
pub(crate) struct Pieces {
    spans: Mutex<Spans>,
    /// Locked before the spans are.
    shelves: Shards<Shelf>,
}

#[derive(Default)]
struct Spans {
    /// Starts of the spans. Pieces are made of the last.
    spans: Vec<*mut u8>,
    /// Bytes of it that are part of a piece.
    used: usize,
    /// Bytes of it that can be accessed.
    usable: usize,
}

// SAFETY: what the pointers lead to is this value's alone.
unsafe impl Send for Spans {}

/// Pieces that nobody has, of the threads with this shelf.
#[derive(Default)]
struct Shelf {
    /// All zero, per class.
    free: [Vec<Piece>; CLASSES],
    /// How many of their pages have memory.
    pages: usize,
    dirty: Dirty,
}

#[derive(Clone, Copy)]
struct Piece {
    base: *mut u8,
    /// How many of its pages have memory.
    pages: usize,
}

const NO_PIECE: Piece = Piece {
    base: std::ptr::null_mut(),
    pages: 0,
};

// SAFETY: the same.
unsafe impl Send for Shelf {}

impl Shelf {
    fn take(&mut self, class: usize) -> Option<*mut u8> {
        let piece = self.free[class].pop()?;
        self.pages -= piece.pages;
        Some(piece.base)
    }

    /// Keeps a piece for others. Without memory for the note, its addresses are lost.
    fn put(&mut self, class: usize, piece: Piece) {
        let list = &mut self.free[class];
        if list.try_reserve(1).is_ok() {
            list.push(piece);
            self.pages += piece.pages;
        }
    }

    /// Takes half of what is free of a class, as far as there is room; says how many these are.
    fn spare(&mut self, class: usize, room: &mut [Piece]) -> usize {
        let free = &mut self.free[class];
        let count = free.len().div_ceil(2).min(room.len());
        let first = free.len() - count;
        for (to, piece) in room.iter_mut().zip(free.drain(first..)) {
            self.pages -= piece.pages;
            *to = piece;
        }
        count
    }

    /// What is dirty, if it is to be made ready now, and how many pages may keep memory.
    fn wash(&mut self) -> (Batch, usize) {
        (self.dirty.take(), MOST_PAGES.saturating_sub(self.pages))
    }
}

impl Pieces {
    /// A place with at least so many bytes, all zero.
    pub(super) fn take(&self, bytes: usize) -> io::Result<Place> {
        if bytes > LARGEST {
            let size = bytes.next_multiple_of(os::page_size());
            let base = os::allocate(size, false)?;
            return Ok(Place { base, size });
        }
        let class = class_for(bytes);
        let mut own = self.shelves.own();
        let base = match own.take(class) {
            Some(base) => base,
            None => {
                drop(own);
                self.fetch(class)?
            }
        };
        let size = SMALLEST << class;
        Ok(Place { base, size })
    }

    /// One where the own shelf has none.
    #[cold]
    fn fetch(&self, class: usize) -> io::Result<*mut u8> {
        let mut found = [NO_PIECE; MOST_FETCHED];
        let mut shelves = self.shelves.others();
        let count = shelves.find_map(|mut shelf| match shelf.spare(class, &mut found) {
            0 => None,
            count => Some(count),
        });
        let mut own = self.shelves.own();
        for piece in &found[..count.unwrap_or(0)] {
            own.put(class, *piece);
        }
        if let Some(base) = own.take(class) {
            return Ok(base);
        }
        let made = self.spans().make(class, &mut own);
        drop(own);
        made.or_else(|error| {
            for mut shelf in self.shelves.all() {
                let (batch, _) = shelf.wash();
                put_back(&mut shelf, batch.clean(0));
                if let Some(base) = shelf.take(class) {
                    return Ok(base);
                }
            }
            Err(error)
        })
    }

    /// Takes a place back.
    ///
    /// # Safety
    /// `take` or `enlarge` gave it, and nobody uses it any more.
    pub(super) unsafe fn give(&self, Place { base, size }: Place) {
        if size > LARGEST {
            // SAFETY: the caller says so.
            return unsafe { os::unmap(base, size) };
        }
        let mut own = self.shelves.own();
        if size == SMALLEST && own.pages < MOST_PAGES {
            // SAFETY: the same.
            unsafe { base.write_bytes(0, size) };
            return own.put(class_for(size), Piece { base, pages: 1 });
        }
        // SAFETY: the same.
        let full = unsafe { own.dirty.add(base, size) };
        if let Some(batch) = full {
            let most = MOST_PAGES.saturating_sub(own.pages);
            // Others with this shelf go on meanwhile.
            drop(own);
            let clean = batch.clean(most);
            put_back(&mut self.shelves.own(), clean);
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

    fn spans(&self) -> MutexGuard<'_, Spans> {
        // Nothing panics while it is locked.
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps pieces that were dirty.
fn put_back(shelf: &mut Shelf, all: Vec<Clean>) {
    // The lowest are the first to be taken again.
    for Clean {
        base,
        size,
        zero,
        pages,
    } in all.into_iter().rev()
    {
        // Where the system cannot promise that, its addresses are lost.
        if zero {
            shelf.put(class_for(size), Piece { base, pages });
        }
    }
}

impl Spans {
    /// A new piece, and some more for the shelf.
    fn make(&mut self, class: usize, shelf: &mut Shelf) -> io::Result<*mut u8> {
        let first = self.make_one(class, shelf)?;
        let count = (AT_A_TIME / (SMALLEST << class)).clamp(1, MOST_AT_A_TIME);
        let mut others = [std::ptr::null_mut(); MOST_AT_A_TIME];
        for other in &mut others[1..count] {
            *other = self.make_one(class, shelf).unwrap_or(std::ptr::null_mut());
        }
        let others = others.into_iter().rev().filter(|base| !base.is_null());
        others.for_each(|base| shelf.put(class, Piece { base, pages: 0 }));
        Ok(first)
    }

    fn make_one(&mut self, class: usize, shelf: &mut Shelf) -> io::Result<*mut u8> {
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
            let base = span.wrapping_add(self.used);
            shelf.put(class, Piece { base, pages: 0 });
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
}

impl Drop for Spans {
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
