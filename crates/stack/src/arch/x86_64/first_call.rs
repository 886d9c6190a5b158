//! The first call of a function whose code is not there yet.
//!
//! ```text
//!  stacklet, as the function's caller left it      host stack meanwhile
//!  ┊ frames         ┊                              ┊ anchor               ┊ host_sp
//!  │ return address │                              │ registers, arguments │
//!  │ frame pointer  │ ◄ sp                         ├──────────────────────┤
//!  └────────────────┘                              │ Embedder::code       │
//!                                                  └──────────────────────┘
//! ```
//!
//! It needs less of the stacklet than the red zone has: the arguments wait on the host stack. To whoever
//! walks the frames, or moves the stacklet, the caller waits behind its call.

use super::exit_to_host;
use crate::stacklet::{Anchor, Hooks};
use std::arch::naked_asm;
use std::mem::offset_of;

/// Stacklet -> host -> the function, once `Hooks::code` says where its code is.
///
/// Expects rsp -> number of the function, return address; rdi -> context record whose first word points to the
/// anchor; all else as the function's caller left it.
///
/// # Safety
/// Not called but jumped to, in the place of a function, by code that runs on a stacklet.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn first_call() {
    naked_asm!(
        "pop r11",
        "push rbp",
        "mov r10, [rdi]",
        "mov rax, [r10 + {CURRENT}]",
        "mov [rax + {SP}], rsp",
        "mov rsp, [r10 + {HOST_SP}]",
        keep_registers!(),
        "mov rsi, rdi",
        "mov rdx, r11",
        "mov rdi, r10",
        "mov rax, [r10 + {HOOKS}]",
        "call [rax + {CODE}]",
        // In the place of r11.
        "mov [rsp + 128 + 88], rdx",
        into_function!(),
        ".balign 64",
        exit_to_host = sym exit_to_host,
        CURRENT = const offset_of!(Anchor, current),
        HOST_SP = const offset_of!(Anchor, host_sp),
        HOOKS = const offset_of!(Anchor, hooks),
        CODE = const offset_of!(Hooks, code),
        SP = const super::SP,
    )
}
