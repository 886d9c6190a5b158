//! Timers of Rust under green threads of WebAssembly: `cargo run -p bident --example timers`.
//!
//! ```text
//!  timers ── due ──► resume ──► scheduler ──► threads, until all of them sleep
//!    ▲                                                      │
//!    └── deadline ◄── parked ◄── `wait` is pending ◄────────┘
//! ```
//!
//! The host knows nothing of the threads. It holds one parked call for each scheduler, of which there are
//! two here, and sleeps only where both wait.

use bident::{Caller, Engine, Error, Instance, Linker, Module, Outcome, ParkedCall, Reply, Store};
use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

const THREADS: &str = include_str!("../../../examples/timers/threads.wat");

/// Threads of each scheduler: number, milliseconds of a sleep, how many sleeps.
const TICKERS: [&[(i32, i64, i32)]; 2] = [
    &[(1, 40, 5), (2, 100, 2), (3, 15, 8)],
    &[(4, 60, 3), (5, 60, 3)],
];

/// What the functions of the host share.
struct Host {
    started: Instant,
    sleeps: u32,
}

/// Until when a parked activation waits; `None` if no clock can express it.
struct Deadline(Option<Instant>);

impl Deadline {
    fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }
}

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    let module = Module::from_text_or_binary(&engine, THREADS.as_bytes())?;
    let linker = linker(&engine)?;
    let mut store = Store::new(
        &engine,
        Host {
            started: Instant::now(),
            sleeps: 0,
        },
    );
    let mut timers = Timers::default();
    for tickers in TICKERS {
        let instance = linker.instantiate(&mut store, &module)?;
        let outcome = start(&mut store, instance, tickers)?;
        timers.add(outcome);
    }
    while let Some(call) = timers.wait() {
        let outcome = call.resume(&mut store, &[])?;
        timers.add(outcome);
    }
    let sleeps = store.data().sleeps;
    println!("{sleeps} sleeps of threads, {} of the host", timers.waits);
    Ok(())
}

fn linker(engine: &Engine) -> Result<Linker<Host>, Error> {
    let mut linker = Linker::new(engine);
    linker
        .func_wrap("host", "now", |caller: Caller<'_, Host>| {
            caller.data().started.elapsed().as_millis() as i64
        })?
        .func_wrap("host", "wait", |ms: i64| match u64::try_from(ms) {
            // What the call waits for travels with it.
            Ok(ms @ 1..) => Reply::Pending(Deadline::after(Duration::from_millis(ms))),
            _ => Reply::Ready(()),
        })?
        .func_wrap(
            "host",
            "woke",
            |mut caller: Caller<'_, Host>, thread: i32, times: i32| {
                let host = caller.data_mut();
                host.sleeps += 1;
                let now = host.started.elapsed().as_millis();
                println!("{now:>4} ms: thread {thread} has slept {times} times");
            },
        )?;
    Ok(linker)
}

/// Makes the threads of a scheduler, and runs it until it waits.
fn start(
    store: &mut Store<Host>,
    scheduler: Instance,
    tickers: &[(i32, i64, i32)],
) -> Result<Outcome, Error> {
    let spawn = scheduler.get_typed_func::<(i32, i64, i32), ()>(&mut *store, "spawn")?;
    for &ticker in tickers {
        spawn.call(&mut *store, ticker)?;
    }
    let run = scheduler.get_func(&mut *store, "run").expect("an export");
    run.start(store, &[])
}

/// Parked activations by when they are due; a number tells those apart that are due at the same time.
#[derive(Default)]
struct Timers {
    parked: BTreeMap<(Instant, u32), ParkedCall>,
    number: u32,
    waits: u32,
}

impl Timers {
    /// Takes in an activation that was parked in `wait`. One that returned needs no timer, and one whose
    /// deadline no clock can express never goes on.
    fn add(&mut self, outcome: Outcome) {
        let Outcome::Parked(mut call) = outcome else {
            return;
        };
        if let Some(Deadline(Some(deadline))) = call.payload().take() {
            self.number += 1;
            self.parked.insert((deadline, self.number), call);
        }
    }

    /// Sleeps until the first activation is due.
    fn wait(&mut self) -> Option<ParkedCall> {
        let ((deadline, _), call) = self.parked.pop_first()?;
        let rest = deadline.saturating_duration_since(Instant::now());
        if !rest.is_zero() {
            self.waits += 1;
            thread::sleep(rest);
        }
        Some(call)
    }
}
