//! Fuel: what is taken for what, the same in every run, and what happens where there is none left.

mod common;

use bident::{Config, Engine, Outcome, Store, TrapCode, UpdateDeadline, Val};
use common::{Guest, both_with};
use std::cell::RefCell;

fn config() -> Config {
    Config::new().consume_fuel(true)
}

const LOTS: u64 = 1 << 40;

/// What a call of an export takes.
#[track_caller]
fn taken(guest: &mut Guest<()>, name: &str) -> u64 {
    guest.store.set_fuel(LOTS);
    guest.call(name, &[]).unwrap();
    LOTS - guest.store.get_fuel()
}

#[test]
fn operators_take_a_unit_and_structure_nothing() {
    let cases = [
        ("", 0),
        ("(nop) (block (nop)) (drop (i32.const 1))", 1),
        ("(drop (i32.add (i32.const 1) (i32.const 2)))", 3),
        // Both ways of a branch take what they do.
        (
            "(if (i32.const 1) (then (drop (i32.const 1))) (else (drop (i32.const 1)) (drop (i32.const 1))))",
            3,
        ),
        (
            "(if (i32.const 0) (then (drop (i32.const 1))) (else (drop (i32.const 1)) (drop (i32.const 1))))",
            4,
        ),
        (
            "(block $b (br_if $b (i32.const 1)) (drop (i32.const 1)))",
            2,
        ),
        (
            "(block $b (br_if $b (i32.const 0)) (drop (i32.const 1)))",
            3,
        ),
        (
            "(block $a (block $b (br_table $a $b (i32.const 0))) (drop (i32.const 1)))",
            2,
        ),
        (
            "(block $a (block $b (br_table $a $b (i32.const 1))) (drop (i32.const 1)))",
            3,
        ),
        ("(call $three)", 4),
        ("(return_call $three)", 4),
        ("(call_indirect (i32.const 0))", 5),
        ("(call_ref $f (ref.func $three))", 5),
        // Six for each round.
        (
            "(local i32) (loop $l (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 10))))",
            70,
        ),
        (
            "(memory.fill (i32.const 0) (i32.const 0) (i32.const 80))",
            14,
        ),
        (
            "(memory.fill (i32.const 0) (i32.const 0) (i32.const 81))",
            15,
        ),
        (
            "(memory.copy (i32.const 0) (i32.const 0) (i32.const 800))",
            104,
        ),
        (
            "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 16))",
            6,
        ),
        (
            "(table.fill (i32.const 0) (ref.null func) (i32.const 1))",
            5,
        ),
        ("(table.copy (i32.const 0) (i32.const 1) (i32.const 2))", 6),
        (
            "(drop (array.new $bytes (i32.const 3) (i32.const 100)))",
            103,
        ),
        ("(drop (array.new_default $bytes (i32.const 100)))", 102),
        (
            "(array.fill $bytes (array.new_default $bytes (i32.const 10)) (i32.const 0) (i32.const 1) (i32.const 10))",
            26,
        ),
        // What is caught was taken by whoever threw.
        ("(block $h (try_table (catch $t $h) (call $throws)))", 4),
        ("(resume $c (cont.new $c (ref.func $three)))", 6),
    ];
    for epochs in [false, true] {
        both_with(config().epoch_interruption(epochs), |engine| {
            for (body, units) in cases {
                let wat = format!(
                    r#"(module (type $f (func)) (type $c (cont $f)) (type $bytes (array (mut i8))) (tag $t)
                        (memory 1) (data $d "0123456789abcdef") (table 3 funcref) (elem (i32.const 0) func $three)
                        (func $three (drop (i32.mul (i32.const 1) (i32.const 2))))
                        (func $throws (drop (i32.const 1)) (throw $t))
                        (func (export "f") {body}))"#
                );
                let mut guest = Guest::plain(engine, &wat);
                assert_eq!(taken(&mut guest, "f"), units, "{body}");
            }
        });
    }
}

const GUEST: &str = r#"(module
  (type $f (func)) (type $c (cont $f)) (type $g (func (result i64))) (type $k (cont $g))
  (tag $t) (tag $value (param i64))
  (memory 65536)
  (elem declare func $spin $gen $counts)
  (func $spin (export "loop") (loop $l (br $l)))
  (func $again (export "tail calls") (return_call $again))
  (func $deep (param i32)
    (if (local.get 0) (then
      (call $deep (i32.sub (local.get 0) (i32.const 1)))
      (call $deep (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "recursion") (call $deep (i32.const 100)))
  (func (export "inside") (resume $c (cont.new $c (ref.func $spin))))
  (func $gen (loop $l (suspend $t) (br $l)))
  (func (export "suspend") (local $k (ref null $c))
    (local.set $k (cont.new $c (ref.func $gen)))
    (loop $l
      (block $on (result (ref $c)) (resume $c (on $t $on) (local.get $k)) (return))
      (local.set $k)
      (br $l)))
  (func (export "throw")
    (loop $l (block $caught (try_table (catch $t $caught) (throw $t))) (br $l)))
  (func (export "memory.fill") (memory.fill (i32.const 0) (i32.const 1) (i32.const -1)))
  (func (export "first") (result i32) (i32.load8_u (i32.const 0)))
  (func $counts (result i64) (local $i i64)
    (loop $l
      (suspend $value (local.get $i))
      (br_if $l (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (i64.const 40))))
    (local.get $i))
  (func $fib (param i32) (result i64)
    (if (result i64) (i32.lt_u (local.get 0) (i32.const 2))
      (then (i64.extend_i32_u (local.get 0)))
      (else (i64.add
        (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "work") (result i64) (local $k (ref null $k)) (local $sum i64)
    (local.set $k (cont.new $k (ref.func $counts)))
    (memory.fill (i32.const 5) (i32.const 1) (i32.const 3000000))
    (loop $l
      (block $on (result i64 (ref $k))
        (return (i64.add (local.get $sum) (resume $k (on $value $on) (local.get $k)))))
      (local.set $k)
      (local.set $sum (i64.add (i64.add (local.get $sum) (call $fib (i32.const 8)))))
      (br $l))
    (unreachable)))"#;

#[test]
fn endless_guests_end() {
    both_with(config(), |engine| {
        let mut guest = Guest::plain(engine, GUEST);
        for form in [
            "loop",
            "tail calls",
            "recursion",
            "inside",
            "suspend",
            "throw",
        ] {
            guest.store.set_fuel(100_000);
            let error = guest.error(form, &[]);
            assert_eq!(error.trap(), Some(TrapCode::OutOfFuel), "{form}: {error}");
            assert_eq!(guest.store.get_fuel(), 0);
        }
        // It takes all before it does anything.
        guest.store.set_fuel(100_000);
        let error = guest.error("memory.fill", &[]);
        assert_eq!(error.trap(), Some(TrapCode::OutOfFuel), "{error}");
        guest.store.set_fuel(10);
        assert_eq!(guest.i32("first", &[]), 0);
        guest.check_freed();
    });
}

#[test]
fn a_new_store_has_no_fuel() {
    let engine = Engine::new(&config()).unwrap();
    let mut store = Store::new(&engine, ());
    assert_eq!(store.get_fuel(), 0);
    store.set_fuel(u64::MAX);
    assert_eq!(store.get_fuel(), i64::MAX as u64);
    let mut guest = Guest::plain(&engine, GUEST);
    assert_eq!(guest.error("loop", &[]).trap(), Some(TrapCode::OutOfFuel));
}

/// Result and fuel of the same work, also where it is interrupted all the time.
#[test]
fn it_is_the_same_in_every_run() {
    let seen = RefCell::new(None);
    for config in [
        config(),
        config().quick_code(true),
        config().smallest_stacks(true),
        config().epoch_interruption(true),
    ] {
        both_with(config, |engine| {
            for yields in [false, true] {
                let mut guest = Guest::plain(engine, GUEST);
                let answer = match yields {
                    true => UpdateDeadline::Yield(0),
                    false => UpdateDeadline::Continue(0),
                };
                guest.store.epoch_deadline_callback(move |_| Ok(answer));
                guest.store.set_epoch_deadline(0);
                guest.store.set_fuel(LOTS);
                let mut outcome = guest.start("work", &[]).unwrap();
                let results: Vec<Val> = loop {
                    match outcome {
                        Outcome::Returned(results) => break results.into_vec(),
                        Outcome::Parked(call) => {
                            outcome = call.resume(&mut guest.store, &[]).unwrap();
                        }
                        Outcome::Suspended(_) => panic!("it was suspended"),
                    }
                };
                let taken = LOTS - guest.store.get_fuel();
                // As much is enough, and less is not.
                guest.store.set_fuel(taken);
                guest
                    .store
                    .epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(0)));
                guest.call("work", &[]).unwrap();
                assert_eq!(guest.store.get_fuel(), 0);
                guest.store.set_fuel(taken - 100);
                assert_eq!(guest.error("work", &[]).trap(), Some(TrapCode::OutOfFuel));
                let this = (results[0].i64(), taken);
                assert_eq!(*seen.borrow_mut().get_or_insert(this), this);
            }
        });
    }
}

/// Who calls on and on after it is used up gets none back, whatever is taken each time.
#[test]
fn what_is_used_up_stays_so() {
    let wat = r#"(module
        (table i64 1 funcref) (memory i64 1)
        (func (export "table") (table.fill (i64.const 0) (ref.null func) (i64.const -1)))
        (func (export "memory") (memory.fill (i64.const 0) (i32.const 0) (i64.const -1)))
        (func (export "spin") (loop $l (br $l))))"#;
    both_with(config(), |engine| {
        for name in ["table", "memory"] {
            let mut guest = Guest::plain(engine, wat);
            guest.store.set_fuel(100);
            for _ in 0..6 {
                let error = guest.call(name, &[]).unwrap_err();
                assert_eq!(error.trap(), Some(TrapCode::OutOfFuel), "{name}");
                assert_eq!(guest.store.get_fuel(), 0, "{name}");
            }
            let error = guest.call("spin", &[]).unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::OutOfFuel), "{name}");
        }
    });
}
