//! Blocks and branches: values on every kind of edge, code that cannot be reached, large bodies.

mod support;

use std::fmt::Write;
use std::time::{Duration, Instant};
use support::compile;

/// Compiles a function body.
fn body(signature: &str, code: &str) {
    compile(&format!("(module (func {signature} {code}))"));
}

#[test]
fn values_on_edges() {
    body(
        "(param i32) (result i32 i64)",
        "
        (block (result i32 i64)
          (br_if 0 (i32.const 1) (i64.const 2) (local.get 0)))",
    );
    body(
        "(param i32) (result i32)",
        "
        local.get 0
        loop (param i32) (result i32)
          i32.const 1 i32.sub local.tee 0 local.get 0 br_if 0
        end",
    );
    body(
        "(param i32) (result i32 i32)",
        "
        i32.const 1 i32.const 2 local.get 0
        if (param i32 i32) (result i32 i32) drop i32.const 3 else i32.add i32.const 4 end",
    );
    // An `if` without `else` passes its parameters on.
    body(
        "(param i32) (result i32)",
        "
        i32.const 1 local.get 0 if (param i32) (result i32) i32.const 2 i32.add end",
    );
}

#[test]
fn tables_of_labels() {
    body(
        "(param i32) (result i32)",
        "
        (block $a (result i32) (block $b (result i32)
          (br_table $a $b $a 2 $b (i32.const 7) (local.get 0))) drop (i32.const 1))",
    );
    body(
        "(param i32)",
        "(block (loop (br_table 0 1 2 1 (local.get 0))))",
    );
    // A label with values at the start of a loop, and the function itself.
    body(
        "(param i32) (result i32)",
        "
        i32.const 5 loop (param i32) (result i32) local.get 0 br_table 0 1 0 end",
    );
}

#[test]
fn unreachable_code_is_skipped() {
    for end in ["unreachable", "br 0", "return", "i32.const 0 br_table 0"] {
        body(
            "",
            &format!("{end} i32.add drop block loop i32.const 0 if else end end end"),
        );
        body(
            "",
            &format!("block {end} block i32.const 1 if nop else nop end end end"),
        );
        body(
            "(param i32)",
            &format!("local.get 0 if {end} i64.eqz drop else nop end nop"),
        );
        body(
            "(param i32)",
            &format!("local.get 0 if nop else {end} end nop"),
        );
        body("(param i32)", &format!("local.get 0 if {end} end nop"));
        body("", &format!("loop {end} end"));
        body(
            "(result i64)",
            &format!("loop (result i64) unreachable {end} end"),
        );
    }
    body("(result i32)", "(loop (br 0)) unreachable");
    body("(result i32)", "(loop (result i32) (br 0))");
    body("(result i32)", "block unreachable end i32.const 1");
}

#[test]
fn many_parameters_and_results() {
    let types: String = ["i32", "f32", "i64", "f64"]
        .iter()
        .cycle()
        .take(1000)
        .fold(String::new(), |list, ty| list + " " + ty);
    let mut gets = String::new();
    for i in 0..1000 {
        write!(gets, "local.get {i} ").unwrap();
    }
    compile(&format!(
        "(module
           (type $t (func (param {types}) (result {types})))
           (func $imported (import \"m\" \"f\") (type $t))
           (table 1 funcref)
           (func $f (type $t) {gets})
           (func (type $t) {gets} call $f)
           (func (type $t) {gets} call $imported)
           (func (type $t) {gets} i32.const 0 call_indirect (type $t))
           (func (type $t) {gets} return_call $f)
           (func (type $t) {gets} i32.const 0 return_call_indirect (type $t)))"
    ));
}

/// Compiles and says how long it took.
fn timed(text: &str) -> Duration {
    let start = Instant::now();
    compile(text);
    start.elapsed()
}

#[test]
fn time_grows_with_size_not_its_square() {
    let locals = |n: usize| {
        let list = "i64 ".repeat(n);
        format!(
            "(module (func (local {list}) (local.set 0 (local.get {}))))",
            n - 1
        )
    };
    let targets = |n: usize| {
        let list = "0 1 ".repeat(n / 2);
        format!(
            "(module (func (param i32) (result i32)
               (block (result i32) (br_table {list} (i32.const 1) (local.get 0)))))"
        )
    };
    let nesting = |n: usize| {
        let (begin, end) = (
            "block (result i32) i32.const 1 ".repeat(n),
            "end drop ".repeat(n),
        );
        format!("(module (func {begin} {end}))")
            .replace("(result i32) i32.const 1 ", "")
            .replace("end drop ", "end ")
    };
    // Regions in regions, each with a call, all passed on to the one around.
    let regions = |n: usize| {
        let (begin, end) = ("try call 0 ".repeat(n / 20), "delegate 0 ".repeat(n / 20));
        format!("(module (func {begin} {end}))")
    };
    let programs: [&dyn Fn(usize) -> String; 4] = [&locals, &targets, &nesting, &regions];
    for (i, program) in programs.into_iter().enumerate() {
        let (small, large) = (timed(&program(5_000)), timed(&program(50_000)));
        // Ten times the size: well below a hundred times the time.
        let bound = small.max(Duration::from_millis(5)) * 50;
        assert!(
            large < bound,
            "program {i}: {small:?} for 5,000, {large:?} for 50,000"
        );
    }
}
