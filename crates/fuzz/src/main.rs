//! Runs random programs on the engine and on the model until their reports differ.
//!
//! `cargo run --release -p bident-fuzz -- [--programs N] [--seed S] [--threads N] [--stress]`

use anyhow::{Result, bail};
use bident::Config;
use bident_fuzz::{Outcome, Report, Runner, Script, generate, predict};
use clap::Parser;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

/// Compare random programs of stack switching on the engine and on the model.
#[derive(Parser, Clone)]
struct Args {
    /// How many programs
    #[arg(long, default_value_t = 1_000_000)]
    programs: u64,
    /// Seed of the first; the next has the next number
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many threads; 0 stands for as many as there are processors
    #[arg(long, default_value_t = 0)]
    threads: u64,
    /// Move every stack at every transfer
    #[arg(long)]
    stress: bool,
    /// Print the script of the first seed and what the model says, and run nothing
    #[arg(long)]
    print: bool,
}

/// What all threads count.
#[derive(Default)]
struct Totals {
    programs: AtomicU64,
    instructions: AtomicU64,
    returned: AtomicU64,
    trapped: AtomicU64,
    exceptions: AtomicU64,
    parked: AtomicU64,
    failed: AtomicBool,
}

fn main() -> Result<()> {
    let mut args = Args::parse();
    if args.print {
        let script = generate(args.seed);
        println!("{script}\n{:#?}", predict(&script));
        return Ok(());
    }
    if args.threads == 0 {
        args.threads = thread::available_parallelism().map_or(1, |n| n.get() as u64);
    }
    args.threads = args.threads.min(args.programs).max(1);
    let (totals, start) = (Totals::default(), Instant::now());
    let result = thread::scope(|scope| {
        let work = |i| {
            let (args, totals) = (&args, &totals);
            scope.spawn(move || {
                let result = compare(args, i, totals, start);
                if result.is_err() {
                    totals.failed.store(true, Ordering::Relaxed);
                }
                result
            })
        };
        let threads: Vec<_> = (0..args.threads).map(work).collect();
        let results = threads.into_iter().map(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<Result<()>>()
    });
    totals.print(start);
    result
}

/// One thread: a stretch of the seeds.
fn compare(args: &Args, thread: u64, totals: &Totals, start: Instant) -> Result<()> {
    let mut config = Config::new();
    if args.stress {
        config = config.stress(true);
    }
    let mut runner = Runner::new(&config)?;
    let bound = |thread| args.seed + args.programs * thread / args.threads;
    let first = bound(thread);
    for seed in first..bound(thread + 1) {
        let script = generate(seed);
        let expected = predict(&script);
        let given = runner.run(&script)?;
        if given != expected {
            report(&script, &expected, &given);
            let count = seed - first + 1;
            bail!(
                "seed {seed} differs; replay with --seed {seed} --programs 1, or, if it takes what ran \
                 before it in the same store, with --seed {first} --programs {count} --threads 1"
            );
        }
        let done = totals.add(&script, &given);
        if done.is_multiple_of(100_000) {
            println!("{done} programs, {:.1} s", start.elapsed().as_secs_f64());
        }
        if totals.failed.load(Ordering::Relaxed) {
            break;
        }
    }
    Ok(())
}

fn report(script: &Script, expected: &Report, given: &Report) {
    println!("{script}");
    let pairs = expected.trace.iter().zip(&given.trace);
    let same = pairs.take_while(|(a, b)| a == b).count();
    println!("the traces agree in the first {same} events");
    let short = |report: &Report| Report {
        trace: report.trace[same.saturating_sub(8)..]
            .iter()
            .copied()
            .take(32)
            .collect(),
        ..report.clone()
    };
    println!("model: {:?}\nengine: {:?}", short(expected), short(given));
}

impl Totals {
    /// Number of programs so far.
    fn add(&self, script: &Script, report: &Report) -> u64 {
        let fuel = u64::from(script.fuel - report.fuel);
        self.instructions.fetch_add(fuel, Ordering::Relaxed);
        for outcome in &report.outcomes {
            let count = match outcome {
                Outcome::Returned(_) => &self.returned,
                Outcome::Exception(..) => &self.exceptions,
                Outcome::Parked => &self.parked,
                _ => &self.trapped,
            };
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.programs.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn print(&self, start: Instant) {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        println!(
            "{} programs without a difference in {:.1} s: {} instructions; activations: {} returned, \
             {} left by an exception, {} trapped or failed, {} times parked",
            of(&self.programs),
            start.elapsed().as_secs_f64(),
            of(&self.instructions),
            of(&self.returned),
            of(&self.exceptions),
            of(&self.trapped),
            of(&self.parked),
        );
    }
}
