//! `node:http`: heads of requests and answers, read by `httparse`.

use bident_js::hosting::copy_bytes;
use httparse::{EMPTY_HEADER, Error, ParserConfig, Request, Response, Status};
use rquickjs::prelude::Func;
use rquickjs::{Ctx, Exception, Object, Result, Value};

/// Most headers of one head, as in Node.
const MOST_HEADERS: usize = 2000;

/// Where most heads find room for their headers.
const FEW_HEADERS: usize = 64;

/// `{ request(bytes), response(bytes) }`: `undefined` where the head is not whole, else what it says.
pub(crate) fn natives<'js>(ctx: &Ctx<'js>) -> Result<Object<'js>> {
    let natives = Object::new(ctx.clone())?;
    natives.set("request", Func::from(request))?;
    natives.set("response", Func::from(response))?;
    Ok(natives)
}

/// Characters that stand for bytes.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn failed(ctx: &Ctx<'_>, error: Error) -> rquickjs::Error {
    let code = match error {
        Error::HeaderName | Error::HeaderValue => "HPE_INVALID_HEADER_TOKEN",
        Error::NewLine => "HPE_CR_EXPECTED",
        Error::Status => "HPE_INVALID_STATUS",
        Error::Token => "HPE_INVALID_METHOD",
        Error::TooManyHeaders => "HPE_HEADER_OVERFLOW",
        Error::Version => "HPE_INVALID_CONSTANT",
    };
    let made = Exception::from_message(ctx.clone(), &format!("Parse Error: {error}"));
    match made.and_then(|exception| exception.set("code", code).map(|()| exception)) {
        Ok(exception) => exception.throw(),
        Err(error) => error,
    }
}

/// Names and values in a flat list.
fn flat(headers: &[httparse::Header<'_>]) -> Vec<String> {
    let pairs = headers.iter();
    let pairs = pairs.flat_map(|header| [header.name.to_owned(), latin1(header.value)]);
    pairs.collect()
}

/// The parts of a head, out of the buffer: how long it is, words of its first line, minor version, headers.
type Head = Option<(usize, [String; 2], u8, Vec<String>)>;

fn request<'js>(ctx: Ctx<'js>, bytes: Value<'js>) -> Result<Option<Object<'js>>> {
    let bytes = copy_bytes(&ctx, &bytes)?;
    let mut few = [EMPTY_HEADER; FEW_HEADERS];
    let head = match parse_request(&bytes, &mut few) {
        Err(Error::TooManyHeaders) => parse_request(&bytes, &mut vec![EMPTY_HEADER; MOST_HEADERS]),
        other => other,
    };
    describe(&ctx, head, ["method", "target"])
}

fn parse_request<'b>(
    bytes: &'b [u8],
    room: &mut [httparse::Header<'b>],
) -> std::result::Result<Head, Error> {
    let mut request = Request::new(room);
    Ok(match request.parse(bytes)? {
        Status::Partial => None,
        Status::Complete(length) => {
            let method = request.method.unwrap_or_default().to_owned();
            let target = request.path.unwrap_or_default().to_owned();
            let version = request.version.unwrap_or_default();
            Some((length, [method, target], version, flat(request.headers)))
        }
    })
}

fn response<'js>(ctx: Ctx<'js>, bytes: Value<'js>) -> Result<Option<Object<'js>>> {
    let bytes = copy_bytes(&ctx, &bytes)?;
    let mut few = [EMPTY_HEADER; FEW_HEADERS];
    let head = match parse_response(&bytes, &mut few) {
        Err(Error::TooManyHeaders) => parse_response(&bytes, &mut vec![EMPTY_HEADER; MOST_HEADERS]),
        other => other,
    };
    describe(&ctx, head, ["status", "reason"])
}

fn parse_response<'b>(
    bytes: &'b [u8],
    room: &mut [httparse::Header<'b>],
) -> std::result::Result<Head, Error> {
    let mut response = Response::new(room);
    let mut config = ParserConfig::default();
    config.allow_multiple_spaces_in_response_status_delimiters(true);
    Ok(match config.parse_response(&mut response, bytes)? {
        Status::Partial => None,
        Status::Complete(length) => {
            let code = response.code.unwrap_or_default().to_string();
            let reason = response.reason.unwrap_or_default().to_owned();
            let version = response.version.unwrap_or_default();
            Some((length, [code, reason], version, flat(response.headers)))
        }
    })
}

fn describe<'js>(
    ctx: &Ctx<'js>,
    head: std::result::Result<Head, Error>,
    names: [&str; 2],
) -> Result<Option<Object<'js>>> {
    let Some((length, words, version, headers)) = head.map_err(|error| failed(ctx, error))? else {
        return Ok(None);
    };
    let object = Object::new(ctx.clone())?;
    object.set("length", length)?;
    for (name, word) in names.iter().zip(words) {
        object.set(*name, word)?;
    }
    object.set("minor", version)?;
    object.set("headers", headers)?;
    Ok(Some(object))
}
