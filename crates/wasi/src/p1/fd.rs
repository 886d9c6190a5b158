//! Functions on open descriptors.

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::fs::{Descriptor, Kind, OpenFile, Ready, Stat, StreamEnd, flags};
use crate::guest::Guest;
use crate::wait::{Attempt, Memo, Progress, Socket, Wait};
use cap_std::fs::FileExt;
use rustix::fs::{AtFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, utimensat};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;

/// Rights, as far as they are told apart here.
pub(crate) const RIGHT_READ: u64 = 1 << 1;
pub(crate) const RIGHT_SEEK: u64 = 1 << 2;
pub(crate) const RIGHT_TELL: u64 = 1 << 5;
pub(crate) const RIGHT_WRITE: u64 = 1 << 6;
pub(crate) const RIGHT_ALLOCATE: u64 = 1 << 8;
pub(crate) const RIGHT_SET_SIZE: u64 = 1 << 22;
/// The 30 rights there are.
const ALL_RIGHTS: u64 = (1 << 30) - 1;
/// What can be done with a directory: nothing that is done with the content of a file, nor changing the
/// size of one by its name, for which there is no function.
const DIRECTORY_RIGHTS: u64 = RIGHTS_ON_PATHS | RIGHT_READDIR | RIGHT_STAT | RIGHT_SET_TIMES;
/// Creating directories and files, links, opening, reading links, renaming, asking for what is known of a
/// file and setting its times, symbolic links, removing.
const RIGHTS_ON_PATHS: u64 = 1 << 9
    | 1 << 10
    | 1 << 11
    | 1 << 12
    | 1 << 13
    | 1 << 15
    | 1 << 16
    | 1 << 17
    | 1 << 18
    | 1 << 20
    | 1 << 24
    | 1 << 25
    | 1 << 26;
const RIGHT_SET_SIZE_BY_PATH: u64 = 1 << 19;
const RIGHT_READDIR: u64 = 1 << 14;
const RIGHT_STAT: u64 = 1 << 21;
const RIGHT_SET_TIMES: u64 = 1 << 23;

type Done = Result<(), Errno>;

pub(crate) fn advise(ctx: &mut WasiCtx, _: &mut Guest<'_>, fd: u32, advice: u32) -> Done {
    ctx.files.file(fd)?;
    // Advice may be ignored, if it is one.
    if advice <= 5 {
        Ok(())
    } else {
        Err(Errno::Inval)
    }
}

pub(crate) fn allocate(ctx: &mut WasiCtx, _: &mut Guest<'_>, fd: u32) -> Done {
    ctx.files.file(fd)?;
    Err(Errno::Notsup)
}

pub(crate) fn close(ctx: &mut WasiCtx, _: &mut Guest<'_>, fd: u32) -> Done {
    ctx.files.close(fd).map(drop)
}

pub(crate) fn datasync(ctx: &mut WasiCtx, _: &mut Guest<'_>, fd: u32) -> Done {
    Ok(ctx.files.file(fd)?.file.sync_data()?)
}

pub(crate) fn sync(ctx: &mut WasiCtx, _: &mut Guest<'_>, fd: u32) -> Done {
    Ok(ctx.files.file(fd)?.file.sync_all()?)
}

/// The record `fdstat`: kind, flags, rights, rights of what is opened through it.
pub(crate) fn fdstat_get(ctx: &mut WasiCtx, guest: &mut Guest<'_>, fd: u32, out: u32) -> Done {
    let mut inherited = ALL_RIGHTS;
    let (kind, flags, rights) = match ctx.files.get(fd)? {
        Descriptor::Stream(stream) => {
            let way = match stream.end.is_input() {
                true => RIGHT_READ,
                false => RIGHT_WRITE,
            };
            // A C library takes what it cannot seek in for a terminal, if the kind is right.
            let others = ALL_RIGHTS & !(RIGHT_READ | RIGHT_WRITE | RIGHT_SEEK | RIGHT_TELL);
            (
                stream.kind(),
                waiting_flag(stream.nonblocking),
                way | others,
            )
        }
        Descriptor::Socket(open) => {
            let rights = ALL_RIGHTS & !(RIGHT_SEEK | RIGHT_TELL);
            inherited = rights;
            (Kind::SocketStream, waiting_flag(open.nonblocking), rights)
        }
        Descriptor::File(open) => {
            let mut rights =
                ALL_RIGHTS & !(RIGHTS_ON_PATHS | RIGHT_SET_SIZE_BY_PATH | RIGHT_READDIR);
            inherited = rights;
            if !open.readable {
                rights &= !RIGHT_READ;
            }
            if !open.writable {
                rights &= !(RIGHT_WRITE | RIGHT_ALLOCATE | RIGHT_SET_SIZE);
            }
            (open.kind, open.flags, rights)
        }
        Descriptor::Dir(_) => (Kind::Directory, 0, DIRECTORY_RIGHTS),
    };
    let mut record = [0; 24];
    record[0] = kind as u8;
    record[2..4].copy_from_slice(&flags.to_le_bytes());
    record[8..16].copy_from_slice(&rights.to_le_bytes());
    record[16..24].copy_from_slice(&inherited.to_le_bytes());
    guest.write(out, &record)
}

pub(crate) fn fdstat_set_flags(ctx: &mut WasiCtx, _: &mut Guest<'_>, fd: u32, new: u32) -> Done {
    let new = flags_from(new)?;
    match ctx.files.get(fd)? {
        Descriptor::File(open) => open.set_flags(new),
        // The standard streams are others' as well, who would not expect them to change: it is this guest's only.
        Descriptor::Stream(stream) if stream.end.waits() => {
            stream.nonblocking = nonblocking(new)?;
            Ok(())
        }
        Descriptor::Socket(open) => {
            open.nonblocking = nonblocking(new)?;
            Ok(())
        }
        _ if new == 0 => Ok(()),
        _ => Err(Errno::Notsup),
    }
}

/// The flags of what can have no other.
fn waiting_flag(nonblocking: bool) -> u16 {
    match nonblocking {
        true => flags::NONBLOCK,
        false => 0,
    }
}

/// What the flags say of something that can have no other.
pub(crate) fn nonblocking(flags: u16) -> Result<bool, Errno> {
    match flags & !flags::NONBLOCK {
        0 => Ok(flags != 0),
        _ => Err(Errno::Notsup),
    }
}

/// Flags of a descriptor, all of them known.
pub(crate) fn flags_from(number: u32) -> Result<u16, Errno> {
    u16::try_from(number)
        .ok()
        .filter(|bits| bits & !flags::ALL == 0)
        .ok_or(Errno::Inval)
}

pub(crate) fn fdstat_set_rights(ctx: &mut WasiCtx, _: &mut Guest<'_>, fd: u32) -> Done {
    ctx.files.get(fd)?;
    Err(Errno::Notsup)
}

pub(crate) fn filestat_get(ctx: &mut WasiCtx, guest: &mut Guest<'_>, fd: u32, out: u32) -> Done {
    let stat = match ctx.files.get(fd)? {
        Descriptor::Stream(stream) => Stat::of_stream(stream.kind()),
        Descriptor::Socket(_) => Stat::of_stream(Kind::SocketStream),
        Descriptor::File(open) => open.file.metadata()?.into(),
        Descriptor::Dir(open) => open.dir.dir_metadata()?.into(),
    };
    guest.write(out, &stat.to_bytes())
}

pub(crate) fn filestat_set_size(ctx: &mut WasiCtx, _: &mut Guest<'_>, fd: u32, size: u64) -> Done {
    let open = writable(ctx, fd)?;
    Ok(open.file.set_len(size)?)
}

pub(crate) fn filestat_set_times(
    ctx: &mut WasiCtx,
    _: &mut Guest<'_>,
    fd: u32,
    accessed: u64,
    modified: u64,
    which: u32,
) -> Done {
    let times = times_from(accessed, modified, which)?;
    match ctx.files.get(fd)? {
        Descriptor::Stream(_) | Descriptor::Socket(_) => Err(Errno::Spipe),
        Descriptor::File(open) => set_times(&open.file, &times),
        Descriptor::Dir(open) => set_times(&open.dir, &times),
    }
}

/// Which times to set, and to what: for each of the two a bit for the given time and one for now.
pub(crate) fn times_from(accessed: u64, modified: u64, which: u32) -> Result<Timestamps, Errno> {
    const SECOND: u64 = 1_000_000_000;
    let time = |given: u64, bits: u32| {
        let (tv_sec, tv_nsec) = match bits & 3 {
            0 => (0, UTIME_OMIT),
            1 => ((given / SECOND) as i64, (given % SECOND) as i64),
            2 => (0, UTIME_NOW),
            _ => return Err(Errno::Inval),
        };
        Ok(Timespec { tv_sec, tv_nsec })
    };
    if which > 15 {
        return Err(Errno::Inval);
    }
    Ok(Timestamps {
        last_access: time(accessed, which)?,
        last_modification: time(modified, which >> 2)?,
    })
}

/// Sets the times of what a descriptor stands for, even if it was opened neither to be read nor to be
/// written.
pub(crate) fn set_times(file: impl AsFd, times: &Timestamps) -> Done {
    Ok(utimensat(file, c"", times, AtFlags::EMPTY_PATH)?)
}

fn readable(ctx: &mut WasiCtx, fd: u32) -> Result<&mut OpenFile, Errno> {
    let open = ctx.files.file(fd)?;
    if open.readable {
        Ok(open)
    } else {
        Err(Errno::Badf)
    }
}

fn writable(ctx: &mut WasiCtx, fd: u32) -> Result<&mut OpenFile, Errno> {
    let open = ctx.files.file(fd)?;
    if open.writable {
        Ok(open)
    } else {
        Err(Errno::Badf)
    }
}

/// Fills buffer after buffer until one is not filled.
pub(crate) fn read_buffers(
    guest: &mut Guest<'_>,
    list: u32,
    count: u32,
    out: u32,
    mut read: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
) -> Done {
    guest.read_u32(out)?;
    let mut total = 0u32;
    let mut copy = Vec::new();
    'buffers: for (mut pointer, mut length) in guest.buffers(list, count)? {
        loop {
            let filled = guest.fill(pointer, length, &mut copy, |bytes| {
                retry(|| read(bytes, u64::from(total)))
            });
            let (n, wanted) = match filled {
                Ok(filled) => filled,
                // What was read so far must reach the guest.
                Err(_) if total > 0 => break 'buffers,
                Err(errno) => return Err(errno),
            };
            total += n;
            if n < wanted {
                break 'buffers;
            }
            (pointer, length) = (pointer.wrapping_add(n), length - n);
            if length == 0 {
                break;
            }
        }
    }
    guest.write_u32(out, total)
}

/// Writes buffer after buffer until one is not taken whole.
pub(crate) fn write_buffers(
    guest: &mut Guest<'_>,
    list: u32,
    count: u32,
    out: u32,
    mut write: impl FnMut(&[u8], u64) -> io::Result<usize>,
) -> Done {
    guest.read_u32(out)?;
    let mut total = 0u32;
    let mut copy = Vec::new();
    'buffers: for (mut pointer, mut length) in guest.buffers(list, count)? {
        loop {
            let bytes = guest.lend(pointer, length, &mut copy)?;
            let n = match retry(|| write(bytes, u64::from(total))) {
                Ok(n) => n,
                Err(_) if total > 0 => break 'buffers,
                Err(errno) => return Err(errno),
            };
            total += n;
            if (n as usize) < bytes.len() {
                break 'buffers;
            }
            (pointer, length) = (pointer.wrapping_add(n), length - n);
            if length == 0 {
                break;
            }
        }
    }
    guest.write_u32(out, total)
}

/// Again, as long as a signal interrupts it. The count is at most the length of a guest's buffer.
pub(crate) fn retry(mut transfer: impl FnMut() -> io::Result<usize>) -> Result<u32, Errno> {
    loop {
        match transfer() {
            Ok(n) => return u32::try_from(n).map_err(|_| Errno::Overflow),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// A reader that reads only once: a second time might wait for what the guest has not asked for.
pub(crate) fn only_once(
    mut read: impl FnMut(&mut [u8]) -> io::Result<usize>,
) -> impl FnMut(&mut [u8], u64) -> io::Result<usize> {
    let mut done = false;
    move |bytes, _| {
        if bytes.is_empty() || std::mem::replace(&mut done, true) {
            return Ok(0);
        }
        read(bytes)
    }
}

/// What comes of a call that has done something, or would have to wait.
pub(crate) fn progress(
    done: Done,
    descriptor: &mut Descriptor,
    nonblocking: bool,
    write: bool,
) -> Attempt {
    match done {
        Err(Errno::Again) if !nonblocking => match descriptor.ready(write) {
            Ready::After(source) => Ok(Progress::Waits(Wait::of(source))),
            // It has come meanwhile.
            Ready::Now { .. } => Ok(Progress::Waits(Wait::turn())),
        },
        done => done.map(|()| Progress::Done),
    }
}

pub(crate) fn read(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    _: &mut Memo,
    fd: u32,
    list: u32,
    count: u32,
    out: u32,
) -> Attempt {
    let descriptor = ctx.files.get(fd)?;
    let (done, nonblocking) = match descriptor {
        Descriptor::Stream(stream) => {
            let nonblocking = stream.nonblocking;
            let done = match &mut stream.end {
                StreamEnd::Input(input) => {
                    let read = only_once(|bytes| input.read(bytes));
                    read_buffers(guest, list, count, out, read)
                }
                StreamEnd::PipeIn(pipe) => {
                    let read = only_once(|bytes| pipe.try_read(bytes));
                    read_buffers(guest, list, count, out, read)
                }
                StreamEnd::Host(input) => {
                    let read = only_once(|bytes| input.read(bytes, nonblocking));
                    read_buffers(guest, list, count, out, read)
                }
                StreamEnd::Output(_) | StreamEnd::PipeOut(_) => Err(Errno::Badf),
            };
            (done, nonblocking || !stream.end.waits())
        }
        Descriptor::Socket(open) => {
            let done = match &open.socket {
                Socket::Stream(stream) => {
                    let read = only_once(|bytes| stream.get_ref().read(bytes));
                    read_buffers(guest, list, count, out, read)
                }
                Socket::Listener(_) => Err(Errno::Notconn),
            };
            (done, open.nonblocking)
        }
        Descriptor::File(open) if open.readable => {
            let read = |bytes: &mut [u8], _| open.file.read(bytes);
            return read_buffers(guest, list, count, out, read).map(|()| Progress::Done);
        }
        Descriptor::File(_) => return Err(Errno::Badf),
        Descriptor::Dir(_) => return Err(Errno::Isdir),
    };
    progress(done, descriptor, nonblocking, false)
}

pub(crate) fn write(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    _: &mut Memo,
    fd: u32,
    list: u32,
    count: u32,
    out: u32,
) -> Attempt {
    let descriptor = ctx.files.get(fd)?;
    let (done, nonblocking) = match descriptor {
        Descriptor::Stream(stream) => {
            let done = match &mut stream.end {
                StreamEnd::Output(output) => {
                    let write = |bytes: &[u8], _| output.write(bytes);
                    let written = write_buffers(guest, list, count, out, write);
                    // The guest has buffered already if it wanted to.
                    written.and_then(|()| Ok(output.flush()?))
                }
                StreamEnd::PipeOut(pipe) => {
                    let write = |bytes: &[u8], _| pipe.try_write(bytes);
                    write_buffers(guest, list, count, out, write)
                }
                StreamEnd::Input(_) | StreamEnd::Host(_) | StreamEnd::PipeIn(_) => Err(Errno::Badf),
            };
            (done, stream.nonblocking || !stream.end.waits())
        }
        Descriptor::Socket(open) => {
            let done = match &open.socket {
                Socket::Stream(stream) => {
                    let write = |bytes: &[u8], _| stream.get_ref().write(bytes);
                    write_buffers(guest, list, count, out, write)
                }
                Socket::Listener(_) => Err(Errno::Notconn),
            };
            (done, open.nonblocking)
        }
        Descriptor::File(open) if open.writable => {
            let write = |bytes: &[u8], _| open.file.write(bytes);
            return write_buffers(guest, list, count, out, write).map(|()| Progress::Done);
        }
        Descriptor::File(_) => return Err(Errno::Badf),
        Descriptor::Dir(_) => return Err(Errno::Isdir),
    };
    progress(done, descriptor, nonblocking, true)
}

pub(crate) fn pread(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    fd: u32,
    list: u32,
    count: u32,
    offset: u64,
    out: u32,
) -> Done {
    let open = readable(ctx, fd)?;
    read_buffers(guest, list, count, out, |bytes, done| {
        open.file.read_at(bytes, position(offset, done)?)
    })
}

pub(crate) fn pwrite(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    fd: u32,
    list: u32,
    count: u32,
    offset: u64,
    out: u32,
) -> Done {
    let open = writable(ctx, fd)?;
    write_buffers(guest, list, count, out, |bytes, done| {
        open.file.write_at(bytes, position(offset, done)?)
    })
}

fn position(offset: u64, done: u64) -> io::Result<u64> {
    offset
        .checked_add(done)
        .ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

pub(crate) fn seek(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    fd: u32,
    delta: i64,
    whence: u32,
    out: u32,
) -> Done {
    let to = match whence {
        0 => SeekFrom::Start(u64::try_from(delta).map_err(|_| Errno::Inval)?),
        1 => SeekFrom::Current(delta),
        2 => SeekFrom::End(delta),
        _ => return Err(Errno::Inval),
    };
    let position = ctx.files.file(fd)?.file.seek(to)?;
    guest.write_u64(out, position)
}

pub(crate) fn tell(ctx: &mut WasiCtx, guest: &mut Guest<'_>, fd: u32, out: u32) -> Done {
    let position = ctx.files.file(fd)?.file.stream_position()?;
    guest.write_u64(out, position)
}

pub(crate) fn renumber(ctx: &mut WasiCtx, _: &mut Guest<'_>, from: u32, to: u32) -> Done {
    ctx.files.renumber(from, to)
}

/// The record `prestat`: 0 for a directory, and the length of its name; 1 for a listening socket, so that guests which count
/// up go on to what follows.
pub(crate) fn prestat_get(ctx: &mut WasiCtx, guest: &mut Guest<'_>, fd: u32, out: u32) -> Done {
    if let Ok(open) = ctx.files.socket(fd)
        && let Socket::Listener(_) = open.socket
    {
        return guest.write_u64(out, 1);
    }
    let length = match granted_name(ctx, fd) {
        Ok(name) => name.len(),
        Err(errno) => {
            ctx.miss_directories();
            return Err(errno);
        }
    };
    guest.write_u32(out, 0)?;
    let length_at = out.checked_add(4).ok_or(Errno::Fault)?;
    guest.write_u32(
        length_at,
        u32::try_from(length).map_err(|_| Errno::Overflow)?,
    )
}

pub(crate) fn prestat_dir_name(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    fd: u32,
    buffer: u32,
    length: u32,
) -> Done {
    let name = granted_name(ctx, fd)?.as_bytes();
    if (length as usize) < name.len() {
        return Err(Errno::Nametoolong);
    }
    guest.write(buffer, name)
}

/// Guests count up from 3 to find what they were granted, until this is an error.
fn granted_name(ctx: &mut WasiCtx, fd: u32) -> Result<&str, Errno> {
    match ctx.files.get(fd)? {
        Descriptor::Dir(open) => open.granted_as.as_deref().ok_or(Errno::Badf),
        _ => Err(Errno::Badf),
    }
}

/// Fills the buffer with entries from `cookie` on. The last may be cut off: a full buffer tells the
/// guest to come again.
pub(crate) fn readdir(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    fd: u32,
    buffer: u32,
    length: u32,
    cookie: u64,
    out: u32,
) -> Done {
    guest.read_u32(out)?;
    guest.check(buffer, length)?;
    let dir = ctx.files.dir(fd)?;
    let used = dir.read(cookie, length as usize, |at, bytes| {
        guest.write(buffer + at as u32, bytes)
    })?;
    guest.write_u32(out, used as u32)
}
