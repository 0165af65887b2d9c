//! `tightlip rules`

use clap::{Args, Subcommand};

use super::{Failure, Process, Shared, rules_check};
use tightlip::report::Streams;
use tightlip::rule::{Rule, RuleSet};
use tightlip::setup::{load_config, rules};
use tightlip::text::escape::escape;

/// List, show and check rules
#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// List every rule, the user's own too
    List,
    /// Show all of one rule; `tightlip advice` says more about what to do
    Show {
        /// Id of the rule
        id: String,
    },
    Check(rules_check::CheckArgs),
}

pub(super) fn run(
    args: &RulesArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    let repository = process.repository();
    let (config, git_secrets) = load_config(&repository, shared.config.as_deref())?;
    let rules = rules(&config, &git_secrets, &shared.rule)?;
    let streams = &mut process.streams;
    match &args.command {
        RulesCommand::List => {
            for rule in rules.all() {
                let state = if rule.enabled { rule.confidence.name() } else { "off" };
                let description = escape(rule.description.as_bytes());
                writeln!(streams.out, "{:<44} {state:<7} {description}", rule.id)?;
            }
            Ok(0)
        }
        RulesCommand::Show { id } => match rules.find(id) {
            Some(rule) => {
                show(rule, streams)?;
                writeln!(
                    streams.out,
                    "\n`tightlip advice {}` says more about what to do",
                    rule.id
                )?;
                Ok(0)
            }
            None => Err(unknown(id, &rules).into()),
        },
        RulesCommand::Check(args) => rules_check::run(args, shared, process, &config, rules),
    }
}

fn unknown(id: &str, rules: &RuleSet) -> String {
    let near: Vec<String> = rules.near(id).iter().map(|id| format!("`{id}`")).collect();
    match near.is_empty() {
        true => format!("no rule has the id `{id}`; see `tightlip rules list`"),
        false => format!("no rule has the id `{id}`; did you mean {}?", near.join(", ")),
    }
}

fn show(rule: &Rule, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let list = |items: &[tightlip::rule::Text]| items.join(", ");
    let number =
        |number: Option<f32>| number.map_or(String::new(), |bits| format!("{bits} bits a byte"));
    let fields = [
        ("id", rule.id.to_string()),
        ("description", rule.description.to_string()),
        ("confidence", rule.confidence.name().to_owned()),
        ("enabled", if rule.enabled { "yes" } else { "no" }.to_owned()),
        ("keywords", list(&rule.keywords)),
        ("pattern", rule.pattern.to_string()),
        ("boundary", rule.boundary.as_deref().unwrap_or("").to_owned()),
        ("entropy", number(rule.min_entropy)),
        ("checks", list(&rule.checks)),
        ("stop words", list(&rule.stop_words)),
        ("near", rule.near.as_deref().unwrap_or("").to_owned()),
        ("pairs with", rule.pair.as_deref().unwrap_or("").to_owned()),
        ("written in", rule.origin.to_string()),
        ("see", rule.url.to_string()),
        ("advice", rule.advice.trim().replace('\n', "\n              ")),
    ];
    for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        let value: Vec<_> =
            value.split('\n').map(|line| escape(line.as_bytes()).into_owned()).collect();
        writeln!(streams.out, "{name:<13} {}", value.join("\n"))?;
    }
    Ok(())
}
