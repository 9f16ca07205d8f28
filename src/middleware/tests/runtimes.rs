use std::thread;

use tokio::runtime::Builder;

use super::*;

#[test]
fn a_runtime_that_ends_takes_no_connection_of_others_along() {
    let server = Server::tcp();
    let middlewares = Arc::new(middlewares());
    let external = Arc::new(grpc(server.address()));
    let judge = || {
        let (middlewares, ask) = (Arc::clone(&middlewares), ask(&external));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        (runtime, async move { middlewares.judge(ask).await })
    };
    let (first, judging) = judge();
    assert_eq!(first.block_on(judging), passed());
    let (second, judging) = judge();
    let second = thread::spawn(move || {
        assert_eq!(second.block_on(judging), passed());
        second
    });
    let second = second.join().unwrap();
    drop(first);
    for _ in 0..3 {
        let (_, judging) = judge();
        assert_eq!(second.block_on(judging), passed());
    }
    assert_eq!(server.connections(), 2);
}
