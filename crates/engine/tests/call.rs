//! Calling in and out.

use bident::{Caller, Engine, ErrorKind, Func, Linker, Module, Store, TrapCode, Val};

fn instance(wat: &str) -> (Store<()>, bident::Instance) {
    let engine = Engine::default();
    let module = Module::from_text_or_binary(&engine, wat.as_bytes()).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine)
        .instantiate(&mut store, &module)
        .unwrap();
    (store, instance)
}

#[test]
fn adds() {
    let (mut store, instance) = instance(
        r#"(module (func (export "add") (param i32 i32) (result i32)
             (i32.add (local.get 0) (local.get 1))))"#,
    );
    let add = instance
        .get_typed_func::<(i32, i32), i32>(&mut store, "add")
        .unwrap();
    assert_eq!(add.call(&mut store, (2, 40)).unwrap(), 42);
}

#[test]
fn deep_recursion_grows_the_stack() {
    let (mut store, instance) = instance(
        r#"(module (func $sum (export "sum") (param i64) (result i64)
             (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 0))
               (else (i64.add (local.get 0) (call $sum (i64.sub (local.get 0) (i64.const 1))))))))"#,
    );
    let sum = instance
        .get_typed_func::<i64, i64>(&mut store, "sum")
        .unwrap();
    for depth in [0, 1, 5, 10, 100, 1000, 10_000] {
        assert_eq!(
            sum.call(&mut store, depth).unwrap(),
            depth * (depth + 1) / 2
        );
    }
    assert!(store.stats().moves > 0);
    let error = sum.call(&mut store, 10_000_000).unwrap_err();
    assert_eq!(error.trap(), Some(TrapCode::StackOverflow));
    assert_eq!(sum.call(&mut store, 3).unwrap(), 6);
}

#[test]
fn traps_have_a_backtrace() {
    let (mut store, instance) = instance(
        r#"(module $m
             (func $inner unreachable)
             (func $outer (export "outer") call $inner))"#,
    );
    let outer = instance.get_func(&mut store, "outer").unwrap();
    let error = outer.call(&mut store, &[], &mut []).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Trap(TrapCode::Unreachable));
    let names: Vec<_> = error
        .backtrace()
        .iter()
        .map(|f| f.func_name().unwrap())
        .collect();
    assert_eq!(names, ["inner", "outer"]);
    assert!(error.to_string().contains("m!inner"), "{error}");
}

#[test]
fn host_functions_get_arguments_of_every_kind() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, 0i64);
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap(
            "h",
            "f",
            |mut c: Caller<'_, i64>, a: i32, b: i64, x: f32, y: f64| {
                *c.data_mut() += i64::from(a) + b;
                f64::from(x) + y
            },
        )
        .unwrap();
    let module = Module::from_text_or_binary(
        &engine,
        br#"(module (import "h" "f" (func $f (param i32 i64 f32 f64) (result f64)))
            (func (export "go") (result f64)
              (call $f (i32.const 1) (i64.const 2) (f32.const 1.5) (f64.const 2.25))))"#,
    )
    .unwrap();
    let go = linker
        .instantiate(&mut store, &module)
        .unwrap()
        .get_typed_func::<(), f64>(&mut store, "go")
        .unwrap();
    assert_eq!(go.call(&mut store, ()).unwrap(), 3.75);
    assert_eq!(*store.data(), 3);
}

#[test]
fn a_host_function_can_be_called_directly() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let f = Func::wrap(&mut store, |a: i32| a + 1).unwrap();
    let mut results = [Val::I32(0)];
    f.call(&mut store, &[Val::I32(41)], &mut results).unwrap();
    assert_eq!(results[0].i32(), Some(42));
}
