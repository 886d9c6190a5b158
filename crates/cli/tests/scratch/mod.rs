//! What the tests of the command share: a scratch directory with files, and how a run in it ended.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory of its own for each test, gone at its end.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory =
            std::env::temp_dir().join(format!("bident-js-cli-{}-{number}", std::process::id()));
        fs::create_dir_all(&directory).expect("a scratch directory");
        let scratch = Self(directory.canonicalize().expect("its path"));
        for (name, text) in files {
            let path = scratch.0.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        scratch
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bident"));
        command
            .args(args)
            .current_dir(&self.0)
            .env("BIDENT_CACHE", "")
            .env_remove("BIDENT_STRESS");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        let output = self.command(args).output().expect("bident runs");
        Ended::new(&output, &self.0.display().to_string())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a run ended. The scratch directory is `DIR` in the texts.
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn new(output: &Output, directory: &str) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(directory, "DIR");
        Self {
            status: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

/// Runs one module.
pub(crate) fn run(program: &str) -> Ended {
    Scratch::new(&[("main.mjs", program)]).run(&["run", "main.mjs"])
}

/// `(module (import "m" "f" (func $f)) (func (export "f") (call $f)) (func (export "spin") (loop (br 0)))
/// (func (export "trap") (unreachable)))`
pub(crate) const MODULE: &str = "const module = new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,\
    1,4,1,96,0,0, 2,7,1,1,109,1,102,0,0, 3,4,3,0,0,0, 7,19,3,1,102,0,1,4,115,112,105,110,0,2,4,116,114,97,112,0,3,\
    10,18,3,4,0,16,0,11,7,0,3,64,12,0,11,11,3,0,0,11]));\n\
    const make = (f) => new WebAssembly.Instance(module, { m: { f } }).exports;\n";
