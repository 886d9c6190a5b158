//! Parked calls that nobody can end are given back, with what their stacks hold, also where that leads
//! back to them; those that somebody can end stay, with all they hold.

use bident::{Config, Engine};
use rquickjs::prelude::Func;
use rquickjs::{Context, Ctx, Runtime, TypedArray};

/// Calls in all, for each way to abandon them.
const CALLS: usize = if cfg!(debug_assertions) {
    50_000
} else {
    1_000_000
};
/// Calls of a round.
const ROUND: usize = 1000;
/// Rounds until memory has its final size.
const FIRST_ROUNDS: usize = 4;

/// `f` waits, with two values on its stack, and gives the answer and both. `keep` waits, puts a value
/// into a global, and waits again; `pass` does so at once, and `take` takes it from there and waits.
const GUEST: &str = r#"(module
    (import "m" "wait" (func $wait (param externref) (result externref)))
    (global $global (mut externref) (ref.null extern))
    (func $deep (param i32 externref) (result externref)
        (if (result externref) (local.get 0)
            (then (call $deep (i32.sub (local.get 0) (i32.const 1)) (local.get 1)) (drop) (local.get 1))
            (else (call $wait (local.get 1)))))
    (func (export "deep") (param externref) (result externref)
        (call $deep (i32.const 300) (local.get 0)))
    (func (export "kept") (result externref) (global.get $global))
    (func (export "keep") (param externref) (result externref)
        (drop (call $wait (ref.null extern)))
        (global.set $global (local.get 0))
        (drop (call $wait (ref.null extern)))
        (local.get 0))
    (func (export "pass") (param externref) (result externref)
        (global.set $global (local.get 0))
        (drop (call $wait (ref.null extern)))
        (local.get 0))
    (func (export "take") (result externref) (local externref)
        (local.set 0 (global.get $global))
        (global.set $global (ref.null extern))
        (drop (call $wait (ref.null extern)))
        (local.get 0))
    (func $inner (param externref) (result externref externref)
        (call $wait (local.get 0)) (local.get 0))
    (func (export "f") (param externref externref) (result externref externref externref)
        (call $inner (local.get 0)) (local.get 1)))"#;

/// `g` waits for a number, with a value on its stack, and gives both.
const CONVERTING: &str = r#"(module
    (import "m" "wait" (func $wait (result i32)))
    (func (export "g") (param externref) (result i32 externref) (call $wait) (local.get 0)))"#;

/// How many objects live, as the finalization registry tells.
const SETUP: &str = r#"
    var made = 0, gone = 0;
    const registry = new FinalizationRegistry(() => { gone += 1; });
    function object(properties) {
        made += 1;
        const object = { ...properties };
        registry.register(object, undefined);
        return object;
    }
    var last;
    const exports = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: {
        wait: new WebAssembly.Suspending(() => new Promise((resolve, reject) => { last = { resolve, reject }; })),
    } }).exports;
    const f = WebAssembly.promising(exports.f);
    const [keep, pass, take] = [exports.keep, exports.pass, exports.take].map(WebAssembly.promising);
    function check(condition) { if (!condition) throw new Error("check"); }
    var alone = () => { f(1, "text"); last = undefined; };
    var held = () => {
        const o = object();
        o.promise = f(o, object({ o }));
        o.end = last;
        last = undefined;
    };
    const deep = WebAssembly.promising(exports.deep);
    var large = () => {
        const o = object();
        o.promise = deep(o);
        o.end = last;
        last = undefined;
    };
    var two = () => {
        const [a, b] = [object(), object()];
        a.promise = f(b, 1);
        a.end = last;
        b.promise = f(2, a);
        b.end = last;
        last = undefined;
    };
"#;

struct Program {
    context: Context,
    runtime: Runtime,
}

impl Program {
    fn new(stress: bool) -> Self {
        Self::with(&Config::new().stress(stress))
    }

    fn with(config: &Config) -> Self {
        let engine = Engine::new(config).expect("an engine");
        let runtime = Runtime::new().expect("a runtime");
        let context = Context::full(&runtime).expect("a context");
        context.with(|ctx| {
            bident_js::install_with(&ctx, &engine).expect("WebAssembly");
            let globals = ctx.globals();
            for (name, text) in [("bytes", GUEST), ("converting", CONVERTING)] {
                let bytes = wat::parse_str(text).expect("a module");
                let bytes = TypedArray::<u8>::new(ctx.clone(), bytes).expect("a buffer");
                globals.set(name, bytes).expect("a global");
            }
            let gc = Func::from(|ctx: Ctx<'_>| ctx.run_gc());
            globals.set("gc", gc).expect("a global");
        });
        let program = Self { context, runtime };
        program.run(SETUP);
        program
    }

    /// Runs a script, then all jobs; gives what the script is if that is a number.
    fn run(&self, source: &str) -> f64 {
        let value = self.context.with(|ctx| {
            let value = ctx.eval::<rquickjs::Value, _>(source);
            let value = value.unwrap_or_else(|_| panic!("{:?}", ctx.catch()));
            value.as_number().unwrap_or_default()
        });
        while self.runtime.execute_pending_job().expect("a job") {}
        value
    }
}

/// Memory of this process that is resident, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("statm");
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|n| n.parse::<usize>().ok());
    pages.expect("a number") * 4096
}

/// Abandons calls in rounds, each by a call of `way`, which makes `calls` of them.
fn abandon(way: &str, calls: usize, stress: bool) {
    let program = Program::new(stress);
    let round = format!("for (let i = 0; i < {ROUND}; i += {calls}) {way}();");
    // What grows its stack each time takes longer.
    let total = if stress || way == "large" {
        CALLS / 10
    } else {
        CALLS
    };
    let mut first = Figures::default();
    for i in 0..total / ROUND {
        program.run(&round);
        let now = Figures::of(&program);
        if i < FIRST_ROUNDS {
            first = first.most(now);
        } else {
            assert!(
                now.objects <= 2 * first.objects + 4 * ROUND
                    && now.alive <= 2 * first.alive + ROUND,
                "round {i} of {way}: {now:?}, in the first {FIRST_ROUNDS} {first:?}"
            );
            #[cfg(target_os = "linux")]
            assert!(
                now.resident <= first.resident + (32 << 20),
                "round {i} of {way}: {now:?}, in the first {FIRST_ROUNDS} {first:?}"
            );
        }
    }
    println!(
        "{way}, stress {stress}: first {first:?}, last {:?}",
        Figures::of(&program)
    );
}

#[derive(Clone, Copy, Default, Debug)]
struct Figures {
    /// Of QuickJS.
    objects: usize,
    /// Of those that parked stacks were given.
    alive: usize,
    #[cfg(target_os = "linux")]
    resident: usize,
}

impl Figures {
    fn of(program: &Program) -> Self {
        Self {
            objects: program.runtime.memory_usage().obj_count as usize,
            alive: program.run("made - gone") as usize,
            #[cfg(target_os = "linux")]
            resident: resident(),
        }
    }

    fn most(self, other: Self) -> Self {
        Self {
            objects: self.objects.max(other.objects),
            alive: self.alive.max(other.alive),
            #[cfg(target_os = "linux")]
            resident: self.resident.max(other.resident),
        }
    }
}

#[test]
fn calls_that_nobody_refers_to_run_in_constant_memory() {
    abandon("alone", 1, false);
    abandon("alone", 1, true);
}

#[test]
fn calls_whose_stacks_hold_what_could_end_them_run_in_constant_memory() {
    abandon("held", 1, false);
    abandon("held", 1, true);
}

#[test]
fn calls_on_large_stacks_run_in_constant_memory() {
    abandon("large", 1, false);
    abandon("large", 1, true);
}

#[test]
fn calls_that_could_end_each_other_run_in_constant_memory() {
    abandon("two", 2, false);
    abandon("two", 2, true);
}

/// Some calls that nobody can end, so that the engine is asked who owns what, and collections.
fn others(program: &Program) {
    program.run("for (let i = 0; i < 1000; i += 1) held();");
    program.runtime.run_gc();
}

fn both(test: impl Fn(&Program)) {
    for stress in [false, true] {
        test(&Program::new(stress));
    }
}

#[test]
fn calls_that_can_be_ended_go_on_with_what_their_stacks_hold() {
    both(|program| {
        program.run(
            "var calls = [];
             for (let i = 0; i < 200; i += 1) {
                 const [a, b] = [{ i }, { i }];
                 const promise = f(a, b);
                 // Nobody but the stack has what `a` and `b` refer to.
                 const [x, y] = [new WeakRef(a), new WeakRef(b)];
                 const checked = promise.then(([answer, p, q]) => {
                     check(answer === i && p.i === i && q.i === i && p !== q);
                     check(x.deref() === p && y.deref() === q);
                     return 1;
                 });
                 calls.push({ end: last, checked, rejected: i % 3 === 0 });
             }
             last = undefined;",
        );
        others(program);
        program.run(
            "var ended = 0, failed = 0;
             calls.forEach(({ end, checked, rejected }, i) => {
                 checked.then((one) => { ended += one; }, (error) => { failed += error === i; });
                 if (i % 2 === 0) return;
                 rejected ? end.reject(i) : end.resolve(i);
             });",
        );
        others(program);
        program.run(
            "calls.forEach(({ end, rejected }, i) => {
                 if (i % 2 === 0) rejected ? end.reject(i) : end.resolve(i);
             });
             calls = undefined;",
        );
        assert_eq!(program.run("ended"), 133.0);
        assert_eq!(program.run("failed"), 67.0);
    });
}

#[test]
fn what_a_call_has_put_elsewhere_outlives_it() {
    both(|program| {
        for i in 0..20 {
            program.run(&format!(
                "var o = object({{ i: {i} }}); keep(o); o.end = last; last = undefined;"
            ));
            program.run("var end = o.end; o = undefined;");
            others(program);
            program.run("end.resolve(); end = undefined;");
            // It has parked again, and nobody can end it.
            program.run("last = undefined;");
            others(program);
            program.run(&format!("check(exports.kept().i === {i});"));
        }
    });
}

#[test]
fn what_two_stacks_hold_stays_as_long_as_one_can_go_on() {
    both(|program| {
        for i in 0..20 {
            program.run(&format!("pass(object({{ i: {i} }})); last = undefined;"));
            program.run("var taken; take().then((value) => { taken = value.i; }); var end = last; last = undefined;");
            others(program);
            others(program);
            program.run("end.resolve(); end = undefined;");
            assert_eq!(program.run("taken"), f64::from(i));
        }
    });
}

#[test]
fn values_change_owners_while_arguments_are_converted() {
    both(|program| {
        // The answer of `wait` has to become an i32: JavaScript runs while a parked call is to go on.
        program.run(
            "var numbers = new WebAssembly.Instance(new WebAssembly.Module(converting), { m: {
                 wait: new WebAssembly.Suspending(() => new Promise((resolve) => { last = { resolve }; })),
             } }).exports;
             var g = WebAssembly.promising(numbers.g);
             var sum = 0;",
        );
        for i in 0..20 {
            program.run(&format!(
                "g(object({{ i: {i} }})).then(([answer, o]) => {{ check(o.i === {i}); sum += answer; }});
                 var end = last; last = undefined;"
            ));
            others(program);
            program.run(
                "end.resolve({ valueOf() {
                     for (let i = 0; i < 200; i += 1) held();
                     gc();
                     return 3;
                 } });
                 end = undefined;",
            );
            others(program);
        }
        assert_eq!(program.run("sum"), 60.0);
    });
}

/// As many calls as there are stacks for; then the context goes, where nothing, half or all of it has ended.
#[test]
fn a_context_goes_while_all_stacks_are_in_use() {
    for round in 0..24 {
        let (stress, ended) = (round % 2 == 1, round / 2 % 3);
        let program = Program::with(&Config::new().stress(stress).max_stack_memory(1 << 20));
        program.run(
            "var calls = [], done = 0, refused;
             while (refused === undefined) {
                 last = undefined;
                 const promise = f(object(), 1);
                 if (last === undefined) { refused = promise; break; }
                 promise.then(() => { done += 1; });
                 calls.push(last);
             }
             refused.catch((error) => { refused = error; });",
        );
        program.run("check(refused instanceof RangeError && calls.length > 400);");
        program.run(&format!(
            "calls.forEach(({{ resolve }}, i) => {{ if (i % 2 < {ended}) resolve(); }});"
        ));
        let half = "calls.length / 2";
        let least = program.run(half) * f64::from(ended);
        assert!((program.run("done") - least).abs() < 1.0);
        if ended > 0 {
            program.run(
                "var again; f(2, 3).then(([a, b, c]) => { again = b + c; }); last.resolve(); 0",
            );
            assert_eq!(program.run("again"), 5.0);
        }
    }
}
