//! Checked views of a guest's memory. Pointers and lengths come from the guest: any may be wrong.

use crate::errno::Errno;
use std::ops::Range;

/// Most buffers of one vectored read or write; more is an error, as under POSIX.
const MAX_BUFFERS: u32 = 1024;

/// Bytes of a path with the zero that ends it: Linux's `PATH_MAX`.
const MAX_PATH: usize = 4096;

/// A guest's linear memory for the time of one call.
pub(crate) struct Guest<'a>(&'a mut [u8]);

impl<'a> Guest<'a> {
    pub(crate) fn new(memory: &'a mut [u8]) -> Self {
        Self(memory)
    }

    fn range(&self, pointer: u32, length: usize) -> Result<Range<usize>, Errno> {
        let start = pointer as usize;
        let end = start.checked_add(length).ok_or(Errno::Fault)?;
        if end > self.0.len() {
            Err(Errno::Fault)
        } else {
            Ok(start..end)
        }
    }

    pub(crate) fn bytes(&self, pointer: u32, length: u32) -> Result<&[u8], Errno> {
        Ok(&self.0[self.range(pointer, length as usize)?])
    }

    pub(crate) fn bytes_mut(&mut self, pointer: u32, length: u32) -> Result<&mut [u8], Errno> {
        let range = self.range(pointer, length as usize)?;
        Ok(&mut self.0[range])
    }

    /// A path. One that is too long for the system is not even looked at: it would be copied on the way.
    pub(crate) fn path(&self, pointer: u32, length: u32) -> Result<&str, Errno> {
        let bytes = self.bytes(pointer, length)?;
        if bytes.len() >= MAX_PATH {
            return Err(Errno::Nametoolong);
        }
        std::str::from_utf8(bytes).map_err(|_| Errno::Ilseq)
    }

    /// A record or number of known size.
    pub(crate) fn read<const N: usize>(&self, pointer: u32) -> Result<[u8; N], Errno> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.0[self.range(pointer, N)?]);
        Ok(bytes)
    }

    pub(crate) fn read_u32(&self, pointer: u32) -> Result<u32, Errno> {
        self.read(pointer).map(u32::from_le_bytes)
    }

    pub(crate) fn write(&mut self, pointer: u32, bytes: &[u8]) -> Result<(), Errno> {
        let range = self.range(pointer, bytes.len())?;
        self.0[range].copy_from_slice(bytes);
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
        let (mut buffers, mut total) = (Vec::with_capacity(count as usize), 0u32);
        for record in self.bytes(list, count * 8)?.as_chunks::<8>().0 {
            let [pointer, length] = words(record);
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
        assert_eq!(guest.bytes(16, 0).map(<[u8]>::len), Ok(0));
        assert_eq!(guest.bytes(0, 16).map(<[u8]>::len), Ok(16));
        assert_eq!(guest.bytes(1, 16), Err(Errno::Fault));
        assert_eq!(guest.bytes(17, 0), Err(Errno::Fault));
        assert_eq!(guest.bytes(u32::MAX, u32::MAX), Err(Errno::Fault));
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
        assert_eq!(guest.path(0, 2), Ok("ab"));
        assert_eq!(guest.path(3, 2), Ok("\u{e4}"));
        assert_eq!(guest.path(0, 3), Err(Errno::Ilseq));
        assert_eq!(guest.path(3, 1), Err(Errno::Ilseq));
    }
}
