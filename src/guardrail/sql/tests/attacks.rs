use super::*;

#[test]
fn what_readers_take_in_different_ways_is_refused() {
    use Dialect as D;
    let mut wrong = Vec::new();
    for (dialect, text, expected) in [
        // Statements after statements.
        (
            D::Postgres,
            "SELECT 1; DROP TABLE users",
            "sql_multiple_statements",
        ),
        (
            D::Postgres,
            "SELECT 1;;DROP TABLE users",
            "sql_multiple_statements",
        ),
        (
            D::Postgres,
            "SELECT 1;\n--x\nDELETE FROM users",
            "sql_multiple_statements",
        ),
        (D::MySql, "SELECT 1 END; DROP TABLE users", "sql_syntax"),
        (D::MsSql, "SELECT 1 DROP TABLE users", "sql_syntax"),
        (
            D::MsSql,
            "SELECT a FROM t shutdown",
            "sql_multiple_statements",
        ),
        (
            D::MsSql,
            "SELECT a FROM t SHUTDOWN",
            "sql_multiple_statements",
        ),
        (D::MsSql, "SELECT 1 revert", "sql_multiple_statements"),
        (
            D::MsSql,
            "SELECT a FROM t EXEC xp_cmdshell 'dir'",
            "sql_syntax",
        ),
        (D::Oracle, "BEGIN DELETE FROM t; END;", "sql_syntax"),
        // Comments.
        (
            D::MySql,
            "SELECT 1 /*!50000 UNION SELECT password FROM users */",
            "sql_hint",
        ),
        (D::MySql, "SELECT /*!*/ 1", "sql_hint"),
        (D::MySql, "SELECT 1 /*M! UNION SELECT 2 */", "sql_hint"),
        (D::Oracle, "SELECT /*+ FULL(t) */ a FROM t", "sql_hint"),
        (D::Oracle, "SELECT --+ FULL(t)\n a FROM t", "sql_hint"),
        (D::Postgres, "SELECT 1 /* /* */ */", "sql_ambiguous"),
        (
            D::MySql,
            "SELECT 1 /* /* */; DROP TABLE t -- */",
            "sql_ambiguous",
        ),
        (D::Postgres, "SELECT 1 -- x\rDROP TABLE t", "sql_syntax"),
        (D::MySql, "SELECT 1 -- x\rDROP TABLE t", "sql_ambiguous"),
        (D::Generic, "SELECT 1 --1", "sql_ambiguous"),
        (D::Generic, "SELECT 1 # x", "sql_ambiguous"),
        (
            D::Postgres,
            "SELECT 1 --\u{2028}DROP TABLE t",
            "sql_ambiguous",
        ),
        (D::Postgres, "SELECT 1 /* x", "sql_syntax"),
        // Strings.
        (
            D::MySql,
            r"SELECT 'x\'; DROP TABLE t; -- '",
            "sql_ambiguous",
        ),
        (
            D::Postgres,
            r"SELECT 'x\'; DROP TABLE t; -- '",
            "sql_ambiguous",
        ),
        (
            D::Postgres,
            r"SELECT E'x\'; DROP TABLE t; -- '",
            "sql_ambiguous",
        ),
        (D::Generic, "SELECT E'x'", "sql_ambiguous"),
        (D::MySql, r"SELECT 'C:\\'", "sql_ambiguous"),
        (D::MySql, "SELECT $$; DROP TABLE t; $$", "sql_syntax"),
        (D::Generic, "SELECT $a$; DROP TABLE t; $a$", "sql_ambiguous"),
        (D::Oracle, "SELECT U&'\\0041' FROM t", "sql_ambiguous"),
        (
            D::Postgres,
            "SELECT U&\"\\0070assword\" FROM users",
            "sql_ambiguous",
        ),
        (D::Generic, "SELECT Q'[x]' FROM t", "sql_ambiguous"),
        (D::Postgres, "SELECT 'x", "sql_syntax"),
        (D::Postgres, "SELECT \"x", "sql_syntax"),
        // Characters.
        (D::Postgres, "SELECT\u{a0}1", "sql_ambiguous"),
        (D::Postgres, "SELECT 1\u{3000}", "sql_ambiguous"),
        (D::Postgres, "SELECT 1\u{0}", "sql_ambiguous"),
        (D::Postgres, "SELECT 1\u{b}", "sql_ambiguous"),
        (D::Postgres, "SELECT a\u{200b} FROM t", "sql_ambiguous"),
        (
            D::Postgres,
            "SELECT 1 \u{37e} DROP TABLE t",
            "sql_ambiguous",
        ),
        (D::Postgres, "\\copy t to x", "sql_ambiguous"),
        // What does not parse.
        (D::Postgres, "", "sql_syntax"),
        (D::Postgres, ";", "sql_syntax"),
        (D::Postgres, "-- nothing", "sql_syntax"),
        (D::Postgres, "hello", "sql_syntax"),
        (
            D::Postgres,
            "DO $$ BEGIN DELETE FROM t; END $$",
            "sql_syntax",
        ),
        (D::Postgres, "SELECT 1 UNION", "sql_syntax"),
        (D::MySql, "HANDLER t OPEN", "sql_syntax"),
        (
            D::MySql,
            "SELECT a FROM t INTO OUTFILE '/tmp/x'",
            "sql_syntax",
        ),
        // Programs and files.
        (D::Postgres, "COPY t TO PROGRAM 'sh'", "sql_program"),
        (D::Postgres, "COPY t FROM PROGRAM 'sh'", "sql_program"),
        (
            D::Postgres,
            "SELECT pg_read_file('/etc/passwd')",
            "sql_function",
        ),
        (
            D::Postgres,
            "SELECT pg_catalog.PG_READ_FILE('/etc/passwd')",
            "sql_function",
        ),
        (
            D::Postgres,
            "SELECT \"pg_read_file\"('/etc/passwd')",
            "sql_function",
        ),
        (
            D::Postgres,
            "SELECT lo_import('/etc/passwd')",
            "sql_function",
        ),
        (D::Postgres, "SELECT pg_sleep(100)", "sql_function"),
        (
            D::Postgres,
            "SELECT * FROM dblink('x', 'y') AS t(a int)",
            "sql_function",
        ),
        (
            D::Postgres,
            "SELECT 1 WHERE 1 = (SELECT 1 FROM pg_sleep(9))",
            "sql_function",
        ),
        (
            D::Postgres,
            "SELECT query_to_xml('DELETE', true, true, '')",
            "sql_function",
        ),
        (D::MySql, "SELECT load_file('/etc/passwd')", "sql_function"),
        (D::MySql, "SELECT sleep(10)", "sql_function"),
        (D::MySql, "SELECT benchmark(1e9, md5(1))", "sql_function"),
        (
            D::MsSql,
            "SELECT a FROM OPENROWSET('x', 'y', 'z') AS t",
            "sql_function",
        ),
        (D::MsSql, "EXEC xp_cmdshell 'dir'", "sql_function"),
        (D::MsSql, "EXEC master..xp_cmdshell 'dir'", "sql_function"),
        (D::Sqlite, "SELECT load_extension('x')", "sql_function"),
        (
            D::DuckDb,
            "SELECT a FROM read_csv('/etc/passwd')",
            "sql_function",
        ),
        (
            D::ClickHouse,
            "SELECT a FROM file('/etc/passwd')",
            "sql_function",
        ),
        (
            D::ClickHouse,
            "SELECT a FROM url('http://x', 'CSV')",
            "sql_function",
        ),
        (
            D::Oracle,
            "SELECT utl_http.request('http://x') FROM dual",
            "sql_function",
        ),
        (D::DuckDb, "SELECT a FROM '/etc/passwd'", "sql_table"),
        (
            D::DuckDb,
            "SELECT a FROM \"s3://bucket/x.parquet\"",
            "sql_table",
        ),
        (D::Spark, "SELECT a FROM csv.`/etc/passwd`", "sql_table"),
        (
            D::ClickHouse,
            "SELECT a FROM t SETTINGS readonly = 0",
            "sql_statement",
        ),
        (
            D::BigQuery,
            "SELECT a FROM EXTERNAL_QUERY('c', 'SELECT 1')",
            "sql_function",
        ),
        (
            D::Snowflake,
            "SELECT system$abort_session(1)",
            "sql_function",
        ),
    ] {
        let rules = broken(&sql(dialect), text);
        if !rules.contains(&expected) {
            wrong.push((dialect, text, rules));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_plain_passes() {
    use Dialect as D;
    let mut wrong = Vec::new();
    for (dialect, text) in [
        (D::Generic, "SELECT a FROM t WHERE b = 'it''s' -- fine"),
        (D::Postgres, "SELECT 1;"),
        (D::Postgres, "/* why */ SELECT a -- what\nFROM t"),
        (D::Postgres, "SELECT 'a; b -- c /* d', \"e;f\" FROM t"),
        (D::Postgres, "SELECT $$ it's; $$"),
        (D::Postgres, "SELECT E'a\\n'"),
        (D::Postgres, "SELECT 'ünï \u{200d} \u{3000}', größe FROM t"),
        (D::Postgres, "SELECT a::text, b->>'c', d @> '{}' FROM t"),
        (D::Postgres, "SELECT a FROM t\r\nWHERE b = 1"),
        (D::MySql, "SELECT `a` FROM `t` WHERE b = \"x\" # fine"),
        (D::MySql, "SELECT 1--1"),
        (D::MsSql, "SELECT [a b] FROM [dbo].[t]"),
        (D::BigQuery, "SELECT a FROM `p.d.t` WHERE b = r'\\d'"),
        (D::Snowflake, "SELECT a:b.c::string FROM t"),
        (D::Sqlite, "SELECT a FROM t WHERE b GLOB 'x*'"),
        (D::Oracle, "SELECT q'[it's]' FROM dual"),
        (D::Hive, "SELECT a FROM t LATERAL VIEW explode(b) x AS c"),
    ] {
        let flaws = sql(dialect).judge(text).flaws;
        if !flaws.is_empty() {
            wrong.push((dialect, text, flaws));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn functions_are_listed() {
    let policy = Sql {
        functions: Names {
            allow: Some(names(&["count", "lower", "pg_sleep"])),
            deny: names(&["lower"]),
        },
        ..sql(Dialect::Postgres)
    };
    for (text, is_fine) in [
        ("SELECT count(a) FROM t", true),
        ("SELECT pg_sleep(1)", true),
        ("SELECT lower(a) FROM t", false),
        ("SELECT upper(a) FROM t", false),
        ("SELECT other.count(a) FROM t", false),
    ] {
        assert_eq!(broken(&policy, text).is_empty(), is_fine, "{text}");
    }
}

#[test]
fn hostile_sizes_take_no_time_and_no_stack() {
    let deep = |open: &str, close: &str, times: usize| {
        format!("SELECT {}1{}", open.repeat(times), close.repeat(times))
    };
    let texts = [
        deep("(", ")", 5_000),
        deep("(SELECT ", ")", 5_000),
        deep("CASE WHEN 1 THEN ", " END", 2_000),
        deep("NOT ", "", 10_000),
        deep("- ", "", 10_000),
        deep("f(", ")", 5_000),
        deep("ARRAY[", "]", 5_000),
        format!("SELECT a FROM {}t{}", "(".repeat(5_000), ")".repeat(5_000)),
        format!("SELECT a FROM {}t{}", "(".repeat(38), ")".repeat(38)),
        format!(
            "SELECT a FROM t WHERE a IN {}1{}",
            "(".repeat(38),
            ")".repeat(38)
        ),
        format!("SELECT 1{}", " + 1".repeat(15_000)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(4_000)),
        format!("SELECT a FROM t{}", " JOIN t ON true".repeat(4_000)),
        format!("SELECT a FROM t WHERE a = 1{}", " OR a = 1".repeat(7_000)),
        format!("SELECT a{}", "[1]".repeat(15_000)),
        format!("SELECT a{}", "::int".repeat(10_000)),
        format!("SELECT a{}", ".b".repeat(30_000)),
        "(".repeat(60_000),
        "SELECT ".repeat(9_000),
        "x".repeat(MAX_BYTES + 1),
    ];
    for text in texts {
        for dialect in [Dialect::Generic, Dialect::MsSql] {
            let _: Vec<&str> = broken(&sql(dialect), &text);
        }
        assert!(
            !broken(&sql(Dialect::Postgres), &text).is_empty()
                || text.len() < 200
                || text.contains(".b")
        );
    }
    // Long is not deep.
    let many: Vec<String> = (0..9_000).map(|at| at.to_string()).collect();
    let long = format!("SELECT a FROM t WHERE a IN ({})", many.join(","));
    assert_eq!(broken(&sql(Dialect::Postgres), &long), [""; 0]);
}
