//! `bident wast FILE...`: runs scripts of the specification's test format.

use crate::exit;
use anyhow::Context;
use bident::Engine;
use bident_wast::{Report, run_script};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs the scripts and prints a line for each, its failures, and the total. Fails if anything in
/// them does, or if one cannot be read; the others are run all the same.
pub(crate) fn run(files: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let engine = Engine::default();
    let mut total = Report::default();
    let mut unreadable = 0;
    for file in files {
        match run_file(&engine, file) {
            Ok(report) => total.add(report),
            Err(error) => {
                exit::complain(&format!("bident: {error:#}"));
                unreadable += 1;
            }
        }
    }
    writeln!(io::stdout(), "{total}").context("cannot write the total")?;
    let good = total.failed == 0 && unreadable == 0;
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn run_file(engine: &Engine, file: &Path) -> anyhow::Result<Report> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    let report = run_script(engine, &name, &text);
    let mut out = io::stdout().lock();
    for failure in &report.failures {
        writeln!(out, "{failure}")?;
    }
    writeln!(out, "{name}: {report}")?;
    Ok(report)
}
