//! Where reports go: one to a stream or a file, others to files, and the summary of a step in CI.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use clap::builder::{OsStringValueParser, TypedValueParser};

use super::{Failure, FormatArg, Shared};
use tightlip::file::{Mode, Replacement};
use tightlip::text::chain::chain;
use tightlip::text::escape::escape_path;
use tightlip::text::os::os_str;

/// How long GitHub lets the summary of a step be, with some room left.
const MAX_SUMMARY_BYTES: u64 = 1_000_000;

/// A report beside the main one.
#[derive(Debug, Clone)]
pub(super) struct ExtraReport {
    format: FormatArg,
    path: PathBuf,
}

impl ExtraReport {
    /// Reads `FORMAT=FILE`.
    pub(super) fn parser() -> impl TypedValueParser<Value = Self> {
        OsStringValueParser::new().try_map(|text| ExtraReport::parse(&text))
    }

    fn parse(text: &OsString) -> Result<Self, String> {
        let bytes = text.as_encoded_bytes();
        let at = bytes.iter().position(|&byte| byte == b'=');
        let (name, path) = match at {
            Some(at) if at + 1 < bytes.len() => (&bytes[..at], &bytes[at + 1..]),
            _ => return Err("it is not FORMAT=FILE, such as sarif=report.sarif".into()),
        };
        let format = FormatArg::from_str(&String::from_utf8_lossy(name), false).map_err(|_| {
            let names = FormatArg::value_variants().iter().filter_map(|format| {
                format.to_possible_value().map(|value| value.get_name().to_owned())
            });
            format!("unknown format; it can be {}", names.collect::<Vec<_>>().join(", "))
        })?;
        Ok(ExtraReport { format, path: PathBuf::from(&*os_str(path)) })
    }
}

impl Shared {
    /// Every file that a report goes to, with its form.
    pub(super) fn files(&self) -> impl Iterator<Item = (FormatArg, &Path)> {
        let main = self.output.iter().map(|path| (self.format, path.as_path()));
        main.chain(self.report.iter().map(|report| (report.format, report.path.as_path())))
    }

    /// Every file that a report goes to.
    pub(super) fn report_files(&self) -> Vec<PathBuf> {
        self.files().map(|(_, path)| path.to_owned()).collect()
    }

    /// Whether a report of this form is asked for.
    pub(super) fn reports_as(&self, format: FormatArg) -> bool {
        self.format == format || self.report.iter().any(|report| report.format == format)
    }

    /// Refuses files that could not be written, before a long scan.
    pub(super) fn check_files(&self) -> Result<(), Failure> {
        let mut known = Vec::new();
        for (_, path) in self.files() {
            let shown = escape_path(path);
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            let folder = folder
                .canonicalize()
                .map_err(|error| format!("cannot write `{shown}`: its folder: {error}"))?;
            if path.is_dir() || path.file_name().is_none() {
                return Err(format!("cannot write `{shown}`: it is a directory").into());
            }
            let place = path.file_name().map(|name| folder.join(name));
            if !is_stream(path) && known.contains(&place) {
                return Err(format!("two reports would go to `{shown}`; name two files").into());
            }
            known.push(place);
        }
        Ok(())
    }
}

/// Writes a file whole or not at all; to a device or a pipe it just writes.
pub(super) fn write_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), String> {
    let done = if is_stream(path) {
        File::create(path).map(BufWriter::new).and_then(|mut file| {
            write(&mut file)?;
            file.flush()
        })
    } else {
        Replacement::begin(path).and_then(|mut file| {
            write(&mut file)?;
            file.finish(Mode::Kept)
        })
    };
    done.map_err(|error| format!("cannot write `{}`: {}", escape_path(path), chain(&error)))
}

/// Whether this names something other than a file: a device, a pipe, or an open file such as
/// `/dev/stdout`.
fn is_stream(path: &Path) -> bool {
    let is_link = fs::symlink_metadata(path).is_ok_and(|kind| kind.is_symlink());
    let is_open = is_link && (path.starts_with("/dev") || path.starts_with("/proc"));
    is_open || fs::metadata(path).is_ok_and(|kind| !kind.is_file())
}

/// Adds the summary of a step to the file that GitHub names. Other commands of the step may have written to it.
pub(super) fn add_summary(
    path: &Path,
    write: impl FnOnce(usize, &mut dyn Write) -> io::Result<()>,
) -> Result<(), String> {
    let open = || OpenOptions::new().append(true).create(true).open(path);
    let done = open().and_then(|file| {
        let left = MAX_SUMMARY_BYTES.saturating_sub(file.metadata()?.len());
        let mut file = BufWriter::new(file);
        write(usize::try_from(left).unwrap_or(usize::MAX), &mut file)?;
        file.flush()
    });
    done.map_err(|error| format!("cannot write the step summary `{}`: {error}", escape_path(path)))
}
