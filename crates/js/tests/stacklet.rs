//! `bident:stacklet` in contexts of other hosts: more than one, interrupted, with few stacks, with little memory.

use bident::{Config, Engine};
use rquickjs::{Context, Ctx, Function, Module, Object, Runtime, TypedArray, Value};

/// A context with the module's exports as globals, and `wat`.
fn context(runtime: &Runtime, engine: &Engine) -> Context {
    let context = Context::full(runtime).expect("a context");
    context.with(|ctx| {
        bident_js::install_with(&ctx, engine).expect("WebAssembly");
        bident_js::declare_stacklet(&ctx).expect("the module");
        let wat = Function::new(ctx.clone(), parse).expect("a function");
        ctx.globals().set("wat", wat).expect("a global");
        let source = "import * as all from 'bident:stacklet'; Object.assign(globalThis, all)";
        let module = Module::evaluate(ctx.clone(), "main", source).expect("a module");
        module.finish::<()>().expect("it ends");
        let prelude = format!("const STACK = `{STACK}`, ASK = `{ASK}`; {PRELUDE}");
        eval(&ctx, &prelude);
    });
    context
}

fn parse<'js>(ctx: Ctx<'js>, text: String) -> rquickjs::Result<TypedArray<'js, u8>> {
    TypedArray::new(ctx, wat::parse_str(text).expect("a module"))
}

const ASK: &str = r#"(module (import "m" "f" (func $f (param i32) (result i32)))
    (func (export "ask") (param i32) (result i32) (call $f (local.get 0))))"#;

/// A stack that serves calls, see `docs/stacklets.md`.
const STACK: &str = r#"(module
    (type $run (func)) (type $serve (func (param (ref $run)))) (type $stack (cont $serve))
    (tag $idle (export "idle") (result (ref $run)))
    (elem declare func $body)
    (func $body (param $run (ref $run))
      (loop $next (call_ref $run (local.get $run)) (local.set $run (suspend $idle)) (br $next)))
    (func (export "make") (result (ref $stack)) (cont.new $stack (ref.func $body))))"#;

const PRELUDE: &str = "
    const asking = new WebAssembly.Module(wat(ASK));
    const maker = new WebAssembly.Instance(new WebAssembly.Module(wat(STACK))).exports;
    const stack = () => Stacklet.from(maker.make, maker.idle);
    const make = async (f, stacklet) => (await instantiateAsync(asking, { m: { f } }, stacklet)).exports;
    const plain = (f) => new WebAssembly.Instance(asking, { m: { f } }).exports;
    var settle, result;
    const pending = () => new Promise((resolve) => { settle = resolve; });
    const thrown = (f) => { try { f(); } catch (error) { return `${error.name}: ${error.message}`; } };";

fn eval<'js>(ctx: &Ctx<'js>, source: &str) -> Value<'js> {
    ctx.eval(source)
        .unwrap_or_else(|_| panic!("{source}: {:?}", ctx.catch()))
}

/// What `source` comes to, after all jobs have run.
fn settled(runtime: &Runtime, context: &Context, source: &str) -> String {
    context.with(|ctx| {
        let all = format!(
            "result = undefined;
            (async () => {{ {source} }})().then((value) => {{ result = String(value); }},
                (error) => {{ result = `${{error.name}}: ${{error.message}}`; }}); 0"
        );
        eval(&ctx, &all);
    });
    while runtime.execute_pending_job().expect("jobs do not throw") {}
    context
        .with(|ctx| ctx.globals().get::<_, Option<String>>("result"))
        .expect("a string")
        .expect("it is settled")
}

#[test]
fn objects_of_another_context_are_not_ours() {
    let (runtime, engine) = (Runtime::new().expect("a runtime"), Engine::default());
    let (first, second) = (context(&runtime, &engine), context(&runtime, &engine));
    let theirs = settled(
        &runtime,
        &first,
        "globalThis.theirs = { stacklet: new Stacklet(), made: stack(), suspender: new Suspender(), maker, plain,
            exports: await make(async (i) => i), asking, mayWait, neverWaits };",
    );
    assert_eq!(theirs, "undefined");
    let saved = first.with(|ctx| {
        let theirs: Object = ctx.globals().get("theirs").expect("an object");
        rquickjs::Persistent::save(&ctx, theirs)
    });
    second.with(|ctx| {
        let theirs = saved.restore(&ctx).expect("the same runtime");
        ctx.globals().set("theirs", theirs).expect("a global");
    });
    for (source, answer) in [
        (
            "await make((i) => i, theirs.stacklet)",
            "TypeError: instantiateAsync needs a Stacklet",
        ),
        (
            "await make((i) => i, theirs.made)",
            "TypeError: instantiateAsync needs a Stacklet",
        ),
        (
            "Stacklet.from(theirs.maker.make, maker.idle)",
            "TypeError: Stacklet.from needs an exported function that gives a continuation",
        ),
        (
            "Stacklet.from(maker.make, theirs.maker.idle)",
            "TypeError: Stacklet.from needs the WebAssembly.Tag with which the stack waits for a call",
        ),
        (
            "bindAsync(theirs.exports.ask)",
            "TypeError: bindAsync needs a function that WebAssembly exported",
        ),
        (
            "await instantiateAsync(asking, {}, new Stacklet(), { m: { f: theirs.exports.ask } })",
            "TypeError: sync import \"m\" \"f\" must be an export of an instance of stacklet 1, but it is no export of an instance that instantiateAsync has made",
        ),
        // As JavaScript functions they are as good as any.
        ("return (await make(theirs.exports.ask)).ask(4)", "4"),
        (
            "return (await make(theirs.mayWait(async (i) => i + 1))).ask(4)",
            "5",
        ),
        (
            "return typeof (await make(theirs.neverWaits((i) => i))).ask(4)",
            "number",
        ),
        ("return theirs.exports.ask(5)", "5"),
    ] {
        assert_eq!(settled(&runtime, &second, source), answer, "{source}");
    }
}

#[test]
fn a_suspender_with_functions_of_two_contexts_keeps_them_apart() {
    let (runtime, engine) = (Runtime::new().expect("a runtime"), Engine::default());
    let (first, second) = (context(&runtime, &engine), context(&runtime, &engine));
    settled(
        &runtime,
        &first,
        "const suspender = new Suspender();
        const reads = plain(suspender.suspendOnReturnedPromise(async (i) => i));
        globalThis.theirs = { suspender, ask: WebAssembly.promising(reads.ask) };",
    );
    let saved = first.with(|ctx| {
        let theirs: Object = ctx.globals().get("theirs").expect("an object");
        rquickjs::Persistent::save(&ctx, theirs)
    });
    second.with(|ctx| {
        let theirs = saved.restore(&ctx).expect("the same runtime");
        ctx.globals().set("theirs", theirs).expect("a global");
    });
    // The export is of this context, the import of the other: as many calls are under way in both.
    let source = "const wrap = Suspender.prototype.returnPromiseOnSuspend;
        let answer;
        const call = wrap.call(theirs.suspender, plain((i) => { answer = theirs.ask(i); return 0; }).ask);
        call(1);
        return `${theirs.suspender.state}, ${await answer.catch((error) => error)}`;";
    let answer = settled(&runtime, &second, source);
    assert!(
        answer.starts_with("inactive, RuntimeError:")
            && answer.contains("JavaScript stands between"),
        "{answer}"
    );
}

#[test]
fn an_interrupt_in_a_start_function_rejects_nothing() {
    for make in ["WebAssembly.instantiate", "instantiateAsync"] {
        let (runtime, engine) = (Runtime::new().expect("a runtime"), Engine::default());
        let context = context(&runtime, &engine);
        context.with(|ctx| {
            let source = format!(
                "var caught = false;
                const starts = new WebAssembly.Module(wat('(module (import \"m\" \"f\" (func $f)) (func $s (call $f)) (start $s))'));
                {make}(starts, {{ m: {{ f() {{ for (;;); }} }} }}).catch(() => {{ caught = true; }}); 0"
            );
            eval(&ctx, &source);
        });
        runtime.set_interrupt_handler(Some(Box::new(|| true)));
        assert!(runtime.execute_pending_job().is_err(), "{make}");
        runtime.set_interrupt_handler(None);
        while runtime.execute_pending_job().expect("jobs do not throw") {}
        let caught: bool = context
            .with(|ctx| ctx.globals().get("caught"))
            .expect("a boolean");
        assert!(!caught, "{make}: the program goes on");
    }
}

#[test]
fn stacks_that_nobody_has_any_more_are_freed() {
    let runtime = Runtime::new().expect("a runtime");
    let engine = Engine::new(&Config::new().max_stack_memory(1 << 20)).expect("an engine");
    let context = context(&runtime, &engine);
    for round in 0..40 {
        let source = "for (let i = 0; i < 100; i++) if ((await make((i) => i, stack())).ask(i) !== i) return 'wrong'; return 'done'";
        assert_eq!(settled(&runtime, &context, source), "done", "round {round}");
        runtime.run_gc();
    }
}

#[test]
fn without_memory_calls_fail_and_nothing_is_stuck() {
    let (runtime, engine) = (Runtime::new().expect("a runtime"), Engine::default());
    let context = context(&runtime, &engine);
    let prepared = settled(
        &runtime,
        &context,
        "globalThis.answer = globalThis.call = undefined, globalThis.s = new Suspender(), globalThis.made = stack();
        globalThis.three = Promise.resolve(3);
        const promising = (f) => WebAssembly.promising(plain(new WebAssembly.Suspending(f)).ask);
        globalThis.calls = [s.returnPromiseOnSuspend(plain(s.suspendOnReturnedPromise(pending)).ask),
            (await make(pending, made)).ask, promising(pending), promising(() => three)];",
    );
    assert_eq!(prepared, "undefined");
    let mut failed = 0;
    for room in (0..6000).step_by(11) {
        for number in 0..4 {
            let set = format!("settle = answer = undefined; call = calls[{number}]; 0");
            context.with(|ctx| drop(eval(&ctx, &set)));
            runtime.run_gc();
            runtime.set_memory_limit(runtime.memory_usage().malloc_size as usize + room);
            let answer = context.with(|ctx| {
                let call: Function = ctx.globals().get("call").ok()?;
                let answer: Result<Value, _> = call.call((1,));
                let answer = answer.inspect_err(|_| drop(ctx.catch())).ok()?;
                Some(rquickjs::Persistent::save(&ctx, answer))
            });
            runtime.set_memory_limit(0);
            failed += usize::from(answer.is_none());
            context.with(|ctx| {
                let answer = answer.map(|answer| answer.restore(&ctx).expect("the same runtime"));
                ctx.globals().set("answer", answer).expect("a global");
            });
            // A stack has come to its end if it was parked and nothing could wait for it.
            let source = "const state = () => `${s.state}, ${made.state}`;
                settle?.(3);
                const seen = [await answer?.catch(() => 'failed'), state()].join(': ');
                if (made.state === 'ended') { made = stack(); calls[1] = (await make(pending, made)).ask; }
                return seen;";
            let seen = settled(&runtime, &context, source);
            let right = match seen.split_once(": ") {
                Some(("" | "failed", state)) => {
                    state == "inactive, idle" || number == 1 && state == "inactive, ended"
                }
                Some((value, state)) => value == "3" && state == "inactive, idle",
                None => false,
            };
            assert!(right, "{room} bytes: {seen}");
        }
    }
    assert!(failed > 10, "only {failed} calls failed");
}
