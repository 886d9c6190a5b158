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
    guest.ok("fd_fdstat_set_flags", &[fd.into(), 1]);
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd.into(), 0]), NOTSUP);
}

/// The whole entries of one call, with the cookies after them, and whether it filled the buffer.
fn entries(guest: &mut Probe, fd: u32, room: u64, cookie: u64) -> (Vec<(String, u64)>, bool) {
    guest.ok("fd_readdir", &[fd.into(), 5000, room, cookie, 64]);
    let used = guest.u32(64) as usize;
    let (mut entries, mut at) = (Vec::new(), 5000);
    while at + 24 <= 5000 + used {
        let length = guest.u32(at + 16) as usize;
        if at + 24 + length > 5000 + used {
            break;
        }
        let name = String::from_utf8(guest.get(at + 24, length)).unwrap();
        entries.push((name, guest.u64(at)));
        at += 24 + length;
    }
    (entries, used as u64 == room)
}

/// The names in a directory, read through a buffer of a given size.
fn names(guest: &mut Probe, fd: u32, room: u64) -> Vec<String> {
    let (mut names, mut cookie) = (Vec::new(), 0);
    loop {
        let (entries, full) = entries(guest, fd, room, cookie);
        cookie = entries.last().map_or(cookie, |(_, next)| *next);
        names.extend(entries.into_iter().map(|(name, _)| name));
        if !full {
            return names;
        }
    }
}

#[test]
fn directories_are_listed() {
    let scratch = Scratch::new();
    let mut guest = scratch.guest();
    let mut expected = vec![".".to_owned(), "..".to_owned()];
    for i in 0..40 {
        fs::write(scratch.path().join(format!("file-{i}")), "").unwrap();
        expected.push(format!("file-{i}"));
    }
    expected.sort();
    for room in [60, 100, 1000, 50_000] {
        let mut names = names(&mut guest, 3, room);
        names.sort();
        assert_eq!(names, expected, "with room for {room} bytes");
    }
    assert_eq!(guest.call("fd_readdir", &[1, 5000, 100, 0, 64]), NOTDIR);
    guest.ok("fd_readdir", &[3, 5000, 100, u64::MAX, 64]);
    assert_eq!(guest.u32(64), 0);
}

#[test]
fn what_is_read_of_a_directory_may_be_removed_at_once() {
    let scratch = Scratch::new();
    let mut guest = scratch.guest();
    let mut expected: Vec<String> = (0..300).map(|i| format!("file-{i}")).collect();
    for name in &expected {
        fs::write(scratch.path().join(name), "").unwrap();
    }
    expected.sort();
    for room in [100, 700, 20_000] {
        let (mut seen, mut cookie) = (Vec::new(), 0);
        loop {
            let (entries, full) = entries(&mut guest, 3, room, cookie);
            for (name, next) in entries {
                cookie = next;
                if name != "." && name != ".." {
                    let [at, length] = guest.path(3000, &name);
                    guest.ok("path_unlink_file", &[3, at, length]);
                    seen.push(name);
                }
            }
            if !full {
                break;
            }
        }
        seen.sort();
        assert_eq!(seen, expected, "with room for {room} bytes");
        for name in &expected {
            fs::write(scratch.path().join(name), "").unwrap();
        }
    }
}

#[test]
fn a_cookie_stays_good() {
    let scratch = Scratch::new();
    let mut guest = scratch.guest();
    for i in 0..200 {
        fs::write(scratch.path().join(format!("file-{i}")), "").unwrap();
    }
    let (all, full) = entries(&mut guest, 3, 50_000, 0);
    assert!(!full);
    // Back and forth, and past places that were read through another descriptor.
    let other = guest.open(3, ".", DIRECTORY, READ).unwrap();
    for i in [150, 3, 199, 0, 50, 51] {
        let rest: Vec<_> = all[i + 1..].to_vec();
        assert_eq!(entries(&mut guest, 3, 50_000, all[i].1), (rest.clone(), false));
        assert_eq!(entries(&mut guest, other, 50_000, all[i].1), (rest, false));
    }
    // Also after others came and went.
    let (removed, kept) = all[100..].split_at(50);
    for (name, _) in removed {
        fs::remove_file(scratch.path().join(name)).unwrap();
    }
    fs::write(scratch.path().join("new"), "").unwrap();
    let (rest, _) = entries(&mut guest, 3, 50_000, kept[9].1);
    let known: Vec<_> = rest.into_iter().filter(|(name, _)| name != "new").collect();
    assert_eq!(known, kept[10..]);
    let again = names(&mut guest, 3, 50_000);
    assert_eq!(again.len(), 202 - 50 + 1);
    assert!(again.contains(&"new".to_owned()), "from the start, as it is now");
}

#[test]
fn entries_say_what_they_are() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("file"), "").unwrap();
    fs::create_dir(scratch.path().join("dir")).unwrap();
    std::os::unix::fs::symlink("file", scratch.path().join("link")).unwrap();
    let mut guest = scratch.guest();
    guest.ok("fd_readdir", &[3, 5000, 5000, 0, 64]);
    let end = 5000 + guest.u32(64) as usize;
    let (mut at, mut seen) = (5000, Vec::new());
    while at < end {
        let length = guest.u32(at + 16) as usize;
        let name = String::from_utf8(guest.get(at + 24, length)).unwrap();
        let (inode, kind) = (guest.u64(at + 8), guest.get(at + 20, 1)[0]);
        let [path, path_length] = guest.path(3000, if name == ".." { "." } else { &name });
        guest.ok("path_filestat_get", &[3, 0, path, path_length, 200]);
        assert_eq!((guest.u64(208), guest.get(216, 1)[0]), (inode, kind), "{name}");
        seen.push((name, kind));
        at += 24 + length;
    }
    seen.sort();
    let expected = [(".", 3), ("..", 3), ("dir", 3), ("file", 4), ("link", 7)];
    assert_eq!(seen, expected.map(|(name, kind)| (name.to_owned(), kind)));
}

#[test]
fn directories_are_made_and_removed() {
    let scratch = Scratch::new();
    let mut guest = scratch.guest();
    let [at, length] = guest.path(3000, "sub");
    guest.ok("path_create_directory", &[3, at, length]);
    assert_eq!(guest.call("path_create_directory", &[3, at, length]), EXIST);
    let sub = guest.open(3, "sub", DIRECTORY, READ).unwrap();
    let also = guest.open(3, "sub", 0, READ).unwrap();
    guest.ok("fd_fdstat_get", &[also.into(), 0]);
    assert_eq!(guest.get(0, 1), [3], "a directory opened as a file is one");
    let file = guest.open(sub, "f", CREATE, WRITE).unwrap();
    assert_eq!(guest.write(file, "x"), 0);
    guest.path(3000, "sub");
    assert_eq!(
        guest.call("path_remove_directory", &[3, at, length]),
        NOTEMPTY
    );
    let inner = guest.path(3000, "sub/f");
    assert_eq!(
        guest.call("path_remove_directory", &[3, inner[0], inner[1]]),
        NOTDIR
    );
    guest.ok("path_unlink_file", &[3, inner[0], inner[1]]);
    guest.path(3000, "sub");
    guest.ok("path_remove_directory", &[3, at, length]);
    assert!(!scratch.path().join("sub").exists());
    assert_eq!(
        guest.call("fd_prestat_get", &[sub.into(), 0]),
        BADF,
        "opened, not granted"
    );
    guest.put_buffers(0, &[(100, 4)]);
    assert_eq!(guest.call("fd_read", &[3, 0, 1, 64]), ISDIR);
    assert_eq!(guest.call("fd_write", &[3, 0, 1, 64]), ISDIR);
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
    assert_eq!(
        guest.call("fd_filestat_set_times", &[fd.into(), 0, 0, 3]),
        INVAL
    );
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
    let mut guest = Probe::new(granted(WasiCtx::builder(), &inside).build());

    let absolute = secret.to_str().unwrap().to_owned();
    let out = [
        "../secret",
        "./../secret",
        "up/secret",
        "relative",
        "absolute",
        &absolute,
        "..",
    ];
    for path in out {
        assert_eq!(guest.open(3, path, 0, READ), Err(NOTCAPABLE), "{path}");
        assert_eq!(guest.ctx().refused_path(), Some(path));
        assert_eq!(
            guest.open(3, path, CREATE, WRITE),
            Err(NOTCAPABLE),
            "{path}"
        );
        assert_eq!(
            guest.open(3, path, DIRECTORY, READ),
            Err(NOTCAPABLE),
            "{path}"
        );
        let [at, length] = guest.path(3000, path);
        assert_eq!(
            guest.call("path_filestat_get", &[3, 1, at, length, 100]),
            NOTCAPABLE,
            "{path}"
        );
    }
    for path in ["../new", "up/new"] {
        let [at, length] = guest.path(3000, path);
        assert_eq!(
            guest.call("path_create_directory", &[3, at, length]),
            NOTCAPABLE
        );
        assert_eq!(guest.call("path_unlink_file", &[3, at, length]), NOTCAPABLE);
        let [relative, n] = guest.path(4000, "relative");
        assert_eq!(
            guest.call("path_rename", &[3, relative, n, 3, at, length]),
            NOTCAPABLE
        );
        assert_eq!(
            guest.call("path_rename", &[3, at, length, 3, relative, n]),
            NOTCAPABLE
        );
        assert_eq!(
            guest.call("path_link", &[3, 0, relative, n, 3, at, length]),
            NOTCAPABLE
        );
        assert_eq!(
            guest.call("path_symlink", &[relative, n, 3, at, length]),
            NOTCAPABLE
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
