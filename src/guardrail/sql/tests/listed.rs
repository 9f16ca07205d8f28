use super::*;

#[test]
fn tables_are_listed() {
    let policy = Sql {
        tables: allow(&["users", "public.orders", "log_*"]),
        kinds: all_kinds(),
        ..sql(Dialect::Postgres)
    };
    passes(
        &policy,
        &[
            ("SELECT 1", true),
            ("SELECT id FROM users", true),
            ("SELECT id FROM USERS u", true),
            ("SELECT id FROM \"users\"", true),
            ("SELECT id FROM public.orders", true),
            ("SELECT id FROM log_2024", true),
            ("SELECT id FROM orders", false),
            ("SELECT id FROM public.users", false),
            ("SELECT id FROM secrets", false),
            ("SELECT id FROM users, secrets", false),
            ("SELECT id FROM users JOIN secrets ON true", false),
            (
                "SELECT id FROM users WHERE id IN (SELECT id FROM secrets)",
                false,
            ),
            ("SELECT (SELECT max(id) FROM secrets)", false),
            ("SELECT id FROM (SELECT id FROM secrets) users", false),
            ("SELECT id FROM users UNION SELECT id FROM secrets", false),
            (
                "SELECT id FROM users ORDER BY (SELECT 1 FROM secrets)",
                false,
            ),
            ("SELECT id FROM users LIMIT (SELECT 1 FROM secrets)", false),
            (
                "SELECT id FROM users GROUP BY id HAVING id > (SELECT 1 FROM secrets)",
                false,
            ),
            (
                "SELECT CASE WHEN EXISTS (SELECT 1 FROM secrets) THEN 1 END",
                false,
            ),
            (
                "SELECT f.x FROM users u, LATERAL (SELECT id x FROM secrets) f",
                false,
            ),
            (
                "SELECT id FROM users WHERE id = ANY (SELECT id FROM secrets)",
                false,
            ),
            ("TABLE secrets", false),
            ("SELECT id FROM users UNION TABLE secrets", false),
            ("SELECT id FROM users UNION TABLE users", true),
            // Names of common table expressions are no tables, where they reach.
            ("WITH x AS (SELECT id FROM users) SELECT id FROM x", true),
            ("WITH x AS (SELECT id FROM secrets) SELECT id FROM x", false),
            (
                "WITH secrets AS (SELECT 1 AS id) SELECT id FROM secrets",
                true,
            ),
            (
                "WITH secrets AS (SELECT 1 AS id) SELECT id FROM public.secrets",
                false,
            ),
            (
                "WITH secrets AS (SELECT id FROM secrets) SELECT id FROM secrets",
                false,
            ),
            (
                "WITH RECURSIVE x AS (SELECT 1 AS id UNION SELECT id FROM x) SELECT id FROM x",
                true,
            ),
            (
                "WITH a AS (SELECT id FROM secrets), secrets AS (SELECT 1) SELECT 1",
                false,
            ),
            (
                "WITH RECURSIVE a AS (SELECT id FROM secrets), secrets AS (SELECT 1) SELECT 1",
                false,
            ),
            (
                "SELECT (WITH secrets AS (SELECT 1) SELECT 1), id FROM secrets",
                false,
            ),
            (
                "WITH \"Secrets\" AS (SELECT 1 AS id) SELECT id FROM secrets",
                false,
            ),
            (
                "WITH x AS (DELETE FROM secrets RETURNING id) SELECT id FROM x",
                false,
            ),
            // Statements that write.
            ("INSERT INTO users (id) VALUES (1)", true),
            ("INSERT INTO secrets (id) VALUES (1)", false),
            ("INSERT INTO users (id) SELECT id FROM secrets", false),
            ("UPDATE users SET name = 'x' WHERE id = 1", true),
            ("UPDATE secrets SET name = 'x'", false),
            ("UPDATE users SET name = s.name FROM secrets s", false),
            ("DELETE FROM users WHERE id = 1", true),
            ("DELETE FROM secrets", false),
            (
                "DELETE FROM users USING secrets s WHERE users.id = s.id",
                false,
            ),
            (
                "MERGE INTO users USING secrets ON users.id = secrets.id WHEN MATCHED THEN DELETE",
                false,
            ),
            ("TRUNCATE secrets", false),
            ("TRUNCATE users", true),
            ("DROP TABLE secrets", false),
            ("DROP TABLE users", true),
            ("EXPLAIN SELECT id FROM secrets", false),
            // Nobody can tell.
            (
                "SELECT a.id FROM dblink('x', 'SELECT 1') AS a(id int)",
                false,
            ),
            ("SELECT x FROM my_function(1) AS x", false),
            ("SELECT x FROM generate_series(1, 3) AS x", true),
            ("SELECT x FROM unnest(ARRAY[1,2]) AS x", true),
            ("CREATE TABLE users AS SELECT id FROM secrets", false),
            ("SELECT query_to_xml('SELECT 1', true, true, '')", false),
            ("CALL p()", false),
            ("EXECUTE p", false),
            ("COPY secrets TO STDOUT", false),
            ("SET search_path TO evil", false),
            ("SHOW search_path", false),
        ],
    );
}

#[test]
fn denied_tables_are_denied_however_they_are_qualified() {
    let policy = Sql {
        tables: deny(&["secrets", "audit.*", "app.keys"]),
        ..sql(Dialect::Postgres)
    };
    passes(
        &policy,
        &[
            ("SELECT id FROM users", true),
            ("SELECT id FROM secrets", false),
            ("SELECT id FROM Public.\"SECRETS\"", false),
            ("SELECT id FROM db.public.secrets", false),
            ("SELECT id FROM secret\u{17f}", false),
            ("SELECT id FROM keys", false),
            ("SELECT id FROM app.keys", false),
            ("SELECT id FROM other.keys", true),
            ("SELECT id FROM audit.x", false),
        ],
    );
    for text in [
        "SELECT rolname FROM pg_authid",
        "SELECT usename FROM pg_catalog.pg_shadow",
    ] {
        assert_eq!(
            broken(&sql(Dialect::Postgres), text),
            ["sql_table"],
            "{text}"
        );
    }
    assert_eq!(
        broken(&sql(Dialect::MySql), "SELECT host FROM mysql.`user`"),
        ["sql_table"]
    );
}

#[test]
fn columns_are_listed() {
    let policy = Sql {
        columns: allow(&["users.id", "users.name", "orders.*", "total"]),
        kinds: all_kinds(),
        ..sql(Dialect::Postgres)
    };
    passes(
        &policy,
        &[
            ("SELECT 1", true),
            ("SELECT id, name FROM users", true),
            ("SELECT ID FROM Users", true),
            ("SELECT u.id FROM users u", true),
            ("SELECT users.id FROM users", true),
            ("SELECT count(*) FROM users", true),
            ("SELECT count(*), max(id) FROM users GROUP BY name", true),
            ("SELECT ssn FROM users", false),
            ("SELECT u.ssn FROM users u", false),
            ("SELECT lower(ssn) FROM users", false),
            ("SELECT id FROM users WHERE ssn = 'x'", false),
            ("SELECT id FROM users ORDER BY ssn", false),
            ("SELECT id FROM users GROUP BY id, ssn", false),
            (
                "SELECT id FROM users GROUP BY id HAVING max(ssn) > 'x'",
                false,
            ),
            ("SELECT count(ssn) FROM users", false),
            ("SELECT id AS ssn FROM users", true),
            ("SELECT ssn AS id FROM users", false),
            ("SELECT id AS ssn, ssn FROM users", false),
            ("SELECT id AS ssn FROM users WHERE ssn = 'x'", false),
            ("SELECT id AS x FROM users ORDER BY x", true),
            (
                "SELECT id + 1 AS x, count(*) AS n FROM users GROUP BY x ORDER BY n DESC",
                true,
            ),
            ("SELECT id AS x FROM users ORDER BY lower(ssn)", false),
            ("SELECT * FROM users", false),
            ("SELECT u.* FROM users u", false),
            ("SELECT users FROM users", false),
            ("SELECT u FROM users u", false),
            ("SELECT (u).ssn FROM users u", false),
            ("SELECT row_to_json(u) FROM users u", false),
            ("SELECT to_jsonb(users) FROM users", false),
            ("SELECT count(u.*) FROM users u", true),
            ("SELECT hash(u.*) FROM users u", false),
            ("TABLE users", false),
            (
                "SELECT id FROM users WHERE EXISTS (SELECT * FROM orders)",
                true,
            ),
            (
                "SELECT id FROM users WHERE EXISTS (SELECT 1 FROM (SELECT * FROM users) x)",
                false,
            ),
            ("SELECT o.x FROM orders o", true),
            ("SELECT anything FROM orders", true),
            // Which table it is of is not known: both must allow it.
            (
                "SELECT id FROM users JOIN orders ON users.id = orders.user_id",
                true,
            ),
            (
                "SELECT x FROM users JOIN orders ON users.id = orders.user_id",
                false,
            ),
            (
                "SELECT orders.x FROM users JOIN orders ON users.id = orders.user_id",
                true,
            ),
            ("SELECT id FROM users JOIN orders USING (id)", true),
            ("SELECT users.id FROM users JOIN orders USING (ssn)", false),
            ("SELECT users.id FROM users NATURAL JOIN orders", false),
            ("SELECT (SELECT ssn FROM orders LIMIT 1) FROM users", false),
            (
                "SELECT (SELECT orders.ssn FROM orders LIMIT 1) FROM users",
                true,
            ),
            ("SELECT id FROM users UNION SELECT ssn FROM users", false),
            // What a subquery gives was judged in it.
            ("SELECT x.y FROM (SELECT id AS y FROM users) x", true),
            ("SELECT y FROM (SELECT id AS y FROM users) x", true),
            ("SELECT y FROM (SELECT ssn AS y FROM users) x", false),
            ("SELECT x.ssn FROM (SELECT * FROM users) x", false),
            ("WITH x AS (SELECT id FROM users) SELECT x.id FROM x", true),
            ("WITH x AS (SELECT ssn FROM users) SELECT 1 FROM x", false),
            ("WITH x(a) AS (SELECT id FROM users) SELECT a FROM x", true),
            // Schemas count.
            ("SELECT public.users.id FROM public.users", false),
            ("SELECT other.ssn FROM users", false),
            ("SELECT total FROM users", true),
            ("SELECT total.x FROM users", true),
            ("SELECT id FROM other", false),
            ("SELECT id", false),
            // Writing is touching.
            ("UPDATE users SET name = 'x' WHERE id = 1", true),
            ("UPDATE users SET ssn = 'x' WHERE id = 1", false),
            ("UPDATE users SET (name, ssn) = ('a', 'b')", false),
            ("UPDATE users SET name = ssn", false),
            ("UPDATE users SET name = 'x' RETURNING ssn", false),
            ("UPDATE users SET name = 'x' RETURNING *", false),
            ("INSERT INTO users (id, name) VALUES (1, 'x')", true),
            ("INSERT INTO users (id, ssn) VALUES (1, 'x')", false),
            ("INSERT INTO users VALUES (1, 'x')", false),
            ("INSERT INTO users (id) VALUES (1) RETURNING ssn", false),
            (
                "INSERT INTO users (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET ssn = 'x'",
                false,
            ),
            (
                "INSERT INTO users (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
                true,
            ),
            ("DELETE FROM users WHERE id = 1", true),
            ("DELETE FROM users WHERE ssn LIKE '1%'", false),
            ("DELETE FROM users RETURNING *", false),
            (
                "MERGE INTO users u USING orders o ON u.id = o.id WHEN MATCHED THEN UPDATE SET ssn = o.x",
                false,
            ),
        ],
    );
}

#[test]
fn denied_columns_are_denied_however_they_are_called() {
    let policy = Sql {
        columns: deny(&["users.ssn", "password", "*.secret_*"]),
        kinds: all_kinds(),
        ..sql(Dialect::Postgres)
    };
    passes(
        &policy,
        &[
            ("SELECT id FROM users", true),
            ("SELECT ssn FROM users", false),
            ("SELECT u.\"SSN\" FROM users u", false),
            ("SELECT u.\u{17f}\u{17f}n FROM users u", false),
            ("SELECT public.users.ssn FROM public.users", false),
            ("SELECT ssn FROM people", true),
            (
                "SELECT p.ssn FROM people p JOIN users u ON p.id = u.id",
                true,
            ),
            (
                "SELECT ssn FROM people p JOIN users u ON p.id = u.id",
                false,
            ),
            ("SELECT x.ssn FROM users", false),
            ("SELECT password FROM anything", false),
            ("SELECT a.password.x FROM anything a", false),
            ("SELECT t.secret_1 FROM t", false),
            ("SELECT id FROM t WHERE secret_1 IS NULL", false),
            ("SELECT * FROM users", false),
            ("SELECT users FROM users", false),
            ("SELECT p FROM users u, people p", false),
            ("UPDATE users SET ssn = ''", false),
            (
                "SELECT id FROM users WHERE id IN (SELECT id FROM users WHERE ssn = 'x')",
                false,
            ),
        ],
    );
    let mysql = Sql {
        columns: deny(&["password"]),
        ..sql(Dialect::MySql)
    };
    passes(
        &mysql,
        &[
            ("SELECT `password` FROM u", false),
            ("SELECT \"password\" FROM u", false),
            ("SELECT 'password' FROM u", true),
        ],
    );
}
