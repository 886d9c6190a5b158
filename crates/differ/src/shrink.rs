//! A smaller module that fails in the same way: function after function loses its body.

use crate::Args;
use crate::supervise::{End, Worker};
use anyhow::Result;
use bident_differ::generate::generate;
use bident_differ::rewrite::{bodies, without_bodies};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// Writes to `path` the module of a seed, or of a file, without what its failure does not need.
pub(crate) fn shrink(args: &Args, seed: u64, path: &Path) -> Result<ExitCode> {
    let bytes = match &args.file {
        Some(file) => fs::read(file)?,
        None => generate(seed)?.bytes,
    };
    let args = Args {
        file: Some(path.to_owned()),
        ..args.clone()
    };
    let how_it_fails = |bytes: &[u8]| -> Result<Option<String>> {
        fs::write(path, bytes)?;
        let worker = Worker::start(&args, seed, 1, true)?;
        Ok(match worker.wait(None, |_| ())? {
            End::Failed(_, how) => Some(how),
            End::Done | End::Stopped => None,
        })
    };
    let Some(how) = how_it_fails(&bytes)? else {
        println!("seed {seed} does not fail by itself");
        return Ok(ExitCode::FAILURE);
    };
    let count = bodies(&bytes)?;
    let mut gone = Vec::new();
    for body in 0..count {
        gone.push(body);
        if how_it_fails(&without_bodies(&bytes, &gone)?)?.as_ref() != Some(&how) {
            gone.pop();
        }
    }
    fs::write(path, without_bodies(&bytes, &gone)?)?;
    println!(
        "seed {seed} {how} with {} of {count} bodies",
        count - gone.len() as u32
    );
    println!("replay: --seed {seed} --file {}", path.display());
    Ok(ExitCode::SUCCESS)
}
