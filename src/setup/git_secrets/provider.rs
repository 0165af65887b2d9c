//! Providers: commands of the configuration whose output is patterns, one a line.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::credentials::credentials;
use crate::environment::Environment;
use crate::text::escape::escape;
use crate::text::os::os_str;

/// A command that prints patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Provider {
    words: Vec<OsString>,
}

/// What is wrong with a provider; what it forbids is then unknown.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It cannot be started.
    #[error("it cannot be run")]
    Start(#[source] std::io::Error),
    /// It ended in an error.
    #[error("it ended with {0}")]
    Status(std::process::ExitStatus),
    /// It does not end.
    #[error("it was stopped: it has not ended within {} seconds", .0.as_secs())]
    Slow(Duration),
    /// It prints on and on.
    #[error("it prints more than {} MB", MAX_BYTES >> 20)]
    Endless,
    /// The file of credentials is there and cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Provider {
    /// Splits a value of `secrets.providers` into words; `None` if there are none.
    pub(super) fn parse(value: &[u8]) -> Option<Self> {
        let words: Vec<OsString> =
            words(value).iter().map(|word| os_str(word).into_owned()).collect();
        (!words.is_empty()).then_some(Provider { words })
    }

    /// Whether it is git-secrets' own, which needs no process.
    pub(super) fn is_own(&self) -> bool {
        self.own_arguments().is_some()
    }

    /// The arguments of `git secrets --aws-provider`, if it is that.
    fn own_arguments(&self) -> Option<&[OsString]> {
        let is = |word: &OsString, text: &str| word == text;
        let rest = match &self.words[..] {
            [git, secrets, rest @ ..] if is(git, "git") && is(secrets, "secrets") => rest,
            [name, rest @ ..] if is(name, "git-secrets") => rest,
            _ => return None,
        };
        match rest {
            [flag, rest @ ..] if is(flag, "--aws-provider") && rest.len() < 2 => Some(rest),
            _ => None,
        }
    }

    /// Runs it and returns the patterns that it prints. It gets nothing to read, and what it says
    /// on standard error is passed on.
    pub(super) fn patterns(
        &self,
        environment: &Environment,
    ) -> Result<Vec<Vec<u8>>, ProviderError> {
        if let Some(arguments) = self.own_arguments() {
            let file = arguments.first().map(PathBuf::from);
            let default = || environment.home().map(|home| home.join(".aws").join("credentials"));
            let Some(path) = file.or_else(default) else { return Ok(Vec::new()) };
            return credentials(&path)
                .map_err(|source| ProviderError::Credentials { path, source });
        }
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).env_clear().envs(environment.iter());
        let command = command.stdin(Stdio::null()).stderr(Stdio::inherit());
        let printed = printed(command, MAX_TIME)?;
        let lines = printed.split(|&byte| byte == b'\n');
        let lines = lines.map(|line| line.iter().copied().filter(|&byte| byte != b'\r').collect());
        Ok(lines.filter(|line: &Vec<u8>| !line.is_empty()).collect())
    }
}

/// The most that a provider may print, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// How long one may take: somebody may have to unlock a store of passwords.
const MAX_TIME: Duration = Duration::from_secs(60);

/// Runs a command for at most `most` and returns what it prints.
fn printed(command: &mut Command, most: Duration) -> Result<Vec<u8>, ProviderError> {
    let end = Instant::now() + most;
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(ProviderError::Start)?;
    let (done, read) = mpsc::channel();
    let output = child.stdout.take();
    // What the command has started may keep its output open: the thread is not waited for.
    thread::spawn(move || {
        let mut printed = Vec::new();
        let read = output.map(|output| output.take(MAX_BYTES + 1).read_to_end(&mut printed));
        done.send(read.transpose().map(|_| printed))
    });
    let printed = read.recv_timeout(most);
    let is_endless = matches!(&printed, Ok(Ok(printed)) if printed.len() as u64 > MAX_BYTES);
    let status = if is_endless { stop(&mut child) } else { wait(&mut child, end) };
    let status = status.map_err(ProviderError::Start)?;
    match (printed, status) {
        _ if is_endless => Err(ProviderError::Endless),
        (Err(_), _) | (_, None) => Err(ProviderError::Slow(most)),
        (Ok(Err(error)), _) => Err(ProviderError::Start(error)),
        (Ok(Ok(printed)), Some(status)) if status.success() => Ok(printed),
        (Ok(Ok(_)), Some(status)) => Err(ProviderError::Status(status)),
    }
}

/// Waits for a command until `end`, and stops it then.
fn wait(child: &mut Child, end: Instant) -> std::io::Result<Option<ExitStatus>> {
    const PAUSE: Duration = Duration::from_millis(5);
    while Instant::now() < end {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(PAUSE);
    }
    stop(child)
}

/// Stops a command, which may have ended by itself.
fn stop(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    let _ = child.kill();
    child.wait()?;
    Ok(None)
}

impl std::fmt::Display for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<Vec<u8>> =
            self.words.iter().map(|word| word.as_encoded_bytes().to_vec()).collect();
        f.write_str(&escape(&join_words(&words)))
    }
}

/// Joins the words of a command as a value of `secrets.providers`, which is split into the same ones.
#[must_use]
pub fn join_words(words: &[Vec<u8>]) -> Vec<u8> {
    let quoted: Vec<Vec<u8>> = words.iter().map(|word| quote(word)).collect();
    quoted.join(&b' ')
}

fn quote(word: &[u8]) -> Vec<u8> {
    let is_special = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'\'' | b'"' | b'\\');
    if !word.is_empty() && !word.iter().any(is_special) {
        return word.to_vec();
    }
    let mut quoted = vec![b'\''];
    for &byte in word {
        match byte {
            b'\'' => quoted.extend_from_slice(b"'\\''"),
            byte => quoted.push(byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

/// Splits at blanks, as a shell does; quotes keep blanks. A value with a quote that does not end
/// is split at all blanks, as git-secrets does with every value.
fn words(value: &[u8]) -> Vec<Vec<u8>> {
    quoted_words(value).unwrap_or_else(|| {
        let plain = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        plain.map(<[u8]>::to_vec).collect()
    })
}

fn quoted_words(value: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut bytes = value.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' | b'\n' => words.extend(word.take()),
            b'\'' | b'"' => {
                let word = word.get_or_insert_default();
                loop {
                    match bytes.next()? {
                        end if end == byte => break,
                        b'\\' if byte == b'"' => word.push(bytes.next()?),
                        inner => word.push(inner),
                    }
                }
            }
            // Elsewhere it is part of a path of Windows.
            b'\\' => {
                let escaped = bytes.next_if(|next| matches!(next, b' ' | b'\'' | b'"'));
                word.get_or_insert_default().push(escaped.unwrap_or(b'\\'));
            }
            byte => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::{Provider, ProviderError, join_words, printed, words};

    fn run(script: &str, most: Duration) -> Result<Vec<u8>, ProviderError> {
        let mut command = Command::new("sh");
        // What a script leaves behind holds no stream of the tests.
        command.args(["-c", script]).stdin(Stdio::null()).stderr(Stdio::null());
        printed(&mut command, most)
    }

    #[test]
    fn a_provider_that_does_not_end_is_stopped() {
        let short = Duration::from_millis(200);
        for script in ["sleep 600", "echo a; sleep 600", "exec >&-; sleep 600", "sleep 600 & wait"]
        {
            let error = run(script, short).unwrap_err();
            assert!(matches!(error, ProviderError::Slow(_)), "{script}: {error}");
        }
        assert_eq!(run("sleep 0.1; echo a", Duration::from_secs(60)).unwrap(), b"a\n");
        let failed = run("exit 3", Duration::from_secs(60)).unwrap_err();
        assert!(matches!(failed, ProviderError::Status(_)), "{failed}");
    }

    fn split(value: &str) -> Vec<String> {
        words(value.as_bytes()).into_iter().map(|word| String::from_utf8(word).unwrap()).collect()
    }

    #[test]
    fn quotes_keep_words_together() {
        for (value, expected) in [
            ("git secrets --aws-provider", &["git", "secrets", "--aws-provider"][..]),
            ("  cat\t/a\n/b ", &["cat", "/a", "/b"]),
            ("sh -c 'echo  x'", &["sh", "-c", "echo  x"]),
            (r#"sh -c "echo \"x\" y" '' z\ z"#, &["sh", "-c", "echo \"x\" y", "", "z z"]),
            ("echo it's", &["echo", "it's"]),
            (r"C:\bin\x.exe y", &[r"C:\bin\x.exe", "y"]),
            ("", &[]),
        ] {
            assert_eq!(split(value), expected, "{value}");
        }
    }

    #[test]
    fn joined_words_are_the_same_words() {
        let original: Vec<Vec<u8>> =
            [&b"sh"[..], b"-c", b"echo 'a b'", b"", b"\\d"].map(<[u8]>::to_vec).into();
        assert_eq!(words(&join_words(&original)), original);
    }

    #[test]
    fn its_own_provider_is_known() {
        for (value, expected) in [
            ("git secrets --aws-provider", true),
            ("git-secrets --aws-provider /a/b", true),
            ("git secrets --aws-provider a b", false),
            ("git secrets --scan", false),
            ("cat x", false),
        ] {
            assert_eq!(Provider::parse(value.as_bytes()).unwrap().is_own(), expected, "{value}");
        }
    }
}
