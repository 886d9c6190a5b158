//! Files that are no programs: what they are, by their first bytes, so that nobody has to guess it from what a
//! parser expected.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Bytes that are looked at.
const START: u64 = 512;

/// Bytes of the head of a module: what it is, and which version.
const HEAD: usize = 8;

const KINDS: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (
        b"\x7fELF",
        "a program or library of this kind of system (ELF)",
    ),
    (
        b"\xcf\xfa\xed\xfe",
        "a program or library for macOS (Mach-O)",
    ),
    (b"\x1f\x8b", "compressed (gzip): unpack it first"),
    (
        b"\x28\xb5\x2f\xfd",
        "compressed (Zstandard): unpack it first",
    ),
    (b"\xfd7zXZ\0", "compressed (xz): unpack it first"),
    (b"PK\x03\x04", "an archive (zip): unpack it first"),
    (b"!<arch>\n", "an archive of object files (ar)"),
    (b"%PDF-", "a PDF document"),
    (b"\xca\xfe\xba\xbe", "a Java class or a program for macOS"),
    (b"BC\xc0\xde", "LLVM bitcode"),
    (b"\xff\xfe", "text in UTF-16: save it in UTF-8"),
    (b"\xfe\xff", "text in UTF-16: save it in UTF-8"),
];

/// What begins with letters, as a script may, too: it counts where what follows is no text.
const BINARY_KINDS: &[(&[u8], &str)] = &[
    (b"GIF8", "a GIF image"),
    (b"MZ", "a program or library for Windows"),
    (b"BZh", "compressed (bzip2): unpack it first"),
];

/// What a file is that is no program, if its first bytes make that plain. What cannot be read is for others to tell.
pub(crate) fn what(file: &Path) -> Option<String> {
    let extension = file.extension().and_then(|extension| extension.to_str());
    let is_script = matches!(extension, Some("js" | "mjs" | "cjs" | "json"));
    let start = start_of(file).ok()?;
    if start.is_empty() {
        // An empty script is a program that does nothing.
        return (!is_script).then(|| "is empty".to_owned());
    }
    if start.starts_with(b"\0asm") || b"\0asm".starts_with(&start) {
        return match is_script {
            true => Some("is a WebAssembly module, whatever its name says".to_owned()),
            false => head(&start),
        };
    }
    let kinds = KINDS.iter().chain(match is_text(&start) {
        true => &[],
        false => BINARY_KINDS,
    });
    if let Some((_, kind)) = kinds
        .into_iter()
        .find(|(first, _)| start.starts_with(first))
    {
        return Some(format!("is {kind}"));
    }
    if !is_script && let Some(interpreter) = interpreter(&start) {
        return Some(format!("is a script for {interpreter}"));
    }
    if matches!(extension, Some("wasm")) && !bident::Module::is_serialized(&start) {
        return not_module(&start);
    }
    None
}

/// The first bytes of a file. What comes out of a pipe can be read but once, and its writer takes who opens it for
/// who reads it.
pub(crate) fn start_of(file: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(file)?.is_file() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let mut start = Vec::new();
    File::open(file)?.take(START).read_to_end(&mut start)?;
    Ok(start)
}

/// Whether it may be text that goes on.
fn is_text(start: &[u8]) -> bool {
    let is_utf8 = str::from_utf8(start).map_or_else(|error| error.error_len().is_none(), |_| true);
    is_utf8 && !start.contains(&0)
}

/// The program that a script names in its first line, if it is none that runs JavaScript.
fn interpreter(start: &[u8]) -> Option<String> {
    let line = start.strip_prefix(b"#!")?;
    let line = line.split(|&byte| byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line).trim().to_owned();
    let runs_javascript = ["node", "bident", "deno", "bun", "qjs"];
    let mut words = line.split([' ', '/']);
    let is_ours = words.any(|word| runs_javascript.contains(&word));
    (!is_ours).then_some(line)
}

/// A file by the name of a module that holds something else.
fn not_module(start: &[u8]) -> Option<String> {
    let text = start.trim_ascii_start();
    // Modules as text begin so, or with a comment.
    if text.starts_with(b"(") || text.starts_with(b";;") {
        return None;
    }
    let first = String::from_utf8_lossy(&start[..start.len().min(16)]).into_owned();
    Some(format!(
        "is no WebAssembly module: it begins with {first:?}"
    ))
}

/// What is wrong with the head of a module.
fn head(start: &[u8]) -> Option<String> {
    if start.len() < HEAD {
        return Some(format!(
            "is a truncated WebAssembly module: it ends in its head, at byte {}",
            start.len()
        ));
    }
    match start[4..HEAD] {
        [1, 0, 0, 0] => None,
        [_, _, 1, 0] => {
            Some("is a WebAssembly component; Bident runs modules, not components".to_owned())
        }
        [a, b, c, d] => Some(format!(
            "is WebAssembly of version {}, which nobody here knows",
            u32::from_le_bytes([a, b, c, d])
        )),
        _ => None,
    }
}

/// Where the module in a file ends too early, if it does: for one that could not be loaded, as it reads all of it.
pub(crate) fn cut_off(file: &Path) -> Option<String> {
    let is_module = start_of(file).is_ok_and(|start| start.starts_with(b"\0asm\x01\0\0\0"));
    is_module
        .then(|| fs::read(file).ok())?
        .and_then(|bytes| truncated(&bytes))
}

const SECTIONS: [&str; 14] = [
    "custom",
    "type",
    "import",
    "function",
    "table",
    "memory",
    "global",
    "export",
    "start",
    "element",
    "code",
    "data",
    "data count",
    "tag",
];

/// Where a module ends within a section.
fn truncated(bytes: &[u8]) -> Option<String> {
    let mut at = HEAD;
    while at < bytes.len() {
        let begin = at;
        let id = usize::from(bytes[at]);
        // What no module has is for the parser to tell.
        let name = SECTIONS.get(id)?;
        let Some((size, body)) = number(bytes, at + 1) else {
            return Some(format!(
                "is a truncated WebAssembly module: it ends at byte {}, in the size of the {name} section that begins at byte {begin}",
                bytes.len()
            ));
        };
        let end = body.checked_add(usize::try_from(size).ok()?)?;
        if end > bytes.len() {
            return Some(format!(
                "is a truncated WebAssembly module: it ends at byte {}, in the {name} section, which goes from byte {begin} to {end}",
                bytes.len()
            ));
        }
        at = end;
    }
    None
}

/// A number in LEB128 and where it ends; none if the bytes end before it does.
fn number(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let mut value = 0u32;
    for (i, byte) in bytes.get(at..)?.iter().take(5).enumerate() {
        value |= u32::from(byte & 0x7f)
            .checked_shl(7 * i as u32)
            .unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some((value, at + i + 1));
        }
    }
    None
}
