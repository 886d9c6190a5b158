//! What one has of a task that was spawned.

use super::inner::Join;
use super::shared::{Place, Request};
use crate::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A task of a set ([`crate::Tasks`]): awaited, it gives the results of its call. On any thread.
///
/// It goes on only while somebody polls the set. Dropped, it leaves the task alone; what that comes to is then
/// dropped, errors included.
#[must_use = "what becomes of the task is known here only; drop it where that does not matter"]
pub struct Task<R>(pub(super) Arc<dyn Join<R>>);

/// Which task of its set it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TaskId(pub(super) Place);

impl<R> fmt::Debug for Task<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&self.0.place().number).finish()
    }
}

impl<R> Task<R> {
    /// What [`crate::Tasks::poll_next`] calls it. No two tasks of a set have the same.
    pub fn id(&self) -> TaskId {
        TaskId(self.0.place())
    }

    /// Whether it has returned, failed or was cancelled.
    pub fn has_ended(&self) -> bool {
        self.0.has_ended()
    }

    /// What it came to, where it has ended. The second time that is an error of kind `Usage`.
    pub fn try_take(&mut self) -> Option<Result<R, Error>> {
        self.0.try_take()
    }

    /// Sets its deadline: so many ticks of [`crate::Engine::increment_epoch`] from now on, however long it waits or others
    /// run meanwhile. Once it has passed the task traps with [`crate::TrapCode::Interrupted`] at its next loop, call or
    /// long instruction; one that waits does so when it goes on, so cancel it where that may be late. It counts from
    /// when the task next begins or goes on, and only with [`crate::Config::epoch_interruption`]. The store's own deadline
    /// ([`crate::Store::set_epoch_deadline`]) is apart.
    pub fn set_epoch_deadline(&self, ticks: u64) {
        self.0.set_deadline(ticks);
    }

    /// Asks whoever polls the set to cancel it, before any other task goes on there; the set is woken. The future
    /// that it waits for is dropped then; [`crate::Tasks::cancel`] drops it at once. A task that has ended stays as it
    /// is, else it ends with an error of kind `Cancelled`.
    pub fn cancel(&self) {
        self.ask(Request::Cancel);
    }

    /// The same, with an error that the call which it waits for is to fail with, as of [`crate::ParkedCall::throw`]:
    /// WebAssembly may catch an exception, and go on.
    pub fn throw(&self, error: impl Into<Error>) {
        self.ask(Request::Throw(error.into()));
    }

    fn ask(&self, request: Request) {
        if !self.has_ended() {
            self.0.shared().ask(self.0.clone().as_call(), request);
        }
    }
}

impl<R> Future for Task<R> {
    type Output = Result<R, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context)
    }
}
