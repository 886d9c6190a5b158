//! Signals that a program listens to.

use super::events::Source;
use super::say;
use crate::event_loop::Host;
use crate::files::throw;
use rquickjs::{Ctx, Function, JsLifetime, Result};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{SignalKind, signal};

/// The signals that were listened to, by number. Who has listened once is told ever after: the handler stays, and
/// does what the system would do where nobody listens any more.
#[derive(Default, JsLifetime)]
pub(crate) struct Signals(RefCell<HashMap<i32, Listened>>);

struct Listened {
    source: Source,
    is_wanted: Arc<AtomicBool>,
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
