//! `envoy/rate-limit-service.yaml`, with a service that knows one limit.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_response::Code;
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_service_server::{
    RateLimitService, RateLimitServiceServer,
};
use envoy_types::pb::envoy::service::ratelimit::v3::{RateLimitRequest, RateLimitResponse};
use serde_json::json;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use crate::house::{House, MANIFEST, stateless};
use crate::message::{call, legacy};

/// A descriptor: `tool=get_me`, or with several entries `subject=…,tool=…`.
type Descriptors = Vec<String>;

/// Says that there were too many of `tool=get_issue`, and keeps what it was asked.
#[derive(Clone, Default)]
struct Service(Arc<Mutex<Vec<Descriptors>>>);

#[tonic::async_trait]
impl RateLimitService for Service {
    async fn should_rate_limit(
        &self,
        request: Request<RateLimitRequest>,
    ) -> Result<Response<RateLimitResponse>, Status> {
        let request = request.into_inner();
        assert_eq!(request.domain, "mcp");
        let descriptors = request.descriptors.iter().map(|descriptor| {
            let entries = descriptor.entries.iter();
            let entries = entries.map(|entry| format!("{}={}", entry.key, entry.value));
            entries.collect::<Vec<_>>().join(",")
        });
        let descriptors: Descriptors = descriptors.collect();
        let code = match descriptors.contains(&"tool=get_issue".to_owned()) {
            true => Code::OverLimit,
            false => Code::Ok,
        };
        self.0.lock().unwrap().push(descriptors);
        Ok(Response::new(RateLimitResponse {
            overall_code: code.into(),
            ..RateLimitResponse::default()
        }))
    }
}

impl Service {
    async fn start(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = RateLimitServiceServer::new(self.clone());
        tokio::spawn(
            tonic::transport::Server::builder()
                .add_service(service)
                .serve_with_incoming(TcpListenerStream::new(listener)),
        );
        address
    }
}

fn house(service: SocketAddr) -> House {
    House::with(stateless(), MANIFEST, |config| {
        let config = config.example("rate-limit-service.yaml").unwrap();
        config.rate_limit_service(service).unwrap()
    })
}

#[tokio::test]
async fn a_service_is_asked_about_the_tool_and_the_user() {
    let service = Service::default();
    let house = house(service.start().await);
    let me = house.ask(&call(7, "get_me", json!({}))).await;
    assert!(me.message()["result"].is_object(), "{me:?}");
    house.ask(&legacy(7, "tools/list", json!({}))).await;
    house.ask(&call(7, "delete_repo", json!({}))).await;
    let executed = house.executed();
    let limited = house.ask(&call(7, "get_issue", json!({}))).await;
    assert_eq!(limited.status, 429, "{limited:?}");
    let said = limited.message();
    assert_eq!(said["id"], 7, "{said}");
    assert_eq!(said["error"]["data"]["reason"], "rate_limited", "{said}");
    assert_eq!(house.executed(), executed);
    let asked = service.0.lock().unwrap().clone();
    let about = |tool: &str| {
        vec![
            format!("tool={tool}"),
            format!("subject=anonymous,tool={tool}"),
        ]
    };
    assert_eq!(asked, [about("get_me"), about("get_issue")]);
}

#[tokio::test]
async fn with_the_service_down_nothing_goes_on() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nowhere.local_addr().unwrap();
    drop(nowhere);
    let house = house(address);
    let answer = house.ask(&call(7, "get_me", json!({}))).await;
    assert_eq!(answer.status, 500, "{answer:?}");
    let said = answer.message();
    assert_eq!(
        (&said["id"], &said["error"]["code"]),
        (&json!(7), &json!(-32603))
    );
    assert_eq!(house.executed(), 0);
}
