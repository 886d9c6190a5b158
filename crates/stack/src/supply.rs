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
//! Stores of one engine live on several threads. What is free is kept in parts (`shards.rs`):
//!
//! ```text
//!  part of a thread                           engine
//!  ┌─────────────────────────────────────┐    ┌──────────────────────┐
//!  │ free chunks, per size               │ ◄─ │ records that nobody  │  sixteen at a time
//!  │ slabs: what they have comes back    │    │ has had              │
//!  │ here, whoever gives it              │    └──────────────────────┘
//!  └─────────────────────────────────────┘
//! ```
//!
//! So threads that make small stores and drop them never meet, and what a store had is still in the cache of the
//! processor when the next one gets it. A thread that finds no chunk of a size in its part takes those of another part, before it
//! takes new records: where one thread makes stores and another drops them, nothing piles up. When a thread ends its
//! part is for the next one that has it, and what is free there for all.
//!
//! Each lock is held for a few instructions, for a batch of blocks, or for
//! the system call that maps more, that of a part before that of what nobody has had; never where a signal handler could interrupt
//! its holder and wait for it: a stack grows in the handler of a fault of compiled code only, which holds no lock.

use crate::os::{self, Access};
use crate::shards::Shards;
use crate::slabs::{Batch, FreeBlock, Slabs, part_of};
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
/// So many new records that are chunks of their own come to a part at a time.
const BATCH: usize = 16;
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

/// Records and slabs of all stores of an engine. On lines of the cache of its own: how many share it changes with each
/// store.
#[repr(align(64))]
pub struct Supply {
    /// The first record, which is nobody's.
    base: *mut Stacklet,
    parts: Shards<Part>,
    fresh: Mutex<Fresh>,
}

/// What is free, of the threads that have the part.
struct Part {
    /// Per size, the number of the first record of a chunk; the next one's is in its first word.
    chunks: [u32; CHUNKS as usize],
    slabs: Slabs,
}

impl Default for Part {
    fn default() -> Self {
        Self {
            chunks: [NONE; CHUNKS as usize],
            slabs: Slabs::new(),
        }
    }
}

/// The records.
struct Fresh {
    /// Bytes that can be used.
    usable: usize,
    /// Records that are part of a chunk.
    count: u32,
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
            parts: Shards::default(),
            fresh: Mutex::new(Fresh {
                usable: 0,
                count: 0,
            }),
        };
        // The first record is nobody's: with revision 0, its reference would be null, and the
        // stubs would take null for it.
        let first = supply.extend(&mut Part::default(), 0)?;
        debug_assert_eq!(first, 0);
        // SAFETY: usable, and no one else's.
        unsafe { supply.base.write(Stacklet::free(0, 1)) };
        Ok(supply)
    }

    /// The first record.
    pub(crate) fn base(&self) -> *mut Stacklet {
        self.base
    }

    /// A chunk of this size, or of another where there is none. Its records are anything.
    pub(crate) fn take(&self, class: u8) -> io::Result<Chunk> {
        if let Some(first) = self.pop(&mut self.parts.own(), class) {
            return Ok(Chunk { first, class });
        }
        if self.fetch(class)
            && let Some(first) = self.pop(&mut self.parts.own(), class)
        {
            return Ok(Chunk { first, class });
        }
        let mut own = self.parts.own();
        let made = self.extend(&mut own, class);
        if class == 0 && made.is_ok() {
            let more = std::iter::from_fn(|| self.extend(&mut own, 0).ok());
            let more: Vec<u32> = more.take(BATCH - 1).collect();
            // The lowest is the next that goes.
            for first in more.into_iter().rev() {
                self.push(&mut own, Chunk { first, class });
            }
        }
        drop(own);
        made.map(|first| Chunk { first, class }).or_else(|error| {
            let larger = class + 1..CHUNKS;
            let mut others = larger.chain((0..class).rev());
            let mut anywhere = |class| {
                let mut parts = self.parts.all();
                Some((
                    parts.find_map(|mut part| self.pop(&mut part, class))?,
                    class,
                ))
            };
            let (first, class) = others.find_map(&mut anywhere).ok_or(error)?;
            Ok(Chunk { first, class })
        })
    }

    /// Takes what another part has of a size; whether there was any.
    #[cold]
    fn fetch(&self, class: u8) -> bool {
        let list = class as usize;
        let mut others = self.parts.others();
        let found = others.find_map(|mut part| {
            let first = std::mem::replace(&mut part.chunks[list], NONE);
            (first != NONE).then_some(first)
        });
        let Some(found) = found else {
            return false;
        };
        let mut own = self.parts.own();
        // Where another thread of this part has filled it meanwhile, those come behind: one by one, which is rare.
        let mut before = std::mem::replace(&mut own.chunks[list], found);
        while before != NONE {
            let mut rest = Part::default();
            rest.chunks[list] = before;
            let first = self.pop(&mut rest, class).unwrap_or(NONE);
            before = rest.chunks[list];
            self.push(&mut own, Chunk { first, class });
        }
        true
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
        self.push(&mut self.parts.own(), chunk);
    }

    /// Adds a chunk to those that are free: it is usable, and no one's.
    fn push(&self, part: &mut Part, Chunk { first, class }: Chunk) {
        let list = &mut part.chunks[class as usize];
        let start = self.base.wrapping_add(first as usize);
        // SAFETY: so says whoever calls this.
        unsafe { start.cast::<u32>().write(*list) };
        *list = first;
    }

    fn pop(&self, part: &mut Part, class: u8) -> Option<u32> {
        let list = &mut part.chunks[class as usize];
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
    fn extend(&self, part: &mut Part, class: u8) -> io::Result<u32> {
        // Nothing panics while it is locked.
        let fresh: &mut Fresh = &mut self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        let count = Chunk::records(class);
        let first = fresh.count.next_multiple_of(count);
        if first + count > CAPACITY {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.make_usable(fresh, first + count)?;
        while fresh.count < first {
            let first = fresh.count;
            let class = first.trailing_zeros() as u8;
            self.push(part, Chunk { first, class });
            fresh.count += Chunk::records(class);
        }
        fresh.count = first + count;
        Ok(first)
    }

    /// Blocks of a class that is carved from slabs, one at least, `most` at most. Their content is anything that is no
    /// store's.
    pub(crate) fn take_blocks(&self, class: u32, most: u32) -> io::Result<Batch> {
        let position = self.parts.position();
        let taken = self.parts.at(position).slabs.take(class, most, position);
        taken.or_else(|error| {
            let mut parts = self.parts.others();
            let batch = parts.find_map(|mut part| part.slabs.take_there(class, most));
            batch.ok_or(error)
        })
    }

    /// Takes blocks back, so many of a list.
    ///
    /// # Safety
    /// `take_blocks` gave them, they are cleared but for the links in their first words, and nobody uses them any more.
    pub(crate) unsafe fn give_blocks(&self, list: &mut *mut FreeBlock, count: u32) {
        let mut at: Option<(u32, MutexGuard<'_, Part>)> = None;
        for _ in 0..count {
            let block = *list;
            // SAFETY: the caller says so.
            let position = unsafe {
                *list = (*block).next;
                part_of(block.cast())
            };
            let mut locked = at.take().filter(|(of, _)| *of == position);
            let part = locked.get_or_insert_with(|| (position, self.parts.at(position)));
            // SAFETY: the same.
            unsafe { part.1.slabs.give(block.cast()) };
            at = locked;
        }
    }

    /// Takes the blocks from one on back, as many as nobody has had.
    ///
    /// # Safety
    /// As for [`Slabs::give_fresh`]; one at least.
    pub(crate) unsafe fn give_fresh(&self, first: *mut u8, count: u32) {
        // SAFETY: passed on.
        unsafe {
            let mut part = self.parts.at(part_of(first));
            part.slabs.give_fresh(first, count);
        }
    }

    /// Makes memory of the records up to this number.
    fn make_usable(&self, fresh: &mut Fresh, records: u32) -> io::Result<()> {
        let needed = records as usize * size_of::<Stacklet>();
        if needed > fresh.usable {
            let step = fresh.usable.clamp(FIRST_STEP, LARGEST_STEP);
            let end = (fresh.usable + step).max(needed);
            let end = end.next_multiple_of(os::page_size()).min(RESERVATION);
            let start = self.base.cast::<u8>().wrapping_add(fresh.usable);
            // SAFETY: the next part of our own reservation, unused so far.
            unsafe { os::protect(start, end - fresh.usable, Access::ReadWrite)? };
            fresh.usable = end;
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
