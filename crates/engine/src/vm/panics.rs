//! Panics of the embedder's code where nothing can unwind: below a stub, and between values that must
//! all be dropped.

use crate::vm::store::{StoreOpaque, Unwinding};
use bident_stack::Reaction;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What destructors have panicked with: the first of them. A second panic, which its message has told
/// of, goes nowhere: two at once abort the process.
#[derive(Default)]
pub(crate) struct Panics(Option<Box<dyn Any + Send>>);

impl Panics {
    /// Drops a value of the embedder's.
    pub(crate) fn drop<T>(&mut self, value: T) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
            match self.0 {
                None => self.0 = Some(panic),
                // What it carries may panic, too.
                Some(_) => std::mem::forget(panic),
            }
        }
    }

    /// Lets the panic go on, if there was one.
    pub(crate) fn go_on(self) {
        match self.0 {
            Some(panic) if std::thread::panicking() => std::mem::forget(panic),
            Some(panic) => resume_unwind(panic),
            None => {}
        }
    }
}

/// Runs what a stub has called. A panic ends the activation, as one of a host function does.
#[inline]
pub(crate) fn guarded(
    store: &mut StoreOpaque,
    run: impl FnOnce(&mut StoreOpaque) -> Result<Reaction, Unwinding>,
) -> Reaction {
    match catch_unwind(AssertUnwindSafe(|| run(store))) {
        Ok(Ok(reaction)) => reaction,
        Ok(Err(reason)) => store.unwind(reason),
        Err(panic) => store.unwind(Unwinding::Panic(panic)),
    }
}
