//! Config files found, read and joined.

use std::borrow::Cow;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{Config, ConfigFile, FILE_NAME, RuleChange};
use crate::file;
use crate::rule::{Confidence, RuleOrigin, line_of, toml_problem};
use crate::text::escape::escape;

/// A config file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the config file `{path}`")]
    Read {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its text is invalid.
    #[error("{path}:{line}: {message}")]
    Content {
        /// The file.
        path: String,
        /// The line, from 1.
        line: u32,
        /// What is wrong.
        message: String,
    },
}

/// Where to look for config files. The caller reads the environment.
#[derive(Debug, Clone, Default)]
pub struct Discovery {
    /// The user's config directory: `$XDG_CONFIG_HOME`, or `~/.config`.
    pub user_dir: Option<PathBuf>,
    /// A file that git's own configuration names.
    pub from_git: Option<PathBuf>,
    /// The root of the working tree, if there is one.
    pub root: Option<PathBuf>,
}

/// Loads every file that there is, in order.
///
/// # Errors
/// A file that exists and cannot be read or understood; a file that git's configuration names
/// and that does not exist.
pub fn load(discovery: &Discovery) -> Result<Config, ConfigError> {
    let mut config = Config::default();
    if let Some(dir) = &discovery.user_dir {
        add_if_there(&mut config, dir.join("tightlip").join(USER_FILE), Author::User)?;
    }
    if let Some(path) = &discovery.from_git {
        // What stands in the working tree is committed by anybody, whoever names it.
        let is_inside = discovery.root.as_ref().is_some_and(|root| is_inside(root, path));
        let author = if is_inside { Author::Anybody } else { Author::User };
        add_file(&mut config, path.clone(), author)?;
    }
    if let Some(root) = &discovery.root {
        add_if_there(&mut config, root.join(FILE_NAME), Author::Anybody)?;
    }
    Ok(config)
}

/// Loads one file and no other.
///
/// # Errors
/// It cannot be read or understood.
pub fn load_file(path: &Path) -> Result<Config, ConfigError> {
    let mut config = Config::default();
    add_file(&mut config, path.to_owned(), author_of(path))?;
    Ok(config)
}

/// Who may have written a config file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Author {
    /// The user alone.
    User,
    /// Anybody who commits to the repository.
    Anybody,
}

/// Guesses the author of a file by its name.
fn author_of(path: &Path) -> Author {
    match path.file_name().is_some_and(|name| name == FILE_NAME) {
        true => Author::Anybody,
        false => Author::User,
    }
}

/// Whether a path leads into a directory, with links followed.
fn is_inside(folder: &Path, path: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    path.starts_with(folder) || real(path).starts_with(real(folder))
}

fn add_if_there(config: &mut Config, path: PathBuf, author: Author) -> Result<(), ConfigError> {
    let is_link = path.symlink_metadata().is_ok_and(|kind| kind.is_symlink());
    match add_file(config, path, author) {
        // A link that leads nowhere is a file that cannot be read.
        Err(ConfigError::Read { source, .. })
            if source.kind() == io::ErrorKind::NotFound && !is_link =>
        {
            Ok(())
        }
        done => done,
    }
}

fn add_file(config: &mut Config, path: PathBuf, author: Author) -> Result<(), ConfigError> {
    let shown = shown(&path);
    let text = read(&path).map_err(|source| ConfigError::Read { path: shown.clone(), source })?;
    add_text(config, shown, &text, author)?;
    config.files.push(path);
    Ok(())
}

fn add_text(
    config: &mut Config,
    path: String,
    text: &str,
    author: Author,
) -> Result<(), ConfigError> {
    let file: ConfigFile = toml::from_str(text).map_err(|error| ConfigError::Content {
        path: path.clone(),
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        message: toml_problem(&error),
    })?;
    Layer { path, text, author }.join(file, config)
}

/// Parses the text of a config file that is not written yet, and is called `name` in errors.
///
/// # Errors
/// It cannot be understood.
pub fn load_text(text: &str, name: &str) -> Result<Config, ConfigError> {
    let mut config = Config::default();
    add_text(&mut config, name.to_owned(), text, author_of(Path::new(name)))?;
    Ok(config)
}

/// The name of a user's file, in `tightlip` below the directory for configuration.
pub const USER_FILE: &str = "config.toml";

/// The size limit of a config file: one in a repository may hold anything.
pub(super) const MAX_BYTES: u64 = 16 << 20;

pub(super) fn read(path: &Path) -> io::Result<String> {
    String::from_utf8(file::read(path, MAX_BYTES)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// As the user would name it: without `./`, and safe to print.
pub(super) fn shown(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    escape(path.as_os_str().as_encoded_bytes()).into_owned()
}

/// One file, while it is joined to the rest.
struct Layer<'a> {
    path: String,
    text: &'a str,
    author: Author,
}

/// Whether a path leads out of the repository.
fn leads_out(path: &str) -> bool {
    let path = Path::new(path);
    let is_plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    path.starts_with("~") || !path.components().all(is_plain)
}

impl Layer<'_> {
    fn join(&self, file: ConfigFile, config: &mut Config) -> Result<(), ConfigError> {
        for entry in file.rule {
            let line = line_of(self.text, entry.span().start);
            let origin = RuleOrigin { file: Cow::Owned(self.path.clone()), line, builtin: false };
            config.rules.push(RuleChange::Put(Box::new(entry.into_inner()), origin));
        }
        for (ids, enabled) in [(file.enable, true), (file.disable, false)] {
            for id in ids {
                let origin = format!("{}:{}", self.path, line_of(self.text, id.span().start));
                config.rules.push(RuleChange::Switch { id: id.into_inner(), enabled, origin });
            }
        }
        for entry in file.allow {
            let origin = format!("{}:{}", self.path, line_of(self.text, entry.span().start));
            config.allow.push((entry.into_inner(), origin));
        }
        config.known_values.ignore.extend(file.known_values.ignore);
        for named in file.known_values.files {
            let line = line_of(self.text, named.span().start);
            let named = named.into_inner();
            if self.author == Author::Anybody && leads_out(&named) {
                let message = "known_values.files may name files of this repository alone here; name \
                               your own ones in your own config file";
                return Err(ConfigError::Content {
                    path: self.path.clone(),
                    line,
                    message: message.into(),
                });
            }
            config.known_values.files.push((named, format!("{}:{line}", self.path)));
        }
        if let Some(name) = file.min_confidence {
            let confidence =
                Confidence::parse(name.get_ref()).ok_or_else(|| ConfigError::Content {
                    path: self.path.clone(),
                    line: line_of(self.text, name.span().start),
                    message: "min_confidence must be \"low\", \"medium\" or \"high\"".into(),
                })?;
            config.min_confidence = Some(confidence);
        }
        config.other_marks = file.other_marks.unwrap_or(config.other_marks);
        config.migrated.extend(file.migrated);
        config.max_object_bytes = file.max_object_bytes.or(config.max_object_bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Discovery, load, load_file};

    #[test]
    fn layers_add_up_and_the_later_counts() {
        let dir = tempfile::tempdir().unwrap();
        let user = dir.path().join("tightlip");
        fs::create_dir(&user).unwrap();
        fs::write(user.join("config.toml"), "min_confidence = 'high'\ndisable = ['jwt']\n")
            .unwrap();
        let root = dir.path().join("repo");
        fs::create_dir(&root).unwrap();
        fs::write(root.join(".tightlip.toml"), "min_confidence = 'medium'\nenable = ['jwt']\n")
            .unwrap();
        let found =
            Discovery { user_dir: Some(dir.path().to_owned()), from_git: None, root: Some(root) };
        let config = load(&found).unwrap();
        assert_eq!(config.min_confidence.unwrap().name(), "medium");
        assert_eq!((config.rules.len(), config.files.len()), (2, 2));
        assert_eq!(load(&Discovery::default()).unwrap().files.len(), 0);
    }

    #[test]
    fn mistakes_name_the_file_and_the_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.toml");
        for (text, expected) in [
            ("a = 1", "c.toml:1: unknown field `a`"),
            ("\n[[allow]]\npaths = ['x']", "c.toml:2: missing field `reason`"),
            ("[[rule]]\nid = 'x'\nkeyword = 'y'", "c.toml:3: unknown field `keyword`"),
            ("min_confidence = 'sure'", "c.toml:1: min_confidence must"),
            ("x =", "c.toml:1: "),
        ] {
            fs::write(&path, text).unwrap();
            let error = load_file(&path).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        fs::remove_file(&path).unwrap();
        assert!(load_file(&path).is_err());
    }
}
