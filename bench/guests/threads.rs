//! What a second thread adds: stores stay on their threads, the engine is everybody's.

use crate::Measure;
use crate::guest::{For, Host, result};
use anyhow::Result;
use std::sync::Barrier;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;

/// Guests of a thread at once.
pub(crate) const GUESTS: usize = 200;
const WAITS: u32 = 20;
const LASTS: Duration = Duration::from_millis(500);

/// So many threads make guests with a store each, run them until all have ended, and begin anew. Gives guests a second of all
/// threads; then the same of a loop that shares nothing, as processors are not always two where the system says so.
pub(crate) struct Pinned(pub(crate) usize);

impl Measure for Pinned {
    fn with<H: Host>(self, host: &H) -> Result<Vec<f64>> {
        let guests = self.together(|| round(host))?;
        let alone = self.together(|| Ok(spin()))?;
        Ok(vec![guests, alone])
    }
}

impl Pinned {
    /// What threads do in a second, all of them, where a round is so much.
    fn together(&self, round: impl Fn() -> Result<usize> + Sync) -> Result<f64> {
        let begin = Barrier::new(self.0);
        let work = || -> Result<f64> {
            round()?;
            begin.wait();
            let (start, mut done) = (Instant::now(), 0);
            while start.elapsed() < LASTS {
                done += round()?;
            }
            Ok(done as f64 / start.elapsed().as_secs_f64())
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.0).map(|_| scope.spawn(work)).collect();
            let done = threads.into_iter().map(|thread| match thread.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            done.sum()
        })
    }
}

fn round<H: Host>(host: &H) -> Result<usize> {
    let executor = Builder::new_current_thread().build()?;
    executor.block_on(async {
        let mut spawned = Vec::with_capacity(GUESTS);
        for id in 0..GUESTS as u32 {
            spawned.push(tokio::spawn(host.start(For::Turn, id, WAITS)?));
        }
        for (id, guest) in (0..).zip(spawned) {
            anyhow::ensure!(guest.await?? == result(id, WAITS));
        }
        Ok(GUESTS)
    })
}

fn spin() -> usize {
    let mut x = std::hint::black_box(1_u64);
    for _ in 0..100_000 {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(1);
    }
    std::hint::black_box(x);
    GUESTS
}
