//! Tables.

use crate::error::Error;
use crate::kept::not_there;
use crate::limiter::Allowance;
use crate::slots::TableNumber;
use crate::store::{AsContext, AsContextMut};
use crate::value::Val;
use crate::vm::store::{StoreId, StoreOpaque};
use bident_abi::TrapCode;
use bident_module::{TableType, ValType};

/// A table of a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Table {
    store: StoreId,
    number: TableNumber,
}

impl Table {
    pub(crate) fn new_handle(store: &StoreOpaque, number: TableNumber) -> Self {
        Self {
            store: store.id,
            number,
        }
    }

    pub(crate) fn number_in(self, store: &StoreOpaque) -> Result<TableNumber, Error> {
        if self.store == store.id && store.tables.has(self.number) {
            Ok(self.number)
        } else {
            Err(not_there("a table", self.store == store.id))
        }
    }

    fn own(self, store: &StoreOpaque) -> TableNumber {
        self.number_in(store)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// A table filled with one element.
    ///
    /// # Errors
    /// Kind `Limit`: it is larger than the engine allows, or the system has no memory. Kind `Usage`: the
    /// element has another type, or the minimum exceeds the maximum.
    pub fn new(mut store: impl AsContextMut, ty: TableType, element: Val) -> Result<Self, Error> {
        let store = &mut store.context_mut().0.opaque;
        store.engine.check_types([&ValType::Ref(ty.element)])?;
        store.collect_if_due();
        let word = element.ref_to_word(store, ty.element)?;
        let number = store.add_table(ty, word, Allowance::Ask)?;
        Ok(Self::new_handle(store, number))
    }

    /// Its type; the minimum is the current size.
    ///
    /// # Panics
    /// If it belongs to another store; so do all functions below that give no `Result`.
    pub fn ty(&self, store: impl AsContext) -> TableType {
        let store = store.opaque().0;
        store.tables[self.own(store)].current_type()
    }

    /// Size in elements.
    pub fn size(&self, store: impl AsContext) -> u64 {
        let store = store.opaque().0;
        store.tables[self.own(store)].elements().len() as u64
    }

    /// The element at `index`; `None` beyond the end.
    pub fn get(&self, mut store: impl AsContextMut, index: u64) -> Option<Val> {
        let store = &mut store.context_mut().0.opaque;
        let table = &store.tables[self.own(store)];
        let word = *table.elements().get(usize::try_from(index).ok()?)?;
        let ty = ValType::Ref(table.ty.element);
        Some(Val::from_raw(store, ty, word.into()))
    }

    /// Changes the element at `index`.
    ///
    /// # Errors
    /// Kind `Trap`, `TableOutOfBounds`: beyond the end; see [`crate::Memory::read`]. Kind `Usage`: the
    /// element has another type, or it or the table belongs to another store.
    pub fn set(&self, mut store: impl AsContextMut, index: u64, element: Val) -> Result<(), Error> {
        let store = &mut store.context_mut().0.opaque;
        let own = self.number_in(store)?;
        let word = element.ref_to_word(store, store.tables[own].ty.element)?;
        let elements = store.tables[own].elements_mut();
        let size = elements.len();
        let slot = usize::try_from(index)
            .ok()
            .and_then(|i| elements.get_mut(i));
        *slot.ok_or_else(|| {
            let what = format_args!("element {index} is beyond the {size} of the table");
            Error::out_of_bounds(TrapCode::TableOutOfBounds, what)
        })? = word;
        Ok(())
    }

    /// Adds elements; gives the old size.
    ///
    /// # Errors
    /// Kind `Limit`: beyond the maximum of the type or of the engine, or the store's limiter or the system has no
    /// memory for it. Kind `Usage`: the element has another type, or it or the table belongs to another store. What the
    /// limiter ([`crate::Store::limiter`]) fails with.
    pub fn grow(
        &self,
        mut store: impl AsContextMut,
        delta: u64,
        element: Val,
    ) -> Result<u64, Error> {
        let store = &mut store.context_mut().0.opaque;
        let own = self.number_in(store)?;
        let word = element.ref_to_word(store, store.tables[own].ty.element)?;
        let size = store.tables[own].elements().len();
        store.grow_table(own, delta, word)?.ok_or_else(|| {
            Error::limit(format!(
                "a table of {size} elements cannot grow by {delta} elements"
            ))
        })
    }
}
