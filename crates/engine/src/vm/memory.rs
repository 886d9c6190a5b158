//! Linear memories: reserved address space, of which a growing part can be accessed.
//!
//! ```text
//!  base                length                                   8 GiB + 64 KiB
//!  ┌───────────────────┬─────────────────────────────────────────┐
//!  │ read-write        │ no access: faults, which is the trap     │
//!  └───────────────────┴─────────────────────────────────────────┘
//! ```
//!
//! A 32-bit index plus a 32-bit offset cannot leave the reservation, so compiled code checks nothing,
//! and the base never changes.

use crate::Error;
use bident_abi::{MEMORY_RESERVATION, VmMemory, WASM_PAGE};
use bident_module::MemoryType;
use bident_stack::os::{self, Access};
use std::io;
use std::ptr::NonNull;

/// Most pages of a 32-bit memory.
const MAX_PAGES: u64 = 1 << 16;

/// A linear memory. The record lies in a box of its own, so that its address is stable.
pub(crate) struct LinearMemory {
    record: NonNull<VmMemory>,
    ty: MemoryType,
    /// Pages that growth stops at: the type's maximum or the engine's limit.
    most: u64,
    /// Whether it is among those that have grown and not been asked for since.
    pub(crate) noted: bool,
}

// SAFETY: the record and the mapping belong to this value alone.
unsafe impl Send for LinearMemory {}
// SAFETY: shared access only reads.
unsafe impl Sync for LinearMemory {}

impl LinearMemory {
    /// A zeroed memory of the type's minimal size.
    pub(crate) fn new(ty: MemoryType, limit_bytes: u64) -> Result<Self, Error> {
        let limit = limit_bytes / WASM_PAGE;
        if ty.limits.min > limit {
            return Err(Error::limit(format!(
                "a memory of {} pages ({} bytes) exceeds the limit of {limit_bytes} bytes",
                ty.limits.min,
                ty.limits.min.saturating_mul(WASM_PAGE)
            )));
        }
        let base = os::reserve(MEMORY_RESERVATION).map_err(no_address_space)?;
        let record = Box::new(VmMemory { base, length: 0 });
        let most = ty.limits.max.unwrap_or(MAX_PAGES).min(MAX_PAGES).min(limit);
        let mut memory = Self {
            record: NonNull::from(Box::leak(record)),
            ty,
            most,
            noted: false,
        };
        if memory.grow(ty.limits.min).is_none() {
            return Err(Error::limit(format!(
                "the system has no memory for {} pages",
                ty.limits.min
            )));
        }
        Ok(memory)
    }

    /// The record that compiled code reads.
    pub(crate) fn record(&self) -> NonNull<VmMemory> {
        self.record
    }

    /// Its type, with the current size as minimum.
    pub(crate) fn ty(&self) -> MemoryType {
        let mut ty = self.ty;
        ty.limits.min = self.pages();
        ty
    }

    /// First byte.
    pub(crate) fn base(&self) -> *mut u8 {
        // SAFETY: the record lives as long as this value.
        unsafe { self.record.as_ref().base }
    }

    /// Size in bytes.
    pub(crate) fn length(&self) -> usize {
        // SAFETY: as in `base`.
        unsafe { self.record.as_ref().length as usize }
    }

    /// Size in pages.
    pub(crate) fn pages(&self) -> u64 {
        self.length() as u64 / WASM_PAGE
    }

    /// Content.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: that much of the mapping is readable; the borrow of the store that owns this value
        // keeps WebAssembly from running meanwhile.
        unsafe { std::slice::from_raw_parts(self.base(), self.length()) }
    }

    /// Content, to be changed.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`, exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.base(), self.length()) }
    }

    /// Adds zeroed pages; the old size, or `None` where a limit is reached or the system refuses.
    pub(crate) fn grow(&mut self, delta: u64) -> Option<u64> {
        let old = self.pages();
        let new = old.checked_add(delta).filter(|new| *new <= self.most)?;
        if delta > 0 {
            let start = self.base().wrapping_add(self.length());
            // SAFETY: the next part of our reservation, which nobody could access so far.
            unsafe { os::protect(start, (delta * WASM_PAGE) as usize, Access::ReadWrite).ok()? };
            // SAFETY: the record is ours.
            unsafe { self.record.as_mut().length = new * WASM_PAGE };
        }
        Some(old)
    }
}

/// Says what to do about it: a program that makes and drops instances runs into this without a mistake of
/// its own.
fn no_address_space(error: io::Error) -> Error {
    // At most 255 bytes: QuickJS cuts the rest off.
    Error::limit(format!(
        "no address space for one more memory of {} GiB (about 16,000 fit): {error}. Those of dropped instances \
         come back with their store, in JavaScript when the program ends: use fewer instances, or several processes",
        MEMORY_RESERVATION >> 30
    ))
}

impl Drop for LinearMemory {
    fn drop(&mut self) {
        // SAFETY: the store drops its memories when nothing of it runs any more.
        unsafe {
            os::unmap(self.base(), MEMORY_RESERVATION);
            drop(Box::from_raw(self.record.as_ptr()));
        }
    }
}
