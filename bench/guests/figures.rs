//! The tables, and the plot: each value from processes of its own.

use crate::Way;
use crate::guest::For;
use crate::plot::{self, Panel, Plot, Series};
use crate::waits::{GUESTS, WAITS};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// Numbers of guests that are held at once.
const HELD: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

pub(crate) struct Settings {
    what: Vec<String>,
    rounds: usize,
    most: usize,
    draw: Option<PathBuf>,
}

impl Settings {
    pub(crate) fn of(args: &[String]) -> Result<Self> {
        let mut settings = Self {
            what: Vec::new(),
            rounds: 3,
            most: 1_000_000,
            draw: None,
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut number = || {
                args.next()
                    .context("how many?")?
                    .parse()
                    .context("how many?")
            };
            match &**arg {
                "--rounds" => settings.rounds = number()?,
                "--most" => settings.most = number()?,
                "--draw" => settings.draw = Some(args.next().context("which file?")?.into()),
                "waits" | "warm" | "held" | "threads" | "fairness" => {
                    settings.what.push(arg.clone())
                }
                _ => bail!(
                    "{arg}: waits, warm, held, threads, fairness, --rounds N, --most N, --draw FILE"
                ),
            }
        }
        Ok(settings)
    }

    /// Whether it is to be measured: all is, where nothing was named.
    pub(crate) fn has(&self, what: &str) -> bool {
        self.what.is_empty() || self.what.iter().any(|name| name == what)
    }
}

pub(crate) struct Figures<'a>(&'a Settings);

/// A way's figures, by the number of guests.
type Line = (Way, Vec<(f64, Vec<f64>)>);

/// What a way came to: medians, or why it ended.
type Outcome = Result<Vec<f64>, String>;

impl<'a> Figures<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        Self(settings)
    }

    /// Medians of all rounds, in which the ways take turns.
    fn take_turns(&self, what: &str, ways: &[(Way, &str)]) -> Result<Vec<Outcome>> {
        let mut all: Vec<Result<Vec<Vec<f64>>, String>> =
            ways.iter().map(|_| Ok(Vec::new())).collect();
        for _ in 0..self.0.rounds.max(1) {
            for ((way, detail), rounds) in ways.iter().zip(&mut all) {
                if let Ok(values) = rounds {
                    match in_child(what, *way, detail)? {
                        Ok(value) => values.push(value),
                        Err(why) => *rounds = Err(why),
                    }
                }
            }
        }
        Ok(all.into_iter().map(|rounds| rounds.map(medians)).collect())
    }

    pub(crate) fn waits(&mut self) -> Result<()> {
        println!("{GUESTS} guests on tokio that wait {WAITS} times, ns of CPU a wait\n");
        println!("| | a turn | beyond native | a timer | beyond native | bytes of a guest |");
        println!("|---|--:|--:|--:|--:|--:|");
        let ways: Vec<_> = Way::ALL.into_iter().filter(|way| way.is_there()).collect();
        let of = |what: For| -> Result<Vec<Outcome>> {
            let ways: Vec<_> = ways.iter().map(|way| (*way, what.word())).collect();
            self.take_turns("waits", &ways)
        };
        let (turns, timers) = (of(For::Turn)?, of(For::Timer)?);
        let beyond = |all: &[Outcome], one: &Outcome| match (&all[0], one) {
            (Ok(native), Ok(one)) => format!("{:+.0}", one[0] - native[0]),
            _ => String::new(),
        };
        for ((way, turn), timer) in ways.iter().zip(&turns).zip(&timers) {
            let bytes = turn.as_ref().ok().and_then(|values| values.get(1));
            println!(
                "| {} | {} | {} | {} | {} | {} |",
                way.name(),
                shown(turn, 0),
                beyond(&turns, turn),
                shown(timer, 0),
                beyond(&timers, timer),
                bytes.map_or(String::new(), |bytes| format!("{bytes:.0}")),
            );
        }
        println!();
        Ok(())
    }

    pub(crate) fn warm(&mut self) -> Result<()> {
        println!("One guest after the other, ns\n");
        println!("| | `Store::new` | instantiate | first park | drop |");
        println!("|---|--:|--:|--:|--:|");
        let ways: Vec<_> = Way::stores().map(|way| (way, "")).collect();
        for ((way, _), outcome) in ways.iter().zip(self.take_turns("warm", &ways)?) {
            let cells: Vec<_> = (0..4).map(|part| shown(&outcome, part)).collect();
            println!("| {} | {} |", way.name(), cells.join(" | "));
        }
        println!();
        Ok(())
    }

    pub(crate) fn held(&mut self) -> Result<()> {
        println!("Guests with a store each, parked at once\n");
        println!(
            "| guests | | make and park, ns of CPU | bytes | of page tables | resume, end and drop, ns of CPU |"
        );
        println!("|--:|---|--:|--:|--:|--:|");
        let mut lines: Vec<Line> = Way::stores().map(|way| (way, Vec::new())).collect();
        for guests in HELD.into_iter().filter(|guests| *guests <= self.0.most) {
            let detail = guests.to_string();
            let ways: Vec<_> = lines.iter().map(|(way, _)| (*way, &*detail)).collect();
            for ((way, line), outcome) in lines.iter_mut().zip(self.take_turns("held", &ways)?) {
                match outcome {
                    Ok(values) => {
                        let cells: Vec<_> =
                            values.iter().map(|value| format!("{value:.0}")).collect();
                        println!("| {guests} | {} | {} |", way.name(), cells.join(" | "));
                        line.push((guests as f64, values));
                    }
                    Err(why) => println!("| {guests} | {} | {why} | | | |", way.name()),
                }
            }
        }
        println!();
        if let Some(file) = &self.0.draw {
            let drawing = drawing(&lines).map_err(|error| anyhow::Error::msg(error.to_string()))?;
            let written = std::fs::write(file, drawing.to_svg());
            written.with_context(|| format!("cannot write {}", file.display()))?;
            eprintln!("drawn: {}", file.display());
        }
        Ok(())
    }

    pub(crate) fn threads(&mut self) -> Result<()> {
        println!(
            "Guests a second that are made, wait, end and are dropped; stores stay on their threads\n"
        );
        println!("| | one thread | two | times | a loop that shares nothing |");
        println!("|---|--:|--:|--:|--:|");
        for way in Way::stores() {
            let outcomes = self.take_turns("threads", &[(way, "1"), (way, "2")])?;
            let times = |part: usize| match &outcomes[..] {
                [Ok(one), Ok(two)] => format!("{:.2}", two[part] / one[part]),
                _ => String::new(),
            };
            println!(
                "| {} | {} | {} | {} | {} |",
                way.name(),
                shown(&outcomes[0], 0),
                shown(&outcomes[1], 0),
                times(0),
                times(1)
            );
        }
        println!();
        Ok(())
    }
}

impl Figures<'_> {
    pub(crate) fn fairness(&mut self) -> Result<()> {
        println!(
            "A guest that answers a timer every ms among a hundred that never end: how late, in ms\n"
        );
        println!("| | median | worst |");
        println!("|---|--:|--:|");
        let all = [Way::Shared, Way::Reserved, Way::OnDemand];
        let ways: Vec<_> = all
            .into_iter()
            .filter(|way| way.is_there())
            .map(|way| (way, ""))
            .collect();
        for ((way, _), outcome) in ways.iter().zip(self.take_turns("fairness", &ways)?) {
            let cells = match &outcome {
                Ok(values) => format!("{:.2} | {:.2}", values[0], values[1]),
                Err(why) => format!("{why} | "),
            };
            println!("| {} | {cells} |", way.name());
        }
        println!();
        Ok(())
    }
}

fn shown(outcome: &Outcome, part: usize) -> String {
    match outcome {
        Ok(values) => format!("{:.0}", values[part]),
        Err(why) => why.clone(),
    }
}

/// Of each value, over the rounds.
fn medians(rounds: Vec<Vec<f64>>) -> Vec<f64> {
    let parts = rounds.first().map_or(0, Vec::len);
    let median = |part: usize| {
        let mut values: Vec<_> = rounds.iter().map(|round| round[part]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    (0..parts).map(median).collect()
}

fn in_child(what: &str, way: Way, detail: &str) -> Result<Outcome> {
    let output = Command::new(std::env::current_exe()?)
        .args(["--measure", what, way.word(), detail])
        .env("RUST_BACKTRACE", "0")
        .output()?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let why = complaint.lines().find_map(|line| {
            let line = line.strip_prefix("Error: ").unwrap_or(line);
            line.starts_with("ended at").then(|| line.trim().to_owned())
        });
        let last = || complaint.lines().next().unwrap_or("no word").to_owned();
        return Ok(Err(why.unwrap_or_else(last)));
    }
    let text = String::from_utf8(output.stdout)?;
    let values: Result<Vec<f64>, _> = text.split_whitespace().map(str::parse).collect();
    Ok(Ok(values?))
}

fn drawing(lines: &[Line]) -> Result<Plot, Box<dyn std::error::Error>> {
    let shown = lines.iter().filter(|(way, _)| *way != Way::Reserved);
    let panel = |title, of: fn(&[f64]) -> f64| Panel {
        title,
        series: shown
            .clone()
            .map(|(way, points)| Series {
                name: match way {
                    Way::Moving => "Bident",
                    way => way.name(),
                },
                points: points.iter().map(|(n, values)| (*n, of(values))).collect(),
            })
            .collect(),
    };
    Ok(Plot {
        panels: vec![
            panel("memory of a parked guest with page tables, KB", |values| {
                (values[1] + values[2]) / 1e3
            }),
            panel("to make and park one, µs of CPU", |values| values[0] / 1e3),
        ],
        x_label: "guests with a store each, parked at once",
        decades: (3, 6),
        caption: plot::caption()?,
    })
}
