//! `bident run` with JavaScript that asks for too much, and what many of a kind cost.

mod scratch;

use scratch::{Ended, MODULE, Scratch, run};
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn endless_recursion() {
    let programs = [
        "function f() { f() } f()".to_owned(),
        "const f = () => [1].map(f); f()".to_owned(),
        "const o = { get f() { return `${this.f}` } }; o.f".to_owned(),
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a)".to_owned(),
        "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; console.log('%j', a)".to_owned(),
        format!("{MODULE}const f = make(() => f()).f; f()"),
    ];
    let limits = ["ulimit -s 512;", "ulimit -s 128;", "ulimit -s unlimited;"];
    let usual = programs.iter().map(|program| (program, ""));
    let others = limits.map(|limit| (&programs[0], limit));
    for (program, limit) in usual.chain(others) {
        let scratch = Scratch::new(&[("main.mjs", program)]);
        let command = env!("CARGO_BIN_EXE_bident");
        // The memory is limited, too: recursion that has no end must not take it all.
        let line = format!("ulimit -v 40000000; {limit} exec {command} run main.mjs");
        let output = Command::new("sh")
            .args(["-c", &line])
            .current_dir(&scratch.0)
            .output();
        let ended = Ended::new(&output.expect("a shell"), &scratch.0.display().to_string());
        assert_eq!(ended.status, Some(1), "{limit} {program}: {}", ended.stderr);
        let message = "RangeError: Maximum call stack size exceeded";
        assert!(
            ended.stderr.contains(message),
            "{limit} {program}: {}",
            ended.stderr
        );
    }
}

#[test]
fn the_last_memory() {
    for (descriptor, memory) in [
        ("initial: 1", "one more memory of 8 GiB (about 16,000 fit)"),
        (
            "address: 'i64', initial: 1n, maximum: 2n ** 37n - 1n",
            "a 64-bit memory of 65536 bytes",
        ),
    ] {
        let ended = run(&format!(
            "const all = []; for (;;) all.push(new WebAssembly.Memory({{ {descriptor} }}))"
        ));
        assert_eq!(ended.status, Some(1), "{}", ended.stdout);
        for part in [
            &format!("Uncaught RangeError: no address space for {memory}: "),
            "Let go of instances that are not used, or use several processes\n",
        ] {
            assert!(ended.stderr.contains(part), "{}", ended.stderr);
        }
    }
}

/// More memories than there is address space for at once; what is dropped is given back.
#[test]
fn more_instances_than_fit() {
    let program = r#"
        const bytes = Uint8Array.from(
            [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 2, 7, 1, 1, 101, 1, 102, 0, 0, 3, 2, 1, 0, 4, 4, 1,
            112, 0, 2, 5, 3, 1, 0, 1, 7, 5, 1, 1, 102, 0, 1, 9, 7, 1, 0, 65, 0, 11, 1, 1, 10, 16, 1, 14, 0, 65, 8, 16,
            0, 54, 2, 0, 65, 8, 40, 2, 0, 11]);
        const module = new WebAssembly.Module(bytes);
        // (memory (export "memory") 1) (func (export "grow") (result i32) (memory.grow (i32.const 1)))
        const showing = new WebAssembly.Module(Uint8Array.from(
            [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 17, 2, 6, 109, 101, 109,
            111, 114, 121, 2, 0, 4, 103, 114, 111, 119, 0, 0, 10, 8, 1, 6, 0, 65, 1, 64, 0, 11]));
        const shown = new WebAssembly.Table({ element: 'anyfunc', initial: 2 });
        // The first one, with its table exported.
        const tabled = new WebAssembly.Module(Uint8Array.from(
            [...bytes.slice(0, 39), 7, 9, 1, 5, 116, 97, 98, 108, 101, 1, 0, ...bytes.slice(46)]));
        const resident = () => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]);
        const import_of = (i) => ({ e: { f: () => i } });
        const kinds = {
            instance(i) {
                const { exports } = new WebAssembly.Instance(module, import_of(i));
                if (exports.f() !== i) throw Error('wrong');
            },
            // What it imports leads back to it, as glue does.
            glue(i) {
                const { exports } = new WebAssembly.Instance(module, { e: { f: () => (exports ? i : 0) } });
                if (exports.f() !== i) throw Error('wrong');
            },
            // One imports from the other.
            two(i) {
                const first = new WebAssembly.Instance(module, { e: { f: () => (first && second ? i : 0) } });
                const second = new WebAssembly.Instance(module, { e: first.exports });
                if (second.exports.f() !== i) throw Error('wrong');
            },
            // JavaScript's own collector has to find it.
            cycle(i) {
                const object = { instance: new WebAssembly.Instance(module, import_of(i)) };
                object.object = object;
            },
            memory: () => new WebAssembly.Memory({ initial: 1 }),
            // Every program reads the buffer.
            buffer(i) {
                const { memory } = new WebAssembly.Instance(showing).exports;
                new Int32Array(memory.buffer)[2] = i;
                if (new DataView(memory.buffer).getInt32(8, true) !== i) throw Error('wrong');
            },
            buffer_that_grows(i) {
                const { memory, grow } = new WebAssembly.Instance(showing).exports;
                const buffer = i % 2 ? memory.buffer : memory.toResizableBuffer();
                buffer.memory = memory;
                if (grow() !== 1 || buffer.byteLength !== (i % 2 ? 0 : 131072)) throw Error('wrong');
            },
            growth() {
                if (new WebAssembly.Instance(showing).exports.grow() !== 1) throw Error('wrong');
            },
            shared(i) {
                const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
                new Int32Array(memory.buffer)[2] = i;
                if (Atomics.load(new Int32Array(memory.buffer), 2) !== i) throw Error('wrong');
            },
            memory64: () => new WebAssembly.Memory({ address: 'i64', initial: 1n }),
            table: () => new WebAssembly.Table({ element: 'anyfunc', initial: 1000 }),
            global: () => new WebAssembly.Global({ value: 'externref', mutable: true }, {}),
            tag: () => new WebAssembly.Tag({ parameters: ['i32'] }),
            module: () => new WebAssembly.Module(bytes),
            // With a custom section of its own each.
            different: (i) => new WebAssembly.Module(Uint8Array.from([...bytes, 0, 4, 1, 120, i & 255, i >> 8])),
            exception: (i) => new WebAssembly.Exception(new WebAssembly.Tag({ parameters: ['externref'] }), [{ i }]),
            func: (i) => new WebAssembly.Function({ parameters: [], results: ['i32'] }, () => i),
            // Where QuickJS does not see it.
            escaped(i) {
                shown.set(i % 2, new WebAssembly.Instance(module, import_of(i)).exports.f);
                shown.get(i % 2).number = i;
                if (shown.get(i % 2)() !== i) throw Error('wrong');
            },
            // What was set on a function leads back to it.
            property(i) {
                const { table } = new WebAssembly.Instance(tabled, import_of(i)).exports;
                table.get(0).table = table;
                if (table.get(0).table.get(0)() !== i) throw Error('wrong');
            },
        };
        for (const [name, make] of Object.entries(kinds)) {
            let before;
            for (let i = 0; i < COUNT; i++) {
                make(i);
                if (i === COUNT / 2) before = resident();
            }
            const more = resident() - before;
            if (more > 32768) throw Error(`${name}: ${more} KiB more`);
            console.log(name);
        }"#;
    let program = program.replace("COUNT", "20_000");
    let ended = run(&format!("import fs from 'node:fs';{program}"));
    assert_eq!(ended.stderr, "");
    let names = "instance glue two cycle memory buffer buffer_that_grows growth shared memory64 table global tag module different exception func escaped property";
    assert_eq!(ended.stdout, names.replace(' ', "\n") + "\n");
}

/// Ten times as many may take no more than about ten times as long.
#[test]
fn many_of_a_kind_cost_what_they_are() {
    for (what, program) in [
        (
            "late handlers",
            "const ps = []; for (let i = 0; i < N; i++) ps.push(Promise.reject(i)); for (const p of ps) p.catch(() => {})",
        ),
        (
            "immediates",
            "const xs = []; for (let i = 0; i < N; i++) xs.push(setImmediate(() => {})); for (const x of xs) clearImmediate(x)",
        ),
        (
            "timeouts",
            "const xs = []; for (let i = 0; i < N; i++) xs.push(setTimeout(() => {}, 1000)); for (const x of xs) clearTimeout(x)",
        ),
        (
            "turns",
            "for (let i = 0; i < N; i++) setTimeout(() => {}, 60000).unref(); let n = N / 10; const turn = () => { if (n-- > 0) setImmediate(turn) }; turn()",
        ),
        (
            "ticks",
            "for (let i = 0; i < N; i++) process.nextTick(() => {})",
        ),
        (
            "listeners",
            "for (let i = 0; i < N; i++) process.once('x', () => {}); process.emit('x')",
        ),
        (
            "memories that there is never room for",
            "const all = []; for (let i = 0; i < N; i++) { try { all.push(new WebAssembly.Memory({ initial: 0 })) } catch {} }",
        ),
        (
            "reported",
            "process.on('unhandledRejection', () => {}); for (let i = 0; i < N; i++) Promise.reject(1)",
        ),
        (
            "long lines",
            "console.error('%s', 'x'.repeat(N)); console.error(['x'.repeat(N)])",
        ),
    ] {
        let time = |count: u32| {
            let start = Instant::now();
            let ended = run(&program.replace('N', &count.to_string()));
            let said = ended.stdout + &ended.stderr;
            assert_eq!(ended.status, Some(0), "{what}: {said}");
            start.elapsed()
        };
        let (few, many) = (time(4_000), time(40_000));
        let most = few * 25 + Duration::from_millis(500);
        assert!(
            many < most,
            "{what}: {few:?} for 4,000, {many:?} for 40,000"
        );
    }
}
