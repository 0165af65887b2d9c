//! `.gitleaks.toml`: rules, allowlists, and files that extend each other.
//!
//! [`read`] makes a [`Settings`] of a file and of those it extends; [`convert`] puts it in our own terms.

mod convert;
mod table;

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use self::table::{Table, Texts};
use super::{Draft, ImportError, SourceFile, wrong};
use crate::rule::{RuleOrigin, toml_problem};

/// How many files may extend each other, as in gitleaks.
const MAX_DEPTH: usize = 2;

/// What a file and those that it extends say.
#[derive(Debug, Default)]
struct Settings {
    rules: Vec<GitleaksRule>,
    allow: Vec<GitleaksAllow>,
    /// Ids of rules that are switched off, with their places.
    disabled: Texts,
    /// Whether gitleaks' own rules count.
    uses_default: bool,
}

/// One `[[rules]]` table.
#[derive(Debug, Clone)]
pub(super) struct GitleaksRule {
    id: String,
    origin: RuleOrigin,
    description: Option<String>,
    regex: Option<(String, String)>,
    path: Option<(String, String)>,
    secret_group: Option<usize>,
    entropy: Option<f64>,
    keywords: Vec<String>,
    has_tags: bool,
    is_helper: bool,
    /// Rules that have to find something, too, and whether nearer than anywhere.
    required: Vec<Required>,
    allow: Vec<GitleaksAllow>,
}

/// One `[[rules.required]]` table.
#[derive(Debug, Clone)]
struct Required {
    id: String,
    origin: String,
    is_bounded: bool,
}

/// One allowlist.
#[derive(Debug, Clone)]
struct GitleaksAllow {
    origin: String,
    description: Option<String>,
    /// Whether all of its checks must fit, and not one.
    needs_all: bool,
    commits: Texts,
    paths: Texts,
    target: Target,
    regexes: Texts,
    stop_words: Texts,
    rules: Texts,
}

/// What the expressions of an allowlist are tried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Secret,
    Match,
    Line,
}

/// Adds what the file says.
pub(super) fn add(draft: &mut Draft, file: &SourceFile) -> Result<(), ImportError> {
    let settings = read(draft, file, 0)?;
    convert::add(draft, &file.shown, settings)
}

/// Adds rules of another scanner whose expressions are Go's, too.
pub(super) fn add_rules(
    draft: &mut Draft,
    file: &SourceFile,
    rules: Vec<GitleaksRule>,
) -> Result<(), ImportError> {
    if rules.is_empty() {
        return Ok(());
    }
    convert::add(draft, &file.shown, Settings { rules, ..Settings::default() })
}

impl GitleaksRule {
    /// A rule that is nothing but an expression.
    pub(super) fn plain(file: &SourceFile, line: u32, id: String, pattern: String) -> Self {
        GitleaksRule {
            id,
            origin: RuleOrigin { file: file.shown.clone().into(), line, builtin: false },
            description: None,
            regex: Some((pattern, file.at(line))),
            path: None,
            secret_group: None,
            entropy: None,
            keywords: Vec::new(),
            has_tags: false,
            is_helper: false,
            required: Vec::new(),
            allow: Vec::new(),
        }
    }

    /// The same with keywords, one of them near, and with the least entropy.
    pub(super) fn with(self, keywords: Vec<String>, entropy: Option<f64>) -> Self {
        GitleaksRule { keywords, entropy, ..self }
    }

    /// The same without secrets that hold one of these words, or that one of these expressions matches.
    pub(super) fn allowing(mut self, origin: &str, stop_words: Texts, regexes: Texts) -> Self {
        if !stop_words.is_empty() || !regexes.is_empty() {
            self.allow.push(GitleaksAllow {
                origin: origin.to_owned(),
                description: None,
                needs_all: false,
                commits: Texts::new(),
                paths: Texts::new(),
                target: Target::Secret,
                regexes,
                stop_words,
                rules: Texts::new(),
            });
        }
        self
    }
}

fn read(draft: &mut Draft, file: &SourceFile, depth: usize) -> Result<Settings, ImportError> {
    let parsed = DeTable::parse(&file.text).map_err(|error| {
        let line = file.line(error.span().map_or(0, |span| span.start));
        wrong(&file.at(line), toml_problem(&error))
    })?;
    let top = Table { file, entries: parsed.get_ref(), offset: 0 };
    let mut settings = match top.table("extend")? {
        Some(extend) => extended(draft, &extend, depth)?,
        None => Settings::default(),
    };
    for table in top.tables("rules")? {
        let rule = rule(draft, &table)?;
        match settings.rules.iter_mut().find(|base| base.id == rule.id) {
            Some(base) => base.extend(rule),
            None => settings.rules.push(rule),
        }
    }
    settings.allow.extend(allowlists(draft, &top)?);
    // The rest is for people, or says which version may read the file.
    let known =
        ["title", "description", "minversion", "extend", "rules", "allowlist", "allowlists"];
    top.note_others(draft, &known);
    Ok(settings)
}

fn extended(draft: &mut Draft, extend: &Table<'_>, depth: usize) -> Result<Settings, ImportError> {
    let uses_default = extend.flag("usedefault")?;
    let base = extend.text("path")?.filter(|(path, _)| !path.is_empty());
    if extend.text("url")?.is_some_and(|(url, _)| !url.is_empty()) {
        draft.note(&extend.origin(), "`url` has no effect in gitleaks either");
    }
    let mut settings = match base {
        Some((_, origin)) if uses_default => {
            return Err(wrong(&origin, "`useDefault` and `path` exclude each other"));
        }
        Some((_, origin)) if depth >= MAX_DEPTH => {
            draft.note(&origin, "gitleaks extends no deeper than two files; this one is left out");
            Settings::default()
        }
        Some((path, _)) => {
            let path = base_path(&draft.root, &path);
            read(draft, &SourceFile::read(&path)?, depth + 1)?
        }
        None => Settings::default(),
    };
    settings.uses_default |= uses_default;
    settings.disabled.extend(extend.texts("disabledrules")?);
    extend.note_others(draft, &["usedefault", "path", "url", "disabledrules"]);
    Ok(settings)
}

/// Gitleaks takes it from where it runs, as a rule the repository's root.
fn base_path(root: &Path, path: &str) -> PathBuf {
    if root == Path::new(".") { PathBuf::from(path) } else { root.join(path) }
}

fn rule(draft: &mut Draft, table: &Table<'_>) -> Result<GitleaksRule, ImportError> {
    let (id, _) = table
        .text("id")?
        .filter(|(id, _)| !id.is_empty())
        .ok_or_else(|| wrong(&table.origin(), "the rule has no id"))?;
    let rule = GitleaksRule {
        id,
        origin: table.rule_origin(),
        description: table.text("description")?.map(|(text, _)| text),
        regex: table.text("regex")?.filter(|(text, _)| !text.is_empty()),
        path: table.text("path")?.filter(|(text, _)| !text.is_empty()),
        secret_group: table.number("secretgroup")?.map(|number| number as usize),
        entropy: table.number("entropy")?,
        keywords: table.texts("keywords")?.into_iter().map(|(text, _)| text).collect(),
        has_tags: !table.texts("tags")?.is_empty(),
        is_helper: table.flag("skipreport")?,
        required: table.tables("required")?.iter().map(required).collect::<Result<_, _>>()?,
        allow: allowlists(draft, table)?,
    };
    let known = [
        "id",
        "description",
        "regex",
        "path",
        "secretgroup",
        "entropy",
        "keywords",
        "tags",
        "skipreport",
        "required",
        "allowlist",
        "allowlists",
    ];
    table.note_others(draft, &known);
    Ok(rule)
}

fn required(table: &Table<'_>) -> Result<Required, ImportError> {
    let origin = table.origin();
    let (id, _) = table.text("id")?.ok_or_else(|| wrong(&origin, "`required` names no rule"))?;
    let is_bounded =
        table.number("withinlines")?.is_some() || table.number("withincolumns")?.is_some();
    Ok(Required { id, origin, is_bounded })
}

fn allowlists(draft: &mut Draft, table: &Table<'_>) -> Result<Vec<GitleaksAllow>, ImportError> {
    let old = table.table("allowlist")?;
    let new = table.tables("allowlists")?;
    if let Some(old) = old.as_ref().filter(|_| !new.is_empty()) {
        return Err(wrong(&old.origin(), "`allowlist` and `allowlists` exclude each other"));
    }
    old.iter().chain(&new).map(|table| allowlist(draft, table)).collect()
}

fn allowlist(draft: &mut Draft, table: &Table<'_>) -> Result<GitleaksAllow, ImportError> {
    let word = |name| -> Result<Option<(String, String)>, ImportError> {
        Ok(table.text(name)?.map(|(text, origin)| (text.to_ascii_lowercase(), origin)))
    };
    let needs_all = match word("condition")? {
        None => false,
        Some((text, origin)) => match &*text {
            "and" | "&&" => true,
            "or" | "||" | "" => false,
            _ => return Err(wrong(&origin, "`condition` is neither \"OR\" nor \"AND\"")),
        },
    };
    let target = match word("regextarget")? {
        None => Target::Secret,
        Some((text, origin)) => match &*text {
            "" | "secret" => Target::Secret,
            "match" => Target::Match,
            "line" => Target::Line,
            _ => {
                let message = "`regexTarget` is none of \"secret\", \"match\" and \"line\"";
                return Err(wrong(&origin, message));
            }
        },
    };
    let allow = GitleaksAllow {
        origin: table.origin(),
        description: table.text("description")?.map(|(text, _)| text),
        needs_all,
        commits: table.texts("commits")?,
        paths: table.texts("paths")?,
        target,
        regexes: table.texts("regexes")?,
        stop_words: table.texts("stopwords")?,
        rules: table.texts("targetrules")?,
    };
    let known = [
        "description",
        "condition",
        "commits",
        "paths",
        "regextarget",
        "regexes",
        "stopwords",
        "targetrules",
    ];
    table.note_others(draft, &known);
    Ok(allow)
}

impl GitleaksRule {
    /// Puts what `child` says over what this rule says, as gitleaks does.
    fn extend(&mut self, child: GitleaksRule) {
        let base = self;
        base.description = child.description.or(base.description.take());
        base.regex = child.regex.or(base.regex.take());
        base.path = child.path.or(base.path.take());
        base.secret_group = child.secret_group.filter(|&group| group > 0).or(base.secret_group);
        base.entropy = child.entropy.filter(|&bits| bits > 0.0).or(base.entropy);
        base.keywords.extend(child.keywords);
        base.has_tags |= child.has_tags;
        base.allow.extend(child.allow);
    }
}
