//! The methods of MCP. What is not here does not pass.

use super::ProtocolVersion;

/// When a method exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Era {
    /// Before 2026-07-28.
    Legacy,
    /// Since 2026-07-28.
    Modern,
    /// In all versions.
    Both,
}

macro_rules! methods {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])+ $variant:ident = $text:literal, $era:ident;)+ }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])+ $variant,)+ }

        impl $name {
            /// The method as it is written.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The method that is written exactly so and exists in `version`, or `None`.
            #[must_use]
            pub fn parse(text: &str, version: ProtocolVersion) -> Option<Self> {
                let (method, era) = match text {
                    $($text => (Self::$variant, Era::$era),)+
                    _ => return None,
                };
                let exists = match era {
                    Era::Legacy => !version.is_modern(),
                    Era::Modern => version.is_modern(),
                    Era::Both => true,
                };
                exists.then_some(method)
            }

            /// Whether it is a notification: a message that has no id and gets no answer.
            #[must_use]
            pub fn is_notification(self) -> bool {
                self.as_str().starts_with("notifications/")
            }
        }
    };
}

methods! {
    /// What a client may send.
    ClientMethod {
        /// Opens a session.
        Initialize = "initialize", Legacy;
        /// Asks for versions, capabilities and instructions.
        Discover = "server/discover", Modern;
        /// Asks whether the other side lives.
        Ping = "ping", Legacy;
        /// Lists tools.
        ToolsList = "tools/list", Both;
        /// Calls a tool.
        ToolsCall = "tools/call", Both;
        /// Lists prompts.
        PromptsList = "prompts/list", Both;
        /// Gets a prompt.
        PromptsGet = "prompts/get", Both;
        /// Lists resources.
        ResourcesList = "resources/list", Both;
        /// Lists resource templates.
        ResourceTemplatesList = "resources/templates/list", Both;
        /// Reads a resource.
        ResourcesRead = "resources/read", Both;
        /// Asks to be told when a resource changes.
        ResourcesSubscribe = "resources/subscribe", Legacy;
        /// Asks no longer to be told.
        ResourcesUnsubscribe = "resources/unsubscribe", Legacy;
        /// Asks for completions of an argument of a prompt or a resource template.
        Complete = "completion/complete", Both;
        /// Lists skills (SEP-2640).
        SkillsList = "skills/list", Both;
        /// Gets the entry of a skill (SEP-2640).
        SkillsGet = "skills/get", Both;
        /// Lists what a directory holds (SEP-2640).
        DirectoryRead = "resources/directory/read", Both;
        /// Asks how a task is (SEP-2663).
        TasksGet = "tasks/get", Modern;
        /// Answers what a task waits for (SEP-2663).
        TasksUpdate = "tasks/update", Modern;
        /// Asks a task to end (SEP-2663).
        TasksCancel = "tasks/cancel", Modern;
        /// Sets the level of log messages.
        SetLevel = "logging/setLevel", Legacy;
        /// Opens a stream of change notifications.
        Listen = "subscriptions/listen", Modern;
        /// Tells that the client is ready.
        Initialized = "notifications/initialized", Legacy;
        /// Cancels a request.
        Cancelled = "notifications/cancelled", Both;
        /// Tells how far a request of the server is.
        Progress = "notifications/progress", Legacy;
        /// Tells that the client's roots changed.
        RootsListChanged = "notifications/roots/list_changed", Legacy;
    }
}

methods! {
    /// What a server may send, other than responses.
    ServerMethod {
        /// Asks whether the other side lives.
        Ping = "ping", Legacy;
        /// Asks the client's model for a completion.
        CreateMessage = "sampling/createMessage", Legacy;
        /// Asks the user.
        Elicit = "elicitation/create", Legacy;
        /// Asks for the client's roots.
        RootsList = "roots/list", Legacy;
        /// Cancels a request.
        Cancelled = "notifications/cancelled", Both;
        /// Tells how far a request is.
        Progress = "notifications/progress", Both;
        /// A log message.
        LoggingMessage = "notifications/message", Both;
        /// Tells that a resource changed.
        ResourceUpdated = "notifications/resources/updated", Both;
        /// Tells that the list of resources changed.
        ResourcesListChanged = "notifications/resources/list_changed", Both;
        /// Tells that the list of tools changed.
        ToolsListChanged = "notifications/tools/list_changed", Both;
        /// Tells that the list of prompts changed.
        PromptsListChanged = "notifications/prompts/list_changed", Both;
        /// Tells how a task is (SEP-2663).
        Tasks = "notifications/tasks", Modern;
        /// Tells that an elicitation by URL is over.
        ElicitationComplete = "notifications/elicitation/complete", Legacy;
        /// The first message of a `subscriptions/listen` stream.
        SubscriptionsAcknowledged = "notifications/subscriptions/acknowledged", Modern;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_exist_in_their_era_only() {
        use ProtocolVersion::{V2025_11_25 as LEGACY, V2026_07_28 as MODERN};
        assert_eq!(
            ClientMethod::parse("tools/call", LEGACY),
            Some(ClientMethod::ToolsCall)
        );
        assert_eq!(
            ClientMethod::parse("tools/call", MODERN),
            Some(ClientMethod::ToolsCall)
        );
        assert_eq!(ClientMethod::parse("initialize", MODERN), None);
        assert_eq!(ClientMethod::parse("server/discover", LEGACY), None);
        for unknown in ["Tools/Call", "tools/call ", "tasks/result", "$/cancel", ""] {
            assert_eq!(ClientMethod::parse(unknown, LEGACY), None, "{unknown}");
        }
        assert_eq!(ServerMethod::parse("sampling/createMessage", MODERN), None);
    }
}
