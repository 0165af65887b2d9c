//! What a push sends, and what the other side has of it.
//!
//! What git tells pre-push of the refs that it pushes is sure: the other side has said it a moment ago. The
//! rest of what it has is told by the refs below `refs/remotes`, which were true when they were fetched: since
//! then a branch may be deleted, a secret taken out of a history, or the address changed to another server.
//! Where git's words contradict one of them, none of that remote's counts, and more is read. A remote in a
//! directory of this machine is asked, and any other where `tightlip.askRemote` is set: that is a connection
//! more for each push.
//!
//! | the push | counts as known |
//! |---|---|
//! | any | what git says of the refs that are pushed |
//! | to a directory, or with `tightlip.askRemote` | all that the other side names when it is asked |
//! | to a remote whose address is the one it is fetched from | what its refs say, if git does not contradict one |
//! | to a URL, another address, for the first time | nothing more |

use std::ffi::OsStr;
use std::path::Path;

use super::command::{lines, printed};
use super::{GitError, ObjectId, Repository, Settings, Tip};
use crate::text::escape::escape;
use crate::text::os::os_str;

/// What is told to pre-push.
#[derive(Debug, Clone, Copy)]
pub struct PushCall<'a> {
    /// The refs of the remote that are to change.
    pub refs: &'a [PushedRef],
    /// The remote's name, or a URL.
    pub remote: Option<&'a OsStr>,
    /// Where the push really goes.
    pub address: Option<&'a OsStr>,
    /// Whether the ids of the remote's refs are what the remote has said. A hook manager may guess them
    /// by this repository's refs: they count as far as those do.
    pub is_sure: bool,
}

/// A ref of the remote that a push changes.
#[derive(Debug, Clone)]
pub struct PushedRef {
    /// Its name there.
    pub name: Vec<u8>,
    /// What it is to lead to; `None` if it is to be deleted.
    pub ours: Option<ObjectId>,
    /// What it leads to there; `None` if it is not there, or nobody knows.
    pub theirs: Option<ObjectId>,
}

impl PushedRef {
    /// Parses what git says on standard input: lines `<local-ref> <local-id> <remote-ref> <remote-id>`. The first
    /// name may hold blanks. <https://git-scm.com/docs/githooks#_pre_push>
    ///
    /// # Errors
    /// A line cannot be understood.
    pub fn parse(text: &[u8]) -> Result<Vec<Self>, GitError> {
        let parse = |line: &[u8]| {
            let words: Vec<&[u8]> = line.rsplitn(4, |&byte| byte == b' ').collect();
            let [theirs, name, ours, _] = words[..] else { return None };
            let present = |id: ObjectId| Some(id).filter(|id| !id.is_zero());
            let (ours, theirs) = (ObjectId::parse(ours)?, ObjectId::parse(theirs)?);
            let (ours, theirs) = (present(ours), present(theirs));
            Some(PushedRef { name: name.to_vec(), ours, theirs })
        };
        let each = |line| parse(line).ok_or_else(|| GitError::unexpected_hook_input(line));
        lines(text).filter(|line| !line.is_empty()).map(each).collect()
    }
}

/// What the other side has.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Objects it is known to have; those that are not here are passed over.
    pub ids: Vec<ObjectId>,
    /// Prefixes of the refs of this repository that stand for what it has.
    pub ref_prefixes: Vec<String>,
}

/// What a push sends.
#[derive(Debug, Clone)]
pub struct Push {
    /// What is sent; empty if the push only deletes.
    pub tips: Vec<Tip>,
    /// What the other side has.
    pub known: Known,
    /// Why less counts as known than this repository's refs say, as a sentence.
    pub doubt: Option<String>,
}

/// Git asks the other side, before a push, only if this is true.
const ASK: &str = "tightlip.askremote";

/// Returns what a push sends and what the other side has.
///
/// # Errors
/// The repository cannot be read.
pub fn pushed(repository: &Repository, call: PushCall<'_>) -> Result<Push, GitError> {
    let tip = |pushed: &PushedRef| Some(Tip { id: pushed.ours?, name: pushed.name.clone() });
    let tips = call.refs.iter().filter_map(tip).collect();
    let theirs: Vec<ObjectId> = call.refs.iter().filter_map(|pushed| pushed.theirs).collect();
    let (told, guessed) = if call.is_sure { (theirs, Vec::new()) } else { (Vec::new(), theirs) };
    let mut push = Push { tips, known: Known { ids: told, ..Known::default() }, doubt: None };
    if push.tips.is_empty() {
        return Ok(push);
    }
    if let Some(address) = call.address.filter(|address| is_asked(repository, address)) {
        match ask(repository, address) {
            Ok(ids) => push.known.ids.extend(ids),
            Err(error) => push.doubt = Some(unanswered(address, &error)),
        }
        return Ok(push);
    }
    let Some(remote) = call.remote.filter(|remote| call.address != Some(remote)) else {
        // There are no refs of a URL from which an id could be guessed.
        push.known.ids.extend(guessed);
        return Ok(push);
    };
    if let Some(tracked) = Tracked::of(repository, remote, call.address)? {
        match tracked.contradicted(repository, call.refs).filter(|_| call.is_sure) {
            Some(name) => push.doubt = Some(stale(remote, name)),
            None => {
                push.known.ids.extend(guessed);
                push.known.ids.extend(tracked.refs.iter().map(|tip| tip.id));
            }
        }
    }
    Ok(push)
}

fn stale(remote: &OsStr, name: &[u8]) -> String {
    let remote = escape(remote.as_encoded_bytes());
    format!(
        "{} is not what {remote} has now, so nothing fetched from it earlier counts as known and more \
         is read; `git fetch --prune {remote}` brings these refs up to date",
        escape(name)
    )
}

fn unanswered(address: &OsStr, error: &GitError) -> String {
    let address = without_user(address.as_encoded_bytes());
    let address = escape(&address);
    format!("`{address}` could not be asked what it has, so more is read: {error}")
}

/// Returns an address without the user and the password before its host.
fn without_user(address: &[u8]) -> Vec<u8> {
    let Some(start) = memchr::memmem::find(address, b"://").map(|at| at + 3) else {
        return address.to_vec();
    };
    let end = memchr::memchr(b'/', &address[start..]).map_or(address.len(), |at| start + at);
    let host = memchr::memrchr(b'@', &address[start..end]).map_or(start, |at| start + at + 1);
    [&address[..start], &address[host..]].concat()
}

/// Whether the other side is asked what it has.
fn is_asked(repository: &Repository, address: &OsStr) -> bool {
    is_here(repository, address.as_encoded_bytes()) || is_asking(repository)
}

/// Whether an address is a directory of this machine.
fn is_here(repository: &Repository, address: &[u8]) -> bool {
    let path = os_str(address.strip_prefix(b"file://").unwrap_or(address));
    repository.location().join(Path::new(&*path)).is_dir()
}

fn is_asking(repository: &Repository) -> bool {
    repository.settings().is_ok_and(|settings| settings.is_true(ASK))
}

/// Whether a remote is elsewhere and not asked before a push: what it has besides the refs that are pushed is
/// then what it had when it was last fetched.
#[must_use]
pub fn has_unasked_remote(repository: &Repository) -> bool {
    let is_address = |key: &str| key.ends_with(".url") || key.ends_with(".pushurl");
    let is_elsewhere = |settings: &Settings| {
        let mut values = settings.section("remote").filter(|setting| is_address(&setting.key));
        values.any(|setting| !is_here(repository, setting.value.as_deref().unwrap_or_default()))
    };
    !is_asking(repository) && repository.settings().is_ok_and(is_elsewhere)
}

/// Asks the other side for the ids of all its refs. What the configuration names runs only where a connection
/// was asked for, and is what has just run for the push.
fn ask(repository: &Repository, address: &OsStr) -> Result<Vec<ObjectId>, GitError> {
    let mut command = repository.location().git();
    if is_here(repository, address.as_encoded_bytes()) {
        command.env("GIT_ALLOW_PROTOCOL", "file");
    }
    command.args(["ls-remote", "--quiet", "--upload-pack=git-upload-pack", "--"]).arg(address);
    let said = printed(&mut command)?;
    let ids = lines(&said).filter_map(|line| line.split(|&byte| byte == b'\t').next());
    Ok(ids.filter_map(ObjectId::parse).collect())
}

/// The refs that tell what a remote had when it was fetched.
struct Tracked {
    refs: Vec<Tip>,
    /// Which refs of the remote go to which of these.
    refspecs: Vec<Refspec>,
}

/// `<source>:<target>`, each with at most one `*`.
struct Refspec {
    source: Vec<u8>,
    target: Vec<u8>,
}

impl Refspec {
    fn parse(text: &[u8]) -> Option<Refspec> {
        let text = text.strip_prefix(b"+").unwrap_or(text);
        let colon = text.iter().position(|&byte| byte == b':')?;
        let (source, target) = (text[..colon].to_vec(), text[colon + 1..].to_vec());
        (!target.is_empty() && !text.starts_with(b"^")).then_some(Refspec { source, target })
    }

    /// Returns the ref into which a ref of the remote is fetched.
    fn target_of(&self, name: &[u8]) -> Option<Vec<u8>> {
        let part = between(&self.source, name)?;
        Some(match self.target.iter().position(|&byte| byte == b'*') {
            Some(star) => [&self.target[..star], part, &self.target[star + 1..]].concat(),
            None => self.target.clone(),
        })
    }
}

/// Returns what stands in the place of the `*` of a pattern.
fn between<'a>(pattern: &[u8], name: &'a [u8]) -> Option<&'a [u8]> {
    match pattern.iter().position(|&byte| byte == b'*') {
        Some(star) => name.strip_prefix(&pattern[..star])?.strip_suffix(&pattern[star + 1..]),
        None => (pattern == name).then_some(&[]),
    }
}

impl Tracked {
    /// Finds them; `None` if there are none that can be trusted: a push to a URL has none, what is
    /// fetched from another address says nothing of this one, and two remotes may keep theirs in one place.
    fn of(
        repository: &Repository,
        remote: &OsStr,
        address: Option<&OsStr>,
    ) -> Result<Option<Tracked>, GitError> {
        let Some((prefix, refspecs)) = refspecs(repository, remote, address) else {
            return Ok(None);
        };
        let is_fetched = |tip: &Tip| {
            refspecs.iter().any(|refspec| between(&refspec.target, &tip.name).is_some())
        };
        let refs = repository.refs_below(&[prefix])?.into_iter().filter(is_fetched).collect();
        Ok(Some(Tracked { refs, refspecs }))
    }

    /// Returns a ref that says what the remote, by its own words, does not have.
    fn contradicted(&self, repository: &Repository, told: &[PushedRef]) -> Option<&[u8]> {
        let is_behind = |old: &ObjectId, new: &ObjectId| {
            let ids = [old.to_string(), new.to_string()];
            let words = ["merge-base", "--is-ancestor"].map(str::to_owned);
            repository.location().run(words.into_iter().chain(ids)).is_ok()
        };
        told.iter().find_map(|PushedRef { name, theirs, .. }| {
            let targets = self.refspecs.iter().filter_map(|refspec| refspec.target_of(name));
            let target = targets
                .into_iter()
                .find_map(|target| self.refs.iter().find(|tip| tip.name == target))?;
            // A branch that has moved on still has what it had.
            let is_true =
                theirs.is_some_and(|theirs| target.id == theirs || is_behind(&target.id, &theirs));
            (!is_true).then_some(&target.name[..])
        })
    }
}

/// Where the refs stand that are fetched from the address of a push, and how they come there.
fn refspecs(
    repository: &Repository,
    remote: &OsStr,
    address: Option<&OsStr>,
) -> Option<(String, Vec<Refspec>)> {
    let name = remote.to_str().filter(|name| !name.is_empty() && !Path::new(name).is_absolute())?;
    let settings = repository.settings().ok()?;
    let remotes = || settings.section("remote");
    let values = |key: &str| {
        let key = format!("remote.{name}.{key}");
        let own = remotes().filter(move |setting| setting.key == key);
        own.filter_map(|setting| setting.value.as_deref()).collect::<Vec<_>>()
    };
    let pushed_to = address.map(OsStr::as_encoded_bytes).or_else(|| values("pushurl").pop());
    // A push goes to all addresses, a fetch comes from the first. Where the two are the same, no `insteadOf`
    // stands between them.
    if let Some(address) = pushed_to.filter(|address| values("url").first() != Some(address)) {
        let fetched = repository.location().line(["remote", "get-url", name]).ok()?;
        if fetched != address {
            return None;
        }
    }
    let prefix = format!("refs/remotes/{name}/");
    let own_key = format!("remote.{name}.fetch");
    let mut own = Vec::new();
    for setting in remotes().filter(|setting| setting.key.ends_with(".fetch")) {
        let refspec = setting.value.as_deref().unwrap_or_default();
        let target = refspec.rsplit(|&byte| byte == b':').next().unwrap_or_default();
        let target = target.strip_suffix(b"*").unwrap_or(target);
        let overlaps =
            target.starts_with(prefix.as_bytes()) || prefix.as_bytes().starts_with(target);
        match (setting.key == own_key, overlaps) {
            (true, true) => own.extend(Refspec::parse(refspec)),
            (false, true) => return None,
            _ => {}
        }
    }
    (!own.is_empty()).then_some((prefix, own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_user_and_password() {
        for (address, shown) in [
            ("https://u:p@ss@h.example.org/r", "https://h.example.org/r"),
            ("https://h.example.org/a@b", "https://h.example.org/a@b"),
            ("ssh://git@h.example.org", "ssh://h.example.org"),
            ("git@h.example.org:r", "git@h.example.org:r"),
            ("/srv/git", "/srv/git"),
        ] {
            assert_eq!(without_user(address.as_bytes()), shown.as_bytes());
        }
    }

    #[test]
    fn refspecs_lead_from_a_ref_of_the_remote_to_the_one_that_tells_of_it() {
        for (refspec, name, target) in [
            ("+refs/heads/*:refs/remotes/o/*", "refs/heads/a/b", Some("refs/remotes/o/a/b")),
            ("refs/heads/*:refs/remotes/o/*", "refs/tags/a", None),
            ("refs/heads/a:refs/remotes/o/b", "refs/heads/a", Some("refs/remotes/o/b")),
            ("refs/heads/a:refs/remotes/o/b", "refs/heads/aa", None),
            (
                "+refs/pull/*/head:refs/remotes/o/pr/*",
                "refs/pull/7/head",
                Some("refs/remotes/o/pr/7"),
            ),
        ] {
            let parsed = Refspec::parse(refspec.as_bytes()).unwrap();
            let found = parsed.target_of(name.as_bytes());
            assert_eq!(found.as_deref(), target.map(str::as_bytes), "{refspec} {name}");
        }
        for refspec in ["refs/heads/*", "refs/heads/*:", "^refs/heads/a:b"] {
            assert!(Refspec::parse(refspec.as_bytes()).is_none(), "{refspec}");
        }
    }
}
