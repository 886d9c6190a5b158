//! Marking: what is reached, and what that leads to.

use super::places::Places;
use super::{Items, Node, Reached};
use crate::slots::Number;
use crate::value::ExternRef;
use bident_abi::{VmCtx, VmTag};
use bident_stack::Pending;
use std::collections::TryReserveError;
use std::ptr::NonNull;

/// The marks of a collection that is under way.
pub(crate) struct Graph<'a> {
    items: Items<'a>,
    marks: Box<Marks>,
}

/// The same, between the steps of a trace.
pub(crate) struct Marks {
    places: Places,
    reached: Reached,
    /// What is reached, and has not been looked at.
    pending: Pending<Option<Node>>,
}

impl Marks {
    /// Whether a node is reached.
    pub(crate) fn has(&self, node: Node) -> bool {
        self.reached.has(node)
    }

    /// Takes all marks off.
    pub(crate) fn clear(&mut self) {
        self.reached.clear();
        self.places.forget_known();
    }
}

/// What a node leads to besides other nodes.
pub(crate) enum Words<'a> {
    None,
    One(u64),
    /// A list of them.
    Of(&'a [u64]),
    /// The elements of an instance's segments.
    Segments(&'a [Box<[u64]>]),
}

impl<'a> Graph<'a> {
    /// Reached is what the embedder keeps.
    pub(crate) fn of(items: Items<'a>) -> Result<Self, TryReserveError> {
        let mut graph = Self::unmarked(items)?;
        graph.reach_kept();
        Ok(graph)
    }

    /// Nothing is reached.
    pub(crate) fn unmarked(items: Items<'a>) -> Result<Self, TryReserveError> {
        let marks = Box::new(Marks {
            places: Places::of(&items)?,
            reached: Reached::none(&items)?,
            pending: Pending::new(None),
        });
        Ok(Self::with(items, marks))
    }

    /// With these marks, of a trace of the same items.
    pub(crate) fn with(items: Items<'a>, marks: Box<Marks>) -> Self {
        Self { items, marks }
    }

    /// Reaches what the embedder keeps.
    pub(crate) fn reach_kept(&mut self) {
        let items = self.items;
        let graph = self;
        graph.reach_slots(items.instances.kept(), Node::Instance);
        graph.reach_slots(items.funcs.kept(), Node::Func);
        graph.reach_slots(items.tables.kept(), Node::Table);
        graph.reach_slots(items.memories.kept(), Node::Memory);
        graph.reach_slots(items.globals.kept(), Node::Global);
        graph.reach_slots(items.tags.kept(), Node::Tag);
        let used = items.tags.entries().filter(|(_, tag)| tag.is_handled());
        graph.reach_slots(used.map(|(number, _)| number.slot()), Node::Tag);
    }

    /// Reaches what a word leads to, if it leads somewhere.
    #[inline]
    pub(crate) fn reach_word(&mut self, word: u64) {
        if let Some(node) = self.marks.places.find(word) {
            self.reach(node);
        }
    }

    /// Reaches the tag of an exception that is there.
    pub(crate) fn reach_tag(&mut self, tag: NonNull<VmTag>) {
        // SAFETY: exceptions are freed before their tags, in one and the same collection.
        self.reach(Node::Tag(unsafe { tag.as_ref().number }));
    }

    pub(crate) fn reach(&mut self, node: Node) {
        if self.marks.reached.add(node) {
            self.marks.pending.push(Some(node));
        }
    }

    fn reach_slots(&mut self, slots: impl Iterator<Item = u32>, node: fn(u32) -> Node) {
        slots.for_each(|slot| self.reach(node(slot)));
    }

    fn reach_all<'n, N: Number + 'n>(
        &mut self,
        numbers: impl Iterator<Item = &'n N>,
        node: fn(u32) -> Node,
    ) {
        self.reach_slots(numbers.map(|number| number.slot()), node);
    }

    /// What is to be looked at next.
    pub(crate) fn next(&mut self) -> Option<Node> {
        self.marks.pending.pop().flatten()
    }

    /// Whether something that is reached was left out, for want of memory, since this was last asked.
    pub(crate) fn was_incomplete(&mut self) -> bool {
        self.marks.pending.was_incomplete()
    }

    /// The first node that is reached after this one, or the first of all.
    pub(crate) fn reached_after(&self, node: Option<Node>) -> Option<Node> {
        self.marks.reached.after(node)
    }

    /// Ends the marking.
    pub(crate) fn into_reached(self) -> Reached {
        self.marks.reached
    }

    /// Lets a trace rest.
    pub(crate) fn into_marks(self) -> Box<Marks> {
        self.marks
    }

    /// Host values that an item keeps for the embedder.
    pub(crate) fn attached(&self, node: Node) -> &'a [ExternRef] {
        match node {
            Node::Instance(slot) => &self.items.instances.in_slot(slot).attached,
            Node::Func(slot) => &self.items.funcs.in_slot(slot).attached,
            _ => &[],
        }
    }

    /// Reaches the nodes that a node leads to; gives the words that it holds.
    pub(crate) fn look_at(&mut self, node: Node) -> Words<'a> {
        let items = self.items;
        match node {
            Node::Instance(slot) => self.instance(slot),
            Node::Func(slot) => self.func(slot),
            Node::Table(slot) => {
                let table = items.tables.in_slot(slot);
                self.reach_all(table.home.iter(), Node::Instance);
                Words::Of(table.elements())
            }
            Node::Global(slot) => {
                let global = items.globals.in_slot(slot);
                self.reach_all(global.home.iter(), Node::Instance);
                self.reach_all(global.second.iter(), Node::Second);
                Words::One(global.word())
            }
            Node::Second(slot) => {
                let pool = items.seconds.in_slot(slot);
                self.reach(Node::Global(pool.pointer().slot()));
                self.reach(Node::Memory(pool.memory().slot()));
                self.reach_all(pool.functions().iter().flatten(), Node::Func);
                Words::None
            }
            Node::Memory(_) | Node::Tag(_) | Node::Code(_) => Words::None,
        }
    }

    fn instance(&mut self, slot: u32) -> Words<'a> {
        let instance = self.items.instances.in_slot(slot);
        let own = &instance.items;
        self.reach_all(own.imported_funcs.iter(), Node::Func);
        self.reach_all(own.tables.iter(), Node::Table);
        self.reach_all(own.memories.iter(), Node::Memory);
        self.reach_all(own.globals.iter(), Node::Global);
        self.reach_all(own.tags.iter(), Node::Tag);
        self.reach_all(instance.primary.iter(), Node::Instance);
        self.reach_all(instance.second.iter(), Node::Second);
        instance.adopted.iter().for_each(|node| self.reach(*node));
        let code = self.items.code.position(instance.module.code());
        self.reach_slots(code.into_iter(), Node::Code);
        Words::Segments(instance.elems.as_slice())
    }

    fn func(&mut self, slot: u32) -> Words<'a> {
        let func = self.items.funcs.in_slot(slot);
        self.reach_all(func.second.iter(), Node::Second);
        match &func.host {
            Some(host) => {
                let (words, primary) = host.stands_for();
                words.into_iter().for_each(|word| self.reach_word(word));
                self.reach_slots(primary.into_iter(), Node::Instance);
            }
            None => {
                // SAFETY: the records of functions that are there are valid; the context of one that is
                // not the host's is an instance's, which is there as long as its functions are.
                let instance =
                    unsafe { (*func.func_ref.as_ref().context.cast::<VmCtx>()).instance };
                self.reach(Node::Instance(instance));
            }
        }
        Words::None
    }
}
