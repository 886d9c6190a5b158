//! What a store of its own costs a guest that waits: less than two pages of the system, one of which is of its memory.

mod common;

use bident::{Config, Engine, Linker, Module, Reply, Store, TypedOutcome};
use common::child;

/// Guests at once.
const GUESTS: u32 = 8_000;
const MOST_BYTES: u64 = 8 << 10;

const GUEST: &[u8] = br#"(module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "run") (param $n i32) (result i32)
    (i32.store (i32.const 64) (local.get $n))
    (i32.add (call $wait (local.get $n)) (i32.load (i32.const 64)))))"#;

/// Bytes of this process, page tables counted.
fn bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let of = |name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.split_whitespace().next());
        kib.unwrap().parse::<u64>().unwrap() << 10
    };
    of("VmRSS:") + of("VmPTE:")
}

/// Holds guests that wait, and gives what one of them took.
fn held() -> u64 {
    let engine = Engine::new(&Config::new().moving_memories(true).stress(false)).unwrap();
    let module = Module::from_text_or_binary(&engine, GUEST).unwrap();
    let mut linker: Linker<()> = Linker::new(&engine);
    let wait = |_: u32| Reply::<u32>::Pending(());
    linker.func_wrap("host", "wait", wait).unwrap();
    let pre = linker.instantiate_pre(&module).unwrap();
    let start = |n: u32| {
        let mut store = Store::try_new(&engine, ()).unwrap();
        let instance = pre.instantiate(&mut store).unwrap();
        let run = instance
            .get_typed_func::<u32, u32>(&mut store, "run")
            .unwrap();
        match run.start(&mut store, n).unwrap() {
            TypedOutcome::Parked(call) => (store, call),
            TypedOutcome::Returned(_) => panic!("it waits"),
        }
    };
    // What the process needs once.
    drop(start(0));
    let mut all = Vec::with_capacity(GUESTS as usize);
    let before = bytes();
    all.extend((0..GUESTS).map(start));
    let each = (bytes() - before) / u64::from(GUESTS);
    for (n, (mut store, call)) in (0..).zip(all) {
        let ended = call.resume(&mut store, 1_u32).unwrap();
        assert!(matches!(ended, TypedOutcome::Returned(sum) if sum == n + 1));
    }
    each
}

#[test]
fn a_parked_guest_takes_less_than_two_pages() {
    let status = child("a_parked_guest_takes_less_than_two_pages", || {
        let each = held();
        assert!(each < MOST_BYTES, "{each} bytes each");
    });
    assert!(status.success());
}
