//! Guardrails, as they are written. Which keys belong to which type is checked in `compile`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Entries;
use super::limits::{Size, Time};
use crate::manifest::span::{Span, Spanned};

/// What a guardrail looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "snake_case",
    expecting = "`regex`, `schema`, `sql`, `arguments`, `network`, `path`, `pin`, `redact`, `limit`, \
                 `sanitize`, `grpc` or `http`"
)]
pub(in crate::manifest) enum GuardrailKind {
    /// Patterns that texts must or must not match.
    Regex,
    /// Arguments that the tool's `inputSchema` allows.
    Schema,
    /// SQL statements.
    Sql,
    /// Arguments that are fixed, preset or hidden.
    Arguments,
    /// URLs.
    Network,
    /// Paths of files.
    Path,
    /// Definitions of tools, which must stay as they are.
    Pin,
    /// Personal data and secrets.
    Redact,
    /// Results that are too large.
    Limit,
    /// Characters that people do not see.
    Sanitize,
    /// Whatever a service says that is asked by gRPC.
    Grpc,
    /// Whatever a service says that is asked by HTTP.
    Http,
}

impl GuardrailKind {
    /// The word for it, as a manifest has it.
    pub(in crate::manifest) const fn as_str(self) -> &'static str {
        match self {
            Self::Regex => "regex",
            Self::Schema => "schema",
            Self::Sql => "sql",
            Self::Arguments => "arguments",
            Self::Network => "network",
            Self::Path => "path",
            Self::Pin => "pin",
            Self::Redact => "redact",
            Self::Limit => "limit",
            Self::Sanitize => "sanitize",
            Self::Grpc => "grpc",
            Self::Http => "http",
        }
    }
}

/// What a guardrail does about what it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", expecting = "`validate` or `mutate`")]
pub(in crate::manifest) enum Operation {
    /// It refuses.
    Validate,
    /// It mends what can be mended.
    Mutate,
}

/// How seriously a guardrail is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "snake_case",
    expecting = "`enforce`, `enforce_but_ignore_on_error` or `audit`"
)]
pub(in crate::manifest) enum Strategy {
    /// What it refuses is refused, and so is what it can't tell.
    Enforce,
    /// What it refuses is refused; what it can't tell passes.
    EnforceButIgnoreOnError,
    /// It reports, and changes nothing.
    Audit,
}

/// What becomes of a tool that something is wrong with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", expecting = "`hide` or `report`")]
pub(in crate::manifest) enum OnChange {
    /// No list has it, and it can't be called.
    Hide,
    /// It is reported when it is listed.
    Report,
}

/// What becomes of members of arguments that the schema does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", expecting = "`as_schema` or `deny`")]
pub(in crate::manifest) enum Additional {
    /// What the schema says.
    AsSchema,
    /// They are refused, also where the schema would let them pass.
    Deny,
}

/// Places that a guardrail leaves alone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `tools` or `paths`")]
#[schemars(extend("minProperties" = 1))]
pub(in crate::manifest) struct Exempt {
    /// Of these tools, by names or globs; of all, if they are left out.
    pub(in crate::manifest) tools: Option<Spanned<Vec<Spanned<String>>>>,
    /// The places, like `user.email`, `items[*].id` or `**.notes`; everything, if they are left out.
    pub(in crate::manifest) paths: Option<Spanned<Vec<Spanned<String>>>>,
}

/// What is allowed, and what is not.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `allow` or `deny`")]
#[schemars(extend("minProperties" = 1))]
pub(in crate::manifest) struct AllowDeny {
    /// These, and nothing else.
    pub(in crate::manifest) allow: Option<Spanned<Vec<Spanned<String>>>>,
    /// Not these.
    pub(in crate::manifest) deny: Option<Spanned<Vec<Spanned<String>>>>,
}

/// Whether something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", expecting = "`allow` or `deny`")]
pub(in crate::manifest) enum AllowOrDeny {
    /// It is.
    Allow,
    /// It is not.
    Deny,
}

/// A way in which texts are read beside as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(
    rename_all = "snake_case",
    expecting = "`nfc`, `case`, `percent` or `base64`"
)]
pub(in crate::manifest) enum Normalize {
    /// Unicode composed, and what is compatible made equal.
    Nfc,
    /// In lower case.
    Case,
    /// Without percent-encoding.
    Percent,
    /// What looks like base64, decoded.
    Base64,
}

macro_rules! guardrail {
    ($($(#[$meta:meta])* $name:ident: $type:ty,)+) => {
        /// A guardrail: what is looked for in arguments or results, and what is made of it.
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, expecting = "a map with `type`")]
        pub(in crate::manifest) struct Guardrail {
            /// What it looks for.
            #[serde(rename = "type")]
            #[schemars(required)]
            pub(in crate::manifest) kind: Option<Spanned<GuardrailKind>>,
            $($(#[$meta])* pub(in crate::manifest) $name: Option<Spanned<$type>>,)+
        }

        impl Guardrail {
            /// The keys that nobody has taken, and where their values are.
            pub(in crate::manifest) fn left(&self) -> Vec<(&'static str, Span)> {
                let keys = [$((stringify!($name), self.$name.as_ref().map(|it| it.span)),)+];
                keys.into_iter().filter_map(|(key, span)| Some((key, span?))).collect()
            }
        }
    };
}

guardrail! {
    // Of all types.
    /// The tools that it is about, by the server's names or globs; all, if they are left out.
    tools: Vec<Spanned<String>>,
    /// Whether it refuses or mends; what is usual for the type, unless said otherwise.
    operation: Operation,
    /// How seriously it is taken; `enforce`, unless said otherwise.
    enforcing_strategy: Strategy,
    /// What the model is told when something is refused. `{{guardrail_message}}` stands for what the
    /// guardrail says itself.
    message: String,
    /// What it leaves alone.
    exempt: Vec<Spanned<Exempt>>,

    // Of several types.
    /// Whose texts are looked at: places like `query` or `filters[*].value`, and all below them; all
    /// arguments, if it is left out.
    arguments: Vec<Spanned<String>>,
    /// What is allowed. Of `regex`: patterns one of which every text matches as a whole. Of `sql`:
    /// what statements may do, like `select` and `insert`; `select`, unless said otherwise. Of
    /// `redact`: values that stay, as patterns that match them as a whole. Of `arguments`: the names of
    /// the only ones that there may be.
    allow: Vec<Spanned<String>>,
    /// What is not. Of `regex`: patterns that no text matches anywhere. Of `sql`: what statements may
    /// not do. Of `path`: paths like `**/.ssh/**` or `*.pem`, with all below them. Of `arguments`:
    /// names.
    deny: Vec<Spanned<String>>,

    /// What stands in the place of what is found. Of `regex`: `[removed]`, unless said otherwise. Of
    /// `redact`: `[{entity}]`, where `{entity}` is its name.
    with: String,

    // regex
    /// Of `regex`: how texts are read beside as they are written.
    normalize: Vec<Spanned<Normalize>>,

    // sql
    /// Of `sql`: the dialect of the server, like `postgres` or `mysql`.
    dialect: String,
    /// Of `sql`: the tables that statements may touch, like `users` or `public.*`.
    tables: AllowDeny,
    /// Of `sql`: the columns that statements may touch, like `users.name`, `orders.*` or `id`.
    columns: AllowDeny,
    /// Of `sql`: the functions that statements may call. What reads files, runs programs, reaches
    /// other servers or waits is denied, unless it is allowed here.
    functions: AllowDeny,
    /// Of `sql`: whether statements may ask for all columns; `allow`, unless said otherwise.
    select_star: AllowOrDeny,
    /// Of `sql`: what needs a condition, some of `select`, `update` and `delete`.
    require_where: Vec<Spanned<String>>,
    /// Of `sql`: how many rows statements may give at most, which they have to say. Where the
    /// guardrail mends, it says it for them.
    require_limit: u64,
    /// Of `sql`: whether there may be comments; `allow`, unless said otherwise.
    comments: AllowOrDeny,
    /// Of `sql`: whether there may be several statements; `deny`, unless said otherwise.
    multiple_statements: AllowOrDeny,

    // network
    /// Of `network`: the schemes that URLs may have; `https` and `http`, unless said otherwise.
    schemes: Vec<Spanned<String>>,
    /// Of `network`: the hosts that URLs may lead to: `api.example.com`, `*.example.com`,
    /// `192.0.2.0/24`.
    hosts: AllowDeny,
    /// Of `network`: the ports that URLs may have; any, unless said otherwise.
    ports: Vec<Spanned<u16>>,
    /// Of `network`: whether URLs may lead to addresses and names that are not of the public
    /// internet; `deny`, unless said otherwise.
    private: AllowOrDeny,

    // path
    /// Of `path`: the directories that paths must be in; any, unless said otherwise.
    roots: Vec<Spanned<String>>,
    /// Of `path`: whether a path may be relative, to any of the roots; `deny`, unless said otherwise.
    relative: AllowOrDeny,

    // redact
    /// Of `redact`: what is looked for, like `credit_card` or `email`; what is usual, unless said
    /// otherwise.
    entities: Vec<Spanned<String>>,
    /// Of `redact`: what else is looked for, regular expressions by names.
    custom: Entries<String>,
    /// Of `redact`: what becomes of it, one of `redact`, `partial`, `hash`, `tokenize`, `remove` and
    /// `block`; `redact`, unless said otherwise.
    action: String,
    /// Of `redact`: what becomes of some entities instead, by their names.
    actions: Entries<String>,
    /// Of `redact`: values that stay, however they are capitalised.
    allow_values: Vec<Spanned<String>>,
    /// Of `redact`: with how many findings a message is refused.
    min_findings_to_block: u64,

    // limit
    /// Of `limit`: the most bytes of all texts of a result together, a number or a text like `64KiB`.
    max_bytes: Size,
    /// Of `limit`: the most elements of an array.
    max_items: u64,
    /// Of `limit`: the most rows: elements of an array of objects or arrays, lines of a table in a
    /// text.
    max_rows: u64,
    /// Of `limit`: how deep arrays and objects may nest.
    max_depth: u64,
    /// Of `limit`: the arrays that `max_items` and `max_rows` are about, like `orders` or
    /// `**.lines`; all, if they are left out.
    paths: Vec<Spanned<String>>,
    /// Of `limit`: which members of JSON stay.
    fields: AllowDeny,

    // sanitize
    /// Of `sanitize`: what is taken out, some of `ansi`, `bidi`, `zero_width`, `tags`,
    /// `variation_selectors`, `private_use` and `html_comments`; all but `private_use`, unless said
    /// otherwise.
    remove: Vec<Spanned<String>>,

    // arguments
    /// Of `arguments`: arguments that always have a value, by their names. Lists do not show them, and
    /// another value that a call says is replaced.
    pin: Entries<serde_json::Value>,
    /// Of `arguments`: values of arguments that a call does not say, by their names.
    default: Entries<serde_json::Value>,
    /// Of `arguments`: arguments that lists do not show, and that calls can't say.
    hide: Vec<Spanned<String>>,
    /// Of `arguments`: whether lists show what is pinned, with its value; `false`, unless said
    /// otherwise.
    show: bool,

    // pin
    /// Of `pin`: the lock file that `sluice lock` has made, from the directory of the manifest.
    file: String,
    /// Of `pin`: what becomes of a tool whose definition is not as in the file; `hide`, unless said
    /// otherwise.
    on_change: OnChange,
    /// Of `pin`: whether the texts of definitions are looked through for what speaks to the model
    /// behind the user's back; `true`, unless said otherwise.
    scan: bool,
    /// Of `pin`: what becomes of a tool with such a text; `report`, unless said otherwise.
    on_suspicion: OnChange,

    // schema
    /// Of `schema`: the JSON Schema of the arguments; if left out, the `inputSchema` that the server
    /// lists the tool with.
    input_schema: serde_json::Map<String, serde_json::Value>,
    /// Of `schema`: what becomes of members that the schema does not name; `as_schema`, unless said
    /// otherwise.
    additional: Additional,

    // grpc, http
    /// Of `grpc`: where the service is, `unix:/path` or `http://host:port`.
    address: String,
    /// Of `http`: where to post.
    url: String,
    /// Of `http`: the secret that requests are signed with, like `${file:/run/secrets/webhook}`.
    secret: super::auth_data::Secret,
    /// Of `grpc` and `http`: how long the service may take, at most `10s`; `5s` unless said otherwise.
    timeout: Time,
    /// Of `grpc` and `http`: how many questions it may have at once; 64 unless said otherwise.
    max_in_flight: u64,
}
