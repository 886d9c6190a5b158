//! What a guest has open: streams, files, directories; and the records that describe them.

use crate::dir::OpenDir;
use crate::errno::Errno;
use crate::pipe::{PipeReader, PipeWriter, Side};
use crate::wait::{HostInput, Socket, Source};
use cap_std::fs::{File, Metadata, MetadataExt};
use cap_std::time::SystemTime;
use rustix::fs::{FileType, OFlags, fcntl_setfl};
use std::io::{self, Read, Write};
use std::time::UNIX_EPOCH;

/// Most descriptors of one guest, so that it cannot use up those of the process.
const MAX_OPEN: usize = 1024;

/// Kinds of file, in the numbers of preview 1.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SocketStream = 6,
    SymbolicLink = 7,
}

impl From<FileType> for Kind {
    fn from(ty: FileType) -> Self {
        match ty {
            FileType::RegularFile => Self::RegularFile,
            FileType::Directory => Self::Directory,
            FileType::Symlink => Self::SymbolicLink,
            FileType::CharacterDevice => Self::CharacterDevice,
            FileType::BlockDevice => Self::BlockDevice,
            FileType::Socket => Self::SocketStream,
            FileType::Fifo | FileType::Unknown => Self::Unknown,
        }
    }
}

/// What a descriptor stands for.
pub(crate) enum Descriptor {
    Stream(Stream),
    File(OpenFile),
    Dir(OpenDir),
    Socket(OpenSocket),
}

/// Whether a descriptor can be read or written now.
pub(crate) enum Ready {
    /// So it is; and whether the other side is gone.
    Now { hangup: bool },
    /// Not before this has come.
    After(Source),
}

impl Ready {
    fn of((ready, hangup): (bool, bool), source: impl FnOnce() -> Option<Source>) -> Self {
        match ready {
            true => Self::Now { hangup },
            false => match source() {
                Some(source) => Self::After(source),
                // Nobody can tell when: whoever tries blocks.
                None => Self::Now { hangup: false },
            },
        }
    }
}

impl Descriptor {
    /// Whether it can be read, or written. What is never waited for always can.
    pub(crate) fn ready(&mut self, write: bool) -> Ready {
        match self {
            Self::Stream(stream) => stream.ready(write),
            Self::Socket(open) => {
                let socket = &open.socket;
                Ready::of(socket.is_ready(write), || Some(socket.waiting(write)))
            }
            Self::File(_) | Self::Dir(_) => Ready::Now { hangup: false },
        }
    }
}

/// A socket.
pub(crate) struct OpenSocket {
    pub(crate) socket: Socket,
    /// Whether the guest would rather be told than wait.
    pub(crate) nonblocking: bool,
}

/// A standard stream.
pub(crate) struct Stream {
    pub(crate) end: StreamEnd,
    /// Programs ask, to know how to buffer.
    pub(crate) terminal: bool,
    /// Whether the guest would rather be told than wait. The host's descriptor is as it was.
    pub(crate) nonblocking: bool,
}

/// Which way a stream goes.
pub(crate) enum StreamEnd {
    Input(Box<dyn Read + Send>),
    Output(Box<dyn Write + Send>),
    Host(HostInput),
    PipeIn(PipeReader),
    PipeOut(PipeWriter),
}

impl StreamEnd {
    /// Whether it is read, rather than written.
    pub(crate) fn is_input(&self) -> bool {
        matches!(self, Self::Input(_) | Self::Host(_) | Self::PipeIn(_))
    }

    /// Whether it may be something to wait for.
    pub(crate) fn waits(&self) -> bool {
        !matches!(self, Self::Input(_) | Self::Output(_))
    }
}

impl Stream {
    pub(crate) fn input(input: impl Read + Send + 'static, terminal: bool) -> Self {
        Self::new(StreamEnd::Input(Box::new(input)), terminal)
    }

    pub(crate) fn output(output: impl Write + Send + 'static, terminal: bool) -> Self {
        Self::new(StreamEnd::Output(Box::new(output)), terminal)
    }

    pub(crate) fn new(end: StreamEnd, terminal: bool) -> Self {
        Self {
            end,
            terminal,
            nonblocking: false,
        }
    }

    fn ready(&mut self, write: bool) -> Ready {
        match &mut self.end {
            StreamEnd::Host(input) if !write => Ready::of(input.is_ready(), || input.waiting()),
            StreamEnd::PipeIn(pipe) if !write => {
                let waiting = || Some(Source::Pipe(pipe.waiting(Side::Read)));
                Ready::of(pipe.is_ready(), waiting)
            }
            StreamEnd::PipeOut(pipe) if write => {
                let waiting = || Some(Source::Pipe(pipe.waiting(Side::Write)));
                Ready::of(pipe.is_ready(), waiting)
            }
            _ => Ready::Now { hangup: false },
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        if self.terminal {
            Kind::CharacterDevice
        } else {
            Kind::Unknown
        }
    }
}

/// Flags of a descriptor, in the numbers of preview 1.
pub(crate) mod flags {
    pub(crate) const APPEND: u16 = 1 << 0;
    pub(crate) const DSYNC: u16 = 1 << 1;
    pub(crate) const NONBLOCK: u16 = 1 << 2;
    pub(crate) const RSYNC: u16 = 1 << 3;
    pub(crate) const SYNC: u16 = 1 << 4;
    pub(crate) const ALL: u16 = APPEND | DSYNC | NONBLOCK | RSYNC | SYNC;
}

/// A file that was opened below a granted directory. It never waits: a FIFO or a device among the
/// files must not hold the host up.
pub(crate) struct OpenFile {
    pub(crate) file: File,
    pub(crate) kind: Kind,
    /// As the guest asked for them.
    pub(crate) flags: u16,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}

impl OpenFile {
    /// Changes the flags. As under POSIX, whether writing waits for the disk is decided when a file is
    /// opened.
    pub(crate) fn set_flags(&mut self, new: u16) -> Result<(), Errno> {
        if (new ^ self.flags) & (flags::DSYNC | flags::RSYNC | flags::SYNC) != 0 {
            return Err(Errno::Notsup);
        }
        let mut system = OFlags::NONBLOCK;
        system.set(OFlags::APPEND, new & flags::APPEND != 0);
        fcntl_setfl(&self.file, system)?;
        self.flags = new;
        Ok(())
    }
}

/// The descriptors of a guest by number.
pub(crate) struct Files(Vec<Option<Descriptor>>);

impl Files {
    pub(crate) fn new(descriptors: Vec<Descriptor>) -> Self {
        Self(descriptors.into_iter().map(Some).collect())
    }

    pub(crate) fn get(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        self.0
            .get_mut(fd as usize)
            .and_then(Option::as_mut)
            .ok_or(Errno::Badf)
    }

    pub(crate) fn file(&mut self, fd: u32) -> Result<&mut OpenFile, Errno> {
        match self.get(fd)? {
            Descriptor::File(file) => Ok(file),
            // A directory has no position and no size to set: this is the answer that guests expect.
            Descriptor::Dir(_) => Err(Errno::Badf),
            Descriptor::Stream(_) | Descriptor::Socket(_) => Err(Errno::Spipe),
        }
    }

    pub(crate) fn socket(&mut self, fd: u32) -> Result<&mut OpenSocket, Errno> {
        match self.get(fd)? {
            Descriptor::Socket(open) => Ok(open),
            _ => Err(Errno::Notsock),
        }
    }

    /// Whether there may be one more.
    pub(crate) fn has_room(&self) -> bool {
        self.0.len() < MAX_OPEN || self.0.iter().any(Option::is_none)
    }

    pub(crate) fn dir(&mut self, fd: u32) -> Result<&mut OpenDir, Errno> {
        match self.get(fd)? {
            Descriptor::Dir(dir) => Ok(dir),
            _ => Err(Errno::Notdir),
        }
    }

    /// The lowest free number for a new descriptor.
    pub(crate) fn add(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        let free = self.0.iter().position(Option::is_none);
        let fd = free.unwrap_or(self.0.len());
        if fd >= MAX_OPEN {
            return Err(Errno::Mfile);
        }
        if free.is_none() {
            self.0.push(None);
        }
        self.0[fd] = Some(descriptor);
        Ok(fd as u32)
    }

    pub(crate) fn close(&mut self, fd: u32) -> Result<Descriptor, Errno> {
        self.0
            .get_mut(fd as usize)
            .and_then(Option::take)
            .ok_or(Errno::Badf)
    }

    /// Gives the descriptor `from` the number `to`, whose own is closed.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        self.get(to)?;
        let descriptor = self.close(from)?;
        self.0[to as usize] = Some(descriptor);
        Ok(())
    }
}

/// The record `filestat`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stat {
    device: u64,
    inode: u64,
    pub(crate) kind: Kind,
    links: u64,
    size: u64,
    accessed: u64,
    modified: u64,
    changed: u64,
}

impl Stat {
    pub(crate) fn of_stream(kind: Kind) -> Self {
        Self {
            device: 0,
            inode: 0,
            kind,
            links: 1,
            size: 0,
            accessed: 0,
            modified: 0,
            changed: 0,
        }
    }

    pub(crate) fn to_bytes(self) -> [u8; 64] {
        let words = [
            self.device,
            self.inode,
            // One byte; the seven after it are padding.
            self.kind as u64,
            self.links,
            self.size,
            self.accessed,
            self.modified,
            self.changed,
        ];
        let mut bytes = [0; 64];
        for (chunk, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *chunk = word.to_le_bytes();
        }
        bytes
    }
}

impl From<Metadata> for Stat {
    fn from(metadata: Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            kind: FileType::from_raw_mode(metadata.mode()).into(),
            links: metadata.nlink(),
            size: metadata.len(),
            accessed: nanoseconds(metadata.accessed()),
            modified: nanoseconds(metadata.modified()),
            changed: changed(&metadata).unwrap_or(0),
        }
    }
}

/// When the file or what is known of it was last changed, in nanoseconds since 1970.
fn changed(metadata: &Metadata) -> Option<u64> {
    let seconds = u64::try_from(metadata.ctime()).ok()?;
    let rest = u64::try_from(metadata.ctime_nsec()).ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(rest)
}

/// Since 1970, or 0 if the system does not know or it was earlier.
fn nanoseconds(time: io::Result<SystemTime>) -> u64 {
    time.ok()
        .and_then(|time| time.into_std().duration_since(UNIX_EPOCH).ok())
        .and_then(|duration| u64::try_from(duration.as_nanos()).ok())
        .unwrap_or(0)
}
