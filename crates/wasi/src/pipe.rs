//! Pipes in memory, between a guest and its host, or between two guests.
//!
//! ```text
//!  PipeWriter ──► at most `capacity` bytes ──► PipeReader
//!      ▲ waits while it is full                    ▲ waits while it is empty
//! ```

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A pipe that holds at most so many bytes, at least one; they take memory only while they are there.
///
/// The one end is given to a guest ([`crate::WasiCtxBuilder::stdin_pipe`],
/// [`crate::WasiCtxBuilder::stdout_pipe`]); the other is the host's, or another guest's.
pub fn pipe(capacity: usize) -> (PipeWriter, PipeReader) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            bytes: VecDeque::new(),
            capacity: capacity.max(1),
            writers: 1,
            has_reader: true,
            blocked: 0,
            waiters: Vec::new(),
            numbers: 0,
        }),
        changed: Condvar::new(),
    });
    (PipeWriter(shared.clone()), PipeReader(shared))
}

/// Where bytes go into a [`pipe`]. The reader comes to the end once all clones are dropped.
///
/// As [`Write`] it blocks the thread while the pipe is full.
pub struct PipeWriter(Arc<Shared>);

/// Where bytes come out of a [`pipe`]. Writing fails once it is dropped.
///
/// As [`Read`] it blocks the thread while the pipe is empty.
pub struct PipeReader(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    bytes: VecDeque<u8>,
    capacity: usize,
    writers: usize,
    has_reader: bool,
    /// Threads that wait.
    blocked: usize,
    /// Futures that wait, by number.
    waiters: Vec<(u64, Waker)>,
    numbers: u64,
}

/// What somebody wants of a pipe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Read,
    Write,
}

impl State {
    fn is_ready(&self, side: Side) -> bool {
        match side {
            Side::Read => !self.bytes.is_empty() || self.writers == 0,
            Side::Write => self.bytes.len() < self.capacity || !self.has_reader,
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !buffer.is_empty() && !self.is_ready(Side::Read) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let read = self.bytes.read(buffer)?;
        if self.bytes.is_empty() {
            // A pipe that waits takes no memory.
            self.bytes = VecDeque::new();
        }
        Ok(read)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.has_reader {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let room = self.capacity - self.bytes.len();
        if room == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let taken = &bytes[..bytes.len().min(room)];
        let reserved = self.bytes.try_reserve(taken.len());
        reserved.map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.bytes.extend(taken);
        Ok(taken.len())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing of anybody else's runs while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something at once, and wakes who waits if that has changed anything.
    fn attempt<R>(&self, act: impl FnOnce(&mut State) -> io::Result<R>) -> io::Result<R> {
        let mut state = self.lock();
        let done = act(&mut state)?;
        self.tell(state);
        Ok(done)
    }

    /// Something has changed.
    fn tell(&self, mut state: MutexGuard<'_, State>) {
        let waiters = std::mem::take(&mut state.waiters);
        let blocked = state.blocked > 0;
        drop(state);
        if blocked {
            self.changed.notify_all();
        }
        for (_, waker) in waiters {
            waker.wake();
        }
    }

    /// Blocks the thread while an attempt would have to wait.
    fn block<R>(&self, mut act: impl FnMut(&mut State) -> io::Result<R>) -> io::Result<R> {
        let mut state = self.lock();
        loop {
            match act(&mut state) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    state.blocked += 1;
                    let waited = self.changed.wait(state);
                    state = waited.unwrap_or_else(PoisonError::into_inner);
                    state.blocked -= 1;
                }
                Ok(done) => {
                    self.tell(state);
                    return Ok(done);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl PipeReader {
    /// Reads what is there, as much as fits; 0 bytes at the end.
    ///
    /// # Errors
    /// `WouldBlock`: it is empty, and there is a writer.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.attempt(|state| state.read(buffer))
    }

    /// The same; waits while the pipe is empty.
    ///
    /// # Errors
    /// None now.
    pub async fn read_async(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.try_read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.waiting(Side::Read).await;
                }
                done => return done,
            }
        }
    }

    pub(crate) fn waiting(&self, side: Side) -> Waiting {
        Waiting::new(&self.0, side)
    }

    /// Whether there is something to read, or nothing will ever be; and whether that is so.
    pub(crate) fn is_ready(&self) -> (bool, bool) {
        let state = self.0.lock();
        let over = state.bytes.is_empty() && state.writers == 0;
        (state.is_ready(Side::Read), over)
    }
}

impl PipeWriter {
    /// Writes as much as there is room for.
    ///
    /// # Errors
    /// `WouldBlock`: it is full. `BrokenPipe`: the reader is gone. `OutOfMemory`.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.attempt(|state| state.write(bytes))
    }

    /// Writes all; waits while the pipe is full.
    ///
    /// # Errors
    /// `BrokenPipe`: the reader is gone. `OutOfMemory`. A part may have been written.
    pub async fn write_all_async(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.try_write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.waiting(Side::Write).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(crate) fn waiting(&self, side: Side) -> Waiting {
        Waiting::new(&self.0, side)
    }

    /// Whether there is room, or nobody reads any more; and whether that is so.
    pub(crate) fn is_ready(&self) -> (bool, bool) {
        let state = self.0.lock();
        (state.is_ready(Side::Write), !state.has_reader)
    }
}

impl Read for PipeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.block(|state| state.read(buffer))
    }
}

impl Write for PipeWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.block(|state| state.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Clone for PipeWriter {
    fn clone(&self) -> Self {
        self.0.lock().writers += 1;
        Self(self.0.clone())
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.writers -= 1;
        self.0.tell(state);
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.has_reader = false;
        state.bytes = VecDeque::new();
        self.0.tell(state);
    }
}

impl fmt::Debug for PipeWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PipeWriter")
    }
}

impl fmt::Debug for PipeReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PipeReader")
    }
}

/// Ready once it is worth a try.
pub(crate) struct Waiting {
    pipe: Arc<Shared>,
    side: Side,
    /// Its number, once it waits.
    number: Option<u64>,
}

impl Waiting {
    fn new(pipe: &Arc<Shared>, side: Side) -> Self {
        Self {
            pipe: pipe.clone(),
            side,
            number: None,
        }
    }
}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let waker = context.waker().clone();
        let this = &mut *self;
        let mut state = this.pipe.lock();
        if state.is_ready(this.side) {
            return Poll::Ready(());
        }
        let number = *this.number.get_or_insert_with(|| {
            state.numbers += 1;
            state.numbers
        });
        let known = state.waiters.iter().position(|waiter| waiter.0 == number);
        let before = match known {
            Some(at) => Some(std::mem::replace(&mut state.waiters[at].1, waker)),
            None => {
                state.waiters.push((number, waker));
                None
            }
        };
        drop(state);
        drop(before);
        Poll::Pending
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let mut state = self.pipe.lock();
        let waiter = state.waiters.iter().position(|waiter| waiter.0 == number);
        let waker = waiter.map(|at| state.waiters.swap_remove(at));
        drop(state);
        drop(waker);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::thread;

    #[test]
    fn bytes_come_out_as_they_went_in_and_no_more_than_fit() {
        let (writer, reader) = pipe(4);
        assert_eq!(writer.try_write(b"abcdef").unwrap(), 4);
        let full = writer.try_write(b"e").unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        let mut buffer = [0; 3];
        assert_eq!(reader.try_read(&mut buffer).unwrap(), 3);
        assert_eq!(&buffer, b"abc");
        assert_eq!(writer.try_write(b"e").unwrap(), 1);
        assert_eq!(reader.try_read(&mut buffer).unwrap(), 2);
        let empty = reader.try_read(&mut buffer).unwrap_err();
        assert_eq!(empty.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(reader.try_read(&mut []).unwrap(), 0);
        let second = writer.clone();
        drop(writer);
        assert!(reader.try_read(&mut buffer).is_err());
        drop(second);
        assert_eq!(reader.try_read(&mut buffer).unwrap(), 0, "the end");
    }

    #[test]
    fn who_waits_is_woken_by_the_other_side_and_forgotten_when_dropped() {
        let (mut writer, reader) = pipe(2);
        let mut waiting = pin!(reader.waiting(Side::Read));
        let context = &mut Context::from_waker(Waker::noop());
        assert!(waiting.as_mut().poll(context).is_pending());
        assert!(waiting.as_mut().poll(context).is_pending());
        assert_eq!(reader.0.lock().waiters.len(), 1);
        let mut other = Box::pin(reader.waiting(Side::Read));
        assert!(other.as_mut().poll(context).is_pending());
        drop(other);
        assert_eq!(reader.0.lock().waiters.len(), 1);
        writer.write_all(b"x").unwrap();
        assert!(waiting.as_mut().poll(context).is_ready());
    }

    #[test]
    fn threads_wait_for_each_other() {
        let (mut writer, mut reader) = pipe(3);
        let sent: Vec<u8> = (0..10_000).map(|i| i as u8).collect();
        let expected = sent.clone();
        let sender = thread::spawn(move || writer.write_all(&sent).unwrap());
        let mut received = Vec::new();
        reader.read_to_end(&mut received).unwrap();
        sender.join().unwrap();
        assert_eq!(received, expected);
        let (mut writer, reader) = pipe(1);
        drop(reader);
        let gone = writer.write_all(b"x").unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::BrokenPipe);
    }
}
