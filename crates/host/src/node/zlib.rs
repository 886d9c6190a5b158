//! `node:zlib`: what `zlib.js` is built on. One codec for every format, fed with pieces, that gives pieces.

use super::background::in_background;
use crate::unbrotli::{Damaged, Unbrotli};
use bident_js::hosting::copy_bytes;
use brotli::enc::{BrotliEncoderParams, writer::CompressorWriter};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use rquickjs::class::Trace;
use rquickjs::prelude::{Async, Func, Opt};
use rquickjs::{Class, Ctx, Exception, FromJs, JsLifetime, Object, Result, TypedArray, Value};
use std::cell::{Cell, RefCell};
use std::io::Write;

/// Most bytes of one piece of output.
const PIECE: usize = 64 << 10;

/// Node's numbers of the formats.
const DEFLATE: u32 = 1;
const INFLATE: u32 = 2;
const GZIP: u32 = 3;
const GUNZIP: u32 = 4;
const DEFLATE_RAW: u32 = 5;
const INFLATE_RAW: u32 = 6;
const UNZIP: u32 = 7;
const BROTLI_DECODE: u32 = 8;

/// zlib's numbers of how much is to be written out.
const FINISH: u32 = 4;

/// The byte that gzip begins with, and zlib's other formats never.
const GZIP_MAGIC: u8 = 0x1f;

/// `{ codec(settings), now(settings, bytes, flush, most), later(the same), crc32(bytes, before) }`.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("codec", Func::from(codec))?;
    natives.set("now", Func::from(now))?;
    natives.set("later", Func::from(Async(later)))?;
    natives.set("crc32", Func::from(crc32))?;
    Ok(natives)
}

fn crc32<'js>(ctx: Ctx<'js>, bytes: Value<'js>, before: u32) -> Result<u32> {
    let mut hasher = crc32fast::Hasher::new_with_initial(before);
    hasher.update(&copy_bytes(&ctx, &bytes)?);
    Ok(hasher.finalize())
}

/// What a codec is made with; `zlib.js` has checked it.
struct Settings {
    mode: u32,
    level: u32,
    window_bits: u8,
    dictionary: Option<Vec<u8>>,
    brotli: BrotliEncoderParams,
}

impl<'js> FromJs<'js> for Settings {
    fn from_js(ctx: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        let object = Object::from_js(ctx, value)?;
        let dictionary: Value = object.get("dictionary")?;
        let dictionary = match dictionary.is_undefined() {
            true => None,
            false => Some(copy_bytes(ctx, &dictionary)?),
        };
        let mut brotli = BrotliEncoderParams {
            quality: object.get::<_, i32>("quality")?.clamp(0, 11),
            lgwin: object.get::<_, i32>("window")?.clamp(10, 24),
            ..Default::default()
        };
        brotli.size_hint = object.get::<_, f64>("sizeHint")? as usize;
        brotli.mode = match object.get::<_, u32>("textMode")? {
            1 => brotli::enc::backward_references::BrotliEncoderMode::BROTLI_MODE_TEXT,
            2 => brotli::enc::backward_references::BrotliEncoderMode::BROTLI_MODE_FONT,
            _ => brotli::enc::backward_references::BrotliEncoderMode::BROTLI_MODE_GENERIC,
        };
        Ok(Self {
            mode: object.get("mode")?,
            level: object.get::<_, u32>("level")?.min(9),
            window_bits: object.get::<_, u8>("windowBits")?.clamp(9, 15),
            dictionary,
            brotli,
        })
    }
}

/// Why it does not go on: zlib's message and code.
#[derive(Debug)]
struct Failure {
    message: String,
    code: &'static str,
    number: i32,
}

impl Failure {
    fn new(message: &str, code: &'static str, number: i32) -> Self {
        let message = message.to_owned();
        Self {
            message,
            code,
            number,
        }
    }

    fn damaged(message: Option<&str>) -> Self {
        Self::new(message.unwrap_or("invalid data"), "Z_DATA_ERROR", -3)
    }

    fn cut_off() -> Self {
        Self::new("unexpected end of file", "Z_BUF_ERROR", -5)
    }

    fn no_memory() -> Self {
        Self::new("Insufficient memory", "Z_MEM_ERROR", -4)
    }

    fn throw(&self, ctx: &Ctx<'_>) -> rquickjs::Error {
        let made = Exception::from_message(ctx.clone(), &self.message).and_then(|exception| {
            exception.set("errno", self.number)?;
            exception.set("code", self.code)?;
            Ok(exception)
        });
        match made {
            Ok(exception) => exception.throw(),
            Err(error) => error,
        }
    }
}

type Step<T> = std::result::Result<T, Failure>;

enum Coder {
    Deflate(Compress),
    Inflate(Inflate),
    Brotli(Option<Box<CompressorWriter<Vec<u8>>>>),
    Unbrotli(Box<Unbrotli>),
}

/// Decompression of zlib's formats.
struct Inflate {
    decompress: Decompress,
    mode: u32,
    window_bits: u8,
    dictionary: Option<Vec<u8>>,
}

impl Coder {
    fn new(settings: Settings) -> Step<Self> {
        let Settings {
            mode, window_bits, ..
        } = settings;
        let level = Compression::new(settings.level);
        Ok(match mode {
            DEFLATE | DEFLATE_RAW | GZIP => {
                let mut compress = match mode {
                    GZIP => Compress::new_gzip(level, window_bits),
                    _ => Compress::new_with_window_bits(level, mode == DEFLATE, window_bits),
                };
                if let Some(dictionary) = settings.dictionary.filter(|_| mode != GZIP) {
                    let set = compress.set_dictionary(&dictionary);
                    set.map_err(|_| Failure::new("Bad dictionary", "Z_STREAM_ERROR", -2))?;
                }
                Self::Deflate(compress)
            }
            INFLATE | INFLATE_RAW | GUNZIP | UNZIP => Self::Inflate(Inflate::new(settings)?),
            BROTLI_DECODE => Self::Unbrotli(Box::new(Unbrotli::new())),
            _ => Self::Brotli(Some(Box::new(CompressorWriter::with_params(
                Vec::new(),
                PIECE,
                &settings.brotli,
            )))),
        })
    }

    /// Appends output to a piece that has room; how many bytes of input were taken, and whether this was the end.
    fn step(&mut self, input: &[u8], flush: u32, piece: &mut Vec<u8>) -> Step<(usize, bool)> {
        match self {
            Self::Deflate(compress) => {
                let before = compress.total_in();
                let status = compress.compress_vec(input, piece, flush_of(flush));
                let status =
                    status.map_err(|_| Failure::new("stream error", "Z_STREAM_ERROR", -2))?;
                let taken = (compress.total_in() - before) as usize;
                Ok((taken, status == Status::StreamEnd))
            }
            Self::Inflate(inflate) => inflate.step(input, piece),
            Self::Brotli(writer) => {
                let failed =
                    |_| Failure::new("Compression failed", "ERR_BROTLI_COMPRESSION_FAILED", -2);
                if let Some(encoder) = writer {
                    encoder.write_all(input).map_err(failed)?;
                    if flush == 1 {
                        encoder.flush().map_err(failed)?;
                    }
                    piece.append(encoder.get_mut());
                }
                let is_over = flush == 2;
                if is_over && let Some(encoder) = writer.take() {
                    piece.append(&mut encoder.into_inner());
                }
                Ok((input.len(), is_over))
            }
            Self::Unbrotli(unbrotli) => {
                let taken = unbrotli.step(input, piece).map_err(|Damaged| {
                    Failure::new(
                        "Decompression failed",
                        "ERR_BROTLI_DECOMPRESSION_FAILED",
                        -2,
                    )
                })?;
                Ok((taken, unbrotli.is_over()))
            }
        }
    }
}

fn flush_of(number: u32) -> FlushCompress {
    match number {
        1 => FlushCompress::Partial,
        2 => FlushCompress::Sync,
        3 => FlushCompress::Full,
        FINISH => FlushCompress::Finish,
        _ => FlushCompress::None,
    }
}

impl Inflate {
    fn new(settings: Settings) -> Step<Self> {
        let Settings {
            mode,
            window_bits,
            dictionary,
            ..
        } = settings;
        let mut made = Self {
            decompress: Self::stream(mode, window_bits),
            mode,
            window_bits,
            dictionary,
        };
        if mode == INFLATE_RAW
            && let Some(dictionary) = &made.dictionary
        {
            let set = made.decompress.set_dictionary(dictionary);
            set.map_err(|_| Failure::new("Bad dictionary", "Z_DATA_ERROR", -3))?;
        }
        Ok(made)
    }

    fn stream(mode: u32, window_bits: u8) -> Decompress {
        match mode {
            GUNZIP => Decompress::new_gzip(window_bits),
            _ => Decompress::new_with_window_bits(mode != INFLATE_RAW, window_bits),
        }
    }

    fn step(&mut self, input: &[u8], piece: &mut Vec<u8>) -> Step<(usize, bool)> {
        if self.mode == UNZIP {
            match input {
                [] => return Ok((0, false)),
                [GZIP_MAGIC, ..] => self.mode = GUNZIP,
                _ => self.mode = INFLATE,
            }
            self.decompress = Self::stream(self.mode, self.window_bits);
        }
        let before = self.decompress.total_in();
        let mut status = self
            .decompress
            .decompress_vec(input, piece, FlushDecompress::None);
        let mut taken = (self.decompress.total_in() - before) as usize;
        let wants_dictionary = |status: &std::result::Result<Status, flate2::DecompressError>| {
            (status.as_ref().err()).is_some_and(|error| error.needs_dictionary().is_some())
        };
        if wants_dictionary(&status) {
            let missing = || Failure::new("Missing dictionary", "Z_NEED_DICT", 2);
            let dictionary = self.dictionary.as_ref().ok_or_else(missing)?;
            let set = self.decompress.set_dictionary(dictionary);
            set.map_err(|_| Failure::new("Bad dictionary", "Z_NEED_DICT", 2))?;
            let rest = &input[taken..];
            status = self
                .decompress
                .decompress_vec(rest, piece, FlushDecompress::None);
            taken = (self.decompress.total_in() - before) as usize;
        }
        let status = status.map_err(|error| Failure::damaged(error.message()))?;
        let mut is_over = status == Status::StreamEnd;
        if is_over && self.begins_again(&input[taken..]) {
            is_over = false;
        }
        Ok((taken, is_over))
    }

    /// Behind the end, another file of gzip's may follow, or zeros that fill the last block of a tape.
    fn begins_again(&mut self, input: &[u8]) -> bool {
        let begins = self.mode == GUNZIP && input.first().is_some_and(|byte| *byte != 0);
        if begins {
            self.decompress = Self::stream(GUNZIP, self.window_bits);
        }
        begins
    }
}

/// A stream in the middle of being compressed or decompressed.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct ZlibCodec {
    #[qjs(skip_trace)]
    inner: RefCell<Coder>,
    #[qjs(skip_trace)]
    input: RefCell<Vec<u8>>,
    #[qjs(skip_trace)]
    at: Cell<usize>,
    #[qjs(skip_trace)]
    is_over: Cell<bool>,
}

fn codec<'js>(ctx: Ctx<'js>, settings: Settings) -> Result<Class<'js, ZlibCodec>> {
    let coder = Coder::new(settings).map_err(|failure| failure.throw(&ctx))?;
    let codec = ZlibCodec {
        inner: RefCell::new(coder),
        input: RefCell::default(),
        at: Cell::new(0),
        is_over: Cell::new(false),
    };
    Class::instance(ctx, codec)
}

#[rquickjs::methods]
impl ZlibCodec {
    /// Takes a chunk. What it gives must have been asked for before the next.
    fn push<'js>(&self, ctx: Ctx<'js>, bytes: Value<'js>) -> Result<()> {
        let input = copy_bytes(&ctx, &bytes)?;
        if self.is_over.get()
            && let Coder::Inflate(inflate) = &mut *self.inner.borrow_mut()
        {
            self.is_over.set(!inflate.begins_again(&input));
        }
        *self.input.borrow_mut() = input;
        self.at.set(0);
        Ok(())
    }

    /// The next piece of output; nothing where more input is needed, or the end has come.
    fn next<'js>(&self, ctx: Ctx<'js>, flush: u32) -> Result<Option<TypedArray<'js, u8>>> {
        let input = self.input.borrow();
        let mut piece = Vec::new();
        while !self.is_over.get() && piece.is_empty() {
            let rest = &input[self.at.get()..];
            let failed = |failure: Failure| failure.throw(&ctx);
            let room = piece.try_reserve_exact(PIECE);
            room.map_err(|_| failed(Failure::no_memory()))?;
            let step = self.inner.borrow_mut().step(rest, flush, &mut piece);
            let (taken, is_over) = step.map_err(failed)?;
            self.at.set(self.at.get() + taken);
            self.is_over.set(is_over);
            if taken == 0 && piece.is_empty() {
                break;
            }
        }
        match piece.is_empty() {
            true => Ok(None),
            false => TypedArray::new(ctx.clone(), piece).map(Some),
        }
    }

    /// Bytes of the chunk that were not taken.
    #[qjs(get)]
    fn left(&self) -> usize {
        self.input.borrow().len() - self.at.get()
    }

    /// Whether the end of the compressed data was seen, or written.
    #[qjs(get, rename = "isOver")]
    fn is_over(&self) -> bool {
        self.is_over.get()
    }
}

/// All that some bytes give; `None` where it is more than `most` bytes.
fn whole(settings: Settings, input: &[u8], flush: u32, most: usize) -> Step<Option<Vec<u8>>> {
    let decodes = matches!(
        settings.mode,
        INFLATE | INFLATE_RAW | GUNZIP | UNZIP | BROTLI_DECODE
    );
    let needs_end = decodes && flush == finish_of(settings.mode);
    let mut coder = Coder::new(settings)?;
    let (mut output, mut at) = (Vec::new(), 0);
    loop {
        output
            .try_reserve(PIECE)
            .map_err(|_| Failure::no_memory())?;
        let before = output.len();
        let (taken, is_over) = coder.step(&input[at..], flush, &mut output)?;
        at += taken;
        if output.len() > most {
            return Ok(None);
        }
        if is_over {
            return Ok(Some(output));
        }
        if taken == 0 && output.len() == before {
            return match needs_end {
                true => Err(Failure::cut_off()),
                false => Ok(Some(output)),
            };
        }
    }
}

/// The number that says there is no more: Brotli has its own.
fn finish_of(mode: u32) -> u32 {
    match mode {
        BROTLI_DECODE.. => 2,
        _ => FINISH,
    }
}

fn give<'js>(ctx: &Ctx<'js>, done: Step<Option<Vec<u8>>>) -> Result<Option<TypedArray<'js, u8>>> {
    match done.map_err(|failure| failure.throw(ctx))? {
        Some(bytes) => TypedArray::new(ctx.clone(), bytes).map(Some),
        None => Ok(None),
    }
}

fn now<'js>(
    ctx: Ctx<'js>,
    settings: Settings,
    bytes: Value<'js>,
    flush: u32,
    most: Opt<f64>,
) -> Result<Option<TypedArray<'js, u8>>> {
    let input = copy_bytes(&ctx, &bytes)?;
    let most = most.0.map_or(usize::MAX, |most| most as usize);
    give(&ctx, whole(settings, &input, flush, most))
}

async fn later<'js>(
    ctx: Ctx<'js>,
    settings: Settings,
    bytes: Value<'js>,
    flush: u32,
    most: f64,
) -> Result<Option<TypedArray<'js, u8>>> {
    let input = copy_bytes(&ctx, &bytes)?;
    let work = in_background(move || whole(settings, &input, flush, most as usize));
    let failed =
        |error: tokio::task::JoinError| Err(Failure::new(&error.to_string(), "Z_STREAM_ERROR", -2));
    let done = work.await.unwrap_or_else(failed);
    give(&ctx, done)
}
