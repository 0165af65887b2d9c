//! Tests of the quick scan.

use super::{Engine, QuickScan, Trail};
use crate::rule::{RuleSet, expand, parse_pack};
use crate::text::edits::Edits;

/// `text`, with `new` in place of what stands at `at`, and how it was made.
fn edited(text: &[u8], at: std::ops::Range<usize>, new: &[u8]) -> (Vec<u8>, Edits) {
    let mut edits = Edits::default();
    edits.begin(text.len());
    edits.keep(0, at.start);
    if !new.is_empty() {
        edits.insert(new.len());
    }
    edits.keep(at.end, text.len() - at.end);
    edits.end();
    ([&text[..at.start], new, &text[at.end..]].concat(), edits)
}

/// Whether the version is scanned as a whole and by its edits with the same result.
fn has_match(engine: &Engine, before: &Trail, (text, edits): (Vec<u8>, Edits)) -> bool {
    let seen = engine.quick_scan_of_edits(&text, &edits, before);
    assert_same(&seen, engine.quick_scan(&text));
    seen.has_match
}

/// Asserts that a scan of edits came to the same as one of the whole, but for the reach of keywords that are gone.
fn assert_same(seen: &QuickScan, mut whole: QuickScan) {
    let (seen_farthest, farthest) = (seen.trail.farthest, &mut whole.trail.farthest);
    assert!(seen_farthest.0 >= farthest.0 && seen_farthest.1 >= farthest.1);
    *farthest = seen_farthest;
    assert_eq!(*seen, whole);
}

#[test]
fn quick_scan_of_edits_sees_what_a_change_completes_and_what_it_breaks() {
    let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
    let key = expand("AKIA{base32:16}").unwrap();
    let filler = b"nothing to see here\n".repeat(400);
    let text = [&filler[..], b"id = ", &key, b"\n", &filler].concat();
    let at = filler.len() + 5;
    let QuickScan { has_match: true, trail: whole } = engine.quick_scan(&text) else { panic!() };
    // A change elsewhere keeps it; a letter that is lost or too many ends it, and the way back begins it.
    assert!(has_match(&engine, &whole, edited(&text, 5..9, b"x")));
    for change in [at + 19..at + 20, at..at + 1] {
        let (broken, edits) = edited(&text, change.clone(), b"");
        let seen = engine.quick_scan_of_edits(&broken, &edits, &whole);
        assert_same(&seen, engine.quick_scan(&broken));
        assert!(!seen.has_match);
        let mended = edited(&broken, change.start..change.start, &text[change]);
        assert!(has_match(&engine, &seen.trail, mended));
    }
    assert!(!has_match(&engine, &whole, edited(&text, at + 20..at + 20, b"ABC")));
}

#[test]
fn quick_scan_of_edits_finds_a_keyword_that_a_change_puts_together() {
    let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
    let key = expand("AKIA{base32:16}").unwrap();
    let parted = [&b"x\n".repeat(900)[..], &key[..2], b"--", &key[2..], b"\n"].concat();
    let before = engine.quick_scan(&parted);
    assert!(!before.has_match);
    assert!(has_match(&engine, &before.trail, edited(&parted, 1802..1804, b"")));
}

#[test]
fn quick_scan_of_edits_reaches_as_far_as_a_key_and_encoded_text_do() {
    use base64::Engine as _;
    let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
    let filler = b"nothing to see here\n".repeat(100);
    let pem = expand("{pem:RSA PRIVATE KEY}").unwrap();
    let inner = expand("{alnum:900} id: AKIA{base32:16} {alnum:900}").unwrap();
    let encoded = base64::engine::general_purpose::STANDARD.encode(inner).into_bytes();
    let key = expand("id: AKIA{base32:16} or so").unwrap();
    let spelled =
        |each: &dyn Fn(&u8) -> String| key.iter().map(each).collect::<String>().into_bytes();
    let in_escapes = spelled(&|byte| format!("\\u{byte:04x}"));
    let of_url = spelled(&|byte| format!("%{byte:02X}"));
    for secret in [pem, encoded, in_escapes, of_url] {
        let whole = [&filler[..], &secret, b"\n", &filler].concat();
        let end = filler.len() + secret.len();
        for (at, lost) in [(end - 2, 2), (filler.len(), 1)] {
            let before = engine.quick_scan(&edited(&whole, at..at + lost, b"").0);
            let (broken, _) = edited(&whole, at..at + lost, b"");
            let seen =
                has_match(&engine, &before.trail, edited(&broken, at..at, &whole[at..at + lost]));
            assert!(seen, "{at} of {}", secret.len());
        }
    }
}

#[test]
fn quick_scan_of_edits_keeps_what_is_found_whatever_is_changed_beside_it() {
    use base64::Engine as _;
    let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
    let long = expand("password = \"{alnum:200}Zq7!{alnum:60}\"").unwrap();
    let inner =
        expand("some words before it id: AKIA{base32:16} and some words behind it").unwrap();
    let encoded = base64::engine::general_purpose::STANDARD.encode(inner).into_bytes();
    let key = expand("id: AKIA{base32:16} or so").unwrap();
    let spelled = key.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>().into_bytes();
    for secret in [long, encoded, spelled] {
        let filler = b"nothing to see here\n".repeat(20);
        let text = [&filler[..], &secret, b"\n", &filler].concat();
        let before = engine.quick_scan(&text);
        assert!(before.has_match);
        let (start, end) = (filler.len(), filler.len() + secret.len());
        for beside in 0..200 {
            for at in [start - beside, end + 1 + beside] {
                let (text, edits) = edited(&text, at..at + 1, b"x");
                let seen = engine.quick_scan_of_edits(&text, &edits, &before.trail);
                assert!(seen.has_match || !engine.quick_scan(&text).has_match, "{beside} {at}");
            }
        }
    }
}

#[test]
fn quick_scan_leaves_nothing_where_there_are_zeros() {
    let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
    assert!(engine.quick_scan(b"a\0b").trail.is_opaque);
    assert_eq!(engine.quick_scan(b"nothing to see here"), QuickScan::default());
}

fn engine_of(pack: &str) -> Engine {
    Engine::new(RuleSet::from_rules(parse_pack(pack, "p.toml").unwrap()), 0).unwrap()
}

#[test]
fn quick_scan_of_edits_finds_what_an_example_covered_until_a_change_ended_it() {
    let engine = engine_of(
        "[[rule]]\nid = 'token'\nkeywords = ['token']\ngrammar = 'assignment'\n\
         [[rule]]\nid = 'acme'\nkeywords = ['acme']\n\
         pattern = '(?s)acme[ .\\n]{0,4000}token = .([a-z0-9]{16})'\nstop_words = ['k3v9q7w2']\n",
    );
    // The name of the service stands further away than the judge looks.
    let text = format!("acme {} token = 'k3v9q7w2x5z1b5n8'\n", ".\n".repeat(1500)).into_bytes();
    let before = engine.quick_scan(&text);
    assert!(!before.has_match && engine.scan(&text).list.is_empty());
    let (text, edits) = edited(&text, 0..1, b"A");
    assert_eq!(engine.scan(&text).list.len(), 1);
    assert!(engine.quick_scan_of_edits(&text, &edits, &before.trail).has_match);
}

#[test]
fn quick_scan_of_edits_finds_what_another_match_of_its_rule_held_until_a_change_ended_it() {
    for id in
        ["pattern = '(?s)acme_.{0,3000}?#[0-9]{4}'", "pattern = '[+]?acme_[a-z.]{0,3000}#[0-9]{4}'"]
    {
        let engine = engine_of(&format!("[[rule]]\nid = 'acme'\nkeywords = ['acme_']\n{id}\n"));
        let text = format!("acme_{}acme_{}#1234", ".".repeat(1500), ".".repeat(20)).into_bytes();
        let before = engine.quick_scan(&text);
        assert!(before.has_match);
        let (text, edits) = edited(&text, 1..2, b"A");
        assert_eq!(engine.scan(&text).list.len(), 1);
        assert!(engine.quick_scan_of_edits(&text, &edits, &before.trail).has_match, "{id}");
    }
}

#[test]
fn short_encoded_text_is_seen_wherever_it_stands() {
    use base64::Engine as _;
    let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
    let key = expand("AKIA{base32:16}").unwrap();
    for more in 4..16 {
        let encoded = base64::engine::general_purpose::STANDARD_NO_PAD
            .encode([&key[..], &b" abcdefghijklmn"[..more]].concat());
        let filler = b"nothing\n".repeat(40);
        let text = [&filler, &b"x: "[..], encoded.as_bytes(), b"\n", &filler].concat();
        let start = filler.len() + 3;
        assert!((32..48).contains(&encoded.len()));
        let QuickScan { trail, has_match } = engine.quick_scan(&text);
        assert!(has_match, "{more}");
        for before in 1..17 {
            let moved = edited(&text, 0..0, &b" ".repeat(before));
            assert!(!engine.scan(&moved.0).list.is_empty(), "{more} {before}");
            assert!(self::has_match(&engine, &trail, moved), "{more} {before}");
        }
        // A letter that is put in and taken out again.
        for at in (start..start + encoded.len()).step_by(5) {
            let (broken, edits) = edited(&text, at..at, b"*");
            let seen = engine.quick_scan_of_edits(&broken, &edits, &trail);
            assert_same(&seen, engine.quick_scan(&broken));
            let mended = edited(&broken, at..at + 1, b"");
            assert!(self::has_match(&engine, &seen.trail, mended), "{more} {at}");
        }
    }
}

#[test]
fn what_is_not_decoded_to_the_end_is_left_to_the_scan_to_name() {
    use base64::Engine as _;
    let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &vec![b' '; 33 << 20]).unwrap();
    let bomb = base64::engine::general_purpose::STANDARD.encode(gzip.finish().unwrap());
    for text in [format!("{bomb} {bomb}"), format!("{bomb} {bomb}\0")] {
        let scanned = engine.scan(text.as_bytes());
        assert!(scanned.unread && scanned.list.is_empty());
        assert!(engine.quick_scan(text.as_bytes()).has_match);
    }
    assert!(!engine.quick_scan(bomb.as_bytes()).has_match);
}

#[test]
fn quick_scan_of_edits_sees_every_row_of_a_table() {
    let engine = Engine::new(RuleSet::builtin(), 0).unwrap();
    let head = "name,team,password\n";
    let row = |at: usize| format!("user{at},sales,\n");
    let secret = expand("eve,sales,{alnum:9}{digit:2}{alnum:9}\n").unwrap();
    let rows: Vec<String> = (0..120).map(row).collect();
    let text = format!("x\n\n{head}{}\n\nend\n", rows.concat()).into_bytes();
    let before = engine.quick_scan(&text);
    let mut seen = 0;
    for count in 0..rows.len() {
        let at = 3 + head.len() + rows[..count].concat().len();
        let (new, edits) = edited(&text, at..at, &secret);
        let quick = engine.quick_scan_of_edits(&new, &edits, &before.trail);
        assert_eq!(quick.has_match, !engine.scan(&new).list.is_empty(), "row {count}");
        seen += usize::from(quick.has_match);
    }
    assert!((50..100).contains(&seen), "{seen} rows are read");
}
