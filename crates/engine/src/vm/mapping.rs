//! What linear memories lie in: reserved address space, of which a growing part can be accessed.
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
//!
//! The mapping of a shared memory belongs to all stores that use it, and to the host's handles.

use crate::Error;
use crate::vm::reservations::Reservations;
use crate::waits::Waits;
use bident_abi::{MEMORY_GUARD, MEMORY_RESERVATION, TrapCode, VmMemory};
use bident_module::{AddressType, MemoryType};
use bident_stack::os::{self, Access};
use bident_stack::{Atom, copy, fill};
use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that a 64-bit memory keeps for its growth, at most: so one that may grow without end leaves
/// address space to others.
const MOST_FOR_GROWTH: u64 = 1 << 40;

/// The bytes of a memory. In an `Arc`, so that the record has a stable address.
pub(crate) struct Mapping {
    /// What compiled code reads.
    record: VmMemory,
    /// Size of the mapping.
    reserved: usize,
    ty: MemoryType,
    /// Pages that growth stops at: the type's maximum, the engine's limit, or what is reserved.
    most: u64,
    /// Bytes that can be accessed; held by who makes more of them.
    usable: Mutex<usize>,
    /// Where the addresses go in the end, if others can use them.
    idle: Arc<Reservations>,
    /// Who waits at its addresses, if it is shared.
    pub(crate) waits: Waits,
}

// SAFETY: what changes is the length, an atomic, and the bytes, which only functions of this file and of
// `memory.rs` access: as those of a shared memory through `bident_stack::{Atom, copy, fill}`, else through
// the one store that has them.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// A zeroed memory of the type's minimal size.
    pub(crate) fn new(
        ty: MemoryType,
        limit_bytes: u64,
        idle: &Arc<Reservations>,
    ) -> Result<Self, Error> {
        let (min, page) = (ty.limits.min, ty.page_size());
        let limit = ty.most_pages().min(limit_bytes / page);
        if min > limit {
            let [bytes, most] = [min, limit].map(|pages| u128::from(pages) * u128::from(page));
            return Err(Error::limit(format!(
                "a memory of {min} pages ({bytes} bytes) exceeds the limit of {most} bytes"
            )));
        }
        let most = ty.limits.max.unwrap_or(limit).min(limit);
        let Reservation {
            base,
            size,
            bound,
            usable,
        } = match ty.address {
            AddressType::I32 => Reservation::whole(min * page, idle)?,
            AddressType::I64 => Reservation::within(min * page, most.saturating_mul(page), idle)?,
        };
        let memory = Self {
            record: VmMemory {
                base,
                length: AtomicU64::new(0),
                bound,
            },
            reserved: size,
            ty,
            most: most.min(bound / page),
            usable: Mutex::new(usable),
            idle: idle.clone(),
            waits: Waits::default(),
        };
        if memory.grow(min).is_none() {
            return Err(Error::exhausted(format!(
                "the system has no memory for {min} pages of {page} bytes"
            )));
        }
        Ok(memory)
    }

    /// The record that compiled code reads.
    pub(crate) fn record(&self) -> &VmMemory {
        &self.record
    }

    /// Whether several stores may use it.
    pub(crate) fn is_shared(&self) -> bool {
        self.ty.shared
    }

    /// Its type, with the current size as minimum.
    pub(crate) fn ty(&self) -> MemoryType {
        let mut ty = self.ty;
        ty.limits.min = self.pages();
        ty
    }

    /// Addresses that are reserved for it.
    pub(crate) fn place(&self) -> Range<usize> {
        let base = self.record.base.addr();
        base..base + self.reserved
    }

    /// First byte.
    pub(crate) fn base(&self) -> *mut u8 {
        self.record.base
    }

    /// Size in bytes. So many can be accessed from then on.
    pub(crate) fn length(&self) -> usize {
        self.record.length.load(Ordering::SeqCst) as usize
    }

    /// Size in pages.
    pub(crate) fn pages(&self) -> u64 {
        self.length() as u64 >> self.ty.page_size_log2
    }

    /// Adds zeroed pages; the old size, or `None` where a limit is reached or the system refuses.
    pub(crate) fn grow(&self, delta: u64) -> Option<u64> {
        let usable = self.usable.lock();
        // Nothing panics while it is locked.
        let mut usable = usable.unwrap_or_else(PoisonError::into_inner);
        let old = self.pages();
        let new = old.checked_add(delta).filter(|new| *new <= self.most)?;
        if delta > 0 {
            // A page of the system may be larger than one of the memory.
            let system = os::page_size();
            let length = (new << self.ty.page_size_log2) as usize;
            let end = length.next_multiple_of(system);
            if end > *usable {
                let (start, more) = (self.base().wrapping_add(*usable), end - *usable);
                // SAFETY: the next part of our reservation, which nobody could access so far.
                unsafe { os::protect(start, more, Access::ReadWrite).ok()? };
                *usable = end;
            }
            // Only then does anybody learn of it.
            self.record.length.store(length as u64, Ordering::SeqCst);
        }
        Some(old)
    }

    /// Copies bytes out. `from` lies within the length.
    pub(crate) fn read(&self, from: Range<usize>, buffer: &mut [u8]) {
        assert!(from.end <= self.length() && from.len() == buffer.len());
        // SAFETY: checked. The buffer is ours alone.
        unsafe {
            copy(
                buffer.as_mut_ptr(),
                self.base().add(from.start),
                buffer.len(),
            )
        }
    }

    /// Copies bytes in. `to` lies within the length.
    pub(crate) fn write(&self, to: Range<usize>, bytes: &[u8]) {
        assert!(to.end <= self.length() && to.len() == bytes.len());
        // SAFETY: checked. No Rust code has a reference to what is in memory: it is shared, or the caller has
        // the store borrowed exclusively.
        unsafe { copy(self.base().add(to.start), bytes.as_ptr(), bytes.len()) }
    }

    /// Copies bytes from another memory, or within one. The ranges lie within the lengths.
    pub(crate) fn copy_from(&self, to: Range<usize>, other: &Self, from: Range<usize>) {
        assert!(to.end <= self.length() && from.end <= other.length() && to.len() == from.len());
        // SAFETY: as in `write`.
        unsafe {
            copy(
                self.base().add(to.start),
                other.base().add(from.start),
                to.len(),
            );
        }
    }

    /// Sets bytes. `to` lies within the length.
    pub(crate) fn fill(&self, to: Range<usize>, value: u8) {
        assert!(to.end <= self.length());
        // SAFETY: as in `write`.
        unsafe { fill(self.base().add(to.start), value, to.len()) }
    }

    /// The address of a number of this type.
    ///
    /// # Errors
    /// It is beyond the end, or not aligned.
    fn atom<A: Atom>(&self, address: u64) -> Result<*mut u8, TrapCode> {
        self.check_atomic(address, size_of::<A>() as u64)?;
        Ok(self.base().wrapping_add(address as usize))
    }

    /// Whether an atomic access of so many bytes is one.
    pub(crate) fn check_atomic(&self, address: u64, width: u64) -> Result<(), TrapCode> {
        let end = address.checked_add(width);
        if end.is_none_or(|end| end > self.length() as u64) {
            return Err(TrapCode::MemoryOutOfBounds);
        }
        if !address.is_multiple_of(width) {
            return Err(TrapCode::UnalignedAtomic);
        }
        Ok(())
    }

    /// What is at an address of a shared memory.
    pub(crate) fn load<A: Atom>(&self, address: u64) -> Result<A, TrapCode> {
        let at = self.atom::<A>(address)?;
        // SAFETY: checked.
        Ok(unsafe { A::load(at) })
    }

    /// See [`Atom::swap`].
    pub(crate) fn swap<A: Atom>(&self, address: u64, value: A) -> Result<A, TrapCode> {
        let at = self.atom::<A>(address)?;
        // SAFETY: checked; no Rust code has a reference to what is in a shared memory.
        Ok(unsafe { A::swap(at, value) })
    }

    /// See [`Atom::fetch_add`].
    pub(crate) fn fetch_add<A: Atom>(&self, address: u64, value: A) -> Result<A, TrapCode> {
        let at = self.atom::<A>(address)?;
        // SAFETY: as in `swap`.
        Ok(unsafe { A::fetch_add(at, value) })
    }

    /// See [`Atom::compare_exchange`].
    pub(crate) fn compare_exchange<A: Atom>(
        &self,
        address: u64,
        expected: A,
        new: A,
    ) -> Result<A, TrapCode> {
        let at = self.atom::<A>(address)?;
        // SAFETY: as in `swap`.
        Ok(unsafe { A::compare_exchange(at, expected, new) })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let usable = *self
            .usable
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        // SAFETY: whoever could access it holds the `Arc`: stores do until nothing of them runs any more.
        unsafe {
            match self.ty.address {
                AddressType::I32 => self.idle.give(self.record.base, usable),
                AddressType::I64 => os::unmap(self.record.base, self.reserved),
            }
        }
    }
}

/// Address space of a memory.
struct Reservation {
    base: *mut u8,
    size: usize,
    /// Where what the memory can grow to ends.
    bound: u64,
    /// Bytes at its start that can be accessed already, all zero.
    usable: usize,
}

impl Reservation {
    /// For a 32-bit memory: all that it can address.
    fn whole(min: u64, idle: &Reservations) -> Result<Self, Error> {
        let (size, bound) = (MEMORY_RESERVATION, 1 << 32);
        let wanted = (min as usize).next_multiple_of(os::page_size());
        if let Some((base, usable)) = idle.take(wanted) {
            return Ok(Self {
                base,
                size,
                bound,
                usable,
            });
        }
        let base = os::reserve(size).map_err(|error| {
            let what = format_args!(
                "one more memory of {} GiB (about 16,000 fit)",
                MEMORY_RESERVATION >> 30
            );
            no_address_space(what, &error)
        })?;
        Ok(Self {
            base,
            size,
            bound,
            usable: 0,
        })
    }

    /// For a 64-bit memory: what it can grow to, in bytes, and never less than a 32-bit one gets, so that
    /// no more of them fit; less than `most`, but not than `min`, where that is more than a memory gets
    /// or the system has.
    fn within(min: u64, most: u64, idle: &Reservations) -> Result<Self, Error> {
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
                    return Ok(Self {
                        base,
                        size,
                        bound,
                        usable: 0,
                    });
                }
                // What is kept for 32-bit memories is in the way.
                (Err(_), ..) if idle.clear() => (),
                (Err(error), ..) if wanted == least => {
                    let what = format_args!("a 64-bit memory of {min} bytes");
                    return Err(no_address_space(what, &error));
                }
                _ => wanted = least.max(wanted / 2),
            }
        }
    }
}

/// Says what to do about it.
fn no_address_space(what: impl fmt::Display, error: &io::Error) -> Error {
    // At most 255 bytes: QuickJS cuts the rest off.
    Error::exhausted(format!(
        "no address space for {what}: {error}. Let go of instances that are not used, or use several \
         processes"
    ))
}
