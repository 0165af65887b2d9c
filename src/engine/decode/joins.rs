//! Text in pieces that a language joins: `"AKIA" + "..."`, literals side by side, lines that end in a
//! backslash.
//!
//! Like escapes, joins are everywhere in source, so only the window around a keyword is looked at. Example: the
//! window of `const char *key = "AKIA" "2222...";` becomes `const char *key = "AKIA2222...";`, and each
//! byte leads back to where it stood.
//!
//! A join counts only where both pieces could be parts of one token: neither `"user: " + name` nor
//! `-a \` at the end of a line is one.

use std::ops::Range;

use super::{Builder, Encoding, View};

/// How many blanks and line ends may stand between two pieces.
const GAP_BYTES: usize = 80;

/// How far before the end of a literal the name of a call is looked for.
const CALL_BYTES: usize = 100;

/// How far behind a literal the end of its list is looked for.
const LIST_BYTES: usize = 400;

/// The signs by which languages join two literals, longer ones first: C, Python and Ruby need none.
const OPERATORS: [&[u8]; 8] = [b"++", b"..", b"<>", b"||", b"+", b".", b"&", b"\\"];

/// The letters that may stand before a literal.
const PREFIXES: &[u8] = b"brufL@N";

/// Returns the window with all its pieces joined; `None` if it has none.
pub(in crate::engine) fn view(bytes: &[u8], window: Range<usize>) -> Option<View> {
    let text = &bytes[window.clone()];
    let (first, end) = next(text, 0)?;
    let mut builder = Builder::at(window.start);
    let copy = |builder: &mut Builder, part: Range<usize>| {
        builder.copy(bytes, window.start + part.start..window.start + part.end);
    };
    copy(&mut builder, 0..first);
    let start = builder.bytes.len();
    let mut at = end;
    let mut last = start;
    while let Some((found, end)) = next(text, at) {
        copy(&mut builder, at..found);
        last = builder.bytes.len();
        at = end;
    }
    copy(&mut builder, at..text.len());
    Some(builder.view(Encoding::Joined, start.saturating_sub(1)..last + 1, window.end))
}

/// Whether a piece ends at `at` with which another is joined.
pub(super) fn begins(bytes: &[u8], at: usize) -> bool {
    second_piece(bytes, at).is_some()
}

/// The next join from `from` on: where the first piece ends and the second begins.
fn next(text: &[u8], from: usize) -> Option<(usize, usize)> {
    memchr::memchr3_iter(b'"', b'\'', b'\\', text.get(from..)?)
        .find_map(|at| Some((from + at, second_piece(text, from + at)?)))
}

/// Where the second piece begins, if the first one ends at `at`.
fn second_piece(text: &[u8], at: usize) -> Option<usize> {
    let is_token = |at: usize| {
        text.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || b"_-+/=.:".contains(b))
    };
    if at == 0 || !is_token(at - 1) {
        return None;
    }
    let mark = text[at];
    let start = match mark {
        b'\\' => {
            let end = at + 1 + line_end(text.get(at + 1..)?)?;
            end + gap(&text[end..])
        }
        _ => {
            let open = opening(text, at + 1)?;
            (text.get(open) == Some(&mark)).then_some(open + 1)?
        }
    };
    // This is asked last, as it takes longest.
    let joins = || mark == b'\\' || !is_listed(text, at + 1);
    (is_token(start) && joins()).then_some(start)
}

/// Whether a literal that ends at `end` is one of several that a comma parts: it joins them in some calls and lists
/// alone.
fn is_listed(text: &[u8], end: usize) -> bool {
    text.get(end + gap(&text[end..])) == Some(&b',')
        && !is_joining_call(text, end)
        && !is_joined_list(text, end)
}

/// Where the quote stands that opens the next literal, behind an operator and the letters of its prefix.
fn opening(text: &[u8], from: usize) -> Option<usize> {
    let at = from + gap(&text[from..]);
    let length = match text.get(at)? {
        b'"' | b'\'' => return Some(at),
        b'+' | b'.' | b'<' | b'|' | b'&' | b'\\' => {
            OPERATORS.iter().find(|sign| text[at..].starts_with(sign))?.len()
        }
        b',' => 1,
        first if PREFIXES.contains(first) => 0,
        _ => return None,
    };
    let at = at + length + gap(&text[at + length..]);
    let has_prefix = PREFIXES.contains(text.get(at)?);
    Some(at + usize::from(has_prefix))
}

/// Whether the literal that ends at `end` is an argument of `concat!` of Rust or `CONCAT` of SQL.
fn is_joining_call(text: &[u8], end: usize) -> bool {
    let before = &text[end.saturating_sub(CALL_BYTES)..end];
    let is_concat = |call: &[u8]| {
        call.last_chunk::<6>().is_some_and(|word| word.eq_ignore_ascii_case(b"concat"))
    };
    memchr::memchr2_iter(b'!', b'(', before).any(|at| is_concat(&before[..at]))
}

/// Whether the literal that ends at `end` is in a list that is joined with nothing between: `["a", "b"].join("")`,
/// `"".join(["a", "b"])`, `implode("", ["a", "b"])`, `["a", "b"].concat()`.
fn is_joined_list(text: &[u8], end: usize) -> bool {
    const BEFORE: [(&[u8], &[u8]); 6] = [
        (b"\"\".join", b""),
        (b"''.join", b""),
        (b"implode", b"\"\","),
        (b"implode", b"'',"),
        (b"join", b"\"\","),
        (b"join", b"'',"),
    ];
    const BEHIND: [&[u8]; 4] = [b".join(\"\")", b".join('')", b".join(``)", b".concat()"];
    let before = &text[end.saturating_sub(CALL_BYTES)..end];
    let is_call = |open: usize| {
        let (callee, arguments) = (&before[..open], &before[open + 1..]);
        BEFORE.iter().any(|(name, first)| callee.ends_with(name) && arguments.starts_with(first))
    };
    if memchr::memchr_iter(b'(', before).any(is_call) && !before.contains(&b')') {
        return true;
    }
    let behind = &text[end..text.len().min(end + LIST_BYTES)];
    memchr::memchr(b']', behind)
        .is_some_and(|close| BEHIND.iter().any(|call| behind[close + 1..].starts_with(call)))
}

/// How many blanks and line ends some text begins with.
fn gap(text: &[u8]) -> usize {
    text.iter().take(GAP_BYTES).take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The length of the line end at the start of some text.
fn line_end(text: &[u8]) -> Option<usize> {
    match text {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::view;

    #[test]
    fn view_joins_pieces_in_the_ways_of_languages_and_leads_back() {
        for (text, joined) in [
            (r#"k = "AKIA" + "xyz""#, r#"k = "AKIAxyz""#),
            ("k = 'AKIA' +\n    'xyz';", "k = 'AKIAxyz';"),
            ("k = 'AKIA'\r\n  + 'xyz'", "k = 'AKIAxyz'"),
            ("k = 'AKIA' . 'xyz';", "k = 'AKIAxyz';"),
            ("k = 'AKIA' .. 'xyz'", "k = 'AKIAxyz'"),
            (r#"k = "AKIA" <> "xyz""#, r#"k = "AKIAxyz""#),
            (r#"k = "AKIA" ++ "xyz""#, r#"k = "AKIAxyz""#),
            ("select 'AKIA' || 'xyz'", "select 'AKIAxyz'"),
            (r#"k = "AKIA" & "xyz""#, r#"k = "AKIAxyz""#),
            (r#"char *k = "AKIA" "xyz";"#, r#"char *k = "AKIAxyz";"#),
            ("k = (b'AKIA'\n     b'xyz')", "k = (b'AKIAxyz')"),
            ("k = \"AKIA\" \\\n    \"xyz\"", "k = \"AKIAxyz\""),
            ("K=\"AKIA\"\"xyz\"", "K=\"AKIAxyz\""),
            ("k = concat!(\"AKIA\", \"xyz\")", "k = concat!(\"AKIAxyz\")"),
            (r#"k = ["AKIA", "xyz"].join("")"#, r#"k = ["AKIAxyz"].join("")"#),
            ("k = ['AKIA',\n 'xyz'].join('')", "k = ['AKIAxyz'].join('')"),
            (r#"k = "".join(["AKIA", "xyz"])"#, r#"k = "".join(["AKIAxyz"])"#),
            ("$k = implode('', ['AKIA', 'xyz']);", "$k = implode('', ['AKIAxyz']);"),
            (r#"k = ["AKIA", "xyz"].concat()"#, r#"k = ["AKIAxyz"].concat()"#),
            ("K=AKIA\\\nxyz", "K=AKIAxyz"),
            ("k: \"AKIA\\\n  xyz\"", "k: \"AKIAxyz\""),
            ("k = \"AK\" + \"IA\" +\n  \"xyz\"", "k = \"AKIAxyz\""),
        ] {
            let view = view(text.as_bytes(), 0..text.len()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(String::from_utf8_lossy(&view.bytes), joined, "{text}");
            let (at, raw) = (joined.find('x').unwrap(), text.find('x').unwrap());
            assert_eq!(view.decoding.raw(&(at..at + 1)), raw..raw + 1, "{text}");
        }
    }

    #[test]
    fn view_is_none_where_no_token_goes_on() {
        for text in [
            r#"f("a", "b")"#,
            r#"k = ["a", "b"].join(", ")"#,
            r#"k = "a" + b + "c""#,
            r#"k = "user: " + "name""#,
            r#"{"a": "b"}"#,
            "cc -a \\\n  -b",
            r#"k = """abc""""#,
            r#"k = "" + "abc""#,
            r#"k = "abc\" + \"def""#,
            r#"k = "abc" + 'def'"#,
            "k = \"abc\"",
            "\\",
        ] {
            assert!(view(text.as_bytes(), 0..text.len()).is_none(), "{text}");
        }
    }
}
