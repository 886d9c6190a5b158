//! What `process` has of Rust's (`node/global_process.js`), and what the host tells it.

use crate::ExitHook;
use crate::event_loop::{Host, Task};
use crate::io::line;
use crate::io::worker::{self, Own};
use crate::modules::ModuleLoader;
use crate::report::complain;
use bident::Engine;
use rquickjs::prelude::{Func, Opt, Rest};
use rquickjs::{Class, Coerced, Ctx, Exception, Function, JsLifetime, Object, Result, Value};
use std::sync::Arc;
use std::time::Instant;

/// The version of Node whose behaviour programs may expect. Some look for it before anything else.
const NODE_VERSION: &str = "26.0.0";

/// The script that makes `process`, if a program asks for it.
const SCRIPT: &str = "node/global_process";

/// What is known from the start of the program.
#[derive(Clone, JsLifetime)]
pub(crate) struct Start {
    pub(crate) argv: Vec<String>,
    pub(crate) time: Instant,
    pub(crate) exit: ExitHook,
    pub(crate) loader: ModuleLoader,
    pub(crate) engine: Engine,
    /// The worker, where it is not the main thread.
    pub(crate) worker: Option<Arc<Own>>,
}

impl Start {
    /// That of the context's program.
    pub(crate) fn of(ctx: &Ctx<'_>) -> Result<Self> {
        let start = ctx.userdata::<Self>();
        let missing = || Exception::throw_internal(ctx, "this context has no program");
        start.as_deref().cloned().ok_or_else(missing)
    }
}

/// What the script has of Rust's.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    describe(&natives, &Start::of(ctx)?)?;
    act(&natives, &Start::of(ctx)?)?;
    measure(&natives, &Start::of(ctx)?)?;
    Ok(natives)
}

fn describe(natives: &Object<'_>, start: &Start) -> Result<()> {
    natives.set("argv", start.argv.clone())?;
    natives.set("execPath", start.argv.first().cloned())?;
    natives.set("pid", std::process::id())?;
    natives.set("ppid", std::os::unix::process::parent_id())?;
    natives.set("title", "bident")?;
    natives.set("platform", std::env::consts::OS.replace("macos", "darwin"))?;
    natives.set(
        "arch",
        match std::env::consts::ARCH {
            "x86_64" => "x64",
            "aarch64" => "arm64",
            other => other,
        },
    )?;
    natives.set("nodeVersion", NODE_VERSION)?;
    let versions = Object::new(natives.ctx().clone())?;
    versions.set("node", NODE_VERSION)?;
    versions.set("bident", env!("CARGO_PKG_VERSION"))?;
    natives.set("versions", versions)?;
    natives.set("isWorker", start.worker.is_some())?;
    if let Some(shared) = start.worker.as_ref().and_then(|own| own.shared_env.clone()) {
        natives.set("sharedEnv", Class::instance(natives.ctx().clone(), shared)?)?;
    }
    natives.set("env", Func::from(environment))
}

fn environment(ctx: Ctx<'_>) -> Result<Object<'_>> {
    let own = Own::of(&ctx);
    let env = Object::new(ctx)?;
    if let Some(own) = own {
        for pair in own.environment.chunks_exact(2) {
            env.set(&*pair[0], &*pair[1])?;
        }
        return Ok(env);
    }
    let ours = |name: &std::ffi::OsStr| name == line::NUMBER || name == line::MODE;
    for (name, value) in std::env::vars_os().filter(|(name, _)| !ours(name)) {
        env.set(&*name.to_string_lossy(), &*value.to_string_lossy())?;
    }
    Ok(env)
}

/// What the program does to itself.
fn act(natives: &Object<'_>, start: &Start) -> Result<()> {
    let exit = start.exit;
    let worker = start.worker.clone();
    natives.set(
        "exit",
        Func::from(move |ctx: Ctx<'_>, code: i32| -> Result<()> {
            match &worker {
                Some(own) => Err(worker::exit(&ctx, own, code)),
                None => exit(code),
            }
        }),
    )?;
    natives.set("abort", Func::from(|| -> () { std::process::abort() }))?;
    natives.set("nextTick", Func::from(next_tick))?;
    natives.set(
        "complain",
        Func::from(|line: Coerced<String>| complain(&line.0)),
    )?;
    natives.set("cwd", Func::from(cwd))?;
    natives.set(
        "chdir",
        Func::from(|ctx: Ctx<'_>, path: String| {
            std::env::set_current_dir(path).map_err(|error| crate::files::throw(&ctx, &error))
        }),
    )?;
    natives.set("umask", Func::from(umask))?;
    natives.set("kill", Func::from(kill))?;
    natives.set("listen", Func::from(crate::io::listen))?;
    natives.set("unlisten", Func::from(crate::io::unlisten))?;
    // The main thread's alone.
    natives.set("hasLine", start.worker.is_none() && line::is_inherited())?;
    natives.set(
        "isLineAdvanced",
        std::env::var(line::MODE).is_ok_and(|mode| mode == "advanced"),
    )?;
    natives.set("line", Func::from(line::inherited))?;
    natives.set("shareEnv", Func::from(crate::io::share_environment))
}

fn cwd(ctx: Ctx<'_>) -> Result<String> {
    let directory = std::env::current_dir();
    let directory = directory.map(|path| path.to_string_lossy().into_owned());
    directory.map_err(|error| {
        Exception::throw_message(&ctx, &format!("ENOENT: current directory, uv_cwd: {error}"))
    })
}

fn umask(mask: Opt<Value<'_>>) -> u32 {
    use rustix::fs::Mode;
    let given = mask.0.and_then(|mask| mask.as_number());
    let old = rustix::process::umask(Mode::from_raw_mode(given.unwrap_or_default() as u32));
    if given.is_none() {
        rustix::process::umask(old);
    }
    old.as_raw_mode()
}

fn kill(ctx: Ctx<'_>, pid: i32, signal: i32) -> Result<()> {
    use rustix::process::{Pid, Signal, kill_process, test_kill_process};
    let failed = |error: rustix::io::Errno| crate::files::throw(&ctx, &error.into());
    let pid = Pid::from_raw(pid).ok_or_else(|| failed(rustix::io::Errno::SRCH))?;
    match Signal::from_named_raw(signal) {
        _ if signal == 0 => test_kill_process(pid).map_err(failed),
        Some(signal) => kill_process(pid, signal).map_err(failed),
        None => Err(failed(rustix::io::Errno::INVAL)),
    }
}

/// Times, memory, who runs it.
fn measure(natives: &Object<'_>, start: &Start) -> Result<()> {
    let time = start.time;
    natives.set("begin", 0)?;
    natives.set(
        "hrtime",
        Func::from(move || time.elapsed().as_nanos() as f64),
    )?;
    natives.set("rss", Func::from(resident))?;
    natives.set("availableMemory", Func::from(available))?;
    natives.set("cpuUsage", Func::from(cpu_usage))?;
    natives.set(
        "ids",
        Func::from(|| {
            use rustix::process::{getegid, geteuid, getgid, getuid};
            vec![
                getuid().as_raw(),
                geteuid().as_raw(),
                getgid().as_raw(),
                getegid().as_raw(),
            ]
        }),
    )
}

/// Resident memory, as far as the system tells it.
fn resident() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split(' ').nth(1)?.parse::<f64>().ok());
    pages.unwrap_or_default() * 4096.0
}

fn available() -> f64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kibibytes.unwrap_or_default() * 1024.0
}

/// Microseconds of the processor's, by the clock ticks of Linux.
fn cpu_usage(ctx: Ctx<'_>) -> Result<Object<'_>> {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default();
    let mut fields = fields.split_whitespace().skip(11);
    let mut next = || {
        let ticks = fields.next().and_then(|field| field.parse::<f64>().ok());
        ticks.unwrap_or_default() * 10_000.0
    };
    let usage = Object::new(ctx)?;
    usage.set("user", next())?;
    usage.set("system", next())?;
    Ok(usage)
}

fn next_tick<'js>(ctx: Ctx<'js>, function: Function<'js>, args: Rest<Value<'js>>) -> Result<()> {
    let host = Host::of(&ctx)?;
    host.ticks.borrow_mut().push_back(Task {
        function,
        this: None,
        args: args.0,
        frame: host.frames.current(),
    });
    Ok(())
}

/// The script's exports, if a program has asked for `process`.
fn made<'js>(ctx: &Ctx<'js>) -> Option<Object<'js>> {
    let host = Host::of(ctx).ok()?;
    host.scripts.borrow().get(SCRIPT).cloned()
}

/// The status that the program has asked for so far, if it has.
pub(crate) fn asked_code(ctx: &Ctx<'_>) -> Option<i32> {
    let made = made(ctx)?;
    let asked = made.get::<_, Function>("hasExitCode").ok()?;
    if !asked.call::<_, bool>(()).ok()? {
        return None;
    }
    made.get::<_, Function>("exitCode").ok()?.call(()).ok()
}

/// The status that a listener of `exit` has set, if one has.
pub(crate) fn left_with(ctx: &Ctx<'_>) -> Option<i32> {
    let left: Function = made(ctx)?.get("leftWith").ok()?;
    left.call(()).ok()?
}

/// The status to end with.
pub(crate) fn exit_code(ctx: &Ctx<'_>) -> i32 {
    asked_code(ctx).unwrap_or(0)
}

/// Says that the program ends, once: a listener that asks for the end gets it at once.
pub(crate) fn emit_exit(ctx: &Ctx<'_>, status: Option<i32>) -> Result<()> {
    let status = status.map(|status| Value::new_int(ctx.clone(), status));
    emit(ctx, "exit", status.as_slice()).map(drop)
}

/// Calls the listeners of an event; false if there are none.
pub(crate) fn emit<'js>(ctx: &Ctx<'js>, event: &str, args: &[Value<'js>]) -> Result<bool> {
    match made(ctx) {
        Some(made) => {
            let emit: Function = made.get("emit")?;
            emit.call((event, Rest(args.to_vec())))
        }
        None => Ok(false),
    }
}
