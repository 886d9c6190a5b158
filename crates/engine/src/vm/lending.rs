//! The borrow of a store that is shared: who may use it now. See [`crate::SharedStore`].

use crate::host::Caller;
use crate::store::{Store, StoreContextMut};
use crate::vm::store::StoreInner;
use std::cell::{Cell, UnsafeCell};
use std::ptr::NonNull;
use std::rc::Rc;

/// A store whose exclusive borrow is handed down.
pub(crate) struct Lending<T: 'static> {
    /// The borrow that the next `with` may take; `None` while one is taken.
    available: Cell<Option<NonNull<StoreInner<T>>>>,
    /// Where the store lies, to compare.
    address: *const StoreInner<T>,
    /// Owner. Only its drop touches it: every borrow goes through `available`.
    store: UnsafeCell<Store<T>>,
}

/// Puts a borrow back when a closure ends, also by a panic.
struct PutBack<'a, T: 'static>(&'a Lending<T>, Option<NonNull<StoreInner<T>>>);

impl<T: 'static> Drop for PutBack<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.0.available.set(self.1);
    }
}

impl<T: 'static> Lending<T> {
    pub(crate) fn new(mut store: Store<T>) -> Rc<Self> {
        let address: *const StoreInner<T> = store.inner_mut();
        let store = UnsafeCell::new(store);
        let shared = Rc::new(Self {
            available: Cell::new(None),
            address,
            store,
        });
        // SAFETY: nobody else has the owner; from here on it is only used through this borrow.
        let inner = NonNull::from(unsafe { (*shared.store.get()).inner_mut() });
        shared.available.set(Some(inner));
        shared
    }

    /// Runs `f` with the store borrowed; `None` if it is borrowed already and not lent.
    #[inline]
    pub(crate) fn try_with<R>(
        &self,
        f: impl FnOnce(&mut StoreContextMut<'_, T>) -> R,
    ) -> Option<R> {
        let mut inner = self.available.take()?;
        let _back = PutBack(self, Some(inner));
        // SAFETY: `available` holds the only usable borrow: the owner's, or one that `lend` keeps
        // from being used as long as it is here. It was taken out, so nobody else gets it.
        let mut context = StoreContextMut(unsafe { inner.as_mut() });
        Some(f(&mut context))
    }

    /// Lends the store, which a host function holds as `caller`, to whoever calls [`Self::try_with`]
    /// while `f` runs.
    ///
    /// # Panics
    /// If `caller` belongs to another store.
    #[inline(always)]
    pub(crate) fn lend<R>(&self, caller: &mut Caller<'_, T>, f: impl FnOnce() -> R) -> R {
        let inner = NonNull::from(caller.inner_mut());
        assert!(
            inner.as_ptr().cast_const() == self.address,
            "a caller of another store"
        );
        let _back = PutBack(self, self.available.replace(Some(inner)));
        f()
    }
}
