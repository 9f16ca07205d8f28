//! What is found in texts as they come, and what is not. What looks like a live secret is put
//! together here, so that nobody takes these lines for a leak.

use super::{Found, Kind, sample, scan};

fn found(text: &str, key: Option<&str>) -> Vec<Found> {
    let mut found = Vec::new();
    scan(text, key, &mut found);
    found
}

fn values<'t>(text: &'t str, key: Option<&str>) -> Vec<&'t str> {
    let found = found(text, key);
    found
        .iter()
        .map(|hit| text.get(hit.range.clone()).unwrap())
        .collect()
}

/// Letters and digits as a machine draws them, always the same.
fn drawn(length: usize) -> String {
    let letters = b"q7Kx2mZ9rT4vB8nJ3pL6sD1fGhYc5aEeRtUiOkQwzXbNjM0W";
    (0..length)
        .map(|place| char::from(letters[(place * 11 + place / 5) % letters.len()]))
        .collect()
}

/// Hexadecimal digits as a machine draws them.
fn hex(length: usize) -> String {
    let digits = b"3f9a0c7d1e5b8642";
    (0..length)
        .map(|place| char::from(digits[(place * 7 + place / 3) % digits.len()]))
        .collect()
}

const UUID: &str = "7f3c1a9e-4b2d-4c8f-9a51-0d6e2b7c8f13";

#[test]
fn the_sample_is_found() {
    assert_eq!(found(&sample(), None).len(), 1);
}

#[test]
fn tokens_are_found_wherever_they_stand() {
    let token = format!("ghp_{}", drawn(36));
    for text in [
        token.clone(),
        format!("see {token}, and go"),
        format!("GITHUB_TOKEN={token}"),
        format!("{{\"a\":\"{token}\"}}"),
        format!("line\\n{token}\\n"),
        format!("https://user:{token}@github.com/a/b"),
        format!("https://x/?t%3D{token}"),
        format!("Authorization: Bearer {token}"),
        format!("日本語{token}日本語"),
    ] {
        assert_eq!(values(&text, None), [token.as_str()], "{text}");
        assert!(found(&text, None)[0].rule.starts_with("github"), "{text}");
    }
    for text in [format!("my{token}"), format!("{token}é").replace('x', "")] {
        assert!(found(&text, None).is_empty(), "{text}");
    }
}

#[test]
fn values_are_found_by_their_names() {
    let key = hex(32);
    let long = drawn(40);
    for (text, expected) in [
        (format!("api_key = \"{key}\""), key.as_str()),
        (format!("\"apiKey\": \"{key}\","), &key),
        (format!("API_KEY={key}"), &key),
        (format!("export ACME_SECRET='{long}'"), &long),
        (format!("x-api-key: {long}"), &long),
        (format!("<add key=\"ApiSecret\" value=\"{long}\"/>"), &long),
        (format!("'secret' => '{long}',"), &long),
        (format!("client_secret: {long}"), &long),
        (format!("--token {long}"), &long),
        (format!("?access_token={long}&x=1"), &long),
        (format!("Authorization: Bearer {long}"), &long),
        (format!("let key = env.KEY || '{key}'"), &key),
        (format!("datadog {key}"), &key),
        (format!("my SENTRY token is {key}"), &key),
        (format!("https://x.io/hooks/{long}"), &long),
        (format!("acmeSECRET-{key}"), &key),
        (format!("bugsnag secret {UUID}"), UUID),
    ] {
        assert_eq!(values(&text, None), [expected], "{text}");
    }
}

#[test]
fn passwords_are_found_whatever_they_look_like() {
    for (text, expected) in [
        ("password = \"hunter2\"", "hunter2"),
        ("DB_PASSWORD=correcthorse", "correcthorse"),
        ("\"password\": \"correct horse\"", "correct horse"),
        ("password => 'gr8pass'", "gr8pass"),
        ("<password>letmein99</password>", "letmein99"),
        ("Server=a;User Id=sa;Password=Gre3n;Database=b", "Gre3n"),
        ("host=a user=b password=letmein dbname=c", "letmein"),
        ("user = joe\npassword = letmein\n", "letmein"),
        ("machine a.b login joe password letmein", "letmein"),
        ("mysql --password letmein9", "letmein9"),
        (
            "CREATE USER joe IDENTIFIED BY PASSWORD 'letmein'",
            "letmein",
        ),
        ("psexec \\\\host -u Admin -p letmein cmd", "letmein"),
        ("sshpass -p 'let me in' ssh joe@a", "let me in"),
        ("curl -u joe:letmein https://x.io", "letmein"),
        ("postgres://joe:letmein@db/x", "letmein"),
        ("postgres://joe:let@me@db.example.com/x", "let@me"),
        ("the password is 'letmein'.", "letmein"),
    ] {
        assert_eq!(values(text, None), [expected], "{text}");
    }
}

/// Keys that look like little else than words are keys where their vendor is named.
#[test]
fn a_vendor_makes_more_of_a_value() {
    let body = drawn(27);
    let site = format!("6L{}", "w-Aw_B".repeat(7).get(..38).unwrap());
    let sonar = hex(40);
    for (text, expected) in [
        (format!("column_key = live_{body}"), format!("live_{body}")),
        (format!("recaptcha secret = {site}"), site.clone()),
        (format!("set('sonar.login', '{sonar}')"), sonar.clone()),
        (
            "requestfinance-key QWERTYU-ASDFGHJ-ZXCVBNM-POIUYTR".into(),
            "QWERTYU-ASDFGHJ-ZXCVBNM-POIUYTR".into(),
        ),
        (
            "bugsnagSECRET-qwert123-asdfg456-zxcvb789".into(),
            "qwert123-asdfg456-zxcvb789".into(),
        ),
        (
            "bugsnag QWER1234-ASDF5678".into(),
            "QWER1234-ASDF5678".into(),
        ),
        (
            "databox secret=QWErtyUIOpasDFGhjkLZXc".into(),
            "QWErtyUIOpasDFGhjkLZXc".into(),
        ),
        (
            "restpack_key=qwertyuiopasdfghjklzxcvbnmQWERTYUIOPASDFGHJKLZXC".into(),
            "qwertyuiopasdfghjklzxcvbnmQWERTYUIOPASDFGHJKLZXC".into(),
        ),
    ] {
        assert_eq!(values(&text, None), [expected.as_str()], "{text}");
    }
    for text in [
        format!("column: live_{}", "word".repeat(7)),
        format!("column: {}", hex(32)),
        "requestfinance-key words-which-have-a-dash".to_owned(),
        "the bugsnag PART-FOUR-TEXT-ONLY".to_owned(),
        "QWER1234-ASDF5678 alone".to_owned(),
        "databox token = new DataboxTokenProviderFactory".to_owned(),
        format!("bugsnag, {}", hex(40)),
    ] {
        assert_eq!(found(&text, None), [], "{text}");
    }
}

/// Ids and users count where they are one half of a pair of credentials of a known vendor.
#[test]
fn halves_of_credentials() {
    let id = "k2m9z4x7q1w8";
    let consumer = drawn(25);
    let client = drawn(30);
    for (text, expected) in [
        (format!("planetscale_id: {id}"), id),
        (format!("PSCALE_USER={id}"), id),
        (format!("TWITTER_ID:            \"{consumer}\""), &*consumer),
        (format!("bitbucket.client.id={client}"), &client),
    ] {
        assert_eq!(values(&text, None), [expected], "{text}");
    }
    assert_eq!(values(id, Some("planetscale_id")), [id]);
    for text in [
        format!("user_id: {id}"),
        format!("twitter_user_id: {}", "8412".repeat(4)),
        "planetscale_id: my-database".to_owned(),
        format!("bitbucket.commit.id={client}"),
        "planetscale_id is k2m9z4x7q1w8".to_owned(),
    ] {
        assert_eq!(found(&text, None), [], "{text}");
    }
}

#[test]
fn passwords_of_commands_and_files() {
    for (text, expected) in [
        ("sqlcmd -S s -U sa -P letmein", "letmein"),
        ("redis-cli -h r1 -a letmein", "letmein"),
        ("keytool -list -keystore k -storepass letmein", "letmein"),
        ("docker login -u joe -p letmein r.io", "letmein"),
        ("mysql -u root -pletmein db", "letmein"),
        ("smbclient //s/a -U joe%letmein", "letmein"),
        ("Connect-X -User joe -Password let@mein", "let@mein"),
        ("ENV DB_PASSWORD letmein", "letmein"),
        ("username 'joe'\n  password 'letmein'", "letmein"),
        ("username: joe\npassword: letmein\n", "letmein"),
        ("define('DB_PASSWORD', 'letmein');", "letmein"),
    ] {
        assert_eq!(values(text, None), [expected], "{text}");
    }
    for text in [
        "ssh -p 2222 joe@host",
        "redis-cli -a $PASS",
        "mkdir -pv build/out",
        "mysql -port 3306",
        "keytool -storepass -v",
        "ls -a somewhere",
        "Connect-X -Password $secure -User joe",
        "username: str\npassword: str\n",
        "username: String\npassword: SecretStr\n",
        "username 'joe' and the password 'field'",
        "password = super$secret_part",
        "user = \"anonymous\"; password = \"joe@\"",
    ] {
        assert_eq!(found(text, None), [], "{text}");
    }
}

#[test]
fn other_kinds_of_hashes_and_keys() {
    let (first, second) = (hex(32), hex(400));
    let dump = format!("joe:500:{first}:{first}:::");
    assert_eq!(values(&dump, None), [first.as_str()]);
    let ticket = format!("$krb5tgs$23$*joe$A.B$x~1433*${first}${second}");
    assert_eq!(values(&ticket, None), [ticket.as_str()]);
    let lines = format!("{}\n{}", drawn(64), drawn(40));
    let putty = format!(
        "Public-Lines: 1\n{0}\nPrivate-Lines: 2\n{lines}\nPrivate-MAC: x",
        drawn(9)
    );
    assert_eq!(values(&putty, None), [lines.as_str()]);
    assert_eq!(found(&putty, None)[0].kind, Kind::PrivateKey);
    let name = "OpenVPN Static key V1";
    let vpn = format!("-----BEGIN {name}-----\n{first}\n-----END {name}-----");
    assert_eq!(values(&vpn, None), [vpn.as_str()]);
    for text in [
        format!("{first}:{first}"),
        "Private-Lines: there are none".to_owned(),
        format!("key: {}NRAL", "g7Hk".repeat(9)),
    ] {
        assert_eq!(found(&text, None), [], "{text}");
    }
    let license = format!("license_key: {}NRAL", hex(36));
    assert_eq!(values(&license, None).len(), 1);
}

#[test]
fn a_key_of_json_is_a_name_too() {
    for (key, text) in [
        ("password", "correcthorse"),
        ("adminPassword", "correct horse"),
        ("api_key", &*hex(32)),
        ("clientSecret", &*drawn(30)),
        ("connection_secret", &*drawn(12)),
    ] {
        assert_eq!(values(text, Some(key)), [text], "{key}");
    }
    for (key, text) in [
        ("password", "Enter your password"),
        ("password", "********"),
        ("password", "${PASSWORD}"),
        ("token", "next"),
        ("nextPageToken", &*drawn(40)),
        ("key", "PROJ-123"),
        ("key", UUID),
        ("key", "reports/2024/11/summary.pdf"),
        ("secret", "my-app-tls"),
        ("id", &*hex(32)),
        ("sha256", &*hex(64)),
    ] {
        assert!(found(text, Some(key)).is_empty(), "{key}: {text}");
    }
}

#[test]
fn kinds_and_rules() {
    let part = |text: &str| base64::Engine::encode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, text);
    let jwt = format!(
        "{}.{}.{}",
        part("{\"alg\":\"HS256\"}"),
        part("{\"sub\":\"1\"}"),
        drawn(43)
    );
    let lines = drawn(64);
    let pem = format!(
        "-----BEGIN EC {0} KEY-----\n{lines}\n-----END EC {0} KEY-----",
        "PRIVATE"
    );
    for (text, kind, rule) in [
        (jwt.clone(), Kind::Jwt, "json_web_token"),
        (format!("token={jwt}"), Kind::Jwt, "json_web_token"),
        (pem, Kind::PrivateKey, "private_key"),
        (
            "redis://:letmein@db".into(),
            Kind::DatabaseUrl,
            "database_url",
        ),
        ("https://a:letmein@b".into(), Kind::Secret, "url_password"),
        (
            format!("$2b$12${}", drawn(53)),
            Kind::Secret,
            "password_hash",
        ),
    ] {
        let found = found(&text, None);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!((found[0].kind, found[0].rule), (kind, rule), "{text}");
    }
}

#[test]
fn what_is_no_secret_is_left_alone() {
    let sha = hex(40);
    let digest = hex(64);
    for text in [
        UUID.to_owned(),
        format!("id: {UUID}"),
        format!("commit {sha}"),
        format!("{sha}  src/main.rs"),
        format!("sha256:{digest}"),
        format!("\"integrity\": \"sha512-{}==\"", drawn(86)),
        format!("checksum = \"{digest}\""),
        format!("data:image/png;base64,{}", drawn(400)),
        format!("https://github.com/a/b/commit/{sha}"),
        format!("resolved \"https://r.io/sonarqube-1.2.3.tgz#{sha}\""),
        format!("the order 8823-1123-99 of {UUID}"),
        format!("etag: \"{}\"", hex(32)),
        format!("trace_id={} span_id={}", hex(32), hex(16)),
        "1.25.3.1 and v2.0.0-rc.1+build.5".to_owned(),
        "2024-11-24T13:06:34.123456Z".to_owned(),
        "function(e,t){return e.password=t.password,e.token===t.token?e:null}".to_owned(),
        "def login(self, user, password): return check(password)".to_owned(),
        "password = request.form[\"password\"]".to_owned(),
        "password: String,".to_owned(),
        "let password = get_password()?;".to_owned(),
        "const token = await getToken(user);".to_owned(),
        "if (!password) throw new Error('Password is required');".to_owned(),
        "<input type=\"password\" name=\"password\" placeholder=\"Password\">".to_owned(),
        "password = os.environ[\"DB_PASSWORD\"]".to_owned(),
        "password: ${DB_PASSWORD}".to_owned(),
        "password: {{ .Values.password }}".to_owned(),
        "password: <YOUR_PASSWORD>".to_owned(),
        "API_KEY=your_api_key_here".to_owned(),
        "api_key: xxxxxxxxxxxxxxxxxxxxxxxx".to_owned(),
        "secretName: my-app-tls".to_owned(),
        "valueFrom: {secretKeyRef: {name: db-credentials, key: password}}".to_owned(),
        "Forgot your password? Click here to reset it.".to_owned(),
        "The token bucket refills 10 tokens per second; max_tokens=4096".to_owned(),
        "public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI".to_owned(),
        "cache-key-linux-node-18-9f86d081".to_owned(),
        "https://example.com/reset-password?step=2".to_owned(),
        "mailto:joe@example.com".to_owned(),
        "git@github.com:acme/widgets.git".to_owned(),
        "ssh://git@github.com/acme/widgets".to_owned(),
        "docker run -u 1000:1000 image".to_owned(),
        "Basic authentication is not enough".to_owned(),
        "primary key 8823112399".to_owned(),
        "Version=8.0.0.0, PublicKeyToken=b77a5c561934e089".to_owned(),
        "ALTER USER app WITH PASSWORD :'new_password';".to_owned(),
        "\"password\": \"[FILTERED]\"".to_owned(),
        "{\"type\":\"password\",\"name\":\"pw\",\"required\":true}".to_owned(),
        "{\"properties\":{\"password\":{\"type\":\"string\",\"format\":\"password\"}}}".to_owned(),
        "scheme://user:password@host:port/path".to_owned(),
        ["-----BEGIN [A-Z ]*", "PRIVATE KEY-----"].concat(),
        "password:\n    forgot: \"Forgot password?\"".to_owned(),
        "pbkdf2('sha1', b'pass', b'salt', 1)".to_owned(),
        "AUTH0_DOMAIN=\"tenant18922506.eu.auth0.com\"".to_owned(),
        "default-token-x7k2p and web-5d8f9c7b6d-x2v4z".to_owned(),
    ] {
        assert_eq!(found(&text, None), [], "{text}");
    }
}

#[test]
fn any_text_is_gone_over_without_a_fault() {
    for piece in [
        "password=",
        "-----BEGIN",
        "://a:",
        "$2a$",
        "key ",
        "é'",
        "eyJ.",
        "\"token\": \"",
        "-u ",
        "Q~",
    ] {
        for times in [1, 3, 400] {
            for tail in ["", "é", "x", "\"", "@"] {
                let text = format!("{}{tail}", piece.repeat(times));
                for hit in found(&text, Some("password")) {
                    assert!(text.get(hit.range).is_some(), "{text}");
                }
            }
        }
    }
}
