//! `bident run FILE.mjs`: JavaScript.

use crate::exit;
use bident::Engine;
use bident_js::{Options, Runtime};
use std::env;
use std::ffi::OsString;
use std::path::{self, Path, PathBuf};
use std::process::ExitCode;

/// Runs a module or a classic script, and ends the process: tidying up a heap that goes with it anyway
/// would only take time.
pub(crate) fn run(engine: &Engine, file: &Path, args: &[OsString]) -> anyhow::Result<ExitCode> {
    let runtime = runtime(engine, file, args)?;
    exit::now(runtime.run(file))
}

/// Runs classic scripts in one global scope, and ends the process.
pub(crate) fn run_scripts(engine: &Engine, files: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let first = files.first().map(PathBuf::as_path).unwrap_or(Path::new(""));
    let runtime = runtime(engine, first, &[])?;
    exit::now(runtime.run_scripts(files))
}

fn runtime(engine: &Engine, file: &Path, args: &[OsString]) -> anyhow::Result<Runtime> {
    let command = env::current_exe().unwrap_or_else(|_| PathBuf::from("bident"));
    let program = path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let argv = [command.into_os_string(), program.into_os_string()];
    let argv = argv
        .iter()
        .chain(args)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    Ok(Runtime::with_engine(&Options { argv }, exit::now, engine)?)
}
