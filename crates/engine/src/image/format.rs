//! The format of compiled code in files.
//!
//! ```text
//!     0  magic                         8
//!     8  number of the format          4    kind                      4
//!    16  version, as text             32    build                    32    settings, processor    32
//!   112  the module's BLAKE3          32
//!   144  binary, tables, text: where each begins, and its bytes      48
//!   192  checksum of these three, BLAKE3 cut off                     16
//!   208  checksum of all before        8
//!   216  binary (only in files that are asked for)
//!        tables (see `tables.rs` of `bident-compile`)
//!  page  text: machine code, to be mapped
//! ```
//!
//! All numbers are little-endian. The text ends the file.

use crate::config::Config;
use bident_compile::Compiler;
use bident_module::printable;
use std::io::{self, Write};
use std::ops::Range;

const MAGIC: [u8; 8] = *b"\0bident\n";

/// To be changed with the format.
const FORMAT: u32 = 1;

const VERSION: Range<usize> = 16..48;
const BUILD: Range<usize> = 48..80;
const SETTINGS: Range<usize> = 80..112;
const KEY: Range<usize> = 112..144;
const PLACES: Range<usize> = 144..192;
const CONTENT: Range<usize> = 192..208;
const CHECKSUM: Range<usize> = 208..216;
const HEADER: usize = CHECKSUM.end;

/// Where text begins: pages are no larger on the machines that code is made for.
const ALIGNMENT: usize = 4096;

pub(crate) const DAMAGED: &str = "a damaged file of compiled code";

/// What the code is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// All functions, calling each other directly.
    Whole = 0,
    /// Stubs of all functions, and the code of some.
    Growing = 1,
}

/// What compiled it.
#[derive(Debug)]
pub(crate) struct Origin {
    build: [u8; 32],
    settings: [u8; 32],
}

/// Whether the content comes along, and is compared with its checksum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Binary<'a> {
    /// It does. Content is not compared: who asked for the file sees to it.
    Within(&'a [u8]),
    /// Whoever uses the code has it.
    Apart,
}

/// Where in a file its parts lie.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) kind: Kind,
    pub(crate) binary: Range<usize>,
    pub(crate) tables: Range<usize>,
    pub(crate) text: Range<usize>,
}

impl Origin {
    /// This program, with these settings, on this machine.
    pub(crate) fn of(config: &Config, compiler: &Compiler) -> Self {
        let build = concat!(env!("CARGO_PKG_VERSION"), " ", env!("BIDENT_BUILD"));
        let page = bident_stack::os::page_size();
        let settings = format!("{page} {:?} {}", config.optional, compiler.settings());
        Self {
            build: *blake3::hash(build.as_bytes()).as_bytes(),
            settings: *blake3::hash(settings.as_bytes()).as_bytes(),
        }
    }

    /// Whether a file that begins like this is one of these, of whatever origin.
    pub(crate) fn is_known(start: &[u8]) -> bool {
        start.starts_with(&MAGIC)
    }

    /// A name for code of a module.
    pub(crate) fn name(&self, key: &[u8; 32]) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(&self.build)
            .update(&self.settings)
            .update(key);
        hasher.finalize().to_hex().to_string()
    }
}

/// Writes compiled code of the module with this hash.
pub(crate) fn write(
    out: &mut impl Write,
    (kind, origin, key): (Kind, &Origin, &[u8; 32]),
    binary: Binary<'_>,
    tables: &[u8],
    text: &[u8],
) -> io::Result<()> {
    let content = checksum(binary, tables, text);
    let binary = binary.bytes();
    let tables_at = HEADER + binary.len();
    let text_at = (tables_at + tables.len()).next_multiple_of(ALIGNMENT);
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(&MAGIC);
    header[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    header[12..16].copy_from_slice(&(kind as u32).to_le_bytes());
    let version = env!("CARGO_PKG_VERSION").as_bytes();
    let version = &version[..version.len().min(VERSION.len())];
    header[VERSION][..version.len()].copy_from_slice(version);
    header[BUILD].copy_from_slice(&origin.build);
    header[SETTINGS].copy_from_slice(&origin.settings);
    header[KEY].copy_from_slice(key);
    let places = [
        (HEADER, binary.len()),
        (tables_at, tables.len()),
        (text_at, text.len()),
    ];
    let places = places.iter().flat_map(|&(at, length)| [at, length]);
    for (place, number) in header[PLACES].chunks_exact_mut(8).zip(places) {
        place.copy_from_slice(&(number as u64).to_le_bytes());
    }
    header[CONTENT].copy_from_slice(&content);
    let sum = blake3::hash(&header[..CHECKSUM.start]);
    header[CHECKSUM].copy_from_slice(&sum.as_bytes()[..CHECKSUM.len()]);
    out.write_all(&header)?;
    out.write_all(binary)?;
    out.write_all(tables)?;
    out.write_all(&[0; ALIGNMENT][..text_at - tables_at - tables.len()])?;
    out.write_all(text)
}

/// Takes a file apart: says what is wrong with it, if it is not code that `origin` has compiled, of the module with
/// this hash.
pub(crate) fn read(bytes: &[u8], origin: &Origin, key: Option<&[u8; 32]>) -> Result<Parts, String> {
    if !Origin::is_known(bytes) {
        return Err("no file of compiled code".to_owned());
    }
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return Err("a file of compiled code of which the end is missing".to_owned());
    };
    let format = number(&header[8..12]);
    let sum = blake3::hash(&header[..CHECKSUM.start]);
    let is_whole = header[CHECKSUM] == sum.as_bytes()[..CHECKSUM.len()];
    // Another format may have its checksum elsewhere.
    if format != u64::from(FORMAT) && !is_whole {
        return Err(format!(
            "compiled by another version of Bident, in format {format}; this one has format {FORMAT}"
        ));
    }
    if !is_whole {
        return Err(DAMAGED.to_owned());
    }
    check_origin(header, origin)?;
    if key.is_some_and(|key| header[KEY] != *key) {
        return Err("code of another module".to_owned());
    }
    let parts = parts(header).ok_or(DAMAGED)?;
    let (length, end) = (bytes.len(), parts.text.end);
    if length != end {
        return Err(format!(
            "a damaged file of compiled code: it has {length} bytes, and should have {end}"
        ));
    }
    // Whoever asked for a file knows where it comes from, and how it came; a cache is written in passing.
    if parts.binary.is_empty() {
        let (tables, text) = (&bytes[parts.tables.clone()], &bytes[parts.text.clone()]);
        if header[CONTENT] != checksum(Binary::Apart, tables, text) {
            return Err(DAMAGED.to_owned());
        }
    }
    Ok(parts)
}

fn check_origin(header: &[u8; HEADER], origin: &Origin) -> Result<(), String> {
    if header[BUILD] != origin.build {
        let version = String::from_utf8_lossy(&header[VERSION]);
        let version = version.trim_end_matches('\0');
        return Err(match version == env!("CARGO_PKG_VERSION") {
            true => format!("compiled by another build of Bident {version}"),
            false => format!(
                "compiled by Bident {}; this is {}",
                printable(version),
                env!("CARGO_PKG_VERSION")
            ),
        });
    }
    if header[SETTINGS] != origin.settings {
        return Err("compiled with other settings, or for another processor".to_owned());
    }
    Ok(())
}

fn parts(header: &[u8; HEADER]) -> Option<Parts> {
    let numbers = header[PLACES].chunks_exact(8);
    let mut numbers = numbers.map(|bytes| usize::try_from(number(bytes)).ok());
    let mut part = || {
        let start = numbers.next()??;
        Some(start..start.checked_add(numbers.next()??)?)
    };
    let parts = Parts {
        kind: match number(&header[12..16]) {
            0 => Kind::Whole,
            1 => Kind::Growing,
            _ => return None,
        },
        binary: part()?,
        tables: part()?,
        text: part()?,
    };
    let in_order = parts.binary.start == HEADER
        && parts.binary.end == parts.tables.start
        && parts.tables.end <= parts.text.start
        && parts.text.start.is_multiple_of(ALIGNMENT);
    in_order.then_some(parts)
}

fn number(bytes: &[u8]) -> u64 {
    let bytes = bytes.iter().rev();
    bytes.fold(0, |number, &byte| number << 8 | u64::from(byte))
}

impl<'a> Binary<'a> {
    fn bytes(self) -> &'a [u8] {
        match self {
            Self::Within(bytes) => bytes,
            Self::Apart => &[],
        }
    }
}

/// Of what is compared: nothing, where the module comes along.
fn checksum(binary: Binary<'_>, tables: &[u8], text: &[u8]) -> [u8; CONTENT.end - CONTENT.start] {
    match binary {
        Binary::Within(_) => Default::default(),
        Binary::Apart => {
            let mut hasher = blake3::Hasher::new();
            hasher.update(tables).update(text);
            let sum = hasher.finalize();
            std::array::from_fn(|i| sum.as_bytes()[i])
        }
    }
}
