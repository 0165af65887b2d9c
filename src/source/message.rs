//! A commit message as git will store it.
//!
//! What git removes before it commits is not scanned: the comments of its template name branches
//! and files, and `commit -v` shows the diff, removed secrets too. Where it cannot be told
//! whether git will remove a line, the line is scanned. A mode that is given as a flag of `git
//! commit` reaches no hook, but the template tells of it ([`template`]), best before it is edited
//! ([`noted`]). Source of the rules:
//! <https://git-scm.com/docs/git-commit#Documentation/git-commit.txt---cleanupmode>.

mod noted;
mod template;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Content, Listing, Source, SourceError, Unit};
use crate::finding::{Origin, Place, Progress};
use crate::git::{GitError, Repository, RepositoryPool};
use noted::Noted;
use template::Told;

/// Which message to read, and how git will clean it up.
#[derive(Debug, Clone)]
pub struct MessageOptions {
    /// The file that holds the message.
    pub file: PathBuf,
    /// How it will be cleaned up.
    pub cleanup: Cleanup,
}

/// What git removes from a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cleanup {
    /// What the repository's configuration says; `edited` if an editor is opened, which alone
    /// makes git remove comments by default.
    Configured {
        /// Whether an editor is opened.
        edited: bool,
        /// Whether [`note_template`] was called for this message.
        is_noted: bool,
    },
    /// Nothing.
    Verbatim,
}

/// A message that is about to become a commit's.
#[derive(Debug)]
pub struct Message {
    repository: RepositoryPool,
    options: MessageOptions,
}

impl Message {
    /// Makes a source of one message; `repository` says how git will clean it up.
    #[must_use]
    pub fn new(repository: &RepositoryPool, options: MessageOptions) -> Self {
        Message { repository: repository.clone(), options }
    }

    fn rules(&self) -> Result<Rules, GitError> {
        let Cleanup::Configured { edited, is_noted } = self.options.cleanup else {
            return Ok(Rules::default());
        };
        let Some(repository) = self.repository.get_if_there()? else {
            // Without a repository, git's defaults count.
            return Ok(Rules::new(None, None, edited));
        };
        let noted = if is_noted { noted::take(repository.git_dir()) } else { None };
        Ok(Rules { noted: noted.filter(|_| edited), ..Rules::configured(&repository, edited)? })
    }
}

/// Notes what git's template in `file` says, before an editor is opened: prepare-commit-msg calls this, and
/// the message that commit-msg reads is cleaned up accordingly.
///
/// # Errors
/// The file or the configuration cannot be read, or the note cannot be written.
pub fn note_template(repository: &Repository, file: &Path) -> Result<(), SourceError> {
    let path = repository.location().join(file);
    let raw = std::fs::read(path).map_err(|error| SourceError::file(file, error))?;
    let rules = Rules::configured(repository, true)?;
    let git_dir = repository.git_dir();
    noted::write(git_dir, &rules, &raw).map_err(|error| SourceError::file(git_dir, error))
}

impl Source for Message {
    fn list(&self, _progress: &Progress) -> Result<Listing, SourceError> {
        let file = &self.options.file;
        let path = self.repository.location().join(file);
        let raw = std::fs::read(path).map_err(|error| SourceError::file(file, error))?;
        let kept: Arc<[u8]> = self.rules()?.keep(&raw).into();
        let origin = Origin::new(Place::Message, file.as_os_str().as_encoded_bytes());
        let size_hint = kept.len() as u64;
        let unit = Unit { size_hint, ..Unit::new(origin, Content::Bytes(kept)) };
        Ok(Listing { units: vec![unit], ..Listing::default() })
    }
}

/// Git writes this behind the comment prefix; what stands below goes.
const SCISSORS: &[u8] = b" ------------------------ >8 ------------------------";

#[derive(Debug, Default)]
struct Rules {
    /// What begins a comment.
    prefixes: Vec<Vec<u8>>,
    comments_go: bool,
    scissors_cut: bool,
    /// Whether it cuts there whatever stands below.
    cuts_always: bool,
    /// What the template said, which outranks all that is guessed.
    noted: Option<Noted>,
}

impl Rules {
    fn configured(repository: &Repository, edited: bool) -> Result<Self, GitError> {
        let settings = repository.settings()?;
        let comment = match (settings.get("core.commentstring"), settings.get("core.commentchar")) {
            // Git takes whichever was set last, which is not told here: nothing counts as comment.
            (Some(_), Some(_)) => Some("auto".to_owned()),
            (string, char) => string.or(char),
        };
        Ok(Rules::new(settings.get("commit.cleanup").as_deref(), comment.as_deref(), edited))
    }

    /// The rules for `commit.cleanup` and `core.commentString`, as far as they are set.
    fn new(mode: Option<&str>, comment: Option<&str>, edited: bool) -> Self {
        let prefixes = match comment {
            // Git picks one that no line of the message began with when it wrote the template.
            Some("auto") => Vec::new(),
            Some(prefix) => vec![prefix.as_bytes().to_vec()],
            None => vec![b"#".to_vec()],
        };
        let comments_go = match mode {
            Some("strip") => true,
            Some("verbatim" | "whitespace" | "scissors") => false,
            _ => edited,
        };
        Rules {
            prefixes,
            comments_go,
            scissors_cut: edited && mode != Some("verbatim"),
            cuts_always: mode == Some("scissors"),
            noted: None,
        }
    }

    /// Whether git cuts here: its own explanation goes on to the diff of `commit -v`, or it was told to
    /// cut at scissors.
    fn is_diff(&self, below: &[&[u8]]) -> bool {
        let prefixes = &self.prefixes;
        let is_comment = |line: &[u8]| prefixes.iter().any(|prefix| line.starts_with(prefix));
        self.cuts_always
            || below
                .iter()
                .find(|line| !is_comment(line))
                .is_none_or(|line| line.starts_with(b"diff --"))
    }

    /// The line from which on git drops everything.
    fn cut(&self, lines: &[&[u8]]) -> Option<usize> {
        (0..lines.len()).find(|&index| {
            let next = lines.get(index + 1).copied().unwrap_or_default();
            let prefix = is_scissors(lines[index], next).then(|| prefix_of_scissors(lines[index]));
            let is_own = |prefix: &[u8]| self.prefixes.is_empty() || self.begins_comments(prefix);
            prefix.flatten().is_some_and(is_own) && self.is_diff(&lines[index + 1..])
        })
    }

    fn begins_comments(&self, prefix: &[u8]) -> bool {
        self.prefixes.iter().any(|own| own == prefix)
    }

    /// Returns the message with lines that git removes emptied, so that the others keep their
    /// numbers.
    fn keep(&self, raw: &[u8]) -> Vec<u8> {
        let mut kept = Vec::with_capacity(raw.len());
        let lines: Vec<&[u8]> = raw.split_inclusive(|&byte| byte == b'\n').collect();
        let cut = match &self.noted {
            Some(Noted { cut: None, .. }) => None,
            Some(Noted { cut: Some(prefix), .. }) => {
                lines.iter().position(|line| prefix_of_scissors(line) == Some(&prefix[..]))
            }
            None => self.scissors_cut.then(|| self.cut(&lines)).flatten(),
        };
        let comments_go = match &self.noted {
            Some(noted) => noted.comments_go,
            None => self.comments_go && template::read(&lines, &self.prefixes, cut) != Told::Kept,
        };
        for line in &lines[..cut.unwrap_or(lines.len())] {
            let is_comment = self.prefixes.iter().any(|prefix| line.starts_with(prefix));
            if comments_go && is_comment {
                kept.push(b'\n');
            } else {
                kept.extend_from_slice(line);
            }
        }
        kept
    }
}

/// Returns what stands before the scissors of a line at which git may cut: it looks for whole lines that
/// begin with its comment character and end in LF.
fn prefix_of_scissors(line: &[u8]) -> Option<&[u8]> {
    let prefix = line.strip_suffix(b"\n")?.strip_suffix(SCISSORS)?;
    (!prefix.is_empty() && prefix.len() <= 16).then_some(prefix)
}

/// Whether git itself drew this line: it explains it in the next one.
fn is_scissors(line: &[u8], next: &[u8]) -> bool {
    let Some(prefix) = prefix_of_scissors(line) else { return false };
    next.starts_with(prefix) && next.len() > prefix.len() + 1
}

#[cfg(test)]
mod tests {
    use super::Rules;

    fn keep(comments_go: bool, scissors_cut: bool, text: &str) -> String {
        let prefixes = vec![b"#".to_vec()];
        let rules = Rules { prefixes, comments_go, scissors_cut, cuts_always: false, noted: None };
        String::from_utf8(rules.keep(text.as_bytes())).unwrap()
    }

    const CUT: &str = "# ------------------------ >8 ------------------------\n";

    #[test]
    fn what_git_removes_is_not_kept_and_lines_keep_their_numbers() {
        assert_eq!(keep(true, true, "a\n# b\nc # d\n"), "a\n\nc # d\n");
        assert_eq!(keep(false, true, "a\n# b\n"), "a\n# b\n");
        let message = format!("a\n{CUT}# Do not modify\ndiff --git a b\n");
        assert_eq!(keep(true, true, &message), "a\n");
        assert_eq!(keep(false, false, &message), message);
    }

    #[test]
    fn a_line_that_only_looks_like_scissors_cuts_nothing() {
        let message = format!("a\n{CUT}secret below\n");
        assert_eq!(keep(true, true, &message), "a\n\nsecret below\n");
        for cut in [format!(" {CUT}"), CUT.replace('\n', "\r\n"), CUT.replace('#', ";")] {
            let message = format!("a\n{cut}{}x\ndiff --git a b\n", &cut[..2]);
            assert!(keep(false, true, &message).contains("diff"), "{cut:?}");
        }
    }
}
