//! What people write on an ordinary day, `everyday/shapes.txt`: nearly every secret has to be found where it stands,
//! and next to nothing harmless.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tightlip::engine::Engine;
use tightlip::rule::{Confidence, RuleSet, expand};
use tightlip::text::edits::Edits;

/// Passwords of mixed characters, passwords that a person chose, and tokens: one of each for each round.
const ROUNDS: [[&str; 3]; 3] = [
    ["Xk{lower:4}{digit:2}!{alnum:7}", "Kestrel{digit:4}!", "{alnum:36}"],
    ["{alnum:14}", "harbour{digit:3}Night", "{hex:32}"],
    ["{lower:3}{digit:3}{upper:3}@{lower:2}{digit:2}", "tango-Lima{digit:2}", "{base64url:43}"],
];

/// A text of the file: its name, whether it holds a secret, the text with its places.
struct Shape {
    name: &'static str,
    is_secret: bool,
    text: String,
}

fn shapes(file: &'static str) -> Vec<Shape> {
    let mut shapes: Vec<Shape> = Vec::new();
    for line in file.lines() {
        if let Some(title) = line.strip_prefix("=== ") {
            let (name, kind) = title.rsplit_once(": ").expect("a title says what the text is");
            assert!(["secret", "harmless"].contains(&kind), "{title}");
            shapes.push(Shape { name, is_secret: kind == "secret", text: String::new() });
        } else if let Some(shape) = shapes.last_mut() {
            shape.text += line;
            shape.text.push('\n');
        }
    }
    shapes
}

impl Shape {
    /// The text with values in the places, and where those stand.
    fn fill(&self, [password, chosen, token]: [&str; 3]) -> (Vec<u8>, Vec<Range<usize>>) {
        let (mut filled, mut places) = (Vec::new(), Vec::new());
        let mut rest = self.text.as_str();
        let mut encoded_from = None;
        while let Some(at) = rest.find(['{', '@', ']']) {
            filled.extend_from_slice(&rest.as_bytes()[..at]);
            rest = &rest[at..];
            let place = rest.strip_prefix("{{").and_then(|inside| inside.split_once("}}"));
            if rest.starts_with("@b64[") {
                encoded_from = Some(filled.len());
                rest = &rest["@b64[".len()..];
            } else if let (true, Some(start)) = (rest.starts_with("]@"), encoded_from.take()) {
                let encoded = STANDARD.encode(&filled[start..]);
                filled.truncate(start);
                filled.extend_from_slice(encoded.as_bytes());
                places.retain(|place: &Range<usize>| place.end <= start);
                places.push(start..filled.len());
                rest = &rest["]@".len()..];
            } else if let Some((form, behind)) = place.filter(|(form, _)| is_form(form)) {
                let form = match form {
                    "p" => password,
                    "h" => chosen,
                    "t" => token,
                    form => &format!("{{{form}}}"),
                };
                // The text behind the line end only makes the values of each shape others.
                let seeded = format!("{form}\n{}{}", places.len(), self.name);
                let value = expand(&seeded).expect("a form of templates");
                let value = value.split(|&byte| byte == b'\n').next().expect("a first line");
                places.push(filled.len()..filled.len() + value.len());
                filled.extend_from_slice(value);
                rest = behind;
            } else {
                filled.push(rest.as_bytes()[0]);
                rest = &rest[1..];
            }
        }
        filled.extend_from_slice(rest.as_bytes());
        (filled, places)
    }

    /// Whether what is found is right; for a secret, one has to be found where it stands.
    fn is_right(&self, engine: &Engine, values: [&str; 3]) -> bool {
        let (text, places) = self.fill(values);
        let found = engine.scan(&text).list;
        let mut sure = found.iter().filter(|found| found.confidence >= Confidence::Medium);
        if self.is_secret {
            sure.any(|found| places.iter().any(|place| overlaps(place, &found.secret)))
        } else {
            sure.next().is_none()
        }
    }
}

/// `p`, `uuid`, `hex:32`; what stands in the braces of another language's template is none.
fn is_form(form: &str) -> bool {
    let (name, count) = form.split_once(':').unwrap_or((form, "1"));
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && count.parse::<u32>().is_ok()
}

fn overlaps(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// How many of the shapes of one kind are right, and the names of those that are not.
fn judged(is_secret: bool) -> (usize, Vec<String>) {
    let engine = Engine::new(RuleSet::builtin(), 1_790_000_000).expect("built-in rules");
    let (mut count, mut wrong) = (0, Vec::new());
    for shape in shapes(include_str!("everyday/shapes.txt")) {
        if shape.is_secret != is_secret {
            continue;
        }
        for (round, values) in ROUNDS.into_iter().enumerate() {
            count += 1;
            if !shape.is_right(&engine, values) {
                wrong.push(format!("{} ({round})", shape.name));
            }
        }
    }
    (count, wrong)
}

#[test]
fn nearly_every_secret_is_found_in_every_shape() {
    let (count, missed) = judged(true);
    assert!(count >= 3100, "{count}");
    assert!(missed.len() * 20 <= count, "{} of {count}: {missed:#?}", missed.len());
}

#[test]
fn next_to_nothing_harmless_is_reported() {
    let (count, wrong) = judged(false);
    assert!(count >= 780, "{count}");
    assert!(wrong.len() * 100 <= count, "{} of {count}: {wrong:#?}", wrong.len());
}

/// `base`, with `new` in place of what stands at `at`, and how it was made.
fn edited(base: &[u8], at: Range<usize>, new: &[u8]) -> (Vec<u8>, Edits) {
    let mut edits = Edits::default();
    edits.begin(base.len());
    edits.keep(0, at.start);
    edits.insert(new.len());
    edits.keep(at.end, base.len() - at.end);
    edits.end();
    ([&base[..at.start], new, &base[at.end..]].concat(), edits)
}

/// A history looks only around the edits of a version. What it then sees is what a scan of the whole version finds.
#[test]
fn an_edit_that_completes_a_shape_is_seen_wherever_it_stands() {
    let engine = Engine::new(RuleSet::builtin(), 1_790_000_000).expect("built-in rules");
    let filler = "some words that mean nothing\n".repeat(3);
    let (mut seen, mut missed) = (0, Vec::new());
    for shape in shapes(include_str!("everyday/shapes.txt")) {
        let (text, _) = shape.fill(ROUNDS[0]);
        let whole = [filler.as_bytes(), &text, filler.as_bytes()].concat();
        if engine.scan(&whole).list.is_empty() {
            continue;
        }
        let inside = filler.len()..filler.len() + text.len();
        for at in inside.clone().step_by(1 + text.len() / 24) {
            let line_end =
                whole[at..].iter().position(|&byte| byte == b'\n').map_or(1, |end| end + 1);
            // The version before lacked a byte or the rest of a line, had others there, or had something between.
            for (length, other) in [(1, &b""[..]), (line_end, b""), (1, b"~"), (0, b"\n---\n")] {
                let (base, _) = edited(&whole, at..at + length, other);
                let (now, edits) = edited(&base, at..at + other.len(), &whole[at..at + length]);
                assert_eq!(now, whole);
                seen += 1;
                let before = engine.quick_scan(&base).trail;
                if !engine.quick_scan_of_edits(&now, &edits, &before).has_match {
                    missed.push(format!("{} at {} of {length}", shape.name, at - inside.start));
                }
            }
        }
    }
    assert!(seen > 50_000, "{seen}");
    assert!(missed.is_empty(), "{}: {missed:#?}", missed.len());
}
