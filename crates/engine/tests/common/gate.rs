//! Futures for tests, and who polls them.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// What futures wait at until somebody opens it, with a value.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    value: Option<i32>,
    wakers: Vec<Waker>,
    polls: usize,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn open(&self, value: i32) {
        let mut state = self.0.lock().unwrap();
        state.value = Some(value);
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn close(&self) {
        self.0.lock().unwrap().value = None;
    }

    /// Wakes who waits, for nothing.
    pub(crate) fn knock(&self) {
        let wakers = std::mem::take(&mut self.0.lock().unwrap().wakers);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// How often somebody looked.
    pub(crate) fn polls(&self) -> usize {
        self.0.lock().unwrap().polls
    }

    pub(crate) fn pass(&self) -> impl Future<Output = i32> + Send + use<> {
        let gate = self.clone();
        poll_fn(move |context| {
            let mut state = gate.0.lock().unwrap();
            state.polls += 1;
            match state.value {
                Some(value) => Poll::Ready(value),
                None => {
                    state.wakers.push(context.waker().clone());
                    Poll::Pending
                }
            }
        })
    }
}

/// Counts wakes, and unparks a thread.
pub(crate) struct Bell {
    pub(crate) rings: AtomicUsize,
    thread: Thread,
}

impl Bell {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            rings: AtomicUsize::new(0),
            thread: thread::current(),
        })
    }

    pub(crate) fn rings(&self) -> usize {
        self.rings.load(Ordering::SeqCst)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rings.fetch_add(1, Ordering::SeqCst);
        self.thread.unpark();
    }
}

/// Polls once, with a waker that does nothing.
pub(crate) fn once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls whenever it is woken, until it is ready.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let bell = Bell::new();
    let waker = bell.clone().into();
    let mut heard = 0;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        while bell.rings() == heard {
            thread::park();
        }
        heard = bell.rings();
    }
}
