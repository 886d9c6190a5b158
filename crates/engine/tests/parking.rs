//! Parking and resuming: what lives across, in which order, and what becomes of the stack.

mod common;

use bident::{Answer, Caller, Engine, Error, ErrorKind, Exception, Extern, ExternRef, Func};
use bident::{
    FuncType, Linker, Outcome, Payload, Reply, Tag, TrapCode, TypedOutcome, Val, ValType,
};
use common::{Guest, Random, assert_values, both, names, parked_call, returned, returned_i32};
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Defines `host.read`, which answers later, with these results.
fn pending<T: 'static>(linker: &mut Linker<T>, params: &[ValType], results: &[ValType]) {
    let ty = FuncType::new(params.to_vec(), results.to_vec());
    linker
        .func_new("host", "read", ty, |_, _, _| {
            Ok(Answer::Pending(Payload::NONE))
        })
        .unwrap();
}

/// A guest whose `host.read` takes nothing and gives an `i32`, later.
fn reader(engine: &Engine, wat: &str) -> Guest<()> {
    Guest::new(engine, wat, (), |linker| {
        pending(linker, &[], &[ValType::I32])
    })
}

/// A value of the type, different for every `i`.
fn value(ty: ValType, i: usize) -> Val {
    let bits = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    match ty {
        ValType::I32 => Val::I32(bits as i32),
        ValType::I64 => Val::I64(bits as i64),
        ValType::F32 => Val::F32(bits as u32 & 0x7f7f_ffff),
        ValType::F64 => Val::F64(bits & 0x7fef_ffff_ffff_ffff),
        ValType::V128 => Val::from(u128::from(bits) << 64 | u128::from(!bits)),
        ValType::Ref(_) => Val::default_for(ty),
    }
}

/// `(result ...)`, and a function that keeps the results in locals while it parks again.
fn reads_and_keeps(types: &[ValType]) -> String {
    let result: String = types.iter().fold(String::new(), |mut text, ty| {
        let _ = write!(text, "(result {ty})");
        text
    });
    let mut wat = format!(
        "(module (import \"host\" \"read\" (func $read {result}))
           (func (export \"direct\") {result} call $read)
           (func (export \"operands\") {result} call $read call $read {drops})
           (func (export \"locals\") {result} {locals} call $read {sets}",
        drops = "drop ".repeat(types.len()),
        locals = result.replace("result", "local"),
        sets = (0..types.len()).rev().fold(String::new(), |mut text, i| {
            let _ = write!(text, "local.set {i} ");
            text
        }),
    );
    let _ = write!(wat, "call $read {}", "drop ".repeat(types.len()));
    for i in 0..types.len() {
        let _ = write!(wat, " local.get {i}");
    }
    wat + "))"
}

#[test]
fn results_of_every_number_and_kind_arrive() {
    use ValType::{F32, F64, I32, I64, V128};
    let mixed: Vec<_> = (0..48).map(|i| [I32, F64, V128, I64, F32][i % 5]).collect();
    let lists: &[&[ValType]] = &[
        &[],
        &[I32],
        &[I64],
        &[F32],
        &[F64],
        &[V128],
        &[I32, F32],
        &[V128, I32],
        &[I32, V128],
        &[F64, I64, I64],
        &[I64; 9],
        &[F64; 9],
        &[F32; 30],
        &[V128; 30],
        &mixed[..16],
        &mixed[..17],
        &mixed,
    ];
    both(|engine| {
        for types in lists {
            let mut guest = Guest::new(engine, &reads_and_keeps(types), (), |linker| {
                pending(linker, &[], types)
            });
            let values: Vec<_> = (0..types.len()).map(|i| value(types[i], i)).collect();
            let others: Vec<_> = (0..types.len())
                .map(|i| value(types[i], i + 1000))
                .collect();

            let parked = guest.park("direct", &[]);
            assert_eq!(parked.awaited_type(&guest.store).results(), *types);
            let results = returned(parked.resume(&mut guest.store, &values));
            assert_values(&results, &values);

            for name in ["operands", "locals"] {
                let parked = guest.park(name, &[]);
                let parked = parked_call(parked.resume(&mut guest.store, &values));
                let results = returned(parked.resume(&mut guest.store, &others));
                assert_values(&results, &values);
            }
            guest.check_idle();
        }
    });
}

/// `dive(depth)` recurses, parks at the bottom, and adds depths to the answer on its way back.
const DIVE: &str = r#"(module
    (import "host" "read" (func $read (result i32)))
    (func $dive (export "dive") (param $depth i32) (result i32)
      (if (result i32) (i32.eqz (local.get $depth))
        (then (call $read))
        (else (i32.add (local.get $depth)
                       (call $dive (i32.sub (local.get $depth) (i32.const 1)))))))
    (func (export "loop") (param $n i32) (result i32)
      (local $i i32) (local $sum i32)
      (loop $again
        (local.set $sum (i32.add (local.get $sum) (call $dive (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 7)))
        (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
      (local.get $sum)))"#;

fn gauss(depth: i32) -> i32 {
    depth * (depth + 1) / 2
}

#[test]
fn the_environment_asks_for_stress() {
    let status = common::child("the_environment_asks_for_stress", || {
        for (value, stressed) in [("1", true), ("0", false), ("", false)] {
            // SAFETY: no other thread of the process reads the environment meanwhile.
            unsafe { std::env::set_var("BIDENT_STRESS", value) };
            let mut guest = reader(&Engine::default(), DIVE);
            guest.park("dive", &[Val::I32(0)]).cancel(&mut guest.store);
            assert_eq!(guest.store.stats().moves > 0, stressed, "{value}");
        }
    });
    assert!(status.success(), "{status}");
}

#[test]
fn stacks_of_any_depth_are_resumed() {
    both(|engine| {
        let mut guest = reader(engine, DIVE);
        for depth in (0..64).chain((64..=2000).step_by(97)) {
            let parked = guest.park("dive", &[depth.into()]);
            let result = returned_i32(parked.resume(&mut guest.store, &[Val::I32(1_000_000)]));
            assert_eq!(result, 1_000_000 + gauss(depth), "depth {depth}");
        }
        guest.check_idle();
    });
}

#[test]
fn one_activation_parks_again_at_other_depths() {
    both(|engine| {
        let mut guest = reader(engine, DIVE);
        let mut outcome = guest.start("loop", &[Val::I32(500)]);
        let mut expected = 0;
        for (answer, depth) in (0..500).step_by(7).enumerate() {
            let parked = parked_call(outcome);
            assert_eq!(guest.store.stats().live, 1);
            expected += answer as i32 + gauss(depth);
            outcome = parked.resume(&mut guest.store, &[Val::I32(answer as i32)]);
        }
        assert_eq!(returned_i32(outcome), expected);
        guest.check_idle();
    });
}

#[test]
fn ten_thousand_activations_of_one_instance_are_resumed_in_any_order() {
    const COUNT: usize = 10_000;
    both(|engine| {
        let mut guest = reader(engine, DIVE);
        let dive = guest.func("dive");
        let mut parked: Vec<_> = (0..COUNT)
            .map(|i| {
                let depth = Val::I32((i % 13) as i32);
                (i, parked_call(dive.start(&mut guest.store, &[depth])))
            })
            .collect();
        assert_eq!(guest.store.stats().live, COUNT);
        Random(42).shuffle(&mut parked);
        for (done, (i, call)) in parked.into_iter().enumerate() {
            let outcome = call.resume(&mut guest.store, &[Val::I32(i as i32)]);
            assert_eq!(returned_i32(outcome), i as i32 + gauss((i % 13) as i32));
            assert_eq!(guest.store.stats().live, COUNT - done - 1);
        }
        guest.check_idle();
    });
}

#[test]
fn cancelling_gives_the_stack_back_at_once() {
    both(|engine| {
        let mut guest = reader(engine, DIVE);
        let mut parked: Vec<_> = (0..100)
            .map(|i| guest.park("dive", &[Val::I32(i)]))
            .collect();
        Random(7).shuffle(&mut parked);
        for (i, call) in parked.into_iter().enumerate() {
            call.cancel(&mut guest.store);
            assert_eq!(guest.store.stats().live, 99 - i);
        }
        assert_eq!(guest.store.stats().bytes, 0);
        guest.check_idle();
    });
}

#[test]
fn dropping_gives_the_stack_back_with_the_next_call() {
    both(|engine| {
        let mut guest = reader(engine, DIVE);
        let kept = guest.park("dive", &[Val::I32(3)]);
        for i in 0..100 {
            drop(guest.park("dive", &[Val::I32(i)]));
            assert_eq!(guest.store.stats().live, 2);
        }
        let outcome = kept.resume(&mut guest.store, &[Val::I32(1)]);
        assert_eq!(returned_i32(outcome), 1 + gauss(3));
        guest.check_idle();
    });
}

#[test]
fn a_parked_call_outlives_its_store_without_harm() {
    both(|engine| {
        let mut guest = reader(engine, DIVE);
        let suspensions: Vec<_> = (0..10)
            .map(|i| guest.park("dive", &[Val::I32(i * 100)]))
            .collect();
        drop(guest);
        drop(suspensions);
    });
}

#[test]
fn throwing_ends_the_activation_with_a_backtrace() {
    let wat = r#"(module
        (import "host" "read" (func $read (result i32)))
        (func $inner (result i32) call $read)
        (func $outer (export "outer") (result i32) (i32.add (call $inner) (i32.const 1))))"#;
    both(|engine| {
        let mut guest = reader(engine, wat);
        let parked = guest.park("outer", &[]);
        let cause = std::io::Error::other("the disk is gone");
        let error = parked
            .throw(&mut guest.store, Error::new(cause))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Host);
        assert_eq!(names(&error), ["inner", "outer"]);
        assert!(error.to_string().starts_with("the disk is gone\n"));
        let cause = error.downcast::<std::io::Error>().unwrap();
        assert_eq!(cause.to_string(), "the disk is gone");
        assert_eq!(guest.store.stats().live, 0);

        let parked = guest.park("outer", &[]);
        let error = parked
            .throw(&mut guest.store, TrapCode::Unreachable.into())
            .unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::Unreachable));
        guest.check_idle();
    });
}

#[test]
fn answers_of_the_wrong_type_leave_the_call_parked() {
    both(|engine| {
        let mut guest = reader(engine, DIVE);
        let wrong: &[&[Val]] = &[
            &[],
            &[Val::I64(1)],
            &[Val::F32(1)],
            &[Val::ExternRef(None)],
            &[Val::I32(1), Val::I32(2)],
        ];
        let mut parked = guest.park("dive", &[Val::I32(20)]);
        for values in wrong {
            let mut error = parked.resume(&mut guest.store, values).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            let text = error.to_string();
            let about = "the answer of host function host.read: expected ";
            assert!(text.starts_with(about), "{text}");
            guest.store.gc();
            parked = error.take_parked().expect("it is still parked");
            assert!(error.take_parked().is_none());
        }
        let result = returned_i32(parked.resume(&mut guest.store, &[Val::I32(1)]));
        assert_eq!(result, 1 + gauss(20));
        guest.check_idle();

        // Dropped with its error, it is cancelled.
        let parked = guest.park("dive", &[Val::I32(20)]);
        drop(parked.resume(&mut guest.store, &[]));
        guest.check_idle();
    });
}

#[test]
fn an_error_of_a_call_that_went_on_is_not_parked() {
    both(|engine| {
        let wat = r#"(module (import "host" "read" (func $read (result i32)))
            (func (export "go") (drop (call $read)) (unreachable)))"#;
        let mut guest = reader(engine, wat);
        let parked = guest.park("go", &[]);
        let mut error = parked.resume(&mut guest.store, &[Val::I32(1)]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::Unreachable));
        assert!(error.take_parked().is_none());
        let parked = guest.park("go", &[]);
        let mut error = parked
            .throw(&mut guest.store, Error::msg("no"))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Host);
        assert!(error.take_parked().is_none());
        guest.check_idle();
    });
}

#[test]
fn a_function_of_another_store_is_no_answer() {
    let wat = r#"(module
        (import "host" "read" (func $read (result funcref)))
        (func (export "go") (result funcref) call $read))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, (), |linker| {
            pending(linker, &[], &[ValType::FUNCREF])
        });
        let mut other = Guest::plain(engine, r#"(module (func (export "f")))"#);
        let parked = guest.park("go", &[]);
        let mut error = parked
            .resume(&mut guest.store, &[other.func("f").into()])
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        let own = guest.func("go");
        let parked = error.take_parked().expect("it is still parked");
        let results = returned(parked.resume(&mut guest.store, &[own.into()]));
        assert!(matches!(results[..], [Val::FuncRef(Some(f))] if f == own));
        guest.check_idle();
    });
}

#[test]
fn a_parked_call_of_another_store_is_refused() {
    both(|engine| {
        let mut a = reader(engine, DIVE);
        let mut b = reader(engine, DIVE);
        const TEXT: &str = "a parked call of another store";
        let panics = |f: &mut dyn FnMut()| {
            let panic = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
            let text = panic.downcast_ref::<&str>().map(ToString::to_string);
            let text = text.or_else(|| panic.downcast_ref().cloned());
            assert_eq!(text.as_deref(), Some(TEXT));
        };
        let refused = |outcome: Result<Outcome, Error>| {
            let mut error = outcome.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            assert_eq!(error.to_string(), TEXT);
            error.take_parked().expect("it is still parked")
        };
        let mut parked = Some(a.park("dive", &[Val::I32(1)]));
        panics(&mut || drop(parked.as_ref().unwrap().awaited_type(&b.store)));
        panics(&mut || parked.take().unwrap().cancel(&mut b.store));
        let parked = a.park("dive", &[Val::I32(1)]);
        let parked = refused(parked.resume(&mut b.store, &[Val::I32(1)]));
        let parked = refused(parked.throw(&mut b.store, Error::msg("no")));
        let tag = Tag::new(&mut b.store, FuncType::new([], [])).unwrap();
        let foreign = Exception::new(&mut b.store, tag, &[]).unwrap();
        let mut error = parked.throw(&mut a.store, foreign.into()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        let parked = error.take_parked().expect("it is still parked");
        assert_eq!(returned_i32(parked.resume(&mut a.store, &[Val::I32(1)])), 2);
        a.check_idle();
        b.check_idle();
    });
}

#[test]
fn a_tail_call_parks() {
    let wide = "i64 ".repeat(20);
    let args = (0..20).fold(String::new(), |mut text, i| {
        let _ = write!(text, "(i64.const {i})");
        text
    });
    let sum = (0..20).fold("call $read i64.extend_i32_s".to_owned(), |mut text, i| {
        let _ = write!(text, " local.get {i} i64.add");
        text
    });
    let wat = format!(
        r#"(module
        (import "host" "read" (func $read (result i32)))
        (type $read (func (result i32)))
        (table funcref (elem $read))
        (func (export "import") (result i32) (return_call $read))
        (func (export "indirect") (result i32)
          (return_call_indirect (type $read) (i32.const 0)))
        (func $wide (param {wide}) (result i64) {sum})
        (func $widening (result i64) (return_call $wide {args}))
        (func (export "widening") (result i32) (i32.wrap_i64 (call $widening)))
        (func $count (param $n i32) (result i32)
          (if (i32.eqz (local.get $n)) (then (return_call $read)))
          (return_call $count (i32.sub (local.get $n) (i32.const 1))))
        (func (export "count") (result i32) (return_call $count (i32.const 100000))))"#
    );
    both(|engine| {
        let mut guest = reader(engine, &wat);
        for (name, more) in [
            ("import", 0),
            ("indirect", 0),
            ("widening", 190),
            ("count", 0),
        ] {
            let parked = guest.park(name, &[]);
            let result = returned_i32(parked.resume(&mut guest.store, &[Val::I32(11)]));
            assert_eq!(result, 11 + more, "{name}");
        }
        guest.check_idle();
    });
}

#[test]
fn an_import_called_through_a_table_parks() {
    let wat = r#"(module
        (type $read (func (param i64 f64) (result f64)))
        (import "host" "read" (func $read (type $read)))
        (table funcref (elem $read $own))
        (func $own (type $read) (call $read (local.get 0) (local.get 1)))
        (func (export "go") (param $i i32) (param $x f64) (result f64)
          (f64.add (local.get $x)
            (call_indirect (type $read) (i64.const 1) (f64.const 2) (local.get $i)))))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, (), |linker| {
            pending(linker, &[ValType::I64, ValType::F64], &[ValType::F64])
        });
        for i in 0..2 {
            let parked = guest.park("go", &[Val::I32(i), 0.5.into()]);
            let results = returned(parked.resume(&mut guest.store, &[4.25.into()]));
            assert_eq!(results[0].f64(), Some(4.75));
        }
        guest.check_idle();
    });
}

#[test]
fn a_host_function_that_the_host_starts_parks() {
    let wat = r#"(module
        (import "host" "read" (func $read (param i32) (result i32 f32 i64)))
        (export "read" (func $read)))"#;
    both(|engine| {
        let types = [ValType::I32, ValType::F32, ValType::I64];
        let mut guest = Guest::new(engine, wat, (), |linker| {
            pending(linker, &[ValType::I32], &types)
        });
        assert!(guest.func("read").is_host(&guest.store));
        let answer = types.map(|ty| value(ty, 5));
        let parked = guest.park("read", &[Val::I32(1)]);
        assert_values(&returned(parked.resume(&mut guest.store, &answer)), &answer);

        let typed = Func::wrap(&mut guest.store, |_: f64| Reply::<f32>::Pending(())).unwrap();
        let parked = parked_call(typed.start(&mut guest.store, &[2.0.into()]));
        let results = returned(parked.resume(&mut guest.store, &[1.5f32.into()]));
        assert_eq!(results[0].f32(), Some(1.5));
        guest.check_idle();
    });
}

#[test]
fn a_typed_call_parks() {
    both(|engine| {
        let mut guest = reader(engine, DIVE);
        let dive = guest
            .func("dive")
            .typed::<i32, i32>(&mut guest.store)
            .unwrap();
        let TypedOutcome::Parked(parked) = dive.start(&mut guest.store, 4).unwrap() else {
            panic!("it reads");
        };
        let outcome = parked.resume(&mut guest.store, 5).unwrap();
        let TypedOutcome::Returned(sum) = outcome else {
            panic!("it reads once");
        };
        assert_eq!(sum, 5 + gauss(4));
        typed_answers(&mut guest, &dive);
        guest.check_idle();
    });
}

#[test]
fn a_host_function_learns_whether_it_may_be_pending() {
    let wat = r#"(module
        (import "host" "ask" (func $ask (result i32)))
        (func (export "go") (result i32) (call $ask)))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, Vec::new(), |linker| {
            let ask = |mut caller: Caller<'_, Vec<bool>>| {
                let can = caller.may_park();
                caller.data_mut().push(can);
                if can {
                    Reply::Pending(())
                } else {
                    Reply::Ready(1)
                }
            };
            linker.func_wrap("host", "ask", ask).unwrap();
        });
        assert_values(&guest.call("go", &[]).unwrap(), &[Val::I32(1)]);
        let parked = guest.park("go", &[]);
        let outcome = parked.resume(&mut guest.store, &[Val::I32(2)]);
        assert_eq!(returned_i32(outcome), 2);
        assert_eq!(guest.store.data(), &[false, true]);
    });
}

#[test]
fn parked_activations_share_the_instance() {
    let wat = r#"(module
        (import "host" "read" (func $read (result i32)))
        (memory (export "memory") 1)
        (global $calls (export "calls") (mut i32) (i32.const 0))
        (func (export "append") (param $at i32) (result i32)
          (i32.store8 (local.get $at) (call $read))
          (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
          (global.get $calls)))"#;
    both(|engine| {
        let mut guest = reader(engine, wat);
        let mut parked: Vec<_> = (0..26)
            .map(|i| (i, guest.park("append", &[Val::I32(i)])))
            .collect();
        Random(3).shuffle(&mut parked);
        for (order, (i, call)) in parked.into_iter().enumerate() {
            let letter = Val::I32(i + i32::from(b'a'));
            let calls = returned_i32(call.resume(&mut guest.store, &[letter]));
            assert_eq!(calls, order as i32 + 1);
        }
        let memory = guest
            .instance
            .get_memory(&mut guest.store, "memory")
            .unwrap();
        assert_eq!(
            &memory.data(&guest.store)[..26],
            b"abcdefghijklmnopqrstuvwxyz"
        );
    });
}

#[test]
fn a_reference_answers() {
    let wat = r#"(module
        (import "host" "read" (func $read (result externref)))
        (func (export "go") (result externref externref) (call $read) (call $read)))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, (), |linker| {
            pending(linker, &[], &[ValType::EXTERNREF])
        });
        let (a, b) = (ExternRef::new("a"), ExternRef::new("b"));
        let parked = guest.park("go", &[]);
        let parked = parked_call(parked.resume(&mut guest.store, &[a.clone().into()]));
        guest.store.gc();
        let results = returned(parked.resume(&mut guest.store, &[b.clone().into()]));
        let [Val::ExternRef(Some(x)), Val::ExternRef(Some(y))] = &results[..] else {
            panic!("{results:?}");
        };
        assert!(x.ptr_eq(&a) && y.ptr_eq(&b));
    });
}

#[test]
fn an_import_of_another_instance_parks_both() {
    let inner = r#"(module $inner
        (import "host" "read" (func $read (result i32)))
        (func $double (export "double") (result i32) (i32.mul (call $read) (i32.const 2))))"#;
    let outer = r#"(module $outer
        (import "inner" "double" (func $double (result i32)))
        (func $go (export "go") (result i32) (i32.add (call $double) (i32.const 1))))"#;
    both(|engine| {
        let mut guest = reader(engine, inner);
        let double: Extern = guest.func("double").into();
        let outer = common::module(engine, outer);
        let outer = bident::Instance::new(&mut guest.store, &outer, &[double]).unwrap();
        let go = outer.get_func(&mut guest.store, "go").unwrap();
        let parked = parked_call(go.start(&mut guest.store, &[]));
        let outcome = parked.resume(&mut guest.store, &[Val::I32(20)]);
        assert_eq!(returned_i32(outcome), 41);
        let parked = parked_call(go.start(&mut guest.store, &[]));
        let error = parked.throw(&mut guest.store, Error::msg("x")).unwrap_err();
        let modules: Vec<_> = error.backtrace().iter().map(|f| f.module_name()).collect();
        assert_eq!(modules, [Some("inner"), Some("outer")]);
        guest.check_idle();
    });
}

#[test]
fn a_call_that_returns_is_not_parked() {
    let wat = r#"(module
        (import "host" "read" (func $read (result i32)))
        (func (export "go") (param i32) (result i32)
          (if (result i32) (local.get 0) (then (call $read)) (else (i32.const 9)))))"#;
    both(|engine| {
        let mut guest = reader(engine, wat);
        assert_eq!(returned_i32(guest.start("go", &[Val::I32(0)])), 9);
        let outcome = guest.start("go", &[Val::I32(1)]);
        assert!(matches!(outcome, Ok(Outcome::Parked(_))));
        drop(outcome);
        guest.check_idle();
    });
}

/// Answers of the wrong types leave the call parked; others are taken as they are.
fn typed_answers<T>(guest: &mut Guest<T>, dive: &bident::TypedFunc<i32, i32>) {
    let mut parked = match dive.start(&mut guest.store, 1).unwrap() {
        TypedOutcome::Parked(parked) => parked,
        TypedOutcome::Returned(_) => panic!("it reads"),
    };
    let again = |error: Error, guest: &mut Guest<T>, expected: &str| {
        let mut error = error;
        assert_eq!(error.kind(), ErrorKind::Usage);
        let text = error.to_string();
        assert!(text.starts_with("the answer of host function"), "{text}");
        assert!(text.ends_with(expected), "{text}");
        let call = error.take_parked().expect("it waits");
        let mut wrong = call.typed::<i64>(&mut guest.store).unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::Usage);
        let call = wrong.take_parked().expect("it waits");
        call.typed::<i32>(&mut guest.store).unwrap()
    };
    let error = parked.resume(&mut guest.store, 5_u64).unwrap_err();
    parked = again(error, guest, "expected a value of type i32, got i64");
    let error = parked.resume(&mut guest.store, (5, 6)).unwrap_err();
    parked = again(error, guest, "expected 1 value, got 2");
    let error = parked.resume(&mut guest.store, ()).unwrap_err();
    parked = again(error, guest, "expected 1 value, got 0");
    match parked.resume(&mut guest.store, 5_u32).unwrap() {
        TypedOutcome::Returned(sum) => assert_eq!(sum, 6),
        TypedOutcome::Parked(_) => panic!("it reads once"),
    }
}

#[test]
fn tuples_become_values_and_come_of_them() {
    use bident::WasmValues;
    let values = (1_u32, u64::MAX, 2.5_f32, -2.5_f64, 7_u128).into_vals();
    assert_eq!(values[1].i64(), Some(-1));
    let back = <(i32, i64, f32, f64, u128)>::from_vals(values.clone()).unwrap();
    assert_eq!(back, (1, -1, 2.5, -2.5, 7));
    let wrong = |error: Error, expected: &str| {
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::Usage, expected)
        );
    };
    let one = values[..1].to_vec();
    wrong(
        <(i32, i32)>::from_vals(one.clone()).unwrap_err(),
        "expected 2 values, got 1",
    );
    wrong(
        <()>::from_vals(one.clone()).unwrap_err(),
        "expected 0 values, got 1",
    );
    wrong(
        u32::from_vals(values.clone()).unwrap_err(),
        "expected 1 value, got 5",
    );
    wrong(
        f32::from_vals(one.clone()).unwrap_err(),
        "expected a value of type f32, got i32",
    );
    assert_eq!(u32::from_vals(one).unwrap(), 1);
    assert_eq!(u64::try_from(values[1].clone()).unwrap(), u64::MAX);
    let null = Val::ExternRef(None);
    let value: Option<bident::ExternRef> = null.clone().try_into().unwrap();
    assert!(value.is_none());
    let error = bident::ExternRef::try_from(null).unwrap_err();
    wrong(error, "expected a reference, got null");
}
