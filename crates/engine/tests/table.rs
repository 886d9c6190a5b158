//! Tables.

mod common;

use bident::{
    Config, Engine, ErrorKind, ExternRef, Func, Instance, RefType, Store, Table, TableType,
    TrapCode, Val,
};
use common::{Guest, assert_values, both, module};

fn ty(element: RefType, min: u64, max: Option<u64>) -> TableType {
    TableType::new(element, min, max)
}

#[test]
fn elements_are_read_and_written_from_both_sides() {
    let wat = r#"(module
        (table $t (export "table") 3 funcref)
        (func $f (export "f") (result i32) (i32.const 1))
        (elem (i32.const 1) $f)
        (func (export "is null") (param i32) (result i32)
          (ref.is_null (table.get $t (local.get 0))))
        (func (export "call") (param i32) (result i32)
          (call_indirect (result i32) (local.get 0))))"#;
    both(|engine| {
        let mut guest = Guest::plain(engine, wat);
        let table = guest.instance.get_table(&mut guest.store, "table").unwrap();
        let f = guest.func("f");
        let get = |guest: &mut Guest<()>, i| table.get(&mut guest.store, i);
        assert!(matches!(get(&mut guest, 0), Some(Val::FuncRef(None))));
        assert!(matches!(get(&mut guest, 1), Some(Val::FuncRef(Some(g))) if g == f));
        assert!(get(&mut guest, 3).is_none() && get(&mut guest, u64::MAX).is_none());

        table.set(&mut guest.store, 2, f.into()).unwrap();
        table.set(&mut guest.store, 1, Val::FuncRef(None)).unwrap();
        assert_values(&guest.call("call", &[Val::I32(2)]).unwrap(), &[Val::I32(1)]);
        assert_values(
            &guest.call("is null", &[Val::I32(1)]).unwrap(),
            &[Val::I32(1)],
        );
        let error = guest.call("call", &[Val::I32(1)]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::UninitializedElement));

        for i in [3, u64::MAX] {
            let error = table.set(&mut guest.store, i, f.into()).unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::TableOutOfBounds), "{error}");
        }
        let error = table.set(&mut guest.store, 0, Val::I32(1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
    });
}

#[test]
fn a_table_grows() {
    let wat = r#"(module
        (table $t (export "table") 1 10 externref)
        (func (export "grow") (param externref i32) (result i32)
          (table.grow $t (local.get 0) (local.get 1)))
        (func (export "get") (param i32) (result externref) (table.get $t (local.get 0)))
        (func (export "size") (result i32) (table.size $t)))"#;
    both(|engine| {
        let mut guest = Guest::plain(engine, wat);
        let table = guest.instance.get_table(&mut guest.store, "table").unwrap();
        let (a, b) = (ExternRef::new(1), ExternRef::new(2));
        let grown = guest
            .call("grow", &[a.clone().into(), Val::I32(4)])
            .unwrap();
        assert_values(&grown, &[Val::I32(1)]);
        assert_eq!(
            table.grow(&mut guest.store, 5, b.clone().into()).unwrap(),
            5
        );
        guest.store.gc();
        for (i, expected) in [(1, &a), (4, &a), (5, &b), (9, &b)] {
            let got = guest.call("get", &[Val::I32(i)]).unwrap();
            assert!(matches!(&got[0], Val::ExternRef(Some(e)) if e.ptr_eq(expected)));
        }
        assert_eq!(table.size(&guest.store), 10);
        assert_eq!(table.ty(&guest.store), ty(RefType::EXTERN, 10, Some(10)));
        for delta in [1, u64::MAX] {
            let error = table
                .grow(&mut guest.store, delta, Val::ExternRef(None))
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Limit);
        }
        let failed = guest
            .call("grow", &[Val::ExternRef(None), Val::I32(-1)])
            .unwrap();
        assert_values(&failed, &[Val::I32(-1)]);
        assert_values(&guest.call("size", &[]).unwrap(), &[Val::I32(10)]);
    });
}

#[test]
fn a_table_over_the_limit_is_refused_with_the_numbers() {
    let engine = Engine::new(&Config::new().max_table_elements(1000)).unwrap();
    let mut store = Store::new(&engine, ());
    let module = module(&engine, "(module (table 1001 funcref))");
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    let text = error.to_string();
    assert!(
        text.contains("1001 elements") && text.contains("1000 elements"),
        "{text}"
    );

    let table = Table::new(&mut store, ty(RefType::FUNC, 999, None), Val::FuncRef(None)).unwrap();
    table.grow(&mut store, 1, Val::FuncRef(None)).unwrap();
    let error = table.grow(&mut store, 1, Val::FuncRef(None)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
}

#[test]
fn a_table_that_makes_no_sense_is_refused() {
    let engine = Engine::default();
    let (mut store, mut other) = (Store::new(&engine, ()), Store::new(&engine, ()));
    let foreign = Func::wrap(&mut other, || ()).unwrap();
    for (ty, element, kind) in [
        (
            ty(RefType::FUNC, 1, None),
            Val::ExternRef(None),
            ErrorKind::Usage,
        ),
        (ty(RefType::FUNC, 1, None), Val::I32(0), ErrorKind::Usage),
        (ty(RefType::FUNC, 1, None), foreign.into(), ErrorKind::Usage),
        (
            ty(RefType::FUNC, 2, Some(1)),
            Val::FuncRef(None),
            ErrorKind::Usage,
        ),
        (
            ty(RefType::FUNC, u64::MAX, None),
            Val::FuncRef(None),
            ErrorKind::Limit,
        ),
    ] {
        let error = Table::new(&mut store, ty, element).unwrap_err();
        assert_eq!(error.kind(), kind, "{ty:?}: {error}");
    }
}

#[test]
fn a_parked_stack_sees_a_table_that_moved() {
    let wat = r#"(module
        (import "host" "read" (func $read (result i32)))
        (table $t 1 funcref)
        (func $f (result i32) (i32.const 77))
        (elem declare func $f)
        (func (export "use") (result i32)
          (drop (table.get $t (i32.const 0)))
          (call_indirect (result i32) (call $read)))
        (func (export "grow") (result i32) (table.grow $t (ref.func $f) (i32.const 100000))))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, (), |linker| {
            let read = || bident::Reply::<i32>::Pending(());
            linker.func_wrap("host", "read", read).unwrap();
        });
        let parked: Vec<_> = (0..10).map(|_| guest.park("use", &[])).collect();
        guest.call("grow", &[]).unwrap();
        for call in parked {
            let outcome = call.resume(&mut guest.store, &[Val::I32(100_000)]);
            assert_eq!(common::returned_i32(outcome), 77);
        }
    });
}
