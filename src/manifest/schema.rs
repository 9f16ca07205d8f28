//! The manifest as it is written: the one source for decoding and for the JSON Schema.
//!
//! Every key is optional for decoding, so that one mistake hides no other; what must be there is
//! marked for the JSON Schema and missed in `compile`.

mod auth_data;
mod capture;
mod guardrail;
mod identity;
mod limits;
mod pattern;
mod scenario;
mod telemetry;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use super::span::Spanned;

pub(super) use auth_data::{AuthData, AuthDataKind, ClientAuthentication, GrantType, Secret};
pub(super) use capture::Capture;
pub(super) use guardrail::{
    Additional, AllowDeny, AllowOrDeny, Exempt, Guardrail, GuardrailKind, Normalize, OnChange,
    Operation, Strategy,
};
pub(super) use identity::{Claim, Claims, Identity, Issuer, Jwks, Members, TrustKind, When};
pub(super) use limits::{Limits, Size, Time};
pub(super) use pattern::{Pattern, PatternMap};
pub(super) use scenario::{Call, Decision, Expect, Given, Read, Test};
pub(super) use telemetry::{Payload, Telemetry};

/// A Sluice manifest: virtual MCP servers, each a restricted view of a physical one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub(super) struct Manifest {
    /// How callers are known. Without it nobody asks who they are.
    pub(super) identity: Option<Spanned<Identity>>,
    /// The physical MCP servers, by name.
    #[schemars(required)]
    pub(super) servers: Option<Spanned<Entries<Server>>>,
    /// The virtual servers, by name.
    #[schemars(required)]
    pub(super) virtual_servers: Option<Spanned<Entries<VirtualServer>>>,
    /// What is looked for in arguments and results, by name.
    pub(super) guardrails: Option<Spanned<Entries<Guardrail>>>,
    /// What is refused for being too large.
    pub(super) limits: Option<Spanned<Limits>>,
    /// Examples of what is decided, run by `sluice check`.
    pub(super) tests: Option<Vec<Spanned<Test>>>,
}

/// A physical MCP server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map, which may be empty: `{}`")]
pub(super) struct Server {
    /// What the operator knows of the server's tools, by tool name. What a server says of its own
    /// tools decides nothing.
    pub(super) tool_metadata: Option<Entries<ToolMetadata>>,
    /// Which credential the server gets, in the place of the caller's own. None, unless given.
    pub(super) auth_data: Option<Spanned<AuthData>>,
    /// The guardrails that look at the arguments of calls of its tools, in order.
    pub(super) mcp_tool_pre_invoke_guardrails: Option<Spanned<Vec<Spanned<String>>>>,
    /// The guardrails that look at what it says, in order.
    pub(super) mcp_tool_post_invoke_guardrails: Option<Spanned<Vec<Spanned<String>>>>,
}

/// What the operator knows of a tool.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub(super) struct ToolMetadata {
    /// The name that clients see and call the tool by, in the place of the server's. Everything else
    /// in a manifest names tools as the server does.
    #[schemars(length(min = 1, max = 128), pattern(r"^[A-Za-z0-9_.-]+$"))]
    pub(super) name: Option<Spanned<String>>,
    /// The title that lists show, in the place of the server's.
    pub(super) title: Option<String>,
    /// The description that lists show, in the place of the server's.
    pub(super) description: Option<String>,
    /// The tool's annotations, with the words of MCP. Lists show them in the place of the server's.
    pub(super) annotations: Option<Spanned<Annotations>>,
    /// The guardrails that look at the arguments of its calls, in order, after those of the server.
    pub(super) mcp_tool_pre_invoke_guardrails: Option<Spanned<Vec<Spanned<String>>>>,
    /// The guardrails that look at its results, in order, before those of the server.
    pub(super) mcp_tool_post_invoke_guardrails: Option<Spanned<Vec<Spanned<String>>>>,
}

/// MCP's tool annotations. What is left out is not known, whatever default MCP gives it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", expecting = "a map")]
pub(super) struct Annotations {
    /// The tool changes nothing.
    pub(super) read_only_hint: Option<bool>,
    /// The tool may destroy something.
    pub(super) destructive_hint: Option<bool>,
    /// Calling the tool again changes nothing more.
    pub(super) idempotent_hint: Option<bool>,
    /// The tool deals with things outside of the server's own world.
    pub(super) open_world_hint: Option<bool>,
}

/// A virtual server: a physical one, restricted for one agent scope.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub(super) struct VirtualServer {
    /// What it is for.
    pub(super) description: Option<String>,
    /// By what a request finds it.
    #[serde(rename = "match")]
    #[schemars(required)]
    pub(super) matches: Option<Spanned<Match>>,
    /// Who may use it; with `identity`, whoever is known, unless said otherwise.
    pub(super) collaborators: Option<Spanned<Members>>,
    /// Whether anyone may use it, with `identity` too: nobody asks who calls, and a token that a
    /// client sends is not looked at.
    pub(super) anonymous: Option<Spanned<bool>>,
    /// The URL that clients reach it by, where that is not `identity.resource` and `match.path`.
    pub(super) resource: Option<Spanned<String>>,
    /// The physical servers behind it; for now exactly one.
    #[schemars(required)]
    pub(super) servers: Option<Spanned<Vec<Spanned<Backend>>>>,
    /// The prompts that it has. None, unless listed.
    pub(super) enabled_prompts: Option<Vec<Spanned<Pattern>>>,
    /// The prompts that it does not have, whatever enables them.
    pub(super) disabled_prompts: Option<Vec<Spanned<Pattern>>>,
    /// The resources and resource templates that it has, by URI. None, unless listed. URIs are
    /// compared as they are written, and one that can be read in two ways (dot segments, empty
    /// segments, needless escapes) is enabled only by a pattern without wildcards.
    pub(super) enabled_resources: Option<Vec<Spanned<Pattern>>>,
    /// The resources and resource templates that it does not have, whatever enables them. They are
    /// found in other common spellings of their URIs too: percent-encoded, with more slashes, with
    /// another letter case of scheme and host, with the default port, a user, a fragment or an
    /// empty query. Letter case in a path counts, and `x/*` does not include `x`. Under a wildcard
    /// that enables this is best effort: only the server knows which URIs mean the same to it, so
    /// enable exactly what may be read where that matters.
    pub(super) disabled_resources: Option<Vec<Spanned<Pattern>>>,
    /// The skills that it has, each by the URI of its `SKILL.md`, like `skill://name/SKILL.md` or
    /// `skill://team/*`. None, unless listed. A skill is enabled with all of its files, and where
    /// one is, URIs that begin with `skill:` are enabled with their skill only, not by
    /// `enabled_resources`.
    pub(super) enabled_skills: Option<Vec<Spanned<Pattern>>>,
    /// The skills that it does not have, whatever enables them. What is below the directory of one
    /// is no resource either.
    pub(super) disabled_skills: Option<Vec<Spanned<Pattern>>>,
    /// What becomes of the instructions that the server gives to models. They are dropped unless
    /// said otherwise, since they may speak of what is hidden.
    pub(super) instructions: Option<Instructions>,
    /// The protocol versions that it serves; all that Sluice knows, if left out.
    pub(super) protocol_versions: Option<Spanned<Vec<Spanned<String>>>>,
    /// Where it speaks HTTP+SSE, the transport of MCP 2024-11-05. Off unless given.
    pub(super) http_sse: Option<Spanned<HttpSse>>,
    /// Whether it takes batches, several messages in one body, which MCP had in 2025-03-26 only. A
    /// batch of which any message is refused is refused as a whole. Off unless said otherwise.
    pub(super) batches: Option<Spanned<bool>>,
    /// Whether calls of its tools may go on as tasks (`io.modelcontextprotocol/tasks`), which
    /// clients then ask about by ids that Sluice seals. Needs 2026-07-28. Off unless said otherwise.
    pub(super) tasks: Option<Spanned<bool>>,
    /// What is told of calls to whoever collects spans.
    pub(super) telemetry: Option<Spanned<Telemetry>>,
    /// What is kept of its exchanges; nothing unless said otherwise.
    pub(super) capture: Option<Spanned<Capture>>,
    /// The guardrails that look at the arguments of calls, in order, before those of the server.
    pub(super) mcp_tool_pre_invoke_guardrails: Option<Spanned<Vec<Spanned<String>>>>,
    /// The guardrails that look at what the server says, in order, after those of the server.
    pub(super) mcp_tool_post_invoke_guardrails: Option<Spanned<Vec<Spanned<String>>>>,
}

/// The endpoints of HTTP+SSE, as clients see them. Envoy routes them to those of the server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `path` and `messages`")]
pub(super) struct HttpSse {
    /// The path where clients open the stream, exactly.
    #[schemars(required)]
    pub(super) path: Option<Spanned<String>>,
    /// The path where clients post messages, exactly. Clients are told it in place of what the
    /// server announces.
    #[schemars(required)]
    pub(super) messages: Option<Spanned<String>>,
}

/// By what a request finds its virtual server: exactly one of these.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `path` or `route`")]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub(super) struct Match {
    /// The request's path without its query, exactly.
    pub(super) path: Option<Spanned<String>>,
    /// The value that Envoy's route sets as gRPC initial metadata `x-sluice-route`.
    pub(super) route: Option<Spanned<String>>,
}

/// A physical server and what a virtual one has of its tools.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub(super) struct Backend {
    /// The name of the physical server.
    #[schemars(required)]
    pub(super) name: Option<Spanned<String>>,
    /// The tools that the virtual server has. None, unless listed.
    pub(super) enabled_tools: Option<Vec<Spanned<Pattern>>>,
    /// The tools that the virtual server does not have, whatever enables them.
    pub(super) disabled_tools: Option<Vec<Spanned<Pattern>>>,
}

/// What becomes of the instructions that a server gives to models.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(
    rename_all = "snake_case",
    expecting = "`drop`, `pass` or a map with `replace`"
)]
pub(super) enum Instructions {
    /// They are removed.
    Drop,
    /// They go on as they are.
    Pass,
    /// This text stands in their place.
    Replace(String),
}

/// A map with names for keys, in the order of the text.
#[derive(Debug)]
pub(super) struct Entries<T>(pub(super) Vec<(Spanned<String>, Spanned<T>)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map with names for keys")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Entries<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Entries_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        BTreeMap::<String, T>::json_schema(generator)
    }
}

/// The JSON Schema of manifests, for editors.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    // Absent keys are fine and empty ones are not, so an optional value is never null.
    let settings = SchemaSettings::draft2020_12()
        .for_deserialize()
        .with_transform(RecursiveTransform(tidy));
    settings
        .into_generator()
        .into_root_schema_for::<Manifest>()
        .to_value()
}

fn tidy(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if let Some(serde_json::Value::String(text)) = object.get_mut("description") {
        // Where the doc comment wraps, its paragraph does not end.
        let paragraphs: Vec<_> = text
            .split("\n\n")
            .map(|text| text.replace('\n', " "))
            .collect();
        *text = paragraphs.join("\n\n");
    }
    if let Some(serde_json::Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(serde_json::Value::Array(options)) = object.get_mut("anyOf") {
        options.retain(|option| option.get("type").is_none_or(|kind| kind != "null"));
        if let [only] = options.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            if let serde_json::Value::Object(only) = only {
                object.extend(only);
            }
        }
    }
}
