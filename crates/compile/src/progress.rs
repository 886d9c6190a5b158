//! How far the compiler has come with a module, for whoever shows it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How far the compiler has come with the functions of a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes of bodies that are compiled.
    pub done: u64,
    /// Bytes of all bodies.
    pub total: u64,
    /// Nothing more comes: all are compiled, or one cannot be.
    pub ended: bool,
}

/// Who is told.
pub type Observer = Arc<dyn Fn(Progress) + Send + Sync>;

/// Between two reports.
const PAUSE: Duration = Duration::from_millis(50);

/// One module that is being compiled. Reports its beginning, then now and then, and its end, whatever that is.
pub(crate) struct Watch<'a> {
    observer: Option<&'a Observer>,
    total: u64,
    done: AtomicU64,
    began: Instant,
    /// Milliseconds since then before which nothing is reported.
    next: AtomicU64,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(observer: Option<&'a Observer>, total: u64) -> Self {
        let watch = Self {
            observer,
            total,
            done: AtomicU64::new(0),
            began: Instant::now(),
            next: AtomicU64::new(PAUSE.as_millis() as u64),
        };
        watch.report(0, false);
        watch
    }

    /// A body of so many bytes is compiled.
    pub(crate) fn advance(&self, bytes: u64) {
        if self.observer.is_none() {
            return;
        }
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let now = self.began.elapsed().as_millis() as u64;
        let next = self.next.load(Ordering::Relaxed);
        let later = now + PAUSE.as_millis() as u64;
        let turn = || {
            let order = Ordering::Relaxed;
            self.next.compare_exchange(next, later, order, order)
        };
        if now >= next && turn().is_ok() {
            self.report(done, false);
        }
    }

    fn report(&self, done: u64, ended: bool) {
        let total = self.total;
        if let Some(observer) = self.observer {
            observer(Progress { done, total, ended });
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        // An observer that panicked hears no more: a second panic would end the process.
        if !std::thread::panicking() {
            self.report(self.done.load(Ordering::Relaxed), true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    fn seen(total: u64, run: impl FnOnce(&Watch<'_>)) -> Vec<Progress> {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&seen);
        let observer: Observer = Arc::new(move |progress| notes.lock().unwrap().push(progress));
        run(&Watch::new(Some(&observer), total));
        drop(observer);
        Arc::into_inner(seen).unwrap().into_inner().unwrap()
    }

    #[test]
    fn beginning_and_end_are_told() {
        let at = |done, ended| Progress {
            done,
            total: 9,
            ended,
        };
        let quick = seen(9, |watch| (0..9).for_each(|_| watch.advance(1)));
        assert_eq!(quick.first(), Some(&at(0, false)));
        assert_eq!(quick.last(), Some(&at(9, true)));
        assert_eq!(seen(9, |_| ()), [at(0, false), at(0, true)]);
    }

    #[test]
    fn what_takes_long_is_told_now_and_then() {
        let slow = seen(100, |watch| {
            for _ in 0..100 {
                std::thread::sleep(Duration::from_millis(2));
                watch.advance(1);
            }
        });
        assert!((4..40).contains(&slow.len()), "{slow:?}");
        assert!(slow.is_sorted_by_key(|progress| progress.done));
    }
}
