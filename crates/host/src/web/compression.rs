//! Compressed bytes for `CompressionStream` and `DecompressionStream`: what `compression.js` is built on.
//!
//! A codec takes all bytes of a chunk and gives its output piece by piece, so that a few bytes which stand for
//! very many need no more memory than a program asks for.

use crate::unbrotli::{Damaged, Unbrotli};
use bident_js::hosting::copy_bytes;
use brotli::enc::writer::CompressorWriter;
use flate2::{Compress, Compression, Crc, Decompress, FlushCompress, FlushDecompress, Status};
use rquickjs::class::Trace;
use rquickjs::prelude::Func;
use rquickjs::{Class, Ctx, Exception, JsLifetime, Object, Result, TypedArray, Value};
use std::cell::RefCell;
use std::io::Write;
use std::mem;

/// Most bytes of one piece of output.
const PIECE: usize = 64 << 10;

/// The parameters that Node uses: quality, and the binary logarithm of the window's size.
const BROTLI_QUALITY: u32 = 11;
const BROTLI_WINDOW: u32 = 22;

/// Bytes of a gzip header without its optional parts, and of what follows the data.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
const GZIP_TRAILER: usize = 8;

/// `{ compressor(format), decompressor(format) }`.
pub(super) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("compressor", Func::from(compressor))?;
    natives.set("decompressor", Func::from(decompressor))?;
    Ok(natives)
}

/// One stream in the middle of being compressed or decompressed.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(super) struct Codec {
    #[qjs(skip_trace)]
    inner: RefCell<Stream>,
}

struct Stream {
    coder: Coder,
    input: Vec<u8>,
    at: usize,
    is_last: bool,
}

enum Coder {
    Deflate(Box<Deflate>),
    Inflate(Box<Inflate>),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
    Unbrotli(Box<Unbrotli>),
    /// All has been said.
    Ended,
}

fn compressor<'js>(ctx: Ctx<'js>, format: String) -> Result<Class<'js, Codec>> {
    let coder = match format.as_str() {
        "brotli" => Coder::Brotli(Box::new(CompressorWriter::new(
            Vec::new(),
            PIECE,
            BROTLI_QUALITY,
            BROTLI_WINDOW,
        ))),
        _ => Coder::Deflate(Box::new(Deflate::new(&format))),
    };
    make(ctx, coder)
}

fn decompressor<'js>(ctx: Ctx<'js>, format: String) -> Result<Class<'js, Codec>> {
    let coder = match format.as_str() {
        "brotli" => Coder::Unbrotli(Box::new(Unbrotli::new())),
        _ => Coder::Inflate(Box::new(Inflate::new(&format))),
    };
    make(ctx, coder)
}

fn make<'js>(ctx: Ctx<'js>, coder: Coder) -> Result<Class<'js, Codec>> {
    let stream = Stream {
        coder,
        input: Vec::new(),
        at: 0,
        is_last: false,
    };
    let inner = RefCell::new(stream);
    Class::instance(ctx, Codec { inner })
}

#[rquickjs::methods]
impl Codec {
    /// Takes a chunk. What it gives must have been asked for before the next.
    fn push<'js>(&self, ctx: Ctx<'js>, bytes: Value<'js>) -> Result<()> {
        let mut stream = self.inner.borrow_mut();
        stream.input = copy_bytes(&ctx, &bytes)?;
        stream.at = 0;
        Ok(())
    }

    /// No chunk comes any more.
    fn finish(&self) {
        self.inner.borrow_mut().is_last = true;
    }

    /// The next piece of output, if there is one now.
    fn next<'js>(&self, ctx: Ctx<'js>) -> Result<Option<TypedArray<'js, u8>>> {
        let mut piece = Vec::new();
        match self.inner.borrow_mut().next(&mut piece) {
            Ok(()) if piece.is_empty() => Ok(None),
            Ok(()) => TypedArray::new(ctx, piece).map(Some),
            Err(message) => Err(Exception::throw_type(&ctx, message)),
        }
    }
}

type Step = std::result::Result<(), &'static str>;

impl Stream {
    /// Appends at most a piece; nothing where more input is needed, or the end has come.
    fn next(&mut self, piece: &mut Vec<u8>) -> Step {
        piece
            .try_reserve_exact(PIECE)
            .map_err(|_| "no memory for a piece of a stream")?;
        let input = &self.input[self.at..];
        match &mut self.coder {
            Coder::Deflate(deflate) => {
                self.at += deflate.next(input, piece, self.is_last)?;
                if deflate.is_over {
                    self.coder = Coder::Ended;
                }
            }
            Coder::Inflate(inflate) => {
                self.at += inflate.next(input, piece)?;
                if self.at < self.input.len() && inflate.is_over() {
                    return Err("there are bytes behind the end of the compressed data");
                }
                if piece.is_empty() && self.is_last && !inflate.is_over() {
                    return Err("the compressed data ends too early");
                }
            }
            Coder::Brotli(writer) => {
                let written = writer.write_all(input);
                written.map_err(|_| "the data cannot be compressed")?;
                self.at = self.input.len();
                mem::swap(piece, writer.get_mut());
                if self.is_last {
                    let coder = mem::replace(&mut self.coder, Coder::Ended);
                    if let Coder::Brotli(writer) = coder {
                        piece.append(&mut writer.into_inner());
                    }
                }
            }
            Coder::Unbrotli(unbrotli) => {
                let taken = unbrotli.step(input, piece);
                self.at += taken.map_err(|Damaged| "the compressed data is damaged")?;
                if self.at < self.input.len() && unbrotli.is_over() {
                    return Err("there are bytes behind the end of the compressed data");
                }
                if piece.is_empty() && self.is_last && !unbrotli.is_over() {
                    return Err("the compressed data ends too early");
                }
            }
            Coder::Ended => {}
        }
        Ok(())
    }
}

/// Compresses; `gzip` has its own bytes around what `deflate-raw` gives.
struct Deflate {
    compress: Compress,
    crc: Option<Crc>,
    has_begun: bool,
    is_over: bool,
}

impl Deflate {
    fn new(format: &str) -> Self {
        Self {
            compress: Compress::new(Compression::default(), format == "deflate"),
            crc: (format == "gzip").then(Crc::new),
            has_begun: false,
            is_over: false,
        }
    }

    /// How many bytes of the input were taken.
    fn next(
        &mut self,
        input: &[u8],
        piece: &mut Vec<u8>,
        is_last: bool,
    ) -> std::result::Result<usize, &'static str> {
        if self.crc.is_some() && !self.has_begun {
            piece.extend_from_slice(&GZIP_HEADER);
        }
        self.has_begun = true;
        let flush = match is_last {
            true => FlushCompress::Finish,
            false => FlushCompress::None,
        };
        let before = self.compress.total_in();
        let status = self.compress.compress_vec(input, piece, flush);
        let taken = (self.compress.total_in() - before) as usize;
        if let Some(crc) = &mut self.crc {
            crc.update(&input[..taken]);
        }
        if status.map_err(|_| "the data cannot be compressed")? == Status::StreamEnd {
            self.is_over = true;
            if let Some(crc) = &self.crc {
                piece.extend_from_slice(&crc.sum().to_le_bytes());
                piece.extend_from_slice(&crc.amount().to_le_bytes());
            }
        }
        Ok(taken)
    }
}

/// Decompresses; of `gzip` it reads the header and checks what follows the data.
struct Inflate {
    decompress: Decompress,
    crc: Option<Crc>,
    state: Reading,
}

enum Reading {
    Header(Header),
    Data,
    /// The bytes behind the data so far.
    Trailer(Vec<u8>),
    Over,
}

impl Inflate {
    fn new(format: &str) -> Self {
        let is_gzip = format == "gzip";
        Self {
            decompress: Decompress::new(format == "deflate"),
            crc: is_gzip.then(Crc::new),
            state: match is_gzip {
                true => Reading::Header(Header::default()),
                false => Reading::Data,
            },
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state, Reading::Over)
    }

    /// How many bytes of the input were taken.
    fn next(
        &mut self,
        input: &[u8],
        piece: &mut Vec<u8>,
    ) -> std::result::Result<usize, &'static str> {
        let mut taken = 0;
        if let Reading::Header(header) = &mut self.state {
            while taken < input.len() {
                let byte = input[taken];
                taken += 1;
                if header.take(byte)? {
                    self.state = Reading::Data;
                    break;
                }
            }
        }
        if let Reading::Data = self.state {
            taken += self.inflate(&input[taken..], piece)?;
        }
        if let (Reading::Trailer(trailer), Some(crc)) = (&mut self.state, &self.crc) {
            let count = (GZIP_TRAILER - trailer.len()).min(input.len() - taken);
            trailer.extend_from_slice(&input[taken..taken + count]);
            taken += count;
            if trailer.len() == GZIP_TRAILER {
                let wanted = [crc.sum().to_le_bytes(), crc.amount().to_le_bytes()];
                if trailer[..] != *wanted.as_flattened() {
                    return Err("the checksum of the compressed data is wrong");
                }
                self.state = Reading::Over;
            }
        }
        Ok(taken)
    }

    fn inflate(
        &mut self,
        input: &[u8],
        piece: &mut Vec<u8>,
    ) -> std::result::Result<usize, &'static str> {
        let (before, had) = (self.decompress.total_in(), piece.len());
        let status = self
            .decompress
            .decompress_vec(input, piece, FlushDecompress::None);
        let status = status.map_err(|_| "the compressed data is damaged")?;
        if let Some(crc) = &mut self.crc {
            crc.update(&piece[had..]);
        }
        if status == Status::StreamEnd {
            self.state = match self.crc {
                Some(_) => Reading::Trailer(Vec::new()),
                None => Reading::Over,
            };
        }
        Ok((self.decompress.total_in() - before) as usize)
    }
}

/// A header of gzip in the middle of being read: which part, and how many bytes of it were seen.
#[derive(Default)]
struct Header {
    part: Part,
    seen: usize,
    flags: u8,
    extra: usize,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Part {
    #[default]
    Fixed,
    ExtraLength,
    Extra,
    Name,
    Comment,
    Checksum,
    End,
}

impl Header {
    /// Reads a byte; true if it was the last.
    fn take(&mut self, byte: u8) -> std::result::Result<bool, &'static str> {
        let seen = self.seen;
        let is_end = match self.part {
            Part::Fixed => {
                match seen {
                    0..=2 if byte != GZIP_HEADER[seen] => {
                        return Err("the compressed data is not gzip");
                    }
                    3 if byte & 0xe0 != 0 => {
                        return Err("the header of the compressed data has unknown flags");
                    }
                    3 => self.flags = byte,
                    _ => {}
                }
                seen + 1 == GZIP_HEADER.len()
            }
            Part::ExtraLength => {
                self.extra |= usize::from(byte) << (8 * seen);
                seen == 1
            }
            Part::Extra => seen + 1 == self.extra,
            Part::Name | Part::Comment => byte == 0,
            Part::Checksum | Part::End => seen == 1,
        };
        self.seen += 1;
        if is_end {
            self.seen = 0;
            self.part = self.next_part();
        }
        Ok(self.part == Part::End)
    }

    fn next_part(&self) -> Part {
        let parts = [
            (Part::ExtraLength, self.flags & 4 != 0),
            (Part::Extra, self.flags & 4 != 0 && self.extra > 0),
            (Part::Name, self.flags & 8 != 0),
            (Part::Comment, self.flags & 16 != 0),
            (Part::Checksum, self.flags & 2 != 0),
            (Part::End, true),
        ];
        let later = &parts[self.part as usize..];
        let next = later.iter().find(|(_, is_there)| *is_there);
        next.map_or(Part::End, |(part, _)| *part)
    }
}
