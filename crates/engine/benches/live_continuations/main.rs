//! Suspended continuations at once, from a thousand on: time and memory of each, as the number grows.
//! Run: `cargo bench -p bident --bench live_continuations [-- --full]`.
//!
//! Each number runs in fresh processes, since a process that has had a million stacks starts the next ones
//! in memory that it has already. With `--full` it goes to ten million, which takes 8 GB, and draws the
//! plot that `docs` shows.

mod plot;

use bident::{Config, Engine, Instance, Module, Store, TypedFunc};
use plot::{Panel, Plot, Series};
use std::error::Error;
use std::process::Command;
use std::time::Instant;

const KERNELS: &str = include_str!("../../../../bench/kernels.wat");
const DRAWING: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/live-continuations.svg"
);

/// How many continuations, and how many processes to take the median of.
const COUNTS: [(u32, usize); 5] = [
    (1_000, 21),
    (10_000, 11),
    (100_000, 7),
    (1_000_000, 5),
    (10_000_000, 1),
];

/// What one continuation costs.
#[derive(Clone, Copy)]
struct Cost {
    start_ns: f64,
    finish_ns: f64,
    bytes: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, count] = args.as_slice()
        && flag == "--measure"
    {
        let cost = measure(count.parse()?)?;
        println!("{} {} {}", cost.start_ns, cost.finish_ns, cost.bytes);
        return Ok(());
    }
    let full = args.iter().any(|arg| arg == "--full");
    let counts = &COUNTS[..COUNTS.len() - usize::from(!full)];
    println!("| continuations | ns to start | ns to finish | bytes each |");
    println!("|--:|--:|--:|--:|");
    let mut costs = Vec::new();
    for &(count, processes) in counts {
        let cost = median_of(count, processes)?;
        println!(
            "| {count} | {:.0} | {:.0} | {:.0} |",
            cost.start_ns, cost.finish_ns, cost.bytes
        );
        costs.push((f64::from(count), cost));
    }
    if full {
        std::fs::write(DRAWING, drawing(&costs)?.to_svg())?;
        println!("\ndrawn: docs/live-continuations.svg");
    }
    Ok(())
}

/// Starts so many continuations, which suspend, and lets them finish.
fn measure(count: u32) -> Result<Cost, Box<dyn Error>> {
    // The kernel keeps the continuations in a table.
    let config = Config::new().max_table_elements(u64::from(count));
    let engine = Engine::new(&config)?;
    let module = Module::from_text_or_binary(&engine, KERNELS.as_bytes())?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let start: TypedFunc<i32, ()> = instance.get_typed_func(&mut store, "live_start")?;
    let finish: TypedFunc<i32, i32> = instance.get_typed_func(&mut store, "live_finish")?;
    start.call(&mut store, 1)?;
    finish.call(&mut store, 1)?;

    let n = i32::try_from(count)?;
    let (before, clock) = (resident()?, Instant::now());
    start.call(&mut store, n)?;
    let (started, after) = (clock.elapsed(), resident()?);
    let clock = Instant::now();
    let finished = finish.call(&mut store, n)?;
    let each = |total: f64| total / f64::from(count);
    let cost = Cost {
        start_ns: each(started.as_nanos() as f64),
        finish_ns: each(clock.elapsed().as_nanos() as f64),
        bytes: each(after.saturating_sub(before) as f64),
    };
    if finished != n {
        return Err(format!("{finished} of {n} continuations have finished").into());
    }
    Ok(cost)
}

/// Resident memory of this process in bytes. From the page tables: the sums in `statm` are kept for each
/// processor and may be half a megabyte old.
fn resident() -> Result<u64, Box<dyn Error>> {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kilobytes = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
    Ok(kilobytes.ok_or("no Rss in smaps_rollup")?.parse::<u64>()? * 1024)
}

/// Medians over fresh processes, each of the three for itself.
fn median_of(count: u32, processes: usize) -> Result<Cost, Box<dyn Error>> {
    let costs = (0..processes)
        .map(|_| in_child(count))
        .collect::<Result<Vec<Cost>, _>>()?;
    let median = |of: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Ok(Cost {
        start_ns: median(|cost| cost.start_ns),
        finish_ns: median(|cost| cost.finish_ns),
        bytes: median(|cost| cost.bytes),
    })
}

fn in_child(count: u32) -> Result<Cost, Box<dyn Error>> {
    let output = Command::new(std::env::current_exe()?)
        .args(["--measure", &count.to_string()])
        .output()?;
    let failed = || {
        let complaint = String::from_utf8_lossy(&output.stderr);
        format!("{count} continuations: {} {complaint}", output.status)
    };
    if !output.status.success() {
        return Err(failed().into());
    }
    let words = String::from_utf8(output.stdout.clone())?;
    let numbers = words.split_whitespace().map(str::parse);
    match numbers.collect::<Result<Vec<f64>, _>>()?.as_slice() {
        &[start_ns, finish_ns, bytes] => Ok(Cost {
            start_ns,
            finish_ns,
            bytes,
        }),
        _ => Err(failed().into()),
    }
}

fn drawing(costs: &[(f64, Cost)]) -> Result<Plot, Box<dyn Error>> {
    let points = |of: fn(&Cost) -> f64| costs.iter().map(|(n, cost)| (*n, of(cost))).collect();
    let time = Panel {
        title: "time of each, ns",
        series: vec![
            Series {
                name: "start",
                points: points(|cost| cost.start_ns),
            },
            Series {
                name: "finish",
                points: points(|cost| cost.finish_ns),
            },
        ],
    };
    let memory = Panel {
        title: "resident memory of each, bytes",
        series: vec![Series {
            name: "memory",
            points: points(|cost| cost.bytes),
        }],
    };
    Ok(Plot {
        panels: vec![time, memory],
        x_label: "continuations that are suspended at once",
        decades: (3, 7),
        caption: plot::caption()?,
    })
}
