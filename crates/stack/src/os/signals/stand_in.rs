//! The handler that the kernel has instead of one which did not ask for an alternate stack.
//!
//! It runs on the alternate stack. Where the signal found the thread on a stack with room, it moves the
//! kernel's frame there and goes on with the handler that was meant, which then runs, and returns, as if
//! the kernel had called it there. Else the handler runs on the alternate stack.

use super::action::{Action, LAST, ON_STACK, rt_sigaction};
use super::stack::host_stack_of_thread;
use crate::arch;
use libc::{c_int, c_void, siginfo_t, ucontext_t};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The handlers that were meant. A signal that is under way while another is installed may go to either,
/// as without us.
static MEANT: [AtomicUsize; LAST as usize + 1] =
    [const { AtomicUsize::new(libc::SIG_DFL) }; LAST as usize + 1];

/// As [`super::action::change`], in the kernel.
pub(super) fn change(signal: c_int, new: Option<Action>) -> Result<Action, c_int> {
    let Some(meant) = MEANT.get(signal as usize) else {
        return Err(libc::EINVAL);
    };
    let stand_in = arch::stand_in as *const () as usize;
    let before = meant.load(Ordering::Acquire);
    let new = new.map(|mut action| {
        if action.interrupts_anywhere() {
            meant.store(action.handler, Ordering::Release);
            action.handler = stand_in;
            action.flags |= ON_STACK;
        }
        action
    });
    let mut old = rt_sigaction(signal, new.as_ref())?;
    if old.handler == stand_in {
        old.handler = before;
        old.flags &= !ON_STACK;
    }
    Ok(old)
}

/// Called by the stand-in, which adds the stack pointer that it began with.
///
/// # Safety
/// The arguments of a signal handler that is one.
pub(crate) unsafe extern "sysv64" fn deliver(
    signal: c_int,
    info: *mut siginfo_t,
    context: *mut ucontext_t,
    entry: usize,
) {
    let Some(meant) = MEANT.get(signal as usize) else {
        return;
    };
    let handler = meant.load(Ordering::Acquire);
    if handler == libc::SIG_DFL {
        return;
    }
    // Otherwise a handler that found us installed has called.
    let by_kernel = entry + size_of::<usize>() == context.addr();
    // SAFETY: the kernel's pointers, or those of a handler that passes them on. The handler is one that
    // was installed; the three arguments suit those that take one, too.
    unsafe {
        if by_kernel && has_room(&*context, entry) {
            go_on_there(handler, signal, info, context, entry);
        }
        let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) =
            std::mem::transmute(handler);
        handler(signal, info, context.cast());
    }
}

/// Whether the kernel left a stack for the alternate one on which the handler could have run.
fn has_room(context: &ucontext_t, entry: usize) -> bool {
    let alternate = &context.uc_stack;
    let on_alternate = |sp: usize| {
        // As the kernel sees it.
        let offset = sp.wrapping_sub(alternate.ss_sp.addr());
        offset > 0 && offset <= alternate.ss_size
    };
    let interrupted = stack_pointer(context);
    let stays = host_stack_of_thread().is_some_and(|host| !host.contains(&interrupted));
    on_alternate(entry) && !on_alternate(interrupted) && !stays
}

fn stack_pointer(context: &ucontext_t) -> usize {
    context.uc_mcontext.gregs[libc::REG_RSP as usize] as usize
}

/// Moves the kernel's frame to the stack that the signal found, and runs the handler there.
///
/// # Safety
/// The kernel made the frame at `entry`, and the interrupted stack has a red zone and then room.
unsafe fn go_on_there(
    handler: usize,
    signal: c_int,
    info: *mut siginfo_t,
    context: *mut ucontext_t,
    entry: usize,
) {
    /// Below the stack pointer, where code may keep something.
    const RED_ZONE: usize = 128;
    /// Alignment of the vector registers.
    const ALIGNED: usize = 64;

    // SAFETY: the frame is the kernel's, and what lies below the red zone is nobody's.
    unsafe {
        let size = frame_end(info, context) - entry;
        let highest = stack_pointer(&*context) - RED_ZONE - size;
        let frame = highest - (highest.wrapping_sub(entry) & (ALIGNED - 1));
        ptr::copy_nonoverlapping(entry as *const u8, frame as *mut u8, size);
        let moved = |address: usize| address - entry + frame;
        let context = moved(context.addr()) as *mut ucontext_t;
        let vectors = &mut (*context).uc_mcontext.fpregs;
        if !vectors.is_null() {
            *vectors = moved(vectors.addr()) as *mut _;
        }
        arch::handle_at(frame, handler, signal, moved(info.addr()), context.addr())
    }
}

/// Where the kernel's frame ends.
///
/// # Safety
/// As for [`go_on_there`].
unsafe fn frame_end(info: *const siginfo_t, context: *const ucontext_t) -> usize {
    /// Bytes of the oldest form of the saved registers.
    const LEGACY: usize = 512;
    /// Where the kernel notes in it that there is more: a magic number, and the size of all.
    const MORE: usize = 464;
    const MAGIC: u32 = 0x4650_5853;

    // SAFETY: what the kernel wrote.
    unsafe {
        let vectors = (*context).uc_mcontext.fpregs.addr();
        let size = match vectors {
            0 => 0,
            _ => match ((vectors + MORE) as *const [u32; 2]).read() {
                [MAGIC, size] => size as usize,
                _ => LEGACY,
            },
        };
        (vectors + size).max(info.addr() + size_of::<siginfo_t>())
    }
}
