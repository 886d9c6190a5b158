//! `bident cache info|clear`: compiled code that is kept from one run to the next.

use crate::args::CacheCommand;
use anyhow::Context;
use bident::Cache;
use std::io::{self, Write};
use std::process::ExitCode;

/// Does it.
pub(crate) fn run(what: CacheCommand) -> anyhow::Result<ExitCode> {
    let cache = Cache::of_user();
    let cache = cache.context("no cache: neither XDG_CACHE_HOME nor HOME names a directory")?;
    let directory = cache.directory().display().to_string();
    let line = match what {
        CacheCommand::Info => {
            let info = cache.info();
            let info = info.with_context(|| format!("cannot read {directory}"))?;
            format!(
                "{directory}: code of {} modules, {} bytes",
                info.entries, info.bytes
            )
        }
        CacheCommand::Clear => {
            let removed = cache.clear();
            let removed = removed.with_context(|| format!("cannot clear {directory}"))?;
            format!("{directory}: removed the code of {removed} modules")
        }
    };
    writeln!(io::stdout(), "{line}").context("cannot print")?;
    Ok(ExitCode::SUCCESS)
}
