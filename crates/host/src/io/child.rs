//! Processes that a program starts. What `child_process.js` is built on.

use super::child_sync;
use super::events::Source;
use super::line::{self, Line};
use super::say;
use super::wire::{Ends, Wire};
use crate::files::throw;
use crate::numbers::{Number, with_numbers};
use rquickjs::class::Trace;
use rquickjs::prelude::Func;
use rquickjs::{Class, Ctx, Function, JsLifetime, Object, Result, Value};
use rustix::process::{Pid, Signal, kill_process};
use std::cell::RefCell;
use std::io;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// `{ spawn(callback, settings), spawnSync(settings) }`.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("spawn", Func::from(spawn))?;
    natives.set("spawnSync", Func::from(child_sync::spawn))?;
    Ok(natives)
}

/// The command that settings describe: `file`, `args` from the zeroth on, `cwd`, `env` as a flat list of names and
/// values, `stdio`, `detached`, `uid`, `gid`.
pub(super) fn command<'js>(ctx: &Ctx<'js>, settings: &Object<'js>) -> Result<Command> {
    let mut command = Command::new(settings.get::<_, String>("file")?);
    let args: Vec<String> = settings.get("args")?;
    if let Some((zeroth, others)) = args.split_first() {
        command.arg0(zeroth).args(others);
    }
    if let Some(folder) = settings.get::<_, Option<String>>("cwd")? {
        command.current_dir(folder);
    }
    command.env_clear();
    for pair in settings.get::<_, Vec<String>>("env")?.chunks_exact(2) {
        command.env(&pair[0], &pair[1]);
    }
    if settings.get("detached")? {
        command.process_group(0);
    }
    if let Some(user) = settings.get::<_, Option<u32>>("uid")? {
        command.uid(user);
    }
    if let Some(group) = settings.get::<_, Option<u32>>("gid")? {
        command.gid(group);
    }
    let stdio: Vec<Value> = settings.get("stdio")?;
    let at = |at: usize| match stdio.get(at) {
        Some(value) => stdio_of(ctx, value),
        None => Ok(Stdio::null()),
    };
    command.stdin(at(0)?).stdout(at(1)?).stderr(at(2)?);
    Ok(command)
}

/// `"pipe"`, a number of a file of the program's, or nothing.
fn stdio_of<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Result<Stdio> {
    if let Some(number) = value.as_number() {
        let file = with_numbers(ctx, |numbers| numbers.get(number as Number)?.try_clone());
        return file.map(Stdio::from).map_err(|error| throw(ctx, &error));
    }
    let is_pipe = value.get::<String>().is_ok_and(|word| word == "pipe");
    Ok(if is_pipe {
        Stdio::piped()
    } else {
        Stdio::null()
    })
}

/// A process.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct Child {
    #[qjs(skip_trace)]
    pid: u32,
    /// Whether its number may be somebody else's by now.
    #[qjs(skip_trace)]
    is_over: Arc<AtomicBool>,
    #[qjs(skip_trace)]
    source: Source,
    #[qjs(skip_trace)]
    pipes: RefCell<[Option<Ends>; 3]>,
    #[qjs(skip_trace)]
    line: RefCell<Option<UnixStream>>,
}

#[rquickjs::methods]
impl Child {
    /// Its number.
    #[qjs(get)]
    fn pid(&self) -> u32 {
        self.pid
    }

    /// Our end of a pipe, once.
    fn pipe<'js>(&self, ctx: Ctx<'js>, which: usize) -> Result<Option<Class<'js, Wire>>> {
        let ends = (self.pipes.borrow_mut().get_mut(which)).and_then(Option::take);
        ends.map(|ends| Wire::create(&ctx, ends)).transpose()
    }

    /// Our end of the line to it, once, if it was started with one.
    fn line<'js>(&self, ctx: Ctx<'js>) -> Result<Option<Class<'js, Line>>> {
        let socket = self.line.take();
        socket.map(|socket| line::object(&ctx, socket)).transpose()
    }

    /// Sends a signal; false if the process has ended.
    fn kill(&self, ctx: Ctx<'_>, signal: i32) -> Result<bool> {
        if self.is_over.load(Ordering::Relaxed) {
            return Ok(false);
        }
        match kill(self.pid, signal) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::SRCH) => Ok(false),
            Err(error) => Err(throw(&ctx, &error.into())),
        }
    }

    /// Whether the program goes on for its sake.
    fn hold(&self, ctx: Ctx<'_>, is_held: bool) -> Result<()> {
        self.source.hold(&ctx, is_held)
    }

    /// Its end has been told.
    fn close(&self, ctx: Ctx<'_>) -> Result<()> {
        self.source.close(&ctx)
    }
}

pub(super) fn kill(pid: u32, signal: i32) -> std::result::Result<(), rustix::io::Errno> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(rustix::io::Errno::SRCH)?;
    match Signal::from_named_raw(signal) {
        Some(signal) => kill_process(pid, signal),
        None if signal == 0 => rustix::process::test_kill_process(pid),
        None => Err(rustix::io::Errno::INVAL),
    }
}

fn spawn<'js>(
    ctx: Ctx<'js>,
    callback: Function<'js>,
    settings: Object<'js>,
) -> Result<Class<'js, Child>> {
    let mut command = command(&ctx, &settings)?;
    let with_line: Option<bool> = settings.get("line")?;
    let spawn = |command: &mut Command| {
        let empty = Command::new("");
        tokio::process::Command::from(std::mem::replace(command, empty)).spawn()
    };
    let spawned = line::start(&mut command, with_line == Some(true), spawn);
    let (mut child, line) = spawned.map_err(|error| throw(&ctx, &error))?;
    let source = Source::open(&ctx, callback)?;
    let pipes = [
        child.stdin.take().map(|end| Ends {
            reader: None,
            writer: Some(Box::new(end)),
        }),
        child.stdout.take().map(|end| Ends {
            reader: Some(Box::new(end)),
            writer: None,
        }),
        child.stderr.take().map(|end| Ends {
            reader: Some(Box::new(end)),
            writer: None,
        }),
    ];
    let is_over = Arc::new(AtomicBool::new(false));
    let made = Child {
        pid: child.id().unwrap_or_default(),
        is_over: is_over.clone(),
        source: source.clone(),
        pipes: RefCell::new(pipes),
        line: RefCell::new(line),
    };
    tokio::spawn(async move {
        let status = child.wait().await;
        is_over.store(true, Ordering::Relaxed);
        source.post(move |ctx| {
            let (code, signal) = ended(&status);
            say(ctx, "exit", (code, signal))
        });
    });
    Class::instance(ctx, made)
}

/// The status of a process that ended itself, or the number of the signal that ended it.
pub(super) fn ended(status: &io::Result<ExitStatus>) -> (Option<i32>, Option<i32>) {
    match status {
        Ok(status) => (status.code(), status.signal()),
        Err(_) => (None, None),
    }
}
