//! Modules whose text is their URL: `data:text/javascript,...`.

use super::errors::{ModuleError, Result};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// What a `data:` URL holds.
pub(crate) struct Data {
    /// Its type, without parameters.
    pub(crate) mime: String,
    pub(crate) bytes: Vec<u8>,
}

/// Takes a URL apart.
pub(crate) fn parse(url: &str) -> Result<Data> {
    let invalid = || {
        let message = format!("Invalid URL: {url}");
        ModuleError::of_type("ERR_INVALID_URL", message)
    };
    let rest = url.strip_prefix("data:").ok_or_else(invalid)?;
    let (head, body) = rest.split_once(',').ok_or_else(invalid)?;
    let body = body.split('#').next().unwrap_or_default();
    let mut parts = head.split(';').map(str::trim);
    let mime = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_base64 = parts.any(|part| part.eq_ignore_ascii_case("base64"));
    let text = Cow::from(percent_decode_str(body));
    let bytes = match is_base64 {
        true => decode_base64(&text).ok_or_else(invalid)?,
        false => text.into_owned(),
    };
    Ok(Data { mime, bytes })
}

/// Base64 as Node reads it: either alphabet, spaces anywhere, with padding or without.
fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.iter().filter_map(|&c| match c {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        b'=' | b' ' | b'\n' | b'\r' | b'\t' => None,
        c => Some(c),
    });
    let digits: Vec<u8> = digits.collect();
    let rules = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&alphabet::STANDARD, rules)
        .decode(digits)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn both_forms() {
        let plain = parse("data:text/javascript,export%20default%201#x").unwrap();
        assert_eq!(
            (plain.mime.as_str(), plain.bytes.as_slice()),
            ("text/javascript", &b"export default 1"[..])
        );
        let coded = parse("data:application/json;charset=utf-8;base64,eyJhIjoxfQ==").unwrap();
        assert_eq!(
            (coded.mime.as_str(), coded.bytes.as_slice()),
            ("application/json", &b"{\"a\":1}"[..])
        );
        for text in ["-_8=", "+/8", "%2B/8%3D", " + / 8 ", "-_9"] {
            let coded = parse(&format!("data:text/javascript;base64,{text}")).unwrap();
            assert_eq!(coded.bytes, [0xfb, 0xff], "{text}");
        }
        for wrong in [
            "data:text/javascript",
            "data:text/javascript;base64,!",
            "text/javascript,",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
