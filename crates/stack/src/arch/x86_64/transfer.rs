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
        "jz 2f",
        "mov rax, [r10 + {IDLE}]",
        "test rax, rax",
        "jz 2f",
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
        "2:",
        "lea rdi, [r10 + {THIS}]",
        "mov r9, [r10 + {HOOKS}]",
        "mov r9, [r9 + {CREATE}]",
        "jmp {leave_builtin}",
        ".balign 64",
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

/// In stress mode, the embedder makes every stacklet.
#[unsafe(naked)]
unsafe extern "sysv64" fn create_stressed() {
    naked_asm!(
        "mov r10, rdi",
        "lea rdi, [r10 + {THIS}]",
        "mov r9, [r10 + {HOOKS}]",
        "mov r9, [r9 + {CREATE}]",
        "jmp {leave_builtin}",
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
    ([$($go:literal),*] $($operands:tt)*) => {
        naked_asm!(
            "push r8",
            "mov r10, rdi",
            "mov eax, esi",
            "add rax, [r10 + {RECORDS}]",
            "cmp [rax + {REFERENCE}], rsi",
            "jne 8f",
            "mov r9, [r10 + {CURRENT}]",
            "cmp [r10 + {HINT_FIRST}], r9",
            "je 3f",
            "2:",
            "push rbp",
            "mov [r9 + {SP}], rsp",
            // Who waits here is not the first of a suspended chain.
            "cmp dword ptr [r9 + {LAST}], 0",
            "jne 23f",
            "24:",
            "mov r11, {REVISION}",
            "add [rax + {REFERENCE}], r11",
            "jc 9f",
            // rax -> first of the chain, r8 -> last, r9 -> parent to be.
            "7:",
            "mov r8, rax",
            "cmp [rax + {LAST}], esi",
            "jne 4f",
            "22:",
            "mov [r8 + {PARENT}], r9",
            "mov [r8 + {HANDLERS}], rdx",
            "mov [r10 + {CURRENT}], rax",
            "mov r11, [rax + {LIMIT}]",
            "mov [r10 + {ANCHOR_LIMIT}], r11",
            "prefetcht0 [r11 + {ROOT_LINE}]",
            "prefetcht0 [r11 + {ROOT_LINE} - 64]",
            $($go,)*
            // The hint is about the stacklet that resumes.
            "3:",
            "mov qword ptr [r10 + {HINT_FIRST}], 0",
            "mov qword ptr [r10 + {HINT_REFERENCE}], 0",
            "jmp 2b",
            // It was, before.
            "23:",
            "mov dword ptr [r9 + {LAST}], 0",
            "jmp 24b",
            // More than one.
            "4:",
            "mov r8d, [rax + {LAST}]",
            "add r8, [r10 + {RECORDS}]",
            "jmp 22b",
            // Null, or used.
            "8:",
            "mov edx, {REFUSED_REFERENCE}",
            "jmp 6f",
            // No record.
            "5:",
            "pop rbp",
            "mov edx, {REFUSED_RECORDS}",
            "6:",
            "lea rdi, [r10 + {THIS}]",
            "mov r9, [r10 + {HOOKS}]",
            "mov r9, [r9 + {REFUSE}]",
            "jmp {leave_builtin}",
            // The revision has wrapped: another record takes the stacklet over.
            "9:",
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
            "mov r10, [rsp]",
            "mov r9, [r10 + {CURRENT}]",
            "mov rsp, [r9 + {SP}]",
            "mov rbp, [rsp]",
            "test rax, rax",
            "jz 5b",
            // Nothing in esi: the end of the chain is to be looked up.
            "xor esi, esi",
            "jmp 7b",
            ".balign 64",
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
    resume_with!([
        "mov rsp, [rax + {SP}]",
        "pop rbp",
        "mov rax, rcx",
        "mov rcx, r10",
        "pop r11",
        "jmp r11"
    ])
}

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
            "3:\n",
            "mov r11, [rcx + {HANDLERS}]\n",
            "xor r8d, r8d\n",
            "62:\n",
            "cmp [r11 + 8 * r8], rsi\n",
            "je 5f\n",
            "cmp qword ptr [r11 + 8 * r8], 1\n",
            "inc r8d\n",
            "jnb 62b\n",
            "mov rcx, [rcx + {PARENT}]\n",
            "test rcx, rcx\n",
            "jnz 3b\n",
            "jmp 8f",
        )
    };
}

macro_rules! suspend_with {
    ([$($go:literal),*] $($operands:tt)*) => {
        naked_asm!(
            "push rcx",
            "mov r10, rdi",
            "mov rax, [r10 + {CURRENT}]",
            "mov r11, [rax + {HANDLERS}]",
            "mov rcx, rax",
            "xor r8d, r8d",
            "cmp [r11], rsi",
            "jne 2f",
            // rax -> first of the chain, rcx -> last, r8: position of the handler.
            "4:",
            "push rbp",
            "mov [rax + {SP}], rsp",
            "mov r11d, [rcx + {REFERENCE}]",
            "cmp [rax + {LAST}], r11d",
            "jne 9f",
            "22:",
            "mov r11, [rcx + {PARENT}]",
            "mov rcx, [rax + {REFERENCE}]",
            "lea eax, [r8 + 1]",
            "test r11, r11",
            "jz 7f",
            "mov [r10 + {CURRENT}], r11",
            "mov r8, [r11 + {LIMIT}]",
            "mov [r10 + {ANCHOR_LIMIT}], r8",
            "mov rsi, r10",
            $($go,)*
            // The chain ends elsewhere than the last time.
            "9:",
            "mov [rax + {LAST}], r11d",
            "jmp 22b",
            // To a handler of the host.
            "7:",
            "mov r11, [r10 + {PAYLOAD}]",
            "mov [r11], rdx",
            "mov [r10 + {HANDLED}], eax",
            "mov eax, {EXIT_HANDLED}",
            "mov rsp, [r10 + {HOST_SP}]",
            "add rsp, 8",
            "pop rcx",
            "jmp rcx",
            // The first handler is not it. Where a hint says so, the search begins further up.
            "2:",
            "mov r11, [rax + {REFERENCE}]",
            "cmp [r10 + {HINT_REFERENCE}], r11",
            "jne 3f",
            "cmp [r10 + {HINT_TAG}], rsi",
            "jne 3f",
            "mov ecx, [rax + {LAST}]",
            "add rcx, [r10 + {RECORDS}]",
            search!(),
            // Found: the hint for the next time.
            "5:",
            "mov r11, {REVISION}",
            "add r11, [rax + {REFERENCE}]",
            "mov [r10 + {HINT_FIRST}], rax",
            "mov [r10 + {HINT_REFERENCE}], r11",
            "mov [r10 + {HINT_TAG}], rsi",
            "jmp 4b",
            // No handler.
            "8:",
            "mov edx, {REFUSED_UNHANDLED}",
            "lea rdi, [r10 + {THIS}]",
            "mov r9, [r10 + {HOOKS}]",
            "mov r9, [r9 + {REFUSE}]",
            "jmp {leave_builtin}",
            ".balign 64",
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
    suspend_with!(["mov rsp, [r11 + {SP}]", "pop rbp", "pop r11", "jmp r11"])
}

#[unsafe(naked)]
unsafe extern "sysv64" fn suspend_stressed() {
    suspend_with!(["jmp {arrive}"] arrive = sym arrive_stressed,)
}

macro_rules! switch_with {
    ([$($go:literal),*] $($operands:tt)*) => {
        naked_asm!(
            "push rcx",
            "mov r10, rdi",
            "mov eax, edx",
            "add rax, [r10 + {RECORDS}]",
            "cmp [rax + {REFERENCE}], rdx",
            "jne 9f",
            "mov r9, [r10 + {CURRENT}]",
            "mov r11, [r9 + {HANDLERS}]",
            "mov rcx, r9",
            "cmp [r11], rsi",
            "jne 3f",
            // rax -> target, r9 -> first of the chain to suspend, rcx -> its last; rdi: reference to send.
            "4:",
            "mov rdi, [r10 + {SWITCHED}]",
            "cmp rdi, [r9 + {REFERENCE}]",
            "jne 21f",
            "22:",
            "push rbp",
            "mov [r9 + {SP}], rsp",
            "mov r11, {REVISION}",
            "add rdx, r11",
            "jc 2f",
            "mov [rax + {REFERENCE}], rdx",
            "mov [r10 + {SWITCHED}], rdx",
            "7:",
            "mov r11d, [rcx + {REFERENCE}]",
            "cmp [r9 + {LAST}], r11d",
            "jne 23f",
            // Last of the target's chain, r8, gets parent and handlers of the other.
            "24:",
            "mov r8, rax",
            "cmp [rax + {LAST}], edx",
            "jne 25f",
            "26:",
            "movups xmm0, [rcx + {PARENT}]",
            "movups [r8 + {PARENT}], xmm0",
            "mov [r10 + {CURRENT}], rax",
            "mov r11, [rax + {LIMIT}]",
            "mov [r10 + {ANCHOR_LIMIT}], r11",
            $($go,)*
            // It was not switched to, but resumed.
            "21:",
            "mov rdi, [r9 + {REFERENCE}]",
            "jmp 22b",
            // The chain ends elsewhere than the last time.
            "23:",
            "mov [r9 + {LAST}], r11d",
            "jmp 24b",
            // More than one.
            "25:",
            "mov r8d, [rax + {LAST}]",
            "add r8, [r10 + {RECORDS}]",
            "jmp 26b",
            // The revision has wrapped: another record takes the stacklet over.
            "2:",
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
            "mov r10, [rsp]",
            "mov r9, [r10 + {CURRENT}]",
            "mov rsp, [r9 + {SP}]",
            "mov rbp, [rsp]",
            // Nothing in edx: the end of the chain is to be looked up.
            "xor edx, edx",
            "test rax, rax",
            "jnz 7b",
            "pop rbp",
            "mov edx, {REFUSED_RECORDS}",
            "jmp 6f",
            search!(),
            "5:",
            "jmp 4b",
            // No handler.
            "8:",
            "mov edx, {REFUSED_UNHANDLED}",
            "jmp 6f",
            // Null, or used.
            "9:",
            "mov rsi, rdx",
            "mov edx, {REFUSED_REFERENCE}",
            "6:",
            "lea rdi, [r10 + {THIS}]",
            "mov r9, [r10 + {HOOKS}]",
            "mov r9, [r9 + {REFUSE}]",
            "jmp {leave_builtin}",
            ".balign 64",
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
    switch_with!([
        "mov rsp, [rax + {SP}]",
        "pop rbp",
        "mov rax, rdi",
        "mov rcx, r10",
        "pop r11",
        "jmp r11"
    ])
}

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
        "pop rbp",
        "pop r11",
        "jmp r11",
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
        "2:",
        "pop rsi",
        "mov [rdx], rsi",
        "pop rsi",
        "mov [rdx + 8], rsi",
        "add rdx, 16",
        "dec rcx",
        "jnz 2b",
        "mov rcx, r10",
        "pop rbp",
        "pop r11",
        "jmp r11",
        ".balign 64",
        PAYLOAD = const offset_of!(Anchor, payload),
    )
}
