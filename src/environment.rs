//! The variables of a process, read once.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

/// The variables that count for a run. `main` reads those of the process and hands them down; a
/// library hands in what it likes.
///
/// ```
/// use tightlip::environment::Environment;
/// let environment = Environment::new([("HOME".into(), "/home/me".into())]);
/// assert_eq!(environment.home().unwrap(), std::path::Path::new("/home/me"));
/// assert!(!environment.is_set("GIT_DIR"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment(Arc<BTreeMap<OsString, OsString>>);

impl Environment {
    /// Makes an environment of these variables.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Environment(Arc::new(variables.into_iter().collect()))
    }

    /// Returns the value of a variable, empty or not.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Returns the value of a variable that is not empty.
    #[must_use]
    pub fn get_filled(&self, name: &str) -> Option<&OsStr> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// Returns how many columns a line of text may take, where `COLUMNS` says so.
    ///
    /// ```
    /// use tightlip::environment::Environment;
    /// let columns = |value: &str| Environment::new([("COLUMNS".into(), value.into())].into_iter()).columns();
    /// assert_eq!((columns("72"), columns("0"), columns("wide")), (Some(72), None, None));
    /// ```
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        let columns = self.get_filled("COLUMNS")?.to_str()?.trim().parse().ok()?;
        (columns > 0).then_some(columns)
    }

    /// Whether a variable is set, be it to nothing.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether a variable is set to something that does not say no, in one of git's words or of people's.
    /// <https://git-scm.com/docs/git-config#Documentation/git-config.txt-boolean>
    #[must_use]
    pub fn is_true(&self, name: &str) -> bool {
        let no = ["0", "false", "f", "no", "n", "off", "none", "never", "disabled"];
        let value = self.get_filled(name);
        value.is_some_and(|value| !no.iter().any(|no| value.eq_ignore_ascii_case(no)))
    }

    /// Whether one of these variables is set.
    #[must_use]
    pub fn sets_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.is_set(name))
    }

    /// Returns every variable with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Returns the same environment without these variables.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let is_kept = |name: &OsStr| !names.iter().any(|other| name == *other);
        let kept = self.0.iter().filter(|(name, _)| is_kept(name));
        Environment::new(kept.map(|(name, value)| (name.clone(), value.clone())))
    }

    /// Returns the user's directory: `HOME`, or on Windows `USERPROFILE`.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        ["HOME", "USERPROFILE"].iter().find_map(|name| self.get_filled(name)).map(PathBuf::from)
    }

    /// Returns the directory of the user's configuration: `XDG_CONFIG_HOME`, or `~/.config`.
    #[must_use]
    pub fn config_directory(&self) -> Option<PathBuf> {
        self.directory("XDG_CONFIG_HOME", ".config")
    }

    /// Returns the directory of what can be made again: `XDG_CACHE_HOME`, or `~/.cache`.
    #[must_use]
    pub fn cache_directory(&self) -> Option<PathBuf> {
        self.directory("XDG_CACHE_HOME", ".cache")
    }

    /// Returns the directory of what programs keep of their runs: `XDG_STATE_HOME`, or
    /// `~/.local/state`.
    #[must_use]
    pub fn state_directory(&self) -> Option<PathBuf> {
        self.directory("XDG_STATE_HOME", ".local/state")
    }

    /// The directory that a variable names, or one below the user's. A relative one is not heeded: it would be another
    /// one in each directory, which may be somebody else's.
    /// <https://specifications.freedesktop.org/basedir/latest/>
    fn directory(&self, name: &str, below_home: &str) -> Option<PathBuf> {
        let absolute = |path: PathBuf| path.is_absolute().then_some(path);
        let named = self.get_filled(name).map(PathBuf::from).and_then(absolute);
        named.or_else(|| self.home().map(|home| home.join(below_home)).and_then(absolute))
    }
}

#[cfg(test)]
mod tests {
    use super::Environment;

    #[test]
    fn home_falls_back_to_that_of_windows() {
        let home = |name: &str, value: &str| {
            Environment::new([(name.into(), value.into())]).home().is_some()
        };
        assert!(home("HOME", "/h") && home("USERPROFILE", "/h"));
        assert!(!home("HOME", "") && !home("X", "/h"));
    }

    #[test]
    fn a_relative_directory_is_not_heeded() {
        let environment = |values: &[(&str, &str)]| {
            Environment::new(values.iter().map(|(name, value)| (name.into(), value.into())))
        };
        let names = ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"];
        let all = |environment: &Environment| {
            [
                environment.config_directory(),
                environment.cache_directory(),
                environment.state_directory(),
            ]
        };
        let below = |folders: [&str; 3]| folders.map(|folder| Some(folder.into()));
        let of_home = below(["/h/.config", "/h/.cache", "/h/.local/state"]);
        for (home, named, expected) in [
            ("/h", "", of_home.clone()),
            ("/h", "here", of_home),
            ("/h", "/x", below(["/x"; 3])),
            ("h", "here", [None, None, None]),
        ] {
            let named = names.map(|name| (name, named));
            let given = environment(&[&named[..], &[("HOME", home)]].concat());
            assert_eq!(all(&given), expected, "{home} {named:?}");
        }
    }

    #[test]
    fn without_drops_only_the_named_variables() {
        let all = Environment::new([("A".into(), "1".into()), ("B".into(), "2".into())]);
        let some = all.without(&["A", "C"]);
        assert!(!some.is_set("A") && some.is_set("B") && all.is_set("A"));
    }
}
