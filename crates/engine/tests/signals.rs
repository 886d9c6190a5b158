//! Signals of others: handlers that know nothing of small stacks, storms of signals, and threads.
//!
//! Tests that change the process's handlers run in a process of their own.

mod common;

use bident::{Config, Engine, Func, Module, ParkedCall, Reply, Store, Val};
use common::{Guest, both, child, module, returned_i32};
use std::arch::asm;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Grows its stack with every call, and parks at any depth.
const DIVE: &str = r#"(module
    (import "host" "read" (func $read (result i32)))
    (func $dive (export "dive") (param $depth i32) (result i32)
      (if (result i32) (i32.eqz (local.get $depth))
        (then (call $read))
        (else (i32.add (i32.const 1)
                       (call $dive (i32.sub (local.get $depth) (i32.const 1)))))))
    (func (export "spin") (param $n i32) (result i32)
      (loop $again
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br_if $again (local.get $n)))
      (local.get $n)))"#;

fn diver(engine: &Engine) -> Guest<()> {
    Guest::new(engine, DIVE, (), |linker| {
        linker
            .func_wrap("host", "read", || Reply::<i32>::Pending(()))
            .unwrap();
    })
}

fn dive(guest: &mut Guest<()>, depth: i32) {
    let parked = guest.park("dive", &[Val::I32(depth)]);
    let outcome = parked.resume(&mut guest.store, &[Val::I32(5)]);
    assert_eq!(returned_i32(outcome), depth + 5);
}

/// Signals that interrupted code on a stacklet, that is, not on the host stack; and those of them whose
/// handler ran on another stack than the alternate one.
static ON_STACKLET: AtomicUsize = AtomicUsize::new(0);
static ASTRAY: AtomicUsize = AtomicUsize::new(0);

/// The host stack of the thread that gets the signals: lowest and highest address.
static HOST_STACK: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

extern "C" fn count(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // Writes more than a small stacklet has.
    let room = std::hint::black_box([0x5Au8; 2048]);
    assert_eq!(room[77], 0x5A);
    // SAFETY: the kernel gives a valid context; the rest asks for the thread's signal stack.
    let (interrupted, on_own_stack) = unsafe {
        let context = &*context.cast::<libc::ucontext_t>();
        let mut stack: libc::stack_t = std::mem::zeroed();
        let known = libc::sigaltstack(ptr::null(), &mut stack) == 0;
        (
            context.uc_mcontext.gregs[libc::REG_RSP as usize] as usize,
            known && stack.ss_flags & libc::SS_ONSTACK != 0,
        )
    };
    let [base, top] = HOST_STACK.each_ref().map(|a| a.load(Ordering::Relaxed));
    if !(base..top).contains(&interrupted) {
        ON_STACKLET.fetch_add(1, Ordering::Relaxed);
        if !on_own_stack {
            ASTRAY.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Installs `count` with these flags.
fn install(signal: libc::c_int, flags: libc::c_int) {
    // SAFETY: the handler does only what handlers may.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = count as *const () as usize;
        action.sa_flags = flags | libc::SA_SIGINFO | libc::SA_RESTART;
        assert_eq!(libc::sigaction(signal, &action, ptr::null_mut()), 0);
    }
}

/// Signals that keep coming to one thread, until it is dropped.
struct Storm(Arc<AtomicBool>, Option<thread::JoinHandle<()>>);

impl Storm {
    /// Sends `SIGUSR1` to the calling thread more than ten thousand times a second, system willing.
    fn start() -> Self {
        let host = bident_stack::os::host_stack().unwrap();
        HOST_STACK[0].store(host.start, Ordering::Relaxed);
        HOST_STACK[1].store(host.end, Ordering::Relaxed);
        // SAFETY: no preconditions.
        let target = unsafe { libc::pthread_self() };
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let sender = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                // SAFETY: the thread waits for this one before it ends.
                unsafe { libc::pthread_kill(target, libc::SIGUSR1) };
                thread::sleep(Duration::from_micros(20));
            }
        });
        Self(stop, Some(sender))
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        self.1.take().expect("dropped once").join().unwrap();
    }
}

/// Runs `work` in a storm until this many signals have interrupted a stacklet. Under stress, most of them find the
/// host, and beside other programs fewer are sent: so the clock starts anew with each that finds a stacklet.
fn in_storm(signals: usize, mut work: impl FnMut()) {
    let _storm = Storm::start();
    let end = ON_STACKLET.load(Ordering::Relaxed) + signals;
    let (start, mut seen) = (Instant::now(), (0, Instant::now()));
    loop {
        let now = ON_STACKLET.load(Ordering::Relaxed);
        if now >= end {
            return;
        }
        if now != seen.0 {
            seen = (now, Instant::now());
        }
        let waited = (seen.1.elapsed(), start.elapsed());
        let most = (Duration::from_secs(20), Duration::from_secs(120));
        assert!(waited.0 < most.0, "no signals come");
        assert!(
            waited.1 < most.1,
            "{} of {signals} in {waited:?}",
            end - now
        );
        work();
    }
}

#[test]
fn a_handler_from_before_the_engine_gets_an_alternate_stack() {
    let test = "a_handler_from_before_the_engine_gets_an_alternate_stack";
    let status = child(test, || {
        install(libc::SIGUSR1, 0);
        both(|engine| {
            let mut guest = diver(engine);
            in_storm(100, || drop(guest.call("spin", &[Val::I32(200_000)])));
            in_storm(100, || dive(&mut guest, 100));
            guest.check_idle();
        });
        assert_eq!(ASTRAY.load(Ordering::Relaxed), 0);
    });
    assert!(status.success(), "{status}");
}

/// Installs `count` by the bare instruction, past the C library.
fn install_past_the_library(signal: libc::c_int) {
    install(signal, 0);
    let mut action = [0usize; 4];
    let number = libc::SYS_rt_sigaction;
    // SAFETY: reads the record as the program sees it, and gives it to the kernel.
    unsafe {
        assert_eq!(
            libc::syscall(number, signal, 0usize, &raw mut action, 8usize),
            0
        );
        let result: i64;
        asm!("syscall", inout("rax") number => result, in("rdi") signal, in("rsi") &action,
            in("rdx") 0, in("r10") 8, out("rcx") _, out("r11") _);
        assert_eq!(result, 0);
    }
}

#[test]
fn a_handler_past_the_library_is_adopted_on_request() {
    let status = child("a_handler_past_the_library_is_adopted_on_request", || {
        let engine = Engine::default();
        let mut guest = diver(&engine);
        assert_eq!(Engine::adopt_signal_handlers(), 0);
        install_past_the_library(libc::SIGUSR1);
        install(libc::SIGUSR2, libc::SA_ONSTACK);
        assert_eq!(Engine::adopt_signal_handlers(), 1);
        assert_eq!(Engine::adopt_signal_handlers(), 0);
        in_storm(200, || drop(guest.call("spin", &[Val::I32(200_000)])));
        assert_eq!(ASTRAY.load(Ordering::Relaxed), 0);
        guest.check_idle();
    });
    assert!(status.success(), "{status}");
}

#[test]
fn an_engine_made_later_and_a_thread_that_enters_adopt_too() {
    let test = "an_engine_made_later_and_a_thread_that_enters_adopt_too";
    let status = child(test, || {
        let engine = Engine::default();
        install_past_the_library(libc::SIGUSR1);
        let _second = Engine::default();
        assert_eq!(Engine::adopt_signal_handlers(), 0);
        install_past_the_library(libc::SIGUSR2);
        dive(&mut diver(&engine), 3);
        assert_eq!(Engine::adopt_signal_handlers(), 0);
    });
    assert!(status.success(), "{status}");
}

/// Everything that moves, makes, parks or ends stacks, traps included.
fn busy(guest: &mut Guest<()>, round: usize) {
    dive(guest, (round % 700) as i32);
    let parked: Vec<_> = (0..20)
        .map(|i| guest.park("dive", &[Val::I32(i * 5)]))
        .collect();
    let overflow = guest.call("dive", &[Val::I32(i32::MAX)]).unwrap_err();
    assert!(overflow.trap().is_some());
    for (i, call) in parked.into_iter().enumerate() {
        let outcome = call.resume(&mut guest.store, &[Val::I32(1)]);
        assert_eq!(returned_i32(outcome), i as i32 * 5 + 1);
    }
    guest.check_idle();
}

#[test]
fn a_storm_of_signals_does_no_harm() {
    let status = child("a_storm_of_signals_does_no_harm", || {
        install(libc::SIGUSR1, 0);
        let config = Config::new().max_stack_size(64 << 10);
        common::both_with(config, |engine| {
            let (mut guest, mut round) = (diver(engine), 0);
            in_storm(1000, || {
                busy(&mut guest, round);
                round += 1;
            });
        });
        assert_eq!(ASTRAY.load(Ordering::Relaxed), 0);
    });
    assert!(status.success(), "{status}");
}

/// `transfers(n)`: a generator of so many values, and two who switch to each other as often.
const TRANSFERS: &str = r#"(module
    (type $f (func (param i32) (result i32))) (type $c (cont $f))
    (rec (type $g (func (param i32 (ref null $p)) (result i32))) (type $p (cont $g)))
    (tag $t (param i32) (result i32)) (tag $sw (result i32))
    (elem declare func $asks $plays)
    (func $asks (type $f) (local $sum i32)
      (loop $again
        (local.set $sum (i32.add (local.get $sum) (suspend $t (local.get 0))))
        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get $sum))
    (func $plays (type $g) (local $turns i32)
      (loop $again
        (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
        (if (i32.eqz (local.get 0)) (then (return (local.get $turns))))
        (switch $p $sw (i32.sub (local.get 0) (i32.const 1)) (local.get 1))
        (local.set 1) (local.set 0)
        (br $again))
      (unreachable))
    (func (export "transfers") (param $n i32) (result i32)
      (local $k (ref null $c)) (local $turns i32)
      (local.set $turns (resume $p (on $sw switch) (local.get $n) (cont.new $p (ref.func $plays))
        (cont.new $p (ref.func $plays))))
      (local.set $k (cont.new $c (ref.func $asks)))
      (loop $again
        (block $on (result i32 (ref $c))
          (return (i32.add (local.get $turns)
            (resume $c (on $t $on) (local.get $n) (local.get $k)))))
        (local.set $k) (local.set $n)
        (br $again))
      (unreachable)))"#;

/// Signals between any two instructions of the stubs: where a stack pointer is saved, and where it is
/// not yet that of the stack which is noted as current.
#[test]
fn a_storm_of_signals_between_transfers() {
    let status = child("a_storm_of_signals_between_transfers", || {
        install(libc::SIGUSR1, 0);
        both(|engine| {
            let mut guest = Guest::plain(engine, TRANSFERS);
            in_storm(1000, || {
                // So many that most signals find transfers. What a round makes stays until the end, under stress, and
                // each round looks at all of it: few rounds, of many transfers, take less time.
                let n = 20_000;
                // Each player has half of the turns, and the first; the last one tells its own.
                assert_eq!(guest.i32("transfers", &[n]), n / 2 + 1 + n * (n + 1) / 2);
                guest.check_freed();
            });
        });
        assert_eq!(ASTRAY.load(Ordering::Relaxed), 0);
    });
    assert!(status.success(), "{status}");
}

#[test]
fn one_engine_serves_many_threads() {
    both(|engine| {
        let module = module(
            engine,
            r#"(module
            (func $fib (export "fib") (param i32) (result i32)
              (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
                (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                               (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
            (func $deep (export "deep") (param i32) (result i32)
              (if (result i32) (local.get 0)
                (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
                (else (i32.div_u (i32.const 1) (local.get 0))))))"#,
        );
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut store = Store::new(engine, ());
                    let instance = bident::Instance::new(&mut store, &module, &[]).unwrap();
                    let mut typed = |name| {
                        instance
                            .get_typed_func::<i32, i32>(&mut store, name)
                            .unwrap()
                    };
                    let (fib, deep) = (typed("fib"), typed("deep"));
                    for depth in 0..50 {
                        assert_eq!(fib.call(&mut store, 15).unwrap(), 610);
                        let error = deep.call(&mut store, depth * 20).unwrap_err();
                        let code = bident::TrapCode::IntegerDivideByZero;
                        assert_eq!(error.trap(), Some(code));
                    }
                });
            }
        });
    });
}

#[test]
fn a_store_moves_between_threads_with_its_parked_activations() {
    both(|engine| {
        let mut guest = diver(engine);
        let mut parked: Vec<(i32, ParkedCall)> = Vec::new();
        for round in 0..6 {
            let run = move || {
                // Every thread resumes what its predecessors left, and leaves some itself.
                let mut left = Vec::new();
                for (depth, call) in parked {
                    if depth % 2 == round % 2 {
                        left.push((depth, call));
                        continue;
                    }
                    let outcome = call.resume(&mut guest.store, &[Val::I32(9)]);
                    assert_eq!(returned_i32(outcome), depth + 9);
                }
                for depth in [3, 40, 500, 1001] {
                    let call = guest.park("dive", &[Val::I32(depth)]);
                    left.push((depth, call));
                }
                (guest, left)
            };
            (guest, parked) = thread::spawn(run).join().unwrap();
        }
        assert_eq!(guest.store.stats().live, parked.len());
        drop(parked);
        guest.check_idle();
    });
}

#[test]
fn a_parked_call_is_dropped_on_another_thread() {
    both(|engine| {
        let mut guest = diver(engine);
        let parked: Vec<_> = (0..10)
            .map(|i| guest.park("dive", &[Val::I32(i)]))
            .collect();
        thread::spawn(move || drop(parked)).join().unwrap();
        guest.check_idle();
    });
}

#[test]
fn threads_that_end_leave_nothing_mapped() {
    let status = child("threads_that_end_leave_nothing_mapped", || {
        let engine = Engine::default();
        let engine = &engine;
        let run = || {
            let mut store = Store::new(engine, ());
            let f = Func::wrap(&mut store, || ()).unwrap();
            f.call(&mut store, &[], &mut []).unwrap();
        };
        let mappings = || {
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            maps.lines().count()
        };
        let in_threads = |count| (0..count).for_each(|_| thread::scope(|s| drop(s.spawn(run))));
        in_threads(20);
        let before = mappings();
        in_threads(200);
        // Each would leave two; the allocator may make some for itself.
        assert!(mappings() < before + 100, "{} from {before}", mappings());
    });
    assert!(status.success(), "{status}");
}

/// The thread's alternate signal stack.
fn signal_stack() -> *mut libc::c_void {
    // SAFETY: only asks.
    unsafe {
        let mut stack: libc::stack_t = std::mem::zeroed();
        assert_eq!(libc::sigaltstack(ptr::null(), &mut stack), 0);
        stack.ss_sp
    }
}

/// The alternate stacks that a thread not made by Rust had: its own, while it ran WebAssembly, at its
/// very end.
static STACKS: [AtomicPtr<libc::c_void>; 3] = [const { AtomicPtr::new(ptr::null_mut()) }; 3];

struct LooksAtTheEnd;

impl Drop for LooksAtTheEnd {
    fn drop(&mut self) {
        STACKS[2].store(signal_stack(), Ordering::Release);
    }
}

extern "C" fn foreign_thread(_: *mut libc::c_void) -> *mut libc::c_void {
    thread_local!(static LAST: LooksAtTheEnd = const { LooksAtTheEnd });
    // What a thread touches first is dropped last.
    LAST.with(|_| ());
    let own = vec![0u8; 64 << 10].leak();
    let stack = libc::stack_t {
        ss_sp: own.as_mut_ptr().cast(),
        ss_flags: 0,
        ss_size: own.len(),
    };
    // SAFETY: the memory is never freed.
    assert_eq!(unsafe { libc::sigaltstack(&stack, ptr::null_mut()) }, 0);
    STACKS[0].store(signal_stack(), Ordering::Release);
    let engine = Engine::default();
    let mut guest = diver(&engine);
    dive(&mut guest, 100);
    STACKS[1].store(signal_stack(), Ordering::Release);
    ptr::null_mut()
}

#[test]
fn a_thread_gets_its_signal_stack_back_when_it_ends() {
    // SAFETY: the thread is joined before anything it uses goes.
    unsafe {
        let mut thread = std::mem::zeroed();
        let failed =
            libc::pthread_create(&mut thread, ptr::null(), foreign_thread, ptr::null_mut());
        assert_eq!(failed, 0);
        assert_eq!(libc::pthread_join(thread, ptr::null_mut()), 0);
    }
    let [own, running, end] = STACKS.each_ref().map(|s| s.load(Ordering::Acquire));
    assert!(!own.is_null());
    assert_ne!(running, own);
    assert_eq!(end, own);
}

#[test]
fn modules_are_compiled_on_many_threads_at_once() {
    let engine = Engine::default();
    thread::scope(|scope| {
        for i in 0..8 {
            let engine = &engine;
            scope.spawn(move || {
                let wat = format!("(module (func (export \"f\") (result i32) (i32.const {i})))");
                let module = Module::from_text_or_binary(engine, wat.as_bytes()).unwrap();
                let mut store = Store::new(engine, ());
                let instance = bident::Instance::new(&mut store, &module, &[]).unwrap();
                let f = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap();
                assert_eq!(f.call(&mut store, ()).unwrap(), i);
            });
        }
    });
}
