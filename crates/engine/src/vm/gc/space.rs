//! Reserved addresses, and the blocks in them.

use crate::error::Error;
pub(super) use bident_abi::GRANULE;
use bident_abi::{CLASSES, REFERENCE_BIAS, VmRun, VmTypeRow, class_size};
use bident_stack::os::{self, Access};
use std::ptr::NonNull;

/// Bytes of a block.
pub(super) const BLOCK: u32 = 64 << 10;

/// Words of a bit for each granule of a block.
const BITS: usize = (BLOCK / GRANULE / 64) as usize;

/// The offset that the first block has: see `docs/heap.md`.
const START: u32 = 0x5000_0000;

/// Blocks there can be.
const MOST_BLOCKS: u32 = (u32::MAX - START + 1) / BLOCK - 1;

/// Blocks that become usable at a time, at least.
const STEP: u32 = 16;

/// No block.
pub(super) const NONE: u32 = u32::MAX;

/// What a block is used for.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Use {
    /// Nothing. Fresh memory of the system is all of that.
    Free = 0,
    /// Cells of one size.
    Cells,
    /// The beginning of a large object.
    Large,
    /// Another part of it.
    Tail,
}

/// What is known of a block.
#[repr(C)]
pub(super) struct Block {
    pub(super) used: Use,
    /// Whether something was in it: else it is all zero.
    pub(super) dirty: bool,
    /// Class of its cells.
    pub(super) class: u8,
    /// Of cells: the granule where the next run may begin.
    pub(super) cursor: u32,
    /// The next block with free cells of the class.
    pub(super) next: u32,
    /// Of a large object: how many blocks it has. Of a tail: how many come before it.
    pub(super) count: u32,
    /// A bit for each granule.
    pub(super) bits: [Bits; BITS],
}

/// What is known of 64 granules. Side by side, as marking looks at both.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Bits {
    /// Where objects may begin.
    pub(super) live: u64,
    /// Where objects begin that the collection under way has reached.
    pub(super) mark: u64,
}

/// Granules that a word of bits is about.
const WORD: u32 = u64::BITS;

/// By the granules of a cell: where cells begin among 64 granules, if one does at the first.
const BEGINS: [u64; WORD as usize + 1] = {
    let mut patterns = [1; WORD as usize + 1];
    let mut cell = 1;
    while cell < WORD {
        let mut at = 0;
        while at < WORD {
            patterns[cell as usize] |= 1 << at;
            at += cell;
        }
        cell += 1;
    }
    patterns
};

impl Block {
    /// Granules of a cell.
    pub(super) fn cell(&self) -> u32 {
        class_size(self.class.into()) / GRANULE
    }

    /// How many cells it has.
    pub(super) fn cells(&self) -> u32 {
        BLOCK / GRANULE / self.cell()
    }

    /// The granule behind the last cell.
    fn end(&self) -> u32 {
        self.cells() * self.cell()
    }

    pub(super) fn is_live(&self, granule: u32) -> bool {
        self.bits[granule as usize / 64].live >> (granule % 64) & 1 != 0
    }

    pub(super) fn set_live(&mut self, granule: u32) {
        self.bits[granule as usize / 64].live |= 1 << (granule % 64);
    }

    /// Marks; whether it was not before.
    #[inline]
    pub(super) fn set_mark(&mut self, granule: u32) -> bool {
        let (word, bit) = (&mut self.bits[granule as usize / 64], 1 << (granule % 64));
        let new = word.mark & bit == 0;
        word.mark |= bit;
        new
    }

    /// Marks what may be an object; whether it is one, and was not marked before.
    #[inline]
    pub(super) fn set_mark_if_live(&mut self, granule: u32) -> bool {
        let (word, bit) = (&mut self.bits[granule as usize / 64], 1 << (granule % 64));
        let new = word.live & !word.mark & bit != 0;
        word.mark |= word.live & bit;
        new
    }

    /// Where cells begin among the granules of a word of bits.
    fn begins(&self, word: u32) -> u64 {
        let cell = self.cell();
        let before = word * WORD % cell;
        let first = if before == 0 { 0 } else { cell - before };
        let pattern = BEGINS[cell.min(WORD) as usize];
        pattern.checked_shl(first).unwrap_or(0)
    }

    /// The first free cell at or behind a granule.
    pub(super) fn free_from(&self, granule: u32) -> Option<u32> {
        let end = self.end();
        let mut from = granule;
        while from < end {
            let word = from / WORD;
            let free = self.begins(word) & !self.bits[word as usize].live & !0 << (from % WORD);
            if free != 0 {
                let found = word * WORD + free.trailing_zeros();
                return (found < end).then_some(found);
            }
            from = (word + 1) * WORD;
        }
        None
    }

    /// The first granule at or behind one at which there is no free cell.
    pub(super) fn taken_from(&self, granule: u32) -> u32 {
        let end = self.end();
        let mut from = granule;
        while from < end {
            let word = from / WORD;
            let live = self.bits[word as usize].live & !0 << (from % WORD);
            if live != 0 {
                return word * WORD + live.trailing_zeros();
            }
            from = (word + 1) * WORD;
        }
        end
    }

    /// Takes all cells from a granule up to another.
    pub(super) fn set_live_between(&mut self, first: u32, end: u32) {
        let mut from = first;
        while from < end {
            let (word, next) = (from / WORD, (from / WORD + 1) * WORD);
            let kept = !0 << (from % WORD);
            let kept = if end < next {
                kept & !(!0 << (end % WORD))
            } else {
                kept
            };
            self.bits[word as usize].live |= self.begins(word) & kept;
            from = next;
        }
    }
}

/// The reservations of a heap.
pub(super) struct Space {
    data: NonNull<u8>,
    blocks: NonNull<Block>,
    /// Blocks that can be used.
    usable: u32,
    /// Blocks that were ever used.
    top: u32,
    /// First block with free cells, by class.
    pub(super) lists: [u32; CLASSES],
    /// Bytes of free cells after the last collection, by class.
    pub(super) free_cells: [usize; CLASSES],
    /// What is at hand for the next objects, during marking.
    pub(super) runs: [VmRun; CLASSES],
    /// Rows of the engine's types.
    pub(super) types: *const VmTypeRow,
}

const DATA: usize = MOST_BLOCKS as usize * BLOCK as usize;
const RECORDS: usize = MOST_BLOCKS as usize * size_of::<Block>() + (1 << 16);

impl Space {
    /// Most bytes of objects.
    pub(super) const MOST_BYTES: usize = DATA;

    pub(super) fn new(types: *const VmTypeRow) -> Result<Self, Error> {
        let reserve = |size| {
            let place = os::reserve(size)
                .map_err(|error| Error::limit(format!("no address space for a heap: {error}")))?;
            NonNull::new(place).ok_or_else(|| Error::limit("no address space for a heap"))
        };
        let data = reserve(DATA)?;
        let blocks = reserve(RECORDS).inspect_err(|_| {
            // SAFETY: reserved above.
            unsafe { os::unmap(data.as_ptr(), DATA) };
        })?;
        Ok(Self {
            data,
            blocks: blocks.cast(),
            usable: 0,
            top: 0,
            lists: [NONE; CLASSES],
            free_cells: [0; CLASSES],
            runs: [VmRun::default(); CLASSES],
            types,
        })
    }

    /// What a reference is added to.
    pub(super) fn base(&self) -> *mut u8 {
        let start = START as usize + REFERENCE_BIAS as usize;
        self.data.as_ptr().wrapping_sub(start)
    }

    /// Blocks that were ever used.
    pub(super) fn top(&self) -> u32 {
        self.top
    }

    pub(super) fn block(&self, index: u32) -> &Block {
        debug_assert!(index < self.top);
        // SAFETY: records of used blocks can be read; zero is a record.
        unsafe { self.blocks.add(index as usize).as_ref() }
    }

    pub(super) fn block_mut(&mut self, index: u32) -> &mut Block {
        debug_assert!(index < self.top);
        // SAFETY: as above, exclusively.
        unsafe { self.blocks.add(index as usize).as_mut() }
    }

    /// Takes so many blocks that were never used; the first, or `None` where there is no room or no memory.
    pub(super) fn extend(&mut self, count: u32) -> Option<u32> {
        let first = self.top;
        let end = first.checked_add(count).filter(|end| *end <= MOST_BLOCKS)?;
        if end > self.usable {
            self.make_usable(end.max((self.usable + STEP).min(MOST_BLOCKS)))?;
        }
        self.top = end;
        Some(first)
    }

    fn make_usable(&mut self, end: u32) -> Option<()> {
        let page = os::page_size();
        let records = |blocks: u32| (blocks as usize * size_of::<Block>()).next_multiple_of(page);
        let (from, to) = (records(self.usable), records(end));
        let start = self
            .data
            .as_ptr()
            .wrapping_add(self.usable as usize * BLOCK as usize);
        let bytes = (end - self.usable) as usize * BLOCK as usize;
        // SAFETY: the next parts of our reservations, which nobody could access so far.
        unsafe {
            let place = self.blocks.as_ptr().cast::<u8>().wrapping_add(from);
            if to > from {
                os::protect(place, to - from, Access::ReadWrite).ok()?;
            }
            os::protect(start, bytes, Access::ReadWrite).ok()?;
        }
        self.usable = end;
        Some(())
    }

    /// Address of a block.
    pub(super) fn address(&self, block: u32) -> *mut u8 {
        debug_assert!(block < self.top);
        self.data
            .as_ptr()
            .wrapping_add(block as usize * BLOCK as usize)
    }

    /// The reference to an object that begins at a granule of a block.
    pub(super) fn reference(&self, block: u32, granule: u32) -> u32 {
        START + block * BLOCK + granule * GRANULE + REFERENCE_BIAS
    }

    /// Where a reference leads: block, and granule in it. Any word below 2^32.
    pub(super) fn place(&self, reference: u32) -> Option<(u32, u32)> {
        let offset = reference.checked_sub(START + REFERENCE_BIAS)?;
        let (block, inside) = (offset / BLOCK, offset % BLOCK);
        (block < self.top && inside.is_multiple_of(GRANULE)).then_some((block, inside / GRANULE))
    }

    /// Where an address lies, if it does in a used block.
    pub(super) fn inside(&self, address: u64) -> Option<(u32, u32)> {
        let offset = address.checked_sub(self.data.as_ptr() as u64)?;
        let block = u32::try_from(offset / u64::from(BLOCK)).ok()?;
        let granule = offset as u32 % BLOCK / GRANULE;
        (block < self.top).then_some((block, granule))
    }

    /// Address of the object at a granule.
    pub(super) fn at(&self, block: u32, granule: u32) -> *mut u8 {
        self.address(block)
            .wrapping_add((granule * GRANULE) as usize)
    }

    /// Gives the memory of free blocks back.
    pub(super) fn trim(&mut self) {
        for index in 0..self.top {
            let block = self.block_mut(index);
            if block.used == Use::Free && block.dirty {
                let address = self.address(index);
                // SAFETY: a block without objects.
                let zero = unsafe { os::discard(address, BLOCK as usize) };
                self.block_mut(index).dirty = !zero;
            }
        }
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        // SAFETY: the store drops its heap when nothing of it runs any more.
        unsafe {
            os::unmap(self.data.as_ptr(), DATA);
            os::unmap(self.blocks.as_ptr().cast(), RECORDS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(class: usize) -> Block {
        Block {
            used: Use::Cells,
            dirty: false,
            class: class as u8,
            cursor: 0,
            next: NONE,
            count: 0,
            bits: [Bits { live: 0, mark: 0 }; BITS],
        }
    }

    /// Every third cell and every group of five cells is taken; runs are what lies between.
    #[test]
    fn runs_are_what_is_between_live_cells() {
        for class in 0..CLASSES {
            let mut block = block(class);
            let (cell, cells) = (block.cell(), block.cells());
            let is_taken = |i: u32| i % 3 == 1 || i / 5 % 4 == 2;
            (0..cells)
                .filter(|i| is_taken(*i))
                .for_each(|i| block.set_live(i * cell));
            for i in 0..cells {
                let free = (i..cells).find(|i| !is_taken(*i));
                assert_eq!(block.free_from(i * cell), free.map(|i| i * cell));
                let taken = (i..cells).find(|i| is_taken(*i)).unwrap_or(cells);
                assert_eq!(block.taken_from(i * cell), taken * cell, "class {class}");
            }
            assert_eq!(block.free_from(cells * cell), None);
        }
    }

    #[test]
    fn taking_a_run_takes_its_cells_and_no_others() {
        for class in 0..CLASSES {
            let cells = block(class).cells();
            for (first, end) in [
                (0, cells),
                (0, 1),
                (cells / 3, cells / 2),
                (cells - 1, cells),
            ] {
                let mut block = block(class);
                let cell = block.cell();
                block.set_live_between(first * cell, end * cell);
                for granule in 0..BLOCK / GRANULE {
                    let begins = granule.is_multiple_of(cell);
                    let inside = (first..end).contains(&(granule / cell));
                    assert_eq!(block.is_live(granule), begins && inside, "class {class}");
                }
            }
        }
    }
}
