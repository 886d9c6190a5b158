//! JavaScript values that WebAssembly, or an error on its way through it, holds by number.

use super::realm::Realm;
use crate::raw::{Env, Marker, Own, Stored};
use bident::ExternRef;
use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

/// The values of a realm.
#[derive(Default)]
pub(super) struct HeldValues {
    slots: RefCell<Slots>,
    released: Arc<Released>,
}

#[derive(Default)]
struct Slots {
    values: Vec<Option<Stored>>,
    free: Vec<u32>,
}

/// Numbers that nobody holds any more.
type Released = Mutex<Vec<u32>>;

/// A number of [`Slots`]. Given back when it is dropped, from whatever thread.
struct Held {
    slot: u32,
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
    fn hold(&self, value: Own<'_>) -> Held {
        let dropped = self.take_released();
        let mut slots = self.slots.borrow_mut();
        let slot = slots.free.pop().unwrap_or_else(|| {
            slots.values.push(None);
            slots.values.len() as u32 - 1
        });
        slots.values[slot as usize] = Some(value.store());
        drop(slots);
        // May run finalizers that look here.
        drop(dropped);
        Held {
            slot,
            released: self.released.clone(),
        }
    }

    /// Takes the values out that nobody holds any more.
    fn take_released(&self) -> Vec<Option<Stored>> {
        let mut released = self.released.lock().unwrap_or_else(PoisonError::into_inner);
        let released = std::mem::take(&mut *released);
        let mut slots = self.slots.borrow_mut();
        let values = &mut slots.values;
        let dropped = (released.iter())
            .map(|slot| values.get_mut(*slot as usize).and_then(Option::take))
            .collect();
        slots.free.extend(released);
        dropped
    }

    fn get<'js>(&self, env: Env<'js>, held: &Held) -> Option<Own<'js>> {
        let ours = Arc::ptr_eq(&held.released, &self.released);
        let slots = self.slots.borrow();
        let value = slots.values.get(held.slot as usize).filter(|_| ours)?;
        value.as_ref().map(|value| value.to_owned(env))
    }

    /// Tells the collector about the values.
    pub(super) fn mark(&self, marker: &Marker) {
        let slots = self.slots.borrow();
        let values = slots.values.iter().flatten();
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
