//! A task, as its set, its waker and its holder share it.

use super::shared::{Place, Shared};
use crate::asynchronous::Signature;
use crate::error::Error;
use crate::func::Func;
use crate::vm::interrupt::NEVER;
use crate::vm::store::StoreOpaque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// A task with values of its types.
pub(super) struct Inner<S: Signature> {
    shared: Arc<Shared>,
    place: Place,
    callee: S::Callee,
    /// Whether its place is among the ready ones; so it stays once the task has ended.
    queued: AtomicBool,
    /// The first epoch in which it traps.
    end: AtomicU64,
    state: Mutex<State<S>>,
}

struct State<S: Signature> {
    progress: Progress<S>,
    joiner: Option<Waker>,
}

enum Progress<S: Signature> {
    Fresh(S::Params),
    Begun,
    Ended(Result<S::Results, Error>),
    /// Who holds the task has its results.
    Taken,
}

/// What its set does with a task, of whatever types.
pub(super) trait Call: Send + Sync {
    fn place(&self) -> Place;
    /// What it calls, unless there is nothing to do.
    fn func(&self) -> Option<Func>;
    fn waker(self: Arc<Self>) -> Waker;
    /// Another wake queues it again.
    fn take_from_queue(&self);
    /// It is queued by whoever polls; whether it was not yet.
    fn queue(&self) -> bool;
    /// The first epoch in which it traps.
    fn deadline(&self) -> u64;
    /// Puts its parameters into the transfer buffer.
    fn write(&self, store: &mut StoreOpaque) -> Result<(), Error>;
    /// It ended: its results are in the transfer buffer, or there is an error.
    fn end(&self, end: Result<&mut StoreOpaque, Error>);
}

/// What its holder does with a task that gives R.
pub(super) trait Join<R>: Send + Sync {
    fn poll(&self, context: &Context<'_>) -> Poll<Result<R, Error>>;
    fn try_take(&self) -> Option<Result<R, Error>>;
    fn has_ended(&self) -> bool;
    fn set_deadline(&self, ticks: u64);
    fn place(&self) -> Place;
    fn shared(&self) -> &Arc<Shared>;
    fn as_call(self: Arc<Self>) -> Arc<dyn Call>;
}

impl<S: Signature> Inner<S> {
    pub(super) fn new(
        shared: Arc<Shared>,
        place: Place,
        callee: S::Callee,
        params: S::Params,
    ) -> Self {
        Self {
            shared,
            place,
            callee,
            queued: AtomicBool::new(true),
            end: AtomicU64::new(NEVER),
            state: Mutex::new(State {
                progress: Progress::Fresh(params),
                joiner: None,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Signature> State<S> {
    fn take(&mut self) -> Option<Result<S::Results, Error>> {
        match std::mem::replace(&mut self.progress, Progress::Taken) {
            Progress::Ended(end) => Some(end),
            Progress::Taken => Some(Err(Error::usage("the results of a task were taken before"))),
            other => {
                self.progress = other;
                None
            }
        }
    }
}

impl<S: Signature> Wake for Inner<S> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    #[inline]
    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.shared.wake(self.place);
        }
    }
}

impl<S: Signature> Call for Inner<S> {
    fn place(&self) -> Place {
        self.place
    }

    fn func(&self) -> Option<Func> {
        S::func(&self.callee)
    }

    fn waker(self: Arc<Self>) -> Waker {
        self.into()
    }

    #[inline]
    fn take_from_queue(&self) {
        // What was done before a wake that came too late to queue it is seen by the poll that follows.
        self.queued.swap(false, Ordering::AcqRel);
    }

    fn queue(&self) -> bool {
        !self.queued.swap(true, Ordering::AcqRel)
    }

    fn deadline(&self) -> u64 {
        self.end.load(Ordering::Relaxed)
    }

    fn write(&self, store: &mut StoreOpaque) -> Result<(), Error> {
        let progress = std::mem::replace(&mut self.lock().progress, Progress::Begun);
        match progress {
            Progress::Fresh(params) => S::write(params, &self.callee, store),
            _ => Err(Error::usage("a task began twice")),
        }
    }

    fn end(&self, end: Result<&mut StoreOpaque, Error>) {
        self.queued.store(true, Ordering::Release);
        self.shared.count.give_back();
        let end = end.and_then(|store| S::read(&self.callee, store));
        let mut state = self.lock();
        let before = std::mem::replace(&mut state.progress, Progress::Ended(end));
        let joiner = state.joiner.take();
        drop(state);
        drop(before);
        if let Some(joiner) = joiner {
            joiner.wake();
        }
    }
}

impl<S: Signature> Join<S::Results> for Inner<S> {
    fn poll(&self, context: &Context<'_>) -> Poll<Result<S::Results, Error>> {
        let mut state = self.lock();
        if let Some(end) = state.take() {
            return Poll::Ready(end);
        }
        let before = match &state.joiner {
            Some(joiner) if joiner.will_wake(context.waker()) => None,
            _ => state.joiner.replace(context.waker().clone()),
        };
        drop(state);
        drop(before);
        Poll::Pending
    }

    fn try_take(&self) -> Option<Result<S::Results, Error>> {
        self.lock().take()
    }

    fn set_deadline(&self, ticks: u64) {
        let end = self.shared.engine.epoch().saturating_add(ticks);
        self.end.store(end, Ordering::Relaxed);
    }

    fn has_ended(&self) -> bool {
        matches!(self.lock().progress, Progress::Ended(_) | Progress::Taken)
    }

    fn place(&self) -> Place {
        self.place
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn as_call(self: Arc<Self>) -> Arc<dyn Call> {
        self
    }
}
