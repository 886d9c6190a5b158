//! Guests that lie about addresses, lengths and numbers: an errno for them, no harm to the host.

mod common;

use bident::{Engine, ErrorKind, Linker, Module, Store};
use bident_wasi::WasiCtx;
use common::*;

const END: u64 = 65536;
const MAX: u64 = u32::MAX as u64;

#[test]
fn every_address_out_of_range() {
    let scratch = Scratch::new();
    let ctx = granted(WasiCtx::builder().arg("a").env("B", "c"), scratch.path()).build();
    let mut guest = Probe::new(ctx);
    let fd = u64::from(guest.open(3, "f", CREATE, READ | WRITE).unwrap());
    for bad in [END, END - 1, MAX, MAX - 1, MAX - 7] {
        let calls: &[(&str, &[u64])] = &[
            ("args_get", &[bad, 0]),
            ("args_get", &[0, bad]),
            ("args_sizes_get", &[bad, 0]),
            ("args_sizes_get", &[0, bad]),
            ("environ_get", &[bad, 0]),
            ("environ_get", &[0, bad]),
            ("environ_sizes_get", &[0, bad]),
            ("clock_time_get", &[0, 0, bad]),
            ("clock_res_get", &[0, bad]),
            ("random_get", &[bad, 2]),
            ("poll_oneoff", &[bad, 0, 1, 0]),
            ("poll_oneoff", &[0, bad, 1, 0]),
            ("poll_oneoff", &[0, 100, 1, bad]),
            ("fd_fdstat_get", &[fd, bad]),
            ("fd_filestat_get", &[fd, bad]),
            ("fd_prestat_get", &[3, bad]),
            ("fd_prestat_dir_name", &[3, bad, 5]),
            ("fd_read", &[fd, bad, 1, 0]),
            ("fd_read", &[fd, 0, 1, bad]),
            ("fd_write", &[fd, bad, 1, 0]),
            ("fd_write", &[1, 0, 1, bad]),
            ("fd_pread", &[fd, bad, 1, 0, 0]),
            ("fd_pwrite", &[fd, 0, 1, 0, bad]),
            ("fd_readdir", &[3, bad, 10, 0, 0]),
            ("fd_readdir", &[3, 0, 10, 0, bad]),
            ("fd_seek", &[fd, 0, 0, bad]),
            ("fd_tell", &[fd, bad]),
            ("path_open", &[3, 0, bad, 2, 0, 0, 0, 0, 0]),
            ("path_open", &[3, 0, 0, 1, 0, 0, 0, 0, bad]),
            ("path_filestat_get", &[3, 0, bad, 2, 0]),
            ("path_create_directory", &[3, bad, 2]),
            ("path_rename", &[3, 0, 1, 3, bad, 2]),
            ("path_rename", &[3, bad, 2, 3, 0, 1]),
            ("path_readlink", &[3, bad, 2, 0, 1, 0]),
            ("path_symlink", &[bad, 2, 3, 0, 1]),
        ];
        for (name, args) in calls {
            assert_eq!(guest.call(name, args), FAULT, "{name} {args:?}");
        }
    }
}

#[test]
fn buffers_out_of_range_transfer_nothing() {
    let scratch = Scratch::new();
    let mut guest = scratch.guest();
    let fd = u64::from(guest.open(3, "f", CREATE, READ | WRITE).unwrap());
    for bad in [
        (65_530, 7),
        (65_537, 0),
        (u32::MAX, 1),
        (1, u32::MAX),
        (u32::MAX, u32::MAX),
    ] {
        guest.put_buffers(0, &[(200, 8), bad]);
        assert_eq!(guest.call("fd_write", &[fd, 0, 2, 64]), FAULT, "{bad:?}");
        assert_eq!(guest.call("fd_write", &[1, 0, 2, 64]), FAULT);
        assert_eq!(guest.call("fd_read", &[fd, 0, 2, 64]), FAULT);
        assert_eq!(guest.call("fd_pwrite", &[fd, 0, 2, 0, 64]), FAULT);
    }
    assert_eq!(std::fs::read(scratch.path().join("f")).unwrap(), b"");
}

#[test]
fn counts_that_overflow() {
    let mut guest = Probe::new(WasiCtx::builder().build());
    for count in [MAX, 1 << 31, 1 << 29, 8193] {
        assert_ne!(guest.call("fd_write", &[1, 0, count, 64]), 0);
        assert_ne!(guest.call("fd_read", &[0, 0, count, 64]), 0);
        assert_ne!(guest.call("poll_oneoff", &[0, 0, count, 64]), 0);
    }
    assert_eq!(
        guest.call("poll_oneoff", &[0, 0, (1 << 32) / 48 + 1, 64]),
        FAULT
    );
    assert_eq!(guest.call("random_get", &[0, MAX]), FAULT);
}

#[test]
fn buffers_may_overlap_everything() {
    let scratch = Scratch::new();
    std::fs::write(scratch.path().join("f"), [0xff; 4096]).unwrap();
    let mut guest = scratch.guest();
    let fd = u64::from(guest.open(3, "f", 0, READ).unwrap());
    // The read overwrites its own list of buffers and the place of the result.
    guest.put_buffers(0, &[(0, 16), (0, 100), (60, 8)]);
    guest.ok("fd_read", &[fd, 0, 3, 64]);
    assert_eq!(guest.u32(64), 124);
}

#[test]
fn paths_that_are_none() {
    let scratch = Scratch::new();
    let mut guest = scratch.guest();
    guest.put(3000, b"a\xff\xfe");
    assert_eq!(guest.call("path_create_directory", &[3, 3000, 3]), ILSEQ);
    guest.put(3000, b"a\0b");
    assert_eq!(guest.call("path_create_directory", &[3, 3000, 3]), INVAL);
    assert_eq!(guest.call("path_create_directory", &[3, 3000, 0]), NOENT);
    guest.put(3000, &[b'x'; 5000]);
    for length in [300, 4095, 4096, 5000] {
        assert_eq!(
            guest.call("path_create_directory", &[3, 3000, length]),
            NAMETOOLONG
        );
        assert_eq!(
            guest.call("path_symlink", &[3000, 4096, 3, 3000, length]),
            NAMETOOLONG
        );
    }
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn descriptors_that_are_none() {
    let mut guest = Probe::new(WasiCtx::builder().build());
    for fd in [3, 1000, 1 << 31, MAX] {
        for (name, params) in FUNCTIONS.iter().filter(|(name, _)| name.starts_with("fd_")) {
            let mut args = vec![0; params.len()];
            args[0] = fd;
            assert_eq!(guest.call(name, &args), BADF, "{name}");
        }
        assert_eq!(guest.call("fd_renumber", &[1, fd]), BADF);
        assert_eq!(guest.call("path_create_directory", &[fd, 0, 1]), BADF);
    }
}

#[test]
fn a_failed_open_makes_no_file() {
    let scratch = Scratch::new();
    let mut guest = scratch.guest();
    let [at, length] = guest.path(3000, "f");
    let args = [3, 0, at, length, CREATE.into(), WRITE, WRITE, 0, END];
    assert_eq!(guest.call("path_open", &args), FAULT);
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn a_guest_without_memory() {
    let engine = Engine::default();
    let text = r#"(module
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (func (export "run") (result i32) (call $yield)))"#;
    let module = Module::from_text_or_binary(&engine, text.as_bytes()).unwrap();
    let mut linker = Linker::new(&engine);
    bident_wasi::add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx).unwrap();
    let mut store = Store::new(&engine, WasiCtx::builder().build());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let run = instance
        .get_typed_func::<(), i32>(&mut store, "run")
        .unwrap();
    let error = run.call(&mut store, ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Host);
    assert!(error.to_string().contains("`memory`"), "{error}");
}
