//! A C program whose calls wait at once: right with a region each, damaged without.

mod common;

#[allow(dead_code, reason = "its `main` is the example's")]
#[path = "../examples/c_stack.rs"]
mod example;

use bident::{Engine, ErrorKind, SecondStackOptions};
use common::both;
use example::{CALLS, PROGRAM, right_sums};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/c-stack/main.c");

/// All right, from wherever regions come, and not so without.
#[track_caller]
fn check(engine: &Engine, program: &[u8], options: &SecondStackOptions) {
    let sizes = [1024, 64 << 10];
    let sources = sizes.map(|size| options.clone().region_size(size));
    for options in sources {
        assert_eq!(right_sums(engine, program, Some(&options)).unwrap(), CALLS);
    }
    let right = right_sums(engine, program, None).unwrap();
    assert!((1..CALLS).contains(&right), "{right} without regions");
}

#[test]
fn the_program_of_the_example() {
    both(|engine| check(engine, PROGRAM, &SecondStackOptions::new()));
}

/// Compilers that this machine has, each with its first arguments.
fn compilers() -> Vec<Vec<&'static str>> {
    let known = [
        (
            vec!["wasm-ld", "--version"],
            vec!["clang", "--target=wasm32"],
        ),
        (
            vec!["python3", "-m", "ziglang", "version"],
            vec![
                "python3",
                "-m",
                "ziglang",
                "cc",
                "--target=wasm32-freestanding",
            ],
        ),
    ];
    let there = known.into_iter().filter(|(question, _)| {
        let asked = Command::new(question[0]).args(&question[1..]).output();
        asked.is_ok_and(|output| output.status.success())
    });
    there.map(|(_, command)| command).collect()
}

#[track_caller]
fn compile(compiler: &[&str], flags: &[&str], output: &Path) -> Vec<u8> {
    let result = Command::new(compiler[0])
        .args(&compiler[1..])
        .args([
            "-fno-builtin",
            "-fno-sanitize=undefined",
            "-nostdlib",
            "-Wl,--no-entry",
        ])
        .args(flags)
        .arg("-o")
        .args([output, Path::new(SOURCE)])
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&result.stderr);
    assert!(
        result.status.success(),
        "{compiler:?} {flags:?}: {complaint}"
    );
    fs::read(output).unwrap()
}

/// A file for the program, which goes with this.
struct Output(PathBuf);

impl Drop for Output {
    fn drop(&mut self) {
        let _gone = fs::remove_file(&self.0);
    }
}

#[test]
fn compiled_now() {
    const EXPORTED: [&str; 3] = [
        "-mmutable-globals",
        "-Wl,--export=__stack_pointer",
        "-Wl,--strip-all",
    ];
    let compilers = compilers();
    if compilers.is_empty() {
        println!("skipped: neither clang with wasm-ld nor ziglang on this machine");
    }
    let name = format!("bident-c-stack-{}.wasm", std::process::id());
    let file = Output(std::env::temp_dir().join(name));
    for compiler in compilers {
        for level in ["-O0", "-O1", "-O2", "-Os"] {
            // Zig leaves names out of small programs, unless it is to be debugged.
            let named = compile(&compiler, &[level, "-g"], &file.0);
            let exported = [&[level][..], &EXPORTED].concat();
            let exported = compile(&compiler, &exported, &file.0);
            let stripped = compile(&compiler, &[level, "-Wl,--strip-all"], &file.0);
            both(|engine| {
                check(engine, &named, &SecondStackOptions::new());
                let export = SecondStackOptions::new().pointer_export("__stack_pointer");
                check(engine, &exported, &export);
                check(engine, &exported, &SecondStackOptions::new());
                // The linker makes it the first of all.
                check(
                    engine,
                    &stripped,
                    &SecondStackOptions::new().pointer_index(0),
                );
                let unknown = right_sums(engine, &stripped, Some(&SecondStackOptions::new()));
                let error = unknown.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Usage);
                let text = error.to_string();
                assert!(text.contains("-Wl,--export=__stack_pointer"), "{text}");
                assert!(text.contains("pointer_index"), "{text}");
            });
        }
    }
}
