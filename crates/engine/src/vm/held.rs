//! References that the host holds: the store keeps alive what they name.

use crate::vm::lifetime::Node;
use crate::vm::store::{StoreId, StoreOpaque};
use std::sync::{Arc, Weak};

/// A reference to an exception, a continuation or an object, in the host's hands.
#[derive(Debug)]
pub(crate) struct Held {
    store: StoreId,
    word: u64,
}

impl Held {
    /// The word that compiled code has for it.
    pub(crate) fn word(&self) -> u64 {
        self.word
    }

    /// Whether both are the same word of the same store.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.store == other.store && self.word == other.word
    }

    /// Whether it belongs to a store.
    pub(crate) fn belongs_to(&self, store: &StoreOpaque) -> bool {
        self.store == store.id
    }
}

/// An item of a store, in the host's hands.
#[derive(Debug)]
pub(crate) struct Holding {
    store: StoreId,
    node: Node,
}

impl Holding {
    /// Which one.
    pub(crate) fn node(&self) -> Node {
        self.node
    }

    /// Whether it belongs to a store.
    pub(crate) fn belongs_to(&self, store: &StoreOpaque) -> bool {
        self.store == store.id
    }
}

/// What of a store the host holds. What it has dropped is forgotten at the next
/// collection, or when the list would have to grow.
pub(crate) struct HeldList<T>(Vec<Weak<T>>);

impl<T> Default for HeldList<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> HeldList<T> {
    /// Forgets what the host has dropped; gives the others.
    pub(crate) fn live(&mut self) -> impl Iterator<Item = Arc<T>> + '_ {
        self.0.retain(|held| held.strong_count() > 0);
        self.0.iter().filter_map(Weak::upgrade)
    }

    fn push(&mut self, held: Weak<T>) {
        if self.0.len() == self.0.capacity() {
            self.0.retain(|held| held.strong_count() > 0);
            // At least half is free afterwards, so that this happens rarely.
            self.0.reserve(self.0.len().max(8));
        }
        self.0.push(held);
    }
}

impl StoreOpaque {
    /// Keeps an item for the host.
    pub(crate) fn keep(&mut self, node: Node) -> Arc<Holding> {
        let store = self.id;
        let holding = Arc::new(Holding { store, node });
        self.kept.push(Arc::downgrade(&holding));
        holding
    }

    /// Takes a reference, which is not null, into the host's hands.
    pub(crate) fn hold(&mut self, word: u64) -> Arc<Held> {
        let store = self.id;
        let held = Arc::new(Held { store, word });
        self.held.push(Arc::downgrade(&held));
        held
    }
}
