//! Cost of each transfer between continuations: the kernels of `bench/kernels.wat`, which says what they do.
//! Run: `cargo bench -p bident --bench continuations`.
//!
//! A kernel does a million of what it measures: read the milliseconds of a row as nanoseconds of one.

use bident::{Engine, Instance, Module, Store, Val};
use divan::Bencher;

const KERNELS: &str = include_str!("../../../bench/kernels.wat");
const STEPS: i32 = 1_000_000;

fn main() {
    divan::main();
}

#[divan::bench(args = ["yield", "generator", "switch", "create", "deep"], sample_count = 20, sample_size = 1)]
fn million(bencher: Bencher, kernel: &str) {
    run(bencher, kernel);
}

/// A million that are suspended at once: start and finish.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn million_live(bencher: Bencher) {
    run(bencher, "live");
}

fn run(bencher: Bencher, kernel: &str) {
    let engine = Engine::default();
    let module = Module::from_text_or_binary(&engine, KERNELS.as_bytes()).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let kernel = instance.get_func(&mut store, kernel).unwrap();
    let mut results = vec![Val::I32(0); kernel.ty(&store).results().len()];
    bencher.bench_local(|| {
        kernel
            .call(&mut store, &[Val::I32(STEPS)], &mut results)
            .unwrap();
    });
}
