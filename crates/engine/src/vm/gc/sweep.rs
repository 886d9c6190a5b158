//! What is free after a collection: looks at blocks, not at their cells.

use super::alloc::Objects;
use super::space::{BLOCK, GRANULE, NONE, Use};
use bident_abi::{CLASSES, VmHeap, VmRun};
use bident_stack::Pending;

impl Objects {
    /// Puts the runs away, for a collection. What is left of them has no headers.
    pub(crate) fn put_away(&mut self, heap: &mut VmHeap) {
        heap.runs = [VmRun::default(); CLASSES];
    }

    /// Frees what was not marked since the last time. `others`: what a collection has to look at besides.
    pub(crate) fn sweep(&mut self, others: usize) {
        self.free_cells = [0; CLASSES];
        (self.live, self.free_blocks, self.in_blocks) = (0, 0, 0);
        (self.rover, self.missing) = (0, u32::MAX);
        // Its memory may have grown with the heap.
        self.pending = Pending::new(0);
        if let Some(space) = &mut self.space {
            space.lists = [NONE; CLASSES];
        }
        // From the last, so that the lists begin with the first.
        let top = self.space.as_ref().map_or(0, |space| space.top());
        for index in (0..top).rev() {
            self.sweep_block(index);
        }
        self.collected(others);
    }

    fn sweep_block(&mut self, index: u32) {
        let Some(space) = &mut self.space else { return };
        let block = space.block_mut(index);
        match block.used {
            Use::Cells => {
                block.live = block.mark;
                block.mark.fill(0);
                let live: u32 = block.live.iter().map(|word| word.count_ones()).sum();
                if live > 0 {
                    let bytes = |cells: u32| (cells * block.cell() * GRANULE) as usize;
                    let (live, free) = (bytes(live), bytes(block.cells() - live));
                    self.live += live;
                    self.in_blocks += BLOCK as usize;
                    block.dirty = true;
                    if free > 0 {
                        let class = usize::from(block.class);
                        self.free_cells[class] += free;
                        block.cursor = 0;
                        let next = space.lists[class];
                        space.block_mut(index).next = next;
                        space.lists[class] = index;
                    }
                    return;
                }
                block.used = Use::Free;
                block.dirty = true;
                self.free_blocks += 1;
            }
            Use::Large => {
                let count = block.count;
                let marked = std::mem::take(&mut block.mark[0]) != 0;
                if marked {
                    let bytes = count as usize * BLOCK as usize;
                    self.live += bytes;
                    self.in_blocks += bytes;
                    return;
                }
                for part in index..index + count {
                    let block = space.block_mut(part);
                    block.used = Use::Free;
                    block.dirty = true;
                    block.live[0] = 0;
                }
                self.free_blocks += count;
            }
            Use::Free => self.free_blocks += 1,
            // With its object.
            Use::Tail => {}
        }
    }
}
