//! Blocks for stacklets: size classes, slabs, and giving memory back.
//!
//! ```text
//!  class      0    1    2    3    4    5   | 6 ...
//!  block    512   1K   2K   4K   8K  16K   | 32K ... 64M
//!           carved from slabs of 256 KiB   | a mapping each
//!
//!  slab ┌────────┬───────┬───────┬──────── ─ ─ ┐  aligned to its size, so a block finds its
//!       │ header │ block │ block │ never used  │  slab by masking its address
//!       └────────┴───────┴───────┴──────── ─ ─ ┘
//! ```
//!
//! A slab whose last block is freed goes back to the system at once, unless it is the only one with
//! room in its class: a program that makes one stack after another then maps nothing.

use crate::arch::GUARD;
use crate::os;
use std::io;
use std::ptr;

/// Size of a block of class 0 in bytes.
pub const SMALLEST_BLOCK: usize = 512;
/// Number of size classes; the largest block has 64 MiB.
pub const CLASSES: u32 = 18;

const SLAB: usize = 256 << 10;
/// Classes below this one are carved from slabs.
pub(crate) const SLAB_CLASSES: u32 = 6;
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

/// Header of a slab, in the place of its first block (or blocks).
struct Slab {
    class: u32,
    /// Blocks given out.
    used: u32,
    /// Offset of the first byte that never was part of a block.
    fresh: u32,
    /// Position in `Blocks::slabs`.
    position: u32,
    /// Freed blocks, linked through their first word.
    free: *mut FreeBlock,
    /// Neighbours in the list of slabs of this class that have room.
    next: *mut Slab,
    previous: *mut Slab,
}

struct FreeBlock {
    next: *mut FreeBlock,
}

impl Slab {
    #[inline]
    fn has_room(&self) -> bool {
        !self.free.is_null() || self.fresh as usize + class_size(self.class) <= SLAB
    }
}

/// All blocks of a store.
pub(crate) struct Blocks {
    slabs: Vec<*mut Slab>,
    /// Per class, slabs that have room.
    roomy: [*mut Slab; SLAB_CLASSES as usize],
    /// Per class above the slabs', one idle block, so that a deep call repeated does not map each time.
    idle: [*mut u8; (CLASSES - SLAB_CLASSES) as usize],
    mapped: usize,
}

impl Blocks {
    pub(crate) fn new() -> Self {
        Self {
            slabs: Vec::new(),
            roomy: [ptr::null_mut(); SLAB_CLASSES as usize],
            idle: [ptr::null_mut(); (CLASSES - SLAB_CLASSES) as usize],
            mapped: 0,
        }
    }

    /// Bytes mapped from the system.
    pub(crate) fn mapped(&self) -> usize {
        self.mapped
    }

    /// A block of the class, aligned to 16 bytes at least; its content is anything.
    #[inline]
    pub(crate) fn allocate(&mut self, class: u32) -> io::Result<*mut u8> {
        let block = if class < SLAB_CLASSES {
            self.allocate_small(class)?
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
        if cfg!(debug_assertions) {
            // SAFETY: the block is the caller's to give.
            unsafe {
                check_guard(block);
                block.write_bytes(POISON, class_size(class));
            }
        }
        if class < SLAB_CLASSES {
            // SAFETY: passed on.
            unsafe { self.free_small(block) };
        } else {
            // SAFETY: passed on.
            unsafe { self.free_large(block, class) };
        }
    }

    #[inline]
    fn allocate_small(&mut self, class: u32) -> io::Result<*mut u8> {
        if self.roomy[class as usize].is_null() {
            self.add_slab(class)?;
        }
        let head = self.roomy[class as usize];
        // SAFETY: slabs in the list are mapped, and `&mut self` is the only way to them.
        let slab = unsafe { &mut *head };
        slab.used += 1;
        let block = if slab.free.is_null() {
            let block = head.cast::<u8>().wrapping_add(slab.fresh as usize);
            slab.fresh += class_size(class) as u32;
            block
        } else {
            let block = slab.free;
            // SAFETY: a block in the free list holds a link in its first word.
            slab.free = unsafe { (*block).next };
            block.cast()
        };
        if !slab.has_room() {
            // SAFETY: it is the head of its list.
            unsafe { self.unlink(head) };
        }
        Ok(block)
    }

    #[inline]
    unsafe fn free_small(&mut self, block: *mut u8) {
        let head = block.map_addr(|a| a & !(SLAB - 1)).cast::<Slab>();
        // SAFETY: small blocks lie in slabs, whose header is at the aligned address.
        let slab = unsafe { &mut *head };
        let had_room = slab.has_room();
        let freed = block.cast::<FreeBlock>();
        // SAFETY: the caller gave the block up; every block holds at least a word.
        unsafe { freed.write(FreeBlock { next: slab.free }) };
        slab.free = freed;
        slab.used -= 1;
        if !had_room {
            self.link(head);
        }
        let alone = slab.next.is_null() && slab.previous.is_null();
        if slab.used == 0 && !alone {
            // SAFETY: none of its blocks is in use.
            unsafe { self.remove_slab(head) };
        }
    }

    /// Maps a slab. Backed by memory at once where the class already fills one: such a program makes
    /// many stacks, and a page fault for every eight of them would cost more than all the rest.
    fn add_slab(&mut self, class: u32) -> io::Result<()> {
        let many = self.slabs.len() > 1;
        self.slabs
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
        let header = size_of::<Slab>().next_multiple_of(class_size(class)) as u32;
        // SAFETY: freshly mapped, aligned to more than a header needs.
        unsafe {
            slab.write(Slab {
                class,
                used: 0,
                fresh: header,
                position: self.slabs.len() as u32,
                free: ptr::null_mut(),
                next: ptr::null_mut(),
                previous: ptr::null_mut(),
            });
        }
        self.slabs.push(slab);
        self.mapped += SLAB;
        self.link(slab);
        Ok(())
    }

    unsafe fn remove_slab(&mut self, slab: *mut Slab) {
        // SAFETY: the slab is mapped and in both lists; the caller knows that no block is in use.
        unsafe {
            self.unlink(slab);
            let position = (*slab).position as usize;
            self.slabs.swap_remove(position);
            if let Some(&moved) = self.slabs.get(position) {
                (*moved).position = position as u32;
            }
            os::unmap(slab.cast(), SLAB);
        }
        self.mapped -= SLAB;
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

    fn allocate_large(&mut self, class: u32) -> io::Result<*mut u8> {
        let idle = &mut self.idle[(class - SLAB_CLASSES) as usize];
        if !idle.is_null() {
            return Ok(std::mem::replace(idle, ptr::null_mut()));
        }
        let block = os::allocate(class_size(class), false)?;
        self.mapped += class_size(class);
        Ok(block)
    }

    unsafe fn free_large(&mut self, block: *mut u8, class: u32) {
        let idle = &mut self.idle[(class - SLAB_CLASSES) as usize];
        if idle.is_null() {
            *idle = block;
        } else {
            // SAFETY: a mapping of its own that the caller gave up.
            unsafe { os::unmap(block, class_size(class)) };
            self.mapped -= class_size(class);
        }
    }

    /// Gives idle large blocks back to the system.
    pub(crate) fn trim(&mut self) {
        for (i, idle) in self.idle.iter_mut().enumerate() {
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
    /// Unmaps slabs and idle blocks. Large blocks in use are the owner's to free before.
    fn drop(&mut self) {
        self.trim();
        for &slab in &self.slabs {
            // SAFETY: the owner of the blocks is gone.
            unsafe { os::unmap(slab.cast(), SLAB) };
        }
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
