//! What lies at hand for the stores of a thread.
//!
//! ```text
//!  store              shelf of the thread (shards.rs)      engine
//!  ┌────────────┐     ┌──────────────────────────────┐    ┌──────────────────┐
//!  │ its first  │ ◄── │ records  ▪ ▪ ▪ ▪ ▪ · · ·  32 │ ◄─ │ chunks           │  sixteen records,
//!  │ record,    │     │ blocks   ▪ ▪ · ·          32 │    │ slabs (slabs.rs) │  half a shelf of blocks,
//!  │ blocks     │ ──► │   per class    or fewer large│ ─► │                  │  at a time
//!  └────────────┘     └──────────────────────────────┘    └──────────────────┘
//! ```
//!
//! Most stores have one stack. So a thread that makes such stores and drops them meets others at a lock only now and then.
//! What lies here is as a store gives it: blocks are cleared. A slab with one of its blocks on a shelf
//! is not given back to the system: that is the price, at most a slab for each of [`Row::MOST`] blocks, and bounded by how many
//! shelves there are.

use crate::memory::{SLAB_CLASSES, class_size};
use std::ptr;

/// Bytes of the blocks of a class, at most, where that is more than one.
const MOST_BYTES: usize = 32 << 10;

/// Things in the order in which they come, the last of which goes first.
pub(crate) struct Row<T> {
    items: [T; Row::MOST],
    count: usize,
    /// How many there is room for.
    most: usize,
}

impl Row<()> {
    /// Most in a row.
    pub(crate) const MOST: usize = 32;
}

impl<T: Copy> Row<T> {
    fn new(nothing: T, most: usize) -> Self {
        Self {
            items: [nothing; Row::MOST],
            count: 0,
            most: most.min(Row::MOST),
        }
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        self.count = self.count.checked_sub(1)?;
        Some(self.items[self.count])
    }

    /// Whether there was room for it.
    pub(crate) fn push(&mut self, item: T) -> bool {
        let room = self.count < self.most;
        if room {
            self.items[self.count] = item;
            self.count += 1;
        }
        room
    }

    /// How many come and go at a time.
    pub(crate) fn half(&self) -> usize {
        self.most.div_ceil(2)
    }

    /// Takes those out that have been here longest.
    pub(crate) fn take_half(&mut self) -> impl Iterator<Item = T> {
        let count = self.half().min(self.count);
        let taken = self.items;
        self.items.copy_within(count..self.count, 0);
        self.count -= count;
        taken.into_iter().take(count)
    }
}

/// Of a thread, or of several.
pub(crate) struct Shelf {
    /// Numbers of records that are chunks of their own.
    pub(crate) records: Row<u32>,
    /// Per class that is carved from slabs.
    blocks: [Row<*mut u8>; SLAB_CLASSES as usize],
}

// SAFETY: the pointers lead to blocks that nobody uses; they are this value's.
unsafe impl Send for Shelf {}

impl Default for Shelf {
    fn default() -> Self {
        let most = |class| (MOST_BYTES / class_size(class as u32)).max(1);
        Self {
            records: Row::new(0, Row::MOST),
            blocks: std::array::from_fn(|class| Row::new(ptr::null_mut(), most(class))),
        }
    }
}

impl Shelf {
    pub(crate) fn blocks(&mut self, class: u32) -> &mut Row<*mut u8> {
        &mut self.blocks[class as usize]
    }
}
