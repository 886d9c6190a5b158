//! Signals, where Rust cannot say it: the ends of a handler, and the C library's `syscall`.
//!
//! ```text
//!  what the kernel makes for a handler                       who needs it
//!  ┌────────────────────────┐
//!  │ registers of the FPU   │ ◄ fpregs, a multiple of 64
//!  │ siginfo                │ ◄ rsi
//!  │ ucontext               │ ◄ rdx                          `restorer`, by way of rsp
//!  │ address of `restorer`  │ ◄ rsp at the handler's start
//!  └────────────────────────┘
//! ```

use crate::os;
use std::arch::{asm, naked_asm};

/// What a handler returns to: ends the signal. rsp -> ucontext. Its bytes are those that unwinders look for.
#[unsafe(naked)]
unsafe extern "sysv64" fn restorer() {
    naked_asm!(
        // Unwinders look one byte before a return address.
        "nop",
        ".byte 0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00", // mov rax, 15: rt_sigreturn
        "syscall",
    )
}

/// Address for the restorer of an action.
pub(crate) fn restorer_address() -> usize {
    restorer as *const () as usize + 1
}

/// The handler that stands in for those that did not ask for an alternate stack. Adds where the stack
/// pointer is, which says whether the kernel called. rdi: signal, rsi -> siginfo, rdx -> ucontext.
///
/// # Safety
/// Called as a signal handler.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn stand_in() {
    naked_asm!("mov rcx, rsp", "jmp {deliver}", deliver = sym os::deliver)
}

/// Runs a handler on the copy of the kernel's frame at `frame`. It ends the signal.
///
/// # Safety
/// `frame` is such a frame, complete, with room below; `info` and `context` lie in it.
#[inline(always)]
pub(crate) unsafe fn handle_at(
    frame: usize,
    handler: usize,
    signal: i32,
    info: usize,
    context: usize,
) -> ! {
    // SAFETY: the caller has made the frame that a handler expects.
    unsafe {
        asm!(
            "mov rsp, {frame}",
            "xor eax, eax",
            "jmp {handler}",
            frame = in(reg) frame,
            handler = in(reg) handler,
            in("edi") signal,
            in("rsi") info,
            in("rdx") context,
            options(noreturn)
        )
    }
}

/// A system call of four arguments: its result, or a negated error number.
///
/// # Safety
/// As the call's.
pub(crate) unsafe fn system_call(number: i64, arguments: [usize; 4]) -> isize {
    let result: isize;
    // SAFETY: passed on to the caller.
    unsafe {
        asm!(
            "syscall",
            inout("rax") number as isize => result,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            out("rcx") _,
            out("r11") _,
        )
    };
    result
}

/// The C library's function of that name, in its place: what would install a signal handler goes the
/// way of `sigaction`. A leaf, as callers that share or change the stack expect. rdi: number of the call;
/// rsi, rdx, rcx, r8, r9, and the word above the return address: its arguments.
///
/// # Safety
/// As the system call's.
#[unsafe(no_mangle)]
#[unsafe(naked)]
unsafe extern "sysv64" fn syscall() {
    naked_asm!(
        "cmp rdi, {RT_SIGACTION}",
        "je {sigaction}",
        "mov rax, rdi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "mov rdx, rcx",
        "mov r10, r8",
        "mov r8, r9",
        "mov r9, [rsp + 8]",
        "syscall",
        "cmp rax, -4095",
        "jae {error}f",
        "ret",
        "{error}:",
        "mov rdi, rax",
        "jmp {failed}",
        error = const 2,
        RT_SIGACTION = const libc::SYS_rt_sigaction,
        sigaction = sym os::raw_sigaction,
        failed = sym os::raw_failed,
    )
}
