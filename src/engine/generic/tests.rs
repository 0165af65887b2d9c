//! What is read and what is dropped, by examples of each kind.

use base64::Engine as _;

use super::features::is_chosen;
use super::grammar::{Reader, WORDS, candidate};
use super::{CUTS, GROUPS, Reading, as_password, candidates, model, read};
use crate::rule::{Confidence, expand};

/// Where the words of names stand in some text, the last one first.
pub(super) fn places(text: &str) -> Vec<std::ops::Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let of = |word: &'static str| lower.match_indices(word).map(|(at, found)| at..at + found.len());
    let mut places: Vec<_> = WORDS.iter().flat_map(|(word, _)| of(word)).collect();
    places.sort_by_key(|place| std::cmp::Reverse(place.start));
    places
}

/// Why the value of the last name in some text is surely no secret; "" where it may be one, "-" without a value.
fn reason(text: &str) -> &'static str {
    let mut readings = places(text).into_iter().map(|place| read(text.as_bytes(), &place));
    match readings.rfind(|reading| !matches!(reading, Reading::NoValue)) {
        Some(Reading::Implausible(_, reason)) => reason,
        Some(Reading::Plausible(_)) => "",
        _ => "-",
    }
}

#[test]
fn a_value_that_is_surely_no_secret_is_dropped_for_its_reason() {
    let base64 = |text: &str| base64::prelude::BASE64_STANDARD.encode(text);
    let basic = |text: &str| format!("Authorization: Basic {}", base64(text));
    let made = |template: &str| String::from_utf8(expand(template).unwrap().to_vec()).unwrap();
    let hex = |count: usize| made(&format!("{{hex:{count}}}"));
    let uuid = made("{uuid}");
    let id = made("AKIA{base32:16}");
    let mut wrong = Vec::new();
    for (expected, texts) in [
        (
            "is a call",
            vec![
                "password = get_password()".to_owned(),
                "password = list[3]".into(),
                "password = self.pw9".into(),
                "password = this.pw9".into(),
                "password = obj->pw9".into(),
                "no_password = pw9 == 'x'".into(),
            ],
        ),
        (
            "is a placeholder",
            vec![
                "password = \"your_password\"".into(),
                "password = \"theExample9\"".into(),
                "password = \"kd8s2...\"".into(),
                "cookie = \"kd8s2..\"".into(),
                "password = \"my-username\"".into(),
                "password = \"demo4711\"".into(),
                "password = \"my-secret-key\"".into(),
                "password = \"xminioadminx\"".into(),
                "seed = \"JBSWY3DPEHPK3PXP\"".into(),
                "key = \"000102030405060708090a0b0c0d0e0f\"".into(),
                "password = \"enterapasswordhere\"".into(),
                "password = \"$encrypted$\"".into(),
            ],
        ),
        (
            "is the key of a table",
            vec![
                "cache_key = 'k9q2x7'".into(),
                "next_token = 'k9q2x7'".into(),
                "password_hash = 'k9q2x7'".into(),
                format!("client_token = '{uuid}'"),
                "PWD=/usr/x9/b".into(),
                "[ \"$PWD\" = \"x9y\" ]".into(),
                "stsLdapPassword = \"LDAPPassword\"".into(),
                "from_secret: k9q2x7".into(),
                "key_id = 'k9q2x7'".into(),
                "auth_ids = 'k9q2x7'".into(),
                "md5_key = 'k9q2x7'".into(),
                "token.AccessorID = 'k9q2x7'".into(),
                "CREDENTIAL_ID_BASE64 = 'k9q2x7'".into(),
                "update_password: on_create".into(),
                "private_key_file: /etc/k9/q2x7".into(),
                "https://acme.io/?nonce=k9q2x7".into(),
                made("\"nonce\":\"{alnum:22}") + "\\u003d\\u003d\"",
                "token = 'AQICAHk9q2x7'".into(),
                format!("session = '{}'", hex(128)),
                format!("cookie = 'id={}'", hex(128)),
                "\"AWS::ApiGateway::ApiKey\": \"k9q2x7m4z8w1\"".into(),
                format!("\"LockToken\": \"{uuid}\""),
                "pass_scheme: 'SSHA512'".into(),
                "InvalidMinLengthPassword = \"min-length\"".into(),
                "\"hmac\": \"k9q2x7m4z8w1\"".into(),
                "#define TLS1_TXT_PSK \"PSK-AES256-GCM-SHA384\"".into(),
            ],
        ),
        (
            "is a placeholder once it is decoded",
            vec![
                format!("password = '{}'", base64("changeme")),
                format!("password = '{}'", base64("<here goes>")),
                format!("token = '{}'", base64("hello-world")),
                basic("user:password"),
                basic("user"),
                basic("user\u{1}:kT9vQ2xw"),
            ],
        ),
        (
            "is a reference",
            vec![
                "password = '${DB_PW}'".into(),
                "password = '$(cat x)'".into(),
                "password = 'k9{{ x }}'".into(),
                "password = '#{x9}'".into(),
                "password = 'arn:aws:x9'".into(),
                "password = 'vault:a/b9'".into(),
                "password = '<a 9>'".into(),
                "password = '[a 9]'".into(),
                "password = '--x9'".into(),
                "password = '//x9/b'".into(),
                "password = '$DB_PW9'".into(),
                "password = '%DB_PW9%'".into(),
                "password = 'ab://x9'".into(),
                "password = 'os.environ.x9'".into(),
                "password = '!vault'".into(),
                "password = 'k{name}9'".into(),
                "password = 'k{digits:9}9'".into(),
                "password = '&#8226;'".into(),
                "secret_pattern = \"x[0-9a-f]{16}\"".into(),
            ],
        ),
        (
            "is public",
            vec![
                "password = '$2b$10$k9q2x7'".into(),
                "key = 'ssh-rsa k9q2x7'".into(),
                "public_key = 'k9q2x7'".into(),
                format!("key = 'MIIB{}'", made("{upper:2}ANBgkq{alnum:40}")),
                "publicKey = 'k9q2x7'".into(),
                "fingerprint_key = 'k9q2x7'".into(),
                "author_token = 'k9q2x7'".into(),
                "PubKey{ID: 1, Key: \"k9q2x7\"}".into(),
                "\"publicKey\": {\"key\": \"k9q2x7\"}".into(),
                "\"publicResourceKey\": \"k9q2x7m4z8w1\"".into(),
            ],
        ),
        (
            "has the form of a token that has a rule of its own",
            vec![
                format!("access_key = '{id}'"),
                "token = 'eyJhbGci.k9q2.x7'".into(),
                "token = 'SWMTKN-1-k9q2x7'".into(),
            ],
        ),
        (
            "is a digest in a list",
            vec![
                format!("\"lib/key\": \"{}\"", hex(40)),
                format!("\"key.rb\": \"{}\"", hex(40)),
                format!("key = 'v1:{}'", hex(32)),
                format!("token = '{}.x'", hex(32)),
                format!("matches(\"password\", \"{}\")", hex(32)),
            ],
        ),
        (
            "is a type, a variable, a number",
            vec![
                "key = 'DB_HOST_NAME'".into(),
                "token = 'QWXKZVBN'".into(),
                "key = '0F9E8D7C6B5A4932'".into(),
                "signing_key = '34afdf4c'".into(),
                "token = '48151623'".into(),
                "password_max_age = 4815".into(),
                "password: latest".into(),
                "key = 'ab:cd:ef:01'".into(),
                "key = 0x1f3a9b".into(),
                "key = 0x1f3a9bL".into(),
                "password = -x9".into(),
                "password = read_password!".into(),
                "password: String!".into(),
                "token: Kqvxzw!".into(),
                "PASSWORD = xkqzvjwp;".into(),
                "ERROR_WRONG_PASSWORD: W = 1323u32;".into(),
                "PASS: u32 = 1074820167;".into(),
                "TOKEN = 0x8029041A_u32 as _;".into(),
                "Token: \"#f8f8f2\"".into(),
            ],
        ),
        ("is the first message", vec!["token = 'Digest k9q2x7'".into()]),
        (
            "is a label",
            vec![
                "password = 'Ihr 9. Wort:'".into(),
                "password = 'clé à 9'".into(),
                "password = 'пароль9'".into(),
                "<string name=\"unset_password\">verwijderd</string>".into(),
                "PASS_KINDS = ('plain_one', 'hashed')".into(),
                "run -p \"password: \" -u root 'k9'\"".into(),
                "\"secret\": \"\\u5bc6\\u94a5\"".into(),
                "forget_password=Aizmirsi paroli?".into(),
            ],
        ),
        ("has no letter", vec!["password = '?!*#'".into()]),
        (
            "",
            vec![
                "password = \"self.k9\"".into(),
                "password = 9abc2x".into(),
                "password = \"demox9\"".into(),
                "api_key = 'k9q2x7'".into(),
                "password_id = 'k9q2x7'".into(),
                format!("token = '{uuid}'"),
                "next_password = 'k9q2x7'".into(),
                format!("session = '{}'", hex(126)),
                format!("password = '{}'", base64("kT9vQ2xw4")),
                basic("user:kT9vQ2xw"),
                "password = '<a 9'".into(),
                "password = '[a 9'".into(),
                "password = 'a--x9'".into(),
                "password = '$Db9'".into(),
                "password = 'k{9}9'".into(),
                "password = 'k{name9'".into(),
                "password = '!vault9'".into(),
                "authorization_token = 'k9q2x7'".into(),
                format!("access_key = '{}x'", id),
                "token = 'eyJhbGci.k9q2x7'".into(),
                format!("api_key = '{}'", hex(32)),
                "password = 'QWXKZVBN'".into(),
                "token = 'QWXKZVBNQWXKMVBNPLTR'".into(),
                "password = '48151623'".into(),
                "secret = '48151623'".into(),
                "key = '0x1f3a9b1f3a9b1f3a9b'".into(),
                "password = '-x9k'".into(),
                "password: Kqvxzw!".into(),
                format!("key = 'MIIB{}'", made("{upper:2}IBADAN{alnum:40}")),
                "setPassword('k9q2x7')".into(),
                "nonce = 'k9q2x7m4w8'".into(),
            ],
        ),
        (
            "-",
            vec![
                "keyboard = 'k9q2x7'".into(),
                "authority = 'k9q2x7'".into(),
                "monkey = 'k9q2x7'".into(),
                "password".into(),
                "password = ''".into(),
                "password = 'ab'".into(),
            ],
        ),
    ] {
        for text in texts {
            let own = reason(&text);
            if expected.is_empty() != own.is_empty() || !own.starts_with(expected) {
                wrong.push(format!("{text}: {own:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The values of all candidates of some text.
fn values(text: &str) -> Vec<&str> {
    let all = |place: &std::ops::Range<usize>| {
        let bytes = text.as_bytes();
        let others = Reader::at(bytes, place).map(|name| name.other_rows().collect::<Vec<_>>());
        candidate(bytes, place).into_iter().chain(others.unwrap_or_default()).collect::<Vec<_>>()
    };
    let mut found: Vec<_> = places(text).iter().flat_map(all).collect();
    found.sort_by_key(|found| found.value.start);
    found.iter().map(|found| &text[found.value.clone()]).collect()
}

#[test]
fn a_value_is_read_from_the_place_that_its_name_gives_it() {
    let long = "k9".repeat(180);
    let mut wrong = Vec::new();
    for (text, expected) in [
        // Tables: the cell below, in as many columns, in the first lines.
        ("user,password,host\nbob,k9q2x7,db\n", &["k9q2x7"][..]),
        ("password,host\nk9q2x7,db\n", &["k9q2x7"]),
        ("host,password\ndb,\"k9q2x7\"\n", &["k9q2x7"]),
        ("user;password\nbob;k9q2x7\n", &["k9q2x7"]),
        ("user\tpassword\nbob\tk9q2x7\n", &["k9q2x7"]),
        ("x\n\nuser,password\nbob,k9q2x7\n", &["k9q2x7"]),
        ("x\nuser,password\nbob,k9q2x7\n", &[]),
        ("user,password\nbob,k9q2x7,db\n", &[]),
        ("user,password,\nbob,k9q2x7,\n", &[]),
        ("| user | password |\n|---|---|\n| bob | k9q2x7 |\n", &["k9q2x7"]),
        // Cucumber's have no line below their head.
        ("| user | password |\n| bob | k9q2x7 |\n", &["k9q2x7"]),
        ("  Examples:\n    | user | password |\n    | bob | k9q2x7 |\n", &["k9q2x7"]),
        ("| x | y |\n| user | password |\n| bob | k9q2x7 |\n", &[]),
        ("x\nuser | password\nbob | k9q2x7\n", &[]),
        // Every row is read.
        ("user,password\r\nbob,k9q2x7\r\neve,m4z8w1\r\n", &["k9q2x7", "m4z8w1"]),
        ("user,password\nbob,k9q2x7\n\neve,m4z8w1\n", &["k9q2x7"]),
        ("user,password\nbob,x\neve,a,b\nbob,m4z8w1\n", &["m4z8w1"]),
        (
            "| user | password |\n|---|---|\n| bob | k9q2x7 |\n| eve | m4z8w1 |\n",
            &["k9q2x7", "m4z8w1"],
        ),
        ("service;api key\nmail;k9q2x7\nshop;m4z8w1\n", &["k9q2x7", "m4z8w1"]),
        ("Dear all, please change your password\nThanks, k9q2x7\n", &[]),
        (
            "INSERT INTO u (name, password) VALUES\n  ('a, b', 'k9q2x7'),\n  ('c', 'it''s m4');\n",
            &["k9q2x7", "it''s m4"],
        ),
        ("INSERT INTO u (name, password) VALUES ('bob', 'k9q2x7');", &["k9q2x7"]),
        ("INSERT INTO u (password, name) VALUES ('k9q2x7', 'bob');", &["k9q2x7"]),
        ("INSERT INTO u (name, `password`) values ('bob', 'k9q2x7');", &["k9q2x7"]),
        ("INSERT INTO u (name, password) VALUES ('bob', k9q2x7);", &[]),
        ("INSERT INTO u (name, password) SELECT ('bob', 'k9q2x7');", &[]),
        ("UPDATE s SET value = 'k9q2x7' WHERE name = 'api_key';", &["k9q2x7"]),
        ("UPDATE s SET other = 'k9q2x7' WHERE name = 'api_key';", &[]),
        ("UPDATE s SET value = 'k9', b = 'q2x7' WHERE name = 'api_key';", &[]),
        // Arguments of calls.
        ("signInWithEmailAndPassword('bob@acme.io', 'k9q2x7')", &["k9q2x7"]),
        ("signInWithEmailAndPassword(email, 'k9q2x7')", &["k9q2x7"]),
        ("signInWithEmailAndPassword('bob@acme.io', word)", &[]),
        ("sign_in_with_email_and_password 'bob@acme.io', 'k9q2x7'", &["k9q2x7"]),
        ("set_user_password('bob', 'k9q2x7')", &["k9q2x7"]),
        ("set_user_password('k9q2x7')", &["k9q2x7"]),
        ("set_password('jira', 'bob', 'k9q2x7')", &["k9q2x7"]),
        ("set_password('jira', 'bob', password)", &[]),
        ("set_password('k9q2x7', true)", &["k9q2x7"]),
        ("setToken('github', 'k9q2x7')", &["k9q2x7"]),
        ("setCookie('sid', 'k9q2x7', '/')", &["k9q2x7"]),
        ("getUserPassword('realm', 'k9q2x7')", &["realm"]),
        ("req.SetBasicAuth('bob', 'k9q2x7')", &["k9q2x7"]),
        (":password \"k9q2x7\"", &["k9q2x7"]),
        // Labels, and the first case of a choice.
        ("wifi password: k9q2x7m4\n", &["k9q2x7m4"]),
        ("secret = match stage {\n    Stage::Prod => \"k9q2x7\",\n", &["k9q2x7"]),
        ("secret = when (stage) {\n  \"a\" -> \"k9q2x7\"\n", &["k9q2x7"]),
        ("secret = match stage\n    Stage::Prod => \"k9q2x7\",\n", &["match"]),
        // Rows of pairs.
        ("f(\"user=app password=k9q2x7m4\")", &["k9q2x7m4"]),
        ("x user=app password=k9q2x7m4 y\n", &["k9q2x7m4"]),
        ("x user= password=k9q2x7m4 y\n", &[]),
        ("x =app password=k9q2x7m4 y\n", &[]),
        // Several names or values at once.
        ("let (user, password) = ('bob', 'k9q2x7');", &["k9q2x7"]),
        ("user, password := \"bob\", \"k9q2x7\"", &["k9q2x7"]),
        ("user, password := \"bob\", word", &[]),
        ("f(user, password='k9q2x7')", &["k9q2x7"]),
        ("user/password: bob/k9q2x7", &["k9q2x7"]),
        ("login / password: bob / k9q2x7", &["k9q2x7"]),
        ("login: bob / password: k9q2x7m4", &["k9q2x7m4"]),
        ("[*] Host: db User: bob Password: k9q2x7m4", &["k9q2x7m4"]),
        ("heroku config:set --app x APP_SECRET=kqvxzw", &["kqvxzw"]),
        ("heroku config:get --app x APP_SECRET=kqvxzw", &[]),
        ("{'password': (None, 'k9q2x7')}", &["k9q2x7"]),
        // Pairs.
        ("<name>password</name><value>k9q2x7</value>", &["k9q2x7"]),
        ("<name>password</name>\n  <value>k9q2x7</value>", &["k9q2x7"]),
        ("name: PASSWORD\n  value: k9q2x7\n", &["k9q2x7"]),
        ("<td>Password</td><td>k9q2x7</td>", &["k9q2x7"]),
        // Elements.
        ("<password>k9q2x7</password>", &["k9q2x7"]),
        ("<password><![CDATA[k9<q2x7]]></password>", &["k9<q2x7"]),
        ("<Password><Value>k9q2x7</Value></Password>", &["k9q2x7"]),
        ("<password>k9q2x7\n", &[]),
        ("<string name=\"password\">k9q2x7</string>", &["k9q2x7"]),
        // Declarations with a type.
        ("password: String = \"k9q2x7\"", &["k9q2x7"]),
        ("password: &'static str = \"k9q2x7\"", &["k9q2x7"]),
        ("var password string = \"k9q2x7\"", &["k9q2x7"]),
        ("Dim password As String = \"k9q2x7\"", &["k9q2x7"]),
        ("string Password { get; set; } = \"k9q2x7\";", &["k9q2x7"]),
        ("std::string token{\"k9q2x7\"};", &["k9q2x7"]),
        ("token, err := f(\"k9q2x7\")", &[]),
        ("**Password:** k9q2x7", &["k9q2x7"]),
        // Literals.
        ("password = 'k9\\'q2x7'", &["k9\\'q2x7"]),
        ("password = 'k9q2x7\\\\'", &["k9q2x7\\\\"]),
        ("password = \"\"\"k9q2x7\"\"\"", &["k9q2x7"]),
        ("password = b'k9q2x7'", &["k9q2x7"]),
        ("password = @\"k9q2x7\"", &["k9q2x7"]),
        ("password = q{k9q2x7}", &["k9q2x7"]),
        ("password = qq(k9q2x7)", &["k9q2x7"]),
        ("password = 'k9q2x7\n'", &[]),
        ("password=&quot;k9q2x7&quot;", &["k9q2x7"]),
        ("x = {\\\"password\\\": \\\"k9q2x7\\\"}", &["k9q2x7"]),
        // Defaults.
        ("password = env.X || \"k9q2x7\"", &["k9q2x7"]),
        ("password = x or \"k9q2x7\"", &["k9q2x7"]),
        ("password = x ?? \"k9q2x7\"", &["k9q2x7"]),
        ("${PASSWORD:-k9q2x7}", &["k9q2x7"]),
        ("${PASSWORD:=k9q2x7}", &["k9q2x7"]),
        ("${password:k9q2x7}", &["k9q2x7"]),
        ("{PASSWORD:-k9q2x7}", &[]),
        // Binaries of Erlang, variables of Robot Framework, arrays of C, arrows of notes, passwords of Spring.
        ("{default_pass, <<\"k9q2x7\">>}.", &["k9q2x7"]),
        ("${PASSWORD}    k9q2x7\n", &["k9q2x7"]),
        ("${PASSWORD} k9q2x7\n", &[]),
        ("char token[] = \"k9q2x7\";", &["k9q2x7"]),
        ("password -> k9q2x7m4\n", &["k9q2x7m4"]),
        ("password -> read(k9q2x7)\n", &[]),
        (".password(\"{noop}k9q2x7\")", &["k9q2x7"]),
        // Schemes.
        ("Authorization: Bearer k9q2x7k9q2x7", &["k9q2x7k9q2x7"]),
        ("authorization = \"Basic k9q2x7k9q2x7\"", &["k9q2x7k9q2x7"]),
        ("f(\"Bearer k9q2x7k9q2x7k9q2x7k9q2x7\")", &["k9q2x7k9q2x7k9q2x7k9q2x7"]),
        // Bare words.
        ("password: k9q2x7 # x", &["k9q2x7"]),
        ("password: k9#q2x7", &["k9#q2x7"]),
        ("?password=k9q2#x7", &["k9q2"]),
        ("password: >-\n  k9q2x7\n", &["k9q2x7"]),
        ("password: |\n  k9q2x7\n", &["k9q2x7"]),
        ("ENV PASSWORD k9q2x7", &["k9q2x7"]),
        ("export PASSWORD=k9q2x7", &["k9q2x7"]),
        ("set -gx PASSWORD k9q2x7", &["k9q2x7"]),
        ("machine x login bob password k9q2x7", &["k9q2x7"]),
        ("requirepass k9q2x7", &["k9q2x7"]),
        ("the password k9q2x7", &[]),
        ("options to pass to k9q2x7", &[]),
        ("run --password k9q2x7 x", &["k9q2x7"]),
        ("password k9q2x7", &["k9q2x7"]),
        // Names.
        ("noncesalt = 'k9q2x7'", &["k9q2x7"]),
        ("basalt = 'k9q2x7'", &[]),
        ("hotkeys = 'k9q2x7'", &["k9q2x7"]),
        ("compass = 'k9q2x7'", &[]),
        ("passing = 'k9q2x7'", &[]),
        ("passwords = 'k9q2x7'", &["k9q2x7"]),
        ("dbPassword = 'k9q2x7'", &["k9q2x7"]),
        ("token_key = 'k9q2x7'", &["k9q2x7"]),
        ("password[0] = 'k9q2x7'", &[]),
        ("x['password'] = 'k9q2x7'", &["k9q2x7"]),
        ("password. = 'k9q2x7'", &[]),
    ] {
        let own = values(text);
        if own != expected {
            wrong.push(format!("{text}: {own:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let quoted = |value: &str| values(&format!("password = '{value}'")).len();
    assert_eq!((quoted(&long), quoted(&format!("{long}k"))), (1, 0));
    assert_eq!((quoted("k9q"), quoted("k9")), (1, 0));
}

#[test]
fn the_judge_is_as_sure_as_its_probability_says() {
    let all = [
        "password = \"kT9#vQ2x!mZ4\"",
        "password: kT9vQ2xmZ4",
        "api_key = \"k9q2x7m4w8z1\"",
        "password = \"sunshine\"",
        "key = \"remote-server\"",
        "token: next",
        "password = \"changeme\"",
        "secret: \"flowers in the attic\"",
        "cookie = \"theme-dark\"",
    ];
    let mut seen = std::collections::BTreeSet::new();
    for text in all {
        for found in candidates(text.as_bytes()) {
            assert!((0. ..=1.).contains(&found.probability), "{text}");
            let sum: i32 = model::reasons(&found.steps).iter().map(|(_, weight)| weight).sum();
            assert_eq!(found.reasons.len(), GROUPS.len());
            let heaviest: Vec<i32> = found.reasons.iter().map(|(_, weight)| weight.abs()).collect();
            assert!(heaviest.is_sorted_by(|a, b| a >= b), "{text}");
            let place = places(text).pop().unwrap();
            let Reading::Plausible(own) = read(text.as_bytes(), &place) else { continue };
            let judged = own.judgement(text.as_bytes());
            assert_eq!(judged.probability, found.probability, "{text}");
            assert_eq!(judged.confidence, own.confidence(text.as_bytes()), "{text}");
            let reached = CUTS.iter().find(|(cut, _)| found.probability >= *cut);
            let expected = reached.map(|(_, confidence)| match judged.is_weak {
                true => Confidence::Low,
                false => *confidence,
            });
            assert_eq!(judged.confidence, expected, "{text} {sum}");
            seen.insert(format!("{:?}", judged.confidence));
        }
    }
    assert!(seen.len() >= 3, "{seen:?}");
}

#[test]
fn words_that_no_name_calls_a_password_are_of_low_confidence() {
    assert_eq!(as_password(b"kT9#vQ2x!mZ4"), Some(Confidence::Medium));
    assert_eq!(as_password(b"password"), None);
    assert_eq!(as_password(b"${PASSWORD}"), None);
    assert_eq!(as_password(b"kT9 vQ2"), None);
    assert_eq!(as_password(b"xkqzvjwpXKQZ"), Some(Confidence::Medium));
    assert_eq!(as_password(b"sunflowergarden"), Some(Confidence::Low));
}

#[test]
fn a_word_with_digits_behind_it_is_a_password_where_it_is_called_one() {
    let judged = |text: &str| {
        let place = places(text).pop().unwrap();
        let Reading::Plausible(found) = read(text.as_bytes(), &place) else { panic!("{text}") };
        let confidence = found.judgement(text.as_bytes()).confidence;
        (is_chosen(text.as_bytes(), &found.0), confidence >= Some(Confidence::Medium))
    };
    for (text, expected) in [
        ("'smtp_pass' => 'harbor47!'", (true, true)),
        ("<password>harborView47</password>", (true, true)),
        ("config.setPassword(\"harbor2019\")", (true, true)),
        // Everybody knows it.
        ("'smtp_pass' => 'password123'", (true, false)),
    ] {
        assert_eq!(judged(text), expected, "{text}");
    }
    for text in [
        "'smtp_pass' => 'harbor4'",
        "'smtp_pass' => 'harb47'",
        "'smtp_pass' => 'harbor47!?#'",
        "'smtp_key' => 'harbor47!'",
        "smtp_pass = harbor47!",
    ] {
        assert!(!judged(text).0, "{text}");
    }
}
