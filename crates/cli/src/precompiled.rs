//! `bident compile FILE`, and running what it wrote.
#![allow(
    unsafe_code,
    reason = "a file of machine code that the user asks for is run; see docs/unsafe.md"
)]

use crate::args::Precompile;
use crate::foreign;
use anyhow::Context;
use bident::{Compile, Config, Engine, Error, Module};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// Extension of files of compiled code.
const EXTENSION: &str = "bident";

/// Compiles a module to a file, which is there as a whole or not at all.
pub(crate) fn compile(options: &Precompile) -> anyhow::Result<ExitCode> {
    let file = &options.file;
    // All is compiled when the module is written: here it is only validated.
    let config = Config::new().compile(Compile::Lazy);
    let config = config.consume_fuel(options.fuel);
    let out = match &options.out {
        Some(out) => out.clone(),
        None => file.with_extension(EXTENSION),
    };
    let what = || file.display().to_string();
    let module = Module::from_file(&Engine::new(&config)?, file).with_context(what)?;
    let code = module.serialize().with_context(what)?;
    let mut unfinished = out.clone().into_os_string();
    unfinished.push(format!(".{}.tmp", std::process::id()));
    let written = fs::write(&unfinished, code).and_then(|()| fs::rename(&unfinished, &out));
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written.with_context(|| format!("cannot write {}", out.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Loads a module; a compiled one where the user asked for it by `--allow-compiled`, whatever the file is called:
/// its code would be as free as a program, whoever it comes from.
pub(crate) fn load(engine: &Engine, file: &Path, allow_compiled: bool) -> Result<Module, Error> {
    if !is_compiled(file) {
        return Module::from_file(engine, file);
    }
    if !allow_compiled {
        return Err(Error::msg(
            "a file of compiled code, which no sandbox holds: --allow-compiled runs it, if you trust it as a program",
        ));
    }
    // SAFETY: the user vouches for the file, by an option that docs/cli.md explains.
    unsafe { Module::deserialize_file(engine, file) }
}

fn is_compiled(file: &Path) -> bool {
    foreign::start_of(file).is_ok_and(|start| Module::is_serialized(&start))
}
