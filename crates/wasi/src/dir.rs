//! Open directories, and how they are read.
//!
//! A guest reads a directory in pieces and says with a cookie where the next begins: the system's own
//! cookies, which stay good while files come and go. The place where the system reads on is the
//! descriptor's. Kept here is only what it has given and no call has taken: less than `CHUNK`.
//! Without it every call would have to go back, and file systems whose places are mere numbers would
//! leave out entries where a guest removes what it reads.
//!
//! ```text
//!  what the system reads:  . | .. | a | b | c | d | e ...
//!                                   ▲       ▲
//!                     `at`, a cookie │       │ place of the descriptor
//!                                   └ rest ─┘
//! ```

use crate::errno::Errno;
use crate::fs::Kind;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, MetadataExt};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, RawDirEntry, SeekFrom, openat, statat};
use rustix::io::Errno as Os;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::path::Path;

/// Bytes that the system is asked for at once; the longest name needs 280.
const CHUNK: usize = 2048;
/// Bytes of the record `dirent`.
const RECORD: usize = 24;

/// A directory that was granted, or opened below one that was.
pub(crate) struct OpenDir {
    pub(crate) dir: Dir,
    /// The guest's name for it, if it was granted.
    pub(crate) granted_as: Option<String>,
    /// Records with their names, as the guest gets them, of which it has had those before `taken`.
    rest: Vec<u8>,
    taken: usize,
    /// The cookie of the first that it has not had.
    at: u64,
}

impl OpenDir {
    /// Opens a directory of the host's.
    pub(crate) fn granted(host: &Path, name: String) -> io::Result<Self> {
        let dir = Dir::open_ambient_dir(host, ambient_authority())?;
        Ok(Self {
            granted_as: Some(name),
            ..Self::opened(dir)?
        })
    }

    /// A directory that was opened, if only to find things in it.
    pub(crate) fn opened(dir: Dir) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = match openat(&dir, c".", flags, Mode::empty()) {
            Ok(readable) => Dir::from_std_file(File::from(readable)),
            // Who may not read it may still find things in it.
            Err(Os::ACCESS) => dir,
            Err(error) => return Err(error.into()),
        };
        Ok(Self::readable(dir))
    }

    /// A directory that was opened for reading.
    pub(crate) fn readable(dir: Dir) -> Self {
        Self {
            dir,
            granted_as: None,
            rest: Vec::new(),
            taken: 0,
            at: 0,
        }
    }

    /// Fills a buffer with records from `cookie` on, the last cut off where it does not fit: `put` gets each,
    /// and where it belongs. Gives the number of bytes: fewer than there is room for only at the end.
    pub(crate) fn read(
        &mut self,
        cookie: u64,
        room: usize,
        mut put: impl FnMut(usize, &[u8]) -> Result<(), Errno>,
    ) -> Result<usize, Errno> {
        // 0 is the beginning, as it is now.
        if cookie == 0 || cookie != self.at {
            let Ok(place) = i64::try_from(cookie) else {
                // A place that no directory has: nothing follows it.
                return Ok(0);
            };
            self.go_to(place)?;
        }
        let mut used = 0;
        while used < room && (self.taken < self.rest.len() || self.fetch()?) {
            used += self.take(room - used, |record| put(used, record))?;
        }
        Ok(used)
    }

    fn go_to(&mut self, place: i64) -> Result<(), Errno> {
        self.rest.clear();
        self.taken = 0;
        self.at = place as u64;
        rustix::fs::seek(&self.dir, SeekFrom::Start(place as u64)).map_err(unreadable)?;
        Ok(())
    }

    /// Copies the first record of `rest`. It stays there if it does not fit: the guest asks again.
    fn take(
        &mut self,
        room: usize,
        put: impl FnOnce(&[u8]) -> Result<(), Errno>,
    ) -> Result<usize, Errno> {
        let rest = &self.rest[self.taken..];
        let record = &rest[..RECORD + length_of_name(rest)];
        let n = record.len().min(room);
        put(&record[..n])?;
        if n == record.len() {
            self.at = cookie_of(record);
            self.taken += n;
        }
        Ok(n)
    }

    /// Asks the system for more, all of `rest` being taken; says whether there is any.
    fn fetch(&mut self) -> Result<bool, Errno> {
        self.rest.clear();
        self.taken = 0;
        let mut chunk = [MaybeUninit::uninit(); CHUNK];
        let mut entries = RawDir::new(&self.dir, &mut chunk);
        // A chunk may have nothing but names that are not UTF-8, which a guest cannot be told.
        while self.rest.is_empty() || !entries.is_buffer_empty() {
            let entry = match entries.next() {
                Some(Ok(entry)) => entry,
                // At the end, or removed meanwhile.
                None | Some(Err(Os::NOENT)) => break,
                Some(Err(error)) => return Err(unreadable(error)),
            };
            if let Ok(name) = entry.file_name().to_str() {
                self.rest.extend(record(&self.dir, &entry, name)?);
                self.rest.extend(name.as_bytes());
            }
        }
        Ok(!self.rest.is_empty())
    }
}

/// The record `dirent`: cookie of the next, inode, length of the name, kind.
fn record(dir: &Dir, entry: &RawDirEntry<'_>, name: &str) -> Result<[u8; RECORD], Errno> {
    // What is above a directory is none of the guest's business.
    let inode = match name {
        ".." => dir.dir_metadata()?.ino(),
        _ => entry.ino(),
    };
    let mut record = [0; RECORD];
    record[..8].copy_from_slice(&entry.next_entry_cookie().to_le_bytes());
    record[8..16].copy_from_slice(&inode.to_le_bytes());
    record[16..20].copy_from_slice(&(name.len() as u32).to_le_bytes());
    record[20] = kind(dir, entry) as u8;
    Ok(record)
}

/// The kind of an entry; some file systems tell it only who asks for it.
fn kind(dir: &Dir, entry: &RawDirEntry<'_>) -> Kind {
    match entry.file_type() {
        FileType::Unknown => statat(dir, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)
            .map_or(Kind::Unknown, |stat| {
                FileType::from_raw_mode(stat.st_mode).into()
            }),
        known => known.into(),
    }
}

fn cookie_of(record: &[u8]) -> u64 {
    record
        .first_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn length_of_name(record: &[u8]) -> usize {
    record[16..]
        .first_chunk()
        .map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize)
}

/// A directory that is open only to find things in it says it is no descriptor to read from.
fn unreadable(error: Os) -> Errno {
    match error {
        Os::BADF => Errno::Acces,
        other => other.into(),
    }
}
