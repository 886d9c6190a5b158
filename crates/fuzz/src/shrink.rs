//! Leaves out of a failing script whatever its failure does not need.

use crate::Args;
use crate::supervise::{End, Worker};
use anyhow::{Result, bail};
use bident_fuzz::generate;
use std::process::{ExitCode, Stdio};

/// Tries to leave out instructions and steps, many at a time, then fewer; prints what remains.
pub(crate) fn shrink(args: &Args) -> Result<ExitCode> {
    let mut args = args.clone();
    let Some(how) = failure(&args, Stdio::null())? else {
        bail!("seed {} alone does not fail", args.seed);
    };
    let mut candidates = generate(args.seed).parts();
    candidates.retain(|part| !args.without.contains(part));
    let mut size = candidates.len().div_ceil(2);
    loop {
        let mut at = 0;
        while at < candidates.len() {
            let end = (at + size).min(candidates.len());
            let mut trial = args.clone();
            trial.without.extend_from_slice(&candidates[at..end]);
            if failure(&trial, Stdio::null())?.as_ref() == Some(&how) {
                args = trial;
                candidates.drain(at..end);
            } else {
                at = end;
            }
        }
        if size == 1 {
            break;
        }
        size = size.div_ceil(2);
    }
    println!("{}", args.script(args.seed));
    println!("seed {} {how}; what remains of it:", args.seed);
    failure(&args, Stdio::inherit())?;
    let numbers: Vec<String> = args.without.iter().map(usize::to_string).collect();
    println!(
        "replay: --seed {} --programs 1 --without {}",
        args.seed,
        numbers.join(",")
    );
    Ok(ExitCode::FAILURE)
}

fn failure(args: &Args, output: Stdio) -> Result<Option<String>> {
    Ok(match Worker::start(args, args.seed, 1, output)?.wait()? {
        End::Done => None,
        End::Failed(how) => Some(how),
    })
}
