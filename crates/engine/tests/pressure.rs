//! Memory of stacks runs out: what nobody can reach makes room first, wherever it is missed.

mod common;

use bident::{Config, Engine, Error, ErrorKind, Exception, TrapCode, Val};
use common::{Guest, both_with};

/// A limit of which `waste(100)` takes a third.
const LIMIT: usize = 160 << 10;

fn tight() -> Config {
    Config::new().max_stack_memory(LIMIT)
}

const GUEST: &str = r#"(module
    (type $f (func (result i64))) (type $k (cont $f))
    (tag $t)
    (global $kept (mut (ref null $k)) (ref.null $k))
    (elem declare func $seven $deep_body)
    (func $seven (type $f) (suspend $t) (i64.const 7))
    (func $suspended (result (ref $k))
      (block $on (result (ref $k))
        (drop (resume $k (on $t $on) (cont.new $k (ref.func $seven))))
        (unreachable)))
    ;; Makes and drops so many suspended continuations.
    (func $waste (export "waste") (param $n i32)
      (loop $again
        (drop (call $suspended))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $again (local.get $n))))

    ;; Goes down without a frame on the way that holds the continuation, which has a new reference at each
    ;; level: where a call finds no room, a register has it alone. All registers for arguments are in use.
    (func $down (param $n i32) (param $k (ref $k)) (param $a i64) (param $b i64) (param $c i64)
      (param $d f64) (param $e f64) (param $f f64) (param $g f64)
      (param $h f64) (param $i f64) (param $j f64) (param $l f64) (result f64)
      (if (result f64) (local.get $n)
        (then
          (call $down (i32.sub (local.get $n) (i32.const 1)) (cont.bind $k $k (local.get $k))
            (local.get $b) (local.get $c) (local.get $a)
            (local.get $e) (local.get $f) (local.get $g) (local.get $h)
            (local.get $i) (local.get $j) (local.get $l) (local.get $d))
          (f64.add (f64.const 1)))
        (else
          (call $waste (i32.const 1))
          (f64.convert_i64_s (i64.add (resume $k (local.get $k))
            (i64.add (local.get $a) (i64.add (local.get $b) (local.get $c)))))
          (f64.add (f64.add (f64.add (local.get $d) (local.get $e))
                            (f64.add (local.get $f) (local.get $g)))
                   (f64.add (f64.add (local.get $h) (local.get $i))
                            (f64.add (local.get $j) (local.get $l))))
          (f64.add))))
    (func (export "down") (param $n i32) (result f64)
      (call $down (local.get $n) (call $suspended)
        (i64.const 10) (i64.const 20) (i64.const 30)
        (f64.const 100) (f64.const 200) (f64.const 300) (f64.const 400)
        (f64.const 500) (f64.const 600) (f64.const 700) (f64.const 800)))

    ;; Suspends so many frames deep.
    (func $deep (param $n i32) (result i64)
      (if (result i64) (local.get $n)
        (then (i64.add (i64.const 1) (call $deep (i32.sub (local.get $n) (i32.const 1)))))
        (else (suspend $t) (i64.const 0))))
    (global $depth (mut i32) (i32.const 0))
    (func $deep_body (type $f) (call $deep (global.get $depth)))
    (func $deep_one (param $depth i32) (result (ref $k))
      (global.set $depth (local.get $depth))
      (block $on (result (ref $k))
        (drop (resume $k (on $t $on) (cont.new $k (ref.func $deep_body))))
        (unreachable)))
    ;; Drops so many of these, but always keeps the one before the last.
    (func (export "drop deep") (param $n i32) (param $depth i32) (result i64)
      (local $last (ref null $k))
      (loop $again
        (local.set $last (call $deep_one (local.get $depth)))
        (global.set $kept (local.get $last))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $again (local.get $n)))
      (resume $k (global.get $kept)))
    ;; Keeps all.
    (table $table 1000 (ref null $k))
    (func (export "keep deep") (param $n i32) (param $depth i32)
      (loop $again
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (table.set $table (local.get $n) (call $deep_one (local.get $depth)))
        (br_if $again (local.get $n))))
    (func (export "clear")
      (global.set $kept (ref.null $k))
      (table.fill $table (i32.const 0) (ref.null $k) (i32.const 1000))))"#;

#[test]
fn a_call_that_finds_no_room_collects_and_keeps_its_arguments() {
    both_with(tight(), |engine| {
        let mut guest = Guest::plain(engine, GUEST);
        for depth in [1, 2, 3, 8, 9, 10, 299, 300, 301] {
            guest.call("waste", &[Val::I32(100)]).unwrap();
            let down = guest.call("down", &[Val::I32(depth)]).unwrap();
            assert!(
                matches!(down[..], [Val::F64(sum)] if f64::from_bits(sum) == 3667.0 + f64::from(depth)),
                "{depth}: {down:?}"
            );
        }
    });
}

#[test]
fn growing_continuations_that_are_dropped_never_fill_a_limit() {
    both_with(tight(), |engine| {
        for (n, depth) in [(1000, 0), (1000, 20), (500, 100), (200, 400)] {
            let mut guest = Guest::plain(engine, GUEST);
            let params = [Val::I32(n), Val::I32(depth)];
            let sum = guest.call("drop deep", &params).unwrap();
            assert!(matches!(sum[..], [Val::I64(sum)] if sum == i64::from(depth)));
            assert!(guest.store.stats().bytes <= LIMIT);
        }
    });
}

#[test]
fn what_is_in_use_still_meets_the_limit() {
    both_with(tight(), |engine| {
        let mut guest = Guest::plain(engine, GUEST);
        for (n, depth) in [(1000, 0), (100, 400)] {
            let params = [Val::I32(n), Val::I32(depth)];
            let error = guest.call("keep deep", &params).unwrap_err();
            assert_eq!(
                error.kind(),
                ErrorKind::Trap(TrapCode::StackMemoryExhausted)
            );
            // And the store goes on.
            guest.call("clear", &[]).unwrap();
            guest.call("waste", &[Val::I32(1000)]).unwrap();
        }
    });
}

/// Under one of these limits, a growth that needs old and new block at once is the first to fail.
#[test]
fn any_limit_is_enough_for_what_is_in_use() {
    for limit in (24 << 10..=96 << 10).step_by(3 << 10) {
        let engine = Engine::new(&Config::new().max_stack_memory(limit)).unwrap();
        let mut guest = Guest::plain(&engine, GUEST);
        // At most 8 KiB for each of two, and the caller's.
        let params = [Val::I32(300), Val::I32(60)];
        let sum = guest.call("drop deep", &params).unwrap();
        assert!(matches!(sum[..], [Val::I64(60)]), "{limit}: {sum:?}");
    }
}

#[test]
fn binding_finds_room_as_well() {
    let params = "(param i64 i64 i64 i64 i64 i64 i64)".repeat(100);
    let constants = "(i64.const 1)".repeat(699);
    let waste_and_bind = format!(
        r#"(module
            (type $f (func)) (type $k (cont $f))
            (type $many (func {params} (result i64))) (type $km (cont $many))
            (type $one (func (param i64) (result i64))) (type $k1 (cont $one))
            (tag $t)
            (elem declare func $nothing $first)
            (func $nothing (suspend $t))
            (func $first (type $many) (i64.add (local.get 0) (local.get 699)))
            (func (export "bind") (param $n i32) (result i64)
              (local $k (ref null $k1))
              (loop $again
                (block $on (result (ref $k))
                  (resume $k (on $t $on) (cont.new $k (ref.func $nothing)))
                  (unreachable))
                (drop)
                (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (br_if $again (local.get $n)))
              (cont.bind $km $k1 {constants} (cont.new $km (ref.func $first)))
              (local.set $k)
              (resume $k1 (i64.const 2) (local.get $k))))"#
    );
    // The bound values take 16 KiB, and what is dropped before that up to half of the limit.
    for limit in (20 << 10..40 << 10).step_by(1 << 10) {
        let engine = Engine::new(&Config::new().max_stack_memory(limit)).unwrap();
        let mut guest = Guest::plain(&engine, &waste_and_bind);
        let sum = guest.call("bind", &[Val::I32(200)]).unwrap();
        assert!(matches!(sum[..], [Val::I64(3)]), "{limit}: {sum:?}");
    }
}

/// Exceptions of about 1.7 KB, each of which holds the one before or none.
fn exceptions() -> String {
    let params = "i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 ".repeat(10);
    let constants = "(i64.const 1)".repeat(100);
    format!(
        r#"(module
            (tag $e (export "e") (param {params} exnref))
            (global $kept (mut exnref) (ref.null exn))
            (func $one (param exnref) (result exnref)
              (block $h (result exnref)
                (try_table (catch_all_ref $h) (throw $e {constants} (local.get 0)))
                (unreachable)))
            (func (export "drop") (param $n i32)
              (loop $again
                (drop (call $one (ref.null exn)))
                (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (br_if $again (local.get $n))))
            (func (export "chain") (param $n i32)
              (loop $again
                (global.set $kept (call $one (global.get $kept)))
                (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (br_if $again (local.get $n))))
            (func (export "clear") (global.set $kept (ref.null exn))))"#
    )
}

#[test]
fn exceptions_have_a_limit_that_those_dropped_do_not_reach() {
    let exhausted = ErrorKind::Trap(TrapCode::ExceptionMemoryExhausted);
    for stress in [false, true] {
        let config = Config::new().max_exception_memory(1 << 20).stress(stress);
        let engine = Engine::new(&config).unwrap();
        let mut guest = Guest::plain(&engine, &exceptions());
        guest.call("drop", &[Val::I32(5_000)]).unwrap();
        for _ in 0..3 {
            guest.call("chain", &[Val::I32(500)]).unwrap();
            let error = guest.call("chain", &[Val::I32(500)]).unwrap_err();
            assert_eq!(error.kind(), exhausted);
            // The host's count as well.
            let tag = guest.instance.get_tag(&mut guest.store, "e").unwrap();
            let mut values = vec![Val::I64(0); 100];
            values.push(Val::ExnRef(None));
            let made: Result<Vec<Exception>, Error> = (0..2)
                .map(|_| Exception::new(&mut guest.store, tag, &values))
                .collect();
            assert_eq!(made.unwrap_err().kind(), ErrorKind::Limit);
            guest.call("clear", &[]).unwrap();
            guest.call("drop", &[Val::I32(5_000)]).unwrap();
        }
    }
}

#[test]
fn a_store_that_is_all_but_full_does_not_collect_for_each_stack() {
    both_with(Config::new().max_stack_memory(4 << 20), |engine| {
        let mut guest = Guest::plain(engine, &GUEST.replace("$table 1000", "$table 10000"));
        // Fills the limit but for three blocks of the smallest size: the caller's, and two to waste.
        let full = (4 << 20) / 512 - 3;
        guest
            .call("keep deep", &[Val::I32(full), Val::I32(0)])
            .unwrap();
        let error = guest.call("waste", &[Val::I32(1000)]).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Trap(TrapCode::StackMemoryExhausted)
        );
        guest.call("clear", &[]).unwrap();
    });
}
