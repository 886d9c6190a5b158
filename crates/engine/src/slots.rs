//! What a store has, by number. What nothing reaches is taken out, and others get its slot; so a number
//! says which of those that have had the slot it means, and one that is left over finds nothing.

use crate::alloc;
use crate::error::Error;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A slot, and which of those that have had it.
pub(crate) trait Number: Copy {
    fn new(slot: u32, revision: u32) -> Self;
    fn slot(self) -> u32;
    fn revision(self) -> u32;
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub(crate) struct $name {
            slot: u32,
            revision: u32,
        }

        impl Number for $name {
            #[inline]
            fn new(slot: u32, revision: u32) -> Self {
                Self { slot, revision }
            }

            #[inline]
            fn slot(self) -> u32 {
                self.slot
            }

            #[inline]
            fn revision(self) -> u32 {
                self.revision
            }
        }
    )*};
}

numbers! {
    /// A function that the host knows, in its store.
    FuncNumber
    /// A table, in its store.
    TableNumber
    /// A memory, in its store.
    MemoryNumber
    /// A global, in its store.
    GlobalNumber
    /// A tag, in its store.
    TagNumber
    /// An instance, in its store.
    InstanceNumber
    /// A second stack, in its store.
    SecondNumber
}

impl FuncNumber {
    /// That of a function which has none.
    pub(crate) const NONE: Self = Self {
        slot: NO_SLOT,
        revision: 0,
    };
}

/// The slot of an instance that is known to be there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InstanceSlot(pub(crate) u32);

/// The slot of nothing.
pub(crate) const NO_SLOT: u32 = u32::MAX;

struct Slot<T> {
    /// How many have had it before.
    revision: u32,
    /// Of one with an item: [`KEPT`] or [`NOT_KEPT`]. Of one without: the next such, or [`NO_SLOT`].
    link: u32,
    item: Option<T>,
}

/// It is a root: the embedder has it in hand.
const KEPT: u32 = 1;
const NOT_KEPT: u32 = 0;

/// See the module.
pub(crate) struct Slots<N, T> {
    slots: Vec<Slot<T>>,
    /// The first without an item, or [`NO_SLOT`].
    free: u32,
    /// How many have none.
    empty: u32,
    numbers: PhantomData<N>,
}

impl<N, T> Default for Slots<N, T> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: NO_SLOT,
            empty: 0,
            numbers: PhantomData,
        }
    }
}

impl<N: Number, T> Slots<N, T> {
    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.empty as usize
    }

    /// How many slots there are, with an item or without.
    pub(crate) fn slots(&self) -> u32 {
        self.slots.len() as u32
    }

    /// Room for one more; an error where there is no memory.
    pub(crate) fn room(&mut self, what: &str) -> Result<(), Error> {
        if self.free == NO_SLOT {
            if self.slots.len() + 1 >= NO_SLOT as usize {
                return Err(Error::limit(format_args!("no number for {what}")));
            }
            alloc::room_from_one(&mut self.slots, what)?;
        }
        Ok(())
    }

    /// The number of the next one that is put in.
    pub(crate) fn next(&self) -> N {
        match self.slots.get(self.free as usize) {
            Some(slot) => N::new(self.free, slot.revision),
            None => N::new(self.slots.len() as u32, 0),
        }
    }

    /// Puts an item in, for which there is room. It is kept until it is [`Self::release`]d.
    pub(crate) fn put(&mut self, item: T) -> N {
        let number = self.next();
        match self.slots.get_mut(self.free as usize) {
            Some(slot) => {
                self.free = std::mem::replace(&mut slot.link, KEPT);
                self.empty -= 1;
                slot.item = Some(item);
            }
            None => {
                // As `room` does, for those who did not ask.
                if self.slots.len() == self.slots.capacity() {
                    self.slots.reserve_exact(self.slots.len().max(1));
                }
                self.slots.push(Slot {
                    revision: 0,
                    link: KEPT,
                    item: Some(item),
                });
            }
        }
        number
    }

    /// Puts an item in; an error where there is no memory.
    pub(crate) fn push(&mut self, item: T, what: &str) -> Result<N, Error> {
        self.room(what)?;
        Ok(self.put(item))
    }

    /// Takes an item out.
    pub(crate) fn take(&mut self, number: N) -> Option<T> {
        self.get(number)?;
        let slot = &mut self.slots[number.slot() as usize];
        let item = slot.item.take();
        self.empty += 1;
        // One that has had all revisions is never used again.
        match slot.revision.checked_add(1) {
            Some(revision) => {
                slot.revision = revision;
                slot.link = std::mem::replace(&mut self.free, number.slot());
            }
            None => slot.link = NO_SLOT,
        }
        item
    }

    /// Keeps an item, until it is released.
    pub(crate) fn keep(&mut self, number: N) {
        if self.has(number) {
            self.slots[number.slot() as usize].link = KEPT;
        }
    }

    /// Lets go of an item: it lives on only as long as something reaches it.
    pub(crate) fn release(&mut self, number: N) {
        if self.has(number) {
            self.slots[number.slot() as usize].link = NOT_KEPT;
        }
    }

    /// Whether there is the item that a number means.
    #[inline]
    pub(crate) fn has(&self, number: N) -> bool {
        self.get(number).is_some()
    }

    #[inline]
    pub(crate) fn get(&self, number: N) -> Option<&T> {
        let slot = self.slots.get(number.slot() as usize)?;
        slot.item
            .as_ref()
            .filter(|_| slot.revision == number.revision())
    }

    /// The item in a slot, with its number.
    pub(crate) fn at(&self, slot: u32) -> Option<(N, &T)> {
        let entry = self.slots.get(slot as usize)?;
        let number = N::new(slot, entry.revision);
        entry.item.as_ref().map(|item| (number, item))
    }

    /// The item in a slot, of which is known that there is one.
    #[inline]
    pub(crate) fn in_slot(&self, slot: u32) -> &T {
        let item = self.slots[slot as usize].item.as_ref();
        item.unwrap_or_else(|| gone())
    }

    /// The number of the item in a slot, of which is known that there is one.
    #[inline]
    pub(crate) fn number(&self, slot: u32) -> N {
        let revision = self.slots.get(slot as usize).map(|entry| entry.revision);
        N::new(slot, revision.unwrap_or_default())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(|slot| slot.item.as_ref())
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.slots.iter_mut().filter_map(|slot| slot.item.as_mut())
    }

    /// All, with their numbers.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (N, &T)> {
        (0..self.slots()).filter_map(|slot| self.at(slot))
    }

    /// Slots of those that are kept.
    pub(crate) fn kept(&self) -> impl Iterator<Item = u32> {
        let numbered = self.slots.iter().zip(0..);
        let kept = |slot: &Slot<T>| slot.item.is_some() && slot.link == KEPT;
        numbered.filter_map(move |(slot, number)| kept(slot).then_some(number))
    }

    /// Two at once; `None` where they are one and the same, or not there.
    pub(crate) fn two_mut(&mut self, a: N, b: N) -> Option<[&mut T; 2]> {
        if !(self.has(a) && self.has(b)) {
            return None;
        }
        let slots = [a.slot() as usize, b.slot() as usize];
        let [a, b] = self.slots.get_disjoint_mut(slots).ok()?;
        Some([a.item.as_mut()?, b.item.as_mut()?])
    }
}

#[cold]
fn gone() -> ! {
    panic!("it was given back, but somebody has its number")
}

impl<N: Number, T> Index<N> for Slots<N, T> {
    type Output = T;
    #[inline]
    fn index(&self, number: N) -> &T {
        self.get(number).unwrap_or_else(|| gone())
    }
}

impl<N: Number, T> IndexMut<N> for Slots<N, T> {
    #[inline]
    fn index_mut(&mut self, number: N) -> &mut T {
        let slot = self.slots.get_mut(number.slot() as usize);
        let slot = slot.filter(|slot| slot.revision == number.revision());
        slot.and_then(|slot| slot.item.as_mut())
            .unwrap_or_else(|| gone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_left_over_finds_nothing() {
        let mut slots: Slots<TagNumber, i32> = Slots::default();
        let first = slots.push(1, "a test").unwrap();
        assert_eq!(slots.take(first), Some(1));
        assert_eq!(slots.take(first), None);
        let second = slots.push(2, "a test").unwrap();
        assert_eq!(first.slot(), second.slot());
        assert_eq!((slots.get(first), slots.get(second)), (None, Some(&2)));
        slots.release(first);
        assert_eq!(slots.kept().collect::<Vec<_>>(), [0]);
        assert_eq!((slots.len(), slots.slots()), (1, 1));
    }

    #[test]
    fn a_slot_that_has_had_all_revisions_is_left_alone() {
        let mut slots: Slots<TagNumber, i32> = Slots::default();
        let mut last = slots.push(1, "a test").unwrap();
        slots.slots[0].revision = u32::MAX;
        last.revision = u32::MAX;
        assert_eq!(slots.take(last), Some(1));
        let next = slots.push(2, "a test").unwrap();
        assert_eq!((next.slot(), slots.get(last)), (1, None));
    }
}
