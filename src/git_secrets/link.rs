//! `tightlip install --git-secrets`: a second name for the program, and its manual.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use super::NAME;
use crate::process::Process;
use tightlip::environment::Environment;
use tightlip::text::escape::escape_path;

/// Its manual page, which git opens for `git secrets --help`.
const MANUAL: &[u8] = include_bytes!("git-secrets.1");

/// Links `program` under the name of git-secrets beside itself, and puts the manual where `man`
/// looks for what stands there.
///
/// # Errors
/// Another program of that name is there, or something cannot be written.
pub(crate) fn link(
    program: &Path,
    process: &mut Process<'_>,
) -> Result<u8, Box<dyn std::error::Error>> {
    let out = &mut *process.streams.out;
    let folder = program.parent().ok_or("the program stands in no directory")?;
    let link = folder.join(format!("{NAME}{}", env::consts::EXE_SUFFIX));
    if link.symlink_metadata().is_ok() && !is_same(&link, program) {
        return Err(format!(
            "`{}` is another program: uninstall it, or put tightlip into a directory that comes \
             before on the PATH",
            escape_path(&link)
        )
        .into());
    }
    if link.symlink_metadata().is_err() {
        make_link(program, &link).map_err(|error| {
            format!(
                "cannot make `{}`: {error}; try with the rights to write there",
                escape_path(&link)
            )
        })?;
    }
    writeln!(out, "{} is tightlip", escape_path(&link))?;
    if let Some(manual) = write_manual(folder, out)? {
        writeln!(out, "{} is its manual", escape_path(&manual))?;
    }
    match first_on_path(&process.environment) {
        Some(first) if is_same(&first, program) => {}
        Some(first) => writeln!(
            out,
            "warning: `git secrets` still runs `{}`, which comes first on the PATH",
            escape_path(&first)
        )?,
        None => writeln!(
            out,
            "warning: git does not find it: `{}` is not on the PATH",
            escape_path(folder)
        )?,
    }
    Ok(0)
}

fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(one).is_some_and(|path| Some(path) == real(other))
}

/// The file that git would run for `git secrets`.
fn first_on_path(environment: &Environment) -> Option<PathBuf> {
    let folders = environment.get("PATH")?;
    let name = format!("{NAME}{}", env::consts::EXE_SUFFIX);
    env::split_paths(folders).map(|folder| folder.join(&name)).find(|file| file.is_file())
}

/// A link by name alone, so that the two can be moved together.
#[cfg(unix)]
fn make_link(program: &Path, link: &Path) -> io::Result<()> {
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::os::unix::fs::symlink(name, link)
}

/// Windows lets few users make symbolic links.
#[cfg(not(unix))]
fn make_link(program: &Path, link: &Path) -> io::Result<()> {
    fs::hard_link(program, link)
}

/// Writes the manual for programs in `folder`; `None` where there is no place for manuals.
fn write_manual(folder: &Path, out: &mut dyn Write) -> io::Result<Option<PathBuf>> {
    if !folder.ends_with("bin") {
        let why = "it belongs into share/man/man1 beside a directory `bin`, and this is none";
        writeln!(out, "note: its manual was not written: {why}")?;
        return Ok(None);
    }
    let section = folder.with_file_name("share").join("man").join("man1");
    let file = section.join(format!("{NAME}.1"));
    match fs::create_dir_all(&section).and_then(|()| fs::write(&file, MANUAL)) {
        Ok(()) => Ok(Some(file)),
        Err(error) => {
            let file = escape_path(&file);
            writeln!(out, "warning: its manual `{file}` cannot be written: {error}")?;
            Ok(None)
        }
    }
}
