//! How long something runs on after its deadline, as far as that is its own doing: time in which it waited for a processor
//! that others had does not count.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// What a guest may take. What the host does on its behalf is slower in debug builds.
pub(crate) const MOST: Duration =
    Duration::from_millis(if cfg!(debug_assertions) { 30 } else { 10 });

/// When the deadline passes.
const AFTER: Duration = Duration::from_millis(20);

/// Runs something that ends after its deadline, which `pass` lets pass on another thread. Gives what came of it, and how long
/// after the deadline.
pub(crate) fn late<R>(
    pass: impl FnOnce() + Send + 'static,
    run: impl FnOnce() -> R,
) -> (R, Duration) {
    let schedstat = schedstat();
    let ticker = {
        let schedstat = schedstat.clone();
        thread::spawn(move || {
            thread::sleep(AFTER);
            let waited = waited(&schedstat);
            pass();
            (Instant::now(), waited)
        })
    };
    let result = run();
    let end = Instant::now();
    let waited = waited(&schedstat);
    let (deadline, before) = ticker.join().expect("a tick");
    let late = end.saturating_duration_since(deadline);
    (result, late.saturating_sub(waited - before))
}

/// Where the system tells about this thread.
fn schedstat() -> PathBuf {
    let thread = fs::read_link("/proc/thread-self").unwrap_or_default();
    Path::new("/proc").join(thread).join("schedstat")
}

/// How long a thread was ready to run, and did not. Nothing where the system does not tell.
fn waited(schedstat: &Path) -> Duration {
    let text = fs::read_to_string(schedstat).unwrap_or_default();
    let nanoseconds = text.split(' ').nth(1).and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}
