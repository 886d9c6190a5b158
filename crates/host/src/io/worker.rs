//! Workers: threads with a runtime each. What `node/worker_threads.js` is built on.
//!
//! Workers have an engine of their own, whose code looks for interrupts, so that one can be ended whatever it does; the
//! code of the main thread is as quick as without workers.

use super::environment::SharedEnv;
use super::events::{Queue, Source};
use super::ports::{Endpoint, NativePort};
use super::say;
use crate::event_loop::Host;
use crate::process::Start;
use crate::{Options, Program, Runtime, raw};
use bident::Engine;
use rquickjs::class::Trace;
use rquickjs::prelude::Func;
use rquickjs::{Class, Ctx, Exception, Function, JsLifetime, Object, Result, TypedArray};
use std::cell::Cell;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

/// Most workers of a process at a time.
const MOST_WORKERS: usize = 256;

/// Bytes of stack of a worker, unless it is told otherwise; least and most of those.
const STACK_SIZE: usize = 4 << 20;
const STACK_SIZES: std::ops::RangeInclusive<usize> = 1 << 20..=256 << 20;

/// Status of a worker that was ended.
const TERMINATED: i32 = 1;

/// How many there are now, and the number of the last.
static LIVING: AtomicUsize = AtomicUsize::new(0);
static LAST: AtomicU32 = AtomicU32::new(0);

/// The engine of all workers.
static ENGINE: OnceLock<Engine> = OnceLock::new();

/// What a worker's thread and those who started it know of it.
pub(crate) struct Own {
    id: u32,
    /// Who started it is told what it prints, and its end.
    parent: Source,
    /// Set where it is to end, with this status.
    pub(crate) is_ending: Arc<AtomicBool>,
    status: AtomicI32,
    /// Of its event loop, once it has one.
    queue: OnceLock<Queue>,
    engine: Engine,
    /// The channels that it begins with: the host's, the program's.
    ends: Mutex<Option<(Endpoint, Endpoint)>>,
    /// Its environment, as a flat list of names and values.
    pub(crate) environment: Vec<String>,
    /// What it shares instead with who started it.
    pub(crate) shared_env: Option<SharedEnv>,
    /// Most bytes of JavaScript values; 0 for no limit.
    pub(crate) memory: usize,
}

impl Own {
    /// The worker that the context belongs to, if it is not the main thread.
    pub(crate) fn of(ctx: &Ctx<'_>) -> Option<Arc<Self>> {
        ctx.userdata::<Start>()?.worker.clone()
    }

    /// It ends with this status, whatever it does; what it ends with was settled before, if it was ending.
    pub(crate) fn end(&self, status: i32) {
        if !self.is_ending.load(Ordering::Acquire) {
            self.status.store(status, Ordering::Release);
        }
        self.is_ending.store(true, Ordering::Release);
        self.engine.increment_epoch();
        if let Some(queue) = self.queue.get() {
            queue.wake();
        }
    }

    /// The status that it is to end with at once.
    pub(crate) fn ending(&self) -> Option<i32> {
        let is_ending = self.is_ending.load(Ordering::Acquire);
        is_ending.then(|| self.status.load(Ordering::Acquire))
    }

    /// Who started it prints this.
    pub(crate) fn print(&self, is_error: bool, text: &[u8]) {
        let text = text.to_vec();
        let what = if is_error { "stderr" } else { "stdout" };
        self.parent
            .post(move |ctx| say(ctx, what, (TypedArray::new(ctx.clone(), text)?,)));
    }
}

/// The status that the context's worker is to end with at once.
pub(crate) fn ending(ctx: &Ctx<'_>) -> Option<i32> {
    Own::of(ctx)?.ending()
}

/// A worker, for who has started it. It is ended when this goes.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct WorkerHandle {
    #[qjs(skip_trace)]
    own: Arc<Own>,
    #[qjs(skip_trace)]
    is_over: Cell<bool>,
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        self.own.end(TERMINATED);
    }
}

#[rquickjs::methods]
impl WorkerHandle {
    /// Its number.
    #[qjs(get)]
    fn id(&self) -> u32 {
        self.own.id
    }

    /// Ends it, whatever it does.
    fn end(&self) {
        self.own.end(TERMINATED);
    }

    /// Its end has been told.
    fn over(&self, ctx: Ctx<'_>) -> Result<()> {
        self.is_over.set(true);
        self.own.parent.close(&ctx)
    }

    /// Whether the program goes on for its sake.
    fn hold(&self, ctx: Ctx<'_>, is_held: bool) -> Result<()> {
        self.own.parent.hold(&ctx, is_held)
    }
}

/// `{ start(callback, settings) }`: settings are `file` or `text`, `argv`, `env`, `stack` and `memory` in bytes, and the
/// ports `control` and `port` of the worker. `begun()`: in a worker, those, its number; nothing in the main thread.
/// `print(isError, bytes)`: in a worker.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("start", Func::from(start))?;
    natives.set("begun", Func::from(begun))?;
    natives.set("print", Func::from(print))?;
    Ok(natives)
}

fn print<'js>(ctx: Ctx<'js>, is_error: bool, bytes: rquickjs::Value<'js>) -> Result<()> {
    let bytes = bident_js::hosting::copy_bytes(&ctx, &bytes)?;
    if let Some(own) = Own::of(&ctx) {
        own.print(is_error, &bytes);
    }
    Ok(())
}

fn begun<'js>(ctx: Ctx<'js>) -> Result<Option<Object<'js>>> {
    let Some(own) = Own::of(&ctx) else {
        return Ok(None);
    };
    let ends = own
        .ends
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let begun = Object::new(ctx.clone())?;
    begun.set("id", own.id)?;
    begun.set("isLimited", own.memory > 0)?;
    if let Some((control, port)) = ends {
        begun.set("control", NativePort::object(&ctx, control)?)?;
        begun.set("port", NativePort::object(&ctx, port)?)?;
    }
    Ok(Some(begun))
}

/// One of the workers that may live at a time.
struct Place;

impl Place {
    fn take() -> Option<Self> {
        let more = |living: usize| (living < MOST_WORKERS).then_some(living + 1);
        let taken = LIVING.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.is_ok().then_some(Self)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        LIVING.fetch_sub(1, Ordering::Relaxed);
    }
}

fn engine(ctx: &Ctx<'_>) -> Result<Engine> {
    if let Some(engine) = ENGINE.get() {
        return Ok(engine.clone());
    }
    let main = Start::of(ctx)?.engine;
    let made = Engine::new(&main.config().clone().epoch_interruption(true));
    let made = made.map_err(|error| Exception::throw_message(ctx, &error.to_string()))?;
    Ok(ENGINE.get_or_init(|| made).clone())
}

fn start<'js>(
    ctx: Ctx<'js>,
    callback: Function<'js>,
    settings: Object<'js>,
) -> Result<Class<'js, WorkerHandle>> {
    let place = Place::take();
    let failed = |message: &str| Exception::throw_message(&ctx, message);
    let place = place.ok_or_else(|| {
        failed(&format!(
            "there are {MOST_WORKERS} workers already, and no more are allowed"
        ))
    })?;
    let end = |name: &str| -> Result<Endpoint> {
        let port: Class<NativePort> = settings.get(name)?;
        let end = port.borrow().leave(&ctx)?;
        end.ok_or_else(|| failed("the port is closed"))
    };
    let ends = (end("control")?, end("port")?);
    let program = match settings.get::<_, Option<String>>("text")? {
        Some(text) => Program::Text(text),
        None => Program::File(PathBuf::from(settings.get::<_, String>("file")?)),
    };
    let stack = settings.get::<_, Option<f64>>("stack")?;
    let stack = stack.map_or(STACK_SIZE, |bytes| bytes as usize);
    let stack = stack.clamp(*STACK_SIZES.start(), *STACK_SIZES.end());
    let shared_env: Option<Class<SharedEnv>> = settings.get("sharedEnv")?;
    let parent = Source::open(&ctx, callback)?;
    let own = Arc::new(Own {
        id: LAST.fetch_add(1, Ordering::Relaxed) + 1,
        parent,
        is_ending: Arc::default(),
        status: AtomicI32::new(TERMINATED),
        queue: OnceLock::new(),
        engine: engine(&ctx)?,
        ends: Mutex::new(Some(ends)),
        environment: settings.get("env")?,
        shared_env: shared_env.map(|shared| shared.borrow().clone()),
        memory: settings.get::<_, f64>("memory")? as usize,
    });
    let options = Options {
        argv: settings.get("argv")?,
    };
    let worker = own.clone();
    let exit = Start::of(&ctx)?.exit;
    let run = move || {
        let status = live(&options, exit, &worker, &program);
        // The next may begin before the end of this one is told.
        drop(place);
        worker.parent.post(move |ctx| say(ctx, "exit", (status,)));
    };
    let thread = thread::Builder::new().name("worker".to_owned());
    let spawned = thread.stack_size(stack).spawn(run);
    if let Err(error) = spawned {
        own.parent.close(&ctx)?;
        return Err(failed(&format!("cannot start a thread: {error}")));
    }
    let is_over = Cell::new(false);
    Class::instance(ctx, WorkerHandle { own, is_over })
}

/// What the thread of a worker does; gives its status.
fn live(options: &Options, exit: crate::ExitHook, own: &Arc<Own>, program: &Program) -> i32 {
    let runtime = match Runtime::of_worker(options, exit, &own.engine, own) {
        Ok(runtime) => runtime,
        // It was ended before it began.
        Err(_) if own.ending().is_some() => return TERMINATED,
        Err(error) => {
            own.print(true, format!("bident: {error}\n").as_bytes());
            return TERMINATED;
        }
    };
    let status = runtime.work(program);
    own.ending().unwrap_or(status)
}

/// The worker's event loop has begun.
pub(crate) fn begin(ctx: &Ctx<'_>) -> Result<()> {
    if let Some(own) = Own::of(ctx) {
        let queue = Host::of(ctx)?.sources.queue.clone();
        let _second = own.queue.set(queue);
    }
    Ok(())
}

/// `process.exit` in a worker: nothing that runs there goes on.
pub(crate) fn exit(ctx: &Ctx<'_>, own: &Own, status: i32) -> rquickjs::Error {
    own.end(status);
    raw::throw_for_good(ctx)
}
