//! Functions with types known to Rust.

use crate::asynchronous::{self, Typed};
use crate::error::Error;
use crate::func::Func;
use crate::host::{WasmValues, Words};
use crate::outcome::ParkedCall;
use crate::second_stack;
use crate::store::AsContextMut;
use std::marker::PhantomData;

/// A function whose types were checked when it was made; see [`Func::typed`].
pub struct TypedFunc<P, R> {
    func: Func,
    _types: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for TypedFunc<P, R> {}

/// How a typed call that may be parked ended, for now.
pub enum TypedOutcome<R> {
    /// The function returned.
    Returned(R),
    /// A host function answered that it is pending. When the parked call is resumed to its end, the
    /// results come as [`crate::Val`]s.
    Parked(ParkedCall),
}

impl<P: WasmValues, R: WasmValues> TypedFunc<P, R> {
    pub(crate) fn new(func: Func) -> Self {
        Self {
            func,
            _types: PhantomData,
        }
    }

    /// The function.
    pub fn func(&self) -> Func {
        self.func
    }

    /// As [`Func::call`].
    ///
    /// # Errors
    /// As for [`Func::call`].
    ///
    /// # Panics
    /// As for [`Func::call`].
    pub fn call(&self, mut store: impl AsContextMut, params: P) -> Result<R, Error> {
        let store = store.context_mut().0;
        params.write(&mut Words(&mut store.opaque))?;
        self.func.enter(store)?;
        Ok(R::read(&mut Words(&mut store.opaque)))
    }

    /// As [`Func::call_async`].
    ///
    /// # Errors
    /// As for [`Func::call_async`].
    ///
    /// # Panics
    /// As for [`Func::call_async`].
    pub fn call_async<C: AsContextMut>(
        &self,
        store: C,
        params: P,
    ) -> impl Future<Output = Result<R, Error>> + use<C, P, R> {
        asynchronous::call::<Typed<P, R>, C>(self.func, store, params)
    }

    /// As [`Func::start`].
    ///
    /// # Errors
    /// As for [`Func::start`].
    ///
    /// # Panics
    /// As for [`Func::call`].
    pub fn start(&self, mut store: impl AsContextMut, params: P) -> Result<TypedOutcome<R>, Error> {
        let store = store.context_mut().0;
        let own = self.func.number_in(&store.opaque)?;
        let region = second_stack::region_for(store, own)?;
        params.write(&mut Words(&mut store.opaque))?;
        Ok(match self.func.begin(store, region)? {
            None => TypedOutcome::Returned(R::read(&mut Words(&mut store.opaque))),
            Some(call) => TypedOutcome::Parked(ParkedCall::new(call)),
        })
    }
}
