//! Literals inside a pattern, for patterns that neither begin nor end with one.

use regex_syntax::hir::{Hir, HirKind};

use super::MIN_KEYWORD_BYTES;
use super::outline::literal;

/// More alternatives than this are not worth a keyword each.
const MAX_LITERALS: usize = 64;

/// Of a longer literal only so much is looked for, in bytes.
const MAX_LITERAL_BYTES: usize = 32;

/// Returns literals, in lower case, of which every match of `hir` holds at least one, whatever
/// the case of its letters; `None` if there are none that are long enough.
pub(crate) fn literals(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Capture(capture) => literals(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => literals(&repetition.sub),
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(literals(branch)?);
            }
            all.sort();
            all.dedup();
            (all.len() <= MAX_LITERALS).then_some(all)
        }
        HirKind::Concat(parts) => of_sequence(parts),
        HirKind::Literal(_) | HirKind::Class(_) => of_sequence(std::slice::from_ref(hir)),
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

/// The best of what the parts of a sequence require: literals that follow each other are one.
fn of_sequence(parts: &[Hir]) -> Option<Vec<Vec<u8>>> {
    let mut best: Option<Vec<Vec<u8>>> = None;
    let mut offer = |set: Vec<Vec<u8>>| {
        if best.as_ref().is_none_or(|best| rank(&set) > rank(best)) {
            best = Some(set);
        }
    };
    let mut run: Vec<u8> = Vec::new();
    for part in parts {
        if let Some(bytes) = literal(part) {
            run.extend(bytes);
            continue;
        }
        if !matches!(part.kind(), HirKind::Look(_)) {
            offer_run(&mut run, &mut offer);
        }
        if let Some(set) = literals_of_part(part) {
            offer(set);
        }
    }
    offer_run(&mut run, &mut offer);
    best
}

/// A class inside a sequence was no literal; anything else may hold some.
fn literals_of_part(part: &Hir) -> Option<Vec<Vec<u8>>> {
    match part.kind() {
        HirKind::Class(_) | HirKind::Literal(_) => None,
        _ => literals(part),
    }
}

fn offer_run(run: &mut Vec<u8>, offer: &mut impl FnMut(Vec<Vec<u8>>)) {
    let mut run = std::mem::take(run);
    if run.len() >= MIN_KEYWORD_BYTES {
        run.truncate(MAX_LITERAL_BYTES);
        offer(vec![run]);
    }
}

/// A set is as good as its shortest literal; beyond eight bytes fewer of them count for more.
fn rank(set: &[Vec<u8>]) -> (usize, std::cmp::Reverse<usize>) {
    let shortest = set.iter().map(Vec::len).min().unwrap_or(0);
    (shortest.min(8), std::cmp::Reverse(set.len()))
}

#[cfg(test)]
mod tests {
    use super::literals;

    #[test]
    fn every_match_holds_one() {
        for (pattern, expected) in [
            ("[0-9]+password[0-9]+", &["password"][..]),
            ("(?:A|a)?[0-9]*(?:KEY|key|Key)[0-9]+", &["key"]),
            ("[a-z]*(?i:To)ken[a-z]*", &["token"]),
            ("[0-9](?:abc|x[0-9]+defg)[0-9]", &["abc", "defg"]),
            ("[0-9](?:abc|[0-9])[0-9]", &[]),
            ("[0-9](?:abc)*[0-9]", &[]),
            ("[0-9](?:abc)+[0-9]", &["abc"]),
            (r"[0-9]ab\bcd[0-9]", &["abcd"]),
            ("[0-9]ab[0-9]", &[]),
            // Two letters are one in either case only if they are the same one.
            ("[0-9]secret[Kk]ey[0-9]", &["secretkey"]),
            ("[0-9]secret[Kw]ey[0-9]", &["secret"]),
            ("[0-9]secret[kw]ey[0-9]", &["secret"]),
            ("[0-9]secret[+k]ey[0-9]", &["secret"]),
            ("[0-9]secret[A-Ca]ey[0-9]", &["secret"]),
            ("[0-9]secret[Aa-c]ey[0-9]", &["secret"]),
        ] {
            let hir = crate::pattern::syntax::parse(pattern).unwrap();
            assert_eq!(
                literals(&hir).unwrap_or_default(),
                expected.iter().map(|literal| literal.as_bytes()).collect::<Vec<_>>(),
                "{pattern}"
            );
        }
    }
}
