//! Continuations in the host's hands.
//!
//! ```text
//!  Continuation::new(func)       ┐
//!  result, argument or payload   ├─► continuation ── resume(values, handlers) ──► wasm ...
//!  Outcome::Suspended            ┘        ▲                                           │
//!                                         └── Suspended(tag, values, continuation) ◄──┤ suspend
//!                                             Returned(results)                    ◄──┤ end
//!                                             Parked(call)                         ◄──┘ pending host call
//! ```

use crate::error::Error;
use crate::exception::Exception;
use crate::func::Func;
use crate::outcome::{Outcome, Results};
use crate::store::OpaqueContext;
use crate::store::{AsContext, AsContextMut};
use crate::tag::Tag;
use crate::value::{Side, Val};
use crate::vm::enter::{self, Captured, Handlers};
use crate::vm::held::Held;
use crate::vm::store::StoreOpaque;
use bident_module::{FuncType, TypeId};
use std::fmt;
use std::sync::Arc;

/// A continuation: a stack that was suspended, or that has not begun. Good for one use, like every
/// reference to a continuation; clones name the same.
///
/// The store keeps the stack for as long as a clone exists and it was not used.
#[derive(Clone)]
pub struct Continuation(Arc<Inner>);

struct Inner {
    held: Arc<Held>,
    known: Known,
}

/// What is known of the type of a continuation.
#[derive(Clone)]
enum Known {
    /// WebAssembly gave it under this type.
    Type(TypeId, FuncType),
    /// The host was handed it, or made it.
    Func(FuncType),
    /// WebAssembly gave it as `contref`.
    Nothing,
}

/// A suspension that a handler of the host has caught.
#[derive(Debug)]
pub struct Suspended {
    /// Its tag.
    pub tag: Tag,
    /// What it carries: the parameters of the tag.
    pub values: Results,
    /// What goes on when it is resumed with the results of the tag.
    pub continuation: Continuation,
}

impl Continuation {
    /// A continuation that will call a function.
    ///
    /// # Errors
    /// Kind `Limit`: no stack. Kind `Usage`: the function belongs to another store.
    pub fn new(mut store: impl AsContextMut, func: &Func) -> Result<Self, Error> {
        let store = &mut store.context_mut().0.opaque;
        let number = func.number_in(store)?;
        let ty = store.funcs[number].ty.clone();
        let word = store.create_cont_of(number)?;
        Ok(Self::of(store, word, Known::Func(ty)))
    }

    /// What keeps it, if this is the only clone.
    pub(crate) fn only_clone(&self) -> Option<&Arc<Held>> {
        (Arc::strong_count(&self.0) == 1).then_some(&self.0.held)
    }

    /// The word that compiled code has for it.
    pub(crate) fn word(&self) -> u64 {
        self.0.held.word()
    }

    fn of(store: &mut StoreOpaque, word: u64, known: Known) -> Self {
        let held = store.hold(word);
        Self(Arc::new(Inner { held, known }))
    }

    /// Takes a reference that WebAssembly gave under a type, where that is a defined one.
    pub(crate) fn from_word(store: &mut StoreOpaque, word: u64, ty: Option<TypeId>) -> Self {
        let known = match ty {
            Some(id) => Known::Type(id, store.engine.func_type_of_cont(id)),
            None => Known::Nothing,
        };
        Self::of(store, word, known)
    }

    /// Its word, as a value of a continuation type, or of `contref`.
    pub(crate) fn word_as(&self, store: &StoreOpaque, ty: Option<TypeId>) -> Option<u64> {
        let fits = self.0.held.belongs_to(store)
            && ty.is_none_or(|wanted| match &self.0.known {
                Known::Type(given, _) => store.engine.is_subtype(*given, wanted),
                Known::Func(func) => *func == store.engine.func_type_of_cont(wanted),
                Known::Nothing => false,
            });
        fits.then(|| self.0.held.word())
    }

    /// What it takes when it is resumed, and what it gives when it ends; `None` where WebAssembly gave
    /// it as plain `contref`, which cannot be resumed.
    pub fn ty(&self) -> Option<&FuncType> {
        match &self.0.known {
            Known::Type(_, ty) | Known::Func(ty) => Some(ty),
            Known::Nothing => None,
        }
    }

    /// Whether it was used: resumed, bound or switched to, by whoever had a reference to it.
    pub fn is_used(&self, store: impl AsContext) -> bool {
        let store = store.opaque().0;
        !self.0.held.belongs_to(store) || !store.is_cont(self.0.held.word())
    }

    /// Takes it from whoever else has a reference to it: for them it is used. What this gives goes on as it would
    /// have.
    ///
    /// # Errors
    /// Kind `Trap` if it was used; kind `Usage` if it is of another store; kind `Limit`: no memory.
    pub fn take(&self, mut store: impl AsContextMut) -> Result<Self, Error> {
        let store = &mut store.context_mut().0.opaque;
        let word = self.word_in(store)?;
        let known = self.0.known.clone();
        let taken = store.bind_cont(word, 0, 0)?;
        Ok(Self::of(store, taken, known))
    }

    /// Runs it with these values until it ends, suspends with one of the tags in `handlers`, or is
    /// parked by a host function that answers that it is pending. Other tags find no handler: the
    /// frame of the host that resumes is a barrier.
    ///
    /// # Errors
    /// As for [`Func::start`]; also kind `Trap` if it was used, kind `Usage` if its type is not known,
    /// number or types of the values are wrong, or something is of another store: it is not used then.
    ///
    /// # Panics
    /// As for [`Func::call`].
    pub fn resume(
        &self,
        mut store: impl AsContextMut,
        values: &[Val],
        handlers: &[Tag],
    ) -> Result<Outcome, Error> {
        let inner = store.context_mut().0;
        let store = &mut inner.opaque;
        let word = self.word_in(store)?;
        let ty = self.ty().ok_or_else(untyped)?.clone();
        let handlers = Handlers::new(store, handlers)?;
        store.func_of_cont(word)?;
        enter::write_reversed(store, ty.params(), values)?;
        enter::resume_cont(inner, word, handlers)
    }

    /// Goes on with an exception where it was suspended.
    ///
    /// # Errors
    /// As for [`Continuation::resume`]. The exception itself, if WebAssembly does not catch it.
    ///
    /// # Panics
    /// As for [`Continuation::resume`].
    pub fn throw(
        &self,
        mut store: impl AsContextMut,
        exception: &Exception,
        handlers: &[Tag],
    ) -> Result<Outcome, Error> {
        let inner = store.context_mut().0;
        let store = &mut inner.opaque;
        let word = self.word_in(store)?;
        let exn = exception.word_in(store)?;
        let handlers = Handlers::new(store, handlers)?;
        enter::throw_into_cont(inner, word, handlers, exn)
    }

    fn word_in(&self, store: &StoreOpaque) -> Result<u64, Error> {
        if self.0.held.belongs_to(store) {
            Ok(self.0.held.word())
        } else {
            Err(Error::usage("a continuation of another store"))
        }
    }
}

impl Suspended {
    /// Takes what was suspended to the host; its payload is in the transfer buffer. The continuation
    /// takes the results of the tag, and gives those of the function its last stack began with.
    pub(crate) fn new(store: &mut StoreOpaque, captured: Captured) -> Self {
        let Captured { word, tag, func } = captured;
        let tag_type = tag.ty(OpaqueContext(store));
        let results = store.types(func, Side::Results).to_vec();
        let ty = FuncType::new(tag_type.results().iter().copied(), results);
        let continuation = Continuation::of(store, word, Known::Func(ty));
        let mut values = Vec::with_capacity(tag_type.params().len());
        for (i, ty) in tag_type.params().iter().enumerate() {
            Val::push(store, *ty, i, &mut values);
        }
        Self {
            tag,
            values: Results::new(values),
            continuation,
        }
    }
}

#[cold]
fn untyped() -> Error {
    Error::usage("a continuation that WebAssembly gave as `contref` cannot be resumed by the host")
}

impl fmt::Debug for Continuation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Continuation({:#x})", self.0.held.word())
    }
}
