//! `bident compile`, `bident cache`, and programs that are run again.

mod common;

use common::Folder;
use std::fs;

/// A WASI command of more than 8 KiB, which exits with 7.
fn program() -> String {
    let functions: String = (0..1200)
        .map(|i| format!("(func (export \"f{i}\") (result i32) (i32.const {i}))\n"))
        .collect();
    format!(
        "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))
           (memory (export \"memory\") 1) {functions}
           (func (export \"_start\") (call $exit (i32.const 7))))"
    )
}

#[test]
fn compiled_files_run() {
    let folder = Folder::new(&[
        ("a.wat", &program()),
        ("bad.wat", "(module (func (result i32)))"),
    ]);
    let ended = folder.bident(&["compile", "a.wat"]);
    assert_eq!((ended.status, ended.err.as_str()), (0, ""));
    assert_eq!(folder.bident(&["run", "a.bident"]).status, 7);
    let ended = folder.bident(&["compile", "a.wat", "-o", "other"]);
    assert_eq!(ended.status, 0);
    let ended = folder.bident(&["run", "--invoke", "f12", "other"]);
    assert_eq!((ended.status, ended.out.as_str()), (0, "12\n"));

    let ended = folder.bident(&["run", "--fuel", "1000000", "other"]);
    assert_eq!(ended.status, 1);
    assert!(
        ended.err.contains("other: compiled with other settings"),
        "{}",
        ended.err
    );
    assert_eq!(
        folder
            .bident(&["compile", "--fuel", "a.wat", "-o", "fuel"])
            .status,
        0
    );
    assert_eq!(
        folder.bident(&["run", "--fuel", "1000000", "fuel"]).status,
        7
    );

    let file = folder.path().join("other");
    let code = fs::read(&file).unwrap();
    fs::write(&file, &code[..code.len() / 2]).unwrap();
    let ended = folder.bident(&["run", "other"]);
    assert_eq!(ended.status, 1);
    assert!(
        ended.err.contains("other: a damaged file of compiled code"),
        "{}",
        ended.err
    );

    let ended = folder.bident(&["compile", "bad.wat"]);
    assert_eq!(ended.status, 1);
    assert!(ended.err.contains("bad.wat: "), "{}", ended.err);
    assert!(!folder.path().join("bad.bident").exists());
    let ended = folder.bident(&["compile", "a.wat", "-o", "no/such/place"]);
    assert!(
        ended.err.contains("cannot write no/such/place"),
        "{}",
        ended.err
    );
}

#[test]
fn programs_are_kept() {
    let folder = Folder::new(&[("a.wat", &program())]);
    let info = || folder.bident(&["cache", "info"]).out;
    assert_eq!(folder.bident(&["run", "--no-cache", "a.wat"]).status, 7);
    assert!(
        info().contains(": code of 0 modules, 0 bytes"),
        "{}",
        info()
    );
    for _ in 0..2 {
        assert_eq!(folder.bident(&["run", "a.wat"]).status, 7);
        assert!(info().contains("code of 1 modules"), "{}", info());
    }
    let place = folder.path().join("cache").join("bident");
    assert!(info().starts_with(&place.display().to_string()));
    let ended = folder.bident(&["cache", "clear"]);
    assert!(
        ended.out.contains("removed the code of 1 modules"),
        "{}",
        ended.out
    );
    assert!(info().contains("code of 0 modules"));
}
