//! Handlers that know nothing of small stacks: none runs on one, whichever way it was installed, and each
//! runs elsewhere as if nobody had interfered.

mod common;

use bident_stack::{Reaction, os};
use common::{End, ROOMY, Rig, code};
use std::arch::asm;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

unsafe extern "C" {
    fn bsd_signal(signal: i32, handler: usize) -> usize;
    fn ssignal(signal: i32, handler: usize) -> usize;
    fn sysv_signal(signal: i32, handler: usize) -> usize;
    fn __sysv_signal(signal: i32, handler: usize) -> usize;
    fn sigset(signal: i32, handler: usize) -> usize;
    fn siginterrupt(signal: i32, interrupts: i32) -> i32;
}

/// Tests that change a signal's handler take turns.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> impl Drop {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The kernel's record.
#[repr(C)]
#[derive(Clone, Copy, Default, PartialEq, Debug)]
struct KernelAction {
    handler: usize,
    flags: u64,
    restorer: usize,
    mask: u64,
}

/// The kernel's call, past everybody.
fn instruction(signal: i32, new: Option<&KernelAction>) -> KernelAction {
    let mut old = KernelAction::default();
    let new = new.map_or(ptr::null(), ptr::from_ref);
    // SAFETY: valid records.
    unsafe {
        let result: i64;
        asm!("syscall", inout("rax") libc::SYS_rt_sigaction => result, in("rdi") signal,
            in("rsi") new, in("rdx") &mut old, in("r10") 8, out("rcx") _, out("r11") _);
        assert_eq!(result, 0);
    }
    old
}

/// An action as the C library would make it, with its own way to return.
fn kernel_action(handler: usize, flags: i32) -> KernelAction {
    install(libc::SIGUSR2, handler, flags);
    let restorer = instruction(libc::SIGUSR2, None).restorer;
    let flags = flags as u32 as u64 | 0x0400_0000;
    KernelAction {
        handler,
        flags,
        restorer,
        mask: 0,
    }
}

fn action(handler: usize, flags: i32) -> libc::sigaction {
    // SAFETY: all-zero is valid.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    action
}

/// Installs a handler by `sigaction`; gives the former action.
fn install(signal: i32, handler: usize, flags: i32) -> libc::sigaction {
    let mut old = action(0, 0);
    // SAFETY: the handlers here do only what handlers may.
    let result = unsafe { libc::sigaction(signal, &action(handler, flags), &mut old) };
    assert_eq!(result, 0);
    old
}

fn installed(signal: i32) -> libc::sigaction {
    let mut now = action(0, 0);
    // SAFETY: asks.
    assert_eq!(unsafe { libc::sigaction(signal, ptr::null(), &mut now) }, 0);
    now
}

fn on_signal_stack() -> bool {
    // SAFETY: asks which stack the caller runs on.
    unsafe {
        let mut stack: libc::stack_t = std::mem::zeroed();
        libc::sigaltstack(ptr::null(), &mut stack);
        stack.ss_flags & libc::SS_ONSTACK != 0
    }
}

static STORMS: AtomicU64 = AtomicU64::new(0);
static OFF_THE_STACKLET: AtomicBool = AtomicBool::new(true);

/// Counts; is to run on the host stack, or the alternate one.
extern "C" fn count(_: i32) {
    let local = 0u8;
    let here = (&raw const local).addr();
    let host = os::host_stack_base().is_some_and(|base| (base..base + (64 << 20)).contains(&here));
    if !host && !on_signal_stack() {
        OFF_THE_STACKLET.store(false, Ordering::Relaxed);
    }
    STORMS.fetch_add(1, Ordering::Relaxed);
}

fn park(_: &mut Rig, _: u64) -> Reaction {
    Reaction::park()
}

/// A thousand signals interrupt code that waits on a stacklet.
fn storm(signal: i32) {
    STORMS.store(0, Ordering::Relaxed);
    let mut rig = Rig::new(ROOMY, park);
    let task = rig.create(code::wait, STORMS.as_ptr() as u64);
    // SAFETY: no preconditions.
    let runner = unsafe { libc::pthread_self() };
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let handled = STORMS.load(Ordering::Relaxed);
                // SAFETY: the runner waits for this thread, so it exists.
                unsafe { libc::pthread_kill(runner, signal) };
                // One at a time: signals of this kind queue, and with one always there to be delivered the
                // code that they interrupt would never go on.
                while STORMS.load(Ordering::Relaxed) == handled && !done.load(Ordering::Relaxed) {
                    thread::yield_now();
                }
            }
        });
        let exit = rig.enter(task, 0);
        done.store(true, Ordering::Relaxed);
        assert_eq!(exit, End::Returned);
    });
    assert!(STORMS.load(Ordering::Relaxed) >= 1000);
    assert!(OFF_THE_STACKLET.load(Ordering::Relaxed));
    rig.release(task);
}

#[test]
fn whichever_way_it_was_installed_no_handler_runs_on_a_stacklet() {
    let _turn = turn();
    let handler = count as *const () as usize;
    let by_syscall = |signal: i32| {
        let action = kernel_action(handler, libc::SA_RESTART);
        // SAFETY: a valid record.
        unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, &action, 0usize, 8usize) as usize }
    };
    let by_instruction = |signal: i32| {
        instruction(signal, Some(&kernel_action(handler, libc::SA_RESTART)));
        assert_eq!(os::adopt_signal_handlers(), 1);
        assert_eq!(os::adopt_signal_handlers(), 0, "nothing is left to do");
        0
    };
    type Way<'a> = &'a dyn Fn(i32) -> usize;
    // SAFETY: the handler does only what handlers may.
    let ways: [(&str, Way<'_>); 8] = unsafe {
        [
            ("sigaction", &|s| install(s, handler, 0).sa_sigaction),
            ("signal", &|s| libc::signal(s, handler)),
            ("bsd_signal", &|s| bsd_signal(s, handler)),
            ("ssignal", &|s| ssignal(s, handler)),
            ("sigset", &|s| sigset(s, handler)),
            ("sigset again", &|s| sigset(s, handler)),
            ("syscall", &by_syscall),
            ("the instruction", &by_instruction),
        ]
    };
    for (signal, (name, way)) in (libc::SIGRTMIN()..).zip(ways) {
        println!("{name}");
        assert_ne!(way(signal), libc::SIG_ERR);
        storm(signal);
        // By the C library's own idea of it, too.
        assert_eq!(installed(signal).sa_sigaction, handler);
    }
}

#[test]
fn a_program_sees_what_it_installed() {
    let _turn = turn();
    let (signal, handler) = (libc::SIGRTMAX(), count as *const () as usize);
    assert_eq!(
        install(signal, handler, libc::SA_RESTART).sa_sigaction,
        libc::SIG_DFL
    );
    let mut with_mask = action(
        on_usr as *const () as usize,
        libc::SA_SIGINFO | libc::SA_ONSTACK,
    );
    // SAFETY: a valid set.
    unsafe { libc::sigaddset(&mut with_mask.sa_mask, libc::SIGUSR2) };
    let mut old = action(0, 0);
    // SAFETY: valid records.
    assert_eq!(unsafe { libc::sigaction(signal, &with_mask, &mut old) }, 0);
    let flags = libc::SA_RESTART | libc::SA_ONSTACK | libc::SA_SIGINFO;
    assert_eq!(old.sa_sigaction, handler);
    assert_eq!(old.sa_flags & flags, libc::SA_RESTART);
    // SAFETY: as above; puts the first back.
    assert_eq!(unsafe { libc::sigaction(signal, &old, &mut old) }, 0);
    assert_eq!(old.sa_sigaction, with_mask.sa_sigaction);
    assert_eq!(old.sa_flags & flags, libc::SA_SIGINFO | libc::SA_ONSTACK);
    // SAFETY: a valid set.
    assert_eq!(unsafe { libc::sigismember(&old.sa_mask, libc::SIGUSR2) }, 1);
    assert_eq!(installed(signal).sa_sigaction, handler);
    // SAFETY: the default is always safe.
    assert_eq!(unsafe { libc::signal(signal, libc::SIG_DFL) }, handler);
    assert_eq!(installed(signal).sa_sigaction, libc::SIG_DFL);
}

/// `signal` restarts system calls, or not, and leaves the handler; that of System V does not.
#[test]
fn flags_are_those_of_the_functions() {
    let _turn = turn();
    let (signal, handler) = (libc::SIGRTMAX(), count as *const () as usize);
    let all = libc::SA_RESTART | libc::SA_RESETHAND | libc::SA_NODEFER;
    let flags = || installed(signal).sa_flags & all;
    // SAFETY: the handler does only what handlers may.
    unsafe {
        libc::signal(signal, handler);
        assert_eq!(flags(), libc::SA_RESTART);
        assert_eq!(libc::sigismember(&installed(signal).sa_mask, signal), 1);
        assert_eq!(siginterrupt(signal, 1), 0);
        assert_eq!(flags(), 0);
        libc::signal(signal, handler);
        assert_eq!(flags(), 0);
        assert_eq!(siginterrupt(signal, 0), 0);
        assert_eq!(flags(), libc::SA_RESTART);
        sysv_signal(signal, handler);
        assert_eq!(flags(), libc::SA_RESETHAND | libc::SA_NODEFER);
        assert_eq!(__sysv_signal(signal, libc::SIG_DFL), handler);
        // SIG_HOLD blocks.
        assert_eq!(sigset(signal, 2), libc::SIG_DFL);
        assert_eq!(sigset(signal, libc::SIG_DFL), 2);
    }
}

#[test]
fn errors_are_those_of_the_functions() {
    let errno = || std::io::Error::last_os_error().raw_os_error();
    let handler = count as *const () as usize;
    for signal in [
        0,
        -1,
        32,
        33,
        65,
        i32::MAX,
        i32::MIN,
        libc::SIGKILL,
        libc::SIGSTOP,
    ] {
        let new = action(handler, 0);
        // SAFETY: valid records, and handlers that are refused.
        unsafe {
            assert_eq!(
                libc::sigaction(signal, &new, ptr::null_mut()),
                -1,
                "{signal}"
            );
            assert_eq!(errno(), Some(libc::EINVAL));
            assert_eq!(libc::signal(signal, handler), libc::SIG_ERR, "{signal}");
            assert_eq!(errno(), Some(libc::EINVAL));
        }
    }
    // SAFETY: refused, or asks.
    unsafe {
        assert_eq!(libc::signal(libc::SIGUSR2, libc::SIG_ERR), libc::SIG_ERR);
        let number = libc::SYS_rt_sigaction;
        assert_eq!(
            libc::syscall(number, libc::SIGUSR2, 0usize, 0usize, 4usize),
            -1
        );
        assert_eq!(errno(), Some(libc::EINVAL));
        assert_eq!(libc::syscall(libc::SYS_getpid), i64::from(libc::getpid()));
        assert_eq!(libc::syscall(libc::SYS_close, -1), -1);
        assert_eq!(errno(), Some(libc::EBADF));
        let page = libc::syscall(libc::SYS_mmap, 0usize, 4096usize, 1, 0x22, -1, 0usize);
        assert_ne!(page, -1, "six arguments");
        assert_eq!(libc::syscall(libc::SYS_munmap, page, 4096usize), 0);
    }
}

/// What a handler found: where it ran, and what came with the signal.
static FOUND: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];

extern "C" fn on_usr(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // More than the alternate stack of a thread that the standard library makes has.
    let mut room = [0u8; 200 << 10];
    black_box(&mut room).fill(1);
    // The vector registers are the interrupted code's again afterwards, whatever we do.
    // SAFETY: declared; the context is the kernel's.
    unsafe {
        asm!("vpcmpeqd ymm8, ymm8, ymm8", "vpcmpeqd ymm15, ymm15, ymm15", out("ymm8") _, out("ymm15") _);
        let context = &*context.cast::<libc::ucontext_t>();
        FOUND[0].store(usize::from(on_signal_stack()), Ordering::Relaxed);
        FOUND[1].store(signal as usize, Ordering::Relaxed);
        FOUND[2].store((*info).si_value().sival_ptr.addr(), Ordering::Relaxed);
        let interrupted = context.uc_mcontext.gregs[libc::REG_RSP as usize] as usize;
        let below = interrupted.wrapping_sub((&raw const room).addr());
        FOUND[3].store(below, Ordering::Relaxed);
    }
}

/// Sends a value to the calling thread's process with vector registers full; gives them afterwards.
fn send(signal: i32, value: usize) -> [[u64; 4]; 2] {
    let mut registers = [[0u64; 4]; 2];
    let before = [[1u64, 2, 3, 4], [5, 6, 7, 8]];
    // SAFETY: as the call's; `rt_tgsigqueueinfo` sends to this thread, and the handler runs before it
    // returns.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        info.si_signo = signal;
        info.si_code = libc::SI_QUEUE;
        let words = (&raw mut info).cast::<usize>();
        words.add(2).write(libc::getpid() as usize);
        words.add(3).write(value);
        asm!(
            "vmovdqu ymm8, [{before}]",
            "vmovdqu ymm15, [{before} + 32]",
            "mov qword ptr [rsp - 128], 77",
            "syscall",
            "cmp qword ptr [rsp - 128], 77",
            "jne 3f",
            "2:",
            "vmovdqu [{after}], ymm8",
            "vmovdqu [{after} + 32], ymm15",
            "jmp 4f",
            "3:",
            "ud2",
            "4:",
            before = in(reg) &before,
            after = in(reg) &mut registers,
            inout("rax") libc::SYS_rt_tgsigqueueinfo => _,
            in("rdi") libc::getpid(),
            in("rsi") libc::syscall(libc::SYS_gettid),
            in("rdx") signal,
            in("r10") &info,
            out("rcx") _, out("r11") _, out("ymm8") _, out("ymm15") _,
        );
    }
    registers
}

#[test]
fn elsewhere_a_handler_runs_where_it_would_have() {
    let _turn = turn();
    let signal = libc::SIGUSR1;
    let check = move || {
        FOUND
            .iter()
            .for_each(|found| found.store(usize::MAX, Ordering::Relaxed));
        assert_eq!(send(signal, 0x1234), [[1, 2, 3, 4], [5, 6, 7, 8]]);
        let found = FOUND.each_ref().map(|found| found.load(Ordering::Relaxed));
        assert_eq!(found[..3], [0, signal as usize, 0x1234]);
        assert!((200 << 10..300 << 10).contains(&found[3]), "{}", found[3]);
    };
    install(signal, on_usr as *const () as usize, libc::SA_SIGINFO);
    check();
    // A thread of the standard library's, with a small signal stack; then with ours.
    let in_thread = move || {
        check();
        os::ensure_signal_stack(|| ()).expect("a signal stack");
        check();
    };
    thread::spawn(in_thread).join().unwrap();
    thread::scope(|scope| drop(scope.spawn(check)));
}

/// Signals that were pending or blocked when a handler had run.
static BLOCKED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn looks_at_mask(_: i32) {
    // SAFETY: asks.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), &mut set);
        let members = [libc::SIGUSR1, libc::SIGUSR2].map(|s| libc::sigismember(&set, s) as usize);
        BLOCKED.store(members[0] + 2 * members[1], Ordering::Relaxed);
    }
}

#[test]
fn a_mask_holds_while_the_handler_runs() {
    let _turn = turn();
    let mut new = action(looks_at_mask as *const () as usize, 0);
    // SAFETY: valid records; the handler does only what handlers may.
    unsafe {
        libc::sigaddset(&mut new.sa_mask, libc::SIGUSR2);
        assert_eq!(libc::sigaction(libc::SIGUSR1, &new, ptr::null_mut()), 0);
        libc::raise(libc::SIGUSR1);
        assert_eq!(BLOCKED.swap(0, Ordering::Relaxed), 3);
    }
    looks_at_mask(0);
    assert_eq!(BLOCKED.load(Ordering::Relaxed), 0);
}

static TRACE: Mutex<String> = Mutex::new(String::new());

extern "C" fn traces(_: i32) {
    // No handler should, but the thread does nothing else here.
    *TRACE.lock().unwrap() = std::backtrace::Backtrace::force_capture().to_string();
}

#[inline(never)]
fn whom_the_signal_finds() {
    // SAFETY: no preconditions.
    black_box(unsafe { libc::raise(libc::SIGUSR1) });
}

/// Profilers walk from the handler to what it interrupted.
#[test]
fn a_backtrace_leads_through_the_handler() {
    let _turn = turn();
    for flags in [0, libc::SA_ONSTACK] {
        install(libc::SIGUSR1, traces as *const () as usize, flags);
        // With the flag a backtrace needs more than the standard library's small signal stack.
        os::ensure_signal_stack(|| ()).expect("a signal stack");
        whom_the_signal_finds();
        let trace = std::mem::take(&mut *TRACE.lock().unwrap());
        assert!(trace.contains("traces"), "{trace}");
        assert!(trace.contains("whom_the_signal_finds"), "{trace}");
        assert!(
            trace.contains("a_backtrace_leads_through_the_handler"),
            "{trace}"
        );
    }
}

fn signal_stack() -> libc::stack_t {
    // SAFETY: asks the kernel.
    unsafe {
        let mut stack: libc::stack_t = std::mem::zeroed();
        assert_eq!(libc::sigaltstack(ptr::null(), &mut stack), 0);
        stack
    }
}

/// What may be done with the memory right below an address.
fn access_below(address: usize) -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("a list of mappings");
    let end = format!("-{address:x} ");
    let line = maps.lines().find(|line| line.contains(&end));
    let access = line.and_then(|line| line.split(' ').nth(1));
    access.unwrap_or("nothing there").to_owned()
}

#[test]
fn each_thread_has_one_signal_stack_of_ours() {
    let of_thread = || {
        thread::spawn(|| {
            os::ensure_signal_stack(|| ()).expect("an alternate signal stack");
            let first = signal_stack();
            os::ensure_signal_stack(|| ()).expect("an alternate signal stack");
            assert_eq!(first.ss_sp, signal_stack().ss_sp);
            assert!(first.ss_size >= 64 << 10);
            // SAFETY: asks what the kernel told this process at its start.
            let needed = unsafe { libc::getauxval(libc::AT_MINSIGSTKSZ) } as usize;
            assert!(first.ss_size >= needed + (32 << 10), "{needed}");
            assert_eq!(access_below(first.ss_sp as usize), "---p");
            first.ss_sp as usize
        })
    };
    let addresses = [of_thread(), of_thread()].map(|thread| thread.join().expect("no panic"));
    assert_ne!(addresses[0], 0);
}
