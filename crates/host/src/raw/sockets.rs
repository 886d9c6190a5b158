//! A socket that the process was started with.

use std::os::fd::{BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::FileTypeExt;

/// Numbers below are for standard input, output and errors.
const FIRST: RawFd = 3;

/// Another descriptor of the socket of this number, if it is one. That one stays open: should somebody own it, it is
/// still theirs.
pub(crate) fn inherited_socket(number: RawFd) -> Option<OwnedFd> {
    let place = format!("/dev/fd/{number}");
    let is_socket = std::fs::metadata(place).is_ok_and(|data| data.file_type().is_socket());
    if number < FIRST || !is_socket {
        return None;
    }
    // SAFETY: it is open, as was just seen; the environment says that whoever started this process has left it open for
    // the program, so nobody else here knows it, who could close it in the meantime.
    let socket = unsafe { BorrowedFd::borrow_raw(number) };
    // Processes that this one starts do not have it.
    rustix::io::fcntl_setfd(socket, rustix::io::FdFlags::CLOEXEC).ok()?;
    rustix::io::fcntl_dupfd_cloexec(socket, FIRST).ok()
}
