//! The tools that ask the client: by a request of their own, or, since 2026-07-28, by a result that
//! makes the client call again.

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CreateMessageRequest,
    CreateMessageRequestParams, ElicitRequest, ElicitRequestParams, ElicitationSchema,
    InputRequest, InputRequiredResult, ProtocolVersion, SamplingMessage, ServerRequest,
};
use serde_json::{Value, json};

use super::{Arguments, Context, Repositories};

/// Whether a request is of 2026-07-28.
pub(super) fn is_modern(context: &Context) -> bool {
    context.protocol_version() == Some(ProtocolVersion::V_2026_07_28)
}

impl Repositories {
    /// Calls `ask_model` or `ask_user`.
    pub(super) async fn ask(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> CallToolResponse {
        let arguments = Arguments(request.arguments.unwrap_or_default());
        let (asks_model, question) = (request.name == "ask_model", arguments.text("question"));
        let answer = request.input_responses.unwrap_or_default().remove("answer");
        let asked = match asks_model {
            true => to_model(&question),
            false => to_user(question),
        };
        let answer = match answer {
            Some(answer) => Ok(answer),
            None if is_modern(&context) => {
                let asked = [("answer".to_owned(), asked)].into();
                return InputRequiredResult::from_input_requests(asked).into();
            }
            None => by_request(asked, &context).await,
        };
        match answer {
            Ok(answer) => {
                self.executed.push(&request.name);
                let text = text(&answer);
                CallToolResult::success(vec![ContentBlock::text(text)]).into()
            }
            Err(error) => CallToolResult::error(vec![ContentBlock::text(error)]).into(),
        }
    }
}

fn to_model(question: &str) -> InputRequest {
    let messages = vec![SamplingMessage::user_text(question)];
    let params = CreateMessageRequestParams::new(messages, 100);
    InputRequest::CreateMessage(CreateMessageRequest::new(params))
}

fn to_user(question: String) -> InputRequest {
    let schema = ElicitationSchema::builder().required_string("answer");
    InputRequest::Elicitation(ElicitRequest::new(
        ElicitRequestParams::FormElicitationParams {
            meta: None,
            message: question,
            requested_schema: schema.build_unchecked(),
        },
    ))
}

async fn by_request(asked: InputRequest, context: &Context) -> Result<Value, String> {
    let can = context.client_capabilities().unwrap_or_default();
    let request = match asked {
        InputRequest::CreateMessage(asked) if can.sampling.is_some() => {
            ServerRequest::CreateMessageRequest(asked)
        }
        InputRequest::Elicitation(asked) if can.elicitation.is_some() => {
            ServerRequest::ElicitRequest(asked)
        }
        InputRequest::CreateMessage(_) | InputRequest::Elicitation(_) | _ => {
            return Err("the client cannot be asked".to_owned());
        }
    };
    match context.peer.send_request(request).await {
        Ok(answer) => Ok(json!(answer)),
        Err(error) => Err(error.to_string()),
    }
}

/// What the model or the user said.
fn text(answer: &Value) -> String {
    let content = &answer["content"];
    let said = [
        &content["text"],
        &content[0]["text"],
        &content["answer"],
        &answer["action"],
    ];
    let said = said.into_iter().find_map(Value::as_str);
    said.unwrap_or_default().to_owned()
}
