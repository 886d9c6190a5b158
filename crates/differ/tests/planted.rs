//! What the program is there for: it finds what is planted, and says how to see it again. Without another
//! engine, Bident is compared with itself in another mode.

use std::process::{Command, Output};

fn differ(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bident-differ"))
        .args(["--against", "bident", "--jobs", "1"])
        .args(args)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("it runs")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn modes_agree() {
    let output = differ(&["--seed", "1", "--modules", "600"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}{errors}", text(&output));
    assert!(
        text(&output).contains("600 modules without a difference"),
        "{}",
        text(&output)
    );
}

#[test]
fn what_is_planted_is_found() {
    for (plant, said) in [
        ("result", "differs"),
        ("verdict", "differs"),
        ("panic", "ends the process (exit status: 101)"),
        ("crash", "ends the process (signal: 6"),
    ] {
        let output = differ(&["--seed", "1", "--modules", "400", "--plant", plant]);
        let text = text(&output);
        assert!(!output.status.success(), "{plant}: {text}");
        // The first 20 modules are as they should be.
        let seed = text.lines().find_map(|line| {
            let (seed, rest) = line.strip_prefix("seed ")?.split_once(' ')?;
            rest.starts_with(said).then(|| seed.parse::<u64>())
        });
        let seed = seed.unwrap_or_else(|| panic!("{plant}: {text}"));
        assert!(matches!(seed, Ok(21..=400)), "{plant}: {text}");
    }
}

#[test]
fn a_run_that_compares_nothing_fails() {
    let output = differ(&["--seed", "1", "--modules", "500", "--plant", "hollow"]);
    assert!(!output.status.success(), "{}", text(&output));
    assert!(
        text(&output).contains("too little was compared"),
        "{}",
        text(&output)
    );
}

#[test]
fn a_fresh_seed_is_printed() {
    let seeds = [(); 2].map(|()| {
        let output = differ(&["--modules", "1"]);
        text(&output).lines().next().map(str::to_owned)
    });
    assert!(
        seeds[0]
            .as_ref()
            .is_some_and(|line| line.starts_with("seed "))
    );
    assert_ne!(seeds[0], seeds[1]);
}
