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
//! Where memories move ([`crate::Config::moving_memories`]), one that is not shared lies in a piece just large enough, and
//! compiled code compares each access with the length (`pieces.rs`):
//!
//! ```text
//!  base          length    size           base                length        size
//!  ┌─────────────┬─────────┐  grows       ┌───────────────────┬─────────────┐
//!  │ read-write  │ zero    │ ───────────► │ read-write        │ zero        │
//!  └─────────────┴─────────┘              └───────────────────┴─────────────┘
//! ```
//!
//! The mapping of a shared memory belongs to all stores that use it, and to the host's handles.

use crate::Error;
use crate::vm::pieces::{Pieces, Place};
use crate::vm::reservations::Reservations;
use crate::waits::Waits;
use bident_abi::{MEMORY_GUARD, MEMORY_RESERVATION, TrapCode, VmMemory};
use bident_module::{AddressType, MemoryType};
use bident_stack::os::{self, Access};
use bident_stack::{Atom, copy, fill};
use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes that a 64-bit memory keeps for its growth, at most: so one that may grow without end leaves
/// address space to others.
const MOST_FOR_GROWTH: u64 = 1 << 40;

/// Where memories of an engine get their addresses. On lines of the cache of its own: how many share it changes with each
/// memory.
#[derive(Default)]
#[repr(align(64))]
pub(crate) struct Spaces {
    reservations: Reservations,
    /// If memories move.
    pieces: Option<Pieces>,
}

impl Spaces {
    /// For memories that move as they grow, or do not.
    pub(crate) fn new(moving: bool) -> Self {
        Self {
            reservations: Reservations::default(),
            pieces: moving.then(Pieces::default),
        }
    }
}

/// The bytes of a memory. In an `Arc`, so that the record has a stable address.
pub(crate) struct Mapping {
    /// What compiled code reads.
    record: VmMemory,
    /// Bytes that are reserved; 0 if it moves.
    reserved: usize,
    ty: MemoryType,
    /// Pages that growth stops at: the type's maximum, the engine's limit, or what is reserved.
    most: u64,
    /// Bytes that can be accessed, zero behind the length; held by who makes more of them.
    usable: Mutex<usize>,
    /// Where the addresses go in the end.
    spaces: Arc<Spaces>,
    /// Who waits at its addresses, if it is shared.
    pub(crate) waits: Waits,
}

// SAFETY: what changes is base and length, atomics, and the bytes, which only functions of this file and of
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
        spaces: &Arc<Spaces>,
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
        } = match (&spaces.pieces, ty.address) {
            (Some(pieces), _) if !ty.shared => Reservation::piece(min * page, pieces)?,
            (_, AddressType::I32) => Reservation::whole(min * page, &spaces.reservations)?,
            (_, AddressType::I64) => {
                let most = most.saturating_mul(page);
                Reservation::within(min * page, most, &spaces.reservations)?
            }
        };
        let memory = Self {
            record: VmMemory {
                base: AtomicPtr::new(base),
                length: AtomicU64::new(0),
                bound,
            },
            reserved: size,
            ty,
            most: most.min(bound / page),
            usable: Mutex::new(usable),
            spaces: spaces.clone(),
            waits: Waits::default(),
        };
        if memory.grow_in_place(min).is_none() {
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

    /// Whether it moves when it grows.
    pub(crate) fn moves(&self) -> bool {
        self.reserved == 0
    }

    /// Addresses that are nobody else's.
    pub(crate) fn place(&self) -> Range<usize> {
        let base = self.base().addr();
        let size = match self.moves() {
            true => *self.usable(),
            false => self.reserved,
        };
        base..base + size
    }

    /// First byte.
    pub(crate) fn base(&self) -> *mut u8 {
        self.record.base.load(Ordering::Relaxed)
    }

    fn usable(&self) -> MutexGuard<'_, usize> {
        // Nothing panics while it is locked.
        self.usable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Size in bytes. So many can be accessed from then on.
    pub(crate) fn length(&self) -> usize {
        self.record.length.load(Ordering::SeqCst) as usize
    }

    /// Size in pages.
    pub(crate) fn pages(&self) -> u64 {
        self.length() as u64 >> self.ty.page_size_log2
    }

    /// Adds zeroed pages; the old size, or `None` where a limit is reached, the system refuses, or it would have to
    /// move.
    pub(crate) fn grow_in_place(&self, delta: u64) -> Option<u64> {
        let mut usable = self.usable();
        let (old, length) = self.grown(delta)?;
        if delta > 0 {
            // A page of the system may be larger than one of the memory.
            let end = length.next_multiple_of(os::page_size());
            if end > *usable {
                if self.moves() {
                    return None;
                }
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

    /// The same, also where it has to move.
    ///
    /// # Safety
    /// It is not shared, nobody has a reference to its bytes, and no other thread uses it.
    pub(super) unsafe fn grow(&self, delta: u64) -> Option<u64> {
        let (old, length) = self.grown(delta)?;
        if let Some(pieces) = self.spaces.pieces.as_ref().filter(|_| self.moves()) {
            let mut usable = self.usable();
            if length > *usable {
                // So that many small steps are not as many moves.
                let most = self.most.saturating_mul(self.ty.page_size());
                let wanted = (*usable as u64).saturating_mul(2).min(most);
                let place = Place {
                    base: self.base(),
                    size: *usable,
                };
                let wanted = length.max(wanted as usize);
                let used = self.length();
                // SAFETY: what it lies in, and the caller says that nobody uses it. Where it cannot be enlarged it
                // stays as it was; there may be room for what is needed.
                let moved = unsafe {
                    let roomy = pieces.enlarge(place, used, wanted);
                    roomy
                        .or_else(|_| pieces.enlarge(place, used, length))
                        .ok()?
                };
                self.record.base.store(moved.base, Ordering::Relaxed);
                *usable = moved.size;
            }
        }
        debug_assert_eq!(self.pages(), old);
        self.grow_in_place(delta)
    }

    /// Its size in pages, and what it will be in bytes with so many more; `None` beyond a limit.
    fn grown(&self, delta: u64) -> Option<(u64, usize)> {
        let old = self.pages();
        let new = old.checked_add(delta).filter(|new| *new <= self.most)?;
        Some((old, (new << self.ty.page_size_log2) as usize))
    }

    /// What it will be in bytes with so many pages more; `None` beyond a limit.
    pub(crate) fn length_with(&self, delta: u64) -> Option<u64> {
        self.grown(delta).map(|(_, length)| length as u64)
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
        let (base, size) = (self.base(), *self.usable());
        // SAFETY: whoever could access it holds the `Arc`: stores do until nothing of them runs any more.
        unsafe {
            match (&self.spaces.pieces, self.ty.address) {
                (Some(pieces), _) if self.moves() => pieces.give(Place { base, size }),
                (_, AddressType::I32) => self.spaces.reservations.give(base, size),
                (_, AddressType::I64) => os::unmap(base, self.reserved),
            }
        }
    }
}

/// Address space of a memory.
struct Reservation {
    base: *mut u8,
    /// 0: it is a piece.
    size: usize,
    /// Where what the memory can grow to ends.
    bound: u64,
    /// Bytes at its start that can be accessed already, all zero.
    usable: usize,
}

impl Reservation {
    /// For a memory that moves: what it has now.
    fn piece(min: u64, pieces: &Pieces) -> Result<Self, Error> {
        let Place { base, size } = pieces
            .take(min as usize)
            .map_err(|error| no_address_space(format_args!("a memory of {min} bytes"), &error))?;
        Ok(Self {
            base,
            size: 0,
            bound: MOST_FOR_GROWTH,
            usable: size,
        })
    }

    /// For a 32-bit memory: all that it can address.
    fn whole(min: u64, idle: &Reservations) -> Result<Self, Error> {
        let (size, bound) = (MEMORY_RESERVATION, 1 << 32);
        let wanted = (min as usize).next_multiple_of(os::page_size());
        let kept = |idle: &Reservations| {
            let (base, usable) = idle.take(wanted)?;
            Some(Self {
                base,
                size,
                bound,
                usable,
            })
        };
        if let Some(kept) = kept(idle) {
            return Ok(kept);
        }
        let reserved = os::reserve(size);
        if reserved.is_err() {
            idle.wash();
            if let Some(kept) = kept(idle) {
                return Ok(kept);
            }
        }
        let base = reserved.map_err(|error| {
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
                    return Ok(Self {
                        base,
                        size: size as usize,
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
