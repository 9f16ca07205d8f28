//! Virtual servers: a physical MCP server, restricted for one agent scope.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::guardrail::Learned;
use crate::json;
use crate::mcp::ProtocolVersion;
use crate::seal::Keys;

use super::auth_data::AuthData;
use super::authentication::Authentication;
use super::caller::Caller;
use super::condition::Circumstances;
use super::decision::{Decision, Target};
use super::endpoint::HttpSse;
use super::guard::Guards;
use super::pattern::Pattern;
use super::payloads::Payloads;
use super::principal::Membership;
use super::reason::Reason;
use super::recording::Recording;
use super::rule::{Rule, RuleId, Rules, Verdict};
use super::tool_labels::ToolLabels;
use super::tool_names::ToolNames;
use super::uri_rules::UriRules;

/// What becomes of the upstream's `instructions`, which may describe what the virtual server hides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Instructions {
    /// They are removed.
    #[default]
    Drop,
    /// They go on as they are.
    Pass,
    /// This text stands in their place, whether or not the upstream sent any.
    Replace(String),
}

/// By what a request finds its virtual server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Match {
    /// The request's path without its query, compared as it is.
    Path(String),
    /// The value that Envoy's route sets.
    Route(String),
}

/// The parts of a [`VirtualServer`], for whoever builds one.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The name of the physical server.
    pub server: String,
    /// By what a request finds it.
    pub matches: Match,
    /// Which tools it has.
    pub tools: Rules,
    /// Which prompts it has.
    pub prompts: Rules,
    /// Which resources and resource templates it has.
    pub resources: Rules,
    /// Which skills it has (SEP-2640).
    pub skills: Rules,
    /// What becomes of the upstream's instructions.
    pub instructions: Instructions,
    /// The protocol versions that it serves, oldest first.
    pub protocol_versions: Vec<ProtocolVersion>,
    /// Whether it takes several messages in one body (MCP 2025-03-26).
    pub batches: bool,
    /// Where it speaks the transport HTTP+SSE, if it does (MCP 2024-11-05).
    pub http_sse: Option<HttpSse>,
    /// Whether calls of its tools may go on as tasks (SEP-2663).
    pub tasks: bool,
    /// How its callers are known; nobody asks who they are if there is nothing.
    pub authentication: Option<Arc<Authentication>>,
    /// Who may use it.
    pub collaborators: Membership,
    /// The URL that clients reach it by, where that does not follow from the path.
    pub resource: Option<String>,
    /// Which credential its physical server gets.
    pub auth_data: Arc<AuthData>,
    /// What is kept of its exchanges, if anything is.
    pub recording: Option<Recording>,
    /// What looks at the arguments of calls, and at what the server says.
    pub guards: Guards,
    /// What lists show of tools, by name, in the place of what the server says.
    pub shown: HashMap<String, Shown>,
    /// The names by which clients know tools, where these are other ones than the server's.
    pub tool_names: ToolNames,
    /// What of calls is told to whoever collects spans.
    pub payloads: Payloads,
}

/// What a list shows of a tool in the place of what the server says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The title.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// Annotations, by their names in MCP.
    pub hints: Vec<(&'static str, bool)>,
}

impl Definition {
    /// A definition that enables nothing and has the default of everything else.
    #[must_use]
    pub fn new(name: impl Into<String>, server: impl Into<String>, matches: Match) -> Self {
        Self {
            name: name.into(),
            description: None,
            server: server.into(),
            matches,
            tools: Rules::default(),
            prompts: Rules::default(),
            resources: Rules::default(),
            skills: Rules::default(),
            instructions: Instructions::default(),
            protocol_versions: ProtocolVersion::STREAMABLE.to_vec(),
            batches: false,
            http_sse: None,
            tasks: false,
            authentication: None,
            collaborators: Membership::default(),
            resource: None,
            auth_data: Arc::new(AuthData::None),
            recording: None,
            guards: Guards::default(),
            shown: HashMap::new(),
            tool_names: ToolNames::default(),
            payloads: Payloads::default(),
        }
    }
}

/// A physical MCP server, restricted for one agent scope: what a view is to a table.
#[derive(Debug, Clone)]
pub struct VirtualServer {
    /// All else of it.
    definition: Definition,
    resources: UriRules,
    skills: UriRules,
    labels: ToolLabels,
    keys: Option<Arc<Keys>>,
    learned: Option<Arc<Learned>>,
    stopwatch: Option<Stopwatch>,
}

/// Tells the time that has passed since some moment, and never goes back.
pub type Stopwatch = fn() -> Duration;

impl VirtualServer {
    /// What of calls is told to whoever collects spans.
    #[must_use]
    pub fn payloads(&self) -> Payloads {
        self.definition.payloads
    }

    /// The virtual server of this definition.
    #[must_use]
    pub fn new(mut definition: Definition) -> Self {
        let known = definition.shown.keys().map(String::as_str);
        let known = known.chain(definition.tool_names.renamed());
        Self {
            labels: ToolLabels::new(&definition.tools, known),
            resources: UriRules::new(std::mem::take(&mut definition.resources)),
            skills: UriRules::new(std::mem::take(&mut definition.skills)),
            definition,
            keys: None,
            learned: None,
            stopwatch: None,
        }
    }

    /// The same virtual server, with the keys that seal what its clients keep.
    pub(super) fn with_seal_keys(self, keys: &Arc<Keys>) -> Self {
        Self {
            keys: Some(Arc::clone(keys)),
            ..self
        }
    }

    /// The same virtual server, with what lists have told of tools.
    pub(super) fn with_learned(self, learned: &Arc<Learned>) -> Self {
        Self {
            learned: Some(Arc::clone(learned)),
            ..self
        }
    }

    /// The same virtual server, where it can be told how long something took.
    pub(super) fn with_stopwatch(self, stopwatch: Stopwatch) -> Self {
        Self {
            stopwatch: Some(stopwatch),
            ..self
        }
    }

    /// The time on the clock of the process; always nought where there is none.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.stopwatch.map_or(Duration::ZERO, |now| now())
    }

    /// What is kept of its exchanges, if anything is.
    #[must_use]
    pub fn recording(&self) -> Option<&Recording> {
        self.definition.recording.as_ref()
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// What it is for.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.definition.description.as_deref()
    }

    /// The name of the physical server.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.definition.server
    }

    /// By what a request finds it.
    #[must_use]
    pub fn matches(&self) -> &Match {
        &self.definition.matches
    }

    /// The path by which a request finds it, if it is found by a path.
    #[must_use]
    pub fn match_path(&self) -> Option<&str> {
        match &self.definition.matches {
            Match::Path(path) => Some(path),
            Match::Route(_) => None,
        }
    }

    /// The route's value by which a request finds it, if it is found by one.
    #[must_use]
    pub fn match_route(&self) -> Option<&str> {
        match &self.definition.matches {
            Match::Route(route) => Some(route),
            Match::Path(_) => None,
        }
    }

    /// What becomes of the upstream's instructions.
    #[must_use]
    pub fn instructions(&self) -> &Instructions {
        &self.definition.instructions
    }

    /// The protocol versions that it serves, oldest first.
    #[must_use]
    pub fn protocol_versions(&self) -> &[ProtocolVersion] {
        &self.definition.protocol_versions
    }

    /// Whether it takes several messages in one body (MCP 2025-03-26).
    #[must_use]
    pub fn takes_batches(&self) -> bool {
        self.definition.batches
    }

    /// Whether skills can be enabled, so that the two sides may agree on them (SEP-2640).
    #[must_use]
    pub fn has_skills(&self) -> bool {
        !self.skills.rules().enabled().is_empty()
    }

    /// Whether calls of its tools may go on as tasks (SEP-2663).
    #[must_use]
    pub fn has_tasks(&self) -> bool {
        self.definition.tasks
    }

    /// What lists have told of tools.
    pub(super) fn learned(&self) -> Option<&Learned> {
        self.learned.as_deref()
    }

    /// The keys that seal what its clients keep.
    pub(super) fn seal_keys(&self) -> Option<&Keys> {
        self.keys.as_deref()
    }

    /// How its callers are known; nobody asks who they are if there is nothing.
    #[must_use]
    pub fn authentication(&self) -> Option<&Arc<Authentication>> {
        self.definition.authentication.as_ref()
    }

    /// Who may use it.
    #[must_use]
    pub fn collaborators(&self) -> &Membership {
        &self.definition.collaborators
    }

    /// Which credential its physical server gets.
    #[must_use]
    pub fn auth_data(&self) -> &Arc<AuthData> {
        &self.definition.auth_data
    }

    /// What lists show of a tool in the place of what the server says, if anything.
    #[must_use]
    pub fn shown(&self, tool: &str) -> Option<&Shown> {
        self.definition.shown.get(tool)
    }

    /// The names by which clients know tools, where these are other ones than the server's.
    #[must_use]
    pub fn tool_names(&self) -> &ToolNames {
        &self.definition.tool_names
    }

    /// What looks at the arguments of calls, and at what the server says.
    #[must_use]
    pub fn guards(&self) -> &Guards {
        &self.definition.guards
    }

    /// The URL that clients reach it by, as far as the manifest says it (RFC 8707).
    #[must_use]
    pub fn resource(&self) -> Option<String> {
        if let Some(resource) = &self.definition.resource {
            return Some(resource.clone());
        }
        let origin = self.authentication()?.resource.as_ref()?;
        Some(format!("{origin}{}", self.match_path()?))
    }

    /// Where it speaks the transport HTTP+SSE, if it does (MCP 2024-11-05).
    #[must_use]
    pub fn http_sse(&self) -> Option<&HttpSse> {
        self.definition.http_sse.as_ref()
    }

    /// Decides whether a target may be seen and used; for the list and for the call.
    ///
    /// Names and URIs compare as decoded Unicode text: case counts, and nothing is trimmed,
    /// folded or normalised. What is disabled is never allowed; what no rule enables neither. A URI
    /// that someone may read as another one (with dot segments, or characters encoded that need
    /// not be, or an empty segment) is allowed only by a rule that spells out exactly this URI. A
    /// URI is disabled in its other spellings too, as far as they are known without knowing the
    /// server: percent-encoding, several slashes for one or one more at the end, letter case of
    /// scheme and host, the default port, user information, a fragment, an empty query. Which
    /// other URIs a server takes for the same (by letter case, by Unicode's forms, by links)
    /// only the server knows.
    ///
    /// What a skill consists of is enabled and disabled with it, whatever rules there are about
    /// resources, of which those that disable win. Where a skill is enabled, whatever has the scheme
    /// of skills is enabled with its skill only.
    ///
    /// A rule with a condition is there only where the condition holds: what enables, where it
    /// surely does; what disables, unless it surely does not. `arguments` are those of a call that
    /// is judged; a list is made without, and of a condition that depends on them it is taken that
    /// there are some that let the call pass.
    ///
    /// A tool is named as the server does it, whatever [`tool_names`](Self::tool_names) clients see.
    /// One whose name clients know another tool by is not allowed.
    #[must_use]
    pub fn decide(
        &self,
        target: Target<'_>,
        caller: &Caller,
        arguments: Option<json::Value<'_>>,
    ) -> Decision<'_> {
        self.judge(target, Circumstances::new(caller, arguments))
    }

    /// The rule that would enable a target which no rule enables, if its condition held. For the
    /// operator only.
    #[must_use]
    pub fn withheld(
        &self,
        target: Target<'_>,
        caller: &Caller,
        arguments: Option<json::Value<'_>>,
    ) -> Option<&Rule> {
        let circumstances = Circumstances::new(caller, arguments);
        match self.judge(target, circumstances) {
            Decision::Deny { rule: None, .. } => {}
            Decision::Deny { rule: Some(_), .. } | Decision::Allow { .. } => return None,
        }
        match self.judge(target, circumstances.at_best()) {
            Decision::Allow { rule } => Some(rule),
            Decision::Deny { .. } => None,
        }
    }

    fn judge(&self, target: Target<'_>, circumstances: Circumstances<'_>) -> Decision<'_> {
        let (verdict, reason) = match target {
            Target::Tool(name) if self.definition.tool_names.is_hidden(name) => {
                (Verdict::Unmentioned, Reason::ToolNotEnabled)
            }
            Target::Tool(name) => {
                let matches = |pattern: &Pattern| pattern.matches(name);
                (
                    self.definition
                        .tools
                        .judge(name, circumstances, matches, matches),
                    Reason::ToolNotEnabled,
                )
            }
            Target::Prompt(name) => {
                let matches = |pattern: &Pattern| pattern.matches(name);
                (
                    self.definition
                        .prompts
                        .judge(name, circumstances, matches, matches),
                    Reason::PromptNotEnabled,
                )
            }
            Target::Resource(uri) => (
                self.judge_resource(uri, circumstances, Pattern::matches),
                Reason::ResourceNotEnabled,
            ),
            Target::ResourceTemplate(template) => (
                self.judge_resource(template, circumstances, Pattern::matches_template),
                Reason::ResourceNotEnabled,
            ),
            Target::Skill(uri) => (
                self.skills.judge_skill(uri, circumstances),
                Reason::SkillNotEnabled,
            ),
        };
        match verdict {
            Verdict::Enabled(rule) => Decision::Allow { rule },
            Verdict::Disabled(rule) => Decision::Deny {
                reason,
                rule: Some(rule),
            },
            Verdict::Unmentioned => Decision::Deny { reason, rule: None },
        }
    }

    /// Judges a resource or a template, of which `matches` says whether a pattern matches it.
    fn judge_resource(
        &self,
        uri: &str,
        circumstances: Circumstances<'_>,
        matches: impl Fn(&Pattern, &str) -> bool,
    ) -> Verdict<'_> {
        match self.skills.judge_part(uri, circumstances, &matches) {
            None => self.resources.judge(uri, circumstances, matches),
            Some(Verdict::Enabled(rule)) => match self.resources.judge(uri, circumstances, matches)
            {
                disabled @ Verdict::Disabled(_) => disabled,
                Verdict::Enabled(_) | Verdict::Unmentioned => Verdict::Enabled(rule),
            },
            Some(verdict @ (Verdict::Disabled(_) | Verdict::Unmentioned)) => verdict,
        }
    }

    /// What the manifest calls a tool of this name (the server's) that this rule enables: the name where
    /// the manifest spells it out, else the pattern of the rule; without a rule, of the first one that
    /// it matches. There are as many of these as the manifest has words.
    #[must_use]
    pub fn tool_label(&self, name: &str, rule: Option<&RuleId>) -> Option<&Arc<str>> {
        self.labels.of(name, rule, &self.definition.tools)
    }

    /// The rule with this id, if it is one of this virtual server's.
    #[must_use]
    pub fn rule(&self, id: &RuleId) -> Option<&Rule> {
        [
            &self.definition.tools,
            &self.definition.prompts,
            self.resources.rules(),
            self.skills.rules(),
        ]
        .into_iter()
        .flat_map(|rules| rules.enabled().iter().chain(rules.disabled()))
        .find(|rule| rule.id() == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Location, Rule, RuleId, View};

    fn rules(compile: fn(&str) -> Pattern, enabled: &[&str], disabled: &[&str]) -> Rules {
        let build = |list: &str, texts: &[&str]| {
            let rule = |(index, text): (usize, &&str)| {
                let location = Location {
                    file: "test.yaml".into(),
                    line: 1,
                    column: 1,
                };
                Rule::new(
                    RuleId::new(format!("{list}[{index}]")),
                    location,
                    *text,
                    compile(text),
                )
            };
            texts.iter().enumerate().map(rule).collect()
        };
        Rules::new(build("enabled", enabled), build("disabled", disabled))
    }

    fn names(enabled: &[&str], disabled: &[&str]) -> Rules {
        rules(|text| Pattern::name(text).unwrap(), enabled, disabled)
    }

    fn uris(enabled: &[&str], disabled: &[&str]) -> Rules {
        rules(|text| Pattern::uri(text).unwrap(), enabled, disabled)
    }

    fn view(definition: Definition) -> View {
        View::anonymous(Arc::new(VirtualServer::new(definition)))
    }

    fn server() -> View {
        view(Definition {
            tools: names(
                &["get_*", "search_issues", "*_comments"],
                &["*_admin", "get_token"],
            ),
            prompts: names(&["review"], &[]),
            resources: uris(
                &[
                    "docs:///*",
                    "repo://{owner}/{name}",
                    "file:///etc/../motd",
                    "exact:///a",
                ],
                &["docs:///internal/*", "repo://{owner}/{secret}"],
            ),
            ..Definition::new("v", "s", Match::Path("/mcp".into()))
        })
    }

    fn say(decision: Decision<'_>) -> String {
        match decision {
            Decision::Allow { rule } => format!("allow {}", rule.id()),
            Decision::Deny {
                reason,
                rule: Some(rule),
            } => format!("{reason} {}", rule.id()),
            Decision::Deny { reason, rule: None } => reason.to_string(),
        }
    }

    #[test]
    fn tools() {
        let table = [
            ("get_issue", "allow enabled[0]"),
            ("search_issues", "allow enabled[1]"),
            ("get_comments", "allow enabled[0]"),
            ("list_comments", "allow enabled[2]"),
            // What is disabled wins, exact or not, over whatever enables it.
            ("get_admin", "tool_not_enabled disabled[0]"),
            ("get_token", "tool_not_enabled disabled[1]"),
            ("delete_repo", "tool_not_enabled"),
            ("", "tool_not_enabled"),
            ("Get_issue", "tool_not_enabled"),
            ("search_issues ", "tool_not_enabled"),
            // Latin letters replaced by Cyrillic and fullwidth ones.
            ("s\u{435}arch_issues", "tool_not_enabled"),
            ("\u{ff53}earch_issues", "tool_not_enabled"),
            ("search_issues\u{200b}", "tool_not_enabled"),
            ("search_issues\0", "tool_not_enabled"),
            // A prompt's name is not a tool's.
            ("review", "tool_not_enabled"),
        ];
        for (name, expected) in table {
            assert_eq!(
                say(server().decide(Target::Tool(name))),
                expected,
                "{name:?}"
            );
        }
        assert!(server().allows(Target::Prompt("review")));
        assert_eq!(
            say(server().decide(Target::Prompt("get_issue"))),
            "prompt_not_enabled"
        );
    }

    #[test]
    fn resources() {
        let table = [
            ("docs:///a", "allow enabled[0]"),
            ("docs:///a/b.md", "allow enabled[0]"),
            ("docs:///internal/a", "resource_not_enabled disabled[0]"),
            // Nothing that may be read as another URI gets by on a wildcard.
            ("docs:///a/../internal/a", "resource_not_enabled"),
            ("docs:///a/%2e%2e/internal/a", "resource_not_enabled"),
            ("docs:///%69nternal/a", "resource_not_enabled"),
            ("docs:///a%2f..%2finternal", "resource_not_enabled"),
            ("docs:///a\\..\\internal", "resource_not_enabled"),
            ("docs:///..", "resource_not_enabled"),
            // What is disabled is so in any spelling that its pattern matches.
            ("docs:///internal/../a", "resource_not_enabled disabled[0]"),
            ("file:///etc/../motd", "allow enabled[2]"),
            ("file:///etc/./motd", "resource_not_enabled"),
            ("exact:///a", "allow enabled[3]"),
            ("exact:///a/", "resource_not_enabled"),
        ];
        for (uri, expected) in table {
            assert_eq!(
                say(server().decide(Target::Resource(uri))),
                expected,
                "{uri}"
            );
        }
    }

    #[test]
    fn other_spellings_of_what_is_disabled() {
        let disabled = [
            "file:///data/secret/*",
            "file:///data/exact",
            "file:///data/top secret/*",
            "mail://inbox/boss@corp.com/*",
            "https://host/private/*",
            "https://host/%C3%A9t%e9",
            "repo://{owner}/secret",
            "note:///doc#private",
            "ssh://root@host/*",
            "file:///folders/*/",
        ];
        let mut all = uris(&["*"], &disabled);
        let regex = rules(
            |text| Pattern::regex(text).unwrap(),
            &[],
            &["db://[a-z]+/keys/.*"],
        );
        let disabled = all.disabled().iter().chain(regex.disabled());
        all = Rules::new(all.enabled().to_vec(), disabled.cloned().collect());
        let server = view(Definition {
            resources: all,
            ..Definition::new("v", "s", Match::Path("/mcp".into()))
        });
        for uri in [
            "file:///data//secret/k",
            "file:////data/secret/k",
            "FILE:///data/secret/k",
            "file://localhost/data/secret/k",
            "file://127.0.0.1/data/secret/k",
            "file://x/data/secret/k",
            "file:/data/secret/k",
            "mail://inbox/boss%40corp.com/1",
            "mail://INBOX/boss@corp.com/1",
            "file:///data/top%20secret/k",
            "file:///data/top%20secret/",
            "file:///data/exact/",
            "file:///data/exact?",
            "file:///data/exact#",
            "file:///data/exact#part",
            "file:///data/exact/?#",
            "HTTPS://host/private/x",
            "https://HOST/private/x",
            "https://host.:0443/private/x",
            "https://host:443/private/x",
            "https://host:/private/x",
            "https://user@host/private/x",
            "https://user:pass@HOST:443/private/x",
            "https://host/ét%E9",
            "https://host/%c3%a9t%e9/",
            "REPO://Acme/secret/",
            "repo://acme/secret#x",
            "NOTE:///doc#private",
            "SSH://root@HOST/x",
            "FILE:///folders/a/",
            "DB://Main/keys/1",
            "db://main/keys/?",
        ] {
            assert!(!server.allows(Target::Resource(uri)), "{uri}");
        }
        for uri in [
            // Names are told apart by case, and folders from what is in them.
            "file:///data/Secret/k",
            "file:///data/secret",
            "file:///data/exactly",
            "file:///data/exact?version=1",
            "file:///data/exact/more",
            "https://host:8443/private/x",
            "http://host:443/private/x",
            "https://other/private/x",
            "https://host/%C3%A8t%E9",
            "https://host/%C3%A9t%E8",
            "note:///doc",
            "note:///doc#public",
            "ssh://guest@host/x",
            "file:///folders/a",
            "repo://acme/secret/more",
        ] {
            assert!(server.allows(Target::Resource(uri)), "{uri}");
        }
        for (template, allowed) in [
            ("file:///data/top%20secret/{name}", false),
            ("FILE:///data/secret/{name}", false),
            ("REPO://{owner}/secret", false),
            ("repo://{owner}/secret/", false),
            ("repo://{other}/secret", true),
            ("https://HOST/private/{+path}", false),
            ("https://host/{+path}", true),
        ] {
            let target = Target::ResourceTemplate(template);
            assert_eq!(server.allows(target), allowed, "{template}");
        }
    }

    #[test]
    fn who_disables_another_spelling_is_named() {
        let resources = uris(&["file:///a/*", "file:///b%20c"], &["FILE:///a/x", "*b c"]);
        let server = view(Definition {
            resources,
            ..Definition::new("v", "s", Match::Path("/mcp".into()))
        });
        for (uri, expected) in [
            ("file:///a/x/", "resource_not_enabled disabled[0]"),
            // Also of what is enabled by its very text.
            ("file:///b%20c", "resource_not_enabled disabled[1]"),
            ("file:///a/y", "allow enabled[0]"),
            ("FILE:///a/y", "resource_not_enabled"),
        ] {
            assert_eq!(say(server.decide(Target::Resource(uri))), expected, "{uri}");
        }
    }

    #[test]
    fn resource_templates() {
        let table = [
            ("docs:///{page}", "allow enabled[0]"),
            ("repo://{owner}/{name}", "allow enabled[1]"),
            ("repo://{owner}/{other}", "resource_not_enabled"),
            (
                "repo://{owner}/{secret}",
                "resource_not_enabled disabled[1]",
            ),
            (
                "docs:///internal/{page}",
                "resource_not_enabled disabled[0]",
            ),
            ("exact:///{x}", "resource_not_enabled"),
        ];
        for (template, expected) in table {
            let target = Target::ResourceTemplate(template);
            assert_eq!(say(server().decide(target)), expected, "{template}");
        }
    }

    #[test]
    fn skills() {
        let server = view(Definition {
            resources: uris(&["*"], &["skill://acme/pdf/draft.md"]),
            skills: uris(
                &["skill://acme/*/SKILL.md", "file:///skills/fix/SKILL.md"],
                &[
                    "skill://acme/secret/SKILL.md",
                    "file:///skills/key/SKILL.md",
                ],
            ),
            ..Definition::new("v", "s", Match::Path("/mcp".into()))
        });
        for (uri, expected) in [
            ("skill://acme/pdf/SKILL.md", "allow enabled[0]"),
            ("file:///skills/fix/SKILL.md", "allow enabled[1]"),
            (
                "skill://acme/secret/SKILL.md",
                "skill_not_enabled disabled[0]",
            ),
            ("skill://ACME/secret/SKILL.md", "skill_not_enabled"),
            ("skill://acme/secret%2FSKILL.md", "skill_not_enabled"),
            ("skill://acme/pdf/../secret/SKILL.md", "skill_not_enabled"),
            ("skill://other/pdf/SKILL.md", "skill_not_enabled"),
            // Neither a skill's directory nor another file of it names the skill.
            ("skill://acme/pdf", "skill_not_enabled"),
            ("skill://acme/pdf/x/NOTSKILL.md", "skill_not_enabled"),
        ] {
            assert_eq!(say(server.decide(Target::Skill(uri))), expected, "{uri}");
        }
        for (uri, expected) in [
            ("skill://acme/pdf", "allow enabled[0]"),
            ("skill://acme/pdf/SKILL.md", "allow enabled[0]"),
            ("skill://acme/pdf/templates/invoice.md", "allow enabled[0]"),
            ("file:///skills/fix/a.md", "allow enabled[1]"),
            // What disables wins over skills too.
            (
                "skill://acme/pdf/draft.md",
                "resource_not_enabled disabled[0]",
            ),
            // A wildcard over resources opens no skill that is not enabled, where skills are.
            ("skill://other/pdf/a.md", "resource_not_enabled"),
            ("SKILL://other/pdf/a.md", "resource_not_enabled"),
            ("skill://index.json", "resource_not_enabled"),
            ("skill://acme/secret", "resource_not_enabled disabled[0]"),
            ("skill://acme/secret/", "resource_not_enabled disabled[0]"),
            (
                "skill://acme/secret/a/b.md",
                "resource_not_enabled disabled[0]",
            ),
            (
                "skill://ACME/secret/a.md",
                "resource_not_enabled disabled[0]",
            ),
            ("skill://acme/pdf/../secret/a.md", "resource_not_enabled"),
            ("skill://acme/pdf/..", "resource_not_enabled"),
            (
                "file:///skills/key/a.md",
                "resource_not_enabled disabled[1]",
            ),
            ("file:///skills/key", "resource_not_enabled disabled[1]"),
            (
                "FILE:///skills/key/a.md",
                "resource_not_enabled disabled[1]",
            ),
            ("file:///skills/keys/a.md", "allow enabled[0]"),
        ] {
            assert_eq!(say(server.decide(Target::Resource(uri))), expected, "{uri}");
        }
        for (template, allowed) in [
            ("skill://acme/pdf/{file}", true),
            ("skill://acme/secret/{file}", false),
            ("skill://other/{+path}", false),
            ("file:///skills/key/{+path}", false),
            ("file:///{+path}", true),
        ] {
            let target = Target::ResourceTemplate(template);
            assert_eq!(server.allows(target), allowed, "{template}");
        }
        let deep = format!("file:///{}", "a/".repeat(100));
        assert!(!server.allows(Target::Resource(&deep)));
    }

    #[test]
    fn nothing_is_enabled_by_default() {
        let server = view(Definition::new("v", "s", Match::Route("v".into())));
        for target in [
            Target::Tool("a"),
            Target::Prompt("a"),
            Target::Resource("a:b"),
            Target::ResourceTemplate("a:{b}"),
            Target::Skill("skill://a/SKILL.md"),
        ] {
            assert!(!server.allows(target), "{target:?}");
        }
    }
}
