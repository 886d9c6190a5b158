//! On whose behalf something runs: what `AsyncLocalStorage` is made of (`node/async_hooks.js`).
//!
//! A *frame* is a value of the script's; the current one goes along with whatever is to run later:
//!
//! ```text
//!   timers, ticks, immediates, events      `Task` has the frame of whoever asked for it
//!   then, catch, finally                   a herald reacts to the promise before the reaction does
//!   await of a native promise              the same; `await` asks a promise for its constructor first,
//!                                          which is an accessor as soon as there are frames
//!   await of anything else, thenables      a promise is made, which remembers the frame; when it is fulfilled,
//!                                          a herald goes before its reactions
//!   suspended WebAssembly                  reacts as `then` does; or runs in a job of its own, with a herald
//! ```
//!
//! A herald is a job that names the frame of the next ([`crate::raw::announce_next`]). Where none was seen, a job runs
//! without a frame, not with that of somebody else. All of this begins when a program makes its first
//! `AsyncLocalStorage`; before, nothing is told and nothing kept.

use crate::event_loop::Host;
use crate::raw;
use rquickjs::prelude::Func;
use rquickjs::promise::PromiseState;
use rquickjs::runtime::UserDataGuard;
use rquickjs::{Ctx, Function, JsLifetime, Object, Result, Value};
use std::cell::{Cell, RefCell};

/// The frame of what runs, in one runtime.
#[derive(Default, JsLifetime)]
pub(crate) struct Frames<'js> {
    /// There are frames.
    is_on: Cell<bool>,
    current: RefCell<Option<Value<'js>>>,
    /// The current frame is that of the next job.
    is_announced: Cell<bool>,
    /// A herald is being made: what QuickJS tells of it is nothing.
    is_announcing: Cell<bool>,
    /// The promise that was last asked for its constructor, for telling it from others only.
    asked: Cell<Option<usize>>,
    /// Functions of the script's: let a promise remember a frame; give that.
    memory: RefCell<Option<Memory<'js>>>,
}

#[derive(Clone, JsLifetime)]
struct Memory<'js> {
    remember: Function<'js>,
    remembered: Function<'js>,
}

/// What has happened to a promise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    /// It was made, and of no other.
    Made,
    /// A reaction is about to be added to it.
    Then,
    /// It has just been fulfilled; its reactions are not in the queue yet.
    Fulfilled,
    /// It is to follow a thenable, whose `then` is called next.
    Follows,
    /// The `then` has been called.
    Followed,
}

/// Which promise it is.
fn identity(promise: &Value<'_>) -> Option<usize> {
    promise.is_object().then(|| raw::address_of(promise))
}

impl<'js> Frames<'js> {
    /// The current frame, for what is to run later.
    pub(crate) fn current(&self) -> Option<Value<'js>> {
        if !self.is_on.get() {
            return None;
        }
        self.current.borrow().clone()
    }

    fn set(&self, frame: Option<Value<'js>>) {
        // Dropped last: what it leads to may be freed by it.
        let _before = self.current.replace(frame);
    }

    /// Takes note of the end of a job: its frame is over, if it was no herald.
    pub(crate) fn after_job(&self) {
        if self.is_on.get() && !self.is_announced.take() {
            self.set(None);
        }
    }

    fn announcing(&self, f: impl FnOnce()) {
        let outer = self.is_announcing.replace(true);
        f();
        self.is_announcing.set(outer);
    }

    fn remembered(&self, promise: &Value<'js>) -> Option<Value<'js>> {
        let memory = self.memory.borrow().clone()?;
        let frame: Value = memory.remembered.call((promise.clone(),)).ok()?;
        (!frame.is_undefined()).then_some(frame)
    }
}

/// Runs `f` with a frame; afterwards there is the one before. Jobs that `f` adds first have this frame, too.
pub(crate) fn within<'js, R>(
    ctx: &Ctx<'js>,
    frame: Option<Value<'js>>,
    f: impl FnOnce() -> R,
) -> R {
    let Some(host) = on(ctx) else { return f() };
    if let Some(frame) = &frame {
        raw::announce_next(ctx, frame);
    }
    let outer = host.frames.current.replace(frame);
    let announced = host.frames.is_announced.take();
    drop(host);
    let result = f();
    if let Some(host) = on(ctx) {
        host.frames.set(outer);
        host.frames.is_announced.set(announced);
    }
    result
}

/// The frames of the context's runtime, if there are any.
fn on<'a, 'js>(ctx: &'a Ctx<'js>) -> Option<UserDataGuard<'a, Host<'js>>> {
    let host = Host::of(ctx).ok()?;
    host.frames.is_on.get().then_some(host)
}

/// The job that is added next runs with the current frame.
pub(crate) fn before_job(ctx: &Ctx<'_>) {
    if let Ok(host) = Host::of(ctx)
        && let Some(frame) = host.frames.current()
    {
        raw::announce_next(ctx, &frame);
    }
}

/// A herald runs: the next job has this frame. One whose promise was rejected sends another ahead, for who awaits
/// what the reaction rejects: QuickJS does not tell of that.
pub(crate) fn herald<'js>(ctx: &Ctx<'js>, frame: Value<'js>, is_rejected: bool) {
    let Some(host) = on(ctx) else { return };
    if is_rejected {
        raw::announce_next(ctx, &frame);
    }
    host.frames.set(Some(frame));
    host.frames.is_announced.set(true);
}

/// QuickJS tells what happens to a promise.
pub(crate) fn told<'js>(ctx: &Ctx<'js>, event: Event, promise: Value<'js>) {
    let Some(host) = on(ctx) else { return };
    let frames = &host.frames;
    if frames.is_announcing.get() {
        return;
    }
    match event {
        Event::Then => {
            let is_asked = frames.asked.take() == identity(&promise);
            if !is_asked && let Some(frame) = frames.current() {
                frames.announcing(|| raw::announce_reaction(ctx, &promise, &frame));
            }
        }
        Event::Made => {
            let memory = frames.memory.borrow().clone();
            if let (Some(memory), Some(frame)) = (memory, frames.current())
                && memory.remember.call::<_, Value>((promise, frame)).is_err()
            {
                // The stack or the memory is used up: the frame is lost.
                drop(ctx.catch());
            }
        }
        Event::Fulfilled => {
            if let Some(frame) = frames.remembered(&promise) {
                raw::announce_next(ctx, &frame);
            }
        }
        Event::Follows => {
            let frame = frames.remembered(&promise);
            if let Some(frame) = &frame {
                raw::announce_next(ctx, frame);
            }
            frames.set(frame);
        }
        Event::Followed => {
            if let Some(frame) = frames.current() {
                raw::announce_next(ctx, &frame);
            }
        }
    }
}

/// What the script has of Rust's.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("begin", Func::from(begin))?;
    natives.set("frame", Func::from(frame))?;
    natives.set("setFrame", Func::from(set_frame))?;
    natives.set("awaited", Func::from(awaited))?;
    Ok(natives)
}

/// From now on there are frames.
fn begin<'js>(ctx: Ctx<'js>, remember: Function<'js>, remembered: Function<'js>) -> Result<()> {
    let host = Host::of(&ctx)?;
    let memory = Memory {
        remember,
        remembered,
    };
    host.frames.memory.replace(Some(memory));
    if !host.frames.is_on.replace(true) {
        raw::watch_promises(&ctx);
        bident_js::hosting::before_jobs(&ctx, before_job);
    }
    Ok(())
}

fn frame(ctx: Ctx<'_>) -> Result<Option<Value<'_>>> {
    Ok(Host::of(&ctx)?.frames.current())
}

fn set_frame<'js>(ctx: Ctx<'js>, frame: Value<'js>) -> Result<()> {
    let frame = (!frame.is_undefined()).then_some(frame);
    Host::of(&ctx)?.frames.set(frame);
    Ok(())
}

/// A promise is asked for its constructor: by `await` and `then`, which react to it next, or by a program.
fn awaited<'js>(ctx: Ctx<'js>, promise: Value<'js>) {
    let Some(host) = on(&ctx) else { return };
    let frames = &host.frames;
    let (Some(frame), Some(asked)) = (frames.current(), promise.as_promise()) else {
        return;
    };
    match asked.state() {
        PromiseState::Pending => {
            frames.announcing(|| raw::announce_reaction(&ctx, &promise, &frame));
        }
        PromiseState::Resolved | PromiseState::Rejected => raw::announce_next(&ctx, &frame),
    }
    frames.asked.set(identity(&promise));
}
