//! Command lines in the documentation: those of a newcomer are where CI takes them from, and all name
//! programs, packages, targets and files that exist. CI (`.ci/steps`) runs those of `README.md` and
//! `examples/README.md`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize()
        .expect("the repository is above the crate")
}

/// Runs `.ci/commands` with these arguments and this standard input.
fn commands(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(root().join(".ci/commands"))
        .current_dir(root())
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("there is a bash");
    let mut stdin = child.stdin.take().expect("it is piped");
    // A program that does not read its input closes it.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

/// What `.ci/commands` prints; it must succeed.
fn lines(args: &[&str]) -> Vec<String> {
    let output = commands(args, "");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {complaint}");
    let printed = String::from_utf8(output.stdout).expect("documents are UTF-8");
    printed.lines().map(str::to_owned).collect()
}

#[test]
fn the_parser_tests_itself() {
    assert_eq!(lines(&["--self-test"]), ["self-test: passed"]);
}

#[test]
fn a_newcomer_is_given_two_commands() {
    assert_eq!(
        lines(&["first", "README.md"]),
        [
            "cargo run --release -- run examples/waiting/main.mjs",
            "cargo test --workspace"
        ]
    );
}

#[test]
fn a_readme_without_them_fails() {
    let readme = fs::read_to_string(root().join("README.md")).expect("there is a README");
    for line in lines(&["first", "README.md"]) {
        let broken = readme.replacen(&format!("{line}\n"), "", 1);
        assert!(broken.len() < readme.len(), "{line} is not a line");
        let output = commands(&["first", "/dev/stdin"], &broken);
        assert!(!output.status.success(), "accepted without {line}");
    }
}

/// The documents, from the root.
fn documents() -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["", "docs", "examples"] {
        for entry in fs::read_dir(root().join(folder)).expect("a folder") {
            let path = Path::new(folder).join(entry.expect("an entry").file_name());
            if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path.to_str().expect("our names are ASCII").to_owned());
            }
        }
    }
    found
}

/// The folder below `crates` whose package has this name.
fn crate_of(package: &str) -> Option<PathBuf> {
    let line = format!("name = \"{package}\"");
    let folders = fs::read_dir(root().join("crates")).expect("a folder");
    folders.flatten().map(|entry| entry.path()).find(|folder| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        manifest.lines().take(3).any(|found| found == line)
    })
}

/// What a command line of cargo names that does not exist.
fn missing_for_cargo(words: &[&str]) -> Option<String> {
    let ours = words.iter().position(|word| *word == "--");
    let (cargo, ours) = words.split_at(ours.unwrap_or(words.len()));
    let after = |flag: &str| {
        let at = cargo.iter().position(|word| *word == flag)?;
        cargo.get(at + 1).copied()
    };
    let package = after("-p").unwrap_or("bident-cli");
    let Some(folder) = crate_of(package) else {
        return Some(format!("package {package}"));
    };
    for (flag, below) in [
        ("--bench", "benches"),
        ("--test", "tests"),
        ("--example", "examples"),
    ] {
        if let Some(target) = after(flag) {
            let file = folder.join(below).join(format!("{target}.rs"));
            // Programs that run beside other engines lie apart.
            let apart = root().join("bench").join(target).join("main.rs");
            let known = file.exists() || file.with_extension("").join("main.rs").exists();
            if !(known || flag == "--bench" && apart.exists()) {
                return Some(format!("{flag} {target} of {package}"));
            }
        }
    }
    match ours {
        ["--", rest @ ..] if package == "bident-cli" && cargo.first() == Some(&"run") => {
            missing_for_bident(rest)
        }
        _ => None,
    }
}

/// What the arguments of the command name that does not exist.
fn missing_for_bident(words: &[&str]) -> Option<String> {
    // Nothing: a document says what stands for the command.
    let (subcommand, rest) = words.split_first()?;
    if !["run", "eval", "compile", "cache", "wast"].contains(subcommand) {
        return Some(format!("subcommand {subcommand}"));
    }
    // An option may have its file behind `NAME=`.
    let words = rest
        .iter()
        .map(|word| word.rsplit('=').next().unwrap_or(word));
    let mut files = words.filter(|word| {
        let path = Path::new(word);
        path.parent().is_some_and(|folder| folder != Path::new("")) && path.extension().is_some()
    });
    let missing = files.find(|file| !file.contains("node_modules") && !root().join(file).exists());
    missing.map(str::to_owned)
}

#[test]
fn commands_name_what_exists() {
    let mut complaints = Vec::new();
    for document in documents() {
        let mut all = lines(&["rest", &document]);
        if document == "README.md" {
            all.extend(lines(&["first", &document]));
        }
        for line in all {
            let words: Vec<&str> = line.split_whitespace().collect();
            let missing = match words.as_slice() {
                ["cargo", rest @ ..] => missing_for_cargo(rest),
                ["bident", rest @ ..] => missing_for_bident(rest),
                [script, ..] if script.contains('/') => {
                    (!root().join(script).exists()).then(|| (*script).to_owned())
                }
                _ => None,
            };
            complaints.extend(missing.map(|what| format!("{document}: `{line}`: no {what}")));
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn a_command_that_names_nothing_is_found() {
    for (line, what) in [
        ("run -p nobody", "package nobody"),
        (
            "bench -p bident --bench nothing",
            "--bench nothing of bident",
        ),
        ("run -- run examples/nothing.mjs", "examples/nothing.mjs"),
        (
            "run -- run --lazy a=examples/nothing.wat examples/waiting/sum.wat",
            "examples/nothing.wat",
        ),
        ("run -- go", "subcommand go"),
    ] {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(missing_for_cargo(&words).as_deref(), Some(what), "{line}");
    }
}
