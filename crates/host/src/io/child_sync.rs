//! Processes that a program waits for.

use super::child::{command, ended, kill};
use super::error_value;
use crate::files::throw;
use bident_js::hosting::copy_bytes;
use rquickjs::{Ctx, Object, Result, TypedArray, Value};
use std::io::{self, Read, Write};
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of the stack of a thread that reads or writes a pipe.
const STACK_SIZE: usize = 256 << 10;

/// What the threads of the pipes have to say.
enum News {
    /// A pipe, 1 or 2, has ended: with these bytes.
    Ended(usize, Vec<u8>),
    /// More bytes came than asked for.
    TooMany(usize, Vec<u8>),
}

/// Why a process was ended by us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    Time,
    Bytes,
}

/// What there is when the process has ended.
#[derive(Default)]
struct Outcome {
    outputs: [Option<Vec<u8>>; 3],
    cut: Option<Cut>,
}

/// Runs a process to its end: `{ pid, status, signal, stdout, stderr, cut }`. Beyond what [`command`] takes there are
/// `input`, `timeout`, `most` bytes of output, `killSignal`.
pub(super) fn spawn<'js>(ctx: Ctx<'js>, settings: Object<'js>) -> Result<Object<'js>> {
    let input: Value = settings.get("input")?;
    let input = match input.is_undefined() {
        true => Vec::new(),
        false => copy_bytes(&ctx, &input)?,
    };
    let timeout: Option<f64> = settings.get("timeout")?;
    let most = settings.get::<_, f64>("most")?;
    let signal: i32 = settings.get("killSignal")?;
    let spawned = command(&ctx, &settings)?.spawn();
    let mut child = spawned.map_err(|error| throw(&ctx, &error))?;
    let deadline = timeout.and_then(|milliseconds| {
        Instant::now().checked_add(Duration::from_millis(milliseconds as u64))
    });
    let (send, news) = channel();
    let (written, count) = start_threads(&mut child, input, most as usize, &send)
        .map_err(|error| throw(&ctx, &error))?;
    drop(send);
    let outcome = wait(&mut child, &news, count, deadline, signal);
    let status = child.wait();
    drop(written);
    give(&ctx, child.id(), &status, outcome)
}

/// Starts a thread for each pipe; gives how many read.
fn start_threads(
    child: &mut Child,
    input: Vec<u8>,
    most: usize,
    send: &Sender<News>,
) -> io::Result<(Option<thread::JoinHandle<()>>, usize)> {
    let thread = || thread::Builder::new().stack_size(STACK_SIZE);
    let written = match child.stdin.take() {
        Some(mut stdin) => Some(thread().spawn(move || {
            // Who does not want it does not get it.
            stdin.write_all(&input).ok();
        })?),
        None => None,
    };
    let mut count = 0;
    let stdout = child
        .stdout
        .take()
        .map(|pipe| -> Box<dyn Read + Send> { Box::new(pipe) });
    let stderr = child
        .stderr
        .take()
        .map(|pipe| -> Box<dyn Read + Send> { Box::new(pipe) });
    for (which, pipe) in [(1, stdout), (2, stderr)] {
        let Some(pipe) = pipe else { continue };
        let send = send.clone();
        thread().spawn(move || read(pipe, which, most, &send))?;
        count += 1;
    }
    Ok((written, count))
}

fn read(pipe: impl Read, which: usize, most: usize, send: &Sender<News>) {
    let mut bytes = Vec::new();
    let limit = (most as u64).saturating_add(1);
    // What came before an error counts.
    pipe.take(limit).read_to_end(&mut bytes).ok();
    let news = match bytes.len() > most {
        true => {
            bytes.truncate(most);
            News::TooMany(which, bytes)
        }
        false => News::Ended(which, bytes),
    };
    // Nobody listens after the time is over.
    send.send(news).ok();
}

/// Waits until the pipes have ended, the process has, and ends it where it takes or writes too much.
fn wait(
    child: &mut Child,
    news: &Receiver<News>,
    count: usize,
    deadline: Option<Instant>,
    signal: i32,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut left = count;
    while left > 0 {
        let came = match deadline {
            Some(deadline) => news.recv_timeout(deadline.saturating_duration_since(Instant::now())),
            None => news.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match came {
            Ok(News::Ended(which, bytes)) => outcome.outputs[which] = Some(bytes),
            Ok(News::TooMany(which, bytes)) => {
                outcome.outputs[which] = Some(bytes);
                outcome.end(child, Cut::Bytes, signal);
            }
            Err(RecvTimeoutError::Timeout) => {
                outcome.end(child, Cut::Time, signal);
                return outcome.after(news, left);
            }
            Err(RecvTimeoutError::Disconnected) => return outcome,
        }
        left -= 1;
    }
    while let Some(deadline) = deadline
        && matches!(child.try_wait(), Ok(None))
    {
        if Instant::now() >= deadline {
            outcome.end(child, Cut::Time, signal);
            break;
        }
        thread::sleep(Duration::from_millis(1));
    }
    outcome
}

impl Outcome {
    fn end(&mut self, child: &Child, cut: Cut, signal: i32) {
        if self.cut.is_none() {
            self.cut = Some(cut);
            // It may have ended by itself.
            kill(child.id(), signal).ok();
        }
    }

    /// Takes what the pipes of a process that was ended still say, if they say it soon: others may have them open.
    fn after(mut self, news: &Receiver<News>, left: usize) -> Self {
        for _ in 0..left {
            match news.recv_timeout(Duration::from_millis(200)) {
                Ok(News::Ended(which, bytes) | News::TooMany(which, bytes)) => {
                    self.outputs[which] = Some(bytes);
                }
                Err(_) => break,
            }
        }
        self
    }
}

fn give<'js>(
    ctx: &Ctx<'js>,
    pid: u32,
    status: &io::Result<std::process::ExitStatus>,
    outcome: Outcome,
) -> Result<Object<'js>> {
    let given = Object::new(ctx.clone())?;
    let (code, signal) = ended(status);
    given.set("pid", pid)?;
    given.set("status", code)?;
    given.set("signal", signal)?;
    if let Err(error) = status {
        given.set("error", error_value(ctx, error)?)?;
    }
    let cut = outcome.cut.map(|cut| match cut {
        Cut::Time => "time",
        Cut::Bytes => "bytes",
    });
    given.set("cut", cut)?;
    let [_, stdout, stderr] = outcome.outputs;
    for (name, bytes) in [("stdout", stdout), ("stderr", stderr)] {
        let bytes = bytes.map(|bytes| TypedArray::new(ctx.clone(), bytes));
        given.set(name, bytes.transpose()?)?;
    }
    Ok(given)
}
