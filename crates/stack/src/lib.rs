//! Small machine stacks (*stacklets*) that grow by moving, and the transfers between them.
//!
//! Knows no WebAssembly. It runs any code that keeps two rules:
//!
//! 1. no frame holds an absolute address of its own stack except the saved frame pointer;
//! 2. a function's prologue traps, with every argument still in place, when the stack pointer would
//!    fall below the limit of the stacklet ([`Chains::LIMIT`]).
//!
//! The first rule lets a stacklet move; the second says when it must.
//!
//! ```text
//!  anchor (one per owner)        record (stable)                  block (moves)
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
//! [`Chains`] owns all of a store's: records are private to this crate, and its operations are the
//! protocol. A record is a stack, idle or free. A stacklet runs or waits while it is in the chain of a
//! run; otherwise it is fresh or suspended, and whoever holds its [`Reference`] may resume it, once; or
//! it is parked, and waits for the host ([`Parked`]). States and rules: `docs/chains.md`.
//!
//! Transfers are of two kinds. Between the host stack and a stacklet: [`Chains::run`], [`leave_host`].
//! Between stacklets, by stubs that compiled code calls: [`create`], [`resume`], [`suspend`],
//! [`switch`], [`resume_throw`]; the host is asked only for what they cannot do themselves
//! ([`Embedder`]). What each does to a chain is drawn in `arch/x86_64/transfer.rs`.

#![deny(unsafe_op_in_unsafe_fn)]

mod arch;
mod arena;
mod chain;
mod chains;
mod fault;
mod frames;
mod hooks;
#[doc(hidden)]
pub mod inspect;
mod lesson;
mod marking;
mod memory;
pub mod os;
mod pool;
mod relocate;
mod shards;
mod slabs;
mod stacklet;
mod supply;

pub use arch::{
    Atom, Fault, balance_returns, copy, create, fill, first_call, leave_builtin, leave_host,
    leave_preserving, prefetch, resume, resume_throw, stack_pointer, suspend, switch, transfers,
};
pub use chain::{Chain, Parked, Stopped, Waiting, Wreck};
pub use chains::{Chains, Go};
pub use frames::{Frames, Point, View};
pub use hooks::Embedder;
pub use lesson::Lesson;
pub use marking::{Marking, Pending};
pub use memory::{CLASSES, SMALLEST_BLOCK, class_for, class_size};
pub use pool::{Error, Limits, Stats};
pub use shards::{Shards, thread_number};
pub use stacklet::{
    Entry, MOST_IDLE, RECORD_BYTES, Reaction, Reference, Refusal, SWITCH, Transfers,
};
pub use supply::Supply;
