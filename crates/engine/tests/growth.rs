//! Stacks that grow: at every depth, with frames of every size, up to every limit.

mod common;

use bident::{
    Answer, Caller, Config, Continuation, Engine, ErrorKind, Func, FuncType, Linker, Outcome,
    Payload, TrapCode, Val, ValType,
};
use common::{Guest, Random, assert_values, both, both_with, parked_call, returned, returned_i32};
use std::fmt::Write;

/// Joins what `piece` gives for `0..count`.
fn join(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect::<Vec<_>>().join(" ")
}

/// A function `$f{live}` that recurses with that many integers and as many floats alive across the
/// call, which differ from frame to frame; it returns a sum of all.
fn recursive_with_live_values(live: usize) -> String {
    let int = |i: usize| format!("(i64.mul (local.get $n) (i64.const {}))", 2 * i + 3);
    let float = |i: usize| format!("(f64.mul (local.get $x) (f64.const {}.5))", i + 1);
    format!(
        r#"(func $f{live} (export "f{live}") (param $n i64) (param $x f64) (result i64)
             {locals}
             {sets}
             (if (result i64) (i64.eqz (local.get $n)) (then (i64.const 1)) (else
               (call $f{live} (i64.sub (local.get $n) (i64.const 1))
                              (f64.add (local.get $x) (f64.const 2)))
               {adds})))"#,
        locals = join(live, |i| format!("(local $i{i} i64) (local $f{i} f64)")),
        sets = join(live, |i| format!(
            "(local.set $i{i} {}) (local.set $f{i} {})",
            int(i),
            float(i)
        )),
        adds = join(live, |i| format!(
            "(i64.add (local.get $i{i})) (i64.add (i64.trunc_f64_s (local.get $f{i})))"
        )),
    )
}

/// The same sum.
fn sum_of_live_values(live: usize, n: i64, x: f64) -> i64 {
    let (mut sum, mut x) = (1, x);
    for n in (1..=n).rev() {
        for i in 0..live {
            sum += n * (2 * i as i64 + 3) + (x * (i as f64 + 1.5)) as i64;
        }
        x += 2.0;
    }
    sum
}

#[test]
fn live_values_survive_growth_at_every_depth() {
    const MOST: usize = 40;
    let functions = join(MOST, recursive_with_live_values);
    let wat = format!("(module {functions})");
    both(|engine| {
        let mut guest = Guest::plain(engine, &wat);
        for live in 0..MOST {
            let name = format!("f{live}");
            let before = guest.store.stats().moves;
            for depth in 0..24 {
                let result = guest.call(&name, &[Val::I64(depth), 10.0.into()]).unwrap();
                let expected = sum_of_live_values(live, depth, 10.0);
                assert_eq!(result[0].i64(), Some(expected), "{live} values, {depth}");
            }
            assert!(guest.store.stats().moves > before);
        }
        guest.check_idle();
    });
}

#[test]
fn a_stack_grows_to_its_limit_and_no_further() {
    let wat = format!("(module {})", recursive_with_live_values(8));
    for size in [512, 1024, 2048, 4096, 50_000, 1 << 16, 1 << 22] {
        both_with(Config::new().max_stack_size(size), |engine| {
            let mut guest = Guest::plain(engine, &wat);
            let mut deepest = 0;
            let mut run = |depth: i64| {
                let result = guest.call("f8", &[Val::I64(depth), 0.0.into()]);
                match &result {
                    Ok(sum) => {
                        assert_eq!(sum[0].i64(), Some(sum_of_live_values(8, depth, 0.0)));
                        deepest = deepest.max(depth);
                    }
                    Err(error) => assert_eq!(error.trap(), Some(TrapCode::StackOverflow)),
                }
                assert_eq!(guest.store.stats().bytes, 0);
                result.is_ok()
            };
            assert!(!run(1_000_000), "{size} bytes");
            let _ = [0, 1, 2, 4, 8, 16, 100, 1000].map(&mut run);
            // The frame has about 200 bytes.
            let frames = (size.next_power_of_two() / 1000) as i64;
            assert!(deepest >= frames.min(1000), "{size} bytes, {deepest} deep");
            guest.check_idle();
        });
    }
}

/// A function with this many values alive across a call of a host function.
fn huge_frame(values: usize) -> String {
    format!(
        r#"(module
             (import "host" "touch" (func $touch (result i64)))
             (memory (export "memory") 2)
             (func (export "go") (result i64)
               {loads} call $touch {adds}))"#,
        loads = join(values, |i| format!(
            "(i64.load offset={} (i32.const 0))",
            8 * i
        )),
        adds = "i64.add ".repeat(values),
    )
}

#[test]
fn huge_frames_grow_at_once() {
    for values in [100, 1000, 4200] {
        let wat = huge_frame(values);
        both(|engine| {
            let mut guest = Guest::new(engine, &wat, false, |linker| {
                let ty = FuncType::new([], [ValType::I64]);
                let touch = |caller: Caller<'_, bool>, _: &[Val], results: &mut [Val]| {
                    results[0] = Val::I64(5);
                    Ok(match caller.data() {
                        true => Answer::Pending(Payload::NONE),
                        false => Answer::Ready,
                    })
                };
                linker.func_new("host", "touch", ty, touch).unwrap();
            });
            let memory = guest
                .instance
                .get_memory(&mut guest.store, "memory")
                .unwrap();
            let mut random = Random(values as u64);
            let numbers: Vec<_> = (0..values).map(|_| random.below(1 << 40) as u64).collect();
            for (i, number) in numbers.iter().enumerate() {
                memory
                    .write(&mut guest.store, 8 * i, &number.to_le_bytes())
                    .unwrap();
            }
            let sum = numbers.iter().sum::<u64>() as i64;
            assert_values(&guest.call("go", &[]).unwrap(), &[Val::I64(sum + 5)]);

            *guest.store.data_mut() = true;
            let parked = guest.park("go", &[]);
            assert!(guest.store.stats().bytes > 8 * values);
            let results = returned(parked.resume(&mut guest.store, &[Val::I64(7)]));
            assert_values(&results, &[Val::I64(sum + 7)]);
            guest.check_idle();
        });
    }
}

#[test]
fn a_stack_grows_after_a_call_of_the_host() {
    let wat = r#"(module
        (import "host" "touch" (func $touch (param i32) (result i32)))
        (func $deep (param $n i32) (result i32)
          (if (result i32) (i32.eqz (local.get $n)) (then (call $touch (local.get $n)))
            (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get $n) (i32.const 1)))))))
        (func (export "go") (param $most i32) (result i32)
          (local $n i32) (local $sum i32)
          (loop $again
            (local.set $sum (i32.add (call $touch (local.get $sum)) (call $deep (local.get $n))))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if $again (i32.le_u (local.get $n) (local.get $most))))
          (local.get $sum)))"#;
    both(|engine| {
        for most in 0..100 {
            let mut guest = diver(engine);
            // Blocks on all sides that nobody may write to, and free ones in between in any order.
            let mut parked: Vec<_> = (0..30)
                .map(|_| guest.park("dive", &[Val::I32(0)]))
                .collect();
            Random(most as u64 + 1).shuffle(&mut parked);
            parked.truncate(20);
            let mut linker = Linker::new(engine);
            linker.func_wrap("host", "touch", |n: i32| n).unwrap();
            let module = common::module(engine, wat);
            let other = linker.instantiate(&mut guest.store, &module).unwrap();
            let go = other
                .get_typed_func::<i32, i32>(&mut guest.store, "go")
                .unwrap();
            let sum = most * (most + 1) / 2;
            assert_eq!(go.call(&mut guest.store, most).unwrap(), sum);
            for call in parked {
                let outcome = call.resume(&mut guest.store, &[Val::I32(3)]);
                assert_eq!(returned_i32(outcome), 3);
            }
            guest.check_idle();
        }
    });
}

#[test]
fn a_frame_larger_than_the_limit_is_a_trap() {
    for (size, values) in [(512, 100), (8192, 1100), (32768, 4200)] {
        let engine = Engine::new(&Config::new().max_stack_size(size)).unwrap();
        let mut guest = Guest::new(&engine, &huge_frame(values), (), |linker| {
            linker.func_wrap("host", "touch", || 1i64).unwrap();
        });
        let error = guest.call("go", &[]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::StackOverflow), "{error}");
        assert_eq!(common::names(&error), ["go"]);
        guest.check_idle();
    }
}

/// What compilers make of long lists of initial values: the code generator gives every value of such a
/// function that lives across a branch a place of its own.
#[test]
fn a_frame_of_more_than_a_mebibyte_has_room() {
    const LOCALS: usize = 45_000;
    let branch = "(if (i32.eqz (local.get $n)) (then (return (i32.const -1))))";
    let wat = format!(
        r#"(module (func (export "go") (param $n i32) (result i32)
             (local $sum v128) {locals}
             {sets} {branch} {adds} {branch} {sum}
             (i32x4.extract_lane 3 (local.get $sum))))"#,
        locals = join(LOCALS, |i| format!("(local $v{i} v128)")),
        sets = join(LOCALS, |i| format!(
            "(local.set $v{i} (i32x4.splat (local.get $n)))"
        )),
        adds = join(LOCALS, |i| format!(
            "(local.set $v{i} (i32x4.add (local.get $v{i}) (i32x4.splat (local.get $n))))"
        )),
        sum = join(LOCALS, |i| format!(
            "(local.set $sum (i32x4.add (local.get $sum) (local.get $v{i})))"
        )),
    );
    let run = |config: &Config| {
        let mut guest = Guest::plain(&Engine::new(config).unwrap(), &wat);
        let result = guest.call("go", &[Val::I32(3)]);
        guest.check_idle();
        result
    };
    let result = run(&Config::new()).unwrap();
    assert_eq!(result[0].i32(), Some(2 * 3 * LOCALS as i32));
    let error = run(&Config::new().max_stack_size(1 << 20)).unwrap_err();
    assert_eq!(error.trap(), Some(TrapCode::StackOverflow));
}

/// A thousand types, of every number kind.
fn thousand() -> Vec<ValType> {
    use ValType::{F32, F64, I32, I64};
    (0..1000)
        .map(|i| [I64, F32, I32, F64, F64][i % 5])
        .collect()
}

fn thousand_values(seed: i32) -> Vec<Val> {
    let value = |(i, ty): (usize, &ValType)| {
        let n = i as i32 * 7 + seed;
        match ty {
            ValType::I32 => Val::I32(n),
            ValType::I64 => Val::I64(i64::from(n) << 20),
            ValType::F32 => Val::from(n as f32 / 2.0),
            _ => Val::from(f64::from(n) / 4.0),
        }
    };
    thousand().iter().enumerate().map(value).collect()
}

/// Passes a thousand values from the host to WebAssembly, on to WebAssembly, to the host, and back.
fn thousand_module() -> String {
    let types = thousand();
    let list = join(1000, |i| types[i].to_string());
    let gets = join(1000, |i| format!("local.get {i}"));
    format!(
        r#"(module
             (type $wide (func (param {list}) (result {list})))
             (import "host" "wide" (func $host (type $wide)))
             (table funcref (elem $host $id))
             (func $id (type $wide) {gets})
             (func (export "id") (type $wide) {gets} call $id)
             (func (export "host") (type $wide) {gets} call $host)
             (func (export "table") (param i32) (result {list})
               {zeros} (call_indirect (type $wide) (local.get 0)))
             (func (export "tail") (type $wide) {gets} return_call $host))"#,
        zeros = join(1000, |i| format!("({}.const 0)", types[i])),
    )
}

/// A guest whose `host.wide` answers later where the store's data says so.
fn thousand_guest(engine: &Engine) -> Guest<bool> {
    Guest::new(
        engine,
        &thousand_module(),
        false,
        |linker: &mut Linker<bool>| {
            let ty = FuncType::new(thousand(), thousand());
            let wide = |caller: Caller<'_, bool>, params: &[Val], results: &mut [Val]| {
                results.clone_from_slice(params);
                Ok(match caller.data() {
                    true => Answer::Pending(Payload::NONE),
                    false => Answer::Ready,
                })
            };
            linker.func_new("host", "wide", ty, wide).unwrap();
        },
    )
}

#[test]
fn a_thousand_parameters_and_results_pass() {
    both(|engine| {
        let mut guest = thousand_guest(engine);
        let values = thousand_values(3);
        for name in ["id", "host", "tail"] {
            assert_values(&guest.call(name, &values).unwrap(), &values);
        }
        let zeros: Vec<_> = thousand().into_iter().map(Val::default_for).collect();
        for i in 0..2 {
            assert_values(&guest.call("table", &[Val::I32(i)]).unwrap(), &zeros);
        }
        guest.check_idle();
    });
}

#[test]
fn a_thousand_results_arrive_late() {
    both(|engine| {
        let mut guest = thousand_guest(engine);
        *guest.store.data_mut() = true;
        let params = thousand_values(1);
        let parked: Vec<_> = (0..10)
            .map(|i| (i, guest.park(["host", "tail"][i % 2], &params)))
            .collect();
        for (i, call) in parked.into_iter().rev() {
            let values = thousand_values(i as i32);
            let outcome = call.resume(&mut guest.store, &values);
            assert_values(&returned(outcome), &values);
        }
        guest.check_idle();
    });
}

#[test]
fn stacks_grow_while_their_callers_wait() {
    let wat = format!(
        r#"(module
             (import "host" "again" (func $again (param i64) (result i64)))
             {f6}
             ;; Recurses to a depth, then asks the host to call it with less.
             (func $dive (export "dive") (param $n i64) (param $depth i64) (result i64)
               (local $kept i64)
               (local.set $kept (i64.mul (local.get $depth) (i64.const 1000003)))
               (if (result i64) (i64.eqz (local.get $depth))
                 (then (i64.add (call $again (local.get $n))
                                (call $f6 (local.get $n) (f64.const 1))))
                 (else (i64.add (local.get $kept)
                   (call $dive (local.get $n) (i64.sub (local.get $depth) (i64.const 1))))))))"#,
        f6 = recursive_with_live_values(6),
    );
    both(|engine| {
        let mut guest = Guest::new(engine, &wat, (), |linker| {
            let again = |mut caller: Caller<'_, ()>, n: i64| -> Result<i64, bident::Error> {
                if n == 0 {
                    return Ok(0);
                }
                let dive = caller.get_export("dive").unwrap().into_func().unwrap();
                let dive = dive.typed::<(i64, i64), i64>(&mut caller)?;
                dive.call(&mut caller, (n - 1, 20 * n))
            };
            linker.func_wrap("host", "again", again).unwrap();
        });
        let expected = |n: i64| -> i64 {
            let level = |n: i64, depth: i64| {
                depth * (depth + 1) / 2 * 1_000_003 + sum_of_live_values(6, n, 1.0)
            };
            (0..=n).map(|i| level(i, 20 * (i + 1))).sum()
        };
        for n in 0..12 {
            let results = guest.call("dive", &[Val::I64(n), Val::I64(20 * (n + 1))]);
            assert_values(&results.unwrap(), &[Val::I64(expected(n))]);
        }
        guest.check_idle();
    });
}

#[test]
fn a_trampoline_grows_the_stack() {
    // Host functions of this type are called through a trampoline with a frame of its own. Depth by
    // depth it is another prologue that finds the stack full.
    let wat = format!(
        r#"(module
             (import "host" "sum" (func $sum (param {many}) (result i64 i64)))
             (func $dive (export "dive") (param $n i64) (result i64)
               (if (result i64) (i64.eqz (local.get $n))
                 (then (i64.add {args} (call $sum)))
                 (else (i64.add (i64.const 1)
                   (call $dive (i64.sub (local.get $n) (i64.const 1))))))))"#,
        many = "i64 ".repeat(24),
        args = join(24, |i| format!("(i64.const {i})")),
    );
    both(|engine| {
        let module = common::module(engine, &wat);
        let mut linker = Linker::new(engine);
        let ty = FuncType::new([ValType::I64; 24], [ValType::I64; 2]);
        let sum = |_: Caller<'_, ()>, params: &[Val], results: &mut [Val]| {
            let sum = params.iter().map(|v| v.i64().unwrap()).sum::<i64>();
            results[0] = Val::I64(sum);
            results[1] = Val::I64(1000);
            Ok(Answer::Ready)
        };
        linker.func_new("host", "sum", ty, sum).unwrap();
        for depth in 0..60 {
            let mut store = bident::Store::new(engine, ());
            let instance = linker.instantiate(&mut store, &module).unwrap();
            let dive = instance
                .get_typed_func::<i64, i64>(&mut store, "dive")
                .unwrap();
            assert_eq!(dive.call(&mut store, depth).unwrap(), depth + 276 + 1000);
        }
    });
}

#[test]
fn the_value_buffer_grows_while_activations_wait() {
    let few = thousand()[..40].to_vec();
    let list = join(40, |i| few[i].to_string());
    let wat = format!(
        r#"(module
             (import "host" "late" (func $late (result {list})))
             (import "host" "grow" (func $grow (param {list}) (result {list})))
             (func (export "late") (result {list}) call $late)
             (func (export "grow") (param {list}) (result {list}) {gets} call $grow)
             (func (export "trap") (result {list}) call $late unreachable))"#,
        gets = join(40, |i| format!("local.get {i}")),
    );
    both(|engine| {
        let wide = common::module(engine, r#"(module (func (export "f")))"#);
        let mut guest = Guest::new(engine, &wat, (), |linker| {
            let none = FuncType::new([], few.clone());
            let types = FuncType::new(few.clone(), few.clone());
            let grow = move |mut caller: Caller<'_, ()>, params: &[Val], results: &mut [Val]| {
                // Needs room in the buffer that the caller's results travel in.
                let ty = FuncType::new(thousand(), thousand());
                Func::new(&mut caller, ty, |_, _, _| Ok(Answer::Ready))?;
                bident::Instance::new(&mut caller, &wide, &[])?;
                results.clone_from_slice(params);
                Ok(Answer::Ready)
            };
            linker
                .func_new("host", "late", none, |_, _, _| {
                    Ok(Answer::Pending(Payload::NONE))
                })
                .unwrap()
                .func_new("host", "grow", types, grow)
                .unwrap();
        });
        let values = &thousand_values(5)[..40];
        let parked = guest.park("late", &[]);
        let traps = guest.park("trap", &[]);
        assert_values(&guest.call("grow", values).unwrap(), values);
        assert_values(&returned(parked.resume(&mut guest.store, values)), values);
        let error = traps.resume(&mut guest.store, values).unwrap_err();
        assert_eq!(common::names(&error), ["trap"]);
        guest.check_idle();
    });
}

const DIVE: &str = r#"(module
    (import "host" "read" (func $read (result i32)))
    (func $dive (export "dive") (param $depth i32) (result i32)
      (if (result i32) (i32.eqz (local.get $depth))
        (then (call $read))
        (else (i32.add (i32.const 1)
                       (call $dive (i32.sub (local.get $depth) (i32.const 1))))))))"#;

fn diver(engine: &Engine) -> Guest<()> {
    Guest::new(engine, DIVE, (), |linker| {
        let ty = FuncType::new([], [ValType::I32]);
        linker
            .func_new("host", "read", ty, |_, _, _| {
                Ok(Answer::Pending(Payload::NONE))
            })
            .unwrap();
    })
}

#[test]
fn a_store_without_stack_memory_starts_nothing() {
    both_with(Config::new().max_stack_memory(4096), |engine| {
        let mut guest = diver(engine);
        let dive = guest.func("dive");
        let mut parked: Vec<_> = (0..8).map(|_| guest.park("dive", &[Val::I32(0)])).collect();
        let error = dive.start(&mut guest.store, &[Val::I32(0)]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert!(error.to_string().contains("limit"), "{error}");
        let error = dive
            .call(&mut guest.store, &[Val::I32(0)], &mut [Val::I32(0)])
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        let error = Continuation::new(&mut guest.store, &dive).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");

        let outcome = parked.remove(3).resume(&mut guest.store, &[Val::I32(5)]);
        assert_eq!(returned_i32(outcome), 5);
        parked.push(guest.park("dive", &[Val::I32(0)]));
        drop(parked);
        guest.check_idle();
    });
}

#[test]
fn a_stack_that_was_large_once_does_not_use_up_the_stack_memory() {
    both_with(Config::new().max_stack_memory(16 << 10), |engine| {
        let mut guest = diver(engine);
        let deep = guest.park("dive", &[Val::I32(150)]);
        assert!(guest.store.stats().bytes >= 4096);
        deep.cancel(&mut guest.store);
        let outcome = guest.park("dive", &[Val::I32(150)]);
        let outcome = outcome.resume(&mut guest.store, &[Val::I32(0)]);
        assert_eq!(returned_i32(outcome), 150);
        // The next stacks of this function begin larger, but not when that would be refused.
        let parked: Vec<_> = (0..8).map(|_| guest.park("dive", &[Val::I32(0)])).collect();
        drop(parked);
        guest.check_idle();
    });
}

#[test]
fn growth_beyond_the_stack_memory_is_a_trap() {
    both_with(Config::new().max_stack_memory(16 << 10), |engine| {
        let mut guest = diver(engine);
        let kept: Vec<_> = (0..8).map(|_| guest.park("dive", &[Val::I32(0)])).collect();
        let error = guest.start("dive", &[Val::I32(10_000)]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::StackMemoryExhausted));
        assert_eq!(guest.store.stats().live, 8);
        for call in kept {
            let outcome = call.resume(&mut guest.store, &[Val::I32(2)]);
            assert_eq!(returned_i32(outcome), 2);
        }
        let parked = guest.park("dive", &[Val::I32(50)]);
        let outcome = parked.resume(&mut guest.store, &[Val::I32(2)]);
        assert_eq!(returned_i32(outcome), 52);
        guest.check_idle();
    });
}

#[test]
fn memory_goes_back_to_the_system() {
    both(|engine| {
        let mut guest = diver(engine);
        for depth in [0, 10, 300] {
            let mut parked: Vec<_> = (0..2000)
                .map(|_| guest.park("dive", &[Val::I32(depth)]))
                .collect();
            let stats = guest.store.stats();
            assert!(stats.mapped >= stats.bytes && stats.bytes >= 2000 * 512);
            Random(9).shuffle(&mut parked);
            for call in parked {
                let outcome = call.resume(&mut guest.store, &[Val::I32(0)]);
                assert_eq!(returned_i32(outcome), depth);
            }
            let stats = guest.store.stats();
            assert_eq!((stats.live, stats.bytes), (0, 0));
            // A slab of each small size may stay, and a block of each large one.
            assert!(stats.mapped < 2 << 20, "{} bytes stay", stats.mapped);
        }
    });
}

#[test]
fn one_stack_after_the_other_maps_nothing_new() {
    both(|engine| {
        let mut guest = diver(engine);
        let dive = guest.func("dive");
        let mut mapped = 0;
        for i in 0..20_000 {
            let outcome = dive.start(&mut guest.store, &[Val::I32(i % 7)]);
            parked_call(outcome).cancel(&mut guest.store);
            if i == 1000 {
                mapped = guest.store.stats().mapped;
            }
        }
        assert_eq!(guest.store.stats().mapped, mapped);
    });
}

#[test]
fn growth_does_not_move_other_stacks() {
    let mut text = String::new();
    let _ = write!(text, "(module {})", recursive_with_live_values(3));
    let engine = Engine::new(&Config::new().stress(false)).unwrap();
    let mut guest = diver(&engine);
    let kept: Vec<_> = (0..100)
        .map(|_| guest.park("dive", &[Val::I32(2)]))
        .collect();
    let other = common::module(&engine, &text);
    let other = bident::Instance::new(&mut guest.store, &other, &[]).unwrap();
    let f: Func = other.get_func(&mut guest.store, "f3").unwrap();
    let before = guest.store.stats().moves;
    let params = [Val::I64(1000), 0.0.into()];
    f.call(&mut guest.store, &params, &mut [Val::I64(0)])
        .unwrap();
    let moves = guest.store.stats().moves - before;
    assert!((1..20).contains(&moves), "{moves} moves for one stack");
    for call in kept {
        let Outcome::Returned(results) = call.resume(&mut guest.store, &[Val::I32(1)]).unwrap()
        else {
            panic!("it reads once");
        };
        assert_eq!(results[0].i32(), Some(3));
    }
}
