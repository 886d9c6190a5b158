//! `bident run` with JavaScript: what is printed where, and the status.

mod scratch;

use scratch::{Ended, MODULE, Scratch, run};
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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
        "DIR/main.mjs:1:30: Uncaught Error: late\n    at <anonymous> (DIR/main.mjs:1:30)\n",
    );
    assert_fails(
        "queueMicrotask(() => { throw new Error('micro') })",
        1,
        "DIR/main.mjs:1:34: Uncaught Error: micro\n    at <anonymous> (DIR/main.mjs:1:34)\n",
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
fn causes_without_end() {
    let ended = run("const e = new Error('x'); e.cause = e; Promise.reject(e)");
    assert_eq!(ended.status, Some(1));
    assert!(
        ended
            .stderr
            .ends_with("\ncaused by: an error shown above\n"),
        "{}",
        ended.stderr
    );
    let ended = run(
        "let e = new Error('first'); for (let i = 0; i < 20000; i++) e = new Error('next', { cause: e }); throw e",
    );
    assert_eq!(ended.status, Some(1));
    assert!(
        ended.stderr.ends_with("\ncaused by: ...\n"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.lines().count() < 100, "{}", ended.stderr);
}

#[test]
fn unhandled_rejections() {
    assert_fails(
        "Promise.reject(new Error('no'))",
        1,
        "DIR/main.mjs:1:20: Uncaught (in promise) Error: no\n    at <anonymous> (DIR/main.mjs:1:20)\n",
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

/// Each promise counts for itself, also where the reason is the same.
#[test]
fn rejections_with_one_reason() {
    for program in [
        "const e = new Error('lost'); Promise.reject(e); Promise.reject(e).catch(() => {})",
        "Promise.reject(); Promise.reject().catch(() => {})",
        "const e = 1; const p = Promise.reject(e); p.then(); p.then().catch(() => {})",
        "const e = 1; setTimeout(() => { Promise.reject(e); Promise.reject(e).catch(() => {}) })",
        "const f = async () => { throw 1 }; f(); f().catch(() => {})",
    ] {
        assert_eq!(run(program).status, Some(1), "{program}");
    }
    let thrown = [
        (
            "main.mjs",
            "import('./bad.mjs').catch((e) => console.log(e))",
        ),
        ("bad.mjs", "throw 'caught'"),
    ];
    let ended = Scratch::new(&thrown).run(&["run", "main.mjs"]);
    assert_eq!(
        (ended.status, &*ended.stdout, &*ended.stderr),
        (Some(0), "caught\n", "")
    );
    let ended = run(
        "process.on('unhandledRejection', (e) => console.log(e)); Promise.reject(1); Promise.reject(1)",
    );
    assert_eq!((ended.status, &*ended.stdout), (Some(0), "1\n1\n"));
}

#[test]
fn listeners_of_the_process() {
    let ended = run(
        "let n = 0; process.once('unhandledRejection', () => console.log('once', ++n));
         Promise.reject(1); setTimeout(() => Promise.reject(2), 5)",
    );
    assert_eq!((ended.status, &*ended.stdout), (Some(1), "once 1\n"));
    for (program, status, stdout) in [
        (
            "process.on('exit', (code) => { console.log(code); process.exit(3) })",
            3,
            "0\n",
        ),
        (
            "process.on('exit', () => { console.log('exit'); process.exit(3) }); process.exit(2)",
            3,
            "exit\n",
        ),
        ("process.on('exit', () => { process.exitCode = 4 })", 4, ""),
        (
            "process.on('uncaughtException', (e, origin) => console.log(e.code, origin)); Promise.reject(1)",
            0,
            "ERR_UNHANDLED_REJECTION unhandledRejection\n",
        ),
        (
            "let n = 2; process.on('beforeExit', () => { console.log(n); if (n-- > 0) setTimeout(() => {}) })",
            0,
            "2\n1\n0\n",
        ),
    ] {
        let ended = run(program);
        assert_eq!(
            (ended.status, &*ended.stdout),
            (Some(status), stdout),
            "{program}: {}",
            ended.stderr
        );
    }
    // A listener of a signal is called, and keeps no program alive.
    let ended = run("process.on('SIGTERM', () => {})");
    assert_eq!((ended.status, &*ended.stderr), (Some(0), ""));
    let ended = run(
        "const wait = setTimeout(() => console.log('no signal'), 20_000);
         process.on('SIGTERM', (name, number) => { console.log(name, number); clearTimeout(wait) });
         process.kill(process.pid, 'SIGTERM')",
    );
    assert_eq!((ended.status, &*ended.stdout), (Some(0), "SIGTERM 15\n"));
}

#[test]
fn standard_output_is_a_stream() {
    let ended = run(
        "process.stdout.on('finish', () => console.error('finished'));
         process.stdout.write('a\\ud800\\n'); process.stdout.end('bye\\n', () => console.error('called'))",
    );
    assert_eq!(
        (ended.status, &*ended.stdout, &*ended.stderr),
        (Some(0), "a\u{fffd}\nbye\n", "called\nfinished\n")
    );
    let ended = run("process.stdout.end(); process.stdout.write('late')");
    assert_eq!((ended.status, &*ended.stdout), (Some(1), ""));
    assert!(ended.stderr.contains("write after end"), "{}", ended.stderr);
}

#[test]
fn the_console() {
    let ended = run(
        "console.table([{ a: 1, b: 'x' }, { a: 22, c: true }]);
         console.table(new Map([['k', 1]])); console.table(5);
         console.dir({ a: { b: {} } }, { depth: 0 });
         console.group('G'); console.log('in\\n\\nner'); console.groupEnd();
         console.count(); console.countReset(); console.count(Symbol.iterator.description);
         console.log(2n ** 64n, new Map([[1, { a: 1 }]]), [, 'a']); console.log('%s|%j', 'a', { b: 1 })",
    );
    assert_eq!(
        ended.stdout,
        "┌─────────┬────┬─────┬──────┐
│ (index) │ a  │ b   │ c    │
├─────────┼────┼─────┼──────┤
│ 0       │ 1  │ 'x' │      │
│ 1       │ 22 │     │ true │
└─────────┴────┴─────┴──────┘
┌───────────────────┬─────┬────────┐
│ (iteration index) │ Key │ Values │
├───────────────────┼─────┼────────┤
│ 0                 │ 'k' │ 1      │
└───────────────────┴─────┴────────┘
5
{ a: [Object] }
G
  in
  
  ner
default: 1
Symbol.iterator: 1
18446744073709551616n Map(1) { 1 => { a: 1 } } [ <1 empty item>, 'a' ]
a|{\"b\":1}
"
    );
    let ended = run(
        "console.assert(true); console.assert(false, 'a %s', 'b'); console.assert(); console.trace('t')",
    );
    assert_eq!(
        ended.stderr,
        "Assertion failed: a b\nAssertion failed\nTrace: t\n    at <anonymous> (DIR/main.mjs:1:84)\n"
    );
}

#[test]
fn json_is_not_code() {
    let scratch = Scratch::new(&[
        (
            "main.mjs",
            "import './first.mjs'; import data from './not.json' with { type: 'json' }; console.log(data)",
        ),
        ("first.mjs", "console.log('first')"),
        ("not.json", r#"{"x": 1}; console.log("ran")"#),
    ]);
    for file in ["main.mjs", "not.json"] {
        let ended = scratch.run(&["run", file]);
        assert_eq!((ended.status, &*ended.stdout), (Some(1), ""), "{file}");
        assert!(
            ended
                .stderr
                .contains("Uncaught SyntaxError: DIR/not.json is not JSON: "),
            "{}",
            ended.stderr
        );
    }
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
    let expected = "Cannot find module 'DIR/missing.mjs' imported from DIR/main.mjs";
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
    // In a promising call, and in one that has waited.
    interrupted(&format!(
        "{MODULE} console.log('ready'); WebAssembly.promising(make(() => 1).spin)()"
    ));
    interrupted(
        "const bytes = [0,97,115,109,1,0,0,0, 1,4,1,96,0,0, 2,7,1,1,109,1,102,0,0, 3,2,1,0, 7,5,1,1,103,0,1, \
            10,11,1,9,0,16,0,3,64,12,0,11,11];
        const waits = async () => { await new Promise((done) => setTimeout(done, 1)); console.log('ready'); };
        const { g } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)),
            { m: { f: new WebAssembly.Suspending(waits) } }).exports;
        WebAssembly.promising(g)();",
    );
}

/// What can be read once only is read once.
#[test]
fn programs_of_pipes() {
    let scratch = Scratch::new(&[]);
    let command = env!("CARGO_BIN_EXE_bident");
    let shell = |line: &str| {
        let ended = Command::new("bash")
            .args(["-c", line])
            .current_dir(&scratch.0)
            .env("BIDENT", command)
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        let printed =
            [ended.stdout, ended.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        (ended.status.code(), printed)
    };
    let said = |text: &str| (Some(0), [text.to_owned(), String::new()]);
    assert_eq!(
        shell("timeout 20 $BIDENT run <(echo 'console.log(1 + 1)')"),
        said("2\n")
    );
    assert_eq!(
        shell(
            "mkfifo pipe.js; echo 'import os from \"os\"; console.log(typeof os.cpus)' > pipe.js & sleep 0.1; timeout 20 $BIDENT run pipe.js"
        ),
        said("function\n")
    );
    let (status, [_, complaint]) = shell("timeout 20 $BIDENT run <(printf '\\0asm')");
    assert_eq!(status, Some(1));
    assert!(
        complaint.contains("is a pipe: WebAssembly is run from a file"),
        "{complaint}"
    );
}

#[test]
fn code_of_the_command_line_and_of_standard_input() {
    let scratch = Scratch::new(&[("lib.cjs", "exports.x = 5")]);
    for (code, printed) in [
        ("console.log(1 + 1)", "2\n"),
        (
            "console.log(require('./lib.cjs').x, __filename)",
            "5 [eval]\n",
        ),
        ("import { x } from './lib.cjs'; console.log(await x)", "5\n"),
        ("console.log(process.argv.slice(1))", "[ 'a', '-b' ]\n"),
    ] {
        let ended = scratch.run(&["eval", code, "a", "-b"]);
        assert_eq!(
            (ended.status, &*ended.stdout),
            (Some(0), printed),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(scratch.run(&["eval", "process.exit(3)"]).status, Some(3));
    let ended = scratch.run(&["run", "-"]);
    assert_eq!(
        (ended.status, &*ended.stdout),
        (Some(0), ""),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_directory_is_its_package_or_its_index() {
    let scratch = Scratch::new(&[
        ("a/package.json", r#"{ "main": "lib/start" }"#),
        (
            "a/lib/start.js",
            "console.log(require.main === module, __filename)",
        ),
        ("b/index.js", "console.log(typeof require)"),
        ("c/x.mjs", ""),
    ]);
    for (directory, printed) in [("a", "true DIR/a/lib/start.js\n"), ("b", "function\n")] {
        let ended = scratch.run(&["run", directory]);
        assert_eq!(
            (ended.status, &*ended.stdout),
            (Some(0), printed),
            "{}",
            ended.stderr
        );
    }
    let ended = scratch.run(&["run", "c"]);
    assert_eq!(ended.status, Some(1));
    assert!(ended.stderr.contains("c"), "{}", ended.stderr);
}
