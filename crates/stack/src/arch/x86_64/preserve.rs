//! A call of a builtin after which every register holds what it held before: for calls that are hardly ever made, so
//! that the code around them is as if there were none. To the caller it is a call in Cranelift's `PreserveAll`
//! convention.
//!
//! ```text
//!           ┊ frames         ┊
//!           │ return address │ into the code that called
//!     rbp ► │ rbp            │
//!           │ rax rcx rdx rbx rsi rdi r8-r15
//!           │ xmm0-xmm15     │ 16 bytes each: no code uses more of them
//!           │ return address │ ─┐
//!           │ ...            │  ┴ as any call of `leave_builtin`
//! ```
//!
//! So what is parked here is as complete as any other stacklet, and moves as any.

use super::leave_builtin;
use crate::stacklet::Anchor;
use std::arch::naked_asm;
use std::mem::offset_of;

/// Bytes that the registers take.
const REGISTERS: usize = 14 * 8 + 16 * 16;

/// Calls a builtin with nothing but its context. rdi: context, whose first word points to the anchor; rsi: function;
/// rsp -> return address. Preserves all registers. Where the stack has no room for them, it traps as a prologue does, at
/// `no_room`.
///
/// # Safety
/// Only compiled code that runs on a stacklet calls it.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn leave_preserving() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rax",
        "mov rax, [rdi]",
        "mov rax, [rax + {LIMIT}]",
        "add rax, {REGISTERS}",
        "cmp rsp, rax",
        "mov rax, [rsp]",
        "jb {give_up}f",
        "push rcx", "push rdx", "push rbx", "push rsi", "push rdi",
        "push r8", "push r9", "push r10", "push r11",
        "push r12", "push r13", "push r14", "push r15",
        "sub rsp, 256",
        "movups [rsp], xmm0",
        "movups [rsp + 16], xmm1",
        "movups [rsp + 32], xmm2",
        "movups [rsp + 48], xmm3",
        "movups [rsp + 64], xmm4",
        "movups [rsp + 80], xmm5",
        "movups [rsp + 96], xmm6",
        "movups [rsp + 112], xmm7",
        "movups [rsp + 128], xmm8",
        "movups [rsp + 144], xmm9",
        "movups [rsp + 160], xmm10",
        "movups [rsp + 176], xmm11",
        "movups [rsp + 192], xmm12",
        "movups [rsp + 208], xmm13",
        "movups [rsp + 224], xmm14",
        "movups [rsp + 240], xmm15",
        "mov r9, rsi",
        "call {leave_builtin}",
        "movups xmm0, [rsp]",
        "movups xmm1, [rsp + 16]",
        "movups xmm2, [rsp + 32]",
        "movups xmm3, [rsp + 48]",
        "movups xmm4, [rsp + 64]",
        "movups xmm5, [rsp + 80]",
        "movups xmm6, [rsp + 96]",
        "movups xmm7, [rsp + 112]",
        "movups xmm8, [rsp + 128]",
        "movups xmm9, [rsp + 144]",
        "movups xmm10, [rsp + 160]",
        "movups xmm11, [rsp + 176]",
        "movups xmm12, [rsp + 192]",
        "movups xmm13, [rsp + 208]",
        "movups xmm14, [rsp + 224]",
        "movups xmm15, [rsp + 240]",
        "add rsp, 256",
        "pop r15", "pop r14", "pop r13", "pop r12",
        "pop r11", "pop r10", "pop r9", "pop r8",
        "pop rdi", "pop rsi", "pop rbx", "pop rdx", "pop rcx",
        "pop rax",
        "pop rbp",
        "ret",
        "{give_up}:",
        "mov rsp, rbp",
        "jmp {no_room}",
        ".balign 64",
        give_up = const 2,
        LIMIT = const offset_of!(Anchor, limit),
        REGISTERS = const REGISTERS,
        leave_builtin = sym leave_builtin,
        no_room = sym no_room,
    )
}

/// Where [`leave_preserving`] traps: rsp -> saved frame pointer, return address; all other registers as they came.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn no_room() {
    naked_asm!("ud2", ".balign 64")
}
