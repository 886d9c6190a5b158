//! Where objects go: runs of free cells, and blocks for large ones.

use super::space::{BLOCK, GRANULE, NONE, Space, Use};
use crate::error::Error;
use bident_abi::{LARGEST_CELL, VmHeap, VmRun, class_of, class_size};
use bident_stack::Pending;

/// Bytes that may be allocated before the first collection, and between any two.
const SMALLEST_STEP: usize = 4 << 20;

/// The same once as much was allocated: the longer a collection waits, the less is left to be marked.
const LARGEST_LEAST_STEP: usize = 16 << 20;

/// Under stress, bytes of live objects up to which every allocation collects.
const FEW_BYTES: usize = 64 << 10;

/// Granules of a run, where its cells are not larger.
const LONGEST_RUN: u32 = (16 << 10) / GRANULE;

/// Part of the limit that a collection at the limit must leave free.
const LEAST_ROOM: usize = 32;

/// What free cells are full of under stress, to show who does not write what is read later.
const RUBBISH: u8 = 0xd9;

/// The objects of a store.
pub(crate) struct Objects {
    /// Reserved when there is a first object, and in a box: most stores have none.
    pub(super) space: Option<Box<Space>>,
    /// Most bytes of blocks.
    pub(super) limit: usize,
    /// Most bytes of blocks for now.
    granted: usize,
    /// Bytes of blocks that were wanted where there were no more.
    wanted: usize,
    /// Bytes of blocks in use.
    pub(super) in_blocks: usize,
    /// Free blocks that were used before.
    pub(super) free_blocks: u32,
    /// Where to look for the next free block.
    pub(super) rover: u32,
    /// The fewest blocks in a row that were looked for in vain since the last collection.
    pub(super) missing: u32,
    /// Bytes of cells and large objects that were taken since the last collection.
    allocated: usize,
    /// The same before that.
    allocated_before: usize,
    /// When the next one comes.
    step: usize,
    /// Bytes that were live after the last one.
    pub(super) live: usize,
    /// Under stress, whether the next run has a second cell, which compiled code takes.
    second: bool,
    /// Objects that are reached, but whose references were not followed. There with the space.
    pub(super) pending: Option<Box<Pending<u32>>>,
}

// SAFETY: the mappings belong to this value alone.
unsafe impl Send for Objects {}
// SAFETY: shared access only reads.
unsafe impl Sync for Objects {}

impl Objects {
    /// None yet, and never in more bytes of memory.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            space: None,
            limit: limit.min(Space::MOST_BYTES),
            granted: usize::MAX,
            wanted: 0,
            in_blocks: 0,
            free_blocks: 0,
            rover: 0,
            missing: u32::MAX,
            allocated: 0,
            allocated_before: 0,
            step: SMALLEST_STEP,
            live: 0,
            second: false,
            pending: None,
        }
    }

    /// Whether a collection should come before the next object.
    pub(crate) fn wants_collection(&self) -> bool {
        self.allocated >= self.step
    }

    /// Whether every allocation may collect, under stress.
    pub(crate) fn are_few(&self) -> bool {
        self.live + self.allocated < FEW_BYTES
    }

    /// Bytes of the objects that were live after the last collection, or were made since.
    pub(crate) fn bytes(&self) -> usize {
        self.live + self.allocated
    }

    /// Whether so many bytes may ever fit.
    pub(crate) fn may_fit(&self, size: u64) -> bool {
        size <= self.limit as u64
    }

    /// Whether a collection at the limit has left enough that it was worth while.
    pub(crate) fn has_room(&self, size: u64) -> bool {
        let limit = self.limit.min(self.granted);
        let least = limit / LEAST_ROOM;
        let blocks = limit.saturating_sub(self.in_blocks);
        let cells = match (u32::try_from(size), &self.space) {
            (Ok(size), Some(space)) if size <= LARGEST_CELL => space.free_cells[class_of(size)],
            _ => 0,
        };
        blocks.max(cells) >= least
    }

    /// Bytes that blocks may take for now, those that were wanted more, and the limit.
    pub(crate) fn short_of(&self) -> (usize, usize, usize) {
        let granted = self.granted.min(self.limit);
        let missing = (self.in_blocks + self.wanted).saturating_sub(granted);
        (granted, missing, self.limit)
    }

    /// Changes what blocks may take for now; not below what they do.
    pub(crate) fn grant(&mut self, bytes: usize) {
        self.granted = bytes.max(self.in_blocks);
        self.wanted = 0;
    }

    /// After a collection, which has to look at so many bytes beside objects.
    pub(super) fn collected(&mut self, others: usize) {
        self.allocated_before = self.allocated_before.saturating_add(self.allocated);
        self.allocated = 0;
        let least = self
            .allocated_before
            .clamp(SMALLEST_STEP, LARGEST_LEAST_STEP);
        self.step = self.live.max(others).max(least);
    }

    /// Reserves addresses, if that was not done.
    pub(crate) fn prepare(&mut self, heap: &mut VmHeap) -> Result<(), Error> {
        if self.space.is_none() {
            let space = Space::new(heap.types)?;
            heap.base = space.base();
            self.space = Some(Box::new(space));
            self.pending = Some(Box::new(Pending::new(0)));
        }
        Ok(())
    }

    /// Takes zeroed memory for an object; `None` where a collection may help. Addresses are reserved. Under
    /// stress as few as a run can have, so that most allocations come here.
    pub(crate) fn take(&mut self, heap: &mut VmHeap, size: u64, stressed: bool) -> Option<u32> {
        let Ok(size) = u32::try_from(size) else {
            return None;
        };
        if size > LARGEST_CELL {
            return self.take_large(size);
        }
        let class = class_of(size);
        if heap.runs[class].next >= heap.runs[class].end {
            heap.runs[class] = self.run(class, stressed)?;
        }
        let run = &mut heap.runs[class];
        let taken = run.next;
        run.next += class_size(class);
        let cell = heap.base.wrapping_add(taken as usize);
        // SAFETY: a cell that nobody has.
        unsafe { cell.write_bytes(0, class_size(class) as usize) };
        Some(taken)
    }

    /// The next run of free cells of a class; under stress one cell and two in turn.
    fn run(&mut self, class: usize, stressed: bool) -> Option<VmRun> {
        loop {
            let space = self.space.as_mut()?;
            let index = match space.lists[class] {
                NONE => self.new_block(class)?,
                index => index,
            };
            let space = self.space.as_mut()?;
            let block = space.block_mut(index);
            let Some(first) = block.free_from(block.cursor) else {
                space.lists[class] = block.next;
                continue;
            };
            let cell = block.cell();
            let most = match stressed {
                true => 1 + u32::from(self.second),
                false => (LONGEST_RUN / cell).max(1),
            };
            let end = block.taken_from(first).min(first + most * cell);
            block.set_live_between(first, end);
            block.cursor = end;
            let bytes = ((end - first) * GRANULE) as usize;
            if stressed {
                let start = space.at(index, first);
                // SAFETY: free cells of a block in use.
                unsafe { start.write_bytes(RUBBISH, bytes) };
            }
            self.allocated += bytes;
            self.second = stressed && !self.second;
            let next = space.reference(index, first);
            return Some(VmRun {
                next,
                end: next + bytes as u32,
            });
        }
    }

    /// A block for cells of a class, at the head of its list.
    fn new_block(&mut self, class: usize) -> Option<u32> {
        let index = self.blocks(1)?;
        let space = self.space.as_mut()?;
        let head = space.lists[class];
        space.lists[class] = index;
        let block = space.block_mut(index);
        block.used = Use::Cells;
        block.class = class as u8;
        block.cursor = 0;
        block.next = head;
        Some(index)
    }

    /// Takes zeroed blocks for an object.
    fn take_large(&mut self, size: u32) -> Option<u32> {
        let count = size.div_ceil(BLOCK);
        let first = self.blocks(count)?;
        let space = self.space.as_mut()?;
        for i in 0..count {
            let address = space.address(first + i);
            let block = space.block_mut(first + i);
            (block.used, block.count) = match i {
                0 => (Use::Large, count),
                before => (Use::Tail, before),
            };
            if block.dirty {
                // SAFETY: a block that was free.
                unsafe { address.write_bytes(0, BLOCK as usize) };
            }
        }
        space.block_mut(first).set_live(0);
        self.allocated += count as usize * BLOCK as usize;
        Some(space.reference(first, 0))
    }

    /// Blocks in a row, within the limit.
    fn blocks(&mut self, count: u32) -> Option<u32> {
        let bytes = count as usize * BLOCK as usize;
        if bytes > self.granted.min(self.limit).saturating_sub(self.in_blocks) {
            self.wanted = bytes;
            return None;
        }
        let first = match self.free_row(count) {
            Some(first) => {
                self.free_blocks -= count;
                first
            }
            None => self.space.as_mut()?.extend(count)?,
        };
        self.in_blocks += bytes;
        Some(first)
    }

    /// Free blocks in a row. Looks on from where it last found some, and for no number twice that there was
    /// not.
    fn free_row(&mut self, count: u32) -> Option<u32> {
        let space = self.space.as_ref()?;
        if count > self.free_blocks || count >= self.missing {
            return None;
        }
        let top = space.top();
        let is_free = |index: u32| space.block(index).used == Use::Free;
        let mut row = 0;
        for step in 0..top + count {
            let index = (self.rover + step) % top;
            row = match is_free(index) {
                true if index > 0 => row + 1,
                free => u32::from(free),
            };
            if row == count {
                self.rover = (index + 1) % top;
                return Some(index + 1 - count);
            }
        }
        self.missing = count;
        None
    }

    /// Gives the memory of free blocks back.
    pub(crate) fn trim(&mut self) {
        if let Some(space) = &mut self.space {
            space.trim();
        }
    }
}
