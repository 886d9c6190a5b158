//! Files by their number, as programs name them.

use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{FromRawFd, IntoRawFd, RawFd};

/// Runs `f` with an open file. A number that is none is an error of each operation.
pub(crate) fn with<R>(fd: RawFd, f: impl FnOnce(&File) -> io::Result<R>) -> io::Result<R> {
    if fd < 0 {
        return Err(io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: not -1, which is all that the type asks of the bits; it is not closed at the end. Whose number it is
    // is for the program to know, as under any system: no memory depends on it.
    let file = ManuallyDrop::new(unsafe { File::from_raw_fd(fd) });
    f(&file)
}

/// The number of a file, which is then the program's to close.
pub(crate) fn number(file: File) -> RawFd {
    file.into_raw_fd()
}

/// Closes a number.
pub(crate) fn close(fd: RawFd) -> io::Result<()> {
    // SAFETY: the system checks the number.
    match unsafe { libc::close(fd) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
