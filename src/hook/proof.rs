//! Proof that a hook runs: the git command that fires it is given a secret, and has to fail
//! because of it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::place::Place;
use super::sandbox::{Outcome, Sandbox};
use super::{DoctorOptions, Hook, HookError, proof_copy};
use crate::rule::expand;
use crate::text::escape::escape;

/// Whether a hook has stopped a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It has, and said which.
    Proven,
    /// It has not.
    Failed {
        /// What went wrong, as a clause.
        reason: String,
        /// The last lines that were printed, escaped.
        seen: Vec<String>,
    },
}

impl Proof {
    /// Nothing was tried, for this reason.
    pub(super) fn unfired(reason: &str) -> Self {
        Proof::Failed { reason: reason.to_owned(), seen: Vec::new() }
    }
}

/// The rule that has to find what is planted.
const RULE: &str = "aws-access-key-id";
const SECRET: &str = "aws_access_key_id = AKIA{base32:16}";
/// Switches that rule on where the user's own configuration has it off: what is proven is that the
/// hook runs and stops what tightlip finds, not what the user wants to be found.
const CONFIG: &str = "enable = [\"aws-access-key-id\"]\n";
const MAX_LINES: usize = 6;
const MAX_CHARS: usize = 160;

/// Fires one hook of a place, in throw-away repositories below `temporary`.
///
/// # Errors
/// The repositories cannot be made.
pub(super) fn prove(
    hook: Hook,
    place: &Place,
    options: &DoctorOptions,
) -> Result<Proof, HookError> {
    let first = prove_by(Way::Usual, hook, place, options)?;
    if hook == Hook::PrepareCommitMsg && first != Proof::Proven {
        // In a cherry-pick, reference-transaction sees the commit before it.
        let second = prove_by(Way::Other, hook, place, options)?;
        if second == Proof::Proven {
            return Ok(second);
        }
    }
    Ok(first)
}

/// How a hook is fired that more than one command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Usual,
    Other,
}

fn prove_by(
    way: Way,
    hook: Hook,
    place: &Place,
    options: &DoctorOptions,
) -> Result<Proof, HookError> {
    let mut secret = expand(SECRET)
        .map_err(|error| HookError::Refused(format!("the secret to plant: {error}")))?;
    secret.push(b'\n');
    let sandbox = Sandbox::new(options, &secret, CONFIG)?;
    let hooks = proof_copy::copy(hook, place, sandbox.root())?;
    let scene = Scene { folder: sandbox.repository("work", false)?, sandbox, hooks };
    let outcome = scene.play(hook, way)?;
    let trace = fs::read(scene.sandbox.trace()).unwrap_or_default();
    Ok(judge(hook, &outcome, &ran(&trace)))
}

struct Scene {
    sandbox: Sandbox,
    folder: PathBuf,
    hooks: PathBuf,
}

impl Scene {
    /// Sets up what the hook is to stop, and tries it.
    fn play(&self, hook: Hook, way: Way) -> Result<Outcome, HookError> {
        self.prepare(&["commit", "-q", "--allow-empty", "-m", "first"])?;
        match hook {
            Hook::PreCommit => {
                self.plant()?;
                self.fire(&["commit", "-m", "second"])
            }
            // The editor adds the secret: what runs before it sees a clean message.
            Hook::CommitMsg => self.fire(&["commit", "--allow-empty"]),
            Hook::PrepareCommitMsg if way == Way::Other => {
                self.plant()?;
                self.fire(&["commit", "--no-verify", "-m", "second"])
            }
            Hook::PrepareCommitMsg => {
                self.branch_with_secret()?;
                self.fire(&["cherry-pick", "other"])
            }
            Hook::PreMergeCommit => {
                self.branch_with_secret()?;
                self.fire(&["merge", "--no-ff", "-m", "merge", "other"])
            }
            Hook::ApplypatchMsg | Hook::PreApplypatch => self.play_patch(hook),
            Hook::PrePush | Hook::PreReceive => self.play_push(hook),
            Hook::ReferenceTransaction => {
                self.branch_with_secret()?;
                // New is only what no ref has yet.
                let id = self.prepare(&["rev-parse", "other"])?;
                self.prepare(&["branch", "-q", "-D", "other"])?;
                let id = String::from_utf8_lossy(id.trim_ascii()).into_owned();
                self.fire(&["update-ref", "refs/heads/third", &id])
            }
        }
    }

    fn play_patch(&self, hook: Hook) -> Result<Outcome, HookError> {
        if hook == Hook::PreApplypatch {
            self.branch_with_secret()?;
        } else {
            self.prepare(&["checkout", "-q", "-b", "other"])?;
            self.write("clean", b"clean\n")?;
            self.prepare(&["add", "clean"])?;
            let secret = self.sandbox.secret.to_string_lossy().into_owned();
            self.prepare(&["commit", "-q", "-F", &secret])?;
            self.prepare(&["checkout", "-q", "-"])?;
        }
        let mail = self.prepare(&["format-patch", "--stdout", "-1", "other"])?;
        self.write("mail", &mail)?;
        self.fire(&["am", "mail"])
    }

    fn play_push(&self, hook: Hook) -> Result<Outcome, HookError> {
        let server = self.sandbox.repository("server", true)?;
        self.plant()?;
        self.prepare(&["commit", "-q", "-m", "second"])?;
        let push = [OsStr::new("push"), server.as_os_str(), OsStr::new("HEAD:refs/heads/new")];
        if hook == Hook::PreReceive {
            self.use_hooks(&server)?;
        } else {
            self.use_hooks(&self.folder)?;
        }
        self.sandbox.git(&self.folder, &push)
    }

    /// A branch `other` with the secret, and a commit here that it lacks.
    fn branch_with_secret(&self) -> Result<(), HookError> {
        self.prepare(&["checkout", "-q", "-b", "other"])?;
        self.plant()?;
        self.prepare(&["commit", "-q", "-m", "second"])?;
        self.prepare(&["checkout", "-q", "-"])?;
        self.write("clean", b"clean\n")?;
        self.prepare(&["add", "clean"])?;
        self.prepare(&["commit", "-q", "-m", "third"]).map(drop)
    }

    fn plant(&self) -> Result<(), HookError> {
        let planted = self.folder.join("planted");
        fs::copy(&self.sandbox.secret, &planted)
            .map_err(|error| HookError::file("write", &planted, error))?;
        self.prepare(&["add", "planted"]).map(drop)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), HookError> {
        let file = self.folder.join(name);
        fs::write(&file, bytes).map_err(|error| HookError::file("write", &file, error))
    }

    fn prepare(&self, arguments: &[&str]) -> Result<Vec<u8>, HookError> {
        self.sandbox.prepare(&self.folder, arguments)
    }

    fn use_hooks(&self, folder: &Path) -> Result<(), HookError> {
        let set = [OsStr::new("config"), OsStr::new("core.hooksPath"), self.hooks.as_os_str()];
        self.sandbox.git(folder, &set).map(drop)
    }

    fn fire(&self, arguments: &[&str]) -> Result<Outcome, HookError> {
        self.use_hooks(&self.folder)?;
        self.sandbox.git_str(&self.folder, arguments)
    }
}

/// A hook that git has run, by the trace, and its exit status.
#[derive(Debug, PartialEq, Eq)]
struct Ran {
    name: String,
    status: i32,
}

/// Reads git's trace of events: which hooks it started, and how they ended.
///
/// Format: <https://git-scm.com/docs/api-trace2#_the_event_format_target>.
fn ran(trace: &[u8]) -> Vec<Ran> {
    let text = String::from_utf8_lossy(trace);
    let mut started: Vec<(&str, &str, &str)> = Vec::new();
    let mut ended = Vec::new();
    for line in text.lines() {
        let process = (field(line, "sid"), field(line, "child_id"));
        let (Some(sid), Some(child)) = process else {
            continue;
        };
        match field(line, "event") {
            Some("child_start") => {
                started.extend(field(line, "hook_name").map(|name| (sid, child, name)));
            }
            Some("child_exit") => {
                let status = field(line, "code").and_then(|code| code.parse().ok());
                let hook = started.iter().find(|(s, c, _)| (*s, *c) == (sid, child));
                ended.extend(
                    hook.zip(status)
                        .map(|((_, _, name), status)| Ran { name: (*name).to_owned(), status }),
                );
            }
            _ => {}
        }
    }
    ended
}

/// Returns a member of a line of JSON, where its value is a plain word or a number.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(&format!("\"{name}\":"))?;
    match rest.strip_prefix('"') {
        Some(text) => text.split('"').next(),
        None => rest.split([',', '}']).next(),
    }
}

fn judge(hook: Hook, outcome: &Outcome, ran: &[Ran]) -> Proof {
    let has_finding = memchr::memmem::find(&outcome.said, RULE.as_bytes()).is_some();
    // Git may run a hook more than once, and once it has refused is enough.
    let this = ran.iter().filter(|ran| ran.name == hook.name()).max_by_key(|ran| ran.status != 0);
    let stopped = ran.iter().find(|ran| ran.status != 0);
    let reason = match (this, stopped) {
        (Some(this), _) if this.status != 0 && !outcome.is_success && has_finding => {
            return Proof::Proven;
        }
        (Some(this), _) if this.status != 0 => {
            "it stopped git, but not because of the secret".into()
        }
        (Some(_), None) => "it ran and let the secret pass".into(),
        (Some(_), Some(other)) => {
            format!("it let the secret pass, which {} then stopped", other.name)
        }
        (None, Some(other)) => format!("{} stopped git before it", other.name),
        // A git from before 2.22 does not tell which hooks it runs.
        (None, None) if !outcome.is_success && has_finding => return Proof::Proven,
        (None, None) if outcome.is_success => "git did not run it".into(),
        (None, None) => "git failed before it ran".into(),
    };
    Proof::Failed { reason, seen: last_lines(&outcome.said) }
}

fn last_lines(said: &[u8]) -> Vec<String> {
    let lines: Vec<&[u8]> =
        said.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect();
    let first = lines.len().saturating_sub(MAX_LINES);
    lines[first..]
        .iter()
        .map(|line| escape(line.trim_ascii_end()).chars().take(MAX_CHARS).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = r#"{"event":"child_start","sid":"1","child_id":0,"child_class":"hook","hook_name":"pre-commit","argv":["x"]}
{"event":"child_start","sid":"1/2","child_id":0,"child_class":"?","argv":["x"]}
{"event":"child_exit","sid":"1/2","child_id":0,"pid":9,"code":7,"t_rel":0.1}
{"event":"child_exit","sid":"1","child_id":0,"pid":8,"code":0,"t_rel":0.1}
{"event":"child_start","sid":"1","child_id":1,"child_class":"hook","hook_name":"commit-msg","argv":["x"]}
{"event":"child_exit","sid":"1","child_id":1,"pid":8,"code":1}
"#;

    fn verdict(hook: Hook, is_success: bool, said: &str, trace: &str) -> String {
        let said = said.as_bytes().to_vec();
        match judge(hook, &Outcome { is_success, said }, &ran(trace.as_bytes())) {
            Proof::Proven => "proven".into(),
            Proof::Failed { reason, .. } => reason,
        }
    }

    #[test]
    fn only_the_hook_that_stopped_git_with_our_finding_is_proven() {
        let said = "x: aws-access-key-id found";
        for (hook, is_success, said, trace, expected) in [
            (Hook::CommitMsg, false, said, TRACE, "proven"),
            (Hook::CommitMsg, false, "make: no", TRACE, "it stopped git, but not"),
            (Hook::PreCommit, false, said, TRACE, "which commit-msg then stopped"),
            (Hook::PrePush, false, said, TRACE, "commit-msg stopped git before it"),
            (Hook::PrePush, true, "", "", "git did not run it"),
            (Hook::PrePush, false, "fatal", "", "git failed before"),
            (Hook::PrePush, false, said, "", "proven"),
        ] {
            let verdict = verdict(hook, is_success, said, trace);
            assert!(verdict.contains(expected), "{hook}: {verdict}");
        }
    }

    #[test]
    fn what_was_seen_is_short_and_safe() {
        let said = "1\n2\n3\n\n4\n5\n6\n\x1b[31m7\n".to_owned() + &"x".repeat(500);
        let lines = last_lines(said.as_bytes());
        assert_eq!(lines.len(), MAX_LINES);
        assert_eq!(lines[4], "\\x1b[31m7");
        assert_eq!(lines[5].len(), MAX_CHARS);
    }
}
