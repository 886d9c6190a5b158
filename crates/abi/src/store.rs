//! The part of a store that compiled code and the transfer stubs read.

use crate::heap::VmHeap;
use crate::trap::TrapCode;
use bident_stack::{Chains, Transfers};
use std::mem::offset_of;
use std::sync::atomic::AtomicU64;

/// A WebAssembly value as it lies in the transfer buffer ([`VmStore::PAYLOAD`]): 16 bytes, lower ones
/// first.
///
/// An `f32` occupies the low 4 bytes, an `externref` or `exnref` is a handle (0: null), a `funcref` the
/// address of a [`crate::VmFuncRef`] (0: null), a `contref` a [`bident_stack::Reference`] (0: null). An
/// `anyref` is below 2^32 ([`VmHeap`]).
#[repr(C, align(16))]
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct VmValue {
    /// Low half; the whole of every value up to 64 bits.
    pub low: u64,
    /// High half of a vector.
    pub high: u64,
}

impl From<u64> for VmValue {
    fn from(low: u64) -> Self {
        Self { low, high: 0 }
    }
}

impl From<u128> for VmValue {
    fn from(bits: u128) -> Self {
        Self {
            low: bits as u64,
            high: (bits >> 64) as u64,
        }
    }
}

impl From<VmValue> for u128 {
    fn from(value: VmValue) -> Self {
        Self::from(value.low) | Self::from(value.high) << 64
    }
}

/// First word of every context record.
#[repr(C)]
#[derive(Debug)]
pub struct VmHeader {
    /// The store that the function runs in.
    pub store: *mut VmStore,
}

/// One per store. `chains` comes first, so that the limit checked by every prologue is its first word,
/// and a pointer to a store is one to the anchor of its stubs.
///
/// The transfer buffer, whose address is at [`VmStore::PAYLOAD`], holds arguments and results that do not travel in
/// registers, as an array of [`VmValue`]. They are valid only during a transfer: whoever receives
/// control copies them out before anything else runs.
#[repr(C)]
pub struct VmStore {
    /// The store's stacks.
    pub chains: Chains,
    /// Context of the instance that made the last call of an import or through a reference. Compiled
    /// code stores it before each such call; a host function reads it first.
    pub caller: *mut VmHeader,
    /// The engine's epoch, which any thread may advance meanwhile.
    pub epoch: *const AtomicU64,
    /// The first epoch in which whatever runs asks the host ([`crate::Builtin::Interrupt`]). Code reads both
    /// where it was compiled to.
    pub deadline: u64,
    /// What is left of the fuel; below 0 where code is about to trap, or has.
    pub fuel: i64,
    /// Addresses of the runtime functions, in the order of [`crate::Builtin`].
    pub builtins: *const usize,
    /// Address of the transfer stub that calls a builtin on the host stack.
    pub leave_builtin: usize,
    /// Address of the stub that calls one which takes nothing, and preserves all registers.
    pub leave_preserving: usize,
    /// Addresses of the stubs that transfer between stacklets.
    pub transfers: Transfers,
    /// What compiled code has to know of the heap.
    pub heap: VmHeap,
    /// What the signal handler found.
    pub trap: VmTrap,
    /// The engine's own record of the store, borrowed by whoever entered last. Compiled code does not
    /// read it.
    pub owner: *mut (),
}

impl VmStore {
    /// Offset of the limit that prologues check.
    pub const LIMIT: usize = offset_of!(Self, chains) + Chains::LIMIT;
    /// Offset of the address of the transfer buffer.
    pub const PAYLOAD: usize = offset_of!(Self, chains) + Chains::PAYLOAD;
}

// The stubs take a pointer to the store for one to the anchor.
const _: () = assert!(offset_of!(VmStore, chains) == 0);

/// A trap, as the signal handler records it.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub struct VmTrap {
    /// Faulting instruction.
    pub pc: usize,
    /// Stack pointer there.
    pub sp: usize,
    /// Frame pointer there.
    pub fp: usize,
    /// Address of the memory access, for a fault of one.
    pub address: usize,
    /// What went wrong.
    pub code: Option<TrapCode>,
}

/// Context of a function of the host: what its first argument points to.
#[repr(C)]
#[derive(Debug)]
pub struct VmHostFunc {
    /// The store it belongs to.
    pub header: VmHeader,
    /// Function to call on the host stack, System V convention; gets this record and, where
    /// [`crate::fits_registers`] allows, the arguments in registers. Returns a `bident_stack::Reaction`.
    pub code: usize,
    /// For `code`: which host function this is.
    pub data: *mut (),
}
