//! What lies where: the node that an address belongs to.

use super::{Items, Node};
use crate::slots::Number;
use std::collections::TryReserveError;
use std::ops::Range;

/// Where everything lies that a word may lead to, sorted by address.
pub(super) struct Places {
    list: Vec<(Range<usize>, Node)>,
    /// From the first to the last.
    all: Range<usize>,
    /// Words that were looked up: a million stacks have the same ones, but for those that lead into
    /// themselves.
    known: [u64; KNOWN],
}

const KNOWN: usize = 256;

/// Where an item's record lies, and what belongs to it.
pub(crate) trait Lie {
    fn lie(&self, each: &mut dyn FnMut(Range<usize>));
}

impl Places {
    pub(super) fn of(items: &Items<'_>) -> Result<Self, TryReserveError> {
        let mut list = Vec::new();
        let mut failed = Ok(());
        each(items, &mut |place, node| {
            if failed.is_ok() && !place.is_empty() {
                failed = list.try_reserve(1);
                if failed.is_ok() {
                    list.push((place, node));
                }
            }
        });
        failed?;
        list.sort_unstable_by_key(|(place, _)| place.start);
        debug_assert!(
            list.is_sorted_by(|(a, _), (b, _)| a.end <= b.start),
            "nothing lies in something else"
        );
        let start = list.first().map_or(0, |(place, _)| place.start);
        let end = list.last().map_or(0, |(place, _)| place.end);
        Ok(Self {
            list,
            all: start..end,
            known: [0; KNOWN],
        })
    }

    /// Forgets which words were looked up.
    pub(super) fn forget_known(&mut self) {
        self.known = [0; KNOWN];
    }

    /// The node that a word leads to, the first time that it is asked for.
    #[inline]
    pub(super) fn find(&mut self, word: u64) -> Option<Node> {
        let address = word as usize;
        if !self.all.contains(&address) {
            return None;
        }
        let hash = (word >> 4).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56;
        let known = &mut self.known[hash as usize];
        if *known == word {
            return None;
        }
        *known = word;
        let after = self
            .list
            .partition_point(|(place, _)| place.start <= address);
        let (place, node) = &self.list[after.checked_sub(1)?];
        place.contains(&address).then_some(*node)
    }
}

fn each(items: &Items<'_>, note: &mut dyn FnMut(Range<usize>, Node)) {
    fn all<'a, N: Number, T: Lie + 'a>(
        items: impl Iterator<Item = (N, &'a T)>,
        node: fn(u32) -> Node,
        note: &mut dyn FnMut(Range<usize>, Node),
    ) {
        for (number, item) in items {
            item.lie(&mut |place| note(place, node(number.slot())));
        }
    }
    all(items.instances.entries(), Node::Instance, note);
    all(items.funcs.entries(), Node::Func, note);
    all(items.tables.entries(), Node::Table, note);
    all(items.memories.entries(), Node::Memory, note);
    all(items.globals.entries(), Node::Global, note);
    all(items.tags.entries(), Node::Tag, note);
    for (position, code) in items.code.modules() {
        note(code.start()..code.end(), Node::Code(position));
    }
}
