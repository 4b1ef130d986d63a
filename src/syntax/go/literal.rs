//! What a string literal stands for.

use std::borrow::Cow;

use memchr::memchr;

/// The contents of a literal in double quotes. A lone or unknown escape stands for itself.
pub(super) fn unquote(token: &[u8]) -> Cow<'_, [u8]> {
    let inner = inner(token, b'"');
    let Some(first) = memchr(b'\\', inner) else {
        return Cow::Borrowed(inner);
    };
    let mut out = Vec::with_capacity(inner.len());
    out.extend_from_slice(&inner[..first]);
    let mut rest = &inner[first..];
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'\\' {
            rest = escape(tail, &mut out);
        } else {
            out.push(byte);
        }
    }
    Cow::Owned(out)
}

/// The contents of a literal in backquotes: everything but carriage returns.
pub(super) fn unquote_raw(token: &[u8]) -> Cow<'_, [u8]> {
    let inner = inner(token, b'`');
    if memchr(b'\r', inner).is_none() {
        return Cow::Borrowed(inner);
    }
    Cow::Owned(inner.iter().copied().filter(|&byte| byte != b'\r').collect())
}

/// Without the opening quote and, where the literal is terminated, the closing one.
fn inner(token: &[u8], quote: u8) -> &[u8] {
    let inner = &token[1..];
    inner.strip_suffix(&[quote]).unwrap_or(inner)
}

/// Decodes the escape whose backslash stands before `rest`; returns what follows it.
fn escape<'a>(rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let Some(&kind) = rest.first() else {
        out.push(b'\\');
        return rest;
    };
    let plain = match kind {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' | b'"' | b'\'' => kind,
        _ => return numeric(rest, kind, out),
    };
    out.push(plain);
    &rest[1..]
}

fn numeric<'a>(rest: &'a [u8], kind: u8, out: &mut Vec<u8>) -> &'a [u8] {
    let (from, digits, radix) = match kind {
        b'x' => (1, 2, 16),
        b'u' => (1, 4, 16),
        b'U' => (1, 8, 16),
        _ => (0, 3, 8),
    };
    let value = rest
        .get(from..from + digits)
        .and_then(|text| std::str::from_utf8(text).ok())
        .filter(|text| !text.starts_with('+'))
        .and_then(|text| u32::from_str_radix(text, radix).ok());
    match value {
        // A byte, of which several may make one letter.
        Some(value) if matches!(kind, b'x' | b'0'..=b'7') => out.push(value as u8),
        Some(value) => {
            let letter = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        None => {
            out.push(b'\\');
            return rest;
        }
    }
    &rest[from + digits..]
}
