//! What a collection begins with, and what it follows: one phase for all kinds of references.

use crate::value::ExternRef;
use crate::vm::calls::{Call, callers};
use crate::vm::gc::Objects;
use crate::vm::heap::{ExnData, Heap};
use crate::vm::held::{Held, HeldList, Holding};
use crate::vm::lifetime::{Graph, Items, Node, Reached, Words, items_of};
use crate::vm::store::StoreOpaque;
use bident_abi::{VmHeader, VmValue};
use bident_stack::{Marking, Pending};

/// Bytes for an instance, a function or a memory: about what finding it by its address costs.
const ITEM_BYTES: usize = 64;

/// Bytes for a global, whose record lies by itself: about what looking at it costs.
const GLOBAL_BYTES: usize = 64;

/// Who wants to know which host values are reached, each once.
pub(super) type Found<'f> = Option<&'f mut (dyn FnMut(&ExternRef) + 'f)>;

/// What a collection follows references through, beside stacks.
pub(super) struct Heaps<'a, 'f> {
    /// Without: everything counts as reached.
    pub(super) graph: Option<Graph<'a>>,
    pub(super) externs: &'a mut Heap<ExternRef>,
    pub(super) exns: &'a mut Heap<ExnData>,
    pub(super) objects: &'a mut Objects,
    /// Words of exceptions that are reached.
    pub(super) words: Pending<u64>,
    pub(super) found: Found<'f>,
}

impl Heaps<'_, '_> {
    /// Follows what a word may refer to. Exceptions and objects may hold others, as deep as a guest likes.
    #[inline]
    pub(super) fn follow(&mut self, marking: &mut Marking<'_>, word: u64) {
        if word != 0 {
            self.follow_some(marking, word);
        }
    }

    /// The same, and follows all that is waiting.
    pub(super) fn follow_some(&mut self, marking: &mut Marking<'_>, word: u64) {
        if word != 0 {
            self.visit(marking, word);
        }
        loop {
            if let Some(word) = self.words.pop() {
                self.visit(marking, word);
            } else if let Some(node) = self.graph.as_mut().and_then(Graph::next) {
                self.look_at(marking, node);
            } else if let Some(others) = self.objects.follow() {
                for word in others {
                    self.visit(marking, word);
                }
            } else {
                break;
            }
        }
    }

    /// Marks what a word refers to, if it refers to something.
    #[inline]
    fn visit(&mut self, marking: &mut Marking<'_>, word: u64) {
        self.objects.mark(word);
        if word >> 32 == 0 {
            // None of the others has such words.
            return;
        }
        if let Some(graph) = &mut self.graph {
            graph.reach_word(word);
        }
        if let Some(value) = self.externs.mark(word) {
            if let Some(found) = &mut self.found {
                found(value);
            }
            return;
        }
        marking.reach(word);
        if let Some(exn) = self.exns.mark(word) {
            if let Some(graph) = &mut self.graph {
                graph.reach_tag(exn.tag);
            }
            if let (Some(found), Some(attached)) = (&mut self.found, &exn.attached) {
                found(attached);
            }
            for value in &exn.values {
                self.words.push(value.low);
            }
        }
    }

    /// Marks what an item of the store leads to.
    fn look_at(&mut self, marking: &mut Marking<'_>, node: Node) {
        if let (Some(found), Some(graph)) = (&mut self.found, &self.graph) {
            graph.attached(node).iter().for_each(found);
        }
        let words = self.graph.as_mut().map(|graph| graph.look_at(node));
        match words.unwrap_or(Words::None) {
            Words::None => {}
            Words::One(word) => self.visit(marking, word),
            Words::Of(words) => self.visit_all(marking, words),
            Words::Segments(segments) => {
                let segments = segments.iter();
                segments.for_each(|words| self.visit_all(marking, words));
            }
        }
    }

    fn visit_all(&mut self, marking: &mut Marking<'_>, words: &[u64]) {
        for word in words.iter().filter(|word| **word != 0) {
            self.visit(marking, *word);
        }
    }

    /// Whether something that is reached was left out, for want of memory, since this was last asked.
    pub(super) fn were_incomplete(&mut self) -> bool {
        let words = self.words.was_incomplete();
        let nodes = self.graph.as_mut().is_some_and(Graph::was_incomplete);
        self.objects.were_left_out() || words || nodes
    }

    /// Follows what all items, exceptions and objects hold that are reached, again: some of it was left out.
    #[cold]
    pub(super) fn follow_again(&mut self, marking: &mut Marking<'_>) {
        for slot in 0..self.exns.slots() {
            let count = self.exns.marked(slot).map_or(0, |exn| exn.values.len());
            for i in 0..count {
                let value = self.exns.marked(slot).map(|exn| exn.values[i].low);
                self.follow(marking, value.unwrap_or_default());
            }
        }
        let mut last = None;
        while let Some(node) = self
            .graph
            .as_ref()
            .and_then(|graph| graph.reached_after(last))
        {
            self.look_at(marking, node);
            self.follow_some(marking, 0);
            last = Some(node);
        }
        let mut place = (0, 0);
        while let Some(next) = self.objects.again_from(place) {
            self.follow_some(marking, 0);
            place = next;
        }
    }
}

impl Heaps<'_, '_> {
    /// Reaches an item.
    pub(super) fn reach(&mut self, node: Node) {
        if let Some(graph) = &mut self.graph {
            graph.reach(node);
        }
    }

    /// Follows the words of all items.
    #[cold]
    fn follow_all(&mut self, marking: &mut Marking<'_>, items: Items<'_>) {
        for table in items.tables.iter() {
            self.visit_all(marking, table.elements());
        }
        for global in items.globals.iter() {
            self.visit(marking, global.word());
        }
        for elem in items.instances.iter().flat_map(|i| i.elems.iter()) {
            self.visit_all(marking, elem);
        }
        self.follow_some(marking, 0);
    }
}

/// What the host has, and code that runs.
pub(super) struct Roots<'a> {
    pub(super) kept: &'a mut HeldList<Holding>,
    pub(super) held: &'a mut HeldList<Held>,
    pub(super) caller: *mut VmHeader,
    pub(super) calls: *const Call,
    pub(super) under_way: &'a [VmValue],
    /// More of them.
    pub(super) words: &'a [u64],
}

/// Those of a store, each field borrowed by itself.
macro_rules! roots_of {
    ($store:expr, $words:expr) => {
        crate::vm::roots::Roots {
            kept: &mut $store.kept,
            held: &mut $store.held,
            caller: $store.vm.caller,
            calls: $store.calls,
            under_way: &$store.under_way,
            words: $words,
        }
    };
}
pub(super) use roots_of;

impl Roots<'_> {
    fn each_kept(&mut self, mut reach: impl FnMut(Node)) {
        self.kept.live().for_each(|kept| reach(kept.node()));
    }

    fn each_word(&mut self, mut follow: impl FnMut(u64)) {
        self.held.live().for_each(|held| follow(held.word()));
        self.each_other_word(follow);
    }

    /// All but those of handles.
    pub(super) fn each_other_word(&self, mut follow: impl FnMut(u64)) {
        // SAFETY: the store is borrowed: nothing runs in it but what has called the host.
        for context in unsafe { callers(self.caller, self.calls) } {
            follow(context as u64);
        }
        let under_way = self.under_way.iter().map(|value| value.low);
        self.words.iter().copied().chain(under_way).for_each(follow);
    }
}

impl StoreOpaque {
    /// Marks what can be reached, from these words too, and frees the stacks that cannot. Gives what items
    /// of the store are reached; `None` where all count as reached: without `find_items`, or memory to find
    /// out.
    pub(crate) fn mark_and_sweep_stacks(
        &mut self,
        words: &[u64],
        find_items: bool,
    ) -> Option<Reached> {
        let items = items_of!(self);
        let mut roots = roots_of!(self, words);
        let mut marking = self.vm.chains.mark();
        let mut heaps = Heaps {
            graph: find_items.then(|| Graph::of(items).ok()).flatten(),
            externs: &mut self.externs,
            exns: &mut self.exns,
            objects: &mut self.objects,
            words: Pending::new(0),
            found: None,
        };
        if heaps.graph.is_none() {
            heaps.follow_all(&mut marking, items);
        }
        roots.each_kept(|kept| heaps.reach(kept));
        roots.each_word(|word| heaps.follow(&mut marking, word));
        heaps.follow_some(&mut marking, 0);
        marking.scan(|marking, word| heaps.follow(marking, word));
        while heaps.were_incomplete() {
            heaps.follow_again(&mut marking);
            marking.scan(|marking, word| heaps.follow(marking, word));
        }
        marking.sweep();
        heaps.graph.map(Graph::into_reached)
    }

    /// Bytes beside those of stacks and objects that a collection has to look at, whatever lives.
    pub(crate) fn other_bytes(&self) -> usize {
        let elements: usize = self.tables.iter().map(|t| t.elements().len()).sum();
        let segments = self.instances.iter().flat_map(|i| i.elems.iter());
        let segments: usize = segments.map(|elem| elem.len()).sum();
        let records = self.vm.chains.records() * bident_stack::RECORD_BYTES;
        let globals = self.globals.len() * GLOBAL_BYTES;
        let items = (self.instances.len() + self.funcs.len() + self.memories.len()) * ITEM_BYTES;
        (elements + segments) * size_of::<u64>() + globals + items + records
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
