//! Waking at a time: one thread for the process, begun when it is first needed, which sleeps until the next is due.
//!
//! ```text
//!  Timer::new ──► list, by time ──► the thread: takes out what is due, then wakes it, the lock given up
//!  drop ────────► out of the list
//! ```

use crate::error::Error;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread;
use std::time::Instant;

/// When, and a number that no other has.
type Key = (Instant, u64);

/// Wakes its waker at a time, unless it is dropped before.
pub(crate) struct Timer(Key);

struct Timers {
    wakers: BTreeMap<Key, Waker>,
    /// Number of the next.
    next: u64,
    /// Whether the thread is there.
    begun: bool,
}

static TIMERS: Mutex<Timers> = Mutex::new(Timers {
    wakers: BTreeMap::new(),
    next: 0,
    begun: false,
});

/// There is another that is due first.
static EARLIER: Condvar = Condvar::new();

fn lock() -> MutexGuard<'static, Timers> {
    // Nothing panics while it is locked.
    TIMERS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Timer {
    /// # Errors
    /// Kind `Limit`: the system has no thread.
    pub(crate) fn new(when: Instant, waker: Waker) -> Result<Self, Error> {
        let mut timers = lock();
        if !timers.begun {
            let thread = thread::Builder::new().name("bident timers".to_owned());
            let begun = thread.spawn(run);
            begun.map_err(Error::no_memory(
                "the thread that wakes who waits for a time",
            ))?;
            timers.begun = true;
        }
        let key = (when, timers.next);
        timers.next += 1;
        timers.wakers.insert(key, waker);
        let is_first = timers.wakers.first_key_value().map(|(&first, _)| first) == Some(key);
        drop(timers);
        if is_first {
            EARLIER.notify_one();
        }
        Ok(Self(key))
    }

    /// Wakes another from now on; at once where the time has come, and another was woken.
    pub(crate) fn set_waker(&self, waker: Waker) {
        let (before, late) = match lock().wakers.get_mut(&self.0) {
            Some(there) => (Some(std::mem::replace(there, waker)), None),
            None => (None, Some(waker)),
        };
        // Their code may come here.
        drop(before);
        if let Some(waker) = late {
            waker.wake();
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        let waker = lock().wakers.remove(&self.0);
        drop(waker);
    }
}

fn run() {
    let mut timers = lock();
    loop {
        let now = Instant::now();
        let first = timers.wakers.first_entry();
        timers = match first.map(|first| (first.key().0, first)) {
            Some((when, first)) if when <= now => {
                let waker = first.remove();
                drop(timers);
                // A waker that panics is no reason for others to sleep on.
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
                    // Nor is what it panicked with, which may panic where it is dropped.
                    std::mem::forget(panic);
                }
                lock()
            }
            Some((when, _)) => {
                let waited = EARLIER.wait_timeout(timers, when - now);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None => EARLIER.wait(timers).unwrap_or_else(PoisonError::into_inner),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex};
    use std::task::Wake;
    use std::time::Duration;

    struct Bell(Mutex<Sender<()>>);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            let _unheard = self.0.lock().unwrap().send(());
        }
    }

    fn bell() -> (Waker, Receiver<()>) {
        let (sender, receiver) = channel();
        (Arc::new(Bell(Mutex::new(sender))).into(), receiver)
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn who_comes_when_the_time_has_come_is_woken() {
        let (first, heard) = bell();
        let timer = Timer::new(Instant::now(), first).unwrap();
        heard.recv_timeout(LONG).unwrap();
        let (second, heard) = bell();
        timer.set_waker(second);
        heard.recv_timeout(LONG).unwrap();
    }

    #[test]
    fn what_is_dropped_is_forgotten() {
        let (waker, heard) = bell();
        let timers: Vec<_> = (0..100)
            .map(|_| Timer::new(Instant::now() + LONG, waker.clone()).unwrap())
            .collect();
        let keys: Vec<_> = timers.iter().map(|timer| timer.0).collect();
        assert!(keys.iter().all(|key| lock().wakers.contains_key(key)));
        drop((timers, waker));
        assert!(keys.iter().all(|key| !lock().wakers.contains_key(key)));
        // Nobody has the waker any more, so nobody can ring.
        assert!(heard.recv().is_err());
    }
}
