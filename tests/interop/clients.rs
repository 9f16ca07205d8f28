//! The clients, one for each version of the protocol and each way of an SDK to speak it: the
//! columns of the matrix.

use serde_json::{Value, json};

use crate::job::{Job, Report};
use crate::rust_client::Lifecycle;
use crate::script::Script;
use crate::support::tools::PythonSdk;
use crate::upstreams::Feature;

/// What a client can speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// HTTP+SSE of 2024-11-05, whatever version goes over it.
    Sse,
    /// Streamable HTTP, with the handshake of the versions up to 2025-11-25.
    Legacy,
    /// Streamable HTTP as of 2026-07-28.
    Modern,
    /// Whichever of the last two the server speaks; 2026-07-28 if both.
    Either,
}

/// What does the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runner {
    Script(Script),
    Rust(Lifecycle),
}

/// A client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client {
    /// In the names of trials: the SDK, its version, and the way.
    pub(crate) name: &'static str,
    pub(crate) speaks: Speaks,
    /// The newest version of the protocol that it knows.
    pub(crate) newest: &'static str,
    mode: &'static str,
    runner: Runner,
}

impl Client {
    /// The head of its column.
    pub(crate) fn title(&self) -> String {
        format!("{} ≤{}", self.name.replace('-', " "), self.newest)
    }

    /// Does a job, and says what came of it.
    ///
    /// # Errors
    /// When there was no session to do it in.
    pub(crate) fn run(&self, job: &Job) -> Result<Report, String> {
        let job = self.describe(job);
        let report = match self.runner {
            Runner::Script(script) => script.run(&job)?,
            Runner::Rust(lifecycle) => lifecycle.run(&job)?,
        };
        Report::new(report)
    }

    fn describe(&self, job: &Job) -> Value {
        let transport = match self.speaks {
            Speaks::Sse => "sse",
            Speaks::Legacy | Speaks::Modern | Speaks::Either => "streamable",
        };
        let mut described =
            json!({"url": job.url, "steps": job.steps, "mode": self.mode, "transport": transport});
        if let Some(patience) = job.patience {
            described["patience"] = json!(patience.as_secs_f64());
        }
        described
    }

    /// Whether it knows what to do with a feature of a server.
    pub(crate) fn knows(&self, feature: Feature) -> bool {
        match feature {
            // Since 2025-06-18.
            Feature::Elicitation => self.newest > V2025_03,
            // Python asks for the rest of a stream since 1.23, and none does over HTTP+SSE. In
            // 2026-07-28 there is none to ask for.
            Feature::Resumption => self.newest >= V2025_11 && self.speaks != Speaks::Sse,
            Feature::Progress
            | Feature::Logging
            | Feature::Sampling
            | Feature::Announcement
            | Feature::Cancellation => true,
        }
    }
}

const fn python(name: &'static str, sdk: PythonSdk, newest: &'static str) -> Client {
    script(name, Script::Python(sdk), newest)
}

const fn script(name: &'static str, script: Script, newest: &'static str) -> Client {
    Client {
        name,
        speaks: Speaks::Legacy,
        newest,
        mode: "legacy",
        runner: Runner::Script(script),
    }
}

const fn rust(name: &'static str, lifecycle: Lifecycle, newest: &'static str) -> Client {
    Client {
        name,
        speaks: Speaks::Legacy,
        newest,
        mode: "",
        runner: Runner::Rust(lifecycle),
    }
}

impl Client {
    const fn over_sse(self) -> Self {
        let speaks = Speaks::Sse;
        Self { speaks, ..self }
    }

    const fn mode(self, mode: &'static str, speaks: Speaks) -> Self {
        Self {
            mode,
            speaks,
            ..self
        }
    }
}

const V2024: &str = "2024-11-05";
const V2025_03: &str = "2025-03-26";
const V2025_06: &str = "2025-06-18";
const V2025_11: &str = "2025-11-25";
const V2026: &str = "2026-07-28";

/// All of them.
pub(crate) const CLIENTS: &[Client] = &[
    python("python-1.6.0-sse", PythonSdk::V1_6_0, V2024).over_sse(),
    python("python-1.30.0-sse", PythonSdk::V1_30_0, V2025_11).over_sse(),
    script("ts-1.32.2-sse", Script::TypeScript1, V2025_11).over_sse(),
    python("python-1.9.4", PythonSdk::V1_9_4, V2025_03),
    python("python-1.12.4", PythonSdk::V1_12_4, V2025_06),
    python("python-1.30.0", PythonSdk::V1_30_0, V2025_11),
    python("python-2.3.0-legacy", PythonSdk::V2_3_0, V2025_11),
    python("python-2.3.0-auto", PythonSdk::V2_3_0, V2026).mode("auto", Speaks::Either),
    python("python-2.3.0-2026", PythonSdk::V2_3_0, V2026).mode(V2026, Speaks::Modern),
    script("ts-1.32.2", Script::TypeScript1, V2025_11),
    script("ts-2.4.0-legacy", Script::TypeScript2, V2025_11),
    script("ts-2.4.0-auto", Script::TypeScript2, V2026).mode("auto", Speaks::Either),
    script("ts-2.4.0-2026", Script::TypeScript2, V2026).mode(V2026, Speaks::Modern),
    rust("rmcp-3.9.0-initialize", Lifecycle::Initialize, V2025_11),
    rust("rmcp-3.9.0-discover", Lifecycle::Discover, V2026).mode("", Speaks::Modern),
];
