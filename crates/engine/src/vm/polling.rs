//! What a poll lends: the store, to the futures that run meanwhile; the waker, to host functions.
//!
//! ```text
//!  who polls ── drive(waker) ──► WebAssembly ──► async host function: its future's first poll takes the waker
//!      └─────── lend(store) ───► Future::poll ──► Key::borrow: the store, for a moment
//! ```
//!
//! A future lives for as long as it likes and has no borrow of the store, only a [`Key`]: that finds the store
//! which is lent on this thread, if it is the right one and nobody has it. Both notes are undone where the
//! function that made them ends, also by a panic.

use crate::vm::store::{StoreId, StoreInner, StoreOpaque};
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;
use std::task::Waker;

thread_local! {
    static LENT: Cell<Lent> = const { Cell::new(Lent::NOTHING) };
    static DRIVER: Cell<Driver> = const { Cell::new(Driver { waker: ptr::null(), number: 0 }) };
    /// How many polls this thread has driven.
    static NUMBER: Cell<u64> = const { Cell::new(0) };
}

/// The store that a future may borrow now.
#[derive(Clone, Copy)]
struct Lent {
    id: Option<StoreId>,
    /// A `StoreInner` of the type that all keys with this identity have; nobody uses it while it lies here.
    store: *mut (),
}

impl Lent {
    const NOTHING: Self = Self {
        id: None,
        store: ptr::null_mut(),
    };
}

/// Puts the note back that was there before.
struct PutBack(Lent);

impl Drop for PutBack {
    #[inline]
    fn drop(&mut self) {
        LENT.set(self.0);
    }
}

/// Lends a store to the futures that `f` polls.
#[inline]
pub(crate) fn lend<T: 'static, R>(store: &mut StoreInner<T>, f: impl FnOnce() -> R) -> R {
    let lent = Lent {
        id: Some(store.opaque.id),
        store: ptr::from_mut(store).cast(),
    };
    let _back = PutBack(LENT.replace(lent));
    f()
}

/// Finds the store of one identity where it is lent.
pub(crate) struct Key<T: 'static> {
    id: StoreId,
    /// Neither more nor less than the type of the store's data.
    _data: PhantomData<fn(T) -> T>,
}

impl<T: 'static> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: 'static> Copy for Key<T> {}

impl Key<()> {
    /// The key of a store whose type of data does not matter: what it borrows is used for the rest only.
    pub(crate) fn of_opaque(store: &StoreOpaque) -> Self {
        Self {
            id: store.id,
            _data: PhantomData,
        }
    }
}

impl<T: 'static> Key<T> {
    pub(crate) fn of(store: &StoreInner<T>) -> Self {
        Self {
            id: store.opaque.id,
            _data: PhantomData,
        }
    }

    /// Runs `f` with the store; `None` where that is not lent on this thread, or somebody has it already.
    #[inline]
    pub(crate) fn borrow<R>(self, f: impl FnOnce(&mut StoreInner<T>) -> R) -> Option<R> {
        let lent = LENT.get();
        if lent.id != Some(self.id) {
            return None;
        }
        LENT.set(Lent::NOTHING);
        let _back = PutBack(lent);
        // SAFETY: `lend` has it borrowed exclusively, and does not use it while the note is there, which it
        // takes away before it ends. The note was taken out, so nobody else finds it. A store's identity is
        // its own, and the key was made of the store, so its data has the type T; or that is `()`, which is
        // nothing.
        let store = unsafe { &mut *lent.store.cast::<StoreInner<T>>() };
        Some(f(store))
    }
}

/// Who polls on this thread.
#[derive(Clone, Copy)]
struct Driver {
    /// Null if nobody does.
    waker: *const Waker,
    number: u64,
}

/// Puts the driver back that was there before.
struct Resign(Driver);

impl Drop for Resign {
    #[inline]
    fn drop(&mut self) {
        DRIVER.set(self.0);
    }
}

/// Runs `f`; host functions that are called meanwhile find this waker. `f` gets the number of the poll, which
/// no other has on this thread.
#[inline]
pub(crate) fn drive<R>(waker: &Waker, f: impl FnOnce(u64) -> R) -> R {
    let number = NUMBER.get() + 1;
    NUMBER.set(number);
    let _back = Resign(DRIVER.replace(Driver { waker, number }));
    f(number)
}

/// Runs `f` with the waker of whoever polls, and the number of that poll; where nobody does, with one that
/// does nothing, and 0.
#[inline]
pub(crate) fn with_waker<R>(f: impl FnOnce(&Waker, u64) -> R) -> R {
    let driver = DRIVER.get();
    // SAFETY: `drive` has it borrowed for as long as the note is there, so while `f` runs.
    match unsafe { driver.waker.as_ref() } {
        Some(waker) => f(waker, driver.number),
        None => f(Waker::noop(), 0),
    }
}
