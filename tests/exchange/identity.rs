//! Who calls, what they may use, and what their requests go on with.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else is replied fails a test"
)]

use std::sync::Arc;

use bytes::Bytes;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use sluice::exchange::{
    Ask, BodyEdit, Credential, CredentialFailure, Event, Exchange, HeaderEdits, Headers,
    IdentityFailure, Refusal, Reply, Step, Ticket, Vouched,
};
use sluice::policy::{
    AuthData, Authentication, Caller, ClaimNames, Definition, Limits, Location, Match, Membership,
    Pattern, Policy, Principal, Rule, RuleId, Rules, Trust, VirtualServer,
};
use sluice::seal::Keys;

const PATH: &str = "/mcp/desk";

const CALL: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_issue"}}"#;

fn tools() -> Rules {
    let location = Location {
        file: "test.yaml".into(),
        line: 1,
        column: 1,
    };
    let pattern = Pattern::name("get_issue").unwrap();
    let rule = Rule::new(RuleId::new("tools[0]"), location, "get_issue", pattern);
    Rules::new(vec![rule], Vec::new())
}

fn issuers() -> Trust {
    Trust::Issuers(Vec::new())
}

fn policy_of(trust: Trust, auth_data: AuthData, resource: Option<&str>) -> Arc<Policy> {
    let authentication = Authentication {
        trust,
        claims: ClaimNames::default(),
        resource: resource.map(str::to_owned),
    };
    let principals = |texts: &[&str]| {
        let parse = |text: &&str| Principal::parse(text).unwrap();
        texts.iter().map(parse).collect()
    };
    let server = |name: &str, path: &str| {
        VirtualServer::new(Definition {
            tools: tools(),
            authentication: Some(Arc::new(authentication.clone())),
            collaborators: Membership {
                any_of: principals(&["group:support", "scope:desk"]),
                none_of: principals(&["user:mallory"]),
            },
            auth_data: Arc::new(auth_data.clone()),
            ..Definition::new(name, "tracker", Match::Path(path.into()))
        })
    };
    let servers = vec![server("desk", PATH), server("other", "/mcp/other")];
    let keys = Arc::new(Keys::new([[3; 32]]).unwrap());
    Arc::new(Policy::new(servers, Limits::default()).with_seal_keys(&keys))
}

fn policy() -> Arc<Policy> {
    policy_of(issuers(), AuthData::None, Some("https://mcp.example.com"))
}

fn with(auth_data: AuthData) -> Arc<Policy> {
    policy_of(issuers(), auth_data, Some("https://mcp.example.com"))
}

fn caller(claims: &Value) -> Arc<Caller> {
    let claims: Map<String, Value> = claims.as_object().unwrap().clone();
    Arc::new(Caller::of(claims, &ClaimNames::default()).unwrap())
}

fn person(name: &str) -> Arc<Caller> {
    caller(&json!({"iss": "https://idp.example.com", "sub": name, "groups": ["support"]}))
}

/// A conversation of which each step is looked at.
struct Talk(Option<Exchange>);

impl Talk {
    fn new(policy: &Arc<Policy>) -> Self {
        Self(Some(Exchange::new(Arc::clone(policy), None)))
    }

    fn tell(&mut self, event: Event<'_>) -> Step {
        let (exchange, step) = self.0.take().unwrap().handle(event);
        self.0 = Some(exchange);
        step
    }

    fn head(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) -> Step {
        let pseudo = [
            (":method", method),
            (":path", path),
            (":authority", "mcp.example.com"),
            (":scheme", "https"),
            ("content-type", "application/json"),
        ];
        let headers: Headers<'_> = pseudo
            .iter()
            .chain(headers)
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        self.tell(Event::RequestHeaders {
            headers,
            end_of_stream: method != "POST",
        })
    }

    fn body(&mut self, body: &str) -> Step {
        self.tell(Event::RequestBody(Bytes::from(body.to_owned())))
    }

    fn response(&mut self, headers: &[(&str, &str)]) -> Step {
        let headers: Headers<'_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        self.tell(Event::ResponseHeaders {
            headers,
            end_of_stream: false,
        })
    }
}

const TOKEN: (&str, &str) = ("authorization", "Bearer abc.def.ghi");

#[track_caller]
fn refused(step: Step) -> Refusal {
    match step.reply {
        Reply::Refuse(refusal) => refusal,
        reply => panic!("{reply:?}"),
    }
}

#[track_caller]
fn went_on(step: Step) -> (HeaderEdits, BodyEdit) {
    match step.reply {
        Reply::Continue { headers, body } => (headers, body),
        Reply::Refuse(refusal) => panic!("refused: {}", refusal.body()),
        reply => panic!("{reply:?}"),
    }
}

#[track_caller]
fn asked(step: Step) -> Ask {
    match step.reply {
        Reply::Ask(ask) => *ask,
        Reply::Refuse(refusal) => panic!("refused: {}", refusal.body()),
        reply => panic!("{reply:?}"),
    }
}

fn challenge(refusal: &Refusal) -> Option<&str> {
    let mut headers = refusal.headers();
    headers.find_map(|(name, value)| (name == "www-authenticate").then_some(value))
}

/// A talk of this caller's, up to the body.
fn begun(policy: &Arc<Policy>, caller: Arc<Caller>) -> Talk {
    let mut talk = Talk::new(policy);
    asked(talk.head("POST", PATH, &[TOKEN]));
    went_on(talk.tell(Event::Identified(Ok(caller))));
    talk
}

const METADATA: &str =
    r#"resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp/desk""#;

#[test]
fn who_brings_no_token_is_told_where_to_get_one() {
    for headers in [vec![], vec![("authorization", "Basic YTpi")]] {
        let refusal = refused(Talk::new(&policy()).head("POST", PATH, &headers));
        assert_eq!(refusal.status(), 401);
        assert_eq!(refusal.reason().as_str(), "unauthenticated");
        assert_eq!(challenge(&refusal).unwrap(), format!("Bearer {METADATA}"));
    }
    // In no other place is a token looked for, and nothing else is told before there is one.
    let elsewhere = [
        ("GET", "/mcp/desk?access_token=abc.def.ghi", vec![]),
        ("POST", PATH, vec![("cookie", "access_token=abc.def.ghi")]),
        ("PUT", PATH, vec![]),
        ("POST", PATH, vec![("mcp-session-id", "x")]),
    ];
    for (method, path, headers) in elsewhere {
        let refusal = refused(Talk::new(&policy()).head(method, path, &headers));
        assert_eq!(refusal.status(), 401, "{method} {path}");
    }
}

#[test]
fn what_is_no_single_token_is_refused_before_anyone_is_asked() {
    let long = format!("Bearer {}", "a".repeat(20_000));
    let table = [
        (vec![TOKEN, TOKEN], 400, "invalid_request"),
        (
            vec![("authorization", "Bearer a,Bearer b")],
            401,
            "invalid_token",
        ),
        (vec![("authorization", "Bearer a b")], 401, "invalid_token"),
        (vec![("authorization", "Bearer ")], 401, "invalid_token"),
        (vec![("authorization", &long)], 401, "invalid_token"),
    ];
    for (headers, status, error) in table {
        let refusal = refused(Talk::new(&policy()).head("POST", PATH, &headers));
        assert_eq!(refusal.status(), status);
        let challenge = challenge(&refusal).unwrap();
        assert!(
            challenge.contains(&format!("error=\"{error}\"")),
            "{challenge}"
        );
        assert!(challenge.ends_with(METADATA), "{challenge}");
    }
}

#[test]
fn a_token_is_for_the_url_of_the_virtual_server() {
    let Ask::Identity(ask) = asked(Talk::new(&policy()).head("POST", PATH, &[TOKEN])) else {
        panic!("something else");
    };
    assert_eq!(ask.token.expose(), "abc.def.ghi");
    assert!(!format!("{ask:?}").contains("abc.def.ghi"));
    assert_eq!(ask.resource.unwrap(), "https://mcp.example.com/mcp/desk");

    // Where the manifest does not say it, the request does not either: `Host` is the client's.
    let derived = policy_of(issuers(), AuthData::None, None);
    let Ask::Identity(ask) = asked(Talk::new(&derived).head("POST", PATH, &[TOKEN])) else {
        panic!("something else");
    };
    assert_eq!(ask.resource, None);
}

#[test]
fn who_is_not_known_or_not_in_does_not_pass() {
    let judged = |caller| {
        let mut talk = Talk::new(&policy());
        asked(talk.head("POST", PATH, &[TOKEN]));
        refused(talk.tell(Event::Identified(caller)))
    };
    let expired = judged(Err(IdentityFailure::InvalidToken("It is expired")));
    assert_eq!(
        (expired.status(), expired.reason().as_str()),
        (401, "invalid_token")
    );
    assert_eq!(
        challenge(&expired).unwrap(),
        format!("Bearer error=\"invalid_token\", error_description=\"It is expired\", {METADATA}")
    );
    let down = judged(Err(IdentityFailure::Unavailable));
    assert_eq!((down.status(), challenge(&down)), (503, None));

    let iss = "https://idp.example.com";
    let stranger = judged(Ok(caller(&json!({"iss": iss, "sub": "eve"}))));
    assert_eq!(
        (stranger.status(), stranger.reason().as_str()),
        (403, "not_a_collaborator")
    );
    assert!(
        challenge(&stranger)
            .unwrap()
            .starts_with("Bearer error=\"insufficient_scope\"")
    );
    assert!(challenge(&stranger).unwrap().contains("scope=\"desk\""));
    // No scope helps who is kept out by name.
    let groups = json!(["support"]);
    let kept_out = judged(Ok(caller(
        &json!({"iss": iss, "sub": "mallory", "groups": groups}),
    )));
    assert_eq!((kept_out.status(), challenge(&kept_out)), (403, None));
    let scoped = json!({"iss": iss, "sub": "eve", "scope": "a desk"});
    begun(&policy(), caller(&scoped));
}

#[test]
fn metadata_is_answered_without_a_token() {
    let well_known = "/.well-known/oauth-protected-resource";
    let answer = |method: &str, path: &str| {
        Talk::new(&policy()).head(method, &format!("{well_known}{path}"), &[])
    };
    let Reply::Answer(json) = answer("GET", PATH).reply else {
        panic!("no answer");
    };
    let metadata: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        metadata,
        json!({
            "resource": "https://mcp.example.com/mcp/desk",
            "authorization_servers": [],
            "scopes_supported": ["desk"],
            "bearer_methods_supported": ["header"],
            "resource_name": "desk",
        })
    );
    assert_eq!(refused(answer("POST", PATH)).status(), 405);
    // Of two virtual servers none is meant.
    for path in ["", "/", "/mcp", "/mcp/desk/", "/mcp/elsewhere", "x"] {
        assert_eq!(refused(answer("GET", path)).status(), 404, "{path}");
    }
}

#[test]
fn a_request_goes_on_with_its_credential_or_not_at_all() {
    let policy = with(AuthData::Header(Vec::new()));
    let credential = || Credential {
        headers: vec![("authorization".into(), "Bearer downstream".into())],
        ticket: Some(Ticket {
            key: [7; 32],
            issue: 1,
        }),
    };
    let mut talk = begun(&policy, person("alice"));
    let Ask::Credential(ask) = asked(talk.body(CALL)) else {
        panic!("something else");
    };
    assert_eq!(&*ask.server, "tracker");
    assert_eq!(ask.caller.user(), Some("alice"));
    assert!(ask.token.is_none(), "nobody needs it");
    let step = talk.tell(Event::Credential(Ok(credential())));
    assert!(!format!("{step:?}").contains("downstream"));
    let (headers, _) = went_on(step);
    let (name, value) = &headers.credential.headers[0];
    assert_eq!(
        (name.as_str(), value.expose_secret()),
        ("authorization", "Bearer downstream")
    );

    // A challenge of the upstream's is an error, and whoever issued the credential learns of it.
    for status in ["401", "403"] {
        let mut talk = begun(&policy, person("alice"));
        asked(talk.body(CALL));
        went_on(talk.tell(Event::Credential(Ok(credential()))));
        let challenged = [
            (":status", status),
            ("www-authenticate", "Bearer realm=\"x\""),
        ];
        let step = talk.response(&challenged);
        assert_eq!(step.rejected.unwrap().issue, 1);
        let refusal = refused(step);
        assert_eq!(
            (refusal.status(), challenge(&refusal)),
            (200, None),
            "{status}"
        );
        let body: Value = serde_json::from_str(&refusal.body()).unwrap();
        assert_eq!(body["id"], 1);
        assert_eq!(body["error"]["data"]["reason"], "credential_refused");
    }
    for (failure, reason) in [
        (CredentialFailure::NoneForCaller, "no_credential"),
        (CredentialFailure::Refused, "no_credential"),
        (CredentialFailure::Unavailable, "credential_unavailable"),
    ] {
        let mut talk = begun(&policy, person("alice"));
        asked(talk.body(CALL));
        let refusal = refused(talk.tell(Event::Credential(Err(failure))));
        let body: Value = serde_json::from_str(&refusal.body()).unwrap();
        assert_eq!((refusal.status(), &body["id"]), (200, &json!(1)));
        assert_eq!(body["error"]["data"]["reason"], reason);
    }
    // A stream has nobody to answer to, so the status says it.
    let mut talk = Talk::new(&policy);
    asked(talk.head("GET", PATH, &[TOKEN]));
    asked(talk.tell(Event::Identified(Ok(person("alice")))));
    let failure = Event::Credential(Err(CredentialFailure::Unavailable));
    assert_eq!(refused(talk.tell(failure)).status(), 502);
    // What is refused anyway needs no credential.
    let mut talk = begun(&policy, person("alice"));
    let hidden = CALL.replace("get_issue", "delete_repo");
    assert_eq!(
        refused(talk.body(&hidden)).reason().as_str(),
        "tool_not_enabled"
    );
}

#[test]
fn the_callers_token_is_kept_only_where_what_goes_on_depends_on_it() {
    let mut talk = begun(&with(AuthData::Passthrough), person("alice"));
    let Ask::Credential(ask) = asked(talk.body(CALL)) else {
        panic!("something else");
    };
    assert_eq!(ask.token.unwrap().expose(), "abc.def.ghi");
}

/// What the client gets for a session that the server begins for this caller.
fn session_of(policy: &Arc<Policy>, caller: Arc<Caller>) -> String {
    let mut talk = begun(policy, caller);
    went_on(talk.body(CALL));
    let headers = [
        (":status", "200"),
        ("content-type", "application/json"),
        ("mcp-session-id", "s-1"),
    ];
    let (headers, _) = went_on(talk.response(&headers));
    let session = headers
        .set
        .iter()
        .find(|(name, _)| *name == "mcp-session-id");
    session.unwrap().1.to_string()
}

/// What becomes of a request in this session.
fn resume(
    policy: &Arc<Policy>,
    caller: Arc<Caller>,
    method: &str,
    path: &str,
    session: &str,
) -> Result<HeaderEdits, Refusal> {
    let mut talk = Talk::new(policy);
    asked(talk.head(method, path, &[TOKEN, ("mcp-session-id", session)]));
    let step = talk.tell(Event::Identified(Ok(caller)));
    let head = match step.reply {
        Reply::Continue { headers, .. } => headers,
        Reply::Refuse(refusal) => return Err(refusal),
        reply => panic!("{reply:?}"),
    };
    if method != "POST" {
        return Ok(head);
    }
    match talk.body(CALL).reply {
        Reply::Continue { .. } => Ok(head),
        Reply::Refuse(refusal) => Err(refusal),
        reply => panic!("{reply:?}"),
    }
}

#[test]
fn a_session_is_of_one_virtual_server_and_one_subject() {
    let policy = policy();
    let session = session_of(&policy, person("alice"));
    assert!(!session.contains("s-1"));
    let iss = "https://other.example.com";
    let namesake = json!({"iss": iss, "sub": "alice", "groups": ["support"]});
    for method in ["POST", "GET", "DELETE"] {
        let edits = resume(&policy, person("alice"), method, PATH, &session).unwrap();
        let own = edits.set.iter().find(|(name, _)| *name == "mcp-session-id");
        assert_eq!(own.unwrap().1, "s-1", "{method}");
        let foreign = [
            (person("bob"), PATH, session.as_str()),
            (caller(&namesake), PATH, &session),
            (person("alice"), "/mcp/other", &session),
            (person("alice"), PATH, "s-1"),
            (person("alice"), PATH, ""),
        ];
        for (caller, path, session) in foreign {
            let refusal = resume(&policy, caller, method, path, session).unwrap_err();
            assert_eq!(refusal.status(), 404, "{method} {path} {session}");
            assert_eq!(refusal.reason().as_str(), "unknown_session");
        }
    }
}

#[test]
fn an_event_is_of_one_session() {
    let policy = policy();
    let alice = || person("alice");
    let session = session_of(&policy, alice());
    let view =
        sluice::policy::View::new(Arc::clone(policy.virtual_server("desk").unwrap()), alice());
    let ids = view.session_ids().unwrap();
    let event = ids.seal_event("s-1", "7").unwrap();
    let resumed = |headers: &[(&str, &str)]| {
        let mut talk = Talk::new(&policy);
        let all: Vec<_> = std::iter::once(&TOKEN).chain(headers).copied().collect();
        asked(talk.head("GET", PATH, &all));
        talk.tell(Event::Identified(Ok(alice()))).reply
    };
    let own = [
        ("mcp-session-id", session.as_str()),
        ("last-event-id", &event),
    ];
    let Reply::Continue { headers, .. } = resumed(&own) else {
        panic!("refused");
    };
    assert!(headers.set.contains(&("last-event-id", "7".into())));
    let of_another = ids.seal_event("s-2", "7").unwrap();
    let table: [&[(&str, &str)]; 4] = [
        &[("last-event-id", &event)],
        &[("mcp-session-id", &session), ("last-event-id", "7")],
        &[("mcp-session-id", &session), ("last-event-id", &of_another)],
        &[("mcp-session-id", &session), ("last-event-id", &session)],
    ];
    for headers in table {
        assert!(matches!(resumed(headers), Reply::Refuse(_)), "{headers:?}");
    }
}

#[test]
fn envoy_can_vouch_for_who_calls() {
    let trust = Trust::EnvoyJwtAuthn {
        payload: "payload".into(),
        authorization_servers: vec!["https://idp.example.com".into()],
    };
    let policy = policy_of(trust, AuthData::None, None);
    let claims = json!({"iss": "https://idp.example.com", "sub": "alice", "scope": "desk"});
    let namespace = |key: &str, claims: Value| {
        let value = json!({key: claims});
        Vouched {
            hop: None,
            digests: false,
            jwt_authn: value.as_object().unwrap().clone(),
            peer_uri: Some("spiffe://example.com/agent".into()),
            route: None,
        }
    };
    let judged = |vouched: Vouched| {
        let exchange = Exchange::new(Arc::clone(&policy), None).vouched(vouched);
        let mut talk = Talk(Some(exchange));
        let step = talk.head("POST", PATH, &[TOKEN]);
        match step.reply {
            Reply::Continue { .. } => 0,
            Reply::Refuse(refusal) => refusal.status(),
            reply => panic!("{reply:?}"),
        }
    };
    assert_eq!(judged(namespace("payload", claims.clone())), 0);
    assert_eq!(judged(namespace("other", claims)), 401);
    assert_eq!(judged(namespace("payload", json!({"sub": "alice"}))), 401);
    assert_eq!(
        judged(Vouched::default()),
        401,
        "a token alone says nothing here"
    );

    let policy = policy_of(Trust::EnvoyPeerCertificate, AuthData::None, None);
    let judged = |uri: Option<&str>| {
        let vouched = Vouched {
            hop: None,
            digests: false,
            route: None,
            jwt_authn: Map::new(),
            peer_uri: uri.map(str::to_owned),
        };
        let exchange = Exchange::new(Arc::clone(&policy), None).vouched(vouched);
        refused(Talk(Some(exchange)).head("POST", PATH, &[])).status()
    };
    // Known, but no collaborator.
    assert_eq!(judged(Some("spiffe://example.com/ns/a/sa/agent")), 403);
    for uri in [
        None,
        Some("https://example.com/a"),
        Some("spiffe://"),
        Some("spiffe://a"),
    ] {
        assert_eq!(judged(uri), 401, "{uri:?}");
    }
}
