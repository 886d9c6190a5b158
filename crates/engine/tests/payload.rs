//! What transfers carry: values of every kind, one and a thousand, in and out, by every instruction.

mod common;

use bident::{Engine, Val, ValType};
use common::{Guest, KINDS, assert_values, both};
use std::fmt::Write;

/// Text made of pieces, one per number.
fn join(numbers: impl IntoIterator<Item = usize>, piece: impl Fn(usize) -> String) -> String {
    numbers.into_iter().fold(String::new(), |mut text, i| {
        let _ = write!(text, "{} ", piece(i));
        text
    })
}

/// Ways to carry values through continuations: exports that give back what they got.
const WAYS: [&str; 9] = [
    "return",
    "suspend",
    "forward",
    "bind",
    "switch",
    "throw",
    "resume_throw",
    "resume_throw_ref",
    "throw into a fresh one",
];

/// A module with an export for each way, for values of these types.
fn carriers(types: &[ValType]) -> String {
    let n = types.len();
    // Arguments are bound in three pieces: up to `a`, up to `b`, the others.
    let (a, b) = (n / 3, n - n / 3);
    let list = |word: &str, from: usize| join(from..n, |i| format!("({word} {})", types[i]));
    let gets = |from: usize, to: usize| join(from..to, |i| format!("local.get {i}"));
    let (params, results) = (list("param", 0), list("result", 0));
    let (params_a, params_b) = (list("param", a), list("param", b));
    let get = gets(0, n);
    let set = join((0..n).rev(), |i| format!("local.set {i}"));
    let clear = join(0..n, |i| match types[i] {
        ValType::Ref(ty) => format!("(local.set {i} (ref.null {}))", ty.heap),
        ValType::V128 => format!("(local.set {i} (v128.const i64x2 0 0))"),
        ty => format!("(local.set {i} ({ty}.const 0))"),
    });
    let suspend_on = |func: &str| {
        format!(
            "(block $on {results} (result (ref $c))
               {get} ref.func {func} cont.new $c resume $c (on $t $on) return)
             local.set $k {clear} {set}"
        )
    };
    let bind = format!(
        "cont.bind $c $c1 local.set $k1 {middle} local.get $k1 cont.bind $c1 $c2 local.set $k2
         {last} local.get $k2",
        middle = gets(a, b),
        last = gets(b, n),
    );
    let first = gets(0, a);
    let (yields, catches) = (suspend_on("$yields"), suspend_on("$catches"));
    let forwarded = suspend_on("$forwards");
    format!(
        "(module
          (type $f (func {params} {results})) (type $c (cont $f))
          (type $f1 (func {params_a} {results})) (type $c1 (cont $f1))
          (type $f2 (func {params_b} {results})) (type $c2 (cont $f2))
          (type $g (func {params} (param (ref null $c)) {results})) (type $cg (cont $g))
          (tag $t {params} {results}) (tag $other {params} {results})
          (tag $switch {results}) (tag $x {params})
          (elem declare func $id $yields $throws $catches $forwards $switches $resumes)
          (func $id (type $f) {get})
          (func $yields (type $f) {get} suspend $t)
          (func $throws (type $f) {get} throw $x)
          (func $catches (type $f)
            (block $h {results} (try_table {results} (catch $x $h) {get} suspend $t)))
          (func $forwards (type $f)
            (block $on {results} (result (ref $c))
              {get} ref.func $yields cont.new $c resume $c (on $other $on) return)
            unreachable)
          (func $switches (type $f) {get} ref.func $resumes cont.new $cg switch $cg $switch)
          (func $resumes (type $g) {get} local.get {n} resume $c)

          (func (export \"return\") (type $f) {get} ref.func $id cont.new $c resume $c)
          (func (export \"suspend\") (type $f) (local $k (ref null $c))
            {yields} {get} local.get $k resume $c)
          (func (export \"forward\") (type $f) (local $k (ref null $c))
            {forwarded} {get} local.get $k resume $c)
          (func (export \"bind\") (type $f)
            (local $k (ref null $c)) (local $k1 (ref null $c1)) (local $k2 (ref null $c2))
            (block $on {results} (result (ref $c))
              {first} ref.func $yields cont.new $c {bind} resume $c2 (on $t $on) return)
            local.set $k {clear} {set}
            {first} local.get $k {bind} resume $c2)
          (func (export \"switch\") (type $f)
            {get} ref.func $switches cont.new $c resume $c (on $switch switch))
          (func (export \"throw\") (type $f)
            (block $h {results} (try_table {results} (catch $x $h)
              {get} ref.func $throws cont.new $c resume $c)))
          (func (export \"resume_throw\") (type $f) (local $k (ref null $c))
            {catches} {get} local.get $k resume_throw $c $x)
          (func $resume_throw_ref (export \"resume_throw_ref\") (type $f)
            (local $k (ref null $c)) (local $e exnref)
            (block $h {results} (result exnref)
              (try_table {results} (catch_ref $x $h)
                {get} ref.func $throws cont.new $c resume $c)
              unreachable)
            local.set $e {clear} {set}
            {catches} local.get $e local.get $k resume_throw_ref $c)
          (func (export \"throw into a fresh one\") (type $f)
            (block $h {results} (try_table {results} (catch $x $h)
              {get} ref.func $id cont.new $c resume_throw $c $x))))"
    )
}

#[track_caller]
fn check(engine: &Engine, types: &[ValType], ways: &[&str], text: &str) {
    let mut guest = Guest::plain(engine, text);
    for (seed, way) in ways.iter().enumerate() {
        let values = guest.values(types, seed * 1000);
        // The first time stacks start small, later as large as they became.
        for _ in 0..2 {
            let results = match guest.call(way, &values) {
                Ok(results) => results,
                Err(error) => panic!("{way} with {} values: {error}", types.len()),
            };
            assert_values(&results, &values);
        }
    }
    guest.check_freed();
}

/// The kinds in turn.
fn mixed(count: usize) -> Vec<ValType> {
    KINDS.iter().copied().cycle().take(count).collect()
}

#[test]
fn a_value_of_every_kind_passes() {
    both(|engine| {
        for kind in KINDS {
            for types in [
                vec![kind],
                vec![kind; 2],
                vec![ValType::I64, kind],
                vec![kind; 12],
            ] {
                check(engine, &types, &WAYS, &carriers(&types));
            }
        }
        check(engine, &[], &WAYS, &carriers(&[]));
    });
}

#[test]
fn values_of_mixed_kinds_pass() {
    both(|engine| {
        for count in [3, 8, 9, 17, 40] {
            check(engine, &mixed(count), &WAYS, &carriers(&mixed(count)));
        }
    });
}

#[test]
fn a_hundred_values_pass() {
    both(|engine| check(engine, &mixed(100), &WAYS, &carriers(&mixed(100))));
}

#[test]
fn a_thousand_values_pass() {
    // With the continuation, a handler takes as many as a type may have.
    let types = mixed(999);
    let text = carriers(&types);
    both(|engine| check(engine, &types, &WAYS, &text));
}

/// Without a reference to the continuation beside them, there may be a thousand.
#[test]
fn a_thousand_parameters_and_results_of_a_continuation() {
    let types = mixed(1000);
    let (params, results) = (
        join(0..1000, |i| format!("(param {})", types[i])),
        join(0..1000, |i| format!("(result {})", types[i])),
    );
    let get = join(0..1000, |i| format!("local.get {i}"));
    let text = format!(
        "(module (type $f (func {params} {results})) (type $c (cont $f))
          (type $all (func {results})) (type $bound (cont $all))
          (tag $x {params})
          (elem declare func $id $throws)
          (func $id (type $f) {get})
          (func $throws (type $f) {get} throw $x)
          (func (export \"return\") (type $f) {get} ref.func $id cont.new $c resume $c)
          (func (export \"bind\") (type $f)
            {get} ref.func $id cont.new $c cont.bind $c $bound resume $bound)
          (func (export \"throw\") (type $f)
            (block $h {results} (try_table {results} (catch $x $h)
              {get} ref.func $throws cont.new $c resume $c))))"
    );
    both(|engine| check(engine, &types, &["return", "bind", "throw"], &text));
}

/// Types of one shape and different kinds, in one module, through the same instructions.
#[test]
fn kinds_are_not_taken_for_each_other() {
    let mut text = "(module".to_owned();
    for (i, ty) in KINDS.iter().enumerate() {
        let _ = write!(
            text,
            "(type $f{i} (func (param {ty}) (result {ty}))) (type $c{i} (cont $f{i}))
             (tag $t{i} (param {ty}) (result {ty}))
             (elem declare func $body{i})
             (func $body{i} (type $f{i}) (suspend $t{i} (local.get 0)))
             (func (export \"{i}\") (type $f{i}) (local $k (ref null $c{i}))
               (block $on (result {ty} (ref $c{i}))
                 (return (resume $c{i} (on $t{i} $on) (local.get 0)
                   (cont.new $c{i} (ref.func $body{i})))))
               (local.set $k)
               (resume $c{i} (local.get $k)))"
        );
    }
    text.push(')');
    both(|engine| {
        let mut guest = Guest::plain(engine, &text);
        for round in 0..KINDS.len() {
            for i in 0..KINDS.len() {
                let i = (i * 3 + round) % KINDS.len();
                let values = guest.values(&KINDS[i..=i], round);
                let results = guest.call(&i.to_string(), &values).unwrap();
                assert_values(&results, &values);
            }
        }
        guest.check_freed();
    });
}

/// Null references of every kind, also of types that have no other value.
#[test]
fn nulls_pass() {
    let wat = r#"(module
      (type $p (func (param funcref externref exnref contref nullfuncref nullexternref nullexnref
                            nullcontref)
                     (result i32)))
      (type $c (cont $p))
      (type $late (func (result nullcontref nullexnref contref exnref)))
      (tag $t (result nullcontref nullexnref contref exnref))
      (type $k (cont $late))
      (type $run (func (result i32))) (type $cr (cont $run))
      (type $back (func (param nullcontref nullexnref contref exnref) (result i32)))
      (type $cb (cont $back))
      (elem declare func $count $waits)
      (func $count (type $p)
        (i32.add (i32.add (i32.add (ref.is_null (local.get 0)) (ref.is_null (local.get 1)))
                          (i32.add (ref.is_null (local.get 2)) (ref.is_null (local.get 3))))
                 (i32.add (i32.add (ref.is_null (local.get 4)) (ref.is_null (local.get 5)))
                          (i32.add (ref.is_null (local.get 6)) (ref.is_null (local.get 7))))))
      (func $waits (type $run)
        (local $sum i32)
        (suspend $t)
        (local.set $sum (ref.is_null))
        (local.set $sum (i32.add (ref.is_null) (local.get $sum)))
        (local.set $sum (i32.add (ref.is_null) (local.get $sum)))
        (i32.add (ref.is_null) (local.get $sum)))
      (func (export "in") (result i32)
        (resume $c (ref.null func) (ref.null extern) (ref.null exn) (ref.null cont)
                   (ref.null nofunc) (ref.null noextern) (ref.null noexn) (ref.null nocont)
                   (cont.new $c (ref.func $count))))
      (func (export "back") (result i32)
        (local $k (ref null $cb))
        (block $on (result (ref $cb))
          (return (resume $cr (on $t $on) (cont.new $cr (ref.func $waits)))))
        (local.set $k)
        (resume $cb (ref.null nocont) (ref.null noexn) (ref.null nocont) (ref.null noexn)
                    (local.get $k))))"#;
    both(|engine| {
        let mut guest = Guest::plain(engine, wat);
        assert_values(&guest.call("in", &[]).unwrap(), &[Val::I32(8)]);
        assert_values(&guest.call("back", &[]).unwrap(), &[Val::I32(4)]);
        guest.check_idle();
    });
}
