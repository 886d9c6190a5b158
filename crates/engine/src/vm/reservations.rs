//! Address space of memories that ended, kept for those that follow.
//!
//! To reserve 8 GiB, make a part accessible and give it all back are four system calls and the page tables; to
//! zero what was used is one for a batch of them (`dirty.rs`). What is given out again is zero, so nobody finds there
//! what a guest before wrote; and where the system cannot promise that, it is not kept.

use crate::vm::dirty::{Batch, Dirty};
use bident_abi::MEMORY_RESERVATION;
use bident_stack::os::{self, Access};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most of them kept by an engine: a sixtieth of the address space of a process.
const MOST: usize = 256;

/// Bytes that could be accessed in one that is kept: page tables may go with the addresses only.
const MOST_KEPT: usize = 64 << 20;

/// So many bytes are zeroed by writing; above, the system takes the pages back.
const MOST_WRITTEN: usize = 16 << 10;

/// Reservations of 32-bit memories that nobody uses. Of an engine.
#[derive(Default)]
pub(crate) struct Reservations(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    idle: Vec<Idle>,
    /// Those that are not zero yet, as far as they can be accessed.
    dirty: Dirty,
}

/// A reservation of `MEMORY_RESERVATION` bytes.
struct Idle {
    base: *mut u8,
    /// Bytes at its start that can be accessed, all zero; a multiple of a page of the system.
    usable: usize,
}

// SAFETY: nobody else has the addresses.
unsafe impl Send for Idle {}

impl Reservations {
    /// One with its first bytes accessible, not more than `wanted` of them; its start, and how many.
    pub(super) fn take(&self, wanted: usize) -> Option<(*mut u8, usize)> {
        let idle = {
            let all = &mut self.lock().idle;
            let same = all.iter().rposition(|idle| idle.usable == wanted);
            match same {
                Some(same) => all.swap_remove(same),
                None => all.pop()?,
            }
        };
        if idle.usable <= wanted {
            return Some((idle.base, idle.usable));
        }
        let (end, more) = (idle.base.wrapping_add(wanted), idle.usable - wanted);
        // SAFETY: a reservation that is ours alone.
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
        if usable <= MOST_WRITTEN {
            // SAFETY: the caller says so.
            unsafe { base.write_bytes(0, usable) };
            return keep(&mut self.lock().idle, base, usable);
        }
        // SAFETY: the same.
        let batch = unsafe { self.lock().dirty.add(base, usable) };
        if let Some(batch) = batch {
            self.put_back(batch);
        }
    }

    /// Zeroes reservations, and keeps them.
    fn put_back(&self, batch: Batch) {
        // Not under the lock: others go on meanwhile.
        for (base, usable, zero) in batch.zero() {
            match zero {
                true => keep(&mut self.lock().idle, base, usable),
                // SAFETY: whoever added it had the reservation, and nobody uses it.
                false => unsafe { os::unmap(base, MEMORY_RESERVATION) },
            }
        }
    }

    /// Makes ready what is not zero yet.
    pub(super) fn wash(&self) {
        let batch = self.lock().dirty.take();
        self.put_back(batch);
    }

    /// Gives all that are kept back to the system; whether there were any.
    pub(super) fn clear(&self) -> bool {
        let Kept { idle, mut dirty } = std::mem::take(&mut *self.lock());
        let idle = idle.into_iter().map(|idle| idle.base);
        let all = idle.chain(dirty.take().starts());
        let all = all.map(|base| {
            // SAFETY: a reservation that is ours alone.
            unsafe { os::unmap(base, MEMORY_RESERVATION) };
        });
        all.count() > 0
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing panics while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reservations {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Keeps a reservation, which is zero, or gives it back to the system.
fn keep(idle: &mut Vec<Idle>, base: *mut u8, usable: usize) {
    if idle.len() < MOST && idle.try_reserve(1).is_ok() {
        return idle.push(Idle { base, usable });
    }
    // SAFETY: it is ours alone.
    unsafe { os::unmap(base, MEMORY_RESERVATION) };
}
