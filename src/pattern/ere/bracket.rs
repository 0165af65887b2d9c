//! Bracket expressions: `[a-z[:digit:]]`.

use super::EreError;
use super::set::ByteSet;

/// Parses what stands behind a `[`; returns the set and how many bytes it took, with the `]`.
pub(super) fn parse(text: &[u8]) -> Result<(ByteSet, usize), EreError> {
    let mut at = 0;
    let negated = text.first() == Some(&b'^');
    if negated {
        at += 1;
    }
    let first = at;
    let mut set = ByteSet::EMPTY;
    loop {
        match text.get(at) {
            None => return Err(EreError::OpenBracket),
            Some(b']') if at > first => break,
            Some(_) => {}
        }
        let start = item(text, &mut at)?;
        let is_range = text.get(at) == Some(&b'-') && text.get(at + 1).is_some_and(|&b| b != b']');
        match start {
            Item::Byte(start) if is_range => {
                at += 1;
                let Item::Byte(end) = item(text, &mut at)? else {
                    return Err(EreError::RangeEdge);
                };
                if end < start {
                    return Err(EreError::Range(start, end));
                }
                // `a-c-e` is nothing that grep knows.
                if text.get(at) == Some(&b'-') && text.get(at + 1).is_some_and(|&b| b != b']') {
                    return Err(EreError::RangeEdge);
                }
                (start..=end).for_each(|byte| set.add(byte));
            }
            Item::Set(_) if is_range => return Err(EreError::RangeEdge),
            Item::Byte(byte) => set.add(byte),
            Item::Set(other) => set.add_all(other),
        }
    }
    let inside = &text[..at];
    if let [b':', name @ .., b':'] = inside
        && !name.is_empty()
        && name.iter().all(u8::is_ascii_alphabetic)
    {
        return Err(EreError::ClassOutside(String::from_utf8_lossy(name).into_owned()));
    }
    let set = if negated { set.negated() } else { set };
    Ok((set.in_line(), at + 1))
}

enum Item {
    Byte(u8),
    Set(ByteSet),
}

/// Parses one item: a byte, a class, a collating symbol or an equivalence class.
fn item(text: &[u8], at: &mut usize) -> Result<Item, EreError> {
    let Some(&byte) = text.get(*at) else { return Err(EreError::OpenBracket) };
    let kind = match text.get(*at + 1) {
        Some(&kind) if byte == b'[' && matches!(kind, b':' | b'.' | b'=') => kind,
        _ => {
            *at += 1;
            return Ok(Item::Byte(byte));
        }
    };
    let rest = &text[*at + 2..];
    let end = rest.windows(2).position(|pair| pair == [kind, b']']);
    let name = &rest[..end.ok_or(EreError::OpenBracket)?];
    *at += 2 + name.len() + 2;
    if kind == b':' {
        return class(name).map(Item::Set);
    }
    match name {
        [byte] => Ok(Item::Byte(*byte)),
        _ => Err(EreError::Collating(String::from_utf8_lossy(name).into_owned())),
    }
}

/// The classes of POSIX, in the locale in which git-secrets runs grep: C.
fn class(name: &[u8]) -> Result<ByteSet, EreError> {
    Ok(match name {
        b"alpha" => ByteSet::from_fn(|byte| byte.is_ascii_alphabetic()),
        b"digit" => ByteSet::from_fn(|byte| byte.is_ascii_digit()),
        b"alnum" => ByteSet::from_fn(|byte| byte.is_ascii_alphanumeric()),
        b"upper" => ByteSet::from_fn(|byte| byte.is_ascii_uppercase()),
        b"lower" => ByteSet::from_fn(|byte| byte.is_ascii_lowercase()),
        b"space" => ByteSet::space(),
        b"blank" => ByteSet::from_fn(|byte| matches!(byte, b' ' | b'\t')),
        b"punct" => ByteSet::from_fn(|byte| byte.is_ascii_punctuation()),
        b"print" => ByteSet::from_fn(|byte| byte.is_ascii_graphic() || byte == b' '),
        b"graph" => ByteSet::from_fn(|byte| byte.is_ascii_graphic()),
        b"cntrl" => ByteSet::from_fn(|byte| byte.is_ascii_control()),
        b"xdigit" => ByteSet::from_fn(|byte| byte.is_ascii_hexdigit()),
        _ => return Err(EreError::Class(String::from_utf8_lossy(name).into_owned())),
    })
}
