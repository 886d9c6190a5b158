//! Who drives a call: polls what it waits for, and lets it go on.

use super::accessor::Awaited;
use crate::epochs::Yielded;
use crate::error::Error;
use crate::func::Func;
use crate::lazy::Load;
use crate::outcome::{FOREIGN, Outcome, ParkedCall};
use crate::second_stack;
use crate::vm::enter::{self, Ended};
use crate::vm::polling;
use crate::vm::store::{StoreInner, StoreOpaque};
use crate::waits::MemoryWait;
use std::pin::Pin;
use std::task::{Context, Poll};

/// How far a call came.
pub(crate) enum Step {
    /// Its results are in the transfer buffer.
    Returned,
    /// It waits for a future that will wake who drives it.
    Waits(ParkedCall),
    /// Only of a continuation that the host has resumed.
    Suspended(Outcome),
}

impl Step {
    #[inline(always)]
    fn of(call: ParkedCall, store: &mut StoreOpaque, ended: Ended) -> Self {
        match ended {
            Ended::Returned => Self::Returned,
            Ended::Parked => Self::Waits(call),
            Ended::Suspended(captured) => Self::Suspended(Outcome::suspended(store, captured)),
        }
    }
}

/// Begins a call, whose parameters `write` puts into the transfer buffer, and drives it until it has to wait.
///
/// # Errors
/// As for [`Func::start`].
pub(crate) fn begin<T: 'static>(
    store: &mut StoreInner<T>,
    func: Func,
    write: impl FnOnce(&mut StoreOpaque) -> Result<(), Error>,
    context: &mut Context<'_>,
) -> Result<Step, Error> {
    let own = func.number_in(&store.opaque)?;
    let region = second_stack::region_for(store, own)?;
    write(&mut store.opaque)?;
    polling::drive(context.waker(), |number| {
        match func.begin(store, region)? {
            None => Ok(Step::Returned),
            Some(call) => drive(store, ParkedCall::new(call), context, number, true),
        }
    })
}

/// Drives a call that waits until it has to wait again.
///
/// # Errors
/// As for [`ParkedCall::resume`].
pub(crate) fn go_on<T: 'static>(
    store: &mut StoreInner<T>,
    call: ParkedCall,
    context: &mut Context<'_>,
) -> Result<Step, Error> {
    if !call.0.belongs_to(&store.opaque) {
        return Err(call.failed(Error::usage(FOREIGN)));
    }
    polling::drive(context.waker(), |number| {
        drive(store, call, context, number, false)
    })
}

/// Lets what a call waits for fail, and drives it on.
///
/// # Errors
/// As for [`ParkedCall::throw`].
pub(crate) fn throw<T: 'static>(
    store: &mut StoreInner<T>,
    call: ParkedCall,
    error: Error,
    context: &mut Context<'_>,
) -> Result<Step, Error> {
    polling::drive(context.waker(), |number| {
        match call.throw_into(store, error, Step::of)? {
            Step::Waits(call) => drive(store, call, context, number, true),
            ended => Ok(ended),
        }
    })
}

/// `number` is the poll's; `has_parked` says whether the call has parked in it.
fn drive<T: 'static>(
    store: &mut StoreInner<T>,
    mut call: ParkedCall,
    context: &mut Context<'_>,
    number: u64,
    mut has_parked: bool,
) -> Result<Step, Error> {
    loop {
        let polled = match call.0.payload.get_mut::<Awaited>() {
            // One that has just parked was polled where it was made, with the same waker.
            // Numbers are a thread's own: in another poll it may be that of one on another thread.
            Some(awaited) if has_parked && awaited.polled_in == number => {
                ParkedCall::balance_returns();
                return Ok(Step::Waits(call));
            }
            Some(awaited) => awaited.poll(store, context),
            None => match poll_own(store, &mut call, context, has_parked) {
                Some(polled) => polled,
                None => return Err(no_future(store, call)),
            },
        };
        let step = match polled {
            Poll::Pending => return Ok(Step::Waits(call)),
            Poll::Ready(Ok(word)) => call.answer(store, word)?,
            Poll::Ready(Err(error)) => call.throw_into(store, error, Step::of)?,
        };
        match step {
            Step::Waits(parked) => (call, has_parked) = (parked, true),
            ended => return Ok(ended),
        }
    }
}

/// Polls what the engine itself has parked a call for, if so: its turn, a notification, a module.
#[cold]
fn poll_own<T: 'static>(
    store: &mut StoreInner<T>,
    call: &mut ParkedCall,
    context: &mut Context<'_>,
    has_parked: bool,
) -> Option<Poll<Result<u64, Error>>> {
    let at = call.0.address();
    let payload = &mut call.0.payload;
    if payload.is::<Yielded>() {
        // Whoever drives it gives it its next turn.
        return Some(match has_parked {
            true => Poll::Pending,
            false => Poll::Ready(Ok(0)),
        });
    }
    if let Some(wait) = payload.get_mut::<MemoryWait>() {
        let result = Pin::new(wait).poll(context).map(|result| result as u64);
        if let Poll::Ready(result) = result {
            store.opaque.set_value(0, result);
        }
        return Some(result.map(Ok));
    }
    let load = payload.get_mut::<Load<T>>()?;
    let ended = load.poll(at, context.waker());
    Some(ended.map(|ended| ended.map(|()| 0)))
}

/// The call is parked in a function that is not async: nobody would wake it.
#[cold]
fn no_future<T>(store: &mut StoreInner<T>, call: ParkedCall) -> Error {
    let func = call.0.awaited_number(&store.opaque);
    let error = Error::pending_without_a_future(Func::describe(&store.opaque, func));
    enter::cancel_with(&mut store.opaque, *call.0, error)
}

impl ParkedCall {
    /// Whether it waits for nothing but its turn.
    #[inline]
    pub(crate) fn has_yielded(&self) -> bool {
        self.0.payload.is::<Yielded>()
    }

    /// Goes on with the results that the awaited function's own future has put into the transfer buffer.
    #[inline]
    fn answer<T>(self, store: &mut StoreInner<T>, word: u64) -> Result<Step, Error> {
        crate::outcome::go_on!(
            self,
            store,
            |s, call| enter::resume_answered(s, call, word),
            Step::of
        )
    }
}
