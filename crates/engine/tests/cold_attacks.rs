//! Functions that are compiled when they are called, where a module is what no compiler makes of a program.

use bident::{Compile, Config, Engine, Instance, Module, Store};
use std::fs;

fn engine(compile: Compile) -> Engine {
    Engine::new(&Config::new().compile(compile)).expect("this machine can run compiled code")
}

/// Calls the export `f` of a module, which gives an `i32`.
fn run(compile: Compile, text: &str) -> i32 {
    let engine = engine(compile);
    let module = Module::from_text_or_binary(&engine, text.as_bytes()).expect("a module");
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let func = instance.get_typed_func::<(), i32>(&mut store, "f");
    func.expect("an export").call(&mut store, ()).unwrap()
}

/// As a function that makes the constants of a program: 22 bytes of code for each of its own.
#[test]
fn objects_may_take_much_code() {
    const OBJECTS: usize = 4000;
    let objects = "(global.set $g (struct.new_default $s))".repeat(OBJECTS);
    let text = format!(
        r#"(module
        (type $s (struct (field i32 i32 i32 i32)))
        (global $g (mut (ref null $s)) (ref.null $s))
        (func $objects {objects})
        (func (export "f") (result i32)
          (call $objects)
          (i32.add (i32.const 7) (struct.get $s 3 (global.get $g)))))"#
    );
    for compile in [Compile::Eager, Compile::Lazy] {
        assert_eq!(run(compile, &text), 7, "{compile:?}");
    }
}

/// The system lets a process have some ten thousand mappings; a piece of code must not take one.
#[test]
fn pieces_of_code_share_a_mapping() {
    const COUNT: usize = 2000;
    let large = "(global.set $g (i32.add (global.get $g) (i32.const 1)))".repeat(20);
    let funcs = format!("(func {large})").repeat(COUNT);
    let elems: String = (0..COUNT).map(|i| format!(" {i}")).collect();
    let text = format!(
        r#"(module {funcs}
        (global $g (mut i32) (i32.const 0))
        (table funcref (elem{elems}))
        (func (export "f") (result i32) (local i32)
          (loop $next
            (call_indirect (local.get 0))
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get 0) (i32.const {COUNT}))))
          (global.get $g)))"#
    );
    let engine = engine(Compile::Lazy);
    let module = Module::from_text_or_binary(&engine, text.as_bytes()).expect("a module");
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let func = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap();
    let mappings = || {
        fs::read_to_string("/proc/self/maps")
            .unwrap()
            .lines()
            .count()
    };
    let before = mappings();
    assert_eq!(func.call(&mut store, ()).unwrap(), 20 * COUNT as i32);
    let after = mappings();
    assert!(after < before + 200, "{before} mappings, then {after}");
}
