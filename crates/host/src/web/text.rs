//! Text to bytes and back, for `TextEncoder`, `TextDecoder` and `Buffer`: what `text.js` and `buffer.js`
//! are built on.

use bident_js::hosting::{copy_bytes, with_utf8};
use encoding_rs::{CoderResult, DecoderResult, Encoding, UTF_8};
use rquickjs::class::Trace;
use rquickjs::prelude::Func;
use rquickjs::{Class, Ctx, Exception, JsLifetime, Object, Result, TypedArray, Value};
use std::cell::RefCell;

/// `{ decoderFor(label, fatal, ignoreBOM), encode(text), decode(bytes) }`.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("decoderFor", Func::from(decoder_for))?;
    natives.set("encode", Func::from(encode))?;
    natives.set("decode", Func::from(decode_utf8))?;
    Ok(natives)
}

/// A decoder in the middle of a stream.
#[derive(Trace, JsLifetime)]
#[rquickjs::class]
pub(crate) struct Decoder {
    #[qjs(skip_trace)]
    inner: RefCell<encoding_rs::Decoder>,
    is_fatal: bool,
    keeps_mark: bool,
}

fn start(encoding: &'static Encoding, keeps_mark: bool) -> encoding_rs::Decoder {
    if keeps_mark {
        encoding.new_decoder_without_bom_handling()
    } else {
        encoding.new_decoder_with_bom_removal()
    }
}

/// A decoder for the encoding that a label of the Web stands for, if there is one.
fn decoder_for<'js>(
    ctx: Ctx<'js>,
    label: String,
    is_fatal: bool,
    keeps_mark: bool,
) -> Result<Option<Class<'js, Decoder>>> {
    let Some(encoding) = Encoding::for_label_no_replacement(label.as_bytes()) else {
        return Ok(None);
    };
    let decoder = Decoder {
        inner: RefCell::new(start(encoding, keeps_mark)),
        is_fatal,
        keeps_mark,
    };
    Class::instance(ctx, decoder).map(Some)
}

#[rquickjs::methods]
impl Decoder {
    #[qjs(get)]
    fn encoding(&self) -> String {
        self.inner.borrow().encoding().name().to_ascii_lowercase()
    }

    /// The text of further bytes. With `is_last` nothing may be left over, and the next call starts anew.
    fn decode<'js>(&self, ctx: Ctx<'js>, bytes: Value<'js>, is_last: bool) -> Result<Value<'js>> {
        let bytes = copy_bytes(&ctx, &bytes)?;
        let mut inner = self.inner.borrow_mut();
        let text = decode_with(&ctx, &mut inner, &bytes, is_last, self.is_fatal);
        if is_last || text.is_err() {
            *inner = start(inner.encoding(), self.keeps_mark);
        }
        rquickjs::String::from_str(ctx, &text?).map(rquickjs::String::into_value)
    }
}

fn decode_with(
    ctx: &Ctx<'_>,
    decoder: &mut encoding_rs::Decoder,
    bytes: &[u8],
    is_last: bool,
    is_fatal: bool,
) -> Result<String> {
    let most = if is_fatal {
        decoder.max_utf8_buffer_length_without_replacement(bytes.len())
    } else {
        decoder.max_utf8_buffer_length(bytes.len())
    };
    let mut text = String::new();
    if most.is_none_or(|most| text.try_reserve_exact(most).is_err()) {
        let message = format!("no memory for the text of {} bytes", bytes.len());
        return Err(Exception::throw_range(ctx, &message));
    }
    let is_whole = if is_fatal {
        let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, is_last);
        result == DecoderResult::InputEmpty
    } else {
        let (result, ..) = decoder.decode_to_string(bytes, &mut text, is_last);
        result == CoderResult::InputEmpty
    };
    if !is_whole {
        let message = format!("the bytes are not {}", decoder.encoding().name());
        return Err(Exception::throw_type(ctx, &message));
    }
    Ok(text)
}

fn decode_utf8<'js>(ctx: Ctx<'js>, bytes: Value<'js>) -> Result<rquickjs::String<'js>> {
    let bytes = copy_bytes(&ctx, &bytes)?;
    let text = decode_with(&ctx, &mut start(UTF_8, true), &bytes, true, false)?;
    rquickjs::String::from_str(ctx, &text)
}

fn encode<'js>(ctx: Ctx<'js>, text: rquickjs::String<'js>) -> Result<TypedArray<'js, u8>> {
    with_utf8(&ctx, &text, |bytes| {
        TypedArray::new_copy(ctx.clone(), bytes)
    })?
}
