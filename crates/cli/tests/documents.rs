//! `docs/side-by-side.md`: its programs are taken out of the page and run, and print what it states; each
//! row of its table is a test.

#[allow(dead_code, reason = "other tests use the rest")]
mod scratch;

use scratch::Scratch;
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).expect(path)
}

/// The fenced blocks of a document: language and text.
fn blocks(document: &str) -> Vec<(&str, &str)> {
    let fenced = document.split("\n```").collect::<Vec<_>>();
    let blocks = fenced.chunks(2).filter_map(|pair| pair.get(1));
    blocks
        .map(|block| block.split_once('\n').expect("a language, then lines"))
        .collect()
}

#[test]
fn the_same_program_in_each_design_prints_what_the_page_says() {
    let page = read("docs/side-by-side.md");
    let blocks = blocks(&page);
    let [("wat", program), ("js", shared), designs @ ..] = blocks.as_slice() else {
        panic!("the page begins with the program and what all designs share");
    };
    let program = wat::parse_str(program).expect("the program is well-formed");
    let mut ran = 0;
    for pair in designs.chunks_exact(2) {
        let [("js", code), ("text", printed)] = pair else {
            continue;
        };
        let main = format!("{shared}\n{code}\n");
        for stress in ["0", "1"] {
            let scratch = Scratch::new(&[("main.mjs", &main)]);
            fs::write(scratch.0.join("program.wasm"), &program).expect("a file");
            let mut command = scratch.command(&["run", "main.mjs"]);
            let output = command.env("BIDENT_STRESS", stress).output();
            let output = output.expect("bident runs");
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{code}\n{complaint}");
            let stdout = String::from_utf8_lossy(&output.stdout);
            assert_eq!(stdout.trim_end(), *printed, "{code}");
        }
        ran += 1;
    }
    assert_eq!(ran, 4, "programs in the page");
}

#[test]
fn each_row_of_the_table_is_a_test() {
    let page = read("docs/side-by-side.md");
    let tests = read("tests/js/stacklet/side_by_side.mjs");
    let (_, table) = page.split_once("|---|").expect("a table");
    let rows = table
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('|'));
    let mut number = 0;
    for row in rows {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let name = cells.next().expect("a name");
        assert!(
            tests.contains(&format!("test(\"{name}\"")),
            "no test: {name}"
        );
        // Messages and names that a cell quotes.
        for cell in cells {
            for message in cell.split('`').skip(1).step_by(2) {
                assert!(tests.contains(message), "{name}: no test has `{message}`");
            }
        }
        number += 1;
    }
    assert_eq!(number, tests.matches("\ntest(\"").count(), "rows and tests");
}

/// The samples of `docs/stacklets.md`, made whole as a reader would.
#[test]
fn the_samples_of_the_page_on_stacklets_run() {
    let page = read("docs/stacklets.md");
    let blocks = blocks(&page);
    let one = |language| {
        let mut found = blocks.iter().filter(|(of, _)| *of == language);
        let (_, text) = found.next().expect("a sample");
        assert!(found.next().is_none(), "one sample in {language}");
        *text
    };
    let (lazy, stack) = (one("js"), format!("(module {})", one("wat")));
    let modules = [
        (
            "main.wasm",
            "(module (import \"late\" \"f\" (func $f (param i32) (result i32))) (export \"f\" (func $f)))",
        ),
        (
            "late.wasm",
            "(module (func (export \"f\") (param i32) (result i32) (i32.add (i32.const 1) (local.get 0))))",
        ),
        ("stack.wasm", &stack),
    ];
    let program = format!(
        "{lazy}
        const answer = exports.f(4);
        console.log(answer instanceof Promise, await answer, exports.f(5));
        import {{ Stacklet }} from 'bident:stacklet';
        const {{ make, idle }} = new WebAssembly.Instance(await compile('stack.wasm')).exports;
        const stacklet = Stacklet.from(make, idle);
        const wait = async (i) => 10 * i;
        const under = (await instantiateAsync(await compile('main.wasm'), {{ late: {{ f: wait }} }}, stacklet)).exports;
        const states = [stacklet.state];
        const waiting = under.f(6);
        states.push(stacklet.state);
        console.log(await waiting, ...states, stacklet.state);"
    );
    let scratch = Scratch::new(&[("main.mjs", &program)]);
    for (name, text) in modules {
        let bytes = wat::parse_str(text).expect("a module");
        fs::write(scratch.0.join(name), bytes).expect("a file");
    }
    let ended = scratch.run(&["run", "main.mjs"]);
    assert_eq!(ended.stderr, "");
    assert_eq!(ended.stdout, "true 5 6\n60 idle suspended idle\n");
}
