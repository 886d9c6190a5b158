//! The signals of faults. Once the engine handles them, the kernel keeps our handler, and what others
//! install comes after it.

use super::action::{Action, change, rt_sigaction};
use libc::{c_int, c_void, siginfo_t, ucontext_t};
use std::ptr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

const FAULTS: [c_int; 4] = [libc::SIGILL, libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE];

/// Deals with a fault; `false` where it is none of the engine's.
pub type FaultHandler = unsafe fn(&siginfo_t, &mut ucontext_t) -> bool;

/// The [`FaultHandler`], or 0.
static OWNER: AtomicUsize = AtomicUsize::new(0);

static FORMER: [Former; 4] = [const { Former::new() }; 4];

/// Who handles a signal that the engine has no use for. Read and written by handlers, so without a lock.
pub(super) struct Former {
    /// Address of the handler, and above it its flags.
    handler: AtomicU64,
    mask: AtomicU64,
}

/// Bits of an address of a process.
const ADDRESS: u32 = 48;

impl Former {
    const fn new() -> Self {
        Self {
            handler: AtomicU64::new(0),
            mask: AtomicU64::new(0),
        }
    }

    fn get(&self) -> Action {
        Self::unpack(
            self.handler.load(Ordering::Acquire),
            self.mask.load(Ordering::Relaxed),
        )
    }

    /// As [`change`].
    pub(super) fn change(&self, new: Option<Action>) -> Action {
        let Some(new) = new else { return self.get() };
        // The flags are in the lowest three bits, and above the fifteenth.
        let flags = (new.flags as u64 & 7) | (new.flags as u64 >> 16 & 0xFFF8);
        let handler = (flags << ADDRESS) | new.handler as u64;
        let mask = self.mask.swap(new.mask, Ordering::Relaxed);
        Self::unpack(self.handler.swap(handler, Ordering::AcqRel), mask)
    }

    fn unpack(word: u64, mask: u64) -> Action {
        let flags = word >> ADDRESS;
        let flags = (flags & 7) | ((flags & 0xFFF8) << 16);
        let handler = word & ((1 << ADDRESS) - 1);
        Action::new(handler as usize, flags as u32 as c_int, mask)
    }
}

/// The former handler of a signal, if it is a fault's and the engine handles those.
pub(super) fn former(signal: c_int) -> Option<&'static Former> {
    if OWNER.load(Ordering::Acquire) == 0 {
        return None;
    }
    let position = FAULTS.iter().position(|fault| *fault == signal)?;
    Some(&FORMER[position])
}

/// Installs the handler of faults, once per process. Those that it knows nothing of go to whoever handled
/// them before, or would since.
///
/// # Safety
/// The handler does only what handlers may.
pub unsafe fn handle_faults(handler: FaultHandler) {
    if OWNER.load(Ordering::Acquire) != 0 {
        return;
    }
    let before = FAULTS.map(|signal| change(signal, None).unwrap_or_default());
    for (former, action) in FORMER.iter().zip(before) {
        former.change(Some(action));
    }
    let none = OWNER.compare_exchange(
        0,
        handler as *const () as usize,
        Ordering::AcqRel,
        Ordering::Acquire,
    );
    if none.is_err() {
        return;
    }
    // NODEFER: a fault inside the handler must reach the former handler, not hang.
    let flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    let ours = Action::new(on_fault as *const () as usize, flags, 0);
    for signal in FAULTS {
        // Signals that exist and can be handled.
        let _ = rt_sigaction(signal, Some(&ours));
    }
}

/// Lets the calling thread have the signals of faults. The kernel ends a process that faults with them
/// blocked, and threads that were made with all signals blocked are common.
pub fn unblock_faults() {
    // SAFETY: a set on the stack; unblocking what only faults send changes nothing else.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        for signal in FAULTS {
            libc::sigaddset(&mut set, signal);
        }
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &set, ptr::null_mut());
    }
}

unsafe extern "C" fn on_fault(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes valid pointers. It knows this handler only once there is an owner.
    unsafe {
        // Not above 0: somebody sent it, and the instruction is innocent.
        let fault = (*info).si_code > 0;
        let owner: FaultHandler = std::mem::transmute(OWNER.load(Ordering::Acquire));
        if !(fault && owner(&*info, &mut *context.cast::<ucontext_t>())) {
            pass_on(signal, info, context, fault);
        }
    }
}

/// Gives a signal to whoever would handle it without us.
///
/// # Safety
/// As the kernel called us.
unsafe fn pass_on(signal: c_int, info: *mut siginfo_t, context: *mut c_void, fault: bool) {
    let Some(former) = former(signal) else { return };
    let action = former.get();
    if action.flags & libc::SA_RESETHAND as u32 as usize != 0 {
        former.change(Some(Action::new(libc::SIG_DFL, 0, 0)));
    }
    // SAFETY: the handler is called with all that it may have asked for.
    unsafe {
        match action.handler {
            libc::SIG_IGN if !fault => {}
            libc::SIG_DFL | libc::SIG_IGN => {
                let default = Action::new(libc::SIG_DFL, 0, 0);
                let _ = rt_sigaction(signal, Some(&default));
                // A fault happens again by itself.
                if !fault {
                    libc::raise(signal);
                }
            }
            handler => {
                let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) =
                    std::mem::transmute(handler);
                handler(signal, info, context);
            }
        }
    }
}
