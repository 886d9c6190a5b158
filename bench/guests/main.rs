//! Guests that wait, each with a store of its own or all in one instance: what a wait costs on tokio, what a store costs, how
//! many of them there can be, what a second thread adds, and how long one waits among busy ones. Beside Wasmtime, with both of its allocators.
//!
//! ```text
//! cargo bench -p bident-differ [--features wasmtime] --bench guests -- [waits | warm | held | threads | fairness]...
//!     [--rounds N] [--most N] [--draw FILE]
//! ```
//!
//! Each figure is measured in a process of its own, `--rounds` times: the ways take turns, and the median counts. `held` goes
//! from a thousand guests to `--most`, a million of them; `--draw` draws that. `bench/guests.sh` is the
//! same, with the options of the other scripts.
#![expect(clippy::print_stdout, reason = "the figures")]

mod fairness;
mod figures;
mod guest;
mod measured;
#[path = "../../crates/engine/benches/live_continuations/plot.rs"]
mod plot;
mod stores;
mod threads;
mod waits;
#[cfg(feature = "wasmtime")]
mod wasmtimes;

use anyhow::{Context, Result, bail};
use figures::{Figures, Settings};
use guest::{Host, Ours, Plan};

/// Who runs guests, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// Futures that tokio runs by themselves.
    Native,
    /// Calls in one instance.
    Shared,
    /// A store each, with memories that move.
    Moving,
    /// A store each, with memories that have all addresses they may need.
    Reserved,
    /// The same in Wasmtime, as it comes.
    OnDemand,
    /// The same with its pooling allocator.
    Pooling,
}

impl Way {
    const ALL: [Self; 6] = [
        Self::Native,
        Self::Shared,
        Self::Moving,
        Self::Reserved,
        Self::OnDemand,
        Self::Pooling,
    ];

    /// In arguments.
    fn word(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Shared => "shared",
            Self::Moving => "moving",
            Self::Reserved => "reserved",
            Self::OnDemand => "on-demand",
            Self::Pooling => "pooling",
        }
    }

    /// In tables.
    fn name(self) -> &'static str {
        match self {
            Self::Native => "native futures",
            Self::Shared => "Bident, one instance",
            Self::Moving => "Bident, memories that move",
            Self::Reserved => "Bident",
            Self::OnDemand => "Wasmtime",
            Self::Pooling => "Wasmtime, pooling",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.word() == word)
    }

    /// Whether this program has it.
    fn is_there(self) -> bool {
        cfg!(feature = "wasmtime") || !matches!(self, Self::OnDemand | Self::Pooling)
    }

    /// Those with a store for each guest.
    fn stores() -> impl Iterator<Item = Self> {
        let all = [Self::Moving, Self::Reserved, Self::OnDemand, Self::Pooling];
        all.into_iter().filter(|way| way.is_there())
    }
}

/// Something to measure for a way that has a store for each guest.
trait Measure {
    fn with<H: Host>(self, host: &H) -> Result<Vec<f64>>;
}

/// Measures in a way, with so many guests.
fn measure(way: Way, guests: usize, what: impl Measure) -> Result<Vec<f64>> {
    match way {
        Way::Moving => what.with(&Ours::new(Plan::Moving)?),
        Way::Reserved => what.with(&Ours::new(Plan::Reserved)?),
        #[cfg(feature = "wasmtime")]
        Way::OnDemand => what.with(&wasmtimes::Theirs::on_demand()?),
        #[cfg(feature = "wasmtime")]
        Way::Pooling => what.with(&wasmtimes::Theirs::pooling(guests)?),
        _ => bail!("{way:?} has no store for each of {guests} guests"),
    }
}

/// One measurement, in this process: `WHAT WAY [DETAIL]`.
fn child(args: &[String]) -> Result<Vec<f64>> {
    let [what, way, detail @ ..] = args else {
        bail!("what?");
    };
    let way = Way::of(way).context("which way?")?;
    let detail = detail.first().map_or("", |detail| detail);
    match &**what {
        "waits" => waits::measure(way, guest::For::of(detail).context("for what?")?),
        "fairness" => fairness::measure(way),
        "warm" => measure(way, 2, stores::Warm),
        "held" => {
            let guests = detail.parse()?;
            measure(way, guests, stores::Held(guests))
        }
        "threads" => {
            let threads = detail.parse()?;
            measure(way, 2 * threads::GUESTS, threads::Pinned(threads))
        }
        _ => bail!("no such measurement: {what}"),
    }
}

fn main() -> Result<()> {
    // What cargo adds says nothing here.
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| arg != "--bench")
        .collect();
    if let Some(("--measure", rest)) = args.split_first().map(|(first, rest)| (&**first, rest)) {
        let values: Vec<_> = child(rest)?.iter().map(f64::to_string).collect();
        println!("{}", values.join(" "));
        return Ok(());
    }
    let settings = Settings::of(&args)?;
    let mut figures = Figures::new(&settings);
    if settings.has("waits") {
        figures.waits()?;
    }
    if settings.has("warm") {
        figures.warm()?;
    }
    if settings.has("held") {
        figures.held()?;
    }
    if settings.has("threads") {
        figures.threads()?;
    }
    if settings.has("fairness") {
        figures.fairness()?;
    }
    Ok(())
}
