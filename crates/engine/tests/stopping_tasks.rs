//! Tasks that loop: they yield to the others, and have deadlines of their own.

mod common;

use bident::{Config, Engine, ErrorKind, Task, Tasks, TrapCode};
use common::gate::block_on;
use common::{Guest, both_with};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const GUEST: &str = r#"(module
  (type $f (func)) (type $c (cont $f))
  (import "host" "turn" (func $turn))
  (import "host" "nested" (func $nested (param i32)))
  (elem declare func $spin)
  (func $spin (loop $l (br $l)))
  (func (export "spin") (param i32) (result i32) (call $spin) (i32.const 0))
  (func (export "inside") (param i32) (result i32)
    (resume $c (cont.new $c (ref.func $spin))) (i32.const 0))
  (func (export "sum") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (local.get $i)))
      (br_if $l (i32.le_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum))
  (func (export "turns") (param $n i32) (result i32) (local $i i32)
    (loop $l
      (call $turn)
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $i))
  (func (export "nested") (param $n i32) (result i32) (call $nested (local.get $n)) (i32.const 1)))"#;

fn both(test: impl Fn(&Engine)) {
    both_with(Config::new().epoch_interruption(true), test);
}

/// Advances the epoch all the time.
struct Clock {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Clock {
    fn start(engine: &Engine) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (engine, end) = (engine.clone(), over.clone());
        let thread = thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                engine.increment_epoch();
                thread::sleep(Duration::from_micros(100));
            }
        });
        let thread = Some(thread);
        Self { over, thread }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

fn guest(engine: &Engine) -> Guest<()> {
    Guest::new(engine, GUEST, (), |linker| {
        let turn = |_: bident::Accessor<()>| async { tokio::task::yield_now().await };
        linker.func_wrap_async("host", "turn", turn).unwrap();
        linker
            .func_wrap(
                "host",
                "nested",
                |mut caller: bident::Caller<'_, ()>, n: i32| {
                    let spin = caller.get_export("sum").unwrap().into_func().unwrap();
                    let spin = spin.typed::<i32, i32>(&mut caller)?;
                    spin.call(&mut caller, n).map(|_| ())
                },
            )
            .unwrap();
    })
}

fn spawn(guest: &mut Guest<()>, tasks: &Tasks, name: &str, n: i32) -> Task<i32> {
    let func = guest
        .instance
        .get_typed_func::<i32, i32>(&mut guest.store, name)
        .unwrap();
    tasks.spawn(&func, n).unwrap()
}

#[test]
fn endless_tasks_let_the_others_end() {
    both(|engine| {
        let _clock = Clock::start(engine);
        let mut guest = guest(engine);
        let mut tasks = Tasks::new(&guest.store);
        tasks.set_slice(1);
        let endless: Vec<_> = (0..20)
            .map(|i| spawn(&mut guest, &tasks, ["spin", "inside"][i % 2], 0))
            .collect();
        let others: Vec<_> = (0..10)
            .map(|i| match i % 2 {
                0 => (spawn(&mut guest, &tasks, "sum", 1_000_000), 1_784_293_664),
                _ => (spawn(&mut guest, &tasks, "turns", 10), 10),
            })
            .collect();
        let wait = async {
            for (task, expected) in others {
                assert_eq!(task.await.unwrap(), expected);
            }
        };
        block_on(tasks.run_until(&mut guest.store, wait));
        assert_eq!(tasks.len(), 20);
        for task in &endless {
            assert!(tasks.cancel(&mut guest.store, task));
        }
        drop(tasks);
        guest.check_freed();
    });
}

#[test]
fn tasks_have_deadlines_of_their_own() {
    both(|engine| {
        let _clock = Clock::start(engine);
        let mut guest = guest(engine);
        let mut tasks = Tasks::new(&guest.store);
        let spins = spawn(&mut guest, &tasks, "spin", 0);
        let inside = spawn(&mut guest, &tasks, "inside", 0);
        let nested = spawn(&mut guest, &tasks, "nested", -1);
        let turns = spawn(&mut guest, &tasks, "turns", 20);
        for (i, task) in [&spins, &inside, &nested].into_iter().enumerate() {
            task.set_epoch_deadline(50 + 20 * i as u64);
        }
        block_on(tasks.run(&mut guest.store));
        for task in [spins, inside, nested] {
            let error = block_on(task).unwrap_err();
            assert_eq!(error.trap(), Some(TrapCode::Interrupted), "{error}");
        }
        assert_eq!(block_on(turns).unwrap(), 20);
        drop(tasks);
        guest.check_freed();
    });
}

#[test]
fn the_deadline_of_the_store_is_for_all_tasks() {
    both(|engine| {
        let _clock = Clock::start(engine);
        let mut guest = guest(engine);
        let mut tasks = Tasks::new(&guest.store);
        tasks.set_slice(1);
        guest.store.set_epoch_deadline(50);
        let spins: Vec<_> = (0..4)
            .map(|_| spawn(&mut guest, &tasks, "spin", 0))
            .collect();
        block_on(tasks.run(&mut guest.store));
        for task in spins {
            let error = block_on(task).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Trap(TrapCode::Interrupted));
        }
        // A call that is no task has no slice.
        guest.store.set_epoch_deadline(1 << 40);
        assert_eq!(guest.i32("sum", &[1_000_000]), 1_784_293_664);
    });
}

#[test]
fn a_task_that_yields_goes_on_where_a_host_function_lies_between() {
    both(|engine| {
        let _clock = Clock::start(engine);
        let mut guest = guest(engine);
        let mut tasks = Tasks::new(&guest.store);
        tasks.set_slice(1);
        let nested = spawn(&mut guest, &tasks, "nested", 1_000_000);
        let spins = spawn(&mut guest, &tasks, "spin", 0);
        let result = block_on(tasks.run_until(&mut guest.store, nested)).unwrap();
        assert_eq!(result, 1);
        spins.set_epoch_deadline(0);
        block_on(tasks.run(&mut guest.store));
        let error = block_on(spins).unwrap_err();
        assert_eq!(error.trap(), Some(TrapCode::Interrupted));
    });
}

/// Those that are cancelled while they wait for their turn take none.
#[test]
fn cancelled_tasks_have_no_turn() {
    both(|engine| {
        let mut guest = guest(engine);
        let mut tasks = Tasks::new(&guest.store);
        tasks.set_slice(1);
        let endless: Vec<_> = (0..200)
            .map(|_| spawn(&mut guest, &tasks, "spin", 0))
            .collect();
        let context = &mut Context::from_waker(Waker::noop());
        let clock = Clock::start(engine);
        // A whole turn in each round.
        for _ in 0..250 {
            assert!(pin!(tasks.run(&mut guest.store)).poll(context).is_pending());
        }
        drop(clock);
        for task in &endless {
            assert!(tasks.cancel(&mut guest.store, task));
        }
        let mut sum = spawn(&mut guest, &tasks, "sum", 10);
        assert!(pin!(tasks.run(&mut guest.store)).poll(context).is_ready());
        assert_eq!(sum.try_take().unwrap().unwrap(), 55);
    });
}
