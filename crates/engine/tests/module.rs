//! Modules: what they tell about themselves, and what becomes of bad ones.

mod common;

use bident::{
    Engine, Error, ErrorKind, ExternType, FuncType, Instance, Limits, Module, RefType, Store,
    ValType,
};
use common::module;

const RICH: &str = r#"(module $rich
    (import "a" "f" (func $f (param i32) (result i64)))
    (import "a" "g" (global i32))
    (import "b" "t" (table 1 5 externref))
    (import "b" "m" (memory 2))
    (@custom "note" "first")
    (@custom "note" "second")
    (@custom "other" "third")
    (global $g (mut f32) (f32.const 1))
    (table $t 3 funcref)
    (func $own (param i32) (result i32)
      (if (result i32) (local.get 0) (then (i32.load (local.get 0))) (else (i32.const 7))))
    (elem (table $t) (i32.const 0) func $own)
    (data (i32.const 8) "data")
    (export "own" (func $own))
    (export "again" (func $f))
    (export "g" (global $g))
    (export "t" (table $t))
    (export "m" (memory 0)))"#;

#[test]
fn imports_and_exports_are_listed_in_order() {
    let module = module(&Engine::default(), RICH);
    let imports: Vec<_> = module
        .imports()
        .map(|i| (i.module(), i.name(), i.ty().kind()))
        .collect();
    let expected = [
        ("a", "f", "func"),
        ("a", "g", "global"),
        ("b", "t", "table"),
        ("b", "m", "memory"),
    ];
    assert_eq!(imports, expected);
    let names: Vec<_> = module.exports().map(|e| e.name()).collect();
    assert_eq!(names, ["own", "again", "g", "t", "m"]);

    let types: Vec<_> = module.exports().map(|e| e.ty().clone()).collect();
    let ty = |params: &[ValType], results: &[ValType]| {
        ExternType::Func(FuncType::new(params.to_vec(), results.to_vec()))
    };
    assert_eq!(types[0], ty(&[ValType::I32], &[ValType::I32]));
    assert_eq!(types[1], ty(&[ValType::I32], &[ValType::I64]));
    let ExternType::Table(table) = &types[3] else {
        panic!("{types:?}");
    };
    assert_eq!(table.element, RefType::FUNC);
    assert_eq!(table.limits, Limits { min: 3, max: None });
}

#[test]
fn names_and_custom_sections_are_kept() {
    let module = module(&Engine::default(), RICH);
    assert_eq!(module.name(), Some("rich"));
    let notes: Vec<_> = module.custom_sections("note").collect();
    assert_eq!(notes, [&b"first"[..], b"second"]);
    assert_eq!(module.custom_sections("nothing").count(), 0);
}

/// That the result is a module or an error about the bytes.
fn check(result: Result<Module, Error>) -> bool {
    match result {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Compile, "{error}");
            false
        }
    }
}

#[test]
fn a_truncated_module_is_refused() {
    let engine = Engine::default();
    let binary = wat::parse_str(RICH).unwrap();
    let whole = (0..binary.len())
        .filter(|&end| check(Module::new(&engine, &binary[..end])))
        .count();
    // Only between sections, and not where function bodies are still missing.
    assert!(whole < 16, "{whole} prefixes are modules");
    let error = Module::new(&engine, &binary[..binary.len() / 2])
        .err()
        .unwrap();
    assert!(error.to_string().contains("offset"), "{error}");
    let error = Module::new(&engine, &[]).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Compile);
}

#[test]
fn a_damaged_module_is_refused_or_compiled() {
    let engine = Engine::default();
    let mut binary = wat::parse_str(RICH).unwrap();
    for at in 0..binary.len() {
        let right = binary[at];
        for wrong in [0x00, 0x7f, 0x80, 0xff, right ^ 1, right ^ 0x40] {
            binary[at] = wrong;
            check(Module::new(&engine, &binary));
        }
        binary[at] = right;
    }
    assert!(check(Module::new(&engine, &binary)));
}

#[test]
fn a_text_that_does_not_parse_gives_the_place() {
    let engine = Engine::default();
    let text = b"(module\n  (func (result i32)\n    i32.konst 1))";
    let error = Module::from_text_or_binary(&engine, text).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Compile);
    assert!(error.to_string().contains(" 3:5"), "{error}");
}

#[test]
fn an_invalid_module_gives_the_offset() {
    let engine = Engine::default();
    let binary = wat::parse_str("(module (func (result i32) i64.const 1))").unwrap();
    for result in [
        Module::new(&engine, &binary).map(drop),
        Module::validate(&engine, &binary),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Compile);
        let text = error.to_string();
        assert!(
            text.contains("type mismatch") && text.contains("offset"),
            "{text}"
        );
    }
    let binary = wat::parse_str("(module (func (result i32) i32.const 1))").unwrap();
    Module::validate(&engine, &binary).unwrap();
}

#[test]
fn a_feature_that_is_not_there_is_named() {
    let engine = Engine::default();
    for wat in [
        "(module (func (result i64 i64) (i64.mul_wide_u (i64.const 1) (i64.const 2))))",
        "(module (memory 1 (pagesize 1)))",
    ] {
        let binary = wat::parse_str(wat).unwrap();
        let error = Module::new(&engine, &binary).err().expect(wat);
        assert_eq!(error.kind(), ErrorKind::Compile, "{wat}: {error}");
        assert!(Module::validate(&engine, &binary).is_err(), "{wat}");
    }
}

#[test]
fn a_module_belongs_to_its_engine() {
    let (engine, other) = (Engine::default(), Engine::default());
    let module = module(&engine, "(module)");
    let mut store = Store::new(&other, ());
    let error = Instance::new(&mut store, &module, &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
}

#[test]
fn instances_share_a_module_and_nothing_else() {
    common::both(|engine| {
        let wat = r#"(module (global $n (mut i32) (i32.const 0))
            (func (export "count") (result i32)
              (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))"#;
        let module = module(engine, wat);
        let mut store = Store::new(engine, ());
        let instances: Vec<_> = (0..10)
            .map(|_| Instance::new(&mut store, &module, &[]).unwrap())
            .collect();
        drop(module);
        for round in 1..4 {
            for instance in &instances {
                let count = instance
                    .get_typed_func::<(), i32>(&mut store, "count")
                    .unwrap();
                assert_eq!(count.call(&mut store, ()).unwrap(), round);
            }
        }
    });
}
