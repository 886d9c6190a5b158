//! One module on two machines.

use crate::counts::Counts;
use crate::generate::{Case, FUEL, Purpose};
use crate::machine::{Guest, Machine};
use crate::rewrite::FUEL_NAME;
use crate::seen::{Ended, Kind, Trap};
use anyhow::{Result, bail, ensure};
use bident_fuzz::Random;
use std::fmt::Debug;
use wasmparser::WasmFeatures;

/// Exported functions that are called, each once, in order.
const EACH: usize = 14;
/// Calls behind that, of any of them.
const MORE: u32 = 8;

/// What a difference is planted in, to see that it is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Planted {
    /// A result, where a call returns a number.
    Result,
    /// The verdict on a module with changed bytes.
    Verdict,
}

/// Runs a case on both machines.
///
/// # Errors
/// They differ: where, and how.
pub fn compare(
    case: &Case,
    seed: u64,
    machines: [&dyn Machine; 2],
    planted: Option<Planted>,
) -> Result<Counts> {
    let mut counts = Counts {
        modules: 1,
        ..Counts::default()
    };
    let verdicts = machines.map(|machine| machine.validate(&case.bytes));
    let mut valid = verdicts.each_ref().map(Result::is_ok);
    if case.purpose == Purpose::Load && planted == Some(Planted::Verdict) {
        valid[0] = !valid[0];
    }
    if valid[0] != valid[1] {
        if valid[0] && !is_common(&case.bytes) {
            counts.more_features = 1;
            return Ok(counts);
        }
        let [a, b] = machines.map(Machine::name);
        bail!(
            "is it valid? {a}: {:?}, {b}: {:?}",
            verdicts[0],
            verdicts[1]
        );
    }
    if !valid[0] {
        ensure!(
            case.purpose == Purpose::Load,
            "wasm-smith made an invalid module: {:?}",
            verdicts[0]
        );
        counts.refused = 1;
        return Ok(counts);
    }
    let deterministic = case.purpose != Purpose::Run(false);
    let load = |machine: &dyn Machine| match machine.load(&case.bytes, deterministic) {
        Ok(guest) => Ok(guest),
        Err(error) => bail!("{} does not load what is valid: {error}", machine.name()),
    };
    let guests = [load(machines[0])?, load(machines[1])?];
    if case.purpose == Purpose::Load {
        counts.accepted = 1;
        return Ok(counts);
    }
    let names = machines.map(Machine::name);
    Pair {
        guests,
        names,
        counts,
        planted,
    }
    .run(seed)
}

/// Whether a module is valid without the proposals that only Bident has.
fn is_common(bytes: &[u8]) -> bool {
    let more = WasmFeatures::STACK_SWITCHING | WasmFeatures::LEGACY_EXCEPTIONS;
    let features = WasmFeatures::all()
        .difference(more | WasmFeatures::COMPACT_IMPORTS | WasmFeatures::CUSTOM_DESCRIPTORS);
    wasmparser::Validator::new_with_features(features)
        .validate_all(bytes)
        .is_ok()
}

/// The module in both stores.
struct Pair {
    guests: [Box<dyn Guest>; 2],
    names: [&'static str; 2],
    counts: Counts,
    planted: Option<Planted>,
}

impl Pair {
    fn run(mut self, seed: u64) -> Result<Counts> {
        let started = self.ask("how the start ended", |guest| Ok(guest.start()));
        let Some(started) = self.unless_exhausted(started)? else {
            return Ok(self.counts);
        };
        self.host_calls("the start")?;
        if !matches!(started, Ended::Returned(_)) {
            self.counts.not_started = 1;
            return Ok(self.counts);
        }
        self.counts.run = 1;
        let exports = self.same("exports", |guest| guest.exports())?;
        let of_kind = |kind| {
            let numbered = exports.iter().enumerate();
            numbered
                .filter(move |(_, (_, k))| *k == kind)
                .map(|(i, _)| i)
        };
        let funcs: Vec<usize> = of_kind(Kind::Func).collect();
        let small: Vec<usize> = of_kind(Kind::Global).chain(of_kind(Kind::Table)).collect();
        let all: Vec<usize> = small.iter().copied().chain(of_kind(Kind::Memory)).collect();
        let fuel = exports.iter().position(|(name, _)| name == FUEL_NAME);
        let Some(fuel) = fuel else {
            bail!("the fuel is not exported");
        };
        self.states("after the start", &all)?;
        let mut random = Random::new(!seed);
        let more = if funcs.is_empty() { 0 } else { MORE };
        let more = (0..more).map(|_| random.pick(&funcs));
        let calls: Vec<usize> = funcs.iter().copied().take(EACH).chain(more).collect();
        for (number, &func) in calls.iter().enumerate() {
            let budget = random.pick(&[FUEL / 20, FUEL / 4, FUEL]);
            self.guests
                .iter_mut()
                .for_each(|guest| guest.set(fuel, budget.cast_signed()));
            let arguments = random.bits();
            let place = format!("call {number}, of export {:?}", exports[func].0);
            let ended = self.ask(&place, |guest| Ok(guest.call(func, arguments)));
            let Some(ended) = self.unless_exhausted(ended)? else {
                return Ok(self.counts);
            };
            self.count(&ended);
            self.host_calls(&place)?;
            if random.chance(15) {
                self.guests.iter_mut().for_each(|guest| guest.collect());
            }
            self.states(&place, &small)?;
        }
        self.states("in the end", &all)?;
        Ok(self.counts)
    }

    /// Asks both, which must agree unless one is exhausted.
    fn ask(
        &mut self,
        place: &str,
        mut ask: impl FnMut(&mut dyn Guest) -> Result<Ended>,
    ) -> Result<Ended> {
        let [a, b] = &mut self.guests;
        let (mut first, second) = (ask(&mut **a)?, ask(&mut **b)?);
        let exhausted = a.exhausted() || b.exhausted();
        if exhausted || first == Ended::Exhausted || second == Ended::Exhausted {
            return Ok(Ended::Exhausted);
        }
        if self.planted == Some(Planted::Result)
            && let Ended::Returned(values) = &mut first
            && let Some(crate::seen::Seen::I32(number)) = values.first_mut()
        {
            *number ^= 1;
        }
        self.equal(place, first, second)
    }

    fn unless_exhausted(&mut self, ended: Result<Ended>) -> Result<Option<Ended>> {
        let ended = ended?;
        if ended == Ended::Exhausted {
            self.counts.exhausted = 1;
            return Ok(None);
        }
        Ok(Some(ended))
    }

    fn same<T: PartialEq + Debug>(
        &mut self,
        what: &str,
        mut of: impl FnMut(&mut dyn Guest) -> T,
    ) -> Result<T> {
        let [a, b] = &mut self.guests;
        let (first, second) = (of(&mut **a), of(&mut **b));
        self.equal(what, first, second)
    }

    fn equal<T: PartialEq + Debug>(&self, what: &str, first: T, second: T) -> Result<T> {
        let [a, b] = self.names;
        let [last_a, last_b] = self.guests.each_ref().map(|guest| guest.said());
        ensure!(
            first == second,
            "{what}\n{a}: {first:?}\n{b}: {second:?}\nlast error of {a}: {last_a}\nlast error of {b}: {last_b}"
        );
        Ok(first)
    }

    fn host_calls(&mut self, place: &str) -> Result<()> {
        let calls = self.same(&format!("{place}: calls of the host"), |guest| {
            guest.host_calls()
        })?;
        self.counts.host_calls += calls.len() as u64;
        Ok(())
    }

    fn states(&mut self, place: &str, exports: &[usize]) -> Result<()> {
        for &export in exports {
            self.same(&format!("{place}: export number {export}"), |guest| {
                guest.state(export)
            })?;
        }
        Ok(())
    }

    fn count(&mut self, ended: &Ended) {
        let counts = &mut self.counts;
        counts.calls += 1;
        *match ended {
            Ended::Returned(_) => &mut counts.returned,
            Ended::Trap(Trap::Unreachable) => &mut counts.unreachable,
            Ended::Trap(_) | Ended::Refused | Ended::Exhausted => &mut counts.trapped,
            Ended::Exception(_) => &mut counts.exceptions,
            Ended::NoArguments => &mut counts.no_arguments,
        } += 1;
    }
}
