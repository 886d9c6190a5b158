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
fn exceptions_and_suspensions() {
    let report = run(r#"
        (module
            (type $f (func)) (type $c (cont $f))
            (tag $t (param i32))
            (func $throw (export "throw") (throw $t (i32.const 1)))
            (func $suspend (export "suspend") (suspend $t (i32.const 1)))
            (func (export "inner") (resume $c (cont.new $c (ref.func $suspend))))
            (elem declare func $suspend))
        (assert_exception (invoke "throw"))
        (assert_suspension (invoke "suspend") "unhandled tag")
        (assert_suspension (invoke "suspend") "unhandled")
        (assert_suspension (invoke "inner") "unhandled")
        (assert_trap (invoke "suspend") "unhandled tag")
        (module (tag $t) (func $s (throw $t)) (start $s))
        (assert_exception (module (tag $t) (func $s (throw $t)) (start $s)))
        "#);
    // The one failure is the module that throws at its start without being expected to.
    assert_eq!(counts(&report), (6, 1, 0), "{:?}", report.failures);
    assert_eq!(report.failures[0].line, 14);
}

#[test]
fn exceptions_and_suspensions_that_do_not_come() {
    let report = run(r#"(module (tag $t)
  (func (export "return")) (func (export "trap") (unreachable))
  (func (export "throw") (throw $t)) (func (export "suspend") (suspend $t)))
(assert_exception (invoke "return"))
(assert_exception (invoke "trap"))
(assert_exception (invoke "suspend"))
(assert_suspension (invoke "return") "unhandled")
(assert_suspension (invoke "trap") "unhandled")
(assert_suspension (invoke "trap") "unreachable")
(assert_suspension (invoke "throw") "unhandled")
(assert_suspension (invoke "suspend") "something else")
(assert_trap (invoke "throw") "unreachable")
(assert_return (invoke "throw"))
(assert_exception (invoke "nothing"))
(assert_suspension (invoke "nothing") "unhandled")
"#);
    assert_eq!(counts(&report), (0, 12, 0), "{:?}", report.failures);
    let lines: Vec<usize> = report.failures.iter().map(|failure| failure.line).collect();
    assert_eq!(lines, Vec::from_iter(4..16));
    let said = |line: usize| report.failures[line - 4].message.as_str();
    assert_eq!(said(4), "it returned; expected an exception");
    assert_eq!(said(7), "it returned; expected suspension `unhandled`");
    assert!(said(5).starts_with("no exception but"), "{}", said(5));
    assert!(said(8).starts_with("no suspension"), "{}", said(8));
}

#[test]
fn references_of_exceptions_and_continuations() {
    let report = run(r#"
        (module
            (type $f (func)) (type $c (cont $f))
            (tag $t)
            (func (export "exn") (param exnref) (result exnref) (local.get 0))
            (func (export "cont") (param contref) (result contref) (local.get 0))
            (func (export "typed") (param (ref null $c)) (result (ref null $c)) (local.get 0))
            (func (export "noexn") (result nullexnref) (ref.null noexn))
            (func (export "nocont") (result nullcontref) (ref.null nocont))
            (func (export "a cont") (result (ref $c)) (cont.new $c (ref.func $nothing)))
            (func $nothing) (elem declare func $nothing))
        (assert_return (invoke "exn" (ref.null exn)) (ref.null exn))
        (assert_return (invoke "exn" (ref.null exn)) (ref.null noexn))
        (assert_return (invoke "exn" (ref.null noexn)) (ref.null))
        (assert_return (invoke "cont" (ref.null cont)) (ref.null cont))
        (assert_return (invoke "cont" (ref.null nocont)) (ref.null nocont))
        (assert_return (invoke "typed" (ref.null cont)) (ref.null cont))
        (assert_return (invoke "noexn") (ref.null exn))
        (assert_return (invoke "nocont") (ref.null nocont))
        (assert_return (invoke "exn" (ref.null exn)) (ref.null cont))
        (assert_return (invoke "cont" (ref.null cont)) (ref.null exn))
        (assert_return (invoke "cont" (ref.null cont)) (ref.null func))
        (assert_return (invoke "a cont") (ref.null cont))
        "#);
    assert_eq!(counts(&report), (8, 4, 0), "{:?}", report.failures);
}

#[test]
fn missing_features_skip_each_assertion_and_module() {
    let report = run(r#"
        (module $v (func (export "f") (result i64 i64) (i64.mul_wide_u (i64.const 1) (i64.const 2))))
        (assert_return (invoke "f") (i64.const 2) (i64.const 0))
        (assert_return (invoke $v "f") (i64.const 2) (i64.const 0))
        (register "v" $v)
        (module (memory 1 (pagesize 1)) (func (export "f")))
        (assert_return (invoke "f"))
        "#);
    // A registration of a module that is not there is as good as the module.
    assert_eq!(counts(&report), (0, 0, 6), "{:?}", report.failures);
}

#[test]
fn scripts_that_are_none() {
    for (script, line) in [("(module", 1), ("\n(assert_nothing)", 2), ("\n\n\"", 3)] {
        let report = run(script);
        assert_eq!(counts(&report), (0, 1, 0));
        assert_eq!(report.failures[0].line, line, "{}", report.failures[0]);
    }
}

#[test]
fn threads_have_stores_and_names_of_their_own() {
    let report = run(r#"
        (module $m (memory (export "shared") 1 1 shared) (func (export "f")))
        (register "m" $m)
        (thread $a (shared (module $m))
            (assert_unlinkable (module (import "m" "shared" (memory 1 1 shared))) "unknown import")
            (register "m" $m)
            (assert_unlinkable (module (import "m" "f" (func))) "unknown import")
            (module
                (import "m" "shared" (memory 1 1 shared))
                (func (export "add") (result i32) (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))
            (assert_return (invoke "add") (either (i32.const 0) (i32.const 1)))
            (thread $inner (shared (module $m))
                (register "again" $m)
                (module
                    (import "again" "shared" (memory 1 1 shared))
                    (func (export "add") (i32.atomic.store8 (i32.const 9) (i32.const 7))))
                (invoke "add"))
            (wait $inner))
        (wait $a)
        (module
            (import "m" "shared" (memory 1 1 shared))
            (func (export "sum") (result i32)
                (i32.add (i32.load (i32.const 0)) (i32.load8_u (i32.const 9)))))
        (assert_return (invoke "sum") (i32.const 8))
        (thread $b (assert_return (invoke "nothing")))
        "#);
    assert_eq!(counts(&report), (4, 1, 0), "{:?}", report.failures);
    assert_eq!(report.failures[0].line, 25, "{:?}", report.failures);
}

#[test]
fn threads_that_are_not_there() {
    let report = run(r#"(module)
(wait $nobody)
(thread $a (shared (module $nothing)))
(thread $b (thread $a))
(thread $b)
(wait $a)
(wait $b)
(wait $b)
"#);
    let lines: Vec<usize> = report.failures.iter().map(|failure| failure.line).collect();
    assert_eq!((report.passed, lines), (0, vec![2, 3, 5, 6, 8]));
}
