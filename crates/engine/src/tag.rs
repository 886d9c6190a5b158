//! Tags: what exceptions and suspensions are labelled with.

use crate::error::Error;
use crate::kept::not_there;
use crate::slots::TagNumber;
use crate::store::{AsContext, AsContextMut};
use crate::vm::store::{StoreId, StoreOpaque};
use bident_module::FuncType;

/// A tag of a store. Each is different from all others, whatever their types.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tag {
    store: StoreId,
    number: TagNumber,
}

impl Tag {
    pub(crate) fn new_handle(store: &StoreOpaque, number: TagNumber) -> Self {
        Self {
            store: store.id,
            number,
        }
    }

    pub(crate) fn number_in(self, store: &StoreOpaque) -> Result<TagNumber, Error> {
        if self.store == store.id && store.tags.has(self.number) {
            Ok(self.number)
        } else {
            Err(not_there("a tag", self.store == store.id))
        }
    }

    /// A tag whose exceptions and suspensions carry the parameters of a function type. Results are
    /// what a suspension goes on with; a tag of exceptions has none.
    ///
    /// # Errors
    /// Kind `Usage`: the type refers to one that the engine does not know. Kind `Limit`: it has more than
    /// 1,000 parameters or results.
    pub fn new(mut store: impl AsContextMut, ty: FuncType) -> Result<Self, Error> {
        let store = &mut store.context_mut().0.opaque;
        store.engine.check_func_type(&ty)?;
        let type_id = store.engine.type_id(&ty)?;
        store.collect_if_due();
        let number = store.add_tag(type_id)?;
        Ok(Self::new_handle(store, number))
    }

    /// Its type.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        let store = store.opaque().0;
        let number = self.number_in(store);
        let number = number.unwrap_or_else(|error| panic!("{error}"));
        store.tags[number].ty.clone()
    }
}
