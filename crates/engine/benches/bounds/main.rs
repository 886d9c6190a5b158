//! How far kernels of `bench/` are from what the processor needs at least: each beside its model (`model.rs`).
//! Run: `cargo bench -p bident --bench bounds [-- ROUNDS [FIBERS]]`; FIBERS is the module that
//! `bench/stack-switching.sh` makes of `bench/fibers`.
//!
//! Prints the fastest of the rounds, in nanoseconds for each step, and checks that both do the same.

mod model;

use bident::{Engine, Instance, Module, Store, Val};
use std::time::Instant;

const KERNELS: &str = include_str!("../../../../bench/kernels.wat");
const WRAPPED: &str = include_str!("../../../../bench/wrapped.wat");

/// A multiple of eight, for the ring.
const STEPS: u32 = 400_000;

fn main() {
    let args: Vec<String> = std::env::args().filter(|arg| arg != "--bench").collect();
    let rounds = args
        .get(1)
        .map_or(61, |n| n.parse().expect("a number of rounds"));
    println!(
        "{:<12} {:>8} {:>8} {:>6}",
        "kernel", "Bident", "model", "ratio"
    );
    measure(KERNELS.as_bytes(), &["generator", "switch"], rounds);
    measure(WRAPPED.as_bytes(), &["switch_fn", "ring", "walk"], rounds);
    if let Some(path) = args.get(2) {
        let fibers = std::fs::read(path).expect("a module");
        measure(&fibers, &["c_generator", "c_tasks", "c_walk"], rounds);
    }
}

fn measure(binary: &[u8], kernels: &[&str], rounds: u32) {
    let engine = Engine::default();
    let module = Module::from_text_or_binary(&engine, binary).unwrap();
    for kernel in kernels {
        // The C programs use no slot twice, so each round has an instance of its own.
        let run_kernel = || {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let func = instance.get_func(&mut store, kernel).unwrap();
            let mut results = vec![Val::I32(0); func.ty(&store).results().len()];
            let n = [Val::I32(STEPS.cast_signed())];
            let (ns, _) = timed(|| func.call(&mut store, &n, &mut results).unwrap());
            let answer = results.first().map(|result| match result {
                Val::I32(result) => result.cast_unsigned(),
                _ => panic!("{kernel} gives {result:?}"),
            });
            // `switch` has no result.
            (ns, answer.unwrap_or(STEPS))
        };
        let run_model = || timed(|| model::run(kernel, STEPS).expect("a model"));
        let (mut ours, mut least) = (f64::MAX, f64::MAX);
        for _ in 0..rounds {
            let (ns, answer) = run_kernel();
            ours = ours.min(ns);
            let (ns, expected) = run_model();
            least = least.min(ns);
            assert_eq!(answer, expected, "{kernel} and its model do the same");
        }
        println!(
            "{kernel:<12} {ours:>8.2} {least:>8.2} {:>6.2}",
            ours / least
        );
    }
}

/// Nanoseconds for each step.
fn timed<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = run();
    (
        start.elapsed().as_secs_f64() * 1e9 / f64::from(STEPS),
        result,
    )
}
