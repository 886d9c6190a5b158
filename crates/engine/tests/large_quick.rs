//! A large function that is compiled quickly has its locals in the frame: they are the same as elsewhere, while the frame
//! moves, waits, is left by exceptions, and when only it knows an object.

use bident::{Compile, Config, Engine, Module, Store, Val};
use std::fmt::Write;

/// Locals of each type, set and read again in so many rounds that the body is large; every 64th calls, suspends, throws and
/// allocates between them.
fn program() -> String {
    let mut body = String::new();
    for round in 0..2400 {
        write!(
            body,
            "(local.set $i (i32.add (i32.mul (local.get $i) (i32.const 31)) (i32.wrap_i64 (local.get $l))))
             (local.set $l (i64.rotl (i64.xor (local.get $l) (i64.extend_i32_s (local.get $i))) (i64.const {})))
             (local.set $f (f32.add (f32.mul (local.get $f) (f32.const 0.5)) (f32.convert_i32_s (i32.and (local.get $i) (i32.const 255)))))
             (local.set $d (f64.add (f64.mul (local.get $d) (f64.const 0.25)) (f64.promote_f32 (local.get $f))))
             (local.set $v (i32x4.add (local.get $v) (i32x4.splat (local.tee $last (local.get $i)))))
             (if (i32.and (local.get $i) (i32.const 1)) (then (local.set $odd (i32.add (local.get $odd) (i32.const 1)))))\n",
            round % 63
        )
        .unwrap();
        if round % 64 == 0 {
            body.push_str(
                "(local.set $i (i32.add (local.get $i) (call $deep (i32.const 300))))
                 (local.set $o (struct.new $s (local.get $i) (local.get $o)))
                 (call $garbage (i32.const 50))
                 (local.set $l (i64.add (local.get $l) (suspend $pause (local.get $i))))
                 (block $caught (result i32)
                   (local.set $in (local.get $i))
                   (try_table (catch $thrown $caught) (call $throws (local.get $i)))
                   (i32.const 0))
                 (local.set $i (i32.add (local.get $in)))\n",
            );
        }
    }
    format!(
        r#"(module
            (rec (type $s (struct (field i32) (field (ref null $s)))))
            (type $f (func (param i32 i64 f32 f64) (result i32 i64 f32 f64 v128)))
            (type $k (cont $f))
            (type $on (func (param i64) (result i32 i64 f32 f64 v128)))
            (type $kon (cont $on))
            (tag $pause (param i32) (result i64))
            (tag $thrown (param i32))
            (elem declare func $big)
            (func $deep (param i32) (result i32)
              (if (result i32) (local.get 0)
                (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
                (else (i32.const 0))))
            (func $garbage (param i32)
              (loop $more
                (drop (struct.new $s (local.get 0) (ref.null $s)))
                (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
            (func $throws (param i32)
              (if (i32.and (local.get 0) (i32.const 1)) (then (throw $thrown (local.get 0)))))
            (func $sum (param $o (ref null $s)) (result i32)
              (local $sum i32)
              (block $end
                (loop $more
                  (br_if $end (ref.is_null (local.get $o)))
                  (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 7)) (struct.get $s 0 (local.get $o))))
                  (local.set $o (struct.get $s 1 (local.get $o)))
                  (br $more)))
              (local.get $sum))
            (func $big (type $f) (param $i i32) (param $l i64) (param $f f32) (param $d f64)
              (result i32 i64 f32 f64 v128)
              (local $unused i64) (local $v v128) (local $odd i32) (local $o (ref null $s)) (local $last i32) (local $in i32)
              (local $zero f64)
              {body}
              (i32.add (i32.xor (local.get $odd) (local.get $last)) (call $sum (local.get $o)))
              (local.get $l) (local.get $f) (f64.add (local.get $d) (local.get $zero)) (local.get $v))
            (func (export "run") (param $i i32) (result i32 i64 f32 f64 v128)
              (local $k (ref null $kon)) (local $n i64)
              (block $first (result i32 (ref $kon))
                (return (resume $k (on $pause $first) (local.get $i) (i64.const 5) (f32.const 1.5) (f64.const 2.5)
                  (cont.new $k (ref.func $big)))))
              (local.set $k) (drop)
              (loop $more
                (block $again (result i32 (ref $kon))
                  (drop (call $deep (i32.const 20)))
                  (return (resume $kon (on $pause $again) (local.tee $n (i64.add (local.get $n) (i64.const 3))) (local.get $k))))
                (local.set $k) (drop)
                (br $more))
              (unreachable)))"#
    )
}

fn results(config: &Config, binary: &[u8], argument: i32) -> Vec<Val> {
    let engine = Engine::new(config).expect("this machine can run compiled code");
    let module = Module::new(&engine, binary).expect("a module");
    let mut store = Store::new(&engine, ());
    let instance = bident::Instance::new(&mut store, &module, &[]).expect("it needs nothing");
    let run = instance.get_func(&mut store, "run").expect("an export");
    let mut results = vec![Val::I32(0); 5];
    run.call(&mut store, &[Val::I32(argument)], &mut results)
        .expect("it returns");
    results
}

#[test]
fn locals_in_the_frame_are_the_same_as_elsewhere() {
    let binary = wat::parse_str(program()).expect("well-formed");
    // Nearly all of it is one body.
    assert!(binary.len() > 160 << 10, "{}", binary.len());
    let at_once = Config::new().compile(Compile::Eager);
    let quick = Config::new()
        .compile(Compile::Lazy)
        .tiers(true)
        .quick_code(false);
    for argument in [0, 1, -77] {
        let right = results(&at_once, &binary, argument);
        for stress in [false, true] {
            let config = quick.clone().stress(stress);
            let found = results(&config, &binary, argument);
            assert_eq!(
                format!("{found:?}"),
                format!("{right:?}"),
                "{argument} {stress}"
            );
        }
    }
}
