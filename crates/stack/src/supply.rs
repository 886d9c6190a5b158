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
//! Stores of one engine live on several threads, and most have one stack: its record and its block come from a shelf of the
//! thread (`shelf.rs`). Each lock is held for a few instructions, for a batch, or for
//! the system call that maps more, that of a shelf before that of chunks or slabs; never where a signal handler could interrupt its holder and wait for it: a
//! stack grows in the handler of a fault of compiled code only, which holds no lock.

use crate::memory::class_size;
use crate::os::{self, Access};
use crate::shards::Shards;
use crate::shelf::{Row, Shelf};
use crate::slabs::{Batch, FreeBlock, Slabs};
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

/// Records and slabs of all stores of an engine. On lines of the cache of its own: how many share it changes with each
/// store.
#[repr(align(64))]
pub struct Supply {
    /// The first record, which is nobody's.
    base: *mut Stacklet,
    chunks: Mutex<Chunks>,
    slabs: Mutex<Slabs>,
    shelves: Shards<Shelf>,
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
            shelves: Shards::default(),
        };
        // The first record is nobody's: with revision 0, its reference would be null, and the
        // stubs would take null for it.
        let Chunk { first, class } = supply.take_chunk(0)?;
        debug_assert_eq!((first, class), (0, 0));
        // SAFETY: usable, and no one else's.
        unsafe { supply.base.write(Stacklet::free(0, 1)) };
        Ok(supply)
    }

    /// The first record.
    pub(crate) fn base(&self) -> *mut Stacklet {
        self.base
    }

    fn slabs(&self) -> MutexGuard<'_, Slabs> {
        // Nothing panics while it is locked.
        self.slabs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn chunks(&self) -> MutexGuard<'_, Chunks> {
        // The same.
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A chunk of this size, or of another where there is none. Its records are anything.
    pub(crate) fn take(&self, class: u8) -> io::Result<Chunk> {
        if class > 0 {
            return self.take_chunk(class);
        }
        let of_one = |first| Chunk { first, class: 0 };
        if let Some(first) = self.take_record() {
            return Ok(of_one(first));
        }
        self.take_chunk(0).or_else(|error| {
            let mut shelves = self.shelves.others();
            let first = shelves.find_map(|mut shelf| shelf.records.pop());
            first.map(of_one).ok_or(error)
        })
    }

    /// A record of the shelf.
    fn take_record(&self) -> Option<u32> {
        let records = &mut self.shelves.own().records;
        if let Some(first) = records.pop() {
            return Some(first);
        }
        let mut chunks = self.chunks();
        let (mut all, mut count) = ([NONE; Row::MOST], 0);
        while count < records.half() {
            let free = self.pop(&mut chunks, 0);
            let Some(first) = free.or_else(|| self.extend(&mut chunks, 0).ok()) else {
                break;
            };
            all[count] = first;
            count += 1;
        }
        // The first is the next that goes.
        all[..count]
            .iter()
            .rev()
            .for_each(|first| _ = records.push(*first));
        records.pop()
    }

    fn take_chunk(&self, class: u8) -> io::Result<Chunk> {
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
        if chunk.class > 0 {
            return self.push(&mut self.chunks(), chunk);
        }
        let records = &mut self.shelves.own().records;
        if !records.push(chunk.first) {
            let mut chunks = self.chunks();
            for first in records.take_half().chain([chunk.first]) {
                self.push(&mut chunks, Chunk { first, class: 0 });
            }
        }
    }

    /// Blocks of a class that is carved from slabs, one at least, `most` at most. Their content is anything that is no
    /// store's.
    pub(crate) fn take_blocks(&self, class: u32, most: u32) -> io::Result<Batch> {
        let taken = match most {
            1 => self.take_block(class),
            _ => self.slabs().take(class, most),
        };
        taken.or_else(|error| {
            let mut shelves = self.shelves.others();
            let block = shelves.find_map(|mut shelf| shelf.blocks(class).pop());
            block.map(|block| Batch::Fresh(block, 1)).ok_or(error)
        })
    }

    /// A block of the shelf.
    fn take_block(&self, class: u32) -> io::Result<Batch> {
        let mut shelf = self.shelves.own();
        let blocks = shelf.blocks(class);
        let block = match blocks.pop() {
            Some(block) => block,
            None => self.refill(blocks, class)?,
        };
        Ok(Batch::Fresh(block, 1))
    }

    /// Puts blocks on an empty shelf, and gives one.
    #[cold]
    fn refill(&self, blocks: &mut Row<*mut u8>, class: u32) -> io::Result<*mut u8> {
        match self.slabs().take(class, blocks.half() as u32)? {
            Batch::Fresh(first, count) => {
                let others = (1..count as usize).rev();
                let others = others.map(|i| first.wrapping_add(i * class_size(class)));
                others.for_each(|block| _ = blocks.push(block));
                Ok(first)
            }
            Batch::Freed(mut list, count) => {
                for _ in 1..count {
                    // SAFETY: so many are linked through their first words.
                    unsafe { blocks.push(pop(&mut list)) };
                }
                Ok(list.cast())
            }
        }
    }

    /// Takes blocks of a class back, so many of a list.
    ///
    /// # Safety
    /// `take_blocks` gave them, they are cleared but for the links in their first words, and nobody uses them any more.
    pub(crate) unsafe fn give_blocks(&self, class: u32, list: &mut *mut FreeBlock, count: u32) {
        let mut shelf = self.shelves.own();
        let blocks = shelf.blocks(class);
        // SAFETY: the caller says so; of those on the shelf others have said it.
        unsafe {
            if count as usize > blocks.half() {
                // Of a store with many stacks: no use to those with one.
                let mut slabs = self.slabs();
                return (0..count).for_each(|_| slabs.give(pop(list)));
            }
            for _ in 0..count {
                let block = pop(list);
                if !blocks.push(block) {
                    let mut slabs = self.slabs();
                    blocks.take_half().for_each(|block| slabs.give(block));
                    blocks.push(block);
                }
            }
        }
    }

    /// Takes the blocks from one on back, as many as nobody has had.
    ///
    /// # Safety
    /// As for [`Slabs::give_fresh`].
    pub(crate) unsafe fn give_fresh(&self, first: *mut u8, count: u32) {
        // SAFETY: passed on.
        unsafe { self.slabs().give_fresh(first, count) };
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

/// The first block of a list, without its link.
///
/// # Safety
/// There is one; blocks of the list are nobody's, and hold links in their first words.
unsafe fn pop(list: &mut *mut FreeBlock) -> *mut u8 {
    let block = *list;
    // SAFETY: the caller says so.
    unsafe { *list = std::mem::replace(&mut (*block).next, ptr::null_mut()) };
    block.cast()
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
