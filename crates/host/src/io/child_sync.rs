//! Processes that a program waits for.

use super::child::{command, ended, kill};
use super::{error_value, line};
use crate::files::throw;
use bident_js::hosting::copy_bytes;
use rquickjs::{Ctx, Object, Result, TypedArray, Value};
use std::io::{self, Read, Write};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of the stack of a thread that reads or writes a pipe.
const STACK_SIZE: usize = 256 << 10;

/// Most bytes that are read at once.
const PIECE: usize = 64 << 10;

/// How long what a process has written may take to come out after it was ended.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What the threads of the pipes have to say.
enum News {
    /// A pipe has ended.
    Ended,
    /// More bytes came than asked for.
    TooMany,
}

/// What has come out of a pipe. Who gives up waiting for its end has these.
type Shared = Arc<Mutex<Vec<u8>>>;

/// Nobody panics who holds it; if so, what came before counts.
fn lock(bytes: &Shared) -> MutexGuard<'_, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a process was ended by us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    Time,
    Bytes,
}

/// What comes out of the pipes, by their numbers.
type Outputs = [Option<Shared>; 3];

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
    let mut command = command(&ctx, &settings)?;
    let spawned = line::start(&mut command, false, Command::spawn).map(|(child, _)| child);
    let mut child = spawned.map_err(|error| throw(&ctx, &error))?;
    let deadline = timeout.and_then(|milliseconds| {
        Instant::now().checked_add(Duration::from_millis(milliseconds as u64))
    });
    let (send, news) = channel();
    let started = start_threads(&mut child, input, most as usize, &send);
    let outputs = started.map_err(|error| {
        // Nobody would ever wait for it.
        child.kill().and_then(|()| child.wait()).ok();
        throw(&ctx, &error)
    })?;
    drop(send);
    let count = outputs.iter().flatten().count();
    let cut = wait(&mut child, &news, count, deadline, signal);
    let status = child.wait();
    give(&ctx, child.id(), &status, cut, &outputs)
}

/// Starts a thread for each pipe.
fn start_threads(
    child: &mut Child,
    input: Vec<u8>,
    most: usize,
    send: &Sender<News>,
) -> io::Result<Outputs> {
    let thread = || thread::Builder::new().stack_size(STACK_SIZE);
    if let Some(mut stdin) = child.stdin.take() {
        thread().spawn(move || {
            // Who does not want it does not get it.
            stdin.write_all(&input).ok();
        })?;
    }
    let mut outputs = Outputs::default();
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
        let (send, bytes) = (send.clone(), Shared::default());
        outputs[which] = Some(bytes.clone());
        thread().spawn(move || {
            // Nobody listens after the time is over.
            send.send(read(pipe, most, &bytes)).ok();
        })?;
    }
    Ok(outputs)
}

fn read(mut pipe: impl Read, most: usize, bytes: &Shared) -> News {
    let mut piece = [0; PIECE];
    loop {
        let came = match pipe.read(&mut piece) {
            Ok(count) => &piece[..count],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // What came before an error counts.
            Err(_) => &[],
        };
        if came.is_empty() {
            return News::Ended;
        }
        let mut bytes = lock(bytes);
        let room = most.saturating_sub(bytes.len()).min(came.len());
        // Where there is no memory, there are more than can be had.
        if bytes.try_reserve(room).is_err() {
            return News::TooMany;
        }
        bytes.extend_from_slice(&came[..room]);
        if room < came.len() {
            return News::TooMany;
        }
    }
}

/// Waits until the pipes have ended, the process has, and ends it where it takes or writes too much: says why.
fn wait(
    child: &mut Child,
    news: &Receiver<News>,
    count: usize,
    deadline: Option<Instant>,
    signal: i32,
) -> Option<Cut> {
    let mut cut = None;
    let mut left = count;
    while left > 0 {
        let came = match deadline {
            Some(deadline) => news.recv_timeout(deadline.saturating_duration_since(Instant::now())),
            None => news.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match came {
            Ok(News::Ended) => {}
            Ok(News::TooMany) => end(child, &mut cut, Cut::Bytes, signal),
            Err(RecvTimeoutError::Timeout) => {
                end(child, &mut cut, Cut::Time, signal);
                // What the pipes still say counts, if they say it soon: others may have them open.
                while left > 0 && news.recv_timeout(LAST_WORDS).is_ok() {
                    left -= 1;
                }
                return cut;
            }
            Err(RecvTimeoutError::Disconnected) => return cut,
        }
        left -= 1;
    }
    while let Some(deadline) = deadline
        && matches!(child.try_wait(), Ok(None))
    {
        if Instant::now() >= deadline {
            end(child, &mut cut, Cut::Time, signal);
            break;
        }
        thread::sleep(Duration::from_millis(1));
    }
    cut
}

fn end(child: &Child, cut: &mut Option<Cut>, why: Cut, signal: i32) {
    if cut.is_none() {
        *cut = Some(why);
        // It may have ended by itself.
        kill(child.id(), signal).ok();
    }
}

fn give<'js>(
    ctx: &Ctx<'js>,
    pid: u32,
    status: &io::Result<std::process::ExitStatus>,
    cut: Option<Cut>,
    [_, stdout, stderr]: &Outputs,
) -> Result<Object<'js>> {
    let given = Object::new(ctx.clone())?;
    let (code, signal) = ended(status);
    given.set("pid", pid)?;
    given.set("status", code)?;
    given.set("signal", signal)?;
    if let Err(error) = status {
        given.set("error", error_value(ctx, error)?)?;
    }
    let cut = cut.map(|cut| match cut {
        Cut::Time => "time",
        Cut::Bytes => "bytes",
    });
    given.set("cut", cut)?;
    for (name, bytes) in [("stdout", stdout), ("stderr", stderr)] {
        let bytes = bytes
            .as_ref()
            .map(|bytes| std::mem::take(&mut *lock(bytes)));
        let bytes = bytes.map(|bytes| TypedArray::new(ctx.clone(), bytes));
        given.set(name, bytes.transpose()?)?;
    }
    Ok(given)
}
