//! Examples print what their heads say.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// What follows `Prints:` in the first comment of a file, without the indentation.
fn announced(text: &str) -> String {
    let comment = |line| str::strip_prefix(line, ";;").or_else(|| str::strip_prefix(line, "//"));
    let comment = text.lines().map_while(comment);
    let lines = comment
        .map(str::trim)
        .skip_while(|line| !line.starts_with("Prints:"));
    lines
        .map(|line| line.trim_start_matches("Prints:").trim())
        .filter(|line| !line.is_empty())
        .map(|line| format!("{line}\n"))
        .collect()
}

/// Runs an example, once as users do and once with stacks that move at every transfer.
fn check(name: &str) {
    check_with(&[], name);
}

/// The same with options, which name files from the root of the repository.
fn check_with(options: &[&str], name: &str) {
    let file = examples().join(name);
    let announced = announced(&fs::read_to_string(&file).unwrap());
    assert!(!announced.is_empty(), "{name} does not say what it prints");
    for stress in ["0", "1"] {
        let output = Command::new(env!("CARGO_BIN_EXE_bident"))
            .current_dir(examples().join(".."))
            .arg("run")
            .args(options)
            .arg(&file)
            .env("BIDENT_STRESS", stress)
            .env("BIDENT_CACHE", "")
            .output()
            .unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {complaint}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), announced, "{name}");
    }
}

#[test]
fn generators() {
    check("generators/main.wat");
}

#[test]
fn green_threads() {
    check("green-threads/main.wat");
}

#[test]
fn async_await() {
    check("async-await/main.wat");
}

#[test]
fn actors() {
    check("actors/main.wat");
}

#[test]
fn stacklet() {
    check("stacklet/main.mjs");
}

#[test]
fn lazy() {
    let options = ["--lazy", "late=examples/lazy/late.wat"];
    check_with(&options, "lazy/main.wat");
}
