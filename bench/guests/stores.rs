//! What a store of its own costs a guest: `cargo bench -p bident --bench stores`, or with numbers of guests behind ` -- `.
//!
//! *Warm*: one guest after another is made, parks at its first wait and is dropped; nanoseconds for each part, the median.
//! *Held*: so many are parked at once; nanoseconds to make and park one, and bytes of memory and of page tables for each.
//! Then each is resumed, once, and must have what it wrote. A guest has a memory of one WebAssembly page, and writes to one page
//! of the system in it. Both for memories that have all the address space they may need (of which about 10,000 fit), and for
//! memories that move ([`Config::moving_memories`]).

use bident::{Config, Engine, Error, InstancePre, Linker, Module, Reply, Store, TypedOutcome};
use std::time::Instant;

/// Guests held at once.
const HELD: [usize; 3] = [1_000, 10_000, 100_000];
/// More do not fit where memories do not move.
const MOST_RESERVED: usize = 10_000;

const WARM: usize = 4_000;

const GUEST: &[u8] = br#"(module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (param $n i32) (result i32)
    (i32.store (i32.const 64) (local.get $n))
    (i32.add (call $wait (local.get $n)) (i32.load (i32.const 64)))))"#;

fn main() -> Result<(), Error> {
    let given: Vec<usize> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let counts = if given.is_empty() { &HELD[..] } else { &given };
    for moving in [false, true] {
        println!(
            "{}",
            if moving {
                "memories that move"
            } else {
                "memories with a reservation"
            }
        );
        let engine = Engine::new(&Config::new().moving_memories(moving))?;
        let module = Module::from_text_or_binary(&engine, GUEST)?;
        let mut linker: Linker<()> = Linker::new(&engine);
        linker.func_wrap("host", "wait", |_: u32| Reply::<u32>::Pending(()))?;
        let pre = linker.instantiate_pre(&module)?;
        warm(&engine, &pre)?;
        for guests in counts
            .iter()
            .filter(|count| moving || **count <= MOST_RESERVED)
        {
            held(&engine, &pre, *guests)?;
        }
    }
    Ok(())
}

fn warm(engine: &Engine, pre: &InstancePre<()>) -> Result<(), Error> {
    let mut parts: [Vec<u64>; 4] = Default::default();
    for _ in 0..WARM {
        let mut last = Instant::now();
        let mut lap = |part: usize| {
            let now = Instant::now();
            parts[part].push((now - last).as_nanos() as u64);
            last = now;
        };
        let mut store = Store::try_new(engine, ())?;
        lap(0);
        let instance = pre.instantiate(&mut store)?;
        lap(1);
        let run = instance.get_typed_func::<u32, u32>(&mut store, "run")?;
        let call = run.start(&mut store, 7)?;
        assert!(matches!(call, TypedOutcome::Parked(_)));
        lap(2);
        drop(call);
        drop(store);
        lap(3);
    }
    let [made, instantiated, parked, dropped] = parts.map(|mut part| {
        part.sort_unstable();
        part[WARM / 2]
    });
    println!(
        "warm: Store::new {made} ns, instantiate {instantiated} ns, first park {parked} ns, drop {dropped} ns"
    );
    Ok(())
}

fn held(engine: &Engine, pre: &InstancePre<()>, guests: usize) -> Result<(), Error> {
    let before = (Instant::now(), status("VmRSS:"), status("VmPTE:"));
    let mut all = Vec::with_capacity(guests);
    for n in 0..guests as u32 {
        let mut store = Store::try_new(engine, ())?;
        let instance = pre.instantiate(&mut store)?;
        let run = instance.get_typed_func::<u32, u32>(&mut store, "run")?;
        let call = run.start(&mut store, n)?;
        all.push((store, call));
    }
    let each = |now: u64, before: u64| now.saturating_sub(before) / guests as u64;
    let (ns, rss, tables) = (
        before.0.elapsed().as_nanos() as u64 / guests as u64,
        each(status("VmRSS:"), before.1),
        each(status("VmPTE:"), before.2),
    );
    println!("{guests} held: {ns} ns, {rss} B of memory and {tables} B of page tables each");
    let mut now = Instant::now();
    let mut lap = || {
        std::mem::replace(&mut now, Instant::now())
            .elapsed()
            .as_nanos()
            / guests as u128
    };
    let mut stores = Vec::with_capacity(guests);
    for (n, (mut store, call)) in (0..).zip(all) {
        let TypedOutcome::Parked(call) = call else {
            panic!("it waits");
        };
        let ended = call.resume(&mut store, 1_u32)?;
        assert!(matches!(ended, TypedOutcome::Returned(sum) if sum == n + 1));
        stores.push(store);
    }
    let resumed = lap();
    drop(stores);
    println!("{guests} resumed: {resumed} ns, dropped: {} ns each", lap());
    Ok(())
}

/// Bytes that the system tells of this process under this name.
fn status(name: &str) -> u64 {
    let all = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = all.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.map_or(0, |kib: u64| kib << 10)
}
