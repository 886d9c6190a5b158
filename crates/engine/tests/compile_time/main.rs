//! Compiling takes time in proportion to a module's size, whatever its shape; or the module is refused.

mod shapes;

use bident::{Config, Engine, Error, ErrorKind, Func, Instance, Module, Store, Val};
use shapes::{Shape, each, times};
use std::time::{Duration, Instant};

/// Four times the size may take this many times as long. In proportion would be 4, with the square of
/// the size 16.
const MOST: f64 = 10.0;

/// Below this, a measurement says nothing.
const SHORT: Duration = Duration::from_millis(3);

/// Compiles a binary; how long it took, or why it was refused.
fn compile(engine: &Engine, binary: &[u8]) -> Result<Duration, Error> {
    let start = Instant::now();
    Module::new(engine, binary)?;
    Ok(start.elapsed())
}

fn binary(text: &str) -> Vec<u8> {
    match wat::parse_str(text) {
        Ok(binary) => binary,
        Err(error) => panic!("{error}"),
    }
}

/// The shortest times of a shape at its size and at four times that; `None` if the larger is refused.
/// Measures until the growth is in bounds, or often enough.
fn measure(engine: &Engine, shape: &Shape, rounds: usize) -> Option<[Duration; 2]> {
    let small = binary(&(shape.text)(shape.size));
    let large = binary(&(shape.text)(shape.size * 4));
    let mut shortest = [Duration::MAX; 2];
    for _ in 0..rounds {
        let time = compile(engine, &small);
        let time = time.unwrap_or_else(|error| panic!("{}: {error}", shape.name));
        shortest[0] = shortest[0].min(time);
        match compile(engine, &large) {
            Ok(time) => shortest[1] = shortest[1].min(time),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Compile, "{}: {error}", shape.name);
                assert!(
                    error.to_string().contains("units of work"),
                    "{}: {error}",
                    shape.name
                );
                return None;
            }
        }
        if growth(shortest) <= MOST {
            break;
        }
    }
    Some(shortest)
}

fn growth([small, large]: [Duration; 2]) -> f64 {
    large.as_secs_f64() / small.max(SHORT).as_secs_f64()
}

/// With an optimised compiler: without optimisation, its own checks take the longest.
#[cfg(not(debug_assertions))]
#[test]
fn time_grows_with_size() {
    let engine = Engine::default();
    for shape in shapes::all() {
        let name = shape.name;
        match measure(&engine, &shape, 6) {
            Some(times) => {
                let growth = growth(times);
                println!("{name}: {times:.1?}, {growth:.1}");
                assert!(growth <= MOST, "{name}: {times:?}, times {growth:.1}");
            }
            None => println!("{name}: refused at {}", shape.size * 4),
        }
    }
}

/// In any build: what the larger sizes become is right by the compiler's own checks.
#[test]
fn every_shape_compiles_or_is_refused() {
    let engine = Engine::default();
    let factor = if cfg!(debug_assertions) { 16 } else { 1 };
    for shape in shapes::all() {
        let size = shape.size.div_ceil(factor);
        measure(&engine, &Shape { size, ..shape }, 1);
    }
}

/// How long this thread has run, which is what compiles a single function, other programs left out.
#[cfg(not(debug_assertions))]
fn busy() -> Duration {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanos = times.split(' ').next().unwrap().parse();
    Duration::from_nanos(nanos.unwrap())
}

/// The inputs that took 65, 10, 8 and more than 60 seconds.
#[cfg(not(debug_assertions))]
#[test]
fn large_functions_take_no_more_than_seconds() {
    let engine = Engine::default();
    let sizes = [
        ("resume", 75_000),
        ("resume with a clause", 18_000),
        ("try_table", 45_000),
        ("locals across a loop", 50_000),
    ];
    for (name, size) in sizes {
        let shape = shapes::all().find(|shape| shape.name == name).unwrap();
        let binary = binary(&(shape.text)(size));
        let round = |_| {
            let start = busy();
            compile(&engine, &binary).unwrap();
            busy() - start
        };
        let time = (0..3).map(round).min().unwrap();
        println!("{name}, {} KB: {time:.1?}", binary.len() / 1024);
        assert!(time < Duration::from_secs(4), "{name}: {time:?}");
    }
}

/// Names are looked up one by one, by embedders and in backtraces.
#[cfg(not(debug_assertions))]
#[test]
fn looking_up_every_export_grows_with_their_number() {
    let engine = Engine::default();
    let time = |count: usize| {
        let exports = each(count, |i| format!("(export \"e{i}\" (func $f))"));
        let text = format!("(module (func $f) {exports})");
        let module = Module::new(&engine, &binary(&text)).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let start = Instant::now();
        for i in 0..count {
            let found = instance.get_export(&mut store, &format!("e{i}"));
            assert!(found.is_some(), "e{i}");
        }
        start.elapsed()
    };
    let shortest = |count| (0..5).map(|_| time(count)).min().unwrap();
    let times = [shortest(5_000), shortest(20_000)];
    assert!(growth(times) <= MOST, "{times:?}");
}

/// Calls the export `f` of a module with an integer.
fn run(engine: &Engine, text: &str, arg: i32) -> i32 {
    let module = Module::new(engine, &binary(text)).unwrap();
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let f: Func = instance.get_func(&mut store, "f").unwrap();
    let mut results = [Val::I32(0)];
    f.call(&mut store, &[Val::I32(arg)], &mut results).unwrap();
    match results[0] {
        Val::I32(result) => result,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn large_functions_do_what_small_ones_do() {
    let engine = Engine::default();
    for count in [3, 3_000_i32] {
        let pieces = count as usize;
        let suspensions = format!(
            "(module (type $f (func)) (type $c (cont $f)) (tag $t (param i32) (result i32))
               (type $g (func (param i32))) (type $d (cont $g)) (elem declare func $body)
               (global $sum (mut i32) (i32.const 0))
               (func $body
                 (loop (global.set $sum (i32.add (global.get $sum) (suspend $t (i32.const 5)))) (br 0)))
               (func (export \"f\") (param $x i32) (result i32) (local $k (ref null $d)) (local $v i32)
                 (block (result i32 (ref $d)) (resume $c (on $t 0) (cont.new $c (ref.func $body)))
                   unreachable)
                 local.set $k local.set $v {} (global.get $sum)))",
            times(
                pieces,
                "(block (result i32 (ref $d))
                   (resume $d (on $t 0) (i32.add (local.get $v) (local.get $x)) (local.get $k))
                   unreachable)
                 local.set $k local.set $v"
            )
        );
        let sum = run(&engine, &suspensions, 2);
        assert_eq!(sum, 7 * count, "{count} suspensions");

        let caught = format!(
            "(module (tag $t (param i32)) (func $f (param i32) (throw $t (local.get 0)))
               (func (export \"f\") (param $x i32) (result i32) (local $sum i32)
                 {} (local.get $sum)))",
            times(
                pieces,
                "(block (result i32) (try_table (catch $t 0) (call $f (local.get $x))) unreachable)
                 (local.set $sum (i32.add (local.get $sum)))"
            )
        );
        let sum = run(&engine, &caught, 2);
        assert_eq!(sum, 2 * count, "{count} exceptions");

        let kept = format!(
            "(module (func $f (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
               (func (export \"f\") (param $x i32) (result i32) {} {}
                 (loop {} (br_if 0 (i32.lt_u (local.get 1) (i32.const 1000)))) {}))",
            format_args!("(local {})", times(pieces, "i32")),
            each(pieces, |i| format!(
                "(local.set {} (call $f (local.get $x)))",
                i + 1
            )),
            each(pieces, |i| format!(
                "(local.set {0} (i32.add (local.get {0}) (call $f (i32.const 1))))",
                i + 1
            )),
            format_args!(
                "{} {}",
                each(pieces, |i| format!("(local.get {})", i + 1)),
                times(pieces - 1, "i32.add")
            ),
        );
        // 6, and 3 more in each round, up to 1002.
        let sum = run(&engine, &kept, 2);
        assert_eq!(sum, 1002 * count, "{count} locals");
    }
}

#[test]
fn an_error_names_function_and_limit() {
    let text = format!(
        "(module (func) (func $big {}))",
        times(1000, "(drop (i32.const 1))")
    );
    let refused = |config: Config| {
        let engine = Engine::new(&config).unwrap();
        let error = compile(&engine, &binary(&text)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Compile);
        error.to_string()
    };
    assert_eq!(
        refused(Config::new().max_function_work(500)),
        "function 1 (`big`): more than 500 units of work for the compiler, which is the limit"
    );
    let text = format!(
        "(module (type $w (func (result {}))) (func $f (type $w) unreachable) {})",
        times(1000, "i32"),
        times(1000, "(func (block call $f br 0))")
    );
    let engine = Engine::new(&Config::new().max_work_per_byte(2)).unwrap();
    let error = compile(&engine, &binary(&text)).unwrap_err();
    let together = "the functions of the module together: more than ";
    assert!(error.to_string().starts_with(together), "{error}");
    Module::new(&Engine::default(), &binary("(module (func))")).unwrap();
}
