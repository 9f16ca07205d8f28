use super::super::leaf::shown::{inspect, places, rules};
use super::super::{Check, Operation};
use super::*;
use crate::json::quoted;

fn network() -> Network {
    Network {
        schemes: SCHEMES.map(str::to_owned).into(),
        ..Network::default()
    }
}

fn hosts(texts: &[&str]) -> Vec<HostRule> {
    texts
        .iter()
        .map(|it| HostRule::parse(it).unwrap())
        .collect()
}

/// The rule by which a URL is refused.
fn judged(network: &Network, url: &str) -> &'static str {
    network.judge(url).map_or_else(Refused::rule, |()| "")
}

#[test]
fn urls_of_the_public_internet_pass() {
    for url in [
        "https://example.com",
        "https://example.com/",
        "HTTP://Example.COM/a?b#c",
        "https://sub.example.co.uk:8443/x?y=http://z/",
        "https://example.com/a@b",
        "https://example.com/?q=a%20b",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://[2606:4700:0:0::1111]:443/",
        "https://xn--bcher-kva.example/",
        "https://a_b.example.com/",
        "https://1password.com.example.org/",
        "https://example.com/ü",
    ] {
        assert_eq!(judged(&network(), url), "", "{url}");
    }
}

#[test]
fn what_leads_inside_is_refused() {
    for host in [
        "localhost",
        "LOCALHOST",
        "foo.localhost",
        "intranet",
        "metadata",
        "metadata.google.internal",
        "printer.local",
        "kubernetes.default.svc.cluster.local",
        "a.b.internal",
        "10.0.0.1.nip.io",
        "127.0.0.1.sslip.io",
        "localtest.me",
        "router.home.arpa",
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.0.9",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.7",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.3",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::ffff:0:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2002:c0a8:101::1]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[2606:4700::5efe:7f00:1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[100::1]",
        "[5f00::1]",
    ] {
        let url = format!("http://{host}/");
        assert_eq!(judged(&network(), &url), "network_private", "{url}");
        let with_port = format!("http://{host}:8080/x");
        assert_eq!(judged(&network(), &with_port), "network_private", "{url}");
    }
    let open = Network {
        private: true,
        ..network()
    };
    assert_eq!(judged(&open, "http://10.1.2.3/"), "");
}

#[test]
fn what_readers_take_otherwise_is_refused() {
    for url in [
        // Other forms of addresses.
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://127.1/",
        "http://127.0.1/",
        "http://127.0.0.01/",
        "http://127.0.0.1./",
        "http://8.8.8.8./",
        "http://08.8.8.8/",
        "http://256.1.1.1/",
        "http://1.2.3.4.5/",
        "http://4294967296/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://[::1/",
        "http://[::1]x/",
        "http://[127.0.0.1]/",
        "http://[v1.a]/",
        // Other characters.
        "http://%31%32%37.0.0.1/",
        "http://127.0.0.%31/",
        "http://exa%6dple.com/",
        "http://１２７.0.0.1/",
        "http://127。0。0。1/",
        "http://ⓛocalhost/",
        "http://bücher.example/",
        "http://exam\u{ad}ple.com/",
        "http://example.com\u{200b}/",
        "http://a\u{2044}b/",
        // Who is it?
        "http://example.com@127.0.0.1/",
        "http://user:pass@example.com/",
        "http://example.com:80@127.0.0.1/",
        "http://@example.com/",
        "http://example.com#@127.0.0.1/",
        "http://example.com?@127.0.0.1/",
        "http://example.com\\@127.0.0.1/",
        "http://127.0.0.1\\.example.com/",
        // Slashes.
        "http:/127.0.0.1/",
        "http:127.0.0.1",
        "http:///127.0.0.1/",
        "http:////127.0.0.1/",
        "http:\\\\127.0.0.1\\",
        "https:\\/example.com",
        "http://\\127.0.0.1/",
        // White space and control characters.
        " http://example.com/",
        "http://example.com/ ",
        "ht\ttp://127.0.0.1/",
        "http://127.0.\n0.1/",
        "http://example.com\u{0}.evil.example/",
        "http://exa mple.com/",
        "http://example.com/\r\nHost: x",
        "\u{1}http://example.com/",
        // Ports and names.
        "http://example.com:/",
        "http://example.com:0/",
        "http://example.com:080/",
        "http://example.com:65536/",
        "http://example.com:80:81/",
        "http://example.com:+80/",
        "http://example.com./",
        "http://.example.com/",
        "http://example..com/",
        "http://exa$mple.com/",
        "http://example.com,evil.example/",
        "http://example.com;evil.example/",
        "http://foo.1/",
        "http://foo.0x1/",
        "http://xn--a/",
    ] {
        assert_eq!(judged(&network(), url), "network_ambiguous", "{url:?}");
    }
    for url in [
        "",
        "example.com",
        "//example.com/",
        "/x",
        "1http://x/",
        "x y",
    ] {
        let rule = judged(&network(), url);
        assert!(
            matches!(rule, "network_no_url" | "network_ambiguous"),
            "{url}"
        );
    }
}

#[test]
fn schemes_and_ports_are_listed() {
    for (url, expected) in [
        ("ftp://example.com/", "network_scheme"),
        ("gopher://example.com/", "network_scheme"),
        ("file:///etc/passwd", "network_scheme"),
        ("data:text/plain,x", "network_scheme"),
        ("javascript:alert(1)", "network_scheme"),
        ("jar:http://example.com!/", "network_scheme"),
        ("https://example.com/", ""),
        ("https://example.com:8443/", ""),
        ("https://example.com:22/", "network_port"),
        ("http://example.com/", "network_port"),
    ] {
        let network = Network {
            ports: vec![443, 8443],
            ..network()
        };
        assert_eq!(judged(&network, url), expected, "{url}");
    }
    let files = Network {
        schemes: vec!["file".to_owned()],
        ..network()
    };
    assert_eq!(judged(&files, "file:///srv/data"), "");
    assert_eq!(judged(&files, "file:/srv/data"), "network_ambiguous");
    assert_eq!(judged(&files, "file://server/share"), "network_private");
    assert_eq!(judged(&files, "file:////server/share"), "network_ambiguous");
}

#[test]
fn hosts_are_listed() {
    let network = Network {
        allow: hosts(&[
            "api.example.com",
            "*.example.org",
            "8.8.8.0/24",
            "10.0.0.5",
            "*.internal",
        ]),
        deny: hosts(&["bad.example.org", "8.8.8.8", "127.0.0.0/8"]),
        ..network()
    };
    for (url, expected) in [
        ("https://api.example.com/", ""),
        ("https://API.EXAMPLE.COM/", ""),
        ("https://example.com/", "network_host"),
        ("https://api.example.com.evil.example/", "network_host"),
        ("https://xapi.example.com/", "network_host"),
        ("https://a.example.org/", ""),
        ("https://a.b.example.org/", ""),
        ("https://example.org/", "network_host"),
        ("https://evilexample.org/", "network_host"),
        ("https://bad.example.org/", "network_host"),
        ("https://8.8.8.7/", ""),
        ("https://8.8.8.8/", "network_host"),
        ("https://8.8.9.8/", "network_host"),
        ("https://[::ffff:8.8.8.7]/", "network_host"),
        ("https://10.0.0.5/", ""),
        ("https://10.0.0.6/", "network_host"),
        // A whole domain says nothing of where its names lead.
        ("https://a.internal/", "network_private"),
        ("https://[::ffff:127.0.0.1]/", "network_host"),
    ] {
        assert_eq!(judged(&network, url), expected, "{url}");
    }
}

#[test]
fn hosts_of_manifests_are_read() {
    for (text, shown) in [
        ("Example.COM", "example.com"),
        ("*.bücher.example", "*.xn--bcher-kva.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::/32", "2001:db8::/32"),
    ] {
        assert_eq!(HostRule::parse(text).unwrap().to_string(), shown);
    }
    for text in [
        "",
        "*",
        "*.",
        "a.*.b",
        "http://x",
        "x:80",
        "192.0.2.0/33",
        "x/24",
        "a b",
        "2130706433",
        "x.",
        "a@b",
    ] {
        assert!(HostRule::parse(text).is_err(), "{text}");
    }
}

#[test]
fn urls_in_texts_are_found() {
    for (text, expected) in [
        ("nothing here: 10:30, a/b, note:x, http: what", vec![]),
        ("see https://example.com/a, and more.", vec![]),
        ("see (http://10.0.0.1/a).", vec!["network_private $.q"]),
        ("a <http://127.0.0.1> b", vec!["network_private $.q"]),
        ("go to [http://[::1]]", vec!["network_private $.q"]),
        (
            "one https://example.com two http://localhost",
            vec!["network_private $.q"],
        ),
        (
            "x gopher://127.0.0.1:6379/_INFO",
            vec!["network_scheme $.q"],
        ),
        ("see http:/\\127.0.0.1/", vec!["network_ambiguous $.q"]),
        ("http:127.0.0.1", vec!["network_ambiguous $.q"]),
        ("ht\ntp://127.0.0.1/", vec!["network_ambiguous $.q"]),
        ("//127.0.0.1/x", vec!["network_no_url $.q"]),
        ("\\\\server\\share", vec!["network_ambiguous $.q"]),
        ("javascript:alert(1) // x", vec!["network_ambiguous $.q"]),
        ("data:text/html,x", vec!["network_scheme $.q"]),
        (
            r#"{"u":"http:\/\/169.254.169.254\/"}"#,
            vec!["network_private $.q"],
        ),
        (
            "curl -d @x http://a@127.0.0.1/",
            vec!["network_ambiguous $.q"],
        ),
        ("url=http://10.0.0.1", vec!["network_private $.q"]),
    ] {
        let arguments = format!(r#"{{"q":{}}}"#, quoted(text));
        let check = Check::Network(network());
        let (report, _) = inspect(&check, Operation::Validate, &arguments);
        assert_eq!(rules(&report), expected, "{text:?}");
        assert_eq!(report.is_blocked(), !expected.is_empty());
    }
}

#[test]
fn chosen_arguments_are_urls() {
    let check = Check::Network(Network {
        places: places(&["url", "more[*]"]),
        ..network()
    });
    for (arguments, expected) in [
        (
            r#"{"url":"https://example.com/","q":"http://10.0.0.1/"}"#,
            vec![],
        ),
        (r#"{"url":"example.com"}"#, vec!["network_no_url $.url"]),
        (r#"{"url":2130706433}"#, vec!["network_no_url $.url"]),
        (
            r#"{"more":["https://example.com/","http://[::1]/"]}"#,
            vec!["network_private $.more[1]"],
        ),
        (
            r#"{"url":{"http://127.0.0.1/":true}}"#,
            vec![r#"network_private $.url[*]"#],
        ),
    ] {
        let (report, _) = inspect(&check, Operation::Mutate, arguments);
        assert_eq!(rules(&report), expected, "{arguments}");
        assert_eq!(report.is_blocked(), !expected.is_empty());
    }
}

#[test]
fn samples_are_refused() {
    assert_eq!(network().self_test(), Ok(()));
    let listed = Network {
        allow: hosts(&["10.0.0.0/8", "*.example.com"]),
        deny: hosts(&["*.bad.example.com", "10.9.0.0/16", "2001:db8::/32"]),
        ..network()
    };
    assert_eq!(listed.self_test(), Ok(()));
    let open = Network {
        schemes: vec!["x-unknown".to_owned()],
        private: true,
        ..Network::default()
    };
    assert!(open.self_test().is_err());
}

#[test]
fn a_model_is_told_what_to_do() {
    let network = Network {
        allow: hosts(&["api.example.com", "*.example.org"]),
        places: places(&["url"]),
        ..network()
    };
    let (report, _) = inspect(
        &Check::Network(network),
        Operation::Validate,
        r#"{"url":"https://secret.example.net/token"}"#,
    );
    assert_eq!(
        report.reason(),
        "the URL in `$.url` leads to a host that is not allowed; the allowed ones are \
         `api.example.com`, `*.example.org`"
    );
}
