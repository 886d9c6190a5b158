//! Starts workers, one stretch of seeds behind the other, and watches them.

use crate::worker::DIFFERS;
use crate::{Against, Args};
use anyhow::{Context as _, Result};
use bident_differ::counts::Counts;
use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Modules of one process.
const STRETCH: u64 = 1000;
/// A module that takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(120);
/// Settings of the C library's allocator: it keeps what it has, as modules come and go.
const ALLOCATOR: [(&str, &str); 4] = [
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_MMAP_THRESHOLD_", "33554432"),
    ("MALLOC_TRIM_THRESHOLD_", "268435456"),
    ("MALLOC_TOP_PAD_", "4194304"),
];
/// Between two lines of output.
const STEP: Duration = Duration::from_secs(30);

/// How a worker ended.
pub(crate) enum End {
    /// Nothing differed.
    Done,
    /// The time is up.
    Stopped,
    /// At this seed: how.
    Failed(u64, String),
}

/// A process.
pub(crate) struct Worker {
    child: Child,
    lines: Receiver<String>,
    seed: u64,
}

impl Worker {
    /// Starts a process for a stretch of seeds. `quiet`: what it says of a difference is not shown.
    pub(crate) fn start(args: &Args, first: u64, modules: u64, quiet: bool) -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.envs(ALLOCATOR);
        // There is a process for each processor.
        command.env("RAYON_NUM_THREADS", "1");
        command.args(["--worker", "--seed", &first.to_string()]);
        command
            .args(["--modules", &modules.to_string(), "--against"])
            .arg(match args.against {
                #[cfg(feature = "wasmtime")]
                Against::Wasmtime => "wasmtime",
                Against::Bident => "bident",
            });
        if args.stress {
            command.arg("--stress");
        }
        if args.both {
            command.arg("--both");
        }
        if let Some(file) = &args.file {
            command.arg("--file").arg(file);
        }
        if let Some(plant) = args.plant {
            command.args(["--plant", &format!("{plant:?}").to_lowercase()]);
        }
        if quiet {
            command.stderr(Stdio::null());
        }
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start a worker")?;
        let output = child.stdout.take().context("its output is piped")?;
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            child,
            lines,
            seed: first,
        })
    }

    /// Waits for its end, or for the end of the module that runs at this moment: one that hangs should not
    /// pass for one that was cut off.
    pub(crate) fn wait(
        mut self,
        until: Option<Instant>,
        mut count: impl FnMut(Counts),
    ) -> Result<End> {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => match (line.strip_prefix("begin "), Counts::parse(&line)) {
                    (Some(seed), _) => self.seed = seed.parse()?,
                    (None, Some(counts)) => {
                        count(counts);
                        if until.is_some_and(|until| until <= Instant::now()) {
                            return Ok(End::Stopped);
                        }
                    }
                    (None, None) => println!("{line}"),
                },
                Err(RecvTimeoutError::Timeout) => {
                    let how = format!("hangs: it ran for {} s", PATIENCE.as_secs());
                    return Ok(End::Failed(self.seed, how));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait()?;
                    return Ok(if status.success() {
                        End::Done
                    } else {
                        End::Failed(self.seed, cause(status))
                    });
                }
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Both fail if it has ended, which is what we want of them.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cause(status: ExitStatus) -> String {
    match status.code() {
        Some(code) if code == i32::from(DIFFERS) => "differs".to_owned(),
        _ => format!("ends the process ({status})"),
    }
}

/// What the threads that watch share.
struct Shared {
    next: u64,
    total: Counts,
    said: Instant,
    failure: Option<(u64, u64, String)>,
}

/// Runs all modules; fails at the first that differs, and if too little was compared.
pub(crate) fn run(args: &Args, first: u64) -> Result<ExitCode> {
    let modes = match (args.both, args.stress) {
        (true, _) => ", plain and under stress",
        (false, true) => ", under stress",
        (false, false) => "",
    };
    println!("seed {first}, against {:?}{modes}", args.against);
    let start = Instant::now();
    let until = args
        .seconds
        .map(|seconds| start + Duration::from_secs(seconds));
    let last = args
        .modules
        .map_or(u64::MAX, |modules| first.saturating_add(modules));
    let jobs = match args.jobs {
        0 => thread::available_parallelism().map_or(1, |n| n.get() as u64),
        jobs => jobs,
    };
    let shared = Shared {
        next: first,
        total: Counts::default(),
        said: start,
        failure: None,
    };
    let shared = Mutex::new(shared);
    let watch = || -> Result<()> {
        loop {
            let (begin, end) = {
                let mut shared = shared.lock().expect("no thread panics");
                let is_late = until.is_some_and(|until| until <= Instant::now());
                if shared.next >= last || shared.failure.is_some() || is_late {
                    return Ok(());
                }
                let begin = shared.next;
                shared.next = last.min(begin.saturating_add(STRETCH));
                (begin, shared.next)
            };
            let worker = Worker::start(args, begin, end - begin, false)?;
            let end = worker.wait(until, |counts| {
                let mut shared = shared.lock().expect("no thread panics");
                shared.total.add(&counts);
                if shared.said.elapsed() >= STEP {
                    shared.said = Instant::now();
                    println!(
                        "{} modules, {:.0} s",
                        shared.total.modules,
                        start.elapsed().as_secs_f64()
                    );
                }
            })?;
            if let End::Failed(seed, how) = end {
                let mut shared = shared.lock().expect("no thread panics");
                shared.failure.get_or_insert((begin, seed, how));
            }
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(watch)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().expect("it does not panic"))
    })?;
    let shared = shared.into_inner().expect("no thread panics");
    println!("{}", shared.total);
    if let Some((begin, seed, how)) = shared.failure {
        say_failed(begin, seed, &how);
        return Ok(ExitCode::FAILURE);
    }
    if let Some(complaint) = shared.total.complaint() {
        println!("too little was compared: {complaint}");
        return Ok(ExitCode::FAILURE);
    }
    println!(
        "{} modules without a difference in {:.1} s, from seed {first} on",
        shared.total.modules,
        start.elapsed().as_secs_f64()
    );
    Ok(ExitCode::SUCCESS)
}

fn say_failed(begin: u64, seed: u64, how: &str) {
    println!("seed {seed} {how}");
    println!("replay: --seed {seed} --modules 1; less of it: --seed {seed} --shrink less.wasm");
    let modules = seed - begin + 1;
    println!("after the modules that ran before it: --seed {begin} --modules {modules} --jobs 1");
}
