//! Sockets: those that were handed in, and the connections that come from them.

use super::fd::{flags_from, nonblocking, only_once, progress, read_buffers, write_buffers};
use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::fs::{Descriptor, OpenSocket};
use crate::guest::Guest;
use crate::wait::{Attempt, Memo, Progress, Socket};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

/// Flag of `sock_recv`: what is read stays there.
const PEEK: u32 = 1;
/// Another: wait until all buffers are full.
const WAIT_ALL: u32 = 2;

/// Bits of `sock_shutdown`.
const READ: u32 = 1;
const WRITE: u32 = 2;

/// `sock_accept`: the descriptor of a new connection.
pub(crate) fn accept(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    _: &mut Memo,
    fd: u32,
    flags: u32,
    out: u32,
) -> Attempt {
    guest.read_u32(out)?;
    let flags = nonblocking(flags_from(flags)?)?;
    let has_room = ctx.files.has_room();
    let open = ctx.files.socket(fd)?;
    let Socket::Listener(listener) = &open.socket else {
        return Err(Errno::Inval);
    };
    if !has_room {
        return Err(Errno::Mfile);
    }
    let accepted = match accept_one(listener.get_ref()) {
        Ok(accepted) => accepted,
        Err(error) => {
            let waits = open.nonblocking;
            return progress(Err(error.into()), ctx.files.get(fd)?, waits, false);
        }
    };
    let stream = OpenSocket {
        socket: Socket::stream(accepted)?,
        nonblocking: flags,
    };
    let fd = ctx.files.add(Descriptor::Socket(stream))?;
    guest.write_u32(out, fd)?;
    Ok(Progress::Done)
}

/// The next connection that is still there.
fn accept_one(listener: &std::net::TcpListener) -> io::Result<TcpStream> {
    loop {
        match listener.accept() {
            Ok((stream, _)) => return Ok(stream),
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted => {}
                _ => return Err(error),
            },
        }
    }
}

/// The connection behind a descriptor, and whether the guest would rather be told than wait.
fn stream(ctx: &mut WasiCtx, fd: u32) -> Result<(&TcpStream, bool), Errno> {
    let open = ctx.files.socket(fd)?;
    match &open.socket {
        Socket::Stream(stream) => Ok((stream.get_ref(), open.nonblocking)),
        Socket::Listener(_) => Err(Errno::Notconn),
    }
}

/// `sock_recv`. No flags come out: the data of a stream are never cut off.
#[expect(clippy::too_many_arguments, reason = "those of the function")]
pub(crate) fn recv(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    _: &mut Memo,
    fd: u32,
    list: u32,
    count: u32,
    flags: u32,
    out: u32,
    out_flags: u32,
) -> Attempt {
    let (stream, nonblocking) = stream(ctx, fd)?;
    if flags & !(PEEK | WAIT_ALL) != 0 {
        return Err(Errno::Inval);
    }
    if flags & WAIT_ALL != 0 {
        return Err(Errno::Notsup);
    }
    guest.write(out_flags, &0u16.to_le_bytes())?;
    let done = match flags & PEEK != 0 {
        true => {
            let peek = only_once(|bytes| stream.peek(bytes));
            read_buffers(guest, list, count, out, peek)
        }
        false => {
            let read = only_once(|bytes| (&mut &*stream).read(bytes));
            read_buffers(guest, list, count, out, read)
        }
    };
    progress(done, ctx.files.get(fd)?, nonblocking, false)
}

/// `sock_send`. There are no flags.
#[expect(clippy::too_many_arguments, reason = "those of the function")]
pub(crate) fn send(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    _: &mut Memo,
    fd: u32,
    list: u32,
    count: u32,
    flags: u32,
    out: u32,
) -> Attempt {
    let (stream, nonblocking) = stream(ctx, fd)?;
    if flags != 0 {
        return Err(Errno::Inval);
    }
    let write = |bytes: &[u8], _| (&mut &*stream).write(bytes);
    let done = write_buffers(guest, list, count, out, write);
    progress(done, ctx.files.get(fd)?, nonblocking, true)
}

/// `sock_shutdown`.
pub(crate) fn shutdown(
    ctx: &mut WasiCtx,
    _: &mut Guest<'_>,
    fd: u32,
    how: u32,
) -> Result<(), Errno> {
    let (stream, _) = stream(ctx, fd)?;
    const BOTH: u32 = READ | WRITE;
    let how = match how {
        READ => Shutdown::Read,
        WRITE => Shutdown::Write,
        BOTH => Shutdown::Both,
        _ => return Err(Errno::Inval),
    };
    Ok(stream.shutdown(how)?)
}
