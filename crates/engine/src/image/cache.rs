//! Compiled code that is kept from one run to the next.

use super::directory::{BINARY, Directory, Sum};
use super::{Binary, Image, Kind, Origin, write};
use crate::vm::mapped;
use bident_compile::Tables;
use bytes::Bytes;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of a binary from which on its code is kept: to compile so much takes some 2 ms, to find it a tenth of that.
const LEAST: usize = 2 << 10;

/// Bytes of all entries together, unless something else is asked for.
const MOST: u64 = 512 << 20;

/// Bytes of a file from which on the binary in it is kept, too: to map it where it is known not to change takes less time
/// and memory than to read it.
const LARGE: u64 = 1 << 20;

/// An entry takes at most one part in so many of the room.
const LARGEST: u64 = 2;

/// There may be more than there is room for, by one part in so many.
const MARGIN: u64 = 16;

/// Code that has come since is written when it is a part of what was there of at least one in so many.
const WORTH: usize = 16;

/// Code is written so long after the module came, at first, where the process goes on.
const PAUSE: Duration = Duration::from_secs(1);

/// A directory in which compiled code is kept, for [`crate::Config::cache`]. Cheap to clone.
///
/// The code in it is run as it is. So the directory, and each entry, must belong to the user who runs this process, and
/// be writable for nobody else; otherwise it is as if it were empty. Entries of another build, for other settings or
/// another processor, damaged ones, and a directory that cannot be written, are no errors: modules are then compiled.
#[derive(Clone, Debug)]
pub struct Cache {
    directory: Arc<Path>,
    most: u64,
    least: usize,
}

/// What is in a [`Cache`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CacheInfo {
    /// How many modules have code in it.
    pub entries: usize,
    /// Bytes of all that.
    pub bytes: u64,
}

impl Cache {
    /// In this directory, which is made, with those above it, when there is something to keep.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        let directory: PathBuf = directory.into();
        Self {
            directory: directory.into(),
            most: MOST,
            least: LEAST,
        }
    }

    /// In the user's directory for such things: `bident` in `$XDG_CACHE_HOME`, else in `.cache` in `$HOME`. `None` if
    /// both variables are missing, or say no absolute path.
    pub fn of_user() -> Option<Self> {
        let path = |variable| std::env::var_os(variable).map(PathBuf::from);
        let absolute = |path: &PathBuf| path.is_absolute();
        let directory = path("XDG_CACHE_HOME").filter(absolute);
        let directory = directory.or_else(|| Some(path("HOME").filter(absolute)?.join(".cache")));
        Some(Self::new(directory?.join("bident")))
    }

    /// The same with at most so many bytes, give or take a sixteenth; what was used longest ago goes first. Default:
    /// 512 MiB.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.most = bytes;
        self
    }

    /// The same for modules whose binary has at least so many bytes. Default: 2 KiB.
    pub fn min_module(mut self, bytes: usize) -> Self {
        self.least = bytes;
        self
    }

    /// Whether code of a binary with so many bytes is kept in it.
    pub(crate) fn takes(&self, bytes: usize) -> bool {
        bytes >= self.least
    }

    /// Whether binaries of files with so many bytes are kept in it, too.
    pub(crate) fn takes_binary(&self, bytes: u64) -> bool {
        (LARGE.max(self.least as u64)..=self.most / LARGEST).contains(&bytes)
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What is in it.
    ///
    /// # Errors
    /// The directory is there, but cannot be read, or is not this user's alone.
    pub fn info(&self) -> io::Result<CacheInfo> {
        let sum = match self.open()? {
            Some(directory) => directory.sum()?,
            None => Sum::default(),
        };
        Ok(CacheInfo {
            entries: sum.codes,
            bytes: sum.bytes,
        })
    }

    /// Removes all of it; gives how many entries there were. Programs that run go on: they have what they need.
    ///
    /// # Errors
    /// The directory is not this user's alone, or an entry cannot be removed.
    pub fn clear(&self) -> io::Result<usize> {
        match self.open()? {
            Some(directory) => directory.shrink(0),
            None => Ok(0),
        }
    }

    /// So many bytes came: what was used longest ago goes, if there is too much. To look through all at each time would
    /// make many small entries slow; so that is left to chance, which brings it about before the margin is used up, as a
    /// rule, and always for what takes all of that.
    fn make_room(&self, directory: &Directory, bytes: u64) {
        let chance = RandomState::new().hash_one(()) as u32;
        let share = (u128::from(bytes) * u128::from(MARGIN)) << u32::BITS;
        if u128::from(chance) * u128::from(self.most) < share {
            // Where that fails the next one tries again.
            let _ = directory.shrink(self.most);
        }
    }

    /// The directory, if it is there.
    fn open(&self) -> io::Result<Option<Directory>> {
        match Directory::open(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            found => found.map(Some),
        }
    }

    /// The hash of the binary that a file has, if it may be here along with its code.
    pub(crate) fn key_of(&self, file: &File) -> Option<[u8; 32]> {
        if !self.takes_binary(file.metadata().ok()?.len()) {
            return None;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(file).ok()?;
        Some(*hasher.finalize().as_bytes())
    }
}

/// A module's place in a cache.
#[derive(Debug)]
pub(crate) struct Entry {
    cache: Cache,
    origin: Arc<Origin>,
    key: [u8; 32],
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Bytes of code that were written, or found.
    kept: usize,
    /// When to write next, where the process goes on.
    next: Instant,
    pause: Duration,
}

/// Code that is to be kept.
pub(crate) struct Snapshot {
    pub(crate) kind: Kind,
    pub(crate) tables: Tables,
    /// As it was compiled.
    pub(crate) text: Vec<u8>,
}

impl Entry {
    pub(crate) fn new(cache: Cache, origin: Arc<Origin>, key: [u8; 32]) -> Self {
        let state = State {
            kept: 0,
            next: Instant::now() + PAUSE,
            pause: PAUSE,
        };
        Self {
            cache,
            origin,
            key,
            state: Mutex::new(state),
        }
    }

    /// The code that is kept. What cannot be used goes.
    pub(crate) fn find(&self) -> Option<Image> {
        let name = self.origin.name(&self.key);
        let directory = Directory::open(&self.cache.directory).ok()?;
        let found = mapped::read_own(directory.read(&name).ok()?, &self.origin, &self.key);
        if found.is_err() {
            directory.remove(&name);
        }
        found.ok()
    }

    /// The binary, if it is kept, too.
    pub(crate) fn find_binary(&self) -> Option<Bytes> {
        let name = self.binary_name();
        let directory = Directory::open(&self.cache.directory).ok()?;
        let binary = mapped::map_own(&directory.read(&name).ok()?).ok()?;
        if blake3::hash(&binary) == self.key {
            return Some(binary);
        }
        directory.remove(&name);
        None
    }

    /// Keeps the binary.
    pub(crate) fn keep_binary(&self, binary: &[u8]) {
        let name = self.binary_name();
        let Ok(directory) = Directory::make(&self.cache.directory) else {
            return;
        };
        if directory.has(&name) {
            return;
        }
        // Where that fails the file is read the next time.
        if let Ok(bytes) = directory.write(&name, |out| out.write_all(binary)) {
            self.cache.make_room(&directory, bytes);
        }
    }

    fn binary_name(&self) -> String {
        format!("{}{BINARY}", blake3::Hash::from_bytes(self.key).to_hex())
    }

    /// The same place, where so many bytes of code were found.
    pub(crate) fn found(&self, bytes: usize) -> Self {
        let mut entry = Self::new(self.cache.clone(), self.origin.clone(), self.key);
        let state = entry.state.get_mut();
        state.unwrap_or_else(PoisonError::into_inner).kept = bytes;
        entry
    }

    /// Writes code, of which there are so many bytes now, if enough of it is new; where that cannot be, there is none.
    /// `at_once`: the process may be about to end.
    pub(crate) fn save(
        &self,
        bytes: usize,
        at_once: bool,
        code: impl FnOnce() -> Option<Snapshot>,
    ) {
        // What a panic left is no worse than a lost entry.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_worth = bytes.saturating_sub(state.kept).saturating_mul(WORTH) > state.kept;
        let now = Instant::now();
        if !is_worth || !at_once && now < state.next {
            return;
        }
        state.kept = bytes;
        state.pause *= 2;
        state.next = now + state.pause;
        // One writes, others wait: who ends the process waits for the entry.
        let Some(Snapshot { kind, tables, text }) = code() else {
            return;
        };
        // What takes all of the room would drive out all others.
        let bytes = tables.bytes().len() + text.len();
        if bytes as u64 > self.cache.most / LARGEST {
            return;
        }
        let Ok(directory) = Directory::make(&self.cache.directory) else {
            return;
        };
        let written = directory.write(&self.origin.name(&self.key), |out| {
            let what = (kind, &*self.origin, &self.key);
            write(out, what, Binary::Apart, tables.bytes(), &text)
        });
        if let Ok(bytes) = written {
            self.cache.make_room(&directory, bytes);
        }
    }
}
