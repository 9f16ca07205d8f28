use super::*;

/// What becomes of a text that may give ten rows: itself, another text, or nothing.
fn limited(dialect: Dialect, text: &str) -> Option<String> {
    let policy = Sql {
        require_limit: Some(10),
        kinds: all_kinds(),
        ..sql(dialect)
    };
    let verdict = policy.judge(text);
    match verdict.limited {
        Some(limited) => Some(limited),
        None if verdict.flaws.is_empty() => Some(text.to_owned()),
        None => {
            let rules = broken(&policy, text);
            (rules != ["sql_limit"]).then(|| format!("{rules:?}"))
        }
    }
}

#[test]
fn few_rows_stay() {
    use Dialect as D;
    let mut wrong = Vec::new();
    for (dialect, text) in [
        (D::Postgres, "SELECT a FROM t LIMIT 10"),
        (D::Postgres, "SELECT a FROM t LIMIT 1 OFFSET 5"),
        (D::Postgres, "SELECT a FROM t OFFSET 5 LIMIT 10"),
        (D::Postgres, "SELECT a FROM t FETCH FIRST 3 ROWS ONLY"),
        (D::Postgres, "SELECT a FROM t FETCH FIRST ROW ONLY"),
        (D::Postgres, "(SELECT a FROM t LIMIT 10)"),
        (
            D::Postgres,
            "SELECT a FROM t UNION SELECT b FROM u LIMIT 10",
        ),
        (
            D::Postgres,
            "WITH x AS (SELECT a FROM t) SELECT a FROM x LIMIT 10",
        ),
        (D::Postgres, "SELECT a FROM t LIMIT 10 FOR UPDATE"),
        (D::Postgres, "SELECT count(*) FROM t"),
        (D::Postgres, "SELECT count(*), max(a) AS m FROM t"),
        (D::Postgres, "SELECT 1"),
        (D::Postgres, "VALUES (1), (2)"),
        (D::Postgres, "INSERT INTO t (a) SELECT a FROM u"),
        (D::Postgres, "DELETE FROM t WHERE a = 1"),
        (D::MySql, "SELECT a FROM t LIMIT 5, 10"),
        (D::MsSql, "SELECT TOP 10 a FROM t"),
        (D::MsSql, "SELECT DISTINCT TOP (10) a FROM t"),
        (
            D::MsSql,
            "SELECT a FROM t ORDER BY a OFFSET 5 ROWS FETCH NEXT 10 ROWS ONLY",
        ),
        (D::Oracle, "SELECT a FROM t FETCH FIRST 10 ROWS ONLY"),
    ] {
        let limited = limited(dialect, text);
        if limited.as_deref() != Some(text) {
            wrong.push((text, limited));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn many_rows_become_few() {
    use Dialect as D;
    let mut wrong = Vec::new();
    for (dialect, text, expected) in [
        (D::Postgres, "SELECT a FROM t", "SELECT a FROM t LIMIT 10"),
        (
            D::Postgres,
            "select  a\n from \"t\" ;",
            "select  a\n from \"t\" LIMIT 10 ;",
        ),
        (
            D::Postgres,
            "SELECT 'ü;' FROM t -- last",
            "SELECT 'ü;' FROM t LIMIT 10 -- last",
        ),
        (
            D::Postgres,
            "SELECT a FROM t /* x */;",
            "SELECT a FROM t LIMIT 10 /* x */;",
        ),
        (
            D::Postgres,
            "SELECT a FROM t LIMIT 11",
            "SELECT a FROM t LIMIT 10",
        ),
        (
            D::Postgres,
            "SELECT a FROM t LIMIT 99999999999999999999",
            "SELECT a FROM t LIMIT 10",
        ),
        (
            D::Postgres,
            "SELECT a FROM t LIMIT 1e3",
            "SELECT a FROM t LIMIT 10",
        ),
        (
            D::Postgres,
            "SELECT a FROM t LIMIT 5 + 6",
            "SELECT a FROM t LIMIT 10",
        ),
        (
            D::Postgres,
            "SELECT a FROM t LIMIT (SELECT 99)",
            "SELECT a FROM t LIMIT (10)",
        ),
        (
            D::Postgres,
            "SELECT a FROM t LIMIT NULL",
            "SELECT a FROM t LIMIT 10",
        ),
        (
            D::Postgres,
            "SELECT a FROM t LIMIT $1",
            "SELECT a FROM t LIMIT 10",
        ),
        (
            D::Postgres,
            "SELECT a FROM t LIMIT 11 OFFSET 20",
            "SELECT a FROM t LIMIT 10 OFFSET 20",
        ),
        (
            D::Postgres,
            "SELECT a FROM t OFFSET 20",
            "SELECT a FROM t OFFSET 20 LIMIT 10",
        ),
        (
            D::Postgres,
            "SELECT a FROM t ORDER BY a",
            "SELECT a FROM t ORDER BY a LIMIT 10",
        ),
        (
            D::Postgres,
            "SELECT a FROM t UNION ALL SELECT b FROM u",
            "SELECT a FROM t UNION ALL SELECT b FROM u LIMIT 10",
        ),
        (
            D::Postgres,
            "(SELECT a FROM t LIMIT 5) UNION (SELECT b FROM u)",
            "(SELECT a FROM t LIMIT 5) UNION (SELECT b FROM u) LIMIT 10",
        ),
        (
            D::Postgres,
            "(SELECT a FROM t LIMIT 11)",
            "(SELECT a FROM t LIMIT 10)",
        ),
        (
            D::Postgres,
            "(SELECT a FROM t)",
            "(SELECT a FROM t) LIMIT 10",
        ),
        (
            D::Postgres,
            "SELECT a FROM (SELECT a FROM t LIMIT 3) x",
            "SELECT a FROM (SELECT a FROM t LIMIT 3) x LIMIT 10",
        ),
        (
            D::Postgres,
            "SELECT count(*) FROM t GROUP BY a",
            "SELECT count(*) FROM t GROUP BY a LIMIT 10",
        ),
        (
            D::Postgres,
            "SELECT generate_series(1, 1000)",
            "SELECT generate_series(1, 1000) LIMIT 10",
        ),
        (
            D::Postgres,
            "SELECT a FROM t FETCH FIRST 100 ROWS ONLY",
            "SELECT a FROM t FETCH FIRST 10 ROWS ONLY",
        ),
        (
            D::Postgres,
            "WITH x AS (SELECT a FROM t) SELECT a FROM x",
            "WITH x AS (SELECT a FROM t) SELECT a FROM x LIMIT 10",
        ),
        (
            D::MySql,
            "SELECT a FROM t LIMIT 5, 11",
            "SELECT a FROM t LIMIT 5, 10",
        ),
        (
            D::Sqlite,
            "SELECT a FROM t LIMIT -1",
            "SELECT a FROM t LIMIT 10",
        ),
        (D::MsSql, "SELECT a FROM t", "SELECT TOP (10) a FROM t"),
        (
            D::MsSql,
            "SELECT DISTINCT a FROM t",
            "SELECT DISTINCT TOP (10) a FROM t",
        ),
        (
            D::MsSql,
            "SELECT TOP 11 a FROM t WHERE b = 12",
            "SELECT TOP 10 a FROM t WHERE b = 12",
        ),
        (
            D::MsSql,
            "SELECT a FROM t ORDER BY a OFFSET 5 ROWS",
            "SELECT a FROM t ORDER BY a OFFSET 5 ROWS FETCH NEXT 10 ROWS ONLY",
        ),
        (
            D::Oracle,
            "SELECT a FROM t",
            "SELECT a FROM t FETCH FIRST 10 ROWS ONLY",
        ),
        (
            D::BigQuery,
            "SELECT a FROM `p.d.t`",
            "SELECT a FROM `p.d.t` LIMIT 10",
        ),
        (D::Snowflake, "SELECT a FROM t", "SELECT a FROM t LIMIT 10"),
        (D::DuckDb, "FROM t", "FROM t LIMIT 10"),
    ] {
        let limited = limited(dialect, text);
        if limited.as_deref() != Some(expected) {
            wrong.push((text, limited));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_cannot_have_a_limit_is_refused() {
    use Dialect as D;
    let mut wrong = Vec::new();
    for (dialect, text) in [
        (D::Postgres, "SELECT a FROM t LIMIT ALL"),
        (
            D::Postgres,
            "SELECT a FROM t ORDER BY a FETCH FIRST 3 ROWS WITH TIES",
        ),
        (D::Postgres, "SELECT a FROM t FOR UPDATE"),
        (D::Postgres, "DELETE FROM t RETURNING a"),
        (
            D::Postgres,
            "WITH x AS (SELECT 1) DELETE FROM t RETURNING a",
        ),
        (D::Postgres, "COPY t TO STDOUT"),
        (D::Postgres, "CALL p()"),
        (D::Postgres, "EXECUTE p"),
        (D::Snowflake, "SELECT a FROM t OFFSET 5"),
        (D::MsSql, "SELECT a FROM t UNION SELECT b FROM u"),
        (D::MsSql, "SELECT TOP 5 PERCENT a FROM t"),
        (D::MsSql, "SELECT TOP 5 WITH TIES a FROM t ORDER BY a"),
        (D::ClickHouse, "SELECT a FROM t LIMIT 1 BY b"),
        (D::BigQuery, "FROM t |> SELECT a |> LIMIT 5"),
    ] {
        let limited = limited(dialect, text);
        if limited.is_some() {
            wrong.push((text, limited));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let several = Sql {
        require_limit: Some(10),
        multiple_statements: true,
        ..sql(D::Postgres)
    };
    let text = "SELECT a FROM t; SELECT a FROM t LIMIT 1";
    assert_eq!(broken(&several, text), ["sql_limit"]);
}

#[test]
fn rows_that_become_one_value_are_many() {
    use Dialect as D;
    let strict = |dialect, functions| Sql {
        require_limit: Some(10),
        functions,
        ..sql(dialect)
    };
    for (dialect, text, is_fine) in [
        (
            D::Postgres,
            "SELECT string_agg(a, ',') FROM t LIMIT 1",
            false,
        ),
        (D::Postgres, "SELECT JSONB_AGG(t) FROM t LIMIT 1", false),
        (
            D::Postgres,
            "SELECT a, array_agg(b) OVER () FROM t LIMIT 1",
            false,
        ),
        (
            D::Postgres,
            "SELECT pg_catalog.json_object_agg(a, b) FROM t LIMIT 1",
            false,
        ),
        (D::Postgres, "SELECT ARRAY(SELECT a FROM t) LIMIT 1", false),
        (
            D::Postgres,
            "SELECT ARRAY(SELECT a FROM t LIMIT 5) LIMIT 1",
            true,
        ),
        (
            D::Postgres,
            "SELECT max(a) FROM (SELECT string_agg(a, ',') AS a FROM t) x",
            false,
        ),
        (D::Postgres, "SELECT max(a), count(b) FROM t LIMIT 1", true),
        (D::MySql, "SELECT group_concat(a) FROM t LIMIT 1", false),
        (
            D::Sqlite,
            "SELECT json_group_array(a) FROM t LIMIT 1",
            false,
        ),
        (
            D::Snowflake,
            "SELECT listagg(a, ',') WITHIN GROUP (ORDER BY a) FROM t LIMIT 1",
            false,
        ),
        (
            D::ClickHouse,
            "SELECT groupArrayIf(a, b) FROM t LIMIT 1",
            false,
        ),
        (D::DuckDb, "SELECT list(a) FROM t LIMIT 1", false),
        (
            D::MsSql,
            "SELECT TOP 1 (SELECT a FROM t FOR JSON PATH) AS x FROM u",
            false,
        ),
        (
            D::MsSql,
            "SELECT TOP 1 (SELECT TOP 5 a FROM t FOR JSON PATH) AS x FROM u",
            true,
        ),
        (D::MsSql, "SELECT TOP 5 a FROM t FOR XML AUTO", true),
    ] {
        let rules = broken(&strict(dialect, Names::default()), text);
        let expected: &[&str] = if is_fine { &[] } else { &["sql_limit"] };
        assert_eq!(rules, expected, "{text}");
    }
    let text = "SELECT string_agg(a, ',') FROM t LIMIT 1";
    let named = allow(&["string_agg"]);
    assert!(broken(&strict(D::Postgres, named), text).is_empty());
    assert!(
        broken(&sql(D::Postgres), text).is_empty(),
        "no limit is asked for"
    );
}
