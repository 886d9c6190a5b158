//! Files that are no programs: `bident run` says what they are, not what a parser expected.

#[path = "common/mod.rs"]
mod common;

use common::{Ended, Folder};
use std::fs;

fn run(name: &str, bytes: &[u8]) -> Ended {
    let folder = Folder::new(&[]);
    fs::write(folder.path().join(name), bytes).unwrap();
    folder.bident(&["run", name])
}

#[track_caller]
fn said(name: &str, bytes: &[u8], wanted: &str) {
    let ended = run(name, bytes);
    assert_eq!(ended.status, 1, "{name}: {ended:?}");
    assert!(
        ended.err.starts_with(&format!("bident: {name} {wanted}")),
        "{name}: {ended:?}"
    );
}

/// A module with a function that returns 5, all of it.
fn module() -> Vec<u8> {
    wat::parse_str(
        r#"(module (func (export "_start")) (func (export "f") (result i32) (i32.const 5)))"#,
    )
    .unwrap()
}

#[test]
fn what_a_file_is() {
    for (bytes, wanted) in [
        (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "is a PNG image"),
        (b"\x7fELF\x02\x01\x01", "is a program or library"),
        (b"\x1f\x8b\x08\0\0", "is compressed (gzip)"),
        (b"PK\x03\x04\x14", "is an archive (zip)"),
        (b"%PDF-1.7\n", "is a PDF document"),
        (b"MZ\x90\0\x03\0", "is a program or library for Windows"),
        (b"BZh91AY&SY\xff\xfe", "is compressed (bzip2)"),
        (b"GIF89a\x01\0\x01\0", "is a GIF image"),
        (b"#!/bin/sh\necho hi\n", "is a script for /bin/sh"),
        (b"\xff\xfea\0", "is text in UTF-16"),
        (b"", "is empty"),
    ] {
        said("thing", bytes, wanted);
        said("thing.wasm", bytes, wanted);
    }
    said("picture.js", b"\x89PNG\r\n\x1a\n\0", "is a PNG image");
    said("module.js", &module(), "is a WebAssembly module");
    said(
        "text.wasm",
        b"hello there",
        "is no WebAssembly module: it begins with \"hello there\"",
    );
}

#[test]
fn components_and_versions() {
    said(
        "c.wasm",
        b"\0asm\x0d\0\x01\0\0",
        "is a WebAssembly component",
    );
    said(
        "v.wasm",
        b"\0asm\x07\0\0\0\0",
        "is WebAssembly of version 7",
    );
}

#[test]
fn where_a_module_ends_too_early() {
    let module = module();
    said(
        "m.wasm",
        &module[..6],
        "is a truncated WebAssembly module: it ends in its head, at byte 6",
    );
    let body = &module[..module.len() - 2];
    let ends = format!(
        "is a truncated WebAssembly module: it ends at byte {}, in the ",
        body.len()
    );
    said("m.wasm", body, &ends);
    said(
        "m.wasm",
        &module[..9],
        "is a truncated WebAssembly module: it ends at byte 9, in the size of the type section that begins at byte 8",
    );
    assert_eq!(run("m.wasm", &module).status, 0);
}

/// What is sent through a pipe by its name is sent once.
#[test]
fn pipes_are_opened_once() {
    let folder = Folder::new(&[]);
    let pipe = folder.path().join("pipe.wat");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let writer = std::thread::spawn(move || {
        fs::write(
            pipe,
            "(module (func (export \"f\") (result i32) (i32.const 5)))",
        )
    });
    let ended = folder.bident(&["run", "--invoke", "f", "pipe.wat"]);
    assert_eq!((ended.status, ended.out.as_str()), (0, "5\n"), "{ended:?}");
    writer.join().unwrap().unwrap();
}

#[test]
fn programs_run() {
    for (name, text) in [
        ("empty.js", ""),
        ("empty.mjs", ""),
        ("with-line", "#!/usr/bin/env node\nconsole.log(1)\n"),
        ("plain", "console.log(1)"),
        ("letters.js", "MZ = 1; // \u{e9}"),
        ("letters", "GIF8 = BZh = 1"),
        ("text.wat", "(module (func (export \"_start\")))"),
        ("text.wasm", "  (module (func (export \"_start\")))"),
    ] {
        let ended = run(name, text.as_bytes());
        assert_eq!(ended.status, 0, "{name}: {ended:?}");
    }
}
