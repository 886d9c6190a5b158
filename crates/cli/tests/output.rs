//! Where nobody reads what is printed, the disk is full, or the reader is slow: no panic, no loss, a
//! status that says so.

mod common;

use common::{Ended, Folder};
use std::fs::{self, File};
use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// Lines that each program prints: more than a pipe holds.
const LINES: usize = 20_000;

/// Prints `LINES` lines with `print_i32` of the module `spectest`, and fails no assertion.
const SCRIPT: &str = r#"(module
    (import "spectest" "print_i32" (func $print (param i32)))
    (func (export "f") (local $i i32)
        (loop $l
            (call $print (local.get $i))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                (i32.const 20000))))))
(assert_return (invoke "f"))"#;

/// Prints as many; ends with the errno of the first that fails.
const COMMAND: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "a line of text\n")
    (data (i32.const 0) "\10\00\00\00\0f\00\00\00")
    (func (export "_start") (local $i i32) (local $errno i32)
        (loop $l
            (local.set $errno
                (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (if (local.get $errno) (then (call $exit (local.get $errno))))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                (i32.const 20000))))))"#;

const PROGRAM: &str = "for (let i = 0; i < 20000; i++) console.log('a line of text');";

const EXPORT: &str = r#"(module (func (export "f") (result i32) (i32.const 42)))"#;

/// Each subcommand with the status where its output goes nowhere, and where it is read to the end.
struct Case {
    args: &'static [&'static str],
    /// Nobody reads it.
    closed: i32,
    /// The disk is full.
    full: i32,
    /// Lines that it prints.
    lines: usize,
}

const CASES: &[Case] = &[
    // As under Node, a console that nobody reads is no error.
    Case {
        args: &["run", "m.mjs"],
        closed: 0,
        full: 0,
        lines: LINES,
    },
    Case {
        args: &["run", "--script", "s.js", "s.js"],
        closed: 0,
        full: 0,
        lines: 2 * LINES,
    },
    // A command learns of it: EPIPE and ENOSPC, in the numbers of WASI.
    Case {
        args: &["run", "m.wat"],
        closed: 64,
        full: 51,
        lines: LINES,
    },
    Case {
        args: &["run", "--invoke", "f", "f.wat"],
        closed: 1,
        full: 1,
        lines: 1,
    },
    Case {
        args: &["wast", "t.wast", "t.wast"],
        closed: 1,
        full: 1,
        lines: 2 * LINES + 3,
    },
];

const FILES: &[(&str, &str)] = &[
    ("m.mjs", PROGRAM),
    ("s.js", PROGRAM),
    ("m.wat", COMMAND),
    ("f.wat", EXPORT),
    ("t.wast", SCRIPT),
];

fn folder() -> Folder {
    Folder::new(FILES)
}

/// A pipe that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn nobody_reads_it() {
    let folder = folder();
    for case in CASES {
        let output = folder.command(case.args).stdout(closed()).output().unwrap();
        Ended::from(output).failed(case.closed, &[]);
    }
}

/// No descriptor 0, 1 or 2 at the start: what is opened later must not be taken for one of them.
#[test]
fn there_are_no_standard_streams() {
    let folder = folder();
    for case in CASES {
        for closing in [">&-", "<&- >&-", "<&- >&- 2>&-"] {
            let script = format!("exec \"$0\" \"$@\" {closing}");
            let output = Command::new("sh")
                .args(["-c", &script, env!("CARGO_BIN_EXE_bident")])
                .args(case.args)
                .current_dir(folder.path())
                .output()
                .unwrap();
            Ended::from(output).succeeded("");
        }
    }
    for (name, text) in FILES {
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), *text);
    }
}

#[test]
fn the_disk_is_full() {
    let folder = folder();
    for case in CASES {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = folder.command(case.args).stdout(full).output().unwrap();
        Ended::from(output).failed(case.full, &[]);
    }
    for args in [CASES[3].args, CASES[4].args] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = folder.command(args).stdout(full).output().unwrap();
        let ended = Ended::from(output).failed(1, &["cannot print the results", "No space left"]);
        assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    }
}

#[test]
fn the_reader_is_slow() {
    let folder = folder();
    for case in CASES {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut command = folder.command(case.args);
        command.stdout(writer).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        // It holds the other end of the pipe.
        drop(command);
        let mut text = Vec::new();
        let mut piece = [0; 16 * 1024];
        loop {
            thread::sleep(Duration::from_millis(2));
            match reader.read(&mut piece).unwrap() {
                0 => break,
                n => text.extend_from_slice(&piece[..n]),
            }
        }
        let ended = Ended::from(child.wait_with_output().unwrap());
        assert_eq!((ended.status, &*ended.err), (0, ""), "{:?}", case.args);
        let text = String::from_utf8(text).unwrap();
        assert!(text.ends_with('\n'));
        assert_eq!(text.lines().count(), case.lines, "{:?}", case.args);
    }
}

#[test]
fn nobody_reads_the_errors() {
    let folder = Folder::new(&[
        ("m.mjs", "console.error('one'); throw new Error('two')"),
        ("m.wat", r#"(module (func (export "_start") unreachable))"#),
        (
            "t.wast",
            "(module (func (export \"f\") unreachable)) (invoke \"f\")",
        ),
    ]);
    let cases: [(&[&str], i32); 7] = [
        (&["run", "m.mjs"], 1),
        (&["run", "--script", "m.mjs"], 1),
        (&["run", "m.wat"], 1),
        (&["run", "--invoke", "_start", "m.wat"], 1),
        (&["run", "none.wat"], 1),
        (&["run", "--nonsense"], 2),
        (&["wast", "t.wast", "none.wast"], 1),
    ];
    for (args, status) in cases {
        let full = File::options().write(true).open("/dev/full").unwrap();
        for nowhere in [closed(), full.into()] {
            let output = folder.command(args).stderr(nowhere).output().unwrap();
            assert_eq!(output.status.code(), Some(status), "{args:?}");
        }
    }
}
