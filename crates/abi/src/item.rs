//! Records of the things a module defines or imports. Each has a stable address for as long as its
//! store lives.

use crate::store::{VmHeader, VmStore, VmValue};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize};

/// A linear memory.
#[repr(C)]
#[derive(Debug)]
pub struct VmMemory {
    /// First byte. Changes only where memories move: when this one grows.
    pub base: AtomicPtr<u8>,
    /// Current size in bytes. It only grows; where the memory is shared, at any time.
    pub length: AtomicU64,
    /// Highest position of a 64-bit memory from which [`crate::MEMORY_GUARD`] bytes are reserved.
    /// Constant.
    pub bound: u64,
}

/// What an instance keeps of a memory it uses.
#[repr(C)]
#[derive(Debug)]
pub struct VmMemoryRef {
    /// Copy of [`VmMemory::base`], if that never changes; else null.
    pub base: *mut u8,
    /// The memory itself.
    pub memory: *mut VmMemory,
}

/// A table. Elements are 8 bytes: a reference as [`VmValue`] describes it.
#[repr(C)]
#[derive(Debug)]
pub struct VmTable {
    /// First element. Changes when the table grows.
    pub elements: *mut u64,
    /// Number of elements.
    pub length: u64,
}

/// A global.
#[repr(C)]
#[derive(Debug)]
pub struct VmGlobal {
    /// Its value.
    pub value: VmValue,
}

/// A tag. Its address is its identity.
#[repr(C)]
#[derive(Debug)]
pub struct VmTag {
    /// Identity of its function type in the engine.
    pub type_id: u32,
    /// Number of the tag in its store.
    pub number: u32,
}

/// What an instance keeps of an imported function: enough to call it.
#[repr(C)]
#[derive(Debug)]
pub struct VmImport {
    /// Code, WebAssembly convention.
    pub code: usize,
    /// First argument: a `VmCtx` or a [`crate::VmHostFunc`].
    pub context: *mut VmHeader,
}

/// What a function reference points to.
#[repr(C)]
#[derive(Debug)]
pub struct VmFuncRef {
    /// Code, WebAssembly convention.
    pub code: usize,
    /// First argument: a `VmCtx` or a [`crate::VmHostFunc`].
    pub context: *mut VmHeader,
    /// Identity of the type, the same across all modules of an engine.
    pub type_id: u32,
    /// Number of the function in its store; `u32::MAX` until the host first asks for it.
    pub handle: u32,
    /// Position among the functions of the defining module.
    pub index: u32,
    /// Size class that stacklets entered through this function grew to.
    pub stack_class: u32,
    /// Code that starts a continuation of this function: takes its arguments from the transfer buffer.
    /// Zero until the engine has it, and while `stack_class` says more than the smallest class: then
    /// the engine makes the continuation.
    pub cont_entry: usize,
    /// The store; the same word that `context` starts with.
    pub store: *mut VmStore,
}

/// A function whose module may not be loaded yet: what [`crate::VmHostFunc::data`] of the function
/// that stands for it points to.
#[repr(C)]
#[derive(Debug)]
pub struct VmLateFunc {
    /// Address of the [`VmFuncRef`] to call; 0 until the module is loaded. Written by the host only.
    pub target: AtomicUsize,
    /// Address of the [`crate::VmHostFunc`] that loads the module. Takes nothing and gives nothing.
    pub loader: usize,
    /// Slot of the instance that the module is loaded for; `u32::MAX` until that is made. The host's own.
    pub primary: AtomicU32,
}
