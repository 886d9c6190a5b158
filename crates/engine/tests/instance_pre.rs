//! Instances of a module whose imports were found once.

mod common;

use bident::{
    Caller, Engine, Error, ErrorKind, Global, GlobalType, Linker, Memory, Module, Reply, Store,
    TypedOutcome, Val, ValType,
};
use common::{both, module};

const ADDS: &str = r#"(module
    (import "host" "own" (func $own (result i32)))
    (import "host" "wide" (func $wide (param i32 i64 f64 v128) (result i64 v128)))
    (memory (export "memory") 1)
    (func (export "run") (param $n i32) (result i32)
        (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (local.get $n)))
        (i32.add (call $own) (i32.load (i32.const 8))))
    (func (export "wide") (result i64)
        (call $wide (i32.const 1) (i64.const 2) (f64.const 3) (v128.const i64x2 4 5))
        (drop)))"#;

fn linker(engine: &Engine) -> Linker<i32> {
    let mut linker = Linker::new(engine);
    let own = |caller: Caller<'_, i32>| *caller.data();
    linker.func_wrap("host", "own", own).unwrap();
    let wide = |caller: Caller<'_, i32>, a: i32, b: i64, c: f64, d: u128| {
        (i64::from(*caller.data() + a) + b + c as i64, d)
    };
    linker.func_wrap("host", "wide", wide).unwrap();
    linker
}

#[test]
fn each_instance_has_its_own_memory_and_calls_with_its_own_store() {
    both(|engine| {
        let module = module(engine, ADDS);
        let pre = linker(engine).instantiate_pre(&module).unwrap();
        let mut stores: Vec<_> = (0..20).map(|n| Store::new(engine, 100 * n)).collect();
        for (n, store) in (0..).zip(&mut stores) {
            // Two in one store share nothing either.
            for _ in 0..2 {
                let instance = pre.instantiate(&mut *store).unwrap();
                let run = instance.get_typed_func::<i32, i32>(&mut *store, "run");
                let run = run.unwrap();
                assert_eq!(run.call(&mut *store, n).unwrap(), 101 * n);
                assert_eq!(run.call(&mut *store, 1).unwrap(), 101 * n + 1);
                let wide = instance.get_typed_func::<(), i64>(&mut *store, "wide");
                let wide = wide.unwrap().call(&mut *store, ()).unwrap();
                assert_eq!(wide, i64::from(100 * n + 1) + 5);
            }
        }
    });
}

#[test]
fn it_is_used_by_many_threads() {
    both(|engine| {
        let pre = linker(engine)
            .instantiate_pre(&module(engine, ADDS))
            .unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let pre = pre.clone();
                scope.spawn(move || {
                    for n in 0..50 {
                        let mut store = Store::new(engine, thread);
                        let instance = pre.instantiate(&mut store).unwrap();
                        let run = instance.get_typed_func::<i32, i32>(&mut store, "run");
                        assert_eq!(run.unwrap().call(&mut store, n).unwrap(), thread + n);
                    }
                });
            }
        });
    });
}

#[test]
fn what_is_missing_or_of_another_type_is_said_before_there_is_a_store() {
    both(|engine| {
        let missing = module(engine, r#"(module (import "host" "none" (func)))"#);
        let error = linker(engine).instantiate_pre(&missing).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Link);
        let text = "unknown import: `host.none` (function () -> ()) is not defined";
        assert_eq!(error.to_string(), text);
        let other = r#"(module (import "host" "own" (func (result i64))))"#;
        let other = module(engine, other);
        let early = linker(engine).instantiate_pre(&other).err().unwrap();
        let mut store = Store::new(engine, 0);
        let late = linker(engine).instantiate(&mut store, &other).unwrap_err();
        assert_eq!(early.kind(), ErrorKind::Link);
        assert_eq!(early.to_string(), late.to_string());
        let global = r#"(module (import "host" "own" (global i32)))"#;
        let error = linker(engine).instantiate_pre(&module(engine, global));
        assert_eq!(error.err().unwrap().kind(), ErrorKind::Link);
    });
}

#[test]
fn names_that_are_defined_later_do_not_matter() {
    both(|engine| {
        let mut linker = linker(engine);
        linker.allow_shadowing(true);
        let pre = linker.instantiate_pre(&module(engine, ADDS)).unwrap();
        linker.func_wrap("host", "own", || 7_777).unwrap();
        let mut store = Store::new(engine, 1);
        let instance = pre.instantiate(&mut store).unwrap();
        let run = instance.get_typed_func::<i32, i32>(&mut store, "run");
        assert_eq!(run.unwrap().call(&mut store, 2).unwrap(), 3);
    });
}

#[test]
fn items_of_a_store_are_for_that_store() {
    both(|engine| {
        let wat = r#"(module (import "a" "g" (global (mut i32)))
            (func (export "next") (result i32)
                (global.set 0 (i32.add (global.get 0) (i32.const 1))) (global.get 0)))"#;
        let mut store = Store::new(engine, 0);
        let ty = GlobalType {
            content: ValType::I32,
            mutable: true,
        };
        let global = Global::new(&mut store, ty, Val::I32(4)).unwrap();
        let mut linker = Linker::new(engine);
        linker.define("a", "g", global).unwrap();
        let pre = linker.instantiate_pre(&module(engine, wat)).unwrap();
        for expected in [5, 6] {
            let instance = pre.instantiate(&mut store).unwrap();
            let next = instance.get_typed_func::<(), i32>(&mut store, "next");
            assert_eq!(next.unwrap().call(&mut store, ()).unwrap(), expected);
        }
        let mut other = Store::new(engine, 0);
        let error = pre.instantiate(&mut other).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
    });
}

#[test]
fn stores_and_modules_of_other_engines_are_refused() {
    both(|engine| {
        let other = Engine::default();
        let text = ADDS.as_bytes();
        let foreign = Module::from_text_or_binary(&other, text).unwrap();
        let error = linker(engine).instantiate_pre(&foreign).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Usage);
        let pre = linker(engine)
            .instantiate_pre(&module(engine, ADDS))
            .unwrap();
        let error = pre.instantiate(Store::new(&other, 0)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
    });
}

#[test]
fn a_start_function_may_be_left_to_the_host_and_park() {
    both(|engine| {
        let wat = r#"(module
            (import "host" "wait" (func $wait (result i32)))
            (memory (export "memory") 1)
            (func $start (i32.store (i32.const 0) (call $wait)))
            (start $start))"#;
        let mut linker = Linker::new(engine);
        let wait = || Reply::<i32>::Pending(());
        linker.func_wrap("host", "wait", wait).unwrap();
        let pre = linker.instantiate_pre(&module(engine, wat)).unwrap();
        let mut store = Store::new(engine, ());
        let error = pre.instantiate(&mut store).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Barrier);
        let (instance, start) = pre.without_start(&mut store).unwrap();
        let start = start.unwrap().typed::<(), ()>(&mut store).unwrap();
        let TypedOutcome::Parked(call) = start.start(&mut store, ()).unwrap() else {
            panic!("it waits");
        };
        call.resume(&mut store, 9).unwrap();
        let memory: Memory = instance.get_memory(&mut store, "memory").unwrap();
        let mut bytes = [0; 4];
        memory.read(&store, 0, &mut bytes).unwrap();
        assert_eq!(i32::from_le_bytes(bytes), 9);
    });
}

#[test]
fn modules_that_are_loaded_late_are_loaded_for_each_instance() {
    both(|engine| {
        let primary = r#"(module
            (import "late" "f" (func $f (result i32)))
            (func (export "main") (result i32) (call $f)))"#;
        let late = r#"(module (func (export "f") (result i32) (i32.const 7)))"#;
        let late = module(engine, late);
        let mut linker: Linker<u32> = Linker::new(engine);
        linker
            .lazy("late", "primary", move |caller, _| {
                *caller.data_mut() += 1;
                Ok::<_, Error>(Some(late.clone()))
            })
            .unwrap();
        let pre = linker.instantiate_pre(&module(engine, primary)).unwrap();
        let mut store = Store::new(engine, 0);
        for loaded in 1..=2 {
            let instance = pre.instantiate(&mut store).unwrap();
            let main = instance.get_typed_func::<(), i32>(&mut store, "main");
            let main = main.unwrap();
            assert_eq!(main.call(&mut store, ()).unwrap(), 7);
            assert_eq!(main.call(&mut store, ()).unwrap(), 7);
            assert_eq!(*store.data(), loaded);
        }
    });
}
