//! Collections of a heap to which suspended stacks refer: how long one takes, from a thousand stacks to a
//! million; and what one keeps by mistake, because a number on a stack looks like a reference.
//! Run: `cargo bench -p bident --bench collections [-- --draw]`.
//!
//! Each number of stacks runs in fresh processes. With `--draw` it draws the plot that `docs` shows.

#[path = "../live_continuations/plot.rs"]
mod plot;
mod retention;

use bident::{Config, Engine, Instance, Module, Store, TypedFunc};
use plot::{Panel, Plot, Series};
use std::error::Error;
use std::process::Command;
use std::time::Instant;

const STACKS: &str = include_str!("../../../../bench/gc/stacks.wat");
const DRAWING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/collections.svg");

/// How many stacks, and how many processes to take the median of.
const COUNTS: [(u32, usize); 4] = [(1_000, 11), (10_000, 7), (100_000, 5), (1_000_000, 3)];

/// Collections in one process, of which the median counts.
const COLLECTIONS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, count] = args.as_slice()
        && flag == "--measure"
    {
        println!("{}", pause(count.parse()?)?);
        return Ok(());
    }
    println!("| suspended stacks | pause, ms | for each stack, ns |");
    println!("|--:|--:|--:|");
    let mut points = Vec::new();
    for (count, processes) in COUNTS {
        let pauses = (0..processes).map(|_| in_child(count));
        let pause = median(pauses.collect::<Result<_, _>>()?);
        let each = pause * 1e6 / f64::from(count);
        println!("| {count} | {pause:.2} | {each:.0} |");
        points.push((f64::from(count), pause, each));
    }
    println!();
    retention::print()?;
    if args.iter().any(|arg| arg == "--draw") {
        std::fs::write(DRAWING, drawing(&points)?.to_svg())?;
        eprintln!("drawn: docs/collections.svg");
    }
    Ok(())
}

/// A store with the program, in which so many stacks may wait.
fn instance(stacks: u32) -> Result<(Store<()>, Instance), Box<dyn Error>> {
    let config = Config::new().max_table_elements(u64::from(stacks));
    let engine = Engine::new(&config)?;
    let module = Module::from_text_or_binary(&engine, STACKS.as_bytes())?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    Ok((store, instance))
}

/// Milliseconds of a collection, where so many stacks wait.
fn pause(count: u32) -> Result<f64, Box<dyn Error>> {
    let (mut store, instance) = instance(count)?;
    let start: TypedFunc<i32, ()> = instance.get_typed_func(&mut store, "start")?;
    let finish: TypedFunc<(), i64> = instance.get_typed_func(&mut store, "finish")?;
    start.call(&mut store, i32::try_from(count)?)?;
    // The first gives memory back, which none of the next finds.
    store.gc();
    let pauses = (0..COLLECTIONS).map(|_| {
        let clock = Instant::now();
        store.gc();
        clock.elapsed().as_secs_f64() * 1e3
    });
    let pause = median(pauses.collect());
    let (sum, n) = (finish.call(&mut store, ())?, i64::from(count));
    if sum != n * (n - 1) / 2 {
        return Err(format!("the objects hold {sum}").into());
    }
    Ok(pause)
}

fn in_child(count: u32) -> Result<f64, Box<dyn Error>> {
    let output = Command::new(std::env::current_exe()?)
        .args(["--measure", &count.to_string()])
        .output()?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{count} stacks: {} {complaint}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn drawing(points: &[(f64, f64, f64)]) -> Result<Plot, Box<dyn Error>> {
    let panel = |title, of: fn(&(f64, f64, f64)) -> f64| Panel {
        title,
        series: vec![Series {
            name: "full",
            points: points.iter().map(|point| (point.0, of(point))).collect(),
        }],
    };
    Ok(Plot {
        panels: vec![
            panel("pause of a collection, ms", |point| point.1),
            panel("the same for each stack, ns", |point| point.2),
        ],
        x_label: "suspended stacks, each with an object",
        decades: (3, 6),
        caption: plot::caption()?,
    })
}
