//! The work of one process: modules one after the other. Before each it prints its seed, behind each what became
//! of it.

use crate::{Against, Args, Plant};
use anyhow::Result;
use bident::Config;
use bident_differ::case::{Planted, compare};
use bident_differ::counts::Counts;
use bident_differ::engine::Bident;
use bident_differ::generate::{Case, generate};
use bident_differ::machine::Machine;
use std::fs;
use std::io::{Write, stdout};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

/// Room for the stack that other engines give WebAssembly, and for calls of the host in between.
const STACK: usize = 64 << 20;
/// What a process ends with at a difference.
pub(crate) const DIFFERS: u8 = 10;
/// What Rust ends one with that panicked.
const PANICKED: u8 = 101;
/// Modules behind which a planted fault shows itself.
const LATE: u64 = 20;

/// Runs all modules; fails at the first that differs.
pub(crate) fn work(args: Args, first: u64) -> Result<ExitCode> {
    let thread = thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || run(&args, first))?;
    thread.join().unwrap_or(Ok(ExitCode::from(PANICKED)))
}

fn run(args: &Args, first: u64) -> Result<ExitCode> {
    let machines = machines(args)?;
    let machines: Vec<&dyn Machine> = machines.iter().map(|machine| &**machine).collect();
    for seed in first..first + args.modules.unwrap_or(1) {
        say(&format!("begin {seed}"))?;
        let planted = plant(args, seed - first);
        let case = case(args, seed)?;
        let counts = match planted {
            Some(Plant::Hollow) => Counts {
                modules: 1,
                ..Counts::default()
            },
            _ => match compare(&case, seed, &machines, planted.and_then(of_case)) {
                Ok(counts) => counts,
                Err(difference) => {
                    eprintln!("{difference:#}");
                    return Ok(ExitCode::from(DIFFERS));
                }
            },
        };
        say(&counts.to_string())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn say(line: &str) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

fn case(args: &Args, seed: u64) -> Result<Case> {
    match &args.file {
        Some(path) => {
            // What the seed is for, its module goes for the file.
            let Case { purpose, .. } = generate(seed)?;
            Ok(Case {
                bytes: fs::read(path)?,
                purpose,
            })
        }
        None => generate(seed),
    }
}

/// Bident in the modes that are asked for, behind them what they are compared with.
fn machines(args: &Args) -> Result<Vec<Box<dyn Machine>>> {
    let bident = |name, stress| -> Box<dyn Machine> {
        // What is not asked for is as the environment has it.
        let config = Config::new();
        let config = if stress { config.stress(true) } else { config };
        Box::new(Bident::new(name, config, u64::from(stress)))
    };
    let mut machines = Vec::new();
    if !args.stress {
        machines.push(bident("Bident", false));
    }
    if args.stress || args.both {
        machines.push(bident("Bident under stress", true));
    }
    machines.push(match args.against {
        #[cfg(feature = "wasmtime")]
        Against::Wasmtime => Box::new(bident_differ::reference::Wasmtime::new()?),
        Against::Bident => {
            let config = Config::new()
                .stress(!args.stress)
                .smallest_stacks(true)
                .quick_code(true);
            Box::new(Bident::new("Bident, otherwise", config, 2))
        }
    });
    Ok(machines)
}

/// What goes wrong on purpose at this module, if anything does.
fn plant(args: &Args, number: u64) -> Option<Plant> {
    match args.plant? {
        Plant::Hollow => Some(Plant::Hollow),
        _ if number < LATE => None,
        Plant::Crash => std::process::abort(),
        Plant::Panic => panic!("on purpose"),
        Plant::Hang => loop {
            thread::sleep(Duration::from_secs(1));
        },
        plant => Some(plant),
    }
}

fn of_case(plant: Plant) -> Option<Planted> {
    match plant {
        Plant::Result => Some(Planted::Result),
        Plant::Verdict => Some(Planted::Verdict),
        _ => None,
    }
}
