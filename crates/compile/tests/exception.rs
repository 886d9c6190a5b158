//! What is emitted for `try`, in its standard and its older form, and for what throws.

mod support;

use bident_compile::Tables;
use support::{clif, compile, count};

/// Tags and callees, then one function with this code.
fn module(signature: &str, code: &str) -> String {
    format!(
        "(module
           (tag $i (param i32)) (tag $if (param i32 f64)) (tag $none)
           (import \"m\" \"f\" (func $f))
           (func $g {signature} {code}))"
    )
}

fn body(signature: &str, code: &str) -> String {
    clif(&module(signature, code))
}

/// Landing pads, handlers of calls, and jumps from pad to pad.
fn shape(text: &str) -> (usize, usize, usize) {
    let pads = count(text, " cold:");
    (pads, count(text, "default: block"), chained(text))
}

/// Jumps with which an exception goes on to another pad: they pass its two words and nothing else.
fn chained(text: &str) -> usize {
    let blocks = text.split("\n\n").filter(|block| block.contains(" cold:"));
    let pads = blocks.map(|block| block.trim_start().split('(').next().unwrap());
    let jumps: Vec<_> = pads.map(|pad| format!("jump {pad}(")).collect();
    let jumps = |line: &&str| jumps.iter().any(|jump| line.contains(jump));
    text.lines().filter(jumps).count()
}

#[test]
fn only_calls_inside_a_try_have_a_handler() {
    let text = body(
        "",
        "call $f
         (block $out (try_table (catch_all $out) call $f call $g))
         call $g",
    );
    assert_eq!(count(&text, " call_indirect sig"), 1, "{text}");
    assert_eq!(count(&text, " call fn"), 1, "{text}");
    assert_eq!(count(&text, " try_call_indirect "), 1, "{text}");
    assert_eq!(count(&text, " try_call fn"), 1, "{text}");
    assert_eq!(shape(&text), (1, 2, 0), "{text}");
}

#[test]
fn a_tail_call_leaves_the_try() {
    let text = body(
        "",
        "(block $out (try_table (catch_all $out) return_call $g))",
    );
    assert_eq!(count(&text, " return_call fn"), 1, "{text}");
    assert_eq!(shape(&text), (0, 0, 0), "{text}");
}

#[test]
fn clauses_are_looked_at_in_order() {
    let text = body(
        "(result i32)",
        "(block $one (result i32)
           (block $ref (result i32 f64 exnref)
             (block $all
               (try_table (catch $i $one) (catch_ref $if $ref) (catch_all $all) call $f)
               (return (i32.const 1)))
             (return (i32.const 2)))
           drop drop drop (i32.const 3))",
    );
    assert_eq!(shape(&text), (1, 1, 0), "{text}");
    assert_eq!(count(&text, " eq v"), 2, "{text}");
    // The values that a tag carries, from the transfer buffer.
    assert_eq!(
        count(&text, "= load.i32 notrap aligned region5"),
        2,
        "{text}"
    );
    assert_eq!(
        count(&text, "= load.f64 notrap aligned region5"),
        1,
        "{text}"
    );
    // Everything is caught: nothing is thrown again.
    assert_eq!(count(&text, "call_indirect sig1"), 0, "{text}");
}

#[test]
fn what_no_clause_catches_goes_on() {
    let inner = "(block $in (try_table (catch $none $in) call $f))";
    let text = body("", inner);
    assert_eq!(shape(&text), (1, 1, 0), "{text}");
    assert_eq!(count(&text, " call_indirect sig1"), 1, "{text}");

    // A `try` around it: to its pad, with a jump.
    let text = body(
        "",
        &format!("(block $out (try_table (catch_all $out) {inner}))"),
    );
    assert_eq!(shape(&text), (2, 1, 1), "{text}");
    assert_eq!(count(&text, " call_indirect sig1"), 0, "{text}");
}

#[test]
fn what_cannot_throw_has_no_pad() {
    let text = body(
        "(local i32)",
        "(block $out (try_table (catch_all $out) (local.set 0 (i32.const 1))))
         try nop catch $i drop call $f catch_all call $f end
         try nop delegate 0",
    );
    assert_eq!(shape(&text), (0, 0, 0), "{text}");
    assert_eq!(count(&text, "call"), 0, "{text}");
}

#[test]
fn throw_passes_its_operands_through_the_transfer_buffer() {
    let throw = "(throw $if (i32.const 1) (f64.const 2))";
    let text = body("", throw);
    assert_eq!(count(&text, "store notrap aligned region5"), 2, "{text}");
    assert_eq!(count(&text, " call_indirect"), 1, "{text}");
    assert_eq!(count(&text, "trap user1"), 1, "{text}");

    let text = body(
        "",
        &format!("(block $out (try_table (catch_all $out) {throw}))"),
    );
    assert_eq!(count(&text, " try_call_indirect"), 1, "{text}");
    assert_eq!(count(&text, "trap user1"), 1, "{text}");

    let text = body("(param exnref)", "(throw_ref (local.get 0))");
    assert_eq!(count(&text, " call_indirect"), 1, "{text}");
}

#[test]
fn clauses_of_the_older_try() {
    let text = body(
        "(result i32)",
        "try (result i32) call $f i32.const 1
         catch $i
         catch $if drop
         catch_all i32.const 2
         end",
    );
    assert_eq!(shape(&text), (1, 1, 0), "{text}");
    assert_eq!(count(&text, " eq v"), 2, "{text}");
    assert_eq!(count(&text, "call_indirect sig1"), 0, "{text}");

    // A call in a clause is outside of the region.
    let text = body("", "try call $f catch $none call $f end");
    assert_eq!(shape(&text), (1, 1, 0), "{text}");
    // One of the import, one to throw again what the clause does not catch.
    assert_eq!(count(&text, " call_indirect sig0"), 1, "{text}");
    assert_eq!(count(&text, " call_indirect sig1"), 1, "{text}");
}

#[test]
fn rethrow_throws_what_its_clause_caught() {
    let text = body("", "try call $f catch_all rethrow 0 end");
    let pad = text.lines().find(|line| line.contains(" cold:")).unwrap();
    let exn = pad.split(['(', ':']).nth(1).unwrap();
    assert_eq!(count(&text, &format!("(v0, {exn}, ")), 1, "{text}");

    // The outer of two clauses, out of the inner region.
    let text = body("", "try call $f catch_all try rethrow 1 catch_all end end");
    assert_eq!(shape(&text), (2, 2, 0), "{text}");
}

#[test]
fn delegate_skips_what_lies_between() {
    let around =
        |delegate: &str| format!("try try try call $f {delegate} catch $none end catch_all end");
    // To the `try` around, whose clause is then compared; to the one around that; out of all.
    for (depth, shape_, compared, thrown) in [
        (0, (3, 1, 2), 1, 0),
        (1, (2, 1, 1), 0, 0),
        (2, (1, 1, 0), 0, 1),
    ] {
        let text = body("", &around(&format!("delegate {depth}")));
        assert_eq!(shape(&text), shape_, "{text}");
        assert_eq!(count(&text, " eq v"), compared, "{text}");
        assert_eq!(count(&text, " call_indirect sig1"), thrown, "{text}");
    }
    // To a block: the `try` around it. From a clause: not the `try` that the clause belongs to.
    let text = body("", "try block try call $f delegate 0 end catch_all end");
    assert_eq!(shape(&text), (2, 1, 1), "{text}");
    let text = body("", "try call $f catch_all try call $f delegate 0 end");
    assert_eq!(shape(&text), (2, 2, 0), "{text}");
    assert_eq!(count(&text, " call_indirect sig1"), 1, "{text}");
}

#[test]
fn locals_at_the_pad_are_those_of_the_call() {
    let text = body(
        "(result i32) (local i32)",
        "(block $out
           (try_table (catch_all $out)
             (local.set 0 (i32.const 7)) call $f
             (local.set 0 (i32.const 8)) call $f))
         local.get 0",
    );
    assert_eq!(count(&text, "(exn0, exn1, v"), 2, "{text}");
}

#[test]
fn values_of_any_number_and_type() {
    let params = "i32 i64 f32 f64 funcref externref exnref ".repeat(20);
    compile(&format!(
        "(module
           (tag $t (param {params}))
           (func $f (param {params}) (result {params} exnref)
             (block $out (result {params} exnref)
               (try_table (result {params} exnref) (catch_ref $t $out)
                 {} throw $t))))",
        (0..140).fold(String::new(), |gets, i| gets + &format!("local.get {i} ")),
    ));
}

#[test]
fn unreachable_code_is_skipped() {
    let dead = "unreachable
        try_table (catch_all 0) try call $f catch $i drop catch_all rethrow 0 end end
        try call $f delegate 0";
    for code in [
        dead.to_string(),
        format!("try {dead} catch $i drop catch_all {dead} end"),
        format!("try call $f {dead} catch $none {dead} catch_all {dead} end call $f"),
        format!("try call $f {dead} delegate 0 call $f"),
        format!("block try_table (catch_all 0) call $f {dead} end end call $f"),
        format!("try try {dead} delegate 0 catch_all call $f end"),
        "try unreachable end call $f".into(),
        "loop try_table (catch_all 0) call $f br 1 end end".into(),
    ] {
        compile(&module("", &code));
    }
    compile(&module(
        "(result i32)",
        "try (result i32) throw $none catch $i end",
    ));
    compile(&module(
        "(result i32)",
        "try (result i32) throw $none delegate 0",
    ));
}

#[test]
fn landings_are_found_by_return_address() {
    let artifact = compile(&module(
        "",
        "call $f (block $out (try_table (catch_all $out) call $f call $g)) call $g",
    ));
    let tables = Tables::of(&artifact);
    let [function] = artifact.functions[..] else {
        panic!("one function")
    };
    assert_eq!(artifact.landings.len(), 2);
    assert!(artifact.landings.is_sorted_by_key(|(at, _)| *at));
    for (at, landing) in &artifact.landings {
        assert_eq!(tables.landing_at(*at), Some(*landing));
        assert_eq!(tables.landing_at(at - 1), None);
        assert_eq!(tables.function_at(*at), Some(0));
        assert_eq!(tables.function_at(landing.pad), Some(0));
        assert!(landing.pad > function.start && landing.frame > 0);
    }
}

#[test]
fn landings_lie_in_their_own_function() {
    let throwing = "(func (block $out (try_table (catch_all $out) call $f)))";
    let artifact = compile(&format!(
        "(module (import \"m\" \"f\" (func $f)) {throwing} (func call $f) {throwing})"
    ));
    let tables = Tables::of(&artifact);
    let functions = artifact
        .landings
        .iter()
        .map(|(at, landing)| (tables.function_at(*at), tables.function_at(landing.pad)));
    assert_eq!(
        functions.collect::<Vec<_>>(),
        [(Some(0), Some(0)), (Some(2), Some(2))]
    );
}
