//! Calls that park in `memory.atomic.wait` instead of blocking their thread.

mod common;

use bident::{
    Config, Engine, ErrorKind, Exception, FuncType, MemoryType, MemoryWait, Outcome, ParkedCall,
    SharedMemory, Tag, Val, WaitResult,
};
use common::{Guest, both_with, parked_call, returned_i32};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

const WAITER: &str = r#"(module
    (import "host" "memory" (memory 1 10 shared))
    (tag $tag (import "host" "tag"))
    (func $deep (param $n i32) (param $timeout i64) (result i32) (local i64 i64 i64 i64)
        (if (local.get $n)
            (then (return (i32.add (i32.const 10)
                (call $deep (i32.sub (local.get $n) (i32.const 1)) (local.get $timeout))))))
        (memory.atomic.wait32 (i32.const 8) (i32.const 0) (local.get $timeout)))
    (func (export "wait") (param $n i32) (param $timeout i64) (result i32)
        (call $deep (local.get $n) (local.get $timeout)))
    (func (export "catch") (result i32)
        (block $caught
            (try_table (catch $tag $caught)
                (return (call $deep (i32.const 3) (i64.const -1))))
            unreachable)
        (i32.const 77))
    (func $body (call $deep (i32.const 2) (i64.const -1)) drop)
    (type $f (func)) (type $c (cont $f))
    (elem declare func $body)
    (func (export "inside") (result i32)
        (resume $c (cont.new $c (ref.func $body)))
        (i32.const 5))
    (func (export "notify") (param i32) (result i32)
        (memory.atomic.notify (i32.const 8) (local.get 0)))
    (func (export "one") (i32.atomic.store (i32.const 8) (i32.const 1))))"#;

struct Waiting {
    guest: Guest<()>,
    memory: SharedMemory,
    tag: Tag,
}

fn waiting(engine: &Engine) -> Waiting {
    let memory = MemoryType::new(1, Some(10)).to_be_shared();
    let memory = SharedMemory::new(engine, memory).unwrap();
    let mut store = bident::Store::new(engine, ());
    let tag = Tag::new(&mut store, FuncType::new([], [])).unwrap();
    let ours = memory.in_store(&mut store).unwrap();
    let guest = Guest::within(store, WAITER, |linker| {
        linker.define("host", "memory", ours).unwrap();
        linker.define("host", "tag", tag).unwrap();
    });
    Waiting { guest, memory, tag }
}

fn parking(test: impl Fn(Waiting)) {
    both_with(Config::new().park_waits(true), |engine| {
        test(waiting(engine));
    });
}

fn wait_of(call: &mut ParkedCall) -> MemoryWait {
    call.payload().take().expect("a wait")
}

impl Waiting {
    fn park(&mut self, depth: i32) -> ParkedCall {
        self.guest.park("wait", &[Val::I32(depth), Val::I64(-1)])
    }

    fn resume(&mut self, call: ParkedCall, result: WaitResult) -> i32 {
        let outcome = call.resume(&mut self.guest.store, &[Val::I32(result as i32)]);
        returned_i32(outcome)
    }
}

/// Counts how often it is called.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn many_wait_on_one_thread_and_are_woken_in_order() {
    parking(|mut all| {
        let mut calls: Vec<ParkedCall> = (0..100).map(|depth| all.park(depth)).collect();
        let waits: Vec<MemoryWait> = calls.iter_mut().map(wait_of).collect();
        let bells: Vec<Arc<Bell>> = waits.iter().map(|_| Arc::default()).collect();
        let mut waits: Vec<_> = waits.into_iter().map(Box::pin).collect();
        let mut poll = |i: usize| {
            let waker = Waker::from(bells[i].clone());
            waits[i].as_mut().poll(&mut Context::from_waker(&waker))
        };
        for i in 0..100 {
            assert!(poll(i).is_pending());
        }
        assert_eq!(all.guest.i32("notify", &[0]), 0);
        assert_eq!(all.guest.i32("notify", &[30]), 30);
        assert_eq!(all.memory.notify(8, 30).unwrap(), 30);
        assert_eq!(all.memory.notify(12, 30).unwrap(), 0, "another address");
        for (i, bell) in bells.iter().enumerate() {
            assert_eq!(poll(i).is_ready(), i < 60, "{i}");
            assert_eq!(bell.0.load(Ordering::SeqCst), usize::from(i < 60));
        }
        assert_eq!(all.guest.i32("notify", &[-1]), 40);
        for (depth, call) in calls.into_iter().enumerate() {
            let result = all.resume(call, WaitResult::Woken);
            assert_eq!(result, 10 * depth as i32);
        }
        all.guest.check_idle();
    });
}

#[test]
fn what_is_not_waited_for_does_not_park() {
    parking(|mut all| {
        let outcome = all.guest.start("wait", &[Val::I32(1), Val::I64(0)]);
        assert_eq!(returned_i32(outcome), 12, "timed out");
        all.guest.call("one", &[]).unwrap();
        let outcome = all.guest.start("wait", &[Val::I32(1), Val::I64(-1)]);
        assert_eq!(returned_i32(outcome), 11, "another value");
    });
}

#[test]
fn what_cannot_park_says_so() {
    parking(|mut all| {
        let params = [Val::I32(1), Val::I64(-1)];
        let error = all.guest.call("wait", &params).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Barrier, "{error}");
        assert_eq!(all.memory.notify(8, 1).unwrap(), 0, "it left the line");
        all.guest.check_idle();
    });
}

#[test]
fn a_wait_times_out() {
    parking(|mut all| {
        let params = [Val::I32(0), Val::I64(5_000_000)];
        let mut call = all.guest.park("wait", &params);
        let wait = wait_of(&mut call);
        let deadline = wait.deadline().expect("a deadline");
        assert_eq!(wait.address(), 8);
        assert_eq!(wait.block(), WaitResult::TimedOut);
        assert!(Instant::now() >= deadline);
        assert_eq!(all.memory.notify(8, 1).unwrap(), 0);
        let result = wait.result().expect("it is over");
        assert_eq!(all.resume(call, result), 2);
        // One that was woken in time stays so.
        let mut call = all.guest.park("wait", &params);
        let wait = wait_of(&mut call);
        assert_eq!(all.memory.notify(8, 1).unwrap(), 1);
        thread::sleep(Duration::from_millis(6));
        assert_eq!(wait.result(), Some(WaitResult::Woken));
        assert_eq!(all.resume(call, WaitResult::Woken), 0);
    });
}

#[test]
fn dropped_waits_leave_the_line() {
    parking(|mut all| {
        let [first, mut second, third] = [1, 2, 3].map(|depth| all.park(depth));
        drop(wait_of(&mut second));
        // The payload goes with the call.
        drop(first);
        assert_eq!(all.memory.notify(8, 9).unwrap(), 1);
        assert_eq!(all.resume(third, WaitResult::Woken), 30);
        assert_eq!(all.resume(second, WaitResult::TimedOut), 22);
        all.guest.check_idle();
    });
}

#[test]
fn a_wait_outlives_its_store_and_crosses_threads() {
    parking(|mut all| {
        let mut call = all.park(50);
        let wait = wait_of(&mut call);
        let memory = all.memory.clone();
        let other = thread::spawn(move || wait.block());
        while memory.notify(8, 1).unwrap() == 0 {
            thread::yield_now();
        }
        let result = other.join().unwrap();
        assert_eq!(all.resume(call, result), 500);
        let mut call = all.park(0);
        let wait = wait_of(&mut call);
        drop((all, call));
        assert_eq!(memory.notify(8, 1).unwrap(), 1);
        assert_eq!(wait.result(), Some(WaitResult::Woken));
    });
}

#[test]
fn exceptions_are_thrown_where_a_call_waits() {
    parking(|mut all| {
        let call = all.guest.park("catch", &[]);
        let exception = Exception::new(&mut all.guest.store, all.tag, &[]).unwrap();
        let outcome = call.throw(&mut all.guest.store, exception.into());
        assert_eq!(returned_i32(outcome), 77);
        assert_eq!(all.memory.notify(8, 1).unwrap(), 0);
        all.guest.check_idle();
    });
}

#[test]
fn a_continuation_that_waits_parks_with_all_below() {
    parking(|mut all| {
        let mut call = all.guest.park("inside", &[]);
        let wait = wait_of(&mut call);
        all.guest.store.gc();
        assert_eq!(all.guest.i32("notify", &[1]), 1);
        let mut wait = pin!(wait);
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(result) = wait.as_mut().poll(&mut context) else {
            panic!("it was woken");
        };
        assert_eq!(all.resume(call, result), 5);
    });
}

#[test]
fn collections_between_waits_and_during_them() {
    parking(|mut all| {
        for depth in 0..3 {
            all.guest.store.gc();
            let call = all.park(depth);
            all.guest.store.gc();
            assert_eq!(all.guest.i32("notify", &[1]), 1);
            assert_eq!(all.resume(call, WaitResult::Woken), 10 * depth);
        }
        all.guest.check_freed();
    });
}

#[test]
fn wrong_answers_leave_the_call_parked() {
    parking(|mut all| {
        let call = all.park(4);
        let mut error = call.resume(&mut all.guest.store, &[]).unwrap_err();
        let call = error.take_parked().expect("still parked");
        let error = call.resume(&mut all.guest.store, &[Val::I64(0)]);
        let call = error.unwrap_err().take_parked().expect("still parked");
        assert_eq!(all.resume(call, WaitResult::TimedOut), 42);
        // Whatever the host says is what the guest gets.
        let outcome = all.guest.start("wait", &[Val::I32(0), Val::I64(-1)]);
        let call = parked_call(outcome);
        let outcome = call.resume(&mut all.guest.store, &[Val::I32(9)]).unwrap();
        let Outcome::Returned(results) = outcome else {
            panic!("it returns");
        };
        assert_eq!(results[0].i32(), Some(9));
    });
}
