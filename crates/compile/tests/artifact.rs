//! The tables of an artifact, trampolines, and errors.

mod support;

use bident_abi::TrapCode;
use bident_compile::{Error, Order, Tables};
use bident_module::ValType;
use support::{compile, compiler, decode, func_type, try_compile};

#[test]
fn functions_are_found_by_offset() {
    let artifact = compile("(module (func) (func (call 0)) (func (call 1) (call 2)))");
    let tables = Tables::of(&artifact);
    assert_eq!(artifact.functions.len(), 3);
    for (i, f) in artifact.functions.iter().enumerate() {
        assert!(f.len > 0 && f.start % 16 == 0);
        assert_eq!(tables.function_at(f.start), Some(i));
        assert_eq!(tables.function_at(f.start + f.len - 1), Some(i));
        assert_ne!(tables.function_at(f.start + f.len), Some(i));
    }
    assert_eq!(tables.function_at(artifact.text.len() as u32), None);
    assert!(artifact.traps.is_sorted_by_key(|(at, _)| *at));
    assert!(artifact.addresses.is_sorted_by_key(|(at, _)| *at));
}

#[test]
fn calls_between_functions_are_resolved() {
    // e8 rel32: the only call in the second function leads to the first.
    let artifact = compile("(module (func) (func (call 0)))");
    let [callee, caller] = artifact.functions[..] else {
        panic!("two functions")
    };
    let code = &artifact.text[caller.start as usize..][..caller.len as usize];
    let targets = code.windows(5).enumerate().filter_map(|(i, bytes)| {
        let distance = i32::from_le_bytes(bytes[1..].try_into().unwrap());
        let next = i64::from(caller.start) + i as i64 + 5;
        (bytes[0] == 0xe8).then_some(next + i64::from(distance))
    });
    assert_eq!(targets.collect::<Vec<_>>(), [i64::from(callee.start)]);
}

#[test]
fn every_reason_to_trap_has_an_entry() {
    let artifact = compile(
        "(module (func $other (import \"m\" \"f\"))
           (memory 1) (table 1 funcref) (type $t (func))
           (func (param i32 i64 f32) (result i32)
             (call $other)
             (call_indirect (type $t) (local.get 0))
             (table.set (local.get 0) (table.get (local.get 0)))
             (drop (i64.div_s (local.get 1) (local.get 1)))
             (drop (i32.trunc_f32_s (local.get 2)))
             (if (i32.load (local.get 0)) (then unreachable))
             (i32.rem_u (local.get 0) (local.get 0))))",
    );
    let tables = Tables::of(&artifact);
    let expected = [
        TrapCode::StackOverflow,
        TrapCode::UndefinedElement,
        TrapCode::UninitializedElement,
        TrapCode::IndirectCallTypeMismatch,
        TrapCode::TableOutOfBounds,
        TrapCode::IntegerDivideByZero,
        TrapCode::IntegerOverflow,
        TrapCode::InvalidConversionToInteger,
        TrapCode::MemoryOutOfBounds,
        TrapCode::Unreachable,
    ];
    for code in expected {
        let entry = artifact.traps.iter().find(|(_, found)| *found == code);
        let (at, _) = entry.unwrap_or_else(|| panic!("no trap for {code}"));
        assert_eq!(tables.trap_at(*at), Some(code));
        assert_eq!(tables.function_at(*at), Some(0));
    }
}

#[test]
fn addresses_lead_to_operators() {
    let text = "(module (func (param i32) nop unreachable) (func unreachable))";
    let (module, bodies) = decode(text);
    let artifact = compiler().compile(&module, bodies).unwrap();
    let tables = Tables::of(&artifact);
    const UNREACHABLE: u8 = 0x00;
    for (i, body) in module.bodies.iter().enumerate() {
        let range = artifact.functions[i];
        // The prologue counts as the start of the body.
        assert_eq!(positions(&tables, range.start), [body.range.start as u32]);
        let mut traps = artifact.traps.iter();
        let is_ours = |at: u32| tables.function_at(at) == Some(i);
        let (at, _) = traps
            .find(|(at, code)| is_ours(*at) && *code == TrapCode::Unreachable)
            .unwrap();
        let position = positions(&tables, *at)[0] as usize;
        assert!(body.range.contains(&position));
        assert_eq!(module.bytes[position], UNREACHABLE);
        assert_eq!(position, body.range.end - 2, "the operator before `end`");
    }
}

fn positions(tables: &Tables, offset: u32) -> Vec<u32> {
    tables.addresses_at(offset).collect()
}

#[test]
fn an_empty_module_compiles() {
    let artifact = compile("(module)");
    let tables = Tables::of(&artifact);
    assert!(artifact.text.is_empty() && artifact.functions.is_empty());
    assert_eq!(tables.function_at(0), None);
    assert!(positions(&tables, 0).is_empty());
}

#[test]
fn the_first_invalid_body_is_reported_with_its_offset() {
    // Large enough for several threads.
    let filler = "(func (drop (i32.add (i32.const 1) (i32.const 2))))".repeat(2000);
    let text =
        format!("(module {filler} (func i32.const 1 f32.neg drop) {filler} (func i32.add drop))");
    let (module, bodies) = decode(&text);
    let invalid = module.bodies[2000].range.clone();
    match compiler().compile(&module, bodies) {
        Err(Error::Invalid(error)) => {
            // Declarations of locals take a byte, the constant two.
            assert_eq!(error.offset(), invalid.start + 3);
            assert!(error.message().contains("type mismatch"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn malformed_bodies_are_errors() {
    for code in [
        "local.get 5",
        "br 3",
        "call 9",
        "global.get 0",
        "i32.load",
        "i32.add drop",
    ] {
        let text = format!("(module (func {code}))");
        let result = try_compile(&text);
        assert!(
            matches!(result, Err(Error::Invalid(_))),
            "{code}: {result:?}"
        );
    }
    // A feature that is off.
    let result = try_compile(
        "(module (func (result i64 i64) (i64.mul_wide_u (i64.const 1) (i64.const 2))))",
    );
    assert!(matches!(result, Err(Error::Invalid(_))), "{result:?}");
}

#[test]
fn references_of_every_kind_are_words() {
    compile(
        "(module (global eqref (ref.null none))
           (func (param anyref) (result anyref) (local i31ref)
             (block (result eqref) (br_on_non_null 0 (ref.null array)) (ref.null none))))",
    );
    for unreachable in ["", "unreachable "] {
        compile(&format!(
            "(module (type $s (struct (field (mut i8)))) (type $a (array (mut anyref)))
               (func {unreachable} (drop (ref.i31 (i32.const 0)))
                 (drop (array.new $a (struct.new $s (i32.const 1)) (i32.const 2)))))"
        ));
    }
}

#[test]
fn trampolines_for_any_type() {
    use ValType::{F32, F64, I32, I64, V128};
    let kinds = [
        I32,
        F32,
        I64,
        V128,
        F64,
        ValType::EXTERNREF,
        ValType::FUNCREF,
    ];
    let many: Vec<_> = kinds.into_iter().cycle().take(1000).collect();
    for (params, results) in [
        (&[][..], &[][..]),
        (&[I32, F64], &[F32]),
        (&[V128], &[V128]),
        (&many, &many),
    ] {
        let ty = func_type(params, results);
        let enter = |order| compiler().enter_trampoline(&ty, order).unwrap();
        let leave = compiler().leave_trampoline(&ty, 0x1234_5678_9abc).unwrap();
        let late = compiler().late_trampoline(&ty, 0x1234_5678_9abc).unwrap();
        for trampoline in [enter(Order::Forward), enter(Order::Reversed), leave, late] {
            assert!(!trampoline.code.is_empty());
            let limit = trampoline.traps.iter();
            let limit = limit.filter(|(_, code)| *code == TrapCode::StackOverflow);
            assert!(limit.count() >= 1, "{ty}: no limit check");
        }
    }
}
