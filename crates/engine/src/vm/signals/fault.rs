//! The handler of faults.
//!
//! It acts only when the faulting instruction is compiled code of the store that this thread entered
//! last and the stack pointer lies in that store's current stacklet. Everything else goes to whoever
//! handles the signal otherwise.

use super::thread::THREAD;
use crate::vm::store::StoreOpaque;
use bident_abi::{TrapCode, VmTrap};
use bident_stack::{self as stack, Chains, Fault, os};
use libc::{siginfo_t, ucontext_t};

/// Installs the handler, once per process, and sees to it that handlers of others keep off stacklets.
pub(crate) fn adopt_handlers() {
    // SAFETY: the handler keeps to what handlers may do.
    unsafe { os::handle_faults(handle) };
    os::adopt_signal_handlers();
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
    let code = store.code.find(pc);
    let stub = Chains::start_of_stub(pc);
    let trap = match stub {
        Some(_) => Some(TrapCode::StackOverflow),
        None => code.and_then(|code| code.trap_at(pc)),
    };
    let Some(mut trap) = trap else {
        return false;
    };
    let mut wants_room = None;
    if trap == TrapCode::StackOverflow {
        let start = stub.or_else(|| code.and_then(|code| code.function_start(pc)));
        let start = start.expect("code has functions");
        // SAFETY: this trap comes from a prologue's limit check only, or from the stub's.
        match unsafe { store.vm.chains.start_over(&mut fault, start) } {
            Ok(()) => {
                store.learn();
                return true;
            }
            Err(stack::Error::TotalLimit | stack::Error::Os(_)) => {
                trap = TrapCode::StackMemoryExhausted;
                // There may be room after a collection, but that is nothing for a signal handler.
                wants_room = stub.is_none().then_some(start);
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
