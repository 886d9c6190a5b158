//! Arguments, environment, standard streams, clocks, waiting, random bytes, exit.

mod common;

use bident_wasi::{Exit, WasiCtx};
use common::*;
use std::time::{Duration, Instant};

fn nothing_granted() -> Probe {
    Probe::new(WasiCtx::builder().build())
}

/// The strings of a list that was copied to 500, with `count` addresses at 100.
fn strings(guest: &mut Probe, count: usize) -> Vec<String> {
    let text = |guest: &mut Probe, at: usize| {
        let bytes = guest.get(at, 100);
        let end = bytes.iter().position(|b| *b == 0).unwrap();
        String::from_utf8(bytes[..end].to_vec()).unwrap()
    };
    (0..count)
        .map(|i| {
            let at = guest.u32(100 + 4 * i) as usize;
            text(guest, at)
        })
        .collect()
}

#[test]
fn arguments_and_environment() {
    let ctx = WasiCtx::builder()
        .args(["prog", "", "a b"])
        .env("A", "1")
        .env("EMPTY", "")
        .arg(b"cut\0off".as_slice())
        .build();
    let mut guest = Probe::new(ctx);
    guest.ok("args_sizes_get", &[0, 4]);
    assert_eq!((guest.u32(0), guest.u32(4)), (4, 5 + 1 + 4 + 4));
    guest.ok("args_get", &[100, 500]);
    assert_eq!(strings(&mut guest, 4), ["prog", "", "a b", "cut"]);
    guest.ok("environ_sizes_get", &[0, 4]);
    assert_eq!((guest.u32(0), guest.u32(4)), (2, 4 + 7));
    guest.ok("environ_get", &[100, 500]);
    assert_eq!(strings(&mut guest, 2), ["A=1", "EMPTY="]);
}

#[test]
fn nothing_is_inherited() {
    let mut guest = nothing_granted();
    guest.ok("environ_sizes_get", &[0, 4]);
    assert_eq!((guest.u32(0), guest.u32(4)), (0, 0));
    guest.ok("args_sizes_get", &[0, 4]);
    assert_eq!((guest.u32(0), guest.u32(4)), (0, 0));
    assert_eq!(guest.call("fd_prestat_get", &[3, 0]), BADF);
    assert_eq!(guest.read(0), "");
    assert_eq!(guest.write(1, "into the void"), 0);
}

#[test]
fn standard_streams() {
    let (out, err) = (Captured::default(), Captured::default());
    let ctx = WasiCtx::builder()
        .stdin(std::io::Cursor::new("line one\nline two\n"))
        .stdout(out.clone())
        .stderr(err.clone())
        .build();
    let mut guest = Probe::new(ctx);
    assert_eq!(guest.write(1, "hello "), 0);
    guest.put(200, b"wide world");
    guest.put_buffers(0, &[(200, 5), (0, 0), (205, 5)]);
    guest.ok("fd_write", &[1, 0, 3, 64]);
    assert_eq!(guest.u32(64), 10);
    assert_eq!(guest.write(2, "oops"), 0);
    assert_eq!(
        (out.text().as_str(), err.text().as_str()),
        ("hello wide world", "oops")
    );

    // One read serves one buffer, the first with room.
    guest.put_buffers(0, &[(300, 0), (300, 4), (310, 4)]);
    guest.ok("fd_read", &[0, 0, 3, 64]);
    assert_eq!(guest.u32(64), 4);
    assert_eq!(
        (guest.get(300, 4), guest.get(310, 4)),
        (b"line".to_vec(), vec![0; 4])
    );
    assert_eq!(guest.read(0), " one\nline two\n");
    assert_eq!(guest.read(0), "");
}

#[test]
fn streams_go_one_way_and_cannot_seek() {
    let mut guest = nothing_granted();
    assert_eq!(guest.write(0, "x"), BADF);
    guest.put_buffers(0, &[(100, 4)]);
    assert_eq!(guest.call("fd_read", &[1, 0, 1, 64]), BADF);
    assert_eq!(guest.call("fd_seek", &[1, 0, 1, 64]), SPIPE);
    assert_eq!(guest.call("fd_tell", &[0, 64]), SPIPE);
    assert_eq!(guest.call("fd_pwrite", &[1, 0, 1, 0, 64]), SPIPE);
    guest.ok("fd_fdstat_get", &[1, 100]);
    assert_eq!(guest.get(100, 1), [0], "no terminal");
    guest.ok("fd_filestat_get", &[1, 100]);
    guest.ok("fd_close", &[1]);
    assert_eq!(guest.write(1, "x"), BADF);
    assert_eq!(guest.call("fd_close", &[1]), BADF);
}

#[test]
fn exit_is_an_error_of_its_own() {
    for status in [0, 3, 255, -1] {
        let mut guest = nothing_granted();
        let error = guest.try_call("proc_exit", &[status as u64]).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Exit(status)));
    }
}

#[test]
fn clocks() {
    let mut guest = nothing_granted();
    guest.ok("clock_res_get", &[0, 0]);
    assert!(guest.u64(0) > 0);
    guest.ok("clock_time_get", &[0, 1, 0]);
    let real = Duration::from_nanos(guest.u64(0));
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    assert!(now.abs_diff(real) < Duration::from_secs(60));
    guest.ok("clock_time_get", &[1, 1, 0]);
    let first = guest.u64(0);
    assert!(
        Duration::from_nanos(first) < Duration::from_secs(60),
        "not the machine's uptime"
    );
    guest.ok("clock_time_get", &[1, 1, 0]);
    assert!(guest.u64(0) >= first);
    assert_eq!(guest.call("clock_time_get", &[2, 1, 0]), NOTSUP);
    assert_eq!(guest.call("clock_time_get", &[9, 1, 0]), INVAL);
}

#[test]
fn random_bytes_and_yield() {
    let mut guest = nothing_granted();
    guest.ok("random_get", &[0, 64]);
    let first = guest.get(0, 64);
    guest.ok("random_get", &[0, 64]);
    assert_ne!(first, guest.get(0, 64));
    guest.ok("random_get", &[65536, 0]);
    guest.ok("sched_yield", &[]);
    assert_ne!(guest.call("proc_raise", &[6]), 0);
}

struct Subscription {
    user: u64,
    kind: u8,
    number: u32,
    timeout: Duration,
    absolute: bool,
}

fn subscribe(guest: &mut Probe, i: usize, s: &Subscription) {
    let at = i * 48;
    guest.put(at, &[0; 48]);
    guest.put(at, &s.user.to_le_bytes());
    guest.put(at + 8, &[s.kind]);
    guest.put(at + 16, &s.number.to_le_bytes());
    guest.put(at + 24, &(s.timeout.as_nanos() as u64).to_le_bytes());
    guest.put(at + 40, &[s.absolute.into()]);
}

fn timer(user: u64, timeout: Duration) -> Subscription {
    Subscription {
        user,
        kind: 0,
        number: 1,
        timeout,
        absolute: false,
    }
}

#[test]
fn waiting_for_a_clock() {
    let mut guest = nothing_granted();
    subscribe(&mut guest, 0, &timer(7, Duration::from_secs(3600)));
    subscribe(&mut guest, 1, &timer(8, Duration::from_millis(30)));
    let start = Instant::now();
    guest.ok("poll_oneoff", &[0, 1000, 2, 2000]);
    assert!(start.elapsed() >= Duration::from_millis(30));
    assert!(start.elapsed() < Duration::from_secs(60));
    assert_eq!(guest.u32(2000), 1);
    assert_eq!(guest.u64(1000), 8);
    assert_eq!(guest.get(1008, 3), [0, 0, 0]);
}

#[test]
fn waiting_until_a_time() {
    let mut guest = nothing_granted();
    guest.ok("clock_time_get", &[1, 1, 0]);
    let until = Duration::from_nanos(guest.u64(0)) + Duration::from_millis(20);
    let start = Instant::now();
    let absolute = Subscription {
        absolute: true,
        ..timer(1, until)
    };
    subscribe(&mut guest, 0, &absolute);
    guest.ok("poll_oneoff", &[0, 1000, 1, 2000]);
    assert_eq!(guest.u32(2000), 1);
    assert!(start.elapsed() < Duration::from_secs(60));
    guest.ok("clock_time_get", &[1, 1, 0]);
    assert!(Duration::from_nanos(guest.u64(0)) >= until);
    // What has passed is over at once.
    subscribe(&mut guest, 0, &absolute);
    guest.ok("poll_oneoff", &[0, 1000, 1, 2000]);
    assert_eq!(guest.u32(2000), 1);
}

#[test]
fn waiting_for_descriptors() {
    let mut guest = nothing_granted();
    let fd = |user, kind, number| Subscription {
        user,
        kind,
        number,
        timeout: Duration::ZERO,
        absolute: false,
    };
    subscribe(&mut guest, 0, &timer(1, Duration::from_secs(3600)));
    subscribe(&mut guest, 1, &fd(2, 2, 1));
    subscribe(&mut guest, 2, &fd(3, 1, 77));
    guest.ok("poll_oneoff", &[0, 1000, 3, 2000]);
    assert_eq!(guest.u32(2000), 2, "descriptors do not wait for the clock");
    assert_eq!((guest.u64(1000), guest.u64(1032)), (2, 3));
    assert_eq!(guest.get(1040, 1), [BADF as u8]);
    assert_eq!(guest.call("poll_oneoff", &[0, 1000, 0, 2000]), INVAL);
    guest.put(8, &[9]);
    assert_eq!(guest.call("poll_oneoff", &[0, 1000, 1, 2000]), INVAL);
}

#[test]
fn there_are_no_sockets_unless_they_are_handed_in() {
    let mut guest = nothing_granted();
    assert_eq!(guest.call("sock_accept", &[1, 0, 0]), NOTSOCK);
    assert_eq!(guest.call("sock_recv", &[1, 0, 0, 0, 0, 0]), NOTSOCK);
    assert_eq!(guest.call("sock_send", &[1, 0, 0, 0, 0]), NOTSOCK);
    assert_eq!(guest.call("sock_shutdown", &[9, 0]), BADF);
}
