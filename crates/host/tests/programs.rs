//! Runs every program of `tests/js`, with and without the stress mode (but those that measure time), as one
//! test each.
//!
//! A program fails if its status is not 0; `harness.mjs` sees to it that a test that did not run to its
//! end is a failure too. Besides what `bident run` offers, programs find `wat(text)`, which gives a
//! binary for the text format, and `gc()`.

use bident::{Config, Engine};
use bident_host::{Options, Runtime};
use rquickjs::prelude::Func;
use rquickjs::{Ctx, Exception, Result, TypedArray};
use std::path::Path;

fn run(file: &str, stress: bool) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/js")
        .join(file);
    let engine = Engine::new(&Config::new().stress(stress)).expect("an engine");
    let exit = |status| panic!("process.exit({status})");
    let runtime = Runtime::with_engine(&Options::default(), exit, &engine).expect("a runtime");
    runtime.with(install).expect("functions for tests");
    assert_eq!(
        runtime.run(&path),
        0,
        "status of {file}; what failed is on stderr"
    );
}

fn install(ctx: &Ctx<'_>) -> Result<()> {
    ctx.globals().set("wat", Func::from(binary))?;
    ctx.globals()
        .set("gc", Func::from(|ctx: Ctx<'_>| ctx.run_gc()))
}

fn binary<'js>(ctx: Ctx<'js>, text: String) -> Result<TypedArray<'js, u8>> {
    let bytes = wat::parse_str(&text)
        .map_err(|error| Exception::throw_message(&ctx, &error.to_string()))?;
    TypedArray::new(ctx, bytes)
}

macro_rules! programs {
    ($($group:ident { $($name:ident)* } [$($timed:ident)*])*) => {$(
        mod $group {
            $(mod $name {
                #[test]
                fn normal() {
                    crate::run(concat!(stringify!($group), "/", stringify!($name), ".mjs"), false);
                }

                #[test]
                fn stress() {
                    crate::run(concat!(stringify!($group), "/", stringify!($name), ".mjs"), true);
                }
            })*

            // Stress mode collects at every allocation: what something costs is measured without.
            $(mod $timed {
                #[test]
                fn normal() {
                    crate::run(concat!(stringify!($group), "/", stringify!($timed), ".mjs"), false);
                }
            })*

            #[test]
            fn list_is_complete() {
                let listed = [$(stringify!($name),)* $(stringify!($timed)),*];
                crate::assert_complete(stringify!($group), &listed);
            }
        }
    )*};
}

fn assert_complete(group: &str, listed: &[&str]) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/js")
        .join(group);
    for entry in directory.read_dir().expect("the directory of the group") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "mjs") {
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            assert!(
                listed.contains(&&*name),
                "{} is not in the list of this file",
                path.display()
            );
        }
    }
}

// The second list: what measures time.
programs! {
    api {
        address collected cycles exceptions functions global imports instantiate interface lifetime memory module references
        reflection resizable shared_memory sizes stacks streaming strings table vectors
    } [scaling]
    host { buffers clone event_loop globals inspect language modules numbers process refused wasm_modules } []
    jspi { barriers concurrency continuations entering exceptions lifetime stacks surface suspending waits } []
    web { bodies events streams } []
    stacklet { hostile instantiate lazy made second_stack side_by_side suspender } [cost many]
}
