//! Calls of an instance with a second stack and no regions: one at a time, unless they are let.

mod common;

use bident::{
    Config, Engine, Error, ErrorKind, Extern, Func, Global, GlobalType, Instance, Outcome, Reply,
    SecondStack, SecondStackOptions, Store, Tasks, TrapCode, Val, ValType,
};
use common::{Guest, both, module, parked_call, returned_i32};

/// Keeps its argument on the second stack while it waits; -1 traps after the wait, -2 before it.
const GUEST: &str = r#"
    (import "host" "wait" (func $wait))
    (memory 2)
    (func $work (export "work") (param $n i32) (result i32) (local $frame i32)
      (if (i32.eq (local.get $n) (i32.const -2)) (then unreachable))
      (global.set $__stack_pointer
        (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 16))))
      (i32.store (local.get $frame) (local.get $n))
      (call $wait)
      (if (i32.eq (local.get $n) (i32.const -1)) (then unreachable))
      (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 16)))
      (i32.load (local.get $frame)))
    (func (export "plain") (result i32) (local $frame i32)
      (local.set $frame (i32.sub (global.get $__stack_pointer) (i32.const 16)))
      (i32.store (local.get $frame) (i32.const 99))
      (i32.load (local.get $frame)))"#;

const OWN: &str = "(global $__stack_pointer (mut i32) (i32.const 65536))";

fn guest(engine: &Engine) -> Guest<()> {
    let wat = format!("(module {GUEST} {OWN})");
    Guest::new(engine, &wat, (), |linker| {
        linker
            .func_wrap("host", "wait", || Reply::<()>::Pending(()))
            .unwrap();
    })
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Error>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
    for text in ["__stack_pointer", "SecondStack", "share_second_stack"] {
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn one_call_at_a_time() {
    both(|engine| {
        let mut guest = guest(engine);
        let work = guest.func("work");
        let instance = guest.instance;
        assert_eq!(SecondStack::of(&guest.store, &instance), None);
        for _ in 0..3 {
            let call = guest.park("work", &[Val::I32(7)]);
            refused(work.start(&mut guest.store, &[Val::I32(8)]));
            let typed = work.typed::<i32, i32>(&mut guest.store).unwrap();
            refused(typed.start(&mut guest.store, 8).map(drop));
            // Those that cannot park end before anything else goes on.
            assert_eq!(guest.i32("plain", &[]), 99);
            assert_eq!(returned_i32(call.resume(&mut guest.store, &[])), 7);
        }
        guest.check_idle();
    });
}

#[test]
fn every_end_lets_the_next_begin() {
    both(|engine| {
        let mut guest = guest(engine);
        let work = guest.func("work");
        let next = |guest: &mut Guest<()>| {
            let call = guest.park("work", &[Val::I32(5)]);
            assert_eq!(returned_i32(call.resume(&mut guest.store, &[])), 5);
        };
        // Dropped, cancelled with an error, trapped after and before the wait.
        drop(guest.park("work", &[Val::I32(1)]));
        next(&mut guest);
        let call = guest.park("work", &[Val::I32(1)]);
        let error = call.throw(&mut guest.store, Error::msg("no")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Host);
        next(&mut guest);
        let call = guest.park("work", &[Val::I32(-1)]);
        let error = call.resume(&mut guest.store, &[]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::Unreachable));
        next(&mut guest);
        let error = work.start(&mut guest.store, &[Val::I32(-2)]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::Unreachable));
        next(&mut guest);
        // A call that could not go on is still there.
        let call = guest.park("work", &[Val::I32(6)]);
        let mut error = call.resume(&mut guest.store, &[Val::I32(0)]).unwrap_err();
        refused(work.start(&mut guest.store, &[Val::I32(8)]));
        let call = error.take_parked().unwrap();
        assert_eq!(returned_i32(call.resume(&mut guest.store, &[])), 6);
        // One that outlives its store harms nobody.
        let call = guest.park("work", &[Val::I32(1)]);
        drop(guest);
        drop(call);
    });
}

#[test]
fn regions_come_instead() {
    both(|engine| {
        let mut guest = guest(engine);
        let (instance, work) = (guest.instance, guest.func("work"));
        let call = guest.park("work", &[Val::I32(1)]);
        assert_eq!(returned_i32(call.resume(&mut guest.store, &[])), 1);
        let options = SecondStackOptions::new();
        let second = SecondStack::new(&mut guest.store, &instance, &options).unwrap();
        assert_eq!(SecondStack::of(&guest.store, &instance), Some(second));
        let calls: Vec<_> = (0..10)
            .map(|n| parked_call(work.start(&mut guest.store, &[Val::I32(n)])))
            .collect();
        for (n, call) in calls.into_iter().enumerate() {
            let result = returned_i32(call.resume(&mut guest.store, &[]));
            assert_eq!(result as usize, n);
        }
        guest.check_idle();
    });
}

#[test]
fn who_is_let_shares() {
    both(|engine| {
        let let_by_store = |store: &mut Store<()>| store.share_second_stack(true);
        let engines = [
            engine.clone(),
            Engine::new(&Config::new().share_second_stack(true)).unwrap(),
        ];
        for (engine, by_store) in engines.iter().zip([true, false]) {
            let mut store = Store::new(engine, ());
            if by_store {
                let_by_store(&mut store);
            }
            let mut guest = Guest::within(store, &format!("(module {GUEST} {OWN})"), |linker| {
                linker
                    .func_wrap("host", "wait", || Reply::<()>::Pending(()))
                    .unwrap();
            });
            let first = guest.park("work", &[Val::I32(1)]);
            let second = guest.park("work", &[Val::I32(2)]);
            // Each below the other: right in this order.
            assert_eq!(returned_i32(second.resume(&mut guest.store, &[])), 2);
            assert_eq!(returned_i32(first.resume(&mut guest.store, &[])), 1);
        }
    });
}

#[test]
fn instances_that_share_the_pointer_take_turns() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let ty = GlobalType {
            content: ValType::I32,
            mutable: true,
        };
        let pointer = Global::new(&mut store, ty, Val::I32(65536)).unwrap();
        let wait = Func::wrap(&mut store, || Reply::<()>::Pending(())).unwrap();
        let import = r#"(import "env" "__stack_pointer" (global $__stack_pointer (mut i32)))"#;
        let module = module(engine, &format!("(module {import} {GUEST})"));
        let imports: [Extern; 2] = [pointer.into(), wait.into()];
        let work = [0, 1].map(|_| {
            let instance = Instance::new(&mut store, &module, &imports).unwrap();
            instance.get_func(&mut store, "work").unwrap()
        });
        let call = parked_call(work[0].start(&mut store, &[Val::I32(3)]));
        refused(work[1].start(&mut store, &[Val::I32(4)]));
        assert_eq!(returned_i32(call.resume(&mut store, &[])), 3);
        let call = parked_call(work[1].start(&mut store, &[Val::I32(4)]));
        assert_eq!(returned_i32(call.resume(&mut store, &[])), 4);
    });
}

#[test]
fn what_is_no_pointer_hinders_nobody() {
    let engine = Engine::default();
    for global in [
        "(global $__stack_pointer (mut i64) (i64.const 0))",
        "(global $__stack_pointer i32 (i32.const 0))",
        "(global $other (mut i32) (i32.const 0))",
    ] {
        let wat = format!(
            r#"(module (import "host" "wait" (func $wait)) (memory 1) {global}
                 (func (export "work") (call $wait)))"#
        );
        let mut guest = Guest::new(&engine, &wat, (), |linker| {
            linker
                .func_wrap("host", "wait", || Reply::<()>::Pending(()))
                .unwrap();
        });
        let calls = [0, 1].map(|_| guest.park("work", &[]));
        for call in calls {
            let outcome = call.resume(&mut guest.store, &[]);
            assert!(matches!(outcome, Ok(Outcome::Returned(_))));
        }
    }
}

/// A second task begins while the first waits: it ends with the error, the first goes on.
#[test]
fn tasks_are_refused_one_by_one() {
    both(|engine| {
        let wat = format!("(module {GUEST} {OWN})");
        let mut guest = Guest::new(engine, &wat, (), |linker| {
            linker
                .func_wrap_async("host", "wait", |_: bident::Accessor<()>| async {
                    // Once later.
                    let mut waited = false;
                    std::future::poll_fn(move |context| {
                        if std::mem::replace(&mut waited, true) {
                            return std::task::Poll::Ready(());
                        }
                        context.waker().wake_by_ref();
                        std::task::Poll::Pending
                    })
                    .await;
                })
                .unwrap();
        });
        let work = guest.func("work").typed::<i32, i32>(&mut guest.store);
        let work = work.unwrap();
        let mut tasks = Tasks::new(&guest.store);
        let mut spawned: Vec<_> = (0..3).map(|n| tasks.spawn(&work, n).unwrap()).collect();
        let context = &mut std::task::Context::from_waker(std::task::Waker::noop());
        while !tasks.is_empty() {
            let _polled = std::pin::pin!(tasks.run(&mut guest.store)).poll(context);
        }
        let [first, second, third] = &mut spawned[..] else {
            unreachable!();
        };
        assert_eq!(first.try_take().unwrap().unwrap(), 0);
        refused(second.try_take().unwrap());
        refused(third.try_take().unwrap());
    });
}
