//! `bident run` of WebAssembly and `bident wast`: what they print, and the status they end with.

mod common;

use common::{Ended, Folder};
use std::fs;
use std::process::Command;

/// Runs one module with arguments after it.
#[track_caller]
fn run(module: &str, args: &[&str]) -> Ended {
    let folder = Folder::new(&[("m.wat", module)]);
    folder.bident(&[&["run", "m.wat"], args].concat())
}

/// Calls one export.
#[track_caller]
fn invoke(module: &str, name: &str, args: &[&str]) -> Ended {
    let folder = Folder::new(&[("m.wat", module)]);
    folder.bident(&[&["run", "--invoke", name, "m.wat"], args].concat())
}

const HELLO: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "hello\n")
    (data (i32.const 0) "\10\00\00\00\06\00\00\00")
    (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;

/// Prints the strings that `$get` copies, a line for each of `$count`.
fn printer(what: &str) -> String {
    format!(
        r#"(module
    (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "{what}_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "{what}_get" (func $get (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start") (local $at i32)
        (drop (call $sizes (i32.const 0) (i32.const 4)))
        (drop (call $get (i32.const 100) (i32.const 1000)))
        (local.set $at (i32.const 1000))
        (block $done (loop $next
            (br_if $done (i32.ge_u (local.get $at)
                (i32.add (i32.const 1000) (i32.load (i32.const 4)))))
            (if (i32.eqz (i32.load8_u (local.get $at)))
                (then (i32.store8 (local.get $at) (i32.const 10))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next)))
        (i32.store (i32.const 8) (i32.const 1000))
        (i32.store (i32.const 12) (i32.load (i32.const 4)))
        (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))"#
    )
}

fn exit_with(status: i32) -> String {
    format!(
        r#"(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (call $exit (i32.const {status})) (unreachable)))"#
    )
}

/// Opens `a.txt` below descriptor 3 and exits with the errno.
const OPEN: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "a.txt")
    (func (export "_start")
        (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 5)
            (i32.const 0) (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 100)))))"#;

#[test]
fn a_command_prints() {
    run(HELLO, &[]).succeeded("hello\n");
}

#[test]
fn a_binary_command_runs() {
    let folder = Folder::new(&[]);
    // An empty module with an empty `_start`.
    let binary = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x0a\x01\x06_start\0\0\x0a\x04\x01\x02\0\x0b";
    fs::write(folder.path().join("m.wasm"), binary).unwrap();
    folder.bident(&["run", "m.wasm"]).succeeded("");
    fs::write(folder.path().join("cut.wasm"), &binary[..20]).unwrap();
    folder
        .bident(&["run", "cut.wasm"])
        .failed(1, &["cut.wasm", "ends at byte 20, in the export section"]);
}

#[test]
fn arguments_follow_the_file() {
    run(&printer("args"), &["a", "--b", "c d"]).succeeded("m.wat\na\n--b\nc d\n");
}

#[test]
fn the_environment_is_what_was_granted() {
    run(&printer("environ"), &[]).succeeded("");
    let folder = Folder::new(&[("m.wat", &printer("environ"))]);
    folder
        .bident(&["run", "--env", "A=1", "--env", "B=x=y", "m.wat"])
        .succeeded("A=1\nB=x=y\n");
    folder
        .bident(&["run", "--env", "SECRET", "m.wat"])
        .succeeded("SECRET=inherited\n");
}

#[test]
fn exit_statuses() {
    for status in [0, 1, 3, 42, 255] {
        let ended = run(&exit_with(status), &[]);
        assert_eq!((ended.status, ended.err.as_str()), (status, ""));
    }
}

#[test]
fn directories_are_granted() {
    let folder = Folder::new(&[("m.wat", OPEN), ("a.txt", "text")]);
    folder.bident(&["run", "--dir", ".", "m.wat"]).succeeded("");
    folder
        .bident(&["run", "--dir", ".::/data", "m.wat"])
        .succeeded("");
    let grant = "--dir HOST[::GUEST]";
    folder
        .bident(&["run", "m.wat"])
        .failed(8, &["note:", "`a.txt`", grant]);
    folder
        .bident(&["run", "--dir", "none", "m.wat"])
        .failed(1, &["none", "--dir"]);
}

#[test]
fn a_path_out_of_the_granted_directory_is_refused() {
    let module = OPEN.replace("a.txt", "../ab");
    let folder = Folder::new(&[("m.wat", &module)]);
    folder
        .bident(&["run", "--dir", ".", "m.wat"])
        .failed(63, &["note:", "`../ab`", "--dir"]);
}

#[test]
fn no_note_where_no_grant_would_have_helped() {
    // A link that leads out does so wherever it is granted.
    let folder = Folder::new(&[("m.wat", OPEN)]);
    let link = folder.path().join("a.txt");
    std::os::unix::fs::symlink("../outside", &link).unwrap();
    let follow = OPEN.replace("(i32.const 3) (i32.const 0)", "(i32.const 3) (i32.const 1)");
    fs::write(folder.path().join("m.wat"), follow).unwrap();
    let ended = folder.bident(&["run", "--dir", ".", "m.wat"]);
    assert_eq!((ended.status, &*ended.err), (63, ""));
    // A file that is not there.
    fs::remove_file(link).unwrap();
    let ended = folder.bident(&["run", "--dir", ".", "m.wat"]);
    assert_eq!((ended.status, &*ended.err), (44, ""));
    // A program that could have opened files, but had no wish to, ends as it likes.
    let idle = OPEN.replace(
        "(call $exit (call",
        "(call $exit (i32.const 3)) (drop (call",
    );
    let ended = run(&idle, &[]);
    assert_eq!((ended.status, &*ended.err), (3, ""));
}

#[test]
fn a_program_that_finds_no_directory_is_explained() {
    // What a C library does before it opens its first file.
    let module = r#"(module
        (import "wasi_snapshot_preview1" "fd_prestat_get" (func $get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (call $exit (call $get (i32.const 3) (i32.const 0)))))"#;
    run(module, &[]).failed(8, &["note:", "--dir HOST[::GUEST]"]);
    let folder = Folder::new(&[("m.wat", module)]);
    folder.bident(&["run", "--dir", ".", "m.wat"]).succeeded("");
}

#[test]
fn a_trap_has_a_backtrace() {
    let module = r#"(module $name
        (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
        (func $outer (export "_start") (drop (call $inner (i32.const 0)))))"#;
    let ended = run(module, &[]);
    let ended = ended.failed(1, &["m.wat", "integer divide by zero", "wasm backtrace:"]);
    let (inner, outer) = (ended.err.find("name!inner"), ended.err.find("name!outer"));
    assert!(inner.is_some() && inner < outer, "{}", ended.err);
}

#[test]
fn recursion_without_end_is_a_trap() {
    let module = r#"(module (func $f (export "_start") (call $f)))"#;
    let ended = run(module, &[]).failed(1, &["call stack exhausted", "wasm backtrace:"]);
    assert!(ended.err.lines().count() < 150, "{}", ended.err);
}

#[test]
fn a_trap_in_the_start_function() {
    let module = "(module (func $s unreachable) (start $s) (func (export \"_start\")))";
    run(module, &[]).failed(1, &["m.wat", "unreachable"]);
}

#[test]
fn a_memory_over_its_limit() {
    let module = r#"(module (memory 1 1000)
        (func (export "grow") (result i32) (memory.grow (i32.const 1600))))"#;
    invoke(module, "grow", &[]).succeeded("-1\n");
}

/// 3 GB, which is less than a store takes; 7 GB, which is less than the tables take.
#[test]
fn without_address_space_the_command_says_so() {
    let tables = "(table 10000000 funcref)".repeat(100);
    let tables = format!("(module {tables} (func (export \"_start\")))");
    let folder = Folder::new(&[("tables.wat", &tables), ("script.mjs", "console.log(1)")]);
    for (kilobytes, file, message) in [
        (
            3_000_000,
            "tables.wat",
            &["bident: no memory for the records of stacks"][..],
        ),
        (
            3_000_000,
            "script.mjs",
            &["bident: no memory for the records of stacks"],
        ),
        (
            7_000_000,
            "tables.wat",
            &["bident: tables.wat: table ", ": no memory for a table\n"],
        ),
    ] {
        let limit = format!("ulimit -v {kilobytes}; exec \"$0\" run {file}");
        let output = Command::new("sh")
            .args(["-c", &limit, env!("CARGO_BIN_EXE_bident")])
            .current_dir(folder.path())
            .output()
            .unwrap();
        Ended::from(output).failed(1, message);
    }
}

#[test]
fn limits_are_set_on_the_command_line() {
    let module = r#"(module (memory 1600) (func (export "_start")))"#;
    let folder = Folder::new(&[("t.wat", module)]);
    folder.bident(&["run", "t.wat"]).succeeded("");
    folder.bident(&["run", "--max-memory", "64M", "t.wat"]).failed(
        1,
        &["t.wat: a memory of 1600 pages (104857600 bytes) exceeds the limit of 67108864 bytes"],
    );
    folder
        .bident(&["run", "--max-memory", "64X", "t.wat"])
        .failed(2, &["64X"]);
    folder
        .bident(&["run", "--nonsense", "t.wat"])
        .failed(2, &["no option --nonsense"]);
    folder
        .bident(&["run", "--script", "--nonsense", "t.wat"])
        .failed(2, &["no option --nonsense"]);

    let deep = r#"(module (func $f (export "f") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))
          (else (i32.const 0)))))"#;
    let folder = Folder::new(&[("t.wat", deep)]);
    folder
        .bident(&["run", "--invoke", "f", "t.wat", "5000"])
        .succeeded("5000\n");
    let small = [
        "run",
        "--max-stack",
        "16K",
        "--invoke",
        "f",
        "t.wat",
        "5000",
    ];
    folder
        .bident(&small)
        .failed(1, &["t.wat: call stack exhausted"]);
    let few = [
        "run",
        "--max-stacks",
        "16K",
        "--invoke",
        "f",
        "t.wat",
        "5000",
    ];
    folder
        .bident(&few)
        .failed(1, &["t.wat: stack memory of the store exhausted"]);

    let exceptions = r#"(module
        (tag $e (param exnref))
        (global $kept (mut exnref) (ref.null exn))
        (func (export "f") (param $n i32)
          (loop $again
            (global.set $kept (block $h (result exnref)
              (try_table (catch_all_ref $h) (throw $e (global.get $kept)))
              (unreachable)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br_if $again (local.get $n)))))"#;
    let folder = Folder::new(&[("t.wat", exceptions)]);
    let mut chain = [
        "run",
        "--max-exceptions",
        "1M",
        "--invoke",
        "f",
        "t.wat",
        "5000",
    ];
    folder.bident(&chain).succeeded("");
    chain[6] = "50000";
    folder
        .bident(&chain)
        .failed(1, &["t.wat: exception memory of the store exhausted"]);
}

#[test]
fn a_missing_import_is_named() {
    let module = r#"(module
        (import "env" "read" (func (param i32) (result f64)))
        (func (export "_start")))"#;
    run(module, &[]).failed(1, &["m.wat", "env", "read", "function", "i32", "f64"]);
    let module = r#"(module (import "env" "mem" (memory 1)) (func (export "_start")))"#;
    run(module, &[]).failed(1, &["m.wat", "env", "mem", "memory"]);
}

#[test]
fn a_wrong_import_type_is_named() {
    let module = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func (param i32)))
        (func (export "_start")))"#;
    run(module, &[]).failed(1, &["m.wat", "fd_write", "incompatible"]);
}

#[test]
fn no_start() {
    let module = r#"(module (func (export "add")) (memory (export "mem") 1))"#;
    run(module, &[]).failed(1, &["m.wat", "_start", "--invoke NAME", "`add`"]);
    run("(module)", &[]).failed(1, &["_start", "exports no function"]);
    let module = r#"(module (func (export "_start") (param i32)))"#;
    run(module, &[]).failed(1, &["_start", "(i32) -> ()"]);
}

#[test]
fn modules_that_are_none() {
    run("(module\n  (func", &[]).failed(1, &["m.wat:2:"]);
    run("(module (func (result i32)))", &[]).failed(1, &["m.wat", "type mismatch"]);
    Folder::new(&[])
        .bident(&["run", "none.wasm"])
        .failed(1, &["none.wasm", "No such file"]);
}

#[test]
fn an_export_is_called() {
    let module = r#"(module
        (func (export "add") (param i32 i32) (result i32)
            (i32.add (local.get 0) (local.get 1)))
        (func (export "all") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
            (local.get 3) (local.get 2) (local.get 1) (local.get 0))
        (func (export "none"))
        (func (export "ref") (param externref) (result externref) (local.get 0)))"#;
    invoke(module, "add", &["2", "40"]).succeeded("42\n");
    invoke(module, "add", &["-1", "0xffffffff"]).succeeded("-2\n");
    invoke(module, "all", &["-5", "0x7fffffffffffffff", "1.5", "-inf"])
        .succeeded("-inf\n1.5\n9223372036854775807\n-5\n");
    invoke(module, "none", &[]).succeeded("");
    invoke(module, "ref", &["null"]).succeeded("null\n");
}

#[test]
fn wrong_arguments_are_usage_errors() {
    let module = r#"(module
        (func (export "f") (param i32 f64) (result i32) (local.get 0))
        (memory (export "mem") 1))"#;
    invoke(module, "f", &["1"]).failed(2, &["`f`", "2 arguments", "(i32, f64) -> (i32)"]);
    invoke(module, "f", &["1", "2", "3"]).failed(2, &["2 arguments", "not 3"]);
    invoke(module, "f", &["one", "2"]).failed(2, &["argument 1", "i32", "`one`"]);
    invoke(module, "f", &["4294967296", "2"]).failed(2, &["argument 1", "i32"]);
    invoke(module, "f", &["1", "x"]).failed(2, &["argument 2", "f64", "`x`"]);
    invoke(module, "g", &[]).failed(2, &["m.wat", "no exported function `g`"]);
    invoke(module, "mem", &[]).failed(2, &["no exported function `mem`"]);
}

#[test]
fn an_invoked_export_can_trap_and_exit() {
    invoke(r#"(module (func (export "f") unreachable))"#, "f", &[])
        .failed(1, &["unreachable", "wasm backtrace:"]);
    let ended = invoke(&exit_with(5), "_start", &[]);
    assert_eq!(ended.status, 5);
}

#[test]
fn a_library_is_initialized_before_its_function() {
    let module = r#"(module (global $g (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $g (i32.const 7)))
        (func (export "get") (result i32) (global.get $g)))"#;
    invoke(module, "get", &[]).succeeded("7\n");
}

const GOOD: &str = r#"(module (func (export "f") (result i32) (i32.const 1)))
(assert_return (invoke "f") (i32.const 1))
(assert_return (invoke "f") (i32.const 1))
"#;
const BAD: &str = r#"(module (func (export "f") (result i32) (i32.const 1)))
(assert_return (invoke "f") (i32.const 1))
 (assert_return (invoke "f") (i32.const 2))
(module (func (export "v") (result i64 i64) (i64.mul_wide_u (i64.const 1) (i64.const 0))))
(assert_return (invoke "v") (i64.const 0) (i64.const 0))
"#;

#[test]
fn scripts_that_pass() {
    let folder = Folder::new(&[("good.wast", GOOD)]);
    folder
        .bident(&["wast", "good.wast", "good.wast"])
        .succeeded(&format!(
            "{0}{0}4 passed, 0 failed, 0 skipped\n",
            "good.wast: 2 passed, 0 failed, 0 skipped\n"
        ));
}

#[test]
fn scripts_that_fail() {
    let folder = Folder::new(&[("good.wast", GOOD), ("bad.wast", BAD)]);
    let ended = folder.bident(&["wast", "bad.wast", "good.wast"]);
    assert_eq!(ended.status, 1);
    let lines: Vec<&str> = ended.out.lines().collect();
    assert!(lines[0].starts_with("bad.wast:3:"), "{ended:?}");
    assert_eq!(
        lines[1..],
        [
            "bad.wast: 1 passed, 1 failed, 2 skipped",
            "good.wast: 2 passed, 0 failed, 0 skipped",
            "3 passed, 1 failed, 2 skipped",
        ]
    );
}

#[test]
fn scripts_that_are_not_there() {
    let folder = Folder::new(&[("good.wast", GOOD)]);
    let ended = folder
        .bident(&["wast", "none.wast", "good.wast"])
        .failed(1, &["none.wast"]);
    assert!(
        ended.out.ends_with("\n2 passed, 0 failed, 0 skipped\n"),
        "{ended:?}"
    );
}

#[test]
fn a_command_serves_a_socket_that_was_handed_in() {
    use std::io::{Read, Write};
    use std::net::{Shutdown, TcpListener, TcpStream};
    let server = r#"(module
    (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_recv"
        (func $recv (param i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\e8\03\00\00\64\00\00\00")
    (func (export "_start")
        (if (call $accept (i32.const 3) (i32.const 0) (i32.const 16)) (then (call $exit (i32.const 9))))
        (loop $more
            (drop (call $recv (i32.load (i32.const 16))
                (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 4) (i32.const 12)))
            (drop (call $send (i32.load (i32.const 16))
                (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 20)))
            (if (i32.load (i32.const 20)) (then
                (i32.store (i32.const 4) (i32.const 100))
                (br $more))))))"#;
    let folder = Folder::new(&[("m.wat", server)]);
    // A port that was free just now.
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let client = std::thread::spawn(move || {
        let mut stream = loop {
            match TcpStream::connect(address) {
                Ok(stream) => break stream,
                Err(_) => std::thread::sleep(std::time::Duration::from_millis(5)),
            }
        };
        stream.write_all(b"hello").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut back = String::new();
        stream.read_to_string(&mut back).unwrap();
        back
    });
    let address = address.to_string();
    folder
        .bident(&["run", "--listen", &address, "m.wat"])
        .succeeded("");
    assert_eq!(client.join().unwrap(), "hello");
    let refused = folder.bident(&["run", "--listen", "nowhere", "m.wat"]);
    refused.failed(1, &["cannot listen at nowhere (--listen)"]);
}
