//! What a collection has reached, and giving the rest back.

use super::{Items, Node};
use crate::error::Error;
use crate::slots::{Number, Slots};
use crate::vm::panics::Panics;
use crate::vm::store::StoreOpaque;
use std::collections::TryReserveError;

/// Marks, a bit for each slot of a kind.
pub(crate) struct Reached([Vec<u64>; Node::KINDS]);

impl Reached {
    pub(super) fn none(items: &Items<'_>) -> Result<Self, TryReserveError> {
        let slots = [
            items.instances.slots(),
            items.funcs.slots(),
            items.tables.slots(),
            items.memories.slots(),
            items.globals.slots(),
            items.tags.slots(),
            items.seconds.slots(),
            items.code.len() as u32,
        ];
        let mut marks = Self(Default::default());
        for (bits, slots) in marks.0.iter_mut().zip(slots) {
            let words = slots.div_ceil(64) as usize;
            bits.try_reserve_exact(words)?;
            bits.resize(words, 0);
        }
        Ok(marks)
    }

    /// Marks a node; whether it was not.
    pub(super) fn add(&mut self, node: Node) -> bool {
        let (kind, slot) = node.parts();
        let Some(word) = self.0[kind].get_mut(slot as usize / 64) else {
            return false;
        };
        let bit = 1 << (slot % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// Takes all marks off.
    pub(super) fn clear(&mut self) {
        self.0.iter_mut().for_each(|bits| bits.fill(0));
    }

    pub(crate) fn has(&self, node: Node) -> bool {
        let (kind, slot) = node.parts();
        let word = self.0[kind].get(slot as usize / 64);
        word.is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    /// The first reached node after this one, in order of kinds and slots.
    pub(super) fn after(&self, node: Option<Node>) -> Option<Node> {
        let (kind, mut slot) = match node.map(Node::parts) {
            Some((kind, slot)) => (kind, slot + 1),
            None => (0, 0),
        };
        for kind in kind..Node::KINDS {
            let slots = self.0[kind].len() as u32 * 64;
            let found = (slot..slots)
                .map(|slot| Node::of(kind, slot))
                .find(|node| self.has(*node));
            if found.is_some() {
                return found;
            }
            slot = 0;
        }
        None
    }
}

/// Items for which a collection looks at so many bytes: else a program with a million stacks would look at
/// them all for every few instances.
const BYTES_PER_ITEM: usize = 4096;

/// No collection for fewer items.
const FEW: usize = 256;

/// Nor for fewer bytes of memories and tables.
const FEW_BYTES: usize = 16 << 20;

/// What was made since the last collection.
#[derive(Default)]
pub(crate) struct Fresh {
    items: usize,
    bytes: usize,
    /// How many there were after it, and how many bytes it would have looked at again.
    old_items: usize,
    old_bytes: usize,
    looked_at: usize,
    /// Whether it was for something that the system had no room for afterwards either; and how often it has
    /// had none since.
    in_vain: bool,
    refused: usize,
    /// Whether the embedder has let go of something since.
    let_go: bool,
}

impl Fresh {
    /// One more item, or so many more bytes of one.
    pub(crate) fn note(&mut self, items: usize, bytes: usize) {
        self.items += items;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Whether a collection is due: work for an item, or a byte, is bounded.
    fn is_due(&self) -> bool {
        let many = self.items >= self.old_items.max(FEW);
        let enough = self.old_bytes.max(self.looked_at).max(FEW_BYTES);
        many && self.items.saturating_mul(BYTES_PER_ITEM) >= self.looked_at || self.bytes >= enough
    }

    /// The embedder has let go of something.
    pub(crate) fn let_go(&mut self) {
        self.let_go = true;
    }

    /// There is no room for something. Whether to collect for that: not each time for what it never has
    /// room for. A store that is full by its limiter has room again for each item that the embedder let go.
    fn is_worth_a_try(&mut self, is_full: bool) -> bool {
        self.refused += 1;
        if is_full && self.let_go {
            return true;
        }
        let work = self.items + self.refused;
        !self.in_vain || work >= FEW && work.saturating_mul(BYTES_PER_ITEM) >= self.looked_at
    }
}

impl StoreOpaque {
    /// Before something is made: a collection, if enough was made since the last one.
    pub(crate) fn collect_if_due(&mut self) {
        if self.fresh.is_due() || self.collects_always() {
            self.collect();
        }
    }

    /// Makes something. Where the system has no room for it, or the store has as many as it may, gives back what
    /// nothing reaches, and tries again.
    pub(crate) fn with_room<R>(
        &mut self,
        make: impl Fn(&mut Self) -> Result<R, Error>,
    ) -> Result<R, Error> {
        match make(self) {
            Err(error)
                if error.may_find_room() && self.fresh.is_worth_a_try(!error.is_of_system()) =>
            {
                self.collect();
                let made = make(self);
                self.fresh.in_vain = made.is_err();
                made.map_err(|_| error)
            }
            made => made,
        }
    }

    /// Gives back what was not reached. Stacks, exceptions and objects that lead there are gone, or go in
    /// the same collection.
    pub(crate) fn sweep_items(&mut self, reached: &Reached, panics: &mut Panics) {
        self.sweep_instances(reached);
        let mut slot = 0;
        while let Some(func) = unreached(&self.funcs, Node::Func, reached, &mut slot) {
            // Those of instances go with them.
            if self.funcs[func].host.is_some() {
                panics.drop(self.funcs.take(func));
            }
        }
        sweep(&mut self.tables, Node::Table, reached);
        sweep(&mut self.memories, Node::Memory, reached);
        self.forget_shared();
        self.forget_grown();
        sweep(&mut self.globals, Node::Global, reached);
        sweep(&mut self.tags, Node::Tag, reached);
        sweep(&mut self.seconds, Node::Second, reached);
        self.code
            .retain(|position| reached.has(Node::Code(position)));
        self.fresh = Fresh {
            items: 0,
            bytes: 0,
            old_items: self.items(),
            old_bytes: self.item_bytes(),
            looked_at: self.bytes_to_look_at(),
            in_vain: false,
            refused: 0,
            let_go: false,
        };
    }

    fn sweep_instances(&mut self, reached: &Reached) {
        let mut any = false;
        let mut slot = 0;
        while let Some(number) = unreached(&self.instances, Node::Instance, reached, &mut slot) {
            for func_ref in self.instances[number].func_refs() {
                // SAFETY: the instance is there, and with it its records.
                let slot = unsafe { func_ref.as_ref().handle };
                if let Some((func, _)) = self.funcs.at(slot) {
                    drop(self.funcs.take(func));
                }
            }
            drop(self.instances.take(number));
            any = true;
        }
        if any {
            let instances = &self.instances;
            for global in self.globals.iter_mut() {
                global.importers.retain(|importer| instances.has(*importer));
            }
        }
    }

    /// How many items there are, and their bytes.
    pub(crate) fn footprint(&self) -> (usize, usize) {
        (self.items(), self.item_bytes())
    }

    /// How many items there are, whether something reaches them or not.
    fn items(&self) -> usize {
        let (instances, funcs) = (self.instances.len(), self.funcs.len());
        let (tables, memories) = (self.tables.len(), self.memories.len());
        instances + funcs + tables + memories + self.globals.len() + self.tags.len()
    }

    /// Bytes of memories and tables.
    fn item_bytes(&self) -> usize {
        let memories = self.memories.iter().map(|memory| memory.length());
        let tables = self
            .tables
            .iter()
            .map(|table| size_of_val(table.elements()));
        memories.chain(tables).fold(0, usize::saturating_add)
    }
}

/// Drops those that were not reached.
fn sweep<N: Number, T>(slots: &mut Slots<N, T>, node: fn(u32) -> Node, reached: &Reached) {
    let mut slot = 0;
    while let Some(number) = unreached(slots, node, reached, &mut slot) {
        drop(slots.take(number));
    }
}

/// The next item that was not reached, from a slot on, which is moved behind it.
fn unreached<N: Number, T>(
    slots: &Slots<N, T>,
    node: fn(u32) -> Node,
    reached: &Reached,
    slot: &mut u32,
) -> Option<N> {
    while *slot < slots.slots() {
        let item = slots.at(*slot);
        *slot += 1;
        if let Some((number, _)) = item
            && !reached.has(node(number.slot()))
        {
            return Some(number);
        }
    }
    None
}
