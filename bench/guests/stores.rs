//! What a store of its own costs a guest.
//!
//! *Warm*: one guest after another is made, parks at its first wait and is dropped; nanoseconds for each part, the median.
//! *Held*: so many are parked at once; nanoseconds of CPU to make and park one, bytes of memory and of page tables for each, and
//! nanoseconds to let one end.

use crate::Measure;
use crate::guest::{self, For, Host, result};
use crate::measured::{Cpu, Memory};
use anyhow::{Context as _, Result, bail, ensure};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// Guests one after the other.
const WARM: usize = 4_000;

fn poll<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
}

/// Gives nanoseconds of `Store::new`, of instantiation, of a first park, and to drop it all.
pub(crate) struct Warm;

impl Measure for Warm {
    fn with<H: Host>(self, host: &H) -> Result<Vec<f64>> {
        let mut parts: [Vec<u64>; 4] = Default::default();
        for id in 0..WARM as u32 {
            let mut last = Instant::now();
            let mut lap = |part: usize| {
                let now = Instant::now();
                parts[part].push((now - last).as_nanos() as u64);
                last = now;
            };
            let mut store = host.store(For::Gate)?;
            lap(0);
            let run = host.instantiate(&mut store)?;
            lap(1);
            let mut call = H::call(store, run, id, 1);
            ensure!(poll(&mut call).is_pending(), "it waits");
            lap(2);
            drop(call);
            lap(3);
        }
        let medians = parts.map(|mut part| {
            part.sort_unstable();
            part[WARM / 2] as f64
        });
        Ok(medians.into())
    }
}

/// Gives nanoseconds to make and park one of so many, bytes of memory and of page tables of each, and nanoseconds to let
/// one end.
pub(crate) struct Held(pub(crate) usize);

impl Measure for Held {
    fn with<H: Host>(self, host: &H) -> Result<Vec<f64>> {
        let guests = self.0;
        let mut all = Vec::with_capacity(guests);
        let (before, start) = (Memory::now(), Cpu::now());
        for id in 0..guests as u32 {
            let parked = host
                .start(For::Gate, id, 1)
                .and_then(|mut call| match poll(&mut call) {
                    Poll::Pending => Ok(call),
                    Poll::Ready(ended) => bail!("it did not wait: {ended:?}"),
                });
            all.push(parked.with_context(|| format!("ended at {id}"))?);
        }
        let made = start.spent();
        let now = Memory::now();
        guest::open(true);
        let start = Cpu::now();
        for (id, mut call) in (0..).zip(all) {
            match poll(&mut call) {
                Poll::Ready(sum) => ensure!(sum? == result(id, 1)),
                Poll::Pending => bail!("it goes on"),
            }
        }
        let ended = start.spent();
        let each = [
            made,
            now.resident - before.resident,
            now.tables - before.tables,
            ended,
        ];
        Ok(each.map(|value| value / guests as f64).into())
    }
}
