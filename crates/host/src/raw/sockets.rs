//! A socket that the process was started with.

use std::fs::File;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::FileTypeExt;

/// Numbers below are for standard input, output and errors.
const FIRST: RawFd = 3;

/// The socket of this number, if it is one. Called once, before anything that is said to be the program's is closed.
pub(crate) fn inherited_socket(number: RawFd) -> Option<OwnedFd> {
    let place = format!("/dev/fd/{number}");
    let is_socket = std::fs::metadata(place).is_ok_and(|data| data.file_type().is_socket());
    if number < FIRST || !is_socket {
        return None;
    }
    // SAFETY: it is open; the environment says that whoever started this process has left it to the program, so nobody
    // else here owns it.
    let file = unsafe { File::from_raw_fd(number) };
    // Processes that this one starts do not have it.
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::CLOEXEC).ok()?;
    Some(file.into())
}
