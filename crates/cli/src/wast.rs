//! `bident wast FILE...`: runs scripts of the specification's test format.

use crate::exit;
use anyhow::Context;
use bident::Engine;
use bident_wast::{Report, run_script};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

const UNPRINTABLE: &str = "cannot print the results";

/// Runs the scripts and prints a line for each, its failures, and the total. Fails if anything in
/// them does, or if one cannot be read; the others are run all the same. Without anywhere to print to
/// it stops.
pub(crate) fn run(files: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let engine = Engine::default();
    let mut total = Report::default();
    let mut unreadable = 0;
    for file in files {
        let name = file.display().to_string();
        match std::fs::read_to_string(file) {
            Ok(text) => {
                let report = run_script(&engine, &name, &text);
                print(&name, &report).context(UNPRINTABLE)?;
                total.add(report);
            }
            Err(error) => {
                exit::complain(&format!("bident: cannot read {name}: {error}"));
                unreadable += 1;
            }
        }
    }
    writeln!(io::stdout(), "{total}").context(UNPRINTABLE)?;
    let good = total.failed == 0 && unreadable == 0;
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The failures of a script, and a line that sums it up.
fn print(name: &str, report: &Report) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for failure in &report.failures {
        writeln!(out, "{failure}")?;
    }
    writeln!(out, "{name}: {report}")
}
