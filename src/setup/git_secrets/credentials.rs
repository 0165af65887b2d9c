//! The user's own AWS credentials as patterns: what `git secrets --aws-provider` prints.

use std::io;
use std::path::Path;

use crate::pattern::escape_literal;

/// The keys whose values must not be committed, wherever they stand on a line.
const KEYS: [&[u8]; 2] = [b"aws_access_key_id", b"aws_secret_access_key"];

/// Reads an ini file of credentials; one that is not there holds none.
///
/// # Errors
/// It is there and cannot be read.
pub fn credentials(path: &Path) -> io::Result<Vec<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(text) => Ok(patterns(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn patterns(text: &[u8]) -> Vec<Vec<u8>> {
    let holds_key = |line: &&[u8]| KEYS.iter().any(|key| memchr::memmem::find(line, key).is_some());
    text.split(|&byte| byte == b'\n')
        .filter(holds_key)
        // A value is cut at a second `=`, as in git-secrets: what is left is found at its edge.
        .filter_map(|line| line.split(|&byte| byte == b'=').nth(1))
        .map(|value| {
            let is_kept = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'\r' | b'"' | b'\'');
            value.iter().copied().filter(is_kept).collect::<Vec<u8>>()
        })
        .filter(|value| !value.is_empty())
        .map(|value| escape_literal(&value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::patterns;

    #[test]
    fn values_are_literal_patterns() {
        let text = b"[default]\naws_access_key_id = \"AK.A\"\r\nregion = eu\n\
            # aws_secret_access_key=a+b/c[1]==\naws_secret_access_key =\n";
        assert_eq!(patterns(text), [&br"AK\.A"[..], br"a\+b/c\[1\]"]);
    }
}
