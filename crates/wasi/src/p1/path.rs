//! Functions on paths, all relative to a directory that the guest has open and never leading out of
//! it: cap-std sees to that, symbolic links included.

use super::{Find, MODULE, call};
use crate::ctx::WasiCtx;
use crate::dir::OpenDir;
use crate::errno::Errno;
use crate::fs::{Descriptor, Kind, OpenFile, Stat, flags};
use crate::guest::Guest;
use crate::p1::fd::{
    RIGHT_ALLOCATE, RIGHT_READ, RIGHT_SET_SIZE, RIGHT_WRITE, flags_from, set_times, times_from,
};
use bident::{Answer, Caller, Error, FuncType, Linker, Val, ValType};
use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use rustix::fs::{AtFlags, OFlags, renameat, unlinkat};
use rustix::io::Errno as Os;
use std::borrow::Cow;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

type Done = Result<(), Errno>;

/// Lookup flag: follow a symbolic link at the end of the path.
const FOLLOW: u32 = 1;
const CREATE: u32 = 1;
const DIRECTORY: u32 = 2;
const EXCLUSIVE: u32 = 4;
const TRUNCATE: u32 = 8;

/// A path and the directory it starts from, as the guest gives them.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) fd: u32,
    pub(crate) path: u32,
    pub(crate) length: u32,
}

impl Place {
    fn path<'a>(&self, guest: &'a Guest<'_>) -> Result<Cow<'a, str>, Errno> {
        guest.path(self.path, self.length)
    }

    /// Does something there. A refusal is noted, for whoever runs the guest.
    fn with<R>(
        &self,
        ctx: &mut WasiCtx,
        guest: &Guest<'_>,
        act: impl FnOnce(&Dir, &str) -> io::Result<R>,
    ) -> Result<R, Errno> {
        let path = self.path(guest)?;
        let open = ctx.files.dir(self.fd);
        let outcome = open.and_then(|open| act(&open.dir, &path).map_err(Errno::from));
        if let Err(errno) = outcome {
            self.note_refusal(ctx, &path, errno);
        }
        outcome
    }

    /// Does something here and there.
    fn with_both(
        &self,
        there: Place,
        ctx: &mut WasiCtx,
        guest: &Guest<'_>,
        act: impl FnOnce(&Dir, &str, &Dir, &str) -> io::Result<()>,
    ) -> Done {
        // A second handle, because the table lends only one directory at a time.
        let other_dir = there.with(ctx, guest, |dir, _| dir.try_clone())?;
        let other = there.path(guest)?;
        let outcome = self.with(ctx, guest, |dir, path| act(dir, path, &other_dir, &other));
        if let Err(errno) = outcome {
            there.note_refusal(ctx, &other, errno);
        }
        outcome
    }

    /// Notes a path that would have been found if only more had been granted: not one that a link
    /// inside leads out of, for instance.
    fn note_refusal(&self, ctx: &mut WasiCtx, path: &str, errno: Errno) {
        let granted = |open: &mut OpenDir| open.granted_as.is_some();
        let helps = match errno {
            Errno::Perm => leads_out(path) && ctx.files.dir(self.fd).is_ok_and(granted),
            Errno::Badf => !ctx.has_directories(),
            _ => false,
        };
        if helps {
            ctx.refuse(path);
        }
    }
}

/// Whether a path, as it is written, leads out of the directory that it starts from.
fn leads_out(path: &str) -> bool {
    let mut depth = 0u32;
    path.starts_with('/')
        || path.split('/').any(|name| match name {
            "" | "." => false,
            ".." => {
                let out = depth == 0;
                depth = depth.saturating_sub(1);
                out
            }
            _ => {
                depth += 1;
                false
            }
        })
}

/// Does something to a name in a directory, by the directory that has it and the name. A slash stays at
/// its end: the system knows best what it means for each call, and follows no link for it in those that
/// this is for. (cap-std takes `d/` for `d/.`, which cannot be removed, or for `d`.)
fn by_name<R>(
    dir: &Dir,
    path: &str,
    act: impl FnOnce(BorrowedFd<'_>, &str) -> io::Result<R>,
) -> io::Result<R> {
    let (parent, name) = split(path)?;
    if parent.is_empty() {
        act(dir.as_fd(), name)
    } else {
        act(dir.open_dir(parent)?.as_fd(), name)
    }
}

/// Splits a path into directory and name. The name leads nowhere else: it is not `..`.
fn split(path: &str) -> io::Result<(&str, &str)> {
    let end = path.trim_end_matches('/').len();
    let start = path[..end].rfind('/').map_or(0, |slash| slash + 1);
    match &path[start..end] {
        "" if path.is_empty() => Err(Os::NOENT.into()),
        // Nothing but slashes.
        "" => Err(Os::PERM.into()),
        "." | ".." => Ok((path, ".")),
        // One slash says as much as many.
        _ => Ok((&path[..start], &path[start..path.len().min(end + 1)])),
    }
}

pub(crate) fn create_directory(ctx: &mut WasiCtx, guest: &mut Guest<'_>, place: Place) -> Done {
    place.with(ctx, guest, |dir, path| dir.create_dir(path))
}

pub(crate) fn remove_directory(ctx: &mut WasiCtx, guest: &mut Guest<'_>, place: Place) -> Done {
    place.with(ctx, guest, |dir, path| {
        by_name(dir, path, |dir, name| {
            Ok(unlinkat(dir, name, AtFlags::REMOVEDIR)?)
        })
    })
}

pub(crate) fn unlink_file(ctx: &mut WasiCtx, guest: &mut Guest<'_>, place: Place) -> Done {
    place.with(ctx, guest, |dir, path| dir.remove_file(path))
}

pub(crate) fn filestat_get(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    place: Place,
    lookup: u32,
    out: u32,
) -> Done {
    let metadata = place.with(ctx, guest, |dir, path| {
        if lookup & FOLLOW != 0 {
            dir.metadata(path)
        } else {
            dir.symlink_metadata(path)
        }
    })?;
    guest.write(out, &Stat::from(metadata).to_bytes())
}

pub(crate) fn filestat_set_times(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    place: Place,
    lookup: u32,
    accessed: u64,
    modified: u64,
    which: u32,
) -> Done {
    let times = times_from(accessed, modified, which)?;
    // Only a handle: for a link itself there is no other, and opening a FIFO would wait.
    let handle = place.with(ctx, guest, |dir, path| {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .custom_flags(OFlags::PATH.bits() as i32)
            .follow(follow(lookup));
        dir.open_with(path, &options)
    })?;
    set_times(&handle, &times)
}

fn follow(lookup: u32) -> FollowSymlinks {
    if lookup & FOLLOW != 0 {
        FollowSymlinks::Yes
    } else {
        FollowSymlinks::No
    }
}

pub(crate) fn rename(ctx: &mut WasiCtx, guest: &mut Guest<'_>, from: Place, to: Place) -> Done {
    from.with_both(to, ctx, guest, |dir, path, new_dir, new| {
        by_name(dir, path, |dir, name| {
            by_name(new_dir, new, |new_dir, new| {
                Ok(renameat(dir, name, new_dir, new)?)
            })
        })
    })
}

pub(crate) fn link(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    from: Place,
    lookup: u32,
    to: Place,
) -> Done {
    if lookup & FOLLOW != 0 {
        return Err(Errno::Inval);
    }
    from.with_both(to, ctx, guest, |dir, path, new_dir, new| {
        dir.hard_link(path, new_dir, new)
    })
}

pub(crate) fn symlink(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    target: u32,
    target_length: u32,
    place: Place,
) -> Done {
    let target = guest.path(target, target_length)?;
    place.with(ctx, guest, |dir, path| dir.symlink(&*target, path))
}

/// What does not fit the buffer is cut off, as under POSIX.
pub(crate) fn readlink(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    place: Place,
    buffer: u32,
    buffer_length: u32,
    out: u32,
) -> Done {
    let target = place.with(ctx, guest, |dir, path| dir.read_link(path))?;
    let target = target.to_str().ok_or(Errno::Ilseq)?.as_bytes();
    let n = target.len().min(buffer_length as usize);
    guest.write(buffer, &target[..n])?;
    guest.write_u32(out, n as u32)
}

/// Parameters of `path_open`.
struct Open {
    place: Place,
    lookup: u32,
    how: u32,
    rights: u64,
    flags: u32,
    out: u32,
}

impl Open {
    fn from_params(params: &[Val]) -> Self {
        let int = |i: usize| params[i].i32().unwrap_or_default() as u32;
        Self {
            place: Place {
                fd: int(0),
                path: int(2),
                length: int(3),
            },
            lookup: int(1),
            how: int(4),
            // Parameter 6: rights of what is opened through the new descriptor; all, here.
            rights: params[5].i64().unwrap_or_default() as u64,
            flags: int(7),
            out: int(8),
        }
    }

    fn run(&self, ctx: &mut WasiCtx, guest: &mut Guest<'_>) -> Done {
        // Before a file is made that the guest would never learn of.
        guest.read_u32(self.out)?;
        let descriptor = if self.how & DIRECTORY != 0 {
            self.open_directory(ctx, guest)?
        } else {
            self.open(ctx, guest)?
        };
        let fd = ctx.files.add(descriptor)?;
        guest.write_u32(self.out, fd)
    }

    fn open_directory(&self, ctx: &mut WasiCtx, guest: &Guest<'_>) -> Result<Descriptor, Errno> {
        flags_from(self.flags)?;
        if self.how != DIRECTORY {
            return Err(Errno::Inval);
        }
        let dir = self.place.with(ctx, guest, |dir, path| {
            if self.lookup & FOLLOW != 0 {
                dir.open_dir(path)
            } else {
                dir.open_dir_nofollow(path)
            }
        })?;
        if self.rights & RIGHT_WRITE != 0 {
            return Err(Errno::Isdir);
        }
        Ok(Descriptor::Dir(OpenDir::opened(dir)?))
    }

    fn open(&self, ctx: &mut WasiCtx, guest: &Guest<'_>) -> Result<Descriptor, Errno> {
        let flags = flags_from(self.flags)?;
        let readable = self.rights & RIGHT_READ != 0;
        let writable = self.rights & (RIGHT_WRITE | RIGHT_ALLOCATE | RIGHT_SET_SIZE) != 0;
        // Creating and emptying are writing, to the system.
        let write = writable || self.how & (CREATE | TRUNCATE) != 0;
        let mut options = OpenOptions::new();
        options
            .read(readable || !write)
            .write(write)
            .create(self.how & CREATE != 0)
            .create_new(self.how & CREATE != 0 && self.how & EXCLUSIVE != 0)
            .truncate(self.how & TRUNCATE != 0)
            .sync(flags & flags::SYNC != 0)
            .dsync(flags & flags::DSYNC != 0)
            .rsync(flags & flags::RSYNC != 0)
            .nonblock(true)
            .follow(follow(self.lookup));
        let file = self
            .place
            .with(ctx, guest, |dir, path| dir.open_with(path, &options))?;
        let kind = Stat::from(file.metadata()?).kind;
        if kind == Kind::Directory {
            let dir = Dir::from_std_file(file.into_std());
            return Ok(Descriptor::Dir(OpenDir::readable(dir)));
        }
        let mut open = OpenFile {
            file,
            kind,
            flags,
            readable,
            writable,
        };
        // Only now: `OpenOptions` does not empty a file that it opens for appending.
        open.set_flags(flags)?;
        Ok(Descriptor::File(open))
    }
}

/// Defines `path_open`, which has more parameters than a typed host function may have.
pub(super) fn add_open<T: 'static>(
    linker: &mut Linker<T>,
    find: &impl Find<T>,
) -> Result<(), Error> {
    let find = find.clone();
    use ValType::{I32, I64};
    let ty = FuncType::new([I32, I32, I32, I32, I32, I64, I64, I32, I32], [I32]);
    linker.func_new(
        MODULE,
        "path_open",
        ty,
        move |mut caller: Caller<'_, T>, params, results| {
            let open = Open::from_params(params);
            let errno = call(&mut caller, &find, |ctx, guest| open.run(ctx, guest))?;
            results[0] = Val::I32(errno as i32);
            Ok(Answer::Ready)
        },
    )?;
    Ok(())
}
