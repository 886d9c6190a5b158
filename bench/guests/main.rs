//! Ten thousand guests on tokio that each wait a hundred times: `cargo bench -p bident --bench guests`.
//!
//! Nanoseconds of CPU for each wait, on an executor with one thread. *Native* guests are futures that tokio runs, *shared*
//! ones calls in one instance, as tasks of one set. The same is awaited in both: a turn of the executor, or a timer. What
//! counts is the difference: what a wait costs beyond tokio's own.

use bident::{Engine, Error, Linker, Module, Store, Tasks};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

const GUESTS: u32 = 10_000;
const WAITS: u32 = 100;
const RUNS: usize = 5;

const GUEST: &[u8] = br#"(module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (func (export "run") (param $waits i32) (result i32) (local $sum i32)
    (loop $more
      (local.set $sum (i32.add (local.get $sum) (call $wait (local.get $waits))))
      (br_if $more (local.tee $waits (i32.sub (local.get $waits) (i32.const 1)))))
    (local.get $sum)))"#;

/// What guests wait for.
#[derive(Clone, Copy)]
enum For {
    Turn,
    Timer,
}

impl For {
    async fn wait(self, n: u32) -> u32 {
        match self {
            Self::Turn => tokio::task::yield_now().await,
            Self::Timer => tokio::time::sleep(Duration::from_millis(1 + u64::from(n % 3))).await,
        }
        n
    }
}

fn main() -> Result<(), Error> {
    println!(
        "{GUESTS} guests, {WAITS} waits each; ns of CPU a wait, best of {RUNS} (beyond native)"
    );
    for (name, what) in [("turn", For::Turn), ("timer", For::Timer)] {
        let best = |run: &dyn Fn() -> Result<f64, Error>| {
            let runs = (0..RUNS).map(|_| run());
            runs.collect::<Result<Vec<_>, _>>()
                .map(|all| all.into_iter().fold(f64::MAX, f64::min))
        };
        let native = best(&|| native(what))?;
        let shared = best(&|| shared(what))?;
        println!(
            "{name:>6}: native {native:6.1}   shared {shared:6.1} ({:+.1})",
            shared - native
        );
    }
    Ok(())
}

fn executor() -> Result<Runtime, Error> {
    Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(Error::new)
}

/// Sum of what a guest gets.
const SUM: u32 = WAITS * (WAITS + 1) / 2;

/// Futures that tokio runs.
fn native(what: For) -> Result<f64, Error> {
    executor()?.block_on(async {
        let before = Cpu::now();
        let guests: Vec<_> = (0..GUESTS)
            .map(|_| {
                tokio::spawn(async move {
                    let mut sum = 0;
                    for n in (1..=WAITS).rev() {
                        sum += what.wait(n).await;
                    }
                    sum
                })
            })
            .collect();
        for guest in guests {
            assert_eq!(guest.await.map_err(Error::new)?, SUM);
        }
        Ok(before.per_wait())
    })
}

/// Calls in one instance.
fn shared(what: For) -> Result<f64, Error> {
    let engine = Engine::default();
    let module = Module::from_text_or_binary(&engine, GUEST)?;
    let mut linker: Linker<()> = Linker::new(&engine);
    linker.func_wrap_async("host", "wait", move |n: u32| what.wait(n))?;
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module)?;
    let run = instance.get_typed_func::<u32, u32>(&mut store, "run")?;
    executor()?.block_on(async {
        let before = Cpu::now();
        let mut tasks = Tasks::new(&store);
        let mut guests = Vec::new();
        for _ in 0..GUESTS {
            guests.push(tasks.spawn(&run, WAITS)?);
        }
        tasks.run(&mut store).await;
        for guest in guests {
            assert_eq!(guest.await?, SUM);
        }
        Ok(before.per_wait())
    })
}

/// Time that this thread has been on a processor.
struct Cpu(f64, Instant);

impl Cpu {
    fn now() -> Self {
        let now = Instant::now();
        let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat");
        let on_cpu = schedstat
            .ok()
            .and_then(|text| text.split(' ').next()?.parse().ok());
        Self(on_cpu.unwrap_or(f64::NAN), now)
    }

    /// Nanoseconds since, for each wait of all guests; of a clock where the system does not tell.
    fn per_wait(&self) -> f64 {
        let now = Self::now();
        let spent = match now.0 - self.0 {
            spent if spent.is_nan() => (now.1 - self.1).as_nanos() as f64,
            spent => spent,
        };
        spent / f64::from(GUESTS * WAITS)
    }
}
