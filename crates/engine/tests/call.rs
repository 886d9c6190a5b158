//! Calling in and out.

mod common;

use bident::{Answer, Caller, Continuation, Error, ErrorKind, ExternRef, Func, FuncType, Store};
use bident::{TrapCode, Val, ValType};
use common::{Guest, assert_values, both, module};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn numbers_pass_in_and_out() {
    let wat = r#"(module
        (func (export "add") (param i32 i32) (result i32)
          (i32.add (local.get 0) (local.get 1)))
        (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0)))"#;
    both(|engine| {
        let Guest {
            mut store,
            instance,
        } = Guest::plain(engine, wat);
        let add = instance
            .get_typed_func::<(i32, i32), i32>(&mut store, "add")
            .unwrap();
        assert_eq!(add.call(&mut store, (2, 40)).unwrap(), 42);
        let unsigned = instance
            .get_typed_func::<(u32, i32), u32>(&mut store, "add")
            .unwrap();
        assert_eq!(
            unsigned.call(&mut store, (u32::MAX, -1)).unwrap(),
            u32::MAX - 1
        );
        let swap = instance
            .get_typed_func::<(i32, f64), (f64, i32)>(&mut store, "swap")
            .unwrap();
        assert_eq!(swap.call(&mut store, (-1, 0.5)).unwrap(), (0.5, -1));
    });
}

#[test]
fn deep_recursion_grows_the_stack() {
    let wat = r#"(module (func $sum (export "sum") (param i64) (result i64)
        (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 0))
          (else (i64.add (local.get 0) (call $sum (i64.sub (local.get 0) (i64.const 1))))))))"#;
    both(|engine| {
        let Guest {
            mut store,
            instance,
        } = Guest::plain(engine, wat);
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
    });
}

#[test]
fn nan_payloads_pass_unchanged() {
    let wat = r#"(module (import "host" "id" (func $id (param f32 f64) (result f32 f64)))
        (func (export "go") (param f32 f64) (result f32 f64)
          (call $id (local.get 0) (local.get 1))))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, (), |linker| {
            let types = [ValType::F32, ValType::F64];
            let id = |_: Caller<'_, ()>, params: &[Val], results: &mut [Val]| {
                results.clone_from_slice(params);
                Ok(Answer::Ready)
            };
            linker
                .func_new("host", "id", FuncType::new(types, types), id)
                .unwrap();
        });
        let signalling = [Val::F32(0xffa0_1234), Val::F64(0x7ff4_0000_dead_beef)];
        assert_values(&guest.call("go", &signalling).unwrap(), &signalling);
    });
}

/// A module that passes its parameters to `host.f` and gives back what it returns.
fn through(params: &str, results: &str) -> String {
    let count = params.split_whitespace().count();
    let gets: String = (0..count).map(|i| format!("(local.get {i})")).collect();
    format!(
        r#"(module (import "host" "f" (func $f (param {params}) (result {results})))
             (func (export "go") (param {params}) (result {results}) (call $f {gets})))"#
    )
}

#[test]
fn host_functions_take_up_to_eight_parameters() {
    macro_rules! sum {
        ($engine:ident, $($name:ident $value:literal)*) => {{
            let f = |$($name: i64),*| 0i64 $(+ 3 * $name)*;
            let expected = 0i64 $(+ 3 * $value)*;
            let types = ["i64"; [$($value),*].len()].join(" ");
            let guest = Guest::new($engine, &through(&types, "i64"), (), |linker| {
                linker.func_wrap("host", "f", f).unwrap();
            });
            let Guest { mut store, instance } = guest;
            let go = instance.get_typed_func::<_, i64>(&mut store, "go").unwrap();
            assert_eq!(go.call(&mut store, ($(i64::from($value),)*)).unwrap(), expected);
        }};
    }
    both(|engine| {
        sum!(engine, a 1);
        sum!(engine, a 1 b 20);
        sum!(engine, a 1 b 20 c 300);
        sum!(engine, a 1 b 20 c 300 d 4000);
        sum!(engine, a 1 b 20 c 300 d 4000 e 50000);
        sum!(engine, a 1 b 20 c 300 d 4000 e 50000 f 600000);
        sum!(engine, a 1 b 20 c 300 d 4000 e 50000 f 600000 g 7000000);
        sum!(engine, a 1 b 20 c 300 d 4000 e 50000 f 600000 g 7000000 h 80000000);
    });
}

#[test]
fn host_functions_get_arguments_of_every_kind() {
    let kinds = "i32 i64 f32 f64";
    both(|engine| {
        // In registers.
        let Guest {
            mut store,
            instance,
        } = Guest::new(engine, &through(kinds, "f64"), 0i64, |linker| {
            let f = |mut caller: Caller<'_, i64>, a: i32, b: i64, x: f32, y: f64| {
                *caller.data_mut() += i64::from(a) + b;
                f64::from(x) + y
            };
            linker.func_wrap("host", "f", f).unwrap();
        });
        let go = instance
            .get_typed_func::<(i32, i64, f32, f64), f64>(&mut store, "go")
            .unwrap();
        assert_eq!(go.call(&mut store, (1, 2, 1.5, 2.25)).unwrap(), 3.75);
        assert_eq!(*store.data(), 3);

        // In the buffer, since there are many results.
        let Guest {
            mut store,
            instance,
        } = Guest::new(engine, &through(kinds, "f64 f32 i64 i32"), (), |linker| {
            let f = |a: i32, b: i64, x: f32, y: f64| (y + 1.0, x - 1.0, b * 2, a.wrapping_neg());
            linker.func_wrap("host", "f", f).unwrap();
        });
        let go = instance
            .get_typed_func::<(i32, i64, f32, f64), (f64, f32, i64, i32)>(&mut store, "go")
            .unwrap();
        let result = go.call(&mut store, (i32::MIN, -5, 1.5, 2.25)).unwrap();
        assert_eq!(result, (3.25, 0.5, -10, i32::MIN));
    });
}

#[test]
fn references_pass_through_host_functions() {
    let wat = through("funcref externref", "externref funcref");
    both(|engine| {
        let mut guest = Guest::new(engine, &wat, (), |linker| {
            let swap = |f: Option<Func>, e: Option<ExternRef>| (e, f);
            linker.func_wrap("host", "f", swap).unwrap();
        });
        let (go, text) = (guest.func("go"), ExternRef::new("text"));
        let results = guest.call("go", &[go.into(), text.clone().into()]).unwrap();
        let [Val::ExternRef(Some(e)), Val::FuncRef(Some(f))] = &results[..] else {
            panic!("{results:?}");
        };
        assert!(e.ptr_eq(&text) && *f == go);
        let nulls = [Val::FuncRef(None), Val::ExternRef(None)];
        let results = guest.call("go", &nulls).unwrap();
        assert_values(&results, &[Val::ExternRef(None), Val::FuncRef(None)]);
    });
}

#[test]
fn a_host_function_can_be_called_directly() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let f = Func::wrap(&mut store, |caller: Caller<'_, ()>, a: i32| {
            assert!(caller.instance().is_none());
            a + 1
        })
        .unwrap();
        let mut results = [Val::I32(0)];
        f.call(&mut store, &[Val::I32(41)], &mut results).unwrap();
        assert_eq!(results[0].i32(), Some(42));
    });
}

#[test]
fn a_host_function_sees_which_instance_calls() {
    let wat = r#"(module
        (import "host" "where" (func $where (result i32)))
        (global (export "number") i32 (i32.const NUMBER))
        (func (export "direct") (result i32) (call $where))
        (table funcref (elem $where))
        (func (export "indirect") (result i32) (call_indirect (result i32) (i32.const 0)))
        (func (export "tail") (result i32) (return_call $where)))"#;
    let outer = r#"(module
        (import "one" "tail" (func $one (result i32)))
        (import "host" "where" (func $where (result i32)))
        (global (export "number") i32 (i32.const 3))
        (func (export "go") (result i32)
          (i32.add (i32.mul (i32.const 100) (call $one)) (call $where))))"#;
    both(|engine| {
        let mut linker = bident::Linker::new(engine);
        let number = |mut caller: Caller<'_, ()>| {
            let number = caller.get_export("number").unwrap().into_global().unwrap();
            assert!(caller.get_export("nothing").is_none());
            number.get(&mut caller).i32().unwrap()
        };
        linker.func_wrap("host", "where", number).unwrap();
        let mut store = Store::new(engine, ());
        for (n, name) in [(1, "one"), (2, "two")] {
            let module = module(engine, &wat.replace("NUMBER", &n.to_string()));
            let instance = linker.instantiate(&mut store, &module).unwrap();
            linker.instance(&mut store, name, instance).unwrap();
            for name in ["direct", "indirect", "tail"] {
                let f = instance
                    .get_typed_func::<(), i32>(&mut store, name)
                    .unwrap();
                assert_eq!(f.call(&mut store, ()).unwrap(), n, "{name}");
            }
        }
        let outer = linker
            .instantiate(&mut store, &module(engine, outer))
            .unwrap();
        let go = outer.get_typed_func::<(), i32>(&mut store, "go").unwrap();
        assert_eq!(go.call(&mut store, ()).unwrap(), 103);
    });
}

const IDENTITY: &str = r#"(module
    (import "host" "f" (func $f))
    (func $named (param i32 i64) (result i64) (local.get 1))
    (export "by export" (func $named))
    (export "host" (func $f)))"#;

fn identity(engine: &bident::Engine) -> Guest<()> {
    Guest::new(engine, IDENTITY, (), |linker| {
        linker.func_wrap("host", "f", || ()).unwrap();
    })
}

#[test]
fn wrong_parameters_and_results_are_refused() {
    both(|engine| {
        let mut guest = identity(engine);
        let f = guest.func("by export");
        let right = [Val::I32(1), Val::I64(2)];
        let mut check = |params: &[Val], results: &mut [Val], text: &str| {
            let error = f.call(&mut guest.store, params, results).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert_eq!(error.to_string(), text);
        };
        let one = &mut [Val::I32(0)];
        check(&[], one, "expected 2 values, got 0");
        check(&right[..1], one, "expected 2 values, got 1");
        check(
            &[Val::I32(1), Val::F32(1)],
            one,
            "expected a value of type i64, got f32",
        );
        check(
            &right,
            &mut [],
            "room for 0 results, but the function gives 1",
        );
        f.call(&mut guest.store, &right, one).unwrap();
        assert_values(one, &[Val::I64(2)]);
        let error = f.start(&mut guest.store, &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        guest.check_idle();
    });
}

#[test]
fn wrong_results_of_a_host_function_are_its_error() {
    let wat = r#"(module (import "host" "f" (func $f (result i32)))
        (func $go (export "go") (result i32) (call $f)))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, (), |linker| {
            let ty = FuncType::new([], [ValType::I32]);
            let f = |_: Caller<'_, ()>, _: &[Val], results: &mut [Val]| {
                assert_values(results, &[Val::I32(0)]);
                results[0] = Val::I64(1);
                Ok(Answer::Ready)
            };
            linker.func_new("host", "f", ty, f).unwrap();
        });
        let error = guest.call("go", &[]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert_eq!(common::names(&error), ["go"]);
        guest.check_idle();
    });
}

#[test]
fn typed_functions_are_checked_once() {
    both(|engine| {
        let Guest {
            mut store,
            instance,
        } = identity(engine);
        let mismatch = |error: Error| {
            assert_eq!(error.kind(), ErrorKind::Usage);
            error.to_string()
        };
        let wrong = instance.get_typed_func::<i32, i64>(&mut store, "by export");
        let text = mismatch(wrong.err().unwrap());
        assert!(text.contains("i64"), "{text}");
        let wrong = instance.get_typed_func::<(i32, i64), ()>(&mut store, "by export");
        mismatch(wrong.err().unwrap());
        let missing = instance.get_typed_func::<(), ()>(&mut store, "missing");
        let text = mismatch(missing.err().unwrap());
        assert_eq!(text, "no function is exported as `missing`");
        let right = instance.get_typed_func::<(i32, i64), i64>(&mut store, "by export");
        assert_eq!(right.unwrap().call(&mut store, (1, 2)).unwrap(), 2);
    });
}

#[test]
fn functions_tell_what_they_are() {
    both(|engine| {
        let mut guest = identity(engine);
        let (named, host) = (guest.func("by export"), guest.func("host"));
        let store = &mut guest.store;
        assert_eq!(named.name(&*store).as_deref(), Some("named"));
        assert_eq!(named.index_in_module(&*store), Some(1));
        assert!(!named.is_host(&*store));
        let ty = FuncType::new([ValType::I32, ValType::I64], [ValType::I64]);
        assert_eq!(named.ty(&*store), ty);
        assert_eq!(host.name(&*store).as_deref(), Some("host.f"));
        assert_eq!(host.index_in_module(&*store), None);
        assert!(host.is_host(&*store));
        let unnamed = Func::wrap(&mut *store, || ()).unwrap();
        assert_eq!(unnamed.name(&*store), None);
        assert_ne!(unnamed, host);
        assert_eq!(guest.func("host"), host);
    });
}

#[test]
fn a_function_of_another_store_is_refused() {
    both(|engine| {
        let (mut a, mut b) = (identity(engine), identity(engine));
        let f = a.func("by export");
        let typed = f.typed::<(i32, i64), i64>(&mut a.store).unwrap();
        let refused = |f: &mut dyn FnMut()| {
            let panic = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
            let text = panic.downcast_ref::<String>();
            assert_eq!(text.unwrap(), "a function of another store");
        };
        refused(&mut || drop(f.ty(&b.store)));
        refused(&mut || drop(f.name(&b.store)));
        let errors = [
            f.start(&mut b.store, &[]).unwrap_err(),
            f.call(&mut b.store, &[], &mut []).unwrap_err(),
            f.typed::<(i32, i64), i64>(&mut b.store).err().unwrap(),
            typed.call(&mut b.store, (1, 2)).unwrap_err(),
            typed.start(&mut b.store, (1, 2)).err().unwrap(),
            Continuation::new(&mut b.store, &f).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert_eq!(error.to_string(), "a function of another store");
        }
        a.check_idle();
        b.check_idle();
    });
}

#[test]
fn stores_give_their_data_back() {
    both(|engine| {
        let mut store = Store::new(engine, vec![1]);
        let push = Func::wrap(&mut store, |mut caller: Caller<'_, Vec<i32>>, n: i32| {
            caller.data_mut().push(n);
            caller.data().len() as i32
        });
        let push = push.unwrap().typed::<i32, i32>(&mut store).unwrap();
        assert_eq!(push.call(&mut store, 2).unwrap(), 2);
        store.data_mut().push(3);
        assert_eq!(store.into_data(), [1, 2, 3]);
    });
}
