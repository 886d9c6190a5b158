//! `bident run`: which kind of program FILE is, and who runs it.

use crate::args::{Run, plain_engine};
use crate::exit::{self, UsageError};
use crate::lazy::Lazy;
use crate::{foreign, js, wasm};
use anyhow::Context;
use bident::{Engine, Module};
use std::ffi::OsString;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

enum Language {
    JavaScript,
    WebAssembly,
}

/// Runs the program.
pub(crate) fn run(options: &Run) -> anyhow::Result<ExitCode> {
    if let Some(time) = options.timeout {
        exit::after(time).context("no thread for --timeout")?;
    }
    if options.script {
        options
            .program
            .iter()
            .try_for_each(|file| refuse_option(Path::new(file)))?;
        let scripts: Vec<PathBuf> = options.program.iter().map(PathBuf::from).collect();
        return js::run_scripts(&engine(options)?, &scripts);
    }
    let (file, args) = options
        .program
        .split_first()
        .ok_or_else(|| UsageError("no FILE".to_owned()))?;
    if file == "-" {
        refuse_guest_options(options)?;
        let text =
            std::io::read_to_string(std::io::stdin()).context("cannot read standard input")?;
        return js::run_text(&engine(options)?, &text, args);
    }
    let file = Path::new(file);
    refuse_option(file)?;
    if let Some(what) = foreign::what(file) {
        anyhow::bail!("{} {what}", file.display());
    }
    match language(file) {
        Language::WebAssembly => wasm::run(&wasm::Command {
            engine: engine(options)?,
            file,
            args,
            invoke: options.invoke.as_deref(),
            dirs: &options.dirs,
            env: &options.env,
            allow_compiled: options.allow_compiled,
            listen: &options.listen,
            lazy: Lazy {
                files: &options.lazy,
                primary: options.lazy_primary.as_deref().unwrap_or("primary"),
            },
        }),
        Language::JavaScript => {
            refuse_guest_options(options)?;
            let engine = engine(options)?;
            match is_pipe(file) {
                true => js::run_text(&engine, &text_of_pipe(file)?, args),
                false => js::run(&engine, file, args),
            }
        }
    }
}

/// Whether a file can be read once only: a named pipe, or what a shell makes of `<(...)`.
fn is_pipe(file: &Path) -> bool {
    file.metadata()
        .is_ok_and(|metadata| metadata.file_type().is_fifo())
}

/// The program that comes through a pipe.
fn text_of_pipe(file: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    if bytes.starts_with(b"\0asm") {
        anyhow::bail!(
            "{} is a pipe: WebAssembly is run from a file",
            file.display()
        );
    }
    String::from_utf8(bytes).with_context(|| format!("{} is no text", file.display()))
}

/// Runs the JavaScript of the command line.
pub(crate) fn eval(code: &str, args: &[OsString]) -> anyhow::Result<ExitCode> {
    let engine = plain_engine()?;
    exit::keep_code_of(&engine);
    js::run_text(&engine, code, args)
}

/// What begins like an option, where a file is meant, is a misspelt one. (A file of that name is `./-name`.)
fn refuse_option(file: &Path) -> Result<(), UsageError> {
    if file.as_os_str().as_encoded_bytes().starts_with(b"-") {
        let option = file.display();
        return Err(UsageError(format!(
            "no option {option}; see bident run --help"
        )));
    }
    Ok(())
}

/// The engine, whose code is kept when the program ends.
fn engine(options: &Run) -> Result<Engine, bident::Error> {
    let engine = options.engine()?;
    exit::keep_code_of(&engine);
    Ok(engine)
}

/// By the extension; where that says nothing, by the first bytes.
fn language(file: &Path) -> Language {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("wasm" | "wat") => Language::WebAssembly,
        Some("js" | "mjs" | "cjs") => Language::JavaScript,
        _ if starts_like_wasm(file) => Language::WebAssembly,
        _ => Language::JavaScript,
    }
}

fn starts_like_wasm(file: &Path) -> bool {
    foreign::start_of(file)
        .is_ok_and(|start| start.starts_with(b"\0asm") || Module::is_serialized(&start))
}

fn refuse_guest_options(options: &Run) -> Result<(), UsageError> {
    if !options.lazy.is_empty() {
        let instead = "JavaScript loads modules late by `bident:stacklet`";
        return Err(UsageError(format!(
            "--lazy is for WebAssembly commands; {instead}"
        )));
    }
    let given = [
        ("--invoke", options.invoke.is_some()),
        ("--dir", !options.dirs.is_empty()),
        ("--env", !options.env.is_empty()),
        ("--allow-compiled", options.allow_compiled),
        ("--listen", !options.listen.is_empty()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(UsageError(format!(
            "{option} is for WebAssembly commands; JavaScript runs with your rights"
        ))),
        None => Ok(()),
    }
}
