//! The error numbers that a guest sees.

use rustix::io::Errno as Os;
use std::io;

macro_rules! errnos {
    ($($(#[$doc:meta])* $name:ident = $number:literal $(= $($os:ident)|+)?;)*) => {
        /// Why a call failed, in the words and numbers of preview 1.
        #[repr(u16)]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Errno {
            $($(#[$doc])* $name = $number,)*
        }

        impl Errno {
            fn from_os(error: Os) -> Option<Self> {
                Some(match error {
                    $($($(Os::$os)|+ => Self::$name,)?)*
                    _ => return None,
                })
            }
        }
    };
}

errnos! {
    Acces = 2 = ACCESS;
    Addrinuse = 3 = ADDRINUSE;
    Again = 6 = AGAIN;
    Badf = 8 = BADF;
    Busy = 10 = BUSY;
    Connaborted = 13 = CONNABORTED;
    Connreset = 15 = CONNRESET;
    Dquot = 19 = DQUOT;
    Exist = 20 = EXIST;
    /// An address outside the guest's memory.
    Fault = 21 = FAULT;
    Fbig = 22 = FBIG;
    /// A path that is not UTF-8.
    Ilseq = 25 = ILSEQ;
    Intr = 27 = INTR;
    Inval = 28 = INVAL;
    Io = 29 = IO;
    Isdir = 31 = ISDIR;
    Loop = 32 = LOOP;
    Mfile = 33 = MFILE;
    Mlink = 34 = MLINK;
    Nametoolong = 37 = NAMETOOLONG;
    Nfile = 41 = NFILE;
    Nodev = 43 = NODEV;
    Noent = 44 = NOENT;
    Nomem = 48 = NOMEM;
    Nospc = 51 = NOSPC;
    Nosys = 52 = NOSYS;
    Notconn = 53 = NOTCONN;
    Notdir = 54 = NOTDIR;
    Notempty = 55 = NOTEMPTY;
    Notsock = 57 = NOTSOCK;
    Notsup = 58 = OPNOTSUPP;
    Nxio = 60 = NXIO;
    Overflow = 61 = OVERFLOW;
    /// Also of a path that leads out of its directory.
    Perm = 63 = PERM;
    Pipe = 64 = PIPE;
    Range = 68 = RANGE;
    Rofs = 69 = ROFS;
    Spipe = 70 = SPIPE;
    Stale = 72 = STALE;
    Timedout = 73 = TIMEDOUT;
    Txtbsy = 74 = TXTBSY;
    Xdev = 75 = XDEV;
}

impl From<Os> for Errno {
    fn from(error: Os) -> Self {
        Self::from_os(error).unwrap_or(Self::Io)
    }
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        if let Some(errno) = Os::from_io_error(&error) {
            return errno.into();
        }
        match error.kind() {
            // The system did not say this; cap-std did, of a path that leads outside.
            io::ErrorKind::PermissionDenied => Self::Perm,
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename => Self::Inval,
            io::ErrorKind::NotFound => Self::Noent,
            io::ErrorKind::AlreadyExists => Self::Exist,
            io::ErrorKind::NotADirectory => Self::Notdir,
            io::ErrorKind::IsADirectory => Self::Isdir,
            io::ErrorKind::WouldBlock => Self::Again,
            io::ErrorKind::OutOfMemory => Self::Nomem,
            io::ErrorKind::BrokenPipe => Self::Pipe,
            io::ErrorKind::Unsupported => Self::Notsup,
            io::ErrorKind::WriteZero | io::ErrorKind::StorageFull => Self::Nospc,
            _ => Self::Io,
        }
    }
}
