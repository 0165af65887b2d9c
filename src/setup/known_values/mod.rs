//! The user's own credentials, from the files where tools keep them: what must not be committed is known exactly.
//!
//! The values are read when there is something to look at, kept in memory, and never written or shown. A file that
//! is not there holds none. One that cannot be read is passed over, and `doctor` says so; one that the user's own
//! configuration names makes the run incomplete.

mod read;

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Scanner;
use crate::engine::known::{KnownValue, is_worth_knowing};
use crate::environment::Environment;
use crate::file;
use crate::finding::{Secret, SkipKind, Skipped};
use crate::git::RepositoryPool;
use crate::rule::KNOWN_VALUE;
use crate::text::escape::{escape, escape_path};
use read::Form;

/// The size limit of a file of credentials: a kubeconfig of a thousand clusters has a few megabytes.
const MAX_BYTES: u64 = 8 << 20;

/// How many values are looked for at most: a file of a repository may hold millions, and no user has so many.
const MAX_VALUES: usize = 10_000;

/// Files below the user's directory, and what of them is secret.
const HOME_FILES: [(&str, Form); 11] = [
    (
        ".aws/credentials",
        Form::Keys(&["aws_access_key_id", "aws_secret_access_key", "aws_session_token"]),
    ),
    (".npmrc", Form::Keys(&["_authToken", "_auth", "_password"])),
    (".docker/config.json", Form::Keys(&["auth", "identitytoken", "registrytoken", "password"])),
    (".config/gh/hosts.yml", Form::Keys(&["oauth_token"])),
    (".kube/config", Form::Keys(&["token", "client-key-data", "password"])),
    (".pypirc", Form::Keys(&["password"])),
    (".cargo/credentials.toml", Form::Keys(&["token"])),
    (".cargo/credentials", Form::Keys(&["token"])),
    (".netrc", Form::Netrc),
    ("_netrc", Form::Netrc),
    (".git-credentials", Form::Urls),
];

/// What the configuration says of known values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownValuesConfig {
    /// Files that are not read, by the names that findings show: `~/.npmrc`, `.env`.
    pub ignore: Vec<String>,
    /// More files, each with `file:line` of where it is named.
    pub files: Vec<(String, String)>,
}

/// A file of credentials.
#[derive(Debug, Clone)]
struct Source {
    /// As people know it: `~/.npmrc`.
    name: String,
    path: PathBuf,
    form: Form,
    /// Where the configuration names it, if it does.
    named: Option<String>,
    /// The root of the repository that it must not lead out of.
    inside: Option<PathBuf>,
}

/// A file of credentials that is there, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFile {
    /// As people know it: `~/.npmrc`.
    pub name: String,
    /// How many values are looked for, and how many are too short or too common for that; or why the file is
    /// passed over.
    pub read: Result<(usize, usize), String>,
}

/// What was loaded.
#[derive(Debug, Default)]
struct Loaded {
    values: Vec<KnownValue>,
    files: Vec<KnownFile>,
    /// Files that the configuration names and that cannot be read.
    failed: Vec<Skipped>,
}

/// Files that cannot be read though the configuration names them, known once values are loaded.
pub(super) type Failed = Arc<Mutex<Vec<Skipped>>>;

impl Scanner {
    /// Looks for the user's own credentials, too, unless the rule `known-value` is switched off.
    ///
    /// Their files are read when the first bytes are scanned.
    #[must_use]
    pub fn with_known_values(mut self) -> Self {
        let (repository, config) = (self.repository.clone(), self.config.known_values.clone());
        let (failed, printed) = (self.known_failed.clone(), self.provider_values.clone());
        self.engine = self.engine.with_known_values(Box::new(move || {
            let loaded = load(&repository, &config);
            *failed.lock().unwrap_or_else(PoisonError::into_inner) = loaded.failed;
            let mut values = loaded.values;
            // Patterns of providers match plain text; here they are found encoded, too.
            let printed = printed.iter().filter(|(_, value)| is_worth_knowing(value));
            values.extend(printed.map(|(source, value)| KnownValue {
                secret: Secret::new(value.as_slice()),
                source: source.clone(),
            }));
            values
        }));
        self
    }

    /// Takes what could not be read, to be said once.
    pub(super) fn take_known_failed(&self) -> Vec<Skipped> {
        std::mem::take(&mut *self.known_failed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the files of credentials, and returns those that are there; none if the rule is off.
    #[must_use]
    pub fn known_files(&self) -> Vec<KnownFile> {
        let is_on = self.engine.rules().find(KNOWN_VALUE).is_some_and(|rule| rule.enabled);
        if is_on { load(&self.repository, &self.config.known_values).files } else { Vec::new() }
    }
}

fn load(repository: &RepositoryPool, config: &KnownValuesConfig) -> Loaded {
    let mut loaded = Loaded::default();
    let mut seen = HashSet::new();
    for source in sources(repository, config) {
        let Source { name, path, form, named, inside } = source;
        let leads_out = inside.is_some_and(|root| leads_out(&path, &root));
        let read = match leads_out {
            true => Err(io::Error::other("a link leads out of the repository")),
            false => file::read(&path, MAX_BYTES),
        };
        match read {
            Ok(text) => {
                let found = form.values(&text);
                let count = found.len();
                let before = loaded.values.len();
                let mut is_cut = false;
                for (key, value) in found.into_iter().filter(|(_, value)| is_worth_knowing(value)) {
                    if !seen.insert(value.clone()) {
                        continue;
                    }
                    if loaded.values.len() == MAX_VALUES {
                        is_cut = true;
                        break;
                    }
                    let source = match key.is_empty() {
                        true => format!("a value in {name}"),
                        false => format!("the value of `{key}` in {name}"),
                    };
                    loaded.values.push(KnownValue { secret: Secret::new(value), source });
                }
                if is_cut {
                    let reason =
                        format!("more than {MAX_VALUES} known values; the rest is not looked for");
                    loaded.failed.push(Skipped::new(SkipKind::TooLarge, name.as_bytes(), reason));
                }
                let used = loaded.values.len() - before;
                loaded.files.push(KnownFile { name, read: Ok((used, count - used)) });
            }
            Err(error) => {
                let is_missing = error.kind() == io::ErrorKind::NotFound;
                if let Some(origin) = named {
                    let reason = format!("{origin} names it for known values: {error}");
                    let kind = if is_missing { SkipKind::Missing } else { SkipKind::Unreadable };
                    loaded.failed.push(Skipped::new(kind, name.as_bytes(), reason));
                }
                if !is_missing {
                    loaded.files.push(KnownFile { name, read: Err(error.to_string()) });
                }
            }
        }
    }
    loaded
}

/// Whether links lead from a path in a repository to a file outside: who writes them there may not be who owns
/// that file.
fn leads_out(path: &Path, root: &Path) -> bool {
    let real = path.canonicalize().ok().zip(root.canonicalize().ok());
    real.is_some_and(|(path, root)| !path.starts_with(root))
}

/// The files that count here, those of the repository last.
fn sources(repository: &RepositoryPool, config: &KnownValuesConfig) -> Vec<Source> {
    let location = repository.location();
    let environment = location.environment();
    let home = environment.home();
    let mut sources = Vec::new();
    for (file, form) in HOME_FILES {
        let (name, path) = match (moved(environment, file), &home) {
            (Some(path), _) => (escape_path(&path).to_string(), path),
            (None, Some(home)) => (format!("~/{file}"), home.join(file)),
            (None, None) => continue,
        };
        sources.push(Source { name, path, form, named: None, inside: None });
    }
    let root = location.root();
    if let Some(root) = &root {
        for name in environment_files(repository, root) {
            let path = root.join(&name);
            let name = escape(name.as_bytes()).into_owned();
            sources.push(Source { name, path, form: Form::Environment, named: None, inside: None });
        }
    }
    for (file, origin) in &config.files {
        let (path, inside) = match (file.strip_prefix("~/"), &home, &root) {
            (Some(rest), Some(home), _) => (home.join(rest), None),
            (_, _, Some(root)) => {
                (root.join(file), Some(root.clone()).filter(|_| Path::new(file).is_relative()))
            }
            _ => (location.join(file), None),
        };
        let name = escape(file.as_bytes()).into_owned();
        let named = Some(origin.clone());
        sources.push(Source { name, path, form: Form::Everything, named, inside });
    }
    sources.retain(|source| !config.ignore.contains(&source.name));
    sources
}

/// Where a variable of a tool says that its file is.
fn moved(environment: &Environment, file: &str) -> Option<PathBuf> {
    let at = |name: &str| environment.get_filled(name).map(PathBuf::from);
    match file {
        ".aws/credentials" => at("AWS_SHARED_CREDENTIALS_FILE"),
        ".docker/config.json" => at("DOCKER_CONFIG").map(|folder| folder.join("config.json")),
        ".config/gh/hosts.yml" => at("GH_CONFIG_DIR")
            .or_else(|| at("XDG_CONFIG_HOME").map(|folder| folder.join("gh")))
            .map(|folder| folder.join("hosts.yml")),
        ".npmrc" => at("NPM_CONFIG_USERCONFIG"),
        ".cargo/credentials.toml" => at("CARGO_HOME").map(|folder| folder.join("credentials.toml")),
        ".cargo/credentials" => at("CARGO_HOME").map(|folder| folder.join("credentials")),
        _ => None,
    }
}

/// `.env` and its like at the root of the working tree, as far as git ignores them: others are read by everyone.
fn environment_files(repository: &RepositoryPool, root: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(root) else { return Vec::new() };
    let is_environment = |name: &String| name == ".env" || name.starts_with(".env.");
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(is_environment).collect();
    if names.is_empty() {
        return names;
    }
    let Ok(Some(repository)) = repository.get_if_there() else { return Vec::new() };
    names.retain(|name| repository.ignores(Path::new(name)));
    names.sort();
    names
}
