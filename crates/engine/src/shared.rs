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
use crate::vm::lending::Lending;
use std::rc::Rc;

/// A store that callbacks on one thread share. Cheap to clone.
pub struct SharedStore<T: 'static>(Rc<Lending<T>>);

impl<T: 'static> Clone for SharedStore<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: 'static> SharedStore<T> {
    /// Takes a store to share it.
    pub fn new(store: Store<T>) -> Self {
        Self(Lending::new(store))
    }

    /// Runs `f` with the store borrowed; `None` if it is borrowed already and not lent.
    #[inline]
    pub fn try_with<R>(&self, f: impl FnOnce(&mut StoreContextMut<'_, T>) -> R) -> Option<R> {
        self.0.try_with(f)
    }

    /// Runs `f` with the store borrowed.
    ///
    /// # Panics
    /// If the store is borrowed already: a host function that calls back must [`Self::lend`] first.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&mut StoreContextMut<'_, T>) -> R) -> R {
        self.try_with(f)
            .expect("the store is borrowed: a host function did not lend it")
    }

    /// Lends the store, which a host function holds as `caller`, to whoever calls [`Self::with`] while
    /// `f` runs.
    ///
    /// # Panics
    /// If `caller` belongs to another store.
    #[inline(always)]
    pub fn lend<R>(&self, caller: &mut Caller<'_, T>, f: impl FnOnce() -> R) -> R {
        self.0.lend(caller, f)
    }
}
