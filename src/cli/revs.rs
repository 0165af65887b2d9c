//! Revisions, as people type them and CI services name them, resolved to ids by git's own rules.

use std::ffi::{OsStr, OsString};

use super::Failure;
use tightlip::ci::{CiRange, Rev};
use tightlip::git::command::lines;
use tightlip::git::{Location, ObjectId, Tip};
use tightlip::text::escape::escape;

/// The commits to scan, and those that are known already.
#[derive(Debug, Default)]
pub(super) struct Selection {
    pub(super) tips: Vec<Tip>,
    pub(super) known: Vec<ObjectId>,
}

impl Selection {
    /// Resolves branches, tags, commits and ranges.
    pub(super) fn of_revs(location: &Location, revs: &[OsString]) -> Result<Self, Failure> {
        let mut selection = Selection::default();
        for rev in revs {
            let words = ["rev-parse", "--revs-only", "--end-of-options"].map(OsStr::new);
            let parsed = location.run(words.into_iter().chain([rev.as_os_str()]));
            let parsed = parsed.unwrap_or_default();
            if parsed.is_empty() {
                return Err(unknown(rev).into());
            }
            for line in lines(&parsed) {
                match line.strip_prefix(b"^") {
                    Some(known) => selection.known.extend(ObjectId::parse(known)),
                    None => selection
                        .tips
                        .extend(ObjectId::parse(line).map(|id| Tip { id, name: bytes(rev) })),
                }
            }
        }
        if selection.tips.is_empty() && !selection.known.is_empty() {
            // As in git: what is left out is left out of HEAD's history.
            let head = location.id(["rev-parse", "--verify", "HEAD"])?;
            let id = head.ok_or("HEAD has no commit yet; name a revision to start from")?;
            selection.tips.push(Tip { id, name: b"HEAD".to_vec() });
        }
        Ok(selection)
    }

    /// Resolves a branch by its name, here or on the remote it comes from.
    pub(super) fn of_branch(location: &Location, name: &OsStr) -> Result<Self, Failure> {
        for prefix in ["refs/heads/", "refs/remotes/", "refs/remotes/origin/"] {
            let mut full = OsString::from(prefix);
            full.push(name);
            if let Some(id) = verify(location, &full) {
                let tips = vec![Tip { id, name: bytes(&full) }];
                return Ok(Selection { tips, known: Vec::new() });
            }
        }
        Err(format!("no branch has the name `{}`", escape(name.as_encoded_bytes())).into())
    }

    /// Resolves the range of a CI job, and tells whether its base could be used.
    pub(super) fn of_ci(location: &Location, range: &CiRange) -> Result<(Self, Base), Failure> {
        let head = find(location, &range.head).ok_or_else(|| {
            format!(
                "{}: {} is not in this clone, so nothing can be scanned; {}",
                range.service,
                range.head.shown(),
                range.hint
            )
        })?;
        let mut tips = vec![Tip { id: head, name: b"HEAD".to_vec() }];
        if let Some(Rev::Ref(name)) = &range.tag {
            tips.extend(
                verify(location, name).map(|id| Tip { id, name: name.clone().into_bytes() }),
            );
        }
        let mut bases = range.bases.iter();
        let Some((base, id)) = bases.find_map(|base| Some((base, find(location, base)?))) else {
            let base = if range.bases.is_empty() { Base::Usable } else { Base::Lost };
            return Ok((Selection { tips, known: Vec::new() }, base));
        };
        // A branch moves, so it may have what the job is about by now. An id does not.
        if matches!(base, Rev::Ref(_)) && is_empty(location, id, head)? {
            return Ok((Selection { tips, known: Vec::new() }, Base::Ahead));
        }
        Ok((Selection { tips, known: vec![id] }, Base::Usable))
    }

    /// Resolves the two ends of a range as a person gives them, and says what became of its base. A base of
    /// zeros, or none, is that of a new branch.
    pub(super) fn of_ends(
        location: &Location,
        base: &OsStr,
        head: &OsStr,
    ) -> Result<(Self, Base), Failure> {
        let tip = commit(location, head).and_then(|_| verify(location, head));
        let tip = tip.ok_or_else(|| unknown(head))?;
        let selection = |known| {
            let tips = vec![Tip { id: tip, name: bytes(head) }];
            Selection { tips, known }
        };
        if base.as_encoded_bytes().iter().all(|&byte| byte == b'0') {
            return Ok((selection(Vec::new()), Base::Usable));
        }
        match commit(location, base) {
            Some(id) if is_empty(location, id, tip)? => Ok((selection(Vec::new()), Base::Ahead)),
            Some(id) => Ok((selection(vec![id]), Base::Usable)),
            None if is_id(base) => Ok((selection(Vec::new()), Base::Lost)),
            None => Err(unknown(base).into()),
        }
    }
}

/// Whether the base of a CI job's range could be used. Without it, all that the head reaches is scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// The scan starts behind it, or the job names no base.
    Usable,
    /// This clone has none of the bases that the job names.
    Lost,
    /// It reaches all that the head reaches, so nothing would be left to look at.
    Ahead,
}

/// Whether `base` reaches all that `head` reaches.
fn is_empty(location: &Location, base: ObjectId, head: ObjectId) -> Result<bool, Failure> {
    let first = ["rev-list", "--max-count=1", &head.to_string(), "--not", &base.to_string()];
    Ok(location.run(first)?.is_empty())
}

/// The commit that a name or an id leads to, if it is here.
fn commit(location: &Location, rev: &OsStr) -> Option<ObjectId> {
    let mut peeled = rev.to_owned();
    peeled.push("^{commit}");
    verify(location, peeled)
}

/// Whether this looks like the id of a commit, whole or cut.
fn is_id(rev: &OsStr) -> bool {
    let rev = rev.as_encoded_bytes();
    (7..=64).contains(&rev.len()) && rev.iter().all(u8::is_ascii_hexdigit)
}

/// The name of a revision as git has it: bytes, in any encoding.
fn bytes(name: &OsStr) -> Vec<u8> {
    name.as_encoded_bytes().to_vec()
}

fn unknown(rev: &OsStr) -> String {
    format!(
        "`{}` names no revision here; see `git log` and `git branch --all`",
        escape(rev.as_encoded_bytes())
    )
}

fn find(location: &Location, rev: &Rev) -> Option<ObjectId> {
    match rev {
        Rev::Head => verify(location, "HEAD"),
        Rev::Ref(name) => verify(location, name),
        Rev::Id(id) => {
            // A short id is looked up among objects only, and must be the only one.
            let listed = location.run(["rev-parse", &format!("--disambiguate={id}")]).ok()?;
            let mut ids = lines(&listed);
            let only = ids.next().and_then(ObjectId::parse)?;
            ids.next().is_none().then_some(only)
        }
    }
}

fn verify(location: &Location, name: impl AsRef<OsStr>) -> Option<ObjectId> {
    let words = ["rev-parse", "--verify", "-q", "--end-of-options"].map(OsStr::new);
    location.id(words.into_iter().chain([name.as_ref()])).ok().flatten()
}

/// Words of dates, as git reads them (approxidate); some have an `s` at their end as well.
const DATE_WORDS: &str = "now today yesterday noon midnight tea never last ago at the am pm utc gmt t z zero one two \
                          three four five six seven eight nine ten second minute hour day week month year st th";

/// Names of months and days, which git knows by their first three letters.
const DATE_NAMES: &str = "january february march april may june july august september october november december \
                          sunday monday tuesday wednesday thursday friday saturday";

/// Whether text is made of numbers and of words that git knows in dates. Git reads any other text as the present
/// moment.
fn is_date(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_word = |word: &str| {
        let one = word.strip_suffix('s').unwrap_or(word);
        DATE_WORDS.split(' ').any(|known| known == word || known == one)
            || word.len() >= 3 && DATE_NAMES.split(' ').any(|name| name.starts_with(word))
    };
    let parts: Vec<&str> = lower
        .split(|char: char| !char.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    !parts.is_empty()
        && lower.split_ascii_whitespace().all(is_possible_day)
        && parts.iter().all(|part| {
            let digits = part.trim_start_matches(|char: char| char.is_ascii_digit());
            digits.is_empty()
                || is_word(part)
                || digits.len() < part.len()
                    && matches!(digits, "st" | "nd" | "rd" | "th" | "t" | "z")
                || part
                    .split('t')
                    .all(|half| half.trim_end_matches('z').bytes().all(|b| b.is_ascii_digit()))
        })
}

/// Whether three numbers in a row, with `-`, `/` or `.` between them, are a day that there is. Git takes what
/// is none for some other day. A time may stand behind a `t`.
fn is_possible_day(text: &str) -> bool {
    let day = text.split('t').next().unwrap_or_default();
    let numbers: Vec<Option<u32>> =
        day.split(['-', '/', '.']).map(|part| part.parse().ok()).collect();
    let [Some(a), Some(b), Some(c)] = numbers[..] else { return true };
    let days = |year: u32, month: u32| match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    // Which is the year, the month and the day depends on the country.
    let orders = [(a, b, c), (c, a, b), (c, b, a)];
    orders.iter().any(|&(year, month, day)| (1..=days(year, month)).contains(&day))
}

/// Returns the time, in seconds since 1970, that git understands by a date.
pub(super) fn since(location: &Location, date: &str) -> Result<i64, Failure> {
    if !is_date(date) {
        let date = escape(date.as_bytes());
        return Err(format!(
            "`{date}` is no date; write one as git does: 2026-05-01, \"2 weeks ago\", yesterday"
        )
        .into());
    }
    let parsed = location.line(["rev-parse", &format!("--since={date}")])?;
    let seconds = std::str::from_utf8(&parsed).ok();
    let seconds = seconds.and_then(|text| text.strip_prefix("--max-age=")?.parse().ok());
    seconds.ok_or_else(|| format!("`{}` is no date", escape(date.as_bytes())).into())
}
