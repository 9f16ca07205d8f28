//! An OAuth 2.1 authorization server for the tests: it signs, verifies and refuses in earnest.
//!
//! It speaks HTTP on a port of its own, and serves what Sluice and MCP clients need of it:
//!
//! - `/.well-known/oauth-authorization-server` (RFC 8414) and `/.well-known/openid-configuration`
//! - `/jwks` (RFC 7517)
//! - `/authorize`: codes with PKCE (RFC 7636), for the user that the test chose, without asking
//! - `/token`: codes, refresh tokens, client credentials, token exchange (RFC 8693) and JWT
//!   bearer assertions (RFC 7523), for clients that prove who they are
//! - `/register` (RFC 7591)
//!
//! A test sees what was asked and issued, mints tokens good and bad, rotates keys, and makes the
//! server fail in the ways in which such servers fail. [`AuthorizationServer::start`] is the door:
//!
//! ```ignore
//! #[path = "../support/authorization_server/mod.rs"]
//! mod authorization_server;
//! ```

#![allow(dead_code, unused_imports, reason = "each includer uses its part")]

mod authorize;
mod client;
mod failure;
mod grant;
mod http;
mod key;
mod mint;
mod register;
mod running;
mod token;
mod verify;
mod world;

pub(crate) use client::{Client, Method};
pub(crate) use failure::Failure;
pub(crate) use key::{Key, Kind};
pub(crate) use mint::{Token, hmac, now, part, sign, sign_parts, unsigned};
pub(crate) use running::{AuthorizationServer, Running};
pub(crate) use world::{Asked, Issued};
