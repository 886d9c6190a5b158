//! Things of another store or engine, and types beyond the limits: refused with a clear text.

mod common;

use bident::{Answer, Continuation, Engine, Error, ErrorKind, Exception, Extern, ExternRef, Func};
use bident::{FuncType, Global, GlobalType, Instance, Linker, Memory, MemoryType, RefType};
use bident::{Store, Table, TableType, Tag, Val, ValType};
use common::{Guest, both, module};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[track_caller]
fn usage<T>(result: Result<T, Error>, text: &str) {
    let error = result.err().expect("it is refused");
    assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
    assert!(error.to_string().contains(text), "{error}");
}

#[track_caller]
fn panics<T>(f: impl FnOnce() -> T, text: &str) {
    let panic = catch_unwind(AssertUnwindSafe(f)).err().expect("it panics");
    assert_eq!(panic.downcast_ref::<String>().unwrap(), text);
}

struct Things {
    table: Table,
    memory: Memory,
    global: Global,
    tag: Tag,
    func: Func,
    exception: Exception,
    continuation: Continuation,
    instance: Instance,
}

fn things(engine: &Engine, store: &mut Store<()>) -> Things {
    let ty = TableType::new(RefType::FUNC, 1, None);
    let global = GlobalType {
        content: ValType::FUNCREF,
        mutable: true,
    };
    let func = Func::wrap(&mut *store, || ()).unwrap();
    let tag = Tag::new(&mut *store, FuncType::new([], [])).unwrap();
    let empty = module(engine, r#"(module (func (export "f")))"#);
    Things {
        table: Table::new(&mut *store, ty, Val::FuncRef(None)).unwrap(),
        memory: Memory::new(&mut *store, MemoryType::new(1, None)).unwrap(),
        global: Global::new(&mut *store, global, Val::FuncRef(None)).unwrap(),
        tag,
        func,
        exception: Exception::new(&mut *store, tag, &[]).unwrap(),
        continuation: Continuation::new(&mut *store, &func).unwrap(),
        instance: Instance::new(&mut *store, &empty, &[]).unwrap(),
    }
}

#[test]
fn what_gives_a_result_gives_an_error() {
    both(|engine| {
        let (mut own, mut other) = (Store::new(engine, ()), Store::new(engine, ()));
        let (mine, theirs) = (things(engine, &mut own), things(engine, &mut other));
        let store = &mut own;
        let null = Val::FuncRef(None);
        usage(
            theirs.table.set(&mut *store, 0, null.clone()),
            "a table of another store",
        );
        usage(
            theirs.table.grow(&mut *store, 1, null.clone()),
            "a table of another store",
        );
        usage(
            theirs.memory.grow(&mut *store, 1),
            "a memory of another store",
        );
        usage(
            theirs.memory.read(&*store, 0, &mut [0]),
            "a memory of another store",
        );
        usage(
            theirs.memory.write(&mut *store, 0, &[0]),
            "a memory of another store",
        );
        usage(
            theirs.global.set(&mut *store, null),
            "a global of another store",
        );
        usage(
            Exception::new(&mut *store, theirs.tag, &[]),
            "a tag of another store",
        );
        let typed = theirs.instance.get_typed_func::<(), ()>(&mut *store, "f");
        usage(typed, "an instance of another store");
        let mut linker = Linker::new(engine);
        let exports = linker.instance(&mut *store, "m", theirs.instance);
        usage(exports.map(|_| ()), "an instance of another store");

        // And what is given to something of the own store.
        let func = Val::from(theirs.func);
        usage(
            mine.table.set(&mut *store, 0, func.clone()),
            "a function of another store",
        );
        usage(
            mine.table.grow(&mut *store, 1, func.clone()),
            "a function of another store",
        );
        usage(
            mine.global.set(&mut *store, func),
            "a function of another store",
        );
        let resumed = mine.continuation.resume(&mut *store, &[], &[theirs.tag]);
        usage(resumed, "a tag of another store");
        let thrown = mine.continuation.throw(&mut *store, &theirs.exception, &[]);
        usage(thrown, "an exception of another store");
        assert!(!mine.continuation.is_used(&*store));
        let take = Func::wrap(&mut *store, |_: Option<Func>| ()).unwrap();
        let typed = take.typed::<Option<Func>, ()>(&mut *store).unwrap();
        usage(
            typed.call(&mut *store, Some(theirs.func)),
            "a function of another store",
        );
        usage(
            typed.start(&mut *store, Some(theirs.func)),
            "a function of another store",
        );
    });
}

#[test]
fn what_gives_no_result_panics_as_documented() {
    let engine = Engine::default();
    let (mut own, mut other) = (Store::new(&engine, ()), Store::new(&engine, ()));
    let theirs = things(&engine, &mut other);
    let store = &mut own;
    panics(|| theirs.table.size(&*store), "a table of another store");
    panics(
        || theirs.table.get(&mut *store, 0),
        "a table of another store",
    );
    panics(
        || theirs.memory.data(&*store).len(),
        "a memory of another store",
    );
    panics(|| theirs.memory.size(&*store), "a memory of another store");
    panics(
        || theirs.global.get(&mut *store),
        "a global of another store",
    );
    panics(|| theirs.tag.ty(&*store), "a tag of another store");
    panics(
        || theirs.instance.module(&*store),
        "an instance of another store",
    );
    panics(
        || theirs.instance.get_export(&mut *store, "f"),
        "an instance of another store",
    );
    panics(
        || Extern::from(theirs.func).ty(&*store),
        "a function of another store",
    );
}

/// A host function, typed or not, that gives the guest a function of another store.
#[test]
fn a_host_function_gives_only_functions_of_its_store() {
    let wat = r#"(module
        (import "host" "typed" (func $typed (result funcref)))
        (import "host" "many" (func $many (result i32 funcref)))
        (import "host" "dynamic" (func $dynamic (result funcref)))
        (func (export "typed") (drop (call $typed)))
        (func (export "many") (call $many) (drop) (drop))
        (func (export "dynamic") (drop (call $dynamic))))"#;
    both(|engine| {
        let mut other = Store::new(engine, ());
        let theirs = Func::wrap(&mut other, || ()).unwrap();
        let mut guest = Guest::new(engine, wat, (), |linker| {
            let ty = FuncType::new([], [ValType::FUNCREF]);
            let dynamic = move |_: bident::Caller<'_, ()>, _: &[Val], results: &mut [Val]| {
                results[0] = theirs.into();
                Ok(Answer::Ready)
            };
            linker
                .func_wrap("host", "typed", move || Some(theirs))
                .unwrap()
                .func_wrap("host", "many", move || (1, Some(theirs)))
                .unwrap()
                .func_new("host", "dynamic", ty, dynamic)
                .unwrap();
        });
        for name in ["typed", "many", "dynamic"] {
            let error = guest.error(name, &[]);
            assert_eq!(error.kind(), ErrorKind::Usage, "{name}: {error}");
            assert!(error.to_string().contains("a function of another store"));
            assert_eq!(common::names(&error), [name]);
        }
        guest.check_idle();
    });
}

#[test]
fn a_linker_serves_its_own_engine() {
    let (engine, other) = (Engine::default(), Engine::default());
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "f", || ()).unwrap();
    let wat = r#"(module (import "host" "f" (func)))"#;
    let (own, foreign) = (module(&engine, wat), module(&other, wat));
    let (mut store, mut alien) = (Store::new(&engine, ()), Store::new(&other, ()));

    let store_text = "the linker is of another engine than the store";
    usage(linker.instantiate(&mut alien, &own), store_text);
    usage(linker.instantiate(&mut alien, &foreign), store_text);
    usage(linker.get(&mut alien, "host", "f"), store_text);
    let module_text = "the linker is of another engine than the module";
    usage(linker.instantiate(&mut store, &foreign), module_text);
    let theirs = Instance::new(&mut alien, &module(&other, "(module)"), &[]).unwrap();
    usage(
        linker.instance(&mut alien, "m", theirs).map(|_| ()),
        store_text,
    );
    usage(
        Instance::new(&mut store, &foreign, &[]),
        "the module was compiled by another engine than the store's",
    );
    linker.instantiate(&mut store, &own).unwrap();
}

#[test]
fn a_function_type_has_at_most_a_thousand_of_each() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::<()>::new(&engine);
    let many = |n| vec![ValType::I64; n];
    for (params, results) in [
        (10_000, 0),
        (0, 10_000),
        (1001, 1),
        (1, 1001),
        (100_000, 100_000),
    ] {
        let ty = || FuncType::new(many(params), many(results));
        let errors = [
            Func::new(&mut store, ty(), |_, _, _| Ok(Answer::Ready)).unwrap_err(),
            Tag::new(&mut store, ty()).unwrap_err(),
            linker
                .func_new("host", "f", ty(), |_, _, _| Ok(Answer::Ready))
                .map(|_| ())
                .unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Limit);
            let text = format!("{params} parameters and {results} results; at most 1000 of each");
            assert!(error.to_string().contains(&text), "{error}");
        }
    }

    // At the limit all of it works.
    let ty = FuncType::new(many(1000), many(1000));
    let double = Func::new(&mut store, ty, |_, params, results| {
        for (param, result) in params.iter().zip(results) {
            *result = Val::I64(param.i64().unwrap() * 2);
        }
        Ok(Answer::Ready)
    })
    .unwrap();
    let params: Vec<Val> = (0..1000).map(Val::I64).collect();
    let mut results = vec![Val::I64(0); 1000];
    double.call(&mut store, &params, &mut results).unwrap();
    let sum: i64 = results.iter().map(|v| v.i64().unwrap()).sum();
    assert_eq!(sum, 999 * 1000);
    let outcome = Continuation::new(&mut store, &double)
        .unwrap()
        .resume(&mut store, &params, &[]);
    assert_eq!(common::returned(outcome).len(), 1000);
}

/// A host function that hands on the pointer of a guest: the guest traps.
#[test]
fn a_bad_pointer_is_the_guest_s_fault() {
    let wat = r#"(module
        (import "host" "read" (func $read (param i32)))
        (import "host" "put" (func $put (param i32)))
        (memory (export "memory") 1) (table (export "table") 3 externref)
        (func (export "read") (param i32) (call $read (local.get 0)))
        (func (export "put") (param i32) (call $put (local.get 0))))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, (), |linker: &mut Linker<()>| {
            let read = |mut caller: bident::Caller<'_, ()>, pointer: u32| {
                let memory = caller.get_export("memory").and_then(Extern::into_memory);
                memory.unwrap().read(&caller, pointer as usize, &mut [0; 8])
            };
            let put = |mut caller: bident::Caller<'_, ()>, index: u32| {
                let table = caller.get_export("table").and_then(Extern::into_table);
                let value = ExternRef::new(1).into();
                table.unwrap().set(&mut caller, index.into(), value)
            };
            linker
                .func_wrap("host", "read", read)
                .unwrap()
                .func_wrap("host", "put", put)
                .unwrap();
        });
        guest.call("read", &[Val::I32(65_528)]).unwrap();
        guest.call("put", &[Val::I32(2)]).unwrap();
        let error = guest.error("read", &[65_529]);
        assert_eq!(error.trap(), Some(bident::TrapCode::MemoryOutOfBounds));
        assert_eq!(common::names(&error), ["read"]);
        let error = guest.error("put", &[-1]);
        assert_eq!(error.trap(), Some(bident::TrapCode::TableOutOfBounds));
        guest.check_idle();
    });
}
