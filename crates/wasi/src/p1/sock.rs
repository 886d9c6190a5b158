//! Sockets: those that were handed in, and the connections that come from them.

use super::fd::{flags_from, nonblocking, only_once, progress, read_buffers, retry, write_buffers};
use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::fs::{Descriptor, OpenSocket};
use crate::guest::Guest;
use crate::wait::{Attempt, Memo, Progress, Socket, Wait};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

/// Flag of `sock_recv`: what is read stays there.
const PEEK: u32 = 1;
/// Another: wait until all buffers are full.
const WAIT_ALL: u32 = 2;

/// Most bytes that a call takes at a time which waits for all: then others have their turn.
const TURN: u32 = 1 << 20;

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

/// `sock_recv`. No flags come out: the data of a stream are never cut off. As under POSIX, who does not take what is there
/// does not wait for all either.
#[expect(clippy::too_many_arguments, reason = "those of the function")]
pub(crate) fn recv(
    ctx: &mut WasiCtx,
    guest: &mut Guest<'_>,
    memo: &mut Memo,
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
    guest.write(out_flags, &0u16.to_le_bytes())?;
    let done = match flags {
        WAIT_ALL => {
            guest.read_u32(out)?;
            match receive_all(stream, guest, &mut memo.received, list, count)? {
                Received::Part if memo.received == 0 || !nonblocking => Err(Errno::Again),
                Received::All | Received::Part => guest.write_u32(out, memo.received),
                Received::Turn => return Ok(Progress::Waits(Wait::turn())),
            }
        }
        0 => {
            let read = only_once(|bytes| (&mut &*stream).read(bytes));
            read_buffers(guest, list, count, out, read)
        }
        _ => {
            let peek = only_once(|bytes| stream.peek(bytes));
            read_buffers(guest, list, count, out, peek)
        }
    };
    progress(done, ctx.files.get(fd)?, nonblocking, false)
}

/// How far a call came that waits for all.
enum Received {
    /// The buffers are full, or no more will come.
    All,
    /// Nothing more is there now.
    Part,
    /// It has taken enough for this time.
    Turn,
}

/// Goes on to fill buffers of which so many bytes are full.
fn receive_all(
    mut stream: &TcpStream,
    guest: &mut Guest<'_>,
    received: &mut u32,
    list: u32,
    count: u32,
) -> Result<Received, Errno> {
    let (mut full, enough) = (*received, received.saturating_add(TURN));
    let mut copy = Vec::new();
    for (pointer, length) in guest.buffers(list, count)? {
        let mut at = full.min(length);
        full -= at;
        while at < length {
            if *received >= enough {
                return Ok(Received::Turn);
            }
            let rest = (length - at).min(TURN);
            let filled = guest.fill(pointer.wrapping_add(at), rest, &mut copy, |bytes| {
                retry(|| stream.read(bytes))
            });
            match filled {
                Ok((0, _)) => return Ok(Received::All),
                Ok((more, _)) => {
                    at += more;
                    *received += more;
                }
                Err(Errno::Again) => return Ok(Received::Part),
                // What came before must reach the guest.
                Err(_) if *received > 0 => return Ok(Received::All),
                Err(errno) => return Err(errno),
            }
        }
    }
    Ok(Received::All)
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
