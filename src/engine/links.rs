//! What leads from a keyword to rules, and from one rule to another.

use std::borrow::Cow;
use std::collections::HashMap;

use super::pattern::{self, PatternError};
use super::prefilter::{Prefilter, builtin};
use crate::rule::{Rule, Scope};
use crate::text::lists::Lists;

/// How rules hang together with their keywords and with each other.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) prefilter: Prefilter,
    /// For each keyword of the prefilter, the rules that have it.
    pub(super) rules_of_keyword: Lists<u32>,
    /// Words of names in lower case, in order.
    pub(super) names: Lists<u8>,
    /// For each of them, the rule for the values assigned to such a name.
    pub(super) rule_of_name: Cow<'static, [u32]>,
    /// Rules that are tried everywhere.
    pub(super) everywhere: Vec<usize>,
    /// Rules that are tried near the matches of another: (rule, other).
    pub(super) near: Cow<'static, [(usize, usize)]>,
    /// Rules whose matches pair with those of another: (rule, other).
    pub(super) pairs: Cow<'static, [(usize, usize)]>,
}

impl Links {
    /// Returns those of the built-in rules, which the build script has laid.
    pub(super) fn builtin() -> Self {
        Links {
            prefilter: Prefilter::builtin(),
            rules_of_keyword: Lists::of_constants(
                builtin::RULES_OF_KEYWORD,
                builtin::RULES_OF_KEYWORD_ENDS,
            ),
            names: Lists::of_constants(builtin::NAMES, builtin::NAME_ENDS),
            rule_of_name: Cow::Borrowed(builtin::RULE_OF_NAME),
            everywhere: Vec::new(),
            near: Cow::Borrowed(builtin::NEAR),
            pairs: Cow::Borrowed(builtin::PAIRS),
        }
    }

    /// The rules that have a keyword.
    pub(super) fn rules_of(&self, keyword: u32) -> impl Iterator<Item = usize> {
        self.rules_of_keyword.get(keyword as usize).iter().map(|&rule| rule as usize)
    }

    /// The rules whose word begins a word of a name.
    pub(super) fn rules_of_name<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = usize> {
        let begins_word = |at: &usize| {
            let (here, before) = (name[*at], at.checked_sub(1).map(|at| name[at]));
            here.is_ascii_alphanumeric()
                && before.is_none_or(|before| {
                    !before.is_ascii_alphanumeric()
                        || before.is_ascii_lowercase() && here.is_ascii_uppercase()
                })
        };
        (0..name.len()).filter(begins_word).flat_map(move |at| {
            let rest = &name[at..];
            let first = rest[0].to_ascii_lowercase();
            let begins = move |place: &usize| self.names.get(*place)[0] == first;
            let is_here = move |place: &usize| {
                let word = self.names.get(*place);
                rest.get(..word.len()).is_some_and(|own| own.eq_ignore_ascii_case(word))
            };
            let start = self.first_name(first);
            let names = (start..self.names.len()).take_while(begins).filter(is_here);
            names.map(|place| self.rule_of_name[place] as usize)
        })
    }

    /// Where the words of names begin that begin with a byte, or with a greater one.
    fn first_name(&self, first: u8) -> usize {
        let (mut start, mut end) = (0, self.names.len());
        while start < end {
            let middle = start.midpoint(end);
            if self.names.get(middle)[0] < first {
                start = middle + 1;
            } else {
                end = middle;
            }
        }
        start
    }
}

/// Links that are still being collected, rule by rule. They are needed where a user has rules.
#[derive(Default)]
pub(super) struct Draft {
    keywords: Vec<Vec<u8>>,
    /// For each of them, the rules that have it.
    rules_of_keyword: Vec<Vec<u32>>,
    /// The place of each keyword.
    known: HashMap<Vec<u8>, usize>,
    /// Words of names, each with its rule.
    names: Vec<(Vec<u8>, u32)>,
    everywhere: Vec<usize>,
    pub(super) near: Vec<(usize, usize)>,
    pub(super) pairs: Vec<(usize, usize)>,
}

impl Draft {
    /// Adds a rule that is found by its keywords, or tried everywhere.
    pub(super) fn add(&mut self, at: usize, rule: &Rule) -> Result<(), PatternError> {
        if rule.scope == Scope::Known {
            return Ok(());
        }
        let number = u32::try_from(at).expect("rules are counted in u32");
        if rule.is_named() {
            let words = rule.keywords.iter();
            self.names.extend(words.map(|word| (word.to_ascii_lowercase().into(), number)));
            return Ok(());
        }
        let own = pattern::keywords(rule)?;
        if own.is_empty() {
            self.everywhere.push(at);
        }
        for mut keyword in own {
            keyword.make_ascii_lowercase();
            let slot = *self.known.entry(keyword).or_insert_with_key(|keyword| {
                self.keywords.push(keyword.clone());
                self.rules_of_keyword.push(Vec::new());
                self.keywords.len() - 1
            });
            self.rules_of_keyword[slot].push(number);
        }
        Ok(())
    }

    /// Returns the links together with those of the built-in rules that are kept, which are laid. Where both have a
    /// keyword, it is found once for each.
    pub(super) fn beside_builtin(mut self, is_kept: impl Fn(usize) -> bool) -> Links {
        let laid = Links::builtin();
        let is_kept_number = |rule: &u32| is_kept(*rule as usize);
        let rules = laid.rules_of_keyword.iter();
        let kept_rules = rules.map(|rules| rules.iter().copied().filter(is_kept_number).collect());
        let rules_of_keyword = kept_rules.chain(std::mem::take(&mut self.rules_of_keyword));
        let rules_of_keyword = rules_of_keyword.collect();
        let names = laid.names.iter().zip(&*laid.rule_of_name);
        let names = names.filter(|(_, rule)| is_kept_number(rule));
        self.names.extend(names.map(|(word, rule)| (word.to_vec(), *rule)));
        self.near.extend(laid.near.iter().filter(|(rule, _)| is_kept(*rule)));
        self.pairs.extend(laid.pairs.iter().filter(|(rule, _)| is_kept(*rule)));
        let prefilter = laid.prefilter.with(&self.keywords);
        self.with_keywords(prefilter, rules_of_keyword)
    }

    pub(super) fn finish(mut self) -> Links {
        let keywords: Vec<&[u8]> = self.keywords.iter().map(|keyword| &**keyword).collect();
        let prefilter = Prefilter::new(&keywords);
        let rules_of_keyword = std::mem::take(&mut self.rules_of_keyword).into_iter().collect();
        self.with_keywords(prefilter, rules_of_keyword)
    }

    fn with_keywords(mut self, prefilter: Prefilter, rules_of_keyword: Lists<u32>) -> Links {
        self.names.sort();
        // A rule near another that is near a third is tried behind it, as they stand.
        self.near.sort_unstable();
        self.pairs.sort_unstable();
        Links {
            prefilter,
            rules_of_keyword,
            names: self.names.iter().map(|(word, _)| word).collect(),
            rule_of_name: self.names.iter().map(|(_, rule)| *rule).collect(),
            everywhere: self.everywhere,
            near: Cow::Owned(self.near),
            pairs: Cow::Owned(self.pairs),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Draft, Links};
    use crate::engine::Engine;
    use crate::rule::{RuleSet, parse_pack};

    const PACK: &str = r#"
[[rule]]
id = "acme-token"
description = "Acme"
pattern = "acme_[a-z0-9]{20}"

[[rule]]
id = "acme-key"
description = "with the keyword of a built-in rule"
pattern = "AKIA-[0-9]{9}"
keywords = ["AKIA"]

[[rule]]
id = "acme-number"
description = "tried everywhere"
pattern = "[0-9]{19}"

[[rule]]
id = "acme-name"
description = "for names"
grammar = "assignment"
keywords = ["acmeword"]
pattern = "[a-z]{9}"

[[rule]]
id = "github-oauth-token"
description = "in the place of a built-in rule"
pattern = "gho-[a-z]{9}"

[[rule]]
id = "acme-near"
description = "near another"
pattern = "[a-z]{40}"
near = "aws-access-key-id"
near_bytes = 99
pair = "acme-token"

[[rule]]
id = "acme-near-near"
description = "near a built-in rule that is near another"
pattern = "acme-[a-z]{9}"
near = "aws-secret-near-key-id"
near_bytes = 99
"#;

    /// What leads where. Keywords come in any order, the rest as it is tried.
    fn content(links: &Links) -> impl PartialEq + std::fmt::Debug {
        let rules = |at: u32| {
            links.rules_of(at).map(move |rule| (links.prefilter.keyword(at).to_vec(), rule))
        };
        let keywords = u32::try_from(links.rules_of_keyword.len()).unwrap();
        let names = links.names.iter().map(<[u8]>::to_vec);
        (
            (0..keywords).flat_map(rules).collect::<BTreeSet<_>>(),
            names.zip(links.rule_of_name.iter().copied()).collect::<Vec<_>>(),
            links.everywhere.clone(),
            links.near.to_vec(),
            links.pairs.to_vec(),
        )
    }

    #[test]
    fn links_beside_those_that_were_laid_are_as_if_all_were_made_anew() {
        let mut rules = RuleSet::builtin();
        rules.extend(parse_pack(PACK, "p.toml").unwrap());
        let mut anew = Draft::default();
        for (at, rule) in rules.all().iter().enumerate() {
            anew.pairs.extend(rule.pair.as_ref().map(|name| (at, rules.place(name).unwrap())));
            match &rule.near {
                Some(name) => anew.near.push((at, rules.place(name).unwrap())),
                None => anew.add(at, rule).unwrap(),
            }
        }
        let anew = anew.finish();
        let engine = Engine::new(rules, 0).unwrap();
        assert_eq!(content(&engine.links), content(&anew));
        assert_eq!(engine.links.everywhere.len(), 1);
        let text = b"acme_ AKIA- gho- GHO_ ghp_ acmeword password = xoxb-1 https://hooks.slack.com/services/";
        let mut found = Vec::new();
        engine.links.prefilter.for_each(text, |hit| found.push(hit));
        assert_eq!(found, engine.links.prefilter.slow(text));
    }
}
