//! A table of TOML whose keys count in any case, as gitleaks reads them.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::{Draft, ImportError, SourceFile, wrong};
use crate::rule::RuleOrigin;
use crate::text::escape::escape;

/// Texts, each with its `file:line`.
pub(super) type Texts = Vec<(String, String)>;

/// A table, with where it stands.
pub(super) struct Table<'a> {
    pub(super) file: &'a SourceFile,
    pub(super) entries: &'a DeTable<'a>,
    pub(super) offset: usize,
}

impl<'a> Table<'a> {
    /// Where the table stands: `file:line`.
    pub(super) fn origin(&self) -> String {
        self.file.at(self.file.line(self.offset))
    }

    pub(super) fn rule_origin(&self) -> RuleOrigin {
        let (file, line) = (self.file.shown.clone(), self.file.line(self.offset));
        RuleOrigin { file: Cow::Owned(file), line, builtin: false }
    }

    /// The value of `name`, which is given in lower case.
    fn value(&self, name: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        let mut entries = self.entries.iter();
        entries.find(|(key, _)| key.get_ref().eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn at(&self, value: &Spanned<DeValue<'_>>) -> String {
        self.file.at(self.file.line(value.span().start))
    }

    fn expected(&self, name: &str, what: &str, value: &Spanned<DeValue<'_>>) -> ImportError {
        wrong(&self.at(value), format!("`{name}` is not {what}"))
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<(String, String)>, ImportError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let text = value.get_ref().as_str();
        let text = text.ok_or_else(|| self.expected(name, "a string", value))?;
        Ok(Some((text.to_owned(), self.at(value))))
    }

    /// A list of strings; a string is a list of one.
    pub(super) fn texts(&self, name: &str) -> Result<Texts, ImportError> {
        let Some(value) = self.value(name) else { return Ok(Vec::new()) };
        let Some(items) = value.get_ref().as_array() else {
            return Ok(self.text(name)?.into_iter().collect());
        };
        let text = |item: &Spanned<DeValue<'_>>| {
            let text = item.get_ref().as_str();
            let text = text.ok_or_else(|| self.expected(name, "a list of strings", item))?;
            Ok((text.to_owned(), self.at(item)))
        };
        items.iter().map(text).collect()
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, ImportError> {
        let Some(value) = self.value(name) else { return Ok(false) };
        value.get_ref().as_bool().ok_or_else(|| self.expected(name, "true or false", value))
    }

    /// A number that is not negative.
    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, ImportError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let text = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return Err(self.expected(name, "a number", value)),
        };
        let number = text.replace('_', "").parse::<f64>().ok();
        let number = number.filter(|number| (0.0..=1e6).contains(number));
        number.map(Some).ok_or_else(|| self.expected(name, "a number from 0 on", value))
    }

    pub(super) fn table(&self, name: &str) -> Result<Option<Table<'a>>, ImportError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        self.of(name, value).map(Some)
    }

    pub(super) fn tables(&self, name: &str) -> Result<Vec<Table<'a>>, ImportError> {
        let Some(value) = self.value(name) else { return Ok(Vec::new()) };
        let items = value.get_ref().as_array();
        let items = items.ok_or_else(|| self.expected(name, "a list of tables", value))?;
        items.iter().map(|item| self.of(name, item)).collect()
    }

    fn of(&self, name: &str, value: &'a Spanned<DeValue<'a>>) -> Result<Table<'a>, ImportError> {
        let entries = value.get_ref().as_table();
        let entries = entries.ok_or_else(|| self.expected(name, "a table", value))?;
        Ok(Table { file: self.file, entries, offset: value.span().start })
    }

    /// Notes the keys that are not `known`, which are given in lower case.
    pub(super) fn note_others(&self, draft: &mut Draft, known: &[&str]) {
        for (key, _) in self.entries.iter() {
            let name = key.get_ref();
            if !known.iter().any(|known| name.eq_ignore_ascii_case(known)) {
                let origin = self.file.at(self.file.line(key.span().start));
                let shown = escape(name.as_bytes()).into_owned();
                draft.note(&origin, &format!("the key `{shown}` is not one of gitleaks"));
            }
        }
    }
}
