//! Buffers of memories that reach other contexts of the runtime.

use rquickjs::{Context, Ctx, Persistent, Runtime, Value};
use std::time::Instant;

fn with_webassembly(runtime: &Runtime) -> Context {
    let context = Context::full(runtime).expect("a context");
    context.with(|ctx| bident_js::install(&ctx).expect("WebAssembly"));
    context
}

fn eval<'js>(ctx: &Ctx<'js>, source: &str) -> Value<'js> {
    ctx.eval(source)
        .unwrap_or_else(|error| panic!("{error}: {:?} in {source}", ctx.catch()))
}

/// Runs `made` in a context, and hands its value to another as the global `given`.
fn hand_over(from: &Context, made: &str, to: &Context) {
    let made = from.with(|ctx| Persistent::save(&ctx, eval(&ctx, made)));
    to.with(|ctx| {
        let given = made.restore(&ctx).expect("the same runtime");
        ctx.globals().set("given", given).expect("a global");
    });
}

const FAILS: &str = "const fails = (type, f) => {
        try { f(); } catch (e) { if (e instanceof type) return; throw e; }
        throw new Error(`no ${type.name}: ${f}`);
    };
    const is = (a, b) => { if (a !== b) throw new Error(`${a}, not ${b}`); };";

const SHARED: &str =
    "var memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
    var buffer = memory.toResizableBuffer(); buffer";

/// What another context does with a buffer that grows: the memory grows first, so there are bytes to be seen.
const GROWS: &str = "{
    const grow = SharedArrayBuffer.prototype.grow;
    const view = new Uint8Array(given);
    fails(RangeError, () => grow.call(given, 65537));
    fails(RangeError, () => grow.call(given, 5 * 65536));
    is(given.byteLength, 65536);
    grow.call(given, 2 * 65536);
    is(view.length, 2 * 65536);
    is(view[2 * 65536 - 1], 0);
    view[2 * 65536 - 1] = 7;
}";

#[test]
fn another_context_grows_a_shared_buffer_with_its_memory() {
    let runtime = Runtime::new().expect("a runtime");
    let (first, second) = (with_webassembly(&runtime), with_webassembly(&runtime));
    hand_over(&first, SHARED, &second);
    second.with(|ctx| eval(&ctx, &format!("{FAILS} {GROWS}")).is_undefined());
    first.with(|ctx| {
        let source = "is(memory.grow(0), 2); is(memory.buffer, buffer);
            is(new Uint8Array(buffer)[2 * 65536 - 1], 7);
            is(memory.grow(1), 2); is(buffer.byteLength, 3 * 65536);
            new Uint8Array(buffer)[3 * 65536 - 1] = 1";
        eval(&ctx, &format!("{FAILS} {source}"));
    });
}

#[test]
fn a_shared_buffer_outlives_its_context_and_grows_with_its_memory() {
    let runtime = Runtime::new().expect("a runtime");
    let (first, second) = (with_webassembly(&runtime), with_webassembly(&runtime));
    hand_over(&first, SHARED, &second);
    drop(first);
    runtime.run_gc();
    second.with(|ctx| eval(&ctx, &format!("{FAILS} {GROWS}")).is_undefined());
}

/// So does one that is not the last of its memory.
#[test]
fn a_shared_buffer_of_another_object_of_the_memory_grows() {
    let runtime = Runtime::new().expect("a runtime");
    let context = with_webassembly(&runtime);
    context.with(|ctx| {
        let source = "var given = memory.toResizableBuffer(); memory = buffer = undefined;";
        eval(&ctx, &format!("{SHARED}; {source}"));
        eval(&ctx, &format!("{FAILS} {GROWS}"));
    });
}

#[test]
fn another_context_resizes_and_cannot_take_the_buffer_of_a_memory() {
    let runtime = Runtime::new().expect("a runtime");
    let (first, second) = (with_webassembly(&runtime), with_webassembly(&runtime));
    let made = "var memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
        var buffer = memory.toResizableBuffer(); new Uint8Array(buffer)[1] = 5; buffer";
    hand_over(&first, made, &second);
    second.with(|ctx| {
        let source = "const { resize, transfer } = ArrayBuffer.prototype;
            fails(RangeError, () => resize.call(given, 0));
            fails(RangeError, () => resize.call(given, 65537));
            fails(TypeError, () => transfer.call(given));
            fails(TypeError, () => ArrayBuffer.prototype.transferToFixedLength.call(given, 0));
            resize.call(given, 2 * 65536);
            is(given.byteLength, 2 * 65536);
            is(new Uint8Array(given)[1], 5);";
        eval(&ctx, &format!("{FAILS} {source}"));
    });
    first.with(|ctx| {
        let source =
            "is(memory.grow(1), 2); is(memory.buffer, buffer); is(buffer.byteLength, 3 * 65536);
            memory.toFixedLengthBuffer(); is(buffer.detached, true);";
        eval(&ctx, &format!("{FAILS} {source}"));
    });
}

/// Of a context that is gone: the bytes are there as long as the buffer is.
#[test]
fn the_buffer_of_a_memory_outlives_its_context() {
    let runtime = Runtime::new().expect("a runtime");
    let (first, second) = (with_webassembly(&runtime), with_webassembly(&runtime));
    let made = "var memory = new WebAssembly.Memory({ initial: 1, maximum: 4 }); memory.toResizableBuffer()";
    hand_over(&first, made, &second);
    drop(first);
    // Its prototype would keep the context.
    second.with(|ctx| drop(eval(&ctx, "Object.setPrototypeOf(given, null)")));
    runtime.run_gc();
    second.with(|ctx| {
        let source = "const { resize, transfer } = ArrayBuffer.prototype;
            let grown = false;
            try { resize.call(given, 2 * 65536); grown = true; } catch {}
            is(grown, false);
            new Uint8Array(given)[65535] = 3;
            const taken = transfer.call(given);
            is(new Uint8Array(taken)[65535], 3);";
        eval(&ctx, &format!("{FAILS} {source}"));
    });
}

#[test]
fn a_context_gets_one_webassembly() {
    let runtime = Runtime::new().expect("a runtime");
    let context = with_webassembly(&runtime);
    context.with(|ctx| {
        eval(&ctx, "var before = WebAssembly.Memory");
        assert!(bident_js::install(&ctx).is_err());
        let message = format!("{:?}", ctx.catch());
        assert!(message.contains("already"), "{message}");
        let source = "is(WebAssembly.Memory, before);
            is(new ArrayBuffer(8).transfer(16).byteLength, 16);
            is(Atomics.notify(new Int32Array(new SharedArrayBuffer(8)), 0), 0);";
        eval(&ctx, &format!("{FAILS} {source}"));
    });
}

/// QuickJS forgets to give back what it was set to before, and ends the process when the runtime goes.
#[test]
fn what_stacks_are_made_with_goes_with_its_context() {
    let runtime = Runtime::new().expect("a runtime");
    let context = with_webassembly(&runtime);
    context.with(|ctx| {
        let source = "let calls = 0;
            Error.stackTraceLimit = { valueOf() { calls++; return 10; } };
            Error.stackTraceLimit = {};
            Error.prepareStackTrace = () => 'mine';
            Error.prepareStackTrace = {};
            is(new Error('x').stack.length, 0);
            Error.stackTraceLimit = 3; Error.prepareStackTrace = undefined;
            is(new Error('x').stack.length > 0, true);
            is(calls, 0);";
        eval(&ctx, &format!("{FAILS} {source}"));
    });
    drop(context);
    drop(runtime);
}

/// Where there is no room on the stack to ask for a buffer, the memory does not grow behind its back.
#[test]
fn a_memory_that_grows_at_the_end_of_the_stack_detaches_its_buffer() {
    let runtime = Runtime::new().expect("a runtime");
    let context = with_webassembly(&runtime);
    context.with(|ctx| {
        let source = "
            let grown = 0, refused = 0;
            const deep = (act, n, ...more) => {
                try { deep(act, n + 1, ...more); } catch (e) { if (!(e instanceof RangeError || e instanceof InternalError)) throw e; }
                act();
            };
            const kinds = [
                [{ initial: 0, maximum: 60000 }, (m) => m.buffer, (b, m) => b.detached || b.byteLength === m.type().minimum * 65536],
                [{ initial: 0, maximum: 60000 }, (m) => m.toResizableBuffer(), (b, m) => b.detached || b.byteLength === m.type().minimum * 65536],
                [{ initial: 1, maximum: 60000, shared: true }, (m) => m.toResizableBuffer(), (b, m) => b.byteLength === m.type().minimum * 65536],
            ];
            for (const [type, show, fits] of kinds) {
                for (let extra = 0; extra < 24; extra++) {
                    const memory = new WebAssembly.Memory(type);
                    const buffers = [show(memory)];
                    const grow = memory.grow.bind(memory, 1);
                    let tries = 0;
                    deep(() => {
                        if (tries++ > 12) return;
                        try { grow(); grown++; buffers.push(show(memory)); } catch { refused++; }
                    }, 0, ...new Array(extra).fill(0));
                    for (const buffer of buffers) {
                        if (!fits(buffer, memory)) throw new Error(`${buffer.byteLength} of ${memory.type().minimum} pages, with ${extra}`);
                    }
                }
            }
            if (!grown || !refused) throw new Error(`${grown} grown, ${refused} refused`);";
        eval(&ctx, source);
    });
}

/// Whose buffer it is must not take longer to find out the more contexts there are.
#[test]
fn a_plain_buffer_is_taken_as_fast_beside_many_contexts() {
    let runtime = Runtime::new().expect("a runtime");
    let first = with_webassembly(&runtime);
    let takes = || {
        let source = "for (let i = 0; i < 5000; i++) new ArrayBuffer(8).transfer()";
        let round = |_| {
            let start = Instant::now();
            first.with(|ctx| drop(eval(&ctx, source)));
            start.elapsed()
        };
        (0..10).map(round).min().expect("some rounds")
    };
    let alone = takes();
    let made = "new WebAssembly.Memory({ initial: 1 }).buffer; var kept = new WebAssembly.Memory({ initial: 1 }); kept.buffer";
    let others: Vec<_> = (0..200).map(|_| with_webassembly(&runtime)).collect();
    others
        .iter()
        .for_each(|context| hand_over(context, made, &first));
    let beside = takes();
    assert!(
        beside < 3 * alone,
        "{alone:?} alone, {beside:?} beside others"
    );
}

/// Bytes of memory that the process has.
fn resident() -> usize {
    let numbers = std::fs::read_to_string("/proc/self/statm").expect("a file of Linux");
    let pages = numbers.split(' ').nth(1).expect("the second number");
    pages.parse::<usize>().expect("a number") * 4096
}

#[test]
fn pages_that_a_resizable_buffer_grows_by_take_no_memory_until_they_are_written() {
    let runtime = Runtime::new().expect("a runtime");
    let context = with_webassembly(&runtime);
    context.with(|ctx| {
        eval(
            &ctx,
            "var memory = new WebAssembly.Memory({ initial: 1, maximum: 32768 });
            var buffer = memory.toResizableBuffer(); new Uint8Array(buffer)[65535] = 1;",
        );
        let before = resident();
        eval(&ctx, "memory.grow(8191); buffer.resize(2 ** 30)");
        let more = resident().saturating_sub(before);
        assert!(more < 256 << 20, "{more} bytes more");
        let source = "const bytes = new Uint8Array(buffer);
            is(bytes.length, 2 ** 30); is(bytes[65535], 1); is(bytes[65536], 0); is(bytes[2 ** 30 - 1], 0);
            bytes[2 ** 29] = 7; is(bytes[2 ** 29], 7); is(memory.grow(0), 16384); is(bytes[2 ** 29], 7);";
        eval(&ctx, &format!("{FAILS} {source}"));
    });
}
