//! What the process does with a signal, and the one way to change it.

use super::{faults, libc as symbols, stand_in};
use crate::arch::{restorer_address, system_call};
use libc::c_int;

/// Number of the last signal.
pub(super) const LAST: c_int = 64;

/// The kernel's record of what a process does with a signal.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[repr(C)]
pub(crate) struct Action {
    pub(super) handler: usize,
    pub(super) flags: usize,
    restorer: usize,
    /// Signals that are blocked while the handler runs: the one with number n is bit n - 1.
    pub(super) mask: u64,
}

/// `SA_RESTORER` of `asm/signal.h`.
const RESTORER: usize = 0x0400_0000;
pub(super) const ON_STACK: usize = libc::SA_ONSTACK as usize;

impl Action {
    /// An action as the C library would give it to the kernel.
    pub(super) fn new(handler: usize, flags: c_int, mask: u64) -> Self {
        Self {
            handler,
            flags: flags as u32 as usize | RESTORER,
            restorer: restorer_address(),
            mask,
        }
    }

    /// Whether the kernel would run a handler on the stack that the signal finds.
    pub(super) fn interrupts_anywhere(&self) -> bool {
        !matches!(self.handler, libc::SIG_DFL | libc::SIG_IGN) && self.flags & ON_STACK == 0
    }
}

/// Changes what the process does with a signal, if there is a new action, and gives the old one, as
/// whoever set it would see it.
///
/// # Errors
/// The kernel's error number.
pub(super) fn change(signal: c_int, new: Option<Action>) -> Result<Action, c_int> {
    match faults::former(signal) {
        Some(former) => Ok(former.change(new)),
        None => stand_in::change(signal, new),
    }
}

/// The kernel's call.
///
/// # Errors
/// The kernel's error number.
pub(super) fn rt_sigaction(signal: c_int, new: Option<&Action>) -> Result<Action, c_int> {
    let mut old = Action::default();
    let new = new.map_or(0, |action| (action as *const Action).addr());
    let arguments = [
        signal as usize,
        new,
        (&raw mut old).addr(),
        size_of::<u64>(),
    ];
    // SAFETY: both records are valid, or absent. Handlers come from those whose unsafe code installs
    // them, or are ours.
    match unsafe { system_call(libc::SYS_rt_sigaction, arguments) } {
        0 => Ok(old),
        error => Err(-error as c_int),
    }
}

/// Sees to it that no handler of this process runs on a stack without room for it, and returns how many
/// would have.
///
/// Handlers that are installed by the C library's functions, `syscall` included, need no such care. It
/// is for those that came another way: the C library's own, or by the bare instruction.
pub fn adopt_signal_handlers() -> usize {
    symbols::keep();
    (1..=LAST)
        .filter(|signal| {
            let adopt = |action: Action| {
                action.interrupts_anywhere() && stand_in::change(*signal, Some(action)).is_ok()
            };
            rt_sigaction(*signal, None).is_ok_and(adopt)
        })
        .count()
}
