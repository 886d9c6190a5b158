//! What can be typed.

use crate::progress;
use bident::{Cache, Compile, Config, Engine};
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Runs WebAssembly, and JavaScript that uses it.
#[derive(Parser, Debug)]
#[command(name = "bident", version)]
pub(crate) struct Args {
    /// Without one, JavaScript is read from a terminal line by line, or whole from standard input.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The subcommands.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Runs a JavaScript program or a WebAssembly command.
    Run(Box<Run>),
    /// Runs JavaScript that stands on the command line.
    #[command(trailing_var_arg = true)]
    Eval {
        /// The program, a module if it has `import`, `export` or `await` at its top.
        #[arg(allow_hyphen_values = true)]
        code: String,
        /// What it finds in `process.argv`.
        #[arg(allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Compiles a WebAssembly module, for `bident run`.
    Compile(Precompile),
    /// Says what is kept of modules that were run, or removes it.
    Cache {
        #[command(subcommand)]
        what: CacheCommand,
    },
    /// Runs test scripts of the WebAssembly specification.
    Wast {
        /// The scripts.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// The subcommands of `bident cache`.
#[derive(Subcommand, Clone, Copy, Debug)]
pub(crate) enum CacheCommand {
    /// Prints where it is, and how much.
    Info,
    /// Removes all of it.
    Clear,
}

/// Options of `bident compile`.
#[derive(clap::Args, Debug)]
pub(crate) struct Precompile {
    /// The module, a binary or a text
    pub(crate) file: PathBuf,

    /// Where the code goes (default: FILE with the extension .bident)
    #[arg(short, long = "output", value_name = "OUT")]
    pub(crate) out: Option<PathBuf>,

    /// For `bident run --fuel`
    #[arg(long)]
    pub(crate) fuel: bool,
}

/// Options of `bident run`. Those before FILE are ours, everything after it belongs to the program.
#[derive(clap::Args, Debug)]
#[command(
    override_usage = "bident run [OPTIONS] FILE [ARGS]...\n       bident run [OPTIONS] - [ARGS]...\n       bident run --script FILE...",
    after_help = "FILE is an ES module (.mjs, .js), a CommonJS module (.js, .cjs), a directory with a package or an \
                  index.js, a WebAssembly command (.wasm, .wat, or with --allow-compiled what `bident compile` wrote), or - for JavaScript \
                  from standard input.\nJavaScript runs with your rights, as under Node. A \
                  WebAssembly command gets nothing but what --dir, --env and --listen grant."
)]
pub(crate) struct Run {
    /// Run all FILEs as classic scripts, in order, in one global scope
    #[arg(long, conflicts_with_all = ["invoke", "dirs", "env", "listen", "lazy", "lazy_primary"])]
    pub(crate) script: bool,

    /// Call this export with ARGS, which are numbers, and print its results one a line
    #[arg(long, value_name = "NAME")]
    pub(crate) invoke: Option<String>,

    /// Grant a directory, which the program finds under the name GUEST, or else HOST
    #[arg(long = "dir", value_name = "HOST[::GUEST]", value_parser = parse_dir)]
    pub(crate) dirs: Vec<(PathBuf, String)>,

    /// Grant an environment variable, with this value or the one it has now
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = parse_env)]
    pub(crate) env: Vec<(String, String)>,

    /// Hand in a socket that listens at this address: descriptor 3 of the program, the next one 4
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Vec<String>,

    /// Load the functions that the program imports from NAME when one of them is first called, from FILE:
    /// the second module of a program that `wasm-split` has split
    #[arg(long, value_name = "NAME=FILE", value_parser = parse_lazy)]
    pub(crate) lazy: Vec<(String, PathBuf)>,

    /// What those FILEs call the program, in their imports (default: primary)
    #[arg(long, value_name = "NAME", requires = "lazy")]
    pub(crate) lazy_primary: Option<String>,

    /// Most bytes of one linear memory; K, M and G multiply by 1024 (default: 4G)
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(crate) max_memory: Option<u64>,

    /// Most bytes of the stack of one WebAssembly call (default: 4M)
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(crate) max_stack: Option<u64>,

    /// Most bytes of all WebAssembly stacks together (default: 16G)
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(crate) max_stacks: Option<u64>,

    /// Most bytes of all WebAssembly exceptions together (default: 1G)
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(crate) max_exceptions: Option<u64>,

    /// End the program once it has run for so long: a number with ms, s, m or h
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) timeout: Option<Duration>,

    /// Let WebAssembly take so much fuel, a unit for an instruction, and trap where it is used up
    #[arg(long, value_name = "UNITS", value_parser = parse_fuel)]
    pub(crate) fuel: Option<u64>,

    /// Take a FILE that `bident compile` wrote: its code can do whatever you can, whatever --dir and --env grant
    #[arg(long)]
    pub(crate) allow_compiled: bool,

    /// Look for no compiled code of earlier runs, and keep none
    #[arg(long)]
    pub(crate) no_cache: bool,

    /// The program, and its arguments
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "FILE"
    )]
    pub(crate) program: Vec<OsString>,
}

/// Bytes of functions from which on a module's functions are compiled when they are called.
const LARGE: usize = 64 << 10;

/// The engine of a program without options.
pub(crate) fn plain_engine() -> Result<Engine, bident::Error> {
    Engine::new(&plain_config())
}

/// The same for programs that somebody may interrupt.
pub(crate) fn interruptible_engine() -> Result<Engine, bident::Error> {
    Engine::new(&plain_config().epoch_interruption(true))
}

fn plain_config() -> Config {
    let mut config = progress::shown(Config::new());
    // What the variables of tests ask for stays.
    if std::env::var_os("BIDENT_LAZY").is_none() {
        config = config.compile(Compile::LazyFrom(LARGE));
    }
    if std::env::var_os("BIDENT_CACHE").is_none() {
        config = config.cache(Cache::of_user());
    }
    config
}

impl Run {
    /// The engine with the limits that were given.
    pub(crate) fn engine(&self) -> Result<Engine, bident::Error> {
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let mut config = plain_config();
        if self.no_cache {
            config = config.cache(None);
        }
        if let Some(bytes) = self.max_memory {
            config = config.max_memory_size(bytes);
        }
        if let Some(bytes) = self.max_stack {
            config = config.max_stack_size(size(bytes));
        }
        if let Some(bytes) = self.max_stacks {
            config = config.max_stack_memory(size(bytes));
        }
        if let Some(bytes) = self.max_exceptions {
            config = config.max_exception_memory(size(bytes));
        }
        if let Some(units) = self.fuel {
            config = config.consume_fuel(true).initial_fuel(units);
        }
        Engine::new(&config)
    }
}

fn parse_time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let milliseconds = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "" => return Err("no unit; ms, s, m and h are".to_owned()),
        unit => return Err(format!("no unit {unit}; ms, s, m and h are")),
    };
    let number: u64 = digits.parse().map_err(|error| format!("{text}: {error}"))?;
    match number.checked_mul(milliseconds) {
        Some(0) => Err("no time at all".to_owned()),
        Some(all) => Ok(Duration::from_millis(all)),
        None => Err(format!("{text} is too long")),
    }
}

fn parse_fuel(text: &str) -> Result<u64, String> {
    let number: u64 = text.parse().map_err(|error| format!("{text}: {error}"))?;
    match i64::try_from(number) {
        Ok(_) => Ok(number),
        Err(_) => Err(format!("{text} is more than {}", i64::MAX)),
    }
}

fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(['K', 'M', 'G']);
    let shift = match &text[digits.len()..] {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        unit => return Err(format!("no unit {unit}; K, M and G are")),
    };
    let number: u64 = digits.parse().map_err(|error| format!("{text}: {error}"))?;
    number
        .checked_mul(1 << shift)
        .ok_or_else(|| format!("{text} is too large"))
}

fn parse_dir(text: &str) -> Result<(PathBuf, String), String> {
    let (host, guest) = text.split_once("::").unwrap_or((text, text));
    if host.is_empty() || guest.is_empty() {
        return Err("the name of a directory is missing".to_owned());
    }
    Ok((host.into(), guest.to_owned()))
}

fn parse_env(text: &str) -> Result<(String, String), String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, value.to_owned()),
        None => match std::env::var(text) {
            Ok(value) => (text, value),
            Err(error) => return Err(format!("{text}: {error}")),
        },
    };
    if name.is_empty() {
        return Err("the name of the variable is missing".to_owned());
    }
    Ok((name.to_owned(), value))
}

fn parse_lazy(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        None => Err("no =FILE".to_owned()),
        Some(("", _)) => Err("the name that the functions are imported from is missing".to_owned()),
        Some((_, "")) => Err("the name of the file is missing".to_owned()),
        Some((name, file)) => Ok((name.to_owned(), file.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn run(args: &[&str]) -> Result<Run, clap::Error> {
        let parsed = Args::try_parse_from(["bident", "run"].iter().chain(args))?;
        match parsed.command {
            Some(Command::Run(run)) => Ok(*run),
            _ => unreachable!("`run` was typed"),
        }
    }

    #[test]
    fn definition_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn what_follows_the_file_is_the_programs() {
        let run = run(&["--dir", "/a::b", "x.wasm", "--dir", "-h", "y"]).unwrap();
        assert_eq!(run.dirs, [(PathBuf::from("/a"), "b".to_owned())]);
        assert_eq!(run.program, ["x.wasm", "--dir", "-h", "y"]);
    }

    #[test]
    fn grants() {
        assert_eq!(parse_dir("a"), Ok(("a".into(), "a".into())));
        assert!(parse_dir("::b").is_err());
        assert_eq!(parse_env("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert!(parse_env("=b").is_err());
        assert!(parse_env("BIDENT_SURELY_UNSET").is_err());
    }

    #[test]
    fn lazy_modules() {
        let given = |name: &str, file: &str| Ok((name.to_owned(), PathBuf::from(file)));
        assert_eq!(parse_lazy("a=b=c"), given("a", "b=c"));
        assert_eq!(
            parse_lazy("placeholder.two=./b"),
            given("placeholder.two", "./b")
        );
        for wrong in ["a", "a=", "=b", "", "="] {
            assert!(parse_lazy(wrong).is_err(), "{wrong}");
        }
        assert!(run(&["--lazy-primary", "p", "x.wasm"]).is_err());
        assert!(run(&["--script", "--lazy", "a=b", "x.js"]).is_err());
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_size("100"), Ok(100));
        assert_eq!(parse_size("64K"), Ok(64 << 10));
        assert_eq!(parse_size("2G"), Ok(2 << 30));
        assert!(parse_size("1KK").is_err());
        assert!(parse_size("M").is_err());
        assert!(parse_size("99999999999G").is_err());
    }

    #[test]
    fn times_and_fuel() {
        assert_eq!(parse_time("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(parse_time("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_time("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(parse_time("1h"), Ok(Duration::from_secs(3600)));
        for wrong in [
            "",
            "5",
            "s",
            "0s",
            "-1s",
            "1.5s",
            "5d",
            "99999999999999999999s",
            "9999999999999999h",
        ] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_fuel("0"), Ok(0));
        assert_eq!(parse_fuel("9223372036854775807"), Ok(i64::MAX as u64));
        for wrong in ["", "-1", "1K", "9223372036854775808"] {
            assert!(parse_fuel(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn mistakes() {
        assert!(run(&[]).is_err());
        assert!(run(&["--max-memory", "lots", "a.js"]).is_err());
        assert!(run(&["--script", "--invoke", "f", "a.js"]).is_err());
    }
}
