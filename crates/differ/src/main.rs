//! Runs random modules on two machines, or three, until they differ.
//!
//! The work is done by processes of their own (worker.rs), so that a crash, too, names its seed.

mod shrink;
mod supervise;
mod worker;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::process::ExitCode;

/// Compare Bident and another machine on random modules
#[derive(Parser, Clone)]
struct Args {
    /// How many modules; without it and `--seconds`, 10,000
    #[arg(long)]
    modules: Option<u64>,
    /// For how long
    #[arg(long)]
    seconds: Option<u64>,
    /// Seed of the first module; the next has the next number. Without it a fresh one, which is printed
    #[arg(long)]
    seed: Option<u64>,
    /// How many processes at once; 0 stands for as many as there are processors
    #[arg(long, default_value_t = 0)]
    jobs: u64,
    /// Collect at every allocation, move stacks at every transfer
    #[arg(long)]
    stress: bool,
    /// Run each module plain and under stress
    #[arg(long, conflicts_with = "stress")]
    both: bool,
    /// What Bident is compared with
    #[arg(long, value_enum, default_value_t = Against::default())]
    against: Against,
    /// Write the module of the seed to a file, and run nothing
    #[arg(long)]
    write: Option<PathBuf>,
    /// Run the module in this file, with the calls of the seed
    #[arg(long)]
    file: Option<PathBuf>,
    /// Write a module to `<file>` that has fewer functions and fails as the seed's, or the file's, does
    #[arg(long)]
    shrink: Option<PathBuf>,
    /// Behave wrongly, to see it found
    #[arg(long, value_enum, hide = true)]
    plant: Option<Plant>,
    /// Do the work of one process: `--modules` from `--seed` on
    #[arg(long, hide = true)]
    worker: bool,
}

/// The other machine.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
enum Against {
    /// Wasmtime
    #[cfg(feature = "wasmtime")]
    Wasmtime,
    /// Bident in another mode: other code, small stacks, and stress unless it is on anyway
    Bident,
}

impl Default for Against {
    fn default() -> Self {
        #[cfg(feature = "wasmtime")]
        return Self::Wasmtime;
        #[cfg(not(feature = "wasmtime"))]
        return Self::Bident;
    }
}

/// What goes wrong on purpose.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
enum Plant {
    /// A result differs
    Result,
    /// A verdict differs
    Verdict,
    /// The process ends
    Crash,
    /// The process panics
    Panic,
    /// The process hangs
    Hang,
    /// Nothing is compared
    Hollow,
}

fn main() -> Result<ExitCode> {
    let mut args = Args::parse();
    if args.modules.is_none() && args.seconds.is_none() {
        args.modules = Some(if args.file.is_some() { 1 } else { 10_000 });
    }
    // Short enough to be typed.
    let fresh = || RandomState::new().hash_one(0) % 1_000_000_000_000;
    let seed = args.seed.unwrap_or_else(fresh);
    if args.worker {
        return worker::work(args, seed);
    }
    if let Some(path) = &args.write {
        std::fs::write(path, bident_differ::generate::generate(seed)?.bytes)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(path) = &args.shrink {
        return shrink::shrink(&args, seed, path);
    }
    supervise::run(&args, seed)
}
