//! Host functions that call back into WebAssembly, and what cannot be parked because of it.

mod common;

use bident::{Caller, Config, Engine, Error, ErrorKind, Func, Linker, Outcome, Reply};
use bident::{ParkedCall, SharedStore, TrapCode, Val};
use common::{Guest, both, both_with, module, names, parked_call, returned_i32};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the host functions of `GUEST` keep.
#[derive(Default)]
struct Host {
    /// Suspensions that host functions got from calls of their own.
    parked: Vec<ParkedCall>,
    /// Results of activations that host functions brought to their end.
    results: Vec<i32>,
    /// Texts of errors that host functions saw and passed over.
    errors: Vec<String>,
    /// Whether calls back use `start`.
    start: bool,
}

type Context<'a> = Caller<'a, Host>;

/// Every function keeps a value across its call of the host that depends on its parameter.
const GUEST: &str = r#"(module $guest
    (import "host" "read" (func $read (result i32)))
    (import "host" "back" (func $back (param i32) (result i32)))
    (import "host" "launch" (func $launch (param i32) (result i32)))
    (import "host" "finish" (func $finish (param i32) (result i32)))
    (import "host" "fail" (func $fail (param i32) (result i32)))
    (func $kept (param i32) (result i32) (i32.mul (local.get 0) (i32.const 1000)))
    (func $read1 (export "read") (param $n i32) (result i32)
      (i32.add (call $kept (local.get $n)) (call $read)))
    ;; Calls back through the host until nothing is left, then reads.
    (func $nest (export "nest") (param $n i32) (result i32)
      (i32.add (call $kept (local.get $n))
        (if (result i32) (i32.eqz (local.get $n))
          (then (i32.const 1))
          (else (call $back (i32.sub (local.get $n) (i32.const 1)))))))
    ;; The host parks another activation and keeps it.
    (func $launches (export "launch") (param $n i32) (result i32)
      (i32.add (call $kept (local.get $n)) (call $launch (local.get $n))))
    (func $launches_and_reads (export "launch and read") (param $n i32) (result i32)
      (i32.add (call $launch (local.get $n)) (call $read1 (local.get $n))))
    ;; The host resumes what it keeps.
    (func (export "finish") (param $n i32) (result i32)
      (i32.add (call $kept (local.get $n)) (call $finish (local.get $n))))
    (func $inner (export "inner") (param $n i32) (result i32) (call $fail (local.get $n)))
    (func $outer (export "outer") (param $n i32) (result i32)
      (i32.add (call $kept (local.get $n)) (call $back (local.get $n))))
    (func $trap (export "trap") (param i32) (result i32) unreachable)
    (func $endless (export "endless") (param i32) (result i32)
      (i32.add (i32.const 1) (call $back (local.get 0)))))"#;

fn export(caller: &mut Context<'_>, name: &str) -> Func {
    caller.get_export(name).unwrap().into_func().unwrap()
}

/// Calls an export of the calling instance from a host function.
fn call(caller: &mut Context<'_>, name: &str, n: i32) -> Result<i32, Error> {
    let func = export(caller, name);
    if caller.data().start {
        return match func.start(&mut *caller, &[Val::I32(n)])? {
            Outcome::Returned(values) => Ok(values[0].i32().unwrap()),
            _ => Err(Error::msg("it parked")),
        };
    }
    let mut results = [Val::I32(0)];
    func.call(caller, &[Val::I32(n)], &mut results)?;
    Ok(results[0].i32().unwrap())
}

/// `host.read` is pending; `host.launch` parks a call of `read`; `host.finish` resumes what was parked
/// last; `host.back` calls this export.
fn define(linker: &mut Linker<Host>, back: &'static str) {
    linker
        .func_wrap("host", "read", || Reply::<i32>::Pending(()))
        .unwrap()
        .func_wrap("host", "back", move |mut caller: Context<'_>, n: i32| {
            call(&mut caller, back, n)
        })
        .unwrap()
        .func_wrap("host", "launch", |mut caller: Context<'_>, n: i32| {
            let read = export(&mut caller, "read");
            let outcome = read.start(&mut caller, &[Val::I32(n)]);
            caller.data_mut().parked.push(parked_call(outcome));
            n
        })
        .unwrap()
        .func_wrap("host", "finish", |mut caller: Context<'_>, n: i32| {
            let parked = caller.data_mut().parked.pop().expect("one is parked");
            let outcome = parked.resume(&mut caller, &[Val::I32(n)]);
            let result = returned_i32(outcome);
            caller.data_mut().results.push(result);
            result
        })
        .unwrap()
        .func_wrap("host", "fail", |n: i32| -> Result<i32, Error> {
            match n {
                0 => Err(Error::new(std::io::Error::other("it fails"))),
                1 => Err(TrapCode::IntegerOverflow.into()),
                _ => panic!("it panics"),
            }
        })
        .unwrap();
}

fn guest(engine: &Engine, back: &'static str) -> Guest<Host> {
    Guest::new(engine, GUEST, Host::default(), |l| define(l, back))
}

#[track_caller]
fn call_i32(guest: &mut Guest<Host>, name: &str, n: i32) -> i32 {
    guest.call(name, &[Val::I32(n)]).unwrap()[0].i32().unwrap()
}

#[test]
fn a_host_function_calls_back() {
    both(|engine| {
        let mut guest = guest(engine, "nest");
        for start in [false, true] {
            guest.store.data_mut().start = start;
            for depth in 0..4 {
                let expected = depth * (depth + 1) / 2 * 1000 + 1;
                assert_eq!(call_i32(&mut guest, "nest", depth), expected);
                let outcome = guest.start("nest", &[Val::I32(depth)]);
                assert_eq!(returned_i32(outcome), expected);
            }
        }
        guest.check_idle();
    });
}

#[test]
fn what_a_host_function_parked_is_resumed_from_outside() {
    both(|engine| {
        let mut guest = guest(engine, "launch");
        for (seed, name) in [(1, "launch"), (2, "outer")] {
            for n in 0..10 {
                // `outer` keeps a value too, one activation further out.
                let kept = if name == "outer" { 2 } else { 1 };
                assert_eq!(call_i32(&mut guest, name, n), n * 1000 * kept + n);
            }
            let mut parked = std::mem::take(&mut guest.store.data_mut().parked);
            assert_eq!(guest.store.stats().live, 10);
            common::Random(seed).shuffle(&mut parked);
            let mut results: Vec<_> = parked
                .into_iter()
                .map(|p| returned_i32(p.resume(&mut guest.store, &[Val::I32(7)])))
                .collect();
            results.sort_unstable();
            assert_eq!(results, Vec::from_iter((0..10).map(|n| n * 1000 + 7)));
        }
        guest.check_idle();
    });
}

#[test]
fn what_a_host_function_parked_is_resumed_by_another() {
    both(|engine| {
        let mut guest = guest(engine, "finish");
        for n in 0..10 {
            assert_eq!(call_i32(&mut guest, "launch", n), n * 1001);
        }
        for n in (0..10).rev() {
            // Directly, or from one activation further in.
            let name = if n % 2 == 0 { "finish" } else { "outer" };
            let results = call_i32(&mut guest, name, n);
            let resumed = n * 1000 + n;
            assert_eq!(results, n * 1000 * (1 + n % 2) + resumed);
            assert_eq!(guest.store.data().results.last(), Some(&resumed));
        }
        guest.check_idle();
    });
}

#[test]
fn inner_and_outer_activations_park_and_end_in_any_order() {
    both(|engine| {
        let mut guest = guest(engine, "nest");
        for inner_first in [false, true] {
            let outer: Vec<_> = (0..5)
                .map(|n| guest.park("launch and read", &[Val::I32(n)]))
                .collect();
            let inner = std::mem::take(&mut guest.store.data_mut().parked);
            assert_eq!(guest.store.stats().live, 10);
            let mut pairs = [(inner, 0), (outer, 1)];
            if !inner_first {
                pairs.reverse();
            }
            for (calls, launched) in pairs {
                for (n, call) in calls.into_iter().enumerate() {
                    let n = n as i32;
                    let outcome = call.resume(&mut guest.store, &[Val::I32(3)]);
                    assert_eq!(returned_i32(outcome), n * launched + n * 1000 + 3);
                }
            }
            guest.check_idle();
        }
    });
}

#[test]
fn a_host_function_calls_back_and_is_pending_after() {
    let wat = r#"(module
        (import "host" "deep then pending" (func $host (param i32) (result i32)))
        (func $deep (export "deep") (param $n i32) (result i32)
          (if (result i32) (i32.eqz (local.get $n)) (then (i32.const 0))
            (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get $n) (i32.const 1)))))))
        (func (export "go") (param $n i32) (result i32)
          (i32.add (local.get $n) (i32.add (call $host (local.get $n)) (call $deep (i32.const 300))))))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, Host::default(), |linker| {
            let host = |mut caller: Context<'_>, n: i32| {
                assert_eq!(call(&mut caller, "deep", n * 50)?, n * 50);
                Ok::<_, Error>(Reply::<i32>::Pending(()))
            };
            linker.func_wrap("host", "deep then pending", host).unwrap();
        });
        let parked: Vec<_> = (0..10).map(|n| guest.park("go", &[Val::I32(n)])).collect();
        for (n, call) in parked.into_iter().enumerate().rev() {
            let outcome = call.resume(&mut guest.store, &[Val::I32(1000)]);
            assert_eq!(returned_i32(outcome), n as i32 + 1300);
        }
        guest.check_idle();
    });
}

#[test]
fn a_host_frame_is_a_barrier() {
    both(|engine| {
        let mut guest = guest(engine, "read");
        let check = |error: &Error| {
            assert_eq!(error.kind(), ErrorKind::Barrier, "{error}");
            assert!(error.to_string().contains("host.read"), "{error}");
        };
        // `call` at the outside.
        let error = guest.call("read", &[Val::I32(1)]).unwrap_err();
        check(&error);
        assert_eq!(names(&error), ["read1"]);
        // `call` inside `start`.
        let error = guest.start("outer", &[Val::I32(1)]).unwrap_err();
        check(&error);
        assert_eq!(names(&error), ["read1", "outer"]);
        // `start` inside `call`.
        guest.store.data_mut().start = true;
        let error = guest.call("outer", &[Val::I32(1)]).unwrap_err();
        assert!(error.to_string().starts_with("it parked"), "{error}");
        guest.check_idle();
    });
}

#[test]
fn an_unnamed_host_function_meets_the_barrier_too() {
    both(|engine| {
        let mut guest = Guest::plain(engine, "(module)");
        let f = Func::wrap(&mut guest.store, || Reply::<()>::Pending(())).unwrap();
        let error = f.call(&mut guest.store, &[], &mut []).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Barrier);
        guest.check_idle();
    });
}

#[test]
fn a_start_function_is_a_barrier() {
    let own = r#"(module (import "host" "read" (func $read (result i32)))
        (func $main (drop (call $read))) (start $main))"#;
    let imported = r#"(module (import "host" "wait" (func $wait)) (start $wait))"#;
    both(|engine| {
        for (wat, name) in [(own, "host.read"), (imported, "host.wait")] {
            let mut linker = Linker::new(engine);
            linker
                .func_wrap("host", "read", || Reply::<i32>::Pending(()))
                .unwrap()
                .func_wrap("host", "wait", || Reply::<()>::Pending(()))
                .unwrap();
            let mut guest = Guest::plain(engine, "(module)");
            let error = linker
                .instantiate(&mut guest.store, &module(engine, wat))
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Barrier);
            assert!(error.to_string().contains(name), "{error}");
            guest.check_idle();
        }
    });
}

#[test]
fn a_trap_inside_is_an_error_to_the_host_function() {
    let wat = r#"(module
        (import "host" "try" (func $try (param i32) (result i32)))
        (func (export "run") (param $n i32) (result i32)
          (i32.add (i32.const 100) (call $try (local.get $n))))
        (func (export "divide") (param $n i32) (result i32)
          (i32.div_s (i32.const 12) (local.get $n))))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, Host::default(), |linker| {
            let attempt = |mut caller: Context<'_>, n: i32| match call(&mut caller, "divide", n) {
                Ok(n) => n,
                Err(error) => {
                    assert_eq!(error.trap(), Some(TrapCode::IntegerDivideByZero));
                    caller.data_mut().errors.push(error.to_string());
                    -1
                }
            };
            linker.func_wrap("host", "try", attempt).unwrap();
        });
        for _ in 0..3 {
            assert_eq!(call_i32(&mut guest, "run", 0), 99);
            assert_eq!(call_i32(&mut guest, "run", 4), 103);
        }
        assert_eq!(guest.store.data().errors.len(), 3);
        guest.check_idle();
    });
}

/// Ends of `inner` and what they look like from outside, two activations further out.
#[test]
fn an_error_unwinds_activation_after_activation() {
    both(|engine| {
        let mut guest = guest(engine, "inner");
        for start in [false, true] {
            guest.store.data_mut().start = start;
            let kept = guest.park("read", &[Val::I32(1)]);

            let error = guest.call("outer", &[Val::I32(0)]).unwrap_err();
            assert_eq!(names(&error), ["inner", "outer"]);
            assert_eq!(error.kind(), ErrorKind::Host);
            let cause = error.downcast::<std::io::Error>().unwrap();
            assert_eq!(cause.to_string(), "it fails");

            let error = guest.start("outer", &[Val::I32(1)]).unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::IntegerOverflow));
            assert_eq!(names(&error), ["inner", "outer"]);

            assert_eq!(guest.store.stats().live, 1);
            let outcome = kept.resume(&mut guest.store, &[Val::I32(5)]);
            assert_eq!(returned_i32(outcome), 1005);
            guest.check_idle();
        }
    });
}

#[test]
fn a_trap_unwinds_activation_after_activation() {
    both(|engine| {
        let mut guest = guest(engine, "trap");
        let error = guest.call("outer", &[Val::I32(0)]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::Unreachable));
        assert_eq!(names(&error), ["trap", "outer"]);
        guest.check_idle();
    });
}

#[test]
fn a_panic_of_a_host_function_comes_out_as_one() {
    both(|engine| {
        let mut guest = guest(engine, "inner");
        let kept = guest.park("read", &[Val::I32(1)]);
        for name in ["inner", "outer"] {
            for start in [false, true] {
                let run = AssertUnwindSafe(|| match start {
                    true => drop(guest.start(name, &[Val::I32(2)])),
                    false => drop(guest.call(name, &[Val::I32(2)])),
                });
                let panic = catch_unwind(run).unwrap_err();
                assert_eq!(panic.downcast_ref::<&str>(), Some(&"it panics"));
                assert_eq!(guest.store.stats().live, 1);
            }
        }
        let outcome = kept.resume(&mut guest.store, &[Val::I32(5)]);
        assert_eq!(returned_i32(outcome), 1005);
        guest.check_idle();
    });
}

#[test]
fn a_panic_after_a_resume_comes_out_of_the_resume() {
    let wat = r#"(module
        (import "host" "read" (func $read (result i32)))
        (import "host" "panic" (func $panic))
        (func (export "go") (drop (call $read)) (call $panic)))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, (), |linker| {
            linker
                .func_wrap("host", "read", || Reply::<i32>::Pending(()))
                .unwrap()
                .func_wrap("host", "panic", || -> () { panic!("it panics late") })
                .unwrap();
        });
        for _ in 0..3 {
            let parked = guest.park("go", &[]);
            let resume = || drop(parked.resume(&mut guest.store, &[Val::I32(1)]));
            let panic = catch_unwind(AssertUnwindSafe(resume)).unwrap_err();
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"it panics late"));
            guest.check_idle();
        }
    });
}

fn endless_recursion_ends(engine: &Engine) {
    for start in [false, true] {
        let mut guest = guest(engine, "endless");
        guest.store.data_mut().start = start;
        let error = guest.call("endless", &[Val::I32(0)]).unwrap_err();
        assert!(
            matches!(
                error.trap(),
                Some(TrapCode::HostStackOverflow | TrapCode::StackMemoryExhausted)
            ) || error.kind() == ErrorKind::Limit,
            "{error}"
        );
        assert!(error.backtrace().len() > 10);
        guest.check_idle();
    }
}

#[test]
fn endless_mutual_recursion_is_an_error() {
    both(endless_recursion_ends);
    both_with(
        Config::new().max_stack_memory(64 << 10),
        endless_recursion_ends,
    );
}

#[test]
fn endless_mutual_recursion_on_a_small_host_stack_is_an_error() {
    both(|engine| {
        let engine = engine.clone();
        std::thread::Builder::new()
            .stack_size(512 << 10)
            .spawn(move || endless_recursion_ends(&engine))
            .unwrap()
            .join()
            .unwrap();
    });
}

#[test]
fn the_message_tells_which_stack_was_used_up() {
    both(|engine| {
        let mut guest = guest(engine, "endless");
        let error = guest.call("endless", &[Val::I32(0)]).unwrap_err();
        assert!(error.to_string().starts_with("call stack exhausted"));
    });
}

#[test]
fn two_stores_nest() {
    let wat = r#"(module
        (import "host" "other" (func $other (param i32) (result i32)))
        (func $go (export "go") (param $n i32) (result i32)
          (i32.add (local.get $n) (call $other (local.get $n)))
          ;; Grows after the other store has run.
          (i32.add (i32.sub (call $deep (i32.const 900)) (i32.const 900))))
        (func $deep (param $n i32) (result i32)
          (if (result i32) (i32.eqz (local.get $n)) (then (i32.const 0))
            (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get $n) (i32.const 1))))))))"#;
    let inner = r#"(module (func (export "f") (param $n i32) (result i32)
          (i32.div_u (i32.const 100) (local.get $n)))
        (func $deep (export "deep") (param $n i32) (result i32)
          (if (result i32) (i32.eqz (local.get $n)) (then (i32.const 0))
            (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get $n) (i32.const 1))))))))"#;
    both(|engine| {
        let inner = Guest::plain(engine, inner);
        let mut outer = Guest::new(engine, wat, inner, |linker| {
            let other = |mut caller: Caller<'_, Guest<()>>, n: i32| {
                let inner = caller.data_mut();
                let deep = inner.call("deep", &[Val::I32(n * 10)]).unwrap();
                assert_eq!(deep[0].i32(), Some(n * 10));
                Ok::<_, Error>(inner.call("f", &[Val::I32(n)])?[0].i32().unwrap())
            };
            linker.func_wrap("host", "other", other).unwrap();
        });
        for n in [1, 5, 50] {
            let results = outer.call("go", &[Val::I32(n)]).unwrap();
            assert_eq!(results[0].i32(), Some(n + 100 / n));
        }
        // A trap of the inner store ends the outer activation, since the host function passes it on.
        let error = outer.call("go", &[Val::I32(0)]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::IntegerDivideByZero));
        outer.store.data_mut().check_idle();
        outer.check_idle();
    });
}

#[test]
fn a_shared_store_is_lent_to_callbacks() {
    thread_local! {
        static SHARED: std::cell::RefCell<Option<SharedStore<()>>> =
            const { std::cell::RefCell::new(None) };
    }
    let shared = || SHARED.with_borrow(|s| s.clone().expect("set below"));
    let wat = r#"(module
        (import "host" "callback" (func $callback (param i32) (result i32)))
        (func $nest (export "nest") (param $n i32) (result i32)
          (if (result i32) (local.get $n)
            (then (i32.add (local.get $n)
                           (call $callback (i32.sub (local.get $n) (i32.const 1)))))
            (else (i32.const 0)))))"#;
    both(|engine| {
        let Guest {
            mut store,
            instance,
        } = Guest::new(engine, wat, (), |linker| {
            let callback = move |mut caller: Caller<'_, ()>, n: i32| {
                let nest = caller.get_export("nest").unwrap().into_func().unwrap();
                assert!(shared().try_with(|_| ()).is_none(), "not lent yet");
                shared().lend(&mut caller, || {
                    // Stands for code that knows only the shared store.
                    shared().with(|store| {
                        let nest = nest.typed::<i32, i32>(&mut *store)?;
                        nest.call(store, n)
                    })
                })
            };
            linker.func_wrap("host", "callback", callback).unwrap();
        });
        let nest = instance
            .get_typed_func::<i32, i32>(&mut store, "nest")
            .unwrap();
        SHARED.set(Some(SharedStore::new(store)));
        for n in 0..5 {
            let result = shared().with(|store| nest.call(store, n)).unwrap();
            assert_eq!(result, n * (n + 1) / 2);
        }
        assert_eq!(shared().with(|store| store.stats().live), 0);
        SHARED.set(None);
    });
}
