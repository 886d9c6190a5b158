//! Memories that grow while stacks wait in the middle of using them, and accesses that trap there.

mod common;

use bident::{Caller, Config, Error, Extern, Linker, Memory, Reply, TrapCode, Val};
use common::{Guest, both_with, parked_call, returned, suspended};

/// `loop` keeps a vector of its own in each memory, and writes the last of each, whose sizes it asks for
/// beforehand: between the two it waits, in the way that the second parameter says.
const LOOP: &str = r#"(module
    (import "host" "park" (func $park))
    (import "host" "grow" (func $grow))
    (tag $yield (export "yield"))
    (memory $a (export "a") 1 200)
    (memory $b (export "b") i64 1 200)
    (func $wait (param $how i32)
      (block $park (block $suspend
        (br_table $suspend $park (local.get $how)))
        (suspend $yield) (return))
      (call $park))
    (func (export "loop") (param $slot i32) (param $how i32) (param $rounds i32) (result i32)
      (local $round i32) (local $v v128) (local $last i32) (local $wide i64)
      (loop $again
        (local.set $wide (i64.extend_i32_u (local.get $slot)))
        (local.set $v (i32x4.splat (local.get $round)))
        (if (v128.any_true (v128.xor (local.get $v) (v128.load $a (local.get $slot)))) (then unreachable))
        (if (v128.any_true (v128.xor (local.get $v) (v128.load $b (local.get $wide)))) (then unreachable))
        (local.set $last (i32.sub (i32.shl (memory.size $a) (i32.const 16)) (i32.const 16)))
        (local.set $wide (i64.sub (i64.shl (memory.size $b) (i64.const 16)) (i64.const 16)))
        (call $wait (local.get $how))
        (v128.store $a (local.get $last) (local.get $v))
        (v128.store $b (local.get $wide) (local.get $v))
        (local.set $round (i32.add (local.get $round) (i32.const 1)))
        (local.set $v (i32x4.add (local.get $v) (i32x4.splat (i32.const 1))))
        (v128.store $a (local.get $slot) (local.get $v))
        (v128.store $b (i64.extend_i32_u (local.get $slot)) (local.get $v))
        (call $grow)
        (local.set $last (i32.sub (i32.shl (memory.size $a) (i32.const 16)) (i32.const 16)))
        (local.set $wide (i64.sub (i64.shl (memory.size $b) (i64.const 16)) (i64.const 16)))
        (v128.store $a (local.get $last) (local.get $v))
        (v128.store $b (local.get $wide) (local.get $v))
        (br_if $again (i32.lt_u (local.get $round) (local.get $rounds))))
      (local.get $round))
    (func (export "grow") (result i32)
      (i32.add (memory.grow $a (i32.const 1)) (i32.wrap_i64 (memory.grow $b (i64.const 1))))))"#;

const WAITERS: i32 = 10;
const ROUNDS: i32 = 9;

fn guest(engine: &bident::Engine) -> Guest<u32> {
    Guest::new(engine, LOOP, 0, |linker: &mut Linker<u32>| {
        let park = || Reply::<()>::Pending(());
        linker.func_wrap("host", "park", park).unwrap();
        linker.func_wrap("host", "grow", grow_now_and_then).unwrap();
    })
}

/// Every third time, one memory or the other.
fn grow_now_and_then(mut caller: Caller<'_, u32>) -> Result<(), Error> {
    *caller.data_mut() += 1;
    let name = match *caller.data() % 6 {
        0 => "a",
        3 => "b",
        _ => return Ok(()),
    };
    let memory = caller.get_export(name).and_then(Extern::into_memory);
    memory.expect("exported").grow(&mut caller, 1).map(drop)
}

fn memory(guest: &mut Guest<u32>, name: &str) -> Memory {
    let memory = guest.instance.get_memory(&mut guest.store, name);
    memory.expect("exported")
}

/// By the host and by WebAssembly, by turns.
fn grow(guest: &mut Guest<u32>, turn: usize) {
    match turn % 5 {
        0 => drop(guest.call("grow", &[]).unwrap()),
        name @ (1 | 2) => {
            let memory = memory(guest, ["a", "b"][name - 1]);
            memory.grow(&mut guest.store, 1).unwrap();
        }
        _ => {}
    }
}

fn params(slot: i32, how: i32) -> [Val; 3] {
    [slot * 16, how, ROUNDS].map(Val::I32)
}

#[test]
fn memories_grow_while_calls_are_parked_between_uses() {
    both_with(Config::new().smallest_stacks(true), |engine| {
        let mut guest = guest(engine);
        let mut parked = Vec::new();
        for slot in 0..WAITERS {
            parked.push(guest.park("loop", &params(slot, 1)));
        }
        for round in 1..=ROUNDS {
            for (turn, call) in std::mem::take(&mut parked).into_iter().enumerate() {
                grow(&mut guest, turn);
                let outcome = call.resume(&mut guest.store, &[]);
                match round {
                    ROUNDS => assert_eq!(returned(outcome)[0].i32(), Some(ROUNDS)),
                    _ => parked.push(parked_call(outcome)),
                }
            }
        }
        guest.check_freed();
    });
}

#[test]
fn memories_grow_while_continuations_are_suspended_between_uses() {
    both_with(Config::new().smallest_stacks(true), |engine| {
        let mut guest = guest(engine);
        let tags = [guest.tag("yield")];
        let mut waiting = Vec::new();
        for slot in 0..WAITERS {
            let first = guest.cont("loop");
            let outcome = first.resume(&mut guest.store, &params(slot, 0), &tags);
            waiting.push(suspended(outcome).continuation);
        }
        for round in 1..=ROUNDS {
            for (turn, continuation) in std::mem::take(&mut waiting).into_iter().enumerate() {
                grow(&mut guest, turn);
                let outcome = continuation.resume(&mut guest.store, &[], &tags);
                match round {
                    ROUNDS => assert_eq!(returned(outcome)[0].i32(), Some(ROUNDS)),
                    _ => waiting.push(suspended(outcome).continuation),
                }
            }
        }
        guest.check_freed();
    });
}

/// Positions and offsets whose sum is beyond the end, or beyond 64 bits.
const OUTSIDE: [(u64, u64); 9] = [
    (65521, 0),
    (1, 65535),
    (1 << 63, 0),
    (1 << 63, 1 << 63),
    ((1 << 63) - 16, 16),
    (u64::MAX, 0),
    (u64::MAX - 15, 16),
    (16, u64::MAX - 15),
    (u64::MAX, u64::MAX),
];

/// The trap is on a stack that was suspended, and under two others.
#[test]
fn accesses_outside_a_64_bit_memory_trap_on_stacks_that_waited() {
    let mut wat = String::from(
        r#"(module (type $f (func)) (type $k (cont $f)) (tag $yield (export "yield")) (memory i64 1)"#,
    );
    for (i, (position, offset)) in OUTSIDE.iter().enumerate() {
        wat += &format!(
            r#"(func $inner{i} (suspend $yield)
                 (v128.store offset={offset} (i64.const {position}) (v128.const i64x2 1 2)))
               (elem declare func $inner{i} $middle{i})
               (func $middle{i} (resume $k (cont.new $k (ref.func $inner{i}))))
               (func (export "{i}") (resume $k (cont.new $k (ref.func $middle{i}))))"#,
            position = *position as i64
        );
    }
    wat += ")";
    both_with(Config::new(), |engine| {
        let mut guest = Guest::plain(engine, &wat);
        let tags = [guest.tag("yield")];
        for (i, outside) in OUTSIDE.iter().enumerate() {
            let first = guest.cont(&i.to_string());
            let waiting = suspended(first.resume(&mut guest.store, &[], &tags)).continuation;
            let error = waiting.resume(&mut guest.store, &[], &tags).unwrap_err();
            let trap = error.trap();
            assert_eq!(trap, Some(TrapCode::MemoryOutOfBounds), "{outside:?}");
            assert_eq!(error.backtrace().len(), 3, "{error}");
        }
        guest.check_freed();
    });
}
