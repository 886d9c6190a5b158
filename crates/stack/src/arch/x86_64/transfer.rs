//! Transfers between stacklets: stubs that compiled code calls.
//!
//! ```text
//!  resume: A runs, C..B is a suspended chain        suspend: C runs, the handler is A's
//!
//!    A ◄──parent── B ◄── ... ◄── C                    A ◄── B ◄── ... ◄── C
//!    │ waits in its call of      │ goes on            │ goes on with       │ waits in its call of
//!    │ `resume`                  │                    │ (k, reference)     │ `suspend`; C.last = B
//!
//!  switch: C runs, the handler is A's, D..E suspended
//!
//!    A ◄── B ◄── C   D ◄── E      becomes      B ◄── C   A ◄── E ◄── D
//!                                              C.last = B, named by the payload of D
//! ```
//!
//! Compiled code goes to each by a jump, with the address to go on at as an argument: a `call` would
//! be one to the return predictor, which no `ret` answers. For Cranelift it is a `try_call`, so that no
//! register holds anything of the caller's. What a stub saves is that address, below it the frame
//! pointer, and the stack pointer, which leads to both. It leaves by `pop` and `jmp`.
//!
//! At every arrival on a stacklet, r10 -> anchor. Of the values in the transfer buffer, the one at
//! position 0 is in a register instead:
//!
//! ```text
//!  into a continuation     rax: value, rcx -> anchor, r8: what was handed over
//!  back to its parent      rdx: value, rax: status (0: finished, k: the k-th handler), rcx: reference,
//!                          rsi -> anchor, r8: what was handed over
//! ```
//!
//! What each side hands over is a guess of what the other needs (`bident-compile`, `context.rs`): on rare
//! ways something else may arrive, from the start or the end of a stacklet, the host or the embedder.
//!
//! That the anchor comes in and goes out in a register is what makes a transfer fast. Compiled code that
//! transfers in a loop passes it on; were it to load it, through a context that it spilled to the stack
//! it has just come to, each transfer would wait for four dependent loads: stack pointer, context,
//! anchor, record. That took 22 cycles for a switch.
//!
//! After that, stores count: the processor commits about one in a cycle, while it compares and jumps
//! as predicted nearly for nothing. So what is most often there already, as the end of a chain of
//! one, is compared first and written only where it differs. And what `switch` sends, the reference
//! of who calls it, comes from a word of the anchor that the last switch wrote
//! ([`Anchor::switched`]), if a compare confirms it: loaded from the record, each switch would wait for
//! the store of the one before.

use super::create::{create, create_stressed};
use super::switch::{switch, switch_stressed};
use super::{RED_ZONE, REFERENCE, REVISION, ROOT_FRAME, SP, leave_builtin};
use crate::memory::SMALLEST_BLOCK;
use crate::stacklet::{Anchor, Hint, Hooks, Refusal, Stacklet, Transfers, exit};
use std::arch::naked_asm;
use std::mem::offset_of;

/// The stubs, for a store in stress mode or not.
pub fn transfers(stress: bool) -> Transfers {
    let address = |plain: unsafe extern "sysv64" fn(), stressed: unsafe extern "sysv64" fn()| {
        (if stress { stressed } else { plain }) as *const () as usize
    };
    Transfers {
        create: address(create, create_stressed),
        resume: address(resume, resume_stressed),
        resume_throw: resume_throw as *const () as usize,
        suspend: address(suspend, suspend_stressed),
        switch: address(switch, switch_stressed),
    }
}

/// From the limit of a stacklet of the smallest size to its root frame. Among a million, one that is
/// resumed is in no cache, and its frames would be waited for one cache line after the other, as each
/// frame pointer leads to the next. So the upper two lines are fetched with the first.
const ROOT_LINE: usize = SMALLEST_BLOCK - ROOT_FRAME - RED_ZONE;

/// Puts the chain that a reference names below the current stacklet, in the registers that `resume` gets
/// its arguments in; then the instructions given. rax -> its first stacklet, now current, r8: what is handed
/// over, then.
macro_rules! resume_with {
    ([$($go:expr),*] $($operands:tt)*) => {
        naked_asm!(
            "push r9",
            "mov r10, rdi",
            "mov eax, esi",
            "add rax, [r10 + {RECORDS}]",
            "cmp [rax + {REFERENCE}], rsi",
            "jne {not_good}f",
            "mov rbx, [r10 + {CURRENT}]",
            "cmp [r10 + {HINT_FIRST}], rbx",
            "je {drop_hint}f",
            "{no_hint}:",
            "push rbp",
            "mov [rbx + {SP}], rsp",
            // Who waits here is not the first of a suspended chain.
            "cmp dword ptr [rbx + {LAST}], 0",
            "jne {was_first}f",
            "{waits}:",
            // Not added to the word in memory, which `suspend` loads soon.
            "mov r11, {REVISION}",
            "add rsi, r11",
            "mov [rax + {REFERENCE}], rsi",
            "jc {wrapped}f",
            // rax -> first of the chain, r9 -> last, rbx -> parent to be.
            "{used_up}:",
            "mov r9, rax",
            "cmp [rax + {LAST}], esi",
            "jne {several}f",
            "{last_known}:",
            "mov [r9 + {PARENT}], rbx",
            "mov [r9 + {HANDLERS}], rdx",
            "mov [r10 + {CURRENT}], rax",
            "mov r11, [rax + {LIMIT}]",
            "mov [r10 + {ANCHOR_LIMIT}], r11",
            "prefetcht0 [r11 + {ROOT_LINE}]",
            "prefetcht0 [r11 + {ROOT_LINE} - 64]",
            $($go,)*
            // The hint is about the stacklet that resumes.
            "{drop_hint}:",
            "mov qword ptr [r10 + {HINT_FIRST}], 0",
            "mov qword ptr [r10 + {HINT_REFERENCE}], 0",
            "jmp {no_hint}b",
            // It was, before.
            "{was_first}:",
            "mov dword ptr [rbx + {LAST}], 0",
            "jmp {waits}b",
            // More than one.
            "{several}:",
            "mov r9d, [rax + {LAST}]",
            "add r9, [r10 + {RECORDS}]",
            "jmp {last_known}b",
            // Null, or used.
            "{not_good}:",
            "mov edx, {REFUSED_REFERENCE}",
            "jmp {refuse}f",
            // No record.
            "{no_record}:",
            "pop rbp",
            "mov edx, {REFUSED_RECORDS}",
            "{refuse}:",
            ask!("REFUSE"),
            // The revision has wrapped: another record takes the stacklet over.
            "{wrapped}:",
            "mov rsp, [r10 + {HOST_SP}]",
            "push rdi",
            "push rdx",
            "push rcx",
            "push rcx",
            "mov rdi, r10",
            "mov rsi, rax",
            "mov r11, [r10 + {HOOKS}]",
            "call [r11 + {REHOME}]",
            "pop rcx",
            "pop rcx",
            "pop rdx",
            "pop rdi",
            back_to_current!(),
            "mov rbx, r9",
            "test rax, rax",
            "jz {no_record}b",
            // Nothing in esi: the end of the chain is to be looked up.
            "xor esi, esi",
            "jmp {used_up}b",
            ".balign 64",
            no_hint = const 2,
            drop_hint = const 3,
            several = const 4,
            no_record = const 5,
            refuse = const 6,
            used_up = const 7,
            not_good = const 8,
            wrapped = const 9,
            last_known = const 22,
            was_first = const 23,
            waits = const 24,
            leave_builtin = sym leave_builtin,
            HINT_FIRST = const offset_of!(Anchor, hint) + offset_of!(Hint, first),
            HINT_REFERENCE = const offset_of!(Anchor, hint) + offset_of!(Hint, reference),
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
            ROOT_LINE = const ROOT_LINE,
            LIMIT = const offset_of!(Stacklet, limit),
            SP = const SP,
            REFUSED_REFERENCE = const Refusal::Reference as u32,
            REFUSED_RECORDS = const Refusal::Records as u32,
            $($operands)*
        )
    };
}

/// Parent -> continuation. rdi -> anchor, rsi: reference, rdx -> list of handlers, rcx: value, r8: what is handed
/// over, r9 -> where to go on.
///
/// # Safety
/// Only compiled code that runs on a stacklet calls it.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn resume() {
    resume_with!([into_continuation!("rcx")])
}

/// As [`resume`], but arrives by way of the embedder.
#[unsafe(naked)]
unsafe extern "sysv64" fn resume_stressed() {
    resume_with!(["mov rax, rcx", "mov rcx, r10", "jmp {arrive}"] arrive = sym arrive_stressed,)
}

/// Parent -> continuation, with an exception where it was suspended. As [`resume`]; rcx: the
/// exception.
///
/// # Safety
/// Only compiled code that runs on a stacklet calls it.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn resume_throw() {
    resume_with!(
        [
            "mov rsp, [r10 + {HOST_SP}]",
            "mov rdi, r10",
            "mov rsi, rcx",
            "mov r11, [r10 + {HOOKS}]",
            "mov r11, [r11 + {THROW}]",
            "jmp {react}"
        ]
        react = sym super::react_or_land,
        THROW = const offset_of!(Hooks, throw),
    )
}

/// Takes the chain from the current stacklet up to the first that runs under a handler of the tag, in the
/// registers that `suspend` gets its arguments in; then the instructions given, for the parent, which
/// is current: r11 -> it, eax: status, rcx: reference, rdx: value, rsi and r10 -> anchor, r8: what is handed
/// over. Or leaves for the host, where that has the handler.
macro_rules! suspend_with {
    ([$($go:expr),*] $($operands:tt)*) => {
        naked_asm!(
            "push rcx",
            "mov r10, rdi",
            "mov rax, [r10 + {CURRENT}]",
            "mov r11, [rax + {HANDLERS}]",
            "mov rcx, rax",
            "xor ebx, ebx",
            "cmp [r11], rsi",
            "jne {not_nearest}f",
            // rax -> first of the chain, rcx -> last, rbx: position of the handler.
            "{handled}:",
            "push rbp",
            "mov [rax + {SP}], rsp",
            "mov r11d, [rcx + {REFERENCE}]",
            "cmp [rax + {LAST}], r11d",
            "jne {other_last}f",
            "{last_noted}:",
            "mov r11, [rcx + {PARENT}]",
            "mov rcx, [rax + {REFERENCE}]",
            "lea eax, [rbx + 1]",
            "test r11, r11",
            "jz {to_host}f",
            "mov [r10 + {CURRENT}], r11",
            "mov rbx, [r11 + {LIMIT}]",
            "mov [r10 + {ANCHOR_LIMIT}], rbx",
            "mov rsi, r10",
            $($go,)*
            // The chain ends elsewhere than the last time.
            "{other_last}:",
            "mov [rax + {LAST}], r11d",
            "jmp {last_noted}b",
            // To a handler of the host.
            "{to_host}:",
            "mov r11, [r10 + {PAYLOAD}]",
            "mov [r11], rdx",
            "mov [r10 + {HANDLED}], eax",
            "mov eax, {EXIT_HANDLED}",
            "mov rsp, [r10 + {HOST_SP}]",
            "add rsp, 8",
            "pop rcx",
            "jmp rcx",
            // The first handler is not it. Where a hint says so, the search begins further up.
            "{not_nearest}:",
            "mov r11, [rax + {REFERENCE}]",
            "cmp [r10 + {HINT_REFERENCE}], r11",
            "jne {search}f",
            "cmp [r10 + {HINT_TAG}], rsi",
            "jne {search}f",
            "mov ecx, [rax + {LAST}]",
            "add rcx, [r10 + {RECORDS}]",
            search!(),
            // Found: the hint for the next time.
            "{found}:",
            "mov r11, {REVISION}",
            "add r11, [rax + {REFERENCE}]",
            "mov [r10 + {HINT_FIRST}], rax",
            "mov [r10 + {HINT_REFERENCE}], r11",
            "mov [r10 + {HINT_TAG}], rsi",
            "jmp {handled}b",
            // No handler.
            "{unhandled}:",
            "mov edx, {REFUSED_UNHANDLED}",
            ask!("REFUSE"),
            ".balign 64",
            not_nearest = const 2,
            search = const 3,
            handled = const 4,
            found = const 5,
            to_host = const 7,
            unhandled = const 8,
            other_last = const 9,
            last_noted = const 22,
            next_clause = const 62,
            leave_builtin = sym leave_builtin,
            HINT_FIRST = const offset_of!(Anchor, hint) + offset_of!(Hint, first),
            HINT_REFERENCE = const offset_of!(Anchor, hint) + offset_of!(Hint, reference),
            HINT_TAG = const offset_of!(Anchor, hint) + offset_of!(Hint, tag),
            RECORDS = const offset_of!(Anchor, records),
            REFERENCE = const REFERENCE,
            REVISION = const REVISION,
            CURRENT = const offset_of!(Anchor, current),
            HOST_SP = const offset_of!(Anchor, host_sp),
            HANDLED = const offset_of!(Anchor, handled),
            HOOKS = const offset_of!(Anchor, hooks),
            THIS = const offset_of!(Anchor, this),
            PAYLOAD = const offset_of!(Anchor, payload),
            ANCHOR_LIMIT = const offset_of!(Anchor, limit),
            REFUSE = const offset_of!(Hooks, refuse),
            LAST = const offset_of!(Stacklet, last),
            PARENT = const offset_of!(Stacklet, parent),
            HANDLERS = const offset_of!(Stacklet, handlers),
            LIMIT = const offset_of!(Stacklet, limit),
            SP = const SP,
            EXIT_HANDLED = const exit::SUSPENDED,
            REFUSED_UNHANDLED = const Refusal::Unhandled as u32,
            $($operands)*
        )
    };
}

/// Continuation -> parent. rdi -> anchor, rsi: tag, rdx: value, rcx -> where to go on, r8: what is handed over.
///
/// # Safety
/// Only compiled code that runs on a stacklet calls it.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn suspend() {
    suspend_with!(["mov rsp, [r11 + {SP}]", go_on!()])
}

/// As [`suspend`], but arrives by way of the embedder.
#[unsafe(naked)]
unsafe extern "sysv64" fn suspend_stressed() {
    suspend_with!(["jmp {arrive}"] arrive = sym arrive_stressed,)
}

/// Arrival at the current stacklet, after the embedder has moved it. r10 -> anchor; rax, rcx, rdx and
/// rsi pass through.
#[unsafe(naked)]
pub(super) unsafe extern "sysv64" fn arrive_stressed() {
    naked_asm!(
        "mov rsp, [r10 + {HOST_SP}]",
        "push rax",
        "push rcx",
        "push rdx",
        "push rsi",
        "mov rdi, r10",
        "mov r11, [r10 + {HOOKS}]",
        "call [r11 + {STRESS}]",
        "pop rsi",
        "pop rdx",
        "pop rcx",
        "pop rax",
        "mov r10, [rsp]",
        "mov r11, [r10 + {CURRENT}]",
        "mov rsp, [r11 + {SP}]",
        go_on!(),
        ".balign 64",
        CURRENT = const offset_of!(Anchor, current),
        HOST_SP = const offset_of!(Anchor, host_sp),
        HOOKS = const offset_of!(Anchor, hooks),
        STRESS = const offset_of!(Hooks, stress),
        SP = const SP,
    )
}
