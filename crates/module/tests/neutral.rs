//! Which functions are wrappers around transfers, and what makes one of a function.

use bident_module::{FuncIndex, Guard, Inline, Module, Wrapper, decode};

fn module(functions: &str) -> Module {
    let text = format!(
        r#"(module
            (type $f (func)) (type $c (cont $f)) (tag $t)
            (import "host" "call" (func $host))
            (table $funcs 1 funcref)
            {functions})"#
    );
    let bytes = wat::parse_str(text).unwrap();
    decode(bytes.into()).unwrap().0
}

/// Of the function with this name.
fn wrapper(module: &Module, name: &str) -> Wrapper {
    let mut defined = 0..module.bodies.len();
    let found = defined.find(|&d| {
        let index = FuncIndex(module.imported.funcs + d as u32);
        module.func_name(index) == Some(name)
    });
    module.wrapper(found.expect("the function is there"))
}

#[track_caller]
fn check(functions: &str, name: &str, neutral: bool, inline: Inline) {
    let found = wrapper(&module(functions), name);
    let found = (found.neutral, found.inline);
    assert_eq!(found, (neutral, inline), "{name} in {functions}");
}

#[test]
fn code_that_transfers_and_accesses_needs_its_context() {
    let functions = "(memory 1) (global $g (mut i32) (i32.const 0))
        (func $access (global.set $g (i32.const 1)))
        (func $transfer (suspend $t))
        (func $both (suspend $t) (drop (i32.load (i32.const 0))))
        (func $in_place (call $both))
        (func $in_places (call $access) (call $transfer))
        (func $far (loop (call $both)) (loop (suspend $t)))
        (func $calls_far (global.set $g (i32.const 1)) (call $far))";
    let module = module(functions);
    let needs = |name| wrapper(&module, name).needs_context;
    for name in ["both", "in_place", "in_places", "far"] {
        assert!(needs(name), "{name}");
    }
    for name in ["access", "transfer", "calls_far"] {
        assert!(!needs(name), "{name}");
    }
}

#[test]
fn functions_that_transfer_are_neutral_and_in_place() {
    for transfer in [
        "(suspend $t)",
        "(resume $c (ref.null $c))",
        "(resume_throw_ref $c (ref.null exn) (ref.null $c))",
    ] {
        let text = format!("(func $f {transfer})");
        check(&text, "f", true, Inline::Always);
    }
    // So are those that call one, at any distance.
    let chain = "(func $a (call $b)) (func $b (call $c)) (func $c (suspend $t))";
    for name in ["a", "b", "c"] {
        check(chain, name, true, Inline::Always);
    }
    check("(func $f (call $host))", "f", false, Inline::Inside);
}

#[test]
fn what_can_be_called_through_a_reference_is_called_by_real_calls() {
    for reference in [
        "(elem declare func $f)",
        "(elem (i32.const 0) func $f)",
        "(elem funcref (ref.func $f))",
        "(global funcref (ref.func $f))",
        "(table 1 funcref (ref.func $f))",
    ] {
        let text = format!("(func $f (suspend $t)) {reference}");
        check(&text, "f", false, Inline::Always);
        // A caller is neutral by its own transfers only.
        let text = format!("{text} (func $g (call $f))");
        check(&text, "g", false, Inline::Always);
    }
    let exported = r#"(func $f (export "f") (suspend $t))"#;
    check(exported, "f", true, Inline::Always);
}

#[test]
fn recursive_functions_return_by_ret() {
    let alone = "(func $f (suspend $t) (call $f))";
    check(alone, "f", false, Inline::Itself(None));
    let cycle = "(func $a (call $b)) (func $b (call $c) (suspend $t)) (func $c (call $a))
        (func $into (call $a))";
    for name in ["a", "b", "c"] {
        check(cycle, name, false, Inline::Never);
    }
    check(cycle, "into", false, Inline::Never);
    // Two callers of one are no cycle.
    let diamond = "(func $a (call $b) (call $c)) (func $b (call $d)) (func $c (call $d))
        (func $d (suspend $t))";
    for name in ["a", "b", "c", "d"] {
        check(diamond, name, true, Inline::Always);
    }
}

#[test]
fn recursive_functions_have_their_test_in_place() {
    let nops = "nop ".repeat(160);
    // Large ones are called all the same.
    let large = format!("(call $f (i32.const 0)) {nops} (suspend $t)");
    check_tests(&large, |guard| guard.map_or(Inline::Never, Inline::Test));
    // Small ones are in place within themselves, too.
    check_tests("(call $f (i32.const 0)) (suspend $t)", Inline::Itself);
    // What is not recursive is called, or in place as a whole.
    check(
        "(func $f (param i32) (br_if 0 (local.get 0)) (suspend $t))",
        "f",
        true,
        Inline::Always,
    );
    let looping = "(func $f (param i32) (block (loop (call $f (i32.const 0)) (suspend $t) br 0))
        (br_if 0 (local.get 0)))";
    check(looping, "f", false, Inline::Never);
    // The test of what has results is not looked for.
    let result = "(func $f (param i32) (result i32)
        (if (local.get 0) (then (return (i32.const 0)))) (call $f (i32.const 1)) (suspend $t))";
    check(result, "f", false, Inline::Itself(None));
    // What does not transfer by itself is not in place.
    let plain = "(func $f (param i32) (br_if 0 (local.get 0)) (call $f (i32.const 0)) (call $host))
        (func $g (suspend $t))";
    let guard = Guard {
        operators: 1,
        returns_at_zero: false,
    };
    check(plain, "f", false, Inline::Test(guard));
}

/// Bodies that begin with a test, and such that do not, around `again`. `inline` is what is expected, with the test.
#[track_caller]
fn check_tests(again: &str, inline: impl Fn(Option<Guard>) -> Inline) {
    let test = |operators, returns_at_zero| {
        Some(Guard {
            operators,
            returns_at_zero,
        })
    };
    let long = "(i32.add (i32.const 1) ".repeat(4);
    for (body, guard) in [
        (format!("(br_if 0 (local.get 0)) {again}"), test(1, false)),
        (
            format!("(if (local.get 0) (then (return))) {again}"),
            test(1, false),
        ),
        (
            format!("(if (i32.eqz (local.get 0)) (then {again}))"),
            test(2, true),
        ),
        (
            format!("(block (block (br_if 1 (local.get 0)) {again}))"),
            test(3, false),
        ),
        (
            format!("(block (br_if 1 (local.get 0)) {again}) nop"),
            test(2, false),
        ),
        (format!("(block (br_if 0 (local.get 0)) {again}) nop"), None),
        (format!("(if (local.get 0) (then {again})) nop"), None),
        (
            format!("(if (local.get 0) (then {again}) (else nop))"),
            None,
        ),
        (format!("(if (local.get 0) (then nop)) {again}"), None),
        (format!("(local i32) (br_if 0 (local.get 1)) {again}"), None),
        (
            format!("(br_if 0 (i32.div_u (local.get 0) (local.get 0))) {again}"),
            None,
        ),
        (format!("(br_if 0 {long} (local.get 0) ))))) {again}"), None),
        (format!("(br_if 0 (global.get 0)) {again}"), None),
    ] {
        let text = format!("(global (mut i32) (i32.const 0)) (func $f (param i32) {body})");
        check(&text, "f", false, inline(guard));
    }
}

#[test]
fn tail_calls_loops_size_and_locals() {
    let tail = "(func $f (suspend $t) (return_call $host))";
    check(tail, "f", false, Inline::Never);
    let looping = "(func $f (loop (suspend $t)))";
    check(looping, "f", true, Inline::Never);
    let nops = "nop ".repeat(160);
    let large = format!("(func $f (suspend $t) {nops})");
    check(&large, "f", true, Inline::Never);
    let locals = "(local i32) ".repeat(17);
    let many = format!("(func $f {locals} (suspend $t))");
    check(&many, "f", true, Inline::Never);
    let nops = "nop ".repeat(48);
    let leaf = format!("(func $f {nops}) (func $g (suspend $t))");
    check(&leaf, "f", false, Inline::Never);
    // The same of recursive ones.
    let looping = "(func $f (loop (suspend $t) (call $f)))";
    check(looping, "f", false, Inline::Never);
    let tail = "(func $f (suspend $t) (call $f) (return_call $host))";
    check(tail, "f", false, Inline::Never);
    let many = format!("(func $f {locals} (suspend $t) (call $f))");
    check(&many, "f", false, Inline::Never);
}

#[test]
fn modules_without_continuations_have_none() {
    let text = "(module (func $f (call $g)) (func $g))";
    let bytes = wat::parse_str(text).unwrap();
    let (module, _) = decode(bytes.into()).unwrap();
    assert!(module.wrappers.is_empty());
    assert_eq!(module.wrapper(0), Wrapper::default());
}

/// A path and a cycle through a hundred thousand functions: no recursion, and linear time.
#[test]
fn long_paths_and_cycles() {
    const COUNT: usize = 100_000;
    for closed in [false, true] {
        let mut text = String::new();
        for i in 0..COUNT {
            let next = if i + 1 < COUNT { i + 1 } else { 0 };
            let call = if closed || i + 1 < COUNT {
                format!("(call $f{next})")
            } else {
                String::new()
            };
            text.push_str(&format!("(func $f{i} {call} (suspend $t))"));
        }
        let module = module(&text);
        let neutral = module.wrappers.iter().filter(|w| w.neutral).count();
        assert_eq!(neutral, if closed { 0 } else { COUNT });
    }
}
