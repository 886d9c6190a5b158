//! What runs in one turn, and in which order.
//!
//! ```text
//!      ┌─► expired timers ─► immediates ─► wait for a timer or a future ─┐
//!      └─────────────────────────────────────────────────────────────────┘
//! ```
//!
//! After each callback of each phase: `process.nextTick` callbacks, then all microtasks, again until
//! both queues are empty; then promises that were rejected and have no handler end the program.

use super::report::{self, Origin};
use super::timers::Timers;
use crate::raw::{self, Job};
use rquickjs::prelude::Rest;
use rquickjs::runtime::UserDataGuard;
use rquickjs::{
    AsyncContext, AsyncRuntime, Ctx, Error, Exception, Function, JsLifetime, Result, Value,
};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

/// State of the host that belongs to one context.
#[derive(Default, JsLifetime)]
pub(super) struct Host<'js> {
    /// Timers and immediates.
    pub(super) timers: RefCell<Timers<'js>>,
    /// `process.nextTick`.
    pub(super) ticks: RefCell<VecDeque<Task<'js>>>,
    /// Promises rejected in this turn that have no handler.
    rejections: RefCell<Vec<Rejection<'js>>>,
    /// Listeners of `process.on`.
    pub(super) listeners: RefCell<Vec<Listener<'js>>>,
    /// The promise of the main module.
    pub(super) main: RefCell<Option<Value<'js>>>,
}

/// A promise and why it was rejected.
#[derive(JsLifetime)]
struct Rejection<'js> {
    promise: Value<'js>,
    reason: Value<'js>,
}

/// A listener of `process.on`.
#[derive(JsLifetime)]
pub(super) struct Listener<'js> {
    pub(super) event: String,
    pub(super) function: Function<'js>,
}

/// A function to call later, and with what.
#[derive(Clone, JsLifetime)]
pub(super) struct Task<'js> {
    pub(super) function: Function<'js>,
    pub(super) args: Vec<Value<'js>>,
}

/// The program is over, with this status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Exit(pub(super) i32);

type Turn = std::result::Result<(), Exit>;

impl<'js> Host<'js> {
    /// The state of a context that [`super::Runtime`] made.
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
        rejections.retain(|rejection| rejection.promise != promise);
    } else {
        // A module that throws rejects a promise of QuickJS's own, which nobody can handle, and right
        // after it the module's, with the same reason: that one counts.
        rejections.pop_if(|last| last.reason == reason);
        rejections.push(Rejection { promise, reason });
    }
}

/// Runs until nothing is left to wait for.
pub(super) async fn run(runtime: &AsyncRuntime, context: &AsyncContext) -> Turn {
    context.with(|ctx| settle(&ctx)).await?;
    loop {
        context.with(|ctx| run_timers(&ctx)).await?;
        context.with(|ctx| run_immediates(&ctx)).await?;
        let (next, keep_alive, ready) = context.with(|ctx| outlook(&ctx)).await;
        if ready {
            continue;
        }
        let futures = runtime.is_job_pending().await;
        if !keep_alive && !futures {
            return Ok(());
        }
        if wait(runtime, next).await.is_break() {
            context.with(|ctx| fail(&ctx, Error::Exception)).await?;
        }
        context.with(|ctx| settle(&ctx)).await?;
    }
}

/// When the next timer expires, whether timers or immediates keep the program alive, and whether an
/// immediate is ready now.
fn outlook(ctx: &Ctx<'_>) -> (Option<Instant>, bool, bool) {
    let Ok(host) = Host::of(ctx) else {
        return (None, false, false);
    };
    let timers = host.timers.borrow();
    (
        timers.next_expiry(),
        timers.keep_alive(),
        timers.immediates() > 0,
    )
}

fn run_timers(ctx: &Ctx<'_>) -> Turn {
    let now = Instant::now();
    while let Some(task) = take(ctx, |host| host.timers.borrow_mut().take_expired(now)) {
        run_task(ctx, task)?;
    }
    Ok(())
}

/// Runs the immediates that wait now; those they add are for the next turn.
fn run_immediates(ctx: &Ctx<'_>) -> Turn {
    let count = Host::of(ctx).map_or(0, |host| host.timers.borrow().immediates());
    for _ in 0..count {
        let Some(task) = take(ctx, |host| host.timers.borrow_mut().take_immediate()) else {
            break;
        };
        run_task(ctx, task)?;
    }
    Ok(())
}

fn take<'js, T>(ctx: &Ctx<'js>, f: impl FnOnce(&Host<'js>) -> Option<T>) -> Option<T> {
    Host::of(ctx).ok().and_then(|host| f(&host))
}

fn run_task<'js>(ctx: &Ctx<'js>, task: Task<'js>) -> Turn {
    if let Err(error) = task.function.call::<_, Value>((Rest(task.args),)) {
        fail(ctx, error)?;
    }
    settle(ctx)
}

/// Everything that follows a callback: ticks, microtasks, rejections without a handler.
pub(super) fn settle(ctx: &Ctx<'_>) -> Turn {
    loop {
        while let Some(tick) = take(ctx, |host| host.ticks.borrow_mut().pop_front()) {
            if let Err(error) = tick.function.call::<_, Value>((Rest(tick.args),)) {
                fail(ctx, error)?;
            }
        }
        loop {
            match raw::run_next_job(ctx) {
                Job::None => break,
                Job::Done => {}
                Job::Threw => fail(ctx, Error::Exception)?,
            }
        }
        if !Host::of(ctx).is_ok_and(|host| !host.ticks.borrow().is_empty()) {
            break;
        }
    }
    report_rejections(ctx)
}

fn report_rejections<'js>(ctx: &Ctx<'js>) -> Turn {
    let oldest = |host: &Host<'js>| {
        let mut rejections = host.rejections.borrow_mut();
        (!rejections.is_empty()).then(|| rejections.remove(0))
    };
    while let Some(Rejection { promise, reason }) = take(ctx, oldest) {
        let is_main = take(ctx, |host| host.main.borrow().clone()) == Some(promise.clone());
        let origin = if is_main {
            Origin::Script
        } else {
            Origin::Promise
        };
        report::uncaught(ctx, reason, Some(promise), origin)?;
    }
    Ok(())
}

/// Reports an exception that no JavaScript caught.
pub(super) fn fail(ctx: &Ctx<'_>, error: Error) -> Turn {
    let value = report::caught(ctx, error);
    report::uncaught(ctx, value, None, Origin::Script)
}

/// Waits until a future has made progress or `deadline` has come. Breaks off if a job threw.
async fn wait(runtime: &AsyncRuntime, deadline: Option<Instant>) -> ControlFlow<()> {
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
        sleep.as_mut().poll(cx).map(ControlFlow::Continue)
    })
    .await
}
