//! `bident compile`, `bident cache`, and programs that are run again.

mod common;

use common::Folder;
use std::fs;
use std::process::Command;

/// A WASI command of more than 2 KiB, which exits with 7.
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
    assert_eq!(
        folder
            .bident(&["run", "--allow-compiled", "a.bident"])
            .status,
        7
    );
    let ended = folder.bident(&["compile", "a.wat", "-o", "other"]);
    assert_eq!(ended.status, 0);
    let ended = folder.bident(&["run", "--allow-compiled", "--invoke", "f12", "other"]);
    assert_eq!((ended.status, ended.out.as_str()), (0, "12\n"));

    let ended = folder.bident(&["run", "--allow-compiled", "--fuel", "1000000", "other"]);
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
        folder
            .bident(&["run", "--allow-compiled", "--fuel", "1000000", "fuel"])
            .status,
        7
    );

    let file = folder.path().join("other");
    let code = fs::read(&file).unwrap();
    fs::write(&file, &code[..code.len() / 2]).unwrap();
    let ended = folder.bident(&["run", "--allow-compiled", "other"]);
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

/// Machine code is no guest: what somebody calls a module is not run as a program that no sandbox holds.
#[test]
fn compiled_files_run_only_where_they_are_allowed() {
    let folder = Folder::new(&[("a.wat", &program()), ("a.mjs", "console.log('ran')")]);
    assert_eq!(folder.bident(&["compile", "a.wat"]).status, 0);
    let compiled = folder.path().join("a.bident");
    for name in ["a.bident", "guest.wasm", "guest.wat", "guest"] {
        if name != "a.bident" {
            fs::copy(&compiled, folder.path().join(name)).unwrap();
        }
        let ended = folder.bident(&["run", name]);
        assert_eq!((ended.status, ended.out.as_str()), (1, ""), "{name}");
        let says = format!("{name}: a file of compiled code");
        assert!(ended.err.contains(&says), "{}", ended.err);
        assert!(ended.err.contains("--allow-compiled"), "{}", ended.err);
        assert_eq!(folder.bident(&["run", "--allow-compiled", name]).status, 7);
    }
    let ended = folder.bident(&["run", "--allow-compiled", "a.mjs"]);
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
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

/// Names in the cache of a folder.
fn entries(folder: &Folder) -> Vec<String> {
    let place = folder.path().join("cache").join("bident");
    let names = fs::read_dir(place).into_iter().flatten();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn processes_at_once() {
    let folder = Folder::new(&[("a.wat", &program())]);
    for _ in 0..2 {
        let start = || folder.command(&["run", "a.wat"]).spawn().unwrap();
        let processes: Vec<_> = std::iter::repeat_with(start).take(16).collect();
        for mut process in processes {
            assert_eq!(process.wait().unwrap().code(), Some(7));
        }
        let entries = entries(&folder);
        assert!(entries.len() == 1 && entries[0].len() == 64, "{entries:?}");
    }
}

#[test]
fn a_full_disk_keeps_nothing() {
    let folder = Folder::new(&[("a.wat", &program())]);
    fs::create_dir(folder.path().join("cache")).unwrap();
    // Room for the directory, and a page of the file.
    let script = "mount -t tmpfs -o size=8k none cache && echo mounted && \"$0\" run a.wat; \
                  echo $?; ls cache/bident";
    let ended = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script])
        .arg(env!("CARGO_BIN_EXE_bident"))
        .current_dir(folder.path())
        .env("XDG_CACHE_HOME", folder.path().join("cache"))
        .output();
    // Not everybody may mount.
    let Ok(ended) = ended.map(|ended| String::from_utf8(ended.stdout).unwrap()) else {
        return;
    };
    if ended.starts_with("mounted\n") {
        assert_eq!(ended, "mounted\n7\n");
    }
}
