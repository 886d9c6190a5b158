//! Cycles through JavaScript and WebAssembly, where there are several contexts, and many values.

use bident::{Config, Engine};
use rquickjs::prelude::Func;
use rquickjs::{Context, Ctx, Persistent, Runtime, Value};

/// `made` and `gone` count objects; `cycle` makes one that leads back to itself through a table and a global.
const SETUP: &str = r#"
    var made = 0, gone = 0;
    const registry = new FinalizationRegistry(() => { gone += 1; });
    function object() {
        made += 1;
        const object = {};
        registry.register(object, undefined);
        return object;
    }
    var cycle = () => {
        const o = object();
        o.table = new WebAssembly.Table({ element: "externref", initial: 1 }, o);
        o.global = new WebAssembly.Global({ value: "externref" }, o.table);
        return o;
    };
"#;

fn context(runtime: &Runtime, engine: &Engine) -> Context {
    let context = Context::full(runtime).expect("a context");
    context.with(|ctx| {
        bident_js::install_with(&ctx, engine).expect("WebAssembly");
        let gc = Func::from(|ctx: Ctx<'_>| ctx.run_gc());
        ctx.globals().set("gc", gc).expect("a global");
    });
    run(&context, SETUP);
    context
}

/// Runs a script, then all jobs; gives what the script is if that is a number.
fn run(context: &Context, source: &str) -> f64 {
    let number = context.with(|ctx| {
        let value = ctx.eval::<Value, _>(source);
        let value = value.unwrap_or_else(|_| panic!("{:?}", ctx.catch()));
        value.as_number().unwrap_or_default()
    });
    while context.runtime().execute_pending_job().expect("a job") {}
    number
}

fn both(test: impl Fn(&Runtime, &Engine)) {
    for stress in [false, true] {
        let engine = Engine::new(&Config::new().stress(stress)).expect("an engine");
        test(&Runtime::new().expect("a runtime"), &engine);
    }
}

#[test]
fn the_first_collection_finds_cycles() {
    both(|runtime, engine| {
        let context = context(runtime, engine);
        run(&context, "for (let i = 0; i < 50; i++) cycle(); gc()");
        assert_eq!(run(&context, "made"), 50.0);
        assert!(run(&context, "gone") >= 49.0);
    });
}

#[test]
fn one_collection_finds_a_cycle_of_many_values() {
    let engine = Engine::new(&Config::new()).expect("an engine");
    let runtime = Runtime::new().expect("a runtime");
    let context = context(&runtime, &engine);
    let source = "var table = new WebAssembly.Table({ element: 'externref', initial: 50000 });
        for (let i = 0; i < 50000; i++) { const o = object(); o.table = table; table.set(i, o); }";
    run(&context, source);
    let gone = || {
        runtime.run_gc();
        // Runs the jobs that count.
        run(&context, "0");
        run(&context, "gone")
    };
    assert_eq!(gone(), 0.0);
    run(&context, "table = undefined");
    assert!(gone() >= 49_999.0);
}

#[test]
fn contexts_of_a_runtime_do_not_mix() {
    both(|runtime, engine| {
        let [a, b] = [context(runtime, engine), context(runtime, engine)];
        run(&a, "var kept = cycle()");
        run(&b, "var kept = cycle()");
        // A value of one lies in a table of the other, and back.
        let pass = |from: &Context, to: &Context| {
            let value = from.with(|ctx| {
                let value: Value = ctx.globals().get("kept").expect("a value");
                Persistent::save(&ctx, value)
            });
            to.with(|ctx| {
                let value = value.restore(&ctx).expect("of the same runtime");
                ctx.globals().set("theirs", value).expect("a global");
            });
            let table = "{ element: 'externref', initial: 1 }";
            run(
                to,
                &format!("kept.theirs = new WebAssembly.Table({table}, theirs); theirs = 0"),
            );
        };
        pass(&a, &b);
        pass(&b, &a);
        for _ in 0..3 {
            run(&a, "for (let i = 0; i < 50; i++) cycle(); gc()");
            run(&b, "for (let i = 0; i < 50; i++) cycle(); gc()");
        }
        for context in [&a, &b] {
            run(context, "gc()");
            assert_eq!(run(context, "made - gone <= 2 ? 1 : gone"), 1.0);
            assert_eq!(run(context, "kept.table.get(0) === kept ? 1 : 0"), 1.0);
            assert_eq!(
                run(context, "kept.global.value === kept.table ? 1 : 0"),
                1.0
            );
        }
        // One goes, but for what the other has of it.
        drop(a);
        runtime.run_gc();
        assert_eq!(run(&b, "kept.table.get(0) === kept ? 1 : 0"), 1.0);
        assert_eq!(
            run(
                &b,
                "kept.theirs.get(0).table.get(0) === kept.theirs.get(0) ? 1 : 0"
            ),
            1.0
        );
        run(&b, "for (let i = 0; i < 50; i++) cycle(); gc()");
        assert!(run(&b, "made - gone") <= 3.0);
    });
}

#[test]
fn a_context_goes_with_all_that_it_has() {
    both(|runtime, engine| {
        for _ in 0..20 {
            let context = context(runtime, engine);
            run(
                &context,
                "var all = []; for (let i = 0; i < 20; i++) all.push(cycle())",
            );
            run(&context, "for (let i = 0; i < 20; i++) cycle()");
        }
        runtime.run_gc();
    });
}

/// How long collections take with a million values: `cargo test --release -p bident-js --test cycles -- --ignored
/// --nocapture`.
#[test]
#[ignore = "takes some seconds, prints times"]
fn a_million_values() {
    let engine = Engine::new(&Config::new()).expect("an engine");
    let runtime = Runtime::new().expect("a runtime");
    let context = context(&runtime, &engine);
    for n in [1_000, 10_000, 100_000, 1_000_000] {
        let source = format!(
            r#"var table = new WebAssembly.Table({{ element: "externref", initial: {n} }});
            for (let i = 0; i < {n}; i++) {{ const o = {{ table }}; table.set(i, o); }}"#
        );
        run(&context, &source);
        let time = |what: &str| {
            let start = std::time::Instant::now();
            runtime.run_gc();
            println!(
                "{n} values, {what}: {:.1} ms",
                start.elapsed().as_secs_f64() * 1e3
            );
        };
        time("which live");
        time("which live");
        run(&context, "table = undefined");
        time("which die");
        time("none");
    }
}
