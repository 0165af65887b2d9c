//! `tightlip migrate`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Failure, Process, Shared};
use tightlip::file::{self, Mode};
use tightlip::setup::FILE_NAME;
use tightlip::setup::import::{Format, migrate};
use tightlip::text::count::counted;
use tightlip::text::escape::escape_path;

/// Take over the files of another scanner into one .tightlip.toml
///
/// Reads .gitleaks.toml, .gitleaksignore and JSON baselines of gitleaks, the same files of betterleaks, baselines of
/// detect-secrets and kingfisher, custom detectors of trufflehog, .secretsignore of ripsecrets, .talismanrc and
/// .gitguardian.yaml; says line by line what does not carry over.
#[derive(Debug, Args)]
pub(super) struct MigrateArgs {
    /// Format of the files, where their names and contents do not tell
    #[arg(long, value_enum, value_name = "FORMAT", requires = "files")]
    from: Option<FromArg>,
    /// Files; without one, those that are at the repository's root
    files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FromArg {
    /// .gitleaks.toml, .betterleaks.toml
    Gitleaks,
    /// .gitleaksignore, .betterleaksignore
    Gitleaksignore,
    /// A JSON report of gitleaks
    GitleaksBaseline,
    /// .secrets.baseline
    DetectSecrets,
    /// A baseline of kingfisher
    Kingfisher,
    /// Custom detectors of trufflehog
    Trufflehog,
    /// .secretsignore of ripsecrets
    Ripsecrets,
    /// .talismanrc
    Talisman,
    /// .gitguardian.yaml of ggshield
    Ggshield,
}

impl From<FromArg> for Format {
    fn from(from: FromArg) -> Self {
        match from {
            FromArg::Gitleaks => Format::Gitleaks,
            FromArg::Gitleaksignore => Format::GitleaksIgnore,
            FromArg::GitleaksBaseline => Format::GitleaksBaseline,
            FromArg::DetectSecrets => Format::DetectSecrets,
            FromArg::Kingfisher => Format::Kingfisher,
            FromArg::Trufflehog => Format::Trufflehog,
            FromArg::Ripsecrets => Format::Ripsecrets,
            FromArg::Talisman => Format::Talisman,
            FromArg::Ggshield => Format::Ggshield,
        }
    }
}

pub(super) fn run(
    args: &MigrateArgs,
    shared: &Shared,
    process: &mut Process<'_>,
) -> Result<u8, Failure> {
    let repository = process.repository();
    let root = repository.location().root();
    let target = match &shared.output {
        Some(path) => path.clone(),
        None => root.map_or_else(|| FILE_NAME.into(), |root| root.join(FILE_NAME)),
    };
    let shown = escape_path(target.strip_prefix(".").unwrap_or(&target));
    if target.symlink_metadata().is_ok() {
        let message = format!(
            "cannot write `{shown}`: it is there already; name another with `--output FILE`, and join the two"
        );
        return Err(message.into());
    }
    let made = migrate(&repository, &args.files, args.from.map(Format::from), process.now)?;
    let streams = &mut process.streams;
    if made.is_empty() {
        return Err("no file of another scanner is at the repository's root; name one".into());
    }
    file::replace(&target, made.text.as_bytes(), Mode::Plain)
        .map_err(|error| format!("cannot write `{shown}`: {error}"))?;
    for note in &made.notes {
        writeln!(streams.out, "{note}")?;
    }
    if !shared.quiet {
        writeln!(
            streams.err,
            "tightlip: wrote `{shown}`: {}, {}, {}; {}",
            counted(made.rules as u64, "rule", "rules"),
            counted(made.allow as u64, "allow entry", "allow entries"),
            counted(made.accepted as u64, "accepted finding", "accepted findings"),
            counted(made.notes.len() as u64, "note", "notes")
        )?;
    }
    Ok(0)
}
