//! Everything that dereferences a record of `bident-abi` or runs compiled code: the engine's unsafe
//! part. What the modules outside use of it is safe, given that they
//!
//! - borrow a store exclusively while something runs in it;
//! - use numbers (of functions, memories, ...) only with the store they came from.
//!
//! ```text
//!  func.rs ──► enter ──► stacklet ──► compiled code ──► leave ──► host.rs closures
//!                │                         │              └────► builtins
//!                └─► frames (backtraces)   └─► signals (traps, growth)
//! ```
#![allow(
    unsafe_code,
    reason = "the one place of the engine for it; see docs/unsafe.md"
)]

pub(crate) mod atomics;
pub(crate) mod builtins;
pub(crate) mod calls;
pub(crate) mod code;
mod cold;
pub(crate) mod collect;
pub(crate) mod cont;
mod dirty;
pub(crate) mod enter;
pub(crate) mod entries;
pub(crate) mod extents;
pub(crate) mod frames;
pub(crate) mod gc;
pub(crate) mod heap;
pub(crate) mod held;
pub(crate) mod hook;
pub(crate) mod host_func;
pub(crate) mod instance;
pub(crate) mod interrupt;
pub(crate) mod leave;
pub(crate) mod lending;
pub(crate) mod lifetime;
pub(crate) mod mapped;
pub(crate) mod mapping;
pub(crate) mod memory;
pub(crate) mod panics;
pub(crate) mod payload;
pub(crate) mod pieces;
pub(crate) mod polling;
mod precompiled;
pub(crate) mod record;
pub(crate) mod reservations;
pub(crate) mod roots;
pub(crate) mod signals;
pub(crate) mod store;
mod stubs;
pub(crate) mod table;
pub(crate) mod throw;
pub(crate) mod trace;
pub(crate) mod words;
