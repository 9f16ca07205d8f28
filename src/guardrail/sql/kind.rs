//! What statements do.

use sqlparser::ast::{ObjectType, Query, SetExpr, Statement};

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatementKind {
    /// Reads rows.
    Select,
    /// Adds rows.
    Insert,
    /// Changes rows.
    Update,
    /// Removes rows.
    Delete,
    /// Adds, changes and removes rows.
    Merge,
    /// Creates something, a table of `SELECT INTO` too.
    Create,
    /// Changes the definition of something.
    Alter,
    /// Removes something.
    Drop,
    /// Empties a table.
    Truncate,
    /// Gives rights.
    Grant,
    /// Takes rights away.
    Revoke,
    /// Tells how a statement would be run, or of what columns a table is.
    Explain,
    /// Tells what there is.
    Show,
    /// Changes the session.
    Set,
    /// Chooses a database.
    Use,
    /// Runs a procedure.
    Call,
    /// Runs what was prepared, or what is in a string.
    Execute,
    /// Prepares a statement.
    Prepare,
    /// Moves rows from and to files.
    Copy,
    /// Locks rows or tables.
    Lock,
    /// Begins, ends or marks a transaction.
    Transaction,
    /// Reads or changes a setting of SQLite.
    Pragma,
    /// Anything else.
    Other,
}

impl StatementKind {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::Select,
        Self::Insert,
        Self::Update,
        Self::Delete,
        Self::Merge,
        Self::Create,
        Self::Alter,
        Self::Drop,
        Self::Truncate,
        Self::Grant,
        Self::Revoke,
        Self::Explain,
        Self::Show,
        Self::Set,
        Self::Use,
        Self::Call,
        Self::Execute,
        Self::Prepare,
        Self::Copy,
        Self::Lock,
        Self::Transaction,
        Self::Pragma,
        Self::Other,
    ];

    /// The word for it, as a manifest has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Merge => "merge",
            Self::Create => "create",
            Self::Alter => "alter",
            Self::Drop => "drop",
            Self::Truncate => "truncate",
            Self::Grant => "grant",
            Self::Revoke => "revoke",
            Self::Explain => "explain",
            Self::Show => "show",
            Self::Set => "set",
            Self::Use => "use",
            Self::Call => "call",
            Self::Execute => "execute",
            Self::Prepare => "prepare",
            Self::Copy => "copy",
            Self::Lock => "lock",
            Self::Transaction => "transaction",
            Self::Pragma => "pragma",
            Self::Other => "other",
        }
    }

    /// The kind of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Whether a statement of this kind names all tables that it touches where they can be seen.
    pub(super) const fn is_readable(self) -> bool {
        matches!(
            self,
            Self::Select
                | Self::Insert
                | Self::Update
                | Self::Delete
                | Self::Merge
                | Self::Truncate
                | Self::Drop
                | Self::Explain
                | Self::Lock
                | Self::Transaction
        )
    }

    /// A statement of this kind, where all dialects have the same.
    pub(super) const fn sample(self) -> Option<&'static str> {
        match self {
            Self::Select => Some("SELECT a FROM sample_table"),
            Self::Insert => Some("INSERT INTO sample_table (a) VALUES (1)"),
            Self::Update => Some("UPDATE sample_table SET a = 1"),
            Self::Delete => Some("DELETE FROM sample_table"),
            Self::Create => Some("CREATE TABLE sample_table (a INT)"),
            Self::Drop => Some("DROP TABLE sample_table"),
            Self::Alter => Some("ALTER TABLE sample_table ADD COLUMN b INT"),
            Self::Truncate => Some("TRUNCATE TABLE sample_table"),
            Self::Merge
            | Self::Grant
            | Self::Revoke
            | Self::Explain
            | Self::Show
            | Self::Set
            | Self::Use
            | Self::Call
            | Self::Execute
            | Self::Prepare
            | Self::Copy
            | Self::Lock
            | Self::Transaction
            | Self::Pragma
            | Self::Other => None,
        }
    }
}

/// What a statement does by itself; what is within it does more.
pub(super) fn of(statement: &Statement) -> Option<StatementKind> {
    use Statement as S;
    use StatementKind as K;
    let kind = match statement {
        // What a query does is in its body.
        S::Query(query) => return of_query(query),
        S::Insert(_) => K::Insert,
        S::Update(_) => K::Update,
        S::Delete(_) => K::Delete,
        S::Merge(_) => K::Merge,
        S::CreateView(_)
        | S::CreateTable(_)
        | S::CreateVirtualTable { .. }
        | S::CreateIndex(_)
        | S::CreateRole(_)
        | S::CreateSecret { .. }
        | S::CreateServer(_)
        | S::CreateForeignTable(_)
        | S::CreateForeignDataWrapper(_)
        | S::CreateUserMapping(_)
        | S::CreatePolicy(_)
        | S::CreateRule(_)
        | S::CreateConnector(_)
        | S::CreateOperator(_)
        | S::CreateOperatorFamily(_)
        | S::CreateOperatorClass(_)
        | S::CreateTextSearch(_)
        | S::CreateAggregate(_)
        | S::CreateExtension(_)
        | S::CreateCollation(_)
        | S::CreateSchema { .. }
        | S::CreateDatabase { .. }
        | S::CreateFunction(_)
        | S::CreateTrigger(_)
        | S::CreateProcedure { .. }
        | S::CreateMacro { .. }
        | S::CreateStage { .. }
        | S::CreateFileFormat { .. }
        | S::CreateWarehouse(_)
        | S::CreateSequence { .. }
        | S::CreateDomain(_)
        | S::CreateType { .. }
        | S::CreateUser(_) => K::Create,
        S::AlterTable(_)
        | S::AlterSchema(_)
        | S::AlterIndex { .. }
        | S::AlterView(_)
        | S::AlterFunction(_)
        | S::AlterType(_)
        | S::AlterCollation(_)
        | S::AlterOperator(_)
        | S::AlterOperatorFamily(_)
        | S::AlterOperatorClass(_)
        | S::AlterTextSearch(_)
        | S::AlterRole { .. }
        | S::AlterPolicy(_)
        | S::AlterTrigger(_)
        | S::AlterConnector { .. }
        | S::AlterUser(_)
        | S::AlterDefaultPrivileges(_)
        | S::Comment { .. }
        | S::RenameTable(_) => K::Alter,
        S::Drop { .. }
        | S::DropFunction(_)
        | S::DropDomain(_)
        | S::DropProcedure { .. }
        | S::DropSecret { .. }
        | S::DropPolicy(_)
        | S::DropRule(_)
        | S::DropConnector { .. }
        | S::DropExtension(_)
        | S::DropOperator(_)
        | S::DropOperatorFamily(_)
        | S::DropOperatorClass(_)
        | S::DropTrigger(_) => K::Drop,
        S::Truncate(_) => K::Truncate,
        S::Grant(_) | S::GrantRole(_) => K::Grant,
        S::Revoke(_) | S::RevokeRole(_) | S::Deny(_) => K::Revoke,
        S::Explain { .. } | S::ExplainTable { .. } => K::Explain,
        S::ShowFunctions { .. }
        | S::ShowVariable { .. }
        | S::ShowStatus { .. }
        | S::ShowVariables { .. }
        | S::ShowCreate { .. }
        | S::ShowColumns { .. }
        | S::ShowCatalogs { .. }
        | S::ShowDatabases { .. }
        | S::ShowProcessList { .. }
        | S::ShowSchemas { .. }
        | S::ShowCharset(_)
        | S::ShowObjects(_)
        | S::ShowTables { .. }
        | S::ShowViews { .. }
        | S::ShowCollation { .. } => K::Show,
        S::Set(_) | S::AlterSession { .. } | S::Reset(_) | S::Discard { .. } => K::Set,
        S::Use(_) => K::Use,
        S::Call(_) => K::Call,
        S::Execute { .. } => K::Execute,
        S::Prepare { .. } | S::Deallocate { .. } => K::Prepare,
        S::Copy { .. }
        | S::CopyIntoSnowflake { .. }
        | S::Unload { .. }
        | S::LoadData { .. }
        | S::ExportData(_)
        | S::Directory { .. }
        | S::Put { .. }
        | S::Remove(_)
        | S::List(_) => K::Copy,
        S::Lock(_) | S::LockTables { .. } | S::UnlockTables => K::Lock,
        S::StartTransaction { .. }
        | S::Commit { .. }
        | S::Rollback { .. }
        | S::Savepoint { .. }
        | S::ReleaseSavepoint { .. } => K::Transaction,
        S::Pragma { .. } => K::Pragma,
        S::Analyze(_)
        | S::Msck(_)
        | S::Install { .. }
        | S::Load { .. }
        | S::Case(_)
        | S::If(_)
        | S::While(_)
        | S::Raise(_)
        | S::Open(_)
        | S::Close { .. }
        | S::AttachDatabase { .. }
        | S::AttachDuckDBDatabase { .. }
        | S::DetachDuckDBDatabase { .. }
        | S::Declare { .. }
        | S::Fetch { .. }
        | S::Flush { .. }
        | S::Assert { .. }
        | S::Kill { .. }
        | S::Cache { .. }
        | S::UNCache { .. }
        | S::OptimizeTable { .. }
        | S::LISTEN { .. }
        | S::UNLISTEN { .. }
        | S::NOTIFY { .. }
        | S::RaisError { .. }
        | S::Throw(_)
        | S::Print(_)
        | S::WaitFor(_)
        | S::Return(_)
        | S::Vacuum(_)
        | S::RefreshMaterializedView(_) => K::Other,
    };
    Some(kind)
}

/// What a query does by itself: `VALUES` and `TABLE` read; the statements in it speak for
/// themselves.
fn of_query(query: &Query) -> Option<StatementKind> {
    match &*query.body {
        SetExpr::Values(_) | SetExpr::Table(_) => Some(StatementKind::Select),
        SetExpr::Select(_)
        | SetExpr::Query(_)
        | SetExpr::SetOperation { .. }
        | SetExpr::Insert(_)
        | SetExpr::Update(_)
        | SetExpr::Delete(_)
        | SetExpr::Merge(_) => None,
    }
}

/// Whether what is dropped is a table, or is read like one.
pub(super) const fn is_table(object: ObjectType) -> bool {
    matches!(
        object,
        ObjectType::Table | ObjectType::View | ObjectType::MaterializedView
    )
}
