//! Where in a pattern its keywords stand.

use regex_syntax::hir::literal::{Extractor, Literal};
use regex_syntax::hir::{Hir, HirKind};

use super::literal;

/// Returns how many bytes of a match stand before a keyword at most; `None` if a match need
/// not hold a keyword, or if it cannot be told.
pub(super) fn max_bytes(hir: &Hir, keywords: &[Vec<u8>]) -> Option<usize> {
    in_part(hir, keywords).or_else(|| by_prefixes(hir, keywords))
}

/// The most letters of a class that are told apart: those of both cases, and digits.
const CLASS_LETTERS: usize = 64;

/// The most prefixes that are told apart.
const PREFIXES: usize = 256;

/// Tells by the literals with which matches begin, classes being alternatives: `c[ks]_[0-9a-f]`.
fn by_prefixes(hir: &Hir, keywords: &[Vec<u8>]) -> Option<usize> {
    let mut extractor = Extractor::new();
    extractor.limit_class(CLASS_LETTERS).limit_repeat(1).limit_total(PREFIXES);
    let prefixes = extractor.extract(hir);
    let lead = |prefix: &Literal| {
        let prefix = prefix.as_bytes().to_ascii_lowercase();
        keywords.iter().filter_map(|keyword| find(&prefix, keyword)).min()
    };
    prefixes.literals()?.iter().map(lead).try_fold(0, |most, lead| Some(most.max(lead?)))
}

fn in_part(hir: &Hir, keywords: &[Vec<u8>]) -> Option<usize> {
    match hir.kind() {
        HirKind::Capture(capture) => in_part(&capture.sub, keywords),
        HirKind::Repetition(repetition) if repetition.min > 0 => in_part(&repetition.sub, keywords),
        HirKind::Alternation(branches) => branches
            .iter()
            .map(|branch| in_part(branch, keywords))
            .try_fold(0, |most, lead| lead.map(|lead| most.max(lead))),
        HirKind::Concat(parts) => in_sequence(parts, keywords),
        HirKind::Literal(_) => in_sequence(std::slice::from_ref(hir), keywords),
        _ => None,
    }
}

/// Case-insensitive literals are sequences of classes; they are put together again.
fn in_sequence(parts: &[Hir], keywords: &[Vec<u8>]) -> Option<usize> {
    let mut before = 0;
    let mut run: Vec<u8> = Vec::new();
    for part in parts {
        match literal(part) {
            Some(bytes) => run.extend(bytes),
            None => {
                if let Some(lead) = in_part(part, keywords) {
                    return Some(before + run.len() + lead);
                }
                before += run.len() + part.properties().maximum_len()?;
                run.clear();
            }
        }
        if let Some(start) = keywords.iter().filter_map(|keyword| find(&run, keyword)).min() {
            return Some(before + start);
        }
    }
    None
}

fn find(bytes: &[u8], keyword: &[u8]) -> Option<usize> {
    bytes.windows(keyword.len()).position(|window| window == keyword)
}

#[cfg(test)]
mod tests {
    use super::max_bytes;

    #[test]
    fn the_lead_is_known_where_every_match_holds_a_keyword() {
        for (pattern, keyword, expected) in [
            ("ghp_[a-z]{36}", "ghp_", Some(0)),
            (r"(?:^|[^a-z])(?:(?:x{2})?AKIA|KIA)z", "kia", Some(4)),
            ("[a-z]{1,30}://x", "://", Some(30)),
            (r"(?i:aws_?)?(?i:secret)", "secret", Some(4)),
            ("a*token", "token", None),
            ("(?:token)?x", "token", None),
            ("token|x", "token", None),
            ("(?:token)+x", "token", Some(0)),
            ("(?:x?token){1,3}y", "token", Some(1)),
            ("(?:token|ab)*y", "token", None),
            ("toke[mn]", "token", None),
            ("toke[n]_[0-9]", "token_", Some(0)),
            ("(?i:tok)(?:en)?=", "token=", None),
            ("(?:a|ab)tok[e]", "toke", Some(2)),
        ] {
            let hir = crate::pattern::syntax::parse(pattern).unwrap();
            assert_eq!(max_bytes(&hir, &[keyword.into()]), expected, "{pattern}");
        }
    }
}
