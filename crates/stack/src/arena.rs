//! Control records: stable addresses, an index each, a revision that makes handles one-shot.
//!
//! One reservation of address space, made usable step by step from its start. A free record is
//! linked to the next through `parent`. Its revision was advanced when it was freed; a record whose
//! revision would wrap is never used again, so that no old reference ever matches.

use crate::os::{self, Access};
use crate::stacklet::{Hold, Stacklet, State};
use std::io;
use std::ptr;

/// Most records of a store.
const CAPACITY: usize = 1 << 26;
const _: () = assert!(CAPACITY * size_of::<Stacklet>() - 1 <= u32::MAX as usize);
const RESERVATION: usize = CAPACITY * size_of::<Stacklet>();
/// Bytes made usable at first, and at most at once.
const FIRST_STEP: usize = 4 << 10;
const LARGEST_STEP: usize = 1 << 20;

pub(crate) struct Arena {
    base: *mut Stacklet,
    /// Bytes that can be used.
    usable: usize,
    /// Records that were ever used.
    count: u32,
    free: *mut Stacklet,
    /// Most records that there may be.
    most: u32,
    /// Revision that new records start with.
    pub(crate) first_revision: u32,
}

impl Arena {
    pub(crate) fn new() -> io::Result<Self> {
        let mut arena = Self {
            base: os::reserve(RESERVATION)?.cast(),
            usable: 0,
            count: 0,
            free: ptr::null_mut(),
            most: CAPACITY as u32,
            first_revision: 1,
        };
        // The first record is nobody's: with revision 0, its reference would be null, and the
        // stubs would take null for it.
        arena.take()?;
        Ok(arena)
    }

    /// A record in state `Free`, with index and revision set.
    #[inline]
    pub(crate) fn take(&mut self) -> io::Result<*mut Stacklet> {
        if !self.free.is_null() {
            let record = self.free;
            // SAFETY: free records are initialised and belong to the arena.
            self.free = unsafe { (*record).parent };
            return Ok(record);
        }
        let end = (self.count as usize + 1) * size_of::<Stacklet>();
        if end > self.usable || self.count >= self.most {
            self.extend(end)?;
        }
        let record = self.base.wrapping_add(self.count as usize);
        // SAFETY: within the usable part, and no one else's yet.
        unsafe {
            record.write(Stacklet {
                sp: 0,
                limit: 0,
                top: 0,
                parent: ptr::null_mut(),
                origin: 0,
                handlers: ptr::null(),
                position: self.count * size_of::<Stacklet>() as u32,
                revision: self.first_revision,
                last: 0,
                state: State::Free,
                class: 0,
                marked: false,
                held: Hold::Not,
            });
        }
        self.count += 1;
        Ok(record)
    }

    #[cold]
    fn extend(&mut self, needed: usize) -> io::Result<()> {
        if self.count >= self.most {
            return Err(io::Error::from(io::ErrorKind::OutOfMemory));
        }
        let step = self.usable.clamp(FIRST_STEP, LARGEST_STEP);
        let end = (self.usable + step).min(RESERVATION);
        if end < needed {
            return Err(io::Error::from(io::ErrorKind::OutOfMemory));
        }
        let start = self.base.cast::<u8>().wrapping_add(self.usable);
        // SAFETY: the next part of our own reservation, unused so far.
        unsafe { os::protect(start, end - self.usable, Access::ReadWrite)? };
        self.usable = end;
        Ok(())
    }

    /// Takes a record back and advances its revision. One whose revision has wrapped stays unused.
    ///
    /// # Safety
    /// `take` gave it, it has no block any more, and nobody but references refers to it.
    #[inline]
    pub(crate) unsafe fn give(&mut self, record: *mut Stacklet) {
        // SAFETY: the caller says that it is ours.
        let stacklet = unsafe { &mut *record };
        stacklet.state = State::Free;
        if stacklet.revision != 0 {
            stacklet.revision = stacklet.revision.wrapping_add(1);
        }
        if stacklet.revision == 0 {
            stacklet.parent = ptr::null_mut();
        } else {
            stacklet.parent = self.free;
            self.free = record;
        }
    }

    /// The record with this index, if it was ever used.
    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<*mut Stacklet> {
        (index < self.count).then(|| self.base.wrapping_add(index as usize))
    }

    /// Whether records are at an end: those that are free now are lost, and there are no new ones.
    pub(crate) fn exhaust(&mut self, exhausted: bool) {
        self.free = ptr::null_mut();
        self.most = if exhausted {
            self.count
        } else {
            CAPACITY as u32
        };
    }

    /// The first record.
    pub(crate) fn base(&self) -> *mut Stacklet {
        self.base
    }

    /// Number of records that were ever used.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// All records that were ever used.
    pub(crate) fn iter(&self) -> impl Iterator<Item = *mut Stacklet> + '_ {
        (0..self.count as usize).map(|i| self.base.wrapping_add(i))
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: our own reservation; records are plain data.
        unsafe { os::unmap(self.base.cast(), RESERVATION) };
    }
}
