//! What each server can do, as `upstreams::trials` finds it.

use super::Feature::{
    Announcement, Cancellation, Elicitation, Logging, Progress, Resumption, Sampling,
};
use super::{Feature, Runs, Transport, Upstream};
use crate::support::tools::PythonSdk;

/// The versions with an `initialize`, over streamable HTTP.
const LEGACY: &[&str] = &["2025-03-26", "2025-06-18", "2025-11-25"];

/// Those and 2026-07-28.
const BOTH: &[&str] = &["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];

/// The version whose transport HTTP+SSE is, and those that SDKs speak over it all the same.
const SSE: &[&str] = &["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// What streams in both directions allow.
const ALL: &[Feature] = &[
    Progress,
    Logging,
    Sampling,
    Elicitation,
    Announcement,
    Cancellation,
];

/// The same, with events that are kept.
const RESUMABLE: &[Feature] = &[
    Progress,
    Logging,
    Sampling,
    Elicitation,
    Announcement,
    Cancellation,
    Resumption,
];

/// What the stream of an answer allows in 2026-07-28.
const MODERN: &[Feature] = &[Progress, Logging, Sampling, Elicitation, Cancellation];

/// What is left of that where each answer is one JSON value.
const MODERN_JSON: &[Feature] = &[Sampling, Elicitation];

const PYTHON_2: Upstream = Upstream {
    sdk: "python-2.3.0",
    mode: "sessions",
    transport: Transport::Streamable,
    versions: BOTH,
    legacy: ALL,
    modern: MODERN,
    runs: Runs::Python(PythonSdk::V2_3_0, "server_v2.py"),
};

const PYTHON_1: Upstream = Upstream {
    sdk: "python-1.30.0",
    mode: "sessions",
    transport: Transport::Streamable,
    versions: LEGACY,
    legacy: ALL,
    modern: &[],
    runs: Runs::Python(PythonSdk::V1_30_0, "server_v1.py"),
};

const TYPESCRIPT_1: Upstream = Upstream {
    sdk: "typescript-1.32.2",
    mode: "stateful",
    transport: Transport::Streamable,
    versions: LEGACY,
    legacy: ALL,
    modern: &[],
    runs: Runs::Node("server_v1.mjs"),
};

const TYPESCRIPT_2: Upstream = Upstream {
    sdk: "typescript-2.4.0",
    mode: "raw",
    transport: Transport::Streamable,
    versions: BOTH,
    legacy: &[Progress, Logging],
    modern: MODERN,
    runs: Runs::Node("server_v2.mjs"),
};

const RMCP: Upstream = Upstream {
    sdk: "rmcp-3.9.0",
    mode: "sessions",
    transport: Transport::Streamable,
    versions: BOTH,
    legacy: RESUMABLE,
    modern: MODERN,
    runs: Runs::Rmcp,
};

const EVERYTHING: Upstream = Upstream {
    sdk: "everything-2026.8.31",
    mode: "streamableHttp",
    transport: Transport::Streamable,
    versions: LEGACY,
    legacy: RESUMABLE,
    modern: &[],
    runs: Runs::Everything,
};

/// All of them.
pub(crate) const UPSTREAMS: &[Upstream] = &[
    PYTHON_2,
    Upstream {
        mode: "store",
        legacy: RESUMABLE,
        ..PYTHON_2
    },
    Upstream {
        mode: "stateless",
        legacy: &[],
        modern: MODERN_JSON,
        ..PYTHON_2
    },
    Upstream {
        mode: "sse",
        transport: Transport::Sse,
        versions: SSE,
        modern: &[],
        ..PYTHON_2
    },
    PYTHON_1,
    Upstream {
        mode: "stateless",
        legacy: &[],
        ..PYTHON_1
    },
    Upstream {
        mode: "sse",
        transport: Transport::Sse,
        versions: SSE,
        ..PYTHON_1
    },
    TYPESCRIPT_1,
    Upstream {
        mode: "stateful-store",
        legacy: RESUMABLE,
        ..TYPESCRIPT_1
    },
    Upstream {
        mode: "stateful-express",
        ..TYPESCRIPT_1
    },
    Upstream {
        mode: "stateless",
        legacy: &[Progress, Logging],
        ..TYPESCRIPT_1
    },
    Upstream {
        mode: "stateless-json",
        legacy: &[],
        ..TYPESCRIPT_1
    },
    Upstream {
        mode: "stateless-json-express",
        legacy: &[],
        ..TYPESCRIPT_1
    },
    Upstream {
        mode: "sse",
        transport: Transport::Sse,
        versions: SSE,
        ..TYPESCRIPT_1
    },
    TYPESCRIPT_2,
    Upstream {
        mode: "express",
        ..TYPESCRIPT_2
    },
    Upstream {
        mode: "json",
        modern: &[Sampling, Elicitation, Cancellation],
        ..TYPESCRIPT_2
    },
    RMCP,
    Upstream {
        mode: "stateless",
        legacy: &[Progress, Logging, Announcement],
        ..RMCP
    },
    Upstream {
        mode: "json",
        legacy: &[Progress, Logging, Announcement],
        ..RMCP
    },
    EVERYTHING,
    Upstream {
        mode: "sse",
        transport: Transport::Sse,
        versions: SSE,
        legacy: ALL,
        ..EVERYTHING
    },
];
