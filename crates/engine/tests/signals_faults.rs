//! The signals of faults, when others send, block, ignore or handle them, too; and what stays as it was for
//! a program that runs WebAssembly.
//!
//! Each test runs in a process of its own.

mod common;

use bident::{Engine, TrapCode, Val};
use common::{Guest, child};
use std::cell::RefCell;
use std::io::{self, Read};
use std::os::fd::FromRawFd;
use std::os::unix::process::ExitStatusExt;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const DEEP: &str = r#"(module (memory 1)
    (func $deep (export "deep") (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
        (else (i32.const 0))))
    (func (export "far") (result i32) (i32.load (i32.const 0x100000)))
    (func (export "sum") (param i32) (result i32) (local $sum i32)
      (loop $again
        (local.set $sum (i32.add (local.get $sum) (i32.load (i32.const 8))))
        (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (local.get $sum)))"#;

/// Stacks grow and traps are traps.
fn works(guest: &mut Guest<()>) {
    assert_eq!(guest.i32("deep", &[2000]), 2000);
    let code = guest.error("far", &[]).trap();
    assert_eq!(code, Some(TrapCode::MemoryOutOfBounds));
}

fn guest() -> Guest<()> {
    Guest::plain(&Engine::default(), DEEP)
}

static CALLED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn counts(_: i32) {
    CALLED.fetch_add(1, Ordering::Relaxed);
}

/// Sends a signal to the calling thread, which gets it at once.
fn send(signal: i32) {
    // SAFETY: no preconditions.
    assert_eq!(unsafe { libc::raise(signal) }, 0);
}

const FAULTS: [i32; 4] = [libc::SIGILL, libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE];

#[test]
fn who_handles_faults_after_the_engine_comes_after_it() {
    let status = child("who_handles_faults_after_the_engine_comes_after_it", || {
        let mut guest = guest();
        works(&mut guest);
        for signal in FAULTS {
            let handler = counts as *const () as usize;
            // SAFETY: the handler does only what handlers may.
            unsafe { libc::signal(signal, handler) };
            works(&mut guest);
            assert_eq!(CALLED.load(Ordering::Relaxed), 0);
            send(signal);
            assert_eq!(CALLED.swap(0, Ordering::Relaxed), 1);
            // SAFETY: ignoring is always safe.
            assert_eq!(unsafe { libc::signal(signal, libc::SIG_IGN) }, handler);
            send(signal);
            works(&mut guest);
        }
    });
    assert!(status.success(), "{status}");
}

#[test]
fn a_fault_that_is_sent_ends_a_process_that_does_not_handle_it() {
    let test = "a_fault_that_is_sent_ends_a_process_that_does_not_handle_it";
    let status = child(test, || {
        works(&mut guest());
        send(libc::SIGILL);
    });
    assert_eq!(status.signal(), Some(libc::SIGILL));
}

#[test]
fn a_fault_of_the_host_ends_the_process() {
    let status = child("a_fault_of_the_host_ends_the_process", || {
        works(&mut guest());
        // SAFETY: the default action.
        unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
        // SAFETY: none: it faults, and that is the end.
        unsafe { ptr::without_provenance::<u8>(8).read_volatile() };
    });
    assert_eq!(status.signal(), Some(libc::SIGSEGV));
}

/// The instruction that a signal finds is innocent, also where it might have faulted.
#[test]
fn a_fault_that_is_sent_is_no_trap() {
    let status = child("a_fault_that_is_sent_is_no_trap", || {
        // SAFETY: ignoring is always safe.
        unsafe { libc::signal(libc::SIGSEGV, libc::SIG_IGN) };
        let mut guest = guest();
        // SAFETY: the handler does only what handlers may.
        unsafe { libc::signal(libc::SIGSEGV, counts as *const () as usize) };
        // SAFETY: no preconditions.
        let target = unsafe { libc::pthread_self() };
        let sender = thread::spawn(move || {
            for _ in 0..2000 {
                // SAFETY: the thread waits for this one.
                unsafe { libc::pthread_kill(target, libc::SIGSEGV) };
                thread::sleep(Duration::from_micros(20));
            }
        });
        while !sender.is_finished() {
            assert_eq!(guest.i32("sum", &[100_000]), 0);
        }
        sender.join().unwrap();
        assert!(CALLED.load(Ordering::Relaxed) > 0);
        works(&mut guest);
    });
    assert!(status.success(), "{status}");
}

#[test]
fn a_thread_that_blocks_all_signals_runs_webassembly() {
    let status = child("a_thread_that_blocks_all_signals_runs_webassembly", || {
        // SAFETY: valid sets.
        unsafe {
            let mut all: libc::sigset_t = std::mem::zeroed();
            libc::sigfillset(&mut all);
            libc::pthread_sigmask(libc::SIG_BLOCK, &all, ptr::null_mut());
        }
        thread::spawn(|| works(&mut guest())).join().unwrap();
        works(&mut guest());
    });
    assert!(status.success(), "{status}");
}

/// The signals that a thread blocks, as the system says.
fn blocked() -> String {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("SigBlk"));
    line.unwrap().to_owned()
}

#[test]
fn nothing_is_blocked_and_waiting_ends_as_before() {
    let status = child("nothing_is_blocked_and_waiting_ends_as_before", || {
        let before = blocked();
        works(&mut guest());
        assert_eq!(blocked(), before);
        let (mut ends, signal) = ([0; 2], libc::SIGUSR1);
        // SAFETY: valid records; the handler does only what handlers may.
        unsafe {
            assert_eq!(libc::pipe(ends.as_mut_ptr()), 0);
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = counts as *const () as usize;
            assert_eq!(libc::sigaction(signal, &action, ptr::null_mut()), 0);
            libc::alarm(20);
            let target = libc::pthread_self();
            thread::spawn(move || {
                while CALLED.load(Ordering::Relaxed) < 10 {
                    libc::pthread_kill(target, signal);
                    thread::sleep(Duration::from_millis(5));
                }
            });
            let mut reader = std::fs::File::from_raw_fd(ends[0]);
            let error = reader.read(&mut [0]).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::Interrupted);
        }
    });
    assert!(status.success(), "{status}");
}

#[test]
fn the_alternate_stack_stays_with_a_thread() {
    let status = child("the_alternate_stack_stays_with_a_thread", || {
        let mut guest = guest();
        works(&mut guest);
        let off = libc::stack_t {
            ss_sp: ptr::null_mut(),
            ss_flags: libc::SS_DISABLE,
            ss_size: 0,
        };
        let small = vec![0u8; 4096].leak();
        let small = libc::stack_t {
            ss_sp: small.as_mut_ptr().cast(),
            ss_flags: 0,
            ss_size: small.len(),
        };
        for new in [off, small] {
            // SAFETY: the memory is never freed.
            assert_eq!(unsafe { libc::sigaltstack(&new, ptr::null_mut()) }, 0);
            works(&mut guest);
        }
    });
    assert!(status.success(), "{status}");
}

/// Runs WebAssembly when its thread has nearly ended, and the signal stack may be gone.
struct Late(RefCell<Option<Guest<()>>>);

impl Drop for Late {
    fn drop(&mut self) {
        let Some(mut guest) = self.0.take() else {
            return;
        };
        match guest.call("deep", &[Val::I32(2000)]) {
            Ok(results) => assert_eq!(results[0].i32(), Some(2000)),
            Err(error) => assert_eq!(error.kind(), bident::ErrorKind::Limit, "{error}"),
        }
        CALLED.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn destructors_of_a_thread_run_webassembly_or_are_refused() {
    thread_local!(static FIRST: Late = const { Late(RefCell::new(None)) });
    thread_local!(static LAST: Late = const { Late(RefCell::new(None)) });
    let test = "destructors_of_a_thread_run_webassembly_or_are_refused";
    let status = child(test, || {
        let work = || {
            FIRST.with(|_| ());
            let mut guest = guest();
            works(&mut guest);
            FIRST.with(|late| late.0.replace(Some(guest)));
            LAST.with(|late| late.0.replace(Some(self::guest())));
        };
        thread::spawn(work).join().unwrap();
        assert_eq!(CALLED.load(Ordering::Relaxed), 2);
    });
    assert!(status.success(), "{status}");
}
