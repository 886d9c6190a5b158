//! JavaScript values that WebAssembly, or an error on its way through it, holds by number.

use super::realm::Realm;
use crate::raw::{Env, Marker, Own, Stored};
use bident::ExternRef;
use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

/// The values of a realm. Its object owns them; a collection sees who leads to them (`sharing.rs`).
#[derive(Default)]
pub(super) struct HeldValues {
    slots: RefCell<Slots>,
    released: Arc<Released>,
}

#[derive(Default)]
struct Slots {
    list: Vec<Slot>,
    free: Vec<u32>,
}

#[derive(Default)]
pub(super) struct Slot {
    value: Option<Stored>,
    share: Share,
}

/// Who reports a slot to the collector.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Share {
    /// The realm's object.
    #[default]
    Realm,
    /// The first owner that leads to it.
    Owners,
    /// One has.
    Reported,
}

impl Share {
    /// Lets owners report it; whether they did not.
    pub(super) fn share(&mut self) -> bool {
        std::mem::replace(self, Self::Owners) != Self::Owners
    }

    /// An owner reports it; whether it is the first.
    pub(super) fn report(&mut self) -> bool {
        let is_first = *self == Self::Owners;
        if is_first {
            *self = Self::Reported;
        }
        is_first
    }
}

/// Numbers that nobody holds any more.
type Released = Mutex<Vec<u32>>;

/// A number of [`Slots`]. Given back when it is dropped, from whatever thread.
pub(super) struct Held {
    pub(super) slot: u32,
    released: Arc<Released>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut released = (self.released.lock()).unwrap_or_else(PoisonError::into_inner);
        released.push(self.slot);
    }
}

/// A JavaScript exception on its way through WebAssembly that nothing there catches.
#[derive(thiserror::Error)]
#[error("JavaScript exception")]
pub(super) struct Carried(Held);

impl std::fmt::Debug for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Carried")
    }
}

impl HeldValues {
    /// Keeps a value, until what this gives is dropped.
    pub(super) fn hold(&self, value: Own<'_>) -> Held {
        let dropped = self.take_released();
        let mut slots = self.slots.borrow_mut();
        let slot = slots.free.pop().unwrap_or_else(|| {
            slots.list.push(Slot::default());
            slots.list.len() as u32 - 1
        });
        slots.list[slot as usize].value = Some(value.store());
        drop(slots);
        // May run finalizers that look here.
        drop(dropped);
        Held {
            slot,
            released: self.released.clone(),
        }
    }

    /// Takes the values out that nobody holds any more.
    pub(super) fn take_released(&self) -> Vec<Slot> {
        let mut released = self.released.lock().unwrap_or_else(PoisonError::into_inner);
        let released = std::mem::take(&mut *released);
        let mut slots = self.slots.borrow_mut();
        let list = &mut slots.list;
        let dropped = (released.iter())
            .filter_map(|slot| list.get_mut(*slot as usize).map(std::mem::take))
            .collect();
        slots.free.extend(released);
        dropped
    }

    /// Whether a number is one of these.
    pub(super) fn gave(&self, held: &Held) -> bool {
        Arc::ptr_eq(&held.released, &self.released)
    }

    /// The value that is kept so; `None` if another realm keeps it.
    pub(super) fn get<'js>(&self, env: Env<'js>, held: &Held) -> Option<Own<'js>> {
        let slots = self.slots.borrow();
        let slot = slots.list.get(held.slot as usize);
        let value = slot.filter(|_| self.gave(held))?.value.as_ref();
        value.map(|value| value.to_owned(env))
    }

    /// Tells the collector about the values that the realm's object reports.
    pub(super) fn mark(&self, marker: &Marker, shared: bool) {
        let slots = self.slots.borrow();
        let owned = (slots.list.iter()).filter(|slot| !shared || slot.share == Share::Realm);
        let values = owned.filter_map(|slot| slot.value.as_ref());
        values.for_each(|value| value.mark(marker));
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        let slots = self.slots.borrow();
        slots.list.len() - slots.free.len()
    }

    /// Says of all who reports them.
    pub(super) fn set_all(&self, share: Share) {
        let slots = &mut *self.slots.borrow_mut();
        slots.list.iter_mut().for_each(|slot| slot.share = share);
    }

    /// Lets owners report a slot; whether they did not.
    pub(super) fn share(&self, slot: u32) -> bool {
        let slots = &mut *self.slots.borrow_mut();
        let slot = slots.list.get_mut(slot as usize);
        slot.is_some_and(|slot| slot.value.is_some() && slot.share.share())
    }

    /// An owner reports a slot to the collector; whether it is the first.
    pub(super) fn report(&self, slot: u32, marker: &Marker) -> bool {
        let slots = &mut *self.slots.borrow_mut();
        let slot = slots.list.get_mut(slot as usize);
        let slot = slot.and_then(|slot| slot.share.report().then_some(slot));
        let value = slot.and_then(|slot| slot.value.as_ref());
        value.inspect(|value| value.mark(marker)).is_some()
    }

    /// Drops the value in a slot.
    pub(super) fn drop_value(&self, slot: u32) {
        let mut slots = self.slots.borrow_mut();
        let value = (slots.list.get_mut(slot as usize)).and_then(|slot| slot.value.take());
        drop(slots);
        // May run finalizers that look here.
        drop(value);
    }

    /// Drops the values.
    pub(super) fn clear(&self) {
        drop(self.slots.take());
    }
}

impl Realm {
    /// Keeps a JavaScript value for WebAssembly.
    pub(super) fn hold(&self, value: Own<'_>) -> ExternRef {
        self.sharing.count();
        ExternRef::new(self.held.hold(value))
    }

    /// Keeps a JavaScript exception that WebAssembly cannot catch as an error of the engine's.
    pub(super) fn carry(&self, exception: Own<'_>) -> bident::Error {
        bident::Error::new(Carried(self.held.hold(exception)))
    }

    /// The JavaScript value that WebAssembly holds as `value`; `None` if another host made it.
    pub(super) fn value_of<'js>(&self, env: Env<'js>, value: &ExternRef) -> Option<Own<'js>> {
        self.held.get(env, value.data().downcast_ref::<Held>()?)
    }

    /// The exception in an error, if it is one of JavaScript's.
    pub(super) fn carried<'js>(&self, env: Env<'js>, error: &bident::Error) -> Option<Own<'js>> {
        let Carried(held) = error.downcast_ref()?;
        self.held.get(env, held)
    }
}
