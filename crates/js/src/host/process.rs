//! `process`.

use super::event_loop::{Host, Listener, Task};
use super::report::complain;
use super::{ExitHook, Options};
use llrt_utils::bytes::ObjectBytes;
use rquickjs::prelude::{Func, Opt, Rest, This};
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
    let process = Object::new(ctx.clone())?;
    describe(ctx, &process, options)?;
    process.set("stdout", stream(ctx, stdout().is_terminal(), 1)?)?;
    process.set("stderr", stream(ctx, stderr().is_terminal(), 2)?)?;
    process.set(
        "exit",
        Func::from(move |ctx: Ctx<'js>, code: Opt<Value<'js>>| -> Result<()> {
            if let Some(code) = code.0.filter(|code| !code.is_undefined()) {
                ctx.globals()
                    .get::<_, Object>("process")?
                    .set("exitCode", code)?;
            }
            let code = exit_code(&ctx);
            emit(&ctx, "exit", &[Value::new_int(ctx.clone(), code)])?;
            exit(code)
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
    let hrtime = Function::new(ctx.clone(), move |ctx: Ctx<'js>, since: Opt<Vec<f64>>| {
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
    install_events(&process)?;
    ctx.globals().set("process", process)
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

/// `process.stdout` or `process.stderr`: enough of a stream to write to.
fn stream<'js>(ctx: &Ctx<'js>, is_terminal: bool, fd: u32) -> Result<Object<'js>> {
    let stream = Object::new(ctx.clone())?;
    stream.set("fd", fd)?;
    stream.set("isTTY", is_terminal)?;
    stream.set("writable", true)?;
    stream.set(
        "write",
        Func::from(
            move |ctx: Ctx<'js>, data: Value<'js>, rest: Rest<Value<'js>>| -> Result<bool> {
                let data = ObjectBytes::from(&ctx, &data)?;
                let bytes = data.as_bytes(&ctx)?;
                let written = match fd {
                    1 => stdout().write_all(bytes).and_then(|()| stdout().flush()),
                    _ => stderr().write_all(bytes),
                };
                if let Some(done) = rest.0.into_iter().find_map(Value::into_function) {
                    done.defer(())?;
                }
                Ok(written.is_ok())
            },
        ),
    )?;
    for name in ["on", "once", "end", "cork", "uncork"] {
        stream.set(name, Func::from(|this: This<Value<'js>>| this.0))?;
    }
    Ok(stream)
}

fn hrtime(ctx: Ctx<'_>, start: Instant, since: Option<Vec<f64>>) -> Result<Array<'_>> {
    let mut nanos = start.elapsed().as_nanos() as i128;
    if let Some([seconds, rest]) = since.as_deref() {
        nanos -= *seconds as i128 * 1_000_000_000 + *rest as i128;
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

fn install_events<'js>(process: &Object<'js>) -> Result<()> {
    for name in ["on", "once", "addListener"] {
        process.set(name, Func::from(add_listener))?;
    }
    for name in ["off", "removeListener"] {
        process.set(name, Func::from(remove_listener))?;
    }
    process.set(
        "emit",
        Func::from(|ctx: Ctx<'js>, event: String, args: Rest<Value<'js>>| {
            emit(&ctx, &event, &args.0)
        }),
    )
}

type Chained<'js> = Result<Value<'js>>;

fn add_listener<'js>(
    ctx: Ctx<'js>,
    this: This<Value<'js>>,
    event: String,
    function: Function<'js>,
) -> Chained<'js> {
    Host::of(&ctx)?
        .listeners
        .borrow_mut()
        .push(Listener { event, function });
    Ok(this.0)
}

fn remove_listener<'js>(
    ctx: Ctx<'js>,
    this: This<Value<'js>>,
    event: String,
    function: Function<'js>,
) -> Chained<'js> {
    Host::of(&ctx)?
        .listeners
        .borrow_mut()
        .retain(|l| l.event != event || l.function != function);
    Ok(this.0)
}

/// Calls the listeners of an event; false if there are none.
pub(super) fn emit<'js>(ctx: &Ctx<'js>, event: &str, args: &[Value<'js>]) -> Result<bool> {
    let listeners: Vec<Function> = {
        let host = Host::of(ctx)?;
        let listeners = host.listeners.borrow();
        listeners
            .iter()
            .filter(|l| l.event == event)
            .map(|l| l.function.clone())
            .collect()
    };
    for listener in &listeners {
        listener.call::<_, Value>((Rest(args.to_vec()),))?;
    }
    Ok(!listeners.is_empty())
}
