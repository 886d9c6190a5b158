//! `bident run FILE.mjs`: JavaScript.

use crate::exit;
use anyhow::Context;
use bident::Engine;
use bident_host::{Options, Requests, Runtime};
use std::env;
use std::ffi::OsString;
use std::panic::resume_unwind;
use std::path::{self, Path, PathBuf};
use std::process::ExitCode;
use std::thread;

/// Bytes of stack for JavaScript. A thread of our own has them whatever `ulimit -s` says.
const STACK_SIZE: usize = 8 << 20;

/// Runs a module or a classic script, and ends the process: tidying up a heap that goes with it anyway
/// would only take time.
pub(crate) fn run(engine: &Engine, file: &Path, args: &[OsString]) -> anyhow::Result<ExitCode> {
    on_big_stack(|| exit::now(runtime(engine, file, args)?.run(file)))
}

/// Runs classic scripts in one global scope, and ends the process.
pub(crate) fn run_scripts(engine: &Engine, files: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let first = files.first().map(PathBuf::as_path).unwrap_or(Path::new(""));
    on_big_stack(|| exit::now(runtime(engine, first, &[])?.run_scripts(files)))
}

/// Runs a text that stands in no file, and ends the process.
pub(crate) fn run_text(engine: &Engine, text: &str, args: &[OsString]) -> anyhow::Result<ExitCode> {
    on_big_stack(|| exit::now(runtime_of(engine, None, args)?.run_text(text)))
}

/// Does what an editor asks, and ends the process.
pub(crate) fn interact(engine: &Engine, requests: Requests) -> anyhow::Result<ExitCode> {
    on_big_stack(|| exit::now(runtime_of(engine, None, &[])?.interact(requests)))
}

fn on_big_stack<T: Send>(run: impl FnOnce() -> anyhow::Result<T> + Send) -> anyhow::Result<T> {
    thread::scope(|scope| {
        let main = thread::Builder::new()
            .name("javascript".to_owned())
            .stack_size(STACK_SIZE)
            .spawn_scoped(scope, run)
            .context("cannot start the thread for JavaScript")?;
        main.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

fn runtime(engine: &Engine, file: &Path, args: &[OsString]) -> anyhow::Result<Runtime> {
    runtime_of(engine, Some(file), args)
}

fn runtime_of(engine: &Engine, file: Option<&Path>, args: &[OsString]) -> anyhow::Result<Runtime> {
    let command = env::current_exe().unwrap_or_else(|_| PathBuf::from("bident"));
    let program = file.map(|file| path::absolute(file).unwrap_or_else(|_| file.to_owned()));
    let argv = [Some(command), program].map(|path| path.map(PathBuf::into_os_string));
    let argv = argv
        .iter()
        .flatten()
        .chain(args)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    Ok(Runtime::with_engine(&Options { argv }, exit::now, engine)?)
}
