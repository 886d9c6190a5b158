//! Functions that are compiled when they are first called.

mod common;

use bident::{Compile, Config, Engine, ErrorKind, Extern, Func, Instance, Lasting, Module, Store};
use bident::{TrapCode, Val};
use common::child;
use std::fs;
use std::sync::{Barrier, Mutex};
use std::thread;

fn engine(config: Config) -> Engine {
    Engine::new(&config.compile(Compile::Lazy)).expect("this machine can run compiled code")
}

fn lazy() -> Engine {
    engine(Config::new())
}

fn module(engine: &Engine, text: &str) -> Module {
    Module::from_text_or_binary(engine, text.as_bytes()).expect("a module")
}

/// Calls an export that takes and gives an `i32`.
fn call(store: &mut Store<()>, instance: Instance, name: &str, argument: i32) -> i32 {
    let func = instance.get_typed_func::<i32, i32>(&mut *store, name);
    let func = func.expect("an export");
    func.call(store, argument).expect("it returns")
}

/// Functions that lead to each other in every way there is; `seed` makes modules differ.
fn ways(seed: i32) -> String {
    format!(
        r#"(module
        (type $i (func (param i32) (result i32)))
        (type $k (cont $i))
        (tag $t (param i32))
        (table 3 funcref)
        (elem (i32.const 0) $third $fourth $first)
        (elem declare func $fifth $sixth)
        (func $first (export "first") (type $i) (i32.add (call $second (local.get 0)) (i32.const {seed})))
        (func $second (type $i) (call_indirect (type $i) (local.get 0) (i32.const 0)))
        (func $third (type $i) (return_call_indirect (type $i) (local.get 0) (i32.const 1)))
        (func $fourth (type $i) (return_call $deep (local.get 0) (i64.const 7) (f64.const 8) (ref.func $fifth)))
        (func $deep (param i32 i64 f64 (ref $i)) (result i32)
          (i32.add (call_ref $i (local.get 0) (local.get 3))
            (i32.add (i32.wrap_i64 (local.get 1)) (i32.trunc_f64_s (local.get 2)))))
        (func $fifth (type $i) (resume $k (local.get 0) (cont.new $k (ref.func $sixth))))
        (func $sixth (type $i)
          (block $caught (result i32)
            (try_table (catch $t $caught) (call $throws (local.get 0)))
            (i32.const -1)))
        (func $throws (param i32) (throw $t (i32.mul (local.get 0) (i32.const 2)))))"#
    )
}

#[test]
fn every_way_of_calling_compiles() {
    let engine = lazy();
    let module = module(&engine, &ways(1000));
    for _ in 0..2 {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        for argument in [4, 5] {
            assert_eq!(
                call(&mut store, instance, "first", argument),
                2 * argument + 15 + 1000
            );
        }
    }
}

#[test]
fn arguments_and_results_of_all_kinds_arrive() {
    let params =
        "i32 i64 f32 f64 v128 i32 i64 i32 i64 i32 i64 f32 f64 v128 f32 f64 v128 f32 f64 v128 f64";
    let values = "(i32.const 1) (i64.const -2) (f32.const 3) (f64.const 4) (v128.const i64x2 5 6) (i32.const 7)
        (i64.const 8) (i32.const 9) (i64.const 10) (i32.const 11) (i64.const 12) (f32.const 13) (f64.const 14)
        (v128.const i64x2 15 16) (f32.const 17) (f64.const 18) (v128.const i64x2 19 20) (f32.const 21)
        (f64.const 22) (v128.const i64x2 23 24) (f64.const 25)";
    // Each result is a parameter.
    let gets: String = (0..21).map(|i| format!("(local.get {i}) ")).collect();
    let engine = lazy();
    // Too large to come along with its caller.
    let nops = "nop ".repeat(200);
    let text = format!(
        r#"(module
        (type $t (func (param {params}) (result {params})))
        (table funcref (elem $keep $tail))
        (func $keep (type $t) {nops} {gets})
        (func $tail (type $t) {nops} (return_call $kept {gets}))
        (func $kept (type $t) {nops} {gets})
        (func $direct (type $t) {nops} {gets})
        (func (export "direct") (result {params}) (call $direct {values}))
        (func (export "keep") (result {params}) (call_indirect (type $t) {values} (i32.const 0)))
        (func (export "tail") (result {params}) (call_indirect (type $t) {values} (i32.const 1))))"#
    );
    let module = module(&engine, &text);
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let mut results = Vec::new();
    // Thrice: cold, and not.
    for name in ["direct", "keep", "tail", "direct", "keep", "tail"] {
        let func = instance.get_func(&mut store, name).unwrap();
        let mut values = vec![Val::I32(0); 21];
        func.call(&mut store, &[], &mut values).unwrap();
        results.push(format!("{values:?}"));
    }
    let first = &results[0];
    assert!(
        first.contains("I64(-2)") && first.contains("I32(11)"),
        "{first}"
    );
    assert!(results.iter().all(|other| other == first), "{results:#?}");
}

#[test]
fn many_threads_call_the_same_cold_functions_at_once() {
    const THREADS: usize = 64;
    let rounds = if cfg!(debug_assertions) { 20 } else { 1000 };
    let engine = lazy();
    let module = Mutex::new(None);
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (engine, module, barrier) = (&engine, &module, &barrier);
            scope.spawn(move || {
                for round in 0..rounds {
                    if thread == 0 {
                        let new = self::module(engine, &ways(round));
                        *module.lock().unwrap() = Some(new);
                    }
                    barrier.wait();
                    let shared: Module = module.lock().unwrap().clone().unwrap();
                    let mut store = Store::new(engine, ());
                    let instance = Instance::new(&mut store, &shared, &[]).unwrap();
                    barrier.wait();
                    let argument = thread as i32;
                    let result = call(&mut store, instance, "first", argument);
                    assert_eq!(result, 2 * argument + 15 + round);
                    barrier.wait();
                }
            });
        }
    });
}

#[test]
fn a_thread_with_little_stack_has_its_functions_compiled_elsewhere() {
    let engine = lazy();
    let module = module(&engine, &ways(1));
    let thread = thread::Builder::new().stack_size(256 << 10).spawn(move || {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        call(&mut store, instance, "first", 3)
    });
    assert_eq!(thread.unwrap().join().unwrap(), 22);
}

#[test]
fn an_invalid_body_is_found_at_once() {
    let engine = lazy();
    let text = r#"(module (func) (func (result i32) (i64.const 1)))"#;
    let error = Module::from_text_or_binary(&engine, text.as_bytes())
        .err()
        .unwrap();
    assert!(matches!(error.kind(), ErrorKind::Compile), "{error}");
}

#[test]
fn what_is_too_much_work_fails_when_it_is_called() {
    let engine = engine(Config::new().max_function_work(500));
    let long = "(local.set 0 (i32.add (local.get 0) (i32.const 1)))".repeat(1000);
    let text = format!(
        r#"(module
        (func $long (param i32) (result i32) {long} (local.get 0))
        (func (export "long") (param i32) (result i32) (call $long (local.get 0)))
        (func (export "short") (param i32) (result i32) (local.get 0)))"#
    );
    let module = module(&engine, &text);
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    for _ in 0..2 {
        let long = instance
            .get_typed_func::<i32, i32>(&mut store, "long")
            .unwrap();
        let error = long.call(&mut store, 1).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit), "{error:?}");
        let text = format!("{error:#}");
        assert!(
            text.contains("function 0 (`long`): more than 500 units of work"),
            "{text}"
        );
        assert_eq!(error.backtrace().len(), 1, "{error:?}");
        assert_eq!(call(&mut store, instance, "short", 5), 5);
    }
}

#[test]
fn traps_have_backtraces_with_names() {
    let engine = lazy();
    let module = module(
        &engine,
        r#"(module
        (func $outer (export "outer") (param i32) (result i32) (call $inner (local.get 0)))
        (func $inner (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0))))"#,
    );
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let outer = instance
        .get_typed_func::<i32, i32>(&mut store, "outer")
        .unwrap();
    let error = outer.call(&mut store, 0).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Trap(TrapCode::IntegerDivideByZero)),
        "{error:?}"
    );
    let names: Vec<_> = error
        .backtrace()
        .iter()
        .map(|frame| format!("{frame}"))
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(
        names[0].contains("inner") && names[1].contains("outer"),
        "{names:?}"
    );
}

#[test]
fn functions_of_another_module_and_the_start_function_are_compiled_too() {
    let engine = lazy();
    let exporter = module(
        &engine,
        r#"(module (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))"#,
    );
    let importer = module(
        &engine,
        r#"(module
        (import "" "twice" (func $twice (param i32) (result i32)))
        (global $g (mut i32) (i32.const 0))
        (func $start (global.set $g (call $twice (i32.const 21))))
        (start $start)
        (func (export "get") (param i32) (result i32) (i32.add (global.get $g) (call $twice (local.get 0)))))"#,
    );
    let mut store = Store::new(&engine, ());
    let first = Instance::new(&mut store, &exporter, &[]).unwrap();
    let twice: Func = first.get_func(&mut store, "twice").unwrap();
    let second = Instance::new(&mut store, &importer, &[Extern::Func(twice)]).unwrap();
    assert_eq!(call(&mut store, second, "get", 4), 50);
}

#[test]
fn code_goes_with_its_module() {
    // In a process of its own: other tests have mappings, too.
    let status = child("code_goes_with_its_module", modules_come_and_go);
    assert!(status.success(), "{status}");
}

fn modules_come_and_go() {
    let engine = lazy();
    let mut store = Store::new(&engine, ());
    let mappings = || {
        fs::read_to_string("/proc/self/maps")
            .unwrap()
            .lines()
            .count()
    };
    let mut before = 0;
    for round in 0..600 {
        let module = module(&engine, &ways(round));
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        assert_eq!(call(&mut store, instance, "first", 1), 17 + round);
        instance.release(&mut store).unwrap();
        if round % 100 == 99 {
            store.gc();
        }
        if round == 99 {
            before = mappings();
        }
    }
    let after = mappings();
    assert!(after < before + 100, "{before} mappings, then {after}");
}

#[test]
fn a_module_of_many_tiny_functions_takes_few_pages() {
    let name = "a_module_of_many_tiny_functions_takes_few_pages";
    let status = child(name, many_tiny_functions);
    assert!(status.success(), "{status}");
}

fn many_tiny_functions() {
    let engine = lazy();
    let count = 20_000;
    let funcs = "(func (result i32) (i32.const 5))".repeat(count);
    let elems: String = (0..count).map(|i| format!(" {i}")).collect();
    let text = format!(
        r#"(module {funcs}
        (table funcref (elem{elems}))
        (func (export "all") (param i32) (result i32) (local i32)
          (loop $next
            (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (local.set 1 (i32.add (local.get 1) (call_indirect (result i32) (local.get 0))))
            (br_if $next (local.get 0)))
          (local.get 1)))"#
    );
    let module = module(&engine, &text);
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    assert_eq!(
        call(&mut store, instance, "all", count as i32),
        5 * count as i32
    );
    // A stub of 16 bytes each, and code of 64 as it is aligned; 4,096 if each had a page.
    let (least, code) = (count * (16 + 64), largest_code());
    assert!(
        (count * 16..2 * least).contains(&code),
        "{code} bytes of code"
    );
}

/// Bytes of the most executable pages that lie beside each other and belong to no file.
fn largest_code() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let (mut largest, mut start, mut end) = (0, 0, 0);
    for line in maps.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if fields.len() > 5 || fields[1] != "r-xp" {
            continue;
        }
        let ends = fields[0].split_once('-').unwrap();
        let [from, to] = [ends.0, ends.1].map(|end| usize::from_str_radix(end, 16).unwrap());
        if from != end {
            start = from;
        }
        end = to;
        largest = largest.max(end - start);
    }
    largest
}
