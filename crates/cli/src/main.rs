//! The command `bident`: what was typed (`args`), what was meant (`run`), how it ended (`exit`).
#![deny(unsafe_code)]

mod args;
mod cache;
mod exit;
mod foreign;
mod js;
mod lazy;
mod precompiled;
mod progress;
mod repl;
mod run;
mod wasm;
mod wast;

use args::{Args, Command};
use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    exit::on_interrupt();
    let ended = match &args.command {
        None => repl::run(),
        Some(command) => given(command),
    };
    ended.unwrap_or_else(|error| exit::failed(&error))
}

fn given(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run(options) => run::run(options),
        Command::Eval { code, args } => run::eval(code, args),
        Command::Compile(options) => precompiled::compile(options),
        Command::Cache { what } => cache::run(*what),
        Command::Wast { files } => wast::run(files),
    }
}
