//! Address space of memories that ended, kept for those that follow.
//!
//! To reserve 8 GiB, make a part accessible and give it all back are four system calls and the page tables; to
//! zero what was used is one for a batch of them (`dirty.rs`). What is given out again is zero, so nobody finds there
//! what a guest before wrote; and where the system cannot promise that, it is not kept.

use crate::vm::dirty::{Batch, Clean, Dirty};
use bident_abi::MEMORY_RESERVATION;
use bident_stack::Shards;
use bident_stack::os::{self, Access};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Most of them kept by an engine: a sixteenth of the address space of a process.
const MOST: usize = 1024;

/// Bytes that could be accessed in one that is kept: page tables may go with the addresses only.
const MOST_KEPT: usize = 64 << 20;

/// Most pages with memory behind them in those of a shelf.
const MOST_PAGES: usize = 256;

/// Reservations of 32-bit memories that nobody uses. Of an engine.
#[derive(Default)]
pub(crate) struct Reservations {
    shelves: Shards<Shelf>,
    /// How many are idle.
    kept: AtomicUsize,
}

#[derive(Default)]
struct Shelf {
    idle: Vec<Idle>,
    /// How many of their pages have memory.
    pages: usize,
    /// Those that are not zero yet, as far as they can be accessed.
    dirty: Dirty,
}

/// A reservation of `MEMORY_RESERVATION` bytes.
struct Idle {
    base: *mut u8,
    /// Bytes at its start that can be accessed, all zero; a multiple of a page of the system.
    usable: usize,
    /// How many pages of that have memory.
    pages: usize,
}

// SAFETY: nobody else has the addresses.
unsafe impl Send for Idle {}

impl Shelf {
    /// One of which so many bytes can be accessed, or else any.
    fn take(&mut self, wanted: usize) -> Option<Idle> {
        let same = self.idle.iter().rposition(|idle| idle.usable == wanted);
        let idle = match same {
            Some(same) => self.idle.swap_remove(same),
            None => self.idle.pop()?,
        };
        self.pages -= idle.pages;
        Some(idle)
    }

    /// What is dirty, and how many pages of it may keep memory.
    fn wash(&mut self) -> (Batch, usize) {
        (self.dirty.take(), MOST_PAGES.saturating_sub(self.pages))
    }
}

impl Reservations {
    /// One with its first bytes accessible, not more than `wanted` of them; its start, and how many.
    pub(super) fn take(&self, wanted: usize) -> Option<(*mut u8, usize)> {
        // Mostly where threads only make memories: they do not look into each other's shelves for nothing.
        if self.kept.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let own = self.shelves.own().take(wanted);
        let any = || {
            self.shelves
                .others()
                .find_map(|mut shelf| shelf.take(wanted))
        };
        let idle = own.or_else(any)?;
        self.kept.fetch_sub(1, Ordering::Relaxed);
        if idle.usable <= wanted {
            return Some((idle.base, idle.usable));
        }
        let (end, more) = (idle.base.wrapping_add(wanted), idle.usable - wanted);
        if idle.pages > 0 {
            // SAFETY: a reservation that is ours alone.
            unsafe { os::discard(end, more) };
        }
        // SAFETY: the same.
        match unsafe { os::protect(end, more, Access::None) } {
            Ok(()) => Some((idle.base, wanted)),
            Err(_) => {
                // SAFETY: as above.
                unsafe { os::unmap(idle.base, MEMORY_RESERVATION) };
                None
            }
        }
    }

    /// Keeps a reservation, or gives it back to the system.
    ///
    /// # Safety
    /// It is one of `MEMORY_RESERVATION` bytes that nobody uses any more, of which the first `usable` bytes can be
    /// accessed.
    pub(super) unsafe fn give(&self, base: *mut u8, usable: usize) {
        if usable > MOST_KEPT {
            // SAFETY: the caller says so.
            return unsafe { os::unmap(base, MEMORY_RESERVATION) };
        }
        let mut own = self.shelves.own();
        // SAFETY: the same.
        let full = unsafe { own.dirty.add(base, usable) };
        if let Some(batch) = full {
            let most = MOST_PAGES.saturating_sub(own.pages);
            // Others with this shelf go on meanwhile.
            drop(own);
            self.put_back(batch.clean(most));
        }
    }

    /// Keeps reservations that were dirty.
    fn put_back(&self, all: Vec<Clean>) {
        let mut own = self.shelves.own();
        for Clean {
            base,
            size: usable,
            zero,
            pages,
        } in all
        {
            let few = self.kept.fetch_add(1, Ordering::Relaxed) < MOST;
            if zero && few && own.idle.try_reserve(1).is_ok() {
                own.pages += pages;
                own.idle.push(Idle {
                    base,
                    usable,
                    pages,
                });
                continue;
            }
            self.kept.fetch_sub(1, Ordering::Relaxed);
            // SAFETY: whoever added it had the reservation, and nobody uses it.
            unsafe { os::unmap(base, MEMORY_RESERVATION) };
        }
    }

    /// Makes ready what is not zero yet.
    pub(super) fn wash(&self) {
        let batches = self.shelves.all().map(|mut shelf| shelf.wash());
        // One after the other: no lock is held meanwhile.
        for (batch, most) in batches {
            self.put_back(batch.clean(most));
        }
    }

    /// Gives all that are kept back to the system; whether there were any.
    pub(super) fn clear(&self) -> bool {
        let mut any = false;
        for mut shelf in self.shelves.all() {
            let Shelf {
                idle, mut dirty, ..
            } = std::mem::take(&mut *shelf);
            self.kept.fetch_sub(idle.len(), Ordering::Relaxed);
            let idle = idle.into_iter().map(|idle| idle.base);
            for base in idle.chain(dirty.take().starts()) {
                // SAFETY: a reservation that is ours alone.
                unsafe { os::unmap(base, MEMORY_RESERVATION) };
                any = true;
            }
        }
        any
    }
}

impl Drop for Reservations {
    fn drop(&mut self) {
        self.clear();
    }
}
