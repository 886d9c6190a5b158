//! `setTimeout`, `setInterval`, `setImmediate` and their queues, in Node's order.

use super::event_loop::{Host, Task};
use rquickjs::atom::PredefinedAtom;
use rquickjs::class::Trace;
use rquickjs::object::Property;
use rquickjs::prelude::{Func, Opt, Rest, This};
use rquickjs::{Class, Coerced, Ctx, Function, IntoJs, JsLifetime, Object, Result, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

/// Delays outside 1 ms ..= 2^31-1 ms count as 1 ms, as in Node.
const LONGEST_DELAY: f64 = 2_147_483_647.0;

/// Timers by time of expiry, then by age; immediates by age. No operation looks at more than one of them.
#[derive(Default, JsLifetime)]
pub(super) struct Timers<'js> {
    queue: BTreeSet<(Instant, u64)>,
    timers: HashMap<u64, Timer<'js>>,
    /// How many of `timers` keep the program alive.
    holding: usize,
    immediates: BTreeMap<u64, Immediately<'js>>,
    /// How many of `immediates` do.
    holding_immediates: usize,
    last_id: u64,
}

#[derive(JsLifetime)]
struct Timer<'js> {
    task: Task<'js>,
    expiry: Instant,
    interval: Option<Duration>,
    keeps_alive: bool,
    delay: Duration,
}

#[derive(JsLifetime)]
struct Immediately<'js> {
    task: Task<'js>,
    keeps_alive: bool,
}

impl<'js> Timers<'js> {
    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The number of the youngest timer or immediate.
    pub(super) fn last_id(&self) -> Option<u64> {
        (self.last_id > 0).then_some(self.last_id)
    }

    fn start(&mut self, task: Task<'js>, delay: Duration, repeats: bool) -> u64 {
        let id = self.next_id();
        let timer = Timer {
            task,
            expiry: Instant::now() + delay,
            interval: repeats.then_some(delay),
            keeps_alive: true,
            delay,
        };
        self.queue.insert((timer.expiry, id));
        self.timers.insert(id, timer);
        self.holding += 1;
        id
    }

    fn start_immediate(&mut self, task: Task<'js>) -> u64 {
        let id = self.next_id();
        let immediate = Immediately {
            task,
            keeps_alive: true,
        };
        self.immediates.insert(id, immediate);
        self.holding_immediates += 1;
        id
    }

    fn remove_immediate(&mut self, id: u64) -> Option<Task<'js>> {
        let immediate = self.immediates.remove(&id)?;
        self.holding_immediates -= usize::from(immediate.keeps_alive);
        Some(immediate.task)
    }

    fn remove(&mut self, id: u64) -> Option<Timer<'js>> {
        let timer = self.timers.remove(&id)?;
        self.holding -= usize::from(timer.keeps_alive);
        Some(timer)
    }

    fn clear(&mut self, id: u64) {
        match self.remove(id) {
            Some(timer) => {
                self.queue.remove(&(timer.expiry, id));
            }
            None => drop(self.remove_immediate(id)),
        }
    }

    /// Starts a timer that has not expired anew.
    fn refresh(&mut self, id: u64) {
        if let Some(timer) = self.timers.get_mut(&id) {
            self.queue.remove(&(timer.expiry, id));
            timer.expiry = Instant::now() + timer.delay;
            self.queue.insert((timer.expiry, id));
        }
    }

    fn hold(&mut self, id: u64, keeps_alive: bool) {
        if let Some(timer) = self.timers.get_mut(&id) {
            self.holding -= usize::from(timer.keeps_alive);
            self.holding += usize::from(keeps_alive);
            timer.keeps_alive = keeps_alive;
        } else if let Some(immediate) = self.immediates.get_mut(&id) {
            self.holding_immediates -= usize::from(immediate.keeps_alive);
            self.holding_immediates += usize::from(keeps_alive);
            immediate.keeps_alive = keeps_alive;
        }
    }

    fn is_held(&self, id: u64) -> bool {
        match self.timers.get(&id) {
            Some(timer) => timer.keeps_alive,
            None => {
                let immediate = self.immediates.get(&id);
                immediate.is_some_and(|immediate| immediate.keeps_alive)
            }
        }
    }

    /// When the first timer expires.
    pub(super) fn next_expiry(&self) -> Option<Instant> {
        self.queue.first().map(|(expiry, _)| *expiry)
    }

    /// Whether a timer or an immediate is a reason to go on.
    pub(super) fn keep_alive(&self) -> bool {
        self.has_immediates() || self.holding > 0
    }

    /// Whether an immediate waits that keeps the program alive.
    pub(super) fn has_immediates(&self) -> bool {
        self.holding_immediates > 0
    }

    /// The next task that had expired at `now`. An interval starts its next turn.
    pub(super) fn take_expired(&mut self, now: Instant) -> Option<Task<'js>> {
        let (expiry, id) = *self.queue.first().filter(|(expiry, _)| *expiry <= now)?;
        self.queue.remove(&(expiry, id));
        let timer = self.timers.get_mut(&id)?;
        let Some(interval) = timer.interval else {
            return self.remove(id).map(|timer| timer.task);
        };
        timer.expiry = Instant::now() + interval;
        self.queue.insert((timer.expiry, id));
        Some(timer.task.clone())
    }

    /// The oldest immediate, if it is no younger than number `last`.
    pub(super) fn take_immediate(&mut self, last: u64) -> Option<Task<'js>> {
        let oldest = *self.immediates.first_key_value()?.0;
        (oldest <= last).then(|| self.remove_immediate(oldest))?
    }
}

/// What the functions that start a timer return; converts to its number.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
struct Timeout {
    #[qjs(skip_trace)]
    id: u64,
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
        let held = host.timers.borrow().is_held(self.id);
        Ok(held)
    }

    /// Starts it anew.
    fn refresh<'js>(this: This<Class<'js, Self>>, ctx: Ctx<'js>) -> Result<Class<'js, Self>> {
        let id = this.borrow().id;
        Host::of(&ctx)?.timers.borrow_mut().refresh(id);
        Ok(this.0)
    }

    /// The number that `clearTimeout` also takes.
    #[qjs(rename = PredefinedAtom::SymbolToPrimitive)]
    fn primitive(&self) -> f64 {
        self.id as f64
    }

    /// Cancels the timer.
    fn close<'js>(this: This<Class<'js, Self>>, ctx: Ctx<'js>) -> Result<Class<'js, Self>> {
        let id = this.borrow().id;
        Host::of(&ctx)?.timers.borrow_mut().clear(id);
        Ok(this.0)
    }

    /// The number that `clearTimeout` also takes.
    #[qjs(rename = "valueOf")]
    fn number(&self) -> f64 {
        self.id as f64
    }
}

/// What `setImmediate` returns.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
struct Immediate {
    #[qjs(skip_trace)]
    id: u64,
}

#[rquickjs::methods]
impl Immediate {
    /// Makes the program go on until it has run.
    #[qjs(rename = "ref")]
    fn hold<'js>(this: This<Class<'js, Self>>, ctx: Ctx<'js>) -> Result<Class<'js, Self>> {
        let id = this.borrow().id;
        Host::of(&ctx)?.timers.borrow_mut().hold(id, true);
        Ok(this.0)
    }

    /// Lets the program end before it has run.
    #[qjs(rename = "unref")]
    fn release<'js>(this: This<Class<'js, Self>>, ctx: Ctx<'js>) -> Result<Class<'js, Self>> {
        let id = this.borrow().id;
        Host::of(&ctx)?.timers.borrow_mut().hold(id, false);
        Ok(this.0)
    }

    /// Whether it has yet to run, and the program goes on until then.
    #[qjs(rename = "hasRef")]
    fn is_held(&self, ctx: Ctx<'_>) -> Result<bool> {
        let host = Host::of(&ctx)?;
        let held = host.timers.borrow().is_held(self.id);
        Ok(held)
    }
}

fn set_keeps_alive<'js>(
    this: This<Class<'js, Timeout>>,
    ctx: &Ctx<'js>,
    keeps_alive: bool,
) -> Result<Class<'js, Timeout>> {
    let id = this.borrow().id;
    Host::of(ctx)?.timers.borrow_mut().hold(id, keeps_alive);
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
    name_class(ctx, Class::<Timeout>::prototype(ctx)?, "Timeout")?;
    name_class(ctx, Class::<Immediate>::prototype(ctx)?, "Immediate")
}

/// Gives a class what programs read off its objects: the name of its constructor, and what `using` calls.
fn name_class<'js>(ctx: &Ctx<'js>, prototype: Option<Object<'js>>, name: &str) -> Result<()> {
    let Some(prototype) = prototype else {
        return Ok(());
    };
    let constructor = Function::new(ctx.clone(), || ())?.with_name(name)?;
    let property = Property::from(constructor).writable().configurable();
    prototype.prop("constructor", property)?;
    let dispose: Value = ctx.globals().get::<_, Object>("Symbol")?.get("dispose")?;
    if let Some(dispose) = dispose.into_symbol() {
        let close = |this: This<Value<'js>>, ctx: Ctx<'js>| clear(ctx, Opt(Some(this.0)));
        let property = Property::from(Func::from(close)).writable().configurable();
        prototype.prop(dispose, property)?;
    }
    Ok(())
}

type Handle<'js> = Result<Class<'js, Timeout>>;

fn set_timeout<'js>(
    ctx: Ctx<'js>,
    f: Opt<Value<'js>>,
    delay: Opt<Value<'js>>,
    args: Rest<Value<'js>>,
) -> Handle<'js> {
    start(&ctx, callback(&ctx, f)?, delay, args, false)
}

fn set_interval<'js>(
    ctx: Ctx<'js>,
    f: Opt<Value<'js>>,
    delay: Opt<Value<'js>>,
    args: Rest<Value<'js>>,
) -> Handle<'js> {
    start(&ctx, callback(&ctx, f)?, delay, args, true)
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
        this: None,
        args: args.0,
        frame: Host::of(ctx)?.frames.current(),
    };
    let delay = Duration::from_millis(delay as u64);
    let id = Host::of(ctx)?
        .timers
        .borrow_mut()
        .start(task, delay, repeats);
    let timer = Class::instance(ctx.clone(), Timeout { id })?;
    let this = timer.clone().into_js(ctx)?;
    let host = Host::of(ctx)?;
    if let Some(started) = host.timers.borrow_mut().timers.get_mut(&id) {
        started.task.this = Some(this);
    }
    Ok(timer)
}

fn set_immediate<'js>(
    ctx: Ctx<'js>,
    function: Opt<Value<'js>>,
    args: Rest<Value<'js>>,
) -> Result<Class<'js, Immediate>> {
    let task = Task {
        function: callback(&ctx, function)?,
        this: None,
        args: args.0,
        frame: Host::of(&ctx)?.frames.current(),
    };
    let id = Host::of(&ctx)?.timers.borrow_mut().start_immediate(task);
    Class::instance(ctx, Immediate { id })
}

/// The function that is to be called later, or Node's error.
pub(super) fn callback<'js>(ctx: &Ctx<'js>, given: Opt<Value<'js>>) -> Result<Function<'js>> {
    let undefined = || Value::new_undefined(ctx.clone());
    let given = given.0.unwrap_or_else(undefined);
    if let Some(function) = given.as_function() {
        return Ok(function.clone());
    }
    let invalid: Function = crate::scripts::exports(ctx, "node/errors")?.get("invalidType")?;
    let error: Value = invalid.call(("callback", "of type function", given))?;
    Err(ctx.throw(error))
}

fn clear<'js>(ctx: Ctx<'js>, timer: Opt<Value<'js>>) -> Result<()> {
    let Some(timer) = timer
        .0
        .filter(|value| !value.is_undefined() && !value.is_null())
    else {
        return Ok(());
    };
    let id = match (
        Class::<Timeout>::from_value(&timer),
        Class::<Immediate>::from_value(&timer),
    ) {
        (Ok(timeout), _) => timeout.borrow().id,
        (_, Ok(immediate)) => immediate.borrow().id,
        _ => timer.get::<Coerced<f64>>()?.0 as u64,
    };
    Host::of(&ctx)?.timers.borrow_mut().clear(id);
    Ok(())
}
