//! What the stores of an engine share: records and slabs.
//!
//! ```text
//!  base                                                           base + 4 GiB
//!  ┌──────┬──────┬──────────┬──────┬────────────────┬─────── ─ ─ ┐
//!  │ null │  A   │    B     │ free │       A        │ never used │
//!  └──────┴──────┴──────────┴──────┴────────────────┴─────── ─ ─ ┘
//!     a chunk: 1 << class records next to each other, of one store
//! ```
//!
//! A reference holds the position of its record in bytes from `base`, which is the same for all stores: so the
//! stubs find a record by adding the position to a word of the anchor, and a store costs no address space of
//! its own. A store takes chunks, each twice as large as the one before, and gives them back when it is
//! dropped (`arena.rs`). Nothing else than the lists of free chunks is shared: a store reads and writes records of
//! its own chunks alone, and whoever has a word that may be any (a collection) asks first in which chunk it
//! leads. A chunk that was given back has no record in it: who takes it writes all anew, and references to what
//! was there went with their store.
//!
//! Stores of one engine live on several threads. Each lock is held for a few instructions, for a batch of blocks, or for
//! the system call that maps more; never where a signal handler could interrupt its holder and wait for it: a
//! stack grows in the handler of a fault of compiled code only, which holds no lock.

use crate::os::{self, Access};
use crate::slabs::Slabs;
use crate::stacklet::{Hold, Stacklet, State};
use std::io;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most records of an engine.
const CAPACITY: u32 = 1 << 26;
const _: () = assert!(CAPACITY as usize * size_of::<Stacklet>() - 1 <= u32::MAX as usize);
const RESERVATION: usize = CAPACITY as usize * size_of::<Stacklet>();
/// Bytes made usable at first, and at most at once.
const FIRST_STEP: usize = 4 << 10;
const LARGEST_STEP: usize = 1 << 20;

/// Sizes of chunks. The smallest is a record, as many stores never have more than one stack; a record is a line of the
/// processor's cache, so that threads with neighbouring ones do not meet. The largest has a mebibyte.
pub(crate) const CHUNKS: u8 = 15;
/// Chunks from this size on keep no memory while nobody has them.
const DISCARDED: u8 = 11;
/// The end of a list.
const NONE: u32 = 0;

/// Records next to each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk {
    /// Number of the first.
    pub(crate) first: u32,
    pub(crate) class: u8,
}

impl Chunk {
    /// How many records it has.
    pub(crate) const fn records(class: u8) -> u32 {
        1 << class
    }
}

/// Records and slabs of all stores of an engine.
pub struct Supply {
    /// The first record, which is nobody's.
    base: *mut Stacklet,
    chunks: Mutex<Chunks>,
    slabs: Mutex<Slabs>,
}

struct Chunks {
    /// Bytes that can be used.
    usable: usize,
    /// Records that are part of a chunk.
    count: u32,
    /// Per size, the number of the first record of one that is free; the next one's is in its first word.
    free: [u32; CHUNKS as usize],
}

// SAFETY: what the pointer leads to is changed under the lock, or by the one store whose chunk it is in.
unsafe impl Send for Supply {}
// SAFETY: as above.
unsafe impl Sync for Supply {}

impl Supply {
    /// Nothing yet.
    ///
    /// # Errors
    /// If the system has no address space left for the records.
    pub fn new() -> io::Result<Self> {
        let supply = Self {
            base: os::reserve(RESERVATION)?.cast(),
            chunks: Mutex::new(Chunks {
                usable: 0,
                count: 0,
                free: [NONE; CHUNKS as usize],
            }),
            slabs: Mutex::new(Slabs::new()),
        };
        // The first record is nobody's: with revision 0, its reference would be null, and the
        // stubs would take null for it.
        let Chunk { first, class } = supply.take(0)?;
        debug_assert_eq!((first, class), (0, 0));
        // SAFETY: usable, and no one else's.
        unsafe { supply.base.write(Stacklet::free(0, 1)) };
        Ok(supply)
    }

    /// The first record.
    pub(crate) fn base(&self) -> *mut Stacklet {
        self.base
    }

    pub(crate) fn slabs(&self) -> MutexGuard<'_, Slabs> {
        // Nothing panics while it is locked.
        self.slabs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn chunks(&self) -> MutexGuard<'_, Chunks> {
        // The same.
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A chunk of this size, or of another where there is none. Its records are anything.
    pub(crate) fn take(&self, class: u8) -> io::Result<Chunk> {
        let mut chunks = self.chunks();
        if let Some(first) = self.pop(&mut chunks, class) {
            return Ok(Chunk { first, class });
        }
        match self.extend(&mut chunks, class) {
            Ok(first) => Ok(Chunk { first, class }),
            Err(error) => {
                let larger = class + 1..CHUNKS;
                let others = larger.chain((0..class).rev());
                let mut found =
                    others.filter_map(|class| Some((self.pop(&mut chunks, class)?, class)));
                let (first, class) = found.next().ok_or(error)?;
                Ok(Chunk { first, class })
            }
        }
    }

    /// Takes a chunk back.
    ///
    /// # Safety
    /// `take` gave it, and nobody uses its records any more.
    pub(crate) unsafe fn give(&self, chunk: Chunk) {
        if chunk.class >= DISCARDED {
            let start = self.base.wrapping_add(chunk.first as usize);
            let size = Chunk::records(chunk.class) as usize * size_of::<Stacklet>();
            // SAFETY: the chunk is the caller's to give; it is whole pages, as it lies at a multiple of its size.
            unsafe { os::discard(start.cast(), size) };
        }
        self.push(&mut self.chunks(), chunk);
    }

    /// Adds a chunk to those that are free: it is usable, and no one's.
    fn push(&self, chunks: &mut Chunks, Chunk { first, class }: Chunk) {
        let list = &mut chunks.free[class as usize];
        let start = self.base.wrapping_add(first as usize);
        // SAFETY: so says whoever calls this.
        unsafe { start.cast::<u32>().write(*list) };
        *list = first;
    }

    fn pop(&self, chunks: &mut Chunks, class: u8) -> Option<u32> {
        let list = &mut chunks.free[class as usize];
        let first = *list;
        if first == NONE {
            return None;
        }
        let start = self.base.wrapping_add(first as usize);
        // SAFETY: a chunk in a list is usable, no one's, and has the link in its first word.
        *list = unsafe { start.cast::<u32>().read() };
        Some(first)
    }

    /// A chunk that nobody has had, at a multiple of its size: what comes before is free from now on.
    fn extend(&self, chunks: &mut Chunks, class: u8) -> io::Result<u32> {
        let count = Chunk::records(class);
        let first = chunks.count.next_multiple_of(count);
        if first + count > CAPACITY {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.make_usable(chunks, first + count)?;
        while chunks.count < first {
            let class = chunks.count.trailing_zeros() as u8;
            self.push(
                chunks,
                Chunk {
                    first: chunks.count,
                    class,
                },
            );
            chunks.count += Chunk::records(class);
        }
        chunks.count = first + count;
        Ok(first)
    }

    /// Makes memory of the records up to this number.
    fn make_usable(&self, chunks: &mut Chunks, records: u32) -> io::Result<()> {
        let needed = records as usize * size_of::<Stacklet>();
        if needed > chunks.usable {
            let step = chunks.usable.clamp(FIRST_STEP, LARGEST_STEP);
            let end = (chunks.usable + step).max(needed);
            let end = end.next_multiple_of(os::page_size()).min(RESERVATION);
            let start = self.base.cast::<u8>().wrapping_add(chunks.usable);
            // SAFETY: the next part of our own reservation, unused so far.
            unsafe { os::protect(start, end - chunks.usable, Access::ReadWrite)? };
            chunks.usable = end;
        }
        Ok(())
    }
}

impl Stacklet {
    /// A record that belongs to nobody.
    pub(crate) fn free(number: u32, revision: u32) -> Self {
        Self {
            sp: 0,
            limit: 0,
            top: 0,
            parent: ptr::null_mut(),
            origin: 0,
            handlers: ptr::null(),
            position: number * size_of::<Self>() as u32,
            revision,
            last: 0,
            state: State::Free,
            class: 0,
            marked: false,
            held: Hold::Not,
        }
    }
}

impl Drop for Supply {
    fn drop(&mut self) {
        // SAFETY: our own reservation; records are plain data, and stores keep their supply.
        unsafe { os::unmap(self.base.cast(), RESERVATION) };
    }
}
