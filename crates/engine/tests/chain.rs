//! Chains of continuations inside each other: host functions that park them, call back from them, and
//! stand in their way; chains of 100,000.

mod common;

use bident::{Caller, Engine, Error, ErrorKind, Exception, FuncType, Outcome, Reply, Store};
use bident::{ParkedCall, Tag, TrapCode, Val, ValType};
use common::{Guest, assert_values, both, names, parked_call, returned_i32};
use std::time::{Duration, Instant};

/// `nest(depth)`: that many continuations inside each other; the innermost reads twice and sums.
const READS: &str = r#"(module
    (import "host" "x" (tag $x (param i32)))
    (import "host" "read" (func $read (result i32)))
    (type $f (func (param i32) (result i32))) (type $c (cont $f))
    (tag $t)
    (elem declare func $nest $catch)
    (func $leaf (result i32)
      (block $h (result i32)
        (try_table (result i32) (catch $x $h) (i32.add (call $read) (call $read)))))
    (func $nest (export "nest") (type $f)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1)
          (resume $c (i32.sub (local.get 0) (i32.const 1)) (cont.new $c (ref.func $nest)))))
        (else (call $leaf))))
    ;; Catches outside of the continuations what is thrown into the innermost.
    (func $catch (export "catch") (type $f)
      (block $h (result i32)
        (try_table (result i32) (catch $x $h)
          (resume $c (local.get 0) (cont.new $c (ref.func $rethrow))))))
    (elem declare func $rethrow)
    (func $rethrow (type $f)
      (if (result i32) (local.get 0)
        (then (resume $c (i32.sub (local.get 0) (i32.const 1)) (cont.new $c (ref.func $rethrow))))
        (else (call $read)))))"#;

fn reads(engine: &Engine) -> (Guest<()>, Tag) {
    let mut store = Store::new(engine, ());
    let tag = Tag::new(&mut store, FuncType::new([ValType::I32], [])).unwrap();
    let guest = Guest::within(store, READS, |linker| {
        linker.define("host", "x", tag).unwrap();
        linker
            .func_wrap("host", "read", || Reply::<i32>::Pending(()))
            .unwrap();
    });
    (guest, tag)
}

#[test]
fn a_chain_parks_and_goes_on() {
    both(|engine| {
        let (mut guest, _) = reads(engine);
        for depth in [0, 1, 2, 3, 100] {
            let parked = guest.park("nest", &[Val::I32(depth)]);
            let live = depth as usize + 1;
            assert_eq!(guest.store.stats().live, live);
            guest.store.gc();
            assert_eq!(guest.store.stats().live, live);
            // Another chain runs meanwhile.
            let other = guest.park("nest", &[Val::I32(1)]);
            let parked = parked_call(parked.resume(&mut guest.store, &[Val::I32(10)]));
            guest.store.gc();
            other.cancel(&mut guest.store);
            assert_eq!(guest.store.stats().live, live);
            let outcome = parked.resume(&mut guest.store, &[Val::I32(20)]);
            assert_eq!(returned_i32(outcome), 30 + depth);
            guest.check_idle();
        }
    });
}

#[test]
fn a_parked_chain_is_cancelled_as_a_whole() {
    both(|engine| {
        let (mut guest, _) = reads(engine);
        for depth in [0, 1, 2, 100] {
            let parked = guest.park("nest", &[Val::I32(depth)]);
            parked.cancel(&mut guest.store);
            assert_eq!(guest.store.stats().live, 0);
            let parked = guest.park("nest", &[Val::I32(depth)]);
            let parked = parked_call(parked.resume(&mut guest.store, &[Val::I32(1)]));
            drop(parked);
            guest.check_idle();
            let parked = guest.park("nest", &[Val::I32(depth)]);
            let error = parked
                .throw(&mut guest.store, Error::msg("no"))
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Host);
            let mut expected = vec!["leaf"];
            expected.extend(vec!["nest"; depth.min(99) as usize + 1]);
            expected.truncate(100);
            assert_eq!(names(&error), expected);
            guest.check_idle();
        }
    });
}

#[test]
fn an_exception_is_thrown_into_a_parked_chain() {
    both(|engine| {
        let (mut guest, tag) = reads(engine);
        let exception = Exception::new(&mut guest.store, tag, &[Val::I32(50)]).unwrap();
        let throw = |guest: &mut Guest<()>, parked: ParkedCall, exception: &Exception| {
            parked.throw(&mut guest.store, exception.clone().into())
        };
        for depth in [0, 1, 2, 100] {
            // Caught by the function that reads.
            let parked = guest.park("nest", &[Val::I32(depth)]);
            let outcome = throw(&mut guest, parked, &exception);
            assert_eq!(returned_i32(outcome), 50 + depth);
            // Caught outside of all continuations.
            let parked = guest.park("catch", &[Val::I32(depth)]);
            let outcome = throw(&mut guest, parked, &exception);
            assert_eq!(returned_i32(outcome), 50);
            // Another tag: not caught.
            let other = Tag::new(&mut guest.store, FuncType::new([], [])).unwrap();
            let other = Exception::new(&mut guest.store, other, &[]).unwrap();
            let parked = guest.park("catch", &[Val::I32(depth)]);
            let error = throw(&mut guest, parked, &other).unwrap_err();
            assert!(error.exception().unwrap().same(&other));
            guest.check_idle();
        }
    });
}

/// Host functions that call back from inside continuations.
const BACK: &str = r#"(module
    (import "host" "back" (func $back (param i32 i32) (result i32)))
    (import "host" "read" (func $read (result i32)))
    (type $f (func (param i32 i32) (result i32))) (type $c (cont $f))
    (type $late (func (param i32) (result i32))) (type $k (cont $late))
    (tag $t (result i32))
    (elem declare func $level)
    ;; `rest` activations of the host to go; in each, `depth` continuations inside each other.
    (func $level (export "level") (type $f)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1)
          (resume $c (i32.sub (local.get 0) (i32.const 1)) (local.get 1)
            (cont.new $c (ref.func $level)))))
        (else
          (i32.add
            (i32.add
              (if (result i32) (local.get 1)
                (then (call $back (i32.const 2) (i32.sub (local.get 1) (i32.const 1))))
                (else (i32.const 0)))
              ;; Handled by the outermost of this activation.
              (suspend $t))
            (i32.const 1000)))))
    ;; The same, with an answer of 100 to the suspension.
    (func $answered (export "answered") (type $f)
      (local $k (ref null $k))
      (block $on (result (ref $k))
        (return (resume $c (on $t $on) (local.get 0) (local.get 1)
          (cont.new $c (ref.func $level)))))
      (local.set $k)
      (resume $k (i32.const 100) (local.get $k)))
    (func (export "reading") (type $f)
      (i32.add (call $read) (call $answered (local.get 0) (local.get 1)))))"#;

/// What a host function does with its call back.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Back {
    /// Calls this export.
    Call(&'static str),
    /// Starts one that parks, and resumes it.
    Resume,
    /// Calls one that suspends without a handler of its own, and goes on after the trap.
    Suspend,
}

fn back(engine: &Engine, how: Back) -> Guest<Vec<String>> {
    let back = move |mut caller: Caller<'_, Vec<String>>, depth: i32, rest: i32| {
        let name = match how {
            Back::Call(name) => name,
            Back::Resume => "reading",
            Back::Suspend => "level",
        };
        let func = caller.get_export(name).unwrap().into_func().unwrap();
        let params = [Val::I32(depth), Val::I32(rest)];
        let mut outcome = func.start(&mut caller, &params);
        if how == Back::Suspend {
            caller
                .data_mut()
                .push(format!("{:#}", outcome.unwrap_err()));
            return Ok(0);
        }
        while let Ok(Outcome::Parked(parked)) = outcome {
            caller.gc();
            outcome = parked.resume(&mut caller, &[Val::I32(7)]);
        }
        caller.gc();
        outcome.map(|outcome| returned_i32(Ok(outcome)))
    };
    Guest::new(engine, BACK, Vec::new(), |linker| {
        linker
            .func_wrap("host", "back", back)
            .unwrap()
            .func_wrap("host", "read", || Reply::<i32>::Pending(()))
            .unwrap();
    })
}

#[test]
fn a_continuation_calls_back_through_the_host() {
    both(|engine| {
        for (how, each) in [(Back::Call("answered"), 1102), (Back::Resume, 1109)] {
            let mut guest = back(engine, how);
            for depth in 0..4 {
                for rest in 0..4 {
                    let expected = 1100 + depth + rest * each;
                    assert_eq!(guest.i32("answered", &[depth, rest]), expected, "{how:?}");
                    guest.check_idle();
                }
            }
        }
    });
}

/// A handler on the other side of a host frame is out of reach; the one on this side is not.
#[test]
fn a_host_frame_is_a_barrier_to_suspensions() {
    both(|engine| {
        let mut guest = back(engine, Back::Suspend);
        for depth in 0..4 {
            assert_eq!(guest.i32("answered", &[depth, 1]), 1100 + depth);
            guest.check_idle();
            let seen = std::mem::take(guest.store.data_mut());
            assert_eq!(seen, ["unhandled tag"]);
        }
        // Where the host function does not catch it, the trap ends the outer chain too.
        let mut guest = back(engine, Back::Call("level"));
        let error = guest.error("answered", &[3, 1]);
        assert_eq!(error.trap(), Some(TrapCode::UnhandledTag));
        let mut expected = vec!["level"; 3 + 4];
        expected.push("answered");
        assert_eq!(names(&error), expected);
        guest.check_idle();
    });
}

/// A host function in between that cannot be parked: pending is an error there, and the chain
/// outside of it is as it was.
#[test]
fn a_host_frame_is_a_barrier_to_pending_calls() {
    const WAT: &str = r#"(module
        (import "host" "call" (func $call (result i32)))
        (import "host" "read" (func $read (result i32)))
        (type $f (func (result i32))) (type $c (cont $f))
        (elem declare func $inner $outer)
        (func $inner (type $f) (call $read))
        (func (export "inner") (type $f) (resume $c (cont.new $c (ref.func $inner))))
        (func $outer (type $f) (i32.add (call $call) (call $read)))
        (func (export "go") (type $f) (resume $c (cont.new $c (ref.func $outer)))))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, WAT, (), |linker| {
            let call = |mut caller: Caller<'_, ()>| {
                let inner = caller.get_export("inner").unwrap().into_func().unwrap();
                let error = inner
                    .call(&mut caller, &[], &mut [Val::I32(0)])
                    .unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Barrier, "{error}");
                assert_eq!(names(&error), ["inner", "inner", "outer", "go"]);
                5
            };
            linker
                .func_wrap("host", "call", call)
                .unwrap()
                .func_wrap("host", "read", || Reply::<i32>::Pending(()))
                .unwrap();
        });
        let parked = guest.park("go", &[]);
        let outcome = parked.resume(&mut guest.store, &[Val::I32(2)]);
        assert_eq!(returned_i32(outcome), 7);
        guest.check_idle();
    });
}

/// `go(depth)` nests that many continuations, hands a suspension from the innermost to the outermost
/// handler, and resumes it. `trap(depth)` traps there instead.
const DEEP: &str = r#"(module $deep
    (type $f (func (param i32) (result i32))) (type $c (cont $f))
    (tag $up (param i32) (result i32)) (tag $other (result i32))
    (elem declare func $nest $trap)
    (func $nest (type $f)
      (if (result i32) (local.get 0)
        (then
          (block $never (result (ref $c))
            (return (i32.add (i32.const 1)
              (resume $c (on $other $never)
                (i32.sub (local.get 0) (i32.const 1)) (cont.new $c (ref.func $nest))))))
          (unreachable))
        (else (suspend $up (i32.const 5)))))
    (func (export "go") (param $depth i32) (result i32)
      (local $k (ref null $c))
      (block $on (result i32 (ref $c))
        (return (resume $c (on $up $on) (local.get $depth) (cont.new $c (ref.func $nest)))))
      (local.set $k)
      (resume $c (local.get $k)))
    (func $trap (export "trap") (type $f)
      (if (local.get 0) (then
        (return (resume $c
          (i32.sub (local.get 0) (i32.const 1)) (cont.new $c (ref.func $trap))))))
      (unreachable)))"#;

#[test]
fn a_hundred_thousand_continuations_inside_each_other() {
    const DEPTH: i32 = 100_000;
    both(|engine| {
        let mut guest = Guest::plain(engine, DEEP);
        for _ in 0..2 {
            let results = guest.call("go", &[Val::I32(DEPTH)]).unwrap();
            assert_values(&results, &[Val::I32(DEPTH + 5)]);
            guest.check_idle();
        }
        let error = guest.error("trap", &[DEPTH]);
        assert_eq!(error.trap(), Some(TrapCode::Unreachable));
        assert_eq!(names(&error), vec!["trap"; 100]);
        let text = error.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2 + 100 + 1);
        assert_eq!(lines[..2], ["unreachable", "wasm backtrace:"]);
        assert!(
            lines[101].ends_with("deep!trap, resumed by"),
            "{}",
            lines[101]
        );
        assert_eq!(lines[102].trim(), "...: more frames");
        guest.check_idle();
    });
}

#[test]
fn a_deep_chain_takes_linear_time() {
    let mut guest = Guest::plain(&Engine::default(), DEEP);
    let mut time = |name: &str, depth: i32| {
        let once = |guest: &mut Guest<()>| {
            let start = Instant::now();
            let _ = guest.call(name, &[Val::I32(depth)]);
            start.elapsed()
        };
        (0..3)
            .map(|_| once(&mut guest))
            .min()
            .unwrap_or(Duration::MAX)
    };
    for name in ["go", "trap"] {
        let (short, long) = (time(name, 25_000), time(name, 100_000));
        assert!(long < 12 * short, "{name}: {short:?}, {long:?}");
    }
}
