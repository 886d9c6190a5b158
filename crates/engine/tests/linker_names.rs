//! Names that a linker makes by itself: for what is missing, for whole modules, and for other names.

mod common;

use bident::{Caller, Engine, Error, ErrorKind, Instance, Linker, Reply, Store, TrapCode, Val};
use common::{both, module};
use std::error::Error as _;
use std::io;

#[test]
fn functions_that_are_missing_fail_when_they_are_called() {
    both(|engine| {
        let wat = r#"(module
            (import "a" "there" (func $there (result i32)))
            (import "a" "gone" (func $gone (param i32 externref) (result i64)))
            (import "b\n" "gone" (func $other))
            (func (export "there") (result i32) (call $there))
            (func (export "gone") (drop (call $gone (i32.const 1) (ref.null extern))))
            (func (export "other") (call $other)))"#;
        let module = module(engine, wat);
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        linker.func_wrap("a", "there", || 5).unwrap();
        linker.define_unknown_imports_as_traps(&module).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let call = |store: &mut Store<()>, name: &str| {
            let func = instance.get_func(&mut *store, name).unwrap();
            let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
            func.call(store, &[], &mut results).map(|()| results)
        };
        assert_eq!(call(&mut store, "there").unwrap()[0].i32(), Some(5));
        for (name, text) in [("gone", "`a.gone`"), ("other", "`b\\n.gone`")] {
            let error = call(&mut store, name).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Link, "{error}");
            assert!(error.to_string().contains(text), "{error}");
            assert_eq!(error.backtrace().len(), 1, "{error}");
        }
        // Again, for the same names: they are there.
        linker.define_unknown_imports_as_traps(&module).unwrap();
    });
}

#[test]
fn only_functions_are_made_to_fail() {
    let engine = Engine::default();
    let module = module(&engine, r#"(module (import "a" "memory" (memory 1)))"#);
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&module).unwrap();
    let error = linker.instantiate(Store::new(&engine, ()), &module);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Link);
}

#[test]
fn everything_has_a_default_value() {
    let wat = r#"(module
        (type $s (struct (field i32)))
        (import "a" "f" (func $f (param i32) (result i32 f64 externref (ref null $s) v128)))
        (import "a" "t" (table $t 3 funcref))
        (import "a" "m" (memory $m 2 5))
        (import "a" "g" (global $g (mut i64)))
        (import "a" "r" (global $r (ref null $s)))
        (import "a" "e" (tag $e (param i32)))
        (func (export "f") (result i32)
          (call $f (i32.const 1))
          (drop) (ref.is_null) (drop) (ref.is_null) (drop) (drop))
        (func (export "sizes") (result i32 i32 i64 i32)
          (table.size $t) (memory.size $m) (global.get $g) (ref.is_null (global.get $r)))
        (func (export "thrown") (result i32)
          (block $caught (result i32)
            (try_table (catch $e $caught) (throw $e (i32.const 9)))
            (i32.const 0))))"#;
    both(|engine| {
        let module = module(engine, wat);
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        linker
            .define_unknown_imports_as_default_values(&mut store, &module)
            .unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let f = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap();
        assert_eq!(f.call(&mut store, ()).unwrap(), 0);
        let sizes = instance.get_typed_func::<(), (i32, i32, i64, i32)>(&mut store, "sizes");
        assert_eq!(sizes.unwrap().call(&mut store, ()).unwrap(), (3, 2, 0, 1));
        let thrown = instance.get_typed_func::<(), i32>(&mut store, "thrown");
        assert_eq!(thrown.unwrap().call(&mut store, ()).unwrap(), 9);
        let names = linker.iter().filter(|(module, _)| *module == "a").count();
        assert_eq!(names, 6);
    });
}

#[test]
fn what_is_never_null_has_no_default_value() {
    for import in [
        "(func (result (ref func)))",
        "(global (ref extern))",
        "(table 1 (ref func))",
    ] {
        let engine = Engine::default();
        let wat = format!(r#"(module (import "a" "x" {import}))"#);
        let module = module(&engine, &wat);
        let mut linker = Linker::new(&engine);
        let mut store = Store::new(&engine, ());
        let error = linker.define_unknown_imports_as_default_values(&mut store, &module);
        let error = error.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Link, "{error}");
        assert!(error.to_string().contains("`a.x`"), "{error}");
    }
}

#[test]
fn names_stand_for_others() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap("a", "one", || 1).unwrap();
    linker.func_wrap("a", "two", || 2).unwrap();
    linker.alias(("a", "one"), ("b", "uno")).unwrap();
    linker.alias_module("a", "c").unwrap();
    for (module, name, value) in [("b", "uno", 1), ("c", "one", 1), ("c", "two", 2)] {
        let func = linker.get(&mut store, module, name).unwrap().unwrap();
        let func = func
            .into_func()
            .unwrap()
            .typed::<(), i32>(&mut store)
            .unwrap();
        assert_eq!(func.call(&mut store, ()).unwrap(), value);
    }
    let mut names: Vec<_> = linker.iter().collect();
    names.sort_unstable();
    let expected = [
        ("a", "one"),
        ("a", "two"),
        ("b", "uno"),
        ("c", "one"),
        ("c", "two"),
    ];
    assert_eq!(names, expected);
    for result in [
        linker.alias(("a", "three"), ("b", "tres")).err(),
        linker.alias(("a", "one"), ("b", "uno")).err(),
        linker.alias_module("z", "y").err(),
        linker.alias_module("a", "c").err(),
    ] {
        assert_eq!(result.unwrap().kind(), ErrorKind::Link);
    }
}

#[test]
fn reactors_are_instantiated_once() {
    both(|engine| {
        let reactor = r#"(module
            (global $n (mut i32) (i32.const 0))
            (func (export "_initialize") (global.set $n (i32.const 10)))
            (func (export "next") (result i32)
              (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))"#;
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        linker
            .module(&mut store, "r", &module(engine, reactor))
            .unwrap();
        let next = linker.get(&mut store, "r", "next").unwrap().unwrap();
        let next = next
            .into_func()
            .unwrap()
            .typed::<(), i32>(&mut store)
            .unwrap();
        assert_eq!(next.call(&mut store, ()).unwrap(), 11);
        assert_eq!(next.call(&mut store, ()).unwrap(), 12);
        // One that cannot begin is not defined.
        let failing = r#"(module (func (export "_initialize") unreachable))"#;
        let error = linker
            .module(&mut store, "f", &module(engine, failing))
            .err();
        assert_eq!(error.unwrap().trap(), Some(TrapCode::Unreachable));
        assert!(!linker.contains("f", "_initialize"));
    });
}

/// A command, and a program that calls it.
const COMMAND: &str = r#"(module
    (import "host" "count" (func $count))
    (memory (export "memory") 1)
    (global $n (mut i32) (i32.const 0))
    (func (export "_start") (call $count))
    (func (export "next") (param i32) (result i32 i64)
      (call $count)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (if (i32.eqz (local.get 0)) (then unreachable))
      (i32.add (global.get $n) (local.get 0)) (i64.const 7)))"#;

#[test]
fn commands_are_instantiated_for_each_call() {
    both(|engine| {
        let mut store = Store::new(engine, 0u32);
        let mut linker = Linker::new(engine);
        linker
            .func_wrap("host", "count", |mut caller: Caller<'_, u32>| {
                *caller.data_mut() += 1
            })
            .unwrap();
        linker
            .module(&mut store, "c", &module(engine, COMMAND))
            .unwrap();
        assert_eq!(*store.data(), 0);
        assert!(!linker.contains("c", "memory"));
        let wat = r#"(module
            (import "c" "_start" (func $start))
            (import "c" "next" (func $next (param i32) (result i32 i64)))
            (func (export "run") (param i32) (result i32) (call $start) (call $next (local.get 0)) (drop)))"#;
        let instance = linker
            .instantiate(&mut store, &module(engine, wat))
            .unwrap();
        let run = instance
            .get_typed_func::<i32, i32>(&mut store, "run")
            .unwrap();
        assert_eq!(run.call(&mut store, 5).unwrap(), 6);
        assert_eq!(run.call(&mut store, 5).unwrap(), 6);
        assert_eq!(*store.data(), 4);
        let error = run.call(&mut store, 0).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::Unreachable), "{error}");
        // The instances go.
        store.gc();
        let before = store.items();
        for i in 0..2000 {
            let called = run.call(&mut store, i % 3);
            assert_eq!(called.is_ok(), i % 3 != 0);
        }
        store.gc();
        assert_eq!(store.items(), before);
    });
}

#[test]
fn commands_cannot_wait_and_export_functions_only() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, 0u32);
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "count", || Reply::<()>::Pending(()))
        .unwrap();
    linker
        .module(&mut store, "c", &module(&engine, COMMAND))
        .unwrap();
    let start = linker.get(&mut store, "c", "_start").unwrap().unwrap();
    let error = start.into_func().unwrap().start(&mut store, &[]).err();
    assert_eq!(error.unwrap().kind(), ErrorKind::Barrier);
    let with_a_global =
        r#"(module (func (export "_start")) (global (export "g") i32 (i32.const 0)))"#;
    let error = linker.module(&mut store, "d", &module(&engine, with_a_global));
    let error = error.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Link, "{error}");
    assert!(error.to_string().contains("global `g`"), "{error}");
}

#[test]
fn other_engines_are_refused() {
    let (engine, other) = (Engine::default(), Engine::default());
    let module = module(&other, COMMAND);
    let mut linker = Linker::<()>::new(&engine);
    let mut store = Store::new(&engine, ());
    for error in [
        linker.define_unknown_imports_as_traps(&module).err(),
        linker
            .define_unknown_imports_as_default_values(&mut store, &module)
            .err(),
        linker.module(&mut store, "c", &module).err(),
    ] {
        assert_eq!(error.unwrap().kind(), ErrorKind::Usage);
    }
}

/// An error of the host's keeps its source, and is found along the way that `source` gives.
#[test]
fn errors_of_the_host_are_sources() {
    fn failing() -> Result<(), Error> {
        Err(io::Error::new(io::ErrorKind::NotFound, "no such thing"))?;
        Ok(())
    }
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "fail", failing).unwrap();
    let wat = r#"(module (import "host" "fail" (func $fail)) (func (export "run") (call $fail)))"#;
    let instance: Instance = linker
        .instantiate(&mut store, &module(&engine, wat))
        .unwrap();
    let run = instance
        .get_typed_func::<(), ()>(&mut store, "run")
        .unwrap();
    let error = run.call(&mut store, ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Host);
    assert_eq!(format!("{error:#}"), "no such thing");
    let source = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    assert_eq!(source.map(io::Error::kind), Some(io::ErrorKind::NotFound));
    assert!(error.downcast::<io::Error>().is_ok());
}
