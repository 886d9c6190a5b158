//! Globals.

use crate::error::Error;
use crate::kept::not_there;
use crate::slots::GlobalNumber;
use crate::store::{AsContext, AsContextMut};
use crate::value::Val;
use crate::vm::store::{StoreId, StoreOpaque};
use bident_module::GlobalType;

/// A global of a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Global {
    store: StoreId,
    number: GlobalNumber,
}

impl Global {
    pub(crate) fn new_handle(store: &StoreOpaque, number: GlobalNumber) -> Self {
        Self {
            store: store.id,
            number,
        }
    }

    pub(crate) fn number_in(self, store: &StoreOpaque) -> Result<GlobalNumber, Error> {
        if self.store == store.id && store.globals.has(self.number) {
            Ok(self.number)
        } else {
            Err(not_there("a global", self.store == store.id))
        }
    }

    fn own(self, store: &StoreOpaque) -> GlobalNumber {
        self.number_in(store)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// A global with an initial value.
    ///
    /// # Errors
    /// Kind `Usage`: the value has another type.
    pub fn new(mut store: impl AsContextMut, ty: GlobalType, value: Val) -> Result<Self, Error> {
        let store = &mut store.context_mut().0.opaque;
        store.engine.check_types([&ty.content])?;
        store.collect_if_due();
        let value = value.to_raw(store, ty.content)?;
        let number = store.add_global(ty, value)?;
        Ok(Self::new_handle(store, number))
    }

    /// Its type.
    ///
    /// # Panics
    /// If it belongs to another store; so does [`Global::get`].
    pub fn ty(&self, store: impl AsContext) -> GlobalType {
        let store = store.opaque().0;
        store.globals[self.own(store)].ty
    }

    /// Its value.
    pub fn get(&self, mut store: impl AsContextMut) -> Val {
        let store = &mut store.context_mut().0.opaque;
        let own = self.own(store);
        let (ty, value) = (store.globals[own].ty.content, store.global(own));
        Val::from_raw(store, ty, value)
    }

    /// Changes its value.
    ///
    /// # Errors
    /// Kind `Usage`: it is immutable, the value has another type, or it or the global belongs to another
    /// store.
    pub fn set(&self, mut store: impl AsContextMut, value: Val) -> Result<(), Error> {
        let store = &mut store.context_mut().0.opaque;
        let own = self.number_in(store)?;
        let ty = store.globals[own].ty;
        if !ty.mutable {
            return Err(Error::usage("an immutable global cannot be set"));
        }
        let value = value.to_raw(store, ty.content)?;
        store.set_global(own, value);
        Ok(())
    }
}
