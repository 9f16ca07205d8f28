//! The dialects of SQL.

use sqlparser::dialect::{self, Dialect as Parser};

/// A dialect of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// No one in particular: what dialects read in different ways is refused.
    Generic,
    /// ANSI SQL.
    Ansi,
    /// BigQuery.
    BigQuery,
    /// ClickHouse.
    ClickHouse,
    /// Databricks.
    Databricks,
    /// DuckDB.
    DuckDb,
    /// Hive.
    Hive,
    /// Microsoft SQL Server.
    MsSql,
    /// MySQL and MariaDB.
    MySql,
    /// Oracle.
    Oracle,
    /// PostgreSQL.
    Postgres,
    /// Amazon Redshift.
    Redshift,
    /// Snowflake.
    Snowflake,
    /// Spark SQL.
    Spark,
    /// SQLite.
    Sqlite,
}

/// How a query says how many rows it gives at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    Limit,
    Fetch,
    Top,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Generic,
        Self::Ansi,
        Self::BigQuery,
        Self::ClickHouse,
        Self::Databricks,
        Self::DuckDb,
        Self::Hive,
        Self::MsSql,
        Self::MySql,
        Self::Oracle,
        Self::Postgres,
        Self::Redshift,
        Self::Snowflake,
        Self::Spark,
        Self::Sqlite,
    ];

    /// The word for it, as a manifest has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Ansi => "ansi",
            Self::BigQuery => "bigquery",
            Self::ClickHouse => "clickhouse",
            Self::Databricks => "databricks",
            Self::DuckDb => "duckdb",
            Self::Hive => "hive",
            Self::MsSql => "mssql",
            Self::MySql => "mysql",
            Self::Oracle => "oracle",
            Self::Postgres => "postgres",
            Self::Redshift => "redshift",
            Self::Snowflake => "snowflake",
            Self::Spark => "spark",
            Self::Sqlite => "sqlite",
        }
    }

    /// The dialect of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    pub(super) fn parser(self) -> Box<dyn Parser> {
        match self {
            Self::Generic => Box::new(dialect::GenericDialect),
            Self::Ansi => Box::new(dialect::AnsiDialect {}),
            Self::BigQuery => Box::new(dialect::BigQueryDialect),
            Self::ClickHouse => Box::new(dialect::ClickHouseDialect {}),
            Self::Databricks => Box::new(dialect::DatabricksDialect {}),
            Self::DuckDb => Box::new(dialect::DuckDbDialect {}),
            Self::Hive => Box::new(dialect::HiveDialect {}),
            Self::MsSql => Box::new(dialect::MsSqlDialect {}),
            Self::MySql => Box::new(dialect::MySqlDialect {}),
            Self::Oracle => Box::new(dialect::OracleDialect {}),
            Self::Postgres => Box::new(dialect::PostgreSqlDialect {}),
            Self::Redshift => Box::new(dialect::RedshiftSqlDialect {}),
            Self::Snowflake => Box::new(dialect::SnowflakeDialect),
            Self::Spark => Box::new(dialect::SparkSqlDialect {}),
            Self::Sqlite => Box::new(dialect::SQLiteDialect {}),
        }
    }

    /// Whether `$$…$$` is a string; elsewhere it is names with statements between them.
    pub(super) const fn has_dollar_strings(self) -> bool {
        matches!(
            self,
            Self::Postgres
                | Self::Redshift
                | Self::DuckDb
                | Self::Snowflake
                | Self::Databricks
                | Self::Spark
        )
    }

    /// Whether `E'…'` is one literal.
    pub(super) const fn has_escape_strings(self) -> bool {
        matches!(self, Self::Postgres | Self::Redshift | Self::DuckDb)
    }

    /// Whether the name of a table stands for its rows, with all their columns.
    pub(super) const fn has_whole_rows(self) -> bool {
        matches!(
            self,
            Self::Generic
                | Self::Ansi
                | Self::Postgres
                | Self::Redshift
                | Self::DuckDb
                | Self::BigQuery
        )
    }

    pub(super) const fn bound(self) -> Bound {
        match self {
            Self::MsSql => Bound::Top,
            Self::Oracle | Self::Ansi => Bound::Fetch,
            Self::Generic
            | Self::BigQuery
            | Self::ClickHouse
            | Self::Databricks
            | Self::DuckDb
            | Self::Hive
            | Self::MySql
            | Self::Postgres
            | Self::Redshift
            | Self::Snowflake
            | Self::Spark
            | Self::Sqlite => Bound::Limit,
        }
    }

    /// Whether a LIMIT may follow an OFFSET.
    pub(super) const fn has_late_limit(self) -> bool {
        matches!(self, Self::Postgres | Self::DuckDb | Self::Redshift)
    }
}
