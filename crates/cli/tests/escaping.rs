//! What a guest calls its things reaches the terminal as text: no escape sequence, no line of its own.

mod common;

use common::{Ended, Folder};

/// A name that would colour the terminal, set its title, turn the line around, and add one of ours.
const NAME: &str = r"\1b[31mRED\0abident: fake\1b]0;title\07\c2\9b1m\e2\80\ae";
/// As it is shown.
const SHOWN: &str = r"\u{1b}[31mRED\nbident: fake\u{1b}]0;title\u{7}\u{9b}1m\u{202e}";

/// Nothing that a terminal would obey, and no line that begins as one of the guest's.
#[track_caller]
fn harmless(ended: &Ended) {
    for text in [&ended.out, &ended.err] {
        let obeyed = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!text.contains(obeyed), "{text:?}");
        assert!(!text.lines().any(|line| line.starts_with("bident: fake")));
    }
}

/// Runs a file with a name put in for `NAME`, and expects it in the message as it is shown.
#[track_caller]
fn shows(file: &str, text: &str, args: &[&str], status: i32) {
    let folder = Folder::new(&[(file, &text.replace("NAME", NAME))]);
    let ended = folder.bident(args);
    harmless(&ended);
    assert_eq!(ended.status, status, "{ended:?}");
    let all = format!("{}{}", ended.out, ended.err);
    assert!(all.contains(SHOWN), "{all}");
}

#[test]
fn names_in_backtraces() {
    let run = &["run", "m.wat"];
    let module = r#"(module (func $"NAME" (export "_start") unreachable))"#;
    shows("m.wat", module, run, 1);
    let module = r#"(module $"NAME" (func (export "_start") unreachable))"#;
    shows("m.wat", module, run, 1);
    let module = r#"(module (func (export "NAME") unreachable) (start 0))"#;
    shows("m.wat", module, run, 1);
}

#[test]
fn names_of_imports_and_exports() {
    let run = &["run", "m.wat"];
    let module = r#"(module (import "NAME" "f" (func)) (func (export "_start")))"#;
    shows("m.wat", module, run, 1);
    let module = r#"(module (import "wasi_snapshot_preview1" "NAME" (func)))"#;
    shows("m.wat", module, run, 1);
    // The names of exports, where `_start` is missing.
    shows("m.wat", r#"(module (func (export "NAME")))"#, run, 1);
    // A message of the validator's.
    let module = r#"(module (func (export "NAME") (export "NAME")))"#;
    shows("m.wat", module, run, 1);
}

#[test]
fn names_in_texts_that_do_not_parse() {
    let module = r#"(module (func (call $"NAME")))"#;
    shows("m.wat", module, &["run", "m.wat"], 1);
    // The line that the parser quotes.
    let folder = Folder::new(&[("m.wat", "(module (nonsense \u{9b}1m \u{85} ))")]);
    let ended = folder.bident(&["run", "m.wat"]);
    harmless(&ended);
    ended.failed(1, &["--> m.wat:1:", "nonsense"]);
}

#[test]
fn paths_that_were_refused() {
    let module = r#"(module
        (import "wasi_snapshot_preview1" "path_open" (func $open
            (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 100) "../NAME")
        (func (export "_start")
            (drop (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 41)
                (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 12)))
            unreachable))"#;
    shows("m.wat", module, &["run", "--dir", ".", "m.wat"], 1);
}

#[test]
fn scripts_of_tests() {
    let wast = &["wast", "t.wast"];
    for script in [
        r#"(module) (invoke "NAME")"#,
        r#"(module) (assert_return (get "NAME"))"#,
        r#"(module $"NAME") (invoke $"NAME" "f") (invoke $"NAMEx" "f")"#,
        r#"(module (func (export "f"))) (assert_trap (invoke "f") "NAME")"#,
        r#"(module (func (export "f"))) (assert_suspension (invoke "f") "NAME")"#,
        r#"(module (func (export "f") unreachable)) (assert_trap (invoke "f") "NAME")"#,
        r#"(module (import "NAME" "f" (func)))"#,
        r#"(module (func (call $"NAME")))"#,
        r#"(module (func $"NAME" (export "f") unreachable)) (invoke "f")"#,
        r#"(module (func (export "NAME") (export "NAME")))"#,
        r#"(module) ("NAME")"#,
    ] {
        let folder = Folder::new(&[("t.wast", &script.replace("NAME", NAME))]);
        let ended = folder.bident(wast);
        harmless(&ended);
        assert_eq!(ended.status, 1, "{script}: {ended:?}");
        assert!(!ended.out.lines().any(|line| line.starts_with("bident")));
    }
    let script = r#"(module (func (export "f"))) (assert_trap (invoke "f") "NAME")"#;
    shows("t.wast", script, wast, 1);
}

#[test]
fn names_in_javascript() {
    let bytes = |module: &str| {
        let binary = wat::parse_str(module.replace("NAME", NAME)).unwrap();
        let binary: Vec<String> = binary.iter().map(u8::to_string).collect();
        format!(
            "const m = new WebAssembly.Module(new Uint8Array([{}]));",
            binary.join(",")
        )
    };
    let trap = bytes(r#"(module (func $"NAME" (export "f") unreachable))"#);
    let run = &["run", "m.mjs"];
    let program = format!("{trap} new WebAssembly.Instance(m).exports.f();");
    shows("m.mjs", &program, run, 1);
    let import = bytes(r#"(module (import "NAME" "f" (func)))"#);
    let program = format!("{import} new WebAssembly.Instance(m, {{}});");
    shows("m.mjs", &program, run, 1);
    let import = bytes(r#"(module (import "env" "NAME" (func)))"#);
    let program = format!("{import} new WebAssembly.Instance(m, {{ env: {{}} }});");
    shows("m.mjs", &program, run, 1);
    // What a program throws may have lines, but nothing else that a terminal would obey.
    let folder = Folder::new(&[("m.mjs", r"throw new Error('\x1b[31mone\ntwo\x9b1m')")]);
    let ended = folder.bident(run);
    harmless(&ended);
    ended.failed(1, &["\\u{1b}[31mone\ntwo\\u{9b}1m"]);
    // What it prints is its own.
    let folder = Folder::new(&[("m.mjs", r"console.log('\x1b[31mone')")]);
    folder.bident(run).succeeded("\u{1b}[31mone\n");
}
