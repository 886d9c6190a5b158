//! What threads share, in parts: a thread uses the same part each time, and few others do.
//!
//! ```text
//!  thread 1 ──► part 1  lock, value        threads by their number; from the last part on
//!  thread 2 ──► part 2  lock, value        it begins anew
//!  thread 3 ──► part 3  lock, value
//!  ...
//! ```
//!
//! A lock that only one thread takes costs some nanoseconds; one that two take, hundreds: its line of the cache and those of
//! what it guards go back and forth between processors. Nothing belongs to a thread: what lies in a part when
//! a thread ends is for the next that has the part, and whoever finds its own empty may look into the others.

use std::cell::Cell;
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// Most parts.
const MOST: usize = 64;
/// Fewest: threads that are there for a short time have numbers, too.
const FEWEST: usize = 4;

/// A value in as many parts as there are processors, or some more.
pub struct Shards<T>(Box<[Shard<T>]>);

/// Nothing else is in the lines of the cache: the processor fetches them in pairs.
#[derive(Default)]
#[repr(align(128))]
struct Shard<T>(Mutex<T>);

impl<T> Shard<T> {
    fn lock(&self) -> MutexGuard<'_, T> {
        // Who uses these does not panic while they are locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Default> Default for Shards<T> {
    fn default() -> Self {
        Self((0..parts()).map(|_| Shard::default()).collect())
    }
}

impl<T> Shards<T> {
    /// The part of this thread, locked.
    pub fn own(&self) -> MutexGuard<'_, T> {
        self.at(self.position())
    }

    /// The part at this position, locked.
    pub fn at(&self, position: u32) -> MutexGuard<'_, T> {
        self.0[position as usize].lock()
    }

    /// Where the part of this thread is.
    pub fn position(&self) -> u32 {
        // A power of two.
        thread_number() as u32 & (self.0.len() as u32 - 1)
    }

    /// The others, each locked while it is looked at. Nobody holds another part meanwhile: two threads would wait for each
    /// other.
    pub fn others(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        let (before, from) = self.0.split_at(self.position() as usize);
        from[1..].iter().chain(before).map(Shard::lock)
    }

    /// All of them, likewise.
    pub fn all(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.0.iter().map(Shard::lock)
    }
}

fn parts() -> usize {
    static PARTS: OnceLock<usize> = OnceLock::new();
    *PARTS.get_or_init(|| {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        cores.clamp(FEWEST, MOST).next_power_of_two()
    })
}

/// A number that no other thread of this process has had.
#[inline]
pub fn thread_number() -> u64 {
    thread_local!(static NUMBER: Cell<u64> = const { Cell::new(0) });
    match NUMBER.get() {
        0 => {
            static LAST: AtomicU64 = AtomicU64::new(0);
            let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
            NUMBER.set(number);
            number
        }
        number => number,
    }
}
