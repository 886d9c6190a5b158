//! What is emitted for the operators where the choice matters.

mod support;

use support::{clif, count};

#[test]
fn the_prologue_checks_the_limit_of_the_store() {
    let text = clif("(module (func))");
    assert!(text.contains("tail"), "{text}");
    assert!(text.contains("stack_limit = gv2"), "{text}");
    assert!(text.contains("gv1 = load.i64 notrap aligned gv0"), "{text}");
    assert!(text.contains("gv2 = load.i64 notrap aligned gv1"), "{text}");
}

#[test]
fn an_access_has_no_bounds_check() {
    let text = clif(
        "(module (memory 1) (func (param i32) (result i32) (i32.load offset=4 (local.get 0))))",
    );
    assert_eq!(count(&text, "trap"), count(&text, "notrap"), "{text}");
    assert_eq!(count(&text, "brif"), 0, "{text}");
    assert_eq!(count(&text, "= load.i32 little region0"), 1, "{text}");
    assert_eq!(count(&text, "readonly can_move"), 1, "{text}");
}

#[test]
fn an_access_to_any_32_bit_memory_has_no_bounds_check() {
    let text = clif(
        "(module (memory 1) (memory 1)
           (func (param i32) (result i32) (i32.load 1 offset=4 (local.get 0))))",
    );
    assert_eq!(count(&text, "trap"), count(&text, "notrap"), "{text}");
    assert_eq!(count(&text, "brif"), 0, "{text}");
    assert_eq!(count(&text, "readonly can_move"), 1, "{text}");
}

#[test]
fn an_access_to_a_64_bit_memory_has_one_comparison_with_a_constant() {
    let access = |offset: u64| {
        clif(&format!(
            "(module (memory i64 1)
               (func (param i64) (result i32) (i32.load offset={offset} (local.get 0))))"
        ))
    };
    let text = access(i32::MAX as u64);
    assert_eq!(count(&text, "trapnz"), 1, "{text}");
    assert_eq!(count(&text, "icmp ugt v1,"), 1, "{text}");
    // The record, its bound and its base.
    assert_eq!(count(&text, "readonly can_move"), 3, "{text}");
    assert_eq!(count(&text, "uadd_overflow_trap"), 0, "{text}");
    // More than an instruction holds.
    let text = access(1 << 31);
    assert_eq!(count(&text, "trapnz"), 1, "{text}");
    assert_eq!(count(&text, "uadd_overflow_trap v1,"), 1, "{text}");
}

#[test]
fn a_branch_hint_makes_the_other_way_cold() {
    let hinted = |branch: &str, hint: &str| {
        clif(&format!(
            "(module (func (param i32) (result i32)
               (block $out (i32.const 1) (local.get 0)
                 {hint} {branch} drop)
               (i32.const 2)))"
        ))
    };
    let (taken, not) = (
        r#"(@metadata.code.branch_hint "\01")"#,
        r#"(@metadata.code.branch_hint "\00")"#,
    );
    let branches = [
        "br_if 1",
        "if (param i32) (result i32) drop i32.const 3 else drop i32.const 4 end",
    ];
    for branch in branches {
        assert_eq!(count(&hinted(branch, ""), "cold"), 0);
        for hint in [taken, not] {
            let text = hinted(branch, hint);
            assert_eq!(count(&text, "cold"), 1, "{text}");
        }
        assert_ne!(hinted(branch, taken), hinted(branch, not));
    }
}

#[test]
fn calls_within_the_module_are_direct() {
    let text = clif("(module (func (param i64) (call 0 (local.get 0))))");
    assert!(text.contains("colocated u0:0"), "{text}");
    assert_eq!(count(&text, "call fn0("), 1, "{text}");
    assert_eq!(count(&text, "store notrap"), 0, "{text}");
}

#[test]
fn calls_of_imports_announce_the_caller() {
    let text = clif("(module (import \"m\" \"f\" (func)) (func (call 0)))");
    assert_eq!(count(&text, "call_indirect"), 1, "{text}");
    assert_eq!(count(&text, "store notrap aligned region4 v0"), 1, "{text}");
}

#[test]
fn indirect_calls_check_bounds_null_and_type() {
    let text = clif("(module (table 1 funcref) (func (call_indirect (i32.const 0))))");
    for code in ["user4", "user5", "user6"] {
        assert_eq!(count(&text, code), 1, "{text}");
    }
}

#[test]
fn a_type_that_is_not_final_has_subtypes() {
    let call = |types: &str, element: &str| {
        clif(&format!(
            "(module {types} (table 1 {element})
               (func (call_indirect (type $t) (i32.const 0))))"
        ))
    };
    let (sealed, open) = ("(type $t (func))", "(type $t (sub (func)))");
    let text = call(sealed, "funcref");
    assert_eq!(count(&text, "trapnz v"), 2, "{text}");
    assert_eq!(count(&text, "brif"), 0, "{text}");

    // Asks the runtime, but only for another type.
    let text = call(open, "funcref");
    assert_eq!(count(&text, "user6"), 1, "{text}");
    assert_eq!(count(&text, "brif"), 1, "{text}");
    assert_eq!(count(&text, "= call_indirect sig0"), 1, "{text}");

    // The table holds nothing else: nothing to check.
    for types in [sealed, open] {
        let text = call(types, "(ref null $t)");
        assert_eq!(count(&text, "user5"), 1, "{text}");
        assert_eq!(count(&text, "user6"), 0, "{text}");
    }
}

#[test]
fn calls_through_a_reference_check_for_null_only() {
    let text =
        clif("(module (type $t (func)) (func (param (ref null $t)) (call_ref $t (local.get 0))))");
    assert_eq!(count(&text, "trapz v1, user14"), 1, "{text}");
    assert_eq!(count(&text, "trapnz"), 0, "{text}");
    assert_eq!(count(&text, " call_indirect"), 1, "{text}");
    // The caller is announced.
    assert_eq!(count(&text, "store notrap aligned region4 v0"), 1, "{text}");
}

#[test]
fn results_beyond_the_registers_travel_through_the_store() {
    let types = "i32 ".repeat(10);
    let values = "i32.const 1 ".repeat(10);
    let text = clif(&format!("(module (func (result {types}) {values}))"));
    assert_eq!(count(&text, "store notrap aligned region5"), 2, "{text}");

    let text = clif(&format!("(module (func (result {types}) (call 0)))"));
    assert_eq!(
        count(&text, "= load.i32 notrap aligned region5"),
        2,
        "{text}"
    );
}

#[test]
fn tail_calls_are_tail_calls() {
    let text = clif("(module (func (return_call 0)))");
    assert_eq!(count(&text, "return_call fn0"), 1, "{text}");
    let text = clif("(module (table 1 funcref) (func (return_call_indirect (i32.const 0))))");
    assert_eq!(count(&text, "return_call_indirect"), 1, "{text}");
}

#[test]
fn a_tail_call_through_a_reference() {
    let text = clif(
        "(module (type $t (func)) (func (param (ref $t)) (return_call_ref $t (local.get 0))))",
    );
    assert_eq!(count(&text, "return_call_indirect"), 1, "{text}");
}

#[test]
fn branches_on_null_carry_what_they_should() {
    let text = clif(
        "(module (func (param funcref) (result i32)
           (block $null (result i32)
             (br_on_null $null (i32.const 1) (local.get 0)) drop)))",
    );
    assert_eq!(count(&text, "brif v1, block3, block2("), 1, "{text}");

    let text = clif(
        "(module (func (param funcref) (result i32 (ref func))
           (block $ref (result i32 (ref func))
             (br_on_non_null $ref (i32.const 1) (local.get 0)) unreachable)))",
    );
    assert_eq!(count(&text, "v1), block3"), 1, "{text}");

    let text = clif("(module (func (param externref) (drop (ref.as_non_null (local.get 0)))))");
    assert_eq!(count(&text, "trapz v1, user13"), 1, "{text}");
}

#[test]
fn builtins_go_through_their_stub() {
    let text =
        clif("(module (memory 1) (func (memory.fill (i32.const 1) (i32.const 2) (i32.const 3))))");
    assert_eq!(count(&text, "call_indirect"), 1, "{text}");
    assert!(
        text.contains("(i64 vmctx, i64, i64, i64, i64, i64) -> i64 tail"),
        "{text}"
    );
}
