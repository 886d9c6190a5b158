//! How the process ends: 0, 1 for a program that failed, 2 for a mistake on the command line, 124 where its time is
//! up, 130 for an interrupt, or whatever the program asks for.

use bident::{Engine, printable_lines};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use std::io::{self, Write};
use std::process::{self, ExitCode};
use std::sync::{Mutex, OnceLock, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

/// Status of a program that failed.
const FAILED: u8 = 1;
/// Status after a mistake on the command line.
const USAGE: u8 = 2;
/// Status where the time is up, as of `timeout`.
const TIMED_OUT: i32 = 124;
/// Status after Ctrl-C: 128 and the number of the signal, as shells count.
const INTERRUPTED: i32 = 130;

/// How long last words may take.
const PATIENCE: Duration = Duration::from_millis(100);

/// A mistake on the command line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub(crate) String);

/// Prints an error and gives its status.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    complain(&format!("bident: {}", whole(error)));
    let usage = error.downcast_ref::<UsageError>().is_some();
    ExitCode::from(if usage { USAGE } else { FAILED })
}

/// An error with its causes. One whose text the error before it ends with is not said again: errors of the engine
/// say what those of the host say.
fn whole(error: &anyhow::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if said.last().is_none_or(|last| !last.ends_with(&cause)) {
            said.push(cause);
        }
    }
    said.join(": ")
}

/// The status that a program asked for; the system keeps the low byte.
pub(crate) fn code(status: i32) -> ExitCode {
    ExitCode::from(status as u8)
}

/// The engine whose code is kept.
static ENGINE: OnceLock<Engine> = OnceLock::new();

/// The process ends with the code of this engine in its cache, where the program ends it.
pub(crate) fn keep_code_of(engine: &Engine) {
    let _second = ENGINE.set(engine.clone());
}

/// What was compiled goes to the cache.
pub(crate) fn keep_code() {
    if let Some(engine) = ENGINE.get() {
        engine.keep_code();
    }
}

/// How the terminal was before lines were edited on it.
static TERMINAL: Mutex<Option<Termios>> = Mutex::new(None);

/// The process leaves the terminal as it is now, whatever an editor does to it meanwhile.
pub(crate) fn keep_terminal() {
    let mut kept = TERMINAL.lock().unwrap_or_else(PoisonError::into_inner);
    *kept = tcgetattr(io::stdin()).ok();
}

/// Ends the process at once.
pub(crate) fn now(status: i32) -> ! {
    keep_code();
    let kept = TERMINAL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(terminal) = kept.as_ref() {
        let _gone = tcsetattr(io::stdin(), SetArg::TCSADRAIN, terminal);
    }
    // What cannot be written now can be written nowhere else.
    let _ = io::stdout().flush();
    process::exit(status)
}

/// From now on Ctrl-C ends the process whatever it is doing.
///
/// No signal handler: it would run on whatever stack the signal finds, also that of a guest. Instead the
/// signal is blocked in this thread and its descendants, and one thread waits for it.
pub(crate) fn on_interrupt() {
    let mut interrupt = SigSet::empty();
    interrupt.add(Signal::SIGINT);
    if interrupt.thread_block().is_err() {
        return;
    }
    let wait = move || {
        while interrupt.wait().is_ok() {
            // A program that listens to it decides itself.
            if !bident_host::interrupt() {
                last_words("bident: interrupted".to_owned());
                process::exit(INTERRUPTED);
            }
        }
    };
    if thread::Builder::new()
        .name("interrupt".to_owned())
        .spawn(wait)
        .is_err()
    {
        // Without the thread, the default action is better than none.
        let _ = interrupt.thread_unblock();
    }
}

/// Ends the process after so long, whatever it is doing then: also where a host function blocks, and without
/// code that looks for its deadline.
pub(crate) fn after(time: Duration) -> io::Result<()> {
    let wait = move || {
        thread::sleep(time);
        last_words(format!(
            "bident: the time is up: the program has run for {time:?} (--timeout)"
        ));
        process::exit(TIMED_OUT);
    };
    let thread = thread::Builder::new().name("timeout".to_owned());
    thread.spawn(wait).map(|_| ())
}

/// Prints a message before the process ends, but waits for no reader longer than a moment.
fn last_words(message: String) {
    let (said, hears) = mpsc::channel::<()>();
    let speaks = thread::Builder::new().name("last words".to_owned());
    let speaks = speaks.spawn(move || {
        complain(&message);
        drop(said);
    });
    if speaks.is_ok() {
        let _ = hears.recv_timeout(PATIENCE);
    }
}

/// Prints a message on standard error. Where nobody reads it, that is no reason to stop.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "{}", printable_lines(message));
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn nothing_is_said_twice() {
        let limit = || bident::Error::new(io::Error::other("no room"));
        let error = anyhow!(limit()).context("a.wasm");
        assert_eq!(whole(&error), "a.wasm: no room");
        let error = anyhow!(limit()).context("no room").context("b");
        assert_eq!(whole(&error), "b: no room");
        assert_eq!(whole(&anyhow!("x").context("y")), "y: x");
    }
}
