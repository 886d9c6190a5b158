//! Calls of functions of numbers, on the numbers' bits: for embedders with values of their own.

use crate::convert;
use crate::error::Error;
use crate::func::Func;
use crate::host::{Caller, Reply};
use crate::outcome::{Outcome, ParkedCall, go_on};
use crate::second_stack;
use crate::store::{AsContext, AsContextMut};
use crate::vm::enter;
use crate::vm::host_func::HostBody;
use crate::vm::payload::Payload;
use crate::vm::store::{StoreInner, StoreOpaque};
use bident_module::FuncType;

/// Whether all values of a function are numbers, with one result at most.
fn is_of_words(ty: &FuncType) -> bool {
    let mut all = ty.params().iter().chain(ty.results());
    all.all(|ty| ty.is_number()) && ty.results().len() <= 1
}

fn check(ty: &FuncType) -> Result<(), Error> {
    match is_of_words(ty) {
        true => Ok(()),
        false => Err(Error::usage(format!(
            "a function on words takes numbers and gives one at most, but this is {ty}"
        ))),
    }
}

/// A function of numbers that is called with their bits; see [`Func::words`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WordFunc {
    func: Func,
    params: usize,
}

/// How a call on words that may be parked ended, for now.
pub enum WordOutcome {
    /// The function returned this; 0 where it has no result.
    Returned(u64),
    /// A host function answered that it is pending. When the parked call is resumed to its end, the
    /// results come as [`crate::Val`]s.
    Parked(ParkedCall),
}

impl Func {
    /// A host function of numbers, with a type that is known only at run time. The closure gets the
    /// bits of the parameters and answers with those of the result, if there is one: of `i32` and
    /// `f32` the low half counts, the high half of a parameter may be anything. Where it answers that it
    /// is pending, the [`Payload`] is what it has put there, else that is dropped.
    ///
    /// It costs what a function with the types of a closure does ([`Func::wrap`]): there is no
    /// [`crate::Val`] on the way.
    ///
    /// # Errors
    /// As for [`Func::new`]; also of kind `Usage` where a parameter or result is a vector or a
    /// reference, or there are several results.
    pub fn of_words<C: AsContextMut>(
        mut store: C,
        ty: FuncType,
        f: impl Fn(Caller<'_, C::Data>, &[u64], &mut Payload) -> Result<Reply<u64>, Error>
        + Send
        + Sync
        + 'static,
    ) -> Result<Self, Error> {
        let store = &mut store.context_mut().0.opaque;
        check(&ty)?;
        store.engine.check_func_type(&ty)?;
        store.collect_if_due();
        let body = HostBody::of_words::<C::Data, _>(ty, f);
        let number = store.add_host_func(body, None)?;
        Ok(Self::new_handle(store, number))
    }

    /// The same function, to be called with the bits of its parameters.
    ///
    /// # Errors
    /// Kind `Usage`: a parameter or result is a vector or a reference, there are several results, or it
    /// belongs to another store.
    pub fn words(&self, store: impl AsContext) -> Result<WordFunc, Error> {
        let store = store.opaque().0;
        let number = self.number_in(store)?;
        let ty = &store.funcs[number].ty;
        check(ty)?;
        let params = ty.params().len();
        Ok(WordFunc {
            func: *self,
            params,
        })
    }
}

impl WordFunc {
    /// The function.
    pub fn func(&self) -> Func {
        self.func
    }

    /// Calls it with the bits of its parameters and waits for its end; gives the bits of its result, 0
    /// if it has none. Of `i32` and `f32` the low half counts.
    ///
    /// # Errors
    /// As for [`Func::call`].
    ///
    /// # Panics
    /// As for [`Func::call`].
    #[inline]
    pub fn call(&self, mut store: impl AsContextMut, params: &[u64]) -> Result<u64, Error> {
        let store = store.context_mut().0;
        self.write(store, params)?;
        self.func.enter(store)?;
        Ok(first(&store.opaque))
    }

    /// The same; it may be parked on the way, by a host function that answers that it is pending.
    ///
    /// # Errors
    /// As for [`Func::start`].
    ///
    /// # Panics
    /// As for [`Func::call`].
    #[inline]
    pub fn start(
        &self,
        mut store: impl AsContextMut,
        params: &[u64],
    ) -> Result<WordOutcome, Error> {
        let store = store.context_mut().0;
        let own = self.func.number_in(&store.opaque)?;
        let region = second_stack::region_for(store, own)?;
        self.write(store, params)?;
        Ok(match self.func.begin(store, region)? {
            None => WordOutcome::Returned(first(&store.opaque)),
            Some(call) => WordOutcome::Parked(ParkedCall::new(call)),
        })
    }

    #[inline]
    fn write<T>(&self, store: &mut StoreInner<T>, params: &[u64]) -> Result<(), Error> {
        let store = &mut store.opaque;
        // The transfer buffer is this store's, and has room for so many.
        self.func.number_in(store)?;
        if params.len() != self.params {
            return Err(self.wrong_number(params.len()));
        }
        for (i, word) in params.iter().enumerate() {
            store.set_value(i, *word);
        }
        Ok(())
    }

    #[cold]
    fn wrong_number(&self, given: usize) -> Error {
        convert::wrong_number(self.params, given)
    }
}

impl ParkedCall {
    /// Goes on as [`Self::resume`] does, with the bits of the number that the awaited call answers with;
    /// they do not count where it has no result.
    ///
    /// # Errors
    /// As for [`Self::resume`]; that the awaited host function has several results, or a vector or a
    /// reference for one, counts as a wrong type.
    ///
    /// # Panics
    /// As for [`Self::resume`].
    #[inline(always)]
    pub fn resume_word(self, mut store: impl AsContextMut, word: u64) -> Result<Outcome, Error> {
        let inner = store.context_mut().0;
        go_on!(self, inner, |s, call| enter::resume_word(s, call, word))
    }
}

/// The first value of the transfer buffer; 0 where it has no room for any.
#[inline]
fn first(store: &StoreOpaque) -> u64 {
    match store.vm.chains.room_for_values() {
        0 => 0,
        _ => store.value(0),
    }
}
