//! Slabs: what small blocks are carved from, for all stores of the threads that have a part of the supply (`supply.rs`).
//!
//! ```text
//!  slab ┌────────┬───────┬───────┬──────── ─ ─ ┐  aligned to its size, so a block finds its
//!       │ header │ block │ block │ never used  │  slab by masking its address
//!       └────────┴───────┴───────┴──────── ─ ─ ┘
//! ```
//!
//! Stores take blocks and give them back by the batch (`memory.rs`). A slab whose last block comes back goes
//! to the system at once, unless it is the only one with room in its class: programs that make one stack
//! after another then map nothing.

use crate::memory::{SLAB_CLASSES, class_size};
use crate::os;
use std::io;
use std::ptr;

pub(crate) const SLAB: usize = 256 << 10;

/// What lies in the place of a slab's first block, or blocks.
#[repr(C)]
struct Header {
    /// Locked with its part.
    slab: Slab,
    /// Which part of the supply it is of: never changes, and is read without a lock.
    part: u32,
}

/// What is known of a slab.
struct Slab {
    class: u32,
    /// Blocks given out.
    used: u32,
    /// Offset of the first byte that is part of no block so far.
    fresh: u32,
    /// Position in `Slabs::all`.
    position: u32,
    /// Blocks that came back, linked through their first word.
    free: *mut FreeBlock,
    /// Neighbours in the list of slabs of this class that have room.
    next: *mut Slab,
    previous: *mut Slab,
}

/// A block that nobody uses.
pub(crate) struct FreeBlock {
    pub(crate) next: *mut FreeBlock,
}

impl Slab {
    #[inline]
    fn has_room(&self) -> bool {
        !self.free.is_null() || self.left() > 0
    }

    /// How many blocks were never part of it.
    fn left(&self) -> u32 {
        (SLAB as u32 - self.fresh) / class_size(self.class) as u32
    }
}

/// Blocks on their way to a store.
pub(crate) enum Batch {
    /// Linked through their first word, and how many.
    Freed(*mut FreeBlock, u32),
    /// The first of so many next to each other, which nobody has had.
    Fresh(*mut u8, u32),
}

/// The slabs of a part of the supply.
pub(crate) struct Slabs {
    all: Vec<*mut Slab>,
    /// Per class, slabs that have room.
    roomy: [*mut Slab; SLAB_CLASSES as usize],
}

// SAFETY: the pointers lead to slabs, which this value owns.
unsafe impl Send for Slabs {}

impl Slabs {
    pub(crate) fn new() -> Self {
        Self {
            all: Vec::new(),
            roomy: [ptr::null_mut(); SLAB_CLASSES as usize],
        }
    }

    /// Blocks of a class, one at least, `most` at most.
    pub(crate) fn take(&mut self, class: u32, most: u32, part: u32) -> io::Result<Batch> {
        if self.roomy[class as usize].is_null() {
            self.add_slab(class, part)?;
        }
        let batch = self.take_there(class, most);
        batch.ok_or(io::ErrorKind::OutOfMemory.into())
    }

    /// The same without a new slab.
    pub(crate) fn take_there(&mut self, class: u32, most: u32) -> Option<Batch> {
        debug_assert!(most > 0);
        let head = self.roomy[class as usize];
        if head.is_null() {
            return None;
        }
        // SAFETY: slabs in the list are mapped, and `&mut self` is the only way to them.
        let slab = unsafe { &mut *head };
        let batch = if slab.free.is_null() {
            let count = most.min(slab.left());
            let first = head.cast::<u8>().wrapping_add(slab.fresh as usize);
            slab.fresh += count * class_size(class) as u32;
            slab.used += count;
            Batch::Fresh(first, count)
        } else {
            let (first, mut last, mut count) = (slab.free, slab.free, 1);
            // SAFETY: freed blocks hold a link in their first word.
            unsafe {
                while count < most && !(*last).next.is_null() {
                    last = (*last).next;
                    count += 1;
                }
                slab.free = std::mem::replace(&mut (*last).next, ptr::null_mut());
            }
            slab.used += count;
            Batch::Freed(first, count)
        };
        if !slab.has_room() {
            // SAFETY: it is the head of its list.
            unsafe { self.unlink(head) };
        }
        Some(batch)
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// `take` gave it, and nobody uses it any more.
    pub(crate) unsafe fn give(&mut self, block: *mut u8) {
        let head = slab_of(block);
        let freed = block.cast::<FreeBlock>();
        // SAFETY: small blocks lie in slabs, whose header is at the aligned address. The caller gave the block
        // up; every block holds at least a word.
        unsafe {
            let slab = &mut *head;
            let had_room = slab.has_room();
            freed.write(FreeBlock { next: slab.free });
            slab.free = freed;
            self.has_given(head, 1, had_room);
        }
    }

    /// Takes the blocks from one on back, as many as nobody has had.
    ///
    /// # Safety
    /// `take` gave them next to each other as fresh ones, and nobody has used them.
    pub(crate) unsafe fn give_fresh(&mut self, first: *mut u8, count: u32) {
        if count == 0 {
            return;
        }
        let head = slab_of(first);
        let offset = (first.addr() - head.addr()) as u32;
        // SAFETY: as in `give`.
        unsafe {
            let slab = &mut *head;
            let size = class_size(slab.class);
            if offset + count * size as u32 == slab.fresh {
                let had_room = slab.has_room();
                slab.fresh = offset;
                self.has_given(head, count, had_room);
            } else {
                for i in 0..count as usize {
                    self.give(first.add(i * size));
                }
            }
        }
    }

    /// # Safety
    /// So many blocks of the slab, which is mapped, have come back just now.
    unsafe fn has_given(&mut self, head: *mut Slab, count: u32, had_room: bool) {
        // SAFETY: the caller says so.
        let slab = unsafe { &mut *head };
        slab.used -= count;
        if !had_room {
            self.link(head);
        }
        let alone = slab.next.is_null() && slab.previous.is_null();
        if slab.used == 0 && !alone {
            // SAFETY: none of its blocks is in use.
            unsafe { self.remove_slab(head) };
        }
    }

    /// Maps a slab. Backed by memory at once where others are there: such programs make many stacks, and a page
    /// fault for every eight of them would cost more than all the rest.
    fn add_slab(&mut self, class: u32, part: u32) -> io::Result<()> {
        let many = self.all.len() > 1;
        self.all
            .try_reserve(1)
            .map_err(|_| io::ErrorKind::OutOfMemory)?;
        let raw = os::allocate(2 * SLAB, false)?;
        let aligned = raw.map_addr(|a| a.next_multiple_of(SLAB));
        let before = aligned.addr() - raw.addr();
        // SAFETY: trims a mapping made above to its aligned middle.
        unsafe {
            if before > 0 {
                os::unmap(raw, before);
            }
            os::unmap(aligned.wrapping_add(SLAB), SLAB - before);
        }
        if many {
            // SAFETY: the middle of the mapping made above.
            unsafe { os::populate(aligned, SLAB) };
        }
        let slab = aligned.cast::<Slab>();
        let header = size_of::<Header>().next_multiple_of(class_size(class)) as u32;
        // SAFETY: freshly mapped, aligned to more than a header needs.
        unsafe {
            (&raw mut (*slab.cast::<Header>()).part).write(part);
            slab.write(Slab {
                class,
                used: 0,
                fresh: header,
                position: self.all.len() as u32,
                free: ptr::null_mut(),
                next: ptr::null_mut(),
                previous: ptr::null_mut(),
            });
        }
        self.all.push(slab);
        self.link(slab);
        Ok(())
    }

    unsafe fn remove_slab(&mut self, slab: *mut Slab) {
        // SAFETY: the slab is mapped and in both lists; the caller knows that no block is in use.
        unsafe {
            self.unlink(slab);
            let position = (*slab).position as usize;
            self.all.swap_remove(position);
            if let Some(&moved) = self.all.get(position) {
                (*moved).position = position as u32;
            }
            os::unmap(slab.cast(), SLAB);
        }
    }

    fn link(&mut self, slab: *mut Slab) {
        // SAFETY: called with mapped slabs only, and `&mut self` is the only way to them.
        unsafe {
            let list = &mut self.roomy[(*slab).class as usize];
            (*slab).previous = ptr::null_mut();
            (*slab).next = *list;
            if !list.is_null() {
                (**list).previous = slab;
            }
            *list = slab;
        }
    }

    unsafe fn unlink(&mut self, slab: *mut Slab) {
        // SAFETY: the slab and its neighbours are mapped; the caller says it is in its list.
        unsafe {
            let (previous, next) = ((*slab).previous, (*slab).next);
            if previous.is_null() {
                self.roomy[(*slab).class as usize] = next;
            } else {
                (*previous).next = next;
            }
            if !next.is_null() {
                (*next).previous = previous;
            }
            (*slab).next = ptr::null_mut();
            (*slab).previous = ptr::null_mut();
        }
    }
}

/// Which part of the supply a block is of.
///
/// # Safety
/// `take` gave it, and it is not given back yet.
pub(crate) unsafe fn part_of(block: *mut u8) -> u32 {
    // SAFETY: so its slab is there, and that never changes.
    unsafe { (*slab_of(block).cast::<Header>()).part }
}

fn slab_of(block: *mut u8) -> *mut Slab {
    block.map_addr(|a| a & !(SLAB - 1)).cast::<Slab>()
}

impl Drop for Slabs {
    fn drop(&mut self) {
        for &slab in &self.all {
            // SAFETY: stores keep the supply of their blocks, so there is none any more.
            unsafe { os::unmap(slab.cast(), SLAB) };
        }
    }
}
