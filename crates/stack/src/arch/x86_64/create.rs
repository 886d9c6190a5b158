//! What a stacklet begins with: a root frame, and values that were bound.

use super::{REFERENCE, SP, leave_builtin, root_start};
use crate::stacklet::{Anchor, Hooks, Stacklet, State};
use std::arch::naked_asm;
use std::mem::offset_of;

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
pub(super) unsafe extern "sysv64" fn create_stressed() {
    naked_asm!(
        "mov r10, rdi",
        ask!("CREATE"),
        leave_builtin = sym leave_builtin,
        HOOKS = const offset_of!(Anchor, hooks),
        THIS = const offset_of!(Anchor, this),
        CREATE = const offset_of!(Hooks, create),
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
