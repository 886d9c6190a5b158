//! Which handler a suspension or a switch finds, across frames, stacks and instances; and what becomes
//! of chains that are taken apart and put together otherwise.

mod common;

use bident::{Engine, Error, ErrorKind, Instance, Store, TrapCode, Val};
use common::{Guest, both, module};

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

#[test]
fn the_nearest_clause_that_fits() {
    both(|engine| {
        let mut guest = Guest::plain(engine, SEARCH);
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
    });
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
