//! Continuations as WebAssembly uses them: one use each, in every place a value may be, and what
//! memory and tables look like from them.

mod common;

use bident::{Answer, Caller, Engine, Error, ErrorKind, Exception, FuncType, Store, Tag};
use bident::{Payload, TrapCode, Val, ValType};
use common::{Guest, assert_values, both, names, returned_i32};

/// Makes a continuation, which is kept, and uses what is kept. Each use gives 7 where it works.
const USES: &str = r#"(module
    (type $f (func (result i32))) (type $c (cont $f))
    (type $g (func (param (ref null $c)) (result i32))) (type $cg (cont $g))
    (tag $t (result (ref null $c))) (tag $x) (tag $sw (result i32))
    (global $kept (mut (ref null $cg)) (ref.null $cg))
    (global $bound (mut (ref null $c)) (ref.null $c))
    (elem declare func $seven $waits $switches $itself)
    (func $seven (type $g) (i32.const 7))
    (func $waits (type $g) (drop (suspend $t)) (i32.const 7))
    (func $switches (type $f) (switch $cg $sw (global.get $kept)) (i32.const 8))
    (func $itself (type $g)
      (resume $cg (ref.null $c) (global.get $kept)))
    (func (export "drop") (global.set $kept (ref.null $cg)))
    (func (export "fresh") (global.set $kept (cont.new $cg (ref.func $seven))))
    (func (export "suspended")
      (block $on (result (ref $cg))
        (drop (resume $cg (on $t $on) (ref.null $c) (cont.new $cg (ref.func $waits))))
        (unreachable))
      (global.set $kept))
    (func (export "resume") (result i32) (resume $cg (ref.null $c) (global.get $kept)))
    (func (export "throw") (result i32)
      (block $h
        (return (try_table (result i32) (catch $x $h)
          (resume_throw $cg $x (global.get $kept)))))
      (i32.const 7))
    (func (export "throw ref") (result i32)
      (local $e exnref)
      (local.set $e (block $h (result exnref)
        (try_table (catch_all_ref $h) (throw $x))
        (unreachable)))
      (block $h
        (return (try_table (result i32) (catch $x $h)
          (resume_throw_ref $cg (local.get $e) (global.get $kept)))))
      (i32.const 7))
    (func $bind (export "bind") (result i32)
      (global.set $bound (cont.bind $cg $c (ref.null $c) (global.get $kept)))
      (i32.const 7))
    (func (export "resume bound") (result i32) (resume $c (global.get $bound)))
    (func (export "switch") (result i32)
      (resume $c (on $sw switch) (cont.new $c (ref.func $switches))))
    (func (export "itself") (result i32)
      (global.set $kept (cont.new $cg (ref.func $itself)))
      (resume $cg (ref.null $c) (global.get $kept))))"#;

const EVERY_USE: [&str; 5] = ["resume", "throw", "throw ref", "bind", "switch"];

#[test]
fn every_use_is_the_last() {
    both(|engine| {
        let mut guest = Guest::plain(engine, USES);
        for state in ["fresh", "suspended"] {
            for first in EVERY_USE {
                for second in EVERY_USE {
                    guest.call(state, &[]).unwrap();
                    assert_eq!(guest.i32(first, &[]), 7, "{first} {state}");
                    for _ in 0..2 {
                        let error = guest.error(second, &[]);
                        let code = TrapCode::ContinuationConsumed;
                        assert_eq!(error.trap(), Some(code), "{first} {second} {state}");
                    }
                    if first == "bind" {
                        assert_eq!(guest.i32("resume bound", &[]), 7);
                        let error = guest.error("resume bound", &[]);
                        assert_eq!(error.trap(), Some(TrapCode::ContinuationConsumed));
                    }
                }
            }
        }
        guest.check_freed();
    });
}

#[test]
fn null_is_no_continuation() {
    both(|engine| {
        let mut guest = Guest::plain(engine, USES);
        for round in 0..10 {
            for name in EVERY_USE {
                let error = guest.error(name, &[]);
                let code = TrapCode::NullContinuationReference;
                assert_eq!(error.trap(), Some(code), "{name} {round}");
            }
            // Whatever was used before, null stays null.
            guest.call("suspended", &[]).unwrap();
            assert_eq!(guest.i32("resume", &[]), 7);
            guest.call("drop", &[]).unwrap();
        }
        guest.check_freed();
    });
}

#[test]
fn one_that_runs_cannot_be_resumed() {
    both(|engine| {
        let mut guest = Guest::plain(engine, USES);
        let error = guest.error("itself", &[]);
        assert_eq!(error.trap(), Some(TrapCode::ContinuationConsumed));
        guest.check_idle();
    });
}

/// A generator whose references are all kept, the used ones too.
const GENERATOR: &str = r#"(module
    (type $f (func)) (type $c (cont $f))
    (tag $yield (param i32))
    (table $refs 1000 (ref null $c))
    (elem declare func $count $nothing)
    (func $nothing)
    (func $count (local $i i32)
      (loop $again
        (suspend $yield (local.get $i))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $again)))
    (func (export "start") (table.set $refs (i32.const 0) (cont.new $c (ref.func $count))))
    (func (export "next") (param $i i32) (result i32)
      (local $k (ref null $c))
      (block $on (result i32 (ref $c))
        (resume $c (on $yield $on) (table.get $refs (local.get $i)))
        (unreachable))
      (local.set $k)
      (table.set $refs (i32.add (local.get $i) (i32.const 1)) (local.get $k)))
    (func (export "others") (param $n i32)
      (loop $again
        (resume $c (cont.new $c (ref.func $nothing)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $again (local.get $n))))
    (func (export "clear")
      (table.fill $refs (i32.const 0) (ref.null $c) (i32.const 1000))))"#;

/// In stress mode revisions start near their end, so they wrap here.
#[test]
fn used_references_stay_used() {
    both(|engine| {
        let mut guest = Guest::plain(engine, GENERATOR);
        guest.call("start", &[]).unwrap();
        for i in 0..300 {
            assert_eq!(guest.i32("next", &[i]), i);
            guest.call("others", &[Val::I32(5)]).unwrap();
            for used in [0, i / 2, i] {
                let error = guest.error("next", &[used]);
                assert_eq!(error.trap(), Some(TrapCode::ContinuationConsumed), "{used}");
            }
        }
        for used in 0..300 {
            let error = guest.error("next", &[used]);
            assert_eq!(error.trap(), Some(TrapCode::ContinuationConsumed));
        }
        guest.store.gc();
        assert_eq!(guest.store.stats().live, 1);
        assert_eq!(guest.i32("next", &[300]), 300);
        guest.call("clear", &[]).unwrap();
        guest.check_freed();
    });
}

/// Continuations in every place a value may be. Each function gives how often it met one that is not
/// null, and resumes those.
const PLACES: &str = r#"(module
    (type $f (func (result i32))) (type $c (cont $f))
    (table $t 4 (ref null $c))
    (table $nulls 2 nullcontref)
    (table $exns 2 exnref)
    (table $any 4 contref)
    (elem $conts (ref null $c) (ref.null $c) (ref.null nocont))
    (elem (table $t) (i32.const 2) (ref null $c) (ref.null $c))
    (elem (table $nulls) (i32.const 0) nullcontref (ref.null nocont))
    (elem (table $exns) (i32.const 0) nullexnref (ref.null noexn))
    (elem $noexns nullexnref (ref.null noexn) (ref.null noexn))
    (global $g (mut (ref null $c)) (ref.null $c))
    (global $null nullcontref (ref.null nocont))
    (global $general (mut contref) (global.get $null))
    (elem declare func $one)
    (func $one (type $f) (i32.const 1))
    (func $new (result (ref $c)) (cont.new $c (ref.func $one)))
    (func $run (param $k (ref null $c)) (result i32)
      (if (result i32) (ref.is_null (local.get $k))
        (then (i32.const 0)) (else (resume $c (local.get $k)))))
    (func (export "local") (result i32)
      (local $null (ref null $c)) (local $none nullcontref) (local $set (ref $c))
      (local.set $set (call $new))
      (i32.add (call $run (local.tee $null (local.get $none))) (call $run (local.get $set))))
    (func (export "global") (result i32)
      (call $run (global.get $g))
      (global.set $g (call $new))
      (global.set $general (global.get $g))
      (call $run (global.get $g))
      (global.set $g (ref.null $c))
      (i32.add)
      (i32.add (ref.is_null (global.get $general)))
      (global.set $general (ref.null cont)))
    (func (export "table") (result i32)
      (call $run (table.get $t (i32.const 2)))
      (table.set $t (i32.const 1) (call $new))
      (table.copy $t $t (i32.const 3) (i32.const 1) (i32.const 1))
      (i32.add (call $run (table.get $t (i32.const 3))))
      (drop (table.grow $t (call $new) (i32.const 2)))
      (i32.add (call $run (table.get $t (i32.sub (table.size $t) (i32.const 1)))))
      (table.init $t $conts (i32.const 3) (i32.const 0) (i32.const 2))
      (table.fill $t (i32.const 0) (ref.null nocont) (table.size $t)))
    (func (export "nulls") (result i32)
      (i32.sub (table.size $nulls)
        (i32.add (ref.is_null (table.get $nulls (i32.const 0)))
                 (ref.is_null (table.get $nulls (i32.const 1))))))
    (func (export "exceptions") (result i32)
      (local $e nullexnref) (local $any exnref)
      (table.init $exns $noexns (i32.const 0) (i32.const 0) (i32.const 2))
      (local.set $any (local.get $e))
      (table.set $exns (i32.const 1) (local.get $any))
      (i32.eqz (ref.is_null (table.get $exns (i32.const 1)))))
    (func (export "select") (param i32) (result i32)
      (call $run (select (result (ref null $c)) (call $new) (ref.null nocont) (local.get 0))))
    (func (export "if") (param i32) (result i32)
      (call $run (if (result (ref null $c)) (local.get 0)
        (then (call $new)) (else (ref.null $c)))))
    (func (export "if param") (param i32) (result i32)
      (call $new)
      (if (param (ref $c)) (result (ref null $c)) (local.get 0)
        (then) (else (drop) (ref.null nocont)))
      (call $run))
    (func (export "branch") (param i32) (result i32)
      (call $run (block $out (result (ref null $c))
        (br_if $out (call $new) (local.get 0))
        (drop) (ref.null $c))))
    (func (export "table branch") (param i32) (result i32)
      (call $run (block $a (result (ref null $c))
        (drop (block $b (result (ref null $c))
          (br_table $b $a (call $new) (local.get 0))))
        (ref.null $c))))
    (func (export "null branch") (param i32) (result i32)
      (local $k (ref null $c))
      (if (local.get 0) (then (local.set $k (call $new))))
      (block $null
        (return (resume $c (br_on_null $null (local.get $k)))))
      (block $some (result (ref $c))
        (br_on_non_null $some (local.get $k))
        (return (i32.const 0)))
      (call $run))
    (func (export "loop") (param $n i32) (result i32)
      (local $sum i32)
      (call $new)
      (loop $again (param (ref $c)) (result (ref $c))
        (call $run)
        (local.set $sum (i32.add (local.get $sum)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $again (call $new) (i32.gt_s (local.get $n) (i32.const 0))))
      (drop)
      (local.get $sum))
    (func $either (param (ref null $c) (ref null $c)) (result (ref null $c) (ref null $c))
      (local.get 1) (local.get 0))
    (func (export "call") (result i32)
      (local $k (ref null $c))
      (call $either (ref.null $c) (call $new))
      (local.set $k)
      (call $run)
      (i32.add (call $run (local.get $k)))))"#;

#[test]
fn continuations_are_values() {
    both(|engine| {
        let mut guest = Guest::plain(engine, PLACES);
        for (name, expected) in [
            ("local", 1),
            ("global", 1),
            ("table", 2),
            ("nulls", 0),
            ("exceptions", 0),
            ("call", 1),
        ] {
            assert_eq!(guest.i32(name, &[]), expected, "{name}");
        }
        for name in [
            "select",
            "if",
            "if param",
            "branch",
            "table branch",
            "null branch",
        ] {
            for taken in [0, 1] {
                assert_eq!(guest.i32(name, &[taken]), taken, "{name}");
            }
        }
        for n in [1, 2, 50] {
            assert_eq!(guest.i32("loop", &[n]), n);
        }
        guest.check_freed();
    });
}

/// What one stack does to memory, tables and globals, seen from the other.
const SHARED: &str = r#"(module
    (type $f (func (result i32))) (type $c (cont $f))
    (type $run (func (param (ref $c)) (result i32)))
    (tag $t) (tag $sw (result i32))
    (type $late (func (param (ref null $c)) (result i32))) (type $cl (cont $late))
    (memory 1 10)
    (table $table 1 10 funcref)
    (global $g (mut i32) (i32.const 1))
    (elem declare func $inner $switched $deep)
    (func $change
      (drop (memory.grow (i32.const 1)))
      (drop (table.grow $table (ref.func $inner) (i32.const 1)))
      (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 10)))
      (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4))
                 (memory.size))
      (global.set $g (i32.add (global.get $g) (i32.const 100))))
    ;; What can be seen: a sum that differs with each change.
    (func $sum (result i32)
      (i32.add
        (i32.add (i32.load (i32.const 8)) (global.get $g))
        (i32.mul (i32.const 1000)
          (i32.add (i32.load (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)))
            (i32.add (table.size $table)
              (i32.eqz (ref.is_null
                (table.get $table (i32.sub (table.size $table) (i32.const 1))))))))))
    (func $inner (type $f)
      (local $before i32)
      (call $change)
      (suspend $t)
      (i32.load (i32.const 8))
      (call $change)
      (i32.mul (i32.const 0))
      (i32.add (call $sum)))
    (func $switched (type $late)
      (call $change)
      (drop (resume $c (local.get 0)))
      (call $sum))
    (func $deep (type $f)
      ;; Loads on both sides of each transfer must not be taken for the same.
      (local $a i32) (local $b i32)
      (local.set $a (i32.load (i32.const 8)))
      (switch $cl $sw (cont.new $cl (ref.func $switched)))
      (local.set $b (i32.load (i32.const 8)))
      (i32.sub (local.get $b) (local.get $a)))
    (func (export "resume") (result i32 i32 i32 i32 i32)
      (local $k (ref null $c)) (local $load i32)
      (local.set $load (i32.load (i32.const 8)))
      (local.get $load)
      (block $on (result (ref $c))
        (return (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1)
          (resume $c (on $t $on) (cont.new $c (ref.func $inner)))))
      (local.set $k)
      (i32.load (i32.const 8))
      (call $sum)
      (call $change)
      (resume $c (local.get $k))
      (call $sum))
    (func (export "switch") (result i32)
      (resume $c (on $sw switch) (cont.new $c (ref.func $deep)))))"#;

#[test]
fn every_stack_sees_the_same_memory() {
    both(|engine| {
        let mut guest = Guest::plain(engine, SHARED);
        let results = guest.call("resume", &[]).unwrap();
        // After n changes: 10n at 8, 100n + 1, and 1000 times (n+1 pages) + (n+1 elements) + 1.
        let sum = |n: i32| 110 * n + 1 + 1000 * (2 * n + 3);
        let expected = [0, 10, sum(1), sum(3), sum(3)].map(Val::I32);
        assert_values(&results, &expected);
        assert_eq!(guest.i32("switch", &[]), sum(4));
        guest.check_freed();
    });
}

/// Continuations of host functions.
const IMPORTED: &str = r#"(module
    (type $f (func (param i32) (result i32))) (type $c (cont $f))
    (type $bound (func (result i32))) (type $cb (cont $bound))
    (import "host" "x" (tag $x (param i32)))
    (import "host" "work" (func $work (type $f)))
    (table funcref (elem $work))
    (func (export "run") (param i32) (result i32)
      (resume $c (local.get 0) (cont.new $c (ref.func $work))))
    (func (export "bind") (param i32) (result i32)
      (resume $cb (cont.bind $c $cb (local.get 0) (cont.new $c (ref.func $work)))))
    (func (export "catch") (param i32) (result i32)
      (block $h (result i32)
        (try_table (result i32) (catch $x $h)
          (resume $c (local.get 0) (cont.new $c (ref.func $work)))))))"#;

fn imported(engine: &Engine) -> Guest<()> {
    let mut store = Store::new(engine, ());
    let tag = Tag::new(&mut store, FuncType::new([ValType::I32], [])).unwrap();
    let work = move |mut caller: Caller<'_, ()>, params: &[Val], results: &mut [Val]| {
        match params[0].i32().unwrap() {
            -1 => return Ok(Answer::Pending(Payload::NONE)),
            -2 => return Err(TrapCode::IntegerOverflow.into()),
            -3 => return Err(Exception::new(&mut caller, tag, &[Val::I32(33)])?.into()),
            -4 => return Err(Error::msg("no")),
            n => results[0] = Val::I32(n + 1),
        }
        Ok(Answer::Ready)
    };
    Guest::within(store, IMPORTED, |linker| {
        let ty = FuncType::new([ValType::I32], [ValType::I32]);
        linker.define("host", "x", tag).unwrap();
        linker.func_new("host", "work", ty, work).unwrap();
    })
}

#[test]
fn a_host_function_is_the_body_of_a_continuation() {
    both(|engine| {
        let mut guest = imported(engine);
        for name in ["run", "bind"] {
            assert_eq!(guest.i32(name, &[4]), 5);
            let error = guest.error(name, &[-2]);
            assert_eq!(error.trap(), Some(TrapCode::IntegerOverflow));
            assert_eq!(names(&error), [name]);
            let error = guest.error(name, &[-3]);
            assert!(error.exception().is_some(), "{error}");
            assert_eq!(guest.error(name, &[-4]).kind(), ErrorKind::Host);
            assert_eq!(guest.error(name, &[-1]).kind(), ErrorKind::Barrier);
            let parked = guest.park(name, &[Val::I32(-1)]);
            let outcome = parked.resume(&mut guest.store, &[Val::I32(6)]);
            assert_eq!(returned_i32(outcome), 6);
            let parked = guest.park(name, &[Val::I32(-1)]);
            parked.cancel(&mut guest.store);
        }
        assert_eq!(guest.i32("catch", &[-3]), 33);
        guest.check_idle();
    });
}

/// Each function leaves a trap or an unhandled tag inside catching blocks of both kinds.
const UNCATCHABLE: &str = r#"(module
    (type $f (func)) (type $c (cont $f))
    (type $g (func (param (ref null $c)))) (type $cg (cont $g))
    (tag $t) (tag $x)
    (elem declare func $suspends $switches $traps $consumes $target)
    (func $target (type $g))
    (func $suspends (suspend $t))
    (func $switches (switch $cg $t (cont.new $cg (ref.func $target))))
    (func $traps (unreachable))
    (func $consumes (local $k (ref null $c))
      (local.set $k (cont.new $c (ref.func $nothing)))
      (resume $c (local.get $k)) (resume $c (local.get $k)))
    (func $nothing) (elem declare func $nothing)
    (func $standard (param (ref $f))
      (block $h (try_table (catch_all $h) (call_ref $f (local.get 0)))))
    (func $legacy (param (ref $f))
      try (call_ref $f (local.get 0)) catch_all end)
    (func $resumed (param (ref $f))
      (block $h (try_table (catch $x $h) (catch_all $h)
        (resume $c (cont.new $c (local.get 0))))))"#;

#[test]
fn only_exceptions_are_caught() {
    let mut text = UNCATCHABLE.to_owned();
    let bodies = ["suspends", "switches", "traps", "consumes"];
    for body in bodies {
        for catch in ["standard", "legacy", "resumed"] {
            text += &format!(
                "(func (export \"{body} {catch}\") (call ${catch} (ref.func ${body})))
                 (func $in_{body}_{catch} (call ${catch} (ref.func ${body})))
                 (elem declare func $in_{body}_{catch})
                 (func (export \"{body} {catch} inside\")
                   (resume $c (cont.new $c (ref.func $in_{body}_{catch}))))"
            );
        }
    }
    text += ")";
    both(|engine| {
        let mut guest = Guest::plain(engine, &text);
        for (body, code) in bodies.into_iter().zip([
            TrapCode::UnhandledTag,
            TrapCode::UnhandledTag,
            TrapCode::Unreachable,
            TrapCode::ContinuationConsumed,
        ]) {
            for catch in ["standard", "legacy", "resumed"] {
                for inside in ["", " inside"] {
                    let name = format!("{body} {catch}{inside}");
                    assert_eq!(guest.error(&name, &[]).trap(), Some(code), "{name}");
                }
            }
        }
        guest.check_freed();
    });
}

/// `dive(depth)` goes down that far, suspends there and at half of the way back, and sums what it kept
/// in each frame. Between, its stack has grown, and moves whenever it can.
const DIVES: &str = r#"(module
    (type $f (func (param i32) (result i64))) (type $c (cont $f))
    (type $late (func (result i64))) (type $k (cont $late))
    (tag $t)
    (elem declare func $dive)
    (func $dive (type $f)
      (local $a i64) (local $b f64)
      (local.set $a (i64.extend_i32_u (local.get 0)))
      (local.set $b (f64.convert_i32_u (local.get 0)))
      (if (i32.eqz (local.get 0)) (then (suspend $t) (return (i64.const 0))))
      (i64.add (i64.add (local.get $a) (call $dive (i32.sub (local.get 0) (i32.const 1))))
        (block (result i64)
          (if (i32.eqz (i32.rem_u (local.get 0) (i32.const 50))) (then (suspend $t)))
          (i64.trunc_f64_s (local.get $b)))))
    (func $run (export "run") (param $depth i32) (result i64)
      (local $k (ref null $k))
      (block $on (result (ref $k))
        (return (resume $c (on $t $on) (local.get 0) (cont.new $c (ref.func $dive)))))
      (local.set $k)
      (loop $again
        (block $on (result (ref $k))
          (return (resume $k (on $t $on) (local.get $k))))
        (local.set $k)
        (br $again))
      (unreachable))
    ;; The same below frames of this stack.
    (func $below (export "below") (param $frames i32) (param $depth i32) (result i64)
      (if (result i64) (local.get $frames)
        (then (i64.add (i64.const 1)
          (call $below (i32.sub (local.get $frames) (i32.const 1)) (local.get $depth))))
        (else (call $run (local.get $depth))))))"#;

#[test]
fn stacks_of_continuations_grow_at_every_depth() {
    both(|engine| {
        for depths in [0..150, 990..1000, 5000..5003] {
            for depth in depths {
                // A store of its own: none of its stacks starts large.
                let mut guest = Guest::plain(engine, DIVES);
                let sum = i64::from(depth) * i64::from(depth + 1);
                for frames in [0, 3, depth % 17, 400] {
                    let params = [Val::I32(frames), Val::I32(depth)];
                    let results = guest.call("below", &params).unwrap();
                    assert_values(&results, &[Val::I64(sum + i64::from(frames))]);
                }
                guest.check_idle();
            }
        }
    });
}

/// Tail calls in continuations: the body gives way to functions with fewer and with more parameters, as
/// the last thing it does, before and after it was suspended; and transfers are the last thing themselves.
const TAILS: &str = r#"(module
    (type $f (func (param i32) (result i64))) (type $c (cont $f))
    (type $late (func (result i64))) (type $k (cont $late))
    (type $wide (func (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)))
    (tag $t) (tag $last (result i64))
    (table funcref (elem $narrow))
    (elem declare func $body $wide $last)
    (func $wide (type $wide)
      (suspend $t)
      (if (i64.eqz (local.get 9)) (then (return_call $narrow)))
      (return_call $wide (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)
        (local.get 6) (local.get 7) (local.get 8) (local.get 0)
        (i64.sub (local.get 9) (i64.const 1))))
    (func $narrow (type $late)
      (suspend $t)
      (return_call $last))
    (func $last (type $late) (suspend $last))
    (func $body (type $f)
      (if (i32.and (local.get 0) (i32.const 1))
        (then (return_call_indirect (type $late) (i32.const 0))))
      (return_call_ref $wide (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)
        (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8) (i64.const 9)
        (i64.extend_i32_u (local.get 0)) (ref.func $wide)))
    (type $answered (func (param i64) (result i64))) (type $ka (cont $answered))
    (func (export "go") (param $n i32) (result i64) (local $k (ref null $k))
      (local.set $k (cont.bind $c $k (local.get $n) (cont.new $c (ref.func $body))))
      (block $done (result (ref $ka))
        (loop $again
          (block $on (result (ref $k))
            (return (resume $k (on $t $on) (on $last $done) (local.get $k))))
          (local.set $k)
          (br $again))
        (unreachable))
      (call $finish))
    (func $finish (param $k (ref $ka)) (result i64)
      (i64.const 77) (local.get $k) (resume $ka)))"#;

#[test]
fn bodies_end_in_tail_calls() {
    both(|engine| {
        let mut guest = Guest::plain(engine, TAILS);
        for n in [0, 1, 2, 3, 10, 2000] {
            let results = guest.call("go", &[Val::I32(n)]).unwrap();
            assert_values(&results, &[Val::I64(77)]);
            guest.check_idle();
        }
    });
}

/// Many at once, and many one after the other.
const MANY: &str = r#"(module
    (type $f (func (param i32) (result i32))) (type $c (cont $f))
    (type $late (func (result i32))) (type $k (cont $late))
    (tag $t)
    (table $all 0 (ref null $k))
    (elem declare func $body $at_once)
    (func $at_once (type $f) (local.get 0))
    (func $body (type $f) (suspend $t) (local.get 0))
    (func (export "suspend all") (param $n i32)
      (local $i i32)
      (drop (table.grow $all (ref.null $k) (local.get $n)))
      (loop $again
        (table.set $all (local.get $i)
          (block $on (result (ref $k))
            (drop (resume $c (on $t $on) (local.get $i) (cont.new $c (ref.func $body))))
            (unreachable)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (local.get $n)))))
    ;; In an order that is not theirs.
    (func (export "resume all") (param $n i32) (result i32)
      (local $i i32) (local $sum i32) (local $at i32)
      (loop $again
        (local.set $at (i32.rem_u (i32.mul (local.get $i) (i32.const 7)) (local.get $n)))
        (local.set $sum (i32.xor (local.get $sum) (resume $k (table.get $all (local.get $at)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
      (local.get $sum))
    (func (export "one after the other") (param $n i32) (result i32)
      (local $sum i32)
      (loop $again
        (local.set $sum (i32.add (local.get $sum)
          (resume $c (i32.const 1) (cont.new $c (ref.func $at_once)))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $again (local.get $n)))
      (local.get $sum)))"#;

#[test]
fn a_hundred_thousand_at_once() {
    const COUNT: i32 = 100_000;
    both(|engine| {
        let mut guest = Guest::plain(engine, MANY);
        guest.call("suspend all", &[Val::I32(COUNT)]).unwrap();
        assert_eq!(guest.store.stats().live, COUNT as usize);
        guest.store.gc();
        assert_eq!(guest.store.stats().live, COUNT as usize);
        let expected = (0..COUNT).fold(0, |sum, i| sum ^ i);
        assert_eq!(guest.i32("resume all", &[COUNT]), expected);
        guest.check_idle();
    });
}

#[test]
fn a_million_one_after_the_other() {
    both(|engine| {
        let mut guest = Guest::plain(engine, MANY);
        // In release builds up to 1,024 stay idle with their blocks.
        assert_eq!(guest.i32("one after the other", &[2000]), 2000);
        let mapped = guest.store.stats().mapped;
        assert_eq!(guest.i32("one after the other", &[1_000_000]), 1_000_000);
        assert_eq!(guest.store.stats().mapped, mapped);
        guest.check_idle();
    });
}
