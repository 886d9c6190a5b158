//! What a guest can make its host keep. Alone in its process: it looks at all of its memory.

mod common;

use common::*;
use std::fs;

/// Bytes of memory that this process has in use.
fn in_use() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[test]
fn many_descriptors_of_a_large_directory() {
    let scratch = Scratch::new();
    for i in 0..4_000 {
        fs::write(scratch.path().join(format!("{i:0246}")), "").unwrap();
    }
    let mut guest = scratch.guest();
    let before = in_use();
    for _ in 0..1_000 {
        let fd = guest.open(3, ".", DIRECTORY, READ).unwrap();
        // One byte, and then all that there is room for.
        guest.ok("fd_readdir", &[fd.into(), 5000, 1, 0, 64]);
        guest.ok("fd_readdir", &[fd.into(), 5000, 50_000, 0, 64]);
        assert_eq!(guest.u32(64), 50_000);
    }
    let more = in_use().saturating_sub(before);
    assert!(more < 16 << 20, "{more} bytes");
}

#[test]
fn paths_as_long_as_the_memory() {
    let mut guest = Probe::new(bident_wasi::WasiCtx::builder().build());
    let before = in_use();
    for _ in 0..100 {
        assert_eq!(
            guest.call("path_create_directory", &[3, 0, 65_536]),
            NAMETOOLONG
        );
        assert_eq!(guest.ctx().refused_path(), None);
    }
    assert!(in_use().saturating_sub(before) < 16 << 20);
}
