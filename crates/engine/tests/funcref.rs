//! Typed references to functions: calls through them, tail calls, branches on null, and functions of
//! other instances and of the host.

mod common;

use bident::{Answer, Caller, Engine, Func, FuncType, Instance, Reply, TrapCode, Val, ValType};
use common::{Guest, assert_values, both, module, names, returned_i32};

const GUEST: &str = r#"(module
    (type $f (func (param i32) (result i32)))
    (type $many (func (param i32 f64 i64 f32 i32 i32 i32 i32) (result i32 f64 i64)))
    (import "host" "plus" (func $plus (type $f)))
    (elem declare func $double $down $mix $plus)
    (table $t (export "table") 4 (ref $f) (ref.func $double))
    (elem (table $t) (i32.const 1) (ref $f) (ref.func $plus) (ref.func $down))
    (func $double (export "double") (type $f) (i32.mul (local.get 0) (i32.const 2)))
    (func $mix (type $many)
      (i32.add (local.get 0) (i32.add (local.get 4) (local.get 7)))
      (f64.add (local.get 1) (f64.promote_f32 (local.get 3)))
      (local.get 2))
    ;; Tail calls itself by reference: no stack however often.
    (func $down (export "down") (type $f)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 42))))
      (return_call_ref $f (i32.sub (local.get 0) (i32.const 1)) (ref.func $down)))
    (func $call (export "call") (param i32 (ref null $f)) (result i32)
      (call_ref $f (local.get 0) (local.get 1)))
    (func (export "tail") (param i32 (ref null $f)) (result i32)
      (return_call_ref $f (local.get 0) (local.get 1)))
    (func (export "element") (param i32 i32) (result i32)
      (call_ref $f (local.get 0) (table.get $t (local.get 1))))
    (func (export "mix") (type $many)
      (call_ref $many (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
        (local.get 5) (local.get 6) (local.get 7) (ref.func $mix)))
    (func (export "or zero") (param (ref null $f)) (result i32)
      (block $null
        (return (call_ref $f (i32.const 10) (br_on_null $null (local.get 0)))))
      (i32.const 0))
    (func (export "non null") (param $f (ref null $f)) (result i32)
      (block $some (result (ref $f))
        (br_on_non_null $some (local.get $f))
        (return (i32.const 0)))
      (local.set $f)
      (call $call (i32.const 10) (local.get $f)))
    (func $as (export "as") (param (ref null $f)) (result i32)
      (call_ref $f (i32.const 10) (ref.as_non_null (local.get 0)))))"#;

fn guest(engine: &Engine) -> Guest<()> {
    Guest::new(engine, GUEST, (), |linker| {
        linker.func_wrap("host", "plus", |n: i32| n + 100).unwrap();
    })
}

#[test]
fn functions_are_called_by_reference() {
    both(|engine| {
        let mut guest = guest(engine);
        let double = guest.func("double");
        let ty = FuncType::new([ValType::I32], [ValType::I32]);
        let host = Func::new(&mut guest.store, ty, |_, params, results| {
            results[0] = Val::I32(-params[0].i32().unwrap());
            Ok(Answer::Ready)
        });
        let host = host.unwrap();
        for (func, expected) in [(double, 20), (host, -10)] {
            for name in ["call", "tail"] {
                let results = guest.call(name, &[Val::I32(10), func.into()]).unwrap();
                assert_values(&results, &[Val::I32(expected)]);
            }
            for name in ["or zero", "non null", "as"] {
                let results = guest.call(name, &[func.into()]).unwrap();
                assert_values(&results, &[Val::I32(expected)]);
            }
        }
        for (element, expected) in [(0, 20), (1, 110), (2, 42), (3, 20)] {
            assert_eq!(guest.i32("element", &[10, element]), expected);
        }
        let params = [
            Val::I32(1),
            2.5.into(),
            Val::I64(3),
            4.5f32.into(),
            Val::I32(5),
            Val::I32(6),
            Val::I32(7),
            Val::I32(8),
        ];
        let results = guest.call("mix", &params).unwrap();
        assert_values(&results, &[Val::I32(14), 7.0.into(), Val::I64(3)]);
        guest.check_idle();
    });
}

#[test]
fn null_functions_are_traps() {
    both(|engine| {
        let mut guest = guest(engine);
        let null = Val::FuncRef(None);
        for name in ["call", "tail"] {
            let error = guest.call(name, &[Val::I32(1), null.clone()]).unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::NullFunctionReference));
            assert_eq!(names(&error), [name]);
        }
        let error = guest.call("as", std::slice::from_ref(&null)).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::NullReference));
        for name in ["or zero", "non null"] {
            let results = guest.call(name, std::slice::from_ref(&null)).unwrap();
            assert_values(&results, &[Val::I32(0)]);
        }
        guest.check_idle();
    });
}

#[test]
fn tail_calls_by_reference_use_no_stack() {
    both(|engine| {
        let mut guest = guest(engine);
        assert_eq!(guest.i32("down", &[1_000_000]), 42);
        guest.check_idle();
    });
}

/// Stacks that grow and host functions that wait under a call by reference, in another instance.
#[test]
fn functions_of_other_instances() {
    const OTHER: &str = r#"(module
        (type $f (func (param i32) (result i32)))
        (import "host" "wait" (func $wait (param i32) (result i32)))
        (global $own (mut i32) (i32.const 1000))
        (func $deep (export "deep") (type $f)
          (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
            (else (i32.add (global.get $own) (call $wait (i32.const 3)))))))"#;
    both(|engine| {
        let mut guest = guest(engine);
        let wait = Func::wrap(&mut guest.store, |mut caller: Caller<'_, ()>, n: i32| {
            caller.gc();
            if caller.may_park() {
                Reply::Pending(())
            } else {
                Reply::Ready(n)
            }
        });
        let other = module(engine, OTHER);
        let other = Instance::new(&mut guest.store, &other, &[wait.unwrap().into()]).unwrap();
        let deep = other.get_func(&mut guest.store, "deep").unwrap();
        for name in ["call", "tail"] {
            for depth in [0, 1, 100, 5000] {
                let params = [Val::I32(depth), deep.into()];
                let results = guest.call(name, &params).unwrap();
                assert_values(&results, &[Val::I32(1003 + depth)]);
                let parked = guest.park(name, &params);
                let outcome = parked.resume(&mut guest.store, &[Val::I32(4)]);
                assert_eq!(returned_i32(outcome), 1004 + depth);
            }
        }
        guest.check_idle();
    });
}
