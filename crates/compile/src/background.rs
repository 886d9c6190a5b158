//! A thread of the process for what may be compiled some time. It is apart from those that compile what somebody waits
//! for; whoever has something to do there takes turns.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Does a small part of some work; gives whether there is more.
type Turn = Box<dyn FnMut() -> bool + Send>;

/// Bytes of the thread's stack: compilers recurse.
const STACK: usize = 8 << 20;

struct Queue {
    turns: VecDeque<Turn>,
    /// Whether the thread is there.
    begun: bool,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    turns: VecDeque::new(),
    begun: false,
});

/// There is something in the queue.
static FILLED: Condvar = Condvar::new();

fn lock() -> MutexGuard<'static, Queue> {
    // Nothing panics while it is locked.
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does something on the thread, some time, again and again until it gives false or panics.
///
/// # Errors
/// The system has no thread.
pub fn in_background(turn: impl FnMut() -> bool + Send + 'static) -> io::Result<()> {
    let mut queue = lock();
    if !queue.begun {
        let thread = thread::Builder::new().name("bident compiler".to_owned());
        thread.stack_size(STACK).spawn(run)?;
        queue.begun = true;
    }
    queue.turns.push_back(Box::new(turn));
    drop(queue);
    FILLED.notify_one();
    Ok(())
}

fn run() {
    let mut queue = lock();
    loop {
        let Some(mut turn) = queue.turns.pop_front() else {
            queue = FILLED.wait(queue).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        drop(queue);
        // What it owns may go with it, and that may panic, too.
        let again = catch_unwind(AssertUnwindSafe(move || turn().then_some(turn)));
        let again = again.unwrap_or_else(|panic| {
            // It may panic where it is dropped.
            std::mem::forget(panic);
            None
        });
        queue = lock();
        queue.turns.extend(again);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn all_take_turns_and_a_panic_ends_only_its_own() {
        let (sender, receiver) = channel();
        let (hold, held) = channel::<()>();
        let first = move || held.recv().is_ok();
        in_background(first).unwrap();
        for who in 0..3 {
            let sender = sender.clone();
            let mut left = 5;
            let turn = move || {
                left -= 1;
                sender.send((who, left)).unwrap();
                assert!(who != 1 || left > 2, "a panic on purpose");
                left > 0
            };
            in_background(turn).unwrap();
        }
        drop((sender, hold));
        let came: Vec<_> = receiver.into_iter().collect();
        assert_eq!(came.len(), 5 + 3 + 5);
        // Whoever is still there comes once in each round.
        assert_eq!(came[..6], [(0, 4), (1, 4), (2, 4), (0, 3), (1, 3), (2, 3)]);
        assert_eq!(came[9..], [(0, 1), (2, 1), (0, 0), (2, 0)]);
    }
}
