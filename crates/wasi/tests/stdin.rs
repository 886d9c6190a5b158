//! Guests that read the standard input of this process: each test is a process of its own, with the input that it is given.

mod common;

use bident::{Engine, Instance, Linker, Module, Store, Tasks, TypedFunc, WasmValues};
use bident_wasi::WasiCtx;
use common::block_on;
use rustix::fs::{OFlags, fcntl_getfl};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::pin::pin;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

/// `read(length)` from standard input, to 1000: how many bytes. `poll(ms)`: which came, 1 the input, 99 the time.
/// `tick(ms, times)`.
const GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "read") (param $length i32) (result i32)
    (i32.store (i32.const 0) (i32.const 1000)) (i32.store (i32.const 4) (local.get $length))
    (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
    (i32.load (i32.const 8)))
  ;; A clock at an address, as subscription number 99.
  (func $clock (param $at i32) (param $ms i32)
    (i64.store (local.get $at) (i64.const 99))
    (i32.store8 offset=8 (local.get $at) (i32.const 0))
    (i32.store offset=16 (local.get $at) (i32.const 1))
    (i64.store offset=24 (local.get $at)
      (i64.mul (i64.extend_i32_u (local.get $ms)) (i64.const 1000000)))
    (i32.store16 offset=40 (local.get $at) (i32.const 0)))
  (func (export "poll") (param $ms i32) (result i32)
    (i64.store (i32.const 100) (i64.const 1)) (i32.store8 (i32.const 108) (i32.const 1))
    (i32.store (i32.const 116) (i32.const 0))
    (call $clock (i32.const 148) (local.get $ms))
    (if (call $poll (i32.const 100) (i32.const 200) (i32.const 2) (i32.const 300)) (then unreachable))
    (i32.wrap_i64 (i64.load (i32.const 200))))
  (func (export "hangup") (result i32) (i32.load16_u (i32.const 224)))
  (func (export "tick") (param $ms i32) (param $times i32) (result i32)
    (loop $more
      (call $clock (i32.const 500) (local.get $ms))
      (if (call $poll (i32.const 500) (i32.const 600) (i32.const 1) (i32.const 700)) (then unreachable))
      (br_if $more (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (i32.const 7)))"#;

struct Guest {
    store: Store<WasiCtx>,
    instance: Instance,
}

impl Guest {
    /// One that has the input of this process.
    fn new(parks: bool) -> Self {
        let engine = Engine::default();
        let module = Module::from_text_or_binary(&engine, GUEST.as_bytes()).unwrap();
        let mut linker = Linker::new(&engine);
        match parks {
            true => bident_wasi::add_to_linker_async(&mut linker, |ctx: &mut WasiCtx| ctx),
            false => bident_wasi::add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx),
        }
        .unwrap();
        let mut store = Store::new(&engine, WasiCtx::builder().inherit_stdio().build());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        Self { store, instance }
    }

    fn func<P: WasmValues>(&mut self, name: &str) -> TypedFunc<P, i32> {
        let func = self.instance.get_typed_func(&mut self.store, name);
        func.unwrap()
    }

    fn read(&mut self, length: i32) -> String {
        let read = self.func::<i32>("read");
        let n = block_on(read.call_async(&mut self.store, length)).unwrap();
        self.bytes(n)
    }

    fn bytes(&mut self, n: i32) -> String {
        let memory = self.instance.get_memory(&mut self.store, "memory").unwrap();
        let bytes = memory.data(&self.store)[1000..][..n as usize].to_vec();
        String::from_utf8(bytes).unwrap()
    }

    /// Runs a call that waits, beside one that ticks: says so once that is over; gives what it came to.
    fn beside<P: WasmValues>(&mut self, name: &str, params: P) -> i32 {
        let (waits, tick) = (self.func::<P>(name), self.func::<(i32, i32)>("tick"));
        let mut tasks = Tasks::new(&self.store);
        let waiting = tasks.spawn(&waits, params).unwrap();
        let ticking = tasks.spawn(&tick, (1, 20)).unwrap();
        assert_eq!(
            block_on(tasks.run_until(&mut self.store, ticking)).unwrap(),
            7
        );
        assert!(!waiting.has_ended());
        say("ticked");
        block_on(tasks.run(&mut self.store));
        block_on(waiting).unwrap()
    }
}

/// Tells the parent.
fn say(word: &str) {
    io::stderr()
        .write_all(format!("said {word}\n").as_bytes())
        .unwrap();
}

const CHILD: &str = "BIDENT_TEST_STDIN";

/// A process that runs one of these tests.
struct Process {
    child: Child,
    says: BufReader<ChildStderr>,
}

impl Process {
    /// Runs the body of the test with this name there, with an input. In that process, does not return.
    fn begin(test: &str, stdin: impl Into<Stdio>, body: impl FnOnce()) -> Self {
        Self::run(test, stdin, None, body)
    }

    /// The same, by a command of the shell that has the words to run as its own.
    fn run(test: &str, stdin: impl Into<Stdio>, shell: Option<&str>, body: impl FnOnce()) -> Self {
        if std::env::var(CHILD).as_deref() == Ok(test) {
            body();
            std::process::exit(0);
        }
        let program = std::env::current_exe().unwrap();
        let mut command = match shell {
            None => Command::new(program),
            Some(text) => {
                let mut command = Command::new("sh");
                command.args(["-c", text, "sh"]).arg(program);
                command
            }
        };
        let mut child = command
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(CHILD, test)
            .stdin(stdin)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let says = BufReader::new(child.stderr.take().unwrap());
        Self { child, says }
    }

    /// Waits until it says a word.
    fn hear(&mut self, word: &str) {
        let mut all = String::new();
        loop {
            let before = all.len();
            assert!(self.says.read_line(&mut all).unwrap() > 0, "{all}");
            if all[before..].trim_end() == format!("said {word}") {
                return;
            }
        }
    }

    /// It ends well, by itself.
    fn end(mut self) {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > Duration::from_secs(60) {
                self.child.kill().unwrap();
            }
            thread::sleep(Duration::from_millis(2));
        };
        let mut rest = String::new();
        self.says.read_to_string(&mut rest).unwrap();
        assert!(status.success(), "{status}: {rest}");
    }
}

fn poll_once<F: Future>(future: F) -> bool {
    let mut future = pin!(future);
    let polled = future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    polled.is_ready()
}

#[test]
fn a_reader_of_an_empty_pipe_lets_others_run() {
    let name = "a_reader_of_an_empty_pipe_lets_others_run";
    let (input, mut writer) = io::pipe().unwrap();
    let mut process = Process::begin(name, input, || {
        let mut guest = Guest::new(true);
        let n = guest.beside("read", 100);
        assert_eq!(guest.bytes(n), "hello");
        assert_eq!(guest.beside("poll", 3_600_000), 1);
        let hangup = guest.func::<()>("hangup");
        assert_eq!(hangup.call(&mut guest.store, ()).unwrap(), 0);
        assert_eq!(guest.read(3), "wor");
        assert_eq!(guest.read(100), "ld");
        let poll = guest.func::<i32>("poll");
        let polled = block_on(poll.call_async(&mut guest.store, 5));
        assert_eq!(polled.unwrap(), 99, "the time");
        // Until the other side is gone.
        assert_eq!(guest.beside("poll", 3_600_000), 1);
        assert_eq!(hangup.call(&mut guest.store, ()).unwrap(), 1);
        assert_eq!(guest.read(100), "");
        let flags = fcntl_getfl(io::stdin().as_fd()).unwrap();
        assert!(!flags.contains(OFlags::NONBLOCK), "it is others', too");
    });
    for part in ["hello", "world"] {
        process.hear("ticked");
        writer.write_all(part.as_bytes()).unwrap();
    }
    process.hear("ticked");
    drop(writer);
    process.end();
}

/// Both sides of a terminal.
fn terminal() -> (File, OwnedFd) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY;
    let side = rustix::fs::open(name, flags, rustix::fs::Mode::empty()).unwrap();
    (master.into(), side)
}

#[test]
fn a_reader_of_a_terminal_lets_others_run() {
    let name = "a_reader_of_a_terminal_lets_others_run";
    let (mut master, side) = terminal();
    let mut process = Process::begin(name, side, || {
        let mut guest = Guest::new(true);
        let n = guest.beside("read", 100);
        assert_eq!(guest.bytes(n), "one\n", "line by line");
        assert_eq!(guest.beside("poll", 3_600_000), 1);
        assert_eq!(guest.read(2), "tw");
        assert_eq!(guest.read(100), "o\n");
        assert_eq!(guest.beside("read", 100), 0, "the end");
    });
    for part in ["one\n", "two\n", "\x04"] {
        process.hear("ticked");
        master.write_all(part.as_bytes()).unwrap();
    }
    process.end();
}

#[test]
fn files_devices_and_what_is_closed_are_there_at_once() {
    let name = "files_devices_and_what_is_closed_are_there_at_once";
    let scratch = common::Scratch::new();
    let file = scratch.path().join("input");
    std::fs::write(&file, "of a file").unwrap();
    let body = || {
        let mut guest = Guest::new(true);
        let poll = guest.func::<i32>("poll");
        let polled = Box::pin(poll.call_async(&mut guest.store, 3_600_000));
        assert!(poll_once(polled));
        let read = guest.func::<i32>("read");
        assert!(poll_once(read.call_async(&mut guest.store, 4)));
        let rest = guest.read(100);
        assert!(rest.is_empty() || rest == " file", "{rest}");
        assert_eq!(guest.read(100), "");
    };
    Process::begin(name, File::open(&file).unwrap(), body).end();
    Process::begin(name, Stdio::null(), body).end();
    Process::run(name, Stdio::null(), Some(r#"exec "$@" <&-"#), body).end();
}

#[test]
fn nothing_is_taken_that_nobody_asked_for() {
    let name = "nothing_is_taken_that_nobody_asked_for";
    let (input, mut writer) = io::pipe().unwrap();
    let mut process = Process::begin(name, input, || {
        let mut guest = Guest::new(true);
        let mut own = File::from(io::stdin().as_fd().try_clone_to_owned().unwrap());
        let mut buffer = [0; 100];
        let n = guest.beside("read", 3);
        assert_eq!(guest.bytes(n), "abc");
        assert_eq!(own.read(&mut buffer).unwrap(), 3);
        assert_eq!(&buffer[..3], b"def");
        // One that is cancelled while it waits, and one that goes with its store.
        let (read, tick) = (guest.func::<i32>("read"), guest.func::<(i32, i32)>("tick"));
        let mut tasks = Tasks::new(&guest.store);
        let reading = tasks.spawn(&read, 100).unwrap();
        let left = tasks.spawn(&read, 100).unwrap();
        let ticking = tasks.spawn(&tick, (1, 5)).unwrap();
        block_on(tasks.run_until(&mut guest.store, ticking)).unwrap();
        assert!(tasks.cancel(&mut guest.store, &reading));
        assert!(!left.has_ended());
        drop((tasks, guest));
        say("cancelled");
        own.read_exact(&mut buffer[..3]).unwrap();
        assert_eq!(&buffer[..3], b"xyz");
    });
    process.hear("ticked");
    writer.write_all(b"abcdef").unwrap();
    process.hear("cancelled");
    writer.write_all(b"xyz").unwrap();
    process.end();
}

#[test]
fn a_reader_that_waits_does_not_keep_the_process() {
    let name = "a_reader_that_waits_does_not_keep_the_process";
    let (input, writer) = io::pipe().unwrap();
    let process = Process::begin(name, input, || {
        let mut guest = Guest::new(true);
        let (read, tick) = (guest.func::<i32>("read"), guest.func::<(i32, i32)>("tick"));
        let mut tasks = Tasks::new(&guest.store);
        let reading = tasks.spawn(&read, 100).unwrap();
        let ticking = tasks.spawn(&tick, (1, 5)).unwrap();
        block_on(tasks.run_until(&mut guest.store, ticking)).unwrap();
        assert!(!reading.has_ended());
        // Still there, with its store, when the process ends.
        std::mem::forget((tasks, guest));
    });
    process.end();
    drop(writer);
}

#[test]
fn guests_on_many_threads_share_the_input() {
    let name = "guests_on_many_threads_share_the_input";
    const BYTES: usize = 3000;
    let (input, mut writer) = io::pipe().unwrap();
    let mut process = Process::begin(name, input, || {
        let read_all = || {
            let mut guest = Guest::new(true);
            let tick = guest.func::<(i32, i32)>("tick");
            let read = guest.func::<i32>("read");
            let mut tasks = Tasks::new(&guest.store);
            say("there");
            let mut sum = 0;
            loop {
                let reading = tasks.spawn(&read, 1).unwrap();
                let n = block_on(tasks.run_until(&mut guest.store, reading)).unwrap();
                if n == 0 {
                    break sum;
                }
                sum += n as usize;
                // Whatever others take, this one is not held up.
                let ticking = tasks.spawn(&tick, (0, 1)).unwrap();
                block_on(tasks.run_until(&mut guest.store, ticking)).unwrap();
            }
        };
        let sums = thread::scope(|scope| {
            let readers = [(); 3].map(|()| scope.spawn(read_all));
            readers.map(|reader| reader.join().unwrap())
        });
        assert_eq!(sums.iter().sum::<usize>(), BYTES, "{sums:?}");
    });
    (0..3).for_each(|_| process.hear("there"));
    for _ in 0..BYTES {
        writer.write_all(b"x").unwrap();
        thread::yield_now();
    }
    drop(writer);
    process.end();
}

#[test]
fn a_guest_may_block_its_thread_at_the_input() {
    let name = "a_guest_may_block_its_thread_at_the_input";
    let (input, mut writer) = io::pipe().unwrap();
    let mut process = Process::begin(name, input, || {
        let mut guest = Guest::new(false);
        let (read, poll) = (guest.func::<i32>("read"), guest.func::<i32>("poll"));
        for (length, text) in [(3, "abc"), (100, "d"), (100, "ef"), (100, "")] {
            say("reads");
            let n = read.call(&mut guest.store, length).unwrap();
            assert_eq!(guest.bytes(n), text);
        }
        assert_eq!(poll.call(&mut guest.store, 3_600_000).unwrap(), 1);
    });
    process.hear("reads");
    thread::sleep(Duration::from_millis(10));
    writer.write_all(b"abcd").unwrap();
    (0..2).for_each(|_| process.hear("reads"));
    thread::sleep(Duration::from_millis(10));
    writer.write_all(b"ef").unwrap();
    process.hear("reads");
    drop(writer);
    process.end();
}
