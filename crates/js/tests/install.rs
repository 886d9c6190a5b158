//! `install` in contexts that have nothing else of this crate: other hosts, more than one context.

use rquickjs::{
    Context, Ctx, Function, Module, Object, Persistent, Result, Runtime, TypedArray, Value,
};
use std::time::Instant;

/// Calls its import, and handles every exception.
const WAITS: &str = r#"(module (import "m" "f" (func $f (param i32) (result i32)))
    (func (export "f") (param i32) (result i32)
        (block $caught
            (return (try_table (result i32) (catch_all $caught) (call $f (local.get 0)))))
        (i32.const -1)))"#;

fn context(runtime: &Runtime) -> Context {
    let context = Context::full(runtime).expect("a context");
    context.with(|ctx| {
        bident_js::install(&ctx).expect("WebAssembly");
        let bytes = wat::parse_str(WAITS).expect("a module");
        let bytes = TypedArray::<u8>::new(ctx.clone(), bytes).expect("a buffer");
        ctx.globals().set("bytes", bytes).expect("a global");
    });
    context
}

fn drain(runtime: &Runtime) {
    while runtime.execute_pending_job().expect("jobs do not throw") {}
}

fn eval<'js>(ctx: &Ctx<'js>, source: &str) -> Result<Value<'js>> {
    ctx.eval(source)
        .inspect_err(|_| panic!("{:?}", ctx.catch()))
}

const CALL: &str = "var exports = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
        m: { f: new WebAssembly.Suspending((x) => Promise.resolve(x + 1)) } }).exports;
    var result;
    WebAssembly.promising(exports.f)(41).then((value) => { result = value; });";

#[test]
fn a_plain_context_drives_promises_with_its_own_job_loop() {
    let runtime = Runtime::new().expect("a runtime");
    let context = context(&runtime);
    context
        .with(|ctx| eval(&ctx, CALL).map(drop))
        .expect("no exception");
    drain(&runtime);
    let result: i32 = context
        .with(|ctx| ctx.globals().get("result"))
        .expect("a number");
    assert_eq!(result, 42);
}

#[test]
fn a_plain_context_has_the_module_of_stacklets_once_it_is_declared() {
    let runtime = Runtime::new().expect("a runtime");
    let context = context(&runtime);
    let program = "import { instantiateAsync } from 'bident:stacklet';
        const m = { f: (x) => Promise.resolve(x + 1) };
        const { exports } = await instantiateAsync(new WebAssembly.Module(bytes), { m });
        globalThis.result = await exports.f(41);";
    context.with(|ctx| {
        assert!(Module::evaluate(ctx.clone(), "early", program).is_err());
        ctx.catch();
        bident_js::declare_stacklet(&ctx).expect("memory");
        Module::evaluate(ctx.clone(), "program", program)
            .and_then(|promise| promise.finish::<()>())
            .unwrap_or_else(|error| panic!("{error}: {:?}", ctx.catch()));
        let result: i32 = ctx.globals().get("result").expect("a number");
        assert_eq!(result, 42);
    });
}

#[test]
fn without_webassembly_the_module_of_stacklets_is_an_error() {
    let runtime = Runtime::new().expect("a runtime");
    let context = Context::full(&runtime).expect("a context");
    context.with(|ctx| {
        bident_js::declare_stacklet(&ctx).expect("memory");
        let imported = Module::evaluate(ctx.clone(), "program", "import 'bident:stacklet'")
            .and_then(|promise| promise.finish::<()>());
        assert!(imported.is_err());
        let message = format!("{:?}", ctx.catch());
        assert!(
            message.contains("this context has no WebAssembly"),
            "{message}"
        );
    });
}

#[test]
fn two_contexts_of_a_runtime_have_nothing_in_common() {
    let runtime = Runtime::new().expect("a runtime");
    let (first, second) = (context(&runtime), context(&runtime));
    for context in [&first, &second] {
        context
            .with(|ctx| eval(&ctx, CALL).map(drop))
            .expect("no exception");
    }
    drain(&runtime);
    for context in [&first, &second] {
        let ours: bool = context.with(|ctx| {
            ctx.eval("result === 42 && exports.f instanceof Function && new WebAssembly.Memory({ initial: 1 }) instanceof WebAssembly.Memory")
        })
        .expect("a boolean");
        assert!(ours);
    }
    drop(first);
    runtime.run_gc();
    second
        .with(|ctx| eval(&ctx, CALL).map(drop))
        .expect("the other goes on");
    drain(&runtime);
}

#[test]
fn a_function_outlives_the_names_of_its_context() {
    let runtime = Runtime::new().expect("a runtime");
    let context = context(&runtime);
    context.with(|ctx| {
        let plain = "new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { f: (x) => x * 2 } }).exports.f";
        let function = Function::from_value(eval(&ctx, plain)?)?;
        eval(&ctx, "delete globalThis.WebAssembly; delete globalThis.bytes")?;
        ctx.run_gc();
        assert_eq!(function.call::<_, i32>((4,))?, 8);
        assert!(!ctx.globals().contains_key("WebAssembly")?);
        Ok::<_, rquickjs::Error>(())
    })
    .expect("no exception");
}

#[test]
fn a_function_of_a_context_that_is_gone_calls_its_imports() {
    let runtime = Runtime::new().expect("a runtime");
    let (first, second) = (context(&runtime), context(&runtime));
    let saved = first.with(|ctx| {
        let source = "var exports = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
                m: { f: new WebAssembly.Suspending((x) => x * 2) } }).exports;
            [WebAssembly.promising(exports.f), exports.f, WebAssembly.Memory]";
        Persistent::save(&ctx, ctx.eval::<Object, _>(source).expect("functions"))
    });
    drop(first);
    runtime.run_gc();
    second.with(|ctx| {
        let shared = saved.restore(&ctx).expect("the same runtime");
        ctx.globals().set("shared", shared).expect("a global");
        let source = "var result, [promising, plain, OtherMemory] = shared;
            promising(21).then((value) => { result = value; });
            if (new OtherMemory({ initial: 1 }).buffer.byteLength !== 65536) throw new Error('memory');
            if (plain(1) !== -1) throw new Error('a SuspendError is caught');";
        eval(&ctx, source).map(drop).expect("no exception");
    });
    drain(&runtime);
    let result: i32 = (second.with(|ctx| ctx.globals().get("result"))).expect("a number");
    assert_eq!(result, 42);
}

#[test]
fn a_call_costs_the_same_beside_many_contexts() {
    let runtime = Runtime::new().expect("a runtime");
    let first = context(&runtime);
    let calls = || {
        let source = "var table = new WebAssembly.Table({ element: 'externref', initial: 1 });
            for (let i = 0; i < 20000; i++) table.get(0)";
        let round = |_| {
            let start = Instant::now();
            first
                .with(|ctx| eval(&ctx, source).map(drop))
                .expect("no exception");
            start.elapsed()
        };
        (0..10).map(round).min().expect("some rounds")
    };
    let alone = calls();
    let others: Vec<_> = (0..300).map(|_| context(&runtime)).collect();
    let beside = calls();
    assert!(
        beside < 3 * alone,
        "{alone:?} alone, {beside:?} beside others"
    );
    // The last to come is found as well as the first.
    for context in others.iter().rev() {
        context
            .with(|ctx| eval(&ctx, "new WebAssembly.Tag({ parameters: [] })").map(drop))
            .expect("no exception");
    }
}

#[test]
fn a_runtime_can_be_dropped_at_any_time() {
    for source in [
        CALL,
        "var kept = new WebAssembly.Memory({ initial: 1 }).buffer",
        "var table = new WebAssembly.Table({ element: 'externref', initial: 2 }); table.set(0, table); table.set(1, globalThis)",
        "WebAssembly.instantiate(bytes, {})",
        "var tag = new WebAssembly.Tag({ parameters: ['externref'] }); var kept = new WebAssembly.Exception(tag, [globalThis])",
        "var tag = new WebAssembly.Tag({ parameters: ['externref'] });
            new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { f(x) { throw new WebAssembly.Exception(tag, [globalThis]); } } }).exports.f(1)",
        "var cycle = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { f: (x) => cycle.exports.f(x) } })",
        "WebAssembly.promising(new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { f: new WebAssembly.Suspending(() => new Promise(() => {})) } }).exports.f)(1)",
    ] {
        let runtime = Runtime::new().expect("a runtime");
        let context = context(&runtime);
        context
            .with(|ctx| eval(&ctx, source).map(drop))
            .expect("no exception");
        drop(context);
        drop(runtime);
    }
}

#[test]
fn values_of_the_embedder_pass_as_externref() {
    let runtime = Runtime::new().expect("a runtime");
    let context = context(&runtime);
    context
        .with(|ctx| {
            let table: Object =
                ctx.eval("new WebAssembly.Table({ element: 'externref', initial: 1 })")?;
            let marker = Object::new(ctx.clone())?;
            let set: Function = table.get("set")?;
            set.call::<_, ()>((rquickjs::function::This(table.clone()), 0, marker.clone()))?;
            let get: Function = table.get("get")?;
            assert_eq!(
                get.call::<_, Object>((rquickjs::function::This(table), 0))?,
                marker
            );
            Ok::<_, rquickjs::Error>(())
        })
        .expect("no exception");
}

#[test]
fn an_interrupt_ends_a_program_inside_a_promising_call_that_handles_exceptions() {
    let program = |first: &str| {
        format!(
            "var exports = new WebAssembly.Instance(new WebAssembly.Module(bytes), {{
                m: {{ f: new WebAssembly.Suspending((x) => {first}) }} }}).exports;
            var settled = false;
            WebAssembly.promising(exports.f)(1).finally(() => {{ settled = true; }});"
        )
    };
    let endless = "{ for (;;); }";
    let converted_later = "Promise.resolve({ valueOf() { for (;;); } })";
    for (answer, interrupted_at_once) in [(endless, true), (converted_later, false)] {
        let runtime = Runtime::new().expect("a runtime");
        let context = context(&runtime);
        runtime.set_interrupt_handler(Some(Box::new(|| true)));
        let outcome = context.with(|ctx| ctx.eval::<Value, _>(program(answer)).map(drop));
        assert_eq!(outcome.is_err(), interrupted_at_once);
        let job = runtime.execute_pending_job();
        assert_eq!(job.is_err(), !interrupted_at_once);
        drop(job);
        runtime.set_interrupt_handler(None);
        drain(&runtime);
        let settled: bool = context
            .with(|ctx| ctx.globals().get("settled"))
            .expect("a boolean");
        assert!(!settled, "the program goes on after {answer}");
    }
}

/// One whose `transfer` knows nothing of memories. The bytes outlive the buffer then.
#[test]
fn a_buffer_that_another_context_takes() {
    let runtime = Runtime::new().expect("a runtime");
    let (context, other) = (
        context(&runtime),
        Context::full(&runtime).expect("a context"),
    );
    let wat = r#"(module (memory (export "memory") 1)
        (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#;
    let buffer = context.with(|ctx| {
        let bytes = wat::parse_str(wat).expect("a module");
        let bytes = TypedArray::<u8>::new(ctx.clone(), bytes).expect("a buffer");
        ctx.globals().set("growing", bytes).expect("a global");
        let source = "var grow, buffer;
            {
                const { exports } = new WebAssembly.Instance(new WebAssembly.Module(growing));
                ({ grow, memory: { buffer } } = exports);
                new Uint8Array(buffer)[3] = 7;
            }
            buffer";
        Persistent::save(&ctx, eval(&ctx, source).expect("a buffer"))
    });
    other.with(|ctx| {
        let buffer = buffer.restore(&ctx).expect("the same runtime");
        ctx.globals().set("buffer", buffer).expect("a global");
        eval(
            &ctx,
            "var mine = ArrayBuffer.prototype.transfer.call(buffer); buffer = undefined;",
        )
        .expect("no exception");
    });
    context.with(|ctx| {
        let source = "buffer = undefined; for (let i = 0; i < 1000; i++) new ArrayBuffer(8);";
        eval(&ctx, source).expect("no exception");
        ctx.run_gc();
        let before: i32 = ctx.eval("grow()").expect("a number");
        let again: i32 = ctx.eval("grow()").expect("a number");
        assert_eq!((before, again), (1, 2));
    });
    other.with(|ctx| {
        let seen: i32 = ctx
            .eval("mine.byteLength + new Uint8Array(mine)[3]")
            .expect("a number");
        assert_eq!(seen, 65536 + 7);
    });
}
