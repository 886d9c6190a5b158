//! What a set of tasks shares with wakers, spawners and the holders of its tasks, on any thread.

use super::inner::Call;
use super::room::{Room, TaskCount};
use crate::engine::Engine;
use crate::error::Error;
use crate::vm::store::StoreId;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// Where a task lies in its set, and which of those that lay there it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Place {
    pub(super) index: u32,
    pub(super) number: u64,
}

/// What the holder of a task asks of whoever polls the set.
pub(super) enum Request {
    Cancel,
    Throw(Error),
}

pub(super) struct Shared {
    pub(super) store: StoreId,
    /// Tells the time.
    pub(super) engine: Engine,
    /// The tasks of all sets of the store.
    pub(super) count: Arc<TaskCount>,
    /// Whether there are requests: looked at after each task.
    asked: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// Places of those that were woken, each once.
    pub(super) ready: Vec<Place>,
    /// Those that have not begun, and that the set does not have yet.
    pub(super) fresh: Vec<Arc<dyn Call>>,
    requests: Vec<(Arc<dyn Call>, Request)>,
    /// Of whoever polled the set last.
    waker: Option<Waker>,
    /// Whether that one was woken since, or is polling.
    notified: bool,
    pub(super) room: Room,
    /// Places that no task has.
    pub(super) free: Vec<u32>,
    /// How many places there are.
    places: u32,
    /// How many tasks there were.
    numbers: u64,
    /// The set is gone.
    pub(super) closed: bool,
}

impl Shared {
    pub(super) fn new(store: StoreId, engine: Engine, count: Arc<TaskCount>) -> Self {
        Self {
            store,
            engine,
            count,
            asked: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing of the embedder's runs while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A task was woken.
    #[inline]
    pub(super) fn wake(&self, place: Place) {
        let mut state = self.lock();
        state.ready.push(place);
        let waker = state.notify();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn ask(&self, call: Arc<dyn Call>, request: Request) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        state.requests.push((call, request));
        self.asked.store(true, Ordering::Release);
        let waker = state.notify();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether there are requests.
    #[inline]
    pub(super) fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    pub(super) fn take_requests(&self) -> Vec<(Arc<dyn Call>, Request)> {
        let mut state = self.lock();
        self.asked.store(false, Ordering::Relaxed);
        std::mem::take(&mut state.requests)
    }
}

impl State {
    /// The waker that is to be woken, outside of the lock: `None` where that was done before.
    #[inline]
    pub(super) fn notify(&mut self) -> Option<Waker> {
        match std::mem::replace(&mut self.notified, true) {
            true => None,
            false => self.waker.take(),
        }
    }

    /// Somebody polls now: nobody needs to be woken.
    pub(super) fn listen(&mut self) {
        self.notified = true;
    }

    /// Whether there is anything to do for whoever polls.
    pub(super) fn has_work(&self) -> bool {
        !(self.ready.is_empty() && self.fresh.is_empty() && self.requests.is_empty())
    }

    /// Who polls has nothing to do, and is to be woken from now on. Gives the waker before, to be dropped outside
    /// of the lock.
    pub(super) fn sleep(&mut self, waker: Waker) -> Option<Waker> {
        self.notified = false;
        self.waker.replace(waker)
    }

    /// A place for another task.
    pub(super) fn place(&mut self) -> Place {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places += 1;
            self.places - 1
        });
        self.numbers += 1;
        Place {
            index,
            number: self.numbers,
        }
    }

    /// Nobody polls the set any more. What is left is to be dropped outside of the lock.
    pub(super) fn close(&mut self) -> Self {
        let left = std::mem::take(self);
        self.closed = true;
        left
    }
}
