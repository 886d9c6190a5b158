//! Address space of memories that ended, kept for those that follow.
//!
//! To reserve 8 GiB, make a part accessible and give it all back are four system calls and the page tables; to
//! zero what was used is one at most. What is kept is zero, so nobody finds there what a guest before wrote; and
//! where the system cannot promise that, it is not kept.

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
pub(crate) struct Reservations(Mutex<Vec<Idle>>);

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
            let mut all = self.lock();
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
        // SAFETY: the caller says so.
        let zero = usable <= MOST_KEPT && unsafe { zero(base, usable) };
        if zero {
            let mut all = self.lock();
            if all.len() < MOST && all.try_reserve(1).is_ok() {
                return all.push(Idle { base, usable });
            }
        }
        // SAFETY: the caller says so.
        unsafe { os::unmap(base, MEMORY_RESERVATION) };
    }

    /// Gives all that are kept back to the system; whether there were any.
    pub(super) fn clear(&self) -> bool {
        let all = std::mem::take(&mut *self.lock());
        for idle in &all {
            // SAFETY: a reservation that is ours alone.
            unsafe { os::unmap(idle.base, MEMORY_RESERVATION) };
        }
        !all.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        // Nothing panics while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reservations {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Zeroes bytes; whether that could be done.
///
/// # Safety
/// They are the caller's, accessible, and begin with a page.
unsafe fn zero(base: *mut u8, length: usize) -> bool {
    // SAFETY: the caller says so.
    unsafe {
        if length <= MOST_WRITTEN {
            base.write_bytes(0, length);
            return true;
        }
        os::discard(base, length)
    }
}
