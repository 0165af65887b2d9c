//! git-secrets' command line, as `git rev-parse --parseopt` reads it for a shell script.
//!
//! Options may stand behind operands, short ones may be bundled, long ones cut short where that is
//! unambiguous, and each long one has a twin that begins with `no-`. Source of the grammar:
//! <https://git-scm.com/docs/git-rev-parse#_parseopt>.

use std::ffi::OsString;

/// An option of the program.
struct Spec {
    short: Option<u8>,
    long: &'static str,
    what: What,
    /// Whether git-secrets does not have it: then only its exact name reaches it, so that what
    /// git-secrets takes for unambiguous stays so.
    is_beyond: bool,
}

/// What an option stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Command(Command),
    Recursive,
    Cached,
    NoIndex,
    Untracked,
    Force,
    Literal,
    Allowed,
    Global,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Scan,
    ScanHistory,
    Install,
    List,
    Add,
    AddProvider,
    AwsProvider,
    RegisterAws,
    CommitMsgHook,
    PreCommitHook,
    PrepareCommitMsgHook,
    /// Beyond git-secrets: what pre-push would send.
    PrePushHook,
    /// Beyond git-secrets: a mailed patch, before its commit is made.
    PreApplypatchHook,
}

const fn command(long: &'static str, command: Command) -> Spec {
    Spec { short: None, long, what: What::Command(command), is_beyond: false }
}

const fn beyond(long: &'static str, own: Command) -> Spec {
    Spec { is_beyond: true, ..command(long, own) }
}

const fn flag(short: Option<u8>, long: &'static str, what: What) -> Spec {
    Spec { short, long, what, is_beyond: false }
}

/// In the order in which ambiguous beginnings are told.
const SPECS: [Spec; 21] = [
    command("scan", Command::Scan),
    command("scan-history", Command::ScanHistory),
    command("install", Command::Install),
    command("list", Command::List),
    command("add", Command::Add),
    command("add-provider", Command::AddProvider),
    command("aws-provider", Command::AwsProvider),
    command("register-aws", Command::RegisterAws),
    flag(Some(b'r'), "recursive", What::Recursive),
    flag(None, "cached", What::Cached),
    flag(None, "no-index", What::NoIndex),
    flag(None, "untracked", What::Untracked),
    flag(Some(b'f'), "force", What::Force),
    flag(Some(b'l'), "literal", What::Literal),
    flag(Some(b'a'), "allowed", What::Allowed),
    flag(None, "global", What::Global),
    command("commit_msg_hook", Command::CommitMsgHook),
    command("pre_commit_hook", Command::PreCommitHook),
    command("prepare_commit_msg_hook", Command::PrepareCommitMsgHook),
    beyond("pre_push_hook", Command::PrePushHook),
    beyond("pre_applypatch_hook", Command::PreApplypatchHook),
];

/// The command line, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) command: Command,
    pub(super) recursive: bool,
    pub(super) cached: bool,
    pub(super) no_index: bool,
    pub(super) untracked: bool,
    pub(super) force: bool,
    pub(super) literal: bool,
    pub(super) allowed: bool,
    pub(super) global: bool,
    pub(super) operands: Vec<OsString>,
}

/// Why there is nothing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The usage was asked for, or no command was given; exit status 129 or 0.
    Usage {
        /// The exit status.
        status: u8,
    },
    /// The first option is none that begins a command line.
    UnknownCommand(String),
    /// There is no such option: the usage goes where errors go.
    UnknownOption(String),
    /// The beginning of an option fits several: the usage goes where output goes.
    Ambiguous(String),
    /// An option is used in a way that it cannot be; exit status 129, without the usage.
    Misused(String),
    /// Options that do not go together; exit status 1.
    Conflict(String),
}

/// An option as it was given: which, and whether it was its `no-` twin.
#[derive(Clone, Copy)]
struct Given {
    spec: usize,
    is_unset: bool,
}

impl Options {
    /// Reads the arguments behind the program's name.
    pub(super) fn parse(arguments: &[OsString]) -> Result<Options, Refusal> {
        if arguments.is_empty() {
            return Err(Refusal::Usage { status: 0 });
        }
        let mut given = Vec::new();
        let mut operands = Vec::new();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_encoded_bytes() {
                b"--" | b"--end-of-options" => {
                    operands.extend(rest.by_ref().cloned());
                }
                // A pattern that is no option of any program: `-----BEGIN`.
                [b'-', b'-', b'-', ..] if adds_pattern(&given) => operands.push(argument.clone()),
                [b'-', b'-', name @ ..] => given.push(long(name)?),
                [b'-', letters @ ..] if !letters.is_empty() => short(letters, &mut given)?,
                _ => operands.push(argument.clone()),
            }
        }
        Options::of(&given, operands)
    }

    fn of(given: &[Given], operands: Vec<OsString>) -> Result<Options, Refusal> {
        let Some((first, others)) = given.split_first() else {
            return Err(Refusal::Usage { status: 0 });
        };
        let has = |what: What| {
            others.iter().any(|given| !given.is_unset && SPECS[given.spec].what == what)
        };
        let command = match SPECS[first.spec].what {
            What::Command(command) if !first.is_unset => Some(command),
            _ => None,
        };
        check(command, &has)?;
        let Some(command) = command else {
            return Err(Refusal::UnknownCommand(first.normalised()));
        };
        Ok(Options {
            command,
            recursive: has(What::Recursive),
            cached: has(What::Cached),
            no_index: has(What::NoIndex),
            untracked: has(What::Untracked),
            force: has(What::Force),
            literal: has(What::Literal),
            allowed: has(What::Allowed),
            global: has(What::Global),
            operands,
        })
    }
}

/// Checks, in git-secrets' order and words, that each option goes with the command.
fn check(command: Option<Command>, has: &dyn Fn(What) -> bool) -> Result<(), Refusal> {
    let rows = [
        (What::Force, "-f|--force", "--install", Command::Install),
        (What::Recursive, "-r|--recursive", "--scan", Command::Scan),
        (What::Allowed, "-a|--allowed", "--add", Command::Add),
        (What::Literal, "-l|--literal", "--add", Command::Add),
        (What::Cached, "--cached", "--scan", Command::Scan),
        (What::NoIndex, "--no-index", "--scan", Command::Scan),
        (What::Untracked, "--untracked", "--scan", Command::Scan),
    ];
    for (what, option, name, wanted) in rows {
        if has(what) && command != Some(wanted) {
            let text = format!("{option} can only be supplied with the {name} subcommand");
            return Err(Refusal::Conflict(text));
        }
    }
    if has(What::Recursive) && [What::Cached, What::NoIndex, What::Untracked].into_iter().any(has) {
        return Err(Refusal::Conflict(
            "-r|--recursive cannot be supplied with --cached, --no-index, or --untracked".into(),
        ));
    }
    Ok(())
}

impl Given {
    /// The option in the form that git gives to the script.
    fn normalised(self) -> String {
        let spec = &SPECS[self.spec];
        match (spec.short, self.is_unset) {
            (_, true) => format!("--no-{}", spec.long),
            (Some(short), false) => format!("-{}", char::from(short)),
            (None, false) => format!("--{}", spec.long),
        }
    }
}

fn adds_pattern(given: &[Given]) -> bool {
    given.first().is_some_and(|first| SPECS[first.spec].what == What::Command(Command::Add))
}

fn short(letters: &[u8], given: &mut Vec<Given>) -> Result<(), Refusal> {
    for &letter in letters {
        if letter == b'h' {
            return Err(Refusal::Usage { status: 129 });
        }
        let spec = SPECS.iter().position(|spec| spec.short == Some(letter)).ok_or_else(|| {
            Refusal::UnknownOption(format!("unknown switch `{}'", char::from(letter)))
        })?;
        given.push(Given { spec, is_unset: false });
    }
    Ok(())
}

/// Finds a long option by its name or by a beginning of it, in the way of git's own parser.
fn long(argument: &[u8]) -> Result<Given, Refusal> {
    if matches!(argument, b"help" | b"help-all") {
        return Err(Refusal::Usage { status: 129 });
    }
    let name_end = memchr::memchr(b'=', argument).unwrap_or(argument.len());
    let (name, has_value) = (&argument[..name_end], name_end < argument.len());
    let without_no = name.strip_prefix(b"no-");
    let has_two = without_no.and_then(|name| name.strip_prefix(b"no-"));
    let wanted = has_two.or(without_no).unwrap_or(name);
    let is_negated = without_no.is_some() && has_two.is_none();
    let mut fits: Vec<Given> = Vec::new();
    for (spec, option) in SPECS.iter().enumerate() {
        let negative = option.long.strip_prefix("no-");
        if negative.is_none() && has_two.is_some() {
            continue;
        }
        let own = negative.unwrap_or(option.long).as_bytes();
        let is_unset = is_negated != negative.is_some();
        if wanted == own {
            let found = Given { spec, is_unset };
            return if has_value { Err(takes_no_value(found)) } else { Ok(found) };
        }
        if option.is_beyond {
            continue;
        }
        if own.starts_with(wanted) {
            fits.push(Given { spec, is_unset });
        }
        // `--no-` itself, cut short.
        if b"no-".starts_with(name) {
            fits.push(Given { spec, is_unset: negative.is_none() });
        }
    }
    let shown = String::from_utf8_lossy(argument).into_owned();
    match fits[..] {
        [] => Err(Refusal::UnknownOption(format!(
            "unknown option `{}'",
            tightlip::text::escape::escape(argument)
        ))),
        [found] if has_value => Err(takes_no_value(found)),
        [found] => Ok(found),
        [.., one, other] => Err(Refusal::Ambiguous(format!(
            "ambiguous option: {shown} (could be --{} or --{})",
            one.named(),
            other.named()
        ))),
    }
}

impl Given {
    fn named(self) -> String {
        let no = if self.is_unset { "no-" } else { "" };
        format!("{no}{}", SPECS[self.spec].long)
    }
}

fn takes_no_value(given: Given) -> Refusal {
    Refusal::Misused(format!("option `{}' takes no value", given.named()))
}

#[cfg(test)]
mod tests {
    use super::{Command, Options, Refusal};

    fn parse(line: &str) -> Result<Options, Refusal> {
        let words: Vec<_> = line.split_whitespace().map(Into::into).collect();
        Options::parse(&words)
    }

    #[test]
    fn options_are_read_as_git_reads_them() {
        for (line, command) in [
            ("--scan x", Command::Scan),
            ("--scan-his", Command::ScanHistory),
            ("x --list --scan", Command::List),
            ("--add-p a", Command::AddProvider),
            ("--pre_c", Command::PreCommitHook),
            ("--prepare -- -f -r", Command::PrepareCommitMsgHook),
            ("--pre_push_hook", Command::PrePushHook),
        ] {
            assert_eq!(parse(line).unwrap().command, command, "{line}");
        }
        let options = parse("--add x -al --global").unwrap();
        assert!(options.allowed && options.literal && options.global);
        assert_eq!(options.operands, ["x"]);
        assert!(parse("--scan --cach --untr").unwrap().cached);
        assert!(!parse("--scan --index --no-cached").unwrap().no_index);
        assert!(parse("--scan d -r").unwrap().recursive);
        assert_eq!(parse("--scan -- -r d").unwrap().operands, ["-r", "d"]);
    }

    #[test]
    fn refusals_have_gits_words() {
        let ambiguous = |text: &str| Refusal::Ambiguous(format!("ambiguous option: {text}"));
        for (line, expected) in [
            ("", Refusal::Usage { status: 0 }),
            ("scan", Refusal::Usage { status: 0 }),
            ("-- --scan", Refusal::Usage { status: 0 }),
            ("-h", Refusal::Usage { status: 129 }),
            ("--scan -rh", Refusal::Usage { status: 129 }),
            ("-r --scan", Refusal::UnknownCommand("-r".into())),
            ("--recursive", Refusal::UnknownCommand("-r".into())),
            ("--no-scan", Refusal::UnknownCommand("--no-scan".into())),
            ("--foo", Refusal::UnknownOption("unknown option `foo'".into())),
            ("--scan -x", Refusal::UnknownOption("unknown switch `x'".into())),
            ("--scan=foo", Refusal::Misused("option `scan' takes no value".into())),
            ("--pre", ambiguous("pre (could be --pre_commit_hook or --prepare_commit_msg_hook)")),
            ("--a", ambiguous("a (could be --aws-provider or --allowed)")),
            ("--in", ambiguous("in (could be --install or --no-no-index)")),
            (
                "--no",
                ambiguous("no (could be --no-pre_commit_hook or --no-prepare_commit_msg_hook)"),
            ),
            ("--no-s", ambiguous("no-s (could be --no-scan or --no-scan-history)")),
            (
                "--list -r",
                Refusal::Conflict(
                    "-r|--recursive can only be supplied with the --scan subcommand".into(),
                ),
            ),
            (
                "-al",
                Refusal::Conflict(
                    "-l|--literal can only be supplied with the --add subcommand".into(),
                ),
            ),
        ] {
            assert_eq!(parse(line), Err(expected), "{line}");
        }
    }
}
