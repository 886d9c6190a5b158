//! Tasks on tokio: `cargo run --release -p bident --example tasks`.
//!
//! Ten thousand calls in one instance, each of which sleeps ten times. First all in one store, on an executor with
//! one thread; then in two stores, which an executor with two threads runs at the same time.

use bident::{Accessor, Engine, Error, Linker, Module, Store, Tasks};
use std::time::{Duration, Instant};
use tokio::runtime::Builder;

const GUEST: &[u8] = br#"(module
  (import "host" "sleep" (func $sleep (param i64)))
  (func (export "run") (param $ms i64) (result i32) (local $times i32)
    (loop $more
      (call $sleep (local.get $ms))
      (local.set $times (i32.add (local.get $times) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $times) (i32.const 10))))
    (local.get $times)))"#;

const CALLS: u64 = 10_000;

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    let module = Module::from_text_or_binary(&engine, GUEST)?;
    let mut linker: Linker<u64> = Linker::new(&engine);
    linker.func_wrap_async(
        "host",
        "sleep",
        |store: Accessor<u64>, ms: u64| async move {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            store.with(|caller| *caller.data_mut() += 1)
        },
    )?;

    let began = Instant::now();
    let executor = Builder::new_current_thread().enable_time().build();
    let executor = executor.map_err(Error::new)?;
    let sleeps = executor.block_on(run(linker.clone(), module.clone(), CALLS))?;
    println!("one thread: {sleeps} sleeps in {:?}", began.elapsed());

    let began = Instant::now();
    let executor = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build();
    let executor = executor.map_err(Error::new)?;
    let halves = [(); 2].map(|()| executor.spawn(run(linker.clone(), module.clone(), CALLS / 2)));
    let mut sleeps = 0;
    for half in halves {
        sleeps += executor.block_on(half).map_err(Error::new)??;
    }
    println!("two threads: {sleeps} sleeps in {:?}", began.elapsed());
    Ok(())
}

/// Runs so many calls in a store; gives how often they have slept.
async fn run(linker: Linker<u64>, module: Module, calls: u64) -> Result<u64, Error> {
    let mut store = Store::new(linker.engine(), 0);
    let instance = linker.instantiate(&mut store, &module)?;
    let run = instance.get_typed_func::<u64, u32>(&mut store, "run")?;
    let mut tasks = Tasks::new(&store);
    let mut spawned = Vec::new();
    for n in 0..calls {
        spawned.push(tasks.spawn(&run, n % 7)?);
    }
    tasks.run(&mut store).await;
    for task in spawned {
        assert_eq!(task.await?, 10);
    }
    Ok(store.into_data())
}
