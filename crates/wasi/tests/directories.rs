//! Directories: reading, making, removing, renaming, and what they are not for.

mod common;

use common::*;
use std::fs;

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
        assert_eq!(
            entries(&mut guest, 3, 50_000, all[i].1),
            (rest.clone(), false)
        );
        assert_eq!(entries(&mut guest, other, 50_000, all[i].1), (rest, false));
    }
    // Also after others came and went.
    let (removed, kept) = all[100..].split_at(50);
    let removed = removed.iter().filter(|(name, _)| !name.starts_with('.'));
    let left = all.len() - removed.clone().count();
    for (name, _) in removed {
        fs::remove_file(scratch.path().join(name)).unwrap();
    }
    fs::write(scratch.path().join("new"), "").unwrap();
    let (rest, _) = entries(&mut guest, 3, 50_000, kept[9].1);
    let known: Vec<_> = rest.into_iter().filter(|(name, _)| name != "new").collect();
    assert_eq!(known, kept[10..]);
    let again = names(&mut guest, 3, 50_000);
    assert_eq!(again.len(), left + 1);
    assert!(
        again.contains(&"new".to_owned()),
        "from the start, as it is now"
    );
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
        assert_eq!(
            (guest.u64(208), guest.get(216, 1)[0]),
            (inode, kind),
            "{name}"
        );
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
fn what_can_be_done_with_a_directory() {
    let scratch = Scratch::new();
    fs::write(scratch.path().join("file"), "").unwrap();
    fs::create_dir(scratch.path().join("dir")).unwrap();
    std::os::unix::fs::symlink("dir", scratch.path().join("to-dir")).unwrap();
    std::os::unix::fs::symlink("file", scratch.path().join("to-file")).unwrap();
    let mut guest = scratch.guest();
    guest.ok("fd_fdstat_get", &[3, 0]);
    let (rights, inherited) = (guest.u64(8), guest.u64(16));
    let (seek, tell, size, size_by_name) = (1 << 2, 1 << 5, 1 << 22, 1 << 19);
    assert_eq!(
        rights & (READ | WRITE | seek | tell | size | size_by_name),
        0
    );
    let (open, list, stat) = (1 << 13, 1 << 14, 1 << 18);
    assert_eq!(rights & (open | list | stat), open | list | stat);
    assert_eq!(
        inherited & (READ | WRITE | seek | tell),
        READ | WRITE | seek | tell
    );
    // As it is, or to be read, but not to be written.
    for (how, rights) in [(0, rights), (0, 0), (DIRECTORY, 0), (DIRECTORY, READ)] {
        guest.open(3, ".", how, rights).unwrap();
    }
    assert_eq!(guest.open(3, ".", DIRECTORY, READ | WRITE), Err(ISDIR));
    assert_eq!(guest.open(3, ".", 0, WRITE), Err(ISDIR));
    assert_eq!(guest.open(3, "new", DIRECTORY | CREATE, READ), Err(INVAL));
    assert_eq!(guest.call("fd_seek", &[3, 0, 1, 64]), BADF);
    assert_eq!(guest.call("fd_tell", &[3, 64]), BADF);
    assert_eq!(guest.call("fd_allocate", &[3, 0, 1]), BADF);
    assert_eq!(guest.call("fd_filestat_set_size", &[3, 0]), BADF);
    // A link is followed only if the guest says so.
    for link in ["to-dir", "to-file"] {
        let opened = guest.open_as(3, 0, link, DIRECTORY, 0, 0);
        assert!(matches!(opened, Err(LOOP | NOTDIR)), "{opened:?}");
        assert_eq!(guest.open_as(3, 0, link, 0, 0, 0), Err(LOOP));
    }
    guest.open(3, "to-dir", DIRECTORY, 0).unwrap();
    assert_eq!(guest.open(3, "to-file", DIRECTORY, 0), Err(NOTDIR));
}

#[test]
fn slashes_at_the_end() {
    let scratch = Scratch::new();
    let exists = |name: &str| scratch.path().join(name).symlink_metadata().is_ok();
    fs::write(scratch.path().join("file"), "").unwrap();
    fs::create_dir(scratch.path().join("dir")).unwrap();
    fs::create_dir(scratch.path().join("dir/inner")).unwrap();
    std::os::unix::fs::symlink("dir", scratch.path().join("link")).unwrap();
    let mut guest = scratch.guest();
    let mut rename = |from: &str, to: &str| {
        let [a, a_length] = guest.path(3000, from);
        let [b, b_length] = guest.path(4000, to);
        guest.call("path_rename", &[3, a, a_length, 3, b, b_length])
    };
    assert_eq!(rename("file", "missing/"), NOTDIR);
    assert_eq!(rename("file/", "missing"), NOTDIR);
    assert_eq!(rename("file", "dir/inner//"), NOTDIR);
    assert_eq!(rename("link/", "missing"), NOTDIR);
    assert_eq!(rename("none", "missing/"), NOENT);
    assert_eq!(rename("dir/inner", "dir/other/"), 0);
    assert_eq!(rename("dir/other//", "inner/"), 0);
    assert_eq!(rename("link/inner", "missing"), NOENT);
    assert!(exists("file") && exists("inner") && !exists("missing"));

    let mut remove = |path: &str| {
        let [at, length] = guest.path(3000, path);
        guest.call("path_remove_directory", &[3, at, length])
    };
    assert_eq!(remove("file/"), NOTDIR);
    assert_eq!(remove("link/"), NOTDIR);
    assert_eq!(remove("inner/."), INVAL);
    assert_eq!(remove("."), INVAL);
    assert_eq!(remove(""), NOENT);
    for out in ["/", "//", "..", "../", "/..", "dir/../.."] {
        assert_eq!(remove(out), PERM, "{out}");
    }
    assert_eq!(remove("inner//"), 0);
    assert_eq!(remove("link/../dir/"), 0);
    assert!(exists("file") && exists("link") && !exists("inner") && !exists("dir"));
}
