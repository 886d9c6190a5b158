//! Host -> stacklet.

use crate::stacklet::{Anchor, Stacklet};
use std::arch::asm;
use std::mem::offset_of;

/// Host -> stacklet, up to where the stack pointer is the stacklet's; then the instructions given.
/// Comes back at `exited` with the exit in rax.
macro_rules! enter_with {
    ($anchor:expr, $last:expr, $stacklet:expr, $value:expr, $($go:literal),*) => {{
        let exit: u64;
        asm!(
            // rdi -> anchor, rcx -> stacklet, rdx -> last of its chain, rsi: value
            "push rbx",
            "push rbp",
            "lea rax, [rip + {exited}f]",
            "push rax",
            "push rdi",
            "mov [rdi + {HOST_SP}], rsp",
            "mov rdx, [rdx + {TOP}]",
            "mov [rdx - 16], rbp",
            "mov [rdx - 8], rax",
            "mov rsp, [rcx + {SP}]",
            "pop rbp",
            $($go,)*
            // rax: exit
            "{exited}:",
            "pop rbp",
            "pop rbx",
            exited = const 2,
            HOST_SP = const offset_of!(Anchor, host_sp),
            TOP = const offset_of!(Stacklet, top),
            SP = const offset_of!(Stacklet, sp),
            inout("rdi") $anchor => _,
            inout("rcx") $stacklet => _,
            inout("rdx") $last => _,
            inout("rsi") $value => _,
            out("rax") exit,
            out("r12") _,
            out("r13") _,
            out("r14") _,
            out("r15") _,
            clobber_abi("sysv64"),
        );
        exit
    }};
}

/// Host -> stacklet that is fresh or suspended: runs `stacklet`, which is [`Anchor::current`] and whose
/// chain ends at `last`; `value` is the value at position 0. Comes back when the chain's last
/// stacklet finishes, or when one parks, is suspended to the host, traps or is unwound, with the
/// word of [`exit`] that says which.
///
/// Inlined, and entered and left by jumps, so that the return predictor sees no call here.
///
/// # Safety
/// `stacklet` is `anchor.current`, a fresh or suspended stacklet of the store that the anchor belongs
/// to, `anchor.limit` its limit and `last`, whose parent is null and which has a list of handlers, the
/// last of its chain; its code is still mapped. No other thread uses the anchor. The calling thread has
/// an alternate signal stack, and the handler for limit traps is installed.
#[inline(always)]
#[expect(named_asm_labels, reason = "the names stand for numbers")]
pub(crate) unsafe fn enter(
    anchor: *mut Anchor,
    last: *mut Stacklet,
    stacklet: *mut Stacklet,
    value: u64,
) -> u64 {
    // SAFETY: the caller keeps the contract. Every register that the stacklet's code may change is
    // declared or saved; the stubs come back to `exited` with the stack pointer as it was there.
    unsafe {
        enter_with!(
            anchor,
            last,
            stacklet,
            value,
            "mov r10, rdi",
            "mov rax, rsi",
            "mov rcx, rdi",
            "pop r11",
            "jmp r11"
        )
    }
}

/// Host -> parked stacklet: runs `stacklet`, which is [`Anchor::current`], as if the stub it waits in
/// returned `value`. Does what `leave_resume` does itself, which saves a jump.
///
/// # Safety
/// As for [`enter`], but the stacklet is one that left through a stub and was parked.
#[inline(always)]
#[expect(named_asm_labels, reason = "the names stand for numbers")]
pub(crate) unsafe fn reenter(
    anchor: *mut Anchor,
    last: *mut Stacklet,
    stacklet: *mut Stacklet,
    value: u64,
) -> u64 {
    // SAFETY: as in `enter`; the words above the saved stack pointer are those the stub pushed.
    unsafe {
        enter_with!(
            anchor,
            last,
            stacklet,
            value,
            // The line below the root frame, for one that is in no cache: see `transfer.rs`.
            "prefetcht0 [rdx - 128]",
            "mov rax, rsi",
            "movq xmm0, rsi",
            "mov r15, [rsp + 8]",
            "mov r14, [rsp + 16]",
            "mov r13, [rsp + 24]",
            "mov r12, [rsp + 32]",
            "mov rbx, [rsp + 40]",
            "mov rcx, [rsp + 56]",
            "add rsp, 64",
            "jmp rcx"
        )
    }
}

/// Host -> landing pad: the current stacklet's stack says where, as [`crate::Chains::land`] left it;
/// `value` is the second payload.
///
/// # Safety
/// As for [`enter`].
#[inline(always)]
#[expect(named_asm_labels, reason = "the names stand for numbers")]
pub(crate) unsafe fn enter_landing(
    anchor: *mut Anchor,
    last: *mut Stacklet,
    stacklet: *mut Stacklet,
    value: u64,
) -> u64 {
    // SAFETY: as in `enter`.
    unsafe {
        enter_with!(
            anchor,
            last,
            stacklet,
            value,
            "mov rax, [rdi + 80]",
            "mov rdx, rsi",
            "pop rcx",
            "jmp rcx"
        )
    }
}

const _: () = assert!(
    offset_of!(Anchor, landing) == 80,
    "as `enter_landing` has it"
);
