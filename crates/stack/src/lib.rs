//! Small machine stacks (*stacklets*) that grow by moving, and the transfers between them.
//!
//! Knows no WebAssembly. It runs any code that keeps two rules:
//!
//! 1. no frame holds an absolute address of its own stack except the saved frame pointer;
//! 2. a function's prologue traps, with every argument still in place, when the stack pointer would
//!    fall below [`Anchor::limit`].
//!
//! The first rule lets a stacklet move; the second says when it must.
//!
//! ```text
//!  Anchor (one per store)        Stacklet (record, stable)        block (moves)
//! ┌───────────┐                 ┌──────────────┐                 ┌──────────────────────┐ top
//! │ limit ────┼──── copy of ──► │ limit ───────┼──────┐          │ root frame (64 B)    │
//! │ current ──┼───────────────► │ context.sp ──┼────┐ │          │ frames ...           │
//! │ host_sp ──┼─► host stack    │ context.fp   │    └─┼────────► │ resume address       │
//! └───────────┘                 │ base, top    │      │          │ unused               │
//!                               │ parent       │      └────────► │- - - - - - - - - - - │ base+RED_ZONE
//!                               │ index, rev.  │                 │ room for stubs       │
//!                               └──────────────┘                 └──────────────────────┘ base
//! ```
//!
//! States of a stacklet (see [`State`]): `Fresh` (root frame written, never ran), `Running`,
//! `Suspended` (`context` says where), `Free` (no block; the record waits for reuse, its revision
//! already advanced, so that an old [`Handle`] no longer matches).

#![deny(unsafe_op_in_unsafe_fn)]

mod arch;
mod arena;
mod memory;
pub mod os;
mod pool;
mod relocate;
mod stacklet;

pub use arch::{
    LEAVE_FRAME, RED_ZONE, ROOT_FRAME, balance_returns, enter, exit_to_host, leave_builtin,
    leave_host, reenter, saved_context, saved_return_address, stack_pointer,
};
pub use memory::{CLASSES, SMALLEST_BLOCK, class_for, class_size};
pub use pool::{Error, Lesson, Limits, Stacks, Stats};
pub use stacklet::{Anchor, Answer, Context, Entry, Exit, Handle, Stacklet, State};
