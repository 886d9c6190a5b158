//! The interrupt handler of a runtime stops WebAssembly, on an engine whose code looks for its deadline.

#[path = "../../engine/tests/common/late.rs"]
mod late;

use bident::{Config, Engine};
use rquickjs::{Context, Runtime, TypedArray, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const GUEST: &str = r#"(module
  (type $f (func)) (type $c (cont $f))
  (import "m" "f" (func $import))
  (elem declare func $spin)
  (memory 65536)
  (func $spin (export "spin") (loop $l (br $l)))
  (func (export "inside") (resume $c (cont.new $c (ref.func $spin))))
  (func (export "fill") (loop $l
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x1000000)) (br $l)))
  (func (export "calls") (loop $l (call $import) (br $l)))
  (func (export "once") (call $import))
  (func (export "ends") (result i32) (local i32)
    (loop $l (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 5000000))))
    (local.get 0)))"#;

const STARTS: &str = "(module (func $spin (loop $l (br $l))) (start $spin))";

/// Ticks every millisecond, as long as it is there.
struct Clock(Arc<AtomicBool>);

impl Clock {
    fn start(engine: &Engine) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (engine, end) = (engine.clone(), over.clone());
        thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(1));
                engine.increment_epoch();
            }
        });
        Self(over)
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn context(runtime: &Runtime, engine: &Engine) -> Context {
    let context = Context::full(runtime).expect("a context");
    context.with(|ctx| {
        bident_js::install_with(&ctx, engine).expect("WebAssembly");
        for (name, text) in [("bytes", GUEST), ("starts", STARTS)] {
            let bytes = wat::parse_str(text).expect("a module");
            let bytes = TypedArray::<u8>::new(ctx.clone(), bytes).expect("a buffer");
            ctx.globals().set(name, bytes).expect("a global");
        }
        ctx.eval::<(), _>(
            "var caught = 0;
            var exports = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { f() { nested(); } } }).exports;
            var nested = () => {};",
        )
        .expect("an instance");
    });
    context
}

#[test]
fn webassembly_is_stopped() {
    let engine = Engine::new(&Config::new().epoch_interruption(true)).expect("an engine");
    let _clock = Clock::start(&engine);
    for program in [
        "exports.spin()",
        "exports.inside()",
        "exports.fill()",
        "exports.calls()",
        "for (;;) exports.ends()",
        "nested = () => exports.spin(); exports.once()",
        "WebAssembly.promising(exports.spin)()",
        "new WebAssembly.Instance(new WebAssembly.Module(starts))",
    ] {
        let runtime = Runtime::new().expect("a runtime");
        let context = context(&runtime, &engine);
        let over = Arc::new(AtomicBool::new(false));
        let asked = over.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || asked.load(Ordering::Relaxed))));
        let source = format!("try {{ {program} }} catch {{ caught++ }} finally {{ caught++ }}");
        let clock = engine.clone();
        let pass = move || {
            over.store(true, Ordering::Relaxed);
            clock.increment_epoch();
        };
        let run = || context.with(|ctx| ctx.eval::<Value, _>(source).is_err());
        let (stopped, late) = late::late(pass, run);
        assert!(stopped, "{program}");
        assert!(late < late::MOST, "{program}: {late:?}");
        println!("{program}: {late:?}");
        runtime.set_interrupt_handler(None);
        while runtime.execute_pending_job().expect("jobs do not throw") {}
        let (caught, ends): (i32, i32) = context.with(|ctx| {
            let caught = ctx.eval("caught").expect("a number");
            (caught, ctx.eval("exports.ends()").expect("a number"))
        });
        assert_eq!((caught, ends), (0, 5_000_000), "{program}");
    }
}

#[test]
fn who_need_not_stop_goes_on() {
    let engine = Engine::new(&Config::new().epoch_interruption(true)).expect("an engine");
    let _clock = Clock::start(&engine);
    let runtime = Runtime::new().expect("a runtime");
    let context = context(&runtime, &engine);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    runtime.set_interrupt_handler(Some(Box::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
        false
    })));
    let rounds = "let sum = 0; for (let i = 0; i < 20; i++) sum += exports.ends(); sum";
    let sum: i32 = context.with(|ctx| ctx.eval(rounds).expect("a number"));
    assert_eq!(sum, 100_000_000);
    assert!(asked.load(Ordering::Relaxed) > 0, "nobody has asked");
}

/// A guest that has used up the stack or the memory of JavaScript is stopped all the same.
#[test]
fn who_has_used_up_everything_is_stopped() {
    let engine = Engine::new(&Config::new().epoch_interruption(true)).expect("an engine");
    let _clock = Clock::start(&engine);
    for (program, memory) in [
        (
            "function r() { try { r() } catch { exports.spin() } } r()",
            false,
        ),
        (
            "const a = []; try { for (;;) a.push(new Uint8Array(999)) } catch {} exports.spin()",
            true,
        ),
    ] {
        let runtime = Runtime::new().expect("a runtime");
        let context = context(&runtime, &engine);
        if memory {
            runtime.set_memory_limit(4 << 20);
        }
        let end = Instant::now() + Duration::from_millis(100);
        runtime.set_interrupt_handler(Some(Box::new(move || Instant::now() > end)));
        let stopped = context.with(|ctx| ctx.eval::<Value, _>(program).is_err());
        let late = Instant::now().saturating_duration_since(end);
        assert!(stopped, "{program}");
        assert!(late < Duration::from_secs(10), "{program}: {late:?}");
        runtime.set_interrupt_handler(None);
        runtime.set_memory_limit(usize::MAX);
    }
}
