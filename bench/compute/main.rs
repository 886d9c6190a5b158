//! What it costs that functions are compiled when they are called, and that guests can be stopped: six kernels, as they
//! are, lazily, with epochs, and with fuel, here and in Wasmtime; and how long a guest waits for its turn among a hundred that never end.
//!
//! `cargo bench -p bident-differ --features wasmtime --bench compute [-- ROUNDS]`. The ways of a kernel take turns;
//! of each the fastest round counts.
#![expect(clippy::print_stdout, reason = "the figures")]

use anyhow::Result;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Name, text, and repetitions that take some tens of milliseconds.
const KERNELS: [(&str, &str, i32); 6] = [
    ("matrix", include_str!("matrix.wat"), 20),
    ("sieve", include_str!("sieve.wat"), 8),
    ("recursion", include_str!("recursion.wat"), 10),
    ("trees", include_str!("trees.wat"), 60),
    ("sha256", include_str!("sha256.wat"), 60),
    ("indirect", include_str!("indirect.wat"), 10),
];

/// Far away.
const LOTS: u64 = 1 << 40;

/// What a kernel is compiled with.
#[derive(Clone, Copy, PartialEq)]
enum With {
    Nothing,
    /// Functions that are compiled when they are called, quickly first.
    Lazy,
    Epochs,
    Fuel,
}

/// Something that runs a kernel so many times.
type Run = Box<dyn FnMut(i32) -> Result<i32>>;

fn bident(binary: &[u8], with: With) -> Result<Run> {
    let when = match with {
        With::Lazy => bident::Compile::Lazy,
        _ => bident::Compile::Eager,
    };
    let config = bident::Config::new()
        .compile(when)
        .epoch_interruption(with == With::Epochs)
        .consume_fuel(with == With::Fuel);
    let engine = bident::Engine::new(&config)?;
    let module = bident::Module::new(&engine, binary)?;
    let mut store = bident::Store::new(&engine, ());
    store.set_epoch_deadline(LOTS);
    store.set_fuel(LOTS);
    let instance = bident::Linker::new(&engine).instantiate(&mut store, &module)?;
    let run = instance.get_typed_func::<i32, i32>(&mut store, "run")?;
    Ok(Box::new(move |n| Ok(run.call(&mut store, n)?)))
}

fn wasmtime(binary: &[u8], with: With) -> wasmtime::Result<Run> {
    let mut config = wasmtime::Config::new();
    config.epoch_interruption(with == With::Epochs);
    config.consume_fuel(with == With::Fuel);
    let engine = wasmtime::Engine::new(&config)?;
    let module = wasmtime::Module::new(&engine, binary)?;
    let mut store = wasmtime::Store::new(&engine, ());
    store.set_epoch_deadline(LOTS);
    if with == With::Fuel {
        store.set_fuel(LOTS)?;
    }
    let instance = wasmtime::Instance::new(&mut store, &module, &[])?;
    let run = instance.get_typed_func::<i32, i32>(&mut store, "run")?;
    Ok(Box::new(move |n| {
        run.call(&mut store, n).map_err(anyhow::Error::msg)
    }))
}

fn kernels(rounds: u32) -> Result<()> {
    println!("| kernel | ms | lazily | epochs | fuel | Wasmtime, ms | epochs | fuel |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for (name, text, times) in KERNELS {
        let binary = wat::parse_str(text)?;
        let mut ways = Vec::new();
        for with in [With::Nothing, With::Lazy, With::Epochs, With::Fuel] {
            ways.push(bident(&binary, with)?);
        }
        for with in [With::Nothing, With::Epochs, With::Fuel] {
            ways.push(wasmtime(&binary, with).map_err(anyhow::Error::msg)?);
        }
        let mut best = [Duration::MAX; 7];
        let expected = ways[0](times)?;
        for _ in 0..rounds {
            for (way, best) in ways.iter_mut().zip(&mut best) {
                let start = Instant::now();
                let result = way(times)?;
                *best = start.elapsed().min(*best);
                anyhow::ensure!(result == expected, "{name}: {result}, not {expected}");
            }
        }
        let ms = best.map(|best| best.as_secs_f64() * 1000.0);
        let more = |a: usize, b: usize| format!("{:+.1} %", (ms[b] / ms[a] - 1.0) * 100.0);
        println!(
            "| {name} | {:.1} | {} | {} | {} | {:.1} | {} | {} |",
            ms[0],
            more(0, 1),
            more(0, 2),
            more(0, 3),
            ms[4],
            more(4, 5),
            more(4, 6)
        );
    }
    Ok(())
}

/// Wakes who waits, once every millisecond.
#[derive(Default)]
struct Timer(Mutex<(u64, Vec<Waker>)>);

/// A hundred guests that never end, and one that waits for every millisecond: how late it is told at worst, once it
/// has begun.
fn fairness(tick: Duration) -> Result<Duration> {
    let engine = bident::Engine::new(&bident::Config::new().epoch_interruption(true))?;
    let module = bident::Module::from_text_or_binary(
        &engine,
        br#"(module
          (import "host" "next" (func $next (param i64) (result i64)))
          (func (export "spin") (param i64) (loop $l (br $l)))
          (func (export "timer") (param $n i64) (local $i i64)
            (loop $l
              (local.set $i (call $next (local.get $i)))
              (br_if $l (i64.lt_u (local.get $i) (local.get $n))))))"#,
    )?;
    let timer = Arc::new(Timer::default());
    let (worst, start) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let mut linker = bident::Linker::new(&engine);
    let (clock, late) = (timer.clone(), worst.clone());
    linker.func_wrap_async("host", "next", move |before: u64| {
        let (clock, late) = (clock.clone(), late.clone());
        std::future::poll_fn(move |context| {
            let mut state = clock.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.0 <= before {
                state.1.push(context.waker().clone());
                return Poll::Pending;
            }
            // From when it was first due. When it begins it has to wait for its turn behind all others.
            if before > 0 {
                let due = start + Duration::from_millis(before + 1);
                let by = Instant::now().saturating_duration_since(due);
                late.fetch_max(by.as_nanos() as u64, Ordering::Relaxed);
            }
            Poll::Ready(state.0)
        })
    })?;
    let mut store = bident::Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module)?;
    let spin = instance.get_typed_func::<u64, ()>(&mut store, "spin")?;
    let wait = instance.get_typed_func::<u64, ()>(&mut store, "timer")?;
    let mut tasks = bident::Tasks::new(&store);
    tasks.set_slice(1);
    for _ in 0..100 {
        drop(tasks.spawn(&spin, 0)?);
    }
    let task = tasks.spawn(&wait, 1000)?;
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(tick);
                engine.increment_epoch();
                let now = start.elapsed().as_millis() as u64;
                let mut state = timer.0.lock().unwrap_or_else(PoisonError::into_inner);
                if now > state.0 {
                    state.0 = now;
                    let wakers = std::mem::take(&mut state.1);
                    drop(state);
                    wakers.into_iter().for_each(Waker::wake);
                }
            }
        });
        let context = &mut Context::from_waker(Waker::noop());
        while !task.has_ended() {
            // It always has something to do.
            let _pending = tasks.poll_next(&mut store, context);
        }
        over.store(true, Ordering::Relaxed);
    });
    Ok(Duration::from_nanos(worst.load(Ordering::Relaxed)))
}

fn main() -> Result<()> {
    let rounds = std::env::args().skip(1).find_map(|arg| arg.parse().ok());
    kernels(rounds.unwrap_or(15))?;
    println!();
    for tick in [100, 1000].map(Duration::from_micros) {
        let worst = fairness(tick)?;
        println!(
            "- one guest that waits for each millisecond, among a hundred that never end, turns of {tick:?}: told {:.1} ms late at worst",
            worst.as_secs_f64() * 1000.0
        );
    }
    Ok(())
}
