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
//! │ current ──┼───────────────► │ sp ──────────┼────┐ │          │ frames ...           │
//! │ host_sp ──┼─► host stack    │ top          │    │ │          │ resume address       │
//! │ idle, hint│                 │ parent, last │    └─┼────────► │ frame pointer        │
//! └───────────┘                 │ handlers     │      │          │ unused               │
//!                               │ origin       │      └────────► │- - - - - - - - - - - │ base+RED_ZONE
//!                               │ position, rev│                 │ room for stubs       │
//!                               └──────────────┘                 └──────────────────────┘ base
//! ```
//!
//! A record is `Live`, `Idle` or `Free` (see [`State`]). A live stacklet runs or waits while it is in the
//! chain of an activation; otherwise it is fresh, parked or suspended, and whoever holds its
//! [`Reference`] may resume it, once.
//!
//! Transfers are of two kinds. Between the host stack and a stacklet: [`enter()`], [`reenter`],
//! [`leave_host`], [`exit_to_host`]. Between stacklets, by stubs that compiled code calls: [`create`],
//! [`resume`], [`suspend`], [`switch`], [`resume_throw`]; the host is asked only for what they cannot do
//! themselves ([`Hooks`]). What each does to a chain is drawn in `arch/x86_64/transfer.rs`.

#![deny(unsafe_op_in_unsafe_fn)]

mod arch;
mod arena;
mod memory;
pub mod os;
mod pool;
mod relocate;
mod stacklet;

pub use arch::{
    GROW_REGISTERS, LEAVE_FRAME, RED_ZONE, ROOT_FRAME, balance_returns, create, enter,
    enter_landing, exit_to_host, grow_on_host, leave_builtin, leave_host, reenter, resume,
    resume_throw, saved_context, saved_point, stack_pointer, suspend, switch, transfers,
};
pub use memory::{CLASSES, SMALLEST_BLOCK, class_for, class_size};
pub use pool::{Error, Lesson, Limits, Stacks, Stats};
pub use stacklet::{
    Anchor, Answer, Entry, Exit, Hint, Hooks, MOST_IDLE, NO_HANDLERS, Reference, Refusal, SWITCH,
    Stacklet, State, Transfers,
};
