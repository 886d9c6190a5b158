//! The records that compiled code and the runtime agree on. No logic beyond where a field lies.
//!
//! ```text
//!  compiled function
//!  first argument: *VmCtx ──► VmCtx ─store────────────► VmStore ─chains─────────► stacklets
//!                              ├ type_ids ──► [u32]      │            └──────► [VmValue]
//!                              ├ imports   [VmImport]    ├ builtins ► [address]
//!                              ├ memories  [VmMemoryRef] ├ transfers  [address]
//!                              ├ tables    [*VmTable]    ├ heap ──► objects, rows of types
//!                              │                         └ trap
//!                              ├ globals   [*VmGlobal]
//!                              ├ tags      [*VmTag]
//!                              ├ func_refs [*VmFuncRef] ──► code, context (a VmCtx or VmHostFunc)
//!                              └ handlers  [*VmTag, ..., 0] per list of handlers
//! ```
//!
//! A tag is its address, a handler list a row of such addresses, a continuation a word that names a
//! stacklet ([`bident_stack::Reference`]). How values travel between functions, the host and
//! continuations is in `call.rs`.
//!
//! Both kinds of context start with a [`VmHeader`]: whatever function is called, the store is the
//! first word of what its first argument points to. That is all the limit check of a prologue needs.
#![forbid(unsafe_code)]

mod builtin;
mod call;
mod heap;
mod item;
mod store;
mod trap;
mod vmctx;

pub use bident_stack::{SWITCH, Transfers};
pub use builtin::{BUILTIN_ARGS, Builtin, goes_from_start, pack_pair, unpack_pair};
pub use call::{Fits, MAX_FLOAT_RESULTS, MAX_INT_RESULTS, fits_registers, results_in_registers};
pub use heap::{
    CLASSES, FINE, GRANULE, LARGEST_CELL, REFERENCE_BIAS, VmHeap, VmRun, VmTypeRow, class_of,
    class_size,
};
pub use item::{VmFuncRef, VmGlobal, VmImport, VmLateFunc, VmMemory, VmMemoryRef, VmTable, VmTag};
pub use store::{VmHeader, VmHostFunc, VmStore, VmTrap, VmValue};
pub use trap::TrapCode;
pub use vmctx::{VmCtx, VmLayout};

/// Size of a page of linear memory in bytes.
pub const WASM_PAGE: u64 = 65536;

/// Bytes of address space reserved for each 32-bit linear memory, so that no bounds check is needed:
/// an index below 4 GiB plus an offset below 4 GiB plus the widest access stay inside.
pub const MEMORY_RESERVATION: usize = (8 << 30) + WASM_PAGE as usize;

/// Bytes of address space reserved behind all that a 64-bit linear memory can grow to: what an
/// instruction adds to an address, below 2 GiB, plus the widest access.
pub const MEMORY_GUARD: usize = (2 << 30) + WASM_PAGE as usize;
