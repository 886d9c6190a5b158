//! The records of a store: stable addresses, a position each, a revision that makes handles one-shot.
//!
//! They lie in chunks of the engine's supply (`supply.rs`). A free record is linked to the next through
//! `parent`. Its revision was advanced when it was freed; a record whose revision would wrap is not used again
//! as long as the store has it, so that no old reference ever matches.

use crate::stacklet::{Stacklet, State};
use crate::supply::{CHUNKS, Chunk, Supply};
use std::io;
use std::ptr;
use std::sync::Arc;

pub(crate) struct Arena {
    supply: Arc<Supply>,
    /// The chunk that new records come from.
    newest: Part,
    /// The others, in order of their addresses.
    others: Vec<Part>,
    /// Records that were ever used.
    count: u32,
    free: *mut Stacklet,
    /// Whether there are no new records: for tests.
    exhausted: bool,
    /// Revision that new records start with.
    pub(crate) first_revision: u32,
}

/// A chunk, as far as it was ever used.
#[derive(Clone, Copy)]
struct Part {
    first: u32,
    used: u32,
    /// `None`: no chunk.
    class: Option<u8>,
}

impl Part {
    const NONE: Self = Self {
        first: 0,
        used: 0,
        class: None,
    };

    #[inline]
    fn has(self, index: u32) -> bool {
        index.wrapping_sub(self.first) < self.used
    }

    fn size(self) -> u32 {
        self.class.map_or(0, Chunk::records)
    }
}

impl Arena {
    pub(crate) fn new(supply: &Arc<Supply>) -> Self {
        Self {
            supply: supply.clone(),
            newest: Part::NONE,
            others: Vec::new(),
            count: 0,
            free: ptr::null_mut(),
            exhausted: false,
            first_revision: 1,
        }
    }

    /// A record in state `Free`, with position and revision set.
    #[inline]
    pub(crate) fn take(&mut self) -> io::Result<*mut Stacklet> {
        if !self.free.is_null() {
            let record = self.free;
            // SAFETY: free records are initialised and belong to the arena.
            self.free = unsafe { (*record).parent };
            return Ok(record);
        }
        if self.exhausted || self.newest.used == self.newest.size() {
            self.extend()?;
        }
        let number = self.newest.first + self.newest.used;
        let record = self.base().wrapping_add(number as usize);
        // SAFETY: in a chunk of ours, and no one else's yet.
        unsafe { record.write(Stacklet::free(number, self.first_revision)) };
        self.newest.used += 1;
        self.count += 1;
        Ok(record)
    }

    /// Takes a chunk, twice as large as the one before.
    #[cold]
    fn extend(&mut self) -> io::Result<()> {
        let first = self.newest.class.is_none();
        if self.exhausted || !first && self.others.try_reserve(1).is_err() {
            return Err(io::Error::from(io::ErrorKind::OutOfMemory));
        }
        let class = self.newest.class.map_or(0, |class| class + 1);
        let chunk = self.supply.take(class.min(CHUNKS - 1))?;
        let next = Part {
            first: chunk.first,
            used: 0,
            class: Some(chunk.class),
        };
        let before = std::mem::replace(&mut self.newest, next);
        if !first {
            let place = self
                .others
                .partition_point(|other| other.first < before.first);
            self.others.insert(place, before);
        }
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

    /// The record with this number, if it is one of this store's that was ever used.
    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<*mut Stacklet> {
        let ours = self.newest.has(index) || self.is_in_others(index);
        ours.then(|| self.base().wrapping_add(index as usize))
    }

    #[inline]
    fn is_in_others(&self, index: u32) -> bool {
        let after = self.others.partition_point(|other| other.first <= index);
        self.others[..after]
            .last()
            .is_some_and(|other| other.has(index))
    }

    /// Whether records are at an end: those that are free now are lost, and there are no new ones.
    pub(crate) fn exhaust(&mut self, exhausted: bool) {
        self.free = ptr::null_mut();
        self.exhausted = exhausted;
    }

    /// Record 0 of all stores.
    #[inline]
    pub(crate) fn base(&self) -> *mut Stacklet {
        self.supply.base()
    }

    /// Number of records that were ever used.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Begins a walk over all records that were ever used.
    pub(crate) fn walk(&self) -> Walk {
        let mut walk = Walk {
            next: ptr::null_mut(),
            end: ptr::null_mut(),
            others: 0,
        };
        walk.enter(self, self.newest);
        walk
    }
}

/// A walk over the records of a store. Nobody takes records meanwhile.
#[derive(Clone)]
pub(crate) struct Walk {
    /// The next record of a chunk, and what is behind its last.
    next: *mut Stacklet,
    end: *mut Stacklet,
    /// How many of the others it has come to.
    others: usize,
}

impl Walk {
    // Collections are made of this, in debug builds too.
    #[inline(always)]
    pub(crate) fn next(&mut self, arena: &Arena) -> Option<*mut Stacklet> {
        if self.next == self.end && !self.go_on(arena) {
            return None;
        }
        let record = self.next;
        self.next = record.wrapping_add(1);
        Some(record)
    }

    /// Goes to the next chunk with records in it, if there is one.
    #[cold]
    fn go_on(&mut self, arena: &Arena) -> bool {
        while self.next == self.end {
            let Some(&part) = arena.others.get(self.others) else {
                return false;
            };
            self.others += 1;
            self.enter(arena, part);
        }
        true
    }

    fn enter(&mut self, arena: &Arena, part: Part) {
        self.next = arena.base().wrapping_add(part.first as usize);
        self.end = self.next.wrapping_add(part.used as usize);
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        let all = self.others.iter().chain([&self.newest]);
        for &Part { first, class, .. } in all {
            if let Some(class) = class {
                // SAFETY: `take` gave the chunk; the store is gone.
                unsafe { self.supply.give(Chunk { first, class }) };
            }
        }
    }
}
