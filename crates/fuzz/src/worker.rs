//! The work of one process: programs on both machines, one after the other.

use crate::Args;
use crate::progress::Progress;
use anyhow::Result;
use bident::Config;
use bident_fuzz::{Report, Runner, Script, predict};
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

/// Runs all programs of `args`; fails at the first that differs.
pub(crate) fn work(args: &Args, progress: &Path) -> Result<ExitCode> {
    let file = File::create(progress)?;
    let mut config = Config::new();
    if args.stress {
        config = config.stress(true);
    }
    let mut runner = Runner::new(&config)?;
    let mut progress = Progress::default();
    for seed in args.seed..args.seed + args.programs {
        progress.seed = seed;
        progress.write(&file)?;
        let script = args.script(seed);
        let expected = predict(&script);
        let given = match runner.run(&script) {
            Ok(given) => given,
            Err(error) => {
                println!("{script}\nmodel:  {expected:?}\nengine: cannot run it: {error:#}");
                return Ok(ExitCode::FAILURE);
            }
        };
        if given != expected {
            report(&script, &expected, &given);
            return Ok(ExitCode::FAILURE);
        }
        progress.count(&script, &given);
    }
    progress.write(&file)?;
    Ok(ExitCode::SUCCESS)
}

/// Events shown before and after the first that differs.
const CONTEXT: usize = 12;

fn report(script: &Script, expected: &Report, given: &Report) {
    let pairs = expected.trace.iter().zip(&given.trace);
    let same = pairs.take_while(|(a, b)| a == b).count();
    let short = |report: &Report| Report {
        trace: {
            let around = report.trace[same.saturating_sub(CONTEXT)..].iter();
            around.copied().take(2 * CONTEXT).collect()
        },
        ..report.clone()
    };
    println!("{script}");
    println!("the traces agree in the first {same} events; those around, and the rest:");
    println!("model:  {:?}\nengine: {:?}", short(expected), short(given));
}
