//! What a collection begins with, and what it follows: one phase for all kinds of references.

use crate::value::ExternRef;
use crate::vm::gc::Objects;
use crate::vm::heap::{ExnData, Heap};
use crate::vm::store::StoreOpaque;
use bident_stack::{Holder, Marking, Pending};

/// Bytes for a global, whose record lies by itself: about what looking at it costs.
const GLOBAL_BYTES: usize = 64;

/// What a collection follows references through, beside stacks.
struct Heaps<'a> {
    externs: &'a mut Heap<ExternRef>,
    exns: &'a mut Heap<ExnData>,
    objects: &'a mut Objects,
    /// Words of exceptions that are reached.
    words: Pending<u64>,
}

impl Heaps<'_> {
    /// Follows what a word may refer to. Exceptions and objects may hold others, as deep as a guest likes.
    ///
    /// What they hold counts as reached from elsewhere, whoever holds them: the host finds an exception
    /// again by a weak reference.
    #[inline]
    fn follow(&mut self, marking: &mut Marking<'_>, word: u64, holder: Holder) {
        if word != 0 {
            self.follow_some(marking, word, holder);
        }
    }

    fn follow_some(&mut self, marking: &mut Marking<'_>, word: u64, holder: Holder) {
        self.visit(marking, word, holder);
        loop {
            if let Some(word) = self.words.pop() {
                self.visit(marking, word, None);
            } else if let Some(references) = self.objects.next_reached() {
                for word in references {
                    self.visit(marking, word, None);
                }
            } else {
                break;
            }
        }
    }

    /// Marks what a word refers to, if it refers to something.
    #[inline]
    fn visit(&mut self, marking: &mut Marking<'_>, word: u64, holder: Holder) {
        self.objects.mark(word);
        if word >> 32 == 0 {
            // None of the others has such words.
            return;
        }
        self.externs.mark(word, holder);
        marking.reach(word);
        if let Some(exn) = self.exns.mark(word, None) {
            for value in &exn.values {
                self.words.push(value.low);
            }
        }
    }

    /// Whether something that is reached was left out, for want of memory, since this was last asked.
    fn were_incomplete(&mut self) -> bool {
        let words = self.words.was_incomplete();
        self.objects.were_left_out() || words
    }

    /// Follows what all exceptions and objects hold that are reached, again: some of it was left out.
    #[cold]
    fn follow_again(&mut self, marking: &mut Marking<'_>) {
        for slot in 0..self.exns.slots() {
            let count = self.exns.marked(slot).map_or(0, |exn| exn.values.len());
            for i in 0..count {
                let value = self.exns.marked(slot).map(|exn| exn.values[i].low);
                self.follow(marking, value.unwrap_or_default(), None);
            }
        }
        let mut place = (0, 0);
        while let Some((references, next)) = self.objects.reached_from(place) {
            for word in references {
                self.follow(marking, word, None);
            }
            place = next;
        }
    }
}

impl StoreOpaque {
    /// Marks what can be reached, from these words too, and frees the stacks that cannot.
    pub(crate) fn mark_and_sweep_stacks(&mut self, words: &[u64]) {
        let mut marking = self.vm.chains.mark();
        let mut heaps = Heaps {
            externs: &mut self.externs,
            exns: &mut self.exns,
            objects: &mut self.objects,
            words: Pending::new(0),
        };
        for table in &self.tables {
            for word in table.elements() {
                heaps.follow(&mut marking, *word, None);
            }
        }
        for global in &self.globals {
            // SAFETY: records of globals live as long as the store.
            let word = unsafe { global.record.address().as_ref().value.low };
            heaps.follow(&mut marking, word, None);
        }
        for elem in self.instances.iter().flat_map(|i| i.elems.iter()) {
            for word in elem {
                heaps.follow(&mut marking, *word, None);
            }
        }
        for held in self.held.live() {
            heaps.follow(&mut marking, held.word(), None);
        }
        let under_way = self.under_way.iter().map(|value| value.low);
        for word in words.iter().copied().chain(under_way) {
            heaps.follow(&mut marking, word, None);
        }
        marking.scan(|marking, word, holder| heaps.follow(marking, word, holder));
        while heaps.were_incomplete() {
            heaps.follow_again(&mut marking);
            marking.scan(|marking, word, holder| heaps.follow(marking, word, holder));
        }
        marking.sweep();
    }

    /// Bytes beside those of stacks and objects that a collection has to look at, whatever lives.
    pub(crate) fn other_bytes(&self) -> usize {
        let elements: usize = self.tables.iter().map(|t| t.elements().len()).sum();
        let segments = self.instances.iter().flat_map(|i| i.elems.iter());
        let segments: usize = segments.map(|elem| elem.len()).sum();
        let records = self.vm.chains.records() * bident_stack::RECORD_BYTES;
        let globals = self.globals.len() * GLOBAL_BYTES;
        (elements + segments) * size_of::<u64>() + globals + records
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AsContextMut, Config, Engine, Global, GlobalType, Store, Val, ValType};

    #[test]
    fn globals_count_among_what_a_collection_looks_at() {
        let engine = Engine::new(&Config::new()).unwrap();
        let mut store = Store::new(&engine, ());
        let before = store.context_mut().0.opaque.other_bytes();
        for _ in 0..1000 {
            let ty = GlobalType {
                content: ValType::I32,
                mutable: true,
            };
            Global::new(&mut store, ty, Val::I32(0)).unwrap();
        }
        let after = store.context_mut().0.opaque.other_bytes();
        assert_eq!(after - before, 1000 * GLOBAL_BYTES);
    }
}
