//! The command `bident`: what was typed (`args`), what was meant (`run`), how it ended (`exit`).
#![forbid(unsafe_code)]

mod args;
mod exit;
mod js;
mod lazy;
mod progress;
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
        Command::Run(options) => run::run(options),
        Command::Eval { code, args } => run::eval(code, args),
        Command::Wast { files } => wast::run(files),
    };
    ended.unwrap_or_else(|error| exit::failed(&error))
}
