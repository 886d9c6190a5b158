//! `bident run --lazy NAME=FILE`: programs that were split, and what can be wrong with a part.

mod common;

use common::{Ended, Folder};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Calls two late functions, unless there is an argument.
const MAIN: &str = r#"(module
    (import "late" "print" (func $print (param i32)))
    (import "late" "finish" (func $finish))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (drop (call $sizes (i32.const 0) (i32.const 4)))
        (if (i32.gt_u (i32.load (i32.const 0)) (i32.const 1)) (then (return)))
        (call $print (i32.const 65))
        (call $print (i32.const 66))
        (call $finish)
        (call $exit (i32.const 9)))
    (func (export "exit") (param i32) (call $exit (local.get 0))))"#;

/// Prints a letter.
const LATE: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
    (import "primary" "memory" (memory 1))
    (import "primary" "exit" (func $exit (param i32)))
    (func (export "print") (param i32)
        (i32.store (i32.const 16) (i32.or (local.get 0) (i32.const 0x0a00)))
        (i32.store (i32.const 8) (i32.const 16))
        (i32.store (i32.const 12) (i32.const 2))
        (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 24))))
    (func (export "finish") (call $exit (i32.const 3))))"#;

const RUN: &[&str] = &["run", "--lazy", "late=late.wat", "main.wat"];

fn folder(late: &str) -> Folder {
    Folder::new(&[("main.wat", MAIN), ("late.wat", late)])
}

/// Runs the program with a late module in the text format that is wrong.
#[track_caller]
fn wrong(late: &str, message: &[&str]) -> Ended {
    folder(late).bident(RUN).failed(1, message)
}

fn splits() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/wasm-split")
}

/// The numbers that `program.wat` prints.
const SPLIT: &str = "42\n25\n49\n16\n102\n";

#[test]
fn programs_that_wasm_split_has_split_print_what_they_did_before() {
    let bident = || Command::new(env!("CARGO_BIN_EXE_bident"));
    let whole = bident()
        .arg("run")
        .arg(splits().join("program.wat"))
        .output();
    Ended::from(whole.unwrap()).succeeded(SPLIT);
    for kind in ["single", "named", "multi"] {
        let arguments = fs::read_to_string(splits().join(kind).join("arguments")).unwrap();
        for mode in ["BIDENT_NO_MODE", "BIDENT_STRESS", "BIDENT_SMALLEST_STACKS"] {
            let mut split = bident();
            split.arg("run").args(arguments.split_whitespace());
            split.current_dir(splits().join(kind)).env(mode, "1");
            Ended::from(split.output().unwrap()).succeeded(SPLIT);
        }
    }
}

#[test]
fn an_export_that_was_split_off_is_called() {
    let folder = splits().join("multi");
    let call = "run --invoke square --lazy placeholder.one=one.wat main.wat 12";
    let mut call: Vec<&str> = call.split(' ').collect();
    let bident = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bident"));
        Ended::from(command.args(args).current_dir(&folder).output().unwrap())
    };
    // What imports there are must be there, also those that are never called.
    bident(&call).failed(1, &["main.wat", "unknown import: `placeholder.two.0`"]);
    call.splice(3..3, ["--lazy", "placeholder.two=nowhere.wat"]);
    bident(&call).succeeded("144\n");
}

#[test]
fn a_file_is_read_when_it_is_needed_and_not_before() {
    let folder = folder(LATE);
    let ended = folder.bident(RUN);
    assert_eq!((ended.status, &*ended.out, &*ended.err), (3, "A\nB\n", ""));
    fs::remove_file(folder.path().join("late.wat")).unwrap();
    let mut idle = RUN.to_vec();
    idle.push("x");
    folder.bident(&idle).succeeded("");
    let gone = "bident: main.wat: cannot read late.wat for `late` (--lazy): No such file";
    let ended = folder.bident(RUN).failed(1, &[gone, "wasm backtrace:"]);
    assert_eq!(ended.out, "");
}

#[test]
fn a_binary_is_loaded_late_as_well() {
    let folder = folder("");
    let binary = wat::parse_str(LATE).unwrap();
    fs::write(folder.path().join("late.wat"), &binary).unwrap();
    assert_eq!(folder.bident(RUN).out, "A\nB\n");
    fs::write(folder.path().join("late.wat"), &binary[..60]).unwrap();
    let cut = "main.wat: late.wat, loaded for `late`: ";
    folder
        .bident(RUN)
        .failed(1, &[cut, "offset", "wasm backtrace:"]);
}

#[test]
fn files_that_cannot_be_read() {
    let folder = folder(LATE);
    let late = folder.path().join("late.wat");
    fs::remove_file(&late).unwrap();
    fs::create_dir(&late).unwrap();
    let read = "cannot read late.wat for `late` (--lazy): ";
    folder.bident(RUN).failed(1, &[read, "is a directory"]);
    fs::remove_dir(&late).unwrap();
    // Nobody writes to it: a reader would wait.
    let made = Command::new("mkfifo").arg(&late).status().unwrap();
    assert!(made.success());
    folder.bident(RUN).failed(1, &[read, "not a regular file"]);
    fs::remove_file(&late).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &late).unwrap();
    folder.bident(RUN).failed(1, &[read, "not a regular file"]);
    fs::remove_file(&late).unwrap();
    // Permissions are nothing to root; a file that ends a path is nothing to anybody.
    fs::write(&late, LATE).unwrap();
    let beneath = ["run", "--lazy", "late=late.wat/x", "main.wat"];
    folder
        .bident(&beneath)
        .failed(1, &["cannot read late.wat/x", "Not a directory"]);
    fs::set_permissions(&late, std::os::unix::fs::PermissionsExt::from_mode(0o0)).unwrap();
    if fs::read(&late).is_err() {
        folder.bident(RUN).failed(1, &[read, "Permission denied"]);
    }
}

#[test]
fn files_that_are_not_the_module() {
    wrong(
        "console.log(1)",
        &["late.wat, loaded for `late`: ", "late.wat:1:1"],
    );
    wrong(
        "(module\n (func (export \"print\") (param i32) (i64.const 1)))",
        &["late.wat, loaded for `late`: ", "type mismatch"],
    );
    let lacks = wrong(
        "(module (func (export \"finish\")))",
        &[
            "bident: main.wat: `late.print` (function (i32) -> ()) is not in the module that was loaded for it",
        ],
    );
    assert!(lacks.err.contains("wasm backtrace:"), "{}", lacks.err);
    wrong(
        "(module (func (export \"print\") (param i64)))",
        &[
            "`late.print` is imported as a function (i32) -> (), but the one that was loaded for it is a function \
         (i64) -> ()",
        ],
    );
    wrong(
        "(module (memory (export \"print\") 1))",
        &["`late.print`", "is not in the module"],
    );
    wrong(
        "(module (import \"primary\" \"nothing\" (func)))",
        &["the module that was loaded for `late`: unknown import: `primary.nothing`"],
    );
    wrong(
        "(module (import \"primary\" \"memory\" (memory 2)))",
        &["the module that was loaded for `late`: incompatible import type for `primary.memory`"],
    );
    wrong(
        "(module (func $s unreachable) (start $s))",
        &["unreachable", "wasm backtrace:"],
    );
}

#[test]
fn what_the_parts_call_the_program() {
    let folder = folder(&LATE.replace("\"primary\"", "\"env\""));
    folder
        .bident(RUN)
        .failed(1, &["unknown import: `env.memory`"]);
    let named = [&["run", "--lazy-primary", "env"], &RUN[1..]].concat();
    assert_eq!(folder.bident(&named).out, "A\nB\n");
    let alone = ["run", "--lazy-primary", "env", "main.wat"];
    folder.bident(&alone).failed(2, &["--lazy"]);
}

#[test]
fn names_are_shown_on_one_line() {
    let folder = folder(LATE);
    let name = "a\nbident: done\u{1b}[2J";
    let (shown, given) = ("a\\nbident: done\\u{1b}[2J", format!("{name}=x.wat"));
    let once = ["run", "--lazy", &given, "main.wat"];
    folder.bident(&once).failed(2, &[shown]);
    let file = format!("late={name}");
    let missing = folder.bident(&["run", "--lazy", &file, "main.wat"]);
    missing.failed(1, &["cannot read ", shown]);
}

#[test]
fn mistakes_on_the_command_line() {
    let folder = folder(LATE);
    let lazy = |what: &str| folder.bident(&["run", "--lazy", what, "main.wat"]);
    lazy("late").failed(2, &["no =FILE"]);
    lazy("=late.wat").failed(2, &["name that the functions are imported from"]);
    lazy("late=").failed(2, &["name of the file"]);
    let unknown = "bident: main.wat: --lazy lat=...: the program imports no function from `lat`; it does from \
                   `late`";
    lazy("lat=late.wat").failed(2, &[unknown]);
    lazy("wasi_snapshot_preview1=late.wat").failed(2, &["but those that bident has"]);
    let twice = [&RUN[..3], &["--lazy", "late=other.wat", "main.wat"]].concat();
    folder
        .bident(&twice)
        .failed(2, &["--lazy late=... is given twice"]);

    let program = ("main.mjs", "console.log(1)");
    let folder = Folder::new(&[program, ("main.wat", "(module (func (export \"_start\")))")]);
    let javascript = ["run", "--lazy", "late=late.wat", "main.mjs"];
    folder
        .bident(&javascript)
        .failed(2, &["--lazy is for WebAssembly", "`bident:stacklet`"]);
    folder.bident(RUN).failed(2, &["nor from another module"]);
    let script = ["run", "--script", "--lazy", "late=late.wat", "main.mjs"];
    folder.bident(&script).failed(2, &["--lazy"]);
}

#[test]
fn a_reactor_loads_in_what_it_is_asked_and_in_its_initialization() {
    let main = r#"(module
        (import "late" "f" (func $f (param i32) (result i32)))
        (global $g (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $g (call $f (i32.const 5))))
        (func (export "get") (param i32) (result i32)
            (i32.add (global.get $g) (call $f (local.get 0)))))"#;
    let late = r#"(module (func (export "f") (param i32) (result i32)
        (i32.mul (local.get 0) (i32.const 10))))"#;
    let folder = Folder::new(&[("main.wat", main), ("late.wat", late)]);
    let invoke = [
        "run",
        "--lazy",
        "late=late.wat",
        "--invoke",
        "get",
        "main.wat",
        "2",
    ];
    folder.bident(&invoke).succeeded("70\n");
}

#[test]
fn names_that_a_program_chose_are_harmless() {
    let main = r#"(module (import "\1b[31m\0a\e2\80\ae" "\1b]0;" (func)) (func (export "_start") (call 0)))"#;
    let folder = Folder::new(&[("main.wat", main), ("late.wat", "(module)")]);
    let shown = "it does from `\\u{1b}[31m\\n\\u{202e}`";
    folder.bident(RUN).failed(2, &[shown]);
    let named = ["run", "--lazy", "\u{1b}[31m\n\u{202e}=late.wat", "main.wat"];
    let ended = folder.bident(&named);
    let shown = "`\\u{1b}[31m\\n\\u{202e}.\\u{1b}]0;` (function () -> ()) is not in the module";
    let ended = ended.failed(1, &[shown]);
    assert!(
        !ended.err.contains(['\u{1b}', '\u{202e}']),
        "{:?}",
        ended.err
    );
}
