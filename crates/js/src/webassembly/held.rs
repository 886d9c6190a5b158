//! JavaScript values that WebAssembly, or an error on its way through it, holds by number.

use super::claims::{Claim, Claims, Pace};
use super::realm::Realm;
use crate::raw::{Env, Marker, Own, Stored};
use bident::ExternRef;
use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex, PoisonError};

/// The values of a realm. Its object owns them, but for those that a parked call has claimed
/// (`claims.rs`).
#[derive(Default)]
pub(super) struct HeldValues {
    pub(super) slots: RefCell<Slots>,
    released: Arc<Released>,
    /// When it is asked next who should own them.
    pub(super) pace: Pace,
    /// Whether there are claims.
    pub(super) claimed: Cell<bool>,
}

#[derive(Default)]
pub(super) struct Slots {
    pub(super) list: Vec<Slot>,
    free: Vec<u32>,
    pub(super) claims: Claims,
}

#[derive(Default)]
pub(super) struct Slot {
    pub(super) value: Option<Stored>,
    pub(super) claim: Claim,
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
        self.pace.count();
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

    /// Tells the collector about the values that the realm's object owns.
    pub(super) fn mark(&self, marker: &Marker) {
        let slots = self.slots.borrow();
        let owned = slots.list.iter().filter(|slot| !slot.claim.is_made());
        let values = owned.filter_map(|slot| slot.value.as_ref());
        values.for_each(|value| value.mark(marker));
    }

    /// Drops the values.
    pub(super) fn clear(&self) {
        drop(self.slots.take());
    }
}

impl Realm {
    /// Keeps a JavaScript value for WebAssembly.
    pub(super) fn hold(&self, value: Own<'_>) -> ExternRef {
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
