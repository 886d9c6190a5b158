//! Cost of each way into and out of WebAssembly. Run: `cargo bench -p bident --bench call`.

use bident::{Caller, Engine, Func, Linker, Module, Outcome, Reply, Store, TypedFunc, Val};
use bident::{SecondStack, SecondStackOptions};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

const WAT: &str = r#"(module
  (import "h" "typed" (func $typed (param i32 i32) (result i32)))
  (import "h" "caller" (func $caller (param i32) (result i32)))
  (import "h" "array" (func $array (param i32) (result i32)))
  (import "h" "wait" (func $wait (result i32)))
  (memory 1)
  (global $__stack_pointer (mut i32) (i32.const 65536))
  (func (export "empty"))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "typed") (param $n i32)
    (loop $l
      (drop (call $typed (local.get $n) (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "caller") (param $n i32)
    (loop $l
      (drop (call $caller (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "array") (param $n i32)
    (loop $l
      (drop (call $array (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "fill") (param $n i32)
    (loop $l
      (memory.fill (i32.const 0) (i32.const 0) (i32.const 8))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "wait") (loop $l (br_if $l (call $wait)))))"#;

fn exported(name: &str) -> (Store<u64>, Func) {
    made(name, false)
}

/// An exported function; its calls have regions of a second stack, or not.
fn made(name: &str, regions: bool) -> (Store<u64>, Func) {
    let engine = Engine::default();
    let mut store = Store::new(&engine, 0);
    let mut linker = Linker::new(&engine);
    let one = bident::FuncType::new([bident::ValType::I32], [bident::ValType::I32]);
    let linker = linker
        .func_wrap("h", "typed", |a: i32, b: i32| a.wrapping_add(b))
        .and_then(|l| {
            l.func_wrap("h", "caller", |mut c: Caller<'_, u64>, a: i32| {
                *c.data_mut() += 1;
                a
            })
        })
        .and_then(|l| {
            l.func_new("h", "array", one, |_, params, results| {
                results[0] = params[0].clone();
                Ok(bident::Answer::Ready)
            })
        })
        .and_then(|l| l.func_wrap("h", "wait", || Reply::<i32>::Pending(())))
        .unwrap();
    let module = Module::from_text_or_binary(&engine, WAT.as_bytes()).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    if regions {
        SecondStack::new(&mut store, &instance, &SecondStackOptions::new()).unwrap();
    }
    let func = instance.get_func(&mut store, name).unwrap();
    (store, func)
}

/// Enter an exported function without parameters and return.
#[divan::bench(sample_size = 1000)]
fn enter_empty(bencher: Bencher) {
    let (mut store, func) = exported("empty");
    let func: TypedFunc<(), ()> = func.typed(&mut store).unwrap();
    bencher.bench_local(|| func.call(&mut store, ()).unwrap());
}

/// The same with two parameters and a result.
#[divan::bench(sample_size = 1000)]
fn enter_add(bencher: Bencher) {
    let (mut store, func) = exported("add");
    let func: TypedFunc<(i32, i32), i32> = func.typed(&mut store).unwrap();
    bencher.bench_local(|| func.call(&mut store, (black_box(1), black_box(2))).unwrap());
}

const CALLS: usize = 10_000;

fn calls_out(bencher: Bencher, name: &str) {
    let (mut store, func) = exported(name);
    let func: TypedFunc<i32, ()> = func.typed(&mut store).unwrap();
    bencher
        .counter(ItemsCount::new(CALLS))
        .bench_local(|| func.call(&mut store, CALLS as i32).unwrap());
}

/// 10,000 calls of a typed host function with two parameters: divide by 10,000.
#[divan::bench]
fn host_call_typed(bencher: Bencher) {
    calls_out(bencher, "typed");
}

/// The same where the function looks at the store's data.
#[divan::bench]
fn host_call_with_caller(bencher: Bencher) {
    calls_out(bencher, "caller");
}

/// The same with dynamic types.
#[divan::bench]
fn host_call_array(bencher: Bencher) {
    calls_out(bencher, "array");
}

/// 10,000 calls of a builtin.
#[divan::bench]
fn builtin_memory_fill(bencher: Bencher) {
    calls_out(bencher, "fill");
}

/// 10,000 times: resume, run to where it parks again, come back. Through the Rust API.
#[divan::bench]
fn park_resume(bencher: Bencher) {
    parks(bencher, made("wait", false));
}

/// Start a call, park it, resume it, let it return: a stack's whole life.
#[divan::bench(sample_size = 1000)]
fn start_park_resume_return(bencher: Bencher) {
    lives(bencher, made("wait", false));
}

/// As `park_resume`, where the call has a region of a second stack.
#[divan::bench]
fn second_stack_parks(bencher: Bencher) {
    parks(bencher, made("wait", true));
}

/// As `start_park_resume_return`, where the call has such a region.
#[divan::bench(sample_size = 1000)]
fn second_stack_lives(bencher: Bencher) {
    lives(bencher, made("wait", true));
}

fn parks(bencher: Bencher, (mut store, func): (Store<u64>, Func)) {
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| {
        let mut outcome = func.start(&mut store, &[]).unwrap();
        for _ in 0..CALLS {
            let Outcome::Parked(parked) = outcome else {
                unreachable!()
            };
            outcome = parked.resume(&mut store, &[Val::I32(1)]).unwrap();
        }
        outcome
    });
}

fn lives(bencher: Bencher, (mut store, func): (Store<u64>, Func)) {
    bencher.bench_local(|| {
        let Ok(Outcome::Parked(parked)) = func.start(&mut store, &[]) else {
            unreachable!()
        };
        parked.resume(&mut store, &[Val::I32(0)]).unwrap()
    });
}
