//! Files of translations: what they call a password is the word for one.

/// Names of folders that hold translations, in small letters.
const FOLDERS: [&[u8]; 14] = [
    b"locale",
    b"locales",
    b"_locales",
    b"i18n",
    b"l10n",
    b"lang",
    b"langs",
    b"language",
    b"languages",
    b"translation",
    b"translations",
    b"localization",
    b"localizations",
    b"lc_messages",
];

/// Endings of files that hold nothing else.
const ENDINGS: [&[u8]; 8] =
    [b".po", b".pot", b".mo", b".arb", b".ftl", b".xlf", b".xliff", b".strings"];

/// Whether a value is text of a program in a language: words, with signs between, in a file of translations. What holds a
/// digit may be a secret there, too.
pub(super) fn is_text(path: &[u8], value: &[u8]) -> bool {
    let is_of_words = |byte: &u8| {
        byte.is_ascii_alphabetic() || !byte.is_ascii() || b" '-?!.,:;()/\"&".contains(byte)
    };
    value.iter().all(is_of_words) && holds_translations(path)
}

fn holds_translations(path: &[u8]) -> bool {
    let path = path.to_ascii_lowercase();
    let mut parts = path.split(|byte| matches!(byte, b'/' | b'\\'));
    let name = parts.next_back().unwrap_or_default();
    let is_of_languages = |folder: &[u8]| {
        // `values-de` of Android, `de.lproj` of Apple.
        FOLDERS.contains(&folder) || folder.starts_with(b"values-") || folder.ends_with(b".lproj")
    };
    ENDINGS.iter().any(|ending| name.ends_with(ending)) || parts.any(is_of_languages)
}

#[cfg(test)]
mod tests {
    use super::is_text;

    #[test]
    fn words_in_files_of_translations_are_text() {
        for (path, value, expected) in [
            ("lang/ca.json", "Contrasenya", true),
            ("app/src/main/res/values-nl-rNL/strings.xml", "Wachtwoord", true),
            ("App/de.lproj/Main.strings", "Passwort vergessen?", true),
            ("i18n/zh.json", "\u{5bc6}\u{7801}", true),
            ("po/cs.po", "heslo", true),
            ("lang/ca.json", "Contrasenya1", false),
            ("lang/ca.json", "k9_q2x", false),
            ("values/strings.xml", "Wachtwoord", false),
            ("src/slang/ca.json", "Contrasenya", false),
            ("lang", "Contrasenya", false),
            ("config.json", "Contrasenya", false),
        ] {
            assert_eq!(is_text(path.as_bytes(), value.as_bytes()), expected, "{path} {value}");
        }
    }
}
