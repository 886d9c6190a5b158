//! Lazy loading: a program in two parts, the second of which comes when it is needed.

mod common;

use bident::{Engine, Error, ErrorKind, Exception, ExternRef, Instance, Lasting, Linker, Load};
use bident::{Module, Outcome, ParkedCall, Reply, Store, TrapCode, Val};
use common::{Guest, Random, both, module, parked_call, returned_i32};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The part that is there: functions of the other one lie in its table, as `wasm-split` puts them.
const PRIMARY: &str = r#"(module
    (type $i (func (param i32) (result i32)))
    (import "placeholder" "0" (func $p0 (type $i)))
    (import "placeholder" "1" (func $p1 (type $i)))
    (tag $t (export "t") (param i32))
    (table $other 3 funcref)
    (table $table (export "table") 5 funcref)
    (elem (table $table) (i32.const 2) func $p0 $p1)
    (global $count (export "count") (mut i32) (i32.const 0))
    (func (export "zero") (param i32) (result i32)
      (i32.add (i32.const 1000) (call_indirect $table (type $i) (local.get 0) (i32.const 2))))
    (func (export "one") (param i32) (result i32) (call $p1 (local.get 0)))
    (func (export "tail") (param i32) (result i32) (return_call $p1 (local.get 0)))
    (func (export "catch") (param i32) (result i32)
      (block $caught (result i32)
        (try_table (result i32) (catch $t $caught) (call $p1 (local.get 0)))))
    (export "again" (func $p0)))"#;

/// The other part: doubles, or does what the text says.
fn secondary(one: &str) -> String {
    format!(
        r#"(module
        (import "primary" "table" (table 5 funcref))
        (import "primary" "count" (global $count (mut i32)))
        (import "primary" "t" (tag $t (param i32)))
        (import "host" "read" (func $read (result i32)))
        (func $zero (param i32) (result i32)
          (global.set $count (i32.add (global.get $count) (i32.const 1)))
          (i32.mul (local.get 0) (i32.const 2)))
        (func $one (param i32) (result i32) {one})
        (elem (i32.const 2) $zero $one))"#
    )
}

const NEGATE: &str = "(i32.sub (i32.const 0) (local.get 0))";

/// How often a loader was called.
type Calls = Arc<AtomicUsize>;

/// A primary part whose other part is loaded at once.
fn at_once(engine: &Engine, primary: &str, secondary: &str) -> (Guest<()>, Calls) {
    let (calls, text) = (Calls::default(), secondary.to_owned());
    let counter = calls.clone();
    let guest = Guest::new(engine, primary, (), |linker| {
        read(linker);
        let lazy = linker.lazy("placeholder", "primary", move |caller, load| {
            counter.fetch_add(1, Ordering::Relaxed);
            assert_eq!(load.module_name(), "placeholder");
            Ok(Some(module(caller.engine(), &text)))
        });
        lazy.unwrap();
    });
    (guest, calls)
}

/// A primary part whose other part takes time.
fn later(engine: &Engine, primary: &str) -> (Guest<()>, Calls) {
    let calls = Calls::default();
    let counter = calls.clone();
    let guest = Guest::new(engine, primary, (), |linker| {
        read(linker);
        let lazy = linker.lazy("placeholder", "primary", move |_, _| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(None)
        });
        lazy.unwrap();
    });
    (guest, calls)
}

fn read(linker: &mut Linker<()>) {
    linker
        .func_wrap("host", "read", || Reply::<i32>::Pending(()))
        .unwrap();
}

/// What a parked call waits for.
#[track_caller]
fn load_of(call: &mut ParkedCall) -> Load<()> {
    let load = call.payload().get_mut::<Load<()>>().expect("a load");
    load.clone()
}

/// Starts a call that waits for a load.
#[track_caller]
fn wait(guest: &mut Guest<()>, name: &str, param: i32) -> (ParkedCall, Load<()>) {
    let mut call = guest.park(name, &[Val::I32(param)]);
    let load = load_of(&mut call);
    (call, load)
}

fn finish(guest: &mut Guest<()>, load: &Load<()>, one: &str) {
    let module = module(guest.store.engine(), &secondary(one));
    load.finish(&mut guest.store, Ok(module)).unwrap();
}

#[test]
fn a_module_is_loaded_at_the_first_call_and_once() {
    both(|engine| {
        let (mut guest, calls) = at_once(engine, PRIMARY, &secondary(NEGATE));
        assert_eq!(calls.load(Ordering::Relaxed), 0, "nobody has called");
        for round in 1..4 {
            assert_eq!(guest.i32("zero", &[21]), 1042);
            assert_eq!(guest.i32("one", &[7]), -7);
            assert_eq!(guest.i32("tail", &[8]), -8);
            assert_eq!(guest.i32("again", &[4]), 8);
            let count = guest
                .instance
                .get_global(&mut guest.store, "count")
                .unwrap();
            assert_eq!(count.get(&mut guest.store).i32(), Some(2 * round));
            assert_eq!(calls.load(Ordering::Relaxed), 1);
        }
        guest.check_idle();
    });
}

#[test]
fn callers_wait_for_the_same_load_while_others_go_on() {
    both(|engine| {
        let (mut guest, calls) = later(engine, PRIMARY);
        let (a, load) = wait(&mut guest, "zero", 21);
        let (b, second) = wait(&mut guest, "one", 9);
        let (c, _) = wait(&mut guest, "tail", 3);
        assert!(load.same(&second) && !load.is_finished());
        assert_eq!(a.awaited_type(&guest.store).to_string(), "() -> ()");

        finish(&mut guest, &load, NEGATE);
        assert!(second.is_finished());
        assert_eq!(guest.i32("one", &[1]), -1, "calls need not wait any more");
        assert_eq!(returned_i32(load.resume(&mut guest.store, b)), -9);
        assert_eq!(returned_i32(second.resume(&mut guest.store, a)), 1042);
        drop(c);
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        guest.check_idle();
    });
}

#[test]
fn a_thousand_calls_during_the_load_end_in_any_order() {
    both(|engine| {
        let (mut guest, calls) = later(engine, PRIMARY);
        let mut waiting: Vec<_> = (0..1000).map(|i| (i, wait(&mut guest, "one", i))).collect();
        let load = waiting[0].1.1.clone();
        assert!(waiting.iter().all(|(_, (_, other))| other.same(&load)));
        finish(&mut guest, &load, NEGATE);
        let mut random = Random(7);
        while !waiting.is_empty() {
            let next = random.below(waiting.len());
            let (i, (call, load)) = waiting.swap_remove(next);
            assert_eq!(returned_i32(load.resume(&mut guest.store, call)), -i);
        }
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        guest.check_idle();
    });
}

#[test]
fn a_failed_load_is_an_error_at_each_waiting_call_and_the_next_tries_again() {
    both(|engine| {
        let (mut guest, calls) = later(engine, PRIMARY);
        let (a, load) = wait(&mut guest, "zero", 1);
        let (b, _) = wait(&mut guest, "one", 2);
        let (c, _) = wait(&mut guest, "one", 3);
        let lost = std::io::Error::other("the network is gone");
        load.finish(&mut guest.store, Err(Error::new(lost)))
            .unwrap();
        for (call, frame) in [(a, 2), (b, 3)] {
            let error = load.resume(&mut guest.store, call).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Host);
            assert!(format!("{error:#}").contains("the network is gone"));
            assert!(error.downcast_ref::<std::io::Error>().is_some());
            assert_eq!(error.backtrace()[0].func_index(), frame, "{error}");
        }

        // Not told of the failure, the call tries again by itself.
        let mut c = parked_call(c.resume(&mut guest.store, &[]));
        let again = load_of(&mut c);
        assert!(!again.same(&load));
        let (d, same) = wait(&mut guest, "zero", 4);
        assert!(same.same(&again));
        assert_eq!(calls.load(Ordering::Relaxed), 2);
        finish(&mut guest, &again, NEGATE);
        assert_eq!(returned_i32(again.resume(&mut guest.store, c)), -3);
        assert_eq!(returned_i32(again.resume(&mut guest.store, d)), 1008);
        guest.check_idle();
    });
}

#[test]
fn an_instantiation_that_fails_is_a_failed_load() {
    both(|engine| {
        let (mut guest, calls) = later(engine, PRIMARY);
        let (call, load) = wait(&mut guest, "one", 1);
        let unknown = module(engine, r#"(module (import "primary" "nothing" (func)))"#);
        load.finish(&mut guest.store, Ok(unknown)).unwrap();
        let error = load.resume(&mut guest.store, call).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Link);
        assert!(error.to_string().contains("primary.nothing"), "{error}");

        let (call, load) = wait(&mut guest, "one", 1);
        let traps = module(engine, "(module (func $f unreachable) (start $f))");
        load.finish(&mut guest.store, Ok(traps)).unwrap();
        let error = load.resume(&mut guest.store, call).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::Unreachable));

        let (call, load) = wait(&mut guest, "one", 1);
        finish(&mut guest, &load, NEGATE);
        assert_eq!(returned_i32(load.resume(&mut guest.store, call)), -1);
        assert_eq!(calls.load(Ordering::Relaxed), 3);
    });
}

#[test]
fn late_functions_may_wait() {
    both(|engine| {
        let waits = "(i32.add (local.get 0) (i32.add (call $read) (call $read)))";
        let (mut guest, _) = later(engine, PRIMARY);
        let (call, load) = wait(&mut guest, "one", 100);
        finish(&mut guest, &load, waits);
        let mut call = parked_call(load.resume(&mut guest.store, call));
        assert!(call.payload().is_none(), "it waits for something else");
        let other = guest.park("tail", &[Val::I32(200)]);
        let call = parked_call(call.resume(&mut guest.store, &[Val::I32(10)]));
        let other = parked_call(other.resume(&mut guest.store, &[Val::I32(20)]));
        assert_eq!(
            returned_i32(other.resume(&mut guest.store, &[Val::I32(2)])),
            222
        );
        assert_eq!(
            returned_i32(call.resume(&mut guest.store, &[Val::I32(1)])),
            111
        );
        guest.check_idle();
    });
}

#[test]
fn traps_and_exceptions_of_late_functions_pass_through() {
    both(|engine| {
        for load_first in [false, true] {
            let (mut guest, _) = at_once(engine, PRIMARY, &secondary("unreachable"));
            if load_first {
                guest.i32("zero", &[1]);
            }
            let error = guest.error("one", &[1]);
            assert_eq!(error.trap(), Some(TrapCode::Unreachable));
            let frames: Vec<_> = error.backtrace().iter().map(|f| f.func_index()).collect();
            assert_eq!(frames, [2, 3], "the late function, and who called: {error}");

            let throws = secondary("(throw $t (i32.add (local.get 0) (i32.const 1)))");
            let (mut guest, _) = at_once(engine, PRIMARY, &throws);
            if load_first {
                guest.i32("zero", &[1]);
            }
            assert_eq!(guest.i32("catch", &[41]), 42);
            assert_eq!(guest.error("one", &[1]).kind(), ErrorKind::Exception);
            guest.check_idle();
        }
    });
}

#[test]
fn a_load_may_fail_with_an_exception() {
    both(|engine| {
        let (mut guest, _) = later(engine, PRIMARY);
        let (a, load) = wait(&mut guest, "catch", 1);
        let (b, _) = wait(&mut guest, "catch", 1);
        let tag = guest.tag("t");
        let exception = Exception::new(&mut guest.store, tag, &[Val::I32(5)]).unwrap();
        load.finish(&mut guest.store, Err(exception.into()))
            .unwrap();
        assert_eq!(returned_i32(load.resume(&mut guest.store, a)), 5);
        assert_eq!(returned_i32(load.resume(&mut guest.store, b)), 5);
    });
}

#[test]
fn a_late_function_of_another_type_is_an_error_that_names_both() {
    both(|engine| {
        let other = r#"(module
            (import "primary" "table" (table 5 funcref))
            (func $zero (param i64) (result i32) (i32.const 1))
            (func (export "1") (param i32) (result f64) (f64.const 1))
            (elem (i32.const 2) $zero))"#;
        let (mut guest, calls) = at_once(engine, PRIMARY, other);
        for _ in 0..2 {
            let error = guest.error("one", &[1]);
            assert_eq!(error.kind(), ErrorKind::Link);
            let text = error.to_string();
            for part in ["`placeholder.1`", "(i32) -> (i32)", "(i32) -> (f64)"] {
                assert!(text.contains(part), "{text}");
            }
        }
        let text = guest.error("again", &[1]).to_string();
        assert!(
            text.contains("`placeholder.0`") && text.contains("(i64) -> (i32)"),
            "{text}"
        );
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_function_that_the_module_does_not_have_is_an_error_at_its_call() {
    both(|engine| {
        // One export is the placeholder itself, which must not call itself forever.
        let part = r#"(module
            (import "primary" "again" (func $again (param i32) (result i32)))
            (export "0" (func $again))
            (func (export "1") (param i32) (result i32) (i32.const 6)))"#;
        let (mut guest, _) = at_once(engine, PRIMARY, part);
        assert_eq!(guest.i32("one", &[1]), 6);
        let error = guest.error("zero", &[1]);
        assert_eq!(error.kind(), ErrorKind::Link);
        assert!(
            error
                .to_string()
                .contains("`placeholder.0` (function (i32) -> (i32))")
        );
    });
}

#[test]
fn where_nobody_can_wait_the_call_fails() {
    both(|engine| {
        let (mut guest, calls) = later(engine, PRIMARY);
        let error = guest.error("one", &[1]);
        assert_eq!(error.kind(), ErrorKind::Barrier);
        let text = error.to_string();
        assert!(text.contains("host function placeholder.1"), "{text}");
        // Nobody has kept that load, so it begins anew; this one goes on.
        let (call, load) = wait(&mut guest, "one", 2);
        assert_eq!(calls.load(Ordering::Relaxed), 2);
        assert_eq!(guest.error("one", &[1]).kind(), ErrorKind::Barrier);
        assert_eq!(calls.load(Ordering::Relaxed), 2);
        finish(&mut guest, &load, NEGATE);
        assert_eq!(guest.i32("one", &[1]), -1);
        assert_eq!(returned_i32(load.resume(&mut guest.store, call)), -2);
    });
}

#[test]
fn a_load_that_nobody_has_any_more_begins_anew() {
    both(|engine| {
        let (mut guest, calls) = later(engine, PRIMARY);
        let (a, load) = wait(&mut guest, "one", 1);
        a.cancel(&mut guest.store);
        let (b, same) = wait(&mut guest, "one", 2);
        assert!(same.same(&load), "it was kept");
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        b.cancel(&mut guest.store);
        drop((load, same));

        let (call, load) = wait(&mut guest, "one", 3);
        assert_eq!(calls.load(Ordering::Relaxed), 2);
        finish(&mut guest, &load, NEGATE);
        assert_eq!(returned_i32(load.resume(&mut guest.store, call)), -3);
        guest.check_idle();
    });
}

#[test]
fn a_call_that_goes_on_too_early_still_waits() {
    both(|engine| {
        let (mut guest, calls) = later(engine, PRIMARY);
        let (call, load) = wait(&mut guest, "one", 5);
        let mut error = load.resume(&mut guest.store, call).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        let call = error.take_parked().expect("still parked");
        let mut call = parked_call(call.resume(&mut guest.store, &[]));
        assert!(load_of(&mut call).same(&load));

        let mut other = Store::new(engine, ());
        let lost = || Err(Error::msg("lost"));
        assert_eq!(
            load.finish(&mut other, lost()).unwrap_err().kind(),
            ErrorKind::Usage
        );
        finish(&mut guest, &load, NEGATE);
        assert_eq!(
            load.finish(&mut guest.store, lost()).unwrap_err().kind(),
            ErrorKind::Usage
        );
        assert_eq!(returned_i32(load.resume(&mut guest.store, call)), -5);
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_loader_that_fails_or_panics_is_asked_again() {
    both(|engine| {
        let calls = Calls::default();
        let mut guest = Guest::new(engine, PRIMARY, (), |linker| {
            read(linker);
            let lazy = linker.lazy("placeholder", "primary", move |caller, load| {
                match calls.fetch_add(1, Ordering::Relaxed) {
                    0 => Err(Error::msg("not today")),
                    1 => panic!("a bug"),
                    2 => {
                        let module = module(caller.engine(), &secondary(NEGATE));
                        load.finish(caller, Ok(module))?;
                        Ok(None)
                    }
                    more => panic!("called {more} times"),
                }
            });
            lazy.unwrap();
        });
        assert!(
            guest
                .error("one", &[1])
                .to_string()
                .starts_with("not today")
        );
        let panic = catch_unwind(AssertUnwindSafe(|| guest.i32("one", &[1])));
        assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"a bug"));
        assert_eq!(guest.i32("one", &[3]), -3);
        guest.check_idle();
    });
}

#[test]
fn arguments_and_results_of_any_number_survive_the_load() {
    both(|engine| {
        let types = "i32 f64 externref f32 i64 i64 funcref i32 i64 f64 externref i32".repeat(2);
        let ty = format!("(param {types}) (result {types})");
        let gets: String = (0..24).map(|i| format!("(local.get {i})")).collect();
        let primary = format!(
            r#"(module (import "placeholder" "f" (func $f {ty}))
                 (func (export "f") {ty} (call $f {gets})))"#
        )
        .replace("i32i32", "i32 i32");
        let part = format!(r#"(module (func (export "f") {ty} {gets}))"#);
        let (primary, part) = (
            primary.replace("i32i32", "i32 i32"),
            part.replace("i32i32", "i32 i32"),
        );

        let (mut guest, _) = later(engine, &primary);
        let mut params = Vec::new();
        for i in 0..2 {
            let refs = [0, 1].map(|j| ExternRef::new(10 * i + j));
            let [a, b] = refs.map(|r| Val::ExternRef(Some(r)));
            let func = guest.func("f");
            params.extend([Val::I32(i), Val::F64(1 << i), a, Val::F32(3), Val::I64(4)]);
            params.extend([Val::I64(i64::MIN), Val::FuncRef(Some(func)), Val::I32(-1)]);
            params.extend([Val::I64(5), Val::F64(6), b, Val::I32(7)]);
        }
        let mut call = guest.park("f", &params);
        let load = load_of(&mut call);
        guest.store.gc();
        let part = module(engine, &part);
        load.finish(&mut guest.store, Ok(part)).unwrap();
        guest.store.gc();
        for outcome in [
            load.resume(&mut guest.store, call),
            guest.start("f", &params),
        ] {
            let Ok(Outcome::Returned(results)) = outcome else {
                panic!("it returns: {outcome:?}");
            };
            common::assert_values(&results, &params);
        }
    });
}

#[test]
fn each_instance_has_a_part_of_its_own() {
    both(|engine| {
        let mut linker = Linker::new(engine);
        read(&mut linker);
        let part = secondary(NEGATE);
        let lazy = linker.lazy("placeholder", "primary", move |caller, _| {
            Ok(Some(module(caller.engine(), &part)))
        });
        lazy.unwrap();
        let primary = module(engine, PRIMARY);
        let mut store = Store::new(engine, ());
        let instances: [Instance; 2] =
            [(); 2].map(|()| linker.instantiate(&mut store, &primary).unwrap());
        for (instance, calls) in instances.iter().zip([1, 3]) {
            for _ in 0..calls {
                let zero = instance.get_func(&mut store, "zero").unwrap();
                zero.call(&mut store, &[Val::I32(1)], &mut [Val::I32(0)])
                    .unwrap();
            }
            let count = instance.get_global(&mut store, "count").unwrap();
            assert_eq!(count.get(&mut store).i32(), Some(calls));
        }
        let again = linker.lazy("placeholder", "primary", |_, _| Ok(None));
        assert_eq!(again.err().map(|e| e.kind()), Some(ErrorKind::Link));
    });
}

#[test]
fn a_start_function_may_call_a_late_one() {
    both(|engine| {
        let primary = r#"(module
            (import "placeholder" "f" (func $f (param i32)))
            (global $g (export "g") (mut i32) (i32.const 0))
            (func $start (call $f (i32.const 5)))
            (start $start)
            (func (export "get") (result i32) (call $f (i32.const 2)) (global.get $g)))"#;
        let part = r#"(module (import "primary" "g" (global $g (mut i32)))
            (func (export "f") (param i32)
              (global.set $g (i32.add (global.get $g) (local.get 0)))))"#;
        let (mut guest, calls) = at_once(engine, primary, part);
        assert_eq!(guest.i32("get", &[]), 7);
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_continuation_of_a_late_function_parks_with_its_chain() {
    both(|engine| {
        let primary = r#"(module
            (type $f (func (param i32) (result i32)))
            (type $c (cont $f))
            (import "placeholder" "f" (func $f (type $f)))
            (elem declare func $f)
            (func (export "run") (param i32) (result i32)
              (resume $c (local.get 0) (cont.new $c (ref.func $f)))))"#;
        let (mut guest, _) = later(engine, primary);
        let (a, load) = wait(&mut guest, "run", 3);
        let (b, _) = wait(&mut guest, "run", 4);
        let part = r#"(module
            (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 10))))"#;
        let part: Module = module(engine, part);
        load.finish(&mut guest.store, Ok(part)).unwrap();
        assert_eq!(returned_i32(load.resume(&mut guest.store, b)), 40);
        assert_eq!(returned_i32(load.resume(&mut guest.store, a)), 30);
        assert_eq!(guest.i32("run", &[5]), 50);
        guest.check_freed();
    });
}

/// A late function that its instance only passes on keeps the instance, for which its module is loaded.
#[test]
fn who_has_a_late_function_has_its_instance() {
    let primary = r#"(module
        (import "placeholder" "f" (func $f (param i32) (result i32)))
        (global (export "seven") i32 (i32.const 7))
        (export "f" (func $f)))"#;
    let late = r#"(module
        (import "primary" "seven" (global $seven i32))
        (func (export "f") (param i32) (result i32)
          (i32.add (local.get 0) (global.get $seven))))"#;
    both(|engine| {
        let (mut guest, calls) = at_once(engine, primary, late);
        let f = guest.func("f");
        let kept = f.keep(&mut guest.store).unwrap();
        guest.instance.release(&mut guest.store).unwrap();
        let instances = guest.store.items().0;
        guest.store.gc();
        assert_eq!(guest.store.items().0, instances);
        for i in 0..3 {
            let mut results = [Val::I32(0)];
            f.call(&mut guest.store, &[Val::I32(i)], &mut results)
                .unwrap();
            assert_eq!(results[0].i32(), Some(i + 7));
            guest.store.gc();
        }
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        // Both go together.
        drop(kept);
        guest.store.gc();
        assert!(guest.store.items().0 < instances);
        let mut results = [Val::I32(0)];
        let gone = f.call(&mut guest.store, &[Val::I32(1)], &mut results);
        assert_eq!(gone.unwrap_err().kind(), ErrorKind::Usage);
    });
}
