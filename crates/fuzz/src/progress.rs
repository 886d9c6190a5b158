//! How far a worker is, in a file: it outlives a crash.

use anyhow::Result;
use bident_fuzz::{Outcome, Report, Script};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Counts of one worker, or of all.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The program that runs.
    pub(crate) seed: u64,
    /// Programs done.
    pub(crate) programs: u64,
    pub(crate) instructions: u64,
    pub(crate) returned: u64,
    pub(crate) exceptions: u64,
    pub(crate) trapped: u64,
    pub(crate) parked: u64,
}

impl Progress {
    pub(crate) fn count(&mut self, script: &Script, report: &Report) {
        self.programs += 1;
        self.instructions += u64::from(script.fuel - report.fuel);
        for outcome in &report.outcomes {
            *match outcome {
                Outcome::Returned(_) => &mut self.returned,
                Outcome::Exception(..) => &mut self.exceptions,
                Outcome::Parked => &mut self.parked,
                _ => &mut self.trapped,
            } += 1;
        }
    }

    /// Adds the counts of another worker.
    pub(crate) fn add(&mut self, other: &Self) {
        let sums = self.words().into_iter().zip(other.words());
        let mut words = sums.map(|(a, b)| a.wrapping_add(b));
        *self = Self::of_words(std::array::from_fn(|_| words.next().unwrap_or(0)));
    }

    pub(crate) fn write(&self, file: &File) -> Result<()> {
        let mut bytes = [0; 56];
        for (to, word) in bytes.as_chunks_mut().0.iter_mut().zip(self.words()) {
            *to = word.to_le_bytes();
        }
        Ok(file.write_all_at(&bytes, 0)?)
    }

    /// What a worker wrote last; zeros if it has not begun.
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_default();
        let mut words = bytes
            .as_chunks()
            .0
            .iter()
            .map(|word| u64::from_le_bytes(*word));
        Self::of_words(std::array::from_fn(|_| words.next().unwrap_or(0)))
    }

    fn words(&self) -> [u64; 7] {
        [
            self.seed,
            self.programs,
            self.instructions,
            self.returned,
            self.exceptions,
            self.trapped,
            self.parked,
        ]
    }

    fn of_words(
        [
            seed,
            programs,
            instructions,
            returned,
            exceptions,
            trapped,
            parked,
        ]: [u64; 7],
    ) -> Self {
        Self {
            seed,
            programs,
            instructions,
            returned,
            exceptions,
            trapped,
            parked,
        }
    }
}
