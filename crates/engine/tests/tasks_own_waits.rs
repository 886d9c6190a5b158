//! Tasks, and other calls that somebody drives, that wait for what is the engine's own: a notification at an
//! address of a shared memory, a time, a module that is loaded late.

mod common;

use bident::{
    Config, Engine, Error, ErrorKind, Load, Memory, MemoryType, SharedMemory, Store, Task, Tasks,
    TypedFunc,
};
use common::{Guest, both, both_with, module};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// Wakes a thread that sleeps until then.
#[derive(Default)]
struct Bell(Mutex<bool>, Condvar);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        *self.0.lock().unwrap() = true;
        self.1.notify_one();
    }
}

impl Bell {
    /// Whether it has rung within a time; not any more then.
    fn wait(&self, most: Duration) -> bool {
        let rung = self.0.lock().unwrap();
        let (mut rung, _) = self
            .1
            .wait_timeout_while(rung, most, |rung| !*rung)
            .unwrap();
        std::mem::take(&mut *rung)
    }
}

const LONG: Duration = Duration::from_secs(60);

/// Runs a future on this thread, asleep until it is woken.
fn block_on<F: Future>(future: F) -> F::Output {
    let bell = Arc::<Bell>::default();
    let waker = Waker::from(bell.clone());
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        assert!(bell.wait(LONG), "nobody wakes it");
    }
}

/// Polls a set as long as it wakes itself; whether all have ended.
fn poll<T>(store: &mut Store<T>, tasks: &mut Tasks) -> bool {
    let bell = Arc::<Bell>::default();
    let waker = Waker::from(bell.clone());
    let mut run = pin!(tasks.run(store));
    loop {
        let polled = run.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() || !bell.wait(Duration::ZERO) {
            return polled.is_ready();
        }
    }
}

#[track_caller]
fn end<R>(task: &mut Task<R>) -> Result<R, Error> {
    task.try_take().expect("it has ended")
}

const WAITER: &str = r#"(module
    (import "host" "memory" (memory 1 1 shared))
    (func $deep (param $depth i32) (param $at i32) (param $timeout i64) (result i32)
        (if (result i32) (local.get $depth)
            (then (i32.add (i32.const 10)
                (call $deep (i32.sub (local.get $depth) (i32.const 1)) (local.get $at) (local.get $timeout))))
            (else (memory.atomic.wait32 (local.get $at) (i32.const 0) (local.get $timeout)))))
    (func (export "wait") (param i32 i32 i64) (result i32)
        (call $deep (local.get 0) (local.get 1) (local.get 2)))
    (func (export "notify") (param i32 i32) (result i32)
        (memory.atomic.notify (local.get 0) (local.get 1))))"#;

struct Waiting {
    guest: Guest<()>,
    memory: SharedMemory,
    wait: TypedFunc<(i32, i32, i64), i32>,
    notify: TypedFunc<(i32, i32), i32>,
}

fn waiting(engine: &Engine) -> Waiting {
    let memory = MemoryType::new(1, Some(1)).to_be_shared();
    let memory = SharedMemory::new(engine, memory).unwrap();
    let mut store = Store::new(engine, ());
    let ours: Memory = memory.in_store(&mut store).unwrap();
    let mut guest = Guest::within(store, WAITER, |linker| {
        linker.define("host", "memory", ours).unwrap();
    });
    let (wait, notify) = (guest.func("wait"), guest.func("notify"));
    Waiting {
        wait: wait.typed(&mut guest.store).unwrap(),
        notify: notify.typed(&mut guest.store).unwrap(),
        guest,
        memory,
    }
}

fn parking(test: impl Fn(Waiting)) {
    both_with(Config::new().park_waits(true), |engine| {
        test(waiting(engine))
    });
}

#[test]
fn tasks_wait_for_each_other() {
    parking(|mut all| {
        let mut tasks = Tasks::new(&all.guest.store);
        let mut waiters: Vec<_> = (0..50)
            .map(|n| tasks.spawn(&all.wait, (n, 8, -1)).unwrap())
            .collect();
        assert!(!poll(&mut all.guest.store, &mut tasks));
        let mut notifier = tasks.spawn(&all.notify, (8, 20)).unwrap();
        assert!(!poll(&mut all.guest.store, &mut tasks));
        assert_eq!(end(&mut notifier).unwrap(), 20);
        for (n, task) in waiters.iter_mut().enumerate() {
            match n < 20 {
                true => assert_eq!(end(task).unwrap(), 10 * n as i32),
                false => assert!(!task.has_ended()),
            }
        }
        // The host notifies, too; what is cancelled waits no longer.
        assert!(tasks.cancel(&mut all.guest.store, &waiters[20]));
        assert_eq!(all.memory.notify(8, 1).unwrap(), 1);
        assert!(!poll(&mut all.guest.store, &mut tasks));
        assert_eq!(end(&mut waiters[21]).unwrap(), 210);
        assert_eq!(all.memory.notify(8, 100).unwrap(), 28);
        assert!(poll(&mut all.guest.store, &mut tasks));
        assert_eq!(all.memory.notify(8, 100).unwrap(), 0);
        all.guest.check_idle();
    });
}

/// Nobody but the engine knows of the times.
#[test]
fn waits_time_out_by_themselves() {
    parking(|mut all| {
        let start = Instant::now();
        let times = [30, 10, 20, 40];
        let mut tasks = Tasks::new(&all.guest.store);
        let mut waiters = times.map(|ms: i64| {
            let timeout = ms * 1_000_000;
            tasks.spawn(&all.wait, (1, 8, timeout)).unwrap()
        });
        let forever = tasks.spawn(&all.wait, (0, 16, -1)).unwrap();
        for _ in times {
            block_on(async {
                let mut run = pin!(tasks.run(&mut all.guest.store));
                std::future::poll_fn(|context| {
                    let polled = run.as_mut().poll(context);
                    match waiters.iter().all(Task::has_ended) {
                        true => Poll::Ready(()),
                        false => polled,
                    }
                })
                .await;
            });
        }
        assert!(start.elapsed() >= Duration::from_millis(40));
        for task in &mut waiters {
            assert_eq!(end(task).unwrap(), 12);
        }
        assert!(tasks.cancel(&mut all.guest.store, &forever));
        // One call alone.
        let start = Instant::now();
        let wait = all.wait.call_async(&mut all.guest.store, (2, 8, 5_000_000));
        assert_eq!(block_on(wait).unwrap(), 22);
        assert!(start.elapsed() >= Duration::from_millis(5));
        all.guest.check_idle();
    });
}

/// Times that are not waited for any more are forgotten: they are far away, and many.
#[test]
fn many_times_that_never_come() {
    parking(|mut all| {
        let hour = 3_600_000_000_000;
        for _ in 0..3 {
            let mut tasks = Tasks::new(&all.guest.store);
            let mut waiters: Vec<_> = (0..500)
                .map(|_| tasks.spawn(&all.wait, (0, 8, hour)).unwrap())
                .collect();
            assert!(!poll(&mut all.guest.store, &mut tasks));
            assert_eq!(all.memory.notify(8, 400).unwrap(), 400);
            assert!(!poll(&mut all.guest.store, &mut tasks));
            for task in &mut waiters[..400] {
                assert_eq!(end(task).unwrap(), 0);
            }
            drop(tasks);
            assert_eq!(all.memory.notify(8, 500).unwrap(), 0);
        }
        all.guest.check_idle();
    });
}

const PRIMARY: &str = r#"(module
    (import "placeholder" "f" (func $f (param i32) (result i32)))
    (func (export "main") (param i32) (result i32)
      (i32.add (call $f (local.get 0)) (call $f (i32.const 1)))))"#;

const SECONDARY: &str = r#"(module
    (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))"#;

type Loads = Vec<Load<Host>>;

#[derive(Default)]
struct Host(Loads);

fn late(engine: &Engine) -> (Guest<Host>, TypedFunc<i32, i32>) {
    let mut guest = Guest::new(engine, PRIMARY, Host::default(), |linker| {
        let lazy = linker.lazy("placeholder", "primary", |caller, load| {
            caller.data_mut().0.push(load.clone());
            Ok(None)
        });
        lazy.unwrap();
    });
    let main = guest.func("main").typed(&mut guest.store).unwrap();
    (guest, main)
}

#[test]
fn tasks_wait_for_a_module() {
    both(|engine| {
        let (mut guest, main) = late(engine);
        let mut tasks = Tasks::new(&guest.store);
        let spawn = |tasks: &mut Tasks| -> Vec<_> {
            (0..20).map(|n| tasks.spawn(&main, n).unwrap()).collect()
        };
        // The first time it cannot be had.
        let mut spawned = spawn(&mut tasks);
        assert!(!poll(&mut guest.store, &mut tasks));
        assert!(tasks.cancel(&mut guest.store, &spawned[0]));
        let load = guest.store.data_mut().0.pop().unwrap();
        assert!(guest.store.data().0.is_empty(), "once for all");
        load.finish(&mut guest.store, Err(Error::msg("no such file")))
            .unwrap();
        assert!(poll(&mut guest.store, &mut tasks));
        assert_eq!(
            end(&mut spawned[0]).unwrap_err().kind(),
            ErrorKind::Cancelled
        );
        for task in &mut spawned[1..] {
            let error = end(task).unwrap_err();
            assert!(error.to_string().starts_with("no such file"), "{error}");
        }
        // The second time it can.
        let mut spawned = spawn(&mut tasks);
        assert!(!poll(&mut guest.store, &mut tasks));
        let load = guest.store.data_mut().0.pop().unwrap();
        let secondary = module(engine, SECONDARY);
        load.finish(&mut guest.store, Ok(secondary)).unwrap();
        assert!(poll(&mut guest.store, &mut tasks));
        for (n, task) in spawned.iter_mut().enumerate() {
            assert_eq!(end(task).unwrap(), 2 * n as i32 + 2);
        }
        // From now on nobody waits.
        let called = block_on(main.call_async(&mut guest.store, 7));
        assert_eq!(called.unwrap(), 16);
        guest.check_idle();
    });
}
