//! Lazy loading where a part, a loader or the embedder does what nobody would.

mod common;

use bident::{Caller, Config, Engine, Error, ErrorKind, Func, Linker, Load, Module};
use bident::{ParkedCall, Reply, TrapCode, Val};
use common::{Guest, Random, module, parked_call, returned_i32};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs a test plain, with stacks that move, with the smallest ones, and with both.
fn everywhere(test: impl Fn(&Engine)) {
    everywhere_with(Config::new(), test);
}

fn everywhere_with(config: Config, test: impl Fn(&Engine)) {
    for (stress, smallest) in [(false, false), (true, false), (false, true), (true, true)] {
        let config = config.clone().stress(stress).smallest_stacks(smallest);
        test(&Engine::new(&config).unwrap());
    }
}

/// How often something was loaded.
type Calls = Arc<AtomicUsize>;

fn count(calls: &Calls) -> usize {
    calls.load(Ordering::Relaxed)
}

/// Gives a module at once, each time that it is asked for.
fn lazy<T: 'static>(linker: &mut Linker<T>, name: &str, text: &str) -> Calls {
    let calls = Calls::default();
    let (counter, module) = (calls.clone(), module(linker.engine(), text));
    let loader = move |_: &mut Caller<'_, T>, _: &Load<T>| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(Some(module.clone()))
    };
    linker.lazy(name, "primary", loader).unwrap();
    calls
}

/// A program with one late module.
fn program(engine: &Engine, primary: &str, late: &str) -> (Guest<()>, Calls) {
    let mut calls = Calls::default();
    let guest = Guest::new(engine, primary, (), |linker| {
        calls = lazy(linker, "late", late)
    });
    (guest, calls)
}

/// Calls `late.f`; catches what it throws.
const CALLS: &str = r#"(module
    (type $i (func (param i32) (result i32)))
    (type $c (cont $i))
    (import "late" "f" (func $f (type $i)))
    (tag $t (export "t") (param i32))
    (memory (export "memory") 1)
    (func $call (export "call") (type $i) (i32.add (i32.const 1) (call $f (local.get 0))))
    (func (export "tail") (type $i) (return_call $f (local.get 0)))
    (func $catch (export "catch") (type $i)
      (block $caught (result i32)
        (try_table (result i32) (catch $t $caught) (call $f (local.get 0)))))
    (func (export "catch_often") (param i32) (result i32)
      (loop $again (result i32)
        (drop (call $catch (i32.const 0)))
        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))
        (i32.const 1)))
    (func $within (type $i) (resume $c (local.get 0) (cont.new $c (ref.func $call))))
    (elem declare func $call $within $catch)
    (func (export "nested") (type $i) (resume $c (local.get 0) (cont.new $c (ref.func $within))))
    (func (export "nested_catch") (type $i)
      (resume $c (local.get 0) (cont.new $c (ref.func $catch))))
    (func $deep (export "deep") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
        (else (call $f (i32.const 0))))))"#;

const DOUBLE: &str = r#"(module (func (export "f") (param i32) (result i32)
    (i32.mul (local.get 0) (i32.const 2))))"#;

/// A program whose late module takes time.
fn later(engine: &Engine) -> (Guest<()>, Calls) {
    let calls = Calls::default();
    let counter = calls.clone();
    let guest = Guest::new(engine, CALLS, (), |linker| {
        let loader = move |_: &mut Caller<'_, ()>, _: &Load<()>| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(None)
        };
        linker.lazy("late", "primary", loader).unwrap();
    });
    (guest, calls)
}

/// What a parked call waits for, taken away from it.
#[track_caller]
fn take_load(call: &mut ParkedCall) -> Load<()> {
    call.payload().take().expect("a load")
}

#[test]
fn late_modules_import_from_each_other_and_each_is_loaded_once() {
    everywhere(|engine| {
        let primary = r#"(module
            (import "odd" "odd" (func $odd (param i32) (result i32)))
            (global (export "calls") (mut i32) (i32.const 0))
            (func (export "odd") (param i32) (result i32) (call $odd (local.get 0))))"#;
        let part = |own: &str, other: &str, end: i32| {
            format!(
                r#"(module
                (import "{other}" "{other}" (func $other (param i32) (result i32)))
                (import "primary" "calls" (global $calls (mut i32)))
                (func (export "{own}") (param i32) (result i32)
                  (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                  (if (i32.eqz (local.get 0)) (then (return (i32.const {end}))))
                  (return_call $other (i32.sub (local.get 0) (i32.const 1)))))"#
            )
        };
        let mut calls = Vec::new();
        let mut guest = Guest::new(engine, primary, (), |linker| {
            calls.push(lazy(linker, "odd", &part("odd", "even", 0)));
            calls.push(lazy(linker, "even", &part("even", "odd", 1)));
        });
        assert_eq!(guest.i32("odd", &[1000]), 0);
        assert_eq!(guest.i32("odd", &[1001]), 1);
        assert_eq!(calls.iter().map(count).collect::<Vec<_>>(), [1, 1]);
        let global = guest
            .instance
            .get_global(&mut guest.store, "calls")
            .unwrap();
        assert_eq!(global.get(&mut guest.store).i32(), Some(2003));
        guest.check_idle();
    });
}

#[test]
fn a_late_module_that_imports_itself_is_loaded_once() {
    everywhere(|engine| {
        let part = r#"(module
            (import "late" "f" (func $f (param i32) (result i32)))
            (import "late" "g" (func $g (param i32) (result i32)))
            (func (export "f") (param i32) (result i32)
              (if (i32.eqz (local.get 0)) (then (return (call $g (i32.const 7)))))
              (return_call $f (i32.sub (local.get 0) (i32.const 1))))
            (func (export "g") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 6))))"#;
        let (mut guest, calls) = program(engine, CALLS, part);
        for _ in 0..3 {
            assert_eq!(guest.i32("tail", &[10_000]), 42);
            assert_eq!(count(&calls), 1);
        }
        guest.check_idle();
    });
}

#[test]
fn a_late_module_that_exports_what_it_imports() {
    everywhere(|engine| {
        // Its own placeholder stands for nothing.
        let own = r#"(module (import "late" "f" (func $f (param i32) (result i32)))
            (export "f" (func $f)))"#;
        let (mut guest, calls) = program(engine, CALLS, own);
        for _ in 0..2 {
            let error = guest.error("call", &[1]);
            assert_eq!(error.kind(), ErrorKind::Link);
            assert!(
                error
                    .to_string()
                    .contains("`late.f` (function (i32) -> (i32))"),
                "{error}"
            );
        }
        assert_eq!(count(&calls), 1);

        // A function of the host does; it may wait.
        let host = r#"(module (import "host" "read" (func $read (param i32) (result i32)))
            (export "f" (func $read)))"#;
        let mut guest = Guest::new(engine, CALLS, (), |linker| {
            let read = |_: i32| Reply::<i32>::Pending(());
            linker.func_wrap("host", "read", read).unwrap();
            lazy(linker, "late", host);
        });
        let a = guest.park("nested", &[Val::I32(1)]);
        let b = guest.park("tail", &[Val::I32(2)]);
        assert_eq!(
            returned_i32(a.resume(&mut guest.store, &[Val::I32(10)])),
            11
        );
        assert_eq!(
            returned_i32(b.resume(&mut guest.store, &[Val::I32(20)])),
            20
        );

        // A function of the primary does as well.
        let primary = r#"(module (import "primary" "call" (func $call (param i32) (result i32)))
            (export "f" (func $call)))"#;
        let (mut guest, _) = program(engine, CALLS, primary);
        assert_eq!(
            guest.error("call", &[1]).trap(),
            Some(TrapCode::StackOverflow)
        );
        guest.check_idle();
    });
}

#[test]
fn a_start_function_that_calls_its_own_late_function_cannot_wait_for_it() {
    everywhere(|engine| {
        let part = r#"(module
            (import "late" "f" (func $f (param i32) (result i32)))
            (func $start (drop (call $f (i32.const 1))))
            (export "f" (func $f))
            (start $start))"#;
        let (mut guest, calls) = program(engine, CALLS, part);
        for round in 1..4 {
            let error = guest.error("call", &[1]);
            assert_eq!(error.kind(), ErrorKind::Barrier);
            assert!(
                error.to_string().starts_with("host function late.f "),
                "{error}"
            );
            assert_eq!(count(&calls), round, "the next call tries again");
        }
        guest.check_idle();
    });
}

#[test]
fn failures_leave_nothing() {
    everywhere(|engine| {
        let unknown = r#"(module (import "primary" "call" (func (param i32) (result i32)))
            (import "primary" "none" (func)))"#;
        let (mut guest, calls) = program(engine, CALLS, unknown);
        for _ in 0..1500 {
            assert_eq!(guest.error("call", &[1]).kind(), ErrorKind::Link);
        }
        assert_eq!(count(&calls), 1500);

        // Each start function that throws leaves an instance that nobody has; who catches it may go on
        // and on.
        let throws = r#"(module (import "primary" "t" (tag $t (param i32))) (memory 1)
            (func (export "f") (param i32) (result i32) (i32.const 1))
            (func $start (throw $t (i32.const 3))) (start $start))"#;
        let (mut guest, calls) = program(engine, CALLS, throws);
        assert_eq!(guest.i32("catch", &[0]), 3);
        guest.store.gc();
        let before = guest.store.bytes_to_look_at();
        assert_eq!(guest.i32("catch_often", &[3000]), 1);
        assert_eq!(count(&calls), 3001);
        guest.store.gc();
        // But for the places of some exceptions.
        let more = guest.store.bytes_to_look_at() - before;
        assert!(more < 32 << 10, "{more}");
        guest.check_idle();
    });
}

#[test]
fn whoever_calls_during_the_start_function_the_primary_is_the_primary() {
    everywhere(|engine| {
        // Calls what it is given, so the call of the late function is its own.
        let other = r#"(module (type $i (func (param i32) (result i32)))
            (global (export "g") (mut i32) (i32.const 1000))
            (global $kept (mut (ref null $i)) (ref.null $i))
            (func (export "apply") (param (ref null $i)) (result i32)
              (global.set $kept (local.get 0))
              (call_ref $i (i32.const 5) (local.get 0)))
            (func (export "again") (result i32) (call_ref $i (i32.const 6) (global.get $kept))))"#;
        let primary = |end: &str| {
            format!(
                r#"(module (type $i (func (param i32) (result i32)))
                (import "late" "f" (func $f (type $i)))
                (import "other" "apply" (func $apply (param (ref null $i)) (result i32)))
                (global $g (export "g") (mut i32) (i32.const 10))
                (elem declare func $f)
                (func $start (global.set $g (call $apply (ref.func $f))) {end})
                (start $start))"#
            )
        };
        let part = r#"(module (import "primary" "g" (global $g (mut i32)))
            (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (global.get $g))))"#;
        let mut other = Guest::plain(engine, other);
        let mut linker = Linker::new(engine);
        linker
            .instance(&mut other.store, "other", other.instance)
            .unwrap();
        let calls = lazy(&mut linker, "late", part);

        let works = module(engine, &primary(""));
        let works = linker.instantiate(&mut other.store, &works).unwrap();
        let global = works.get_global(&mut other.store, "g").unwrap();
        assert_eq!(global.get(&mut other.store).i32(), Some(15));
        assert_eq!(other.i32("again", &[]), 21);

        // One that fails after that has left its functions with the other, and they work.
        let traps = module(engine, &primary("unreachable"));
        let error = linker.instantiate(&mut other.store, &traps).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::Unreachable));
        assert_eq!(other.i32("again", &[]), 21);
        assert_eq!(count(&calls), 2);
        other.check_idle();
    });
}

#[test]
fn host_functions_that_a_late_module_calls_find_what_the_primary_exports() {
    everywhere(|engine| {
        let part = |own: &str| {
            format!(
                r#"(module (import "host" "byte" (func $byte (param i32) (result i32)))
                (import "primary" "memory" (memory $m 1)) {own}
                (data (memory $m) (i32.const 9) "A")
                (func (export "f") (param i32) (result i32) (call $byte (local.get 0))))"#
            )
        };
        // An export of its own comes first.
        for (own, byte) in [("", 65), (r#"(func (export "memory"))"#, -1)] {
            let mut guest = Guest::new(engine, CALLS, (), |linker| {
                let byte = |mut caller: Caller<'_, ()>, at: i32| {
                    let memory = caller.get_export("memory").and_then(|e| e.into_memory());
                    assert!(caller.get_export("none").is_none());
                    let mut byte = [0];
                    let read = memory.map(|m| m.read(&caller, at as usize, &mut byte));
                    read.map_or(-1, |read| read.map_or(-2, |()| i32::from(byte[0])))
                };
                linker.func_wrap("host", "byte", byte).unwrap();
                lazy(linker, "late", &part(own));
            });
            assert_eq!(guest.i32("tail", &[9]), byte);
        }
    });
}

#[test]
fn a_loader_that_calls_the_program_again() {
    everywhere(|engine| {
        let parked = Arc::new(std::sync::Mutex::new(None));
        let inner = parked.clone();
        let mut guest = Guest::new(engine, CALLS, (), |linker| {
            let loader = move |caller: &mut Caller<'_, ()>, load: &Load<()>| {
                let call = caller
                    .get_export("call")
                    .and_then(|e| e.into_func())
                    .unwrap();
                let mut results = [Val::I32(0)];
                let error = call
                    .call(&mut *caller, &[Val::I32(1)], &mut results)
                    .unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Barrier);
                assert!(
                    error.to_string().starts_with("host function late.f "),
                    "{error}"
                );
                let mut waits = parked_call(call.start(&mut *caller, &[Val::I32(20)]));
                assert!(waits.payload().get_mut::<Load<()>>().unwrap().same(load));
                *inner.lock().unwrap() = Some(waits);
                let double = module(caller.engine(), DOUBLE);
                load.finish(&mut *caller, Ok(double.clone()))?;
                // It has ended; a second module is one too many.
                Ok(Some(double))
            };
            linker.lazy("late", "primary", loader).unwrap();
        });
        let error = guest.error("call", &[3]);
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(
            error.to_string().starts_with("the load has ended already"),
            "{error}"
        );
        assert_eq!(guest.i32("call", &[3]), 7, "the first module was good");
        let mut waits = parked.lock().unwrap().take().unwrap();
        let load = take_load(&mut waits);
        assert_eq!(returned_i32(load.resume(&mut guest.store, waits)), 41);
        guest.check_idle();
    });
}

#[test]
fn a_load_that_goes_while_a_thousand_calls_wait_begins_anew_for_all() {
    everywhere(|engine| {
        let (mut guest, calls) = later(engine);
        let mut waiting: Vec<_> = (0..1000)
            .map(|i| (i, guest.park("nested", &[Val::I32(i)])))
            .collect();
        for (_, call) in &mut waiting {
            drop(take_load(call));
        }
        assert_eq!(count(&calls), 1);
        Random(3).shuffle(&mut waiting);
        let again = |(i, call): (i32, ParkedCall)| {
            let mut call = parked_call(call.resume(&mut guest.store, &[]));
            (i, take_load(&mut call), call)
        };
        let waiting: Vec<_> = waiting.into_iter().map(again).collect();
        assert_eq!(count(&calls), 2);
        let load = waiting[0].1.clone();
        assert!(waiting.iter().all(|(_, other, _)| other.same(&load)));
        load.finish(&mut guest.store, Ok(module(engine, DOUBLE)))
            .unwrap();
        for (i, load, call) in waiting {
            assert_eq!(returned_i32(load.resume(&mut guest.store, call)), 2 * i + 1);
        }
        guest.check_freed();
    });
}

#[test]
fn a_load_fails_inside_continuations_and_succeeds_there() {
    everywhere(|engine| {
        let (mut guest, calls) = later(engine);
        let mut caught = guest.park("nested_catch", &[Val::I32(1)]);
        let passes = guest.park("nested", &[Val::I32(1)]);
        let load = take_load(&mut caught);
        let tag = guest.tag("t");
        let exception = bident::Exception::new(&mut guest.store, tag, &[Val::I32(5)]).unwrap();
        load.finish(&mut guest.store, Err(exception.into()))
            .unwrap();
        guest.store.gc();
        assert_eq!(returned_i32(load.resume(&mut guest.store, caught)), 5);
        let error = load.resume(&mut guest.store, passes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exception);

        let mut call = guest.park("nested", &[Val::I32(4)]);
        let other = guest.park("nested_catch", &[Val::I32(5)]);
        let load = take_load(&mut call);
        load.finish(&mut guest.store, Ok(module(engine, DOUBLE)))
            .unwrap();
        guest.store.gc();
        assert_eq!(returned_i32(load.resume(&mut guest.store, other)), 10);
        assert_eq!(returned_i32(load.resume(&mut guest.store, call)), 9);
        assert_eq!(count(&calls), 2);
        guest.check_freed();
    });
}

#[test]
fn loads_and_calls_of_two_stores_are_told_apart() {
    everywhere(|engine| {
        let (mut guest, _) = later(engine);
        let (mut other, _) = later(engine);
        let mut call = guest.park("call", &[Val::I32(1)]);
        let mut theirs = other.park("call", &[Val::I32(2)]);
        let (load, their_load) = (take_load(&mut call), take_load(&mut theirs));
        assert!(!load.same(&their_load));
        let double = module(engine, DOUBLE);
        let error = load
            .finish(&mut other.store, Ok(double.clone()))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        load.finish(&mut guest.store, Ok(double.clone())).unwrap();
        assert!(!their_load.is_finished());
        let mut error = load.resume(&mut other.store, call).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        let call = error.take_parked().expect("still parked");
        assert_eq!(returned_i32(load.resume(&mut guest.store, call)), 3);
        their_load.finish(&mut other.store, Ok(double)).unwrap();
        assert_eq!(returned_i32(their_load.resume(&mut other.store, theirs)), 5);

        // A module of another engine.
        let (mut guest, _) = later(engine);
        let mut call = guest.park("call", &[Val::I32(1)]);
        let load = take_load(&mut call);
        let foreign = module(&Engine::default(), DOUBLE);
        load.finish(&mut guest.store, Ok(foreign)).unwrap();
        let error = load.resume(&mut guest.store, call).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        guest.check_idle();
    });
}

#[test]
fn a_host_function_that_cannot_park_calls_a_late_one() {
    everywhere(|engine| {
        let primary = r#"(module (import "late" "f" (func $f (param i32) (result i32)))
            (import "host" "back" (func $back (result i32)))
            (func (export "f") (result i32) (call $f (i32.const 4)))
            (func (export "through") (result i32) (call $back)))"#;
        let mut guest = Guest::new(engine, primary, (), |linker| {
            let back = |mut caller: Caller<'_, ()>| -> Result<i32, Error> {
                let f = caller.get_export("f").and_then(|e| e.into_func()).unwrap();
                let mut results = [Val::I32(0)];
                f.call(&mut caller, &[], &mut results)?;
                Ok(results[0].i32().unwrap())
            };
            linker.func_wrap("host", "back", back).unwrap();
            linker.lazy("late", "primary", |_, _| Ok(None)).unwrap();
        });
        let error = guest.start("through", &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Barrier);
        assert!(
            error.to_string().starts_with("host function late.f "),
            "{error}"
        );
        let mut call = guest.park("f", &[]);
        let load = take_load(&mut call);
        load.finish(&mut guest.store, Ok(module(engine, DOUBLE)))
            .unwrap();
        let outcome = guest.start("through", &[]);
        assert_eq!(returned_i32(outcome), 8);
        drop(call);
        guest.check_idle();
    });
}

#[test]
fn stacks_that_are_used_up_fail_the_call_and_not_the_load() {
    let config = Config::new()
        .max_stack_size(64 << 10)
        .max_stack_memory(1 << 20);
    everywhere_with(config, |engine| {
        let (mut guest, calls) = program(engine, CALLS, DOUBLE);
        let error = guest.error("deep", &[1_000_000]);
        assert_eq!(error.trap(), Some(TrapCode::StackOverflow));
        // Each depth near the end: some call is the first that finds no room for the load.
        let fits = (0..3000).rev().find_map(|depth| {
            let depth = [Val::I32(depth)];
            match guest.call("deep", &depth) {
                Ok(values) => values[0].i32(),
                Err(error) => {
                    assert_eq!(error.trap(), Some(TrapCode::StackOverflow), "{error}");
                    None
                }
            }
        });
        assert!(fits.is_some_and(|depth| depth > 100), "{fits:?}");
        assert_eq!(count(&calls), 1);

        // So many wait that there is no memory for one more.
        let (mut guest, calls) = later(engine);
        let mut waiting = Vec::new();
        let error = loop {
            match guest.start("nested", &[Val::I32(waiting.len() as i32)]) {
                Ok(outcome) => waiting.push(parked_call(Ok(outcome))),
                Err(error) => break error,
            }
        };
        let full = [
            ErrorKind::Limit,
            ErrorKind::Trap(TrapCode::StackMemoryExhausted),
        ];
        assert!(full.contains(&error.kind()), "{error}");
        let load = take_load(&mut waiting[0]);
        load.finish(&mut guest.store, Ok(module(engine, DOUBLE)))
            .unwrap();
        for (i, call) in waiting.into_iter().enumerate() {
            assert_eq!(
                returned_i32(load.resume(&mut guest.store, call)),
                2 * i as i32 + 1
            );
        }
        assert_eq!(count(&calls), 1);
        guest.check_freed();
    });
}

#[test]
fn a_late_module_beyond_a_limit_fails_and_the_next_may_not() {
    let config = Config::new()
        .max_memory_size(1 << 20)
        .max_function_work(20_000);
    everywhere_with(config, |engine| {
        let work = "(i32.add (i32.const 1)".repeat(5000) + "(i32.const 0)" + &")".repeat(5000);
        let work = format!(r#"(module (func (export "f") (param i32) (result i32) {work}))"#);
        let memory =
            r#"(module (memory 17) (func (export "f") (param i32) (result i32) unreachable))"#;
        let segment = r#"(module (import "primary" "memory" (memory 1))
            (data (i32.const 65535) "xx")
            (func (export "f") (param i32) (result i32) unreachable))"#;
        let texts = [
            work,
            memory.to_owned(),
            segment.to_owned(),
            DOUBLE.to_owned(),
        ];
        let calls = Calls::default();
        let mut guest = Guest::new(engine, CALLS, (), |linker| {
            let loader = move |caller: &mut Caller<'_, ()>, _: &Load<()>| {
                let text = &texts[calls.fetch_add(1, Ordering::Relaxed)];
                Module::from_text_or_binary(caller.engine(), text.as_bytes()).map(Some)
            };
            linker.lazy("late", "primary", loader).unwrap();
        });
        let kinds = [(); 3].map(|()| guest.error("call", &[4]).kind());
        let out_of_bounds = ErrorKind::Trap(TrapCode::MemoryOutOfBounds);
        assert_eq!(kinds, [ErrorKind::Compile, ErrorKind::Limit, out_of_bounds]);
        assert_eq!(guest.i32("call", &[4]), 9);
        guest.check_idle();
    });
}

/// Late modules in a row, of which each needs the next in its start function.
fn row(engine: &Engine, length: usize) -> Guest<()> {
    let name = |i: usize| format!("late{i}").replace("late0", "late");
    Guest::new(engine, CALLS, (), |linker| {
        for i in 0..length {
            let part = format!(
                r#"(module (import "{}" "f" (func $f (param i32) (result i32)))
                (global $g (mut i32) (i32.const 0))
                (func $start (global.set $g (call $f (i32.const 1))))
                (func (export "f") (param i32) (result i32)
                  (i32.add (local.get 0) (global.get $g)))
                (start $start))"#,
                name(i + 1)
            );
            lazy(linker, &name(i), &part);
        }
        lazy(linker, &name(length), DOUBLE);
    })
}

#[test]
fn a_row_of_late_modules_each_of_whose_start_functions_needs_the_next() {
    everywhere(|engine| {
        let mut guest = row(engine, 100);
        // Each gives one more than the next.
        assert_eq!(guest.i32("tail", &[1]), 102);
        guest.check_idle();
    });
    // The stack of the host ends before this row does.
    let mut guest = row(&Engine::default(), 3000);
    let error = guest.error("tail", &[1]);
    assert_eq!(error.trap(), Some(TrapCode::HostStackOverflow), "{error:#}");
    guest.check_idle();
}

#[test]
fn a_late_function_that_the_host_holds() {
    everywhere(|engine| {
        let primary = r#"(module (import "late" "f" (func $f (param i32) (result i32)))
            (export "f" (func $f)))"#;
        let (mut guest, _) = program(engine, primary, DOUBLE);
        let held: Func = guest.func("f");
        let mut results = [Val::I32(0)];
        held.call(&mut guest.store, &[Val::I32(8)], &mut results)
            .unwrap();
        assert_eq!(results[0].i32(), Some(16));
        let typed = held.typed::<i32, i32>(&mut guest.store).unwrap();
        assert_eq!(typed.call(&mut guest.store, 4).unwrap(), 8);

        // The same placeholder, imported twice and of two types.
        let twice = r#"(module (import "late" "f" (func $f (param i32) (result i32)))
            (import "late" "f" (func $g (param i32) (result i32)))
            (import "late" "f" (func $h (param i64) (result i32)))
            (func (export "sum") (param i32) (result i32)
              (i32.add (call $f (local.get 0)) (call $g (local.get 0))))
            (func (export "wrong") (result i32) (call $h (i64.const 1))))"#;
        let (mut guest, calls) = program(engine, twice, DOUBLE);
        assert_eq!(guest.i32("sum", &[3]), 12);
        let error = guest.error("wrong", &[]);
        assert_eq!(error.kind(), ErrorKind::Link);
        assert!(error.to_string().contains("(i64) -> (i32)"), "{error}");
        assert_eq!(count(&calls), 1);
    });
}
