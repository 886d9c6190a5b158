//! Checked views of a guest's memory. Pointers and lengths come from the guest: any may be wrong.

use crate::errno::Errno;
use bident::SharedMemory;
use std::borrow::Cow;
use std::ops::Range;

/// Most buffers of one vectored read or write; more is an error, as under POSIX.
const MAX_BUFFERS: u32 = 1024;

/// Bytes of a path with the zero that ends it: Linux's `PATH_MAX`.
const MAX_PATH: usize = 4096;

/// Most bytes that are copied at once where memory cannot be lent to the system.
const CHUNK: usize = 1 << 15;

/// A guest's linear memory for the time of one call.
pub(crate) struct Guest<'a>(Bytes<'a>);

enum Bytes<'a> {
    /// Nobody else uses it meanwhile: the system may read and write it.
    Own(&'a mut [u8]),
    /// Other threads may be writing it: all goes through copies.
    Shared(SharedMemory),
}

impl<'a> Guest<'a> {
    pub(crate) fn new(memory: &'a mut [u8]) -> Self {
        Self(Bytes::Own(memory))
    }

    pub(crate) fn shared(memory: SharedMemory) -> Self {
        Self(Bytes::Shared(memory))
    }

    fn size(&self) -> usize {
        match &self.0 {
            Bytes::Own(memory) => memory.len(),
            Bytes::Shared(memory) => memory.data_size(),
        }
    }

    fn range(&self, pointer: u32, length: usize) -> Result<Range<usize>, Errno> {
        let start = pointer as usize;
        let end = start.checked_add(length).ok_or(Errno::Fault)?;
        if end > self.size() {
            Err(Errno::Fault)
        } else {
            Ok(start..end)
        }
    }

    /// Whether there are such bytes.
    pub(crate) fn check(&self, pointer: u32, length: u32) -> Result<(), Errno> {
        self.range(pointer, length as usize).map(drop)
    }

    /// Bytes for the system to read: all of a range, or where they have to be copied a first part of it, to
    /// `copy`.
    pub(crate) fn lend<'b>(
        &'b self,
        pointer: u32,
        length: u32,
        copy: &'b mut Vec<u8>,
    ) -> Result<&'b [u8], Errno> {
        let range = self.range(pointer, length as usize)?;
        match &self.0 {
            Bytes::Own(memory) => Ok(&memory[range]),
            Bytes::Shared(memory) => {
                copy.resize(range.len().min(CHUNK), 0);
                memory.read(range.start, copy).map_err(|_| Errno::Fault)?;
                Ok(copy)
            }
        }
    }

    /// Lets the system write to a range, or to a first part of it that is copied there: gives how many bytes
    /// it wrote, and how many it could have.
    pub(crate) fn fill(
        &mut self,
        pointer: u32,
        length: u32,
        copy: &mut Vec<u8>,
        write: impl FnOnce(&mut [u8]) -> Result<u32, Errno>,
    ) -> Result<(u32, u32), Errno> {
        let range = self.range(pointer, length as usize)?;
        match &mut self.0 {
            Bytes::Own(memory) => Ok((write(&mut memory[range])?, length)),
            Bytes::Shared(memory) => {
                copy.resize(range.len().min(CHUNK), 0);
                let written = write(copy)?;
                memory
                    .write(range.start, &copy[..written as usize])
                    .map_err(|_| Errno::Fault)?;
                Ok((written, copy.len() as u32))
            }
        }
    }

    /// A path. One that is too long for the system is not even looked at: it would be copied on the way.
    pub(crate) fn path(&self, pointer: u32, length: u32) -> Result<Cow<'_, str>, Errno> {
        let range = self.range(pointer, length as usize)?;
        if range.len() >= MAX_PATH {
            return Err(Errno::Nametoolong);
        }
        match &self.0 {
            Bytes::Own(memory) => {
                let path = std::str::from_utf8(&memory[range]);
                path.map(Cow::Borrowed).map_err(|_| Errno::Ilseq)
            }
            Bytes::Shared(memory) => {
                let mut bytes = vec![0; range.len()];
                memory
                    .read(range.start, &mut bytes)
                    .map_err(|_| Errno::Fault)?;
                let path = String::from_utf8(bytes);
                path.map(Cow::Owned).map_err(|_| Errno::Ilseq)
            }
        }
    }

    /// A record or number of known size.
    pub(crate) fn read<const N: usize>(&self, pointer: u32) -> Result<[u8; N], Errno> {
        let mut bytes = [0; N];
        let range = self.range(pointer, N)?;
        match &self.0 {
            Bytes::Own(memory) => bytes.copy_from_slice(&memory[range]),
            Bytes::Shared(memory) => memory
                .read(range.start, &mut bytes)
                .map_err(|_| Errno::Fault)?,
        }
        Ok(bytes)
    }

    pub(crate) fn read_u32(&self, pointer: u32) -> Result<u32, Errno> {
        self.read(pointer).map(u32::from_le_bytes)
    }

    pub(crate) fn write(&mut self, pointer: u32, bytes: &[u8]) -> Result<(), Errno> {
        let range = self.range(pointer, bytes.len())?;
        match &mut self.0 {
            Bytes::Own(memory) => memory[range].copy_from_slice(bytes),
            Bytes::Shared(memory) => memory.write(range.start, bytes).map_err(|_| Errno::Fault)?,
        }
        Ok(())
    }

    pub(crate) fn write_u32(&mut self, pointer: u32, value: u32) -> Result<(), Errno> {
        self.write(pointer, &value.to_le_bytes())
    }

    pub(crate) fn write_u64(&mut self, pointer: u32, value: u64) -> Result<(), Errno> {
        self.write(pointer, &value.to_le_bytes())
    }

    /// The list of buffers of a vectored read or write: every one checked before any is used.
    pub(crate) fn buffers(&self, list: u32, count: u32) -> Result<Vec<(u32, u32)>, Errno> {
        if count > MAX_BUFFERS {
            return Err(Errno::Inval);
        }
        self.check(list, count * 8)?;
        let (mut buffers, mut total) = (Vec::with_capacity(count as usize), 0u32);
        for i in 0..count {
            let [pointer, length] = words(&self.read(list + i * 8)?);
            self.range(pointer, length as usize)?;
            // The number of bytes transferred is a u32.
            total = total.checked_add(length).ok_or(Errno::Inval)?;
            buffers.push((pointer, length));
        }
        Ok(buffers)
    }
}

fn words(record: &[u8; 8]) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = *record;
    [
        u32::from_le_bytes([a, b, c, d]),
        u32::from_le_bytes([e, f, g, h]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffers_of(records: &[(u32, u32)], memory: usize) -> Result<Vec<(u32, u32)>, Errno> {
        let mut bytes = vec![0; memory];
        for (i, (pointer, length)) in records.iter().enumerate() {
            bytes[i * 8..][..4].copy_from_slice(&pointer.to_le_bytes());
            bytes[i * 8 + 4..][..4].copy_from_slice(&length.to_le_bytes());
        }
        Guest::new(&mut bytes).buffers(0, records.len() as u32)
    }

    #[test]
    fn ranges_end_where_memory_does() {
        let mut memory = [0; 16];
        let mut guest = Guest::new(&mut memory);
        assert_eq!(guest.check(16, 0), Ok(()));
        assert_eq!(guest.check(0, 16), Ok(()));
        assert_eq!(guest.check(1, 16), Err(Errno::Fault));
        assert_eq!(guest.check(17, 0), Err(Errno::Fault));
        assert_eq!(guest.check(u32::MAX, u32::MAX), Err(Errno::Fault));
        assert_eq!(guest.write_u64(9, 1), Err(Errno::Fault));
        assert_eq!(guest.write_u64(8, 0x0102), Ok(()));
        assert_eq!(guest.read_u32(8), Ok(0x0102));
    }

    #[test]
    fn buffers_are_all_checked() {
        assert_eq!(buffers_of(&[(8, 8), (0, 0)], 64), Ok(vec![(8, 8), (0, 0)]));
        assert_eq!(buffers_of(&[(0, 1), (60, 5)], 64), Err(Errno::Fault));
        assert_eq!(buffers_of(&[(u32::MAX, 2)], 64), Err(Errno::Fault));
        assert_eq!(Guest::new(&mut [0; 64]).buffers(60, 1), Err(Errno::Fault));
        assert_eq!(
            Guest::new(&mut [0; 64]).buffers(0, u32::MAX),
            Err(Errno::Inval)
        );
    }

    #[test]
    fn paths_are_utf8_and_not_too_long() {
        let mut memory = *b"ab\xff\xc3\xa4";
        let guest = Guest::new(&mut memory);
        assert_eq!(guest.path(0, 2), Ok("ab".into()));
        assert_eq!(guest.path(3, 2), Ok("\u{e4}".into()));
        assert_eq!(guest.path(0, 3), Err(Errno::Ilseq));
        assert_eq!(guest.path(3, 1), Err(Errno::Ilseq));
    }
}
