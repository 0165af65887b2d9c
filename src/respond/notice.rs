//! What AWS, and tightlip itself, send when a key is exposed.
//!
//! Read are events of AWS Health and of Trusted Advisor as EventBridge delivers them, and tightlip's own
//! event, delivered or as an entry for `aws events put-events`; several of them as a list, or one after
//! the other. Every key of every event counts, each once.

use std::collections::BTreeSet;

use serde_json::Value;

use super::KeyId;

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
}

/// What events name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notice {
    /// Keys, each once, in the order of the events.
    pub keys: Vec<KeyId>,
    /// What the events leave open: things that they name and that are no keys, pages that are not here.
    pub gaps: Vec<String>,
}

impl Notice {
    /// Reads events.
    ///
    /// # Errors
    /// They are no such events, or name no key.
    ///
    /// ```
    /// use tightlip::respond::Notice;
    /// let event = tightlip::rule::expand(
    ///     r#"{{"source":"aws.health","detail":{{"service":"RISK","eventTypeCode":"AWS_RISK_CREDENTIALS_EXPOSED",
    ///         "affectedEntities":[{{"entityValue":"AKIA{base32:16}"}}]}}}}"#,
    /// ).unwrap();
    /// assert_eq!(Notice::parse(&event)?.keys.len(), 1);
    /// assert!(Notice::parse(b"{}").is_err());
    /// # Ok::<(), tightlip::respond::NoticeError>(())
    /// ```
    pub fn parse(bytes: &[u8]) -> Result<Self, NoticeError> {
        let mut notice = Notice::default();
        for value in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
            let value = value.map_err(NoticeError::NotJson)?;
            let list = value.as_array().or_else(|| value["Entries"].as_array());
            for event in list.map_or(std::slice::from_ref(&value), Vec::as_slice) {
                notice.add(event)?;
            }
        }
        let mut seen = BTreeSet::new();
        notice.keys.retain(|key| seen.insert(key.clone()));
        if notice.keys.is_empty() { Err(NoticeError::NotANotice) } else { Ok(notice) }
    }

    fn add(&mut self, event: &Value) -> Result<(), NoticeError> {
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
        let names = names(detail);
        if names.is_empty() {
            return Err(NoticeError::NotANotice);
        }
        let keys: Vec<KeyId> = names.iter().filter_map(|name| KeyId::parse(name).ok()).collect();
        let others = names.len() - keys.len();
        if others > 0 {
            // They are not shown: nobody knows what they are.
            self.gaps.push(format!("an event names {others} things that are no keys"));
        }
        if let Some(pages) = number(&detail["totalPages"]).filter(|&pages| pages > 1) {
            let page = number(&detail["page"]).unwrap_or_default();
            self.gaps
                .push(format!("an event is page {page} of {pages}; the others may name more keys"));
        }
        self.keys.extend(keys);
        Ok(())
    }
}

/// What an event names, if it is one about exposed keys.
fn names(detail: &Value) -> Vec<&str> {
    let code = detail["eventTypeCode"].as_str().unwrap_or_default();
    let mut names: Vec<&str> = Vec::new();
    if code.starts_with("AWS_RISK_") || code.starts_with("TIGHTLIP_") {
        let entities = detail["affectedEntities"].as_array().map(Vec::as_slice).unwrap_or_default();
        names.extend(entities.iter().filter_map(|entity| entity["entityValue"].as_str()));
    }
    names.extend(detail["check-item-detail"]["Access Key ID"].as_str());
    names
}

/// A number, which AWS Health writes as text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
