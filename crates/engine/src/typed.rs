//! Functions with types known to Rust.

use crate::asynchronous::{self, Typed};
use crate::error::Error;
use crate::func::Func;
use crate::host::{WasmValues, Words};
use crate::outcome::{FOREIGN, ParkedCall, go_on};
use crate::second_stack;
use crate::store::{AsContext, AsContextMut};
use crate::vm::enter::{self, Ended};
use crate::vm::payload::Payload;
use crate::vm::store::StoreOpaque;
use bident_module::FuncType;
use std::fmt;
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
    /// A host function answered that it is pending.
    Parked(TypedParkedCall<R>),
}

/// A [`ParkedCall`] whose results Rust knows the types of: those of the function that it began with.
#[must_use = "a parked call that is dropped is cancelled"]
pub struct TypedParkedCall<R> {
    call: ParkedCall,
    _results: PhantomData<fn() -> R>,
}

impl<R> fmt::Debug for TypedParkedCall<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedParkedCall")
    }
}

impl<R> fmt::Debug for TypedOutcome<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Returned(_) => "Returned",
            Self::Parked(_) => "Parked",
        })
    }
}

impl<R: WasmValues> TypedParkedCall<R> {
    #[inline]
    fn new(call: ParkedCall) -> Self {
        Self {
            call,
            _results: PhantomData,
        }
    }

    /// What the call came to. It has no handlers of the host: nobody suspends it.
    #[inline]
    fn outcome(call: ParkedCall, store: &mut StoreOpaque, ended: Ended) -> TypedOutcome<R> {
        match ended {
            Ended::Parked => TypedOutcome::Parked(Self::new(call)),
            Ended::Returned => TypedOutcome::Returned(R::read(&mut Words(store))),
            Ended::Suspended(_) => unreachable!("only a continuation that the host resumed is"),
        }
    }

    /// The call; its results come as [`crate::Val`]s.
    pub fn into_call(self) -> ParkedCall {
        self.call
    }

    /// As [`ParkedCall::payload`].
    pub fn payload(&mut self) -> &mut Payload {
        self.call.payload()
    }

    /// As [`ParkedCall::awaited_type`].
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn awaited_type(&self, store: impl AsContext) -> FuncType {
        self.call.awaited_type(store)
    }

    /// Goes on: the awaited call answers with these values.
    ///
    /// # Errors
    /// As for [`ParkedCall::resume`]; [`Error::take_parked`] and [`ParkedCall::typed`] give the call back where it stays
    /// parked.
    ///
    /// # Panics
    /// As for [`ParkedCall::resume`].
    pub fn resume<A: WasmValues>(
        self,
        mut store: impl AsContextMut,
        answer: A,
    ) -> Result<TypedOutcome<R>, Error> {
        let inner = store.context_mut().0;
        let call = self.call;
        go_on!(
            call,
            inner,
            |s, call| {
                match enter::write_typed(&mut s.opaque, call, answer) {
                    Ok(word) => enter::resume_answered(s, call, word),
                    Err(Ok(error)) => Err(error),
                    Err(Err(answer)) => enter::resume(s, call, &answer.into_vals()),
                }
            },
            Self::outcome
        )
    }

    /// As [`ParkedCall::throw`].
    ///
    /// # Errors
    /// As for [`ParkedCall::throw`].
    ///
    /// # Panics
    /// As for [`ParkedCall::throw`].
    pub fn throw(
        self,
        mut store: impl AsContextMut,
        error: Error,
    ) -> Result<TypedOutcome<R>, Error> {
        let inner = store.context_mut().0;
        self.call.throw_into(inner, error, Self::outcome)
    }

    /// As [`ParkedCall::cancel`].
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn cancel(self, store: impl AsContextMut) {
        self.call.cancel(store);
    }
}

impl ParkedCall {
    /// The same call, with types of its results that are checked now.
    ///
    /// # Errors
    /// Kind `Usage`: the function that it began with has others; the host has resumed it as a continuation, with tags; or it
    /// belongs to another store. [`Error::take_parked`] gives it back.
    pub fn typed<R: WasmValues>(
        self,
        mut store: impl AsContextMut,
    ) -> Result<TypedParkedCall<R>, Error> {
        let store = &mut store.context_mut().0.opaque;
        if !self.0.belongs_to(store) {
            return Err(self.failed(Error::usage(FOREIGN)));
        }
        if self.0.handlers.is_some() {
            let error = Error::usage("a continuation that the host resumed may be suspended");
            return Err(self.failed(error));
        }
        let func = Func::new_handle(store, self.0.func);
        match func.check_results(store, &R::types()) {
            Ok(()) => Ok(TypedParkedCall::new(self)),
            Err(error) => Err(self.failed(error)),
        }
    }
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
            Some(call) => TypedOutcome::Parked(TypedParkedCall::new(ParkedCall::new(call))),
        })
    }
}
