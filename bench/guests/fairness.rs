//! A hundred guests that never end, and one that answers a timer every millisecond, on an executor with one thread: how long
//! after each time it runs. Busy guests have turns of a tick of the epoch, which is a millisecond.

use crate::Way;
use crate::guest::For;
use anyhow::{Result, bail};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

const BUSY: usize = 100;
const EVERY: Duration = Duration::from_millis(1);

/// As many answers count as come in this time. How many those are says how late they are: where each waits for a turn of all
/// the others, a given number of answers could take minutes.
const MEASURED: Duration = Duration::from_secs(6);

const GUESTS: &str = r#"(module
  (import "host" "tick" (func $tick (result i32)))
  (func (export "spin") (param i32 i32) (result i32) (loop $l (br $l)) (unreachable))
  (func (export "answer") (param i32 i32) (result i32)
    (loop $l (br_if $l (call $tick)))
    (local.get 0)))"#;

/// How late the guest was, each time.
#[derive(Clone)]
struct Late {
    all: Arc<Mutex<Vec<f64>>>,
    begun: Instant,
}

impl Late {
    fn new() -> Self {
        Self {
            all: Arc::default(),
            begun: Instant::now(),
        }
    }

    /// Waits for a millisecond; whether there is to be another.
    async fn tick(self) -> u32 {
        let at = Instant::now() + EVERY;
        tokio::time::sleep_until(at.into()).await;
        let late = at.elapsed().as_secs_f64() * 1e3;
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(late);
        u32::from(self.begun.elapsed() < MEASURED)
    }

    /// Median and worst, in milliseconds.
    fn figures(&self) -> Vec<f64> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.sort_by(f64::total_cmp);
        vec![all[all.len() / 2], all[all.len() - 1]]
    }
}

/// Ticks every millisecond while something is done.
fn ticking<R>(tick: impl Fn() + Send + 'static, run: impl FnOnce() -> R) -> R {
    let over = Arc::new(AtomicBool::new(false));
    let end = over.clone();
    let clock = std::thread::spawn(move || {
        while !end.load(Ordering::Relaxed) {
            std::thread::sleep(EVERY);
            tick();
        }
    });
    let result = run();
    over.store(true, Ordering::Relaxed);
    let _it_has_no_result = clock.join();
    result
}

fn executor() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_time().build()?)
}

/// Gives median and worst delay in milliseconds.
pub(crate) fn measure(way: Way) -> Result<Vec<f64>> {
    match way {
        Way::Shared => shared(),
        Way::Reserved => own(),
        #[cfg(feature = "wasmtime")]
        Way::OnDemand => theirs::own(),
        _ => bail!("{way:?} has no turns"),
    }
}

fn host(late: &Late) -> Result<(bident::Engine, bident::InstancePre<For>)> {
    let engine = bident::Engine::new(&bident::Config::new().epoch_interruption(true))?;
    let module = bident::Module::from_text_or_binary(&engine, GUESTS.as_bytes())?;
    let mut linker: bident::Linker<For> = bident::Linker::new(&engine);
    let late = late.clone();
    linker.func_wrap_async("host", "tick", move || late.clone().tick())?;
    let pre = linker.instantiate_pre(&module)?;
    Ok((engine, pre))
}

/// Tasks of one set.
fn shared() -> Result<Vec<f64>> {
    let late = Late::new();
    let (engine, pre) = host(&late)?;
    let mut store = bident::Store::new(&engine, For::Timer);
    let instance = pre.instantiate(&mut store)?;
    let spin = instance.get_typed_func::<(u32, u32), u32>(&mut store, "spin")?;
    let answer = instance.get_typed_func::<(u32, u32), u32>(&mut store, "answer")?;
    let clock = engine.clone();
    ticking(
        move || clock.increment_epoch(),
        || {
            executor()?.block_on(async {
                let mut tasks = bident::Tasks::new(&store);
                tasks.set_slice(1);
                let mut busy = Vec::new();
                for id in 0..BUSY as u32 {
                    busy.push(tasks.spawn(&spin, (id, 0))?);
                }
                let answers = tasks.spawn(&answer, (7, 0))?;
                anyhow::ensure!(tasks.run_until(&mut store, answers).await? == 7);
                Ok(late.figures())
            })
        },
    )
}

/// A store each, each a task of tokio's.
fn own() -> Result<Vec<f64>> {
    let late = Late::new();
    let (engine, pre) = host(&late)?;
    let begin = |name: &str, id: u32| -> Result<_> {
        let mut store = bident::Store::new(&engine, For::Timer);
        store.set_epoch_deadline(1);
        store.epoch_deadline_yield(1);
        let instance = pre.instantiate(&mut store)?;
        let run = instance.get_typed_func::<(u32, u32), u32>(&mut store, name)?;
        Ok(async move { run.call_async(&mut store, (id, 0)).await })
    };
    let clock = engine.clone();
    ticking(
        move || clock.increment_epoch(),
        || {
            executor()?.block_on(async {
                for id in 0..BUSY as u32 {
                    tokio::spawn(begin("spin", id)?);
                }
                anyhow::ensure!(tokio::spawn(begin("answer", 7)?).await?? == 7);
                Ok(late.figures())
            })
        },
    )
}

#[cfg(feature = "wasmtime")]
mod theirs {
    use super::*;
    use wasmtime::{Caller, Config, Engine, Linker, Module, Store};

    /// The same in Wasmtime.
    pub(crate) fn own() -> Result<Vec<f64>> {
        measure().map_err(anyhow::Error::msg)
    }

    fn measure() -> wasmtime::Result<Vec<f64>> {
        let late = Late::new();
        let engine = Engine::new(Config::new().epoch_interruption(true))?;
        let text =
            wat::parse_str(GUESTS).map_err(|error| wasmtime::Error::msg(error.to_string()))?;
        let module = Module::new(&engine, text)?;
        let mut linker: Linker<Late> = Linker::new(&engine);
        linker.func_wrap_async("host", "tick", |caller: Caller<'_, Late>, (): ()| {
            Box::new(caller.data().clone().tick())
        })?;
        let pre = linker.instantiate_pre(&module)?;
        let begin = |name: &'static str, id: u32| {
            let mut store = Store::new(&engine, late.clone());
            store.set_epoch_deadline(1);
            store.epoch_deadline_async_yield_and_update(1);
            let pre = pre.clone();
            async move {
                let instance = pre.instantiate_async(&mut store).await?;
                let run = instance.get_typed_func::<(u32, u32), u32>(&mut store, name)?;
                run.call_async(&mut store, (id, 0)).await
            }
        };
        let clock = engine.clone();
        let executor = executor().map_err(|error| wasmtime::Error::msg(error.to_string()))?;
        ticking(
            move || clock.increment_epoch(),
            || {
                executor.block_on(async {
                    for id in 0..BUSY as u32 {
                        tokio::spawn(begin("spin", id));
                    }
                    let answers = tokio::spawn(begin("answer", 7)).await;
                    let answer =
                        answers.map_err(|error| wasmtime::Error::msg(error.to_string()))??;
                    assert_eq!(answer, 7);
                    Ok(late.figures())
                })
            },
        )
    }
}
