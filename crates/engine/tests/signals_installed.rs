//! Signal handlers without `SA_ONSTACK`, whoever installs them, before the engine is made or while guests
//! are parked, in a storm of signals: every answer is right.
//!
//! Each case runs in a process of its own.

use bident::{Caller, Engine, Linker, Module, Outcome, Reply, Store, Val};
use std::arch::asm;
use std::collections::VecDeque;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs, hint, io, ptr};
use tokio::signal::unix::SignalKind;

/// Says in a child which case it is: "before" or "after", "current" or "multi".
const CASE: &str = "BIDENT_SIGNALS_CASE";

const GUEST: &str = r#"(module
    (import "host" "sleep" (func $sleep (param i32) (result i32)))
    (func $fib (param i32) (result i32)
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "run") (param $n i32) (result i32) (local $sum i32)
      (loop $again
        (local.set $sum (i32.add (local.get $sum) (call $fib (i32.const 15))))
        (drop (call $sleep (i32.const 0)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))
    (func $deep (export "deep") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
        (else (i32.const 0)))))"#;

/// Signals that a handler got, and those that interrupted a stacklet: a handler without the flag is on
/// the alternate stack nowhere else.
static SIGNALS: AtomicUsize = AtomicUsize::new(0);
static ON_STACKLET: AtomicUsize = AtomicUsize::new(0);

/// Set when the storm is to end.
static OVER: AtomicBool = AtomicBool::new(false);

extern "C" fn count(_: libc::c_int) {
    let mut room = [0u8; 4096];
    hint::black_box(&mut room).fill(0x5A);
    // SAFETY: asks for the thread's signal stack.
    unsafe {
        let mut stack: libc::stack_t = std::mem::zeroed();
        libc::sigaltstack(ptr::null(), &mut stack);
        if stack.ss_flags & libc::SS_ONSTACK != 0 {
            ON_STACKLET.fetch_add(1, Ordering::Relaxed);
        }
    }
    SIGNALS.fetch_add(1, Ordering::Relaxed);
}

fn handler() -> usize {
    count as *const () as usize
}

/// A way to get a handler into the process and signals to it.
struct Way {
    /// Called in the runtime, whose threads exist.
    install: fn(),
    /// Sends signals; called again and again, in a thread of its own.
    send: fn(),
    /// Whether there were enough signals.
    enough: fn() -> bool,
}

fn enough_on_stacklets() -> bool {
    ON_STACKLET.load(Ordering::Relaxed) >= 20
}

fn enough_signals() -> bool {
    SIGNALS.load(Ordering::Relaxed) >= 20
}

/// Runs the four cases of a test, each in a child; in a child, its case.
fn everywhere(test: &str, way: &Way) {
    if let Ok(case) = env::var(CASE) {
        run(&case, way);
        return;
    }
    for when in ["before", "after"] {
        for runtime in ["current", "multi"] {
            let output = Command::new(env::current_exe().unwrap())
                .args(["--exact", test, "--nocapture", "--test-threads=1"])
                .env(CASE, format!("{when} {runtime}"))
                .output()
                .unwrap();
            let [out, err] = [&output.stdout, &output.stderr].map(|s| String::from_utf8_lossy(s));
            let status = output.status;
            assert!(
                status.success(),
                "{when}, {runtime}: {status}\n{out}\n{err}"
            );
        }
    }
}

/// Ends the storm, also where a case fails.
struct Ends;

impl Drop for Ends {
    fn drop(&mut self) {
        OVER.store(true, Ordering::Relaxed);
    }
}

fn run(case: &str, way: &Way) {
    let mut runtime = match case.ends_with("multi") {
        true => tokio::runtime::Builder::new_multi_thread(),
        false => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    let sender = thread::scope(|scope| {
        let ends = Ends;
        let (send, enough, start) = (way.send, way.enough, Instant::now());
        let sender = scope.spawn(move || {
            while !OVER.load(Ordering::Relaxed) {
                send();
                thread::sleep(Duration::from_micros(50));
            }
        });
        runtime.block_on(async {
            if case.starts_with("before") {
                (way.install)();
            }
            let engine = Engine::default();
            let over = move || {
                assert!(start.elapsed() < Duration::from_secs(30), "no signals come");
                enough() && start.elapsed() > Duration::from_millis(30)
            };
            let tasks = [(); 3].map(|()| tokio::spawn(guests(engine.clone(), over)));
            tokio::task::yield_now().await;
            if case.starts_with("after") {
                (way.install)();
            }
            for task in tasks {
                assert!(task.await.unwrap() > 0, "no answers");
            }
        });
        drop(ends);
        sender.join()
    });
    sender.unwrap();
}

/// Runs parked guests in turns, and deep ones, and checks all they say; gives how many answers that were.
async fn guests(engine: Engine, over: impl Fn() -> bool) -> usize {
    let module = Module::from_text_or_binary(&engine, GUEST.as_bytes()).unwrap();
    let mut linker = Linker::<()>::new(&engine);
    let sleep = |_: Caller<'_, ()>, _: i32| Reply::<i32>::Pending(());
    linker.func_wrap("host", "sleep", sleep).unwrap();
    let mut answers = 0;
    loop {
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let run = instance.get_func(&mut store, "run").unwrap();
        let deep = instance.get_typed_func::<i32, i32>(&mut store, "deep");
        let deep = deep.unwrap();
        let start = |_| run.start(&mut store, &[Val::I32(4)]);
        let mut parked: VecDeque<_> = (0..40).map(start).collect();
        while let Some(outcome) = parked.pop_front() {
            match outcome.unwrap() {
                Outcome::Parked(waits) => {
                    parked.push_back(waits.resume(&mut store, &[Val::I32(0)]));
                }
                Outcome::Returned(sums) => {
                    assert_eq!(sums[0].i32(), Some(4 * 610));
                    answers += 1;
                }
                other => panic!("{other:?}"),
            }
            tokio::task::yield_now().await;
        }
        for depth in [3, 50, 1000] {
            assert_eq!(deep.call(&mut store, depth).unwrap(), depth);
        }
        if over() {
            return answers;
        }
    }
}

/// To every thread but the caller's, and to the process.
fn to_all(signal: i32) {
    // SAFETY: no preconditions.
    let (process, own) = unsafe { (libc::getpid(), libc::syscall(libc::SYS_gettid)) };
    for thread in threads().filter(|thread| i64::from(*thread) != own) {
        // SAFETY: as above; a thread that has ended meanwhile gets none.
        unsafe { libc::syscall(libc::SYS_tgkill, process, thread, signal) };
    }
}

fn threads() -> impl Iterator<Item = i32> {
    let names = fs::read_dir("/proc/self/task").unwrap().flatten();
    names.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Once the handler is there: the default action would end the process.
fn send_usr1() {
    // SAFETY: asks.
    let there = unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGUSR1, ptr::null(), &mut now);
        now.sa_sigaction != libc::SIG_DFL
    };
    if there {
        to_all(libc::SIGUSR1);
    }
}

fn action() -> libc::sigaction {
    // SAFETY: all-zero is valid.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler();
    action.sa_flags = libc::SA_RESTART;
    action
}

fn by_sigaction(signal: i32) {
    // SAFETY: the handler does only what handlers may.
    let result = unsafe { libc::sigaction(signal, &action(), ptr::null_mut()) };
    assert_eq!(result, 0);
}

/// The kernel's record for the handler: address, flags, restorer, mask.
fn kernel_action() -> [usize; 4] {
    by_sigaction(libc::SIGUSR2);
    let mut known = [0usize; 4];
    let number = libc::SYS_rt_sigaction;
    // SAFETY: asks.
    let result = unsafe { libc::syscall(number, libc::SIGUSR2, 0usize, &raw mut known, 8usize) };
    assert_eq!((result, known[0]), (0, handler()));
    known
}

const USR1: Way = Way {
    install: || by_sigaction(libc::SIGUSR1),
    send: send_usr1,
    enough: enough_on_stacklets,
};

#[test]
fn by_sigaction_of_the_c_library() {
    everywhere("by_sigaction_of_the_c_library", &USR1);
}

#[test]
fn by_signal_of_the_c_library() {
    let install = || {
        // SAFETY: the handler does only what handlers may.
        let before = unsafe { libc::signal(libc::SIGUSR1, handler()) };
        assert_ne!(before, libc::SIG_ERR);
    };
    everywhere("by_signal_of_the_c_library", &Way { install, ..USR1 });
}

/// What a library finds that the program loads.
#[test]
fn by_a_library_that_is_loaded() {
    type Sigaction = unsafe extern "C" fn(i32, *const libc::sigaction, *mut libc::sigaction) -> i32;
    let install = || {
        // SAFETY: the C library's function has this type.
        unsafe {
            let found = libc::dlsym(libc::RTLD_DEFAULT, c"sigaction".as_ptr());
            assert!(!found.is_null());
            let found: Sigaction = std::mem::transmute(found);
            assert_eq!(found(libc::SIGUSR1, &action(), ptr::null_mut()), 0);
        }
    };
    everywhere("by_a_library_that_is_loaded", &Way { install, ..USR1 });
}

#[test]
fn by_a_raw_system_call() {
    let install = || {
        let (number, action) = (libc::SYS_rt_sigaction, kernel_action());
        // SAFETY: a valid record.
        let result = unsafe { libc::syscall(number, libc::SIGUSR1, &action, 0usize, 8usize) };
        assert_eq!(result, 0);
    };
    everywhere("by_a_raw_system_call", &Way { install, ..USR1 });
}

/// Past everybody: the engine looks for such handlers when it is made, and when it is asked.
#[test]
fn by_the_bare_instruction_and_adopted() {
    let install = || {
        let action = kernel_action();
        // SAFETY: a valid record. No WebAssembly runs on this thread meanwhile, and no signal is sent
        // before the C library sees the handler, which it does by then.
        unsafe {
            let result: i64;
            asm!("syscall", inout("rax") libc::SYS_rt_sigaction => result,
                in("rdi") libc::SIGUSR1, in("rsi") &action, in("rdx") 0, in("r10") 8,
                out("rcx") _, out("r11") _);
            assert_eq!(result, 0);
        }
        Engine::adopt_signal_handlers();
        SIGNALS.store(1, Ordering::Release);
    };
    let send = || {
        if SIGNALS.load(Ordering::Acquire) > 0 {
            to_all(libc::SIGUSR1);
        }
    };
    let way = Way {
        install,
        send,
        ..USR1
    };
    everywhere("by_the_bare_instruction_and_adopted", &way);
}

#[test]
fn by_a_profiler_of_the_process() {
    let install = || {
        by_sigaction(libc::SIGPROF);
        let often = libc::timeval {
            tv_sec: 0,
            tv_usec: 100,
        };
        let timer = libc::itimerval {
            it_interval: often,
            it_value: often,
        };
        // SAFETY: a valid record.
        let result = unsafe { libc::setitimer(libc::ITIMER_PROF, &timer, ptr::null_mut()) };
        assert_eq!(result, 0);
    };
    // The system chooses the thread, which need not be one that runs WebAssembly.
    let way = Way {
        install,
        send: || (),
        enough: enough_signals,
    };
    everywhere("by_a_profiler_of_the_process", &way);
}

#[test]
fn by_a_profiler_of_each_thread() {
    let install = || {
        by_sigaction(libc::SIGPROF);
        for thread in threads() {
            // SAFETY: valid records.
            unsafe {
                let mut event: libc::sigevent = std::mem::zeroed();
                event.sigev_notify = libc::SIGEV_THREAD_ID;
                event.sigev_signo = libc::SIGPROF;
                event.sigev_notify_thread_id = thread;
                let mut timer: libc::timer_t = ptr::null_mut();
                let made = libc::timer_create(libc::CLOCK_MONOTONIC, &mut event, &mut timer);
                assert_eq!(made, 0, "{}", io::Error::last_os_error());
                let often = libc::timespec {
                    tv_sec: 0,
                    tv_nsec: 200_000,
                };
                let times = libc::itimerspec {
                    it_interval: often,
                    it_value: often,
                };
                assert_eq!(libc::timer_settime(timer, 0, &times, ptr::null_mut()), 0);
            }
        }
    };
    let way = Way {
        install,
        send: || (),
        enough: enough_on_stacklets,
    };
    everywhere("by_a_profiler_of_each_thread", &way);
}

#[test]
fn by_tokio() {
    let install = || {
        let mut interrupts = tokio::signal::unix::signal(SignalKind::interrupt()).unwrap();
        tokio::spawn(async move {
            while interrupts.recv().await.is_some() {
                SIGNALS.fetch_add(1, Ordering::Relaxed);
            }
        });
        SIGNALS.store(1, Ordering::Release);
    };
    let send = || {
        if SIGNALS.load(Ordering::Acquire) > 0 {
            to_all(libc::SIGINT);
        }
    };
    let way = Way {
        install,
        send,
        enough: enough_signals,
    };
    everywhere("by_tokio", &way);
}

/// `setuid` sends a signal of the C library's own to every thread.
#[test]
fn by_the_c_library_for_itself() {
    let send = || {
        // SAFETY: changes nothing.
        assert_eq!(unsafe { libc::setuid(libc::getuid()) }, 0);
        SIGNALS.fetch_add(1, Ordering::Relaxed);
    };
    let way = Way {
        install: || (),
        send,
        enough: enough_signals,
    };
    everywhere("by_the_c_library_for_itself", &way);
}
