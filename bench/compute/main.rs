//! What it costs that guests can be stopped: six kernels, as they are and with epochs, here and in Wasmtime.
//!
//! `cargo bench -p bident-differ --features wasmtime --bench compute [-- ROUNDS]`. The ways of a kernel take turns;
//! of each the fastest round counts.
#![expect(clippy::print_stdout, reason = "the figures")]

use anyhow::Result;
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
const TICKS: u64 = 1 << 40;

/// Something that runs a kernel so many times.
type Run = Box<dyn FnMut(i32) -> Result<i32>>;

fn bident(binary: &[u8], epochs: bool) -> Result<Run> {
    let engine = bident::Engine::new(&bident::Config::new().epoch_interruption(epochs))?;
    let module = bident::Module::new(&engine, binary)?;
    let mut store = bident::Store::new(&engine, ());
    store.set_epoch_deadline(TICKS);
    let instance = bident::Linker::new(&engine).instantiate(&mut store, &module)?;
    let run = instance.get_typed_func::<i32, i32>(&mut store, "run")?;
    Ok(Box::new(move |n| Ok(run.call(&mut store, n)?)))
}

fn wasmtime(binary: &[u8], epochs: bool) -> Result<Run> {
    let mut config = wasmtime::Config::new();
    config.epoch_interruption(epochs);
    let engine = wasmtime::Engine::new(&config).map_err(anyhow::Error::msg)?;
    let module = wasmtime::Module::new(&engine, binary).map_err(anyhow::Error::msg)?;
    let mut store = wasmtime::Store::new(&engine, ());
    store.set_epoch_deadline(TICKS);
    let instance = wasmtime::Instance::new(&mut store, &module, &[]).map_err(anyhow::Error::msg)?;
    let run = instance
        .get_typed_func::<i32, i32>(&mut store, "run")
        .map_err(anyhow::Error::msg)?;
    Ok(Box::new(move |n| {
        run.call(&mut store, n).map_err(anyhow::Error::msg)
    }))
}

fn main() -> Result<()> {
    let rounds = std::env::args().skip(1).find_map(|arg| arg.parse().ok());
    let rounds: u32 = rounds.unwrap_or(15);
    println!("| kernel | ms | with epochs | Wasmtime, ms | with epochs |");
    println!("|---|---:|---:|---:|---:|");
    for (name, text, times) in KERNELS {
        let binary = wat::parse_str(text)?;
        let mut ways = [
            bident(&binary, false)?,
            bident(&binary, true)?,
            wasmtime(&binary, false)?,
            wasmtime(&binary, true)?,
        ];
        let mut best = [Duration::MAX; 4];
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
        let more = |a: usize, b: usize| (ms[b] / ms[a] - 1.0) * 100.0;
        println!(
            "| {name} | {:.2} | {:+.1} % | {:.2} | {:+.1} % |",
            ms[0],
            more(0, 1),
            ms[2],
            more(2, 3)
        );
    }
    Ok(())
}
