//! What `git secrets --register-aws` writes, byte for byte: other tools compare the text.

/// The provider of the user's own credentials.
pub const PROVIDER: &str = "git secrets --aws-provider";

/// Ids of access keys and of everything else that AWS names in this way.
pub const KEY_ID: &str = "(A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA)[A-Z0-9]{16}";

/// Assignments of secret access keys.
pub const SECRET_KEY: &str = concat!(
    r#"("|')?(AWS|aws|Aws)?_?(SECRET|secret|Secret)?_?(ACCESS|access|Access)?_?(KEY|key|Key)"#,
    r#"("|')?\s*(:|=>|=)\s*("|')?[A-Za-z0-9/\+=]{40}("|')?"#,
);

/// Assignments of account ids.
pub const ACCOUNT_ID: &str = concat!(
    r#"("|')?(AWS|aws|Aws)?_?(ACCOUNT|account|Account)_?(ID|id|Id)?("|')?\s*(:|=>|=)\s*"#,
    r#"("|')?[0-9]{4}\-?[0-9]{4}\-?[0-9]{4}("|')?"#,
);

/// All patterns, in the order in which they are written.
pub const PATTERNS: [&str; 5] = [
    KEY_ID,
    "ABSK[A-Za-z0-9+/]{109,}=*",
    concat!("bedrock-api-key-", "YmVkcm9jay5hbWF6b25hd3MuY29t"),
    SECRET_KEY,
    ACCOUNT_ID,
];

/// The keys of AWS's documentation.
pub const ALLOWED: [&str; 2] =
    [concat!("AKIA", "IOSFODNN7EXAMPLE"), concat!("wJalrXUtnFEMI/K7MDENG/", "bPxRfiCYEXAMPLEKEY")];
