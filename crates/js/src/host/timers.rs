//! `setTimeout`, `setInterval`, `setImmediate` and their queues, in Node's order.

use super::event_loop::{Host, Task};
use rquickjs::class::Trace;
use rquickjs::prelude::{Func, Opt, Rest, This};
use rquickjs::{Class, Coerced, Ctx, Function, JsLifetime, Result, Value};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Delays outside 1 ms ..= 2^31-1 ms count as 1 ms, as in Node.
const LONGEST_DELAY: f64 = 2_147_483_647.0;

/// Timers by time of expiry, then by age; immediates by age.
#[derive(Default, JsLifetime)]
pub(super) struct Timers<'js> {
    queue: BTreeSet<(Instant, u32)>,
    timers: HashMap<u32, Timer<'js>>,
    immediates: VecDeque<Immediate<'js>>,
    last_id: u32,
}

#[derive(JsLifetime)]
struct Timer<'js> {
    task: Task<'js>,
    expiry: Instant,
    interval: Option<Duration>,
    keeps_alive: bool,
}

#[derive(JsLifetime)]
struct Immediate<'js> {
    id: u32,
    task: Task<'js>,
}

impl<'js> Timers<'js> {
    fn next_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }

    fn start(&mut self, task: Task<'js>, delay: Duration, repeats: bool) -> u32 {
        let id = self.next_id();
        let expiry = Instant::now() + delay;
        let interval = repeats.then_some(delay);
        self.queue.insert((expiry, id));
        self.timers.insert(
            id,
            Timer {
                task,
                expiry,
                interval,
                keeps_alive: true,
            },
        );
        id
    }

    fn clear(&mut self, id: u32) {
        if let Some(timer) = self.timers.remove(&id) {
            self.queue.remove(&(timer.expiry, id));
        }
        self.immediates.retain(|immediate| immediate.id != id);
    }

    /// When the first timer expires.
    pub(super) fn next_expiry(&self) -> Option<Instant> {
        self.queue.first().map(|(expiry, _)| *expiry)
    }

    /// Whether a timer or an immediate is a reason to go on.
    pub(super) fn keep_alive(&self) -> bool {
        !self.immediates.is_empty() || self.timers.values().any(|timer| timer.keeps_alive)
    }

    /// Number of immediates that wait.
    pub(super) fn immediates(&self) -> usize {
        self.immediates.len()
    }

    /// The next task that had expired at `now`. An interval starts its next turn.
    pub(super) fn take_expired(&mut self, now: Instant) -> Option<Task<'js>> {
        let (expiry, id) = *self.queue.first().filter(|(expiry, _)| *expiry <= now)?;
        self.queue.remove(&(expiry, id));
        let timer = self.timers.get_mut(&id)?;
        let Some(interval) = timer.interval else {
            return self.timers.remove(&id).map(|timer| timer.task);
        };
        timer.expiry = Instant::now() + interval;
        self.queue.insert((timer.expiry, id));
        Some(timer.task.clone())
    }

    /// The oldest immediate.
    pub(super) fn take_immediate(&mut self) -> Option<Task<'js>> {
        self.immediates.pop_front().map(|immediate| immediate.task)
    }
}

/// What the functions that start a timer return; converts to its number.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
struct Timeout {
    #[qjs(skip_trace)]
    id: u32,
}

#[rquickjs::methods]
impl Timeout {
    /// Makes the loop wait for the timer again.
    #[qjs(rename = "ref")]
    fn hold<'js>(this: This<Class<'js, Self>>, ctx: Ctx<'js>) -> Result<Class<'js, Self>> {
        set_keeps_alive(this, &ctx, true)
    }

    /// Lets the program end before the timer has expired.
    #[qjs(rename = "unref")]
    fn release<'js>(this: This<Class<'js, Self>>, ctx: Ctx<'js>) -> Result<Class<'js, Self>> {
        set_keeps_alive(this, &ctx, false)
    }

    /// Whether the loop waits for the timer.
    #[qjs(rename = "hasRef")]
    fn is_held(&self, ctx: Ctx<'_>) -> Result<bool> {
        let host = Host::of(&ctx)?;
        let held = host
            .timers
            .borrow()
            .timers
            .get(&self.id)
            .is_some_and(|timer| timer.keeps_alive);
        Ok(held)
    }

    /// Cancels the timer.
    fn close(&self, ctx: Ctx<'_>) -> Result<()> {
        Host::of(&ctx)?.timers.borrow_mut().clear(self.id);
        Ok(())
    }

    /// The number that `clearTimeout` also takes.
    #[qjs(rename = "valueOf")]
    fn number(&self) -> u32 {
        self.id
    }
}

fn set_keeps_alive<'js>(
    this: This<Class<'js, Timeout>>,
    ctx: &Ctx<'js>,
    keeps_alive: bool,
) -> Result<Class<'js, Timeout>> {
    let id = this.borrow().id;
    if let Some(timer) = Host::of(ctx)?.timers.borrow_mut().timers.get_mut(&id) {
        timer.keeps_alive = keeps_alive;
    }
    Ok(this.0)
}

/// Defines the global functions.
pub(super) fn install(ctx: &Ctx<'_>) -> Result<()> {
    let globals = ctx.globals();
    globals.set("setTimeout", Func::from(set_timeout))?;
    globals.set("setInterval", Func::from(set_interval))?;
    globals.set("setImmediate", Func::from(set_immediate))?;
    for name in ["clearTimeout", "clearInterval", "clearImmediate"] {
        globals.set(name, Func::from(clear))?;
    }
    Ok(())
}

type Handle<'js> = Result<Class<'js, Timeout>>;

fn set_timeout<'js>(
    ctx: Ctx<'js>,
    f: Function<'js>,
    delay: Opt<Value<'js>>,
    args: Rest<Value<'js>>,
) -> Handle<'js> {
    start(&ctx, f, delay, args, false)
}

fn set_interval<'js>(
    ctx: Ctx<'js>,
    f: Function<'js>,
    delay: Opt<Value<'js>>,
    args: Rest<Value<'js>>,
) -> Handle<'js> {
    start(&ctx, f, delay, args, true)
}

fn start<'js>(
    ctx: &Ctx<'js>,
    function: Function<'js>,
    delay: Opt<Value<'js>>,
    args: Rest<Value<'js>>,
    repeats: bool,
) -> Handle<'js> {
    let delay = delay
        .0
        .map_or(Ok(Coerced(1.0)), |value| value.get::<Coerced<f64>>())?
        .0;
    let delay = if (1.0..=LONGEST_DELAY).contains(&delay) {
        delay
    } else {
        1.0
    };
    let task = Task {
        function,
        args: args.0,
    };
    let delay = Duration::from_millis(delay as u64);
    let id = Host::of(ctx)?
        .timers
        .borrow_mut()
        .start(task, delay, repeats);
    Class::instance(ctx.clone(), Timeout { id })
}

fn set_immediate<'js>(
    ctx: Ctx<'js>,
    function: Function<'js>,
    args: Rest<Value<'js>>,
) -> Handle<'js> {
    let host = Host::of(&ctx)?;
    let mut timers = host.timers.borrow_mut();
    let id = timers.next_id();
    timers.immediates.push_back(Immediate {
        id,
        task: Task {
            function,
            args: args.0,
        },
    });
    drop(timers);
    Class::instance(ctx.clone(), Timeout { id })
}

fn clear<'js>(ctx: Ctx<'js>, timer: Opt<Value<'js>>) -> Result<()> {
    let Some(timer) = timer
        .0
        .filter(|value| !value.is_undefined() && !value.is_null())
    else {
        return Ok(());
    };
    let id = match Class::<Timeout>::from_value(&timer) {
        Ok(timeout) => timeout.borrow().id,
        Err(_) => timer.get::<Coerced<f64>>()?.0 as u32,
    };
    Host::of(&ctx)?.timers.borrow_mut().clear(id);
    Ok(())
}
