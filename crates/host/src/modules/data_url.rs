//! Modules whose text is their URL: `data:text/javascript,...`.

use super::errors::{ModuleError, Result};

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
    let bytes = decode_percent(body.as_bytes());
    let bytes = match is_base64 {
        true => decode_base64(&bytes).ok_or_else(invalid)?,
        false => bytes,
    };
    Ok(Data { mime, bytes })
}

fn decode_percent(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&first) = text.get(at) {
        let digit = |i: usize| text.get(at + i).and_then(|c| (*c as char).to_digit(16));
        match (first, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                bytes.push(first);
                at += 1;
            }
        }
    }
    bytes
}

fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for &c in text {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' | b' ' | b'\n' | b'\r' | b'\t' => continue,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
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
        assert!(parse("data:text/javascript").is_err());
    }
}
