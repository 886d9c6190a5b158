//! Exceptions as the embedder sees them.

use crate::error::{Error, ErrorKind};
use crate::store::{AsContext, AsContextMut};
use crate::tag::Tag;
use crate::value::Val;
use crate::vm::held::Held;
use crate::vm::store::StoreOpaque;
use bident_abi::VmValue;
use bident_module::{FuncType, ValType};
use std::fmt;
use std::sync::Arc;

/// A WebAssembly exception. A host function that fails with one, as an [`Error`], throws it; a call
/// that WebAssembly leaves with one fails with it ([`Error::exception`]).
///
/// Cheap to clone. The store keeps what it carries for as long as a clone exists.
#[derive(Clone)]
pub struct Exception(Arc<Inner>);

struct Inner {
    held: Arc<Held>,
    tag: Tag,
    ty: FuncType,
}

impl Exception {
    /// An exception with this tag and these values.
    ///
    /// # Errors
    /// Kind `Usage`: number or type of the values is wrong, or one of them or the tag belongs to
    /// another store.
    pub fn new(mut store: impl AsContextMut, tag: Tag, values: &[Val]) -> Result<Self, Error> {
        let store = &mut store.context_mut().0.opaque;
        let index = tag.index_in(store)?;
        let ty = store.tags[index as usize].ty.clone();
        let (given, wanted) = (values.len(), ty.params().len());
        if given != wanted {
            return Err(Error::usage(format!(
                "an exception with this tag carries {wanted} values, got {given}"
            )));
        }
        // A word that was made may be the only reference to something until all are made, and making
        // one may collect: the transfer buffer is a root.
        for (i, (value, ty)) in values.iter().zip(ty.params()).enumerate() {
            let word = value.to_word(store, *ty)?;
            store.set_value(i, word);
        }
        let word = store.new_exn(store.tags[index as usize].record);
        Ok(Self::from_word(store, word))
    }

    /// Takes the exception that a handle names, which is not null.
    pub(crate) fn from_word(store: &mut StoreOpaque, word: u64) -> Self {
        let data = store.exns.get(word).expect("not null");
        let number = store.tag_number(data.tag);
        Self(Arc::new(Inner {
            held: store.hold(word),
            tag: Tag::new_handle(store, number),
            ty: store.tags[number as usize].ty.clone(),
        }))
    }

    /// Its handle.
    pub(crate) fn word_in(&self, store: &StoreOpaque) -> Result<u64, Error> {
        if self.0.held.belongs_to(store) {
            Ok(self.0.held.word())
        } else {
            Err(Error::usage("an exception of another store"))
        }
    }

    /// Its tag.
    pub fn tag(&self) -> Tag {
        self.0.tag
    }

    /// Types of the values it carries: the parameters of its tag.
    pub fn types(&self) -> &[ValType] {
        self.0.ty.params()
    }

    /// What it carries.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn values(&self, mut store: impl AsContextMut) -> Vec<Val> {
        let store = &mut store.context_mut().0.opaque;
        let word = match self.word_in(store) {
            Ok(word) => word,
            Err(error) => panic!("{error}"),
        };
        let values: Box<[VmValue]> = store.exns.get(word).expect("held").values.clone();
        let typed = self.types().iter().zip(values);
        typed
            .map(|(ty, value)| Val::from_word(store, *ty, value.low))
            .collect()
    }

    /// Whether both are the same exception.
    pub fn same(&self, other: &Self) -> bool {
        self.0.tag == other.0.tag && self.0.held.word() == other.0.held.word()
    }

    /// Whether it belongs to a store.
    pub fn belongs_to(&self, store: impl AsContext) -> bool {
        self.0.held.belongs_to(store.opaque().0)
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("uncaught exception")?;
        if !self.types().is_empty() {
            let types: Vec<String> = self.types().iter().map(ValType::to_string).collect();
            write!(f, " that carries ({})", types.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exception({:#x})", self.0.held.word())
    }
}

impl From<Exception> for Error {
    fn from(exception: Exception) -> Self {
        Self::of_exception(ErrorKind::Exception, exception)
    }
}
