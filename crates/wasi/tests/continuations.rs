//! Calls of preview 1 from inside continuations, and what `proc_exit` leaves of them.

mod common;

use bident::{Config, Engine, Linker, Module, Outcome, Store, Val};
use bident_wasi::{Exit, MODULE, WasiCtx};
use common::Captured;

/// `go(depth, status)`: that many continuations inside each other; the innermost writes a line, yields,
/// is suspended to the outermost and resumed, writes again, and ends with the status unless it is -1.
fn text() -> String {
    format!(
        r#"(module
        (import "{MODULE}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "{MODULE}" "sched_yield" (func $yield (result i32)))
        (import "{MODULE}" "proc_exit" (func $exit (param i32)))
        (type $f (func (param i32 i32) (result i32))) (type $c (cont $f))
        (type $late (func (result i32))) (type $k (cont $late))
        (tag $t)
        (memory (export "memory") 1)
        (data (i32.const 0) "\10\00\00\00\03\00\00\00")
        (data (i32.const 16) "hi\n")
        (elem declare func $level)
        (func $say (result i32)
          (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (func $level (type $f)
          (if (local.get 0) (then
            (return (resume $c (i32.sub (local.get 0) (i32.const 1)) (local.get 1)
              (cont.new $c (ref.func $level))))))
          (i32.add (call $say) (call $yield))
          (suspend $t)
          (i32.add (call $say))
          (if (i32.ge_s (local.get 1) (i32.const 0)) (then (call $exit (local.get 1)))))
        (func (export "go") (type $f) (local $k (ref null $k))
          (block $on (result (ref $k))
            (return (resume $c (on $t $on) (local.get 0) (local.get 1)
              (cont.new $c (ref.func $level)))))
          (local.set $k)
          (resume $k (local.get $k))))"#
    )
}

#[test]
fn a_continuation_writes_yields_and_exits() {
    for stress in [false, true] {
        writes_yields_and_exits(&Engine::new(&Config::new().stress(stress)).unwrap());
    }
}

fn writes_yields_and_exits(engine: &Engine) {
    let module = Module::from_text_or_binary(engine, text().as_bytes()).unwrap();
    let mut linker = Linker::new(engine);
    bident_wasi::add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx).unwrap();
    let output = Captured::default();
    let ctx = WasiCtx::builder().stdout(output.clone()).build();
    let mut store = Store::new(engine, ctx);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let go = instance.get_func(&mut store, "go").unwrap();
    let mut lines = String::new();
    for depth in 0..4 {
        for status in [-1, 0, 3] {
            let params = [Val::I32(depth), Val::I32(status)];
            let outcome = go.start(&mut store, &params);
            lines += "hi\nhi\n";
            assert_eq!(output.text(), lines);
            match outcome {
                Ok(Outcome::Returned(results)) => {
                    assert_eq!((status, results[0].i32()), (-1, Some(0)));
                }
                Err(error) => assert_eq!(error.downcast_ref(), Some(&Exit(status))),
                other => panic!("{other:?}"),
            }
            assert_eq!(store.stats().live, 0);
        }
    }
}
