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
//! Compiled code goes to each by a jump, with the address to go on at as last argument: a `call` would
//! be one to the return predictor, which no `ret` answers. For Cranelift it is a `try_call`, so that no
//! register holds anything of the caller's. What a stub saves is that address, below it the frame
//! pointer, and the stack pointer, which leads to both. It leaves by `pop` and `jmp`.
//!
//! At every arrival on a stacklet, r10 -> anchor. Of the values in the transfer buffer, the one at
//! position 0 is in a register instead:
//!
//! ```text
//!  into a continuation     rax: value, rcx -> anchor
//!  back to its parent      rdx: value, rax: status (0: finished, k: the k-th handler), rcx: reference,
//!                          rsi -> anchor
//! ```
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

use super::{RED_ZONE, REFERENCE, REVISION, ROOT_FRAME, SP, leave_builtin, root_start};
use crate::memory::SMALLEST_BLOCK;
use crate::stacklet::{Anchor, Hint, Hooks, Refusal, SWITCH, Stacklet, State, Transfers, exit};
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

/// Leaves for the embedder's hook of this name, with the owner as first argument. r10 -> anchor; the
/// hook's other arguments are in place.
macro_rules! ask {
    ($hook:literal) => {
        concat!(
            "lea rdi, [r10 + {THIS}]\n",
            "mov r9, [r10 + {HOOKS}]\n",
            "mov r9, [r9 + {",
            $hook,
            "}]\n",
            "jmp {leave_builtin}",
        )
    };
}

/// Goes on where a stacklet waits whose saved stack pointer rsp is.
macro_rules! go_on {
    () => {
        "pop rbp\npop r11\njmp r11"
    };
}

/// Goes on in the continuation that rax -> is, with the value in this register. r10 -> anchor.
macro_rules! into_continuation {
    ($value:literal) => {
        concat!(
            "mov rsp, [rax + {SP}]\n",
            "pop rbp\n",
            "mov rax, ",
            $value,
            "\n",
            "mov rcx, r10\n",
            "pop r11\n",
            "jmp r11",
        )
    };
}

/// From the host stack, which rsp -> anchor is on, to where the current stacklet has saved rbp and the
/// address to go on at: r10 -> anchor, r9 -> the stacklet.
macro_rules! back_to_current {
    () => {
        concat!(
            "mov r10, [rsp]\n",
            "mov r9, [r10 + {CURRENT}]\n",
            "mov rsp, [r9 + {SP}]\n",
            "mov rbp, [rsp]",
        )
    };
}

/// Makes a stacklet: rdi -> anchor, rsi, rdx, rcx, r8: the words of an [`crate::Entry`], in order of
/// its fields. Gives the word of a reference. A null trampoline leaves it to the embedder, as does a
/// lack of idle records. Preserves the callee-saved registers.
///
/// # Safety
/// Only compiled code that runs on a stacklet calls it.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn create() {
    naked_asm!(
        "mov r10, rdi",
        "test rcx, rcx",
        "jz {ask}f",
        "mov rax, [r10 + {IDLE}]",
        "test rax, rax",
        "jz {ask}f",
        "mov r11, [rax + {PARENT}]",
        "mov [r10 + {IDLE}], r11",
        "add dword ptr [r10 + {ROOM}], 1",
        "mov [rax + {ORIGIN}], r8",
        // The root frame, see `super`; its link is there since the block belongs to the record.
        "mov r9, [rax + {TOP}]",
        "mov [r9 - 24], r10",
        "mov [r9 - 32], rcx",
        "mov [r9 - 40], rdx",
        "mov [r9 - 48], rsi",
        "lea r11, [rip + {root_start}]",
        "mov [r9 - 56], r11",
        "lea r11, [r9 - 16]",
        "mov [r9 - 64], r11",
        "sub r9, 64",
        "mov [rax + {SP}], r9",
        "mov ecx, [rax + {REFERENCE}]",
        "mov [rax + {LAST}], ecx",
        "mov byte ptr [rax + {STATE}], {LIVE}",
        "mov rax, [rax + {REFERENCE}]",
        "ret",
        "{ask}:",
        ask!("CREATE"),
        ".balign 64",
        ask = const 2,
        root_start = sym root_start,
        leave_builtin = sym leave_builtin,
        IDLE = const offset_of!(Anchor, idle),
        ROOM = const offset_of!(Anchor, room),
        HOOKS = const offset_of!(Anchor, hooks),
        THIS = const offset_of!(Anchor, this),
        CREATE = const offset_of!(Hooks, create),
        ORIGIN = const offset_of!(Stacklet, origin),
        PARENT = const offset_of!(Stacklet, parent),
        TOP = const offset_of!(Stacklet, top),
        LAST = const offset_of!(Stacklet, last),
        STATE = const offset_of!(Stacklet, state),
        REFERENCE = const REFERENCE,
        SP = const SP,
        LIVE = const State::Live as u8,
    )
}

/// As [`create`], but the embedder makes every stacklet.
#[unsafe(naked)]
unsafe extern "sysv64" fn create_stressed() {
    naked_asm!(
        "mov r10, rdi",
        ask!("CREATE"),
        leave_builtin = sym leave_builtin,
        HOOKS = const offset_of!(Anchor, hooks),
        THIS = const offset_of!(Anchor, this),
        CREATE = const offset_of!(Hooks, create),
    )
}

/// From the limit of a stacklet of the smallest size to its root frame. Among a million, one that is
/// resumed is in no cache, and its frames would be waited for one cache line after the other, as each
/// frame pointer leads to the next. So the upper two lines are fetched with the first.
const ROOT_LINE: usize = SMALLEST_BLOCK - ROOT_FRAME - RED_ZONE;

/// Puts the chain that a reference names below the current stacklet, in the registers that `resume` gets
/// its arguments in; then the instructions given. rax -> its first stacklet, now current, then.
macro_rules! resume_with {
    ([$($go:expr),*] $($operands:tt)*) => {
        naked_asm!(
            "push r8",
            "mov r10, rdi",
            "mov eax, esi",
            "add rax, [r10 + {RECORDS}]",
            "cmp [rax + {REFERENCE}], rsi",
            "jne {not_good}f",
            "mov r9, [r10 + {CURRENT}]",
            "cmp [r10 + {HINT_FIRST}], r9",
            "je {drop_hint}f",
            "{no_hint}:",
            "push rbp",
            "mov [r9 + {SP}], rsp",
            // Who waits here is not the first of a suspended chain.
            "cmp dword ptr [r9 + {LAST}], 0",
            "jne {was_first}f",
            "{waits}:",
            "mov r11, {REVISION}",
            "add [rax + {REFERENCE}], r11",
            "jc {wrapped}f",
            // rax -> first of the chain, r8 -> last, r9 -> parent to be.
            "{used_up}:",
            "mov r8, rax",
            "cmp [rax + {LAST}], esi",
            "jne {several}f",
            "{last_known}:",
            "mov [r8 + {PARENT}], r9",
            "mov [r8 + {HANDLERS}], rdx",
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
            "mov dword ptr [r9 + {LAST}], 0",
            "jmp {waits}b",
            // More than one.
            "{several}:",
            "mov r8d, [rax + {LAST}]",
            "add r8, [r10 + {RECORDS}]",
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

/// Parent -> continuation. rdi -> anchor, rsi: reference, rdx -> list of handlers, rcx: value, r8 -> where to
/// go on.
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

/// From rcx -> stacklet, finds the first up the chain that runs under a handler for the word in rsi: rcx
/// -> it, r8: position of the handler. Begins at `3`, goes on at `5`, or at `8` if there is none.
macro_rules! search {
    () => {
        concat!(
            "{search}:\n",
            "mov r11, [rcx + {HANDLERS}]\n",
            "xor r8d, r8d\n",
            "{next_clause}:\n",
            "cmp [r11 + 8 * r8], rsi\n",
            "je {found}f\n",
            "cmp qword ptr [r11 + 8 * r8], 1\n",
            "inc r8d\n",
            "jnb {next_clause}b\n",
            "mov rcx, [rcx + {PARENT}]\n",
            "test rcx, rcx\n",
            "jnz {search}b\n",
            "jmp {unhandled}f",
        )
    };
}

/// Takes the chain from the current stacklet up to the first that runs under a handler of the tag, in the
/// registers that `suspend` gets its arguments in; then the instructions given, for the parent, which
/// is current: r11 -> it, eax: status, rcx: reference, rdx: value, rsi and r10 -> anchor. Or leaves for
/// the host, where that has the handler.
macro_rules! suspend_with {
    ([$($go:expr),*] $($operands:tt)*) => {
        naked_asm!(
            "push rcx",
            "mov r10, rdi",
            "mov rax, [r10 + {CURRENT}]",
            "mov r11, [rax + {HANDLERS}]",
            "mov rcx, rax",
            "xor r8d, r8d",
            "cmp [r11], rsi",
            "jne {not_nearest}f",
            // rax -> first of the chain, rcx -> last, r8: position of the handler.
            "{handled}:",
            "push rbp",
            "mov [rax + {SP}], rsp",
            "mov r11d, [rcx + {REFERENCE}]",
            "cmp [rax + {LAST}], r11d",
            "jne {other_last}f",
            "{last_noted}:",
            "mov r11, [rcx + {PARENT}]",
            "mov rcx, [rax + {REFERENCE}]",
            "lea eax, [r8 + 1]",
            "test r11, r11",
            "jz {to_host}f",
            "mov [r10 + {CURRENT}], r11",
            "mov r8, [r11 + {LIMIT}]",
            "mov [r10 + {ANCHOR_LIMIT}], r8",
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

/// Continuation -> parent. rdi -> anchor, rsi: tag, rdx: value, rcx -> where to go on.
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

/// Puts the chain that a reference names in the place of the one up to the handler, in the registers that
/// `switch` gets its arguments in; then the instructions given. rax -> its first stacklet, now current,
/// rdi: reference to what has switched, r10 -> anchor.
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
            // Last of the target's chain, r8, gets parent and handlers of the other.
            "{last_noted}:",
            "mov r8, rax",
            "cmp [rax + {LAST}], edx",
            "jne {several}f",
            "{last_known}:",
            "movups xmm0, [rcx + {PARENT}]",
            "movups [r8 + {PARENT}], xmm0",
            "mov [r10 + {CURRENT}], rax",
            "mov r11, [rax + {LIMIT}]",
            "mov [r10 + {ANCHOR_LIMIT}], r11",
            $($go,)*
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
            "mov r8d, [rax + {LAST}]",
            "add r8, [r10 + {RECORDS}]",
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
/// [`SWITCH`], rdx: reference, rcx -> where to go on. The value at position 0 is the reference of who has switched.
///
/// # Safety
/// Only compiled code that runs on a stacklet calls it.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn switch() {
    switch_with!([into_continuation!("rdi")])
}

/// As [`switch`], but arrives by way of the embedder.
#[unsafe(naked)]
unsafe extern "sysv64" fn switch_stressed() {
    switch_with!(["mov rax, rdi", "mov rcx, r10", "jmp {arrive}"] arrive = sym arrive_stressed,)
}

const _: () = assert!(
    SWITCH == 1,
    "tags are aligned, so that the lowest bit is free"
);
// `switch` copies both at once.
const _: () = assert!(offset_of!(Stacklet, handlers) == offset_of!(Stacklet, parent) + 8);

/// Arrival at the current stacklet, after the embedder has moved it. r10 -> anchor; rax, rcx, rdx and
/// rsi pass through.
#[unsafe(naked)]
unsafe extern "sysv64" fn arrive_stressed() {
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

/// Bytes of a frame of bound values beside the values: a frame pointer, which leads to the frame that
/// the values lie upon, address of [`bound_resume`], their number, and the position in the transfer
/// buffer of the first.
pub(crate) const BOUND_FRAME: usize = 32;

/// Where a stacklet with bound values goes on: copies them to the transfer buffer, behind those that
/// came with this transfer. r10 -> anchor, rax: value at position 0, unless it is among these; rsp ->
/// number, position, values, then another frame pointer and resume address.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn bound_resume() {
    naked_asm!(
        "pop rcx",
        "pop rdx",
        "test rdx, rdx",
        "cmovz rax, [rsp]",
        "shl rdx, 4",
        "add rdx, [r10 + {PAYLOAD}]",
        "{next_value}:",
        "pop rsi",
        "mov [rdx], rsi",
        "pop rsi",
        "mov [rdx + 8], rsi",
        "add rdx, 16",
        "dec rcx",
        "jnz {next_value}b",
        "mov rcx, r10",
        go_on!(),
        ".balign 64",
        next_value = const 2,
        PAYLOAD = const offset_of!(Anchor, payload),
    )
}
