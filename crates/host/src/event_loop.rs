//! What runs in one turn, and in which order.
//!
//! ```text
//!      ┌─► expired timers ─► events ─► immediates ─► wait for a timer, an event or a future ─┐
//!      └─────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! After each callback of each phase: `process.nextTick` callbacks, then all microtasks, again until
//! both queues are empty; then promises that were rejected and have no handler end the program. Where
//! nothing is left to wait for, listeners of `beforeExit` may start something new.

use super::frames::{self, Frames};
use super::process;
use super::rejections::{Rejection, Rejections};
use super::report::{self, Origin};
use super::timers::Timers;
use crate::io::{Queue, Signals, Sources, worker};
use crate::raw::{Job, Jobs};
use rquickjs::prelude::{Rest, This};
use rquickjs::runtime::UserDataGuard;
use rquickjs::{
    AsyncContext, AsyncRuntime, Ctx, Error, Exception, Function, JsLifetime, Object, Result, Value,
};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Instant;

/// State of the host that belongs to one context.
#[derive(Default, JsLifetime)]
pub(super) struct Host<'js> {
    /// Timers and immediates.
    pub(super) timers: RefCell<Timers<'js>>,
    /// What the program has open that events come from.
    pub(super) sources: Sources<'js>,
    /// Signals that the program has listened to.
    pub(super) signals: Signals,
    /// `process.nextTick`.
    pub(super) ticks: RefCell<VecDeque<Task<'js>>>,
    /// Promises rejected in this turn that have no handler.
    rejections: RefCell<Rejections<'js>>,
    /// The exports of the host's scripts that have been needed.
    pub(super) scripts: RefCell<HashMap<String, Object<'js>>>,
    /// The name of the main module.
    pub(super) main_name: RefCell<Option<String>>,
    /// Somebody types the program: what it does not catch does not end it.
    pub(super) is_interactive: Cell<bool>,
    /// The `SharedArrayBuffer` that QuickJS has.
    pub(super) shared_buffers: RefCell<Option<Value<'js>>>,
    /// On whose behalf something runs.
    pub(super) frames: Frames<'js>,
    /// The promise of the main module.
    pub(super) main: RefCell<Option<Value<'js>>>,
}

/// A function to call later, and with what.
#[derive(Clone, JsLifetime)]
pub(super) struct Task<'js> {
    pub(super) function: Function<'js>,
    /// What it is a method of, if it is one.
    pub(super) this: Option<Value<'js>>,
    pub(super) args: Vec<Value<'js>>,
    /// On whose behalf.
    pub(super) frame: Option<Value<'js>>,
}

/// The program is over, with this status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Exit(pub(super) i32);

type Turn = std::result::Result<(), Exit>;

impl<'js> Host<'js> {
    /// The state of a context that [`crate::Runtime`] made.
    pub(super) fn of<'a>(ctx: &'a Ctx<'js>) -> Result<UserDataGuard<'a, Self>> {
        ctx.userdata()
            .ok_or_else(|| Exception::throw_internal(ctx, "this context has no event loop"))
    }
}

/// Records promises that are rejected without a handler, and forgets those that get one in time.
pub(super) fn track_rejection<'js>(
    ctx: &Ctx<'js>,
    promise: Value<'js>,
    reason: Value<'js>,
    handled: bool,
) {
    let Ok(host) = Host::of(ctx) else { return };
    let mut rejections = host.rejections.borrow_mut();
    if handled {
        rejections.forget(&promise);
    } else {
        rejections.add(ctx, promise, reason, host.frames.current());
    }
}

/// The host is about to call JavaScript.
fn next_call(ctx: &Ctx<'_>) {
    count(&calls_of(ctx));
}

/// How many calls the host has made so far.
fn calls_of(ctx: &Ctx<'_>) -> Rc<Cell<u64>> {
    let calls = |host: UserDataGuard<'_, Host<'_>>| host.rejections.borrow().calls.clone();
    Host::of(ctx).map(calls).unwrap_or_default()
}

fn count(calls: &Cell<u64>) {
    calls.set(calls.get() + 1);
}

/// Runs until nothing is left to wait for.
pub(super) async fn run(runtime: &AsyncRuntime, context: &AsyncContext) -> Turn {
    context.with(|ctx| settle_first(&ctx)).await?;
    let queue = context.with(|ctx| queue_of(&ctx)).await;
    loop {
        context.with(|ctx| look_for_end(&ctx)).await?;
        context.with(|ctx| run_timers(&ctx)).await?;
        context.with(|ctx| run_events(&ctx)).await?;
        let (_, keep_alive, _) = context.with(|ctx| outlook(&ctx)).await;
        if keep_alive || runtime.is_job_pending().await {
            // Those that nothing waits for run where something else goes on.
            context.with(|ctx| run_immediates(&ctx)).await?;
        }
        let (mut next, keep_alive, ready) = context.with(|ctx| outlook(&ctx)).await;
        if ready {
            // Immediates do not keep others from what they wait for.
            tokio::task::yield_now().await;
            next = Some(Instant::now());
        } else if !keep_alive && !runtime.is_job_pending().await {
            context.with(|ctx| before_exit(&ctx)).await?;
            let (_, keep_alive, ready) = context.with(|ctx| outlook(&ctx)).await;
            if !keep_alive && !ready && !runtime.is_job_pending().await {
                return Ok(());
            }
            continue;
        }
        context.with(|ctx| next_call(&ctx)).await;
        if wait(runtime, &queue, next).await.is_break() {
            context.with(|ctx| fail(&ctx, Error::Exception)).await?;
        }
        context.with(|ctx| settle(&ctx)).await?;
    }
}

/// Ends where this is a worker that is to end.
fn look_for_end(ctx: &Ctx<'_>) -> Turn {
    worker::ending(ctx).map_or(Ok(()), |status| Err(Exit(status)))
}

/// When the next timer expires, whether timers, immediates or sources keep the program alive, and whether an
/// immediate is ready now.
fn outlook(ctx: &Ctx<'_>) -> (Option<Instant>, bool, bool) {
    let Ok(host) = Host::of(ctx) else {
        return (None, false, false);
    };
    let timers = host.timers.borrow();
    (
        timers.next_expiry(),
        timers.keep_alive() || host.sources.keep_alive(),
        timers.has_immediates(),
    )
}

/// Nothing is left to wait for: says so to the program, which may find something.
fn before_exit(ctx: &Ctx<'_>) -> Turn {
    let status = Value::new_int(ctx.clone(), process::exit_code(ctx));
    next_call(ctx);
    if let Err(error) = process::emit(ctx, "beforeExit", &[status]) {
        fail(ctx, error)?;
    }
    settle(ctx)
}

fn run_timers(ctx: &Ctx<'_>) -> Turn {
    let now = Instant::now();
    while let Some(task) = take(ctx, |host| host.timers.borrow_mut().take_expired(now)) {
        run_task(ctx, task)?;
    }
    Ok(())
}

fn queue_of(ctx: &Ctx<'_>) -> Queue {
    take(ctx, |host| Some(host.sources.queue.clone())).unwrap_or_default()
}

/// Tells what has happened until now.
fn run_events(ctx: &Ctx<'_>) -> Turn {
    for _ in 0..queue_of(ctx).len() {
        let Some(task) = take(ctx, |host| host.sources.next(ctx)) else {
            break;
        };
        match task {
            Ok(task) => run_task(ctx, task)?,
            Err(error) => fail(ctx, error)?,
        }
    }
    Ok(())
}

/// Runs the immediates that wait now; those they add are for the next turn.
fn run_immediates(ctx: &Ctx<'_>) -> Turn {
    let last = take(ctx, |host| host.timers.borrow().last_id());
    while let Some(task) = take(ctx, |host| host.timers.borrow_mut().take_immediate(last?)) {
        run_task(ctx, task)?;
    }
    Ok(())
}

fn take<'js, T>(ctx: &Ctx<'js>, f: impl FnOnce(&Host<'js>) -> Option<T>) -> Option<T> {
    Host::of(ctx).ok().and_then(|host| f(&host))
}

fn run_task<'js>(ctx: &Ctx<'js>, task: Task<'js>) -> Turn {
    call(ctx, task)?;
    settle(ctx)
}

fn call<'js>(ctx: &Ctx<'js>, task: Task<'js>) -> Turn {
    next_call(ctx);
    // What nobody catches is told on the same behalf.
    frames::within(ctx, task.frame, || {
        let called = match task.this {
            Some(this) => task
                .function
                .call::<_, Value>((This(this), Rest(task.args))),
            None => task.function.call::<_, Value>((Rest(task.args),)),
        };
        called.map_or_else(|error| fail(ctx, error), |_| Ok(()))
    })
}

/// What follows the program itself: a module runs as a microtask does, and other microtasks come before ticks.
fn settle_first(ctx: &Ctx<'_>) -> Turn {
    if take(ctx, |host| host.main.borrow().clone()).is_some() {
        run_jobs(ctx)?;
    }
    settle(ctx)
}

/// Everything that follows a callback: ticks, microtasks, rejections without a handler.
pub(super) fn settle(ctx: &Ctx<'_>) -> Turn {
    loop {
        while let Some(tick) = take(ctx, |host| host.ticks.borrow_mut().pop_front()) {
            call(ctx, tick)?;
        }
        run_jobs(ctx)?;
        if !Host::of(ctx).is_ok_and(|host| !host.ticks.borrow().is_empty()) {
            break;
        }
    }
    report_rejections(ctx)
}

fn run_jobs(ctx: &Ctx<'_>) -> Turn {
    let (calls, jobs) = (calls_of(ctx), Jobs::of(ctx));
    loop {
        count(&calls);
        let ran = jobs.run_next();
        if let Ok(host) = Host::of(ctx) {
            host.frames.after_job();
        }
        match ran {
            Job::None => return Ok(()),
            Job::Done => {}
            Job::Threw => fail(ctx, Error::Exception)?,
        }
    }
}

fn report_rejections<'js>(ctx: &Ctx<'js>) -> Turn {
    let oldest = |host: &Host<'js>| host.rejections.borrow_mut().take_oldest();
    while let Some(rejection) = take(ctx, oldest) {
        let Rejection {
            promise,
            reason,
            frame,
            ..
        } = rejection;
        let is_main = take(ctx, |host| host.main.borrow().clone()) == Some(promise.clone());
        let origin = if is_main {
            Origin::Script
        } else {
            Origin::Promise
        };
        let report = || report::uncaught(ctx, reason, Some(promise), origin);
        frames::within(ctx, frame, report)?;
    }
    Ok(())
}

/// Reports an exception that no JavaScript caught.
pub(super) fn fail(ctx: &Ctx<'_>, error: Error) -> Turn {
    let value = report::caught(ctx, error);
    report::uncaught(ctx, value, None, Origin::Script)
}

/// Waits until a future has made progress, something has happened or `deadline` has come. Breaks off if a job threw.
async fn wait(runtime: &AsyncRuntime, queue: &Queue, deadline: Option<Instant>) -> ControlFlow<()> {
    let mut sleep = pin!(async {
        match deadline {
            Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
            None => std::future::pending().await,
        }
    });
    std::future::poll_fn(|cx| {
        // Polls the futures that JavaScript waits for and leaves our waker with them.
        match pin!(runtime.execute_pending_job()).poll(cx) {
            Poll::Ready(Ok(true)) => return Poll::Ready(ControlFlow::Continue(())),
            Poll::Ready(Err(_)) => return Poll::Ready(ControlFlow::Break(())),
            Poll::Ready(Ok(false)) | Poll::Pending => {}
        }
        if queue.poll(cx).is_ready() {
            return Poll::Ready(ControlFlow::Continue(()));
        }
        sleep.as_mut().poll(cx).map(ControlFlow::Continue)
    })
    .await
}
