//! Two halves of one credential in two files: an AWS key id in one, its secret alone in another.
//!
//! The engine pairs what stands in one file. Here the findings of one commit, or of one run without commits, are looked
//! at together. Where one id has no secret and one secret has no id, they belong together. Where there are more of
//! either, nobody can tell which is whose, and nothing is linked.
//!
//! Example: a commit adds `AKIA...` in `deploy.env` and `key = ` with 40 characters in `store.ini`. By themselves those
//! characters may be anybody's; beside the only id of the commit they are its secret.
//!
//! Findings without such a half cost one look at their rule's name. Guesses are kept up to [`MAX_GUESSES`].

use std::collections::BTreeMap;

use super::{Take, Taken};
use crate::engine::Engine;
use crate::finding::{Finding, Origin, Related, Secret};
use crate::rule::{Confidence, Rule, Scope, Text};

/// So many guesses of one run are kept.
const MAX_GUESSES: usize = 1000;

/// The findings of one run, with what is too unsure to be reported unless its other half is found.
#[derive(Debug, Default)]
pub(super) struct Collected {
    findings: Vec<Finding>,
    /// Each with how many findings stand before it, in rising order.
    guesses: Vec<(usize, Finding)>,
}

impl Take for Collected {
    fn finding(&mut self, taken: Taken<'_>) {
        self.findings.push(taken.finding);
    }

    fn guessed(&mut self, guess: Finding) {
        if self.guesses.len() < MAX_GUESSES {
            self.guesses.push((self.findings.len(), guess));
        }
    }
}

impl Collected {
    /// The findings, with halves linked that stand alone in their commits. A guess that finds its other half is
    /// one of them.
    pub(super) fn linked(self, engine: &Engine) -> Vec<Finding> {
        let Collected { mut findings, mut guesses } = self;
        if findings.is_empty() {
            return findings;
        }
        let others: Vec<Text> =
            engine.rules().all().iter().filter_map(|rule| rule.pair.clone()).collect();
        if !findings.iter().any(|one| others.contains(&one.rule)) {
            return findings;
        }
        // What another rule is sure of is no guess.
        guesses.retain(|(_, guess)| {
            let is_sure = |one: &Finding| {
                one.secret == guess.secret && one.origin == guess.origin && !is_generic(engine, one)
            };
            !findings.iter().any(is_sure)
        });
        let all = findings.iter().chain(guesses.iter().map(|(_, guess)| guess));
        let mut raised = vec![false; guesses.len()];
        for halves in Halves::by_commit(engine, all, &others) {
            let get =
                |at: usize| findings.get(at).unwrap_or_else(|| &guesses[at - findings.len()].1);
            let Some((id, secrets)) = halves.one_of_each(get) else { continue };
            let (id, count) = (get(id).clone(), findings.len());
            for at in secrets {
                let one = match at.checked_sub(count) {
                    None => &mut findings[at],
                    Some(guess) => {
                        raised[guess] = true;
                        &mut guesses[guess].1
                    }
                };
                join(one, &id);
            }
        }
        let raised = guesses.into_iter().zip(raised).filter(|(_, is_raised)| *is_raised);
        insert(engine, &mut findings, raised.map(|(guess, _)| guess).collect());
        findings
    }
}

/// Puts guesses that have found their other halves among the findings, each at its place. What a generic rule found
/// of the same bytes gives way.
fn insert(engine: &Engine, findings: &mut Vec<Finding>, raised: Vec<(usize, Finding)>) {
    let copies = raised.iter().map(|(_, one)| (one.origin.clone(), one.secret.clone()));
    let copies: Vec<(Origin, Secret)> = copies.collect();
    for (place, guess) in raised.into_iter().rev() {
        findings.insert(place, guess);
    }
    findings.retain(|one| {
        let is_copy =
            |(origin, secret): &(Origin, Secret)| *origin == one.origin && *secret == one.secret;
        !(is_generic(engine, one) && copies.iter().any(is_copy))
    });
}

/// The halves of one commit, as places in the list of findings and guesses.
#[derive(Default)]
struct Halves {
    ids: Vec<usize>,
    secrets: Vec<usize>,
    /// Ids whose secrets stand beside them.
    taken: Vec<Secret>,
}

impl Halves {
    /// Sorts findings into the halves of each commit. `others` are the rules of which other ones are the halves.
    fn by_commit<'a>(
        engine: &Engine,
        all: impl Iterator<Item = &'a Finding>,
        others: &[Text],
    ) -> Vec<Halves> {
        let mut commits: BTreeMap<Option<String>, Halves> = BTreeMap::new();
        for (at, one) in all.enumerate() {
            let commit = one.origin.commit.as_ref().map(|commit| commit.id.clone());
            let halves = commits.entry(commit).or_default();
            if let Some(related) = &one.related {
                halves.taken.push(related.secret.clone());
            } else if rule(engine, one).is_some_and(|rule| rule.pair.is_some()) {
                halves.secrets.push(at);
            } else if others.contains(&one.rule) {
                halves.ids.push(at);
            }
        }
        commits.into_values().collect()
    }

    /// The first place of the only id that is alone, and the places of the only secret that is, in other files.
    fn one_of_each<'a>(&self, get: impl Fn(usize) -> &'a Finding) -> Option<(usize, Vec<usize>)> {
        let is_alone = |at: &&usize| !self.taken.contains(&get(**at).secret);
        let ids: Vec<usize> = self.ids.iter().filter(is_alone).copied().collect();
        let is_same = |places: &[usize]| {
            places.windows(2).all(|two| get(two[0]).secret == get(two[1]).secret)
        };
        let id = *ids.first()?;
        let elsewhere = |at: &&usize| get(**at).origin.path != get(id).origin.path;
        let is_for_id = is_same(&ids) && is_same(&self.secrets);
        let secrets: Vec<usize> = self.secrets.iter().filter(elsewhere).copied().collect();
        (is_for_id && !secrets.is_empty()).then_some((id, secrets))
    }
}

/// Tells a secret of its id.
fn join(secret: &mut Finding, id: &Finding) {
    secret.confidence = Confidence::High;
    secret.notes.extend(id.notes.iter().cloned());
    secret.account = secret.account.take().or_else(|| id.account.clone());
    secret.related = Some(Related {
        rule: id.rule.clone(),
        description: id.description.clone(),
        path: id.origin.path.clone(),
        start: id.location.start,
        secret: id.secret.clone(),
    });
}

fn is_generic(engine: &Engine, finding: &Finding) -> bool {
    rule(engine, finding).is_some_and(|rule| rule.scope == Scope::Assignment)
}

fn rule<'a>(engine: &'a Engine, finding: &Finding) -> Option<&'a Rule> {
    engine.rules().find(&finding.rule)
}
