//! The runner itself: what it counts, and what it says of scripts that fail.

use bident::Engine;
use bident_wast::{Report, run_script};

fn run(script: &str) -> Report {
    run_script(&Engine::default(), "test.wast", script)
}

fn counts(report: &Report) -> (usize, usize, usize) {
    (report.passed, report.failed, report.skipped)
}

#[test]
fn directives_that_hold() {
    let report = run(r#"
        (module $m
            (import "spectest" "global_i32" (global $g i32))
            (import "spectest" "memory" (memory 1 2))
            (import "spectest" "table" (table 10 20 funcref))
            (global (export "g") i32 (global.get $g))
            (func (export "id") (param f64) (result f64) (local.get 0))
            (func (export "trap") (unreachable))
            (func $f (export "loop") (call $f))
            (func (export "ref") (param externref) (result externref) (local.get 0)))
        (register "m" $m)
        (assert_return (get "g") (i32.const 666))
        (assert_return (invoke "id" (f64.const nan)) (f64.const nan:canonical))
        (assert_return (invoke $m "id" (f64.const 1)) (either (f64.const 2) (f64.const 1)))
        (assert_return (invoke "ref" (ref.extern 3)) (ref.extern 3))
        (assert_return (invoke "ref" (ref.null extern)) (ref.null extern))
        (assert_trap (invoke "trap") "unreachable")
        (assert_exhaustion (invoke "loop") "call stack exhausted")
        (assert_invalid (module (func (result i32))) "type mismatch")
        (assert_malformed (module quote "(func") "unexpected end")
        (assert_unlinkable (module (import "m" "none" (func))) "unknown import")
        (assert_trap (module (func $s (unreachable)) (start $s)) "unreachable")
        (module definition $d (func (export "one") (result i32) (i32.const 1)))
        (module instance $a $d)
        (invoke $a "one")
        (assert_return (invoke $a "one") (i32.const 1))
        "#);
    assert_eq!(counts(&report), (12, 0, 0), "{:?}", report.failures);
}

#[test]
fn assertions_that_do_not_hold() {
    let report = run(r#"(module (func (export "f") (result i32) (i32.const 1)))
(assert_return (invoke "f") (i32.const 2))
(assert_return (invoke "f"))
  (assert_trap (invoke "f") "unreachable")
(assert_return (invoke "nothing"))
(assert_return (get "f"))
(assert_invalid (module) "type mismatch")
(assert_malformed (module quote "(func)") "unexpected")
(assert_unlinkable (module) "unknown import")
(register "m" $nobody)
(assert_return (invoke "f" (i32.const 1)) (i32.const 1))
"#);
    assert_eq!(counts(&report), (0, 10, 0), "{:?}", report.failures);
    let lines: Vec<usize> = report.failures.iter().map(|failure| failure.line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    let first = report.failures[0].to_string();
    assert!(first.starts_with("test.wast:2:"), "{first}");
    assert!(
        first.contains("I32(1)") && first.contains("I32(2)"),
        "{first}"
    );
    assert!(report.failures[2].col > report.failures[1].col);
}

#[test]
fn a_bad_module_fails_what_depends_on_it() {
    let report = run(r#"
        (module $bad (func (export "f") (result i32)))
        (assert_return (invoke "f") (i32.const 1))
        (assert_return (invoke $bad "f") (i32.const 1))
        (module (func (export "f")))
        (assert_return (invoke "f"))
        "#);
    assert_eq!(counts(&report), (1, 3, 0));
}

#[test]
fn missing_features_skip_each_assertion() {
    let report = run(r#"
        (module $v (func (export "f") (result v128) (v128.const i64x2 1 2)))
        (assert_return (invoke "f") (v128.const i64x2 1 2))
        (assert_return (invoke $v "f") (v128.const i64x2 1 2))
        (register "v" $v)
        (module (tag $t) (func (export "throw") (throw $t)))
        (assert_exception (invoke "throw"))
        "#);
    assert_eq!(counts(&report), (0, 0, 3), "{:?}", report.failures);
}

#[test]
fn scripts_that_are_none() {
    for (script, line) in [("(module", 1), ("\n(assert_nothing)", 2), ("\n\n\"", 3)] {
        let report = run(script);
        assert_eq!(counts(&report), (0, 1, 0));
        assert_eq!(report.failures[0].line, line, "{}", report.failures[0]);
    }
}
