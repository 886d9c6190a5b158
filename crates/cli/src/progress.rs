//! A bar on the terminal where compiling a module takes more than a second.

use bident::{Config, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Nobody looks for a bar earlier.
const PATIENCE: Duration = Duration::from_secs(1);

/// What has fewer bytes of functions is compiled before.
const LEAST: u64 = 32 << 10;

const STYLE: &str = "compiling {wide_bar} {bytes}/{total_bytes}, {eta} left";

/// The same settings, with a bar; nothing where standard error is no terminal.
pub(crate) fn shown(config: Config) -> Config {
    if !io::stderr().is_terminal() {
        return config;
    }
    // One bar is enough: where several modules are compiled at once, it is that of the one that began first.
    let showing: Mutex<Option<(u64, Sender<Progress>)>> = Mutex::default();
    config.on_progress(move |progress| {
        let total = progress.total;
        if total < LEAST {
            return;
        }
        let mut showing = showing.lock().unwrap_or_else(PoisonError::into_inner);
        if showing.is_none() && progress.done == 0 && !progress.ended {
            *showing = show(total).map(|tell| (total, tell));
        }
        // Of two modules of the same size, either may end the bar.
        let Some((_, tell)) = showing.as_ref().filter(|(shown, _)| *shown == total) else {
            return;
        };
        let _ = tell.send(progress);
        if progress.ended {
            *showing = None;
        }
    })
}

/// A thread that shows how far a module has come, from a second on until it hears of the end.
fn show(total: u64) -> Option<Sender<Progress>> {
    let (tell, heard) = mpsc::channel::<Progress>();
    let bar = move || {
        let begun = std::time::Instant::now();
        let mut last = 0;
        loop {
            match heard.recv_timeout(PATIENCE.saturating_sub(begun.elapsed())) {
                Ok(progress) if !progress.ended => last = progress.done,
                Err(RecvTimeoutError::Timeout) => break,
                Ok(_) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(STYLE) {
            bar.set_style(style);
        }
        bar.set_position(last);
        bar.enable_steady_tick(Duration::from_millis(200));
        while let Ok(progress) = heard.recv() {
            if progress.ended {
                break;
            }
            bar.set_position(progress.done);
        }
        bar.finish_and_clear();
    };
    let thread = thread::Builder::new().name("progress".to_owned());
    thread.spawn(bar).ok().map(|_| tell)
}
