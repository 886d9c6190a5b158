//! The signal handler.
//!
//! It acts only when the faulting instruction is compiled code of the store that this thread entered
//! last and the stack pointer lies in that store's current stacklet. Everything else goes to whoever
//! handled the signal before.

use crate::error::Error;
use crate::vm::store::StoreOpaque;
use bident_abi::{TrapCode, VmStore, VmTrap};
use bident_stack::{self as stack, Chains, Fault, os};
use libc::{c_int, c_void, siginfo_t, ucontext_t};
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;

/// Host stack that must be left before WebAssembly is entered: room for what a host function does
/// before it enters again, which is where the next check comes.
const HOST_STACK_RESERVE: usize = 128 << 10;

/// What the engine keeps of a thread.
struct Thread {
    /// The store that the thread entered last; null outside.
    entered: Cell<*mut VmStore>,
    /// Lowest stack pointer of the host from which WebAssembly may be entered; the highest address
    /// while the thread has no alternate signal stack yet.
    floor: Cell<usize>,
}

thread_local! {
    static THREAD: Thread =
        const { Thread { entered: Cell::new(ptr::null_mut()), floor: Cell::new(usize::MAX) } };
}

/// Tells the signal handler which store this thread enters, or, with what this gave, has come back to.
#[inline(always)]
pub(crate) fn set_entered(store: *mut VmStore) -> *mut VmStore {
    THREAD.with(|thread| thread.entered.replace(store))
}

/// Sees to what must hold of the thread before WebAssembly is entered: it has an alternate signal
/// stack, and enough host stack. WebAssembly and host functions that call each other without end
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
    os::ensure_signal_stack().map_err(Error::no_memory("the signal stack of a thread"))?;
    thread
        .floor
        .set(os::host_stack_base().map_or(0, |base| base + HOST_STACK_RESERVE));
    if here > thread.floor.get() {
        Ok(())
    } else {
        Err(Error::from(TrapCode::HostStackOverflow))
    }
}

const SIGNALS: [c_int; 4] = [libc::SIGILL, libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE];

/// Who handled the signals before us.
static FORMER: OnceLock<[libc::sigaction; 4]> = OnceLock::new();

/// Installs the handler, once per process, and gives the handlers of others an alternate stack.
pub(crate) fn adopt_handlers() {
    FORMER.get_or_init(install);
    os::adopt_signal_handlers();
}

fn install() -> [libc::sigaction; 4] {
    SIGNALS.map(|signal| {
        let mut former = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: both are valid sigactions; the handler keeps to what a handler may do.
        unsafe {
            let mut action: libc::sigaction = MaybeUninit::zeroed().assume_init();
            action.sa_sigaction = handler as *const () as usize;
            // NODEFER: a fault inside the handler must reach the former handler, not hang.
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
            libc::sigemptyset(&mut action.sa_mask);
            libc::sigaction(signal, &action, former.as_mut_ptr());
            former.assume_init()
        }
    })
}

unsafe extern "C" fn handler(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes valid pointers.
    let handled = unsafe { handle(&*info, &mut *context.cast::<ucontext_t>()) };
    if !handled {
        // SAFETY: as the kernel called us.
        unsafe { pass_on(signal, info, context) };
    }
}

/// Deals with a fault of compiled code; `false` if it is none.
unsafe fn handle(info: &siginfo_t, context: &mut ucontext_t) -> bool {
    let vm = THREAD.with(|thread| thread.entered.get());
    if vm.is_null() {
        return false;
    }
    let mut fault = Fault::new(context);
    // SAFETY: the store was entered on this thread and did not come back. If the fault is its current
    // stacklet's, no Rust code is using the store.
    let store = unsafe {
        if !Chains::has_faulted(&raw const (*vm).chains, &fault) {
            return false;
        }
        &mut *(*vm).owner.cast::<StoreOpaque>()
    };
    let pc = fault.pc();
    let Some(code) = store.code.find(pc) else {
        return false;
    };
    let Some(mut trap) = code.trap_at(pc) else {
        return false;
    };
    let mut wants_room = None;
    if trap == TrapCode::StackOverflow {
        let start = code.function_start(pc).expect("code has functions");
        // SAFETY: this trap comes from a prologue's limit check only.
        match unsafe { store.vm.chains.start_over(&mut fault, start) } {
            Ok(()) => {
                store.learn();
                return true;
            }
            Err(stack::Error::TotalLimit | stack::Error::Os(_)) => {
                trap = TrapCode::StackMemoryExhausted;
                // There may be room after a collection, but that is nothing for a signal handler.
                wants_room = Some(start);
            }
            Err(_) => {}
        }
    }
    store.vm.trap = VmTrap {
        pc,
        sp: fault.sp(),
        fp: fault.fp(),
        // SAFETY: the address is there for every signal we handle.
        address: unsafe { info.si_addr() } as usize,
        code: Some(trap),
    };
    // SAFETY: as above.
    unsafe {
        match wants_room {
            Some(start) => store.vm.chains.start_over_on_host(&mut fault, start),
            None => store.vm.chains.trap(&mut fault),
        }
    }
    true
}

/// Gives a signal to whoever handled it before; where nobody did, lets the fault happen again with
/// the default action.
unsafe fn pass_on(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let former = FORMER
        .get()
        .and_then(|all| SIGNALS.iter().position(|s| *s == signal).map(|i| all[i]));
    let Some(former) = former else { return };
    // SAFETY: the former handler is called the way it asked for; for the default action it is put
    // back and the instruction faults again.
    unsafe {
        match former.sa_sigaction {
            libc::SIG_DFL | libc::SIG_IGN => {
                libc::sigaction(signal, &former, ptr::null_mut());
            }
            action if former.sa_flags & libc::SA_SIGINFO != 0 => {
                let call: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) =
                    std::mem::transmute(action);
                call(signal, info, context);
            }
            action => {
                let call: extern "C" fn(c_int) = std::mem::transmute(action);
                call(signal);
            }
        }
    }
}
