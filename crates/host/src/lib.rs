//! A host for JavaScript programs: QuickJS with modules, an event loop, and the Web and Node APIs that programs
//! for a command line expect, with `WebAssembly` by `bident-js`. See [`Runtime`].
//!
//! What the host says in JavaScript are scripts in the binary, each evaluated when a program first names what
//! it defines: `web/*.js` globals of the Web, `node/*.js` the modules of Node.
#![deny(unsafe_code)]

mod console;
mod event_loop;
mod files;
mod frames;
mod io;
mod modules;
mod node;
mod numbers;
mod process;
mod raw;
mod rejections;
mod repl;
mod report;
mod scripts;
mod time_limit;
mod timers;
mod unbrotli;
mod web;

use bident::{Config, Engine};
use event_loop::{Exit, Host};
pub use io::interrupt;
use io::worker::Own;
use modules::ModuleLoader;
use process::Start;
pub use repl::{Editor, Requests, editor};
use report::complain;
use rquickjs::object::Property;
use rquickjs::promise::PromiseState;
use rquickjs::{AsyncContext, AsyncRuntime, Ctx, Function, Object, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use time_limit::TimeLimit;

/// Bytes of the thread's stack that JavaScript leaves to what it calls: more than what WebAssembly asks
/// for when it is entered, so that endless recursion ends in a `RangeError` of either. A stack of less
/// than twice as much is shared half and half.
const STACK_RESERVE: usize = 512 << 10;

/// Most bytes of stack for JavaScript, however many there are: where the stack has no limit of its own,
/// endless recursion would take all memory.
const MOST_STACK: usize = 8 << 20;

/// Bytes of stack for JavaScript where the system does not tell how many there are.
const DEFAULT_STACK: usize = 1 << 20;

/// Bytes of JavaScript objects before cycles among them are looked for the first time.
const GC_THRESHOLD: usize = 16 << 20;

/// Status of a program whose top level waits for something that never comes, as in Node.
const UNSETTLED: i32 = 13;

/// What ends the process on `process.exit`.
pub type ExitHook = fn(i32) -> !;

/// What a program can learn about its start.
#[derive(Clone, Default, Debug)]
pub struct Options {
    /// `process.argv`: the command, the program, its arguments.
    pub argv: Vec<String>,
}

/// What a worker runs.
pub(crate) enum Program {
    /// A file.
    File(PathBuf),
    /// A text that stands in none.
    Text(String),
}

/// A JavaScript engine with modules, an event loop, Web and Node APIs, and `WebAssembly`.
///
/// JavaScript uses the stack of the thread that calls, at most 8 MiB of it and never its last part, so that
/// endless recursion is a `RangeError` there.
///
/// Programs run with the rights of the user, as under Node. Each of the `run` functions runs a program
/// to its end, prints what it did not catch to stderr, and returns the status to exit with.
pub struct Runtime {
    tokio: tokio::runtime::Runtime,
    runtime: AsyncRuntime,
    context: AsyncContext,
    loader: ModuleLoader,
}

impl Runtime {
    /// A runtime with everything installed. `exit` ends the process when the program says so.
    ///
    /// # Errors
    /// If the system or the machine lacks something.
    pub fn new(options: &Options, exit: ExitHook) -> Result<Self, StartError> {
        Self::with_engine(options, exit, &Engine::new(&Config::default())?)
    }

    /// The same with WebAssembly on an engine of the embedder's.
    ///
    /// # Errors
    /// As for [`Runtime::new`].
    pub fn with_engine(
        options: &Options,
        exit: ExitHook,
        engine: &Engine,
    ) -> Result<Self, StartError> {
        Self::make(options, exit, engine, None)
    }

    /// That of a worker, on its thread.
    pub(crate) fn of_worker(
        options: &Options,
        exit: ExitHook,
        engine: &Engine,
        own: &Arc<Own>,
    ) -> Result<Self, StartError> {
        Self::make(options, exit, engine, Some(own.clone()))
    }

    fn make(
        options: &Options,
        exit: ExitHook,
        engine: &Engine,
        worker: Option<Arc<Own>>,
    ) -> Result<Self, StartError> {
        let start = Instant::now();
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let loader = ModuleLoader::default();
        let (runtime, context) = tokio.block_on(async {
            let runtime = AsyncRuntime::new()?;
            runtime.set_max_stack_size(stack_for_javascript()).await;
            runtime.set_loader(loader.clone(), loader.clone()).await;
            runtime
                .set_host_promise_rejection_tracker(Some(Box::new(
                    |ctx, promise, reason, handled| {
                        event_loop::track_rejection(&ctx, promise, reason, handled);
                    },
                )))
                .await;
            runtime.set_gc_threshold(GC_THRESHOLD).await;
            let limit = match &worker {
                Some(own) => TimeLimit::with_flag(own.is_ending.clone()),
                None => TimeLimit::default(),
            };
            if let Some(bytes) = worker.as_ref().map(|own| own.memory).filter(|&b| b > 0) {
                runtime.set_memory_limit(bytes).await;
            }
            let asked = limit.clone();
            let interrupt = Box::new(move || asked.must_end());
            runtime.set_interrupt_handler(Some(interrupt)).await;
            let context = AsyncContext::full(&runtime).await?;
            context
                .with(|ctx| {
                    let start = Start {
                        argv: options.argv.clone(),
                        time: start,
                        exit,
                        loader: loader.clone(),
                        engine: engine.clone(),
                        worker,
                    };
                    let installed = install_all(&ctx, start, limit, engine);
                    installed.map_err(|error| StartError::caught(&ctx, error))
                })
                .await?;
            Ok::<_, StartError>((runtime, context))
        })?;
        Ok(Self {
            tokio,
            runtime,
            context,
            loader,
        })
    }

    /// Runs `f` with the context, to add to what programs find there.
    pub fn with<R>(&self, f: impl for<'js> FnOnce(&Ctx<'js>) -> R) -> R {
        self.tokio.block_on(self.context.with(|ctx| f(&ctx)))
    }

    /// Runs a module or a classic script, and whatever it leaves to be done.
    pub fn run(&self, path: &Path) -> i32 {
        self.run_program(path, |ctx, path| {
            set_main(ctx, &path.to_string_lossy())?;
            self.loader.load_main(ctx, path)?.run(ctx)
        })
    }

    /// Runs a text as `[eval]`: a CommonJS module's globals, or a module if it is one.
    pub fn run_text(&self, text: &str) -> i32 {
        self.run_named_text(text, "[eval]")
    }

    fn run_named_text(&self, text: &str, name: &str) -> i32 {
        self.run_program(Path::new("."), |ctx, _| {
            let globals: Object = scripts::exports(ctx, "node/module")?
                .get::<_, Function>("globalsOfText")?
                .call((name,))?;
            for entry in globals.props::<String, Value>() {
                let (name, value) = entry?;
                let property = Property::from(value).writable().configurable();
                ctx.globals().prop(name, property)?;
            }
            self.loader.load_text(ctx, text)?.run(ctx)
        })
    }

    /// Runs the program of a worker.
    pub(crate) fn work(&self, program: &Program) -> i32 {
        let begun = self.with(|ctx| {
            let begin = || {
                io::worker::begin(ctx)?;
                scripts::exports(ctx, "node/worker_self").map(drop)
            };
            begin().or_else(|error| event_loop::fail(ctx, error))
        });
        match (begun, program) {
            (Err(Exit(status)), _) => status,
            (Ok(()), Program::Text(text)) => self.run_named_text(text, "[worker eval]"),
            (Ok(()), Program::File(file)) => self.run(file),
        }
    }

    /// Runs classic scripts one after the other in one global scope, and whatever they leave to be done.
    pub fn run_scripts(&self, paths: &[PathBuf]) -> i32 {
        for path in paths {
            let status = self.run_program(path, |ctx, path| {
                self.loader.load_script(ctx, path)?.run()?;
                Ok(Value::new_undefined(ctx.clone()))
            });
            if status != 0 {
                return status;
            }
        }
        0
    }

    /// Compiles and starts the program; a module's promise becomes the main promise.
    fn begin<'js>(
        &self,
        ctx: &Ctx<'js>,
        path: &Path,
        start: &impl Fn(&Ctx<'js>, &Path) -> rquickjs::Result<Value<'js>>,
    ) -> Result<(), Exit> {
        let result = self
            .loader
            .main_file(path)
            .map_err(|error| {
                if Own::of(ctx).is_some() {
                    let missing = missing_program(ctx, path);
                    return event_loop::fail(ctx, missing).err().unwrap_or(Exit(1));
                }
                complain(&format!("bident: cannot read {}: {error}", path.display()));
                Exit(1)
            })
            .map(|path| start(ctx, &path))?;
        match result {
            Ok(value) if value.is_promise() => {
                if let Ok(host) = Host::of(ctx) {
                    host.main.replace(Some(value));
                }
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(error) => event_loop::fail(ctx, error),
        }
    }

    fn run_program(
        &self,
        path: &Path,
        start: impl for<'js> Fn(&Ctx<'js>, &Path) -> rquickjs::Result<Value<'js>>,
    ) -> i32 {
        let ended = self.tokio.block_on(async {
            self.context
                .with(|ctx| self.begin(&ctx, path, &start))
                .await?;
            event_loop::run(&self.runtime, &self.context).await?;
            self.context.with(|ctx| end(&ctx, path)).await
        });
        match ended {
            Ok(()) => 0,
            Err(Exit(status)) => status,
        }
    }
}

/// Why a runtime could not be made.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The operating system refused something.
    #[error("cannot start the event loop: {0}")]
    Io(#[from] std::io::Error),
    /// QuickJS refused something.
    #[error("cannot start JavaScript: {0}")]
    Js(#[from] rquickjs::Error),
    /// What a program finds there could not be made; the text of the exception.
    #[error("cannot start JavaScript: {0}")]
    Thrown(String),
    /// The WebAssembly engine refused something.
    #[error("cannot start WebAssembly: {0}")]
    Engine(#[from] bident::Error),
}

impl StartError {
    /// An error in this context, with its exception if that is what it stands for.
    fn caught(ctx: &Ctx<'_>, error: rquickjs::Error) -> Self {
        let thrown = ctx.catch();
        let message = thrown.as_exception().and_then(|thrown| thrown.message());
        match message {
            Some(message) if error.is_exception() => Self::Thrown(message),
            _ => Self::Js(error),
        }
    }
}

/// Throws that a worker's program is not there.
fn missing_program(ctx: &Ctx<'_>, path: &Path) -> rquickjs::Error {
    let thrown = || -> rquickjs::Result<Value<'_>> {
        let errors = scripts::exports(ctx, "node/errors")?;
        let make: Function = errors.get("make")?;
        let class: Value = ctx.globals().get("Error")?;
        let message = format!("Cannot find module '{}'", path.display());
        make.call((class, "MODULE_NOT_FOUND", message))
    };
    thrown().map_or_else(|error| error, |error| ctx.throw(error))
}

fn set_main(ctx: &Ctx<'_>, name: &str) -> rquickjs::Result<()> {
    Host::of(ctx)?.main_name.replace(Some(name.to_owned()));
    Ok(())
}

fn stack_for_javascript() -> usize {
    // QuickJS takes 0 for no limit at all.
    raw::remaining_stack().map_or(DEFAULT_STACK, |bytes| {
        (bytes / 2)
            .max(bytes.saturating_sub(STACK_RESERVE))
            .clamp(1, MOST_STACK)
    })
}

fn install_all(
    ctx: &Ctx<'_>,
    start: Start,
    limit: TimeLimit,
    engine: &Engine,
) -> rquickjs::Result<()> {
    let time = start.time;
    ctx.store_userdata(Host::default())?;
    ctx.store_userdata(modules::MainContext::of(ctx))?;
    ctx.store_userdata(numbers::Numbers::default())?;
    ctx.store_userdata(start)?;
    ctx.store_userdata(limit)?;
    bident_js::hosting::may_block(ctx);
    console::install(ctx)?;
    timers::install(ctx)?;
    web::install(ctx, time)?;
    bident_js::install_with(ctx, engine)?;
    web::install_stacks(ctx)
}

/// The last words: `exit` listeners, and a main promise that nobody will settle.
fn end(ctx: &Ctx<'_>, path: &Path) -> Result<(), Exit> {
    let main = Host::of(ctx).ok().and_then(|host| host.main.take());
    let pending = main
        .and_then(Value::into_promise)
        .is_some_and(|p| p.state() == PromiseState::Pending);
    if pending {
        complain(&format!(
            "bident: unsettled top-level await at {}",
            path.display()
        ));
        let status = process::asked_code(ctx).unwrap_or(UNSETTLED);
        if let Err(error) = process::emit_exit(ctx, Some(status)) {
            event_loop::fail(ctx, error)?;
        }
        return Err(Exit(process::asked_code(ctx).unwrap_or(status)));
    }
    end_well(ctx)
}

/// The last words of a program that has nothing left to do.
fn end_well(ctx: &Ctx<'_>) -> Result<(), Exit> {
    if let Err(error) = process::emit_exit(ctx, None) {
        event_loop::fail(ctx, error)?;
    }
    match process::exit_code(ctx) {
        0 => Ok(()),
        status => Err(Exit(status)),
    }
}
