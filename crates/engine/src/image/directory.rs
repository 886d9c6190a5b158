//! A directory of files that nobody but this user can have written.

use bident_stack::os;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, BufWriter};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Ends names of files that are being written.
const UNFINISHED: &str = ".tmp";

/// After so long nobody writes a file any more.
const STALE: Duration = Duration::from_secs(3600);

/// A use is noted once in so long.
const MOMENT: Duration = Duration::from_secs(60);

/// Bits of a mode that let others write.
const OTHERS_WRITE: u32 = 0o022;

/// A file that is there.
pub(super) struct Found {
    path: PathBuf,
    pub(super) bytes: u64,
    used: SystemTime,
}

/// Whether this user alone can have written something.
fn is_own(metadata: &Metadata) -> bool {
    metadata.uid() == os::user() && metadata.mode() & OTHERS_WRITE == 0
}

/// Makes the directory, if it is not there, and checks whose it is.
fn prepare(directory: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    check(directory)
}

fn check(directory: &Path) -> io::Result<()> {
    match is_own(&fs::metadata(directory)?) {
        true => Ok(()),
        false => Err(io::Error::from(io::ErrorKind::PermissionDenied)),
    }
}

/// Opens a file, and notes that it is used.
pub(super) fn open(directory: &Path, name: &str) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(directory.join(name))?;
    let metadata = file.metadata()?;
    check(directory)?;
    if !metadata.is_file() || !is_own(&metadata) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let (now, used) = (SystemTime::now(), metadata.modified()?);
    if now.duration_since(used).is_ok_and(|time| time > MOMENT) {
        // Then it goes earlier than it should; no more.
        let _ = file.set_modified(now);
    }
    Ok(file)
}

/// Writes a file, so that others find all of it or nothing.
pub(super) fn write(
    directory: &Path,
    name: &str,
    content: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<()> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    prepare(directory)?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let process = std::process::id();
    let unfinished = directory.join(format!("{name}.{process}.{number}{UNFINISHED}"));
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)?;
    let mut out = BufWriter::new(&file);
    let written = content(&mut out)
        .and_then(|()| io::Write::flush(&mut out))
        .and_then(|()| fs::rename(&unfinished, directory.join(name)));
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written
}

/// Removes a file. Where that cannot be, it stays.
pub(super) fn remove(directory: &Path, name: &str) {
    let _ = fs::remove_file(directory.join(name));
}

/// The files that are there, without those that are being written; what nobody finished goes.
pub(super) fn list(directory: &Path) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let Ok(metadata) = entry.metadata() else {
            continue; // Another process took it.
        };
        let used = metadata.modified()?;
        if !metadata.is_file() {
            continue;
        }
        if !is_unfinished(&entry.path()) {
            found.push(Found {
                path: entry.path(),
                bytes: metadata.len(),
                used,
            });
        } else if used.elapsed().is_ok_and(|time| time > STALE) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(found)
}

fn is_unfinished(path: &Path) -> bool {
    path.as_os_str()
        .as_encoded_bytes()
        .ends_with(UNFINISHED.as_bytes())
}

/// Removes files, those that were used longest ago first, until all together have no more than so many bytes.
/// Gives how many were removed.
pub(super) fn shrink(directory: &Path, most: u64) -> io::Result<usize> {
    check(directory)?;
    let mut found = list(directory)?;
    found.sort_by_key(|found| found.used);
    let mut all: u64 = found.iter().map(|found| found.bytes).sum();
    let mut removed = 0;
    for Found { path, bytes, .. } in found {
        if all <= most {
            break;
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => removed += 1,
        }
        all -= bytes;
    }
    Ok(removed)
}
