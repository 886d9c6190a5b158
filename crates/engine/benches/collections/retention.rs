//! What a collection keeps by mistake.

use super::instance;
use bident::{Answer, AsContextMut, Engine, Func, FuncType, Instance, Module, Store, TypedFunc};
use std::error::Error;

/// Stacks, each with eight numbers.
const STACKS: i32 = 100_000;

/// Objects that nothing refers to: fewer than make a collection come by itself beside so many stacks.
const OBJECTS: i32 = 1_000_000;

/// Bytes of one of them.
const OBJECT: f64 = 16.0;

/// Names of the kinds of numbers, by their position.
const KINDS: [&str; 6] = [
    "integers below a million",
    "random integers of 32 bits",
    "random integers of 64 bits",
    "integers made to look like references",
    "numbers up to a million, `f32`",
    "numbers up to a million, `f64`",
];

/// A list that nobody has but who walks it. Halfway, the first half is garbage, unless an old copy of a
/// reference to it is left on the stack.
const WALK: &str = r#"(module
    (type $cell (sub final (struct (field $value i32) (field $next (ref null $cell)))))
    (func $make (param $length i32) (result (ref null $cell))
      (local $list (ref null $cell))
      (loop $next
        (local.set $list (struct.new $cell (local.get $length) (local.get $list)))
        (br_if $next (local.tee $length (i32.sub (local.get $length) (i32.const 1)))))
      (local.get $list))
    (func $walk (param $list (ref null $cell)) (result i32)
      (local $sum i32)
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (struct.get $cell $value (local.get $list))))
        (if (i32.eq (struct.get $cell $value (local.get $list)) (i32.const 250000))
          (then (call $collect)))
        (local.set $list (struct.get $cell $next (local.get $list)))
        (br_if $next (i32.eqz (ref.is_null (local.get $list)))))
      (local.get $sum))
    (func (export "run") (param $rounds i32) (result i32)
      (local $sum i32)
      (loop $again
        (local.set $sum (i32.add (local.get $sum) (call $walk (call $make (i32.const 500000)))))
        (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
      (local.get $sum)))"#;

/// Programs, and how many bytes live where they collect: at the end of each round, or halfway.
const PROGRAMS: [(&str, &str, f64); 4] = [
    ("a list, halfway", WALK, 250_001.0 * 16.0),
    (
        "trees",
        include_str!("../../../../bench/gc/trees.wat"),
        131_071.0 * 16.0,
    ),
    ("list", include_str!("../../../../bench/gc/list.wat"), 0.0),
    (
        "casts",
        include_str!("../../../../bench/gc/casts.wat"),
        // The array has a cell of 20 KiB; every fifth shape is a small integer.
        20_480.0 + 3276.0 * 16.0,
    ),
];

pub(crate) fn print() -> Result<(), Box<dyn Error>> {
    println!("| {STACKS} stacks with eight numbers each | kept of {OBJECTS} objects |");
    println!("|---|--:|");
    for (kind, name) in (0..).zip(KINDS) {
        println!("| {name} | {:.0} |", kept(kind)?);
    }
    println!();
    println!("| program | bytes that live | kept besides |");
    println!("|---|--:|--:|");
    for (name, program, live) in PROGRAMS {
        println!("| {name} | {live:.0} | {:.0} |", kept_by(program, live)?);
    }
    Ok(())
}

/// How many objects are kept by numbers of a kind.
fn kept(kind: i32) -> Result<f64, Box<dyn Error>> {
    let (mut store, instance) = instance(STACKS.unsigned_abs())?;
    let words: TypedFunc<(i32, i32), ()> = instance.get_typed_func(&mut store, "words")?;
    let fill: TypedFunc<i32, ()> = instance.get_typed_func(&mut store, "fill")?;
    words.call(&mut store, (STACKS, kind))?;
    store.gc();
    let before = store.bytes_to_look_at();
    fill.call(&mut store, OBJECTS)?;
    store.gc();
    let more = store.bytes_to_look_at().saturating_sub(before);
    Ok(more as f64 / OBJECT)
}

/// What of a store a collection has left: before the program, and at most after a round, in bytes.
#[derive(Clone, Copy, Default)]
struct Left {
    before: Option<usize>,
    most: usize,
}

/// The most bytes beyond those that live which a collection keeps at the end of a round.
fn kept_by(program: &str, live: f64) -> Result<f64, Box<dyn Error>> {
    let engine = Engine::default();
    let mut store: Store<Left> = Store::new(&engine, Left::default());
    // The program calls a collector of ours, on its own stack: before anything else, and after each round.
    let program = program
        .replacen(
            "(module",
            "(module
              (import \"host\" \"collect\" (func $collect))
              (func (export \"all\") (param i32) (result i32)
                (call $collect) (call $run (local.get 0)))",
            1,
        )
        .replacen("(func (export \"run\")", "(func $run", 1)
        .replacen("(br_if $round ", "(call $collect) (br_if $round ", 1);
    let collect = Func::new(&mut store, FuncType::new([], []), |mut caller, _, _| {
        let mut store = caller.context_mut();
        store.gc();
        let bytes = store.bytes_to_look_at() - store.stats().bytes;
        let left = store.data_mut();
        let before = *left.before.get_or_insert(bytes);
        left.most = left.most.max(bytes.saturating_sub(before));
        Ok(Answer::Ready)
    })?;
    let module = Module::from_text_or_binary(&engine, program.as_bytes())?;
    let instance = Instance::new(&mut store, &module, &[collect.into()])?;
    let run: TypedFunc<i32, i32> = instance.get_typed_func(&mut store, "all")?;
    run.call(&mut store, 10)?;
    Ok(store.data().most as f64 - live)
}
