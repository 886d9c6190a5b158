//! Linking: names, what does not fit, and how the errors say so.

mod common;

use bident::{
    Caller, Engine, Error, ErrorKind, Extern, Func, Global, GlobalType, Instance, Limits, Linker,
    Memory, MemoryType, RefType, Reply, Store, Table, TableType, TrapCode, Val, ValType,
};
use common::{Guest, both, module, parked_call};
use std::sync::Arc;

#[track_caller]
fn link_error<T>(result: Result<T, Error>, texts: &[&str]) {
    let Err(error) = result else {
        panic!("it links");
    };
    assert_eq!(error.kind(), ErrorKind::Link, "{error}");
    for text in texts {
        assert!(error.to_string().contains(text), "{text}: {error}");
    }
}

#[test]
fn a_missing_import_is_named() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let linker = Linker::new(&engine);
    for (import, what) in [
        ("(func (param i32) (result f64))", "function"),
        ("(memory 1)", "memory"),
        ("(table 1 funcref)", "table"),
        ("(global i32)", "global"),
    ] {
        let wat = format!("(module (import \"env\" \"thing\" {import}))");
        let result = linker.instantiate(&mut store, &module(&engine, &wat));
        link_error(result, &["unknown import", "`env.thing`", what]);
    }
}

/// One thing of each kind, in a store.
fn things(store: &mut Store<()>) -> [(&'static str, Extern); 5] {
    let func = Func::wrap(&mut *store, |a: i32| f64::from(a)).unwrap();
    let limits = Limits {
        min: 2,
        max: Some(4),
    };
    let memory = Memory::new(&mut *store, MemoryType::new(limits.min, limits.max)).unwrap();
    let ty = TableType::new(RefType::FUNC, limits.min, limits.max);
    let table = Table::new(&mut *store, ty, Val::FuncRef(None)).unwrap();
    let mut global = |mutable| {
        let ty = GlobalType {
            content: ValType::I64,
            mutable,
        };
        Global::new(&mut *store, ty, Val::I64(5)).unwrap()
    };
    let (constant, variable) = (global(false), global(true));
    [
        ("func", func.into()),
        ("memory", memory.into()),
        ("table", table.into()),
        ("const", constant.into()),
        ("var", variable.into()),
    ]
}

#[test]
fn imports_must_fit() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    for (name, item) in things(&mut store) {
        linker.define("env", name, item).unwrap();
    }
    let mut instantiate = |name: &str, ty: &str| {
        let wat = format!("(module (import \"env\" \"{name}\" {ty}))");
        linker.instantiate(&mut store, &module(&engine, &wat))
    };
    for (name, fitting) in [
        ("func", "(func (param i32) (result f64))"),
        ("memory", "(memory 1)"),
        ("memory", "(memory 2 4)"),
        ("memory", "(memory 0 9)"),
        ("table", "(table 2 funcref)"),
        ("const", "(global i64)"),
        ("var", "(global (mut i64))"),
    ] {
        instantiate(name, fitting).unwrap();
    }
    for (name, unfitting) in [
        ("func", "(func (param i32) (result f32))"),
        ("func", "(func (param i32))"),
        ("func", "(memory 1)"),
        ("func", "(global i32)"),
        ("memory", "(memory 3)"),
        ("memory", "(memory 2 3)"),
        ("memory", "(table 1 funcref)"),
        ("table", "(table 3 funcref)"),
        ("table", "(table 1 3 funcref)"),
        ("table", "(table 2 externref)"),
        ("const", "(global (mut i64))"),
        ("const", "(global i32)"),
        ("var", "(global i64)"),
        ("var", "(func)"),
    ] {
        let place = format!("`env.{name}`");
        link_error(
            instantiate(name, unfitting),
            &["incompatible import type", &place],
        );
    }
    link_error(
        instantiate("memory", "(memory 3)"),
        &[
            "asks for a memory of 3.. pages",
            "a memory of 2..4 pages was given",
        ],
    );
}

#[test]
fn a_grown_memory_fits_by_its_current_size() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
        let wanting = module(engine, r#"(module (import "" "" (memory 3)))"#);
        let imports = [memory.into()];
        link_error(Instance::new(&mut store, &wanting, &imports), &[]);
        memory.grow(&mut store, 2).unwrap();
        Instance::new(&mut store, &wanting, &imports).unwrap();
    });
}

#[test]
fn the_number_of_imports_must_fit() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let f = Func::wrap(&mut store, || ()).unwrap();
    let module = module(&engine, r#"(module (import "a" "b" (func)))"#);
    for imports in [&[][..], &[f.into(), f.into()]] {
        link_error(Instance::new(&mut store, &module, imports), &["1 import"]);
    }
}

#[test]
fn imports_of_another_store_are_refused() {
    let engine = Engine::default();
    let (mut store, mut other) = (Store::new(&engine, ()), Store::new(&engine, ()));
    for (_, item) in things(&mut other) {
        for ty in [
            "(func (param i32) (result f64))",
            "(memory 1)",
            "(table 1 funcref)",
            "(global i64)",
        ] {
            let wat = format!("(module (import \"env\" \"thing\" {ty}))");
            let result = Instance::new(&mut store, &module(&engine, &wat), &[item]);
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
            assert!(error.to_string().contains("another store"), "{error}");
        }
    }
}

#[test]
fn a_name_is_defined_once_unless_shadowing_is_allowed() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap("a", "f", || 1).unwrap();
    link_error(linker.func_wrap("a", "f", || 2), &["`a.f`", "already"]);
    linker.func_wrap("b", "f", || 3).unwrap();
    let call = |linker: &Linker<()>| {
        let mut store = Store::new(&engine, ());
        let f = linker.get(&mut store, "a", "f").unwrap().unwrap();
        let f = f.into_func().unwrap().typed::<(), i32>(&mut store).unwrap();
        f.call(&mut store, ()).unwrap()
    };
    assert_eq!(call(&linker), 1);
    let before = linker.clone();
    linker.allow_shadowing(true);
    linker.func_wrap("a", "f", || 4).unwrap();
    assert_eq!((call(&before), call(&linker)), (1, 4));
    assert!(linker.contains("a", "f") && !linker.contains("a", "g"));
    let mut store = Store::new(&engine, ());
    assert!(linker.get(&mut store, "c", "f").unwrap().is_none());
}

#[test]
fn an_instance_provides_its_exports() {
    let provider = r#"(module
        (global (export "g") (mut i32) (i32.const 5))
        (memory (export "m") 1)
        (table (export "t") 2 funcref)
        (func (export "get") (result i32) (i32.load (i32.const 16))))"#;
    let user = r#"(module
        (import "p" "g" (global $g (mut i32)))
        (import "p" "m" (memory 1))
        (import "p" "t" (table 2 funcref))
        (import "p" "get" (func $get (result i32)))
        (elem (i32.const 1) $answer)
        (func $answer (result i32) (i32.const 42))
        (func (export "go") (result i32)
          (i32.store (i32.const 16) (i32.const 100))
          (global.set $g (i32.const 6))
          (i32.add (call $get) (call_indirect (result i32) (i32.const 1)))))"#;
    both(|engine| {
        let Guest {
            mut store,
            instance,
        } = Guest::plain(engine, provider);
        let mut linker = Linker::new(engine);
        linker.instance(&mut store, "p", instance).unwrap();
        let user = linker
            .instantiate(&mut store, &module(engine, user))
            .unwrap();
        let go = user.get_typed_func::<(), i32>(&mut store, "go").unwrap();
        assert_eq!(go.call(&mut store, ()).unwrap(), 142);
        let global = instance.get_global(&mut store, "g").unwrap();
        assert_eq!(global.get(&mut store).i32(), Some(6));
        assert_eq!(instance.exports(&mut store).len(), 4);
        link_error(linker.instance(&mut store, "p", instance), &["already"]);
    });
}

#[test]
fn host_functions_live_in_tables() {
    let wat = r#"(module
        (type $f (func (param i32) (result i32)))
        (table (export "table") 4 funcref)
        (func $own (type $f) (i32.mul (local.get 0) (i32.const 2)))
        (elem (i32.const 3) $own)
        (func (export "call") (param $i i32) (param $n i32) (result i32)
          (call_indirect (type $f) (local.get $n) (local.get $i))))"#;
    both(|engine| {
        let mut guest = Guest::plain(engine, wat);
        let table = guest.instance.get_table(&mut guest.store, "table").unwrap();
        let typed = Func::wrap(&mut guest.store, |n: i32| n + 1).unwrap();
        let ty = bident::FuncType::new([ValType::I32], [ValType::I32]);
        let dynamic = Func::new(&mut guest.store, ty, |_, params, results| {
            results[0] = Val::I32(params[0].i32().unwrap() - 1);
            Ok(bident::Answer::Ready)
        })
        .unwrap();
        let other = Func::wrap(&mut guest.store, |n: i64| n).unwrap();
        for (i, func) in [typed, dynamic, other].into_iter().enumerate() {
            table.set(&mut guest.store, i as u64, func.into()).unwrap();
            let Some(Val::FuncRef(Some(got))) = table.get(&mut guest.store, i as u64) else {
                panic!("a function");
            };
            assert_eq!(got, func);
        }
        let mut call = |i| guest.call("call", &[Val::I32(i), Val::I32(10)]);
        assert_eq!(call(0).unwrap()[0].i32(), Some(11));
        assert_eq!(call(1).unwrap()[0].i32(), Some(9));
        assert_eq!(call(3).unwrap()[0].i32(), Some(20));
        let mismatch = call(2).unwrap_err();
        assert_eq!(mismatch.trap(), Some(TrapCode::IndirectCallTypeMismatch));
    });
}

#[test]
fn one_linker_serves_many_stores() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    let count = |mut caller: Caller<'_, i32>| {
        *caller.data_mut() += 1;
        *caller.data()
    };
    linker.func_wrap("host", "count", count).unwrap();
    let wat = r#"(module (import "host" "count" (func $count (result i32)))
        (func (export "go") (result i32) (drop (call $count)) (call $count)))"#;
    let module = module(&engine, wat);
    for start in [0, 10, 20] {
        let mut store = Store::new(&engine, start);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let go = instance
            .get_typed_func::<(), i32>(&mut store, "go")
            .unwrap();
        assert_eq!(go.call(&mut store, ()).unwrap(), start + 2);
    }
}

#[test]
fn host_functions_go_with_their_stores_and_linkers() {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    let captured = Arc::new(());
    let held = captured.clone();
    linker
        .func_wrap("host", "hold", move || Arc::strong_count(&held) as i32)
        .unwrap();
    let module = module(
        &engine,
        r#"(module (import "host" "hold" (func (result i32))))"#,
    );
    let mut stores: Vec<_> = (0..3).map(|_| Store::new(&engine, ())).collect();
    for store in &mut stores {
        linker.instantiate(&mut *store, &module).unwrap();
    }
    drop(linker);
    assert_eq!(Arc::strong_count(&captured), 2);
    drop(stores);
    assert_eq!(Arc::strong_count(&captured), 1);
}

#[test]
fn a_host_function_goes_from_module_to_module() {
    let first = r#"(module (import "host" "read" (func $read (result i32)))
        (export "read" (func $read)))"#;
    let second = r#"(module (import "first" "read" (func $read (result i32)))
        (func (export "go") (result i32) (i32.add (call $read) (i32.const 1))))"#;
    both(|engine| {
        let mut linker = Linker::new(engine);
        linker
            .func_wrap("host", "read", || Reply::<i32>::Pending(()))
            .unwrap();
        let mut store = Store::new(engine, ());
        let instance = linker
            .instantiate(&mut store, &module(engine, first))
            .unwrap();
        linker.instance(&mut store, "first", instance).unwrap();
        let instance = linker
            .instantiate(&mut store, &module(engine, second))
            .unwrap();
        let go = instance.get_func(&mut store, "go").unwrap();
        let parked = parked_call(go.start(&mut store, &[]));
        let outcome = parked.resume(&mut store, &[Val::I32(1)]);
        assert_eq!(common::returned_i32(outcome), 2);
        // Its name is the one it was linked under first.
        let error = go.call(&mut store, &[], &mut [Val::I32(0)]).unwrap_err();
        assert!(error.to_string().contains("host.read"), "{error}");
    });
}
