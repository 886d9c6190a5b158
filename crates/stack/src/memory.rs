//! Blocks for stacklets: size classes, what a store has of each, and giving memory back.
//!
//! ```text
//!  class      0    1    2    3    4    5   | 6 ...
//!  block    512   1K   2K   4K   8K  16K   | 32K ... 64M
//!           carved from slabs of 256 KiB   | a mapping each
//!
//!  store: stock of a class          engine: slabs (slabs.rs)
//!  ┌───────────────────────┐ take   ┌───────────────────────┐
//!  │ freed blocks          │ ◄───── │ freed blocks of all   │   a batch at a time: one block at first,
//!  │ a run of fresh ones   │ ─────► │ stores; fresh ones    │   twice as many each time
//!  └───────────────────────┘ give   └───────────────────────┘
//! ```
//!
//! So a store that has one stack has one block, and one that has many asks for the lock rarely.

use crate::arch::GUARD;
use crate::os;
use crate::slabs::{Batch, FreeBlock};
use crate::supply::Supply;
use std::io;
use std::ptr;
use std::sync::Arc;

/// Size of a block of class 0 in bytes.
pub const SMALLEST_BLOCK: usize = 512;
/// Number of size classes; the largest block has 64 MiB.
pub const CLASSES: u32 = 18;

/// Classes below this one are carved from slabs.
pub(crate) const SLAB_CLASSES: u32 = 6;
/// Bytes of the blocks that a store takes at once, at most.
const MOST_AT_ONCE: usize = 64 << 10;
/// What the unused bytes at the bottom of a block hold in debug builds.
const GUARD_BYTE: u8 = 0xA5;
/// What freed and left blocks are filled with in debug builds: also the `int3` instruction, and as
/// an address not canonical.
const POISON: u8 = 0xCC;

/// Size of the blocks of a class in bytes.
pub const fn class_size(class: u32) -> usize {
    SMALLEST_BLOCK << class
}

/// The smallest class whose blocks have at least `bytes`, not above the largest there is.
pub const fn class_for(bytes: usize) -> u32 {
    let mut class = 0;
    while class < CLASSES - 1 && class_size(class) < bytes {
        class += 1;
    }
    class
}

/// Blocks of a class that a store has and does not use.
struct Stock {
    /// Linked through their first word.
    free: *mut FreeBlock,
    /// How many these are.
    freed: u32,
    /// How many there are in the run.
    fresh: u32,
    /// The run: blocks next to each other that nobody has had.
    run: *mut u8,
    /// How many it takes next time.
    next: u32,
}

impl Stock {
    const EMPTY: Self = Self {
        free: ptr::null_mut(),
        freed: 0,
        fresh: 0,
        run: ptr::null_mut(),
        next: 1,
    };

    #[inline]
    fn pop(&mut self, class: u32) -> Option<*mut u8> {
        if !self.free.is_null() {
            let block = self.free;
            // SAFETY: a block in the list holds a link in its first word.
            self.free = unsafe { (*block).next };
            self.freed -= 1;
            return Some(block.cast());
        }
        self.fresh = self.fresh.checked_sub(1)?;
        let block = self.run;
        self.run = block.wrapping_add(class_size(class));
        Some(block)
    }

    /// # Safety
    /// Nobody uses the block any more.
    #[inline]
    unsafe fn push(&mut self, block: *mut u8) {
        let freed = block.cast::<FreeBlock>();
        // SAFETY: the caller gave the block up; every block holds at least a word.
        unsafe { freed.write(FreeBlock { next: self.free }) };
        self.free = freed;
        self.freed += 1;
    }
}

/// Those of all classes that are carved from slabs.
struct Stocks {
    /// Of the smallest blocks.
    smallest: Stock,
    /// Of the others, in a box: many stores have none.
    others: Option<Box<[Stock; SLAB_CLASSES as usize - 1]>>,
}

impl Stocks {
    #[inline]
    fn of(&mut self, class: u32) -> &mut Stock {
        let empty = || Box::new([const { Stock::EMPTY }; SLAB_CLASSES as usize - 1]);
        match class as usize {
            0 => &mut self.smallest,
            class => &mut self.others.get_or_insert_with(empty)[class - 1],
        }
    }

    /// How many classes there may be blocks of.
    fn classes(&self) -> u32 {
        match self.others {
            Some(_) => SLAB_CLASSES,
            None => 1,
        }
    }
}

/// All blocks of a store.
pub(crate) struct Blocks {
    supply: Arc<Supply>,
    stocks: Stocks,
    /// Per class above the slabs', one idle block, so that a deep call repeated does not map each time. In a box: few
    /// stores have any.
    idle: Option<Box<[*mut u8; (CLASSES - SLAB_CLASSES) as usize]>>,
    /// Bytes of all blocks, used or not.
    mapped: usize,
}

impl Blocks {
    pub(crate) fn new(supply: &Arc<Supply>) -> Self {
        Self {
            supply: supply.clone(),
            stocks: Stocks {
                smallest: Stock::EMPTY,
                others: None,
            },
            idle: None,
            mapped: 0,
        }
    }

    /// Bytes of the blocks that the store has, used or not.
    pub(crate) fn mapped(&self) -> usize {
        self.mapped
    }

    /// A block of the class, aligned to 16 bytes at least; its content is anything.
    #[inline]
    pub(crate) fn allocate(&mut self, class: u32) -> io::Result<*mut u8> {
        let block = if class < SLAB_CLASSES {
            match self.stocks.of(class).pop(class) {
                Some(block) => block,
                None => self.refill(class)?,
            }
        } else {
            self.allocate_large(class)?
        };
        if cfg!(debug_assertions) {
            // SAFETY: the block is ours and longer than the guard.
            unsafe { block.write_bytes(GUARD_BYTE, GUARD) };
        }
        Ok(block)
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// `allocate` gave it for the same class and nobody uses it any more.
    ///
    /// # Panics
    /// In debug builds, if something wrote below the limit of the block.
    #[inline]
    pub(crate) unsafe fn free(&mut self, block: *mut u8, class: u32) {
        // SAFETY: passed on; the block is the caller's to give.
        unsafe {
            if cfg!(debug_assertions) {
                check_guard(block);
            }
            self.reclaim(block, class);
        }
    }

    /// The same of a store that ends, perhaps by a panic: nothing is checked.
    ///
    /// # Safety
    /// As for [`Blocks::free`].
    #[inline]
    pub(crate) unsafe fn reclaim(&mut self, block: *mut u8, class: u32) {
        if cfg!(debug_assertions) {
            // SAFETY: the block is the caller's to give.
            unsafe { block.write_bytes(POISON, class_size(class)) };
        }
        if class < SLAB_CLASSES {
            let stock = self.stocks.of(class);
            // SAFETY: passed on.
            unsafe { stock.push(block) };
            let freed = stock.freed;
            if freed > 2 * stock.next {
                self.give_back(class, freed / 2);
            }
        } else {
            // SAFETY: passed on.
            unsafe { self.free_large(block, class) };
        }
    }

    /// Takes a batch for the empty stock of a class; gives one of it.
    #[cold]
    fn refill(&mut self, class: u32) -> io::Result<*mut u8> {
        let stock = self.stocks.of(class);
        let most = (MOST_AT_ONCE / class_size(class)) as u32;
        let batch = self.supply.take_blocks(class, stock.next)?;
        stock.next = (2 * stock.next).min(most);
        let count = match batch {
            Batch::Freed(first, count) => {
                (stock.free, stock.freed) = (first, count);
                count
            }
            Batch::Fresh(first, count) => {
                (stock.run, stock.fresh) = (first, count);
                count
            }
        };
        self.mapped += count as usize * class_size(class);
        stock.pop(class).ok_or(io::ErrorKind::OutOfMemory.into())
    }

    /// Gives blocks that were freed back, so many. They are cleared: a word of this store in a stack of another one
    /// would keep an object of the same number alive there.
    #[cold]
    fn give_back(&mut self, class: u32, count: u32) {
        let stock = self.stocks.of(class);
        let mut block = stock.free;
        for _ in 0..count {
            // SAFETY: a block of the list, as below; the link in its first word stays.
            unsafe {
                let rest = block.cast::<u8>().add(size_of::<FreeBlock>());
                rest.write_bytes(0, class_size(class) - size_of::<FreeBlock>());
                block = (*block).next;
            }
        }
        // SAFETY: blocks of the list are those of `take_blocks`, nobody uses them, and there are at least so many.
        unsafe { self.supply.give_blocks(&mut stock.free, count) };
        stock.freed -= count;
        self.mapped -= count as usize * class_size(class);
    }

    /// Gives all that is not used back.
    pub(crate) fn trim(&mut self) {
        for class in 0..self.stocks.classes() {
            let stock = self.stocks.of(class);
            if stock.fresh > 0 {
                let (run, fresh) = (stock.run, std::mem::take(&mut stock.fresh));
                // SAFETY: what is left of a run that `take` gave.
                unsafe { self.supply.give_fresh(run, fresh) };
                self.mapped -= fresh as usize * class_size(class);
            }
            let freed = stock.freed;
            if freed > 0 {
                self.give_back(class, freed);
            }
        }
        self.trim_large();
    }

    fn allocate_large(&mut self, class: u32) -> io::Result<*mut u8> {
        if let Some(idle) = &mut self.idle {
            let idle = &mut idle[(class - SLAB_CLASSES) as usize];
            if !idle.is_null() {
                return Ok(std::mem::replace(idle, ptr::null_mut()));
            }
        }
        let block = os::allocate(class_size(class), false)?;
        self.mapped += class_size(class);
        Ok(block)
    }

    unsafe fn free_large(&mut self, block: *mut u8, class: u32) {
        let none = || Box::new([ptr::null_mut(); (CLASSES - SLAB_CLASSES) as usize]);
        let idle = self.idle.get_or_insert_with(none);
        let idle = &mut idle[(class - SLAB_CLASSES) as usize];
        if idle.is_null() {
            *idle = block;
        } else {
            // SAFETY: a mapping of its own that the caller gave up.
            unsafe { os::unmap(block, class_size(class)) };
            self.mapped -= class_size(class);
        }
    }

    /// Gives idle large blocks back to the system.
    fn trim_large(&mut self) {
        let all = self.idle.iter_mut().flat_map(|idle| idle.iter_mut());
        for (i, idle) in all.enumerate() {
            if !idle.is_null() {
                let size = class_size(i as u32 + SLAB_CLASSES);
                // SAFETY: idle blocks are mappings of their own that nobody uses.
                unsafe { os::unmap(*idle, size) };
                self.mapped -= size;
                *idle = ptr::null_mut();
            }
        }
    }
}

impl Drop for Blocks {
    /// Blocks in use are the owner's to free before.
    fn drop(&mut self) {
        self.trim();
    }
}

/// Panics if the unused bytes at the bottom of a block were written.
///
/// # Safety
/// The block is mapped.
///
/// # Panics
/// If so: something ran on the stacklet that checks no limit, such as a signal handler without
/// `SA_ONSTACK`.
pub(crate) unsafe fn check_guard(block: *const u8) {
    // SAFETY: the caller says so; blocks are longer than the guard.
    let guard = unsafe { std::slice::from_raw_parts(block, GUARD) };
    assert!(
        guard.iter().all(|b| *b == GUARD_BYTE),
        "something wrote below the limit of a stacklet at {block:p}"
    );
}
