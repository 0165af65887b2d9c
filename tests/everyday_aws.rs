//! The ways in which people paste credentials of AWS, `everyday/aws.txt`: each has to be found, and what only looks
//! like one must stay silent.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use tightlip::engine::Engine;
use tightlip::rule::{Confidence, RuleSet, expand};

/// One form: its name, what is wanted of it, its text.
struct Form {
    name: &'static str,
    wanted: &'static str,
    text: String,
}

fn forms() -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    for line in include_str!("everyday/aws.txt").lines() {
        if let Some(title) = line.strip_prefix("=== ") {
            let (name, wanted) = title.rsplit_once(": ").expect("a title says what is wanted");
            forms.push(Form { name, wanted, text: String::new() });
        } else if let Some(form) = forms.last_mut() {
            form.text += line;
            form.text.push('\n');
        }
    }
    forms
}

/// The values of one form, made from its name.
struct Values(&'static str);

impl Values {
    fn get(&self, name: &str) -> Option<String> {
        let made = |template: &str| {
            // The text behind the line end only makes the values of each form others.
            let text = expand(&format!("{template}\n{}{name}", self.0)).expect("a template");
            let text = String::from_utf8(text).expect("templates are text");
            text.split_once('\n').expect("two lines").0.to_owned()
        };
        Some(match name {
            "id" => made("AKIA{base32:16}"),
            "asia" => made("ASIA{base32:16}"),
            "secret" => made("a{base64:17}+4B{base64:16}/x9"),
            "session" => made("IQoJb3JpZ2lu{base64:500}=="),
            "smtp" => made("B{base64:43}"),
            "bedrock" => made("ABSK{base64:128}"),
            "bedrockshort" => made("bedrock-api-key-{}YmVkcm9jay5hbWF6b25hd3MuY29t{base64:600}="),
            "codecommit" => made("{base64:43}="),
            "cognito" => made("{lownum:51}"),
            "appsync" => made("da2-{lownum:26}"),
            "low26" => made("{lownum:26}"),
            "account" => made("3{digit:11}"),
            "consolepw" => made("{alnum:6}!{digit:3}{alnum:5}"),
            "sso" => made("aoaAAAAA{base64:300}:{base64:100}"),
            "ssoclient" => made("{jwt}"),
            "eks" => made("k8s-aws-v1.{base64url:600}"),
            "mws" => made("amzn.mws.{uuid}"),
            "hex64" => made("{hex:64}"),
            "hex40" => made("{hex:40}"),
            "hex32" => made("{hex:32}"),
            "b32x16" => made("{base32:16}"),
            "b64x80" => made("{base64:80}"),
            "b64x86" => made("{base64:86}"),
            "b64x43" => made("{base64:43}"),
            "ecr" => STANDARD.encode(made(r#"{{"payload":"{base64:600}","version":"2"}}"#)),
            "ecrauth" => STANDARD.encode(format!("AWS:{}", self.get("ecr")?)),
            "rds" => format!(
                "x.us-east-1.rds.amazonaws.com:5432/?Action=connect&DBUser=app&X-Amz-Algorithm=AWS4-HMAC-SHA256\
                 &X-Amz-Credential={}%2F20270101%2Fus-east-1%2Frds-db%2Faws4_request&X-Amz-Date=20270101T000000Z\
                 &X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature={}",
                self.get("id")?,
                self.get("hex64")?
            ),
            "crlf" => "\r\n".into(),
            "lf" => "\n".into(),
            "bom" => "\u{feff}".into(),
            "esc" => "\x1b".into(),
            "pad" => "x1,".repeat(20_000),
            _ => return None,
        })
    }

    /// What has to lie in a finding: the value that a form asks for.
    fn wanted(&self, name: &str) -> String {
        match name {
            "rds" | "lwa" => self.get("hex64"),
            "joined" => self.get("secret"),
            "other" => Some(String::new()),
            _ => self.get(name),
        }
        .unwrap_or_else(|| panic!("nothing is called {name}"))
    }

    /// The bytes of a form: values first, then what is around them, from inside out.
    fn fill(&self, text: &str) -> Vec<u8> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("{{") {
            filled += &rest[..at];
            rest = &rest[at + 2..];
            let end = rest.find("}}").unwrap_or(0);
            let (name, form) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
            match self.get(name) {
                // `{{}}` parts what would look like a real token in the file.
                _ if rest.starts_with("}}") => rest = &rest[2..],
                Some(value) => {
                    filled += &written(&value, form);
                    rest = &rest[end + 2..];
                }
                None => filled += "{{",
            }
        }
        encode_all((filled + rest).into_bytes())
    }
}

/// A value as it is written somewhere.
fn written(value: &str, form: &str) -> String {
    let percent = |text: &str| {
        text.replace('%', "%25").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
    };
    match form {
        "" => value.into(),
        "first" => value[..value.len() / 2].into(),
        "last" => value[value.len() / 2..].into(),
        "url" => percent(value),
        "url2" => percent(&percent(value)),
        "json" => value.replace('/', "\\/"),
        "u" => value.replace('+', "\\u002B").replace('/', "\\u002F"),
        "x" => value.replace('+', "\\x2B").replace('/', "\\x2F"),
        "html" => value.replace('+', "&#43;").replace('/', "&#47;"),
        "qp" => format!("{}=\n{}", &value[..20], &value[20..]),
        _ => panic!("no form is called {form}"),
    }
}

/// Encodes what stands in `@b64[...]@` and its like, the innermost first.
fn encode_all(mut bytes: Vec<u8>) -> Vec<u8> {
    const NAMES: [&str; 6] = ["b64u", "b64", "hex", "fold", "utf16le", "utf16be"];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let openings = NAMES.iter().filter_map(|name| {
            let opening = format!("@{name}[");
            text.rfind(&opening).map(|at| (at, *name, at + opening.len()))
        });
        let Some((at, name, inside)) = openings.max() else { return bytes };
        let end = inside + text[inside..].find("]@").expect("what is opened is closed");
        let own = &text[inside..end];
        let units = || own.encode_utf16();
        let encoded = match name {
            "b64" => STANDARD.encode(own).into_bytes(),
            "b64u" => URL_SAFE_NO_PAD.encode(own).into_bytes(),
            "hex" => own.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect(),
            "fold" => STANDARD.encode(own).as_bytes().chunks(76).collect::<Vec<_>>().join(&b'\n'),
            "utf16le" => units().flat_map(u16::to_le_bytes).collect(),
            _ => units().flat_map(u16::to_be_bytes).collect::<Vec<u8>>(),
        };
        bytes = [&text.as_bytes()[..at], &encoded, &text.as_bytes()[end + 2..]].concat();
        if name.starts_with("utf16") {
            return bytes;
        }
    }
}

/// Text without the escapes that a secret may be written with.
fn plain(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let pairs = [("\\/", "/"), ("%25", "%"), ("%2F", "/"), ("%2B", "+"), ("%3D", "=")];
    pairs.into_iter().fold(text.into_owned(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn every_way_to_paste_a_credential_of_aws_is_found() {
    let engine = Engine::new(RuleSet::builtin(), 1_790_000_000).unwrap();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for Form { name, wanted, text } in forms() {
        let values = Values(name);
        let bytes = values.fill(&text);
        let found = engine.scan(&bytes).list;
        let mut sure = found.iter().filter(|found| found.confidence >= Confidence::Medium);
        let is_right = if wanted == "nothing" {
            sure.next().is_none()
        } else {
            count += 1;
            let wanted = plain(values.wanted(wanted).as_bytes());
            sure.any(|found| plain(&found.text).contains(&wanted))
        };
        if !is_right {
            let rules = found.iter().map(|found| &*engine.rules().all()[found.rule].id);
            wrong.push(format!("{name}: {wanted}, found {:?}", rules.collect::<Vec<_>>()));
        }
    }
    assert!(count >= 340, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
