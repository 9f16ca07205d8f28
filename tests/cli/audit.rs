//! `sluice audit verify`, of files that are as a process left them.

use std::fs;

use super::{show, sluice};

#[test]
fn a_log_is_checked_and_what_a_chain_cannot_show_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let zeros = "0".repeat(64);
    let first = format!(r#"{{"v":1,"seq":1,"prev":"{zeros}"}}"#);
    fs::write(directory.path().join("log.1"), format!("{first}\n")).unwrap();
    let second = r#"{"v":1,"seq":2,"prev":"82dd"}"#;
    fs::write(directory.path().join("log"), format!("{second}\n{{\"v\"")).unwrap();
    let verify = |arguments: &[&str]| {
        let all = [&["audit", "verify"], arguments].concat();
        show(&sluice(directory.path(), &all))
    };
    insta::assert_snapshot!(verify(&["log"]), @r##"
    exit code: 1
    --- stdout
    log:1: it does not follow from the line before it: one of the two was changed
    2 lines, 2 of them in a chain; 0 dropped when they were written
    the last 4 bytes are no whole line: whoever wrote it was killed, or writes it now
    last: 2:126762513df4e3528143e209d7e2de8840b9ee9b2b328cb586d32ceeed025471
    that the end is whole, and that not all of it was written anew, only a digest shows that was kept elsewhere (--anchor)
    --- stderr
    "##);
    insta::assert_snapshot!(verify(&["log.1", "--json"]), @r##"
    exit code: 0
    --- stdout
    {
      "chained": 1,
      "dropped": 0,
      "first": 1,
      "is_anchored": null,
      "last": {
        "seq": 1,
        "sha256": "01a665326c5ecf6bae584364da39d0345eb7a25d87e99bfc1797456691afe0e7"
      },
      "lines": 1,
      "more_problems": 0,
      "problems": [],
      "torn": 0
    }
    --- stderr
    "##);
    insta::assert_snapshot!(verify(&["nothing"]), @r##"
    exit code: 2
    --- stdout
    --- stderr
    sluice: can't read nothing: No such file or directory (os error 2)
    "##);
    insta::assert_snapshot!(verify(&["log", "--anchor", "1:x"]), @r##"
    exit code: 2
    --- stdout
    --- stderr
    error: invalid value '1:x' for '--anchor <SEQ:SHA256>': it is not a number, a colon and 64 hexadecimal digits

    For more information, try '--help'.
    "##);
}
