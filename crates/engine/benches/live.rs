//! A million calls parked at once in one instance: memory and time each, as the number grows.
//! Run: `cargo bench -p bident --bench live [-- MOST]`.

use bident::{Engine, Linker, Module, Outcome, Reply, Store, Val};
use std::time::Instant;

const WAT: &str = r#"(module
  (import "h" "wait" (func $wait (result i32)))
  (func (export "once") (param i32) (result i32) (i32.add (local.get 0) (call $wait))))"#;

fn main() {
    let most = std::env::args()
        .skip(1)
        .find_map(|a| a.parse().ok())
        .unwrap_or(1_000_000);
    println!(
        "{:>10} {:>12} {:>12} {:>12}",
        "parked", "bytes each", "ns to start", "ns to finish"
    );
    for count in [1_000, 10_000, 100_000, 1_000_000, 10_000_000] {
        if count <= most {
            measure(count);
        }
    }
}

fn measure(count: usize) {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("h", "wait", || Reply::<i32>::Pending(()))
        .unwrap();
    let module = Module::from_text_or_binary(&engine, WAT.as_bytes()).unwrap();
    let once = linker
        .instantiate(&mut store, &module)
        .unwrap()
        .get_func(&mut store, "once")
        .unwrap();
    let mut parked = Vec::with_capacity(count);
    let (before, start) = (resident(), Instant::now());
    for i in 0..count {
        match once.start(&mut store, &[Val::I32(i as i32)]).unwrap() {
            Outcome::Parked(call) => parked.push(call),
            other => panic!("{other:?}"),
        }
    }
    let (started, after) = (start.elapsed(), resident());
    let (finish, mut sum) = (Instant::now(), 0i64);
    for call in parked {
        match call.resume(&mut store, &[Val::I32(1)]).unwrap() {
            Outcome::Returned(values) => sum += i64::from(values[0].i32().unwrap()),
            other => panic!("{other:?}"),
        }
    }
    let finished = finish.elapsed();
    assert_eq!(sum, (count as i64) * (count as i64 + 1) / 2);
    println!(
        "{count:>10} {:>12} {:>12} {:>12}",
        after.saturating_sub(before) / count,
        started.as_nanos() as usize / count,
        finished.as_nanos() as usize / count,
    );
}

/// Resident memory of this process in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages: usize = statm
        .split_whitespace()
        .nth(1)
        .and_then(|w| w.parse().ok())
        .unwrap();
    pages * 4096
}
