//! One store for host callbacks that nest.
//!
//! A JavaScript engine calls back into Rust from anywhere, also while WebAssembly of the same store
//! waits below on the host stack. [`SharedStore`] hands the exclusive borrow of the store down: a
//! host function *lends* its [`Caller`]'s borrow for as long as the callback runs.
//!
//! ```text
//!  with ──► Func::call ──► wasm ──► host function ──lend──► JavaScript ──with──► Func::call ──► ...
//! ```

use crate::host::Caller;
use crate::store::{Store, StoreContextMut};
use crate::vm::store::StoreInner;
use std::cell::{Cell, UnsafeCell};
use std::ptr::NonNull;
use std::rc::Rc;

/// A store that callbacks on one thread share. Cheap to clone.
pub struct SharedStore<T: 'static>(Rc<Shared<T>>);

struct Shared<T: 'static> {
    /// The borrow that the next `with` may take; `None` while one is taken.
    available: Cell<Option<NonNull<StoreInner<T>>>>,
    /// Where the store lies, to compare.
    address: *const StoreInner<T>,
    /// Owner. Only its drop touches it: every borrow goes through `available`.
    store: UnsafeCell<Store<T>>,
}

impl<T: 'static> Clone for SharedStore<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Puts a borrow back when a closure ends, also by a panic.
struct PutBack<'a, T: 'static>(&'a Shared<T>, Option<NonNull<StoreInner<T>>>);

impl<T: 'static> Drop for PutBack<'_, T> {
    fn drop(&mut self) {
        self.0.available.set(self.1);
    }
}

impl<T: 'static> SharedStore<T> {
    /// Takes a store to share it.
    pub fn new(mut store: Store<T>) -> Self {
        let address: *const StoreInner<T> = store.inner_mut();
        let store = UnsafeCell::new(store);
        let shared = Rc::new(Shared {
            available: Cell::new(None),
            address,
            store,
        });
        // SAFETY: nobody else has the owner; from here on it is only used through this borrow.
        let inner = NonNull::from(unsafe { (*shared.store.get()).inner_mut() });
        shared.available.set(Some(inner));
        Self(shared)
    }

    /// Runs `f` with the store borrowed; `None` if it is borrowed already and not lent.
    pub fn try_with<R>(&self, f: impl FnOnce(&mut StoreContextMut<'_, T>) -> R) -> Option<R> {
        let mut inner = self.0.available.take()?;
        let _back = PutBack(&self.0, Some(inner));
        // SAFETY: `available` holds the only usable borrow: the owner's, or one that `lend` keeps
        // from being used as long as it is here. It was taken out, so nobody else gets it.
        let mut context = StoreContextMut(unsafe { inner.as_mut() });
        Some(f(&mut context))
    }

    /// Runs `f` with the store borrowed.
    ///
    /// # Panics
    /// If the store is borrowed already: a host function that calls back must [`Self::lend`] first.
    pub fn with<R>(&self, f: impl FnOnce(&mut StoreContextMut<'_, T>) -> R) -> R {
        self.try_with(f)
            .expect("the store is borrowed: a host function did not lend it")
    }

    /// Lends the store, which a host function holds as `caller`, to whoever calls [`Self::with`] while
    /// `f` runs.
    ///
    /// # Panics
    /// If `caller` belongs to another store.
    pub fn lend<R>(&self, caller: &mut Caller<'_, T>, f: impl FnOnce() -> R) -> R {
        let inner = NonNull::from(caller.inner_mut());
        assert!(
            inner.as_ptr().cast_const() == self.0.address,
            "a caller of another store"
        );
        let _back = PutBack(&self.0, self.0.available.replace(Some(inner)));
        f()
    }
}
