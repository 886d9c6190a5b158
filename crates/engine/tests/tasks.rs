//! Sets of tasks: wakes, ends, cancelling, panics, room, on one thread and many.

mod common;

use bident::{
    Accessor, Engine, Error, ErrorKind, Exception, FuncType, Spawner, Store, Tag, Task, Tasks,
    TrapCode, TypedFunc, ValType,
};
use common::gate::{Bell, Gate, block_on, once};
use common::{Counter, Guest, Random, both};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

const GUEST: &str = r#"(module
  (import "host" "wait" (func $wait (param i32) (result i32)))
  (import "host" "tag" (tag $tag (param i32)))
  (type $body (func (param i32) (result i32)))
  (type $cont (cont $body))
  (elem declare func $once)
  (func $once (export "once") (param i32) (result i32) (call $wait (local.get 0)))
  (func (export "sum") (param i32) (param $times i32) (result i32) (local $sum i32)
    (loop $more
      (local.set $sum (i32.add (local.get $sum) (call $wait (local.get 0))))
      (br_if $more (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $sum))
  (func $dive (export "dive") (param i32) (param $depth i32) (result i32)
    (if (result i32) (local.get $depth)
      (then (i32.add (i32.const 1)
        (call $dive (local.get 0) (i32.sub (local.get $depth) (i32.const 1)))))
      (else (call $wait (local.get 0)))))
  ;; Waits, dives, waits again: its stack grows while others are parked.
  (func (export "grow") (param i32) (param $depth i32) (result i32)
    (drop (call $wait (local.get 0)))
    (i32.add (call $dive (local.get 0) (local.get $depth)) (call $wait (local.get 0))))
  (func (export "trap") (param i32) (result i32) (drop (call $wait (local.get 0))) unreachable)
  (func (export "throw") (param i32) (result i32) (throw $tag (call $wait (local.get 0))))
  ;; Waits inside a continuation.
  (func $inside (export "inside") (param i32) (result i32)
    (resume $cont (local.get 0) (cont.new $cont (ref.func $once))))
  ;; Catches what it waits for, in a continuation, and waits once more.
  (func (export "catch") (param i32) (result i32)
    (drop (block $caught (result i32)
      (return (try_table (result i32) (catch $tag $caught) (call $inside (local.get 0))))))
    (i32.add (call $wait (local.get 0)) (i32.const 1000))))"#;

/// Gates for tasks to wait at, one of which counts the futures that live.
struct Host {
    gates: Vec<Gate>,
    futures: Counter,
}

/// A guest whose `wait(n)` waits at gate n and gives its value; and the tag of its exceptions.
fn guest(engine: &Engine, gates: usize) -> (Guest<Host>, Tag) {
    let host = Host {
        gates: (0..gates).map(|_| Gate::new()).collect(),
        futures: Counter::default(),
    };
    let mut store = Store::new(engine, host);
    let tag = Tag::new(&mut store, FuncType::new([ValType::I32], [])).unwrap();
    let guest = Guest::within(store, GUEST, |linker| {
        linker.define("host", "tag", tag).unwrap();
        let wait = |store: Accessor<Host>, n: u32| async move {
            let (gate, counted) = store.with(|caller| {
                let host = caller.data();
                (host.gates[n as usize].clone(), host.futures.counted())
            })?;
            let value = gate.pass().await;
            drop(counted);
            store.with(|_| value)
        };
        linker.func_wrap_async("host", "wait", wait).unwrap();
    });
    (guest, tag)
}

impl Guest<Host> {
    fn one(&mut self, name: &str) -> TypedFunc<u32, i32> {
        self.func(name).typed(&mut self.store).unwrap()
    }

    fn two(&mut self, name: &str) -> TypedFunc<(u32, i32), i32> {
        self.func(name).typed(&mut self.store).unwrap()
    }

    fn gate(&self, n: usize) -> Gate {
        self.store.data().gates[n].clone()
    }

    fn futures(&self) -> usize {
        self.store.data().futures.live()
    }

    /// As [`poll`].
    fn poll(&mut self, tasks: &mut Tasks) -> bool {
        poll(&mut self.store, tasks)
    }
}

/// Polls the set until it does not wake itself; whether all have ended.
fn poll<T>(store: &mut Store<T>, tasks: &mut Tasks) -> bool {
    let bell = Bell::new();
    let waker = Waker::from(bell.clone());
    let mut run = std::pin::pin!(tasks.run(store));
    loop {
        let rings = bell.rings();
        let polled = run.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() || bell.rings() == rings {
            return polled.is_ready();
        }
    }
}

fn end<R>(task: &mut Task<R>) -> Result<R, Error> {
    task.try_take().expect("it has ended")
}

#[test]
fn tasks_end_in_the_order_of_their_wakes() {
    both(|engine| {
        let (mut guest, _) = guest(engine, 100);
        let once = guest.one("once");
        let mut tasks = Tasks::new(&guest.store);
        let mut spawned: Vec<_> = (0..100).map(|n| tasks.spawn(&once, n).unwrap()).collect();
        assert_eq!(tasks.len(), 100);
        assert!(!guest.poll(&mut tasks));
        assert_eq!(guest.futures(), 100);
        let mut order: Vec<usize> = (0..100).collect();
        Random(7).shuffle(&mut order);
        for (i, n) in order.into_iter().enumerate() {
            guest.gate(n).open(3 * n as i32);
            let next = block_on(tasks.next(&mut guest.store));
            assert_eq!(next, Some(spawned[n].id()));
            assert_eq!(end(&mut spawned[n]).unwrap(), 3 * n as i32);
            assert_eq!(tasks.len(), 99 - i);
        }
        assert_eq!(block_on(tasks.next(&mut guest.store)), None);
        guest.check_idle();
    });
}

#[test]
fn a_poll_touches_only_what_was_woken() {
    let (mut guest, _) = guest(&Engine::default(), 1000);
    let once = guest.one("once");
    let mut tasks = Tasks::new(&guest.store);
    let _spawned: Vec<_> = (0..1000).map(|n| tasks.spawn(&once, n).unwrap()).collect();
    guest.poll(&mut tasks);
    let polls =
        |guest: &Guest<Host>| -> usize { guest.store.data().gates.iter().map(Gate::polls).sum() };
    assert_eq!(polls(&guest), 1000);
    guest.poll(&mut tasks);
    assert_eq!(polls(&guest), 1000);
    // However often it is woken.
    let gate = guest.gate(3);
    gate.knock();
    gate.knock();
    guest.poll(&mut tasks);
    assert_eq!(polls(&guest), 1001);
    gate.open(1);
    assert!(!guest.poll(&mut tasks));
    assert_eq!(polls(&guest), 1002);
    assert_eq!(tasks.len(), 999);
}

#[test]
fn who_polls_is_woken_once_and_again_after_the_next_poll() {
    let (mut guest, _) = guest(&Engine::default(), 10);
    let once = guest.one("once");
    let mut tasks = Tasks::new(&guest.store);
    let _spawned: Vec<_> = (0..10).map(|n| tasks.spawn(&once, n).unwrap()).collect();
    let bell = Bell::new();
    let waker = Waker::from(bell.clone());
    let poll = |guest: &mut Guest<Host>, tasks: &mut Tasks| {
        tasks.poll_next(&mut guest.store, &mut Context::from_waker(&waker))
    };
    assert!(poll(&mut guest, &mut tasks).is_pending());
    assert_eq!(bell.rings(), 0);
    for round in 1..=3 {
        for n in 0..10 {
            guest.gate(n).knock();
        }
        assert_eq!(bell.rings(), round);
        assert!(poll(&mut guest, &mut tasks).is_pending());
    }
    // Spawning wakes, too, and so does what is asked of a task.
    let task = tasks.spawn(&once, 0).unwrap();
    assert_eq!(bell.rings(), 4);
    assert!(poll(&mut guest, &mut tasks).is_pending());
    task.cancel();
    assert_eq!(bell.rings(), 5);
    assert!(poll(&mut guest, &mut tasks).is_ready());
    // Woken between an end that was told of and the next poll, it does not need to be woken again.
    guest.gate(0).open(1);
    guest.gate(1).open(1);
    assert!(poll(&mut guest, &mut tasks).is_ready());
    assert!(poll(&mut guest, &mut tasks).is_ready());
    assert!(poll(&mut guest, &mut tasks).is_pending());
}

#[test]
fn wakes_come_from_other_threads() {
    both(|engine| {
        const TASKS: usize = 64;
        let (mut guest, _) = guest(engine, TASKS);
        let sum = guest.two("sum");
        let mut tasks = Tasks::new(&guest.store);
        let mut spawned: Vec<_> = (0..TASKS)
            .map(|n| tasks.spawn(&sum, (n as u32, 20)).unwrap())
            .collect();
        let gates = guest.store.data().gates.clone();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for seed in 1..4 {
                let (gates, done) = (&gates, &done);
                scope.spawn(move || {
                    let mut random = Random(seed);
                    while !done.load(Ordering::Relaxed) {
                        let gate = &gates[random.below(TASKS)];
                        match random.below(3) {
                            0 => gate.open(1),
                            1 => gate.close(),
                            _ => gate.knock(),
                        }
                        std::thread::yield_now();
                    }
                    gates.iter().for_each(|gate| gate.open(1));
                });
            }
            let ended = catch_unwind(AssertUnwindSafe(|| {
                for i in 0..TASKS {
                    assert!(block_on(tasks.next(&mut guest.store)).is_some());
                    // The last ones would wait long for their turn.
                    done.store(i > TASKS / 2, Ordering::Relaxed);
                }
            }));
            done.store(true, Ordering::Relaxed);
            ended.unwrap();
        });
        for task in &mut spawned {
            assert_eq!(end(task).unwrap(), 20);
        }
        drop(tasks);
        guest.check_idle();
    });
}

/// A guest whose `wait(n)` does what the test says, with its poll.
fn with_wait<F>(engine: &Engine, wait: F) -> Guest<()>
where
    F: Fn(u32, &mut Context<'_>, u32) -> Poll<i32> + Send + Sync + Clone + 'static,
{
    let mut store = Store::new(engine, ());
    let tag = Tag::new(&mut store, FuncType::new([ValType::I32], [])).unwrap();
    Guest::within(store, GUEST, |linker| {
        linker.define("host", "tag", tag).unwrap();
        let wait = move |n: u32| {
            let (wait, mut polls) = (wait.clone(), 0);
            poll_fn(move |context| {
                polls += 1;
                wait(n, context, polls)
            })
        };
        linker.func_wrap_async("host", "wait", wait).unwrap();
    })
}

#[test]
fn a_wake_during_the_poll_is_not_lost() {
    both(|engine| {
        let mut guest = with_wait(engine, |n, context, polls| {
            match polls > n {
                true => Poll::Ready(1),
                false => {
                    // As often as it likes, on this thread and another.
                    context.waker().wake_by_ref();
                    let waker = context.waker().clone();
                    std::thread::spawn(move || waker.wake()).join().unwrap();
                    Poll::Pending
                }
            }
        });
        let once = guest
            .func("once")
            .typed::<u32, i32>(&mut guest.store)
            .unwrap();
        let mut tasks = Tasks::new(&guest.store);
        let spawned: Vec<_> = (0..20).map(|n| tasks.spawn(&once, n).unwrap()).collect();
        block_on(tasks.run(&mut guest.store));
        for task in spawned {
            assert_eq!(block_on(task).unwrap(), 1);
        }
        guest.check_idle();
    });
}

#[test]
fn a_poll_gives_way_after_128_tasks() {
    // None is polled twice before all were once, those neither that wake themselves.
    let polled = Arc::new(Mutex::new(Vec::new()));
    let note = polled.clone();
    let mut guest = with_wait(&Engine::default(), move |n, context, polls| {
        note.lock().unwrap().push(n);
        context.waker().wake_by_ref();
        match polls {
            3 => Poll::Ready(1),
            _ => Poll::Pending,
        }
    });
    let once_func = guest
        .func("once")
        .typed::<u32, i32>(&mut guest.store)
        .unwrap();
    let mut tasks = Tasks::new(&guest.store);
    let _spawned: Vec<_> = (0..300)
        .map(|n| tasks.spawn(&once_func, n).unwrap())
        .collect();
    let bell = Bell::new();
    let waker = Waker::from(bell.clone());
    let first = tasks.poll_next(&mut guest.store, &mut Context::from_waker(&waker));
    assert!(first.is_pending());
    assert_eq!((polled.lock().unwrap().len(), bell.rings()), (128, 1));
    block_on(tasks.run(&mut guest.store));
    let all: Vec<u32> = (0..300).cycle().take(900).collect();
    assert_eq!(*polled.lock().unwrap(), all);
}

#[test]
fn cancelled_tasks_drop_their_futures_at_once() {
    both(|engine| {
        let (mut guest, _) = guest(engine, 4);
        let (once, dive) = (guest.one("once"), guest.two("dive"));
        let mut tasks = Tasks::new(&guest.store);
        let mut waiting = tasks.spawn(&dive, (0, 300)).unwrap();
        let mut woken = tasks.spawn(&once, 1).unwrap();
        let other = tasks.spawn(&once, 2).unwrap();
        guest.poll(&mut tasks);
        let mut fresh = tasks.spawn(&once, 3).unwrap();
        assert_eq!(guest.futures(), 3);
        guest.gate(1).open(5);
        for (task, left) in [(&mut waiting, 2), (&mut woken, 1), (&mut fresh, 1)] {
            assert!(tasks.cancel(&mut guest.store, task));
            assert_eq!(guest.futures(), left);
            assert_eq!(end(task).unwrap_err().kind(), ErrorKind::Cancelled);
            assert!(!tasks.cancel(&mut guest.store, task));
        }
        // Their places are used again; the wake of the one that is gone touches nobody.
        let again = tasks.spawn(&once, 3).unwrap();
        guest.poll(&mut tasks);
        assert_eq!(guest.gate(3).polls(), 1);
        guest.gate(2).open(2);
        guest.gate(3).open(3);
        block_on(tasks.run(&mut guest.store));
        assert_eq!(block_on(other).unwrap(), 2);
        assert_eq!(block_on(again).unwrap(), 3);
        // A task of another set is none of this one's.
        let others = Tasks::new(&guest.store);
        let task = others.spawn(&once, 1).unwrap();
        assert!(!tasks.cancel(&mut guest.store, &task));
        assert!(!tasks.throw(&mut guest.store, &task, Error::msg("no")));
        drop(others);
        assert_eq!(block_on(task).unwrap_err().kind(), ErrorKind::Cancelled);
        guest.check_idle();
    });
}

#[test]
fn a_task_is_cancelled_from_inside_the_poll_of_another() {
    both(|engine| {
        let victims: Arc<Mutex<Vec<Task<i32>>>> = Arc::default();
        let polled: Arc<Mutex<Vec<u32>>> = Arc::default();
        let (of_host, note) = (victims.clone(), polled.clone());
        let mut guest = with_wait(engine, move |n, context, polls| {
            note.lock().unwrap().push(n);
            if n == 0 && polls == 1 {
                // Itself among them.
                of_host.lock().unwrap().iter().for_each(Task::cancel);
            }
            context.waker().wake_by_ref();
            match polls {
                1 => Poll::Pending,
                _ => Poll::Ready(1),
            }
        });
        let once = guest
            .func("once")
            .typed::<u32, i32>(&mut guest.store)
            .unwrap();
        let mut tasks = Tasks::new(&guest.store);
        for n in 0..5 {
            victims.lock().unwrap().push(tasks.spawn(&once, n).unwrap());
        }
        let survivor = tasks.spawn(&once, 9).unwrap();
        block_on(tasks.run(&mut guest.store));
        for mut task in victims.lock().unwrap().drain(..) {
            assert_eq!(end(&mut task).unwrap_err().kind(), ErrorKind::Cancelled);
        }
        assert_eq!(block_on(survivor).unwrap(), 1);
        // Nobody else has run in between.
        assert_eq!(*polled.lock().unwrap(), [0, 9, 9]);
        guest.check_idle();
    });
}

#[test]
fn exceptions_are_thrown_where_a_task_waits() {
    both(|engine| {
        let (mut guest, tag) = guest(engine, 2);
        let (once, catch) = (guest.one("once"), guest.one("catch"));
        let mut tasks = Tasks::new(&guest.store);
        let mut catches = tasks.spawn(&catch, 0).unwrap();
        let mut fails = tasks.spawn(&once, 0).unwrap();
        let mut ends = tasks.spawn(&catch, 0).unwrap();
        guest.poll(&mut tasks);
        let mut fresh = tasks.spawn(&catch, 0).unwrap();
        let exception =
            |guest: &mut Guest<Host>| Exception::new(&mut guest.store, tag, &[7.into()]).unwrap();
        for task in [&catches, &fails, &fresh] {
            let exception = exception(&mut guest);
            assert!(tasks.throw(&mut guest.store, task, exception));
        }
        assert!(tasks.throw(&mut guest.store, &ends, TrapCode::Unreachable));
        assert_eq!(end(&mut fails).unwrap_err().kind(), ErrorKind::Exception);
        assert_eq!(end(&mut fresh).unwrap_err().kind(), ErrorKind::Exception);
        assert_eq!(
            end(&mut ends).unwrap_err().trap(),
            Some(TrapCode::Unreachable)
        );
        // It has caught it, and waits once more: one future, whose wakes are heard.
        assert!(!catches.has_ended());
        assert_eq!((tasks.len(), guest.futures()), (1, 1));
        guest.gate(0).open(3);
        let told: Vec<_> = std::iter::from_fn(|| block_on(tasks.next(&mut guest.store))).collect();
        assert_eq!(told.last(), Some(&catches.id()));
        assert_eq!(told.len(), 4);
        assert_eq!(end(&mut catches).unwrap(), 1003);
        guest.gate(0).close();

        // The same by who holds the task, on another thread.
        let catches = tasks.spawn(&catch, 0).unwrap();
        guest.poll(&mut tasks);
        let thrown = exception(&mut guest);
        let catches = std::thread::spawn(move || {
            catches.throw(thrown);
            catches
        });
        let catches = catches.join().unwrap();
        guest.poll(&mut tasks);
        assert!(!catches.has_ended());
        guest.gate(0).open(4);
        block_on(tasks.run(&mut guest.store));
        assert_eq!(block_on(catches).unwrap(), 1004);
        drop(tasks);
        guest.check_freed();
    });
}

#[test]
fn a_set_is_dropped_with_tasks_that_wait() {
    both(|engine| {
        let (mut guest, _) = guest(engine, 10);
        let dive = guest.two("dive");
        let mut tasks = Tasks::new(&guest.store);
        let spawner = tasks.spawner();
        let mut spawned: Vec<_> = (0..10)
            .map(|n| tasks.spawn(&dive, (n, 20)).unwrap())
            .collect();
        guest.poll(&mut tasks);
        spawned.push(tasks.spawn(&dive, (0, 1)).unwrap());
        guest.gate(0).open(1);
        assert_eq!(guest.futures(), 10);
        drop(tasks);
        assert_eq!(guest.futures(), 0);
        for task in &mut spawned {
            assert_eq!(end(task).unwrap_err().kind(), ErrorKind::Cancelled);
            task.cancel();
        }
        let error = spawner.try_spawn(&dive, (0, 1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        let error = block_on(spawner.spawn(&dive, (0, 1))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        // Wakes that come late do no harm.
        guest
            .store
            .data()
            .gates
            .iter()
            .for_each(|gate| gate.open(1));
        guest.check_idle();
    });
}

#[test]
fn a_store_is_dropped_while_futures_live() {
    both(|engine| {
        let (mut guest, _) = guest(engine, 3);
        let dive = guest.two("dive");
        let mut tasks = Tasks::new(&guest.store);
        let spawned: Vec<_> = (0..3)
            .map(|n| tasks.spawn(&dive, (n, 20)).unwrap())
            .collect();
        guest.poll(&mut tasks);
        let (futures, gate) = (guest.store.data().futures.clone(), guest.gate(0));
        drop(guest);
        assert_eq!(futures.live(), 3);
        gate.open(1);
        drop(spawned);
        drop(tasks);
        assert_eq!(futures.live(), 0);
    });
}

#[test]
fn a_set_runs_in_its_own_store_only() {
    let engine = Engine::default();
    let ((guest, _), (mut other, _)) = (guest(&engine, 1), guest(&engine, 1));
    let mut tasks = Tasks::new(&guest.store);
    // A function of another store is the task's error, not the set's.
    let foreign = other.one("once");
    let mut task = tasks.spawn(&foreign, 0).unwrap();
    let mut guest = guest;
    assert!(guest.poll(&mut tasks));
    assert_eq!(end(&mut task).unwrap_err().kind(), ErrorKind::Usage);
    assert_eq!(end(&mut task).unwrap_err().kind(), ErrorKind::Usage);
    let panic = catch_unwind(AssertUnwindSafe(|| other.poll(&mut tasks))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"tasks of another store"));
}

#[test]
fn a_panic_of_one_task_leaves_the_others() {
    both(|engine| {
        let mut guest = with_wait(engine, |n, context, polls| {
            context.waker().wake_by_ref();
            match (n, polls) {
                (1, 1) => panic!("early"),
                (2, 2) => panic!("late"),
                (_, 2) => Poll::Ready(n as i32),
                _ => Poll::Pending,
            }
        });
        let dive = guest
            .func("dive")
            .typed::<(u32, i32), i32>(&mut guest.store)
            .unwrap();
        let mut tasks = Tasks::new(&guest.store);
        let mut spawned: Vec<_> = (0..5)
            .map(|n| tasks.spawn(&dive, (n, 50)).unwrap())
            .collect();
        for message in ["early", "late"] {
            let run = catch_unwind(AssertUnwindSafe(|| block_on(tasks.run(&mut guest.store))));
            assert_eq!(run.unwrap_err().downcast_ref(), Some(&message));
        }
        block_on(tasks.run(&mut guest.store));
        for (n, task) in spawned.iter_mut().enumerate() {
            match (n, end(task)) {
                (1 | 2, Err(error)) => assert_eq!(error.to_string(), "the task has panicked"),
                (n, result) => assert_eq!(result.unwrap(), n as i32 + 50),
            }
        }
        guest.check_idle();
    });
}

/// Panics where it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("dropped");
        }
    }
}

#[test]
fn a_panic_of_a_destructor_ends_the_task() {
    both(|engine| {
        let mut store = Store::new(engine, ());
        let tag = Tag::new(&mut store, FuncType::new([ValType::I32], [])).unwrap();
        let mut guest = Guest::within(store, GUEST, |linker| {
            linker.define("host", "tag", tag).unwrap();
            let wait = |n: i32| {
                let bomb = Bomb;
                async move {
                    std::future::pending::<()>().await;
                    drop(bomb);
                    n
                }
            };
            linker.func_wrap_async("host", "wait", wait).unwrap();
        });
        let once = guest
            .func("once")
            .typed::<u32, i32>(&mut guest.store)
            .unwrap();
        let mut tasks = Tasks::new(&guest.store);
        let mut spawned: Vec<_> = (0..3).map(|n| tasks.spawn(&once, n).unwrap()).collect();
        assert!(!poll(&mut guest.store, &mut tasks));
        let cancel = catch_unwind(AssertUnwindSafe(|| {
            tasks.cancel(&mut guest.store, &spawned[0])
        }));
        assert_eq!(cancel.unwrap_err().downcast_ref(), Some(&"dropped"));
        assert_eq!(tasks.len(), 2);
        assert!(end(&mut spawned[0]).is_err());
        let gone = catch_unwind(AssertUnwindSafe(|| drop(tasks)));
        assert_eq!(gone.unwrap_err().downcast_ref(), Some(&"dropped"));
        for task in &mut spawned[1..] {
            assert_eq!(end(task).unwrap_err().kind(), ErrorKind::Cancelled);
        }
        guest.check_idle();
    });
}

#[test]
fn traps_and_exceptions_end_only_their_task() {
    both(|engine| {
        let (mut guest, _) = guest(engine, 1);
        let mut tasks = Tasks::new(&guest.store);
        let mut spawned = Vec::new();
        for name in ["trap", "inside", "throw", "catch", "trap", "once"] {
            let func = guest.one(name);
            spawned.push((name, tasks.spawn(&func, 0).unwrap()));
        }
        assert!(!guest.poll(&mut tasks));
        guest.gate(0).open(6);
        block_on(tasks.run(&mut guest.store));
        for (name, task) in &mut spawned {
            match (*name, end(task)) {
                ("trap", Err(error)) => {
                    assert_eq!(error.trap(), Some(TrapCode::Unreachable));
                    assert_eq!(common::names(&error), ["trap"]);
                }
                ("throw", Err(error)) => assert!(error.exception().is_some()),
                (_, result) => assert_eq!(result.unwrap(), 6),
            }
        }
        drop(tasks);
        guest.check_freed();
    });
}

#[test]
fn stacks_grow_while_others_are_parked() {
    both(|engine| {
        let (mut guest, _) = guest(engine, 8);
        let grow = guest.two("grow");
        let mut tasks = Tasks::new(&guest.store);
        let mut random = Random(11);
        let mut spawned: Vec<_> = (0..200)
            .map(|n| {
                let depth = random.below(400) as i32;
                (depth, tasks.spawn(&grow, (n % 8, depth)).unwrap())
            })
            .collect();
        let mut all_ended = guest.poll(&mut tasks);
        while !all_ended {
            let gate = guest.gate(random.below(8));
            gate.open(10);
            all_ended = guest.poll(&mut tasks);
            gate.close();
        }
        for (depth, task) in &mut spawned {
            assert_eq!(end(task).unwrap(), *depth + 20);
        }
        guest.check_idle();
    });
}

#[test]
fn a_hundred_thousand_tasks() {
    let (mut guest, _) = guest(&Engine::default(), 1);
    let sum = guest.two("sum");
    let mut tasks = Tasks::new(&guest.store);
    let mut spawned: Vec<_> = (0..100_000)
        .map(|_| tasks.spawn(&sum, (0, 3)).unwrap())
        .collect();
    assert!(!guest.poll(&mut tasks));
    assert_eq!(guest.futures(), 100_000);
    let mut random = Random(3);
    for _ in 0..10_000 {
        let task = spawned.swap_remove(random.below(spawned.len()));
        tasks.cancel(&mut guest.store, &task);
    }
    assert_eq!(guest.futures(), 90_000);
    guest.gate(0).open(2);
    block_on(tasks.run(&mut guest.store));
    for task in &mut spawned {
        assert_eq!(end(task).unwrap(), 6);
    }
    guest.check_idle();
}

#[test]
fn spawning_waits_for_room() {
    both(|engine| {
        let (mut guest, _) = guest(engine, 10);
        let once_func = guest.one("once");
        let mut tasks = Tasks::new(&guest.store);
        tasks.set_most(2);
        let spawner = tasks.spawner();
        let a = tasks.spawn(&once_func, 0).unwrap();
        let b = block_on(spawner.spawn(&once_func, 1)).unwrap();
        let error = spawner.try_spawn(&once_func, 2).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        let mut waiting: Vec<_> = (2..6)
            .map(|n| Box::pin(spawner.spawn(&once_func, n)))
            .collect();
        for spawn in &mut waiting {
            assert!(once(spawn.as_mut()).is_pending());
        }
        guest.poll(&mut tasks);
        guest.gate(0).open(1);
        guest.poll(&mut tasks);
        // Room is kept for who waits longest, who is gone before he uses it; so the next has it.
        assert_eq!(tasks.len(), 2);
        assert!(once(waiting[1].as_mut()).is_pending());
        drop(waiting.remove(0));
        let Poll::Ready(Ok(c)) = once(waiting[0].as_mut()) else {
            panic!("it is his turn");
        };
        // One who is gone before his turn is passed over.
        drop(waiting.remove(1));
        assert!(tasks.cancel(&mut guest.store, &b));
        let Poll::Ready(Ok(d)) = once(waiting[1].as_mut()) else {
            panic!("it is his turn");
        };
        assert_eq!(tasks.len(), 2);
        tasks.set_most(3);
        let mut e = tasks.spawn(&once_func, 6).unwrap();
        guest
            .store
            .data()
            .gates
            .iter()
            .for_each(|gate| gate.open(1));
        block_on(tasks.run(&mut guest.store));
        for task in [a, c, d] {
            assert_eq!(block_on(task).unwrap(), 1);
        }
        assert_eq!(end(&mut e).unwrap(), 1);
        assert!(tasks.is_empty());
        guest.check_idle();
    });
}

#[test]
fn tasks_spawn_tasks() {
    /// What the host function that spawns needs.
    #[derive(Default)]
    struct Host(Option<(Spawner, TypedFunc<u32, i32>)>);
    both(|engine| {
        let mut store = Store::new(engine, Host::default());
        let tag = Tag::new(&mut store, FuncType::new([ValType::I32], [])).unwrap();
        let mut guest = Guest::within(store, GUEST, |linker| {
            linker.define("host", "tag", tag).unwrap();
            // 1 + what the task with the next smaller number gives.
            let wait = |store: Accessor<Host>, n: u32| async move {
                if n == 0 {
                    return Ok(0);
                }
                let spawn = store.with(|caller| {
                    let (spawner, func) = caller.data().0.as_ref().unwrap();
                    spawner.spawn(func, n - 1)
                })?;
                let below = spawn.await?.await?;
                Ok::<_, Error>(1 + below)
            };
            linker.func_wrap_async("host", "wait", wait).unwrap();
        });
        let once = guest
            .func("once")
            .typed::<u32, i32>(&mut guest.store)
            .unwrap();
        let mut tasks = Tasks::new(&guest.store);
        guest.store.data_mut().0 = Some((tasks.spawner(), once));
        let task = tasks.spawn(&once, 300).unwrap();
        let joined = block_on(tasks.run_until(&mut guest.store, task));
        assert_eq!(joined.unwrap(), 300);
        assert!(tasks.is_empty());
        guest.check_idle();
    });
}

#[test]
fn a_set_that_is_empty_hears_of_the_next_task() {
    let (mut guest, _) = guest(&Engine::default(), 1);
    guest.gate(0).open(5);
    let once = guest.one("once");
    let mut tasks = Tasks::new(&guest.store);
    let spawner = tasks.spawner();
    let spawns = std::thread::spawn(move || {
        let mut sum = 0;
        for _ in 0..100 {
            let task = block_on(spawner.spawn(&once, 0)).unwrap();
            sum += block_on(task).unwrap();
        }
        sum
    });
    let ended = poll_fn(|context| {
        // Without a waker of its own: those of the set are what it hears.
        match spawns.is_finished() {
            true => Poll::Ready(()),
            false => {
                let waker = context.waker().clone();
                std::thread::spawn(move || {
                    std::thread::sleep(std::time::Duration::from_millis(20));
                    waker.wake();
                });
                Poll::Pending
            }
        }
    });
    block_on(tasks.run_until(&mut guest.store, ended));
    assert_eq!(spawns.join().unwrap(), 500);
}

#[test]
fn tasks_run_on_tokio() {
    const WAITS: &str = r#"(module
      (import "host" "sleep" (func $sleep (param i64)))
      (func (export "run") (param $n i32) (result i32) (local $i i32)
        (loop $more
          (call $sleep (i64.extend_i32_u (i32.rem_u (local.get $n) (i32.const 5))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $more (i32.lt_u (local.get $i) (i32.const 10))))
        (local.get $i)))"#;
    let engine = Engine::default();
    let on = |mut executor: tokio::runtime::Builder| {
        let executor = executor.enable_time().build().unwrap();
        let mut guest = Guest::new(&engine, WAITS, 0_usize, |linker| {
            let sleep = |store: Accessor<usize>, ms: u64| async move {
                tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
                store.with(|caller| *caller.data_mut() += 1)
            };
            linker.func_wrap_async("host", "sleep", sleep).unwrap();
        });
        let run = guest
            .func("run")
            .typed::<u32, u32>(&mut guest.store)
            .unwrap();
        let mut store = guest.store;
        let mut tasks = Tasks::new(&store);
        let spawned: Vec<_> = (0..1000).map(|n| tasks.spawn(&run, n).unwrap()).collect();
        let set = executor.spawn(async move {
            tasks.run(&mut store).await;
            store.into_data()
        });
        executor.block_on(async {
            for task in spawned {
                assert_eq!(task.await.unwrap(), 10);
            }
            assert_eq!(set.await.unwrap(), 10_000);
        });
    };
    on(tokio::runtime::Builder::new_current_thread());
    on(tokio::runtime::Builder::new_multi_thread());
}

/// Polls its future whenever it is woken, inside the wake.
struct Eager {
    polls: AtomicUsize,
    woken: AtomicBool,
}

impl Wake for Eager {
    fn wake(self: Arc<Self>) {
        self.polls.fetch_add(1, Ordering::SeqCst);
        self.woken.store(true, Ordering::SeqCst);
    }
}

#[test]
fn sets_of_one_store_nest() {
    // A host function of a task polls another set of the same store.
    both(|engine| {
        let inner: Arc<Mutex<Option<Tasks>>> = Arc::default();
        let of_host = inner.clone();
        let mut store = Store::new(engine, ());
        let tag = Tag::new(&mut store, FuncType::new([ValType::I32], [])).unwrap();
        let mut guest = Guest::within(store, GUEST, |linker| {
            linker.define("host", "tag", tag).unwrap();
            let wait = move |store: Accessor<()>, n: u32| {
                let inner = of_host.clone();
                poll_fn(move |context| {
                    if n < 10 {
                        return Poll::Ready(Ok(n));
                    }
                    let mut inner = inner.lock().unwrap();
                    let tasks = inner.as_mut().unwrap();
                    let ended = store.with(|caller| tasks.poll_next(&mut *caller, context));
                    match ended {
                        Ok(Poll::Ready(None)) => Poll::Ready(Ok(n)),
                        Ok(_) => {
                            context.waker().wake_by_ref();
                            Poll::Pending
                        }
                        Err(error) => Poll::Ready(Err(error)),
                    }
                })
            };
            linker.func_wrap_async("host", "wait", wait).unwrap();
        });
        let sum = guest
            .func("sum")
            .typed::<(u32, i32), i32>(&mut guest.store)
            .unwrap();
        let nested = Tasks::new(&guest.store);
        let spawned: Vec<_> = (0..5)
            .map(|n| nested.spawn(&sum, (n, 3)).unwrap())
            .collect();
        *inner.lock().unwrap() = Some(nested);
        let mut tasks = Tasks::new(&guest.store);
        let outer = tasks.spawn(&sum, (10, 2)).unwrap();
        let eager = Arc::new(Eager {
            polls: AtomicUsize::new(0),
            woken: AtomicBool::new(true),
        });
        let waker = Waker::from(eager.clone());
        while eager.woken.swap(false, Ordering::SeqCst) {
            let _ = tasks.poll_next(&mut guest.store, &mut Context::from_waker(&waker));
        }
        assert!(eager.polls.load(Ordering::SeqCst) > 0);
        assert_eq!(block_on(outer).unwrap(), 20);
        for (n, task) in spawned.into_iter().enumerate() {
            assert_eq!(block_on(task).unwrap(), 3 * n as i32);
        }
        inner.lock().unwrap().take();
        guest.check_idle();
    });
}

#[test]
fn each_task_has_its_part_of_a_second_stack() {
    // What a compiler of C makes of: sum += *buffer after each of three waits, with the buffer on the stack.
    const PROGRAM: &str = r#"(module
      (import "host" "wait" (func $wait (param i32 i32)))
      (memory (export "memory") 2)
      (global $__stack_pointer (mut i32) (i32.const 65536))
      (func (export "ask") (param $n i32) (result i32) (local $frame i32) (local $times i32) (local $sum i32)
        (global.set $__stack_pointer
          (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 64))))
        (loop $more
          (call $wait (local.get $n) (local.get $frame))
          (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $frame))))
          (local.set $times (i32.add (local.get $times) (i32.const 1)))
          (br_if $more (i32.lt_u (local.get $times) (i32.const 3))))
        (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 64)))
        (local.get $sum)))"#;
    both(|engine| {
        let gates: Vec<_> = (0..7).map(|_| Gate::new()).collect();
        let of_host = gates.clone();
        let mut guest = Guest::new(engine, PROGRAM, (), |linker| {
            let wait = move |store: Accessor<()>, n: u32, address: u32| {
                let gate = of_host[n as usize % 7].clone();
                async move {
                    gate.pass().await;
                    store.with(|caller| {
                        let memory = caller.get_export("memory").unwrap().into_memory().unwrap();
                        memory.write(&mut *caller, address as usize, &n.to_le_bytes())
                    })?
                }
            };
            linker.func_wrap_async("host", "wait", wait).unwrap();
        });
        let options = bident::SecondStackOptions::new();
        let instance = guest.instance;
        let second = bident::SecondStack::new(&mut guest.store, &instance, &options).unwrap();
        let ask = guest
            .func("ask")
            .typed::<u32, u32>(&mut guest.store)
            .unwrap();
        let mut tasks = Tasks::new(&guest.store);
        let mut spawned: Vec<_> = (0..100).map(|n| tasks.spawn(&ask, n).unwrap()).collect();
        poll(&mut guest.store, &mut tasks);
        assert_eq!(second.used_regions(&guest.store), 100);
        let mut random = Random(5);
        for n in (0..100).step_by(9) {
            assert!(tasks.cancel(&mut guest.store, &spawned[n]));
        }
        while !tasks.is_empty() {
            let gate = &gates[random.below(7)];
            gate.open(0);
            poll(&mut guest.store, &mut tasks);
            gate.close();
        }
        for (n, task) in spawned.iter_mut().enumerate() {
            match end(task) {
                Err(error) => assert_eq!((n % 9, error.kind()), (0, ErrorKind::Cancelled)),
                Ok(sum) => assert_eq!(sum as usize, 3 * n),
            }
        }
        assert_eq!(second.used_regions(&guest.store), 0);
        guest.check_idle();
    });
}
