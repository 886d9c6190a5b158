//! The programs of `tests/node` print what they print under Node 26, and end with its status: `FILE.out` has
//! both, written by `tests/node/compare.sh`. Those of `tests/node/differs.txt` do not, for the reasons given there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many programs run at once.
const AT_ONCE: usize = 4;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/node")
}

/// `folder/file` of every program.
fn programs() -> Vec<String> {
    let mut found = Vec::new();
    for group in fs::read_dir(folder()).expect("the folder").flatten() {
        let Ok(files) = fs::read_dir(group.path()) else {
            continue;
        };
        for file in files.flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if name.ends_with(".cjs") || name.ends_with(".mjs") {
                found.push(format!("{}/{name}", group.file_name().to_string_lossy()));
            }
        }
    }
    found.sort();
    found
}

/// The programs that differ, with the reasons.
fn differing() -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder().join("differs.txt")).expect("the list");
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split_once(": "))
        .map(|(program, reason)| (program.to_owned(), reason.to_owned()))
        .collect()
}

fn run(program: &str) -> String {
    let ended = Command::new(env!("CARGO_BIN_EXE_bident"))
        .args(["run", program])
        .current_dir(folder())
        .env("BIDENT_CACHE", "")
        .stdin(Stdio::null())
        .output()
        .expect("bident runs");
    let status = ended.status.code();
    let status = status.map_or("a signal".to_owned(), |code| code.to_string());
    let printed = String::from_utf8_lossy(&ended.stdout);
    format!("{printed}status {status}\n")
}

/// What is wrong with a program, if anything is.
fn complaint(program: &str, differs: bool) -> Option<String> {
    let kept = folder().join(format!("{program}.out"));
    let expected = fs::read_to_string(&kept).unwrap_or_else(|_| panic!("no {program}.out"));
    let got = run(program);
    match (got == expected, differs) {
        (false, false) => Some(format!("{program}: expected\n{expected}got\n{got}")),
        (true, true) => Some(format!(
            "{program} is as under Node: strike it from differs.txt"
        )),
        _ => None,
    }
}

/// They mostly wait: several run at once.
#[test]
fn as_under_node() {
    let (differing, programs) = (differing(), programs());
    let (next, complaints) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(program) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(complaint) = complaint(program, differing.contains_key(program)) {
                complaints.lock().expect("no thread panics").push(complaint);
            }
        }
    };
    thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(work))));
    let complaints = complaints.into_inner().expect("no thread panics");
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn the_list_has_only_programs() {
    let programs = programs();
    for (program, reason) in differing() {
        assert!(programs.contains(&program), "{program} is no program");
        assert!(reason.len() > 10, "{program}: no reason");
    }
}
