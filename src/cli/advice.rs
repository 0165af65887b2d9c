//! `tightlip advice`

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;
use serde_json::{Value, json};

use super::{Failure, FormatArg, Process, Shared};
use tightlip::engine::Engine;
use tightlip::respond::{KEY_ID_RULE, KeyId, Section, guide, is_about_access_keys};
use tightlip::rule::{Advice, Rule, RuleSet};
use tightlip::setup::last::{Seen, seen};
use tightlip::setup::{load_config, rules};
use tightlip::text::escape::escape;
use tightlip::text::wrap::wrap;

/// Tell what a secret can do, where it is rotated, and how to see whether it was used
///
/// Without a name: what the last run in this repository found, or every rule. The id of an AWS key is no
/// secret, and is put into the commands. Never give a secret itself: shells keep what is typed.
#[derive(Debug, Args)]
pub(super) struct AdviceArgs {
    /// Id of a rule, fingerprint of a finding of the last run, or id of an AWS key
    // A key in PEM begins with hyphens. It is refused below, where it is not repeated.
    #[arg(value_name = "RULE", allow_hyphen_values = true)]
    name: Option<String>,
    /// Further words, which are refused below for the same reason
    #[arg(hide = true, allow_hyphen_values = true)]
    rest: Vec<String>,
    /// Id of an AWS key, AKIA... or ASIA..., for the commands
    #[arg(long, value_name = "KEY_ID")]
    key_id: Option<String>,
}

/// The name and version of the contract for machines.
const SCHEMA: &str = "tightlip.advice/1";

/// Fewer digits of a fingerprint could be a word.
const MIN_DIGITS: usize = 6;

/// The advice of one rule.
struct Topic<'a> {
    rule: &'a Rule,
    key: Option<&'a KeyId>,
    /// How often the last run found it, and in which file first.
    found: Option<(usize, &'a str)>,
}

pub(super) fn run(
    args: &AdviceArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    if !matches!(shared.format, FormatArg::Text | FormatArg::Json) {
        return Err("advice is text or json; give `--format text` or `--format json`".into());
    }
    let repository = process.repository();
    let (config, git_secrets) = load_config(&repository, shared.config.as_deref())?;
    let rules = rules(&config, &git_secrets, &shared.rule)?;
    // A last run that cannot be read is no reason to withhold advice.
    let last = seen(&repository).unwrap_or_default();
    let given = args.key_id.as_deref().map(KeyId::parse).transpose()?;
    let chosen = choose(args, &rules, &last, process.now)?;
    let key = given.or(chosen.key);
    let topics = match chosen.rule {
        Some(rule) => vec![Topic { rule, key: key.as_ref(), found: None }],
        None if key.is_some() => {
            let rule = rules.find(KEY_ID_RULE).ok_or("no rule finds AWS keys")?;
            vec![Topic { rule, key: key.as_ref(), found: None }]
        }
        None => of_last_run(&rules, &last),
    };
    if let [topic] = &topics[..]
        && topic.key.is_some()
        && !is_about_access_keys(topic.rule)
    {
        let id = escape(topic.rule.id.as_bytes());
        return Err(format!("`{id}` finds no AWS access keys, so `--key-id` says nothing").into());
    }
    let width = process.streams.out_width;
    let out = &mut process.streams.out;
    match shared.format {
        FormatArg::Json => write_json(&topics, &rules, out)?,
        _ => write_text(&topics, &rules, width, out)?,
    }
    Ok(0)
}

/// What the command line names.
#[derive(Default)]
struct Chosen<'a> {
    rule: Option<&'a Rule>,
    key: Option<KeyId>,
}

fn choose<'a>(
    args: &AdviceArgs,
    rules: &'a RuleSet,
    last: &[Seen],
    now: i64,
) -> Result<Chosen<'a>, Failure> {
    if !args.rest.is_empty() {
        return Err("`tightlip advice` takes one RULE and no such options (they are not repeated, for they may be a \
                    secret); see `tightlip advice --help`"
            .into());
    }
    let Some(name) = &args.name else { return Ok(Chosen::default()) };
    if let Some(rule) = rules.find(name) {
        return Ok(Chosen { rule: Some(rule), key: None });
    }
    if let Ok(key) = KeyId::parse(name) {
        return Ok(Chosen { rule: None, key: Some(key) });
    }
    let is_named = |one: &&Seen| name.len() >= MIN_DIGITS && one.fingerprint.starts_with(name);
    let rule = last.iter().find(is_named).and_then(|one| rules.find(&one.rule));
    if rule.is_some() {
        return Ok(Chosen { rule, key: None });
    }
    // An unknown name is not repeated: it may be a pasted secret.
    if name.starts_with('-') && !name.contains([' ', '\n']) {
        let why = "there is no such option (it is not repeated, for it may be a secret)";
        return Err(format!("{why}; see `tightlip advice --help`").into());
    }
    if may_be_secret(name, now)? {
        return Err("this may be a secret, so it was not looked at: shells and logs keep what is typed, so treat it \
                    as exposed; give the rule's id (`tightlip rules list`) or, for AWS, the id of the key"
            .into());
    }
    let near = rules.near(name).iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    let hint = match &*near {
        "" => "`tightlip rules list` shows them all".to_owned(),
        near => format!("did you mean {near}?"),
    };
    Err(format!("no rule has this id, and no finding of the last run this fingerprint; {hint}")
        .into())
}

/// Whether a text may be a secret and not a mistyped id of a rule.
fn may_be_secret(text: &str, now: i64) -> Result<bool, Failure> {
    /// No id of a rule is longer, and no word in one.
    const LONGEST: usize = 64;
    const LONGEST_WORD: usize = 16;
    let is_id = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let is_random = |word: &str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        word.len() > LONGEST_WORD || (word.len() > LONGEST_WORD / 2 && digits > 1)
    };
    if !is_id || text.len() > LONGEST || text.split(['-', '_', '.']).any(is_random) {
        return Ok(true);
    }
    let engine = Engine::new(RuleSet::builtin(), now)?;
    Ok(!engine.scan(text.as_bytes()).list.is_empty())
}

/// The rules of what the last run found, each once, in the order of their ids.
fn of_last_run<'a>(rules: &'a RuleSet, last: &'a [Seen]) -> Vec<Topic<'a>> {
    let mut by_rule: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    for one in last {
        by_rule.entry(&one.rule).or_default().push(one);
    }
    let topic = |(id, all): (&&str, &Vec<&'a Seen>)| {
        let found = Some((all.len(), all.first().map_or("", |one| &*one.path)));
        rules.find(id).map(|rule| Topic { rule, key: None, found })
    };
    by_rule.iter().filter_map(topic).collect()
}

fn write_text(
    topics: &[Topic<'_>],
    rules: &RuleSet,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match topics {
        [] => rules.all().iter().try_for_each(|rule| {
            let can = Advice::of(&rule.advice).can.first().copied().unwrap_or(&rule.description);
            writeln!(out, "{:<44} {}", rule.id, escape(can.as_bytes()))
        }),
        [topic] => page(topic, width, out),
        topics => {
            writeln!(out, "The last run found:")?;
            for topic in topics {
                let (count, path) = topic.found.unwrap_or_default();
                let times = if count > 1 { format!(", {count} times") } else { String::new() };
                let about = escape(topic.rule.description.as_bytes());
                writeln!(out, "  tightlip advice {}", topic.rule.id)?;
                let about = format!("{about}: {path}{times}");
                writeln!(out, "{}", wrap(&about, width, "      ", "      "))?;
            }
            Ok(())
        }
    }
}

/// All about one rule.
fn page(topic: &Topic<'_>, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let Topic { rule, key, found } = topic;
    let advice = Advice::of(&rule.advice);
    writeln!(out, "{} [{}]", escape(rule.description.as_bytes()), rule.id)?;
    if let Some((count, path)) = found {
        let times = if *count > 1 { format!(", {count} times") } else { String::new() };
        writeln!(out, "The last run found it in {path}{times}.")?;
    }
    if let Some(account) = key.and_then(KeyId::account) {
        writeln!(out, "The key's id says that it belongs to the AWS account {account}.")?;
    }
    list("What it can do", &advice.can, key, width, out)?;
    if is_about_access_keys(rule) {
        for Section { title, steps } in guide(*key) {
            writeln!(out, "\n{title}")?;
            for step in steps {
                bullet(&step.text, width, out)?;
                // A command stays on one line, to be copied.
                step.command.iter().try_for_each(|command| writeln!(out, "      {command}"))?;
            }
        }
    } else {
        list("What to do", &advice.steps, key, width, out)?;
        list("Was it used?", &advice.checks, key, width, out)?;
    }
    list("In the repository", IN_REPOSITORY, key, width, out)?;
    if !rule.url.is_empty() {
        writeln!(out, "\nSee {}", escape(rule.url.as_bytes()))?;
    }
    Ok(())
}

/// What holds for every secret.
const IN_REPOSITORY: &[&str] = &[
    "Take the secret out of the file, and load it from the environment or a secret store.",
    "In a commit that was not pushed: `git commit --amend` or `git rebase -i`; a later commit leaves it in history.",
    "What was pushed, sent or shown is out: rotate it first. `tightlip audit --replace-text FILE` helps to rewrite history.",
    "If it is no secret: `tightlip allow FINGERPRINT --reason TEXT`, with the fingerprint of its report.",
];

fn list(
    title: &str,
    lines: &[&str],
    key: &Option<&KeyId>,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    lines.iter().try_for_each(|line| bullet(&with_key(line, *key), width, out))
}

fn bullet(text: &str, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", wrap(&escape(text.as_bytes()), width, "  - ", "    "))
}

/// Puts the id of the key into the commands of a rule's advice.
fn with_key(line: &str, key: Option<&KeyId>) -> String {
    match key {
        Some(key) => {
            line.replace("--access-key-id ID", &format!("--access-key-id {}", key.as_str()))
        }
        None => line.to_owned(),
    }
}

fn write_json(topics: &[Topic<'_>], rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    let objects: Vec<Value> = match topics {
        [] => {
            let all = rules.all().iter();
            all.map(|rule| object(&Topic { rule, key: None, found: None })).collect()
        }
        topics => topics.iter().map(object).collect(),
    };
    let document = json!({ "schema": SCHEMA, "advice": objects });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn object(topic: &Topic<'_>) -> Value {
    let Topic { rule, key, found } = topic;
    let advice = Advice::of(&rule.advice);
    let lines = |lines: &[&str]| -> Vec<String> {
        let all = lines.iter().map(|line| escape(with_key(line, *key).as_bytes()).into_owned());
        all.collect()
    };
    let mut object = json!({
        "rule": rule.id,
        "description": escape(rule.description.as_bytes()),
        "can": lines(&advice.can),
        "steps": lines(&advice.steps),
        "checks": lines(&advice.checks),
        "in_repository": IN_REPOSITORY,
    });
    if !rule.url.is_empty() {
        object["url"] = json!(escape(rule.url.as_bytes()));
    }
    if let Some(key) = key {
        object["key_id"] = json!(key.as_str());
        object["aws_account"] = json!(key.account());
    }
    if let Some((count, path)) = found {
        object["found"] = json!({ "count": count, "path": path });
    }
    if is_about_access_keys(rule) {
        let steps = |section: &Section| -> Vec<Value> {
            let all = section.steps.iter();
            all.map(|step| json!({ "text": step.text, "command": step.command })).collect()
        };
        let all = guide(*key);
        let sections: Vec<Value> = all
            .iter()
            .map(|section| json!({ "title": section.title, "steps": steps(section) }))
            .collect();
        object["guide"] = json!(sections);
    }
    object
}
