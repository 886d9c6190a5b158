//! Ten thousand guests on tokio that each wait a hundred times: nanoseconds of CPU a wait, on an executor with one thread; and
//! bytes of each while they wait.

use crate::guest::{For, Host, Ours, Plan, result};
use crate::measured::{Cpu, Memory};
use crate::{Measure, Way};
use anyhow::Result;
use bident::Tasks;
use tokio::runtime::{Builder, Runtime};

pub(crate) const GUESTS: u32 = 10_000;
pub(crate) const WAITS: u32 = 100;

pub(crate) fn measure(way: Way, what: For) -> Result<Vec<f64>> {
    match way {
        Way::Native => native(what),
        Way::Shared => shared(what),
        way => crate::measure(way, GUESTS as usize, Own(what)),
    }
}

fn executor() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_time().build()?)
}

/// Futures that tokio runs.
fn native(what: For) -> Result<Vec<f64>> {
    executor()?.block_on(async {
        let before = Cpu::now();
        let guests: Vec<_> = (0..GUESTS)
            .map(|id| {
                tokio::spawn(async move {
                    let mut sum = id;
                    for n in (1..=WAITS).rev() {
                        sum += what.wait(n).await;
                    }
                    sum
                })
            })
            .collect();
        for (id, guest) in (0..).zip(guests) {
            anyhow::ensure!(guest.await? == result(id, WAITS));
        }
        Ok(vec![before.spent() / f64::from(GUESTS * WAITS)])
    })
}

/// Calls in one instance, as tasks of one set.
fn shared(what: For) -> Result<Vec<f64>> {
    let host = Ours::new(Plan::Reserved)?;
    let mut store = host.store(what)?;
    let run = host.instantiate(&mut store)?;
    executor()?.block_on(async {
        let before = Cpu::now();
        let mut tasks = Tasks::new(&store);
        let mut guests = Vec::new();
        for id in 0..GUESTS {
            guests.push(tasks.spawn(&run, (id, WAITS))?);
        }
        tasks.run(&mut store).await;
        for (id, guest) in (0..).zip(guests) {
            anyhow::ensure!(guest.await? == result(id, WAITS));
        }
        Ok(vec![before.spent() / f64::from(GUESTS * WAITS)])
    })
}

/// A store each, each a task of tokio's. First a few, which are gone then: what is measured is no first use.
struct Own(For);

impl Measure for Own {
    fn with<H: Host>(self, host: &H) -> Result<Vec<f64>> {
        let what = self.0;
        let all = async |guests: u32, waits: u32| {
            let before = Memory::now();
            let mut spawned = Vec::new();
            for id in 0..guests {
                spawned.push(tokio::spawn(host.start(what, id, waits)?));
            }
            let mut bytes = None;
            for (id, guest) in (0..).zip(spawned) {
                anyhow::ensure!(guest.await?? == result(id, waits));
                // When the first has ended the others wait for the last time, or nearly so.
                bytes.get_or_insert_with(|| before.grown() / f64::from(guests));
            }
            let bytes = bytes.unwrap_or_default();
            anyhow::Ok(bytes)
        };
        executor()?.block_on(async {
            all(10, WAITS).await?;
            let before = Cpu::now();
            let bytes = all(GUESTS, WAITS).await?;
            Ok(vec![before.spent() / f64::from(GUESTS * WAITS), bytes])
        })
    }
}
