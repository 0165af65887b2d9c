//! What every page of tightlip's has: its head, its policy, its style, and text that cannot be markup.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

pub(crate) use super::markup::{html, with_code};

/// The style of all pages: light and dark, for the screen and for paper.
pub(crate) const STYLE: &str = include_str!("page.css");

/// Writes a page up to its body. It runs no script and loads nothing; its style sheet is named by its hash.
pub(crate) fn head(title: &str, style: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>{}</title>\n<style>{style}</style>\n</head>\n<body>",
        policy(style, None),
        html(title)
    )
}

/// What a page may load and run: its own style sheet and, if it has one, its own script.
pub(super) fn policy(style: &str, script: Option<&str>) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    let script = script.map(|script| format!("script-src 'sha256-{}'; ", hash(script)));
    format!(
        "default-src 'none'; {}style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        script.unwrap_or_default(),
        hash(style)
    )
}
