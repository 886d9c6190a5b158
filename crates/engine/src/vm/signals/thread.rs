//! What must hold of a thread that runs WebAssembly.

use crate::error::Error;
use bident_abi::{TrapCode, VmStore};
use bident_stack::{self as stack, os};
use std::cell::Cell;
use std::ptr;

/// Host stack that must be left before WebAssembly is entered: room for what a host function does
/// before it enters again, which is where the next check comes.
const HOST_STACK_RESERVE: usize = 128 << 10;

/// What the engine keeps of a thread.
pub(super) struct Thread {
    /// The store that the thread entered last; null outside.
    pub(super) entered: Cell<*mut VmStore>,
    /// Lowest stack pointer of the host from which WebAssembly may be entered; the highest address
    /// while the thread has no alternate signal stack yet.
    floor: Cell<usize>,
}

thread_local! {
    pub(super) static THREAD: Thread =
        const { Thread { entered: Cell::new(ptr::null_mut()), floor: Cell::new(usize::MAX) } };
}

/// Tells the signal handler which store this thread enters, or, with what this gave, has come back to.
#[inline(always)]
pub(crate) fn set_entered(store: *mut VmStore) -> *mut VmStore {
    THREAD.with(|thread| thread.entered.replace(store))
}

/// Sees to what must hold of the thread before WebAssembly is entered: it has an alternate signal
/// stack, gets the signals of faults, and has enough host stack. WebAssembly and host functions that call each other without end
/// would otherwise overflow it.
#[inline]
pub(crate) fn prepare() -> Result<(), Error> {
    let here = stack::stack_pointer();
    THREAD.with(|thread| {
        if here > thread.floor.get() {
            Ok(())
        } else {
            prepare_slow(thread, here)
        }
    })
}

#[cold]
fn prepare_slow(thread: &Thread, here: usize) -> Result<(), Error> {
    ensure_signal_stack()?;
    if thread.floor.get() == usize::MAX {
        os::unblock_faults();
        os::adopt_signal_handlers();
    }
    thread
        .floor
        .set(os::host_stack_base().map_or(0, |base| base + HOST_STACK_RESERVE));
    if here > thread.floor.get() {
        Ok(())
    } else {
        Err(Error::from(TrapCode::HostStackOverflow))
    }
}

/// Gives the calling thread an alternate signal stack, for as long as it runs WebAssembly.
///
/// # Errors
/// Kind `Limit`: there is no memory for it, or the thread is ending.
pub(crate) fn ensure_signal_stack() -> Result<(), Error> {
    // Destructors of other thread-local values may still come here.
    let gone = || THREAD.with(|thread| thread.floor.set(usize::MAX));
    os::ensure_signal_stack(gone).map_err(Error::no_memory("the signal stack of a thread"))
}
