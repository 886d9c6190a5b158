//! A directory of files that nobody but this user can have written.
//!
//! It is opened once for each use, and everything else goes by its handle: who can write a directory above may put
//! another in its place, but not between the look at whose it is and the look for a file. Only files whose names begin
//! with a hash and end as ours do are ours: code, binaries, and what is being written. Others stay as they are.

use bident_stack::os;
use rustix::fs::{self, AtFlags, Mode, OFlags};
use std::ffi::CStr;
use std::fs::{DirBuilder, File, Metadata};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Digits of a name.
const DIGITS: usize = 64;

/// Ends names of binaries.
pub(super) const BINARY: &str = ".wasm";

/// Ends names of files that are being written.
const UNFINISHED: &str = ".tmp";

/// After so long nobody writes a file any more.
const STALE: Duration = Duration::from_secs(3600);

/// A use is noted once in so long.
const MOMENT: Duration = Duration::from_secs(60);

/// Bits of a mode that let others write. Where there is a list of who may, it shows in those of the group.
const OTHERS_WRITE: u32 = 0o022;

/// The directory, open, this user's alone.
pub(super) struct Directory(File);

/// A file that is there.
struct Found {
    name: String,
    bytes: u64,
    /// Seconds.
    used: i64,
}

/// How many files with code there are, and the bytes of all.
#[derive(Clone, Copy, Default)]
pub(super) struct Sum {
    pub(super) codes: usize,
    pub(super) bytes: u64,
}

impl Directory {
    /// Opens it.
    ///
    /// # Errors
    /// `NotFound`: there is none. `PermissionDenied`: others could have written what is in it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = File::from(fs::open(path, flags, Mode::empty())?);
        match is_own(&directory.metadata()?) {
            true => Ok(Self(directory)),
            false => Err(io::ErrorKind::PermissionDenied.into()),
        }
    }

    /// Opens it; makes it, if it is not there.
    pub(super) fn make(path: &Path) -> io::Result<Self> {
        match Self::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                DirBuilder::new().recursive(true).mode(0o700).create(path)?;
                Self::open(path)
            }
            found => found,
        }
    }

    /// Opens a file, and notes that it is used.
    pub(super) fn read(&self, name: &str) -> io::Result<File> {
        // Of a pipe that somebody put there nobody waits for the other end.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(fs::openat(&self.0, name, flags, Mode::empty())?);
        let metadata = file.metadata()?;
        if !metadata.is_file() || !is_own(&metadata) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let (now, used) = (SystemTime::now(), metadata.modified()?);
        if now.duration_since(used).is_ok_and(|time| time > MOMENT) {
            // Where it cannot be noted the file goes earlier than it should; no more.
            let _ = file.set_modified(now);
        }
        Ok(file)
    }

    /// Writes a file, so that others find all of it or nothing, and gives its bytes. What is lost with the power is found
    /// by the checksums: nobody waits for the disk.
    pub(super) fn write(
        &self,
        name: &str,
        content: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
    ) -> io::Result<u64> {
        // By chance: numbers of processes come again, in containers at once, and what one left unfinished is in the way.
        let chance = RandomState::new().hash_one(name);
        let unfinished = format!("{name}.{chance:016x}{UNFINISHED}");
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = File::from(fs::openat(&self.0, &unfinished, flags, mode)?);
        let mut out = BufWriter::new(&file);
        let written = content(&mut out)
            .and_then(|()| out.flush())
            .and_then(|()| Ok(fs::renameat(&self.0, &unfinished, &self.0, name)?))
            .and_then(|()| Ok(file.metadata()?.len()));
        if written.is_err() {
            self.remove(&unfinished);
        }
        written
    }

    /// Whether there is a file with this name.
    pub(super) fn has(&self, name: &str) -> bool {
        fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// Removes a file. Where that cannot be, it stays.
    pub(super) fn remove(&self, name: &str) {
        let _ = fs::unlinkat(&self.0, name, AtFlags::empty());
    }

    /// What is there.
    pub(super) fn sum(&self) -> io::Result<Sum> {
        let add = |sum: Sum, found: Found| Sum {
            codes: sum.codes + usize::from(found.name.len() == DIGITS),
            bytes: sum.bytes + found.bytes,
        };
        Ok(self.list()?.into_iter().fold(Sum::default(), add))
    }

    /// Removes files, those that were used longest ago first, until all together have no more than so many bytes.
    /// Gives how many with code were removed.
    pub(super) fn shrink(&self, most: u64) -> io::Result<usize> {
        let mut found = self.list()?;
        found.sort_by_key(|found| found.used);
        let mut all: u64 = found.iter().map(|found| found.bytes).sum();
        let mut removed = 0;
        for Found { name, bytes, .. } in found {
            if all <= most {
                break;
            }
            match fs::unlinkat(&self.0, &name, AtFlags::empty()) {
                Err(error) if error != rustix::io::Errno::NOENT => return Err(error.into()),
                _ => removed += usize::from(name.len() == DIGITS),
            }
            all -= bytes;
        }
        Ok(removed)
    }

    /// The files that are there, without those that are being written; what nobody finished goes.
    fn list(&self) -> io::Result<Vec<Found>> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.map_or(0, |now| now.as_secs()) as i64;
        let mut files = Vec::new();
        for entry in fs::Dir::read_from(&self.0)? {
            let entry = entry?;
            let Some(name) = Name::of(entry.file_name()) else {
                continue;
            };
            let Ok(stat) = fs::statat(&self.0, name.text, AtFlags::SYMLINK_NOFOLLOW) else {
                continue; // Another process took it.
            };
            if name.is_finished {
                files.push(Found {
                    name: name.text.to_owned(),
                    bytes: u64::try_from(stat.st_size).unwrap_or(0),
                    used: stat.st_mtime,
                });
            } else if now.saturating_sub(stat.st_mtime) > STALE.as_secs() as i64 {
                self.remove(name.text);
            }
        }
        Ok(files)
    }
}

/// The name of one of our files.
struct Name<'a> {
    text: &'a str,
    is_finished: bool,
}

impl<'a> Name<'a> {
    fn of(name: &'a CStr) -> Option<Self> {
        let text = name.to_str().ok()?;
        let (hash, rest) = text.split_at_checked(DIGITS)?;
        let is_hash = hash.bytes().all(|digit| digit.is_ascii_hexdigit());
        let is_finished = ["", BINARY].contains(&rest);
        let is_ours = is_hash && (is_finished || rest.ends_with(UNFINISHED));
        is_ours.then_some(Self { text, is_finished })
    }
}

/// Whether this user alone can have written something.
fn is_own(metadata: &Metadata) -> bool {
    metadata.uid() == os::user() && metadata.mode() & OTHERS_WRITE == 0
}
