//! What a server says of itself: `initialize` and `server/discover`.

use super::list::{is_https, remove_foreign_icons};
use super::scope::Scope;
use super::strip;
use crate::json::{Splice, Value, quoted};
use crate::mcp::{ProtocolVersion, meta};
use crate::policy::Instructions;

/// The capabilities that Sluice lets a server offer. `experimental` and `tasks` open ways to
/// results that nobody could tell the tool of.
const CAPABILITIES: &[&str] = &[
    "completions",
    "extensions",
    "logging",
    "prompts",
    "resources",
    "tools",
];

/// Edits what a server says of itself.
///
/// # Errors
///
/// Fails when it settles on a version that is not served here.
pub(super) fn edit<'d>(
    scope: &Scope,
    result: Value<'d>,
    splice: &mut Splice<'d>,
) -> Result<(), &'static str> {
    let capabilities = result.get("capabilities");
    if let Some(capabilities) = capabilities {
        splice.remove_members(capabilities, |member| {
            !CAPABILITIES.contains(&&*member.key())
        });
        strip::extensions(
            splice,
            &scope.server,
            scope.version.is_modern(),
            capabilities,
        );
        versions(scope, result, splice)?;
    }
    let keeps_words = match scope.server.instructions() {
        Instructions::Pass => true,
        Instructions::Drop => {
            splice.remove_member(result, "instructions");
            false
        }
        Instructions::Replace(text) => {
            match result.get("instructions") {
                Some(instructions) => splice.replace(instructions, quoted(text)),
                None if capabilities.is_some() => {
                    splice.insert_member(result, "instructions", &quoted(text));
                }
                None => {}
            }
            false
        }
    };
    let modern = result
        .get("_meta")
        .and_then(|meta| meta.get(meta::SERVER_INFO));
    for info in [result.get("serverInfo"), modern].into_iter().flatten() {
        // Free text about the server names its tools, as the instructions do.
        if !keeps_words {
            splice.remove_member(info, "description");
        }
        let website = info.get("websiteUrl").and_then(Value::as_str);
        if website.is_some_and(|url| !is_https(&url)) {
            splice.remove_member(info, "websiteUrl");
        }
        if let Some(icons) = info.get("icons") {
            remove_foreign_icons(icons, splice);
        }
    }
    Ok(())
}

/// Leaves only the versions that are served.
fn versions<'d>(
    scope: &Scope,
    result: Value<'d>,
    splice: &mut Splice<'d>,
) -> Result<(), &'static str> {
    let served = |version: Value<'_>| {
        version
            .as_str()
            .and_then(|version| ProtocolVersion::parse(&version))
            .is_some_and(|version| scope.server.protocol_versions().contains(&version))
    };
    if result
        .get("protocolVersion")
        .is_some_and(|version| !served(version))
    {
        return Err("the server settled on a protocol version that is not served here");
    }
    if let Some(supported) = result.get("supportedVersions") {
        if !supported.elements().any(served) {
            return Err("the server supports no protocol version that is served here");
        }
        splice.remove_elements(supported, |version| !served(version));
    }
    Ok(())
}
