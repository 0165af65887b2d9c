//! `tightlip allow`

use std::fs;
use std::io;
use std::path::PathBuf;

use clap::Args;

use super::{Failure, Process};
use tightlip::file::{self, Mode};
use tightlip::finding::Fingerprint;
use tightlip::git::RepositoryPool;
use tightlip::setup::last::{Seen, seen};
use tightlip::setup::{FILE_NAME, USER_FILE, allow_entry, load_text};
use tightlip::text::escape::escape_path;

/// Allow a finding, with the reason
///
/// Adds an entry at the end of .tightlip.toml; the rest of the file stays as it is. A token is allowed in
/// every file, so that the entry outlives `git mv` and a copy. A password, which a person may have thought
/// of, is allowed in its file only.
#[derive(Debug, Args)]
pub(super) struct AllowArgs {
    /// Fingerprints, as the last report shows them or whole
    #[arg(value_name = "FINGERPRINT", required_unless_present = "last")]
    fingerprints: Vec<String>,
    /// All that the last report has
    #[arg(long, conflicts_with = "fingerprints")]
    last: bool,
    /// Why it is fine; reports show it
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,
    /// Allow a token in its file only
    #[arg(long)]
    only_here: bool,
    /// Write to your own configuration, not to the repository's
    #[arg(long)]
    user: bool,
}

/// The findings to allow.
struct Chosen {
    fingerprint: String,
    /// Which finding it is, for people.
    about: String,
}

pub(super) fn run(args: &AllowArgs, process: &mut Process<'_>) -> Result<u8, Failure> {
    let repository = process.repository();
    let chosen = chosen(args, &repository)?;
    let target = target(args, &repository, process)?;
    let shown = escape_path(target.strip_prefix(".").unwrap_or(&target));
    let before = match fs::read_to_string(&target) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("cannot read `{shown}`: {error}").into()),
    };
    let known: Vec<(&str, &str)> =
        chosen.iter().map(|one| (&*one.fingerprint, &*one.about)).collect();
    let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    let entry = allow_entry(&args.reason, &known);
    let entry = if before.is_empty() { entry.trim_start() } else { &entry };
    let text = format!("{before}{gap}{entry}");
    // The new text is parsed before it is written: the file may have `allow` as a list.
    load_text(&text, &shown)
        .map_err(|error| format!("the entry cannot be added, so nothing was written: {error}"))?;
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make `{}`: {error}", escape_path(folder)))?;
    }
    write(&target, &text).map_err(|error| format!("cannot write `{shown}`: {error}"))?;
    let out = &mut process.streams.out;
    for one in &chosen {
        writeln!(out, "allowed in {shown}: {}", one.about)?;
    }
    if !args.user {
        writeln!(out, "`git add {shown}` lets the others have it")?;
    }
    Ok(0)
}

/// Writes through a link: a team may share the file that it leads to.
fn write(target: &PathBuf, text: &str) -> io::Result<()> {
    let real = fs::canonicalize(target).unwrap_or_else(|_| target.clone());
    let mode = fs::metadata(&real).map_or(Mode::Plain, |metadata| mode_of(&metadata));
    file::replace(&real, text.as_bytes(), mode)
}

#[cfg(unix)]
fn mode_of(metadata: &fs::Metadata) -> Mode {
    use std::os::unix::fs::PermissionsExt as _;
    Mode::Exact(metadata.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
fn mode_of(_: &fs::Metadata) -> Mode {
    Mode::Plain
}

fn target(
    args: &AllowArgs,
    repository: &RepositoryPool,
    process: &Process<'_>,
) -> Result<PathBuf, Failure> {
    if args.user {
        let folder = process.environment.config_directory();
        let folder = folder.ok_or("HOME is not set to a directory: set it")?;
        return Ok(folder.join("tightlip").join(USER_FILE));
    }
    let root = repository.location().root();
    let root = root.ok_or("this is not a working tree; run it inside one, or use --user")?;
    Ok(root.join(FILE_NAME))
}

fn chosen(args: &AllowArgs, repository: &RepositoryPool) -> Result<Vec<Chosen>, Failure> {
    let seen = seen(repository)
        .map_err(|error| format!("what the last run found cannot be read ({error}); scan again"))?;
    if args.last {
        if seen.is_empty() {
            return Err("no run in this repository has found anything yet".into());
        }
        return Ok(seen.iter().flat_map(|one| of(one, args.only_here)).collect());
    }
    let mut chosen = Vec::new();
    for word in &args.fingerprints {
        let fits: Vec<&Seen> =
            seen.iter().filter(|one| one.fingerprint.starts_with(word)).collect();
        match fits[..] {
            [] if is_whole(word) => {
                chosen.push(Chosen { fingerprint: word.clone(), about: word.clone() });
            }
            // It may be the secret itself, pasted here.
            [] if !word.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                return Err("what was given is no fingerprint: it has hexadecimal digits, as a \
                            report shows it"
                    .into());
            }
            [] => {
                return Err(format!(
                    "no finding of the last run has a fingerprint that begins with `{word}`; scan \
                     again, or give all {} digits",
                    Fingerprint::DIGITS
                )
                .into());
            }
            _ if word.len() < MIN_DIGITS => {
                return Err(
                    format!("`{word}` is too short; give at least {MIN_DIGITS} digits").into()
                );
            }
            [one] => chosen.extend(of(one, args.only_here)),
            _ if fits.iter().all(|one| one.fingerprint == fits[0].fingerprint) => {
                chosen.extend(of(fits[0], args.only_here));
            }
            _ => return Err(format!("more than one finding begins with `{word}`").into()),
        }
    }
    Ok(chosen)
}

/// Fewer digits are too easily mistyped into another finding.
const MIN_DIGITS: usize = 6;

fn is_whole(word: &str) -> bool {
    word.len() == Fingerprint::DIGITS && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn of(one: &Seen, only_here: bool) -> Vec<Chosen> {
    if one.is_anywhere && !only_here {
        let about = format!("{} in {}, and in every other file", one.rule, one.path);
        let all = one.accepted_by.iter();
        return all
            .map(|known| Chosen { fingerprint: known.clone(), about: about.clone() })
            .collect();
    }
    let about = format!("{} in {}", one.rule, one.path);
    let all = if one.is_anywhere { vec![one.fingerprint.clone()] } else { one.accepted_by.clone() };
    all.into_iter().map(|fingerprint| Chosen { fingerprint, about: about.clone() }).collect()
}
