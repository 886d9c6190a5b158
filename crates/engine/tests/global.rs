//! Globals.

mod common;

use bident::{Engine, ErrorKind, Extern, ExternRef, Func, Global, GlobalType, Instance, Store};
use bident::{Val, ValType};
use common::{Guest, assert_values, both, module};

fn ty(content: ValType, mutable: bool) -> GlobalType {
    GlobalType { content, mutable }
}

#[test]
fn globals_of_every_type_are_shared_with_the_host() {
    let wat = r#"(module
        (import "" "i32" (global $a (mut i32)))
        (import "" "i64" (global $b (mut i64)))
        (import "" "f32" (global $c (mut f32)))
        (import "" "f64" (global $d (mut f64)))
        (import "" "extern" (global $e (mut externref)))
        (import "" "func" (global $f (mut funcref)))
        (func (export "get") (result i32 i64 f32 f64 externref funcref)
          (global.get $a) (global.get $b) (global.get $c)
          (global.get $d) (global.get $e) (global.get $f))
        (func (export "set") (param i32 i64 f32 f64 externref funcref)
          (global.set $a (local.get 0)) (global.set $b (local.get 1))
          (global.set $c (local.get 2)) (global.set $d (local.get 3))
          (global.set $e (local.get 4)) (global.set $f (local.get 5))))"#;
    both(|engine| {
        let mut store = Store::new(engine, ());
        let f = Func::wrap(&mut store, || ()).unwrap();
        let first: [Val; 6] = [
            Val::I32(-1),
            Val::I64(i64::MIN),
            Val::F32(0x7fa0_0001),
            Val::F64(0x7ff0_0000_0000_0001),
            ExternRef::new("x").into(),
            f.into(),
        ];
        let globals = first.clone().map(|value| {
            let ty = ty(value.ty(), true);
            Global::new(&mut store, ty, value).unwrap()
        });
        let module = module(engine, wat);
        let imports = globals.map(Extern::from);
        let instance = Instance::new(&mut store, &module, &imports).unwrap();
        let mut guest = Guest { store, instance };
        assert_values(&guest.call("get", &[]).unwrap(), &first);

        let second = [
            Val::I32(i32::MAX),
            Val::I64(3),
            Val::F32(1),
            Val::F64(2),
            Val::ExternRef(None),
            guest.func("get").into(),
        ];
        guest.call("set", &second).unwrap();
        guest.store.gc();
        let values = globals.map(|global| global.get(&mut guest.store));
        assert_values(&values, &second);

        for (global, value) in globals.iter().zip(&first) {
            global.set(&mut guest.store, value.clone()).unwrap();
        }
        assert_values(&guest.call("get", &[]).unwrap(), &first);
    });
}

#[test]
fn a_narrow_global_has_no_memory_of_wider_values() {
    // Compiled code writes only the low half of the record.
    let wat = r#"(module (global (export "g") (mut i32) (i32.const -1))
        (func (export "set") (param i32) (global.set 0 (local.get 0))))"#;
    both(|engine| {
        let mut guest = Guest::plain(engine, wat);
        let global = guest.instance.get_global(&mut guest.store, "g").unwrap();
        global.set(&mut guest.store, Val::I32(-1)).unwrap();
        guest.call("set", &[Val::I32(5)]).unwrap();
        assert_values(&[global.get(&mut guest.store)], &[Val::I32(5)]);
    });
}

#[test]
fn wrong_values_are_refused() {
    let engine = Engine::default();
    let (mut store, mut other) = (Store::new(&engine, ()), Store::new(&engine, ()));
    let foreign = Func::wrap(&mut other, || ()).unwrap();
    let i64 = ty(ValType::I64, false);
    let constant = Global::new(&mut store, i64, Val::I64(1)).unwrap();
    let variable = Global::new(&mut store, ty(ValType::FUNCREF, true), Val::FuncRef(None)).unwrap();
    for error in [
        Global::new(&mut store, i64, Val::I32(1)).unwrap_err(),
        constant.set(&mut store, Val::I64(2)).unwrap_err(),
        variable.set(&mut store, Val::ExternRef(None)).unwrap_err(),
        variable.set(&mut store, foreign.into()).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
    }
    assert_eq!(constant.get(&mut store).i64(), Some(1));
    assert_eq!(constant.ty(&store), i64);
}

#[test]
fn constant_expressions_compute_and_refer() {
    let wat = r#"(module
        (import "" "base" (global $base i32))
        (global $sum (export "sum") i32
          (i32.add (global.get $base) (i32.mul (i32.const 3) (i32.const 5))))
        (global (export "wide") i64 (i64.sub (i64.const 1) (i64.const 2)))
        (func $f (export "f"))
        (global (export "func") funcref (ref.func $f))
        (table (export "table") 5 funcref)
        (elem (offset (i32.sub (global.get $base) (i32.const 96))) $f))"#;
    both(|engine| {
        let mut store = Store::new(engine, ());
        let base = Global::new(&mut store, ty(ValType::I32, false), Val::I32(100)).unwrap();
        let instance = Instance::new(&mut store, &module(engine, wat), &[base.into()]).unwrap();
        let mut guest = Guest { store, instance };
        let mut get = |name: &str| {
            let global = instance.get_global(&mut guest.store, name).unwrap();
            global.get(&mut guest.store)
        };
        assert_values(&[get("sum"), get("wide")], &[Val::I32(115), Val::I64(-1)]);
        let referred = get("func");
        let f = guest.func("f");
        assert!(matches!(referred, Val::FuncRef(Some(g)) if g == f));
        let table = instance.get_table(&mut guest.store, "table").unwrap();
        let element = table.get(&mut guest.store, 4);
        assert!(matches!(element, Some(Val::FuncRef(Some(g))) if g == f));
    });
}
