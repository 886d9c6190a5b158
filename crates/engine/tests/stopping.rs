//! Endless guests are stopped, wherever they are; guests that are asked at every check compute the same.

mod common;

use bident::{
    Config, Engine, Error, ErrorKind, Func, Instance, Linker, Outcome, Store, TrapCode,
    UpdateDeadline, Val, Yielded,
};
use common::gate::block_on;
use common::late;
use common::{Guest, both_with, module};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

fn both(test: impl Fn(&Engine)) {
    both_with(Config::new().epoch_interruption(true), test);
}

/// Runs something that does not end before the epoch is advanced, which happens soon; checks that it ends then.
#[track_caller]
fn stopped<R>(engine: &Engine, what: &str, run: impl FnOnce() -> Result<R, Error>) -> Error {
    stopped_within(late::MOST, engine, what, run)
}

/// The same within this time.
#[track_caller]
fn stopped_within<R>(
    most: Duration,
    engine: &Engine,
    what: &str,
    run: impl FnOnce() -> Result<R, Error>,
) -> Error {
    let clock = engine.clone();
    let (result, late) = late::late(move || clock.increment_epoch(), run);
    let Err(error) = result else {
        panic!("{what} has ended by itself");
    };
    assert_eq!(error.trap(), Some(TrapCode::Interrupted), "{what}: {error}");
    assert!(late < most, "{what} ran on for {late:?}");
    println!("{what}: {late:?}");
    error
}

const ENDLESS: &str = r#"(module
  (type $f (func)) (type $c (cont $f))
  (rec (type $both (func (param (ref null $turn)))) (type $turn (cont $both)))
  (tag $t) (tag $y)
  (memory (export "memory") 1)
  (table 2 funcref)
  (elem (i32.const 0) func $nothing)
  (elem declare func $spin $in1 $in2 $gen $nothing $turns)
  (func $nothing)
  (func $spin (export "loop") (loop $l (br $l)))
  (func (export "loop with calls") (loop $l (call $nothing) (br $l)))
  (func (export "loop with indirect calls") (loop $l (call_indirect (i32.const 0)) (br $l)))
  (func $again (export "tail calls") (return_call $again))
  (func $again_indirect (export "indirect tail calls")
    (table.set (i32.const 1) (ref.func $again_indirect))
    (return_call_indirect (i32.const 1)))
  (func $deep (param i32)
    (if (local.get 0) (then
      (call $deep (i32.sub (local.get 0) (i32.const 1)))
      (call $deep (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "recursion") (call $deep (i32.const 100)))
  (func $in1 (resume $c (cont.new $c (ref.func $spin))))
  (func $in2 (resume $c (cont.new $c (ref.func $in1))))
  (func (export "in continuations") (resume $c (cont.new $c (ref.func $in2))))
  (func $gen (loop $l (suspend $t) (br $l)))
  (func (export "suspend") (local $k (ref null $c))
    (local.set $k (cont.new $c (ref.func $gen)))
    (loop $l
      (block $on (result (ref $c))
        (resume $c (on $t $on) (local.get $k))
        (return))
      (local.set $k)
      (br $l)))
  (func (export "resume") (loop $l (resume $c (cont.new $c (ref.func $nothing))) (br $l)))
  (func $turns (type $both)
    (loop $l (local.set 0 (switch $turn $y (local.get 0))) (br $l)))
  (func (export "switch")
    (resume $turn (on $y switch) (cont.new $turn (ref.func $turns)) (cont.new $turn (ref.func $turns))))
  (func (export "throw")
    (loop $l (block $caught (try_table (catch $t $caught) (throw $t))) (br $l)))
  (func (export "grow") (loop $l (drop (memory.grow (i32.const 0))) (br $l)))
  (func (export "ok") (result i32) (local i32)
    (loop $l (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 7))))
    (local.get 0)))"#;

#[test]
fn endless_guests_are_stopped() {
    both(|engine| {
        let mut guest = Guest::plain(engine, ENDLESS);
        for form in [
            "loop",
            "loop with calls",
            "loop with indirect calls",
            "tail calls",
            "indirect tail calls",
            "recursion",
            "in continuations",
            "suspend",
            "resume",
            "switch",
            "throw",
            "grow",
        ] {
            guest.store.set_epoch_deadline(1);
            let error = stopped(engine, form, || guest.call(form, &[]));
            assert!(!error.backtrace().is_empty(), "{form}: no frames");
            // The store is usable, once there is another deadline.
            assert_eq!(
                guest.error("recursion", &[]).trap(),
                Some(TrapCode::Interrupted)
            );
            guest.store.set_epoch_deadline(100);
            assert_eq!(guest.i32("ok", &[]), 7);
            guest.store.gc();
            let stats = guest.store.stats();
            assert_eq!(stats.live, 0, "{form}: stacks are left");
        }
    });
}

#[test]
fn the_trap_shows_the_whole_chain() {
    both(|engine| {
        let mut guest = Guest::plain(engine, ENDLESS);
        guest.store.set_epoch_deadline(1);
        let error = stopped(engine, "chain", || guest.call("in continuations", &[]));
        assert_eq!(error.backtrace().len(), 4, "{error}");
    });
}

#[test]
fn a_loop_in_an_imported_module_is_stopped() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let endless = Linker::new(engine)
            .instantiate(&mut store, &module(engine, ENDLESS))
            .unwrap();
        let caller = module(
            engine,
            r#"(module (import "m" "loop" (func $spin)) (func (export "f") (call $spin)))"#,
        );
        let mut linker = Linker::new(engine);
        linker.instance(&mut store, "m", endless).unwrap();
        let instance = linker.instantiate(&mut store, &caller).unwrap();
        let func = instance.get_func(&mut store, "f").unwrap();
        store.set_epoch_deadline(1);
        stopped(engine, "imported", || func.call(&mut store, &[], &mut []));
    });
}

#[test]
fn a_start_function_is_stopped() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let module = module(engine, "(module (func $s (loop $l (br $l))) (start $s))");
        let linker = Linker::new(engine);
        store.set_epoch_deadline(1);
        stopped(engine, "start", || linker.instantiate(&mut store, &module));
    });
}

#[test]
fn a_guest_that_a_host_function_has_called_is_stopped() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let spin = Linker::new(engine)
            .instantiate(&mut store, &module(engine, ENDLESS))
            .unwrap();
        let spin = spin.get_func(&mut store, "loop").unwrap();
        let call = Func::wrap(&mut store, move |mut caller: bident::Caller<'_, ()>| {
            spin.call(&mut caller, &[], &mut [])
        })
        .unwrap();
        store.set_epoch_deadline(1);
        stopped(engine, "called back", || {
            call.call(&mut store, &[], &mut [])
        });
    });
}

const LONG: &str = r#"(module
  (memory 65536)
  (table 10000000 funcref)
  (type $bytes (array (mut i8)))
  (func (export "memory.fill") (loop $l
    (memory.fill (i32.const 0) (i32.const 1) (i32.const -1)) (br $l)))
  (func (export "memory.copy") (loop $l
    (memory.copy (i32.const 1) (i32.const 0) (i32.const -2)) (br $l)))
  (func (export "table.fill") (loop $l
    (table.fill (i32.const 0) (ref.null func) (i32.const 10000000)) (br $l)))
  (func (export "array.fill") (local $a (ref $bytes))
    (local.set $a (array.new_default $bytes (i32.const 100000000)))
    (loop $l
      (array.fill $bytes (local.get $a) (i32.const 0) (i32.const 1) (i32.const 100000000)) (br $l)))
  (func (export "array.new")
    (loop $l
      (drop (array.new $bytes (i32.const 3) (i32.const 10000000))) (br $l))))"#;

#[test]
fn long_instructions_are_stopped() {
    both(|engine| {
        for form in [
            "memory.fill",
            "memory.copy",
            "table.fill",
            "array.fill",
            "array.new",
        ] {
            // Nobody is stopped while a collection gives 100 MB of arrays back to the system, in some 15 ms.
            let most = match form.starts_with("array") {
                true => late::MOST + Duration::from_millis(40),
                false => late::MOST,
            };
            let mut guest = Guest::plain(engine, LONG);
            guest.store.set_epoch_deadline(1);
            stopped_within(most, engine, form, || guest.call(form, &[]));
        }
    });
}

#[test]
fn a_wait_that_blocks_the_thread_is_stopped() {
    both(|engine| {
        let wat = r#"(module (memory 1 1 shared) (func (export "wait") (result i32)
            (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))"#;
        let mut guest = Guest::plain(engine, wat);
        guest.store.set_epoch_deadline(1);
        stopped(engine, "wait", || guest.call("wait", &[]));
    });
}

/// Functions without parameters, each giving a number that depends on everything it did.
const BUSY: &str = r#"(module
  (type $g (func (result i64))) (type $c (cont $g))
  (type $step (func (param i32) (result i32)))
  (type $wide (array (mut v128)))
  (type $words (array (mut i32)))
  (tag $t (param i64))
  (memory 160)
  (table $table 300000 funcref)
  (elem (table $table) (i32.const 0) func $inc $twice)
  (elem declare func $counts)
  (func $inc (type $step) (i32.add (local.get 0) (i32.const 1)))
  (func $twice (type $step) (i32.shl (local.get 0) (i32.const 1)))

  ;; Values of every kind live across the checks.
  (func (export "locals") (result i64)
    (local $i i32) (local $a i64) (local $b i64) (local $c i64) (local $d i64) (local $e i64) (local $h i64)
    (local $x f64) (local $y f64) (local $z f32) (local $v v128) (local $w v128)
    (local.set $x (f64.const 1)) (local.set $z (f32.const 0.5))
    (loop $l
      (local.set $a (i64.add (local.get $a) (i64.extend_i32_u (local.get $i))))
      (local.set $b (i64.xor (local.get $a) (i64.rotl (local.get $b) (i64.const 7))))
      (local.set $c (i64.sub (local.get $b) (local.get $c)))
      (local.set $d (i64.add (local.get $c) (i64.mul (local.get $d) (i64.const 31))))
      (local.set $e (i64.or (local.get $e) (local.get $d)))
      (local.set $h (i64.add (local.get $h) (local.get $e)))
      (local.set $x (f64.mul (local.get $x) (f64.const 1.0001)))
      (local.set $y (f64.add (local.get $y) (local.get $x)))
      (local.set $z (f32.add (local.get $z) (f32.const 0.25)))
      (local.set $v (i64x2.add (local.get $v) (i64x2.splat (local.get $h))))
      (local.set $w (v128.xor (local.get $w) (local.get $v)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 300))))
    (i64.add
      (i64.add (local.get $h) (i64.trunc_f64_s (f64.mul (local.get $y) (f64.const 1000))))
      (i64.add
        (i64.add (i64x2.extract_lane 0 (local.get $w)) (i64x2.extract_lane 1 (local.get $w)))
        (i64.trunc_f32_s (local.get $z)))))

  (func $fib (param i32) (result i64)
    (if (result i64) (i32.lt_u (local.get 0) (i32.const 2))
      (then (i64.extend_i32_u (local.get 0)))
      (else (i64.add
        (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "fib") (result i64) (call $fib (i32.const 12)))

  ;; Many parameters, in registers and on the stack, and as many results.
  (func $many (param i64 i64 i64 i64 i64 i64 i64 i64 i64 f64 f64 i32) (result i64 i64 i64 i64 i64 i64 i64 i64 i64 f64 f64)
    (if (result i64 i64 i64 i64 i64 i64 i64 i64 i64 f64 f64) (local.get 11)
      (then (call $many (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6)
        (local.get 7) (local.get 8) (i64.add (local.get 0) (i64.const 3)) (local.get 10)
        (f64.add (local.get 9) (f64.const 1)) (i32.sub (local.get 11) (i32.const 1))))
      (else (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6)
        (local.get 7) (local.get 8) (local.get 9) (local.get 10))))
  (func (export "many") (result i64)
    (call $many (i64.const 1) (i64.const 2) (i64.const 4) (i64.const 8) (i64.const 16) (i64.const 32) (i64.const 64)
      (i64.const 128) (i64.const 256) (f64.const 3) (f64.const 5) (i32.const 40))
    (f64.mul (f64.const 7)) (f64.add) (i64.trunc_f64_s)
    (i64.mul (i64.const 3)) (i64.xor) (i64.mul (i64.const 3)) (i64.xor) (i64.mul (i64.const 3)) (i64.xor)
    (i64.mul (i64.const 3)) (i64.xor) (i64.mul (i64.const 3)) (i64.xor) (i64.mul (i64.const 3)) (i64.xor)
    (i64.mul (i64.const 3)) (i64.xor) (i64.mul (i64.const 3)) (i64.xor) (i64.mul (i64.const 3)) (i64.xor))

  (func $counts (result i64) (local $i i64)
    (loop $l
      (suspend $t (local.get $i))
      (br_if $l (i64.lt_u (local.tee $i (i64.add (local.get $i) (i64.const 1))) (i64.const 40))))
    (local.get $i))
  (func (export "generator") (result i64) (local $k (ref null $c)) (local $sum i64)
    (local.set $k (cont.new $c (ref.func $counts)))
    (loop $l
      (block $on (result i64 (ref $c))
        (return (i64.add (local.get $sum) (resume $c (on $t $on) (local.get $k)))))
      (local.set $k)
      (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 5))))
      (br $l))
    (unreachable))

  (func $digest (param $from i32) (param $to i32) (result i64) (local $sum i64)
    (loop $l
      (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 5)) (i64.load (local.get $from))))
      (br_if $l (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 65521))) (local.get $to))))
    (local.get $sum))
  (func (export "memory") (result i64) (local $i i32)
    (loop $l
      (i64.store (local.get $i) (i64.mul (i64.extend_i32_u (local.get $i)) (i64.const 0x9E3779B97F4A7C15)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4099))) (i32.const 8000000))))
    (memory.fill (i32.const 1000001) (i32.const 0x5a) (i32.const 3300000))
    (memory.copy (i32.const 500) (i32.const 900001) (i32.const 7000000))
    (memory.copy (i32.const 2000000) (i32.const 3) (i32.const 7000000))
    (memory.fill (i32.const 77) (i32.const 1) (i32.const 0))
    (call $digest (i32.const 0) (i32.const 9000000)))

  (func (export "table") (result i64) (local $i i32) (local $sum i32)
    (table.fill $table (i32.const 100) (table.get $table (i32.const 1)) (i32.const 200000))
    (table.copy $table $table (i32.const 99) (i32.const 0) (i32.const 250000))
    (table.copy $table $table (i32.const 1) (i32.const 50) (i32.const 200000))
    (loop $l
      (if (i32.eqz (ref.is_null (table.get $table (local.get $i)))) (then
        (local.set $sum (call_indirect $table (type $step) (local.get $sum) (local.get $i)))))
      (local.set $sum (i32.add (local.get $sum) (local.get $i)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 9973))) (i32.const 300000))))
    (i64.extend_i32_u (local.get $sum)))

  (func (export "arrays") (result i64) (local $a (ref $wide)) (local $b (ref $words)) (local $i i32) (local $sum i64)
    (local.set $a (array.new $wide (v128.const i64x2 3 4) (i32.const 150000)))
    (array.fill $wide (local.get $a) (i32.const 70000) (v128.const i64x2 5 6) (i32.const 80000))
    (array.copy $wide $wide (local.get $a) (i32.const 3) (local.get $a) (i32.const 0) (i32.const 140000))
    (local.set $b (array.new_default $words (i32.const 200000)))
    (array.fill $words (local.get $b) (i32.const 7) (i32.const 9) (i32.const 100000))
    (array.copy $words $words (local.get $b) (i32.const 0) (local.get $b) (i32.const 5) (i32.const 150000))
    (loop $l
      (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 3))
        (i64.add (i64x2.extract_lane 1 (array.get $wide (local.get $a) (local.get $i)))
          (i64.extend_i32_u (array.get $words (local.get $b) (local.get $i))))))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4999))) (i32.const 150000))))
    (local.get $sum)))"#;

const BUSY_FUNCS: [&str; 7] = [
    "locals",
    "fib",
    "many",
    "generator",
    "memory",
    "table",
    "arrays",
];

/// What the functions give where nobody asks.
fn undisturbed() -> Vec<i64> {
    let mut guest = Guest::plain(&Engine::default(), BUSY);
    let funcs = BUSY_FUNCS.iter();
    funcs
        .map(|name| guest.call(name, &[]).unwrap()[0].i64().unwrap())
        .collect()
}

/// A guest that is asked at every check, and how often it was.
fn asked_always(engine: &Engine, answer: UpdateDeadline) -> (Guest<()>, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let mut guest = Guest::plain(engine, BUSY);
    let count = asked.clone();
    guest.store.epoch_deadline_callback(move |_caller| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(answer)
    });
    guest.store.set_epoch_deadline(0);
    (guest, asked)
}

#[test]
fn guests_that_are_asked_at_every_check_compute_the_same() {
    let expected = undisturbed();
    both(|engine| {
        let (mut guest, asked) = asked_always(engine, UpdateDeadline::Continue(0));
        for (name, expected) in BUSY_FUNCS.iter().zip(&expected) {
            let before = asked.load(Ordering::Relaxed);
            guest.store.set_epoch_deadline(0);
            let result = guest.call(name, &[]).unwrap()[0].i64();
            assert_eq!(result, Some(*expected), "{name}");
            let times = asked.load(Ordering::Relaxed) - before;
            println!("{name}: asked {times} times");
        }
        assert!(asked.load(Ordering::Relaxed) > 1000);
    });
}

#[test]
fn guests_that_yield_at_every_check_compute_the_same() {
    let expected = undisturbed();
    both(|engine| {
        let (mut guest, _) = asked_always(engine, UpdateDeadline::Yield(0));
        for (name, expected) in BUSY_FUNCS.iter().zip(&expected) {
            guest.store.set_epoch_deadline(0);
            let mut outcome = guest.start(name, &[]).unwrap();
            let mut yields = 0;
            let results = loop {
                match outcome {
                    Outcome::Returned(results) => break results,
                    Outcome::Parked(mut call) => {
                        assert!(call.payload().get_mut::<Yielded>().is_some());
                        assert!(call.awaited_type(&guest.store).results().is_empty());
                        yields += 1;
                        if yields % 16 == 0 {
                            guest.store.gc();
                        }
                        outcome = call.resume(&mut guest.store, &[]).unwrap();
                    }
                    Outcome::Suspended(_) => panic!("{name} was suspended"),
                }
            };
            assert_eq!(results[0].i64(), Some(*expected), "{name}");
            assert!(yields > 2, "{name} has yielded {yields} times");
        }
        guest.check_freed();
    });
}

#[test]
fn a_future_that_yields_lets_others_run() {
    let expected = undisturbed();
    both(|engine| {
        let (mut guest, _) = asked_always(engine, UpdateDeadline::Yield(0));
        for (name, expected) in BUSY_FUNCS.iter().zip(&expected) {
            guest.store.set_epoch_deadline(0);
            let func = guest.func(name);
            let results = block_on(func.call_async(&mut guest.store, &[])).unwrap();
            assert_eq!(results[0].i64(), Some(*expected), "{name}");
        }
    });
}

#[test]
fn a_call_that_may_not_park_goes_on() {
    both(|engine| {
        let mut guest = Guest::plain(engine, ENDLESS);
        guest.store.epoch_deadline_yield(5);
        guest.store.set_epoch_deadline(0);
        assert_eq!(guest.i32("ok", &[]), 7);
    });
}

#[test]
fn a_yielded_call_can_be_cancelled() {
    both(|engine| {
        let mut guest = Guest::plain(engine, ENDLESS);
        guest.store.epoch_deadline_yield(1);
        for form in ["loop", "in continuations", "suspend", "switch", "recursion"] {
            guest.store.set_epoch_deadline(0);
            let call = guest.park(form, &[]);
            assert!(!call.backtrace(&guest.store).is_empty(), "{form}");
            call.cancel(&mut guest.store);
            guest.check_freed();
            guest.store.set_epoch_deadline(0);
            let call = guest.park(form, &[]);
            drop(call);
            guest.check_freed();
        }
    });
}

#[test]
fn the_function_that_is_asked_has_the_store() {
    both(|engine| {
        let mut guest = Guest::new(engine, ENDLESS, 0_u32, |_| ());
        guest.store.epoch_deadline_callback(|mut caller| {
            *caller.data_mut() += 1;
            assert!(!caller.may_park());
            let ok = caller.get_export("ok").and_then(bident::Extern::into_func);
            // What it calls has no function that could be asked.
            let mut results = [Val::I32(0)];
            let nested = ok.unwrap().call(&mut caller, &[], &mut results);
            assert_eq!(nested.unwrap_err().trap(), Some(TrapCode::Interrupted));
            caller.set_epoch_deadline(1000);
            ok.unwrap().call(&mut caller, &[], &mut results)?;
            match *caller.data() {
                2 => Ok(UpdateDeadline::Interrupt),
                3 => Err(Error::msg("enough")),
                _ => Ok(UpdateDeadline::Continue(1000)),
            }
        });
        guest.store.set_epoch_deadline(0);
        assert_eq!(guest.i32("ok", &[]), 7);
        for kind in [ErrorKind::Trap(TrapCode::Interrupted), ErrorKind::Host] {
            guest.store.set_epoch_deadline(0);
            assert_eq!(guest.error("ok", &[]).kind(), kind);
        }
        assert_eq!(*guest.store.data(), 3);
    });
}

#[test]
fn a_panic_of_the_function_passes_through() {
    both(|engine| {
        let mut guest = Guest::plain(engine, ENDLESS);
        guest.store.epoch_deadline_callback(|_| panic!("asked"));
        guest.store.set_epoch_deadline(0);
        for _ in 0..2 {
            let call = std::panic::AssertUnwindSafe(|| guest.call("in continuations", &[]));
            let panic = std::panic::catch_unwind(call).unwrap_err();
            assert_eq!(panic.downcast_ref(), Some(&"asked"));
        }
        guest.store.epoch_deadline_trap();
        guest.store.set_epoch_deadline(1);
        assert_eq!(guest.i32("ok", &[]), 7);
    });
}

#[test]
fn without_the_setting_deadlines_mean_nothing() {
    let engine = Engine::default();
    let mut guest = Guest::plain(&engine, BUSY);
    guest.store.set_epoch_deadline(0);
    engine.increment_epoch();
    let expected = undisturbed();
    for (name, expected) in BUSY_FUNCS.iter().zip(&expected) {
        let result = guest.call(name, &[]).unwrap()[0].i64();
        assert_eq!(result, Some(*expected), "{name}");
    }
}

#[test]
fn copies_in_parts_check_their_whole_range_first() {
    both(|engine| {
        let wat = r#"(module (memory 100) (func (export "f") (result i32)
            (memory.fill (i32.const 0) (i32.const 1) (i32.const 6553601)) (i32.const 0))
          (func (export "first") (result i32) (i32.load8_u (i32.const 0))))"#;
        let mut guest = Guest::plain(engine, wat);
        assert_eq!(
            guest.error("f", &[]).trap(),
            Some(TrapCode::MemoryOutOfBounds)
        );
        assert_eq!(guest.i32("first", &[]), 0);
    });
}

#[test]
fn a_store_that_moves_keeps_its_deadline() {
    let engine = Engine::new(&Config::new().epoch_interruption(true)).unwrap();
    let guest = Guest::plain(&engine, ENDLESS);
    let (mut store, instance): (Store<()>, Instance) = (guest.store, guest.instance);
    store.set_epoch_deadline(1);
    thread::spawn(move || {
        let spin = instance.get_func(&mut store, "loop").unwrap();
        let engine = store.engine().clone();
        stopped(&engine, "elsewhere", || spin.call(&mut store, &[], &mut []));
    })
    .join()
    .unwrap();
}
