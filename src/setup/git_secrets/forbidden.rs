//! Rules made of patterns as git-secrets has them: one expression a line, found as grep finds it.

use std::borrow::Cow;

use crate::pattern::{Ere, EreError};
use crate::rule::{FORBIDDEN_PREFIX, Rule, RuleOrigin, Scope, Texts, blank};

/// Makes a rule of a POSIX extended regular expression that stands between word boundaries, as
/// `grep -w` finds it: within a line.
///
/// # Errors
/// The expression cannot be translated, or matches the empty string.
///
/// ```
/// use tightlip::rule::RuleOrigin;
/// use tightlip::setup::git_secrets::forbidden;
/// let origin = RuleOrigin { file: "patterns.txt".into(), line: 1, builtin: false };
/// let rule = forbidden(b"acme_[0-9]{9}", Default::default(), origin)?;
/// assert_eq!(rule.description, "forbidden pattern of patterns.txt:1");
/// # Ok::<(), tightlip::pattern::EreError>(())
/// ```
pub fn forbidden(pattern: &[u8], checks: Texts, origin: RuleOrigin) -> Result<Rule, EreError> {
    let ere = Ere::translate_word(pattern)?.if_not_empty()?;
    let id = format!("{FORBIDDEN_PREFIX}{:016x}", fnv1a(pattern));
    Ok(Rule {
        // Not the pattern: that of a provider may be a secret, and reports show none.
        description: Cow::Owned(format!("forbidden pattern of {origin}")),
        pattern: Cow::Owned(ere.pattern),
        scope: Scope::Line { exact: ere.exact.map(Cow::Owned) },
        checks,
        ..blank(id, origin)
    })
}

/// A hash that stays what it is: fingerprints are made of the ids of rules.
/// <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
