//! References that the host holds: the store keeps alive what they name.

use crate::vm::lifetime::Node;
use crate::vm::store::{StoreId, StoreOpaque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

/// A reference to an exception, a continuation or an object, in the host's hands.
#[derive(Debug)]
pub(crate) struct Held {
    store: StoreId,
    word: u64,
    /// How many of its clones the owners have that a trace has counted.
    counted: AtomicU32,
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
    /// As of [`Held`].
    counted: AtomicU32,
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

/// Something whose clones a trace counts.
pub(crate) trait Counted {
    fn counted(&self) -> &AtomicU32;
}

impl Counted for Held {
    fn counted(&self) -> &AtomicU32 {
        &self.counted
    }
}

impl Counted for Holding {
    fn counted(&self) -> &AtomicU32 {
        &self.counted
    }
}

/// An owner has this clone.
pub(crate) fn count(held: &Arc<impl Counted>) {
    held.counted().fetch_add(1, Ordering::Relaxed);
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

    /// Begins to count anew.
    pub(crate) fn forget_counts(&mut self)
    where
        T: Counted,
    {
        (self.live()).for_each(|held| held.counted().store(0, Ordering::Relaxed));
    }

    /// All, each with whether somebody has it who was not counted.
    pub(crate) fn counted(&mut self) -> impl Iterator<Item = (Arc<T>, bool)> + '_
    where
        T: Counted,
    {
        self.live().map(|held| {
            // One is here.
            let clones = Arc::strong_count(&held) - 1;
            let counted = held.counted().load(Ordering::Relaxed) as usize;
            (held, clones > counted)
        })
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
        let holding = Arc::new(Holding {
            store,
            node,
            counted: AtomicU32::new(0),
        });
        self.kept.push(Arc::downgrade(&holding));
        holding
    }

    /// Takes a reference, which is not null, into the host's hands.
    pub(crate) fn hold(&mut self, word: u64) -> Arc<Held> {
        let store = self.id;
        let held = Arc::new(Held {
            store,
            word,
            counted: AtomicU32::new(0),
        });
        self.held.push(Arc::downgrade(&held));
        held
    }
}
