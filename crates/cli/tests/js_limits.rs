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
            "address: 'i64', initial: 1n, maximum: 2n ** 48n",
            "a 64-bit memory of 65536 bytes",
        ),
    ] {
        let ended = run(&format!(
            "for (;;) new WebAssembly.Memory({{ {descriptor} }})"
        ));
        assert_eq!(ended.status, Some(1), "{}", ended.stdout);
        for part in [
            &format!("Uncaught RangeError: no address space for {memory}: "),
            "Those of dropped instances come back with their store, in JavaScript when the program ends",
            "use fewer instances, or several processes\n",
        ] {
            assert!(ended.stderr.contains(part), "{}", ended.stderr);
        }
    }
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
