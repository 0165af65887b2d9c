//! What AWS, and tightlip itself, send when a key is exposed.
//!
//! Read are events of AWS Health and of Trusted Advisor as EventBridge delivers them, and tightlip's own
//! event, delivered or as an entry for `aws events put-events`; several of them as a list, or one after
//! the other. Every key of every event counts, each once.

use serde_json::Value;

use super::{KeyId, KeyIdError};

/// A notice that cannot be understood.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// It is not JSON.
    #[error("it is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// It is no event of these kinds.
    #[error(
        "it is no event of AWS Health (`AWS_RISK_...`), of Trusted Advisor (Exposed Access Keys) or of \
         tightlip that names a key"
    )]
    NotANotice,
    /// It names something that is no key.
    #[error("the event names something that is no key")]
    NotAKey(#[source] KeyIdError),
}

/// Returns the keys that events name.
///
/// # Errors
/// They are no such events, or name something that is no key.
///
/// ```
/// use tightlip::respond::keys_of_notice;
/// let event = tightlip::rule::expand(
///     r#"{{"source":"aws.health","detail":{{"service":"RISK","eventTypeCode":"AWS_RISK_CREDENTIALS_EXPOSED",
///         "affectedEntities":[{{"entityValue":"AKIA{base32:16}"}}]}}}}"#,
/// ).unwrap();
/// assert_eq!(keys_of_notice(&event)?.len(), 1);
/// assert!(keys_of_notice(b"{}").is_err());
/// # Ok::<(), tightlip::respond::NoticeError>(())
/// ```
pub fn keys_of_notice(bytes: &[u8]) -> Result<Vec<KeyId>, NoticeError> {
    let mut keys = Vec::new();
    for value in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
        let value = value.map_err(NoticeError::NotJson)?;
        let list = value.as_array().or_else(|| value["Entries"].as_array());
        for event in list.map_or(std::slice::from_ref(&value), Vec::as_slice) {
            let found = keys_of(event)?;
            if found.is_empty() {
                return Err(NoticeError::NotANotice);
            }
            keys.extend(found);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    if keys.is_empty() { Err(NoticeError::NotANotice) } else { Ok(keys) }
}

fn keys_of(event: &Value) -> Result<Vec<KeyId>, NoticeError> {
    let detail = if event["detail"].is_null() { &event["Detail"] } else { &event["detail"] };
    // Entries for put-events hold it as text.
    let parsed: Value;
    let detail = match detail.as_str() {
        Some(text) => {
            parsed = serde_json::from_str(text).map_err(NoticeError::NotJson)?;
            &parsed
        }
        None => detail,
    };
    let code = detail["eventTypeCode"].as_str().unwrap_or_default();
    let mut names: Vec<&str> = Vec::new();
    if code.starts_with("AWS_RISK_") || code.starts_with("TIGHTLIP_") {
        let entities = detail["affectedEntities"].as_array().map(Vec::as_slice).unwrap_or_default();
        names.extend(entities.iter().filter_map(|entity| entity["entityValue"].as_str()));
    }
    names.extend(detail["check-item-detail"]["Access Key ID"].as_str());
    names.into_iter().map(|name| KeyId::parse(name).map_err(NoticeError::NotAKey)).collect()
}
