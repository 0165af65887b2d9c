//! Which paths count in a run: those that the user names, less those that the user leaves out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use globset::GlobSet;

use super::globs::{MANY_PATHS, as_path, globs};
use crate::finding::{Origin, Place, SkipKind, Skipped};
use crate::text::count::counted;

/// Patterns on paths, as in the `paths` of an allow entry.
#[derive(Debug, Default)]
pub struct PathFilter {
    only: Patterns,
    exclude: Patterns,
    /// What was left out of all sources so far: of those that list everything, and of those that list only what
    /// may hold a secret.
    said: Mutex<[LeftOut; 2]>,
}

/// Patterns that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PathFilterError {
    /// A pattern is not a glob.
    #[error("cannot use `{flag} {pattern}`")]
    Glob {
        /// The flag that has it.
        flag: &'static str,
        /// The pattern.
        pattern: String,
        /// Why.
        #[source]
        source: globset::Error,
    },
    /// A pattern is empty.
    #[error("cannot use an empty pattern for `{flag}`: it fits nothing or everything")]
    Empty {
        /// The flag that has it.
        flag: &'static str,
    },
    /// Everything would be left out.
    #[error(
        "cannot use `--exclude {pattern}`: nothing would be left to look at; say more narrowly what to leave out"
    )]
    Everything {
        /// The patterns.
        pattern: String,
    },
}

/// What is left out of one source, and by which pattern.
#[derive(Debug, Default)]
pub struct LeftOut {
    outside: u64,
    excluded: BTreeMap<usize, u64>,
}

impl LeftOut {
    fn add(&mut self, other: &LeftOut) {
        self.outside += other.outside;
        for (&pattern, &count) in &other.excluded {
            *self.excluded.entry(pattern).or_default() += count;
        }
    }
}

impl PathFilter {
    /// Makes a filter of the patterns that count, or all where none is given, and of those that do not.
    ///
    /// # Errors
    /// A pattern is empty or no glob, or everything is left out.
    pub fn new(only: &[String], exclude: &[String]) -> Result<Self, PathFilterError> {
        let filter = PathFilter {
            only: Patterns::new("--path", only)?,
            exclude: Patterns::new("--exclude", exclude)?,
            said: Mutex::default(),
        };
        if !exclude.is_empty() && MANY_PATHS.iter().all(|path| filter.exclude.set.is_match(path)) {
            return Err(PathFilterError::Everything { pattern: exclude.join(" --exclude ") });
        }
        Ok(filter)
    }

    /// Whether everything counts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.only.texts.is_empty() && self.exclude.texts.is_empty()
    }

    /// Whether what stands here is left out, which is then counted. What has no path, such as a message, fits
    /// no pattern.
    #[must_use]
    pub fn leaves_out(&self, origin: &Origin, count: &mut LeftOut) -> bool {
        if self.is_empty() {
            return false;
        }
        let has_path =
            origin.place.is_file() || matches!(origin.place, Place::Path | Place::GitDir);
        let path = has_path.then_some(&*origin.path);
        let is_named = path.is_some_and(|path| self.only.first_of(path).is_some());
        let exclude = path.and_then(|path| self.exclude.first_of(path));
        if let Some(pattern) = exclude {
            *count.excluded.entry(pattern).or_default() += 1;
        } else if !self.only.texts.is_empty() && !is_named {
            count.outside += 1;
        } else {
            return false;
        }
        true
    }

    /// Returns notes on what was left out of a source. One that `is_sifted` lists only what may hold a secret.
    pub fn say(&self, count: &LeftOut, is_sifted: bool) -> impl Iterator<Item = Skipped> {
        let mut all = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        all[usize::from(is_sifted)].add(count);
        let none = LeftOut::default();
        let both = if is_sifted { [&none, count] } else { [count, &none] };
        self.notes(both).into_iter()
    }

    /// Returns notes on what was left out of all sources, a pattern in one of them: a run that reads several
    /// sources has these in place of those of each.
    #[must_use]
    pub fn say_once(&self) -> Vec<Skipped> {
        let all = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        self.notes([&all[0], &all[1]])
    }

    fn notes(&self, [whole, sifted]: [&LeftOut; 2]) -> Vec<Skipped> {
        let note = |patterns: &str, flag: &str, counts: [u64; 2], (one, many): (&str, &str)| {
            let kinds = ["", " that may hold a secret"];
            let parts: Vec<String> = counts
                .into_iter()
                .zip(kinds)
                .filter(|(count, _)| *count > 0)
                .map(|(count, kind)| format!("{}{kind}", counted(count, one, many)))
                .collect();
            let reason = format!("{flag} leaves out {}", parts.join(", and "));
            let note = Skipped::new(SkipKind::Excluded, patterns.as_bytes(), reason);
            (!parts.is_empty()).then_some(note)
        };
        let excluded = self.exclude.texts.iter().enumerate().filter_map(|(at, pattern)| {
            let of = |count: &LeftOut| count.excluded.get(&at).copied().unwrap_or(0);
            note(pattern, "--exclude", [of(whole), of(sifted)], ("file or name", "files and names"))
        });
        let outside = note(
            &self.only.texts.join(" "),
            "--path",
            [whole.outside, sifted.outside],
            ("file, name or message elsewhere", "files, names and messages elsewhere"),
        );
        excluded.chain(outside).collect()
    }

    /// Whether a pattern has fitted nothing so far.
    #[must_use]
    pub fn has_unused(&self) -> bool {
        [&self.only, &self.exclude].iter().any(|patterns| patterns.unused().next().is_some())
    }

    /// Notes which patterns fit a path.
    pub fn note(&self, path: &[u8]) {
        self.only.first_of(path);
        self.exclude.first_of(path);
    }

    /// Returns the patterns of paths that count and fitted nothing.
    pub fn unused_only(&self) -> impl Iterator<Item = &str> {
        self.only.unused()
    }

    /// Returns the patterns of paths that do not count and fitted nothing.
    pub fn unused_exclude(&self) -> impl Iterator<Item = &str> {
        self.exclude.unused()
    }
}

/// Patterns, and which of them have fitted something.
#[derive(Debug, Default)]
struct Patterns {
    texts: Vec<String>,
    set: GlobSet,
    used: Vec<AtomicBool>,
}

impl Patterns {
    fn new(flag: &'static str, texts: &[String]) -> Result<Self, PathFilterError> {
        let fail = |pattern: &str, source| {
            let pattern = pattern.to_owned();
            PathFilterError::Glob { flag, pattern, source }
        };
        for text in texts {
            if text.trim_matches('/').trim().is_empty() {
                return Err(PathFilterError::Empty { flag });
            }
            globs(std::slice::from_ref(text)).map_err(|source| fail(text, source))?;
        }
        let set = globs(texts).map_err(|source| fail(&texts.join(" "), source))?;
        let used = texts.iter().map(|_| AtomicBool::new(false)).collect();
        Ok(Patterns { texts: texts.to_vec(), set, used })
    }

    /// The first pattern that fits; all that do are noted.
    fn first_of(&self, path: &[u8]) -> Option<usize> {
        if self.texts.is_empty() {
            return None;
        }
        // A pattern is two globs.
        let fitting: Vec<usize> =
            self.set.matches(as_path(path).as_ref()).into_iter().map(|glob| glob / 2).collect();
        for &at in &fitting {
            self.used[at].store(true, Ordering::Relaxed);
        }
        fitting.into_iter().min()
    }

    fn unused(&self) -> impl Iterator<Item = &str> {
        let used = self.used.iter().map(|used| used.load(Ordering::Relaxed));
        self.texts.iter().zip(used).filter(|(_, used)| !used).map(|(text, _)| &**text)
    }
}

#[cfg(test)]
mod tests {
    use super::{LeftOut, PathFilter};
    use crate::finding::{Origin, Place};

    fn filter(only: &[&str], exclude: &[&str]) -> PathFilter {
        let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        PathFilter::new(&owned(only), &owned(exclude)).unwrap()
    }

    #[test]
    fn paths_count_if_they_are_named_and_not_left_out() {
        for (only, exclude, path, counts) in [
            (&[][..], &[][..], "a/b", true),
            (&["a"], &[], "a/b", true),
            (&["a"], &[], "x/a/b", true),
            (&["/a"], &[], "x/a/b", false),
            (&["src/*.rs"], &[], "src/a.rs", true),
            (&["src/*.rs"], &[], "src/x/a.rs", false),
            (&["src/**/*.rs"], &[], "src/x/a.rs", true),
            (&["*.{py,rs}"], &[], "x/a.py", true),
            (&["a"], &["b"], "a/b", false),
            (&["a"], &["b"], "a/c", true),
            (&[], &["vendor/"], "vendor/x/y", false),
            (&[], &["vendor/"], "src/y", true),
        ] {
            let filter = filter(only, exclude);
            let mut count = LeftOut::default();
            for place in [Place::Commit, Place::Index, Place::Worktree, Place::Path] {
                let origin = Origin::new(place, path.as_bytes());
                assert_eq!(filter.leaves_out(&origin, &mut count), !counts, "{path} {only:?}");
            }
            let said: Vec<_> = filter.say(&count, false).collect();
            assert_eq!(said.len(), usize::from(!counts), "{said:?}");
            assert!(said.iter().all(|said| said.reason.contains(" 4 ")), "{said:?}");
        }
    }

    #[test]
    fn what_has_no_path_counts_unless_paths_are_named() {
        for place in [Place::CommitMessage, Place::RefName, Place::Object, Place::Stdin] {
            let origin = Origin::new(place, b"a");
            let mut count = LeftOut::default();
            assert!(!filter(&[], &["a"]).leaves_out(&origin, &mut count), "{place:?}");
            assert!(filter(&["a"], &[]).leaves_out(&origin, &mut count), "{place:?}");
            assert_eq!(count.outside, 1);
        }
    }

    #[test]
    fn what_was_left_out_of_several_sources_is_said_once() {
        let filter = filter(&[], &["a", "b"]);
        for (is_sifted, paths) in [(false, &["a", "a", "b"][..]), (true, &["a"]), (false, &["a"])] {
            let mut count = LeftOut::default();
            for path in paths {
                let _ =
                    filter.leaves_out(&Origin::new(Place::Worktree, path.as_bytes()), &mut count);
            }
            let _ = filter.say(&count, is_sifted);
        }
        let said: Vec<String> = filter.say_once().into_iter().map(|note| note.reason).collect();
        let a = "--exclude leaves out 3 files and names, and 1 file or name that may hold a secret";
        assert_eq!(said, [a, "--exclude leaves out 1 file or name"]);
    }

    #[test]
    fn patterns_that_fit_nothing_are_named() {
        let filter = filter(&["a", "b"], &["c", "d"]);
        assert!(filter.has_unused());
        let mut count = LeftOut::default();
        assert!(!filter.leaves_out(&Origin::new(Place::Index, b"a"), &mut count));
        assert!(filter.leaves_out(&Origin::new(Place::Index, b"a/c"), &mut count));
        assert_eq!(filter.unused_only().collect::<Vec<_>>(), ["b"]);
        assert_eq!(filter.unused_exclude().collect::<Vec<_>>(), ["d"]);
        filter.note(b"b/d");
        assert!(!filter.has_unused());
    }

    #[test]
    fn patterns_that_cannot_be_meant_are_errors() {
        for (only, exclude, expected) in [
            ("a[", "", "`--path a[`"),
            ("", "b[", "`--exclude b[`"),
            ("/", "", "an empty pattern for `--path`"),
            ("", " ", "an empty pattern for `--exclude`"),
            ("", "**", "nothing would be left"),
            ("", "*", "nothing would be left"),
        ] {
            let list = |text: &str| {
                if text.is_empty() { Vec::new() } else { vec![text.to_owned()] }
            };
            let error = PathFilter::new(&list(only), &list(exclude)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(PathFilter::new(&["**".to_owned()], &[]).is_ok());
    }
}
