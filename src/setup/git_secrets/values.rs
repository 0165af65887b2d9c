//! The values of git's configuration, each put where it belongs.

use std::borrow::Cow;

use super::provider::Provider;
use super::{AllowScope, Entry, GitSecrets, GitSecretsError};
use crate::git::Setting;
use crate::rule::RuleOrigin;
use crate::text::escape::escape;

impl GitSecrets {
    /// Puts a value where it belongs; other keys say nothing here.
    pub(super) fn add(&mut self, setting: &Setting) -> Result<(), GitSecretsError> {
        // What has no value at all is the word for yes, where one is asked for.
        let (value, yes) = (setting.value.as_deref(), &b"true"[..]);
        let flag = value.unwrap_or(yes);
        let value = value.unwrap_or_default();
        match &*setting.key {
            // A value of several lines is several patterns, as grep has it.
            // An empty one is an error, not nothing: with grep it forbids everything.
            "secrets.patterns" => {
                let is_empty = lines(value).next().is_none();
                for line in lines(value).chain(is_empty.then_some(&b""[..])) {
                    self.patterns.push(entry(line, origin_of(setting, self.patterns.len())));
                }
            }
            "secrets.allowed" => {
                if lines(value).next().is_none() {
                    let file = origin_of(setting, 0).file;
                    self.warnings.push(format!(
                        "an empty value of {file} is ignored: it would allow everything"
                    ));
                }
                for line in lines(value) {
                    self.allowed.push(entry(line, origin_of(setting, self.allowed.len())));
                }
            }
            "secrets.providers" => {
                let origin = origin_of(setting, self.providers.len());
                let provider = Provider::parse(value);
                self.providers.extend(provider.map(|own| (own, origin, setting.level)));
            }
            "secrets.allowscope" => {
                let known = [("match", AllowScope::Match), ("line", AllowScope::Line)];
                self.allow_scope = pick("secrets.allowScope", value, &known, "match or line")?;
            }
            "secrets.providererrors" => {
                let known = [("ignore", true), ("stop", false)];
                self.ignores_provider_errors =
                    pick("secrets.providerErrors", value, &known, "stop or ignore")?;
            }
            "secrets.builtinaws" => self.builtin_aws = truth("secrets.builtinAws", flag)?,
            "secrets.extrahooks" => self.extra_hooks = truth("secrets.extraHooks", flag)?,
            "secrets.allowshallow" => {
                self.allow_shallow = truth("secrets.allowShallow", flag)?;
            }
            "secrets.redact" => self.redact = truth("secrets.redact", flag)?,
            _ => {}
        }
        Ok(())
    }
}

/// Where the value behind `count` others of its key stands.
fn origin_of(setting: &Setting, count: usize) -> RuleOrigin {
    let level = setting.level.name();
    RuleOrigin {
        file: Cow::Owned(format!("{} ({level} git configuration)", setting.key)),
        line: u32::try_from(count + 1).unwrap_or(u32::MAX),
        builtin: false,
    }
}

fn entry(line: &[u8], origin: RuleOrigin) -> Entry {
    Entry { text: line.to_vec(), origin }
}

/// The lines of a value that hold anything.
fn lines(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b'\n').filter(|line| !line.is_empty())
}

fn pick<T: Copy>(
    key: &'static str,
    value: &[u8],
    known: &[(&str, T)],
    expected: &'static str,
) -> Result<T, GitSecretsError> {
    let is_it = |(name, _): &&(&str, T)| value.eq_ignore_ascii_case(name.as_bytes());
    known.iter().find(is_it).map(|(_, value)| *value).ok_or_else(|| GitSecretsError::Setting {
        key,
        value: escape(value).into_owned(),
        expected,
    })
}

/// Git's words for true and false, and numbers.
/// <https://git-scm.com/docs/git-config#Documentation/git-config.txt-boolean>
fn truth(key: &'static str, value: &[u8]) -> Result<bool, GitSecretsError> {
    if let Ok(number) = String::from_utf8_lossy(value).parse::<i32>() {
        return Ok(number != 0);
    }
    let known = [
        ("true", true),
        ("yes", true),
        ("on", true),
        ("false", false),
        ("no", false),
        ("off", false),
    ];
    // An empty value is false, one that is missing true.
    if value.is_empty() { Ok(false) } else { pick(key, value, &known, "true or false") }
}
