//! Which handler a suspension or a switch finds, across frames, stacks and instances; and what becomes
//! of chains that are taken apart and put together otherwise.

mod common;

use bident::{Engine, Error, ErrorKind, Instance, Store, TrapCode, Val};
use common::{Guest, assert_values, both, module};

const SEARCH: &str = r#"(module
    (type $f (func (result i32))) (type $c (cont $f))
    (type $fi (func (param i32) (result i32))) (type $k (cont $fi))
    (type $fk (func (param (ref null $c)) (result i32))) (type $ck (cont $fk))
    (tag $a (result i32)) (tag $b (result i32)) (tag $sw (result i32))
    (global $kept (mut (ref null $k)) (ref.null $k))
    (elem declare func $asks_a $asks_b $asks_sw $twice $handles_a $around $in_switch $switches
      $target $in_on $parent $waits)
    (func $asks_a (type $f) (i32.add (suspend $a) (i32.const 1)))
    (func $asks_b (type $f) (i32.add (suspend $b) (i32.const 1)))
    (func $asks_sw (type $f) (i32.add (suspend $sw) (i32.const 1)))
    (func $twice (type $f) (i32.add (suspend $a) (suspend $a)))
    (func (export "first of two") (type $f)
      (block $second (result (ref $k))
        (block $first (result (ref $k))
          (return (resume $c (on $a $first) (on $a $second) (cont.new $c (ref.func $asks_a)))))
        (drop) (return (i32.const 1)))
      (drop) (i32.const 2))
    (func $handles_a (type $f)
      (block $on (result (ref $k))
        (return (resume $c (on $a $on) (cont.new $c (ref.func $asks_a)))))
      (drop) (i32.const 10))
    (func (export "nearest") (type $f)
      (block $on (result (ref $k))
        (return (resume $c (on $a $on) (cont.new $c (ref.func $handles_a)))))
      (drop) (i32.const 20))
    (func $around (type $f)
      (block $on (result (ref $k))
        (return (resume $c (on $a $on) (cont.new $c (ref.func $asks_b)))))
      (drop) (i32.const 10))
    (func (export "past another") (type $f) (local $k (ref null $k))
      (block $on (result (ref $k))
        (return (resume $c (on $b $on) (cont.new $c (ref.func $around)))))
      (local.set $k)
      (resume $k (i32.const 5) (local.get $k)))
    ;; A handler is in place while its resume runs, and only then.
    (func (export "no more") (type $f) (local $k (ref null $k))
      (block $on (result (ref $k))
        (return (resume $c (on $a $on) (cont.new $c (ref.func $twice)))))
      (local.set $k)
      (resume $k (i32.const 5) (local.get $k)))
    (func (export "again") (type $f) (local $k (ref null $k))
      (block $on (result (ref $k))
        (return (resume $c (on $a $on) (cont.new $c (ref.func $twice)))))
      (local.set $k)
      (block $on (result (ref $k))
        (return (resume $k (on $a $on) (i32.const 5) (local.get $k))))
      (local.set $k)
      (resume $k (i32.const 6) (local.get $k)))
    ;; Clauses for `switch` are not for `suspend`, nor the other way round.
    (func $in_switch (type $f)
      (resume $c (on $sw switch) (cont.new $c (ref.func $asks_sw))))
    (func (export "suspend at a switch clause") (type $f) (call $in_switch))
    (func (export "suspend past a switch clause") (type $f) (local $k (ref null $k))
      (block $on (result (ref $k))
        (return (resume $c (on $sw $on) (cont.new $c (ref.func $in_switch)))))
      (local.set $k)
      (resume $k (i32.const 7) (local.get $k)))
    (func $target (type $fk) (i32.add (i32.const 100) (resume $c (local.get 0))))
    (func $switches (type $f) (switch $ck $sw (cont.new $ck (ref.func $target))) (i32.const 3))
    (func $in_on (type $f)
      (block $on (result (ref $k))
        (return (i32.add (i32.const 30)
          (resume $c (on $sw $on) (cont.new $c (ref.func $switches))))))
      (drop) (i32.const -1))
    (func (export "switch at an on clause") (type $f) (call $in_on))
    (func (export "switch past an on clause") (type $f)
      (resume $c (on $sw switch) (cont.new $c (ref.func $in_on))))
    ;; A child outlives the resume that it was suspended to.
    (func $parent (type $f)
      (block $on (result (ref $k))
        (return (resume $c (on $a $on) (cont.new $c (ref.func $twice)))))
      (global.set $kept)
      (i32.const 1))
    (func (export "parent has returned") (type $f) (local $sum i32)
      (local.set $sum (resume $c (cont.new $c (ref.func $parent))))
      (block $on (result (ref $k))
        (return (resume $k (on $a $on) (i32.const 10) (global.get $kept))))
      (global.set $kept)
      (i32.add (local.get $sum) (resume $k (i32.const 100) (global.get $kept))))
    (func $waits (type $f)
      (drop (call $parent))
      (drop (suspend $b))
      (i32.add (i32.const 1000) (resume $k (i32.const 100) (global.get $kept))))
    (func (export "parent is suspended") (type $f) (local $p (ref null $k))
      (block $on (result (ref $k))
        (return (resume $c (on $b $on) (cont.new $c (ref.func $waits)))))
      (local.set $p)
      (block $on (result (ref $k))
        (return (resume $k (on $a $on) (i32.const 10) (global.get $kept))))
      (global.set $kept)
      (resume $k (i32.const 0) (local.get $p))))"#;

/// Types before all others, of which some come twice: behind them, no type has the same number in the
/// module as among all types of the engine.
const SHIFTED: &str = "(module (type (func)) (type (func)) (type (func (param i64)))
    (rec (type $a (func (param (ref null $b)))) (type $b (cont $a))) (type (func))";

#[test]
fn the_nearest_clause_that_fits() {
    both(|engine| {
        search(engine, SEARCH);
        search(engine, &SEARCH.replace("(module", SHIFTED));
    });
}

fn search(engine: &Engine, text: &str) {
    let mut guest = Guest::plain(engine, text);
    for (name, expected) in [
        ("first of two", Some(1)),
        ("nearest", Some(10)),
        ("past another", Some(6)),
        ("no more", None),
        ("again", Some(11)),
        ("suspend at a switch clause", None),
        ("suspend past a switch clause", Some(8)),
        ("switch at an on clause", None),
        ("switch past an on clause", Some(133)),
        ("parent has returned", Some(111)),
        ("parent is suspended", Some(1110)),
    ] {
        match (guest.call(name, &[]), expected) {
            (Ok(results), Some(expected)) => {
                assert_eq!(results[0].i32(), Some(expected), "{name}");
                assert!(guest.store.stats().live <= 1, "{name}");
            }
            (Err(error), None) => {
                assert_eq!(error.trap(), Some(TrapCode::UnhandledTag), "{name}");
            }
            (result, _) => panic!("{name}: {result:?}"),
        }
        guest.check_freed();
    }
}

/// Two players hand each other a number that goes down; then one is left, switched out.
const SEESAW: &str = r#"(module
    (rec (type $f (func (param i32 (ref null $c)) (result i32))) (type $c (cont $f)))
    (type $rest (func (param (ref null $c)) (result i32))) (type $k (cont $rest))
    (tag $sw (result i32)) (tag $x)
    (global $count (mut i32) (i32.const 0))
    (global $left (mut (ref null $c)) (ref.null $c))
    (elem declare func $plays)
    (func $plays (type $f)
      (loop $again
        (if (i32.eqz (local.get 0)) (then
          (global.set $left (local.get 1))
          (return (global.get $count))))
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (switch $c $sw (i32.sub (local.get 0) (i32.const 1)) (local.get 1))
        (local.set 1) (local.set 0)
        (br $again))
      (unreachable))
    (func (export "play") (param $n i32) (result i32)
      (global.set $count (i32.const 0))
      (resume $c (on $sw switch) (local.get $n) (cont.new $c (ref.func $plays))
        (cont.new $c (ref.func $plays))))
    ;; What was switched out is resumed, bound, switched to, or thrown into.
    (func (export "resume left") (result i32)
      (resume $c (i32.const 0) (ref.null $c) (global.get $left)))
    (func (export "bind left") (result i32)
      (resume $k (ref.null $c) (cont.bind $c $k (i32.const 0) (global.get $left))))
    (func (export "switch to left") (param $n i32) (result i32)
      (resume $c (on $sw switch) (local.get $n) (global.get $left)
        (cont.new $c (ref.func $plays))))
    (func (export "cancel left") (result i32)
      (block $h
        (return (try_table (result i32) (catch $x $h)
          (resume_throw $c $x (global.get $left)))))
      (global.get $count))
    (func (export "clear") (global.set $left (ref.null $c))))"#;

#[test]
fn switches_go_to_and_fro() {
    both(|engine| {
        let mut guest = Guest::plain(engine, SEESAW);
        for n in [0, 1, 2, 3, 1000] {
            for then in ["resume left", "bind left", "cancel left"] {
                assert_eq!(guest.i32("play", &[n]), n);
                guest.store.gc();
                assert_eq!(guest.store.stats().live, 1);
                assert_eq!(guest.i32(then, &[]), n, "{then}");
                guest.check_freed();
                let error = guest.error(then, &[]);
                let code = error.trap();
                // Resumed, the one that was left has no other left.
                let null = TrapCode::NullContinuationReference;
                let used = TrapCode::ContinuationConsumed;
                assert!(code == Some(null) || code == Some(used), "{then}: {error}");
            }
            assert_eq!(guest.i32("play", &[n]), n);
            assert_eq!(guest.i32("switch to left", &[5]), n + 5);
            guest.call("clear", &[]).unwrap();
            guest.check_freed();
        }
    });
}

/// `go(n)`: asks n times. Each time, the whole of what asked is resumed inside a further continuation,
/// so that the next question comes from one more.
const LONGER: &str = r#"(module
    (type $f (func (param i32) (result i32))) (type $k (cont $f))
    (type $g (func (param (ref null $k) i32) (result i32))) (type $c (cont $g))
    (tag $t (param i32) (result i32)) (tag $other (result i32))
    (elem declare func $asks $around)
    ;; Asks from this frame or from others further in.
    (func $ask (param $deep i32) (param $n i32) (result i32)
      (if (result i32) (local.get $deep)
        (then (call $ask (i32.sub (local.get $deep) (i32.const 1)) (local.get $n)))
        (else (suspend $t (local.get $n)))))
    (func $asks (type $f) (local $sum i32)
      (loop $again
        (local.set $sum (i32.add (local.get $sum)
          (call $ask (i32.rem_u (local.get 0) (i32.const 5)) (local.get 0))))
        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get $sum))
    (func $around (type $g)
      (block $never (result (ref $k))
        (return (i32.add (i32.const 1000)
          (resume $k (on $other $never) (local.get 1) (local.get 0)))))
      (unreachable))
    (func (export "go") (type $f) (local $k (ref null $k)) (local $n i32)
      (block $on (result i32 (ref $k))
        (return (resume $k (on $t $on) (local.get 0) (cont.new $k (ref.func $asks)))))
      (local.set $k) (local.set $n)
      (loop $again
        (block $on (result i32 (ref $k))
          (return (resume $c (on $t $on) (local.get $k) (local.get $n)
            (cont.new $c (ref.func $around)))))
        (local.set $k) (local.set $n)
        (br $again))
      (unreachable)))"#;

#[test]
fn a_chain_becomes_longer_with_every_resume() {
    both(|engine| {
        let mut guest = Guest::plain(engine, LONGER);
        for n in [1, 2, 3, 20, 500] {
            assert_eq!(guest.i32("go", &[n]), 1000 * n + n * (n + 1) / 2);
            guest.check_idle();
        }
    });
}

/// Threads that take turns, each with a generator of its own. The generator gives way too, and then the
/// thread goes with it: what lies in the queue is one stack or two.
const THREADS: &str = r#"(module
    (type $f (func)) (type $k (cont $f))
    (type $g (func (param i32))) (type $c (cont $g))
    (tag $yield) (tag $item (param i32))
    (table $queue 1000 (ref null $k))
    (global $head (mut i32) (i32.const 0)) (global $tail (mut i32) (i32.const 0))
    (global $sum (mut i32) (i32.const 0))
    (elem declare func $generates $consumes)
    (func $push (param (ref null $k))
      (table.set $queue (global.get $tail) (local.get 0))
      (global.set $tail (i32.rem_u (i32.add (global.get $tail) (i32.const 1)) (i32.const 1000))))
    (func $pop (result (ref null $k))
      (table.get $queue (global.get $head))
      (table.set $queue (global.get $head) (ref.null $k))
      (global.set $head (i32.rem_u (i32.add (global.get $head) (i32.const 1)) (i32.const 1000))))
    (func $generates (type $g)
      (loop $again
        (suspend $item (local.get 0))
        (suspend $yield)
        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func $consumes (type $g) (local $k (ref null $k))
      (local.set $k (cont.bind $c $k (local.get 0) (cont.new $c (ref.func $generates))))
      (loop $again
        (block $on (result i32 (ref $k))
          (resume $k (on $item $on) (local.get $k))
          (return))
        (local.set $k)
        (global.set $sum (i32.add (global.get $sum)))
        (suspend $yield)
        (br $again)))
    ;; Threads with 1, 2, ... items; gives the sum of all items, and how many turns there were.
    (func (export "go") (param $threads i32) (result i32 i32) (local $turns i32)
      (global.set $sum (i32.const 0))
      (loop $again
        (call $push (cont.bind $c $k (local.get $threads) (cont.new $c (ref.func $consumes))))
        (br_if $again (local.tee $threads (i32.sub (local.get $threads) (i32.const 1)))))
      (loop $again
        (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
        (block $ended
          (call $push (block $on (result (ref $k))
            (resume $k (on $yield $on) (call $pop))
            (br $ended))))
        (br_if $again (i32.ne (global.get $head) (global.get $tail))))
      (global.get $sum) (local.get $turns)))"#;

#[test]
fn a_generator_gives_way_together_with_its_thread() {
    both(|engine| {
        let mut guest = Guest::plain(engine, THREADS);
        for threads in [1, 2, 7, 40] {
            let results = guest.call("go", &[Val::I32(threads)]).unwrap();
            let items = |n: i32| n * (n + 1) / 2;
            let sum: i32 = (1..=threads).map(items).sum();
            // Two for each item, one in which the thread ends.
            let turns = 2 * items(threads) + threads;
            assert_values(&results, &[Val::I32(sum), Val::I32(turns)]);
            guest.check_idle();
        }
    });
}

/// A continuation is used as one of a type above its own, which is declared so; and bound to one of a
/// type that only fits.
const SUBTYPES: &str = r#"(module
    (type $f (sub (func (param i32) (result funcref)))) (type $c (sub (cont $f)))
    (type $g (sub $f (func (param i32) (result (ref func))))) (type $d (sub $c (cont $g)))
    (type $late (func (result funcref))) (type $k (cont $late))
    (tag $t)
    (table $kept 1 (ref null $c))
    (elem declare func $body)
    (func $body (type $g) (suspend $t) (ref.func $body))
    (func (export "below") (result (ref $d)) (cont.new $d (ref.func $body)))
    ;; The function is of the type below.
    (func (export "above") (result (ref $c)) (cont.new $c (ref.func $body)))
    (func (export "run") (param (ref null $c)) (result i32)
      (table.set $kept (i32.const 0) (local.get 0))
      (block $on (result (ref $k))
        (return (ref.is_null
          (resume $c (on $t $on) (i32.const 5) (table.get $kept (i32.const 0))))))
      (i32.add (ref.is_null (resume $k)) (i32.const 7)))
    (func (export "bind") (param (ref null $d)) (result i32)
      (block $on (result (ref $k))
        (return (ref.is_null
          (resume $k (on $t $on) (cont.bind $d $k (i32.const 5) (local.get 0))))))
      (i32.add (ref.is_null (resume $k)) (i32.const 7))))"#;

#[test]
fn continuations_of_declared_subtypes() {
    both(|engine| {
        let mut guest = Guest::plain(engine, SUBTYPES);
        for (make, used) in [("below", "run"), ("above", "run"), ("below", "bind")] {
            let made = guest.call(make, &[]).unwrap();
            assert_values(&guest.call(used, &made).unwrap(), &[Val::I32(7)]);
            let error = guest.call(used, &made).unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::ContinuationConsumed));
        }
        let made = guest.call("above", &[]).unwrap();
        let error = guest.call("bind", &made).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        drop(made);
        guest.check_freed();
    });
}

const ASKS: &str = r#"(module
    (type $f (func (result i32)))
    (tag $t (export "tag") (param i32) (result i32))
    (func (export "asks") (type $f) (i32.add (suspend $t (i32.const 5)) (i32.const 1))))"#;

const HANDLES: &str = r#"(module
    (type $f (func (result i32))) (type $c (cont $f))
    (type $fi (func (param i32) (result i32))) (type $k (cont $fi))
    (import "asks" "tag" (tag $t (param i32) (result i32)))
    (import "asks" "asks" (func $asks (type $f)))
    (tag $own (param i32) (result i32))
    (elem declare func $asks)
    (func (export "go") (type $f) (local $k (ref null $k))
      (block $on (result i32 (ref $k))
        (block $wrong (result i32 (ref $k))
          (return (resume $c (on $own $wrong) (on $t $on) (cont.new $c (ref.func $asks)))))
        (unreachable))
      (local.set $k)
      (resume $k (local.get $k))))"#;

#[test]
fn tags_are_the_same_in_all_instances_that_share_them() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let (asks, handles) = (module(engine, ASKS), module(engine, HANDLES));
        let mut make = || Instance::new(&mut store, &asks, &[]).unwrap();
        let makers = [make(), make()];
        for (tag_of, func_of) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let tag = makers[tag_of].get_tag(&mut store, "tag").unwrap();
            let func = makers[func_of].get_func(&mut store, "asks").unwrap();
            let imports = [tag.into(), func.into()];
            let instance = Instance::new(&mut store, &handles, &imports).unwrap();
            let go = instance.get_func(&mut store, "go").unwrap();
            let mut results = [Val::I32(0)];
            let result: Result<(), Error> = go.call(&mut store, &[], &mut results);
            if tag_of == func_of {
                result.unwrap();
                assert_eq!(results[0].i32(), Some(6));
            } else {
                assert_eq!(result.unwrap_err().trap(), Some(TrapCode::UnhandledTag));
            }
        }
        Guest::within(store, "(module)", |_| ()).check_idle();
    });
}

/// What the modules of `RULES` have in common.
const HEAD: &str = "(type $f (func (param i32) (result i64))) (type $c (cont $f))
    (type $g (func (result i64))) (type $k (cont $g)) (type $n (func)) (type $cn (cont $n))
    (tag $t (param f32) (result f64)) (tag $x (param i32)) (elem declare func $body $nothing)
    (type $late (func (param f64) (result i64))) (type $kl (cont $late))
    (tag $sw (result i64))
    (type $fs (func (param i32) (param (ref null $k)) (result i64))) (type $cs (cont $fs))
    (func $body (type $f) (i64.const 1)) (func $nothing)";

/// A part of a module that keeps a rule of the types of continuations, and one that breaks it.
const RULES: &[(&str, &str)] = &[
    ("(type $a (cont $f))", "(type $a (cont $c))"),
    (
        "(func (result (ref $c)) (cont.new $c (ref.func $body)))",
        "(func (result (ref $c)) (cont.new $c (ref.func $nothing)))",
    ),
    (
        "(func (param (ref $c)) (result i64) (resume $c (i32.const 1) (local.get 0)))",
        "(func (param (ref $c)) (result i64) (resume $f (i32.const 1) (local.get 0)))",
    ),
    (
        "(func (param (ref $c)) (result (ref $k)) (cont.bind $c $k (i32.const 1) (local.get 0)))",
        "(func (param (ref $c)) (result (ref $cn)) (cont.bind $c $cn (i32.const 1) (local.get 0)))",
    ),
    (
        "(func (result f64) (suspend $t (f32.const 1)))",
        "(func (result f64) (suspend $t (f64.const 1)))",
    ),
    (
        "(func (param (ref $k)) (block $on (result f32 (ref $kl))
           (resume $k (on $t $on) (local.get 0)) (drop) (return)) (drop) (drop))",
        "(func (param (ref $k)) (block $on (result f32 (ref $k))
           (resume $k (on $t $on) (local.get 0)) (drop) (return)) (drop) (drop))",
    ),
    (
        "(func (param (ref $k)) (result i64) (resume_throw $k $x (i32.const 1) (local.get 0)))",
        "(func (param (ref $k)) (result i64) (resume_throw $k $t (i32.const 1) (local.get 0)))",
    ),
    (
        "(func (param nullcontref) (result (ref null $c)) (local.get 0))",
        "(func (param contref) (result (ref null $c)) (local.get 0))",
    ),
    (
        "(func (param (ref $c)) (result contref) (local.get 0))",
        "(func (param (ref $c)) (result funcref) (local.get 0))",
    ),
    (
        "(func (param (ref $c)) (result (ref null $c)) (local.get 0))",
        "(func (param (ref $c)) (result (ref null $k)) (local.get 0))",
    ),
    (
        "(func (param contref) (result i32) (ref.is_null (local.get 0)))",
        "(func (param contref) (result i32) (ref.test (ref $c) (local.get 0)))",
    ),
    (
        "(func (param contref) (result contref) (local.get 0))",
        "(func (param contref) (result contref) (ref.cast (ref null $c) (local.get 0)))",
    ),
    (
        "(tag (param i32) (result i32))",
        "(tag (param i32) (result i32)) (func (throw 2 (i32.const 1)))",
    ),
    // Immediates that are not types of continuations, or of other ones.
    (
        "(func (drop (cont.new $c (ref.func $body))))",
        "(func (drop (cont.new $f (ref.func $body))))",
    ),
    (
        "(func (param (ref $c)) (drop (cont.bind $c $k (i32.const 1) (local.get 0))))",
        "(func (param (ref $c)) (drop (cont.bind $f $k (i32.const 1) (local.get 0))))",
    ),
    (
        "(func (param (ref $k)) (drop (cont.bind $k $k (local.get 0))))",
        "(func (param (ref $k)) (drop (cont.bind $k $g (local.get 0))))",
    ),
    (
        "(func (param (ref $k)) (result i64) (resume_throw $k $x (i32.const 1) (local.get 0)))",
        "(func (param (ref $k)) (result i64) (resume_throw $g $x (i32.const 1) (local.get 0)))",
    ),
    (
        "(func (param exnref (ref $k)) (result i64)
           (resume_throw_ref $k (local.get 0) (local.get 1)))",
        "(func (param exnref (ref $k)) (result i64)
           (resume_throw_ref $g (local.get 0) (local.get 1)))",
    ),
    (
        "(func (param (ref $cs)) (switch $cs $sw (i32.const 1) (local.get 0)))",
        "(func (param (ref $cs)) (switch $fs $sw (i32.const 1) (local.get 0)))",
    ),
    (
        "(func (param (ref $k)) (result i64) (resume $k (local.get 0)))",
        "(func (param (ref $c)) (result i64) (resume $k (local.get 0)))",
    ),
    // Arguments.
    (
        "(func (param (ref $c)) (drop (resume $c (i32.const 1) (local.get 0))))",
        "(func (param (ref $c)) (drop (resume $c (f32.const 1) (local.get 0))))",
    ),
    (
        "(func (param (ref $c)) (drop (cont.bind $c $k (i32.const 1) (local.get 0))))",
        "(func (param (ref $c)) (drop (cont.bind $c $k (f32.const 1) (local.get 0))))",
    ),
    (
        "(func (param (ref $k)) (drop (cont.bind $k $k (local.get 0))))",
        "(func (param (ref $k)) (drop (cont.bind $k $c (local.get 0))))",
    ),
    (
        "(func (param (ref $k)) (result i64) (resume_throw $k $x (i32.const 1) (local.get 0)))",
        "(func (param (ref $k)) (result i64) (resume_throw $k $x (i64.const 1) (local.get 0)))",
    ),
    (
        "(func (param exnref (ref $k)) (result i64)
           (resume_throw_ref $k (local.get 0) (local.get 1)))",
        "(func (param externref (ref $k)) (result i64)
           (resume_throw_ref $k (local.get 0) (local.get 1)))",
    ),
    // Tags and labels that are not there, labels that take something else.
    (
        "(func (drop (suspend 0 (f32.const 1))))",
        "(func (drop (suspend 9 (f32.const 1))))",
    ),
    (
        "(func (param (ref $k)) (result i64) (resume_throw $k 1 (i32.const 1) (local.get 0)))",
        "(func (param (ref $k)) (result i64) (resume_throw $k 9 (i32.const 1) (local.get 0)))",
    ),
    (
        "(func (param (ref $k)) (block (result f32 (ref $kl))
           (resume $k (on 0 0) (local.get 0)) (drop) (return)) (drop) (drop))",
        "(func (param (ref $k)) (block (result f32 (ref $kl))
           (resume $k (on 9 0) (local.get 0)) (drop) (return)) (drop) (drop))",
    ),
    (
        "(func (param (ref $k)) (block (result f32 (ref $kl))
           (resume $k (on $t 0) (local.get 0)) (drop) (return)) (drop) (drop))",
        "(func (param (ref $k)) (block (result f32 (ref $kl))
           (resume $k (on $t 9) (local.get 0)) (drop) (return)) (drop) (drop))",
    ),
    (
        "(func (param (ref $k)) (block $on (result f32 (ref null $kl))
           (resume $k (on $t $on) (local.get 0)) (drop) (return)) (drop) (drop))",
        "(func (param (ref $k)) (block $on (result (ref null $kl))
           (resume $k (on $t $on) (local.get 0)) (drop) (return)) (drop))",
    ),
    (
        "(func (param (ref $k)) (block $on (result f32 (ref $kl))
           (resume $k (on $t $on) (local.get 0)) (drop) (return)) (drop) (drop))",
        "(func (param (ref $k)) (block $on (result f32 contref)
           (resume $k (on $t $on) (local.get 0)) (drop) (return)) (drop) (drop))",
    ),
    // Clauses of `switch`, and `switch` itself: the tag has no parameters, the results fit.
    (
        "(func (param (ref $k)) (result i64) (resume $k (on $sw switch) (local.get 0)))",
        "(func (param (ref $k)) (result i64) (resume $k (on $t switch) (local.get 0)))",
    ),
    (
        "(func (param (ref $k)) (result i64) (resume $k (on $sw switch) (local.get 0)))",
        "(func (param (ref $cn)) (resume $cn (on $sw switch) (local.get 0)))",
    ),
    (
        "(func (param (ref $cs)) (switch $cs $sw (i32.const 1) (local.get 0)))",
        "(func (param (ref $cs)) (drop (switch $cs $t (i32.const 1) (local.get 0))))",
    ),
    (
        "(func (param (ref $cs)) (switch $cs $sw (i32.const 1) (local.get 0)))",
        "(func (param (ref $c)) (switch $c $sw (i32.const 1) (local.get 0)))",
    ),
    // Subtypes are declared, and vary as their functions do; binding looks at the functions only.
    (
        "(type $a (sub (func (result funcref)))) (type $b (sub $a (func (result (ref func)))))
         (type $ca (sub (cont $a))) (type $cb (sub $ca (cont $b)))
         (func (param (ref $cb)) (result (ref $ca)) (local.get 0))",
        "(type $a (sub (func (result funcref)))) (type $b (sub $a (func (result (ref func)))))
         (type $ca (sub (cont $a))) (type $cb (sub (cont $b)))
         (func (param (ref $cb)) (result (ref $ca)) (local.get 0))",
    ),
    (
        "(type $a (sub (func (result funcref)))) (type $b (sub $a (func (result (ref func)))))
         (type $ca (sub (cont $a))) (type $cb (sub $ca (cont $b)))",
        "(type $a (sub (func (result funcref)))) (type $b (sub (func (result (ref func)))))
         (type $ca (sub (cont $a))) (type $cb (sub $ca (cont $b)))",
    ),
    (
        "(type $a (func (param i32) (result (ref $n)))) (type $ca (cont $a))
         (type $b (func (result funcref))) (type $cb (cont $b))
         (func (param (ref $ca)) (drop (cont.bind $ca $cb (i32.const 1) (local.get 0))))",
        "(type $a (func (param i32) (result funcref))) (type $ca (cont $a))
         (type $b (func (result (ref $n)))) (type $cb (cont $b))
         (func (param (ref $ca)) (drop (cont.bind $ca $cb (i32.const 1) (local.get 0))))",
    ),
    (
        "(func (param (ref cont)) (result contref) (local.get 0))",
        "(func (param (ref cont)) (result anyref) (local.get 0))",
    ),
    (
        "(func (param contref) (block (br_on_null 0 (local.get 0)) (drop)))",
        "(func (param contref) (block (result (ref null $c))
           (br_on_cast 0 contref (ref null $c) (local.get 0)) (unreachable)) (drop))",
    ),
];

#[test]
fn types_of_continuations_are_checked() {
    let engine = Engine::default();
    for (valid, invalid) in RULES {
        module(&engine, &format!("(module {HEAD} {valid})"));
        let text = format!("(module {HEAD} {invalid})");
        let result = bident::Module::from_text_or_binary(&engine, text.as_bytes());
        let error = result.err().unwrap_or_else(|| panic!("{invalid}"));
        assert_eq!(error.kind(), ErrorKind::Compile, "{invalid}: {error}");
    }
}
