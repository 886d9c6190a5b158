//! What is free after a collection: looks at blocks, not at their cells.

use super::alloc::Objects;
use super::space::{BLOCK, GRANULE, NONE, Use};
use bident_abi::{CLASSES, VmHeap, VmRun};
use bident_stack::Pending;

impl Objects {
    /// Puts the runs away, for a collection.
    pub(crate) fn put_away(&mut self, heap: &mut VmHeap) {
        self.note_runs(heap);
        heap.runs = [VmRun::default(); CLASSES];
    }

    /// Marking is about to begin: what is left of the runs are no objects.
    pub(crate) fn note_runs(&mut self, heap: &VmHeap) {
        if let Some(space) = &mut self.space {
            space.runs = heap.runs;
        }
    }

    /// Frees what was not marked since the last time. `others`: what a collection has to look at besides.
    pub(crate) fn sweep(&mut self, others: usize) {
        (self.live, self.free_blocks, self.in_blocks) = (0, 0, 0);
        (self.rover, self.missing) = (0, u32::MAX);
        // Its memory may have grown with the heap.
        if let Some(pending) = &mut self.pending {
            **pending = Pending::new(0);
        }
        if let Some(space) = &mut self.space {
            space.lists = [NONE; CLASSES];
            space.free_cells = [0; CLASSES];
        }
        // From the last, so that the lists begin with the first.
        let top = self.space.as_ref().map_or(0, |space| space.top());
        for index in (0..top).rev() {
            self.sweep_block(index);
        }
        // Where free blocks lie between others, new ones may have come behind the limit.
        if top as usize * BLOCK as usize > self.limit {
            self.trim();
        }
        self.collected(others);
    }

    fn sweep_block(&mut self, index: u32) {
        let Some(space) = &mut self.space else { return };
        let block = space.block_mut(index);
        match block.used {
            Use::Cells => {
                let mut live = 0;
                for word in &mut block.bits {
                    word.live = std::mem::take(&mut word.mark);
                    live += word.live.count_ones();
                }
                if live > 0 {
                    let bytes = |cells: u32| (cells * block.cell() * GRANULE) as usize;
                    let (live, free) = (bytes(live), bytes(block.cells() - live));
                    self.live += live;
                    self.in_blocks += BLOCK as usize;
                    block.dirty = true;
                    if free > 0 {
                        let class = usize::from(block.class);
                        block.cursor = 0;
                        space.free_cells[class] += free;
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
                let marked = std::mem::take(&mut block.bits[0].mark) != 0;
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
                    block.bits[0].live = 0;
                }
                self.free_blocks += count;
            }
            Use::Free => self.free_blocks += 1,
            // With its object.
            Use::Tail => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::object::Object;
    use super::*;

    /// Objects of ever more blocks, of which every other one stays: none fits where one was.
    #[test]
    fn memory_between_objects_is_given_back_at_the_limit() {
        const LIMIT: usize = 64 * BLOCK as usize;
        let mut heap = VmHeap {
            base: std::ptr::null_mut(),
            types: std::ptr::null(),
            runs: [VmRun::default(); CLASSES],
        };
        let mut objects = Objects::new(LIMIT);
        objects.prepare(&mut heap).unwrap();
        let mut kept: Vec<u32> = Vec::new();
        for power in 0..5 {
            while let Some(word) = objects.take(&mut heap, (u64::from(BLOCK)) << power, false) {
                let at = heap.base.wrapping_add(word as usize);
                Object::at(at, heap.types).set_header(1);
                kept.push(word);
            }
            kept = kept.into_iter().step_by(2).collect();
            objects.put_away(&mut heap);
            kept.iter().for_each(|word| objects.mark(u64::from(*word)));
            objects.sweep(0);
            let space = objects.space.as_ref().unwrap();
            let has_memory = |i: &u32| space.block(*i).used != Use::Free || space.block(*i).dirty;
            let blocks = (0..space.top()).filter(has_memory).count();
            assert!(blocks * BLOCK as usize <= LIMIT, "{power}: {blocks} blocks");
        }
        assert!(objects.space.unwrap().top() as usize * BLOCK as usize > LIMIT);
    }

    /// Under stress most allocations look for a cell, and collect before; some find one at hand, as compiled code does.
    #[test]
    fn under_stress_one_of_three_cells_is_at_hand() {
        let mut heap = VmHeap {
            base: std::ptr::null_mut(),
            types: std::ptr::null(),
            runs: [VmRun::default(); CLASSES],
        };
        let mut objects = Objects::new(1 << 20);
        objects.prepare(&mut heap).unwrap();
        let mut at_hand = 0;
        for _ in 0..300 {
            at_hand += usize::from(heap.runs[1].next < heap.runs[1].end);
            objects.take(&mut heap, 32, true).unwrap();
        }
        assert_eq!(at_hand, 100);
    }
}
