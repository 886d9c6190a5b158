//! The C library's functions that install signal handlers, in its place: a program links these before the
//! library's own, and libraries that it loads find them first, too. What sanitizers do.

use super::action::{Action, change};
use libc::{c_int, c_long, sigset_t};
use std::hint::black_box;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

/// Keeps a linker from leaving this file out.
pub(super) fn keep() {
    black_box(sigaction as *const ());
}

/// As a call of the C library returns it.
fn returned<T>(result: Result<T, c_int>, failed: T) -> T {
    result.unwrap_or_else(|error| {
        // SAFETY: the thread's own.
        unsafe { *libc::__errno_location() = error };
        failed
    })
}

/// As [`change`], but the C library keeps some signals for itself.
fn change_of_program(signal: c_int, new: Option<Action>) -> Result<Action, c_int> {
    /// The first of those that follow the classic ones.
    const RESERVED: c_int = 32;
    if (RESERVED..libc::SIGRTMIN()).contains(&signal) {
        return Err(libc::EINVAL);
    }
    change(signal, new)
}

#[cfg(target_env = "gnu")]
#[unsafe(no_mangle)]
unsafe extern "C" fn __sigaction(
    signal: c_int,
    new: *const libc::sigaction,
    old: *mut libc::sigaction,
) -> c_int {
    // SAFETY: passed on to the caller.
    unsafe { sigaction(signal, new, old) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigaction(
    signal: c_int,
    new: *const libc::sigaction,
    old: *mut libc::sigaction,
) -> c_int {
    // SAFETY: the caller's pointers are null or valid. Of a set the kernel knows the first word.
    unsafe {
        let new = new.as_ref().map(|new| {
            let mask = (&raw const new.sa_mask).cast::<u64>().read();
            Action::new(new.sa_sigaction, new.sa_flags, mask)
        });
        let result = change_of_program(signal, new);
        if let (Ok(action), false) = (&result, old.is_null()) {
            let mut known: libc::sigaction = std::mem::zeroed();
            known.sa_sigaction = action.handler;
            known.sa_flags = action.flags as c_int;
            (&raw mut known.sa_mask).cast::<u64>().write(action.mask);
            old.write(known);
        }
        returned(result.map(|_| 0), -1)
    }
}

/// `syscall(SYS_rt_sigaction, ...)`, which `syscall` comes here with.
///
/// # Safety
/// As the system call's.
pub(crate) unsafe extern "sysv64" fn raw_sigaction(
    _number: c_long,
    signal: c_int,
    new: *const Action,
    old: *mut Action,
    set_size: usize,
) -> c_long {
    if set_size != size_of::<u64>() {
        return returned(Err(libc::EINVAL), -1);
    }
    // SAFETY: the caller's pointers are null or valid.
    unsafe {
        let result = change(signal, new.as_ref().copied());
        if let (Ok(action), false) = (&result, old.is_null()) {
            old.write(*action);
        }
        returned(result.map(|_| 0), -1)
    }
}

/// The end of a system call that failed; `result` is the negated error number.
pub(crate) extern "sysv64" fn raw_failed(result: isize) -> isize {
    returned(Err(-result as c_int), -1)
}

/// Signals that interrupt system calls, as `siginterrupt` has it.
static INTERRUPTING: AtomicU64 = AtomicU64::new(0);

/// The bit of a signal in a set; 0 if it is none.
fn bit(signal: c_int) -> u64 {
    1u64.checked_shl(signal.wrapping_sub(1) as u32).unwrap_or(0)
}

/// Installs a handler, and gives the former one.
fn install(signal: c_int, handler: usize, flags: c_int, mask: u64) -> usize {
    let result = match handler {
        libc::SIG_ERR => Err(libc::EINVAL),
        _ => change_of_program(signal, Some(Action::new(handler, flags, mask))),
    };
    returned(result.map(|old| old.handler), libc::SIG_ERR)
}

#[unsafe(no_mangle)]
extern "C" fn signal(signal: c_int, handler: usize) -> usize {
    let mask = bit(signal);
    let interrupts = INTERRUPTING.load(Ordering::Relaxed) & mask != 0;
    let flags = if interrupts { 0 } else { libc::SA_RESTART };
    install(signal, handler, flags, mask)
}

#[unsafe(no_mangle)]
extern "C" fn bsd_signal(number: c_int, handler: usize) -> usize {
    signal(number, handler)
}

#[unsafe(no_mangle)]
extern "C" fn ssignal(number: c_int, handler: usize) -> usize {
    signal(number, handler)
}

#[unsafe(no_mangle)]
extern "C" fn sysv_signal(signal: c_int, handler: usize) -> usize {
    install(signal, handler, libc::SA_RESETHAND | libc::SA_NODEFER, 0)
}

/// What `signal` is to C programs that ask for no extension of their standard.
#[unsafe(no_mangle)]
extern "C" fn __sysv_signal(signal: c_int, handler: usize) -> usize {
    sysv_signal(signal, handler)
}

#[unsafe(no_mangle)]
extern "C" fn siginterrupt(signal: c_int, interrupts: c_int) -> c_int {
    let restart = libc::SA_RESTART as usize;
    let result = change_of_program(signal, None).and_then(|mut action| {
        if interrupts != 0 {
            INTERRUPTING.fetch_or(bit(signal), Ordering::Relaxed);
            action.flags &= !restart;
        } else {
            INTERRUPTING.fetch_and(!bit(signal), Ordering::Relaxed);
            action.flags |= restart;
        }
        change_of_program(signal, Some(action))
    });
    returned(result.map(|_| 0), -1)
}

#[unsafe(no_mangle)]
extern "C" fn sigignore(signal: c_int) -> c_int {
    match install(signal, libc::SIG_IGN, 0, 0) {
        libc::SIG_ERR => -1,
        _ => 0,
    }
}

/// Blocks the signal, or installs a handler and unblocks it.
#[unsafe(no_mangle)]
extern "C" fn sigset(signal: c_int, handler: usize) -> usize {
    /// `SIG_HOLD` of `signal.h`.
    const HOLD: usize = 2;

    let blocks = handler == HOLD;
    let result = match blocks {
        true => change_of_program(signal, None),
        false => change_of_program(signal, Some(Action::new(handler, 0, 0))),
    };
    let how = if blocks {
        libc::SIG_BLOCK
    } else {
        libc::SIG_UNBLOCK
    };
    // SAFETY: sets on the stack.
    let held = result.map(|old| unsafe {
        let (mut set, mut before): (sigset_t, sigset_t) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigaddset(&mut set, signal);
        libc::sigprocmask(how, &set, ptr::from_mut(&mut before));
        match libc::sigismember(&before, signal) {
            1 => HOLD,
            _ => old.handler,
        }
    });
    returned(held, libc::SIG_ERR)
}
