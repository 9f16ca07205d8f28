//! The small world behind the GitHub-like tools, held in memory and thrown away.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What a tool answers: text for the model, and structured content where its schema has one.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) structured: Option<Value>,
}

impl From<String> for Answer {
    fn from(text: String) -> Self {
        Self {
            text,
            structured: None,
        }
    }
}

#[derive(Debug, Clone)]
struct Issue {
    title: String,
    state: String,
    author: String,
    labels: Vec<String>,
    body: String,
    comments: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
struct Pull {
    title: String,
    state: String,
    head: String,
    base: String,
}

/// One user, one repository: `octo-org/hello-world`.
#[derive(Debug)]
pub(super) struct World {
    exists: bool,
    issues: BTreeMap<u64, Issue>,
    pulls: BTreeMap<u64, Pull>,
    branches: BTreeMap<String, BTreeMap<String, String>>,
}

impl World {
    pub(super) fn new() -> Self {
        let issue = |title: &str, author: &str, labels: &[&str], body: &str| Issue {
            title: title.into(),
            state: "open".into(),
            author: author.into(),
            labels: labels.iter().map(|&label| label.into()).collect(),
            body: body.into(),
            comments: Vec::new(),
        };
        let mut issues = BTreeMap::from([
            (
                1,
                issue(
                    "Crash when the config file is empty",
                    "mona",
                    &["bug"],
                    "`hello --config empty.toml` panics. I expected the defaults.",
                ),
            ),
            (
                2,
                issue(
                    "Say hello in French too",
                    "hubot",
                    &["enhancement"],
                    "« Bonjour » 👋",
                ),
            ),
            (
                3,
                issue(
                    "Document the exit codes",
                    "mona",
                    &["docs"],
                    "They are only in the code.",
                ),
            ),
        ]);
        if let Some(issue) = issues.get_mut(&1) {
            issue
                .comments
                .push(("hubot".into(), "I can reproduce this on 1.2.0.".into()));
            issue
                .comments
                .push(("octocat".into(), "A fix is in #7.".into()));
        }
        let pull = |title: &str, head: &str| Pull {
            title: title.into(),
            state: "open".into(),
            head: head.into(),
            base: "main".into(),
        };
        let pulls = BTreeMap::from([
            (
                7,
                pull("Use the defaults for an empty config", "fix-empty-config"),
            ),
            (8, pull("Add French", "french")),
        ]);
        let main = BTreeMap::from([
            (
                "README.md".to_owned(),
                "# Hello\n\nSays hello.\n".to_owned(),
            ),
            (
                "src/main.rs".to_owned(),
                "fn main() {\n    println!(\"hello\");\n}\n".to_owned(),
            ),
        ]);
        let branches = BTreeMap::from([("main".to_owned(), main)]);
        Self {
            exists: true,
            issues,
            pulls,
            branches,
        }
    }

    /// What one of the tools of `tools.json` does; an error is the tool's, for the model to read.
    pub(super) fn call(&mut self, tool: &str, arguments: &Arguments) -> Result<Answer, String> {
        if arguments.0.contains_key("repo") {
            let (owner, repo) = (arguments.text("owner")?, arguments.text("repo")?);
            if (owner, repo) != ("octo-org", "hello-world") || !self.exists {
                return Err(format!("there is no repository `{owner}/{repo}`"));
            }
        }
        Ok(match tool {
            "get_me" => Answer::from(json!({"login": "octocat", "id": 583_231}).to_string()),
            "search_repositories" => json!({"items": [{
                "full_name": "octo-org/hello-world", "description": "Says hello", "stars": 42,
            }]})
            .to_string()
            .into(),
            "search_code" => self.search_code(arguments.text("query")?).into(),
            "get_file_contents" => self.file(arguments)?.into(),
            "get_issue" => {
                let number = arguments.number("issue_number")?;
                let issue = self.issue(number)?;
                structured(issue_json(number, issue))
            }
            "list_issues" => self.list(|issue| in_state(&issue.state, arguments, "open")),
            "search_issues" => {
                let query = arguments.text("query")?.to_lowercase();
                let has = |issue: &Issue| {
                    format!("{} {}", issue.title, issue.body)
                        .to_lowercase()
                        .contains(&query)
                };
                self.list(|issue| has(issue) && in_state(&issue.state, arguments, "all"))
            }
            "list_issue_comments" => {
                let issue = self.issue(arguments.number("issue_number")?)?;
                let comments = issue.comments.iter();
                let comments: Vec<Value> = comments
                    .map(|(author, body)| json!({"author": author, "body": body}))
                    .collect();
                Value::from(comments).to_string().into()
            }
            "create_issue" => {
                let issue = Issue {
                    title: arguments.text("title")?.into(),
                    state: "open".into(),
                    author: "octocat".into(),
                    labels: arguments.texts("labels"),
                    body: arguments.text("body").unwrap_or_default().into(),
                    comments: Vec::new(),
                };
                let last = self.issues.keys().chain(self.pulls.keys()).max();
                let number = last.map_or(1, |number| number + 1);
                let answer = structured(issue_json(number, &issue));
                self.issues.insert(number, issue);
                answer
            }
            "update_issue" => {
                let number = arguments.number("issue_number")?;
                let issue = self.issue_mut(number)?;
                let new = |name: &str, old: &str| {
                    arguments
                        .text(name)
                        .map_or_else(|_| old.to_owned(), str::to_owned)
                };
                issue.title = new("title", &issue.title);
                issue.body = new("body", &issue.body);
                issue.state = new("state", &issue.state);
                if arguments.0.contains_key("labels") {
                    issue.labels = arguments.texts("labels");
                }
                structured(issue_json(number, issue))
            }
            "add_issue_comment" => {
                let body = arguments.text("body")?.to_owned();
                let issue = self.issue_mut(arguments.number("issue_number")?)?;
                issue.comments.push(("octocat".into(), body));
                format!("comment {} added", issue.comments.len()).into()
            }
            "list_pull_requests" => {
                let pulls = self.pulls.iter();
                let pulls: Vec<Value> = pulls
                    .filter(|(_, pull)| in_state(&pull.state, arguments, "open"))
                    .map(|(number, pull)| pull_json(*number, pull))
                    .collect();
                Value::from(pulls).to_string().into()
            }
            "get_pull_request" => {
                let number = arguments.number("pull_number")?;
                let pull = self.pulls.get(&number);
                let pull = pull.ok_or_else(|| format!("there is no pull request #{number}"))?;
                pull_json(number, pull).to_string().into()
            }
            "merge_pull_request" => {
                let number = arguments.number("pull_number")?;
                let pull = self.pulls.get_mut(&number);
                let pull = pull.ok_or_else(|| format!("there is no pull request #{number}"))?;
                pull.state = "merged".into();
                format!("#{number} merged into {}", pull.base).into()
            }
            "create_branch" => {
                let from = arguments.text("from_branch").unwrap_or("main");
                let files = self.branch(from)?.clone();
                let branch = arguments.text("branch")?;
                self.branches.insert(branch.to_owned(), files);
                format!("branch {branch} created from {from}").into()
            }
            "push_files" => {
                let branch = arguments.text("branch")?;
                let files = arguments.0.get("files").and_then(Value::as_array);
                let files = files.ok_or("`files` is missing")?;
                let target = self.branch(branch)?;
                for file in files {
                    let text = |name| file.get(name).and_then(Value::as_str).unwrap_or_default();
                    target.insert(text("path").to_owned(), text("content").to_owned());
                }
                format!("{} files pushed to {branch}", files.len()).into()
            }
            "delete_file" => {
                let (branch, path) = (arguments.text("branch")?, arguments.text("path")?);
                let gone = self.branch(branch)?.remove(path);
                gone.ok_or_else(|| format!("there is no file `{path}` on {branch}"))?;
                format!("{path} deleted from {branch}").into()
            }
            "delete_repo" => {
                self.exists = false;
                "repository octo-org/hello-world deleted".to_owned().into()
            }
            _ => return Err(format!("`{tool}` is not written yet")),
        })
    }

    /// A file of the main branch, for the resources.
    pub(super) fn main_file(&self, path: &str) -> Option<&str> {
        self.branches.get("main")?.get(path).map(String::as_str)
    }

    fn file(&mut self, arguments: &Arguments) -> Result<String, String> {
        let (branch, path) = (
            arguments.text("ref").unwrap_or("main"),
            arguments.text("path")?,
        );
        let text = self.branch(branch)?.get(path);
        text.cloned()
            .ok_or_else(|| format!("there is no file `{path}` on {branch}"))
    }

    fn search_code(&self, query: &str) -> String {
        let files = self.branches.get("main").into_iter().flatten();
        let found = files.filter(|(_, text)| text.contains(query));
        let found: Vec<Value> = found
            .map(|(path, _)| json!({"repository": "octo-org/hello-world", "path": path}))
            .collect();
        json!({"total_count": found.len(), "items": found}).to_string()
    }

    fn list(&self, wanted: impl Fn(&Issue) -> bool) -> Answer {
        let issues = self.issues.iter().rev().filter(|(_, issue)| wanted(issue));
        let issues: Vec<Value> = issues
            .map(|(number, issue)| issue_json(*number, issue))
            .collect();
        structured(json!({"total_count": issues.len(), "issues": issues}))
    }

    fn issue(&self, number: u64) -> Result<&Issue, String> {
        self.issues
            .get(&number)
            .ok_or_else(|| format!("there is no issue #{number}"))
    }

    fn issue_mut(&mut self, number: u64) -> Result<&mut Issue, String> {
        self.issues
            .get_mut(&number)
            .ok_or_else(|| format!("there is no issue #{number}"))
    }

    fn branch(&mut self, name: &str) -> Result<&mut BTreeMap<String, String>, String> {
        self.branches
            .get_mut(name)
            .ok_or_else(|| format!("there is no branch `{name}`"))
    }
}

/// The arguments of a call.
pub(super) struct Arguments(pub(super) Map<String, Value>);

impl Arguments {
    pub(super) fn text(&self, name: &str) -> Result<&str, String> {
        let text = self.0.get(name).and_then(Value::as_str);
        text.ok_or_else(|| format!("`{name}` must be a string"))
    }

    pub(super) fn number(&self, name: &str) -> Result<u64, String> {
        let number = self.0.get(name).and_then(Value::as_u64);
        number.ok_or_else(|| format!("`{name}` must be a whole number"))
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let texts = self
            .0
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        texts
            .filter_map(|text| text.as_str().map(str::to_owned))
            .collect()
    }
}

fn in_state(state: &str, arguments: &Arguments, otherwise: &str) -> bool {
    let wanted = arguments.text("state").unwrap_or(otherwise);
    wanted == "all" || wanted == state
}

fn structured(value: Value) -> Answer {
    Answer {
        text: value.to_string(),
        structured: Some(value),
    }
}

fn issue_json(number: u64, issue: &Issue) -> Value {
    json!({
        "number": number, "title": issue.title, "state": issue.state, "author": issue.author,
        "labels": issue.labels, "body": issue.body,
    })
}

fn pull_json(number: u64, pull: &Pull) -> Value {
    json!({
        "number": number, "title": pull.title, "state": pull.state, "head": pull.head,
        "base": pull.base, "mergeable": pull.state == "open",
    })
}
