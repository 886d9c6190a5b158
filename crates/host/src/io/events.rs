//! What comes from outside and no promise waits for: bytes of a socket, a connection, the end of a process, a signal.
//!
//! ```text
//!   task or thread ── post ──► queue ── wakes ──► event loop ──► the source's callback
//! ```
//!
//! A source is what a program has opened. As long as it is open and held, the program goes on.

use crate::event_loop::{Host, Task};
use rquickjs::{Ctx, Function, JsLifetime, Result, Value};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Makes the arguments of a callback, once it is called.
type Arguments = Box<dyn for<'js> FnOnce(&Ctx<'js>) -> Result<Vec<Value<'js>>> + Send>;

/// What has happened, and is not yet told.
#[derive(Default)]
struct Waiting {
    events: VecDeque<(u64, Arguments)>,
    waker: Option<Waker>,
    /// Whoever waits is to look around, though nothing has happened.
    is_woken: bool,
}

/// The way from anywhere to the event loop.
#[derive(Clone, Default)]
pub(crate) struct Queue(Arc<Mutex<Waiting>>);

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ready where something has happened; else wakes the task once it has.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let mut waiting = self.lock();
        if !waiting.events.is_empty() || std::mem::take(&mut waiting.is_woken) {
            return Poll::Ready(());
        }
        waiting.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Wakes whoever waits.
    pub(crate) fn wake(&self) {
        let mut waiting = self.lock();
        waiting.is_woken = true;
        if let Some(waker) = waiting.waker.take() {
            waker.wake();
        }
    }

    fn take(&self) -> Option<(u64, Arguments)> {
        self.lock().events.pop_front()
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.lock().events.len()
    }
}

/// The open sources of a context.
#[derive(Default, JsLifetime)]
pub(crate) struct Sources<'js> {
    open: RefCell<HashMap<u64, Open<'js>>>,
    holding: Cell<usize>,
    last: Cell<u64>,
    pub(crate) queue: Queue,
}

#[derive(JsLifetime)]
struct Open<'js> {
    callback: Function<'js>,
    is_held: bool,
    /// On whose behalf it was opened.
    frame: Option<Value<'js>>,
}

impl<'js> Sources<'js> {
    /// Whether a source is a reason to go on.
    pub(crate) fn keep_alive(&self) -> bool {
        self.holding.get() > 0
    }

    fn close(&self, id: u64) {
        if let Some(open) = self.open.borrow_mut().remove(&id) {
            self.count(open.is_held, false);
        }
    }

    fn hold(&self, id: u64, is_held: bool) {
        if let Some(open) = self.open.borrow_mut().get_mut(&id) {
            self.count(open.is_held, is_held);
            open.is_held = is_held;
        }
    }

    fn is_held(&self, id: u64) -> bool {
        self.open.borrow().get(&id).is_some_and(|open| open.is_held)
    }

    fn count(&self, before: bool, now: bool) {
        let others = self.holding.get() - usize::from(before);
        self.holding.set(others + usize::from(now));
    }

    /// The next call, for what has happened to a source that is open. The arguments may fail.
    pub(crate) fn next(&self, ctx: &Ctx<'js>) -> Option<Result<Task<'js>>> {
        loop {
            let (id, arguments) = self.queue.take()?;
            let opened = |open: &Open<'js>| (open.callback.clone(), open.frame.clone());
            // What makes the arguments may close the source.
            let Some((function, frame)) = self.open.borrow().get(&id).map(opened) else {
                continue;
            };
            return Some(arguments(ctx).map(|args| Task {
                function,
                this: None,
                args,
                frame,
            }));
        }
    }
}

/// A source, for those who have something to tell of it.
#[derive(Clone)]
pub(crate) struct Source {
    id: u64,
    queue: Queue,
}

impl Source {
    /// Opens a source, which is held.
    pub(crate) fn open<'js>(ctx: &Ctx<'js>, callback: Function<'js>) -> Result<Self> {
        let host = Host::of(ctx)?;
        let sources = &host.sources;
        let id = sources.last.get() + 1;
        sources.last.set(id);
        let open = Open {
            callback,
            is_held: true,
            frame: host.frames.current(),
        };
        sources.open.borrow_mut().insert(id, open);
        sources.count(false, true);
        let queue = sources.queue.clone();
        Ok(Self { id, queue })
    }

    /// Has the callback called, unless the source is closed before.
    pub(crate) fn post(
        &self,
        arguments: impl for<'js> FnOnce(&Ctx<'js>) -> Result<Vec<Value<'js>>> + Send + 'static,
    ) {
        let mut waiting = self.queue.lock();
        waiting.events.push_back((self.id, Box::new(arguments)));
        if let Some(waker) = waiting.waker.take() {
            waker.wake();
        }
    }

    /// No callback comes any more.
    pub(crate) fn close(&self, ctx: &Ctx<'_>) -> Result<()> {
        Host::of(ctx)?.sources.close(self.id);
        Ok(())
    }

    /// Whether the program goes on as long as the source is open.
    pub(crate) fn hold(&self, ctx: &Ctx<'_>, is_held: bool) -> Result<()> {
        Host::of(ctx)?.sources.hold(self.id, is_held);
        Ok(())
    }

    /// What [`Source::hold`] said, of a source that is open.
    pub(crate) fn is_held(&self, ctx: &Ctx<'_>) -> Result<bool> {
        Ok(Host::of(ctx)?.sources.is_held(self.id))
    }
}
