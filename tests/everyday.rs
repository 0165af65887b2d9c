//! What people paste on an ordinary day: each line is one file, and each has to be found; and what only looks like
//! it, which must not be.

use tightlip::engine::Engine;
use tightlip::rule::{Confidence, RuleSet, expand};

/// `{p}` stands for a password, `{t}` for a token.
const SECRETS: &[&str] = &[
    "password = \"{p}\"",
    "passwd: '{p}'",
    "const dbPassword = '{p}';",
    "DB_PASSWORD={p}",
    "{{\n  \"password\": \"{p}\"\n}}",
    "db_password: {p}",
    "client_secret = '{t}'",
    "\"clientSecret\": \"{t}\"",
    "API_KEY={t}",
    "apiKey: \"{t}\",",
    "let apiKey: String = \"{t}\"",
    "val apiKey = \"{t}\"",
    "final String apiKey = '{t}';",
    "NSString *apiKey = @\"{t}\";",
    "  private readonly apiSecret: string = '{t}';",
    "access_token = \"{t}\"",
    "ACCESS_TOKEN={t}",
    "const SECRET_KEY = \"{t}\";",
    "    private static final String PASSWORD = \"{p}\";",
    "    ds.setPassword(\"{p}\");",
    "\tpassword := \"{p}\"",
    "\tcfg := Config{{Password: \"{p}\", Host: \"db\"}}",
    "    string apiKey = \"{t}\";",
    "const API_TOKEN: &str = \"{t}\";",
    "  config.secret_key = '{t}'",
    "$password = '{p}';",
    "spring.datasource.password={p}",
    "spring:\n  datasource:\n    username: app\n    password: {p}\n",
    "<password>{p}</password>",
    "<add key=\"ApiKey\" value=\"{t}\" />",
    "<user username=\"admin\" password=\"{p}\" roles=\"manager\"/>",
    "<server><id>x</id><username>deploy</username><password>{p}</password></server>",
    "ENV MYSQL_ROOT_PASSWORD {p}",
    "ENV API_KEY={t}",
    "    environment:\n      - POSTGRES_PASSWORD={p}\n",
    "    environment:\n      POSTGRES_PASSWORD: {p}\n",
    "  password = \"{p}\"",
    "curl -H \"Authorization: Bearer {t}\" https://api.acme.io/v1",
    "curl -u deploy:{p} https://repo.acme.io/",
    "curl -H \"X-API-Key: {t}\" https://x",
    "mysql -u root -p{p} shop < dump.sql",
    "sshpass -p '{p}' ssh root@host",
    "PGPASSWORD={p} psql -h db",
    "export SECRET_TOKEN={t}",
    "machine api.acme.io login bob password {p}",
    "db.acme.io:5432:shop:app:{p}\n",
    "//registry.acme.io/:_authToken={t}",
    "[pypi]\nusername = bob\npassword = {p}\n",
    "https://bob:{p}@git.acme.io",
    "{{\"auths\": {{\"https://index.docker.io/v1/\": {{\"auth\": \"{basic:14}\"}}}}}}",
    "curl -H 'Authorization: Basic {basic:14}' https://x",
    "DATABASE_URL = \"postgres://app:{p}@db.acme.io:5432/shop\"",
    "REDIS_URL=redis://:{t}@cache.acme.io:6379/0",
    "\"Default\": \"Server=db;Database=shop;User Id=sa;Password={p};\"",
    "url=jdbc:mysql://db:3306/shop?user=app&password={p}",
    "Driver={{SQL Server}};Server=x;Uid=sa;Pwd={p};",
    "CREATE USER app IDENTIFIED BY '{p}';",
    "ALTER ROLE app WITH PASSWORD '{p}';",
    "kind: Secret\nstringData:\n  password: {p}\n",
    "ansible_become_pass: {p}",
    "SECRET_KEY = 'django-insecure-{lownum:50}'",
    "production:\n  secret_key_base: {hex:128}\n",
    "define('AUTH_KEY',         '{alnum:20}!@#%^&*({alnum:36}');",
    "APP_KEY=base64:{base64:43}=",
    "  psk=\"{p}\"",
    "PrivateKey = {base64:42}A=\n",
    "otpauth://totp/Acme:bob?secret={base32:32}&issuer=Acme",
    "./app --password {p} --host x",
    "./app --api-key={t}",
    "$p = ConvertTo-SecureString \"{p}\" -AsPlainText -Force",
    "$Password = \"{p}\"",
    "RELEASE_STORE_PASSWORD={p}",
    "        storePassword \"{p}\"",
    "[db]\npassword = {p}\n",
    "Authorization: token {hex:40}",
    "https://api.acme.io/v1/x?api_key={t}&q=1",
    "Password: `{p}`",
    "      env:\n        DEPLOY_TOKEN: {t}\n",
    "postgresql:\n  auth:\n    postgresPassword: {p}\n",
    "password = os.environ.get(\"DB_PASSWORD\", \"{p}\")",
    "const secret = process.env.SECRET || '{t}';",
    "PASSWORD=${}{{PASSWORD:-{p}}}",
    "curl -d '{{\\\"password\\\": \\\"{p}\\\"}}' x",
    "connect(host='db', user='app', password='{p}')",
    "requests.get(url, auth=('bob', '{p}'))",
];

/// What stands where a secret could.
const HARMLESS: &[&str] = &[
    "password = os.environ[\"DB_PASSWORD\"]",
    "password = get_password()",
    "password: ${}{{DB_PASSWORD}}",
    "password: {{{{ .Values.password }}}}",
    "password = \"changeme\"",
    "password: \"********\"",
    "password = null",
    "secretName: my-tls-secret",
    "secretKeyRef:\n  name: db\n  key: password\n",
    "token = request.headers['X-Token']",
    "key: cache-{hex:40}",
    "\"integrity\": \"sha512-{base64:86}==\"",
    "primary_key = 'user_id'",
    "api_key: YOUR_API_KEY_HERE",
    "author = \"Ada Lovelace\"",
    "keyboard: qwertz-de-mac-layout-1",
    "public_key = \"{base64:60}\"",
    "password_hash = \"$2b$12${base64:50}\"",
    "NextToken: \"{base64:60}\"",
    "token: \"<your token>\"",
    "token = f\"Bearer {{token}}\"",
    "api_key = 'dk_live_{{base62:32}}'",
    "passing = \"{alnum:20}\"",
    "session.add(user)",
];

fn found(engine: &Engine, template: &str) -> bool {
    let template =
        template.replace("{p}", "Xk{lower:4}{digit:2}!{alnum:7}").replace("{t}", "{alnum:36}");
    let text = expand(&template).expect("the template is known");
    engine.scan(&text).list.iter().any(|found| found.confidence >= Confidence::Medium)
}

#[test]
fn secrets_of_every_day_are_found() {
    let engine = Engine::new(RuleSet::builtin(), 1_790_000_000).unwrap();
    let missed: Vec<&&str> = SECRETS.iter().filter(|text| !found(&engine, text)).collect();
    assert!(missed.len() * 20 <= SECRETS.len(), "{missed:#?}");
}

#[test]
fn what_only_looks_like_a_secret_is_not_found() {
    let engine = Engine::new(RuleSet::builtin(), 1_790_000_000).unwrap();
    let wrong: Vec<&&str> = HARMLESS.iter().filter(|text| found(&engine, text)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
