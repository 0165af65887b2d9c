//! A rule pack's text, parsed and checked.

use std::borrow::Cow;

use super::schema::{PackFile, line_of};
use super::{
    Confidence, DEFAULT_NEAR_BYTES, KNOWN_VALUE, Rule, RuleEntry, RuleOrigin, Scope, Text, Texts,
};

/// A rule pack that cannot be used, with its file and line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {message}")]
pub struct PackError {
    origin: Box<str>,
    message: String,
}

impl PackError {
    /// Makes an error about `line` of `file`.
    #[must_use]
    pub fn new(file: &str, line: u32, message: impl Into<String>) -> Self {
        PackError { origin: format!("{file}:{line}").into(), message: message.into() }
    }

    fn at(origin: &RuleOrigin, message: impl Into<String>) -> Self {
        PackError::new(&origin.file, origin.line, message)
    }
}

/// Parses the text of a pack into complete rules.
///
/// # Errors
/// Text that is not TOML, an unknown key, and a rule without what every rule needs.
///
/// ```
/// let rules = tightlip::rule::parse_pack("[[rule]]\nid = 'acme'\npattern = 'acme_[0-9]{9}'\n", "a.toml")?;
/// assert_eq!(rules[0].id, "acme");
/// # Ok::<(), tightlip::rule::PackError>(())
/// ```
pub fn parse_pack(text: &str, file: &str) -> Result<Vec<Rule>, PackError> {
    let pack: PackFile = toml::from_str(text).map_err(|error| toml_error(text, file, &error))?;
    pack.rule
        .into_iter()
        .map(|entry| {
            let line = line_of(text, entry.span().start);
            let origin = RuleOrigin { file: Cow::Owned(file.to_owned()), line, builtin: false };
            rule_from_entry(entry.into_inner(), None, origin)
        })
        .collect()
}

/// What is wrong with a TOML text, without the values that the error would quote: they may be secrets.
#[must_use]
pub fn toml_problem(error: &toml::de::Error) -> String {
    let message = error.message();
    let mut shown = String::new();
    let mut parts = message.split('"');
    shown.extend(parts.next());
    while let (Some(_), Some(after)) = (parts.next(), parts.next()) {
        shown.push_str("\"...\"");
        shown.push_str(after);
    }
    shown
}

fn toml_error(text: &str, file: &str, error: &toml::de::Error) -> PackError {
    let line = line_of(text, error.span().map_or(0, |span| span.start));
    PackError::new(file, line, toml_problem(error))
}

/// Completes `entry`: with the keys of `base` where it overrides a rule, else with defaults.
///
/// # Errors
/// A bad id, a missing pattern, an unknown confidence, a template or number that makes
/// no sense.
pub fn rule_from_entry(
    entry: RuleEntry,
    base: Option<&Rule>,
    origin: RuleOrigin,
) -> Result<Rule, PackError> {
    let mut rule = match base {
        Some(base) => Rule { origin, ..base.clone() },
        None => {
            check_id(&entry.id, &origin)?;
            blank(entry.id.clone(), origin)
        }
    };
    let described = entry.description.is_some() || base.is_some();
    apply_texts(&mut rule, &entry);
    if !described {
        rule.description = Cow::Owned(format!("forbidden pattern {}", rule.id));
    }
    apply_judgement(&mut rule, &entry)?;
    if entry.grammar.as_deref() == Some("known-value") && rule.id == KNOWN_VALUE {
        rule.scope = Scope::Known;
    } else if let Some(grammar) = &entry.grammar {
        if grammar != "assignment" || rule.keywords.is_empty() {
            let message = format!(
                "rule `{}`: the only grammar is \"assignment\", and it needs keywords",
                rule.id
            );
            return Err(PackError::at(&rule.origin, message));
        }
        rule.scope = Scope::Assignment;
    }
    if rule.pattern.is_empty() && !matches!(rule.scope, Scope::Assignment | Scope::Known) {
        return Err(PackError::at(&rule.origin, format!("rule `{}` has no pattern", rule.id)));
    }
    if let Some(empty) = rule.keywords.iter().find(|keyword| keyword.is_empty()) {
        let message = format!("rule `{}` has an empty keyword `{empty}`", rule.id);
        return Err(PackError::at(&rule.origin, message));
    }
    if let Some(long) = rule.keywords.iter().find(|keyword| keyword.len() > MAX_KEYWORD_BYTES) {
        let message =
            format!("rule `{}` has a keyword of {} bytes; 250 are the most", rule.id, long.len());
        return Err(PackError::at(&rule.origin, message));
    }
    if rule.stop_words.iter().any(|word| word.trim().is_empty()) {
        let message =
            format!("rule `{}` has an empty stop word, which would drop everything", rule.id);
        return Err(PackError::at(&rule.origin, message));
    }
    Ok(rule)
}

/// Longer keywords find no more.
const MAX_KEYWORD_BYTES: usize = 250;

fn check_id(id: &str, origin: &RuleOrigin) -> Result<(), PackError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if id.is_empty() || !id.chars().all(fits) {
        let message = format!("rule id {id:?} must be made of letters, digits, `-`, `_` and `.`");
        return Err(PackError::at(origin, message));
    }
    Ok(())
}

/// A rule with nothing but defaults.
pub fn blank(id: String, origin: RuleOrigin) -> Rule {
    Rule {
        id: Cow::Owned(id),
        description: Cow::Borrowed(""),
        keywords: Cow::Borrowed(&[]),
        pattern: Cow::Borrowed(""),
        scope: Scope::Bytes,
        boundary: None,
        secret_group: None,
        min_entropy: None,
        checks: Cow::Borrowed(&[]),
        confidence: Confidence::High,
        stop_words: Cow::Borrowed(&[]),
        advice: Cow::Borrowed(""),
        url: Cow::Borrowed(""),
        enabled: true,
        max_bytes: None,
        near: None,
        pair: None,
        near_bytes: DEFAULT_NEAR_BYTES,
        matches: Cow::Borrowed(&[]),
        rejects: Cow::Borrowed(&[]),
        origin,
    }
}

fn apply_texts(rule: &mut Rule, entry: &RuleEntry) {
    fn text(target: &mut Text, value: Option<&String>) {
        if let Some(value) = value {
            *target = Cow::Owned(value.clone());
        }
    }
    fn list(target: &mut Texts, value: Option<&Vec<String>>) {
        if let Some(value) = value {
            *target = Cow::Owned(value.iter().cloned().map(Cow::Owned).collect());
        }
    }
    text(&mut rule.description, entry.description.as_ref());
    text(&mut rule.advice, entry.advice.as_ref());
    text(&mut rule.url, entry.url.as_ref());
    list(&mut rule.stop_words, entry.stop_words.as_ref());
    list(&mut rule.checks, entry.checks.as_ref());
    list(&mut rule.matches, entry.matches.as_ref());
    list(&mut rule.rejects, entry.rejects.as_ref());
    if entry.pattern.is_some() && entry.keywords.is_none() {
        // Keywords of the rule that is overridden need not occur in the new pattern.
        rule.keywords = Cow::Borrowed(&[]);
    }
    if entry.pattern.is_some() || entry.boundary.is_some() {
        // The boundary of the old pattern need not fit the new one.
        rule.boundary = entry.boundary.clone().map(Cow::Owned);
    }
    text(&mut rule.pattern, entry.pattern.as_ref());
    list(&mut rule.keywords, entry.keywords.as_ref());
    if let Some(near) = &entry.near {
        rule.near = Some(Cow::Owned(near.clone()));
    }
    if let Some(pair) = &entry.pair {
        rule.pair = Some(Cow::Owned(pair.clone()));
    }
}

fn apply_judgement(rule: &mut Rule, entry: &RuleEntry) -> Result<(), PackError> {
    if let Some(name) = &entry.confidence {
        rule.confidence = Confidence::parse(name).ok_or_else(|| {
            let message = format!("confidence {name:?} is none of \"high\", \"medium\", \"low\"");
            PackError::at(&rule.origin, message)
        })?;
    }
    if let Some(bits) = entry.min_entropy {
        if !(0.0..=8.0).contains(&bits) {
            let message = format!("min_entropy is {bits}; it must lie between 0 and 8");
            return Err(PackError::at(&rule.origin, message));
        }
        rule.min_entropy = Some(bits);
    }
    rule.secret_group = entry.secret_group.or(rule.secret_group);
    rule.enabled = entry.enabled.unwrap_or(rule.enabled);
    rule.max_bytes = entry.max_bytes.or(rule.max_bytes);
    rule.near_bytes = entry.near_bytes.unwrap_or(rule.near_bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::parse_pack;

    #[test]
    fn the_old_name_of_boundary_works_and_both_names_are_an_error() {
        let rule = |keys: &str| format!("[[rule]]\nid = 'a'\npattern = 'x'\n{keys}");
        for keys in ["boundary = 'a-z'", "edge = 'a-z'"] {
            let rules = parse_pack(&rule(keys), "p.toml").unwrap();
            assert_eq!(rules[0].boundary.as_deref(), Some("a-z"), "{keys}");
        }
        let error = parse_pack(&rule("boundary = 'a-z'\nedge = 'a-z'"), "p.toml").unwrap_err();
        assert_eq!(error.to_string(), "p.toml:1: duplicate field `boundary`");
    }

    #[test]
    fn errors_name_the_file_and_the_line() {
        for (text, expected) in [
            ("[[rule]]\nid = 'a'\nwhat = 1\npattern = 'x'", "p.toml:3: unknown field `what`"),
            ("[[rule]]\nid = 'a'\n", "p.toml:1: rule `a` has no pattern"),
            ("\n[[rule]]\nid = 'a b'\npattern = 'x'\n", "p.toml:2: rule id \"a b\" must be"),
            ("[[rule]]\nid = 'a'\npattern = 'x'\nconfidence = 'so'", "p.toml:1: confidence \"so\""),
            (
                "[[rule]]\nid = 'a'\npattern = 'x'\nmin_entropy = 9.5",
                "p.toml:1: min_entropy is 9.5",
            ),
            ("[[rule]]\nid = 'a'\npattern = 'x\n", "p.toml:3:"),
        ] {
            let error = parse_pack(text, "p.toml").expect_err(text).to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
