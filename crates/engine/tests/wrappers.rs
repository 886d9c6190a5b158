//! Functions around transfers: called and left by jumps, and translated in place. They must behave, and
//! look in backtraces, as if nothing of that were so.

mod common;

use bident::{TrapCode, Val};
use common::{Guest, both, names};

/// Padding that makes a body too large to be translated in place: so its function is only neutral.
fn large() -> String {
    "nop ".repeat(200)
}

/// Both kinds of wrapper, by what is put into their bodies.
fn each_kind(test: impl Fn(&str)) {
    test("");
    test(&large());
}

#[test]
fn values_pass_through_wrappers() {
    each_kind(|padding| {
        // As many parameters and results as registers carry, and more.
        let wat = format!(
            r#"(module
            (type $gen (func (param i32) (result i32))) (type $c (cont $gen))
            (tag $y (param i32) (result i32))
            (table $t 2 (ref null $c))
            (elem declare func $body)
            (func $yield (param i32) (result i32) {padding} (suspend $y (local.get 0)))
            (func $many (param i32 i64 f64 f32 i32) (result i32 i64 f64) {padding}
              (call $yield (i32.add (local.get 0) (local.get 4)))
              (i64.add (local.get 1) (i64.trunc_f32_s (local.get 3)))
              (local.get 2))
            (func $too_many (param i32 i32 i32 i32 i32 i32 i32) (result i32 i32 i32 i32) {padding}
              (call $yield (local.get 6))
              (local.get 0) (local.get 1) (local.get 2))
            (func $body (type $gen) (local $sum i32) (local $w i64) (local $d f64)
              (call $many (local.get 0) (i64.const 30) (f64.const 0.5) (f32.const 12) (i32.const 4))
              (local.set $d) (local.set $w) (local.set $sum)
              (local.set $sum (i32.add (local.get $sum) (i32.wrap_i64 (local.get $w))))
              (local.set $sum
                (i32.add (local.get $sum) (i32.trunc_f64_s (f64.mul (local.get $d) (f64.const 10)))))
              (call $too_many (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
                (i32.const 6) (local.get $sum))
              (i32.add) (i32.add) (i32.add))
            (func $next (param $i i32) (param $v i32) (result i32) (local $k (ref $c)) {padding}
              (block $on (result i32 (ref $c))
                (resume $c (on $y $on) (local.get $v)
                  (ref.as_non_null (table.get $t (local.get $i))))
                (return (i32.add (i32.const 1000) (local.get $v))) (unreachable))
              (local.set $k)
              (table.set $t (local.get $i) (local.get $k)))
            (func (export "run") (result i32 i32 i32)
              (table.set $t (i32.const 1) (cont.new $c (ref.func $body)))
              (call $next (i32.const 1) (i32.const 7))
              (call $next (i32.const 1) (i32.const 100))
              (call $next (i32.const 1) (i32.const 5))))"#
        );
        both(|engine| {
            let mut guest = Guest::plain(engine, &wat);
            let results = guest.call("run", &[]).unwrap();
            let results: Vec<_> = results.iter().map(|v| v.i32().unwrap()).collect();
            // 7 + 4; then 100 + 42 + 5; then the end, whose value `next` drops.
            assert_eq!(results, [11, 147, 1005]);
            guest.check_idle();
        });
    });
}

#[test]
fn backtraces_show_wrappers() {
    each_kind(|padding| {
        let wat = format!(
            r#"(module
            (type $f (func)) (type $c (cont $f)) (tag $t)
            (elem declare func $body $again)
            (func $trap unreachable)
            (func $leaf (drop (i32.div_s (i32.const 1) (i32.const 0))))
            (func $inner (suspend $t) {padding} (call $trap))
            (func $outer (call $inner) {padding})
            (func $body (call $outer))
            (func $divides (suspend $t) {padding} (call $leaf))
            (func $again (call $divides))
            (func $drive (param (ref $f)) {padding}
              (block $on (result (ref $c))
                (resume $c (on $t $on) (cont.new $c (local.get 0))) (return))
              (resume $c))
            (func (export "traps") (call $drive (ref.func $body)))
            (func (export "divides") (call $drive (ref.func $again)))
            (func (export "unhandled") (call $inner)))"#
        );
        both(|engine| {
            let mut guest = Guest::plain(engine, &wat);
            for (export, expected, code) in [
                (
                    "traps",
                    &["trap", "inner", "outer", "body", "drive", "traps"][..],
                    TrapCode::Unreachable,
                ),
                (
                    "divides",
                    &["leaf", "divides", "again", "drive", "divides"],
                    TrapCode::IntegerDivideByZero,
                ),
                ("unhandled", &["inner", "unhandled"], TrapCode::UnhandledTag),
            ] {
                let error = guest.call(export, &[]).unwrap_err();
                assert_eq!(error.trap(), Some(code), "{error}");
                assert_eq!(names(&error), expected, "{error}");
                // Offsets are those of the instructions, each in the function that is named.
                for frame in error.backtrace() {
                    assert!(frame.func_offset().is_some(), "{error}");
                }
            }
            guest.check_idle();
        });
    });
}

/// The same wrapper several times in one function, within itself as it were, and past the number of
/// bytes that are translated in place.
#[test]
fn many_calls_of_one_wrapper() {
    let calls = "(local.set 0 (call $twice (local.get 0)))".repeat(100);
    let wat = format!(
        r#"(module
        (type $gen (func (param i32) (result i32))) (type $c (cont $gen))
        (tag $y (param i32) (result i32))
        (elem declare func $body)
        (func $yield (param i32) (result i32) (suspend $y (local.get 0)))
        (func $twice (param i32) (result i32) (call $yield (call $yield (local.get 0))))
        (func $body (type $gen) {calls} (local.get 0))
        (func (export "run") (param $n i32) (result i32) (local $v i32) (local $k (ref $c))
          (local.set $k (cont.new $c (ref.func $body)))
          (loop $again
            (block $on (result i32 (ref $c))
              (resume $c (on $y $on) (local.get $v) (local.get $k)) (return))
            (local.set $k)
            (local.set $v (i32.add (i32.const 1)))
            (br $again))
          (unreachable)))"#
    );
    both(|engine| {
        let mut guest = Guest::plain(engine, &wat);
        assert_eq!(guest.i32("run", &[0]), 200);
        guest.check_idle();
    });
}

#[test]
fn exceptions_pass_wrappers() {
    each_kind(|padding| {
        let wat = format!(
            r#"(module
            (type $f (func)) (type $c (cont $f)) (tag $t) (tag $e (param i32))
            (table $kept 1 (ref null $c))
            (elem declare func $body)
            (global $seen (mut i32) (i32.const 0))
            (func $pause {padding} (suspend $t))
            (func $pause_and_throw {padding} (call $pause) (throw $e (i32.const 5)))
            ;; Catches what is thrown into it, then what it throws itself.
            (func $body
              (block $caught (result i32)
                (try_table (catch $e $caught) (call $pause) (unreachable))
                (i32.const 0))
              (global.set $seen)
              (block $caught (result i32)
                (try_table (catch $e $caught) (call $pause_and_throw) (unreachable))
                (i32.const 0))
              (global.set $seen (i32.add (global.get $seen)))
              (throw $e (i32.const 100)))
            (func $start (local $k (ref null $c)) {padding}
              (block $on (result (ref $c))
                (resume $c (on $t $on) (cont.new $c (ref.func $body))) (return))
              (local.set $k)
              (table.set $kept (i32.const 0) (local.get $k)))
            (func $throw_in (param i32) (local $k (ref null $c)) {padding}
              (block $on (result (ref $c))
                (resume_throw $c $e (on $t $on) (local.get 0) (table.get $kept (i32.const 0)))
                (return))
              (local.set $k)
              (table.set $kept (i32.const 0) (local.get $k)))
            (func $go_on {padding} (resume $c (table.get $kept (i32.const 0))))
            (func (export "run") (result i32)
              (call $start)
              (call $throw_in (i32.const 7))
              (block $caught (result i32)
                (try_table (catch $e $caught) (call $go_on) (unreachable))
                (i32.const 0))
              (i32.add (global.get $seen))))"#
        );
        both(|engine| {
            let mut guest = Guest::plain(engine, &wat);
            assert_eq!(guest.i32("run", &[]), 112);
            guest.check_idle();
        });
    });
}

/// Neutral functions are reached by real calls, too: from the host, another instance, and the start of
/// a continuation.
#[test]
fn wrappers_called_from_elsewhere() {
    each_kind(|padding| {
        let library = format!(
            r#"(module
            (type $gen (func (param i32) (result i32))) (type $c (cont $gen))
            (tag $y (param i32) (result i32))
            (table $t 1 (ref null $c))
            (elem declare func $body)
            (func $body (type $gen)
              (loop $again (local.set 0 (call $yield (i32.add (local.get 0) (i32.const 1)))) (br $again))
              (unreachable))
            (func $yield (export "yield") (param i32) (result i32) {padding} (suspend $y (local.get 0)))
            (func (export "start") (table.set $t (i32.const 0) (cont.new $c (ref.func $body))))
            (func $next (export "next") (param i32) (result i32) (local $k (ref null $c)) {padding}
              (block $on (result i32 (ref $c))
                (resume $c (on $y $on) (local.get 0) (table.get $t (i32.const 0)))
                (return))
              (local.set $k)
              (table.set $t (i32.const 0) (local.get $k))))"#
        );
        let program = r#"(module
            (import "fiber" "start" (func $start))
            (import "fiber" "next" (func $next (param i32) (result i32)))
            (func (export "run") (param $n i32) (result i32) (local $v i32)
              (call $start)
              (loop $again
                (local.set $v (call $next (local.get $v)))
                (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
              (local.get $v)))"#;
        both(|engine| {
            let mut guest = Guest::plain(engine, &library);
            guest.call("start", &[]).unwrap();
            for i in 0..100 {
                assert_eq!(guest.i32("next", &[i]), i + 1);
            }
            let fiber = guest.instance;
            let Guest { mut store, .. } = guest;
            let (start, next) = (
                fiber.get_func(&mut store, "start").unwrap(),
                fiber.get_func(&mut store, "next").unwrap(),
            );
            let mut guest = Guest::within(store, program, |linker| {
                linker.define("fiber", "start", start).unwrap();
                linker.define("fiber", "next", next).unwrap();
            });
            assert_eq!(guest.i32("run", &[1000]), 1000);
        });
    });
}

/// Growth in the prologue of a neutral function, at every depth.
#[test]
fn neutral_functions_grow_stacks() {
    let wat = format!(
        r#"(module
        (type $f (func (param i32) (result i32))) (type $c (cont $f)) (tag $t)
        (type $g (func (result i32))) (type $k (cont $g))
        (elem declare func $dive)
        (func $pause (param i64 i64 f64) (result i64) {} (suspend $t)
          (i64.add (local.get 0) (i64.add (local.get 1) (i64.trunc_f64_s (local.get 2)))))
        (func $dive (type $f) (local $x i64)
          (local.set $x (call $pause (i64.extend_i32_u (local.get 0)) (i64.const 1) (f64.const 2)))
          (if (i32.eqz (local.get 0)) (then (return (i32.wrap_i64 (local.get $x)))))
          (i32.add (i32.wrap_i64 (local.get $x))
            (call $dive (i32.sub (local.get 0) (i32.const 1)))))
        (func (export "run") (param $depth i32) (result i32) (local $p (ref $k))
          (block $on (result (ref $k))
            (resume $c (on $t $on) (local.get $depth) (cont.new $c (ref.func $dive)))
            (return))
          (local.set $p)
          (loop $again
            (block $on (result (ref $k))
              (resume $k (on $t $on) (local.get $p))
              (return))
            (local.set $p)
            (br $again))
          (unreachable)))"#,
        large()
    );
    both(|engine| {
        let mut guest = Guest::plain(engine, &wat);
        for depth in [0, 1, 2, 3, 5, 8, 50, 700] {
            let sum: i32 = (0..=depth).map(|i| i + 3).sum();
            assert_eq!(guest.i32("run", &[depth]), sum);
        }
        guest.check_idle();
    });
}

/// A walk of 31 nodes that suspends at each, with ways to begin, and how often what is behind the test runs.
#[test]
fn tests_before_recursive_calls() {
    const GONE: &str = "(i32.gt_u (local.get 0) (i32.const 31))";
    const THERE: &str = "(i32.le_u (local.get 0) (i32.const 31))";
    const NODE: &str = "
        (call $walk (i32.shl (local.get 0) (i32.const 1)))
        (suspend $visit (local.get 0))
        (call $walk (i32.add (i32.shl (local.get 0) (i32.const 1)) (i32.const 1)))";
    const COUNT: &str = "(global.set $count (i32.add (global.get $count) (i32.const 1)))";
    let caught = format!("(block (try_table (catch_all 0) {NODE}))");
    for (body, counted) in [
        (format!("(if {GONE} (then (return))) {NODE}"), 0),
        (format!("(if {THERE} (then {NODE}))"), 0),
        (format!("(br_if 0 {GONE}) {NODE}"), 0),
        (format!("(block (block (br_if 1 {GONE}) {NODE}))"), 0),
        (format!("(block (br_if 0 {GONE}) {NODE} {COUNT})"), 31),
        (format!("(i32.const 7) (br_if 0 {GONE}) (drop) {NODE}"), 0),
        (format!("(if {GONE} (then (return))) {caught}"), 0),
        // Nodes that are not there do something, too.
        (format!("(block (br_if 0 {GONE}) {NODE}) {COUNT}"), 63),
        (format!("(if {THERE} (then {NODE}) (else {COUNT}))"), 32),
        (format!("{COUNT} (br_if 0 {GONE}) {NODE}"), 63),
    ] {
        let wat = format!(
            r#"(module
            (type $f (func)) (type $c (cont $f)) (tag $visit (param i32))
            (global $count (mut i32) (i32.const 0))
            (elem declare func $walks)
            (func $walk (param i32) {body})
            (func $walks (call $walk (i32.const 1)) (call $walk (i32.const 32)))
            (func (export "run") (result i32 i32) (local $sum i32) (local $k (ref null $c))
              (local.set $k (cont.new $c (ref.func $walks)))
              (loop $again
                (block $on (result i32 (ref $c))
                  (resume $c (on $visit $on) (local.get $k))
                  (return (local.get $sum) (global.get $count)))
                (local.set $k)
                (local.set $sum (i32.add (local.get $sum)))
                (br $again))
              (unreachable)))"#
        );
        // The call from `walks` that finds nothing.
        let counted = if counted > 31 { counted + 1 } else { counted };
        both(|engine| {
            let mut guest = Guest::plain(engine, &wat);
            let results = guest.call("run", &[]).unwrap();
            let results: Vec<_> = results.iter().map(|v| v.i32().unwrap()).collect();
            assert_eq!(results, [496, counted], "{body}");
            guest.check_idle();
        });
    }
}

/// Recursive functions that are in place within themselves: a walk in depth with results, locals that live
/// across its transfers, exceptions that pass or are caught at every level, and backtraces.
#[test]
fn recursion_in_place() {
    each_kind(|padding| {
        let wat = format!(
            r#"(module
            (type $f (func (param i32) (result i64))) (type $c (cont $f))
            (tag $visit (param i32) (result i32)) (tag $e (param i32))
            (elem declare func $walk $climb)
            ;; The sum of the nodes below and with one, each plus what its visit is answered.
            (func $walk (type $f) (local $left i64) (local $own f64) {padding}
              (if (i32.gt_u (local.get 0) (i32.const 127)) (then (return (i64.const 0))))
              (local.set $own (f64.convert_i32_u (local.get 0)))
              (local.set $left (call $walk (i32.shl (local.get 0) (i32.const 1))))
              (local.set $own (f64.add (local.get $own)
                (f64.convert_i32_u (suspend $visit (local.get 0)))))
              (i64.add (i64.add (local.get $left) (i64.trunc_f64_u (local.get $own)))
                (call $walk (i32.add (i32.shl (local.get 0) (i32.const 1)) (i32.const 1)))))
            ;; Throws at the bottom; each level catches, and throws one more.
            (func $climb (type $f) (local $x i32) {padding}
              (if (i32.eqz (local.get 0)) (then
                (throw $e (i32.add (i32.const 7) (suspend $visit (i32.const 0))))))
              (block $caught (result i32)
                (try_table (catch $e $caught)
                  (if (i32.rem_u (local.get 0) (i32.const 3)) (then
                    (return (call $climb (i32.sub (local.get 0) (i32.const 1))))))
                  (drop (call $climb (i32.sub (local.get 0) (i32.const 1)))))
                (unreachable))
              (local.set $x)
              (drop (suspend $visit (local.get 0)))
              (throw $e (i32.add (local.get $x) (i32.const 1))))
            ;; Answers each visit with its own number.
            (func $drive (param $v i32) (param $k (ref $c)) (result i64)
              (loop $again (result i64)
                (block $on (result i32 (ref $c))
                  (return (resume $c (on $visit $on) (local.get $v) (local.get $k))))
                (local.set $k) (local.set $v)
                (br $again)))
            (func (export "walk") (result i64)
              (call $drive (i32.const 1) (cont.new $c (ref.func $walk))))
            (func (export "climb") (param i32) (result i32)
              (block $caught (result i32)
                (try_table (catch $e $caught)
                  (drop (call $drive (local.get 0) (cont.new $c (ref.func $climb)))))
                (unreachable)))
            (func (export "unhandled") (result i64) (call $walk (i32.const 16))))"#
        );
        both(|engine| {
            let mut guest = Guest::plain(engine, &wat);
            let results = guest.call("walk", &[]).unwrap();
            assert_eq!(results[0].i64(), Some(2 * (127 * 128 / 2)));
            for depth in [0, 1, 2, 3, 4, 5, 6, 50, 1000] {
                assert_eq!(guest.i32("climb", &[depth]), 7 + depth, "{depth}");
            }
            let error = guest.call("unhandled", &[]).unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::UnhandledTag), "{error}");
            assert_eq!(
                names(&error),
                ["walk", "walk", "walk", "unhandled"],
                "{error}"
            );
            guest.check_idle();
        });
    });
}

/// Instances of one module, with the same code and each its own globals, take turns: a transfer brings the
/// context of whoever it comes from.
#[test]
fn instances_that_take_turns_keep_their_globals() {
    let hub = r#"(module
        (type $gen (func (param i32) (result i32))) (type $c (cont $gen))
        (tag $y (export "y") (param i32) (result i32))
        (table $t (export "t") 3 (ref null $c))
        (global $turns (mut i32) (i32.const 0))
        (func (export "run") (param $n i32) (result i32)
          (local $sum i32) (local $slot i32) (local $k (ref null $c))
          (loop $again
            (local.set $slot (i32.rem_u (global.get $turns) (i32.const 3)))
            (block $on (result i32 (ref $c))
              (resume $c (on $y $on) (i32.const 1) (table.get $t (local.get $slot)))
              (unreachable))
            (local.set $k)
            (local.set $sum (i32.add (local.get $sum)))
            (table.set $t (local.get $slot) (local.get $k))
            (global.set $turns (i32.add (global.get $turns) (i32.const 1)))
            (br_if $again (i32.lt_u (global.get $turns) (local.get $n))))
          (local.get $sum)))"#;
    let party = r#"(module
        (type $gen (func (param i32) (result i32))) (type $c (cont $gen))
        (import "hub" "y" (tag $y (param i32) (result i32)))
        (import "hub" "t" (table $t 3 (ref null $c)))
        (global $count (mut i32) (i32.const 0))
        (global $weight (mut i32) (i32.const 0))
        (elem declare func $body)
        (func $body (type $gen)
          (loop $again
            (global.set $count (i32.add (global.get $count) (local.get 0)))
            (local.set 0 (suspend $y (i32.mul (global.get $count) (global.get $weight))))
            (br $again))
          (unreachable))
        (func (export "join") (param $slot i32) (param $weight i32)
          (global.set $weight (local.get $weight))
          (table.set $t (local.get $slot) (cont.new $c (ref.func $body)))))"#;
    both(|engine| {
        let mut guest = Guest::plain(engine, hub);
        let hub = guest.instance;
        let tag = hub.get_export(&mut guest.store, "y").unwrap();
        let table = hub.get_export(&mut guest.store, "t").unwrap();
        for (slot, weight) in [(0, 1), (1, 100), (2, 10_000)] {
            guest = Guest::within(guest.store, party, |linker| {
                linker.define("hub", "y", tag).unwrap();
                linker.define("hub", "t", table).unwrap();
            });
            guest.call("join", &[slot, weight].map(Val::I32)).unwrap();
        }
        guest.instance = hub;
        // Each counts to ten.
        assert_eq!(guest.i32("run", &[30]), 55 * 10_101);
    });
}

/// The same where they switch to each other.
#[test]
fn instances_that_switch_keep_their_globals() {
    let types = r#"(rec
        (type $turn (func (param (ref null $fiber))))
        (type $fiber (cont $turn)))"#;
    let hub = format!(
        r#"(module {types}
        (tag $h (export "h"))
        (table $t (export "t") 2 (ref null $fiber))
        (func (export "run")
          (resume $fiber (on $h switch) (ref.null $fiber) (table.get $t (i32.const 0)))))"#
    );
    let party = format!(
        r#"(module {types}
        (import "hub" "h" (tag $h))
        (import "hub" "t" (table $t 2 (ref null $fiber)))
        (global $count (mut i32) (i32.const 0))
        (elem declare func $body)
        (func $body (type $turn)
          (if (ref.is_null (local.get 0)) (then (local.set 0 (table.get $t (i32.const 1)))))
          (loop $again
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (if (i32.eq (global.get $count) (i32.const 10)) (then (return)))
            (local.set 0 (switch $fiber $h (local.get 0)))
            (br $again)))
        (func (export "join") (param $slot i32)
          (table.set $t (local.get $slot) (cont.new $fiber (ref.func $body))))
        (func (export "count") (result i32) (global.get $count)))"#
    );
    both(|engine| {
        let mut guest = Guest::plain(engine, &hub);
        let hub = guest.instance;
        let tag = hub.get_export(&mut guest.store, "h").unwrap();
        let table = hub.get_export(&mut guest.store, "t").unwrap();
        let mut parties = Vec::new();
        for slot in [0, 1] {
            guest = Guest::within(guest.store, &party, |linker| {
                linker.define("hub", "h", tag).unwrap();
                linker.define("hub", "t", table).unwrap();
            });
            guest.call("join", &[Val::I32(slot)]).unwrap();
            parties.push(guest.instance);
        }
        guest.instance = hub;
        guest.call("run", &[]).unwrap();
        let counts = parties.into_iter().map(|party| {
            guest.instance = party;
            guest.i32("count", &[])
        });
        assert_eq!(counts.collect::<Vec<_>>(), [10, 9]);
    });
}
