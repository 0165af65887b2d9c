//! Signed URLs: until when the signature beside is valid.
//!
//! Azure: <https://learn.microsoft.com/rest/api/storageservices/create-service-sas>.
//! AWS: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>.
//! Google: <https://cloud.google.com/storage/docs/authentication/signatures>.

use super::{Candidate, Learnt, Verdict};
use crate::text::date::{day, seconds};

/// How much of the URL is looked at on each side of the secret, in bytes.
const MAX_BYTES: usize = 3000;

/// Lowers signatures whose URL says that they have ended.
pub(super) fn check(candidate: &Candidate<'_>, learnt: &mut Learnt) -> Verdict {
    let Some(end) = end(&url(candidate)) else { return Verdict::Keep };
    if end < candidate.now {
        learnt.notes.push(format!("expired on {}", day(end)));
        return Verdict::Lower;
    }
    learnt.notes.push(format!("valid until {}", day(end)));
    Verdict::Keep
}

/// The URL around the secret, without percent escapes of colons.
fn url(candidate: &Candidate<'_>) -> String {
    let is_url = |byte: &&u8| byte.is_ascii_graphic() && !b"\"'<>`\\".contains(byte);
    let last = |part: &[u8]| part[part.len().saturating_sub(MAX_BYTES)..].to_vec();
    let at = memchr::memmem::rfind(candidate.matched, candidate.secret).unwrap_or(0);
    let until_secret = &candidate.matched[..at + candidate.secret.len()];
    let text = [last(candidate.before), last(until_secret)].concat();
    let start = text.len() - text.iter().rev().take_while(is_url).count();
    let behind = candidate.behind.iter().take(MAX_BYTES).take_while(is_url);
    let url: Vec<u8> = text[start..].iter().chain(behind).copied().collect();
    String::from_utf8_lossy(&url).replace("%3A", ":").replace("%3a", ":").replace("&amp;", "&")
}

/// When a signed URL ends, in seconds since 1970.
fn end(url: &str) -> Option<i64> {
    let value = |name: &str| {
        let parameters = url.split(['?', '&', ';']);
        parameters
            .filter_map(|one| one.split_once('='))
            .find(|(own, _)| *own == name)
            .map(|(_, v)| v)
    };
    let of_begin = |begin: &str, length: &str| {
        let begin = value(begin).and_then(compact)?;
        Some(begin.saturating_add(value(length)?.parse().ok()?))
    };
    let epoch = |name: &str| value(name)?.parse::<i64>().ok().filter(|&end| end > 100_000_000);
    of_begin("X-Amz-Date", "X-Amz-Expires")
        .or_else(|| of_begin("X-Goog-Date", "X-Goog-Expires"))
        .or_else(|| value("se").and_then(moment))
        .or_else(|| epoch("se"))
        .or_else(|| epoch("Expires"))
}

/// The seconds of `20260131T235959Z`.
fn compact(text: &str) -> Option<i64> {
    let part = |range: std::ops::Range<usize>| text.get(range);
    let day = format!("{}-{}-{}", part(0..4)?, part(4..6)?, part(6..8)?);
    let time = format!("{}:{}:{}", part(9..11)?, part(11..13)?, part(13..15)?);
    seconds(&format!("{day}T{time}Z"))
}

/// The seconds of `2026-01-31T23:59:59Z`, of the same without seconds, or of the end of a day.
fn moment(text: &str) -> Option<i64> {
    let day = text.get(..10)?;
    let time = text.get(11..16).unwrap_or("23:59");
    seconds(text).or_else(|| seconds(&format!("{day}T{time}:00Z")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::candidate;
    use super::{Candidate, Learnt, Verdict, check, end};

    #[test]
    fn end_is_read_as_each_service_writes_it() {
        for (url, expected) in [
            ("https://a/b?sv=1&se=2030-01-01T00%3A00%3A00Z&sr=b", 0),
            ("https://a/b?se=2030-01-01T00:00Z&sr=b", 0),
            ("https://a/b?se=2029-12-31&sr=b", -60),
            ("sr=acme&se=1893456000&skn=send", 0),
            ("https://a/b?X-Amz-Date=20291231T230000Z&X-Amz-Expires=3600&x=1", 0),
            ("https://a/b?X-Goog-Expires=60&X-Goog-Date=20291231T235900Z", 0),
            ("https://a/b?AWSAccessKeyId=x&Expires=1893456000&Signature=y", 0),
        ] {
            let url = url.replace("%3A", ":");
            assert_eq!(end(&url), Some(1_893_456_000 + expected), "{url}");
        }
        for url in
            ["https://a/b?se=&sr=b", "https://a/b?Expires=60", "x", "?se=2030-13-01T00:00:00Z"]
        {
            assert_eq!(end(url), None, "{url}");
        }
    }

    #[test]
    fn signature_that_has_ended_is_lowered() {
        let verdict = |url: &str| {
            let (before, behind) = url.split_once("SIG").unwrap();
            let candidate = Candidate {
                before: before.as_bytes(),
                behind: behind.as_bytes(),
                ..candidate(b"SIG")
            };
            let mut learnt = Learnt::default();
            (check(&candidate, &mut learnt), learnt.notes.concat())
        };
        let past = "see \"https://a/b?sig=SIG&se=2020-01-01T00%3A00%3A00Z\"";
        assert_eq!(verdict(past), (Verdict::Lower, "expired on 2020-01-01".into()));
        let future = "https://a/b?se=2090-01-01T00%3A00%3A00Z&amp;sig=SIG";
        assert_eq!(verdict(future), (Verdict::Keep, "valid until 2090-01-01".into()));
        let other = "https://a/b?sig=SIG https://a/c?se=2020-01-01T00:00:00Z";
        assert_eq!(verdict(other), (Verdict::Keep, String::new()));
    }
}
