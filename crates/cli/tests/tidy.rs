//! What rots unless it is tested: paths, links and tests named in prose, the code map, the register of unsafe
//! code, the README's examples and figures, file lengths. Command lines: commands.rs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest source file, in lines.
const LONGEST: usize = 700;

/// Beginnings of paths that belong to one machine; in two parts, since this file is checked too.
const MACHINE_PATHS: [&str; 3] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
];

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize()
        .expect("the repository is above the crate")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Paths of the files below `folder` with one of these extensions, relative to the root.
fn files(folder: &str, extensions: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let hidden = name.to_string_lossy().starts_with('.');
            if path.is_dir() && !hidden && name != "target" && name != "node_modules" {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|e| extensions.iter().any(|known| e == *known))
            {
                let path = path.strip_prefix(root()).expect("below the root");
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

/// Fails with every complaint, if there is any.
fn report(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// What looks like a path from the root, with `{a,b}` written out.
fn paths_in(text: &str) -> BTreeSet<String> {
    const FOLDERS: [&str; 6] = ["bench/", "crates/", "docs/", "examples/", "tests/", ".ci/"];
    let in_path = |c: char| c.is_ascii_alphanumeric() || "_./{},*-".contains(c);
    let words = text.split(|c| !in_path(c));
    let words = words.map(|word| word.trim_end_matches(['.', ',', '-']));
    let paths = words.filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)));
    paths
        .filter(|path| !path.contains('*'))
        .flat_map(expand)
        .collect()
}

/// `a/{b,c}.rs` to `a/b.rs` and `a/c.rs`.
fn expand(path: &str) -> Vec<String> {
    let Some((before, (middle, after))) = path
        .split_once('{')
        .and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    else {
        return vec![path.to_owned()];
    };
    middle
        .split(',')
        .map(|choice| format!("{before}{choice}{after}"))
        .collect()
}

/// Targets of Markdown links that lead into the repository: file, which is empty for the same one, and the part
/// behind `#`.
fn links_in(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let local = targets.filter(|target| !target.contains("://"));
    local.map(|target| match target.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (target, None),
    })
}

/// The anchors of a document's headings, made as GitHub makes them.
fn anchors_of(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let kept = heading
            .trim_start_matches('#')
            .trim()
            .to_lowercase()
            .replace(' ', "-");
        kept.chars()
            .filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_')
            .collect()
    };
    headings.map(anchor).collect()
}

/// Words of a line outside comments and strings.
fn words_of_code(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or_default();
    let outside_strings = code.split('"').step_by(2);
    outside_strings.flat_map(|part| part.split(|c: char| !c.is_alphanumeric() && c != '_'))
}

fn comments_of(source: &str) -> String {
    let comments = source.lines().filter_map(|line| line.split_once("//"));
    comments
        .map(|(_, comment)| format!("{comment}\n"))
        .collect()
}

#[test]
fn paths_in_prose_exist() {
    let mut complaints = Vec::new();
    let mut check = |file: &str, folder: &Path, path: &str| {
        if !folder.join(path).exists() {
            complaints.push(format!("{file} names {path}, which does not exist"));
        }
    };
    for file in files("", &["md"]) {
        let text = read(&file);
        let here = root().join(&file).parent().expect("a folder").to_owned();
        paths_in(&text)
            .iter()
            .for_each(|path| check(&file, &root(), path));
        links_in(&text).for_each(|(link, _)| check(&file, &here, link));
    }
    for file in files("crates", &["rs"]) {
        // `tests/` in a comment may be the crate's own.
        let paths = paths_in(&comments_of(&read(&file)));
        let from_root = paths.iter().filter(|path| !path.starts_with("tests/"));
        from_root.for_each(|path| check(&file, &root(), path));
    }
    report(complaints);
}

#[test]
fn anchors_of_links_exist() {
    let mut complaints = Vec::new();
    for file in files("", &["md"]) {
        let text = read(&file);
        let folder = Path::new(&file).parent().expect("a folder");
        for (link, anchor) in links_in(&text) {
            let Some(anchor) = anchor else { continue };
            let target = if link.is_empty() {
                text.clone()
            } else {
                read(&folder.join(link).to_string_lossy())
            };
            if !anchors_of(&target).contains(anchor) {
                complaints.push(format!("{file}: no heading for {link}#{anchor}"));
            }
        }
    }
    report(complaints);
}

#[test]
fn the_code_map_is_complete() {
    let listed = paths_in(&read("ARCHITECTURE.md"));
    let sources = files("crates", &["rs"])
        .into_iter()
        .filter(|file| file.contains("/src/"));
    let missing = sources.filter(|file| !listed.contains(file));
    report(
        missing
            .map(|file| format!("ARCHITECTURE.md: the code map lacks {file}"))
            .collect(),
    );
}

#[test]
fn unsafe_code_is_registered() {
    let register = read("docs/unsafe.md");
    let table = register
        .split("## Places")
        .nth(1)
        .and_then(|rest| rest.split("\n## ").next());
    let rows = table
        .expect("a section `Places`")
        .lines()
        .filter(|line| line.starts_with("| `"));
    let places: Vec<&str> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    assert!(!places.is_empty(), "no places in docs/unsafe.md");
    let mut complaints = Vec::new();
    for file in files("crates", &["rs"]) {
        if places.iter().any(|place| file.starts_with(place)) {
            continue;
        }
        for (i, line) in read(&file).lines().enumerate() {
            if words_of_code(line).any(|word| word == "unsafe") {
                complaints.push(format!("{file}:{}: not a place of docs/unsafe.md", i + 1));
            }
        }
    }
    report(complaints);
}

#[test]
fn files_are_short() {
    let mut complaints = Vec::new();
    for file in files("crates", &["rs"])
        .into_iter()
        .filter(|file| file.contains("/src/"))
    {
        let lines = read(&file).lines().count();
        if lines > LONGEST {
            complaints.push(format!("{file}: {lines} lines, more than {LONGEST}"));
        }
    }
    report(complaints);
}

#[test]
fn the_changelog_has_the_version() {
    let heading = concat!("## ", env!("CARGO_PKG_VERSION"));
    assert!(
        read("CHANGELOG.md")
            .lines()
            .any(|line| line.starts_with(heading)),
        "no `{heading}`"
    );
}

#[test]
fn no_merge_was_left_half_done() {
    let mut complaints = Vec::new();
    for file in files("", &["md", "rs", "toml", "mjs", "js", "wat", "sh", "txt"]) {
        let marks = ["<<<<<<< ", ">>>>>>> "];
        for (i, line) in read(&file).lines().enumerate() {
            if marks.iter().any(|mark| line.starts_with(mark)) {
                complaints.push(format!("{file}:{}: {line}", i + 1));
            }
        }
    }
    report(complaints);
}

#[test]
fn figures_of_the_readme_are_those_of_the_figures() {
    let readme = read("README.md");
    let block = readme
        .split_once("<!-- figures")
        .and_then(|(_, rest)| Some(rest.split_once("<!-- end of figures -->")?.0))
        .expect("two marks for bench/figures.sh");
    let figures = read("docs/figures.md");
    let known: BTreeSet<&str> = figures.lines().collect();
    let rows: Vec<&str> = block.lines().filter(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 2, "the README has no table of figures");
    let foreign = rows.iter().filter(|row| !known.contains(**row));
    report(
        foreign
            .map(|row| format!("README.md: not in docs/figures.md: {row}"))
            .collect(),
    );
}

#[test]
fn tests_named_in_the_checklists_exist() {
    let text = read("docs/testing.md").replace('\n', " ");
    let mut complaints = Vec::new();
    let mut seen = 0;
    // `file::test` and `file::{test, test}`, of the engine's tests.
    for code in text.split('`').skip(1).step_by(2) {
        let Some((file, tests)) = code.split_once("::") else {
            continue;
        };
        let path = format!("crates/engine/tests/{file}.rs");
        if !root().join(&path).exists() {
            continue;
        }
        let source = read(&path);
        for test in tests.trim_matches(['{', '}']).split(',').map(str::trim) {
            seen += 1;
            if !source.contains(&format!("fn {test}(")) {
                complaints.push(format!("docs/testing.md: {path} has no {test}"));
            }
        }
    }
    assert!(seen > 20, "docs/testing.md names {seen} tests");
    // `file.mjs::how its name begins`, of the stacklets' tests.
    for code in text.split('`').skip(1).step_by(2) {
        let Some((file, test)) = code.split_once(".mjs::") else {
            continue;
        };
        let path = format!("tests/js/stacklet/{file}.mjs");
        if !read(&path).contains(&format!("test(\"{test}")) {
            complaints.push(format!("docs/testing.md: {path} has no {test}"));
        }
    }
    report(complaints);
}

#[test]
fn nothing_names_a_machine() {
    let mut complaints = Vec::new();
    for file in files("", &["md", "rs", "toml", "mjs", "wat", "json", "txt"]) {
        let text = read(&file);
        for path in MACHINE_PATHS.iter().filter(|path| text.contains(**path)) {
            complaints.push(format!("{file} contains {path}"));
        }
    }
    report(complaints);
}

/// The lines in the fenced blocks of the README in a language.
fn readme_lines(language: &str) -> Vec<String> {
    let readme = read("README.md");
    let fence = format!("```{language}\n");
    let blocks = readme
        .split(&fence)
        .skip(1)
        .filter_map(|rest| rest.split("```").next());
    let lines = blocks
        .flat_map(str::lines)
        .map(|line| line.trim().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

#[test]
fn examples_in_the_readme_are_code_that_runs() {
    let library = read("crates/engine/src/lib.rs");
    let doc_test: BTreeSet<&str> = library
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .collect();
    let program = read("examples/waiting/main.mjs");
    let program: BTreeSet<&str> = program.lines().map(str::trim).collect();
    let generators = read("examples/generators/main.wat");
    let generators: BTreeSet<&str> = generators.lines().map(str::trim).collect();
    for (language, code, file) in [
        ("rust", doc_test, "crates/engine/src/lib.rs"),
        ("js", program, "examples/waiting/main.mjs"),
        ("wat", generators, "examples/generators/main.wat"),
    ] {
        let lines = readme_lines(language);
        assert!(!lines.is_empty(), "the README has no {language}");
        let foreign = lines.iter().filter(|line| !code.contains(line.as_str()));
        report(
            foreign
                .map(|line| format!("README.md: not in {file}: {line}"))
                .collect(),
        );
    }
}

#[test]
fn the_binary_of_an_example_is_its_text() {
    let binaries = files("examples", &["wasm"]);
    assert!(binaries.len() > 1, "there are binaries");
    for file in binaries {
        let compiled = [
            (".c", "crates/engine/tests/c_stack.rs"),
            (".rs", "crates/engine/tests/compiled_tasks.rs"),
        ]
        .map(|(extension, test)| (file.replace(".wasm", extension), test))
        .into_iter()
        .find(|(source, _)| root().join(source).exists());
        if let Some((source, test)) = compiled {
            // Compilers differ in their bytes; a test of the engine compiles the source and runs both.
            assert!(
                read(test).contains(&source),
                "{file}: {source} is not tested"
            );
            continue;
        }
        let binary = fs::read(root().join(&file)).expect("a binary");
        let text = wat::parse_str(read(&file.replace(".wasm", ".wat"))).expect("well-formed");
        assert!(binary == text, "{file} is not what its .wat says");
    }
}
