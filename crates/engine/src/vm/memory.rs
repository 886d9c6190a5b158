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
//! and the base never changes. For a 64-bit memory what it may grow to is reserved, and a guard:
//!
//! ```text
//!  base                length                  bound              bound + 2 GiB + 64 KiB
//!  ┌───────────────────┬───────────────────────┬──────────────────┐
//!  │ read-write        │ no access             │ no access: guard │  compiled code: index <= bound
//!  └───────────────────┴───────────────────────┴──────────────────┘
//! ```

use crate::Error;
use bident_abi::{MEMORY_GUARD, MEMORY_RESERVATION, VmMemory};
use bident_module::{AddressType, MemoryType};
use bident_stack::os::{self, Access};
use std::fmt;
use std::io;
use std::ptr::NonNull;

/// Bytes that a 64-bit memory keeps for its growth, at most: so one that may grow without end leaves
/// address space to others.
const MOST_FOR_GROWTH: u64 = 1 << 40;

/// A linear memory. The record lies in a box of its own, so that its address is stable.
pub(crate) struct LinearMemory {
    record: NonNull<VmMemory>,
    /// Size of the mapping.
    reserved: usize,
    ty: MemoryType,
    /// Pages that growth stops at: the type's maximum, the engine's limit, or what is reserved.
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
        let (min, page) = (ty.limits.min, ty.page_size());
        let limit = ty.most_pages().min(limit_bytes / page);
        if min > limit {
            let [bytes, most] = [min, limit].map(|pages| u128::from(pages) * u128::from(page));
            return Err(Error::limit(format!(
                "a memory of {min} pages ({bytes} bytes) exceeds the limit of {most} bytes"
            )));
        }
        let most = ty.limits.max.unwrap_or(limit).min(limit);
        let Reservation { base, size, bound } = match ty.address {
            AddressType::I32 => Reservation::whole()?,
            AddressType::I64 => Reservation::within(min * page, most.saturating_mul(page))?,
        };
        let record = Box::new(VmMemory {
            base,
            length: 0,
            bound,
        });
        let mut memory = Self {
            record: NonNull::from(Box::leak(record)),
            reserved: size,
            ty,
            most: most.min(bound / page),
            noted: false,
        };
        if memory.grow(min).is_none() {
            return Err(Error::limit(format!(
                "the system has no memory for {min} pages of {page} bytes"
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
        self.length() as u64 >> self.ty.page_size_log2
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
            // A page of the system may be larger than one of the memory.
            let system = os::page_size();
            let length = (new << self.ty.page_size_log2) as usize;
            let accessible = self.length().next_multiple_of(system);
            let more = length.next_multiple_of(system) - accessible;
            let start = self.base().wrapping_add(accessible);
            if more > 0 {
                // SAFETY: the next part of our reservation, which nobody could access so far.
                unsafe { os::protect(start, more, Access::ReadWrite).ok()? };
            }
            // SAFETY: the record is ours.
            unsafe { self.record.as_mut().length = length as u64 };
        }
        Some(old)
    }
}

/// Address space of a memory, none of it accessible yet.
struct Reservation {
    base: *mut u8,
    size: usize,
    /// Where what the memory can grow to ends.
    bound: u64,
}

impl Reservation {
    /// For a 32-bit memory: all that it can address.
    fn whole() -> Result<Self, Error> {
        let size = MEMORY_RESERVATION;
        let base = os::reserve(size).map_err(|error| {
            let what = format_args!(
                "one more memory of {} GiB (about 16,000 fit)",
                MEMORY_RESERVATION >> 30
            );
            no_address_space(what, &error)
        })?;
        let bound = 1 << 32;
        Ok(Self { base, size, bound })
    }

    /// For a 64-bit memory: what it can grow to, in bytes, and never less than a 32-bit one gets, so that
    /// no more of them fit; less than `most`, but not than `min`, where that is more than a memory gets
    /// or the system has.
    fn within(min: u64, most: u64) -> Result<Self, Error> {
        let page = os::page_size() as u64;
        let least = min.max((MEMORY_RESERVATION - MEMORY_GUARD) as u64);
        let mut wanted = most.min(MOST_FOR_GROWTH).max(least);
        loop {
            let bound = wanted.checked_next_multiple_of(page);
            let size = bound.and_then(|bound| bound.checked_add(MEMORY_GUARD as u64));
            let reserved = match size {
                Some(size) => os::reserve(size as usize),
                None => Err(io::ErrorKind::OutOfMemory.into()),
            };
            match (reserved, bound, size) {
                (Ok(base), Some(bound), Some(size)) => {
                    let size = size as usize;
                    return Ok(Self { base, size, bound });
                }
                (Err(error), ..) if wanted == least => {
                    let what = format_args!("a 64-bit memory of {min} bytes");
                    return Err(no_address_space(what, &error));
                }
                _ => wanted = least.max(wanted / 2),
            }
        }
    }
}

/// Says what to do about it: a program that makes and drops instances runs into this without a mistake of
/// its own.
fn no_address_space(what: impl fmt::Display, error: &io::Error) -> Error {
    // At most 255 bytes: QuickJS cuts the rest off.
    Error::limit(format!(
        "no address space for {what}: {error}. Those of dropped instances come back with their store, \
         in JavaScript when the program ends: use fewer instances, or several processes"
    ))
}

impl Drop for LinearMemory {
    fn drop(&mut self) {
        // SAFETY: the store drops its memories when nothing of it runs any more.
        unsafe {
            os::unmap(self.base(), self.reserved);
            drop(Box::from_raw(self.record.as_ptr()));
        }
    }
}
