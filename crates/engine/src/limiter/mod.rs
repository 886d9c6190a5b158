//! Limits of a store that the embedder decides about while guests run.
//!
//! ```text
//!  memory.grow ──► type and engine allow it? ──► limiter ──┬─ yes: it grows
//!                                                         ├─ no: -1, or the trap of what is short
//!                                                         ├─ error: the call ends with it
//!                                                         └─ later: the call parks until the future is ready
//! ```

mod ask;
mod extent;
mod limits;

pub(crate) use ask::Growth;
pub(crate) use extent::{Allowance, Extent, bytes_of};
pub use limits::{LimitReached, StoreLimits};

use crate::error::Error;
use std::any::Any;
use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Decides how much a store may have: see [`crate::Store::limiter`].
///
/// It is asked before something grows, after what [`crate::Config`] and the type of a memory or table say. So it only
/// ever makes limits tighter. `current` and `desired` are sizes of the one memory or table, or of all objects, or of all
/// stacks of the store; a refusal is for this time, and it is asked again the next. What was given back is not
/// told of. It cannot reach the store; what it shares with others belongs in an `Arc`: a limiter in an
/// `Arc<Mutex<_>>` is one, too, also for several stores.
///
/// An error ends the call of WebAssembly that asked, as one of a host function does, and is found in the error of that
/// call: no WebAssembly catches it, not even where it is an exception.
pub trait ResourceLimiter: Any + Send + Sync {
    /// Whether a linear memory may have `desired` bytes; a new one has 0 before. `maximum` is the most that its type
    /// allows. Where not, `memory.grow` gives -1, and the embedder's call, or an instantiation, is an error of kind `Limit`.
    ///
    /// # Errors
    /// What it likes: see the trait.
    fn memory_growing(
        &mut self,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Result<bool, Error>;

    /// Whether a table may have `desired` elements. Otherwise as [`Self::memory_growing`].
    ///
    /// # Errors
    /// What it likes: see the trait.
    fn table_growing(
        &mut self,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Result<bool, Error>;

    /// Whether the structures and arrays of the store may take `desired` bytes together, with the room between them. Where
    /// not, those that nobody can reach are freed, and if that is not enough, making one traps with
    /// `HeapMemoryExhausted`. `maximum` is [`crate::Config::max_heap_memory`]. Default: yes.
    ///
    /// # Errors
    /// What it likes: see the trait.
    fn heap_growing(&mut self, current: u64, desired: u64, maximum: u64) -> Result<bool, Error> {
        let _ = (current, desired, maximum);
        Ok(true)
    }

    /// Whether the stacks of the store may take `desired` bytes together: of calls that run or are parked, and of
    /// continuations. Where not, those that nobody can reach are freed, and if that is not enough, it is as if
    /// [`crate::Config::max_stack_memory`] were reached, which is `maximum`. It is asked for some more than is needed
    /// now, so rarely. Default: yes.
    ///
    /// # Errors
    /// What it likes: see the trait.
    fn stacks_growing(&mut self, current: u64, desired: u64, maximum: u64) -> Result<bool, Error> {
        let _ = (current, desired, maximum);
        Ok(true)
    }

    /// A memory has not grown: since its type or the engine does not allow it, or the system has no memory for it. Nobody
    /// is told of what the limiter itself refused. Default: so be it.
    ///
    /// # Errors
    /// An error ends the call, instead of the -1 that WebAssembly would see.
    fn memory_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        drop(error);
        Ok(())
    }

    /// The same of a table.
    ///
    /// # Errors
    /// As of [`Self::memory_grow_failed`].
    fn table_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        drop(error);
        Ok(())
    }

    /// The most instances that there may be in the store; those that nobody can reach do not count. One more is an error of
    /// kind `Limit`. Default: no limit.
    fn instances(&self) -> usize {
        usize::MAX
    }

    /// The same for linear memories.
    fn memories(&self) -> usize {
        usize::MAX
    }

    /// The same for tables.
    fn tables(&self) -> usize {
        usize::MAX
    }

    /// The most tasks that there may be at once, in all sets of the store ([`crate::Tasks`]); to spawn another is an error
    /// of kind `Limit`. It is asked when the limiter is set. Default: no limit.
    fn tasks(&self) -> usize {
        usize::MAX
    }
}

/// What a limiter answers later: whether something may grow.
pub type Permission = Pin<Box<dyn Future<Output = Result<bool, Error>> + Send>>;

/// A limiter that may take its time: see [`crate::Store::limiter_async`].
///
/// Where the call that asks may park, in a task or begun by [`crate::Func::call_async`] or [`crate::Func::start`], these
/// methods are asked, and the call waits for the future as for that of an async host function; other calls go on. So does
/// [`crate::Linker::instantiate_async`] for what a new instance has. Everywhere
/// else, and for all but memories and tables, those of [`ResourceLimiter`] are.
///
/// What grew by other calls meanwhile is asked about once more, with its new sizes.
pub trait ResourceLimiterAsync: ResourceLimiter {
    /// As [`ResourceLimiter::memory_growing`], which is the default.
    fn memory_growing_async(
        &mut self,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Permission {
        Box::pin(ready(self.memory_growing(current, desired, maximum)))
    }

    /// As [`ResourceLimiter::table_growing`], which is the default.
    fn table_growing_async(
        &mut self,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Permission {
        Box::pin(ready(self.table_growing(current, desired, maximum)))
    }
}

/// The limiter of a store.
pub(crate) enum Limiter {
    Sync(Box<dyn ResourceLimiter>),
    Async(Box<dyn ResourceLimiterAsync>),
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Limiter")
    }
}

impl Limiter {
    /// What decides at once.
    fn now(&mut self) -> &mut dyn ResourceLimiter {
        match self {
            Self::Sync(limiter) => &mut **limiter,
            Self::Async(limiter) => &mut **limiter,
        }
    }

    /// The same, to be looked at.
    fn seen(&self) -> &dyn ResourceLimiter {
        match self {
            Self::Sync(limiter) => &**limiter,
            Self::Async(limiter) => &**limiter,
        }
    }

    /// What it is.
    pub(crate) fn downcast<L: ResourceLimiter>(&mut self) -> Option<&mut L> {
        let any: &mut dyn Any = self.now();
        any.downcast_mut()
    }
}

fn lock<L>(limiter: &Mutex<L>) -> MutexGuard<'_, L> {
    limiter.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<L: ResourceLimiter> ResourceLimiter for Arc<Mutex<L>> {
    fn memory_growing(
        &mut self,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Result<bool, Error> {
        lock(self).memory_growing(current, desired, maximum)
    }

    fn table_growing(
        &mut self,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Result<bool, Error> {
        lock(self).table_growing(current, desired, maximum)
    }

    fn heap_growing(&mut self, current: u64, desired: u64, maximum: u64) -> Result<bool, Error> {
        lock(self).heap_growing(current, desired, maximum)
    }

    fn stacks_growing(&mut self, current: u64, desired: u64, maximum: u64) -> Result<bool, Error> {
        lock(self).stacks_growing(current, desired, maximum)
    }

    fn memory_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        lock(self).memory_grow_failed(error)
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<(), Error> {
        lock(self).table_grow_failed(error)
    }

    fn instances(&self) -> usize {
        lock(self).instances()
    }

    fn memories(&self) -> usize {
        lock(self).memories()
    }

    fn tables(&self) -> usize {
        lock(self).tables()
    }

    fn tasks(&self) -> usize {
        lock(self).tasks()
    }
}

impl<L: ResourceLimiterAsync> ResourceLimiterAsync for Arc<Mutex<L>> {
    fn memory_growing_async(
        &mut self,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Permission {
        lock(self).memory_growing_async(current, desired, maximum)
    }

    fn table_growing_async(
        &mut self,
        current: u64,
        desired: u64,
        maximum: Option<u64>,
    ) -> Permission {
        lock(self).table_growing_async(current, desired, maximum)
    }
}
