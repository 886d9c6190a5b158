//! The one error type.

use crate::backtrace::FrameInfo;
use crate::exception::Exception;
use crate::outcome::ParkedCall;
use crate::vm::frames::{Frame, MOST_FRAMES};
use crate::vm::store::StoreOpaque;
use bident_abi::TrapCode;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

/// What kind of thing went wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The module is malformed or invalid, or exceeds a limit of the compiler.
    Compile,
    /// An import is missing or of another type than the module asks for.
    Link,
    /// WebAssembly trapped, or a host function was given a pointer or an index out of bounds: see
    /// [`crate::Memory::read`].
    Trap(TrapCode),
    /// WebAssembly threw an exception that nobody caught, or the embedder throws one.
    Exception,
    /// A host function failed, or the embedder made the error.
    Host,
    /// A host function answered that it is pending where nobody can wait: a host frame that cannot be
    /// parked lies between it and the `start` that could.
    Barrier,
    /// A task was cancelled, or its set was dropped.
    Cancelled,
    /// A limit of the engine's configuration, or of the system, was reached.
    Limit,
    /// The embedder passed something of the wrong type, or of another store or engine.
    Usage,
    /// The machine, or how the process was started, does not allow what the engine does.
    Platform,
}

/// An error of the engine, or one of the embedder's that passed through WebAssembly.
///
/// One word in size. Its text is the message, followed by the WebAssembly backtrace where there is
/// one; `{:#}` leaves the backtrace out.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    cause: Cause,
    backtrace: Vec<FrameInfo>,
    /// Whether there were more frames than `backtrace` has.
    truncated: bool,
    /// The call that was to go on, but did not.
    parked: Option<ParkedCall>,
    /// Whether the system had no room for something.
    of_system: bool,
    /// Whether there may be room once what nothing reaches was given back.
    full: bool,
}

enum Cause {
    Message(String),
    Exception(Exception),
    Error(Box<dyn StdError + Send + Sync>),
    /// One that several calls fail with.
    Shared(Arc<Error>),
}

impl Error {
    fn of(kind: ErrorKind, cause: Cause) -> Self {
        Self(Box::new(Inner {
            kind,
            cause,
            backtrace: Vec::new(),
            truncated: false,
            parked: None,
            of_system: false,
            full: false,
        }))
    }

    fn message(kind: ErrorKind, message: impl fmt::Display) -> Self {
        Self::of(kind, Cause::Message(text(&message)))
    }

    /// An error of the embedder's; [`Error::downcast_ref`] finds it again.
    pub fn new(error: impl StdError + Send + Sync + 'static) -> Self {
        Self::of(ErrorKind::Host, Cause::Error(Box::new(error)))
    }

    /// An error of the embedder's that is only a text.
    pub fn msg(message: impl fmt::Display) -> Self {
        Self::message(ErrorKind::Host, message)
    }

    pub(crate) fn link(message: impl fmt::Display) -> Self {
        Self::message(ErrorKind::Link, message)
    }

    pub(crate) fn limit(message: impl fmt::Display) -> Self {
        Self::message(ErrorKind::Limit, message)
    }

    /// The system has no room for something: less may help.
    pub(crate) fn exhausted(message: impl fmt::Display) -> Self {
        let mut error = Self::limit(message);
        error.0.of_system = true;
        error
    }

    /// The store has as many of something as it may: less may help.
    pub(crate) fn full(message: impl fmt::Display) -> Self {
        let mut error = Self::limit(message);
        error.0.full = true;
        error
    }

    /// Whether it may work once what nothing reaches was given back.
    pub(crate) fn may_find_room(&self) -> bool {
        self.0.of_system || self.0.full
    }

    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::message(ErrorKind::Usage, message)
    }

    /// The same error where no WebAssembly is to catch it: an exception is only the reason of another error then.
    pub(crate) fn past_catches(self) -> Self {
        match self.exception() {
            Some(_) => Self::new(self),
            None => self,
        }
    }

    /// The same error, which says first what it is about.
    pub(crate) fn about(self, what: impl fmt::Display) -> Self {
        let mut error = Self::message(self.0.kind, format_args!("{what}: {self:#}"));
        (error.0.of_system, error.0.full) = (self.0.of_system, self.0.full);
        error
    }

    /// The guest gave a host function a pointer or an index that is out of bounds, or a module has a
    /// segment that is.
    pub(crate) fn out_of_bounds(code: TrapCode, what: impl fmt::Display) -> Self {
        let message = format_args!("{}: {what}", code.message());
        Self::message(ErrorKind::Trap(code), message)
    }

    pub(crate) fn compile(error: impl StdError + Send + Sync + 'static) -> Self {
        Self::of(ErrorKind::Compile, Cause::Error(Box::new(error)))
    }

    pub(crate) fn of_text(message: impl fmt::Display) -> Self {
        Self::message(ErrorKind::Compile, message)
    }

    pub(crate) fn barrier(function: impl fmt::Display) -> Self {
        Self::message(
            ErrorKind::Barrier,
            format!(
                "{function} answered that it is pending, but the innermost call from the host into \
                 WebAssembly cannot be parked: it was not begun with `start`"
            ),
        )
    }

    /// A call that somebody drives has met a host function that is not async.
    pub(crate) fn pending_without_a_future(function: impl fmt::Display) -> Self {
        Self::message(
            ErrorKind::Barrier,
            format!(
                "{function} answered that it is pending, but nobody would resume the call: it was begun as a \
                 task, or with `call_async`, where only async host functions may wait"
            ),
        )
    }

    pub(crate) fn cancelled(message: impl fmt::Display) -> Self {
        Self::message(ErrorKind::Cancelled, message)
    }

    pub(crate) fn platform(message: impl fmt::Display) -> Self {
        Self::message(ErrorKind::Platform, message)
    }

    /// What to do with the system's answer that it has no memory for something.
    pub(crate) fn no_memory(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::exhausted(format!("no memory for {what}: {error}"))
    }

    /// A stacklet could not be had.
    pub(crate) fn stack(error: bident_stack::Error) -> Self {
        Self::of(ErrorKind::Limit, Cause::Error(Box::new(error)))
    }

    /// The same where WebAssembly wanted the stacklet: a trap.
    pub(crate) fn stack_trap(error: bident_stack::Error) -> Self {
        match error {
            bident_stack::Error::StackletLimit => TrapCode::StackOverflow.into(),
            _ => TrapCode::StackMemoryExhausted.into(),
        }
    }

    /// The same error once more, for another call; its frames are that call's.
    pub(crate) fn shared(error: &Arc<Self>) -> Self {
        Self::of(error.kind(), Cause::Shared(error.clone()))
    }

    /// An exception that nobody has caught.
    pub(crate) fn uncaught(store: &mut StoreOpaque, exn: u64) -> Self {
        Exception::from_word(store, exn).into()
    }

    /// The exception, if it is one: thrown by WebAssembly and not caught, or made by the embedder.
    pub fn exception(&self) -> Option<&Exception> {
        match &self.0.cause {
            Cause::Exception(exception) => Some(exception),
            Cause::Shared(error) => error.exception(),
            _ => None,
        }
    }

    pub(crate) fn of_exception(kind: ErrorKind, exception: Exception) -> Self {
        Self::of(kind, Cause::Exception(exception))
    }

    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether it is the system that had no room for something, rather than a limit of the configuration or of
    /// a type: it may work once something was given back.
    pub fn is_of_system(&self) -> bool {
        self.0.of_system
    }

    /// The trap, if it is one.
    pub fn trap(&self) -> Option<TrapCode> {
        match self.0.kind {
            ErrorKind::Trap(code) => Some(code),
            _ => None,
        }
    }

    /// WebAssembly frames at the place it happened, innermost first; at most 100.
    pub fn backtrace(&self) -> &[FrameInfo] {
        &self.0.backtrace
    }

    /// The embedder's error in it, if it has this type.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        match &self.0.cause {
            Cause::Error(error) => error.downcast_ref(),
            Cause::Shared(error) => error.downcast_ref(),
            _ => None,
        }
    }

    /// The embedder's error in it, if it has this type.
    ///
    /// # Errors
    /// Gives the error back otherwise; also one that calls share which waited for the same load.
    pub fn downcast<E: StdError + 'static>(mut self) -> Result<E, Self> {
        match self.0.cause {
            Cause::Error(error) => match error.downcast() {
                Ok(error) => Ok(*error),
                Err(error) => {
                    self.0.cause = Cause::Error(error);
                    Err(self)
                }
            },
            _ => Err(self),
        }
    }

    /// The call that was to go on, where [`ParkedCall::resume`] or [`ParkedCall::throw`] failed before
    /// WebAssembly did: it is still parked. It is cancelled when the error is dropped with it.
    pub fn take_parked(&mut self) -> Option<ParkedCall> {
        self.0.parked.take()
    }

    pub(crate) fn with_parked(mut self, parked: ParkedCall) -> Self {
        self.0.parked = Some(parked);
        self
    }

    /// Adds the frames, unless the error has some already: the innermost place is what matters.
    pub(crate) fn with_backtrace(mut self, frames: Vec<Frame>) -> Self {
        if self.0.backtrace.is_empty() {
            self.0.truncated = frames.len() > MOST_FRAMES;
            let kept = frames.into_iter().take(MOST_FRAMES);
            self.0.backtrace = kept.map(FrameInfo::new).collect();
        }
        self
    }
}

/// The words of a message. A guest may have chosen some: what there is no memory for is left out.
fn text(message: &impl fmt::Display) -> String {
    struct Text(String);
    impl fmt::Write for Text {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0.try_reserve(part.len()).map_err(|_| fmt::Error)?;
            self.0.push_str(part);
            Ok(())
        }
    }
    let mut text = Text(String::new());
    let _cut_off = fmt::write(&mut text, format_args!("{message}"));
    text.0
}

impl From<TrapCode> for Error {
    /// A trap. A host function that returns it traps as an instruction would.
    fn from(code: TrapCode) -> Self {
        Self::message(ErrorKind::Trap(code), code.message())
    }
}

impl From<io::Error> for Error {
    /// As [`Error::new`].
    fn from(error: io::Error) -> Self {
        Self::new(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.cause {
            Cause::Message(message) => f.write_str(message)?,
            Cause::Error(error) => error.fmt(f)?,
            Cause::Exception(exception) => exception.fmt(f)?,
            Cause::Shared(error) => write!(f, "{error:#}")?,
        }
        if !f.alternate() && !self.0.backtrace.is_empty() {
            f.write_str("\nwasm backtrace:")?;
            for (i, frame) in self.0.backtrace.iter().enumerate() {
                write!(f, "\n{i:>5}: {frame}")?;
            }
            if self.0.truncated {
                f.write_str("\n  ...: more frames")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl StdError for Error {
    /// The embedder's error itself, whose text this error has too. Of an error that several calls failed with: the same.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.cause {
            Cause::Error(error) => Some(&**error),
            Cause::Shared(error) => error.source(),
            _ => None,
        }
    }
}
