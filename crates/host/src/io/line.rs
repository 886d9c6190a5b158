//! The line between a process and one that it has forked: a socket whose number the child finds in its environment, as
//! Node's does. What `node/line.js` is built on.

use super::wire::{Ends, Wire};
use crate::files::throw;
use crate::raw;
use rquickjs::class::Trace;
use rquickjs::{Class, Ctx, JsLifetime, Result, Value};
use std::cell::RefCell;
use std::io::{self, ErrorKind, Write};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::sync::{LazyLock, Mutex, PoisonError};

/// What the environment calls the number of the socket, and how messages are written.
pub(crate) const NUMBER: &str = "NODE_CHANNEL_FD";
pub(crate) const MODE: &str = "NODE_CHANNEL_SERIALIZATION_MODE";

/// Held while a process is started, for in that time there may be a socket that only one of them is to have.
static STARTING: Mutex<()> = Mutex::new(());

/// Our end of a line.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct Line {
    #[qjs(skip_trace)]
    socket: UnixStream,
    #[qjs(skip_trace)]
    ends: RefCell<Option<Ends>>,
}

impl Line {
    fn open<'js>(ctx: &Ctx<'js>, socket: UnixStream) -> Result<Class<'js, Self>> {
        let open = || -> io::Result<Self> {
            socket.set_nonblocking(true)?;
            let stream = tokio::net::UnixStream::from_std(socket.try_clone()?)?;
            let ends = RefCell::new(Some(Ends::of(stream)));
            Ok(Self { socket, ends })
        };
        Class::instance(ctx.clone(), open().map_err(|error| throw(ctx, &error))?)
    }
}

#[rquickjs::methods]
impl Line {
    /// What reads, and writes in time; once.
    fn wire<'js>(&self, ctx: Ctx<'js>) -> Result<Option<Class<'js, Wire>>> {
        let ends = self.ends.take();
        ends.map(|ends| Wire::create(&ctx, ends)).transpose()
    }

    /// The other end reads what was written, and then that the line is over.
    fn close(&self) {
        // Who has closed the other end knows that already.
        let _known = self.socket.shutdown(Shutdown::Both);
    }

    /// Writes what can be written at once; gives how many bytes that were.
    #[qjs(rename = "writeNow")]
    fn write_now<'js>(&self, ctx: Ctx<'js>, bytes: Value<'js>) -> Result<usize> {
        let bytes = bident_js::hosting::copy_bytes(&ctx, &bytes)?;
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            match (&self.socket).write(rest) {
                Ok(count) => done += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(throw(&ctx, &error)),
            }
        }
        Ok(done)
    }
}

/// Starts a process; where it is to have a line to us, gives our end.
pub(super) fn start<C>(
    command: &mut Command,
    with_line: bool,
    spawn: impl FnOnce(&mut Command) -> io::Result<C>,
) -> io::Result<(C, Option<UnixStream>)> {
    let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if !with_line {
        return Ok((spawn(command)?, None));
    }
    let (ours, theirs) = UnixStream::pair()?;
    // It lives on in the new process, and here only until that has begun.
    rustix::io::fcntl_setfd(&theirs, rustix::io::FdFlags::empty())?;
    command.env(NUMBER, theirs.as_raw_fd().to_string());
    Ok((spawn(command)?, Some(ours)))
}

/// Our end as an object.
pub(super) fn object<'js>(ctx: &Ctx<'js>, socket: UnixStream) -> Result<Class<'js, Line>> {
    Line::open(ctx, socket)
}

/// The end that this process was started with.
static INHERITED: LazyLock<Mutex<Option<OwnedFd>>> = LazyLock::new(|| {
    let number = std::env::var(NUMBER).ok().and_then(|n| n.parse().ok());
    Mutex::new(number.and_then(raw::inherited_socket))
});

/// Whether there is a line to who has started this process, and nobody has it yet.
pub(crate) fn is_inherited() -> bool {
    let line = INHERITED.lock().unwrap_or_else(PoisonError::into_inner);
    line.is_some()
}

/// That line, once.
pub(crate) fn inherited(ctx: Ctx<'_>) -> Result<Option<Class<'_, Line>>> {
    let mut line = INHERITED.lock().unwrap_or_else(PoisonError::into_inner);
    let line = line.take();
    line.map(|line| Line::open(&ctx, line.into())).transpose()
}
