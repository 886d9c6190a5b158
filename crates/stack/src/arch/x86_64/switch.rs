//! From one continuation to another; see `transfer.rs` for what a transfer is.

use super::transfer::arrive_stressed;
use super::{REFERENCE, REVISION, SP, leave_builtin};
use crate::stacklet::{Anchor, Hooks, Refusal, SWITCH, Stacklet};
use std::arch::naked_asm;
use std::mem::offset_of;

/// Puts the chain that a reference names in the place of the one up to the handler, in the registers that
/// `switch` gets its arguments in; then the instructions given. rax -> its first stacklet, now current,
/// rdi: reference to what has switched, r8: what is handed over, r10 -> anchor.
macro_rules! switch_with {
    ([$($go:expr),*] $($operands:tt)*) => {
        naked_asm!(
            "push rcx",
            "mov r10, rdi",
            "mov eax, edx",
            "add rax, [r10 + {RECORDS}]",
            "cmp [rax + {REFERENCE}], rdx",
            "jne {not_good}f",
            "mov r9, [r10 + {CURRENT}]",
            "mov r11, [r9 + {HANDLERS}]",
            "mov rcx, r9",
            "cmp [r11], rsi",
            "jne {search}f",
            // rax -> target, r9 -> first of the chain to suspend, rcx -> its last; rdi: reference to send.
            "{handled}:",
            "mov rdi, [r10 + {SWITCHED}]",
            "cmp rdi, [r9 + {REFERENCE}]",
            "jne {was_resumed}f",
            "{named}:",
            "push rbp",
            "mov [r9 + {SP}], rsp",
            "mov r11, {REVISION}",
            "add rdx, r11",
            "jc {wrapped}f",
            "mov [rax + {REFERENCE}], rdx",
            "mov [r10 + {SWITCHED}], rdx",
            "{used_up}:",
            "mov r11d, [rcx + {REFERENCE}]",
            "cmp [r9 + {LAST}], r11d",
            "jne {other_last}f",
            // Last of the target's chain, rbx, gets parent and handlers of the other.
            "{last_noted}:",
            "mov rbx, rax",
            "cmp [rax + {LAST}], edx",
            "jne {several}f",
            "{last_known}:",
            "mov r11, [rcx + {PARENT}]",
            "mov rcx, [rcx + {HANDLERS}]",
            "cmp [rbx + {PARENT}], r11",
            "jne {other_parent}f",
            "cmp [rbx + {HANDLERS}], rcx",
            "jne {other_parent}f",
            "{linked}:",
            "mov [r10 + {CURRENT}], rax",
            "mov r11, [rax + {LIMIT}]",
            "mov [r10 + {ANCHOR_LIMIT}], r11",
            $($go,)*
            // Another had it the last time.
            "{other_parent}:",
            "mov [rbx + {PARENT}], r11",
            "mov [rbx + {HANDLERS}], rcx",
            "jmp {linked}b",
            // It was not switched to, but resumed.
            "{was_resumed}:",
            "mov rdi, [r9 + {REFERENCE}]",
            "jmp {named}b",
            // The chain ends elsewhere than the last time.
            "{other_last}:",
            "mov [r9 + {LAST}], r11d",
            "jmp {last_noted}b",
            // More than one.
            "{several}:",
            "mov ebx, [rax + {LAST}]",
            "add rbx, [r10 + {RECORDS}]",
            "jmp {last_known}b",
            // The revision has wrapped: another record takes the stacklet over.
            "{wrapped}:",
            "mov [rax + {REFERENCE}], rdx",
            "mov rsp, [r10 + {HOST_SP}]",
            "push rcx",
            "push rdi",
            "mov rdi, r10",
            "mov rsi, rax",
            "mov r11, [r10 + {HOOKS}]",
            "call [r11 + {REHOME}]",
            "pop rdi",
            "pop rcx",
            back_to_current!(),
            // Nothing in edx: the end of the chain is to be looked up.
            "xor edx, edx",
            "test rax, rax",
            "jnz {used_up}b",
            "pop rbp",
            "mov edx, {REFUSED_RECORDS}",
            "jmp {refuse}f",
            search!(),
            "{found}:",
            "jmp {handled}b",
            // No handler.
            "{unhandled}:",
            "mov edx, {REFUSED_UNHANDLED}",
            "jmp {refuse}f",
            // Null, or used.
            "{not_good}:",
            "mov rsi, rdx",
            "mov edx, {REFUSED_REFERENCE}",
            "{refuse}:",
            ask!("REFUSE"),
            ".balign 64",
            wrapped = const 2,
            search = const 3,
            handled = const 4,
            found = const 5,
            refuse = const 6,
            used_up = const 7,
            unhandled = const 8,
            not_good = const 9,
            was_resumed = const 21,
            named = const 22,
            other_last = const 23,
            last_noted = const 24,
            several = const 25,
            last_known = const 26,
            other_parent = const 27,
            linked = const 28,
            next_clause = const 62,
            leave_builtin = sym leave_builtin,
            REFERENCE = const REFERENCE,
            REVISION = const REVISION,
            RECORDS = const offset_of!(Anchor, records),
            CURRENT = const offset_of!(Anchor, current),
            HOST_SP = const offset_of!(Anchor, host_sp),
            HOOKS = const offset_of!(Anchor, hooks),
            THIS = const offset_of!(Anchor, this),
            ANCHOR_LIMIT = const offset_of!(Anchor, limit),
            REFUSE = const offset_of!(Hooks, refuse),
            REHOME = const offset_of!(Hooks, rehome),
            LAST = const offset_of!(Stacklet, last),
            PARENT = const offset_of!(Stacklet, parent),
            HANDLERS = const offset_of!(Stacklet, handlers),
            LIMIT = const offset_of!(Stacklet, limit),
            SP = const SP,
            SWITCHED = const offset_of!(Anchor, switched),
            REFUSED_UNHANDLED = const Refusal::Unhandled as u32,
            REFUSED_REFERENCE = const Refusal::Reference as u32,
            REFUSED_RECORDS = const Refusal::Records as u32,
            $($operands)*
        )
    };
}

/// Continuation -> continuation under the same handler. rdi -> anchor, rsi: tag +
/// [`SWITCH`], rdx: reference, rcx -> where to go on, r8: what is handed over. The value at position 0 is the
/// reference of who has switched.
///
/// # Safety
/// Only compiled code that runs on a stacklet calls it.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn switch() {
    switch_with!([into_continuation!("rdi")])
}

/// As [`switch`], but arrives by way of the embedder.
#[unsafe(naked)]
pub(super) unsafe extern "sysv64" fn switch_stressed() {
    switch_with!(["mov rax, rdi", "mov rcx, r10", "jmp {arrive}"] arrive = sym arrive_stressed,)
}

const _: () = assert!(
    SWITCH == 1,
    "tags are aligned, so that the lowest bit is free"
);
