//! Waiting until a call of a guest can go on: blocking the thread, or as a future.
//!
//! ```text
//!  attempt ── Done ──────────────────► the guest goes on
//!     ▲  └─── Waits(what for) ──┐
//!     └── blocked, or awaited ◄─┘
//! ```
//!
//! Times and descriptors of the system are watched by the thread of `async-io`: so any executor will do, and none.

use crate::errno;
use crate::pipe;
use async_io::{Async, Timer};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use std::fs::File;
use std::io::{self, IoSliceMut, Read};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Instant;

/// What came of a call.
pub(crate) enum Progress {
    Done,
    /// Nothing yet: it is to be made again once one of these has come.
    Waits(Wait),
}

/// What a call that may have to wait gives.
pub(crate) type Attempt = Result<Progress, errno::Errno>;

/// What a call remembers from its first attempt to the next.
#[derive(Default)]
pub(crate) struct Memo {
    /// When it began, if anybody asked.
    begun: Option<Instant>,
    asked: bool,
    /// How many bytes it has received, if it is to have them all.
    pub(crate) received: u32,
}

impl Memo {
    /// Whether this is asked for the first time.
    pub(crate) fn is_first(&mut self) -> bool {
        !std::mem::replace(&mut self.asked, true)
    }

    /// When the call began.
    pub(crate) fn begun(&mut self) -> Instant {
        *self.begun.get_or_insert_with(Instant::now)
    }
}

/// One thing that may come.
pub(crate) enum Source {
    Pipe(pipe::Waiting),
    System(Pin<Box<dyn Future<Output = io::Result<()>> + Send>>),
}

/// Ready once one of several things has come, or a time. It may be ready for nothing.
#[derive(Default)]
pub(crate) struct Wait {
    sources: Vec<Source>,
    until: Option<Instant>,
    timer: Option<Timer>,
    /// Where there is nothing to wait for, whether others have had their turn.
    gave_way: bool,
}

impl Wait {
    /// For others to have their turn.
    pub(crate) fn turn() -> Self {
        Self::default()
    }

    /// For one thing.
    pub(crate) fn of(source: Source) -> Self {
        Self {
            sources: vec![source],
            ..Self::default()
        }
    }

    /// Also for another.
    pub(crate) fn add(&mut self, source: Source) {
        self.sources.push(source);
    }

    /// Not longer than this.
    pub(crate) fn until(&mut self, time: Instant) {
        self.until = Some(self.until.map_or(time, |before| before.min(time)));
    }

    /// Blocks the thread.
    pub(crate) fn block(self) {
        match self.until {
            Some(until) if self.sources.is_empty() => {
                thread::sleep(until.saturating_duration_since(Instant::now()));
            }
            None if self.sources.is_empty() => thread::yield_now(),
            _ => async_io::block_on(self),
        }
    }
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if this.sources.is_empty() && this.until.is_none() {
            if std::mem::replace(&mut this.gave_way, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut ready = false;
        for source in &mut this.sources {
            ready |= match source {
                Source::Pipe(waiting) => Pin::new(waiting).poll(context).is_ready(),
                Source::System(future) => future.as_mut().poll(context).is_ready(),
            };
        }
        if let Some(until) = this.until {
            let timer = this.timer.get_or_insert_with(|| Timer::at(until));
            ready |= Pin::new(timer).poll(context).is_ready();
        }
        match ready {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

/// Whether a descriptor of the system is ready, and whether its other side is gone.
pub(crate) fn is_ready(fd: impl AsFd, write: bool) -> (bool, bool) {
    let wanted = match write {
        true => PollFlags::OUT,
        false => PollFlags::IN,
    };
    let mut fds = [PollFd::from_borrowed_fd(fd.as_fd(), wanted)];
    let now = Timespec::default();
    match poll(&mut fds, Some(&now)) {
        Ok(0) => (false, false),
        Ok(_) => {
            let hangup = PollFlags::HUP | PollFlags::ERR | PollFlags::RDHUP;
            (true, fds[0].revents().intersects(hangup))
        }
        // Whoever tries finds out.
        Err(_) => (true, false),
    }
}

/// An input of the host's, that others may read, too: so its descriptor stays as it is, and may block.
pub(crate) struct HostInput {
    file: File,
    /// The same, as it is watched, once it had to be.
    watched: Option<Arc<Async<File>>>,
}

impl HostInput {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        Self {
            file: fd.into(),
            watched: None,
        }
    }

    pub(crate) fn is_ready(&self) -> (bool, bool) {
        is_ready(&self.file, false)
    }

    /// Reads what is there.
    ///
    /// # Errors
    /// `WouldBlock`: nothing is there, and the guest would rather be told than wait, or the system tells when there is.
    pub(crate) fn read(&mut self, buffer: &mut [u8], nonblocking: bool) -> io::Result<usize> {
        if !self.is_ready().0 {
            if nonblocking || self.watched().is_some() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            return self.file.read(buffer);
        }
        // Another reader of the same input, in this process or not, may have taken it meanwhile.
        let flags = ReadWriteFlags::NOWAIT;
        match preadv2(&self.file, &mut [IoSliceMut::new(buffer)], u64::MAX, flags) {
            // A file that the system has to fetch from its disk is never waited for.
            Err(Errno::AGAIN) if nonblocking || self.watched().is_some() => {
                Err(io::ErrorKind::WouldBlock.into())
            }
            // Not with this kind of file, or on this system.
            Err(_) => self.file.read(buffer),
            Ok(read) => Ok(read),
        }
    }

    /// It as it is watched; `None` where the system cannot.
    fn watched(&mut self) -> Option<&Arc<Async<File>>> {
        if self.watched.is_none() {
            let file = self.file.try_clone().ok()?;
            self.watched = Some(Arc::new(Async::new_nonblocking(file).ok()?));
        }
        self.watched.as_ref()
    }

    /// What comes once it is ready; `None` where the system cannot tell.
    pub(crate) fn waiting(&mut self) -> Option<Source> {
        let watched = self.watched()?.clone();
        Some(Source::System(Box::pin(watched.readable_owned())))
    }
}

/// A socket that was handed in, or came from one.
pub(crate) enum Socket {
    Listener(Arc<Async<TcpListener>>),
    Stream(Arc<Async<TcpStream>>),
}

impl Socket {
    /// # Errors
    /// If the system cannot watch it.
    pub(crate) fn listener(listener: TcpListener) -> io::Result<Self> {
        Ok(Self::Listener(Arc::new(Async::new(listener)?)))
    }

    /// # Errors
    /// As for [`Self::listener`].
    pub(crate) fn stream(stream: TcpStream) -> io::Result<Self> {
        Ok(Self::Stream(Arc::new(Async::new(stream)?)))
    }

    pub(crate) fn is_ready(&self, write: bool) -> (bool, bool) {
        match self {
            Self::Listener(listener) => is_ready(listener.as_fd(), write),
            Self::Stream(stream) => is_ready(stream.as_fd(), write),
        }
    }

    /// What comes once it is ready.
    pub(crate) fn waiting(&self, write: bool) -> Source {
        Source::System(match (self, write) {
            (Self::Listener(listener), _) => Box::pin(listener.clone().readable_owned()),
            (Self::Stream(stream), false) => Box::pin(stream.clone().readable_owned()),
            (Self::Stream(stream), true) => Box::pin(stream.clone().writable_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A pipe of the system's, and what a guest has of it.
    fn input() -> (io::PipeWriter, io::PipeReader, HostInput) {
        let (reader, writer) = io::pipe().unwrap();
        let own = reader.try_clone().unwrap();
        (writer, reader, HostInput::new(own.into()))
    }

    #[test]
    fn an_input_takes_no_more_than_is_asked_for() {
        let (mut writer, mut other, mut input) = input();
        writer.write_all(b"hello").unwrap();
        let mut buffer = [0; 3];
        assert_eq!(input.read(&mut buffer, false).unwrap(), 3);
        assert_eq!(other.read(&mut buffer).unwrap(), 2);
        assert_eq!(&buffer[..2], b"lo");
    }

    #[test]
    fn an_input_that_is_empty_does_not_block() {
        let (writer, mut other, mut input) = input();
        let mut buffer = [0; 3];
        for nonblocking in [false, true] {
            let error = input.read(&mut buffer, nonblocking).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        }
        assert!(input.waiting().is_some());
        // Whether somebody has taken what was there does not matter.
        let taken = thread::spawn(move || {
            let mut byte = [0];
            (0..2000)
                .filter(|_| other.read(&mut byte).unwrap() == 1)
                .count()
        });
        let mut left = 4000;
        let mut writer = writer;
        for _ in 0..2000 {
            writer.write_all(b"xx").unwrap();
            while left > 2000 {
                match input.read(&mut buffer[..1], false) {
                    Ok(read) => left -= read,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
        while left > 2000 {
            match input.read(&mut buffer[..1], false) {
                Ok(read) => left -= read,
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
        }
        assert_eq!(taken.join().unwrap(), 2000);
        drop(writer);
        assert_eq!(input.read(&mut buffer, false).unwrap(), 0);
    }

    #[test]
    fn files_and_devices_are_never_waited_for() {
        for file in ["/dev/null", "/proc/self/cmdline"] {
            let file = File::open(file).unwrap();
            let mut input = HostInput::new(file.into());
            assert!(input.is_ready().0);
            assert!(input.read(&mut [0; 10], false).is_ok());
        }
        assert!(
            HostInput::new(File::open("/dev/null").unwrap().into())
                .waiting()
                .is_none()
        );
    }
}
