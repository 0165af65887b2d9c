//! TeamCity.
//!
//! A build's variables do not name its branch. A file of properties does, which the file that
//! `TEAMCITY_BUILD_PROPERTIES_FILE` names leads to:
//! <https://www.jetbrains.com/help/teamcity/predefined-build-parameters.html>; those of pull requests:
//! <https://www.jetbrains.com/help/teamcity/pull-requests.html>; how much is fetched:
//! <https://www.jetbrains.com/help/teamcity/git.html>.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{CiError, CiRange, Job, Rev, Service};
use crate::text::escape::escape;

pub(super) const SERVICE: Service =
    Service { name: "TeamCity", is_here: |job| job.text("TEAMCITY_VERSION").is_some(), range };

const HINT: &str = "set the parameter `teamcity.git.fetchAllHeads` of the build to `true`, and the checkout policy of \
                    the VCS root to anything but shallow clones";

/// The variable that names a file, in which this property names the file of all parameters.
const BUILD_FILE: &str = "TEAMCITY_BUILD_PROPERTIES_FILE";
const PARAMETERS_FILE: &str = "teamcity.configuration.properties.file";
const TARGET: &str = "teamcity.pullRequest.target.branch";

fn range(job: &Job<'_>) -> Result<CiRange, CiError> {
    // BUILD_VCS_NUMBER is not asked: where the sources come from the server, no commit is checked out.
    let head = Rev::Head;
    let parameters = parameters(job)?;
    if parameters.contains_key("teamcity.pullRequest.number") {
        let missing = CiError::Missing { service: job.service, name: TARGET };
        let name = parameters.get(TARGET).ok_or(missing)?;
        let target = Rev::branch(job.said(TARGET, name))?;
        return Ok(job.pull_request(target.as_ref(), head, [target.clone()], HINT));
    }
    let about = if job.is("BUILD_IS_PERSONAL", "true") {
        "all that HEAD reaches; what a personal build changes is in no commit, and `tightlip scan` reads it"
    } else {
        "all that HEAD reaches: TeamCity does not tell what was pushed"
    };
    Ok(job.all(about, head, HINT))
}

/// The parameters of the build. Without the files there would be no telling a pull request.
fn parameters(job: &Job<'_>) -> Result<BTreeMap<String, String>, CiError> {
    let missing = |name| CiError::Missing { service: job.service, name };
    let build = job.text(BUILD_FILE).ok_or_else(|| missing(BUILD_FILE))?;
    let properties = read(job, &build)?;
    let path = properties.get(PARAMETERS_FILE).ok_or_else(|| missing(PARAMETERS_FILE))?;
    read(job, path)
}

fn read(job: &Job<'_>, path: &str) -> Result<BTreeMap<String, String>, CiError> {
    let bytes = (job.read)(&PathBuf::from(path)).map_err(|source| CiError::Event {
        service: job.service,
        path: escape(path.as_bytes()).into_owned(),
        source,
    })?;
    // Java writes these files in Latin-1, with escapes for all that it lacks.
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    Ok(properties(&text))
}

/// Parses Java's properties, as `Properties.store` writes them:
/// <https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)>.
fn properties(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut lines = text.split(['\n', '\r']).map(str::trim_start);
    while let Some(line) = lines.next() {
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let mut line = line.to_owned();
        while ends_in_escape(&line) {
            line.pop();
            line.push_str(lines.next().unwrap_or_default());
        }
        let (key, value) = split(&line);
        found.insert(unescape(key), unescape(value));
    }
    found
}

/// Whether the line goes on in the next one.
fn ends_in_escape(line: &str) -> bool {
    line.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}

/// Splits a line at its first `=`, `:` or blank that no backslash precedes.
fn split(line: &str) -> (&str, &str) {
    let mut is_escaped = false;
    let end = line.find(|char: char| {
        let ends = !is_escaped && (char == '=' || char == ':' || char.is_ascii_whitespace());
        is_escaped = char == '\\' && !is_escaped;
        ends
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start();
    (key, rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start())
}

fn unescape(text: &str) -> String {
    let mut units = Vec::new();
    let mut chars = text.chars();
    let mut buffer = [0; 2];
    while let Some(char) = chars.next() {
        let meant = match (char, char == '\\') {
            (_, true) => match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some('f') => '\u{c}',
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).collect();
                    // What is no escape becomes no name of a branch either.
                    units.push(u16::from_str_radix(&digits, 16).unwrap_or(0));
                    continue;
                }
                Some(other) => other,
                None => continue,
            },
            (char, false) => char,
        };
        units.extend_from_slice(meant.encode_utf16(&mut buffer));
    }
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::super::tests::{check, origin};
    use super::super::{Environment, range};
    use super::{CiRange, Rev, properties};

    /// The range of a build with these parameters and variables.
    fn job(parameters: &str, more: &[(&str, &str)]) -> Result<CiRange, String> {
        let job = [
            ("TEAMCITY_VERSION", "2026.1"),
            ("TEAMCITY_BUILD_PROPERTIES_FILE", "C:\\temp\\build.properties"),
        ];
        let env = [&job[..], more].concat();
        let env = Environment::new(env.iter().map(|(name, value)| (name.into(), value.into())));
        let range = range(&env, &|path| match path.to_str() {
            Some("C:\\temp\\build.properties") => Ok(b"#Fri Nov 27\nbuild.number=7\n\
                teamcity.configuration.properties.file=C\\:\\\\temp\\\\config.parameters\n"
                .to_vec()),
            Some("C:\\temp\\config.parameters") => Ok(parameters.as_bytes().to_vec()),
            _ => Err(io::ErrorKind::NotFound.into()),
        });
        range.map_err(|error| error.to_string())
    }

    #[test]
    fn a_pull_request_is_what_its_target_lacks() {
        let request = "teamcity.build.branch=pull/3\nteamcity.pullRequest.number=3\n";
        for target in ["release/1.x", "refs/heads/release/1.x", "release\\/1.x"] {
            let text = format!("{request}teamcity.pullRequest.target.branch={target}\n");
            let about = "the pull request into release/1.x";
            check(&job(&text, &[]).unwrap(), &Rev::Head, &[origin("release/1.x")], about);
        }
        let accented = format!("{request}teamcity.pullRequest.target.branch=caf\\u00e9\n");
        check(&job(&accented, &[]).unwrap(), &Rev::Head, &[origin("caf\u{e9}")], "into");
        assert!(job(request, &[]).unwrap_err().contains("teamcity.pullRequest.target.branch"));
        let hostile = format!("{request}teamcity.pullRequest.target.branch=--all\n");
        assert!(job(&hostile, &[]).unwrap_err().contains("no name of a branch"));
    }

    #[test]
    fn a_push_is_all_that_it_reaches() {
        let text = "teamcity.build.branch=main\n";
        check(&job(text, &[]).unwrap(), &Rev::Head, &[], "does not tell what was pushed");
        let personal = job(text, &[("BUILD_IS_PERSONAL", "true")]).unwrap();
        check(&personal, &Rev::Head, &[], "is in no commit");
    }

    #[test]
    fn a_build_without_its_files_is_an_error() {
        let no_file = [("TEAMCITY_BUILD_PROPERTIES_FILE", "gone")];
        assert!(job("", &no_file).unwrap_err().contains("cannot read `gone`"));
        let env = [("TEAMCITY_VERSION", "2026.1")];
        let error = super::super::tests::range_of(&env, "").unwrap_err().to_string();
        assert!(error.contains("TEAMCITY_BUILD_PROPERTIES_FILE is not set"), "{error}");
    }

    #[test]
    fn properties_are_read_as_java_writes_them() {
        for (text, key, value) in [
            ("a=b", "a", "b"),
            ("a.b : c d ", "a.b", "c d "),
            ("a b", "a", "b"),
            ("a", "a", ""),
            ("a\\=b=c\\=d", "a=b", "c=d"),
            ("a=b\\\n   c", "a", "bc"),
            ("a=b\\\\\nx=y", "a", "b\\"),
            ("#a=b\n!c=d\r\n  e=f", "e", "f"),
            ("a=\\u00e9\\ud83d\\ude00\\t", "a", "\u{e9}\u{1f600}\t"),
            ("a=1\na=2", "a", "2"),
            ("a=\\u00", "a", "\0"),
        ] {
            assert_eq!(properties(text).get(key).map(String::as_str), Some(value), "{text:?}");
        }
        assert!(properties("#a=b\n\n!c").is_empty());
    }
}
