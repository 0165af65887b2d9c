//! Settings of gitleaks, converted to our own.

use std::collections::HashMap;

use super::super::{Draft, ImportError, wrong};
use super::table::Texts;
use super::{GitleaksAllow, GitleaksRule, Settings, Target};
use crate::pattern::go::{self, GoError};
use crate::pattern::{escape_literal, required_literals, syntax};
use crate::rule::{RuleEntry, RuleSet};
use crate::suppress::AllowEntry;
use crate::text::escape::escape;

/// How far a match may reach from its keyword where its expression sets no limit, in bytes.
const MAX_BYTES: usize = 16 << 10;

/// How far from a match a keyword may stand, in bytes: gitleaks looks for it in pieces of that size.
const KEYWORD_BYTES: usize = 100_000;

/// Our ids of gitleaks' rules, by theirs; `None` for a rule that is left out.
type Names = HashMap<String, Option<String>>;

/// Adds all settings of a file.
pub(super) fn add(draft: &mut Draft, file: &str, settings: Settings) -> Result<(), ImportError> {
    let Settings { rules, allow, disabled, uses_default } = settings;
    draft.note(
        file,
        match uses_default {
            true => "gitleaks' own rules are not taken over; the built-in rules take their place",
            false => {
                "the built-in rules stay on beside those of the file; `disable` switches them off"
            }
        },
    );
    let builtin = RuleSet::builtin();
    let mut names = Names::new();
    let is_disabled = |rule: &GitleaksRule| disabled.iter().any(|(id, _)| *id == rule.id);
    for rule in rules.iter().filter(|rule| !is_disabled(rule)) {
        let name = add_rule(draft, rule, &builtin, uses_default)?;
        names.insert(rule.id.clone(), name);
    }
    for rule in rules.iter().filter(|rule| !is_disabled(rule)) {
        add_required(draft, rule, &names);
    }
    for (id, origin) in &disabled {
        if rules.iter().any(|rule| rule.id == *id) {
            continue;
        }
        if builtin.find(id).is_some() {
            draft.disable.push((id.clone(), origin.clone()));
        } else {
            draft.note(origin, &format!("no rule here has the id `{}`", escape(id.as_bytes())));
        }
    }
    for rule in rules.iter().filter(|rule| !is_disabled(rule)) {
        if let Some(Some(name)) = names.get(&rule.id) {
            for allow in &rule.allow {
                add_allow(draft, allow, vec![name.clone()], is_secret_whole(rule))?;
            }
        }
    }
    for allow in &allow {
        add_global(draft, allow, &names, &rules, &builtin)?;
    }
    Ok(())
}

/// Adds a rule and returns its name here; `None` if it is left out.
fn add_rule(
    draft: &mut Draft,
    rule: &GitleaksRule,
    builtin: &RuleSet,
    uses_default: bool,
) -> Result<Option<String>, ImportError> {
    let origin = rule.origin.to_string();
    let shown = escape(rule.id.as_bytes()).into_owned();
    let Some((regex, regex_origin)) = &rule.regex else {
        return changed_rule(draft, rule, builtin, uses_default);
    };
    let pattern = match go::translate(regex) {
        Ok(pattern) => pattern,
        Err(GoError::Unsupported(why)) => {
            draft.note(regex_origin, &format!("the rule `{shown}` is left out: {why}"));
            return Ok(None);
        }
        Err(GoError::Syntax(error)) => {
            return Err(wrong(regex_origin, format!("`regex` of the rule `{shown}`: {error}")));
        }
    };
    let name = free_name(draft, rule, builtin);
    note_what_is_lost(draft, rule, &origin, &shown);
    let near = add_keywords(draft, rule, &name, &pattern);
    let is_unbounded = syntax::parse(&pattern)
        .is_ok_and(|expression| expression.properties().maximum_len().is_none());
    let entry = RuleEntry {
        id: name.clone(),
        description: rule.description.clone().filter(|text| !text.trim().is_empty()),
        pattern: Some(pattern),
        secret_group: rule.secret_group.filter(|&group| group > 0),
        min_entropy: rule.entropy.filter(|&bits| bits > 0.0).map(|bits| bits as f32),
        max_bytes: is_unbounded.then_some(MAX_BYTES),
        near_bytes: near.is_some().then_some(KEYWORD_BYTES),
        near,
        enabled: rule.is_helper.then_some(false),
        ..RuleEntry::default()
    };
    draft.rules.push((entry, rule.origin.clone()));
    if let Some(path) = &rule.path {
        only_in(draft, &name, path)?;
    }
    Ok(Some(name))
}

/// A rule without an expression finds files by their names, or changes one of gitleaks' own.
fn changed_rule(
    draft: &mut Draft,
    rule: &GitleaksRule,
    builtin: &RuleSet,
    uses_default: bool,
) -> Result<Option<String>, ImportError> {
    let origin = rule.origin.to_string();
    let shown = escape(rule.id.as_bytes()).into_owned();
    if rule.path.is_some() {
        let text = format!(
            "the rule `{shown}` is left out: no rule here finds files by their names alone"
        );
        draft.note(&origin, &text);
        return Ok(None);
    }
    if !uses_default {
        return Err(wrong(&origin, format!("the rule `{shown}` has neither `regex` nor `path`")));
    }
    if builtin.find(&rule.id).is_none() {
        let text =
            format!("the change of gitleaks' rule `{shown}` is left out: no rule here has that id");
        draft.note(&origin, &text);
        return Ok(None);
    }
    if rule.entropy.is_some() || rule.secret_group.is_some() || !rule.keywords.is_empty() {
        let text = format!(
            "only the allowlists of the rule `{shown}` are taken over, for the built-in rule of that id"
        );
        draft.note(&origin, &text);
    }
    Ok(Some(rule.id.clone()))
}

/// The id, in the letters that one may have here; the id of a built-in rule would change that rule.
fn free_name(draft: &mut Draft, rule: &GitleaksRule, builtin: &RuleSet) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let clean: String = rule.id.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    let is_taken = |draft: &Draft, name: &str| {
        builtin.find(name).is_some() || draft.rules.iter().any(|(rule, _)| rule.id == name)
    };
    let mut name = clean.clone();
    let mut number = 1;
    while is_taken(draft, &name) {
        name = if number == 1 {
            format!("gitleaks-{clean}")
        } else {
            format!("gitleaks-{clean}-{number}")
        };
        number += 1;
    }
    if name != rule.id {
        let shown = escape(rule.id.as_bytes()).into_owned();
        draft
            .note(&rule.origin.to_string(), &format!("the rule `{shown}` is called `{name}` here"));
    }
    name
}

fn note_what_is_lost(draft: &mut Draft, rule: &GitleaksRule, origin: &str, shown: &str) {
    if rule.has_tags {
        draft.note(origin, &format!("the tags of the rule `{shown}` do not carry over"));
    }
    if rule.is_helper {
        draft.note(
            origin,
            &format!("the rule `{shown}` is switched off; rules that require it still find it"),
        );
    }
}

/// Adds a rule that finds the keywords of `rule`, near which it is tried; none if every match holds one.
fn add_keywords(
    draft: &mut Draft,
    rule: &GitleaksRule,
    name: &str,
    pattern: &str,
) -> Option<String> {
    let words: Vec<String> = rule
        .keywords
        .iter()
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase())
        .collect();
    // An empty keyword is everywhere.
    if words.is_empty() || words.len() < rule.keywords.len() {
        return None;
    }
    let required = syntax::parse(pattern).ok().and_then(|hir| required_literals::literals(&hir));
    let holds_one = |literal: &Vec<u8>| {
        words.iter().any(|word| memchr::memmem::find(literal, word.as_bytes()).is_some())
    };
    if required.is_some_and(|literals| literals.iter().all(holds_one)) {
        return None;
    }
    let literal =
        |word: &String| String::from_utf8_lossy(&escape_literal(word.as_bytes())).into_owned();
    let escaped = words.iter().map(literal).collect::<Vec<_>>().join("|");
    let entry = RuleEntry {
        id: format!("{name}-keyword"),
        description: Some(format!("a keyword of the rule {name}")),
        pattern: Some(format!("(?i:{escaped})")),
        confidence: Some("low".to_owned()),
        enabled: Some(false),
        ..RuleEntry::default()
    };
    let id = entry.id.clone();
    draft.rules.push((entry, rule.origin.clone()));
    Some(id)
}

/// Tries a rule only near what the rule finds that it requires; what cannot be said so is noted, and the
/// rule finds more.
fn add_required(draft: &mut Draft, rule: &GitleaksRule, names: &Names) {
    let place = |draft: &Draft, id: &str| {
        let name = names.get(id)?.as_ref()?;
        draft.rules.iter().position(|(rule, _)| rule.id == *name)
    };
    let (Some(first), Some(own)) = (rule.required.first(), place(draft, &rule.id)) else {
        return;
    };
    let shown = escape(rule.id.as_bytes()).into_owned();
    // Matches of a rule that is itself tried near others come too late.
    let other = place(draft, &first.id).filter(|&other| {
        other != own && draft.rules[other].0.near.is_none() && draft.rules[own].0.near.is_none()
    });
    if let Some(other) = other {
        let name = draft.rules[other].0.id.clone();
        let entry = &mut draft.rules[own].0;
        (entry.near, entry.near_bytes) = (Some(name), Some(KEYWORD_BYTES));
    }
    if other.is_none() || rule.required.len() > 1 || first.is_bounded {
        let text = match other {
            Some(_) => "carries over in part",
            None => "does not carry over",
        };
        let text = format!("`required` {text}: the rule `{shown}` may find more");
        draft.note(&first.origin, &text);
    }
}

/// Confines a rule to the paths that an expression matches.
fn only_in(
    draft: &mut Draft,
    name: &str,
    (path, origin): &(String, String),
) -> Result<(), ImportError> {
    let Some(pattern) = translated(draft, path, origin)? else { return Ok(()) };
    let entry = AllowEntry {
        reason: format!("the rule {name} is for other paths"),
        rules: vec![name.to_owned()],
        outside_path_patterns: vec![pattern],
        ..AllowEntry::default()
    };
    draft.allow.push((entry, origin.clone()));
    Ok(())
}

/// Whether the secret of a rule is its whole match.
fn is_secret_whole(rule: &GitleaksRule) -> bool {
    rule.secret_group.unwrap_or(0) == 0
        && rule.regex.as_ref().is_some_and(|(regex, _)| {
            let pattern = go::translate(regex).ok();
            let parsed = pattern.and_then(|pattern| syntax::parse(&pattern).ok());
            parsed.is_some_and(|hir| hir.properties().explicit_captures_len() == 0)
        })
}

/// Adds an allowlist that is for all rules, or for those it names.
fn add_global(
    draft: &mut Draft,
    allow: &GitleaksAllow,
    names: &Names,
    rules: &[GitleaksRule],
    builtin: &RuleSet,
) -> Result<(), ImportError> {
    if allow.rules.is_empty() {
        return add_allow(draft, allow, Vec::new(), false);
    }
    let mut targets = Vec::new();
    for (id, origin) in &allow.rules {
        match names.get(id) {
            Some(Some(name)) => targets.push(name.clone()),
            // A note already says why the rule is left out.
            Some(None) => {}
            None if builtin.find(id).is_some() => targets.push(id.clone()),
            None => {
                let shown = escape(id.as_bytes()).into_owned();
                draft.note(
                    origin,
                    &format!("no rule here has the id `{shown}`, which the allowlist names"),
                );
            }
        }
    }
    let is_target = |rule: &&GitleaksRule| allow.rules.iter().any(|(id, _)| *id == rule.id);
    let are_known = rules.iter().filter(is_target).count() == allow.rules.len();
    let are_whole = are_known && rules.iter().filter(is_target).all(is_secret_whole);
    if targets.is_empty() {
        // Without its rules it would be for all of them.
        draft.note(&allow.origin, "the allowlist is left out: none of its rules is here");
        return Ok(());
    }
    add_allow(draft, allow, targets, are_whole)
}

/// Adds an allowlist: one entry if all its checks must fit, else one for each of them.
fn add_allow(
    draft: &mut Draft,
    allow: &GitleaksAllow,
    rules: Vec<String>,
    is_secret_whole: bool,
) -> Result<(), ImportError> {
    let checks = [&allow.commits, &allow.paths, &allow.regexes, &allow.stop_words];
    if checks.iter().all(|list| list.is_empty()) {
        let message = "the allowlist has no `commits`, `paths`, `regexes` or `stopwords`";
        return Err(wrong(&allow.origin, message));
    }
    let before = draft.notes.len();
    let paths = patterns(draft, &allow.paths)?;
    let mut regexes = patterns(draft, &allow.regexes)?;
    if allow.target == Target::Match && !is_secret_whole && !regexes.is_empty() {
        let text = "`regexTarget = \"match\"` does not carry over: an expression here sees the secret or \
                    the line; the expressions are left out";
        draft.note(&allow.origin, text);
        regexes.clear();
    }
    let reason = allow.description.clone().filter(|text| !text.trim().is_empty());
    let reason = reason.unwrap_or_else(|| format!("allowlist of {}", allow.origin));
    let (patterns, line_patterns) = match allow.target {
        Target::Line => (Vec::new(), regexes),
        Target::Secret | Target::Match => (regexes, Vec::new()),
    };
    let whole = AllowEntry {
        commits: plain(&allow.commits),
        path_patterns: paths,
        patterns,
        line_patterns,
        stop_words: plain(&allow.stop_words),
        reason,
        rules,
        ..AllowEntry::default()
    };
    let origin = &allow.origin;
    if allow.needs_all {
        if draft.notes.len() > before {
            // With one check less it would allow more.
            draft.note(origin, "the allowlist is left out: all of its checks must fit");
        } else {
            draft.allow.push((whole, origin.clone()));
        }
        return Ok(());
    }
    draft.allow.extend(one_check_each(whole).map(|entry| (entry, origin.clone())));
    Ok(())
}

/// Returns an entry for each kind of check that `whole` has.
fn one_check_each(whole: AllowEntry) -> impl Iterator<Item = AllowEntry> {
    let AllowEntry { commits, path_patterns, patterns, line_patterns, stop_words, .. } = whole;
    let blank = AllowEntry { reason: whole.reason, rules: whole.rules, ..AllowEntry::default() };
    let entries = [
        AllowEntry { commits, ..blank.clone() },
        AllowEntry { path_patterns, ..blank.clone() },
        AllowEntry { patterns, ..blank.clone() },
        AllowEntry { line_patterns, ..blank.clone() },
        AllowEntry { stop_words, ..blank },
    ];
    let has_check = |entry: &AllowEntry| {
        let [_rules, checks @ ..] = entry.lists();
        checks.iter().any(|list| !list.is_empty())
    };
    entries.into_iter().filter(has_check)
}

fn plain(texts: &Texts) -> Vec<String> {
    texts.iter().map(|(text, _)| text.clone()).collect()
}

/// Translates the expressions of an allowlist; those that cannot be are noted.
fn patterns(draft: &mut Draft, texts: &Texts) -> Result<Vec<String>, ImportError> {
    let mut usable = Vec::new();
    for (text, origin) in texts {
        usable.extend(translated(draft, text, origin)?);
    }
    Ok(usable)
}

fn translated(draft: &mut Draft, regex: &str, origin: &str) -> Result<Option<String>, ImportError> {
    match go::translate(regex) {
        Ok(pattern) => Ok(Some(pattern)),
        Err(GoError::Unsupported(why)) => {
            draft.note(origin, &format!("an expression is left out: {why}"));
            Ok(None)
        }
        Err(GoError::Syntax(error)) => {
            Err(wrong(origin, format!("an expression is wrong: {error}")))
        }
    }
}
