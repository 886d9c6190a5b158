//! Guests that wait: at pipes, clocks and sockets, parked on one thread, or blocking theirs.

mod common;

use bident::{
    Config, Engine, Error, ErrorKind, Instance, InstancePre, Linker, Module, Store, Task, Tasks,
    TypedFunc,
};
use bident_wasi::{PipeWriter, WasiCtx, pipe};
use common::block_on;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

/// `read(fd)`: reads up to 100 bytes at 1000, and gives how many, or minus the errno. `write(fd, length)`: the same for the
/// bytes at 1000. `sleep(ms)`, `tick(ms, times)`, `poll(fd, kind, ms)`: which came, 1 the descriptor, 2 the clock.
/// `receive(fd, first, second, flags)`: into two buffers of so many bytes at 1000, one behind the other.
/// `echo(fd)`: accepts one connection, and sends back what comes until the end; gives how many bytes.
const GUEST: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $set_flags (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_recv"
    (func $recv (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_shutdown" (func $shutdown (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\e8\03\00\00\64\00\00\00")
  (data (i32.const 1000) "some words that are written")
  ;; A buffer of as many bytes at 1000.
  (func $buffer (param i32)
    (i32.store (i32.const 0) (i32.const 1000)) (i32.store (i32.const 4) (local.get 0)))
  ;; What is at 8, or minus the errno.
  (func $count (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.sub (i32.const 0) (local.get 0)))
      (else (i32.load (i32.const 8)))))
  (func $read (export "read") (param i32) (result i32)
    (call $buffer (i32.const 100))
    (call $count (call $fd_read (local.get 0) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "write") (param i32 i32) (result i32)
    (call $buffer (local.get 1))
    (call $count (call $fd_write (local.get 0) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "set_flags") (param i32 i32) (result i32)
    (call $set_flags (local.get 0) (local.get 1)))
  (func (export "yield") (result i32) (call $yield))
  (func $sleep (export "sleep") (param $ms i32) (result i32)
    (i64.store (i32.const 100) (i64.const 1)) (i32.store8 (i32.const 108) (i32.const 0))
    (i32.store (i32.const 116) (i32.const 1))
    (i64.store (i32.const 124) (i64.mul (i64.extend_i32_u (local.get $ms)) (i64.const 1000000)))
    (i32.store16 (i32.const 140) (i32.const 0))
    (call $poll (i32.const 100) (i32.const 300) (i32.const 1) (i32.const 400)))
  (func (export "tick") (param $ms i32) (param $times i32) (result i32) (local $errors i32)
    (loop $more
      (local.set $errors (i32.add (local.get $errors) (call $sleep (local.get $ms))))
      (br_if $more (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $errors))
  (func (export "poll") (param $fd i32) (param $kind i32) (param $ms i32) (result i32)
    (local $errno i32)
    ;; Numbers 500 and up: another call may sleep meanwhile.
    (i64.store (i32.const 500) (i64.const 1)) (i32.store8 (i32.const 508) (local.get $kind))
    (i32.store (i32.const 516) (local.get $fd))
    (i64.store (i32.const 548) (i64.const 2)) (i32.store8 (i32.const 556) (i32.const 0))
    (i32.store (i32.const 564) (i32.const 1))
    (i64.store (i32.const 572) (i64.mul (i64.extend_i32_u (local.get $ms)) (i64.const 1000000)))
    (i32.store16 (i32.const 588) (i32.const 0))
    (local.set $errno (call $poll (i32.const 500) (i32.const 700) (i32.const 2) (i32.const 800)))
    (if (result i32) (local.get $errno)
      (then (i32.sub (i32.const 0) (local.get $errno)))
      (else (if (result i32) (i32.eq (i32.load (i32.const 800)) (i32.const 1))
        (then (i32.wrap_i64 (i64.load (i32.const 700))))
        (else (i32.const 99))))))
  (func (export "hangup") (result i32) (i32.load16_u (i32.const 724)))
  (func (export "accept") (param i32 i32) (result i32)
    (local $errno i32)
    (local.set $errno (call $accept (local.get 0) (local.get 1) (i32.const 16)))
    (if (result i32) (local.get $errno)
      (then (i32.sub (i32.const 0) (local.get $errno)))
      (else (i32.load (i32.const 16)))))
  (func (export "receive") (param $fd i32) (param $first i32) (param $second i32) (param $flags i32)
    (result i32)
    (i32.store (i32.const 40) (i32.const 1000)) (i32.store (i32.const 44) (local.get $first))
    (i32.store (i32.const 48) (i32.add (i32.const 1000) (local.get $first)))
    (i32.store (i32.const 52) (local.get $second))
    (call $count (call $recv (local.get $fd)
      (i32.const 40) (i32.const 2) (local.get $flags) (i32.const 8) (i32.const 12))))
  (func (export "echo") (param $fd i32) (result i32) (local $n i32) (local $sum i32)
    (if (call $accept (local.get $fd) (i32.const 0) (i32.const 16)) (then unreachable))
    (local.set $fd (i32.load (i32.const 16)))
    (block $end (loop $more
      (call $buffer (i32.const 100))
      ;; First what is there without taking it.
      (if (call $recv (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 8) (i32.const 12))
        (then unreachable))
      (if (call $recv (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 8) (i32.const 12))
        (then unreachable))
      (local.set $n (i32.load (i32.const 8)))
      (br_if $end (i32.eqz (local.get $n)))
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (call $buffer (local.get $n))
      (if (call $send (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 8))
        (then unreachable))
      (br $more)))
    (if (call $shutdown (local.get $fd) (i32.const 2)) (then unreachable))
    (if (call $fd_close (local.get $fd)) (then unreachable))
    (local.get $sum)))"#;

/// Guests that park.
fn parking(engine: &Engine) -> InstancePre<WasiCtx> {
    let module = Module::from_text_or_binary(engine, GUEST.as_bytes()).unwrap();
    let mut linker = Linker::new(engine);
    bident_wasi::add_to_linker_async(&mut linker, |ctx: &mut WasiCtx| ctx).unwrap();
    linker.instantiate_pre(&module).unwrap()
}

/// Guests that block.
fn blocking(engine: &Engine) -> InstancePre<WasiCtx> {
    let module = Module::from_text_or_binary(engine, GUEST.as_bytes()).unwrap();
    let mut linker = Linker::new(engine);
    bident_wasi::add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx).unwrap();
    linker.instantiate_pre(&module).unwrap()
}

struct Guest {
    store: Store<WasiCtx>,
    instance: Instance,
}

impl Guest {
    fn new(pre: &InstancePre<WasiCtx>, engine: &Engine, ctx: WasiCtx) -> Self {
        let mut store = Store::new(engine, ctx);
        let instance = pre.instantiate(&mut store).unwrap();
        Self { store, instance }
    }

    fn parking(ctx: WasiCtx) -> Self {
        let engine = Engine::default();
        Self::new(&parking(&engine), &engine, ctx)
    }

    fn func<P: bident::WasmValues>(&mut self, name: &str) -> TypedFunc<P, i32> {
        let func = self.instance.get_typed_func(&mut self.store, name);
        func.unwrap()
    }

    /// Calls a function, and waits on this thread.
    fn run<P: bident::WasmValues + Send + 'static>(&mut self, name: &str, params: P) -> i32 {
        let func = self.func::<P>(name);
        block_on(func.call_async(&mut self.store, params)).unwrap()
    }
}

fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn ten_thousand_guests_on_one_thread_read_their_own_pipes() {
    const GUESTS: usize = 10_000;
    let engine = Engine::new(&Config::new().moving_memories(true)).unwrap();
    let pre = parking(&engine);
    let executor = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let parked = Arc::new(AtomicUsize::new(0));
    let before = threads();
    executor.block_on(async {
        let mut writers: Vec<PipeWriter> = Vec::new();
        let mut guests = Vec::new();
        for _ in 0..GUESTS {
            let (writer, reader) = pipe(1000);
            writers.push(writer);
            let ctx = WasiCtx::builder().stdin_pipe(reader).build();
            let mut guest = Guest::new(&pre, &engine, ctx);
            let parked = parked.clone();
            guests.push(tokio::spawn(async move {
                let read = guest.func::<i32>("read");
                let mut sum = 0;
                for _ in 0..2 {
                    let mut call = pin!(read.call_async(&mut guest.store, 0));
                    if poll_once(call.as_mut()).is_pending() {
                        parked.fetch_add(1, Ordering::Relaxed);
                    }
                    sum += call.await?;
                }
                Ok::<_, Error>(sum)
            }));
        }
        for round in 1..=2 {
            while parked.load(Ordering::Relaxed) < round * GUESTS {
                tokio::task::yield_now().await;
            }
            // Other tests have some, too.
            assert!(threads() < before + 50, "a thread each");
            // In another order than they came.
            for i in 0..GUESTS {
                let i = i * 7919 % GUESTS;
                let text = vec![b'x'; 1 + i % 50];
                writers[i].write_all_async(&text).await.unwrap();
            }
        }
        for (i, guest) in guests.into_iter().enumerate() {
            assert_eq!(guest.await.unwrap().unwrap() as usize, 2 * (1 + i % 50));
        }
    });
}

#[test]
fn one_call_ticks_while_another_reads_in_the_same_instance() {
    let (writer, reader) = pipe(10);
    let mut guest = Guest::parking(WasiCtx::builder().stdin_pipe(reader).build());
    let (read, tick) = (guest.func::<i32>("read"), guest.func::<(i32, i32)>("tick"));
    let mut tasks = Tasks::new(&guest.store);
    let reading = tasks.spawn(&read, 0).unwrap();
    let ticking = tasks.spawn(&tick, (1, 20)).unwrap();
    let start = Instant::now();
    let ticked = block_on(tasks.run_until(&mut guest.store, ticking));
    assert_eq!(ticked.unwrap(), 0);
    assert!(start.elapsed() >= Duration::from_millis(20));
    assert!(!reading.has_ended());
    writer.try_write(b"hello").unwrap();
    block_on(tasks.run(&mut guest.store));
    assert_eq!(block_on(reading).unwrap(), 5);
    drop(writer);
    assert_eq!(guest.run("read", 0), 0, "the end");
}

#[test]
fn output_that_nobody_reads_waits() {
    let (writer, reader) = pipe(8);
    let ctx = WasiCtx::builder()
        .stdout_pipe(writer.clone())
        .stderr_pipe(writer);
    let mut guest = Guest::parking(ctx.build());
    assert_eq!(
        guest.run("write", (1, 10)),
        8,
        "as much as there is room for"
    );
    let write = guest.func::<(i32, i32)>("write");
    let mut call = Box::pin(write.call_async(&mut guest.store, (2, 3)));
    assert!(poll_once(call.as_mut()).is_pending());
    let mut buffer = [0; 100];
    assert_eq!(reader.try_read(&mut buffer).unwrap(), 8);
    assert_eq!(&buffer[..8], b"some wor");
    assert_eq!(block_on(call).unwrap(), 3);
    // Where nobody will ever read.
    drop(reader);
    const PIPE: i32 = 64;
    assert_eq!(guest.run("write", (1, 10)), -PIPE);
}

#[test]
fn polling_a_pipe_and_a_clock() {
    let (writer, reader) = pipe(10);
    let mut guest = Guest::parking(WasiCtx::builder().stdin_pipe(reader).build());
    assert_eq!(guest.run("poll", (0, 1, 5)), 2, "the clock");
    let poll = guest.func::<(i32, i32, i32)>("poll");
    let mut call = Box::pin(poll.call_async(&mut guest.store, (0, 1, 3_600_000)));
    assert!(poll_once(call.as_mut()).is_pending());
    writer.try_write(b"x").unwrap();
    assert_eq!(block_on(call).unwrap(), 1, "the pipe");
    assert_eq!(guest.run("hangup", ()), 0);
    assert_eq!(guest.run("read", 0), 1);
    let mut call = Box::pin(poll.call_async(&mut guest.store, (0, 1, 3_600_000)));
    assert!(poll_once(call.as_mut()).is_pending());
    drop(writer);
    assert_eq!(block_on(call).unwrap(), 1);
    assert_eq!(guest.run("hangup", ()), 1);
    assert_eq!(guest.run("yield", ()), 0);
}

#[test]
fn who_does_not_want_to_wait_is_told() {
    let (writer, reader) = pipe(10);
    let mut guest = Guest::parking(WasiCtx::builder().stdin_pipe(reader).build());
    const NONBLOCK: i32 = 4;
    const APPEND: i32 = 1;
    assert_eq!(guest.run("set_flags", (0, APPEND)), common::NOTSUP);
    assert_eq!(guest.run("set_flags", (0, NONBLOCK)), 0);
    assert_eq!(guest.run("read", 0), -common::AGAIN);
    writer.try_write(b"abc").unwrap();
    assert_eq!(guest.run("read", 0), 3);
}

#[test]
fn a_cancelled_reader_loses_nothing() {
    let (writer, reader) = pipe(10);
    let mut guest = Guest::parking(WasiCtx::builder().stdin_pipe(reader).build());
    let (read, sleep) = (guest.func::<i32>("read"), guest.func::<i32>("sleep"));
    let mut tasks = Tasks::new(&guest.store);
    let [first, second]: [Task<i32>; 2] = [0, 0].map(|fd| tasks.spawn(&read, fd).unwrap());
    let slow = tasks.spawn(&sleep, 3_600_000).unwrap();
    assert!(poll_once(pin!(tasks.run(&mut guest.store))).is_pending());
    assert!(tasks.cancel(&mut guest.store, &first) && tasks.cancel(&mut guest.store, &slow));
    writer.try_write(b"four").unwrap();
    block_on(tasks.run(&mut guest.store));
    assert_eq!(block_on(second).unwrap(), 4);
    for cancelled in [first, slow] {
        assert_eq!(
            block_on(cancelled).unwrap_err().kind(),
            ErrorKind::Cancelled
        );
    }
}

#[test]
fn a_call_that_cannot_park_is_refused() {
    let mut guest = Guest::parking(WasiCtx::builder().build());
    let read = guest.func::<i32>("read");
    let error = read.call(&mut guest.store, 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Barrier);
    assert_eq!(guest.run("read", 0), 0);
}

/// A socket of this machine, and where it is.
fn listening() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Sends something in parts, and gives what came back.
fn talk(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    for part in ["one ", "two ", "three"] {
        stream.write_all(part.as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(5));
    }
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut back = String::new();
    stream.read_to_string(&mut back).unwrap();
    back
}

#[test]
fn sockets_that_were_handed_in() {
    let (listener, address) = listening();
    let ctx = WasiCtx::builder().listener(listener).unwrap().build();
    let mut guest = Guest::parking(ctx);
    // Not connected, and nobody has called.
    const NOTCONN: i32 = 53;
    assert_eq!(guest.run("read", 3), -NOTCONN);
    assert_eq!(guest.run("poll", (3, 1, 5)), 2);
    const NONBLOCK: i32 = 4;
    assert_eq!(guest.run("set_flags", (3, NONBLOCK)), 0);
    assert_eq!(guest.run("accept", (3, 0)), -common::AGAIN);
    assert_eq!(guest.run("set_flags", (3, 0)), 0);
    // Four connections that come at once, one after the other.
    let clients: Vec<_> = (0..4)
        .map(|_| thread::spawn(move || talk(address)))
        .collect();
    for _ in 0..4 {
        assert_eq!(guest.run("echo", 3), 13);
    }
    for client in clients {
        assert_eq!(client.join().unwrap(), "one two three");
    }
    // A connection by the other functions.
    let client = thread::spawn(move || talk(address));
    let fd = guest.run("accept", (3, NONBLOCK));
    assert_eq!(fd, 4);
    assert_eq!(guest.run("set_flags", (fd, 0)), 0);
    let mut read = 0;
    while read < 13 {
        read += guest.run("read", fd);
    }
    assert_eq!(guest.run("poll", (fd, 2, 3_600_000)), 1, "there is room");
    assert_eq!(guest.run("write", (fd, 13)), 13);
    drop(guest);
    assert_eq!(client.join().unwrap().len(), 13);
}

#[test]
fn a_server_ticks_while_it_waits_for_connections() {
    let (listener, address) = listening();
    let mut guest = Guest::parking(WasiCtx::builder().listener(listener).unwrap().build());
    let (echo, tick) = (guest.func::<i32>("echo"), guest.func::<(i32, i32)>("tick"));
    let mut tasks = Tasks::new(&guest.store);
    let echoing = tasks.spawn(&echo, 3).unwrap();
    let ticking = tasks.spawn(&tick, (1, 10)).unwrap();
    block_on(tasks.run_until(&mut guest.store, ticking)).unwrap();
    let client = thread::spawn(move || talk(address));
    block_on(tasks.run(&mut guest.store));
    assert_eq!(block_on(echoing).unwrap(), 13);
    assert_eq!(client.join().unwrap(), "one two three");
}

const PEEK: i32 = 1;
const WAIT_ALL: i32 = 2;

/// A connection that a guest has accepted, as its descriptor 4.
fn connected(mut guest: impl FnMut(&str, &[i32]) -> i32, address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    assert_eq!(guest("accept", &[3, 0]), 4);
    stream
}

impl Guest {
    /// As [`Self::run`].
    fn park(&mut self, name: &str, params: &[i32]) -> i32 {
        let func = self.instance.get_func(&mut self.store, name).unwrap();
        let params: Vec<_> = params.iter().map(|n| bident::Val::I32(*n)).collect();
        let results = block_on(func.call_async(&mut self.store, &params)).unwrap();
        results[0].i32().unwrap()
    }

    /// As [`Self::run`], where calls block the thread.
    fn block(&mut self, name: &str, params: &[i32]) -> i32 {
        let func = self.instance.get_func(&mut self.store, name).unwrap();
        let params: Vec<_> = params.iter().map(|n| bident::Val::I32(*n)).collect();
        let mut results = [bident::Val::I32(0)];
        func.call(&mut self.store, &params, &mut results).unwrap();
        results[0].i32().unwrap()
    }

    /// What came.
    fn bytes(&mut self, length: usize) -> String {
        let memory = self.instance.get_memory(&mut self.store, "memory").unwrap();
        let bytes = memory.data(&self.store)[1000..][..length].to_vec();
        String::from_utf8(bytes).unwrap()
    }
}

/// Sends text in parts, a while apart.
fn send_slowly(stream: &TcpStream, parts: &[&str]) {
    for part in parts {
        thread::sleep(Duration::from_millis(5));
        (&mut &*stream).write_all(part.as_bytes()).unwrap();
    }
}

#[test]
fn a_guest_receives_all_that_it_asks_for() {
    for parks in [true, false] {
        let engine = Engine::default();
        let pre = match parks {
            true => parking(&engine),
            false => blocking(&engine),
        };
        let (listener, address) = listening();
        let ctx = WasiCtx::builder().listener(listener).unwrap().build();
        let mut guest = Guest::new(&pre, &engine, ctx);
        let mut run = |name: &str, params: &[i32]| match parks {
            true => (guest.park(name, params), guest.bytes(10)),
            false => (guest.block(name, params), guest.bytes(10)),
        };
        let stream = connected(|name, params| run(name, params).0, address);
        let sender = thread::spawn(move || {
            send_slowly(&stream, &["one", " t", "wo three"]);
            stream
        });
        // A buffer is filled by several parts, and a part fills several buffers; the rest stays.
        let received = run("receive", &[4, 4, 6, WAIT_ALL]);
        assert_eq!(received, (10, "one two th".to_owned()));
        assert_eq!(run("receive", &[4, 0, 0, WAIT_ALL]).0, 0, "nothing");
        // Who peeks does not wait for all, and takes nothing.
        for flags in [PEEK, PEEK | WAIT_ALL, 0] {
            let (n, text) = run("receive", &[4, 1, 90, flags]);
            assert_eq!((n, &text[..1]), (1, "r"), "the first buffer");
        }
        assert_eq!(run("receive", &[4, 9, 0, PEEK]).0, 2);
        assert_eq!(run("receive", &[4, 9, 0, 4]).0, -common::INVAL);
        // The rest of what is there, and the end.
        let stream = sender.join().unwrap();
        let sender = thread::spawn(move || send_slowly(&stream, &["!", "?"]));
        let (n, text) = run("receive", &[4, 1, 90, WAIT_ALL]);
        assert_eq!((n, &text[..4]), (4, "ee!?"));
        assert_eq!(run("receive", &[4, 1, 90, WAIT_ALL]).0, 0, "the end");
        sender.join().unwrap();
    }
}

#[test]
fn a_guest_that_waits_for_all_lets_others_run() {
    let (listener, address) = listening();
    let mut guest = Guest::parking(WasiCtx::builder().listener(listener).unwrap().build());
    let mut stream = connected(|name, params| guest.park(name, params), address);
    let receive = guest.func::<(i32, i32, i32, i32)>("receive");
    let tick = guest.func::<(i32, i32)>("tick");
    let mut tasks = Tasks::new(&guest.store);
    let receiving = tasks.spawn(&receive, (4, 0, 6, WAIT_ALL)).unwrap();
    for part in ["ab", "cd"] {
        stream.write_all(part.as_bytes()).unwrap();
        let ticking = tasks.spawn(&tick, (1, 10)).unwrap();
        assert_eq!(
            block_on(tasks.run_until(&mut guest.store, ticking)).unwrap(),
            0
        );
        assert!(!receiving.has_ended());
    }
    stream.write_all(b"efg").unwrap();
    block_on(tasks.run(&mut guest.store));
    assert_eq!(block_on(receiving).unwrap(), 6);
    assert_eq!(guest.bytes(6), "abcdef");
    // Who would rather be told than wait gets what is there.
    const NONBLOCK: i32 = 4;
    assert_eq!(guest.park("set_flags", &[4, NONBLOCK]), 0);
    assert_eq!(guest.park("receive", &[4, 0, 6, WAIT_ALL]), 1);
    let empty = guest.park("receive", &[4, 0, 6, WAIT_ALL]);
    assert_eq!(empty, -common::AGAIN);
    // More than a call takes at a time.
    assert_eq!(guest.park("set_flags", &[4, 0]), 0);
    const MUCH: usize = 5 << 20;
    let memory = guest
        .instance
        .get_memory(&mut guest.store, "memory")
        .unwrap();
    memory.grow(&mut guest.store, 81).unwrap();
    let sent: Vec<u8> = (0..MUCH).map(|i| ((i * i) >> 7) as u8).collect();
    let expected = sent.clone();
    let sender = thread::spawn(move || {
        stream.write_all(&sent).unwrap();
        stream
    });
    let half = (MUCH / 2) as i32;
    assert_eq!(
        guest.park("receive", &[4, half + 3, half - 3, WAIT_ALL]),
        MUCH as i32
    );
    assert!(memory.data(&guest.store)[1000..][..MUCH] == *expected);
    // One that is cancelled has taken what came; the next goes on behind it.
    let mut stream = sender.join().unwrap();
    stream.write_all(b"12").unwrap();
    let mut call = Box::pin(receive.call_async(&mut guest.store, (4, 0, 6, WAIT_ALL)));
    assert!(poll_once(call.as_mut()).is_pending());
    drop(call);
    stream.write_all(b"34").unwrap();
    assert_eq!(guest.park("receive", &[4, 1, 1, WAIT_ALL]), 2);
    assert_eq!(guest.bytes(2), "34");
    // The other side breaks off: what came is there.
    stream.write_all(b"56").unwrap();
    drop(stream);
    assert_eq!(guest.park("receive", &[4, 0, 6, WAIT_ALL]), 2);
}

#[test]
fn the_same_guest_may_block_its_thread() {
    let engine = Engine::default();
    let pre = blocking(&engine);
    let (listener, address) = listening();
    let (input, stdin) = pipe(10);
    let (output, mut stdout) = pipe(4);
    let ctx = WasiCtx::builder().stdin_pipe(stdin).stdout_pipe(output);
    let ctx = ctx.listener(listener).unwrap().build();
    let mut guest = Guest::new(&pre, &engine, ctx);
    let worker = thread::spawn(move || {
        let mut call = |name: &str, params: &[i32]| {
            let func = guest.instance.get_func(&mut guest.store, name).unwrap();
            let params: Vec<_> = params.iter().map(|n| bident::Val::I32(*n)).collect();
            let mut results = [bident::Val::I32(0)];
            func.call(&mut guest.store, &params, &mut results).unwrap();
            results[0].i32().unwrap()
        };
        let start = Instant::now();
        assert_eq!(call("sleep", &[10]), 0);
        assert!(start.elapsed() >= Duration::from_millis(10));
        assert_eq!(call("poll", &[0, 1, 3_600_000]), 1);
        assert_eq!(call("read", &[0]), 5);
        assert_eq!([call("write", &[1, 4]), call("write", &[1, 4])], [4, 4]);
        assert_eq!(call("echo", &[3]), 13);
    });
    thread::sleep(Duration::from_millis(50));
    input.try_write(b"hello").unwrap();
    let mut back = [0; 8];
    stdout.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"hellhell", "what was read before");
    assert_eq!(talk(address), "one two three");
    worker.join().unwrap();
}

#[test]
fn directories_come_behind_sockets() {
    let scratch = common::Scratch::new();
    let (listener, _) = listening();
    let ctx = WasiCtx::builder().listener(listener).unwrap();
    let mut guest = common::Probe::new(common::granted(ctx, scratch.path()).build());
    // A guest that counts up finds the directory behind it.
    guest.ok("fd_prestat_get", &[3, 100]);
    assert_eq!(guest.get(100, 1), [1]);
    guest.ok("fd_prestat_get", &[4, 100]);
    assert_eq!(guest.get(100, 1), [0]);
    guest.ok("fd_fdstat_get", &[3, 200]);
    assert_eq!(guest.get(200, 1), [6], "a socket");
    guest.ok("fd_filestat_get", &[3, 300]);
    assert_eq!(guest.get(316, 1), [6]);
    assert_eq!(guest.call("fd_seek", &[3, 0, 0, 100]), common::SPIPE);
    assert_eq!(
        guest.call("path_create_directory", &[3, 0, 1]),
        common::NOTDIR
    );
    guest.ok("fd_close", &[3]);
    assert_eq!(guest.call("sock_accept", &[3, 0, 100]), common::BADF);
}
