use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::time::Instant;

use tonic::{Code, Status};

use super::*;

#[tokio::test]
async fn one_that_is_late_is_not_waited_for() {
    let server = Server::tcp();
    let middlewares = middlewares();
    let hurried = Arc::new(External {
        timeout: SHORT,
        ..grpc(server.address())
    });
    server.hold(true);
    let began = Instant::now();
    let judged = middlewares.judge(ask(&hurried)).await;
    assert_eq!(judged, Err(JudgementFailure::Timeout));
    assert!((SHORT..LONG).contains(&began.elapsed()));
    // It is told that nobody waits any more.
    server.under_way(0).await;
    server.hold(false);
    let patient = Arc::new(grpc(server.address()));
    assert_eq!(middlewares.judge(ask(&patient)).await, passed());
}

#[tokio::test]
async fn one_that_is_gone_without_a_word_is_looked_for_anew() {
    let (_directory, address) = socket();
    // It takes connections, and says nothing ever.
    let silent = UnixListener::bind(address.strip_prefix("unix:").unwrap()).unwrap();
    let middlewares = middlewares();
    let external = Arc::new(External {
        timeout: SHORT,
        ..grpc(&address)
    });
    let judged = middlewares.judge(ask(&external)).await;
    assert_eq!(judged, Err(JudgementFailure::Timeout));
    let taken = silent.accept().unwrap();
    let _server = Server::unix(&address);
    let patient = Arc::new(grpc(&address));
    assert_eq!(middlewares.judge(ask(&patient)).await, passed());
    drop(taken);
}

#[tokio::test]
async fn one_that_comes_back_is_asked_again() {
    let (_directory, address) = socket();
    let middlewares = middlewares();
    let external = Arc::new(grpc(&address));
    for _ in 0..20 {
        let judged = middlewares.judge(ask(&external)).await;
        assert_eq!(judged, Err(JudgementFailure::Unavailable));
        let server = Server::unix(&address);
        // In the same connection, and after a restart that nobody noticed.
        assert_eq!(middlewares.judge(ask(&external)).await, passed());
        assert_eq!(middlewares.judge(ask(&external)).await, passed());
        drop(server);
        let server = Server::unix(&address);
        assert_eq!(middlewares.judge(ask(&external)).await, passed());
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn one_that_ends_while_it_is_asked_is_asked_once_more() {
    let (_directory, address) = socket();
    let middlewares = Arc::new(middlewares());
    let external = Arc::new(grpc(&address));
    let first = Server::unix(&address);
    first.hold(true);
    let asking = {
        let (middlewares, ask) = (Arc::clone(&middlewares), ask(&external));
        tokio::spawn(async move { middlewares.judge(ask).await })
    };
    first.under_way(1).await;
    let path = address.strip_prefix("unix:").unwrap();
    let moved = format!("{path}.old");
    std::fs::rename(path, moved).unwrap();
    let second = Server::unix(&address);
    drop(first);
    assert_eq!(asking.await.unwrap(), passed());
    assert_eq!(second.asked().len(), 1);
}

#[tokio::test]
async fn what_is_no_guardrail_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        }
    });
    let middlewares = middlewares();
    for nowhere in [
        &address,
        "http://127.0.0.1:1",
        "unix:/nowhere/at/all",
        "http://",
        "",
    ] {
        let external = Arc::new(grpc(nowhere));
        let judged = middlewares.judge(ask(&external)).await;
        assert_eq!(judged, Err(JudgementFailure::Unavailable), "{nowhere}");
    }
}

#[tokio::test]
async fn a_status_is_a_failure() {
    use JudgementFailure::{Invalid, Timeout, Unavailable};

    let server = Server::tcp();
    let middlewares = middlewares();
    let external = Arc::new(grpc(server.address()));
    for (code, expected) in [
        (Code::Cancelled, Timeout),
        (Code::Unknown, Invalid),
        (Code::InvalidArgument, Invalid),
        (Code::DeadlineExceeded, Timeout),
        (Code::NotFound, Invalid),
        (Code::AlreadyExists, Invalid),
        (Code::PermissionDenied, Invalid),
        (Code::ResourceExhausted, Unavailable),
        (Code::FailedPrecondition, Invalid),
        (Code::Aborted, Unavailable),
        (Code::OutOfRange, Invalid),
        (Code::Unimplemented, Invalid),
        (Code::Internal, Invalid),
        (Code::Unavailable, Unavailable),
        (Code::DataLoss, Invalid),
        (Code::Unauthenticated, Invalid),
    ] {
        server.says(move |_| Err(Status::new(code, "no")));
        let judged = middlewares.judge(ask(&external)).await;
        assert_eq!(judged, Err(expected), "{code:?}");
    }
    assert_eq!(server.asked().len(), 16, "its word is not asked for twice");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn no_more_are_under_way_than_may_be() {
    let server = Server::tcp();
    let middlewares = Arc::new(middlewares());
    let narrow = || {
        Arc::new(External {
            max_in_flight: 2,
            ..grpc(server.address())
        })
    };
    let external = narrow();
    server.hold(true);
    let asking: Vec<_> = (0..2)
        .map(|_| {
            let (middlewares, ask) = (Arc::clone(&middlewares), ask(&external));
            tokio::spawn(async move { middlewares.judge(ask).await })
        })
        .collect();
    server.under_way(2).await;
    // The next manifest says the same of it, and the calls of the last one still count.
    for external in [external, narrow()] {
        let began = Instant::now();
        let judged = middlewares.judge(ask(&external)).await;
        assert_eq!(judged, Err(JudgementFailure::Busy));
        assert!(began.elapsed() < LONG / 2, "it waited");
    }
    let wider = Arc::new(External {
        max_in_flight: 3,
        ..grpc(server.address())
    });
    let other = GuardrailAsk {
        guardrail: "another".into(),
        ..ask(&wider)
    };
    let judging = tokio::spawn({
        let middlewares = Arc::clone(&middlewares);
        async move { middlewares.judge(other).await }
    });
    server.under_way(3).await;
    server.hold(false);
    assert_eq!(
        judging.await.unwrap(),
        passed(),
        "another guardrail has its own bound"
    );
    for asking in asking {
        assert_eq!(asking.await.unwrap(), passed());
    }
    let external = narrow();
    assert_eq!(middlewares.judge(ask(&external)).await, passed());
}

#[tokio::test]
async fn a_call_that_is_dropped_is_not_under_way() {
    let server = Server::tcp();
    let middlewares = middlewares();
    let external = Arc::new(External {
        max_in_flight: 1,
        ..grpc(server.address())
    });
    server.hold(true);
    for _ in 0..3 {
        tokio::select! {
            judged = middlewares.judge(ask(&external)) => panic!("{judged:?}"),
            () = server.under_way(1) => {}
        }
        server.under_way(0).await;
    }
    server.hold(false);
    assert_eq!(middlewares.judge(ask(&external)).await, passed());
}
