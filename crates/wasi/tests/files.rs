//! Files and directories below what was granted, and nothing outside of it.

mod common;

use bident_wasi::WasiCtx;
use common::*;
use std::fs;

#[test]
fn granted_directories_have_names() {
    let scratch = Scratch::new();
    let mut guest = scratch.guest();
    guest.ok("fd_prestat_get", &[3, 0]);
    assert_eq!((guest.u32(0), guest.u32(4)), (0, 5));
    guest.ok("fd_prestat_dir_name", &[3, 100, 5]);
    assert_eq!(guest.get(100, 5), b"/data");
    assert_eq!(guest.call("fd_prestat_dir_name", &[3, 100, 4]), NAMETOOLONG);
    assert_eq!(guest.call("fd_prestat_get", &[4, 0]), BADF);
    assert_eq!(guest.call("fd_prestat_get", &[1, 0]), BADF);
    guest.ok("fd_fdstat_get", &[3, 0]);
    assert_eq!(guest.get(0, 1), [3]);
}

#[test]
fn a_directory_that_is_not_there_cannot_be_granted() {
    let scratch = Scratch::new();
    assert!(
        WasiCtx::builder()
            .dir(scratch.path().join("none"), "/")
            .is_err()
    );
}

#[test]
fn buffers_larger_than_what_is_copied_at_once() {
    let scratch = Scratch::new();
    let mut guest = scratch.guest();
    let fd = guest
        .open(3, "a.bin", CREATE | EXCLUSIVE, READ | WRITE)
        .unwrap();
    let bytes: Vec<u8> = (0..60_000u32).map(|i| (i / 7) as u8).collect();
    guest.put(5000, &bytes);
    guest.put_buffers(64, &[(5000, 1000), (6000, 0), (6000, 59_000)]);
    guest.ok("fd_write", &[fd.into(), 64, 3, 100]);
    assert_eq!(guest.u32(100), 60_000);
    guest.put(5000, &[0; 60_000]);
    guest.put_buffers(64, &[(5500, 1), (5501, 59_999), (1000, 10)]);
    guest.ok("fd_pread", &[fd.into(), 64, 3, 0, 100]);
    assert_eq!(guest.u32(100), 60_000);
    assert!(guest.get(5500, 60_000) == bytes);
    guest.put_buffers(64, &[(5000, 60_000)]);
    guest.ok("fd_pwrite", &[fd.into(), 64, 1, 60_000, 100]);
    let whole = fs::read(scratch.path().join("a.bin")).unwrap();
    assert!(whole[..60_000] == bytes && whole[60_000..60_500] == [0; 500]);
    assert!(whole[60_500..] == bytes[..59_500]);
    guest.put(5000, &[0; 60_000]);
    guest.ok("random_get", &[5000, 60_000]);
    let random = guest.get(5000, 60_000);
    assert!(
        random
            .chunks(1000)
            .all(|part| part.iter().any(|byte| *byte != 0))
    );
}

#[test]
fn write_seek_read() {
    let scratch = Scratch::new();
    let mut guest = scratch.guest();
    let fd = guest
        .open(3, "a.txt", CREATE | EXCLUSIVE, READ | WRITE)
        .unwrap();
    assert_eq!(guest.write(fd, "hello world"), 0);
    guest.ok("fd_tell", &[fd.into(), 64]);
    assert_eq!(guest.u64(64), 11);
    guest.ok("fd_seek", &[fd.into(), 6, 0, 64]);
    assert_eq!(guest.read(fd), "world");
    guest.ok("fd_seek", &[fd.into(), (-5i64) as u64, 2, 64]);
    assert_eq!(guest.u64(64), 6);
    guest.ok("fd_seek", &[fd.into(), (-6i64) as u64, 1, 64]);
    assert_eq!(guest.read(fd), "hello world");
    assert_eq!(
        guest.call("fd_seek", &[fd.into(), (-1i64) as u64, 0, 64]),
        INVAL
    );
    assert_eq!(guest.call("fd_seek", &[fd.into(), 0, 9, 64]), INVAL);
    guest.ok("fd_filestat_get", &[fd.into(), 100]);
    assert_eq!((guest.get(116, 1), guest.u64(132)), (vec![4], 11));
    guest.ok("fd_sync", &[fd.into()]);
    guest.ok("fd_datasync", &[fd.into()]);
    guest.ok("fd_advise", &[fd.into(), 0, 0, 3]);
    guest.ok("fd_close", &[fd.into()]);
    assert_eq!(
        fs::read_to_string(scratch.path().join("a.txt")).unwrap(),
        "hello world"
    );
}

#[test]
fn reads_and_writes_at_a_position() {
    let scratch = Scratch::new();
    let mut guest = scratch.guest();
    let fd = guest.open(3, "a", CREATE, READ | WRITE).unwrap();
    assert_eq!(guest.write(fd, "0123456789"), 0);
    guest.put(200, b"ABCD");
    guest.put_buffers(0, &[(200, 1), (201, 3)]);
    guest.ok("fd_pwrite", &[fd.into(), 0, 2, 4, 64]);
    guest.put_buffers(0, &[(300, 3), (310, 100)]);
    guest.ok("fd_pread", &[fd.into(), 0, 2, 3, 64]);
    assert_eq!(guest.u32(64), 7);
    assert_eq!(
        (guest.get(300, 3), guest.get(310, 4)),
        (b"3AB".to_vec(), b"CD89".to_vec())
    );
    guest.ok("fd_tell", &[fd.into(), 64]);
    assert_eq!(guest.u64(64), 10, "the position stays");
    let far = u64::MAX;
    assert_eq!(guest.call("fd_pread", &[fd.into(), 0, 1, far, 64]), INVAL);
    guest.ok("fd_filestat_set_size", &[fd.into(), 5]);
    assert_eq!(
        fs::read_to_string(scratch.path().join("a")).unwrap(),
        "0123A"
    );
}

#[test]
fn how_files_are_opened() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("old"), "content").unwrap();
    let mut guest = scratch.guest();
    assert_eq!(guest.open(3, "new", 0, READ), Err(NOENT));
    assert_eq!(guest.open(3, "old", CREATE | EXCLUSIVE, READ), Err(EXIST));
    assert_eq!(guest.open(3, "old", DIRECTORY, READ), Err(NOTDIR));
    let fd = guest.open(3, "old", 0, READ).unwrap();
    assert_eq!(guest.write(fd, "x"), BADF);
    assert_eq!(guest.call("fd_filestat_set_size", &[fd.into(), 0]), BADF);
    assert_eq!(guest.read(fd), "content");
    // A file has no rights on paths and lists nothing, even if they were asked for.
    let (open, list, stat, size_by_name) = (1 << 13, 1 << 14, 1 << 18, 1 << 19);
    let on_directories = open | list | stat | size_by_name;
    let fd = guest.open(3, "old", 0, READ | on_directories).unwrap();
    guest.ok("fd_fdstat_get", &[fd.into(), 0]);
    let (rights, inherited) = (guest.u64(8), guest.u64(16));
    assert_eq!(rights & (READ | WRITE), READ);
    assert_eq!((rights | inherited) & on_directories, 0);
    let fd = guest.open(3, "created", CREATE, READ).unwrap();
    assert_eq!(guest.write(fd, "x"), BADF, "created, but for reading");
    let fd = guest.open(3, "old", TRUNCATE, WRITE).unwrap();
    guest.put_buffers(0, &[(100, 4)]);
    assert_eq!(guest.call("fd_read", &[fd.into(), 0, 1, 64]), BADF);
    assert_eq!(fs::read_to_string(scratch.path().join("old")).unwrap(), "");
}

#[test]
fn appending() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("log"), "one\n").unwrap();
    let mut guest = scratch.guest();
    let [at, length] = guest.path(3000, "log");
    guest.ok("path_open", &[3, 1, at, length, 0, WRITE, WRITE, 1, 2000]);
    let fd = guest.u32(2000);
    guest.ok("fd_fdstat_get", &[fd.into(), 0]);
    assert_eq!(guest.get(2, 1), [1]);
    assert_eq!(guest.write(fd, "two\n"), 0);
    assert_eq!(
        fs::read_to_string(scratch.path().join("log")).unwrap(),
        "one\ntwo\n"
    );
    // Appending is not one of the things that only opening decides.
    guest.ok("fd_fdstat_set_flags", &[fd.into(), 0]);
    guest.ok("fd_seek", &[fd.into(), 0, 0, 64]);
    assert_eq!(guest.write(fd, "ONE"), 0);
    guest.ok("fd_fdstat_set_flags", &[fd.into(), APPEND]);
    assert_eq!(guest.write(fd, "three\n"), 0);
    guest.ok("fd_tell", &[fd.into(), 64]);
    assert_eq!(guest.u64(64), 14);
    assert_eq!(
        fs::read_to_string(scratch.path().join("log")).unwrap(),
        "ONE\ntwo\nthree\n"
    );
    assert_eq!(
        guest.call("fd_fdstat_set_flags", &[fd.into(), SYNC]),
        NOTSUP
    );
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd.into(), 32]), INVAL);
    assert_eq!(guest.call("fd_fdstat_set_flags", &[1, APPEND]), NOTSUP);
    assert_eq!(guest.call("fd_fdstat_set_flags", &[3, APPEND]), NOTSUP);
    guest.ok("fd_fdstat_set_flags", &[3, 0]);
}

#[test]
fn files_are_emptied_and_then_appended_to() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("log"), "old").unwrap();
    let mut guest = scratch.guest();
    let fd = guest
        .open_as(3, 1, "log", CREATE | TRUNCATE, READ | WRITE, APPEND | SYNC)
        .unwrap();
    guest.ok("fd_fdstat_get", &[fd.into(), 0]);
    assert_eq!(u64::from(guest.get(2, 1)[0]), APPEND | SYNC);
    assert_eq!(guest.write(fd, "ab"), 0);
    guest.ok("fd_seek", &[fd.into(), 0, 0, 64]);
    assert_eq!(guest.write(fd, "cd"), 0);
    // Writing at a position does not move, wherever it goes.
    guest.put(200, b"XYZ");
    guest.put_buffers(0, &[(200, 3)]);
    guest.ok("fd_pwrite", &[fd.into(), 0, 1, 0, 64]);
    guest.ok("fd_tell", &[fd.into(), 64]);
    assert_eq!(guest.u64(64), 4);
    let text = fs::read_to_string(scratch.path().join("log")).unwrap();
    assert_eq!(text, "abcdXYZ", "as Linux does");
    assert_eq!(guest.open_as(3, 1, "log", 0, READ, 64), Err(INVAL));
}

#[test]
fn a_fifo_does_not_hold_the_host_up() {
    let scratch = Scratch::new();
    let fifo = scratch.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    let mut guest = scratch.guest();
    assert_eq!(guest.open(3, "fifo", 0, WRITE), Err(NXIO), "nobody reads");
    let [at, length] = guest.path(3000, "fifo");
    guest.ok(
        "path_filestat_set_times",
        &[3, 1, at, length, 0, 3_000_000_000, 4],
    );
    let reader = guest.open(3, "fifo", 0, READ).unwrap();
    assert_eq!(guest.read(reader), "", "nobody writes");
    let writer = guest.open(3, "fifo", 0, WRITE).unwrap();
    guest.put_buffers(0, &[(100, 4)]);
    assert_eq!(guest.call("fd_read", &[reader.into(), 0, 1, 64]), AGAIN);
    // Whatever the guest says.
    guest.ok("fd_fdstat_set_flags", &[reader.into(), 4]);
    guest.ok("fd_fdstat_set_flags", &[reader.into(), 0]);
    assert_eq!(guest.call("fd_read", &[reader.into(), 0, 1, 64]), AGAIN);
    assert_eq!(guest.write(writer, "text"), 0);
    assert_eq!(guest.read(reader), "text");
}

#[test]
fn renames_and_links() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("a"), "text").unwrap();
    let mut guest = scratch.guest();
    let [a, a_length] = guest.path(3000, "a");
    let [b, b_length] = guest.path(4000, "b");
    guest.ok("path_rename", &[3, a, a_length, 3, b, b_length]);
    assert!(scratch.path().join("b").exists() && !scratch.path().join("a").exists());
    guest.ok("path_link", &[3, 0, b, b_length, 3, a, a_length]);
    assert_eq!(
        fs::read_to_string(scratch.path().join("a")).unwrap(),
        "text"
    );
    guest.ok("path_unlink_file", &[3, a, a_length]);

    guest.ok("path_symlink", &[b, b_length, 3, a, a_length]);
    guest.ok("path_readlink", &[3, a, a_length, 100, 50, 64]);
    assert_eq!((guest.u32(64), guest.get(100, 1)), (1, b"b".to_vec()));
    guest.ok("path_filestat_get", &[3, 0, a, a_length, 200]);
    assert_eq!(guest.get(216, 1), [7], "the link");
    guest.ok("path_filestat_get", &[3, 1, a, a_length, 200]);
    assert_eq!(
        (guest.get(216, 1), guest.u64(232)),
        (vec![4], 4),
        "what it leads to"
    );
    assert_eq!(
        guest.open(3, "a", 0, READ).map(|fd| guest.read(fd)),
        Ok("text".to_owned())
    );
    assert_eq!(
        guest.call("path_open", &[3, 0, 3000, 1, 0, READ, READ, 0, 2000]),
        LOOP
    );
}

#[test]
fn times_are_set() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("a"), "").unwrap();
    let mut guest = scratch.guest();
    let [a, length] = guest.path(3000, "a");
    let second = 1_000_000_000;
    guest.ok(
        "path_filestat_set_times",
        &[3, 1, a, length, 5 * second, 7 * second, 1 | 4],
    );
    guest.ok("path_filestat_get", &[3, 1, a, length, 200]);
    assert_eq!((guest.u64(240), guest.u64(248)), (5 * second, 7 * second));
    let fd = guest.open(3, "a", 0, READ | WRITE).unwrap();
    guest.ok("fd_filestat_set_times", &[fd.into(), 0, 9 * second, 4]);
    guest.ok("fd_filestat_get", &[fd.into(), 200]);
    assert_eq!((guest.u64(240), guest.u64(248)), (5 * second, 9 * second));
    for which in [3, 12, 16] {
        let args = [fd.into(), 0, 0, which];
        assert_eq!(guest.call("fd_filestat_set_times", &args), INVAL);
    }
    guest.ok("fd_filestat_set_times", &[3, 0, 2 * second, 4]);
    guest.ok("fd_filestat_get", &[3, 200]);
    assert_eq!(guest.u64(248), 2 * second, "a directory's");
    assert_eq!(guest.call("fd_filestat_set_times", &[1, 0, 0, 4]), SPIPE);
}

#[test]
fn times_of_a_link_are_its_own() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("file"), "").unwrap();
    std::os::unix::fs::symlink("file", scratch.path().join("link")).unwrap();
    std::os::unix::fs::symlink("../out", scratch.path().join("out")).unwrap();
    let mut guest = scratch.guest();
    let second = 1_000_000_000;
    let modified = |guest: &mut Probe, lookup: u64, path: &str| {
        let [at, length] = guest.path(3000, path);
        guest.ok("path_filestat_get", &[3, lookup, at, length, 200]);
        guest.u64(248)
    };
    let before = modified(&mut guest, 0, "file");
    let set = |guest: &mut Probe, lookup: u64, path: &str, time: u64| {
        let [at, length] = guest.path(3000, path);
        guest.call(
            "path_filestat_set_times",
            &[3, lookup, at, length, 0, time, 4],
        )
    };
    assert_eq!(set(&mut guest, 0, "link", 3 * second), 0);
    assert_eq!(modified(&mut guest, 0, "link"), 3 * second);
    assert_eq!(modified(&mut guest, 1, "link"), before);
    assert_eq!(set(&mut guest, 1, "link", 4 * second), 0);
    assert_eq!(modified(&mut guest, 0, "file"), 4 * second);
    assert_eq!(set(&mut guest, 0, "out", 5 * second), 0);
    assert_eq!(set(&mut guest, 1, "out", 5 * second), PERM);
    assert_eq!(set(&mut guest, 0, "none", second), NOENT);
}

#[test]
fn a_change_has_a_time_of_its_own() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("file"), "").unwrap();
    let mut guest = scratch.guest();
    let [at, length] = guest.path(3000, "file");
    let long_ago = 1_000_000_000;
    guest.ok(
        "path_filestat_set_times",
        &[3, 1, at, length, 0, long_ago, 4],
    );
    guest.ok("path_filestat_get", &[3, 1, at, length, 200]);
    let (modified, changed) = (guest.u64(248), guest.u64(256));
    assert_eq!(modified, long_ago);
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_nanos() as u64;
    assert!(now.abs_diff(changed) < 60_000_000_000, "{changed}");
}

#[test]
fn descriptors_are_renumbered_and_reused() {
    let scratch = Scratch::new();
    let mut guest = scratch.guest();
    let a = guest.open(3, "a", CREATE, WRITE).unwrap();
    let b = guest.open(3, "b", CREATE, WRITE).unwrap();
    assert_eq!((a, b), (4, 5));
    guest.ok("fd_renumber", &[5, 4]);
    assert_eq!(guest.write(4, "to b"), 0);
    assert_eq!(guest.write(5, "gone"), BADF);
    assert_eq!(guest.call("fd_renumber", &[4, 5]), BADF);
    assert_eq!(
        guest.open(3, "c", CREATE, WRITE),
        Ok(5),
        "the lowest free number"
    );
    assert_eq!(
        fs::read_to_string(scratch.path().join("b")).unwrap(),
        "to b"
    );
}

#[test]
fn descriptors_run_out() {
    let scratch = Scratch::new();
    let mut guest = scratch.guest();
    let failed = (0..2000).find_map(|_| guest.open(3, "a", CREATE, READ).err());
    assert_eq!(failed, Some(MFILE));
    guest.ok("fd_close", &[100]);
    assert_eq!(guest.open(3, "a", CREATE, READ), Ok(100));
}

#[test]
fn nothing_outside_is_reached() {
    let scratch = Scratch::new();
    let (inside, secret) = (scratch.path().join("inside"), scratch.path().join("secret"));
    fs::create_dir(&inside).unwrap();
    fs::write(&secret, "secret").unwrap();
    std::os::unix::fs::symlink(&secret, inside.join("absolute")).unwrap();
    std::os::unix::fs::symlink("../secret", inside.join("relative")).unwrap();
    std::os::unix::fs::symlink("..", inside.join("up")).unwrap();
    fs::create_dir(inside.join("a")).unwrap();
    let mut guest = Probe::new(granted(WasiCtx::builder(), &inside).build());

    let absolute = secret.to_str().unwrap().to_owned();
    let inside_by_name = ["up/secret", "relative", "absolute"];
    let outside_by_name = ["../secret", "./../secret", "a/../../b", &absolute, ".."];
    for path in inside_by_name.into_iter().chain(outside_by_name) {
        assert_eq!(guest.open(3, path, 0, READ), Err(PERM), "{path}");
        // A link leads out of any directory: no grant would change that.
        let noted = (!inside_by_name.contains(&path)).then_some(path);
        assert_eq!(guest.ctx().refused_path(), noted);
        assert_eq!(guest.open(3, path, CREATE, WRITE), Err(PERM), "{path}");
        assert_eq!(guest.open(3, path, DIRECTORY, READ), Err(PERM), "{path}");
        let [at, length] = guest.path(3000, path);
        assert_eq!(
            guest.call("path_filestat_get", &[3, 1, at, length, 100]),
            PERM,
            "{path}"
        );
    }
    for path in ["../new", "up/new"] {
        let [at, length] = guest.path(3000, path);
        assert_eq!(guest.call("path_create_directory", &[3, at, length]), PERM);
        assert_eq!(guest.call("path_unlink_file", &[3, at, length]), PERM);
        let [relative, n] = guest.path(4000, "relative");
        assert_eq!(
            guest.call("path_rename", &[3, relative, n, 3, at, length]),
            PERM
        );
        assert_eq!(
            guest.call("path_rename", &[3, at, length, 3, relative, n]),
            PERM
        );
        assert_eq!(
            guest.call("path_link", &[3, 0, relative, n, 3, at, length]),
            PERM
        );
        assert_eq!(
            guest.call("path_symlink", &[relative, n, 3, at, length]),
            PERM
        );
    }
    assert_eq!(fs::read_to_string(&secret).unwrap(), "secret");
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 2);
}

#[test]
fn a_guest_without_directories_is_told_so() {
    let mut guest = Probe::new(WasiCtx::builder().build());
    assert!(!guest.ctx().has_directories());
    assert_eq!(guest.ctx().refused_path(), None);
    assert_eq!(guest.open(3, "etc/passwd", 0, READ), Err(BADF));
    assert_eq!(guest.ctx().refused_path(), Some("etc/passwd"));
    assert_eq!(guest.open(1, "x", 0, READ), Err(NOTDIR));
}
