//! Exceptions as the embedder sees them.

use crate::error::{Error, ErrorKind};
use crate::slots::Number;
use crate::store::{AsContext, AsContextMut};
use crate::tag::Tag;
use crate::value::{ExternRef, Val};
use crate::vm::heap::{ExnData, Heap};
use crate::vm::held::Held;
use crate::vm::lifetime::Node;
use crate::vm::store::{StoreId, StoreOpaque};
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
    /// another store. Kind `Limit`: see [`crate::Config::max_exception_memory`].
    pub fn new(mut store: impl AsContextMut, tag: Tag, values: &[Val]) -> Result<Self, Error> {
        let store = &mut store.context_mut().0.opaque;
        let number = tag.number_in(store)?;
        // Making the values may collect.
        let _kept = store.keep(Node::Tag(number.slot()));
        let ty = store.tags[number].ty.clone();
        let (given, wanted) = (values.len(), ty.params().len());
        if given != wanted {
            return Err(Error::usage(format!(
                "an exception with this tag carries {wanted} values, got {given}"
            )));
        }
        // A word that was made may be the only reference to something until all are made, and making
        // one may collect: the transfer buffer is a root.
        for (i, (value, ty)) in values.iter().zip(ty.params()).enumerate() {
            value.write(store, *ty, i)?;
        }
        let word = store
            .new_exn(store.tags[number].record.address())
            .map_err(Error::limit)?;
        Ok(Self::from_word(store, word))
    }

    /// Takes the exception that a handle names, which is not null.
    pub(crate) fn from_word(store: &mut StoreOpaque, word: u64) -> Self {
        let data = store.exns.get(word).expect("not null");
        let number = store.tag_number(data.tag);
        Self(Arc::new(Inner {
            held: store.hold(word),
            tag: Tag::new_handle(store, number),
            ty: store.tags[number].ty.clone(),
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

    /// Its handle, where another store would be the embedder's bug.
    fn expect_word(&self, store: &StoreOpaque) -> u64 {
        self.word_in(store)
            .unwrap_or_else(|error| panic!("{error}"))
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
        let word = self.expect_word(store);
        let values: Box<[VmValue]> = store.exns.get(word).expect("held").values.clone();
        let typed = self.types().iter().zip(values);
        typed
            .map(|(ty, value)| Val::from_raw(store, *ty, value))
            .collect()
    }

    /// A way back to it that does not keep it.
    ///
    /// # Panics
    /// If the exception belongs to another store.
    pub fn downgrade(&self, store: impl AsContext) -> WeakException {
        let store = store.opaque().0;
        let word = self.expect_word(store);
        WeakException {
            store: store.id,
            word,
            revision: store.exns.revision(word),
        }
    }

    /// Attaches a value of the host, in place of the one that was attached before: what an embedder
    /// has for the exception and wants to find again when it comes out of WebAssembly. Guests do not
    /// see it.
    ///
    /// The store keeps the value as long as the exception, which it frees by itself once neither
    /// WebAssembly nor the host can reach it. A value that holds a clone of the very exception keeps
    /// both for as long as the store lives.
    ///
    /// # Panics
    /// If the exception belongs to another store.
    pub fn attach(&self, mut store: impl AsContextMut, value: ExternRef) {
        let store = &mut store.context_mut().0.opaque;
        let word = self.expect_word(store);
        let data = store.exns.get_mut(word).expect("held");
        let before = data.attached.replace(value);
        // Its destructor is the embedder's code: not while the heap is borrowed.
        drop(before);
    }

    /// What was last attached.
    ///
    /// # Panics
    /// If the exception belongs to another store.
    pub fn attached(&self, store: impl AsContext) -> Option<ExternRef> {
        let store = store.opaque().0;
        let data = store.exns.get(self.expect_word(store)).expect("held");
        data.attached.clone()
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

/// Names an exception without keeping it: [`Exception::downgrade`].
#[derive(Clone, Copy, Debug)]
pub struct WeakException {
    store: StoreId,
    word: u64,
    revision: u32,
}

impl WeakException {
    /// The word of the exception in these, unless it was freed.
    pub(crate) fn word(&self, exns: &Heap<ExnData>) -> Option<u64> {
        exns.is_live(self.word, self.revision).then_some(self.word)
    }

    /// The exception, unless it was freed, or belongs to another store.
    pub fn upgrade(&self, mut store: impl AsContextMut) -> Option<Exception> {
        let store = &mut store.context_mut().0.opaque;
        let live = self.store == store.id && store.exns.is_live(self.word, self.revision);
        live.then(|| Exception::from_word(store, self.word))
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
