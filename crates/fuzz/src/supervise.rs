//! Starts workers and watches them.

use crate::Args;
use crate::progress::Progress;
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

/// A program that runs longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the workers are looked at.
const INTERVAL: Duration = Duration::from_millis(20);
/// Programs between two lines of output.
const STEP: u64 = 100_000;

/// A process, and where it writes its progress.
pub(crate) struct Worker {
    child: Child,
    file: PathBuf,
    first: u64,
    progress: Progress,
    /// When `progress` last changed.
    moved: Instant,
}

/// How a worker ended.
pub(crate) enum End {
    /// All its programs agree.
    Done,
    /// One does not, or the process broke down at it.
    Failed(String),
}

impl Worker {
    /// Starts a process for a stretch of seeds.
    pub(crate) fn start(args: &Args, first: u64, programs: u64, output: Stdio) -> Result<Self> {
        let file = env::temp_dir().join(format!("bident-fuzz-{}-{first}", process::id()));
        let mut command = Command::new(env::current_exe()?);
        command.arg("--worker").arg(&file).stdout(output);
        command.args([
            "--seed",
            &first.to_string(),
            "--programs",
            &programs.to_string(),
        ]);
        if args.stress {
            command.arg("--stress");
        }
        if !args.without.is_empty() {
            let numbers: Vec<String> = args.without.iter().map(usize::to_string).collect();
            command.args(["--without", &numbers.join(",")]);
        }
        // What it says when it breaks down goes where its other output goes.
        let child = command.spawn().context("cannot start a worker")?;
        let (progress, moved) = (Progress::default(), Instant::now());
        Ok(Self {
            child,
            file,
            first,
            progress,
            moved,
        })
    }

    /// Whether it has ended, and how.
    fn look(&mut self) -> Result<Option<End>> {
        let status = self.child.try_wait()?;
        let progress = Progress::read(&self.file);
        if progress != self.progress {
            (self.progress, self.moved) = (progress, Instant::now());
        }
        Ok(match status {
            Some(status) if status.success() => Some(End::Done),
            Some(status) => Some(End::Failed(cause(status))),
            None if self.moved.elapsed() > PATIENCE => Some(End::Failed(format!(
                "hangs: it ran for {} s",
                PATIENCE.as_secs()
            ))),
            None => None,
        })
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Result<End> {
        loop {
            if let Some(end) = self.look()? {
                return Ok(end);
            }
            thread::sleep(INTERVAL);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Both fail if it has ended or never began, which is what we want of them.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(Path::new(&self.file));
    }
}

fn cause(status: ExitStatus) -> String {
    if status.code() == Some(1) {
        "differs".to_owned()
    } else {
        format!("ends the process ({status})")
    }
}

/// Runs all programs; fails at the first that does not agree.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let processors = || thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let jobs = if args.jobs == 0 {
        processors()
    } else {
        args.jobs
    };
    let jobs = jobs.min(args.programs).max(1);
    let start = Instant::now();
    let bound = |i| args.seed + args.programs * i / jobs;
    let workers = (0..jobs).map(|i| {
        let programs = bound(i + 1) - bound(i);
        Worker::start(args, bound(i), programs, Stdio::inherit())
    });
    let mut workers = workers.collect::<Result<Vec<_>>>()?;
    let mut next_line = STEP;
    loop {
        let mut running = false;
        for worker in &mut workers {
            match worker.look()? {
                None => running = true,
                Some(End::Done) => {}
                Some(End::Failed(how)) => {
                    say_failed(worker, &how);
                    return Ok(ExitCode::FAILURE);
                }
            }
        }
        let mut total = Progress::default();
        workers
            .iter()
            .for_each(|worker| total.add(&worker.progress));
        if !running {
            say_done(&total, start);
            return Ok(ExitCode::SUCCESS);
        }
        if total.programs >= next_line {
            println!(
                "{} programs, {:.1} s",
                total.programs,
                start.elapsed().as_secs_f64()
            );
            next_line = total.programs + STEP;
        }
        thread::sleep(INTERVAL);
    }
}

fn say_failed(worker: &Worker, how: &str) {
    let (seed, first) = (worker.progress.seed, worker.first);
    println!("seed {seed} {how}");
    println!("replay: --seed {seed} --programs 1; less of it: --seed {seed} --shrink");
    let programs = seed - first + 1;
    println!(
        "after the programs that ran before it: --seed {first} --programs {programs} --jobs 1"
    );
}

fn say_done(total: &Progress, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{} programs without a difference in {seconds:.1} s: {} instructions; activations: {} returned, \
         {} left by an exception, {} trapped or failed, {} times parked",
        total.programs,
        total.instructions,
        total.returned,
        total.exceptions,
        total.trapped,
        total.parked,
    );
}
