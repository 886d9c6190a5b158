//! Traps: every kind, at every point of a parked call, with the place they happened; and faults that
//! are none of ours.

mod common;

use bident::{Answer, Caller, Engine, Error, ErrorKind, FuncType, Module, Reply, TrapCode};
use bident::{Val, ValType};
use common::{Guest, assert_values, both, child, names, parked_call, returned_i32};
use std::os::unix::process::ExitStatusExt;

/// Bodies that trap, each a function without parameters in the module of `every_trap`.
const TRAPS: &[(TrapCode, &str)] = &[
    (TrapCode::Unreachable, "unreachable"),
    (
        TrapCode::MemoryOutOfBounds,
        "(drop (i32.load (i32.const 65536)))",
    ),
    (
        TrapCode::MemoryOutOfBounds,
        "(i32.store8 (i32.const -1) (i32.const 0))",
    ),
    (
        TrapCode::MemoryOutOfBounds,
        "(memory.fill (i32.const 65535) (i32.const 0) (i32.const 2))",
    ),
    (
        TrapCode::MemoryOutOfBounds,
        "(memory.copy (i32.const 0) (i32.const 65535) (i32.const 2))",
    ),
    (
        TrapCode::MemoryOutOfBounds,
        "(memory.init $data (i32.const 0) (i32.const 3) (i32.const 2))",
    ),
    (
        TrapCode::TableOutOfBounds,
        "(drop (table.get $t (i32.const 3)))",
    ),
    (
        TrapCode::TableOutOfBounds,
        "(table.set $t (i32.const -1) (ref.null func))",
    ),
    (
        TrapCode::TableOutOfBounds,
        "(table.copy $t $t (i32.const 2) (i32.const 0) (i32.const 2))",
    ),
    (
        TrapCode::TableOutOfBounds,
        "(table.fill $t (i32.const 2) (ref.null func) (i32.const 2))",
    ),
    (
        TrapCode::TableOutOfBounds,
        "(table.init $t $elem (i32.const 0) (i32.const 0) (i32.const 2))",
    ),
    (
        TrapCode::UndefinedElement,
        "(call_indirect $t (type $void) (i32.const 3))",
    ),
    (
        TrapCode::UninitializedElement,
        "(call_indirect $t (type $void) (i32.const 2))",
    ),
    (
        TrapCode::IndirectCallTypeMismatch,
        "(call_indirect $t (type $void) (i32.const 1))",
    ),
    (
        TrapCode::IndirectCallTypeMismatch,
        "(return_call_indirect $t (type $void) (i32.const 1))",
    ),
    (
        TrapCode::IntegerDivideByZero,
        "(drop (i32.div_s (i32.const 1) (global.get $zero)))",
    ),
    (
        TrapCode::IntegerOverflow,
        "(drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))",
    ),
    (
        TrapCode::IntegerOverflow,
        "(drop (i32.trunc_f64_s (f64.const 2147483648)))",
    ),
    (
        TrapCode::IntegerOverflow,
        "(drop (i64.trunc_f32_u (f32.const -1)))",
    ),
    (
        TrapCode::InvalidConversionToInteger,
        "(drop (i32.trunc_f32_s (f32.const nan)))",
    ),
    (TrapCode::StackOverflow, "(call $endless)"),
    (
        TrapCode::NullReference,
        "(drop (ref.as_non_null (ref.null extern)))",
    ),
    (
        TrapCode::NullReference,
        "(drop (ref.as_non_null (ref.null $cont)))",
    ),
    (
        TrapCode::NullFunctionReference,
        "(call_ref $void (ref.null $void))",
    ),
    (
        TrapCode::NullFunctionReference,
        "(return_call_ref $void (ref.null $void))",
    ),
    (
        TrapCode::NullFunctionReference,
        "(drop (cont.new $cont (ref.null $void)))",
    ),
    (
        TrapCode::NullExceptionReference,
        "(throw_ref (ref.null exn))",
    ),
    (
        TrapCode::NullExceptionReference,
        "(resume_throw_ref $cont (ref.null exn) (cont.new $cont (ref.func $nothing)))",
    ),
    (
        TrapCode::NullContinuationReference,
        "(resume $cont (ref.null $cont))",
    ),
    (
        TrapCode::NullContinuationReference,
        "(resume_throw $cont $tag (ref.null $cont))",
    ),
    (
        TrapCode::NullContinuationReference,
        "(drop (cont.bind $cont $cont (ref.null $cont)))",
    ),
    (
        TrapCode::NullContinuationReference,
        "(switch $switched $tag (ref.null $switched))",
    ),
    (
        TrapCode::ContinuationConsumed,
        "(local $k (ref null $cont))
         (local.set $k (cont.new $cont (ref.func $nothing)))
         (resume $cont (local.get $k)) (resume $cont (local.get $k))",
    ),
    (TrapCode::UnhandledTag, "(suspend $tag)"),
    (
        TrapCode::UnhandledTag,
        "(switch $switched $tag (cont.new $switched (ref.func $takes)))",
    ),
    (
        TrapCode::CastFailure,
        "(drop (ref.cast (ref $array) (struct.new_default $struct)))",
    ),
    (
        TrapCode::CastFailure,
        "(drop (ref.cast (ref i31) (ref.null any)))",
    ),
    (
        TrapCode::ArrayOutOfBounds,
        "(drop (array.get $array (array.new_default $array (i32.const 2)) (i32.const 2)))",
    ),
    (
        TrapCode::ArrayOutOfBounds,
        "(array.fill $array (array.new_default $array (i32.const 2)) (i32.const 1) (i32.const 0) (i32.const 2))",
    ),
    (
        TrapCode::NullStructReference,
        "(struct.set $struct 0 (ref.null $struct) (i32.const 0))",
    ),
    (
        TrapCode::NullArrayReference,
        "(drop (array.len (ref.null array)))",
    ),
    (
        TrapCode::NullI31Reference,
        "(drop (i31.get_s (ref.null i31)))",
    ),
    (
        TrapCode::UnalignedAtomic,
        "(drop (i32.atomic.load (i32.const 1)))",
    ),
    (
        TrapCode::ExpectedSharedMemory,
        "(drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 0)))",
    ),
    (
        TrapCode::HeapMemoryExhausted,
        "(drop (array.new_default $array (i32.const 0x40000000)))",
    ),
];

/// Traps that no single instruction gives: they have tests of their own (growth.rs, reentrance.rs,
/// pressure.rs).
const NOT_FROM_AN_INSTRUCTION: [TrapCode; 6] = [
    TrapCode::StackMemoryExhausted,
    TrapCode::HostStackOverflow,
    TrapCode::ExceptionMemoryExhausted,
    TrapCode::SecondStackOverflow,
    TrapCode::Interrupted,
    TrapCode::OutOfFuel,
];

fn every_trap() -> String {
    let mut wat = r#"(module
        (type $void (func))
        (type $cont (cont $void))
        (type $takes_cont (func (param (ref null $cont))))
        (type $switched (cont $takes_cont))
        (type $struct (struct (field (mut i32))))
        (type $array (array (mut i32)))
        (import "host" "read" (func $read (result i32)))
        (tag $tag)
        (memory 1)
        (data $data "four")
        (table $t 3 funcref)
        (elem (table $t) (i32.const 0) func $nothing $number)
        (elem $elem func $nothing)
        (elem declare func $takes)
        (func $takes (type $takes_cont))
        (global $zero (mut i32) (i32.const 0))
        (func $nothing)
        (func $number (result i32) (i32.const 1))
        (func $endless (call $endless) (call $endless))"#
        .to_owned();
    for (i, (_, body)) in TRAPS.iter().enumerate() {
        wat += &format!(
            "(func $trap{i} {body})
             (func $outer{i} (export \"now {i}\") call $trap{i})
             (func (export \"later {i}\") (drop (call $read)) call $trap{i})"
        );
    }
    wat + ")"
}

fn reader(engine: &Engine, wat: &str) -> Guest<()> {
    Guest::new(engine, wat, (), |linker| {
        linker
            .func_wrap("host", "read", || Reply::<i32>::Pending(()))
            .unwrap();
    })
}

#[test]
fn every_trap_is_reported() {
    for code in TrapCode::ALL {
        let tested = TRAPS.iter().any(|(tested, _)| tested == code);
        assert_ne!(tested, NOT_FROM_AN_INSTRUCTION.contains(code), "{code:?}");
    }
    both(|engine| {
        let mut guest = reader(engine, &every_trap());
        for (i, (code, body)) in TRAPS.iter().enumerate() {
            let check = |error: Error, outermost: Option<&str>| {
                assert_eq!(error.kind(), ErrorKind::Trap(*code), "{body}: {error}");
                assert_eq!(error.trap(), Some(*code));
                let text = error.to_string();
                assert!(
                    text.starts_with(&format!("{code}\nwasm backtrace:\n")),
                    "{text}"
                );
                assert_eq!(format!("{error:#}"), code.to_string());
                if *code != TrapCode::StackOverflow {
                    let mut expected = vec![format!("trap{i}")];
                    expected.extend(outermost.map(str::to_owned));
                    assert_eq!(names(&error), expected);
                }
            };
            let error = guest.call(&format!("now {i}"), &[]).expect_err(body);
            check(error, Some(&format!("outer{i}")));
            let parked = guest.park(&format!("later {i}"), &[]);
            let error = parked.resume(&mut guest.store, &[Val::I32(0)]).unwrap_err();
            check(error, Some(&format!("later {i}")));
        }
        guest.check_freed();
    });
}

/// Recurses to a depth and does three steps there; `trap` says before which of them it traps. On its
/// way out it traps too, if `trap` is 4.
const STEPS: &str = r#"(module
    (import "host" "read" (func $read (result i32)))
    (import "host" "back" (func $back (param i32 i32) (result i32)))
    (func $check (param $trap i32) (param $step i32)
      (if (i32.eq (local.get $trap) (local.get $step)) (then unreachable)))
    (func $go (export "go") (param $depth i32) (param $trap i32) (result i32)
      (if (result i32) (local.get $depth)
        (then
          (i32.add (i32.const 1) (call $go (i32.sub (local.get $depth) (i32.const 1))
                                           (local.get $trap)))
          (call $check (local.get $trap) (i32.const 4)))
        (else
          (call $check (local.get $trap) (i32.const 1))
          (call $read)
          (call $check (local.get $trap) (i32.const 2))
          (i32.add (call $read))
          (call $check (local.get $trap) (i32.const 3)))))
    ;; The same with an activation of the host's between the levels.
    (func $nested (export "nested") (param $depth i32) (param $trap i32) (result i32)
      (if (result i32) (local.get $depth)
        (then (call $back (i32.sub (local.get $depth) (i32.const 1)) (local.get $trap)))
        (else (call $go (i32.const 0) (local.get $trap))))))"#;

#[test]
fn a_trap_at_every_point_of_a_parked_call_frees_the_stack() {
    both(|engine| {
        let mut guest = Guest::new(engine, STEPS, (), |linker| {
            linker
                .func_wrap("host", "read", || Reply::<i32>::Pending(()))
                .unwrap()
                .func_wrap("host", "back", |_: i32, _: i32| 0)
                .unwrap();
        });
        for depth in 0..4 {
            for trap in 0..=4 {
                let kept = guest.park("go", &[Val::I32(2), Val::I32(0)]);
                let mut outcome = guest.start("go", &[Val::I32(depth), Val::I32(trap)]);
                for step in 1..=2 {
                    if trap == step {
                        break;
                    }
                    outcome = parked_call(outcome).resume(&mut guest.store, &[Val::I32(10 * step)]);
                }
                if trap == 0 || (trap == 4 && depth == 0) {
                    assert_eq!(returned_i32(outcome), 30 + depth);
                } else {
                    let error = outcome.unwrap_err();
                    assert_eq!(error.trap(), Some(TrapCode::Unreachable));
                    let frames = depth as usize + if trap == 4 { 1 } else { 2 };
                    assert_eq!(error.backtrace().len(), frames, "{error}");
                    assert_eq!(names(&error)[..2], ["check", "go"]);
                }
                assert_eq!(guest.store.stats().live, 1);
                let kept = parked_call(kept.resume(&mut guest.store, &[Val::I32(1)]));
                let outcome = kept.resume(&mut guest.store, &[Val::I32(2)]);
                assert_eq!(returned_i32(outcome), 5);
                guest.check_idle();
            }
        }
    });
}

#[test]
fn a_trap_at_every_point_between_activations_frees_all_stacks() {
    both(|engine| {
        let mut guest = Guest::new(engine, STEPS, (), |linker| {
            let back = |mut caller: Caller<'_, ()>, depth: i32, trap: i32| -> Result<i32, Error> {
                // The innermost activation is resumed by the host function that started it.
                let nested = caller.get_export("nested").unwrap().into_func().unwrap();
                let mut outcome = nested.start(&mut caller, &[depth.into(), trap.into()])?;
                while let bident::Outcome::Parked(parked) = outcome {
                    outcome = parked.resume(&mut caller, &[Val::I32(10)])?;
                }
                Ok(returned_i32(Ok(outcome)))
            };
            linker
                .func_wrap("host", "read", || Reply::<i32>::Pending(()))
                .unwrap()
                .func_wrap("host", "back", back)
                .unwrap();
        });
        for depth in 1..4 {
            for trap in 0..4 {
                let result = guest.call("nested", &[Val::I32(depth), Val::I32(trap)]);
                if trap == 0 {
                    assert_values(&result.unwrap(), &[Val::I32(20)]);
                } else {
                    let error = result.unwrap_err();
                    assert_eq!(error.trap(), Some(TrapCode::Unreachable));
                    let mut expected = vec!["check", "go"];
                    expected.extend(vec!["nested"; depth as usize + 1]);
                    assert_eq!(names(&error), expected);
                }
                guest.check_idle();
            }
        }
    });
}

#[test]
fn a_host_function_traps_before_and_after_a_resume() {
    let wat = r#"(module
        (import "host" "read" (func $read (result i32)))
        (import "host" "trap" (func $trap))
        (func $inner call $trap)
        (func $go (export "go") (param $read_first i32)
          (if (local.get $read_first) (then (drop (call $read))))
          call $inner))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, (), |linker| {
            linker
                .func_wrap("host", "read", || Reply::<i32>::Pending(()))
                .unwrap()
                .func_wrap("host", "trap", || -> Result<(), Error> {
                    Err(TrapCode::UndefinedElement.into())
                })
                .unwrap();
        });
        let check = |error: Error| {
            assert_eq!(error.trap(), Some(TrapCode::UndefinedElement));
            assert_eq!(names(&error), ["inner", "go"]);
        };
        check(guest.call("go", &[Val::I32(0)]).unwrap_err());
        check(guest.start("go", &[Val::I32(0)]).unwrap_err());
        let parked = guest.park("go", &[Val::I32(1)]);
        check(parked.resume(&mut guest.store, &[Val::I32(0)]).unwrap_err());
        guest.check_idle();
    });
}

#[test]
fn a_backtrace_gives_the_instructions() {
    let text = r#"(module $named
        (import "host" "read" (func $read (result i32)))
        (type $f (func (param i32)))
        (memory 1)
        (table funcref (elem $by_table))
        (func $load (param i32) (drop (i32.const 1)) (drop (i32.load offset=3 (local.get 0))))
        (func (param i32) (call $load (local.get 0)) (nop))
        (func $by_table (param i32) (drop (call $read)) (call 2 (local.get 0)))
        (func (export "outer") (param i32)
          (call_indirect (type $f) (local.get 0) (i32.const 0)) (nop)))"#;
    let binary = wat::parse_str(text).unwrap();
    both(|engine| {
        let mut guest = reader(engine, text);
        let parked = guest.park("outer", &[Val::I32(-5)]);
        let error = parked.resume(&mut guest.store, &[Val::I32(0)]).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));

        let frames = error.backtrace();
        let indices: Vec<_> = frames.iter().map(|f| f.func_index()).collect();
        assert_eq!(indices, [1, 2, 3, 4]);
        let named: Vec<_> = frames.iter().map(|f| f.func_name()).collect();
        assert_eq!(named, [Some("load"), None, Some("by_table"), Some("outer")]);
        assert!(frames.iter().all(|f| f.module_name() == Some("named")));

        // i32.load, call, call, call_indirect
        let opcodes = frames.iter().map(|f| binary[f.module_offset().unwrap()]);
        assert_eq!(opcodes.collect::<Vec<_>>(), [0x28, 0x10, 0x10, 0x11]);
        // From the byte that counts groups of locals on.
        let offsets = frames.iter().map(|f| f.func_offset().unwrap());
        assert_eq!(offsets.collect::<Vec<_>>(), [6, 3, 6, 5]);

        let text = error.to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[..2],
            ["out of bounds memory access", "wasm backtrace:"]
        );
        let place = format!("{:#x} - named!load", frames[0].module_offset().unwrap());
        assert!(lines[2].trim_start().starts_with("0: "), "{text}");
        assert!(lines[2].ends_with(&place), "{text}");
        assert!(lines[3].ends_with(" - named!<function 2>"), "{text}");
    });
}

#[test]
fn two_instructions_of_one_function_are_told_apart() {
    let text = r#"(module
        (func (export "go") (param i32) (result i32)
          (i32.add (i32.div_u (i32.const 7) (local.get 0))
                   (i32.rem_u (i32.const 7) (i32.sub (local.get 0) (i32.const 1))))))"#;
    let binary = wat::parse_str(text).unwrap();
    both(|engine| {
        let mut guest = Guest::plain(engine, text);
        for (param, opcode) in [(0, 0x6e), (1, 0x70)] {
            let error = guest.call("go", &[Val::I32(param)]).unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::IntegerDivideByZero));
            let offset = error.backtrace()[0].module_offset().unwrap();
            assert_eq!(binary[offset], opcode);
        }
    });
}

#[test]
fn a_deep_backtrace_is_cut() {
    let wat = r#"(module
        (func $bottom unreachable)
        (func $dive (export "dive") (param i32)
          (if (local.get 0) (then (call $dive (i32.sub (local.get 0) (i32.const 1)))))
          (call $bottom)))"#;
    both(|engine| {
        let mut guest = Guest::plain(engine, wat);
        for (depth, frames) in [(0, 2), (97, 99), (98, 100), (99, 100), (5000, 100)] {
            let error = guest.call("dive", &[Val::I32(depth)]).unwrap_err();
            assert_eq!(error.backtrace().len(), frames, "depth {depth}");
            assert_eq!(names(&error)[..2], ["bottom", "dive"]);
        }
    });
}

#[test]
fn division_traps_where_it_must() {
    let mut wat = "(module".to_owned();
    for ty in ["i32", "i64"] {
        for op in ["div_s", "div_u", "rem_s", "rem_u"] {
            wat += &format!(
                "(func (export \"{ty}.{op}\") (param {ty} {ty}) (result {ty})
                   ({ty}.{op} (local.get 0) (local.get 1)))"
            );
        }
    }
    wat += ")";
    both(|engine| {
        let mut guest = Guest::plain(engine, &wat);
        let mut run = |name: &str, a: i64, b: i64| {
            let params = match &name[..3] {
                "i32" => [Val::I32(a as i32), Val::I32(b as i32)],
                _ => [Val::I64(a), Val::I64(b)],
            };
            guest
                .call(name, &params)
                .map(|r| r[0].i64().unwrap_or_else(|| r[0].i32().unwrap().into()))
                .map_err(|e| e.trap().expect("a trap"))
        };
        for (ty, least) in [("i32", i64::from(i32::MIN)), ("i64", i64::MIN)] {
            for op in ["div_s", "div_u", "rem_s", "rem_u"] {
                let name = format!("{ty}.{op}");
                for a in [0, 1, -1, least] {
                    assert_eq!(run(&name, a, 0), Err(TrapCode::IntegerDivideByZero));
                }
                let by_minus_one = match op {
                    "div_s" => Err(TrapCode::IntegerOverflow),
                    "rem_u" => Ok(least),
                    _ => Ok(0),
                };
                assert_eq!(run(&name, least, -1), by_minus_one, "{name}");
                let minus_seven = match op {
                    "div_s" => -3,
                    "rem_s" => -1,
                    _ => continue,
                };
                assert_eq!(run(&name, -7, 2), Ok(minus_seven), "{name}");
            }
        }
    });
}

#[test]
fn an_error_of_the_embedder_keeps_its_type() {
    let wat = r#"(module (import "host" "fail" (func $fail (param i64) (result i64)))
        (func $go (export "go") (result i64) (call $fail (i64.const 1))))"#;
    both(|engine| {
        let mut guest = Guest::new(engine, wat, (), |linker| {
            let ty = FuncType::new([ValType::I64], [ValType::I64]);
            let fail = |_: Caller<'_, ()>, _: &[Val], _: &mut [Val]| -> Result<Answer, Error> {
                Err(Error::new(std::fmt::Error))
            };
            linker.func_new("host", "fail", ty, fail).unwrap();
        });
        let error = guest.call("go", &[]).unwrap_err();
        assert!(error.downcast_ref::<std::fmt::Error>().is_some());
        assert!(error.downcast_ref::<std::io::Error>().is_none());
        let error = error.downcast::<std::io::Error>().unwrap_err();
        assert_eq!(names(&error), ["go"]);
        error.downcast::<std::fmt::Error>().unwrap();
    });
}

#[test]
fn a_trap_while_instantiating_leaves_the_store_usable() {
    let segments = [
        "(memory 1) (data (i32.const 65535) \"xx\")",
        "(table 1 funcref) (elem (i32.const 1) $f)",
        "(start $f)",
    ];
    both(|engine| {
        let mut guest = Guest::plain(engine, "(module)");
        let codes = [
            TrapCode::MemoryOutOfBounds,
            TrapCode::TableOutOfBounds,
            TrapCode::Unreachable,
        ];
        for (segment, code) in segments.iter().zip(codes) {
            let module = Module::from_text_or_binary(
                engine,
                format!("(module {segment} (func $f unreachable))").as_bytes(),
            );
            let result = bident::Instance::new(&mut guest.store, &module.unwrap(), &[]);
            assert_eq!(result.unwrap_err().trap(), Some(code));
        }
        guest.check_idle();
    });
}

#[test]
fn endless_recursion_of_the_host_is_reported_as_ever() {
    fn recurse(n: u64) -> u64 {
        let kept = std::hint::black_box([n; 64]);
        if kept[5] == u64::MAX {
            0
        } else {
            recurse(n + 1) + kept[6]
        }
    }
    let test = "endless_recursion_of_the_host_is_reported_as_ever";
    let status = child(test, || {
        let wat = r#"(module (import "host" "recurse" (func $recurse (result i64)))
            (func (export "go") (result i64) call $recurse))"#;
        let mut guest = Guest::new(&Engine::default(), wat, (), |linker| {
            linker.func_wrap("host", "recurse", || recurse(0)).unwrap();
        });
        let _ = guest.call("go", &[]);
    });
    // The standard library says so and aborts.
    assert_eq!(status.signal(), Some(libc::SIGABRT), "{status}");
}

/// A guest whose host function makes a fault that has nothing to do with WebAssembly.
fn fault_in_host_code(guest_traps_first: bool) {
    let engine = Engine::default();
    let wat = r#"(module (import "host" "fault" (func $fault))
        (func (export "fault") call $fault) (func (export "trap") unreachable))"#;
    let mut guest = Guest::new(&engine, wat, (), |linker| {
        linker
            .func_wrap("host", "fault", || {
                let nowhere = std::hint::black_box(std::ptr::without_provenance_mut::<u8>(64));
                // SAFETY: none: the test wants the fault, in a process of its own.
                unsafe { nowhere.write_volatile(1) };
            })
            .unwrap();
    });
    if guest_traps_first {
        guest.call("trap", &[]).unwrap_err();
    }
    let _ = guest.call("fault", &[]);
    unreachable!("the fault ends the process");
}

#[test]
fn a_fault_of_the_host_reaches_the_former_handler() {
    extern "C" fn former(_: libc::c_int) {
        // SAFETY: ends the process, as a handler may.
        unsafe { libc::_exit(42) };
    }
    let status = child("a_fault_of_the_host_reaches_the_former_handler", || {
        // SAFETY: the handler does nothing but end the process.
        unsafe { libc::signal(libc::SIGSEGV, former as *const () as libc::sighandler_t) };
        fault_in_host_code(true);
    });
    assert_eq!(status.code(), Some(42), "{status}");
}

#[test]
fn a_fault_of_the_host_that_nobody_handles_ends_the_process() {
    let status = child(
        "a_fault_of_the_host_that_nobody_handles_ends_the_process",
        || {
            // SAFETY: the default action needs nothing.
            unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
            fault_in_host_code(false);
        },
    );
    assert_eq!(status.signal(), Some(libc::SIGSEGV), "{status}");
}
