use super::super::leaf::shown::{inspect, places, rules};
use super::super::{Check, Operation};
use super::*;
use crate::json::quoted;

fn check(roots: &[&str], deny: &[&str], relative: bool) -> FilePath {
    FilePath {
        places: places(&["path", "paths[*]"]),
        roots: roots.iter().map(|it| Root::parse(it).unwrap()).collect(),
        deny: deny.iter().map(|it| PathGlob::parse(it).unwrap()).collect(),
        relative,
    }
}

fn judged(check: &FilePath, path: &str) -> &'static str {
    check.judge(path).map_or_else(Refused::rule, |()| "")
}

#[test]
fn paths_below_a_root_pass() {
    let check = check(&["/srv/data", "/tmp"], &[], false);
    for path in [
        "/srv/data",
        "/srv/data/",
        "/srv/data/a/b.txt",
        "/srv/data//a",
        "/srv/data/./a",
        "/srv/data/.hidden",
        "/srv/data/a..b",
        "/srv/data/..a",
        "/srv/data/a b.txt",
        "/srv/data/100%.txt",
        "/srv/data/a%20b.txt",
        "/srv/data/a%2Fb",
        "/srv/data/notes:2024",
        "/srv/data/preis$.txt",
        "/srv/data/ünïcode",
        "/tmp/x",
    ] {
        assert_eq!(judged(&check, path), "", "{path}");
    }
}

#[test]
fn what_leads_elsewhere_is_refused() {
    let check = check(&["/srv/data"], &[], false);
    for (path, expected) in [
        ("/etc/passwd", "path_outside"),
        ("/srv/database", "path_outside"),
        ("/srv", "path_outside"),
        ("/", "path_outside"),
        ("/SRV/data/x", "path_outside"),
        ("a/b", "path_relative"),
        ("./a", "path_relative"),
        ("", "path_name"),
        ("/srv/data/../x", "path_traversal"),
        ("/srv/data/a/../b", "path_traversal"),
        ("/srv/data/..", "path_traversal"),
        ("..", "path_traversal"),
        ("/srv/data/.../x", "path_traversal"),
        ("/srv/data/.. /x", "path_traversal"),
        ("/srv/data/ ../x", "path_traversal"),
        ("/srv/data/. ./x", "path_traversal"),
        ("/srv/data/..;/x", "path_traversal"),
        ("/srv/data/%2e%2e/x", "path_traversal"),
        ("/srv/data/.%2E/x", "path_traversal"),
        ("/srv/data/..%2fx", "path_traversal"),
        ("/srv/data/%252e%252e%252fx", "path_traversal"),
        ("/srv/data/%25252e%25252e/x", "path_traversal"),
        ("%2Fetc%2Fpasswd", "path_relative"),
        ("/srv/data/..%5cx", "path_backslash"),
        ("/srv/data/..\\x", "path_backslash"),
        ("/srv/data/a%5cb", "path_backslash"),
        ("\\srv\\data", "path_backslash"),
        ("/srv/data/%c0%ae%c0%ae/x", "path_encoding"),
        ("/srv/data/%e0%80%ae/x", "path_encoding"),
        ("/srv/data/%u002e%u002e/x", "path_encoding"),
        ("/srv/data/%ff", "path_encoding"),
        ("/srv/data/x\0.png", "path_control"),
        ("/srv/data/x%00.png", "path_control"),
        ("/srv/data/x%2500.png", "path_control"),
        ("/srv/data/x\n", "path_control"),
        ("/srv/data/\u{202e}gpj.sh", "path_control"),
        ("/srv/data/.\u{200b}./x", "path_control"),
        ("/srv/data/\u{ff0e}\u{ff0e}/x", "path_lookalike"),
        ("/srv/data/\u{2025}/x", "path_lookalike"),
        ("/srv/data\u{2215}..\u{2215}x", "path_lookalike"),
        ("/srv/data/%ef%bc%8e%ef%bc%8e/x", "path_lookalike"),
        ("//server/share", "path_share"),
        ("\\\\server\\share", "path_backslash"),
        ("C:\\Windows", "path_drive"),
        ("c:/windows", "path_drive"),
        ("C:x", "path_drive"),
        ("file:///etc/passwd", "path_url"),
        ("FILE:/etc/passwd", "path_url"),
        ("file:x", "path_url"),
        ("https://example.com/x", "path_url"),
        ("~/x", "path_expansion"),
        ("~root/x", "path_expansion"),
        ("/srv/data/$HOME/x", "path_expansion"),
        ("/srv/data/${IFS}", "path_expansion"),
        ("/srv/data/$(id)", "path_expansion"),
        ("/srv/data/`id`", "path_expansion"),
        ("%USERPROFILE%/x", "path_expansion"),
        ("/srv/data/x.", "path_name"),
        ("/srv/data/x ", "path_name"),
        ("/srv/data/x./y", "path_name"),
    ] {
        assert_eq!(judged(&check, path), expected, "{path:?}");
    }
    let long = format!("/srv/data/{}", "a".repeat(256));
    assert_eq!(judged(&check, &long), "path_name");
    let deep = format!("/srv/data{}", "/aaa".repeat(1100));
    assert_eq!(judged(&check, &deep), "path_name");
}

#[test]
fn windows_has_rules_of_its_own() {
    let check = check(&["C:\\data"], &["*.key"], false);
    for (path, expected) in [
        ("C:\\data\\a", ""),
        ("c:/DATA/a", ""),
        ("C:\\data", ""),
        ("D:\\data\\a", "path_outside"),
        ("C:\\database", "path_outside"),
        ("\\data\\a", "path_outside"),
        ("C:data", "path_drive"),
        ("C:\\data\\..\\x", "path_traversal"),
        ("C:\\data/../x", "path_traversal"),
        ("\\\\?\\C:\\data", "path_share"),
        ("\\\\server\\c$", "path_share"),
        ("C:\\data\\a:stream", "path_drive"),
        ("C:\\data\\NUL", "path_name"),
        ("C:\\data\\com1.txt", "path_name"),
        ("C:\\data\\console.txt", ""),
        ("C:\\data\\SECRET~1.TXT", "path_name"),
        ("C:\\data\\x.KEY", "path_denied"),
    ] {
        assert_eq!(judged(&check, path), expected, "{path:?}");
    }
}

#[test]
fn what_is_denied_is_refused() {
    let check = check(
        &["/srv"],
        &["**/.ssh/**", ".env", "*.pem", "/srv/a/*/private", "id_?sa"],
        true,
    );
    for (path, expected) in [
        ("/srv/.ssh", "path_denied"),
        ("/srv/x/.ssh/config", "path_denied"),
        ("/srv/x/.SSH/config", "path_denied"),
        ("/srv/x/.\u{17f}sh/config", "path_denied"),
        ("/srv/.env", "path_denied"),
        ("/srv/.%65nv", "path_denied"),
        ("/srv/.env/x", "path_denied"),
        ("/srv/.env.example", ""),
        ("/srv/x/KEY.Pem", "path_denied"),
        ("/srv/a/b/private", "path_denied"),
        ("/srv/a/b/private/c", "path_denied"),
        ("/srv/a/b/c/private", ""),
        ("/srv/id_rsa", "path_denied"),
        ("/srv/id_ed25519", ""),
        // What is relative begins in a root.
        ("a/b/private", "path_denied"),
        ("a/b", ""),
        ("../x", "path_traversal"),
        (".ssh/id", "path_denied"),
    ] {
        assert_eq!(judged(&check, path), expected, "{path:?}");
    }
}

#[test]
fn chosen_arguments_are_judged() {
    let check = Check::FilePath(check(&["/srv/data"], &[], false));
    for (arguments, expected) in [
        (r#"{"path":"/srv/data/x","text":"../.."}"#, vec![]),
        (
            r#"{"path":"/srv/data/\u002e\u002e/x"}"#,
            vec!["path_traversal $.path"],
        ),
        (
            r#"{"paths":["/srv/data","/etc"]}"#,
            vec!["path_outside $.paths[1]"],
        ),
        (r#"{"path":7}"#, vec!["path_relative $.path"]),
        (
            r#"{"path":{"../x":"/srv/data/x"}}"#,
            vec![r#"path_traversal $.path[*]"#],
        ),
        (r#"{"path":{"name":"/srv/data/x"}}"#, vec![]),
    ] {
        let (report, _) = inspect(&check, Operation::Mutate, arguments);
        assert_eq!(rules(&report), expected, "{arguments}");
        assert_eq!(report.is_blocked(), !expected.is_empty());
    }
    let arguments = format!(r#"{{"path":{}}}"#, quoted("/etc/secret-4711"));
    let (report, _) = inspect(&check, Operation::Validate, &arguments);
    assert_eq!(
        report.reason(),
        "the path in `$.path` is outside of what may be read and written; it must be in `/srv/data`"
    );
}

#[test]
fn what_manifests_name_is_read() {
    for text in [
        "",
        "srv",
        "/srv/../x",
        "~",
        "file:///srv",
        "C:",
        "\\srv",
        "//srv/x",
    ] {
        assert_eq!(Root::parse(text), Err(InvalidRoot), "{text}");
    }
    assert_eq!(Root::parse("/").unwrap().to_string(), "/");
    for (text, expected) in [
        ("", InvalidGlob::Empty),
        ("/", InvalidGlob::Empty),
        ("**", InvalidGlob::Everything),
        ("*/**", InvalidGlob::Everything),
        ("[a]", InvalidGlob::Character('[')),
        ("{a,b}", InvalidGlob::Character('{')),
    ] {
        assert_eq!(PathGlob::parse(text), Err(expected), "{text}");
    }
    let hostile = PathGlob::parse(&"*a".repeat(100)).unwrap();
    assert!(!hostile.covers(&[&"a".repeat(99)]));
}

#[test]
fn samples_are_refused() {
    assert_eq!(
        check(&["/srv"], &["**/.ssh/**", "*.pem"], true).self_test(),
        Ok(())
    );
    assert_eq!(check(&["/"], &["/etc/shadow"], true).self_test(), Ok(()));
    assert_eq!(check(&[], &[], true).self_test(), Ok(()));
    assert_eq!(check(&["C:\\data"], &["*.key"], false).self_test(), Ok(()));
}
