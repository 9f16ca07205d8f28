use std::io;
use std::sync::Mutex;

use tonic::Status;

use super::*;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Logs what happens on this thread, while what it returns is kept.
    fn begin(
        level: tracing::Level,
    ) -> (Self, tracing::Dispatch, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(level)
            .with_writer(move || writer.clone());
        // Of one alone, other threads would not know when they decide what nobody wants to hear.
        let second = tracing::Dispatch::new(tracing_subscriber::fmt().finish());
        let first = tracing::subscriber::set_default(subscriber.finish());
        (log, second, first)
    }

    fn lines(&self) -> Vec<String> {
        let log = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        log.lines().map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn failures_are_logged_seldom_and_their_end_is() {
    let (log, _second, _first) = Log::begin(tracing::Level::INFO);
    let server = Server::tcp();
    let clock = Arc::new(Manual::default());
    let secrets = Arc::new(Secrets::new(Arc::clone(&clock) as Arc<dyn Clock>));
    let middlewares = Middlewares::new(Arc::clone(&clock) as Arc<dyn Clock>, secrets);
    let external = Arc::new(grpc(server.address()));
    let fail = |fails: bool| {
        server.says(move |_| match fails {
            true => Err(Status::internal("no")),
            false => Ok(allows()),
        });
    };
    let judge = async || drop(middlewares.judge(ask(&external)).await);
    fail(true);
    for _ in 0..5 {
        judge().await;
    }
    clock.advance(Duration::from_secs(10));
    judge().await;
    fail(false);
    judge().await;
    judge().await;
    let lines = log.lines();
    let expected = [
        "an external guardrail fails guardrail=\"outside\" trouble=it answers with the gRPC status \
         Internal untold=0",
        "an external guardrail fails guardrail=\"outside\" trouble=it answers with the gRPC status \
         Internal untold=4",
        "an external guardrail answers again guardrail=\"outside\"",
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.ends_with(expected), "{line}");
    }
}

#[tokio::test]
async fn nothing_that_is_judged_is_logged() {
    let (log, _second, _first) = Log::begin(tracing::Level::DEBUG);
    let server = Server::tcp();
    let answers = [
        Ok(CheckResponse {
            decision: Decision::Block.into(),
            message: "canary".to_owned(),
            ..CheckResponse::default()
        }),
        Ok(CheckResponse {
            payload_json: Some("canary".to_owned()),
            ..allows()
        }),
        Err(Status::internal("canary")),
        Err(Status::unavailable("canary")),
    ];
    for answer in answers {
        // Each has a log of its own, as far as what is seldom told is concerned.
        let middlewares = middlewares();
        server.says(move |_| answer.clone());
        let external = Arc::new(grpc(server.address()));
        let ask = GuardrailAsk {
            payload: json!({"query": "canary"}).to_string(),
            subject: Some(("https://canary.example.com".to_owned(), "canary".to_owned())),
            ..ask(&external)
        };
        drop(middlewares.judge(ask).await);
    }
    let lines = log.lines();
    let told = lines
        .iter()
        .filter(|line| line.contains("an external guardrail fails"));
    assert_eq!(told.count(), 3, "{lines:#?}");
    assert!(
        !lines.iter().any(|line| line.contains("canary")),
        "{lines:#?}"
    );
}
