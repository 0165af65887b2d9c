//! The rules of `patterns/*.toml`, as the build script lays them.
//!
//! There are hundreds of them with thousands of texts, and a run needs a handful. So they are laid without
//! pointers, which the system's loader would have to write anew at every start of the program: all texts stand
//! in one string, and a rule tells where its own begin and end. A [`Rule`] is made of that when it is asked for.

use std::borrow::Cow;

use super::{Confidence, Rule, RuleOrigin, Scope, Text, Texts};

include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// A text: where it begins and ends in [`TEXT`].
#[derive(Debug, Clone, Copy)]
struct Span(u32, u32);

/// A list of texts: where it begins and ends in [`LISTS`].
#[derive(Debug, Clone, Copy)]
struct SpanList(u32, u32);

/// What the fields of a [`Rule`] are made of.
struct Row {
    id: Span,
    description: Span,
    keywords: SpanList,
    pattern: Span,
    boundary: Option<Span>,
    secret_group: Option<usize>,
    min_entropy: Option<f32>,
    checks: SpanList,
    confidence: Confidence,
    stop_words: SpanList,
    advice: Span,
    url: Span,
    max_bytes: Option<usize>,
    near: Option<Span>,
    pair: Option<Span>,
    near_bytes: usize,
    matches: SpanList,
    rejects: SpanList,
    file: Span,
    line: u32,
}

/// What is asked of every rule at every start, apart from the rest of it so that few pages are read.
#[derive(Debug, Clone, Copy)]
struct Brief {
    is_enabled: bool,
    kind: Kind,
}

/// What a pattern is tried on, and whether there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Bytes as they are.
    Bytes,
    /// Values assigned to names, judged by a model.
    Judged,
    /// Values assigned to names with the rule's keywords, by the rule's pattern.
    Named,
    /// Nothing: its values are handed in.
    Known,
}

impl Span {
    fn text(self) -> &'static str {
        &TEXT[self.0 as usize..self.1 as usize]
    }
}

impl SpanList {
    fn texts(self) -> Texts {
        let spans = &LISTS[self.0 as usize..self.1 as usize];
        spans.iter().map(|span| Text::Borrowed(span.text())).collect()
    }
}

/// How many rules there are.
pub(super) const COUNT: usize = ROWS.len();

/// Returns the id of the rule at a place.
pub(super) fn id(at: usize) -> &'static str {
    ROWS[at].id.text()
}

/// Returns where the rule with an id stands.
pub(super) fn place(id: &str) -> Option<usize> {
    let found = BY_ID.binary_search_by(|&at| self::id(at as usize).cmp(id)).ok()?;
    Some(BY_ID[found] as usize)
}

/// Whether a rule works without being enabled by id.
pub(super) fn is_enabled(at: usize) -> bool {
    BRIEFS[at].is_enabled
}

/// Returns what the pattern of a rule is tried on.
pub(super) fn kind(at: usize) -> Kind {
    BRIEFS[at].kind
}

/// Makes the rule at a place.
pub(super) fn rule(at: usize) -> Rule {
    let row = &ROWS[at];
    let text = |span: Span| Cow::Borrowed(span.text());
    Rule {
        id: text(row.id),
        description: text(row.description),
        keywords: row.keywords.texts(),
        pattern: text(row.pattern),
        scope: match kind(at) {
            Kind::Bytes => Scope::Bytes,
            Kind::Judged | Kind::Named => Scope::Assignment,
            Kind::Known => Scope::Known,
        },
        boundary: row.boundary.map(text),
        secret_group: row.secret_group,
        min_entropy: row.min_entropy,
        checks: row.checks.texts(),
        confidence: row.confidence,
        stop_words: row.stop_words.texts(),
        advice: text(row.advice),
        url: text(row.url),
        enabled: is_enabled(at),
        max_bytes: row.max_bytes,
        near: row.near.map(text),
        pair: row.pair.map(text),
        near_bytes: row.near_bytes,
        matches: row.matches.texts(),
        rejects: row.rejects.texts(),
        origin: RuleOrigin { file: text(row.file), line: row.line, builtin: true },
    }
}
