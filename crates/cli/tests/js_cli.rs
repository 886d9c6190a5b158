//! `bident run` with JavaScript: what is printed where, and the status.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A directory of its own for each test, gone at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(files: &[(&str, &str)]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory =
            std::env::temp_dir().join(format!("bident-js-cli-{}-{number}", std::process::id()));
        fs::create_dir_all(&directory).expect("a scratch directory");
        let scratch = Self(directory.canonicalize().expect("its path"));
        for (name, text) in files {
            fs::write(scratch.0.join(name), text).expect("a file");
        }
        scratch
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bident"));
        command
            .args(args)
            .current_dir(&self.0)
            .env_remove("BIDENT_STRESS");
        command
    }

    fn run(&self, args: &[&str]) -> Ended {
        let output = self.command(args).output().expect("bident runs");
        Ended::new(&output, &self.0.display().to_string())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a run ended. The scratch directory is `DIR` in the texts.
struct Ended {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ended {
    fn new(output: &Output, directory: &str) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(directory, "DIR");
        Self {
            status: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

/// Runs one module.
fn run(program: &str) -> Ended {
    Scratch::new(&[("main.mjs", program)]).run(&["run", "main.mjs"])
}

fn assert_fails(program: &str, status: i32, stderr: &str) {
    let ended = run(program);
    assert_eq!(
        (ended.status, &*ended.stderr),
        (Some(status), stderr),
        "stdout: {}",
        ended.stdout
    );
}

#[test]
fn a_program_that_succeeds() {
    let ended = run("console.log('hello', 1n); console.error('problem');");
    assert_eq!(
        (ended.status, &*ended.stdout, &*ended.stderr),
        (Some(0), "hello 1n\n", "problem\n")
    );
}

#[test]
fn a_program_starts_quickly() {
    let scratch = Scratch::new(&[("main.mjs", "console.log(1)")]);
    let fastest = (0..10).map(|_| {
        let start = Instant::now();
        assert_eq!(scratch.run(&["run", "main.mjs"]).status, Some(0));
        start.elapsed()
    });
    let fastest = fastest.min().expect("ten runs");
    assert!(
        fastest < Duration::from_millis(20),
        "a one-line script took {fastest:?}"
    );
}

#[test]
fn uncaught_exceptions() {
    assert_fails(
        "function f() {\n  throw new TypeError('boom');\n}\nf();",
        1,
        "DIR/main.mjs:2:13: Uncaught TypeError: boom\n    at f (DIR/main.mjs:2:13)\n    at <anonymous> (DIR/main.mjs:4:1)\n",
    );
    assert_fails("throw 42", 1, "Uncaught 42\n");
    assert_fails(
        "setTimeout(() => { throw new Error('late') }); setTimeout(() => console.log('not reached'), 5)",
        1,
        "DIR/main.mjs:1:29: Uncaught Error: late\n    at <anonymous> (DIR/main.mjs:1:29)\n",
    );
    assert_fails(
        "queueMicrotask(() => { throw new Error('micro') })",
        1,
        "DIR/main.mjs:1:33: Uncaught Error: micro\n    at <anonymous> (DIR/main.mjs:1:33)\n",
    );
}

#[test]
fn causes_are_shown() {
    let ended = run("throw new Error('outer', { cause: new Error('inner') })");
    assert!(
        ended.stderr.contains("Uncaught Error: outer\n"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("\ncaused by: Error: inner\n"),
        "{}",
        ended.stderr
    );
}

#[test]
fn unhandled_rejections() {
    assert_fails(
        "Promise.reject(new Error('no'))",
        1,
        "DIR/main.mjs:1:19: Uncaught (in promise) Error: no\n    at <anonymous> (DIR/main.mjs:1:19)\n",
    );
    assert_fails(
        "Promise.reject(3); setTimeout(() => console.log('not reached'))",
        1,
        "Uncaught (in promise) 3\n",
    );
    let handled = run(
        "const p = Promise.reject(1); Promise.resolve().then(() => p.catch(() => console.log('handled')))",
    );
    assert_eq!((handled.status, &*handled.stdout), (Some(0), "handled\n"));
    let listened = run(
        "process.on('unhandledRejection', (reason) => console.log('heard', reason)); Promise.reject(2)",
    );
    assert_eq!((listened.status, &*listened.stdout), (Some(0), "heard 2\n"));
}

#[test]
fn syntax_errors_and_modules_that_are_missing() {
    let ended = run("let x = ;");
    assert_eq!(ended.status, Some(1));
    assert!(
        ended.stderr.starts_with("DIR/main.mjs:1:"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("Uncaught SyntaxError"),
        "{}",
        ended.stderr
    );
    let ended = run("import './missing.mjs'");
    assert_eq!(ended.status, Some(1));
    let expected = "cannot find module './missing.mjs' imported from DIR/main.mjs";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
}

#[test]
fn a_file_that_is_missing() {
    let ended = Scratch::new(&[]).run(&["run", "nothing.mjs"]);
    assert_eq!(ended.status, Some(1));
    assert_eq!(
        ended.stderr,
        "bident: cannot read nothing.mjs: No such file or directory (os error 2)\n"
    );
}

#[test]
fn statuses() {
    assert_eq!(
        run("process.exit(7); console.log('not reached')").status,
        Some(7)
    );
    assert_eq!(run("process.exitCode = 3").status, Some(3));
    let ended = run("process.on('exit', (code) => console.log('exit', code)); process.exit(5)");
    assert_eq!((ended.status, &*ended.stdout), (Some(5), "exit 5\n"));
    assert_fails(
        "await new Promise(() => {})",
        13,
        "bident: unsettled top-level await at main.mjs\n",
    );
}

#[test]
fn usage() {
    let scratch = Scratch::new(&[(
        "main.mjs",
        "console.log(JSON.stringify(process.argv.slice(2)))",
    )]);
    for wrong in [
        &["run"][..],
        &["run", "--nonsense", "main.mjs"],
        &["walk"],
        &[],
        &["wast"],
    ] {
        let ended = scratch.run(wrong);
        assert_eq!(ended.status, Some(2), "{wrong:?}: {}", ended.stderr);
    }
    let ended = scratch.run(&["run", "--dir", ".", "main.mjs"]);
    assert_eq!(ended.status, Some(2));
    assert!(
        ended.stderr.contains("--dir is for WebAssembly commands"),
        "{}",
        ended.stderr
    );
    let ended = scratch.run(&["run", "main.mjs", "--dir", "-x", "--", "a b"]);
    assert_eq!(
        (ended.status, &*ended.stdout),
        (Some(0), "[\"--dir\",\"-x\",\"--\",\"a b\"]\n")
    );
}

#[test]
fn scripts_share_one_global() {
    let scratch = Scratch::new(&[
        (
            "a.js",
            "var a = 1; let b = 2; function f() { return this === globalThis }",
        ),
        ("b.js", "console.log(a, b, f(), typeof require)"),
    ]);
    let ended = scratch.run(&["run", "--script", "a.js", "b.js"]);
    assert_eq!(
        (ended.status, &*ended.stdout),
        (Some(0), "1 2 true undefined\n")
    );
}

#[test]
fn what_js_means_depends_on_package_and_text() {
    let kind = "console.log(typeof this === 'undefined' ? 'module' : 'script')";
    let scratch = Scratch::new(&[
        ("plain.js", kind),
        ("import.js", &format!("import 'fs'; {kind}")),
    ]);
    assert_eq!(scratch.run(&["run", "plain.js"]).stdout, "script\n");
    assert_eq!(scratch.run(&["run", "import.js"]).stdout, "module\n");
    let package = Scratch::new(&[("plain.js", kind), ("package.json", r#"{"type":"module"}"#)]);
    assert_eq!(package.run(&["run", "plain.js"]).stdout, "module\n");
}

#[test]
fn endless_recursion() {
    let ended = run("function f() { f() } f()");
    assert_eq!(ended.status, Some(1));
    assert!(
        ended
            .stderr
            .contains("Uncaught RangeError: Maximum call stack size exceeded"),
        "{}",
        ended.stderr
    );
}

/// `(module (import "m" "f" (func $f)) (func (export "f") (call $f)) (func (export "spin") (loop (br 0)))
/// (func (export "trap") (unreachable)))`
const MODULE: &str = "const module = new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,\
    1,4,1,96,0,0, 2,7,1,1,109,1,102,0,0, 3,4,3,0,0,0, 7,19,3,1,102,0,1,4,115,112,105,110,0,2,4,116,114,97,112,0,3,\
    10,18,3,4,0,16,0,11,7,0,3,64,12,0,11,11,3,0,0,11]));\n\
    const make = (f) => new WebAssembly.Instance(module, { m: { f } }).exports;\n";

fn run_wasm(program: &str) -> Ended {
    run(&format!("{MODULE}{program}"))
}

#[test]
fn failures_of_webassembly() {
    let ended = run_wasm("make(() => 1).trap()");
    assert_eq!(ended.status, Some(1));
    let first =
        "DIR/main.mjs:3:15: Uncaught RuntimeError: unreachable\n    at trap (wasm-function[3]:0x";
    assert!(ended.stderr.starts_with(first), "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("    at <anonymous> (DIR/main.mjs:3:15)\n"),
        "{}",
        ended.stderr
    );

    let ended = run_wasm("make(() => { throw new Error('from the import') }).f()");
    assert!(
        ended.stderr.contains("Uncaught Error: from the import"),
        "{}",
        ended.stderr
    );

    let ended = run_wasm("new WebAssembly.Instance(module, { m: {} })");
    let message = "Uncaught LinkError: import \"m\" \"f\" must be a function";
    assert!(ended.stderr.contains(message), "{}", ended.stderr);

    let ended = run_wasm("new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0]))");
    assert!(
        ended.stderr.contains("Uncaught CompileError: "),
        "{}",
        ended.stderr
    );

    let program = "const f = new WebAssembly.Suspending(async () => { throw new Error('refused') });\n\
                   WebAssembly.promising(make(f).f)()";
    let ended = run_wasm(program);
    assert_eq!(ended.status, Some(1));
    assert!(
        ended
            .stderr
            .contains("Uncaught (in promise) Error: refused"),
        "{}",
        ended.stderr
    );
}

#[cfg(unix)]
fn interrupted(program: &str) {
    let scratch = Scratch::new(&[("main.mjs", program)]);
    let mut child = scratch
        .command(&["run", "main.mjs"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bident starts");
    let mut ready = [0; 6];
    child
        .stdout
        .as_mut()
        .expect("its output")
        .read_exact(&mut ready)
        .expect("the word");
    assert_eq!(&ready, b"ready\n");
    let id = child.id().to_string();
    let sent = Command::new("kill")
        .args(["-INT", &id])
        .status()
        .expect("kill runs");
    assert!(sent.success());
    let start = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    let ended = Ended::new(&output, &scratch.0.display().to_string());
    assert_eq!(
        (ended.status, &*ended.stderr),
        (Some(130), "bident: interrupted\n"),
        "{program}"
    );
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[cfg(unix)]
#[test]
fn interrupts() {
    interrupted("console.log('ready'); await new Promise((done) => setTimeout(done, 60000))");
    interrupted("console.log('ready'); for (;;);");
    interrupted(&format!(
        "{MODULE} console.log('ready'); make(() => 1).spin()"
    ));
}
