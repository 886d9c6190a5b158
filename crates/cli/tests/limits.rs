//! `--timeout` and `--fuel`: programs that do not end by themselves.

mod common;

use common::{Ended, Folder};
use std::time::{Duration, Instant};

const SPIN: &str = r#"(module
    (memory (export "memory") 65536)
    (func (export "_start") (loop $l (br $l)))
    (func (export "fill") (loop $l
        (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x10000000)) (br $l)))
    (func (export "count") (param i32) (result i32) (local i32)
        (loop $l
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))"#;

const JAVASCRIPT: &str = "const bytes = new Uint8Array([0,97,115,109,1,0,0,0, 1,4,1,96,0,0, 3,2,1,0, 7,5,1,1,102,0,0, \
    10,9,1,7,0,3,64,12,0,11,11]); const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;\n";

fn run(file: &str, text: &str, args: &[&str]) -> Ended {
    let folder = Folder::new(&[(file, text)]);
    folder.bident(args)
}

#[track_caller]
fn times_out(file: &str, text: &str, args: &[&str]) {
    let start = Instant::now();
    let ended = run(file, text, args);
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(ended.status, 124, "{}", ended.err);
    assert_eq!(
        ended.err,
        "bident: the time is up: the program has run for 300ms (--timeout)\n"
    );
}

#[test]
fn a_program_ends_when_its_time_is_up() {
    times_out("m.wat", SPIN, &["run", "--timeout", "300ms", "m.wat"]);
    times_out(
        "m.wat",
        SPIN,
        &["run", "--timeout", "300ms", "--invoke", "fill", "m.wat"],
    );
    for program in [
        "for (;;);",
        "f();",
        "setInterval(() => {}, 10);",
        "try { f() } finally { f() }",
    ] {
        let program = format!("{JAVASCRIPT}{program}");
        times_out("m.mjs", &program, &["run", "--timeout", "300ms", "m.mjs"]);
    }
}

#[test]
fn a_program_that_is_done_in_time_does_not_notice() {
    let args = [
        "run",
        "--timeout",
        "1h",
        "--invoke",
        "count",
        "m.wat",
        "1000",
    ];
    run("m.wat", SPIN, &args).succeeded("1000\n");
}

#[test]
fn a_command_traps_where_its_fuel_is_used_up() {
    let ended = run("m.wat", SPIN, &["run", "--fuel", "100000", "m.wat"]);
    assert_eq!(ended.status, 1);
    let first = "bident: m.wat: all fuel consumed\nwasm backtrace:\n";
    assert!(ended.err.starts_with(first), "{}", ended.err);
    // Nine for each round, and one for the result.
    let args = |fuel| ["run", "--fuel", fuel, "--invoke", "count", "m.wat", "1000"];
    run("m.wat", SPIN, &args("9001")).succeeded("1000\n");
    assert_eq!(run("m.wat", SPIN, &args("8000")).status, 1);
    assert_eq!(run("m.wat", SPIN, &args("0")).status, 1);
}

#[test]
fn javascript_gets_the_trap() {
    let program = format!("{JAVASCRIPT} f();");
    let ended = run("m.mjs", &program, &["run", "--fuel", "100000", "m.mjs"]);
    assert_eq!(ended.status, 1);
    assert!(
        ended
            .err
            .contains("Uncaught RuntimeError: all fuel consumed"),
        "{}",
        ended.err
    );
}

#[test]
fn mistakes() {
    for (option, value, what) in [
        ("--timeout", "5", "no unit; ms, s, m and h are"),
        ("--timeout", "5d", "no unit d; ms, s, m and h are"),
        ("--timeout", "0s", "no time at all"),
        ("--timeout", "s", "cannot parse integer from empty string"),
        ("--fuel", "much", "invalid digit"),
        (
            "--fuel",
            "9223372036854775808",
            "is more than 9223372036854775807",
        ),
    ] {
        let ended = run("m.wat", SPIN, &["run", option, value, "m.wat"]);
        assert_eq!(ended.status, 2, "{option} {value}");
        assert!(ended.err.contains(what), "{}", ended.err);
    }
}
