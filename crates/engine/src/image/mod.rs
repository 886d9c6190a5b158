//! Compiled code outside of memory: in files that are asked for, and in a cache. See `docs/cache.md`.
//!
//! ```text
//!  Module::serialize ─► format.rs ─► bytes ─┬─► file of the user's ─► Module::deserialize_file ─┐
//!                                           └─► directory.rs ─► cache.rs, for Module::new ──────┼─► Image ─► vm/
//! ```

mod cache;
mod directory;
mod format;

pub use cache::{Cache, CacheInfo};
pub(crate) use cache::{Entry, Snapshot};
pub(crate) use format::{Binary, Kind, Origin, write};

use crate::error::Error;
use bident_compile::Tables;
use bytes::Bytes;
use std::fs::File;

/// Compiled code of a module, where it lies.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) kind: Kind,
    /// The module, if it comes along.
    pub(crate) binary: Option<Bytes>,
    pub(crate) tables: Tables,
    pub(crate) text: Text,
}

/// Machine code, as it was compiled.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) bytes: Bytes,
    /// The file that it lies in, and where it begins there: at a page.
    pub(crate) file: Option<(File, u64)>,
}

impl Image {
    /// Takes bytes apart. `file` is where they lie, if they lie in one; `key` is the module that they are of, if
    /// that is known.
    ///
    /// # Errors
    /// Kind `Usage`: they are no code that an engine like this one has compiled; the text says what they are.
    pub(crate) fn read(
        bytes: Bytes,
        file: Option<File>,
        origin: &Origin,
        key: Option<&[u8; 32]>,
    ) -> Result<Self, Error> {
        let parts = format::read(&bytes, origin, key).map_err(Error::usage)?;
        let tables = Tables::read(bytes.slice(parts.tables));
        let tables = tables.ok_or_else(|| Error::usage(format::DAMAGED))?;
        let start = parts.text.start as u64;
        let binary = bytes.slice(parts.binary);
        Ok(Self {
            kind: parts.kind,
            binary: (!binary.is_empty()).then_some(binary),
            tables,
            text: Text {
                bytes: bytes.slice(parts.text),
                file: file.map(|file| (file, start)),
            },
        })
    }
}
