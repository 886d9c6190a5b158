//! Functions that are compiled quickly when they are first called, and again once they were called often.

use bident::{Compile, Config, Engine, Error, ErrorKind, Instance, Module, Store, TrapCode};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

/// Calls after which any function has code that stays, or will have at once.
const OFTEN: i32 = 2000;

fn engine(config: Config) -> Engine {
    let config = config.compile(Compile::Lazy).tiers(true).quick_code(false);
    Engine::new(&config).expect("this machine can run compiled code")
}

fn module(engine: &Engine, text: &str) -> Module {
    Module::from_text_or_binary(engine, text.as_bytes()).expect("a module")
}

fn instance(store: &mut Store<()>, module: &Module) -> Instance {
    Instance::new(store, module, &[]).expect("it needs nothing")
}

fn call(
    store: &mut Store<()>,
    instance: Instance,
    name: &str,
    argument: i32,
) -> Result<i32, Error> {
    let func = instance.get_typed_func::<i32, i32>(&mut *store, name);
    func.expect("an export").call(store, argument)
}

/// Time for the thread that compiles again.
fn wait() {
    thread::sleep(Duration::from_millis(200));
}

/// A program whose functions trap, throw, suspend, and call each other in every way, with no loop of their own.
const PROGRAM: &str = r#"(module
    (type $i (func (param i32) (result i32)))
    (type $k (cont $i))
    (tag $pause (param i32) (result i32))
    (tag $thrown (param i32))
    (table 2 funcref)
    (elem (i32.const 0) $half $fib)
    (elem declare func $generator)
    (global $waiting (mut (ref null $k)) (ref.null $k))
    (func $fib (export "fib") (type $i)
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
        (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
          (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func $half (export "half") (type $i)
      (i32.div_s (i32.const 1000) (local.get 0)))
    (func $by_table (export "by_table") (type $i)
      (i32.add (call_indirect (type $i) (local.get 0) (i32.const 0))
        (call_indirect (type $i) (i32.const 5) (i32.const 1))))
    (func $throws (param i32)
      (if (i32.and (local.get 0) (i32.const 1)) (then (throw $thrown (local.get 0)))))
    (func $catches (export "catches") (type $i)
      (block $caught (result i32)
        (try_table (catch $thrown $caught) (call $throws (local.get 0)))
        (i32.const -1)))
    (func $uncaught (export "uncaught") (type $i) (call $throws (local.get 0)) (i32.const 0))
    (func $generator (type $i)
      (i32.add (local.get 0) (suspend $pause (i32.mul (local.get 0) (i32.const 2)))))
    ;; Starts a generator, and gives what it suspends with.
    (func $begin (export "begin") (type $i)
      (block $paused (result i32 (ref $k))
        (return (resume $k (on $pause $paused) (local.get 0) (cont.new $k (ref.func $generator)))))
      (global.set $waiting))
    (func $go_on (export "go_on") (type $i)
      (resume $k (local.get 0) (global.get $waiting))))"#;

#[test]
fn functions_give_the_same_before_and_after() {
    let engine = engine(Config::new());
    let module = module(&engine, PROGRAM);
    let mut store = Store::new(&engine, ());
    let instance = instance(&mut store, &module);
    for round in 0..3 {
        for argument in 1..OFTEN {
            let mut result = |name| call(&mut store, instance, name, argument).unwrap();
            assert_eq!(result("half"), 1000 / argument);
            assert_eq!(result("by_table"), 1000 / argument + 5);
            let caught = if argument % 2 == 1 { argument } else { -1 };
            assert_eq!(result("catches"), caught);
            assert_eq!(result("begin"), 2 * argument, "{round}");
            assert_eq!(result("go_on"), 2 * argument);
        }
        assert_eq!(call(&mut store, instance, "fib", 20).unwrap(), 6765);
        wait();
    }
}

#[test]
fn what_waits_in_quick_code_goes_on_in_it() {
    let engine = engine(Config::new());
    let module = module(&engine, PROGRAM);
    let mut store = Store::new(&engine, ());
    // In quick code: it is the first call.
    let first = instance(&mut store, &module);
    assert_eq!(call(&mut store, first, "begin", 7).unwrap(), 14);
    let other = instance(&mut store, &module);
    for argument in 0..OFTEN {
        assert_eq!(
            call(&mut store, other, "begin", argument).unwrap(),
            2 * argument
        );
        assert_eq!(call(&mut store, other, "go_on", 1).unwrap(), argument + 1);
    }
    wait();
    assert_eq!(call(&mut store, other, "begin", 3).unwrap(), 6);
    assert_eq!(call(&mut store, first, "go_on", 100).unwrap(), 107);
    assert_eq!(call(&mut store, other, "go_on", 100).unwrap(), 103);
}

#[test]
fn traps_and_backtraces_are_the_same_in_both() {
    let engine = engine(Config::new());
    let module = module(&engine, PROGRAM);
    let mut store = Store::new(&engine, ());
    let instance = instance(&mut store, &module);
    let mut fail = |name: &str, argument| {
        let error = call(&mut store, instance, name, argument).unwrap_err();
        let frames = error.backtrace().iter();
        let frames = frames.map(|frame| (frame.func_index(), frame.module_offset()));
        (format!("{:?}", error.kind()), frames.collect::<Vec<_>>())
    };
    let (by_table, uncaught) = (fail("by_table", 0), fail("uncaught", 1));
    assert_eq!(
        by_table.0,
        format!("{:?}", ErrorKind::Trap(TrapCode::IntegerDivideByZero))
    );
    assert_eq!(by_table.1.len(), 2);
    assert!(by_table.1.iter().all(|(_, offset)| offset.is_some()));
    for round in 0..2 {
        for _ in 0..OFTEN {
            assert_eq!(fail("by_table", 0), by_table, "round {round}");
            assert_eq!(fail("uncaught", 1), uncaught, "round {round}");
        }
        wait();
    }
}

#[test]
fn a_call_takes_as_much_fuel_in_both() {
    let engine = engine(Config::new().consume_fuel(true).initial_fuel(u64::MAX >> 1));
    let module = module(&engine, PROGRAM);
    let mut store = Store::new(&engine, ());
    let instance = instance(&mut store, &module);
    let mut taken = || {
        let before = store.get_fuel();
        assert_eq!(call(&mut store, instance, "fib", 10).unwrap(), 55);
        before - store.get_fuel()
    };
    let first = taken();
    for _ in 0..OFTEN {
        assert_eq!(taken(), first);
    }
    wait();
    assert_eq!(taken(), first);
}

#[test]
fn deadlines_are_seen_in_both() {
    let engine = engine(Config::new().epoch_interruption(true));
    let module = module(&engine, PROGRAM);
    let mut store = Store::new(&engine, ());
    let instance = instance(&mut store, &module);
    for _ in 0..3 {
        store.set_epoch_deadline(1);
        engine.increment_epoch();
        let error = call(&mut store, instance, "fib", 20).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Trap(TrapCode::Interrupted)),
            "{error:?}"
        );
        store.set_epoch_deadline(1000);
        assert_eq!(call(&mut store, instance, "fib", 20).unwrap(), 6765);
        wait();
    }
}

#[test]
fn many_threads_make_functions_hot_at_once() {
    const THREADS: usize = 64;
    let rounds = if cfg!(debug_assertions) { 5 } else { 100 };
    let engine = engine(Config::new());
    for _ in 0..rounds {
        let module = module(&engine, PROGRAM);
        let barrier = Barrier::new(THREADS);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let mut store = Store::new(&engine, ());
                    let instance = instance(&mut store, &module);
                    barrier.wait();
                    for argument in 1..100 {
                        let mut result = |name| call(&mut store, instance, name, argument).unwrap();
                        assert_eq!(result("by_table"), 1000 / argument + 5);
                        assert_eq!(result("begin"), 2 * argument);
                        assert_eq!(result("go_on"), 2 * argument);
                    }
                });
            }
        });
    }
}

/// Where the thread that compiles again has no room left, what is there goes on.
#[test]
fn code_that_takes_much_room_is_there_in_both() {
    let engine = engine(Config::new());
    let structs = "(drop (struct.new $s (i32.const 1)))".repeat(2000);
    let funcs: String = (0..20)
        .map(|i| {
            format!("(func (export \"f{i}\") (param i32) (result i32) {structs} (local.get 0))")
        })
        .collect();
    let module = module(
        &engine,
        &format!("(module (type $s (struct (field i32))) {funcs})"),
    );
    let mut store = Store::new(&engine, ());
    let instance = instance(&mut store, &module);
    for argument in 0..1000 {
        for i in 0..20 {
            let result = call(&mut store, instance, &format!("f{i}"), argument);
            assert_eq!(result.unwrap(), argument);
        }
    }
}
