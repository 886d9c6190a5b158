//! Activations that wait for the answer of a host function.
//!
//! ```text
//!  Func::start ──► wasm ──► host function ── Pending ──► Outcome::Parked(call)
//!                                                             │ resume(values)
//!                    wasm goes on with the values ◄───────────┘
//! ```

use crate::asynchronous::Awaited;
use crate::backtrace::FrameInfo;
use crate::continuation::Suspended;
use crate::error::Error;
use crate::slots::FuncNumber;
use crate::store::{AsContext, AsContextMut};
use crate::value::{Side, Val};
use crate::vm::enter::{self, Captured, Ended, Parking};
use crate::vm::payload::Payload;
use crate::vm::store::{StoreInner, StoreOpaque};
use bident_module::FuncType;
use std::fmt;
use std::ops::Deref;

/// Results of a function, first to last; dereferences to a slice.
///
/// One word in size, so that an [`Outcome`] travels in registers: a resume that parks again is then
/// not slowed down by results it does not have.
#[derive(Clone, Default)]
pub struct Results(
    #[expect(clippy::box_collection, reason = "one word, see above")] Option<Box<Vec<Val>>>,
);

impl Results {
    pub(crate) fn new(values: Vec<Val>) -> Self {
        Self((!values.is_empty()).then(|| Box::new(values)))
    }

    /// Those of a function, from the transfer buffer.
    #[inline]
    pub(crate) fn read(store: &mut StoreOpaque, func: FuncNumber) -> Self {
        let mut values = Vec::with_capacity(store.types(func, Side::Results).len());
        Val::read_all(store, func, Side::Results, &mut values);
        Self::new(values)
    }

    /// The results as a vector.
    pub fn into_vec(self) -> Vec<Val> {
        self.0.map_or_else(Vec::new, |values| *values)
    }
}

impl Deref for Results {
    type Target = [Val];
    fn deref(&self) -> &[Val] {
        self.0.as_ref().map_or(&[], |values| values)
    }
}

impl IntoIterator for Results {
    type Item = Val;
    type IntoIter = std::vec::IntoIter<Val>;
    fn into_iter(self) -> Self::IntoIter {
        self.into_vec().into_iter()
    }
}

impl fmt::Debug for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&**self).finish()
    }
}

/// How a call that may be parked ended, for now.
#[derive(Debug)]
pub enum Outcome {
    /// The function returned these results.
    Returned(Results),
    /// A host function answered that it is pending.
    Parked(ParkedCall),
    /// WebAssembly suspended with a tag that the host handles; only after
    /// [`crate::Continuation::resume`] or `throw`.
    Suspended(Box<Suspended>),
}

impl Outcome {
    /// A function returned; its results are in the transfer buffer.
    #[inline]
    pub(crate) fn returned(store: &mut StoreOpaque, func: FuncNumber) -> Self {
        Self::Returned(Results::read(store, func))
    }

    #[inline]
    pub(crate) fn parked(call: Parking) -> Self {
        Self::Parked(ParkedCall::new(call))
    }

    pub(crate) fn suspended(store: &mut StoreOpaque, captured: Captured) -> Self {
        Self::Suspended(Box::new(Suspended::new(store, captured)))
    }
}

/// Whether an error is the exception that nobody caught now, and knows where it was thrown first.
fn thrown_before(error: &Error, uncaught: &Error) -> bool {
    let same = error.exception().zip(uncaught.exception());
    same.is_some_and(|(a, b)| a.same(b)) && !error.backtrace().is_empty()
}

pub(crate) const FOREIGN: &str = "a parked call of another store";

/// Runs what resumes a call, in its part of the second stack if it has one. No function: each frame here would
/// return as predicted wrongly, and with a closure there are some (a park and resume 1.6 times as long).
macro_rules! go_on {
    ($call:ident, $store:ident, |$s:ident, $parking:ident| $resume:expr) => {
        crate::outcome::go_on!($call, $store, |$s, $parking| $resume, ParkedCall::outcome)
    };
    ($call:ident, $store:ident, |$s:ident, $parking:ident| $resume:expr, $finish:expr) => {{
        let mut call = $call;
        if !call.0.belongs_to(&$store.opaque) {
            Err(call.failed(Error::usage(crate::outcome::FOREIGN)))
        } else if call.0.region.is_some()
            // Looked at first, so that nothing is written where there is none.
            && let Some(region) = call.0.region.take()
        {
            crate::second_stack::go_on($store, call, region, |$s, $parking| $resume, $finish)
        } else {
            let ($s, $parking) = (&mut *$store, &mut *call.0);
            match $resume {
                Ok(ended) => Ok($finish(call, &mut $store.opaque, ended)),
                Err(error) => Err(call.failed(error)),
            }
        }
    }};
}
pub(crate) use go_on;

/// A parked activation: the stack of a call that waits for the answer of a host function.
///
/// Good for one use. Dropped unused, it is cancelled: its stack goes back when the store next starts
/// a call.
#[must_use = "a parked call that is dropped is cancelled"]
pub struct ParkedCall(pub(crate) Box<Parking>);

const _: () = assert!(
    size_of::<Result<Outcome, Error>>() == 16,
    "returned in registers"
);

/// What there is of a parked call; the place of each is read in the one before.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Call,
    Record,
    Stack,
}

impl fmt::Debug for ParkedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ParkedCall")
    }
}

impl ParkedCall {
    /// For embedders that resume deep below their loop: call it after a `start` or `resume` that parked.
    ///
    /// A park leaves the processor's return predictor one entry ahead, and each frame up to the
    /// embedder's loop then returns as predicted wrongly, once. This uses the entry up, for the price
    /// of one such return. It changes nothing else.
    #[inline]
    pub fn balance_returns() {
        bident_stack::balance_returns();
    }

    #[inline]
    pub(crate) fn new(call: Parking) -> Self {
        Self(Box::new(call))
    }

    /// Asks the processor to have the part of it near that a resume reads.
    #[inline]
    pub(crate) fn prefetch(&mut self, store: &StoreOpaque, part: Part) {
        match part {
            Part::Call => {
                let address = std::ptr::from_ref(&*self.0).addr();
                let lines = (0..size_of::<Parking>()).step_by(64);
                lines.for_each(|line| bident_stack::prefetch(address + line));
            }
            Part::Record => {
                self.0.prefetch_record();
                Awaited::prefetch(&mut self.0.payload);
            }
            Part::Stack => self.0.prefetch_stack(store),
        }
    }

    /// # Panics
    /// If the call belongs to another store.
    #[inline]
    fn check(&self, store: &StoreOpaque) {
        assert!(self.0.belongs_to(store), "{FOREIGN}");
    }

    /// Type of the host function whose answer is awaited: its results are what [`Self::resume`] takes.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn awaited_type(&self, store: impl AsContext) -> FuncType {
        let store = store.opaque().0;
        self.check(store);
        self.0.awaited_type(store).clone()
    }

    /// The WebAssembly frames that wait, innermost first; at most 100.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn backtrace(&self, store: impl AsContext) -> Vec<FrameInfo> {
        let store = store.opaque().0;
        self.check(store);
        FrameInfo::of(store, self.0.stacklets(store))
    }

    /// What the host function answered that it waits for; nothing where that is async: the future stays with
    /// the call.
    #[inline]
    pub fn payload(&mut self) -> &mut Payload {
        match self.0.payload.is::<Awaited>() {
            false => &mut self.0.payload,
            true => self.0.shown.get_or_insert_default(),
        }
    }

    /// Goes on: the awaited call answers with these values.
    ///
    /// # Errors
    /// As for [`crate::Func::start`]. Where number or types of the values are wrong, or something is of
    /// another store, the call stays parked, and [`Error::take_parked`] gives it back.
    ///
    /// # Panics
    /// As for [`crate::Func::call`].
    #[inline(always)]
    pub fn resume(self, mut store: impl AsContextMut, values: &[Val]) -> Result<Outcome, Error> {
        let inner = store.context_mut().0;
        go_on!(self, inner, |s, call| enter::resume(s, call, values))
    }

    /// What to do with an error: it takes the call along if that is still parked.
    #[cold]
    pub(crate) fn failed(self, error: Error) -> Error {
        match self.0.waits() {
            true => error.with_parked(self),
            false => error,
        }
    }

    /// What the call that this was came to.
    #[inline(always)]
    pub(crate) fn outcome(self, store: &mut StoreOpaque, ended: Ended) -> Outcome {
        match ended {
            Ended::Parked => Outcome::Parked(self),
            Ended::Returned => Outcome::returned(store, self.0.func),
            Ended::Suspended(captured) => Outcome::suspended(store, captured),
        }
    }

    /// Goes on with an error: the awaited call fails with it. An exception ([`Error::exception`]) is
    /// thrown there; any other error ends the activation, and comes back with the backtrace of where
    /// WebAssembly waited.
    ///
    /// # Errors
    /// The error, unless it is an exception that WebAssembly catches; then as for [`Self::resume`].
    ///
    /// # Panics
    /// As for [`Self::resume`].
    pub fn throw(self, mut store: impl AsContextMut, error: Error) -> Result<Outcome, Error> {
        let inner = store.context_mut().0;
        self.throw_into(inner, error, Self::outcome)
    }

    /// The same; `finish` says what the call came to.
    pub(crate) fn throw_into<T, O>(
        self,
        inner: &mut StoreInner<T>,
        error: Error,
        finish: impl FnOnce(Self, &mut StoreOpaque, Ended) -> O,
    ) -> Result<O, Error> {
        if !self.0.belongs_to(&inner.opaque) {
            return Err(self.failed(Error::usage(FOREIGN)));
        }
        let Some(exception) = error.exception() else {
            return Err(enter::cancel_with(&mut inner.opaque, *self.0, error));
        };
        let exn = match exception.word_in(&inner.opaque) {
            Ok(exn) => exn,
            Err(error) => return Err(self.failed(error)),
        };
        let outcome = go_on!(
            self,
            inner,
            |s, call| enter::throw_into(s, call, exn),
            finish
        );
        match outcome {
            Err(uncaught) if thrown_before(&error, &uncaught) => Err(error),
            outcome => outcome,
        }
    }

    /// Ends the activation: its frames go without running again.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn cancel(self, mut store: impl AsContextMut) {
        let store = &mut store.context_mut().0.opaque;
        self.check(store);
        enter::cancel(store, *self.0);
    }
}
