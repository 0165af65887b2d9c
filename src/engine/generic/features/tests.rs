//! What the model is shown of a value, its name and its place.

use std::collections::BTreeMap;

use super::super::grammar::{Candidate, candidate};
use super::super::is_wordlike;
use super::super::tests::places;
use super::{GROUPS, steps as steps_of};

/// The first candidate of some text.
fn first(text: &str) -> Option<Candidate> {
    let places = places(text);
    places.iter().rev().find_map(|place| candidate(text.as_bytes(), place))
}

/// The steps of the first candidate of some text, by their groups.
fn steps(text: &str) -> BTreeMap<&'static str, u8> {
    let found = first(text).unwrap_or_else(|| panic!("no candidate: {text}"));
    let steps = steps_of(text.as_bytes(), &found);
    GROUPS.iter().map(|group| group.name).zip(steps).collect()
}

/// Asserts steps of groups, all at once: a failure tells every line that is wrong.
#[track_caller]
fn assert_steps(cases: impl IntoIterator<Item = (String, Vec<(&'static str, u8)>)>) {
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        let own = steps(&text);
        for (group, step) in expected {
            let found = own[group];
            if found != step {
                wrong.push(format!("{text}: {group} is {found}, not {step}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_model_is_shown_what_a_value_looks_like() {
    let digits = |count: usize| "0123456789abcdef".repeat(9)[..count].to_owned();
    let table: Vec<(String, Vec<(&str, u8)>)> = [
        ("4711", vec![("classes", 1), ("digits-share", 5), ("length", 1), ("letters-classes", 30)]),
        (
            "abcd",
            vec![("classes", 2), ("digits-share", 0), ("length-classes", 1), ("family-classes", 1)],
        ),
        ("ABCD", vec![("classes", 4), ("length-classes", 1)]),
        ("a1B_", vec![("classes", 15), ("length-classes", 3)]),
        ("aBcdef", vec![("length-classes", 7), ("length", 3)]),
        ("ab1d", vec![("length-classes", 3)]),
        ("1234567890123", vec![("length-classes", 15), ("length", 8)]),
        ("abc", vec![("length", 0), ("digit-letter-changes", 0), ("case-changes", 0)]),
        ("abcdefgh", vec![("length", 5)]),
        ("ab12cd", vec![("digit-letter-changes", 2)]),
        ("a-1", vec![("digit-letter-changes", 1)]),
        ("aBc", vec![("case-changes", 2)]),
        ("ABC", vec![("case-changes", 0)]),
        // All bytes differ; two of them are the same; all are.
        ("acegikmo", vec![("entropy-share", 9), ("distinct-share", 9), ("neighbour-share", 0)]),
        ("zzqq", vec![("entropy-share", 1), ("distinct-share", 5), ("longest-repeat", 1)]),
        ("zzzz", vec![("entropy-share", 0), ("distinct-share", 2), ("longest-repeat", 3)]),
        ("qazzzq", vec![("longest-repeat", 2)]),
        ("qazwsx", vec![("longest-repeat", 0)]),
        ("wxyz", vec![("neighbour-share", 7)]),
        ("ssh", vec![("neighbour-share", 3)]),
        ("a.b.c", vec![("dots", 2), ("slashes", 0), ("colons", 0), ("dashes", 0)]),
        ("a/b/c/d", vec![("slashes", 3), ("dots", 0), ("underscores", 0)]),
        ("a:b", vec![("colons", 1), ("specials", 0), ("blanks", 0)]),
        ("a-b-c", vec![("dashes", 2), ("underscores", 0)]),
        ("a_b", vec![("underscores", 1), ("dashes", 0)]),
        ("a!b@c", vec![("specials", 2), ("blanks", 0)]),
        ("a b c", vec![("blanks", 2), ("specials", 0)]),
        ("server.pem", vec![("file-name", 1)]),
        ("ab.c", vec![("file-name", 1)]),
        ("a.pem", vec![("file-name", 0)]),
        ("server.PEM", vec![("file-name", 0)]),
        ("server.abcdef", vec![("file-name", 0)]),
        ("server.", vec![("file-name", 0)]),
        ("myexample1", vec![("placeholder-word", 1), ("secret-word", 0)]),
        ("mytoken1", vec![("placeholder-word", 0), ("secret-word", 1), ("shares-name", 0)]),
        ("PASSWORD", vec![("shares-name", 2)]),
        ("mypasswords", vec![("shares-name", 1)]),
        ("None", vec![("constant", 1)]),
        ("nonee", vec![("constant", 0)]),
        ("ab***", vec![("mask", 1)]),
        ("x.x-x", vec![("mask", 1)]),
        ("xyx", vec![("mask", 0)]),
        ("a b", vec![("identifier", 0), ("bare-word", 0)]),
        ("9ab", vec![("identifier", 0)]),
        ("a.b", vec![("identifier", 1), ("bare-word", 1)]),
        ("AB:cd", vec![("identifier", 1)]),
        ("ABC_D", vec![("identifier", 2)]),
        ("ab_cd", vec![("identifier", 3)]),
        ("ab-cd", vec![("identifier", 3)]),
        ("abCd", vec![("identifier", 4)]),
        ("abcd", vec![("identifier", 5)]),
        ("abcdefghi1", vec![("digits-share", 1)]),
        ("abcde12", vec![("digits-share", 2)]),
        ("ab1", vec![("digits-share", 3)]),
        ("a1b2", vec![("digits-share", 4)]),
        ("ñabc", vec![("non-ascii", 1)]),
        ("nabc", vec![("non-ascii", 0)]),
        ("abcdefghijkl", vec![("base64", 1)]),
        ("abcdefghij==", vec![("base64", 2)]),
        ("abcdefghijk=", vec![("base64", 2)]),
        ("abcdefghi===", vec![("base64", 3)]),
        ("abcdefghijk", vec![("base64", 0)]),
        ("abcdefgh!jkl", vec![("base64", 0)]),
    ]
    .map(|(value, steps)| (value.to_owned(), steps))
    .into_iter()
    .chain(
        [(11, 0), (12, 5), (13, 6), (32, 1), (40, 2), (64, 3), (96, 4), (128, 4), (34, 5)]
            .map(|(count, step)| (digits(count), vec![("digest", step)])),
    )
    .chain([
        (digits(31) + "g", vec![("digest", 0)]),
        ("01234567-89ab-cdef-0123-456789abcdef".into(), vec![("uuid", 1)]),
        ("0123456-789ab-cdef-0123-456789abcdef".into(), vec![("uuid", 0)]),
        ("01234567-89ab-cdef-0123-456789abcdeg".into(), vec![("uuid", 0)]),
        ("01234567-89ab-cdef-0123-456789abcde".into(), vec![("uuid", 0)]),
    ])
    .collect();
    assert_steps(
        table.into_iter().map(|(value, steps)| (format!("password = \"{value}\""), steps)),
    );
    for (step, starts) in
        ["aq", "AQ", "07", "$", "%@&", ":./~", "{[(<", "*!#", "_-+", ",="].iter().enumerate()
    {
        let case = |start| (format!("password = \"{start}k9\""), vec![("first", step as u8)]);
        assert_steps(starts.chars().map(case));
    }
    for (step, values) in [
        (1, &["a${b}", "a{{b", "b}}", "%x%", "{x}", "__x__", "$name_1", "%(x)s", "@{x"][..]),
        (0, &["plain", "$na-me", "%xy", "xy%", "{xy", "xy}", "__x", "x__", "a$b"]),
    ] {
        let case = |value: &&str| (format!("password = \"{value}\""), vec![("template", step)]);
        assert_steps(values.iter().map(case));
    }
    for (step, values) in [
        (1, &["p4ssw0rd", "changeme", "t0ken", "5ecret", "adm1n", "h3llo", "p@$$w0rd", "pass"][..]),
        (0, &["k3y", "p4ssw0rt7", "t7ken", "tqken"]),
    ] {
        let case = |value: &&str| (format!("password = \"{value}\""), vec![("weak-word", step)]);
        assert_steps(values.iter().map(case));
    }
}

#[test]
fn the_model_is_shown_what_a_name_says() {
    let names: [(&str, Vec<(&str, u8)>); 46] = [
        ("password", vec![("family", 0), ("word-place", 0), ("name-case", 4), ("name-words", 1)]),
        ("passwd", vec![("family", 0), ("name-length", 1)]),
        ("psk", vec![("family", 0)]),
        ("pwd", vec![("family", 0)]),
        ("wifi_pw", vec![("family", 0)]),
        ("kennwort", vec![("family", 0)]),
        ("secret", vec![("family", 1)]),
        ("token", vec![("family", 2), ("family-classes", 13)]),
        ("jwt", vec![("family", 2)]),
        ("api_key", vec![("family", 3), ("other-key", 0)]),
        ("apiKey", vec![("family", 3), ("name-case", 6)]),
        ("access_key", vec![("family", 4)]),
        ("private_key", vec![("family", 4)]),
        ("encryption_key", vec![("family", 4)]),
        ("signing_key", vec![("family", 4)]),
        ("secret_key", vec![("family", 4)]),
        ("key", vec![("family", 5), ("name-length", 0)]),
        ("public_key", vec![("family", 5), ("other-key", 1)]),
        ("hash_key", vec![("other-key", 1)]),
        ("auth", vec![("family", 6)]),
        ("creds", vec![("family", 7), ("name-length", 1)]),
        ("salt", vec![("family", 8)]),
        ("nonce", vec![("family", 8)]),
        ("seed", vec![("family", 8)]),
        ("hmac", vec![("family", 8)]),
        ("session", vec![("family", 9)]),
        ("cookie", vec![("family", 9)]),
        ("csrf", vec![("family", 10)]),
        ("xsrf", vec![("family", 10)]),
        ("otp", vec![("family", 11)]),
        ("db_password", vec![("word-place", 1), ("name-case", 3), ("name-words", 2)]),
        ("password2", vec![("word-place", 2), ("thing", 0)]),
        ("password_file", vec![("word-place", 3), ("thing", 1)]),
        ("passwordFile", vec![("word-place", 3), ("thing", 1)]),
        ("password_prod", vec![("word-place", 3), ("thing", 0)]),
        ("file_password", vec![("word-place", 1), ("thing", 0)]),
        ("PASSWORD", vec![("name-case", 0)]),
        ("DB_PASSWORD", vec![("name-case", 0), ("name-words", 2), ("name-length", 3)]),
        ("db.password", vec![("name-case", 1)]),
        ("db-password", vec![("name-case", 2)]),
        ("Password", vec![("name-case", 5)]),
        ("dbPassword", vec![("name-case", 6)]),
        ("DBPassword", vec![("name-case", 5), ("name-words", 2)]),
        ("db_admin_password", vec![("name-words", 3), ("name-length", 4)]),
        ("the_old_db_admin_password", vec![("name-words", 5 - 1), ("name-length", 5)]),
        ("$password", vec![("dollar", 1), ("name-words", 1)]),
    ];
    assert_steps(names.map(|(name, steps)| (format!("{name} = \"k9q2x\""), steps)));
}

#[test]
fn the_model_is_shown_the_place_of_an_assignment() {
    let cases: [(&str, Vec<(&str, u8)>); 57] = [
        (
            "password = \"k9q2x\"",
            vec![("operator", 0), ("quote", 2), ("kind", 0), ("operator-quote", 0)],
        ),
        ("password == 'k9q2x'", vec![("operator", 1), ("quote", 1)]),
        ("password != 'k9q2x'", vec![("operator", 1)]),
        (
            "password: k9q2x",
            vec![("operator", 2), ("quote", 0), ("operator-quote", 5), ("bare-word", 3)],
        ),
        ("password: 9k9q2x", vec![("bare-word", 2)]),
        ("password := `k9q2x`", vec![("operator", 3), ("quote", 3)]),
        (":password => 'k9q2x'", vec![("operator", 4)]),
        ("f(\"password\", \"k9q2x\")", vec![("operator", 5)]),
        ("setPassword(\"k9q2x\")", vec![("operator", 0), ("behind", 3), ("name-case", 6)]),
        ("<password>k9q2x</password>", vec![("operator", 7), ("behind", 6)]),
        ("ENV PASSWORD k9q2x", vec![("operator", 0), ("quote", 0)]),
        ("password is \"k9q2x\"", vec![("operator", 10)]),
        (r#"{\"password\": \"k9q2x\"}"#, vec![("quote", 4)]),
        ("x?password=k9q2x&y=z", vec![("kind", 1), ("behind", 6)]),
        ("x --password k9q2x", vec![("kind", 2), ("operator", 9)]),
        ("x --password=k9q2x", vec![("kind", 2), ("operator", 0)]),
        ("\"password=k9q2x\"", vec![("kind", 3)]),
        ("host=x;password=k9q2x;y=z", vec![("kind", 3), ("behind", 2)]),
        ("${PASSWORD:-k9q2x}", vec![("kind", 4), ("behind", 3)]),
        ("{\"name\": \"PASSWORD\", \"value\": \"k9q2x\"}", vec![("kind", 5), ("operator", 2)]),
        ("Authorization: Bearer k9q2xk9q2x", vec![("scheme", 1), ("family", 6)]),
        ("Authorization: Basic k9q2xk9q2x", vec![("scheme", 2)]),
        ("Authorization: token k9q2xk9q2x", vec![("scheme", 3)]),
        ("Authorization: negotiate k9q2xk9q2x", vec![("scheme", 4)]),
        ("password = 'k9q2x'", vec![("scheme", 0), ("wrapped", 0), ("before", 0), ("behind", 0)]),
        ("password = Some('k9q2x')", vec![("wrapped", 1), ("behind", 3)]),
        ("password = 'k9q2x',", vec![("behind", 1), ("ends-line", 0)]),
        ("password = 'k9q2x';", vec![("behind", 2), ("code-line", 1)]),
        ("password = 'k9q2x'.trim()", vec![("behind", 4), ("code-line", 0)]),
        ("password = 'k9q2x'+x", vec![("behind", 5)]),
        ("password = 'k9q2x' + x", vec![("behind", 5)]),
        ("password = 'k9q2x' (x", vec![("behind", 5)]),
        ("password = 'k9q2x' if x", vec![("behind", 7)]),
        ("password = 'k9q2x' = x", vec![("behind", 8)]),
        ("password = 'k9q2x'x", vec![("behind", 9)]),
        ("password = 'k9q2x' ", vec![("behind", 0), ("ends-line", 1)]),
        ("password = 'k9q2x'\nnext", vec![("behind", 0), ("ends-line", 1)]),
        ("password = 'k9q2x' {", vec![("code-line", 1), ("ends-line", 0)]),
        ("f(password = 'k9q2x')", vec![("code-line", 1), ("before", 4)]),
        ("x\n  password = 'k9q2x'", vec![("before", 1), ("code-line", 0)]),
        ("{\"password\": 'k9q2x'", vec![("before", 2)]),
        ("x>password = 'k9q2x'", vec![("before", 3)]),
        ("const password = 'k9q2x'", vec![("before", 5), ("declared", 1)]),
        ("let password = 'k9q2x'", vec![("declared", 1)]),
        ("my $password = 'k9q2x'", vec![("declared", 1), ("dollar", 1)]),
        ("new password = 'k9q2x'", vec![("before", 5), ("declared", 0), ("dollar", 0)]),
        ("const x; password = 'k9q2x'", vec![("declared", 0)]),
        ("# password = 'k9q2x'", vec![("before", 6), ("comment", 1)]),
        ("x\n  // password = 'k9q2x'", vec![("comment", 1)]),
        ("* password = 'k9q2x'", vec![("comment", 1)]),
        ("/* password = 'k9q2x'", vec![("comment", 1)]),
        ("<!-- password = 'k9q2x'", vec![("comment", 1)]),
        ("-- password = 'k9q2x'", vec![("comment", 1)]),
        ("x # password = 'k9q2x'", vec![("comment", 0)]),
        ("password = 'mykey'", vec![("shares-name", 0)]),
        ("key = 'mykey'", vec![("shares-name", 0)]),
        ("token = 'mytoken'", vec![("shares-name", 1)]),
    ];
    assert_steps(cases.map(|(text, steps)| (text.to_owned(), steps)));
}

#[test]
fn letters_of_words_score_above_random_ones() {
    for (word, expected) in [
        ("password", true),
        ("connection", true),
        ("authentication", true),
        ("xkqzvjwp", false),
        ("qjxzkvbw", false),
        ("4711", false),
    ] {
        assert_eq!(is_wordlike(word.as_bytes()), expected, "{word}");
    }
    // Two words in camel case are as wordlike as they are apart; a random run spoils one of many.
    let (camel, apart) = (steps("key = 'RemoteServer'"), steps("key = 'Remote-Server'"));
    assert_eq!(camel["letters-mean"], apart["letters-mean"]);
    assert_eq!(camel["letters-sum"], apart["letters-sum"]);
    let spoilt = steps("key = 'remote-server-xkqzvjwp'");
    assert!(spoilt["letters-worst-run"] < camel["letters-worst-run"]);
    assert!(spoilt["letters-mean"] < camel["letters-mean"]);
    // Runs of less than four letters are no words.
    let short = steps("key = 'remote-server-xkq'");
    assert_eq!(short["letters-worst-run"], steps("key = 'remote-server-'")["letters-worst-run"]);
}
