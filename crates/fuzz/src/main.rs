//! Runs random programs on the engine and on the model until their reports differ.
//!
//! The work is done by processes of their own (worker.rs), so that a crash, too, names its seed.

mod progress;
mod shrink;
mod supervise;
mod worker;

use anyhow::Result;
use bident_fuzz::{Script, generate, predict};
use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;

/// Compare random programs of stack switching on the engine and on the model
#[derive(Parser, Clone)]
struct Args {
    /// How many programs
    #[arg(long, default_value_t = 1_000_000)]
    programs: u64,
    /// Seed of the first; the next has the next number
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many processes; 0 stands for as many as there are processors
    #[arg(long, default_value_t = 0)]
    jobs: u64,
    /// Move every stack at every transfer
    #[arg(long)]
    stress: bool,
    /// Print the script of the seed and what the model says, and run nothing
    #[arg(long)]
    print: bool,
    /// Find out how much of the seed's script is not needed for its failure
    #[arg(long)]
    shrink: bool,
    /// Leave out these instructions, by number, or steps, counted on after the instructions
    #[arg(long, value_delimiter = ',', hide = true)]
    without: Vec<usize>,
    /// Do the work of one process, with the progress in this file
    #[arg(long, hide = true)]
    worker: Option<PathBuf>,
}

impl Args {
    fn script(&self, seed: u64) -> Script {
        let mut script = generate(seed);
        script.leave_out(&self.without);
        script
    }
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    if let Some(progress) = &args.worker {
        return worker::work(&args, progress);
    }
    if args.print {
        let script = args.script(args.seed);
        println!("{script}\n{:#?}", predict(&script));
        return Ok(ExitCode::SUCCESS);
    }
    if args.shrink {
        return shrink::shrink(&args);
    }
    supervise::run(&args)
}
