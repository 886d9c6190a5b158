//! How many tasks there may be, and who waits until there may be another.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// Room for tasks. Who waits longest gets it first.
pub(super) struct Room {
    /// Tasks that have not ended, and those that somebody was told he may spawn.
    pub(super) taken: usize,
    pub(super) most: usize,
    waiting: VecDeque<Arc<Waiter>>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            taken: 0,
            most: usize::MAX,
            waiting: VecDeque::new(),
        }
    }
}

/// Somebody who waits for room.
#[derive(Default)]
pub(super) struct Waiter(Mutex<Turn>);

#[derive(Default)]
enum Turn {
    #[default]
    Fresh,
    Waits(Waker),
    /// Room was taken for him.
    Has,
    /// He is gone, or has used it.
    Gone,
}

impl Waiter {
    fn turn(&self) -> std::sync::MutexGuard<'_, Turn> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is his turn.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<()> {
        let mut turn = self.turn();
        match &*turn {
            Turn::Has => {
                *turn = Turn::Gone;
                Poll::Ready(())
            }
            Turn::Waits(waker) if waker.will_wake(context.waker()) => Poll::Pending,
            _ => {
                *turn = Turn::Waits(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// He does not want it any more: whether room was taken for him.
    pub(super) fn leave(&self) -> bool {
        let turn = std::mem::replace(&mut *self.turn(), Turn::Gone);
        matches!(turn, Turn::Has)
    }

    fn give(&self) -> Option<Waker> {
        let mut turn = self.turn();
        match std::mem::replace(&mut *turn, Turn::Has) {
            Turn::Waits(waker) => Some(waker),
            Turn::Fresh | Turn::Has => Some(Waker::noop().clone()),
            Turn::Gone => {
                *turn = Turn::Gone;
                None
            }
        }
    }
}

impl Room {
    /// Room for one, if there is some and nobody waits for it.
    pub(super) fn take(&mut self) -> bool {
        let free = self.taken < self.most && self.waiting.is_empty();
        self.taken += usize::from(free);
        free
    }

    pub(super) fn wait(&mut self) -> Arc<Waiter> {
        let waiter = Arc::new(Waiter::default());
        self.waiting.push_back(waiter.clone());
        waiter
    }

    /// One task less. The waker of who gets its room is to be woken outside of the lock.
    pub(super) fn give_back(&mut self) -> Option<Waker> {
        self.taken -= 1;
        self.offer()
    }

    /// Gives room to who waits, if there is any.
    pub(super) fn offer(&mut self) -> Option<Waker> {
        while self.taken < self.most {
            let waiter = self.waiting.pop_front()?;
            if let Some(waker) = waiter.give() {
                self.taken += 1;
                return Some(waker);
            }
        }
        None
    }

    /// Wakers of all that wait: there will be no room.
    pub(super) fn close(self) -> impl Iterator<Item = Waker> {
        let waiting = self.waiting.into_iter();
        waiting.filter_map(|waiter| waiter.give())
    }
}

/// How many tasks there are in all sets of a store, and may be.
#[derive(Debug)]
pub(crate) struct TaskCount {
    count: AtomicUsize,
    most: AtomicUsize,
}

impl Default for TaskCount {
    fn default() -> Self {
        Self {
            count: AtomicUsize::new(0),
            most: AtomicUsize::new(usize::MAX),
        }
    }
}

impl TaskCount {
    /// Sets the most that there may be.
    pub(crate) fn limit(&self, most: usize) {
        self.most.store(most, Ordering::Relaxed);
    }

    /// One more, if there may be.
    ///
    /// # Errors
    /// The most that there may be.
    pub(super) fn take(&self) -> Result<(), usize> {
        let most = self.most.load(Ordering::Relaxed);
        let counted = self
            .count
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |count| {
                (count < most).then_some(count + 1)
            });
        counted.map(drop).map_err(|_| most)
    }

    /// One less.
    pub(super) fn give_back(&self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}
