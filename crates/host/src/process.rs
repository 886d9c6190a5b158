//! `process`. That it emits events, and its streams, are JavaScript (`node/global_events.js`).

use super::event_loop::{Host, Task};
use super::report::complain;
use super::{ExitHook, Options};
use crate::scripts;
use rquickjs::function::Constructor;
use rquickjs::prelude::{Func, Opt, Rest};
use rquickjs::{Array, BigInt, Coerced, Ctx, Exception, Function, Object, Result, Value};
use std::io::{IsTerminal, Write, stderr, stdout};
use std::time::Instant;

/// The version of Node whose behaviour programs may expect. Some look for it before anything else.
const NODE_VERSION: &str = "22.0.0";

/// Defines `process`.
pub(super) fn install<'js>(
    ctx: &Ctx<'js>,
    options: &Options,
    start: Instant,
    exit: ExitHook,
) -> Result<()> {
    let process = create(ctx)?;
    describe(ctx, &process, options)?;
    process.set(
        "exit",
        Func::from(move |ctx: Ctx<'js>, code: Opt<Value<'js>>| -> Result<()> {
            if let Some(code) = code.0.filter(|code| !code.is_undefined()) {
                ctx.globals()
                    .get::<_, Object>("process")?
                    .set("exitCode", code)?;
            }
            emit_exit(&ctx)?;
            exit(exit_code(&ctx))
        }),
    )?;
    process.set(
        "cwd",
        Func::from(|ctx: Ctx<'_>| {
            let directory = std::env::current_dir();
            directory
                .map(|path| path.to_string_lossy().into_owned())
                .map_err(|error| {
                    Exception::throw_message(&ctx, &format!("current directory: {error}"))
                })
        }),
    )?;
    process.set("uptime", Func::from(move || start.elapsed().as_secs_f64()))?;
    let hrtime = Function::new(ctx.clone(), move |ctx: Ctx<'js>, since: Opt<Array<'js>>| {
        hrtime(ctx, start, since.0)
    })?;
    hrtime.set(
        "bigint",
        Func::from(move |ctx: Ctx<'js>| BigInt::from_u64(ctx, start.elapsed().as_nanos() as u64)),
    )?;
    process.set("hrtime", hrtime)?;
    process.set("nextTick", Func::from(next_tick))?;
    process.set(
        "emitWarning",
        Func::from(|warning: Coerced<String>| complain(&format!("Warning: {}", warning.0))),
    )?;
    process.set("memoryUsage", Func::from(memory_usage))?;
    ctx.globals().set("process", process)
}

/// What the script of events and streams has of Rust's.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set(
        "complain",
        Func::from(|line: Coerced<String>| complain(&line.0)),
    )?;
    natives.set("write", Func::from(write))?;
    Ok(natives)
}

/// The object, with its events and its streams.
fn create<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let made: Object = scripts::exports(ctx, "node/global_events")?;
    Host::of(ctx)?.emit.replace(Some(made.get("emit")?));
    let process: Object = made.get("process")?;
    let stream: Constructor = made.get("WriteStream")?;
    for (name, fd, is_terminal) in [
        ("stdout", 1, stdout().is_terminal()),
        ("stderr", 2, stderr().is_terminal()),
    ] {
        process.set(name, stream.construct::<_, Value>((fd, is_terminal))?)?;
    }
    Ok(process)
}

/// Writes a string or an `Uint8Array` to standard output or standard error.
fn write(fd: u32, data: Value<'_>) -> Result<bool> {
    let write = |bytes: &[u8]| match fd {
        1 => stdout().write_all(bytes).and_then(|()| stdout().flush()),
        _ => stderr().write_all(bytes),
    };
    let written = match data.as_string() {
        Some(text) => write(text.to_string()?.as_bytes()),
        None => write(&bident_js::hosting::copy_bytes(data.ctx(), &data)?),
    };
    Ok(written.is_ok())
}

fn describe<'js>(ctx: &Ctx<'js>, process: &Object<'js>, options: &Options) -> Result<()> {
    process.set("argv", options.argv.clone())?;
    process.set("argv0", options.argv.first().cloned())?;
    process.set("execPath", options.argv.first().cloned())?;
    process.set("execArgv", Array::new(ctx.clone())?)?;
    process.set("pid", std::process::id())?;
    process.set("title", "bident")?;
    process.set("platform", std::env::consts::OS.replace("macos", "darwin"))?;
    process.set(
        "arch",
        match std::env::consts::ARCH {
            "x86_64" => "x64",
            "aarch64" => "arm64",
            other => other,
        },
    )?;
    let env = Object::new(ctx.clone())?;
    for (name, value) in std::env::vars_os() {
        env.set(&*name.to_string_lossy(), &*value.to_string_lossy())?;
    }
    process.set("env", env)?;
    process.set("version", format!("v{NODE_VERSION}"))?;
    let versions = Object::new(ctx.clone())?;
    versions.set("node", NODE_VERSION)?;
    versions.set("bident", env!("CARGO_PKG_VERSION"))?;
    process.set("versions", versions)?;
    let release = Object::new(ctx.clone())?;
    release.set("name", "bident")?;
    process.set("release", release)
}

/// The status that the program has asked for so far.
pub(super) fn exit_code(ctx: &Ctx<'_>) -> i32 {
    let asked = ctx
        .globals()
        .get::<_, Object>("process")
        .and_then(|p| p.get::<_, Value>("exitCode"));
    let Ok(asked) = asked else {
        ctx.catch();
        return 0;
    };
    match asked.is_undefined() || asked.is_null() {
        true => 0,
        false => asked.get::<Coerced<i32>>().map_or(1, |code| code.0),
    }
}

fn hrtime<'js>(ctx: Ctx<'js>, start: Instant, since: Option<Array<'js>>) -> Result<Array<'js>> {
    let mut nanos = start.elapsed().as_nanos() as i128;
    if let Some(since) = since {
        let (seconds, rest): (f64, f64) = (since.get(0)?, since.get(1)?);
        nanos -= seconds as i128 * 1_000_000_000 + rest as i128;
    }
    let pair = Array::new(ctx)?;
    pair.set(0, (nanos / 1_000_000_000) as f64)?;
    pair.set(1, (nanos % 1_000_000_000) as f64)?;
    Ok(pair)
}

fn next_tick<'js>(ctx: Ctx<'js>, function: Function<'js>, args: Rest<Value<'js>>) -> Result<()> {
    Host::of(&ctx)?.ticks.borrow_mut().push_back(Task {
        function,
        args: args.0,
    });
    Ok(())
}

/// Resident memory, as far as the system tells it; the other numbers of Node mean nothing here.
fn memory_usage(ctx: Ctx<'_>) -> Result<Object<'_>> {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split(' ').nth(1)?.parse::<f64>().ok());
    let usage = Object::new(ctx)?;
    usage.set("rss", pages.unwrap_or_default() * 4096.0)?;
    Ok(usage)
}

/// Says that the program ends, once: a listener that asks for the end gets it at once.
pub(super) fn emit_exit(ctx: &Ctx<'_>) -> Result<()> {
    if Host::of(ctx)?.exiting.replace(true) {
        return Ok(());
    }
    let status = Value::new_int(ctx.clone(), exit_code(ctx));
    emit(ctx, "exit", &[status]).map(drop)
}

/// Calls the listeners of an event; false if there are none.
pub(super) fn emit<'js>(ctx: &Ctx<'js>, event: &str, args: &[Value<'js>]) -> Result<bool> {
    let emit = Host::of(ctx)?.emit.borrow().clone();
    match emit {
        Some(emit) => emit.call((event, Rest(args.to_vec()))),
        None => Ok(false),
    }
}
