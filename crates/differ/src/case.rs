//! One module on two machines or more.

use crate::counts::Counts;
use crate::generate::{Case, FUEL, Purpose};
use crate::machine::{Guest, Machine};
use crate::rewrite::FUEL_NAME;
use crate::seen::{Ended, Kind, Seen, State, Trap};
use anyhow::{Context as _, Result, bail};
use bident_fuzz::Random;
use std::fmt::{Debug, Write as _};
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

/// Runs a case on all machines.
///
/// # Errors
/// They differ: where, and how.
pub fn compare(
    case: &Case,
    seed: u64,
    machines: &[&dyn Machine],
    planted: Option<Planted>,
) -> Result<Counts> {
    let mut counts = Counts {
        modules: 1,
        ..Counts::default()
    };
    // What wasm-smith made is valid: loading it asks all that there is to ask.
    if case.purpose == Purpose::Load && !all_accept(case, machines, planted, &mut counts)? {
        return Ok(counts);
    }
    let deterministic = case.purpose != Purpose::Run(false);
    let load = |machine: &&dyn Machine| match machine.load(&case.bytes, deterministic, seed) {
        Ok(guest) => Ok(guest),
        Err(error) => bail!("{} does not load what is valid: {error}", machine.name()),
    };
    let guests = machines.iter().map(load).collect::<Result<_>>()?;
    if case.purpose == Purpose::Load {
        counts.accepted = 1;
        return Ok(counts);
    }
    let names = machines.iter().map(|machine| machine.name()).collect();
    Abreast {
        guests,
        names,
        counts,
        planted,
    }
    .run(seed)
}

/// Whether all machines take a module with changed bytes for valid.
fn all_accept(
    case: &Case,
    machines: &[&dyn Machine],
    planted: Option<Planted>,
    counts: &mut Counts,
) -> Result<bool> {
    let of = |machine: &&dyn Machine| machine.validate(&case.bytes);
    let verdicts: Vec<_> = machines.iter().map(of).collect();
    let mut valid: Vec<bool> = verdicts.iter().map(Result::is_ok).collect();
    valid[0] ^= planted == Some(Planted::Verdict);
    if valid.iter().all(|valid| *valid) {
        return Ok(true);
    }
    if valid.iter().all(|valid| !valid) {
        counts.refused = 1;
        return Ok(false);
    }
    let (reference, of_bident) = valid.split_last().context("there are machines")?;
    if !reference && of_bident.iter().all(|valid| *valid) && !is_common(&case.bytes) {
        counts.more_features = 1;
        return Ok(false);
    }
    let said = machines.iter().zip(&verdicts);
    let said = said.map(|(machine, verdict)| format!("\n{}: {verdict:?}", machine.name()));
    bail!("is it valid?{}", said.collect::<String>());
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

/// The module in the store of each machine.
struct Abreast {
    guests: Vec<Box<dyn Guest>>,
    names: Vec<&'static str>,
    counts: Counts,
    planted: Option<Planted>,
}

impl Abreast {
    fn run(mut self, seed: u64) -> Result<Counts> {
        let started = self.ask("how the start ended", |guest| guest.start());
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
            let ended = self.ask(&place, |guest| guest.call(func, arguments));
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

    /// Asks all, which must agree unless one is exhausted.
    fn ask(&mut self, place: &str, ask: impl FnMut(&mut dyn Guest) -> Ended) -> Result<Ended> {
        let mut ended = self.each(ask);
        let is_out = self.guests.iter().any(|guest| guest.exhausted());
        if is_out || ended.contains(&Ended::Exhausted) {
            return Ok(Ended::Exhausted);
        }
        if self.planted == Some(Planted::Result)
            && let Ended::Returned(values) = &mut ended[0]
            && let Some(Seen::I32(number)) = values.first_mut()
        {
            *number ^= 1;
        }
        self.equal(place, ended)
    }

    /// What each says.
    fn each<T>(&mut self, mut of: impl FnMut(&mut dyn Guest) -> T) -> Vec<T> {
        self.guests
            .iter_mut()
            .map(|guest| of(&mut **guest))
            .collect()
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
        of: impl FnMut(&mut dyn Guest) -> T,
    ) -> Result<T> {
        let all = self.each(of);
        self.equal(what, all)
    }

    fn equal<T: PartialEq + Debug>(&self, what: &str, mut all: Vec<T>) -> Result<T> {
        if all.iter().all(|one| *one == all[0]) {
            return Ok(all.swap_remove(0));
        }
        let mut report = what.to_owned();
        for (name, one) in self.names.iter().zip(&all) {
            write!(report, "\n{name}: {one:?}")?;
        }
        for (name, guest) in self.names.iter().zip(&self.guests) {
            write!(report, "\nlast error of {name}: {}", guest.said())?;
        }
        bail!(report)
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
            let states = self.each(|guest| guest.state(export));
            if states.iter().flatten().any(State::has_object) {
                self.counts.with_objects = 1;
            }
            if states.iter().any(|state| *state != states[0]) {
                self.equal(&format!("{place}: export number {export}"), states)?;
            }
        }
        Ok(())
    }

    fn count(&mut self, ended: &Ended) {
        let counts = &mut self.counts;
        counts.calls += 1;
        if let Ended::Returned(values) | Ended::Exception(values) = ended {
            counts.gave_values += u64::from(!values.is_empty());
            if values.iter().any(Seen::is_object) {
                counts.with_objects = 1;
            }
        }
        *match ended {
            Ended::Returned(_) => &mut counts.returned,
            Ended::Trap(Trap::Unreachable) => &mut counts.unreachable,
            Ended::Trap(_) | Ended::Refused | Ended::Exhausted => &mut counts.trapped,
            Ended::Exception(_) => &mut counts.exceptions,
            Ended::NoArguments => &mut counts.no_arguments,
        } += 1;
    }
}
