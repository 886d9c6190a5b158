//! Signals that a program listens to.

use super::events::Source;
use super::say;
use crate::event_loop::Host;
use crate::files::throw;
use rquickjs::{Ctx, Function, JsLifetime, Result};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::signal::unix::{SignalKind, signal};

/// The signals that were listened to, by number. Who has listened once is told ever after: the handler stays, and
/// does what the system would do where nobody listens any more.
#[derive(Default, JsLifetime)]
pub(crate) struct Signals(RefCell<HashMap<i32, Listened>>);

struct Listened {
    source: Source,
    is_wanted: Arc<AtomicBool>,
}

/// The programs that have listened to SIGINT, which a command may wait for instead of having it handled.
static INTERRUPTIBLE: Mutex<Vec<(Source, Arc<AtomicBool>)>> = Mutex::new(Vec::new());

/// For a process that blocks SIGINT and waits for it: tells the programs that listen to it that it has come. False if
/// none does.
pub fn interrupt() -> bool {
    let programs = INTERRUPTIBLE.lock();
    let programs = programs.unwrap_or_else(PoisonError::into_inner);
    let mut is_told = false;
    for (source, is_wanted) in programs.iter() {
        if is_wanted.load(Ordering::Relaxed) {
            source.post(|ctx| say(ctx, "signal", ()));
            is_told = true;
        }
    }
    is_told || crate::repl::interrupt()
}

/// Calls `callback` for each signal from now on. It does not keep the program alive.
pub(crate) fn listen<'js>(ctx: Ctx<'js>, number: i32, callback: Function<'js>) -> Result<()> {
    let host = Host::of(&ctx)?;
    if let Some(listened) = host.signals.0.borrow().get(&number) {
        listened.is_wanted.store(true, Ordering::Relaxed);
        return Ok(());
    }
    let coming = signal(SignalKind::from_raw(number));
    let mut coming = coming.map_err(|error| {
        let number = error.raw_os_error().unwrap_or(libc::EINVAL);
        throw(&ctx, &std::io::Error::from_raw_os_error(number))
    })?;
    let source = Source::open(&ctx, callback)?;
    source.hold(&ctx, false)?;
    let is_wanted = Arc::new(AtomicBool::new(true));
    if number == libc::SIGINT {
        let programs = INTERRUPTIBLE.lock();
        let mut programs = programs.unwrap_or_else(PoisonError::into_inner);
        programs.push((source.clone(), is_wanted.clone()));
    }
    let (told, wanted) = (source.clone(), is_wanted.clone());
    tokio::spawn(async move {
        while coming.recv().await.is_some() {
            match wanted.load(Ordering::Relaxed) {
                true => told.post(|ctx| say(ctx, "signal", ())),
                // A signal without a default that could be emulated does nothing.
                false => drop(signal_hook::low_level::emulate_default_handler(number)),
            }
        }
    });
    let listened = Listened { source, is_wanted };
    host.signals.0.borrow_mut().insert(number, listened);
    Ok(())
}

/// Nobody listens any more.
pub(crate) fn unlisten(ctx: Ctx<'_>, number: i32) -> Result<()> {
    let host = Host::of(&ctx)?;
    if let Some(listened) = host.signals.0.borrow().get(&number) {
        listened.is_wanted.store(false, Ordering::Relaxed);
        listened.source.hold(&ctx, false)?;
    }
    Ok(())
}
