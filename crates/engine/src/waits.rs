//! Who waits at the addresses of a shared memory, and how they are woken.
//!
//! ```text
//!  memory.atomic.wait ──► begin: under the lock, compares and gets in line
//!                           ├─ blocks its thread on a condition of its own, the lock given up; or
//!                           └─ parks, with a MemoryWait as payload
//!  memory.atomic.notify ─► wake: under the lock, the first in line; then their wakers, without it
//! ```
//!
//! Comparing and getting in line are one step for whoever notifies, so no notification is lost. Nobody holds
//! more than the lock of one memory, and nobody holds that while somebody else's code runs.

use crate::timers::Timer;
use crate::vm::mapping::Mapping;
use bident_abi::TrapCode;
use bident_stack::Atom;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// How many wakers are called between two times that the lock is held.
const AT_ONCE: usize = 16;

/// What a wait came to, as `memory.atomic.wait32` and `memory.atomic.wait64` give it.
#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitResult {
    /// Another notified.
    Woken = 0,
    /// What lay there was not what was expected.
    NotEqual = 1,
    /// Nobody did in time.
    TimedOut = 2,
}

/// Those who wait at the addresses of one memory.
#[derive(Default)]
pub(crate) struct Waits(Mutex<Line>);

/// By address, and for each in the order they came.
#[derive(Default)]
struct Line {
    next: u64,
    waiters: BTreeMap<Place, Arc<Waiter>>,
}

/// Address, and a number that goes up.
type Place = (u64, u64);

#[derive(Default)]
struct Waiter {
    /// Written under the lock.
    woken: AtomicBool,
    /// Where it blocks its thread.
    condition: Condvar,
    /// Whom to tell otherwise.
    waker: Mutex<Option<Waker>>,
}

impl Waiter {
    fn is_woken(&self) -> bool {
        self.woken.load(Ordering::Acquire)
    }
}

/// Nothing panics while one of the locks here is held.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Waits {
    /// Wakes the first `count` who wait at an address; gives how many there were.
    pub(crate) fn wake(&self, address: u64, count: u32) -> u32 {
        let mut line = lock(&self.0);
        if line.waiters.is_empty() {
            return 0;
        }
        // Who comes later, while wakers are called, is not meant.
        let end = line.next;
        let mut woken = 0;
        loop {
            let mut wakers = [const { None }; AT_ONCE];
            let mut calls = 0;
            while woken < count && calls < AT_ONCE {
                let first = line.waiters.range((address, 0)..(address, end)).next();
                let Some((&place, _)) = first else { break };
                if let Some(waiter) = line.waiters.remove(&place) {
                    waiter.woken.store(true, Ordering::Release);
                    waiter.condition.notify_one();
                    wakers[calls] = lock(&waiter.waker).take();
                    calls += usize::from(wakers[calls].is_some());
                    woken += 1;
                }
            }
            drop(line);
            wakers.into_iter().flatten().for_each(Waker::wake);
            if calls < AT_ONCE {
                return woken;
            }
            line = lock(&self.0);
        }
    }
}

/// A wait that has begun, or was over at once.
pub(crate) enum Begun {
    Over(WaitResult),
    Waiting(MemoryWait),
}

/// Compares what lies at an address of a shared memory, and gets in line if it is what was expected.
/// `timeout` is in nanoseconds, negative for none.
pub(crate) fn begin<A: Atom>(
    memory: &Arc<Mapping>,
    address: u64,
    expected: A,
    timeout: i64,
) -> Result<Begun, TrapCode> {
    let deadline = deadline(timeout);
    let mut line = lock(&memory.waits.0);
    if memory.load::<A>(address)? != expected {
        return Ok(Begun::Over(WaitResult::NotEqual));
    }
    if timeout == 0 {
        return Ok(Begun::Over(WaitResult::TimedOut));
    }
    let place = (address, line.next);
    line.next += 1;
    let waiter = Arc::<Waiter>::default();
    line.waiters.insert(place, waiter.clone());
    drop(line);
    Ok(Begun::Waiting(MemoryWait {
        memory: memory.clone(),
        waiter,
        place,
        deadline,
        timer: None,
    }))
}

/// What is too far away to be a time is never.
fn deadline(timeout: i64) -> Option<Instant> {
    let nanoseconds = u64::try_from(timeout).ok()?;
    Instant::now().checked_add(Duration::from_nanos(nanoseconds))
}

/// What a call waits for that parked in `memory.atomic.wait32` or `memory.atomic.wait64`: see
/// [`Config::park_waits`](crate::Config::park_waits).
///
/// Its result, as an `i32`, is what the call is resumed with. As a future it is ready once another has
/// notified, or at the [`MemoryWait::deadline`]: a thread of the engine wakes who polls then. Where the system has no
/// such thread, only who polls after that finds it ready. Dropped, it waits no longer. A task
/// ([`crate::Tasks`]) and [`crate::Func::call_async`] wait for it by themselves.
pub struct MemoryWait {
    memory: Arc<Mapping>,
    waiter: Arc<Waiter>,
    place: Place,
    deadline: Option<Instant>,
    /// Wakes who has polled at the deadline.
    timer: Option<Timer>,
}

impl MemoryWait {
    /// When it times out, if ever.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Where it waits, in bytes from the start of the memory.
    pub fn address(&self) -> u64 {
        self.place.0
    }

    /// What it came to, if it is over; past the deadline it is.
    pub fn result(&self) -> Option<WaitResult> {
        if self.waiter.is_woken() {
            return Some(WaitResult::Woken);
        }
        if self.deadline.is_some_and(|end| end <= Instant::now()) {
            return Some(self.give_up());
        }
        None
    }

    /// Blocks this thread until it is over.
    pub fn block(&self) -> WaitResult {
        loop {
            if let Some(result) = self.block_until(None) {
                return result;
            }
        }
    }

    /// Blocks this thread until it is over, but no longer than so: `None` where it is not over then.
    pub fn block_for(&self, most: Duration) -> Option<WaitResult> {
        self.block_until(Instant::now().checked_add(most))
    }

    fn block_until(&self, until: Option<Instant>) -> Option<WaitResult> {
        let mut line = lock(&self.memory.waits.0);
        loop {
            if self.waiter.is_woken() {
                return Some(WaitResult::Woken);
            }
            let ends = [self.deadline, until];
            let Some(end) = ends.into_iter().flatten().min() else {
                let waited = self.waiter.condition.wait(line);
                line = waited.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let over = self.deadline == Some(end);
                return over.then(|| {
                    line.waiters.remove(&self.place);
                    WaitResult::TimedOut
                });
            }
            let waited = self.waiter.condition.wait_timeout(line, left);
            line = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Leaves the line, unless it was woken just now.
    fn give_up(&self) -> WaitResult {
        let mut line = lock(&self.memory.waits.0);
        match line.waiters.remove(&self.place) {
            Some(_) => WaitResult::TimedOut,
            None if self.waiter.is_woken() => WaitResult::Woken,
            None => WaitResult::TimedOut,
        }
    }
}

impl Future for MemoryWait {
    type Output = WaitResult;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<WaitResult> {
        // A waker's code may run when it is cloned and dropped: not under a lock.
        let waker = context.waker().clone();
        let before = lock(&self.waiter.waker).replace(waker);
        drop(before);
        // Who notified before could not know of it.
        match self.result() {
            Some(result) => Poll::Ready(result),
            None => {
                self.set_timer(context.waker());
                Poll::Pending
            }
        }
    }
}

impl MemoryWait {
    fn set_timer(&mut self, waker: &Waker) {
        let Some(deadline) = self.deadline else {
            return;
        };
        match &self.timer {
            Some(timer) => timer.set_waker(waker.clone()),
            None => self.timer = Timer::new(deadline, waker.clone()).ok(),
        }
    }
}

impl Drop for MemoryWait {
    fn drop(&mut self) {
        if !self.waiter.is_woken() {
            self.give_up();
        }
    }
}

impl fmt::Debug for MemoryWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryWait")
            .field("address", &self.place.0)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
