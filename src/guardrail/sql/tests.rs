use super::super::Check;
use super::super::leaf::shown::{inspect, places, rules};
use super::*;

mod attacks;
mod limits;
mod listed;

fn names(texts: &[&str]) -> Vec<NamePattern> {
    texts
        .iter()
        .map(|it| NamePattern::parse(it).unwrap())
        .collect()
}

fn allow(texts: &[&str]) -> Names {
    Names {
        allow: Some(names(texts)),
        deny: Vec::new(),
    }
}

fn deny(texts: &[&str]) -> Names {
    Names {
        allow: None,
        deny: names(texts),
    }
}

fn sql(dialect: Dialect) -> Sql {
    Sql {
        dialect,
        ..Sql::default()
    }
}

/// Every kind of statement.
fn all_kinds() -> BTreeSet<StatementKind> {
    StatementKind::ALL.into()
}

/// The rules that a text breaks, each once.
fn broken(policy: &Sql, text: &str) -> Vec<&'static str> {
    let verdict = policy.judge(text);
    let mut rules: Vec<&'static str> = verdict.flaws.iter().map(|flaw| flaw.rule).collect();
    if verdict.limited.is_some() {
        rules.push("sql_limit");
    }
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// Shows a policy texts, and says which of them pass that must not, or do not that must.
fn passes(policy: &Sql, texts: &[(&str, bool)]) {
    let wrong: Vec<_> = texts
        .iter()
        .filter(|(text, is_fine)| broken(policy, text).is_empty() != *is_fine)
        .map(|(text, _)| (text, policy.judge(text).flaws))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn kinds_of_statements_are_told_apart_wherever_they_are() {
    use Dialect as D;
    use StatementKind as K;
    for (dialect, text, expected) in [
        (D::Postgres, "SELECT 1", vec![K::Select]),
        (D::Postgres, "VALUES (1)", vec![K::Select]),
        (D::Postgres, "INSERT INTO t (a) VALUES (1)", vec![K::Insert]),
        (
            D::Postgres,
            "INSERT INTO t (a) SELECT a FROM u",
            vec![K::Insert, K::Select],
        ),
        (
            D::Postgres,
            "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2",
            vec![K::Insert, K::Update],
        ),
        (
            D::MySql,
            "REPLACE INTO t (a) VALUES (1)",
            vec![K::Insert, K::Update],
        ),
        (D::Postgres, "UPDATE t SET a = 1", vec![K::Update]),
        (
            D::Postgres,
            "UPDATE t SET a = (SELECT 1)",
            vec![K::Select, K::Update],
        ),
        (D::Postgres, "DELETE FROM t", vec![K::Delete]),
        (
            D::Postgres,
            "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
            vec![K::Delete, K::Select],
        ),
        (
            D::Postgres,
            "WITH x AS (SELECT 1) DELETE FROM t USING x",
            vec![K::Delete, K::Select],
        ),
        (
            D::Postgres,
            "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE",
            vec![K::Merge, K::Delete],
        ),
        (
            D::Postgres,
            "SELECT a INTO x FROM t",
            vec![K::Select, K::Create],
        ),
        (
            D::MsSql,
            "SELECT a INTO x FROM t",
            vec![K::Select, K::Create],
        ),
        (
            D::Postgres,
            "SELECT a FROM t FOR UPDATE",
            vec![K::Select, K::Lock],
        ),
        (D::Postgres, "EXPLAIN SELECT 1", vec![K::Explain, K::Select]),
        (
            D::Postgres,
            "EXPLAIN ANALYZE DELETE FROM t",
            vec![K::Explain, K::Delete],
        ),
        (
            D::Postgres,
            "EXPLAIN (ANALYZE) DELETE FROM t",
            vec![K::Explain, K::Delete],
        ),
        (D::MySql, "DESCRIBE t", vec![K::Explain]),
        (D::MySql, "SHOW TABLES", vec![K::Show]),
        (D::Postgres, "SET search_path = x", vec![K::Set]),
        (D::Postgres, "CREATE TABLE t (a int)", vec![K::Create]),
        (
            D::Postgres,
            "CREATE TABLE t AS SELECT 1",
            vec![K::Create, K::Select],
        ),
        (D::Postgres, "ALTER TABLE t DROP COLUMN a", vec![K::Alter]),
        (D::Postgres, "DROP TABLE t", vec![K::Drop]),
        (D::Postgres, "TRUNCATE t", vec![K::Truncate]),
        (D::Postgres, "GRANT SELECT ON t TO u", vec![K::Grant]),
        (D::Postgres, "REVOKE SELECT ON t FROM u", vec![K::Revoke]),
        (D::Postgres, "COPY t TO STDOUT", vec![K::Copy]),
        (D::Postgres, "CALL p()", vec![K::Call]),
        (
            D::Postgres,
            "PREPARE x AS DELETE FROM t",
            vec![K::Prepare, K::Delete],
        ),
        (D::Postgres, "EXECUTE x", vec![K::Execute]),
        (D::Postgres, "BEGIN", vec![K::Transaction]),
        (D::Postgres, "COMMIT", vec![K::Transaction]),
        (D::Postgres, "LOCK TABLE t", vec![K::Lock]),
        (D::Sqlite, "PRAGMA user_version", vec![K::Pragma]),
        (D::Sqlite, "ATTACH DATABASE 'x' AS y", vec![K::Other]),
        (D::Postgres, "VACUUM", vec![K::Other]),
    ] {
        let policy = Sql {
            kinds: expected.iter().copied().collect(),
            ..sql(dialect)
        };
        assert_eq!(broken(&policy, text), [""; 0], "{text}");
        for kind in &expected {
            let mut kinds = all_kinds();
            kinds.remove(kind);
            let policy = Sql {
                kinds,
                ..sql(dialect)
            };
            assert_eq!(
                broken(&policy, text),
                ["sql_statement"],
                "{text} without {kind:?}"
            );
        }
    }
}

#[test]
fn stars_are_found() {
    let policy = Sql {
        select_star: false,
        ..sql(Dialect::Postgres)
    };
    passes(
        &policy,
        &[
            ("SELECT id FROM users", true),
            ("SELECT count(*) FROM users", true),
            ("SELECT 2 * 3", true),
            (
                "SELECT id FROM users WHERE EXISTS (SELECT * FROM orders)",
                true,
            ),
            ("SELECT * FROM users", false),
            ("SELECT/**/*/**/FROM users", false),
            ("SELECT id, * FROM users", false),
            ("SELECT u.* FROM users u", false),
            ("SELECT public.users.* FROM public.users", false),
            ("SELECT u FROM users u", false),
            ("SELECT id FROM (SELECT * FROM users) x", false),
            ("WITH x AS (SELECT * FROM users) SELECT id FROM x", false),
            ("SELECT id FROM a UNION SELECT * FROM b", false),
            ("SELECT id FROM a WHERE id IN (SELECT * FROM b)", false),
            ("TABLE users", false),
        ],
    );
    let duck = Sql {
        select_star: false,
        ..sql(Dialect::DuckDb)
    };
    for text in [
        "FROM users",
        "SELECT COLUMNS('.*') FROM users",
        "SELECT * EXCLUDE (a) FROM users",
    ] {
        assert_eq!(broken(&duck, text), ["sql_select_star"], "{text}");
    }
}

#[test]
fn conditions_are_needed() {
    use StatementKind as K;
    let policy = Sql {
        require_where: [K::Select, K::Update, K::Delete].into(),
        kinds: all_kinds(),
        ..sql(Dialect::Postgres)
    };
    passes(
        &policy,
        &[
            ("SELECT id FROM users WHERE id = 1", true),
            ("SELECT 1", true),
            ("SELECT id FROM (SELECT id FROM users WHERE id = 1) x", true),
            ("SELECT id FROM users", false),
            ("SELECT id FROM users WHERE true", false),
            ("SELECT id FROM users WHERE 1 = 1", false),
            ("SELECT id FROM users WHERE id = id", false),
            ("SELECT id FROM users WHERE id = 1 OR 1 = 1", false),
            ("SELECT id FROM users WHERE (id = 1 OR (true))", false),
            ("SELECT id FROM users WHERE id = 1 AND 1 = 1", true),
            ("UPDATE users SET a = 1", false),
            ("UPDATE users SET a = 1 WHERE id = 3", true),
            ("DELETE FROM users", false),
            ("DELETE FROM users WHERE 'a' = 'a'", false),
            ("DELETE FROM users WHERE id = 3", true),
            ("WITH x AS (DELETE FROM users RETURNING id) SELECT 1", false),
            ("SELECT id FROM a JOIN b ON a.id = b.id", false),
        ],
    );
}

#[test]
fn arguments_have_to_be_sql() {
    let check = Check::Sql(Box::new(Sql {
        places: places(&["query"]),
        select_star: false,
        require_limit: Some(100),
        ..sql(Dialect::Postgres)
    }));
    for (arguments, expected, mended) in [
        (r#"{"query":"SELECT id FROM t LIMIT 5"}"#, vec![], None),
        (
            r#"{"query":"SELECT * FROM users LIMIT 5"}"#,
            vec!["sql_select_star $.query"],
            None,
        ),
        (r#"{}"#, vec!["sql_syntax $"], None),
        (r#"{"query":null}"#, vec!["sql_syntax $"], None),
        (
            r#"{"Query":"SELECT 1"}"#,
            vec!["ambiguous_key $.Query", "sql_syntax $"],
            None,
        ),
        (r#"{"query":1}"#, vec!["sql_syntax $.query"], None),
        (
            r#"{"query":["SELECT id FROM t LIMIT 5","DROP TABLE t"]}"#,
            vec!["sql_statement $.query[1]"],
            None,
        ),
        (
            r#"{"query":{"text":"SELECT id FROM t LIMIT 5"}}"#,
            vec!["sql_syntax $.query.text"],
            None,
        ),
        (
            r#"{"query":"SELECT \"a\" FROM t; "}"#,
            vec!["sql_limit $.query"],
            Some(r#"{"query":"SELECT \"a\" FROM t LIMIT 100; "}"#),
        ),
    ] {
        let (report, text) = inspect(&check, Operation::Mutate, arguments);
        assert_eq!(rules(&report), expected, "{arguments}");
        assert_eq!(text, mended.unwrap_or(arguments));
        assert_eq!(
            report.is_blocked(),
            mended.is_none() && !expected.is_empty()
        );
    }
}

#[test]
fn a_model_is_told_what_to_do() {
    let check = Check::Sql(Box::new(Sql {
        places: places(&["query"]),
        select_star: false,
        tables: allow(&["orders", "users"]),
        ..sql(Dialect::Postgres)
    }));
    for (text, expected) in [
        (
            "SELECT * FROM users",
            "the SQL in `$.query` is refused: it asks for all columns; name the columns that are \
             needed instead of `*`",
        ),
        (
            "SELECT id FROM keys",
            "the SQL in `$.query` is refused: the table `keys` may not be used; those that may be \
             are `orders`, `users`",
        ),
        (
            "DROP TABLE users",
            "the SQL in `$.query` is refused: it does what is called `drop` here, which is not \
             allowed; allowed is select",
        ),
    ] {
        let arguments = format!(r#"{{"query":{}}}"#, quoted(text));
        let (report, _) = inspect(&check, Operation::Validate, &arguments);
        assert_eq!(report.reason(), expected);
    }
}

#[test]
fn samples_are_refused() {
    for dialect in Dialect::ALL {
        assert_eq!(Dialect::parse(dialect.as_str()), Some(dialect));
        let policy = Sql {
            tables: deny(&["secrets", "audit.*"]),
            columns: deny(&["password", "users.ssn"]),
            select_star: false,
            require_limit: Some(10),
            comments: false,
            ..sql(dialect)
        };
        assert_eq!(policy.self_test(), Ok(()), "{dialect:?}");
        assert_eq!(sql(dialect).self_test(), Ok(()), "{dialect:?}");
    }
    for kind in StatementKind::ALL {
        assert_eq!(StatementKind::parse(kind.as_str()), Some(kind));
    }
}
