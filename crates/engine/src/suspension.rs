//! Activations that wait for the answer of a host function.
//!
//! ```text
//!  Func::start ──► wasm ──► host function ── Pending ──► Outcome::Suspended(suspension)
//!                                                             │ resume(values)
//!                    wasm goes on with the values ◄───────────┘
//! ```

use crate::error::Error;
use crate::store::{AsContext, AsContextMut};
use crate::value::{Side, Val};
use crate::vm::enter::{self, Ended, Parked};
use crate::vm::store::StoreOpaque;
use bident_module::FuncType;

/// How a call that may be parked ended, for now.
#[derive(Debug)]
pub enum Outcome {
    /// The function returned these results.
    Returned(Vec<Val>),
    /// A host function answered that it is pending.
    Suspended(Suspension),
}

impl Outcome {
    #[inline]
    pub(crate) fn new(store: &mut StoreOpaque, ended: Ended, func: u32) -> Self {
        match ended {
            Ended::Returned => {
                let mut values = Vec::with_capacity(store.types(func, Side::Results).len());
                Val::read_all(store, func, Side::Results, &mut values);
                Self::Returned(values)
            }
            Ended::Suspended(parked) => Self::Suspended(Suspension::new(parked)),
        }
    }
}

/// A parked activation: the stack of a call that waits for the answer of a host function.
///
/// Good for one use. Dropped unused, it is cancelled: its stack goes back when the store next starts
/// a call.
#[must_use = "a suspension that is dropped is cancelled"]
pub struct Suspension(Parked);

impl std::fmt::Debug for Suspension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Suspension")
    }
}

impl Suspension {
    #[inline]
    pub(crate) fn new(parked: Parked) -> Self {
        Self(parked)
    }

    /// # Panics
    /// If the suspension belongs to another store.
    #[inline]
    fn check(&self, store: &StoreOpaque) {
        assert!(self.0.belongs_to(store), "a suspension of another store");
    }

    /// Type of the host function whose answer is awaited: its results are what [`Self::resume`] takes.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn awaited_type(&self, store: impl AsContext) -> FuncType {
        let store = store.opaque().0;
        self.check(store);
        store.funcs[self.0.awaited(store) as usize].ty.clone()
    }

    /// Goes on: the awaited call answers with these values.
    ///
    /// # Errors
    /// As for [`crate::Func::start`]. Where number or types of the values are wrong, WebAssembly is
    /// not resumed and its stack is freed.
    ///
    /// # Panics
    /// If it belongs to another store, or a host function panics.
    #[inline]
    pub fn resume(self, mut store: impl AsContextMut, values: &[Val]) -> Result<Outcome, Error> {
        let inner = store.context_mut().0;
        self.check(&inner.opaque);
        let awaited = self.0.awaited(&inner.opaque);
        Val::write_all(&mut inner.opaque, awaited, Side::Results, values)?;
        if enter::resume(inner, &self.0)? {
            return Ok(Outcome::Suspended(self));
        }
        let func = self.0.func;
        self.0.disarm();
        Ok(Outcome::new(&mut inner.opaque, Ended::Returned, func))
    }

    /// Ends the activation: the awaited call fails with this error, which comes back with the
    /// backtrace of where WebAssembly waited.
    ///
    /// # Errors
    /// Always the error, unless WebAssembly catches it.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn throw(self, mut store: impl AsContextMut, error: Error) -> Result<Outcome, Error> {
        let store = &mut store.context_mut().0.opaque;
        self.check(store);
        Err(enter::cancel_with(store, self.0, error))
    }

    /// Ends the activation: its frames go without running again.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn cancel(self, mut store: impl AsContextMut) {
        let store = &mut store.context_mut().0.opaque;
        self.check(store);
        enter::cancel(store, self.0);
    }
}
