//! Async host functions: when they park, how they reach the store, what becomes of errors and panics.

mod common;

use bident::{
    Accessor, Config, Engine, Error, ErrorKind, Exception, ExternRef, Func, FuncType, Instance,
    Linker, Outcome, Reply, Store, Tag, TrapCode, Val, ValType,
};
use common::gate::{Gate, block_on, once};
use common::{Counter, Guest, both, both_with, module, parked_call, returned_i32};
use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

const GUEST: &str = r#"(module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "once") (param i32) (result i32) (i32.add (call $wait (local.get 0)) (i32.const 1)))
  (func (export "twice") (param i32) (result i32)
    (i32.add (call $wait (local.get 0)) (call $wait (local.get 0))))
  (func $dive (export "dive") (param $depth i32) (param i32) (result i32)
    (if (result i32) (local.get $depth)
      (then (i32.add (i32.const 1)
        (call $dive (i32.sub (local.get $depth) (i32.const 1)) (local.get 1))))
      (else (call $wait (local.get 1))))))"#;

/// A guest whose `wait` waits for the gate, and adds what it gets to the parameter.
fn gated(engine: &Engine, gate: &Gate) -> Guest<u32> {
    let gate = gate.clone();
    Guest::new(engine, GUEST, 0, |linker| {
        let wait = move |store: Accessor<u32>, n: i32| {
            let gate = gate.clone();
            async move {
                let value = gate.pass().await;
                store.with(|caller| *caller.data_mut() += 1)?;
                Ok::<_, Error>(n + value)
            }
        };
        linker.func_wrap_async("host", "wait", wait).unwrap();
    })
}

#[test]
fn a_future_that_is_ready_does_not_park() {
    both(|engine| {
        let gate = Gate::new();
        gate.open(10);
        let mut guest = gated(engine, &gate);
        let outcome = guest.start("twice", &[Val::I32(1)]);
        assert_eq!(returned_i32(outcome), 22);
        assert_eq!(*guest.store.data(), 2);
        guest.check_idle();
    });
}

#[test]
fn where_a_call_may_not_park_the_closure_does_not_run() {
    both(|engine| {
        let made = Arc::new(AtomicUsize::new(0));
        let count = made.clone();
        let mut guest = Guest::new(engine, GUEST, (), |linker| {
            let wait = move |n: i32| {
                count.fetch_add(1, Ordering::Relaxed);
                ready(n)
            };
            linker.func_wrap_async("host", "wait", wait).unwrap();
        });
        let error = guest.call("once", &[Val::I32(1)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Barrier);
        assert!(
            error.to_string().starts_with("host function host.wait"),
            "{error}"
        );
        assert_eq!(made.load(Ordering::Relaxed), 0);
        assert_eq!(returned_i32(guest.start("once", &[Val::I32(1)])), 2);
        assert_eq!(made.load(Ordering::Relaxed), 1);
        guest.check_idle();
    });
}

#[test]
fn call_async_waits_for_its_end() {
    both(|engine| {
        let gate = Gate::new();
        let mut guest = gated(engine, &gate);
        for depth in [0, 1, 100, 1000] {
            gate.close();
            let dive = guest.func("dive");
            let params = [Val::I32(depth), Val::I32(5)];
            let mut call = pin!(dive.call_async(&mut guest.store, &params));
            assert!(once(call.as_mut()).is_pending());
            assert!(once(call.as_mut()).is_pending());
            gate.open(7);
            let Poll::Ready(Ok(results)) = once(call) else {
                panic!("it waits for nothing else");
            };
            assert_eq!(results[0].i32(), Some(depth + 12));
        }
        let twice = guest
            .func("twice")
            .typed::<i32, i32>(&mut guest.store)
            .unwrap();
        assert_eq!(block_on(twice.call_async(&mut guest.store, 1)).unwrap(), 16);
        guest.check_idle();
    });
}

#[test]
fn a_future_of_a_call_goes_between_threads() {
    let engine = Engine::default();
    let gate = Gate::new();
    let mut guest = gated(&engine, &gate);
    let twice = guest
        .func("twice")
        .typed::<i32, i32>(&mut guest.store)
        .unwrap();
    let mut store = guest.store;
    let executor = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let call = executor.spawn(async move { twice.call_async(&mut store, 1).await });
    let opener = std::thread::spawn(move || gate.open(3));
    assert_eq!(executor.block_on(call).unwrap().unwrap(), 8);
    opener.join().unwrap();
}

#[test]
fn a_dropped_call_drops_the_future() {
    both(|engine| {
        let counter = Counter::default();
        let count = counter.clone();
        let mut guest = Guest::new(engine, GUEST, (), |linker| {
            let wait = move |n: i32| {
                let counted = count.counted();
                async move {
                    std::future::pending::<()>().await;
                    drop(counted);
                    n
                }
            };
            linker.func_wrap_async("host", "wait", wait).unwrap();
        });
        let func = guest.func("once");
        {
            let mut call = Box::pin(func.call_async(&mut guest.store, &[Val::I32(1)]));
            assert!(once(call.as_mut()).is_pending());
            assert_eq!(counter.live(), 1);
            drop(call);
        }
        assert_eq!(counter.live(), 0);
        guest.check_idle();
    });
}

#[test]
fn a_call_that_start_began_can_be_driven() {
    both(|engine| {
        let gate = Gate::new();
        let mut guest = gated(engine, &gate);
        let mut a = guest.park("once", &[Val::I32(1)]);
        // What it waits for is the engine's own: it can neither be taken nor given to another call.
        assert!(a.payload().is_none());
        let mut b = guest.park("twice", &[Val::I32(2)]);
        std::mem::swap(a.payload(), b.payload());
        gate.open(5);
        assert_eq!(returned_i32(block_on(b.drive(&mut guest.store))), 14);
        assert_eq!(returned_i32(block_on(a.drive(&mut guest.store))), 7);
        // Or it is answered, whatever its future thinks.
        gate.close();
        let a = guest.park("once", &[Val::I32(1)]);
        assert_eq!(
            returned_i32(a.resume(&mut guest.store, &[Val::I32(40)])),
            41
        );
        guest.check_idle();
    });
}

#[test]
fn a_pending_reply_has_nobody_to_resume_it() {
    both(|engine| {
        let mut guest = Guest::new(engine, GUEST, (), |linker| {
            let wait = |_: i32| Reply::<i32, _>::Pending(7_u8);
            linker.func_wrap("host", "wait", wait).unwrap();
        });
        let func = guest.func("once");
        let error = block_on(func.call_async(&mut guest.store, &[Val::I32(1)])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Barrier);
        assert!(
            error.to_string().contains("only async host functions"),
            "{error}"
        );
        assert_eq!(common::names(&error), ["once"]);
        guest.check_idle();
    });
}

#[test]
fn the_store_is_reached_only_in_a_poll() {
    both(|engine| {
        let kept = Arc::new(std::sync::Mutex::new(None));
        let keep = kept.clone();
        let mut guest = Guest::new(engine, GUEST, 5, |linker| {
            let wait = move |store: Accessor<i32>, n: i32| {
                *keep.lock().unwrap() = Some(store);
                // The closure itself reaches it, too.
                let before = store.with(|caller| *caller.data()).unwrap();
                async move {
                    let nested = store.with(|_| store.with(|_| ()))?;
                    assert_eq!(nested.unwrap_err().kind(), ErrorKind::Usage);
                    let elsewhere = std::thread::spawn(move || store.with(|_| ()));
                    assert!(elsewhere.join().unwrap().is_err());
                    tokio::task::yield_now().await;
                    let memory = store.with(|caller| {
                        let memory = caller.get_export("memory").unwrap().into_memory().unwrap();
                        memory.write(&mut *caller, 8, b"hello")
                    })?;
                    memory?;
                    store.with(|caller| *caller.data() + before + n)
                }
            };
            linker.func_wrap_async("host", "wait", wait).unwrap();
        });
        let func = guest.func("once");
        let results = block_on(func.call_async(&mut guest.store, &[Val::I32(100)])).unwrap();
        assert_eq!(results[0].i32(), Some(111));
        let memory = guest
            .instance
            .get_memory(&mut guest.store, "memory")
            .unwrap();
        let mut bytes = [0; 5];
        memory.read(&guest.store, 8, &mut bytes).unwrap();
        assert_eq!(&bytes, b"hello");
        let store = kept.lock().unwrap().take().unwrap();
        assert_eq!(store.with(|_| ()).unwrap_err().kind(), ErrorKind::Usage);
        drop(guest);
        assert_eq!(store.with(|_| ()).unwrap_err().kind(), ErrorKind::Usage);
    });
}

/// Tries to use the store where it is dropped.
struct Late(Accessor<i32>, Arc<AtomicUsize>);

impl Drop for Late {
    fn drop(&mut self) {
        let reached = self.0.with(|caller| *caller.data_mut() += 1).is_ok();
        self.1
            .fetch_add(1 + 100 * usize::from(reached), Ordering::Relaxed);
    }
}

#[test]
fn a_dropped_future_does_not_reach_the_store() {
    both(|engine| {
        let drops = Arc::new(AtomicUsize::new(0));
        let note = drops.clone();
        let mut guest = Guest::new(engine, GUEST, 0, |linker| {
            let wait = move |store: Accessor<i32>, n: i32| {
                let late = Late(store, note.clone());
                async move {
                    std::future::pending::<()>().await;
                    drop(late);
                    n
                }
            };
            linker.func_wrap_async("host", "wait", wait).unwrap();
        });
        drop(guest.park("once", &[Val::I32(1)]));
        guest.park("once", &[Val::I32(1)]).cancel(&mut guest.store);
        let call = guest.park("once", &[Val::I32(1)]);
        assert_eq!(
            returned_i32(call.resume(&mut guest.store, &[Val::I32(1)])),
            2
        );
        assert_eq!(drops.load(Ordering::Relaxed), 3);
        let call = guest.park("once", &[Val::I32(1)]);
        drop(guest);
        drop(call);
        assert_eq!(drops.load(Ordering::Relaxed), 4);
    });
}

#[test]
fn a_future_drives_calls_of_its_own_store_and_of_others() {
    both(|engine| {
        let gate = Gate::new();
        let inner = Arc::new(std::sync::Mutex::new(Some(gated(engine, &gate))));
        let mut guest = Guest::new(engine, GUEST, 0, |linker| {
            let inner = inner.clone();
            let wait = move |store: Accessor<i32>, n: i32| {
                let inner = inner.clone();
                async move {
                    // A plain call of another function of the instance, from inside the future.
                    store.with(|caller| {
                        let func = Func::wrap(&mut *caller, |n: i32| n + 1).unwrap();
                        let mut results = [Val::I32(0)];
                        func.call(&mut *caller, &[Val::I32(n)], &mut results)
                            .unwrap();
                        *caller.data_mut() = results[0].i32().unwrap();
                    })?;
                    let mut other = inner.lock().unwrap().take().unwrap();
                    let once = other.func("once");
                    let params = [Val::I32(n)];
                    let mut call = pin!(once.call_async(&mut other.store, &params));
                    let results = std::future::poll_fn(|context| {
                        let polled = call.as_mut().poll(context);
                        // The other store was lent meanwhile; this one is again.
                        store.with(|caller| *caller.data_mut() += 10)?;
                        polled
                    })
                    .await?;
                    Ok::<_, Error>(results[0].i32().unwrap())
                }
            };
            linker.func_wrap_async_local("host", "wait", wait).unwrap();
        });
        let once_func = guest.func("once");
        {
            let mut call = pin!(once_func.call_async(&mut guest.store, &[Val::I32(3)]));
            assert!(once(call.as_mut()).is_pending());
            gate.open(4);
            let Poll::Ready(Ok(results)) = once(call) else {
                panic!("the gate is open");
            };
            assert_eq!(results[0].i32(), Some(9));
        }
        assert_eq!(*guest.store.data(), 24);
        guest.check_idle();
    });
}

#[test]
fn a_local_future_stays_on_its_thread() {
    let engine = Engine::default();
    let mut guest = Guest::new(&engine, GUEST, (), |linker| {
        let wait = |n: i32| async move {
            let shared = std::rc::Rc::new(n);
            tokio::task::yield_now().await;
            *shared
        };
        linker.func_wrap_async_local("host", "wait", wait).unwrap();
    });
    let func = guest.func("once");
    let results = block_on(func.call_async(&mut guest.store, &[Val::I32(5)])).unwrap();
    assert_eq!(results[0].i32(), Some(6));
    let call = guest.park("once", &[Val::I32(5)]);
    let mut store = guest.store;
    let elsewhere = std::thread::spawn(move || block_on(call.drive(&mut store)).unwrap_err());
    let error = elsewhere.join().unwrap();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().contains("on another"), "{error}");
}

#[test]
fn errors_of_futures_end_the_call_and_exceptions_are_thrown() {
    const CATCHES: &str = r#"(module
      (import "host" "wait" (func $wait (param i32) (result i32)))
      (import "host" "tag" (tag $tag (param i32)))
      (func (export "run") (param i32) (result i32)
        (block $caught (result i32)
          (return (try_table (result i32) (catch $tag $caught) (call $wait (local.get 0)))))
        (i32.add (i32.const 1000))))"#;
    both(|engine| {
        // Early: at the first poll; late: after a wait.
        for late in [false, true] {
            let mut store = Store::new(engine, ());
            let ty = FuncType::new([ValType::I32], []);
            let tag = Tag::new(&mut store, ty).unwrap();
            let mut guest = Guest::within(store, CATCHES, |linker| {
                linker.define("host", "tag", tag).unwrap();
                let wait = move |store: Accessor<()>, n: i32| async move {
                    if late {
                        tokio::task::yield_now().await;
                    }
                    match n {
                        0 => Err(TrapCode::Unreachable.into()),
                        1 => Err(Error::msg("no luck")),
                        _ => Err(store.with(|caller| {
                            Exception::new(caller, tag, &[Val::I32(n)]).unwrap().into()
                        })?),
                    }
                };
                let wait = move |store, n| async move {
                    let failed: Result<i32, Error> = wait(store, n).await;
                    failed
                };
                linker.func_wrap_async("host", "wait", wait).unwrap();
            });
            let run = guest.func("run");
            let mut call = |n: i32| block_on(run.call_async(&mut guest.store, &[Val::I32(n)]));
            assert_eq!(call(0).unwrap_err().trap(), Some(TrapCode::Unreachable));
            let error = call(1).unwrap_err();
            assert_eq!(format!("{error:#}"), "no luck");
            assert_eq!(common::names(&error), ["run"]);
            assert_eq!(call(7).unwrap()[0].i32(), Some(1007));
            guest.check_freed();
        }
    });
}

#[test]
fn a_panic_of_a_future_reaches_who_polls() {
    both(|engine| {
        for late in [false, true] {
            let mut guest = Guest::new(engine, GUEST, (), |linker| {
                let wait = move |n: i32| async move {
                    if late {
                        tokio::task::yield_now().await;
                    }
                    match n {
                        0 => panic!("the future does"),
                        n => n,
                    }
                };
                linker.func_wrap_async("host", "wait", wait).unwrap();
            });
            let func = guest.func("once");
            let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                block_on(func.call_async(&mut guest.store, &[Val::I32(0)]))
            }));
            let panic = panicked.unwrap_err();
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"the future does"));
            let results = block_on(func.call_async(&mut guest.store, &[Val::I32(1)])).unwrap();
            assert_eq!(results[0].i32(), Some(2));
            guest.check_idle();
        }
    });
}

#[test]
fn dynamic_functions_take_and_give_values_of_every_kind() {
    both(|engine| {
        let mut guest = Guest::plain(engine, "(module)");
        let kinds = [
            ValType::I32,
            ValType::I64,
            ValType::F32,
            ValType::F64,
            ValType::V128,
            ValType::EXTERNREF,
            ValType::FUNCREF,
        ];
        let ty = FuncType::new(kinds, kinds);
        for waits in [false, true] {
            let echo = Func::new_async(&mut guest.store, ty.clone(), move |_, values| async move {
                if waits {
                    tokio::task::yield_now().await;
                }
                Ok(values)
            })
            .unwrap();
            let values = guest.values(&kinds, 1);
            let results = block_on(echo.call_async(&mut guest.store, &values)).unwrap();
            common::assert_values(&results[..5], &values[..5]);
            let number = |value: &Val| match value {
                Val::ExternRef(Some(value)) => value.data().downcast_ref::<usize>().copied(),
                _ => None,
            };
            assert_eq!(number(&results[5]), number(&values[5]));
        }
        // Wrong ones end the call.
        let ty = FuncType::new([], [ValType::I32]);
        for wrong in [vec![], vec![Val::I64(1)], vec![Val::I32(1), Val::I32(2)]] {
            let func = Func::new_async(&mut guest.store, ty.clone(), move |_, _| {
                let wrong = wrong.clone();
                async move { Ok(wrong) }
            })
            .unwrap();
            let error = block_on(func.call_async(&mut guest.store, &[])).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
        }
        guest.check_idle();
    });
}

#[test]
fn sixteen_parameters_and_results() {
    const WIDE: &str = r#"(module
      (type $wide (func
        (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64)
        (result i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64)))
      (import "host" "wait" (func $wait (type $wide)))
      (func (export "run") (type $wide)
        local.get 0 local.get 1 local.get 2 local.get 3 local.get 4 local.get 5 local.get 6 local.get 7
        local.get 8 local.get 9 local.get 10 local.get 11 local.get 12 local.get 13 local.get 14 local.get 15
        call $wait))"#;
    type Wide = (
        u32,
        u64,
        f32,
        f64,
        u32,
        u64,
        f32,
        f64,
        u32,
        u64,
        f32,
        f64,
        u32,
        u64,
        f32,
        f64,
    );
    both(|engine| {
        let mut guest = Guest::new(engine, WIDE, (), |linker| {
            let wait = |a: u32,
                        b: u64,
                        c: f32,
                        d: f64,
                        e: u32,
                        f: u64,
                        g: f32,
                        h: f64,
                        i: u32,
                        j: u64,
                        k: f32,
                        l: f64,
                        m: u32,
                        n: u64,
                        o: f32,
                        p: f64| async move {
                tokio::task::yield_now().await;
                (m, n, o, p, a, b, c, d, e, f, g, h, i, j, k, l)
            };
            linker.func_wrap_async("host", "wait", wait).unwrap();
        });
        let run = guest
            .func("run")
            .typed::<Wide, Wide>(&mut guest.store)
            .unwrap();
        let params: Wide = (
            1,
            2,
            3.0,
            4.0,
            u32::MAX,
            u64::MAX,
            7.0,
            8.0,
            9,
            10,
            11.0,
            12.0,
            13,
            14,
            15.0,
            16.0,
        );
        let results = block_on(run.call_async(&mut guest.store, params)).unwrap();
        let expected: Wide = (
            13,
            14,
            15.0,
            16.0,
            1,
            2,
            3.0,
            4.0,
            u32::MAX,
            u64::MAX,
            7.0,
            8.0,
            9,
            10,
            11.0,
            12.0,
        );
        let halves = |w: Wide| {
            let (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) = w;
            ((a, b, c, d, e, f, g, h), (i, j, k, l, m, n, o, p))
        };
        assert_eq!(halves(results), halves(expected));
        guest.check_idle();
    });
}

#[test]
fn references_come_through_collections() {
    both_with(Config::new().stress(true), |engine| {
        let mut linker: Linker<()> = Linker::new(engine);
        linker
            .func_wrap_async("host", "make", |n: i32| async move {
                tokio::task::yield_now().await;
                (Some(ExternRef::new(n)), Some(ExternRef::new(n + 1)))
            })
            .unwrap();
        let wat = r#"(module
          (import "host" "make" (func $make (param i32) (result externref externref)))
          (func (export "run") (result externref externref)
            (drop (drop (call $make (i32.const 5)))) (call $make (i32.const 7))))"#;
        let wat = wat.replace(
            "(drop (drop (call $make (i32.const 5))))",
            "(call $make (i32.const 5)) drop drop",
        );
        let mut store = Store::new(engine, ());
        let module = module(engine, &wat);
        let instance: Instance = linker.instantiate(&mut store, &module).unwrap();
        let run = instance.get_func(&mut store, "run").unwrap();
        let results = block_on(run.call_async(&mut store, &[])).unwrap();
        for (result, expected) in results.iter().zip([7, 8]) {
            let Val::ExternRef(Some(value)) = result else {
                panic!("no value");
            };
            assert_eq!(value.data().downcast_ref::<i32>(), Some(&expected));
        }
    });
}

#[test]
fn calls_of_one_store_are_not_driven_with_another() {
    both(|engine| {
        let gate = Gate::new();
        let (mut guest, mut other) = (gated(engine, &gate), gated(engine, &gate));
        let call = guest.park("once", &[Val::I32(1)]);
        gate.open(1);
        let mut error = block_on(call.drive(&mut other.store)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        let call = error.take_parked().expect("it still waits");
        assert_eq!(returned_i32(block_on(call.drive(&mut guest.store))), 3);
        guest.check_idle();
    });
}

#[test]
fn a_nested_start_inside_a_driven_call_is_polled_again_by_who_drives_it() {
    // The inner call is begun by a host function of the outer one, so its future saw the outer's waker.
    both(|engine| {
        let gate = Gate::new();
        let inner = Arc::new(std::sync::Mutex::new(None));
        let mut guest = Guest::new(engine, GUEST, (), |linker| {
            let (gate, inner) = (gate.clone(), inner.clone());
            let wait = move |store: Accessor<()>, n: i32| {
                let (gate, inner) = (gate.clone(), inner.clone());
                async move {
                    if n == 1 {
                        let started = store.with(|caller| {
                            let once = caller.get_export("once").unwrap().into_func().unwrap();
                            once.start(&mut *caller, &[Val::I32(2)])
                        })?;
                        *inner.lock().unwrap() = Some(parked_call(started));
                        return Ok(0);
                    }
                    Ok::<_, Error>(gate.pass().await)
                }
            };
            linker.func_wrap_async("host", "wait", wait).unwrap();
        });
        let func = guest.func("once");
        let results = block_on(func.call_async(&mut guest.store, &[Val::I32(1)])).unwrap();
        assert_eq!(results[0].i32(), Some(1));
        let call = inner.lock().unwrap().take().unwrap();
        let opener = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(5));
            gate.open(8);
        });
        let Ok(Outcome::Returned(results)) = block_on(call.drive(&mut guest.store)) else {
            panic!("the gate was opened");
        };
        assert_eq!(results[0].i32(), Some(9));
        opener.join().unwrap();
        guest.check_idle();
    });
}
