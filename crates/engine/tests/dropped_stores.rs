//! What a store had goes to others when it is dropped: handles that are left over reach nothing of theirs.

mod common;

use bident::{
    Continuation, Engine, ErrorKind, Instance, Linker, Module, Outcome, ParkedCall, Reply, Store,
    Val,
};
use common::{both, module, parked_call};

const GUEST: &str = r#"(module
    (type $f (func (result i32)))
    (type $k (cont $f))
    (import "host" "wait" (func $wait (param i32) (result i32)))
    (tag $ask (export "ask") (param i32) (result i32))
    (memory (export "memory") 1)
    (global (export "global") (mut i32) (i32.const 5))
    (table (export "table") 2 funcref)
    (func (export "run") (param i32) (result i32)
      (i32.store (i32.const 0) (local.get 0))
      (i32.add (call $wait (local.get 0)) (i32.load (i32.const 0))))
    (func (export "asks") (result i32) (suspend $ask (i32.const 1))))"#;

fn guest(engine: &Engine, module: &Module) -> (Store<()>, Instance) {
    let mut linker: Linker<()> = Linker::new(engine);
    linker
        .func_wrap("host", "wait", |_: u32| Reply::<u32>::Pending(()))
        .unwrap();
    let mut store = Store::new(engine, ());
    let instance = linker.instantiate(&mut store, module).unwrap();
    (store, instance)
}

fn park(store: &mut Store<()>, instance: Instance, n: i32) -> ParkedCall {
    let run = instance.get_func(&mut *store, "run").unwrap();
    parked_call(run.start(store, &[Val::I32(n)]))
}

fn suspend(store: &mut Store<()>, instance: Instance) -> Continuation {
    let asks = instance.get_func(&mut *store, "asks").unwrap();
    let ask = instance.get_tag(&mut *store, "ask").unwrap();
    let fresh = Continuation::new(&mut *store, &asks).unwrap();
    let Outcome::Suspended(asked) = fresh.resume(store, &[], &[ask]).unwrap() else {
        panic!("it asks");
    };
    asked.continuation
}

#[track_caller]
fn is_refused<T>(result: Result<T, bident::Error>) {
    let error = result.err().expect("it is of another store");
    assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
}

#[test]
fn handles_of_a_dropped_store_reach_no_other() {
    both(|engine| {
        let module = module(engine, GUEST);
        for _ in 0..5 {
            let (mut old, instance) = guest(engine, &module);
            let call = park(&mut old, instance, 3);
            let waiting = suspend(&mut old, instance);
            let run = instance.get_func(&mut old, "run").unwrap();
            let memory = instance.get_memory(&mut old, "memory").unwrap();
            let ask = instance.get_tag(&mut old, "ask").unwrap();
            drop(old);

            // It has the records, the blocks and the memory of the other now.
            let (mut new, instance) = guest(engine, &module);
            let mut own = vec![park(&mut new, instance, 10), park(&mut new, instance, 11)];
            let suspended = suspend(&mut new, instance);
            is_refused(run.start(&mut new, &[Val::I32(1)]));
            is_refused(memory.read(&new, 0, &mut [0]));
            is_refused(memory.grow(&mut new, 1));
            is_refused(call.resume(&mut new, &[Val::I32(1)]));
            is_refused(waiting.resume(&mut new, &[Val::I32(1)], &[]));
            new.gc();

            let outcome = own
                .pop()
                .unwrap()
                .resume(&mut new, &[Val::I32(100)])
                .unwrap();
            let Outcome::Returned(results) = outcome else {
                panic!("it waits once")
            };
            assert_eq!(results[0].i32(), Some(111));
            let ask_here = instance.get_tag(&mut new, "ask").unwrap();
            assert_ne!(ask, ask_here);
            let outcome = suspended
                .resume(&mut new, &[Val::I32(9)], &[ask_here])
                .unwrap();
            let Outcome::Returned(results) = outcome else {
                panic!("it asks once")
            };
            assert_eq!(results[0].i32(), Some(9));
        }
    });
}

#[test]
fn calls_dropped_after_their_store_free_nothing_of_others() {
    both(|engine| {
        let module = module(engine, GUEST);
        for _ in 0..5 {
            let (mut old, instance) = guest(engine, &module);
            let calls: Vec<_> = (0..20).map(|n| park(&mut old, instance, n)).collect();
            let waiting = suspend(&mut old, instance);
            drop(old);
            let (mut new, instance) = guest(engine, &module);
            let own: Vec<_> = (0..20).map(|n| park(&mut new, instance, n)).collect();
            drop((calls, waiting));
            new.gc();
            assert_eq!(new.stats().live, 20);
            for call in own {
                let outcome = call.resume(&mut new, &[Val::I32(1)]).unwrap();
                assert!(matches!(outcome, Outcome::Returned(_)));
            }
        }
    });
}

#[test]
fn stores_on_several_threads_have_stacks_and_memories_of_their_own() {
    both(|engine| {
        let module = module(engine, GUEST);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let module = &module;
                scope.spawn(move || {
                    for round in 0..20 {
                        let all: Vec<_> = (0..10)
                            .map(|n| {
                                let (mut store, instance) = guest(engine, module);
                                let n = thread * 1000 + round * 10 + n;
                                let call = park(&mut store, instance, n);
                                (store, call, n)
                            })
                            .collect();
                        for (mut store, call, n) in all {
                            let outcome = call.resume(&mut store, &[Val::I32(n)]).unwrap();
                            let Outcome::Returned(results) = outcome else {
                                panic!("it waits once")
                            };
                            assert_eq!(results[0].i32(), Some(2 * n));
                        }
                    }
                });
            }
        });
    });
}
