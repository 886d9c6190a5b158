//! Compiled code in files: mapped, so that only what is used costs.

use crate::error::Error;
use crate::image::{Image, Origin, Text};
use crate::vm::code::shorten;
use bident_compile::Tables;
use bident_stack::Transfers;
use bident_stack::os::{self, Access};
use bytes::Bytes;
use std::fs::File;
use std::{io, slice};

/// A file that can be read as memory.
struct Mapped {
    start: *mut u8,
    size: usize,
}

// SAFETY: nobody writes the pages.
unsafe impl Send for Mapped {}
// SAFETY: as above.
unsafe impl Sync for Mapped {}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the pages are there as long as the value, and whoever mapped the file (`map`) knows that nobody
        // changes it.
        unsafe { slice::from_raw_parts(self.start, self.size) }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: mapped by `map`, and nobody has a reference.
        unsafe { os::unmap(self.start, self.size) };
    }
}

/// The content of a file.
///
/// # Safety
/// Nobody changes it as long as it is used.
unsafe fn map(file: &File) -> io::Result<Bytes> {
    let size = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    if size == 0 {
        return Ok(Bytes::new());
    }
    let start = os::map_file(file, 0, size)?;
    Ok(Bytes::from_owner(Mapped { start, size }))
}

/// The content of a file of the cache, which nobody but a program of this user, which is this one, can have written.
pub(crate) fn map_own(file: &File) -> io::Result<Bytes> {
    // SAFETY: `directory.rs` checked whose it is when it was opened, and replaces files, but never writes to one that has
    // its name already.
    unsafe { map(file) }
}

/// Reads such a file of compiled code.
pub(crate) fn read_own(file: File, origin: &Origin, key: &[u8; 32]) -> Result<Image, Error> {
    let bytes = map_own(&file).map_err(Error::new)?;
    Image::read(bytes, Some(file), origin, Some(key))
}

/// Reads a file of compiled code.
///
/// # Safety
/// Nobody changes it as long as the image, or what is made of it, is used.
pub(crate) unsafe fn read_file(file: File, origin: &Origin) -> Result<Image, Error> {
    // SAFETY: passed on to the caller.
    let bytes = unsafe { map(&file) }.map_err(Error::new)?;
    Image::read(bytes, Some(file), origin, None)
}

/// Puts machine code where it is to run, and leads its jumps to transfer stubs there. Then it can be executed, and
/// nobody can write it any more.
///
/// # Safety
/// The pages from `address` on, as many as the text needs, are the caller's, and nobody uses them. The text is
/// machine code, and the tables are its own.
pub(super) unsafe fn place(
    text: &Text,
    tables: &Tables,
    address: *mut u8,
    stubs: &Transfers,
) -> Result<(), Error> {
    let length = text.bytes.len();
    let size = length.next_multiple_of(os::page_size());
    let jumps: Vec<_> = tables
        .transfers()
        .map(|jump| (jump.at, jump.stub))
        .collect();
    if let (Some((file, offset)), true) = (&text.file, jumps.is_empty()) {
        let access = Access::ReadExecute;
        // SAFETY: passed on to the caller.
        match unsafe { os::map_file_at(address, size, access, file, *offset) } {
            Ok(()) => return Ok(()),
            // Where files cannot be executed, copies can: this is found out before any page goes.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(Error::no_memory("machine code")(error)),
        }
    }
    // SAFETY: passed on to the caller; the pages become executable, for good, after they were written.
    let placed = unsafe {
        os::protect(address, size, Access::ReadWrite).and_then(|()| {
            address.copy_from_nonoverlapping(text.bytes.as_ptr(), length);
            let code = slice::from_raw_parts_mut(address, length);
            shorten(code, address.addr(), &jumps, stubs);
            os::protect(address, size, Access::ReadExecute)
        })
    };
    placed.map_err(Error::no_memory("machine code"))
}

/// Undoes what leads jumps to transfer stubs, in a copy of code.
pub(super) fn restore(code: &mut [u8], tables: &Tables) {
    for jump in tables.transfers() {
        let place = code
            .get_mut(jump.at as usize..)
            .and_then(|rest| rest.first_chunk_mut());
        if let Some(place) = place {
            *place = jump.without.to_le_bytes();
        }
    }
}
