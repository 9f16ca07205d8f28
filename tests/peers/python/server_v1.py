"""The Python MCP SDK 1.x as a server of the test world, in the mode sessions, stateless or sse."""

from mcp.server.fastmcp import Context, FastMCP
from mcp.types import (
    ClientCapabilities,
    ElicitationCapability,
    SamplingCapability,
    SamplingMessage,
    TextContent,
)
from pydantic import BaseModel

import world

stateless = world.MODE == "stateless"
server = FastMCP(
    "repositories",
    instructions=world.INSTRUCTIONS,
    stateless_http=stateless,
    json_response=stateless,
    log_level="WARNING",
)
world.offer(server, Context)



def require(context, **capability):
    """The SDK asks clients that did not say that they can be asked."""
    if not context.session.check_client_capability(ClientCapabilities(**capability)):
        raise ValueError(f"the client has no {', '.join(capability)}")


async def ask_model(question: str, context: Context) -> str:
    """Asks the client's model."""
    require(context, sampling=SamplingCapability())
    content = TextContent(type="text", text=question)
    answer = await context.session.create_message(
        [SamplingMessage(role="user", content=content)],
        max_tokens=100,
        related_request_id=context.request_id,
    )
    world.executed("ask_model")
    return answer.content.text


class Answer(BaseModel):
    answer: str


async def ask_user(question: str, context: Context) -> str:
    """Asks the user."""
    require(context, elicitation=ElicitationCapability())
    answer = await context.elicit(question, Answer)
    world.executed("ask_user")
    return answer.data.answer if answer.action == "accept" else answer.action


if not stateless:
    # Without a session the answer would never come back, and the call would wait for it.
    server.tool()(ask_model)
    server.tool()(ask_user)


@server.tool()
async def announce(context: Context) -> str:
    """Says on the session's own stream that the tools have changed."""
    world.executed("announce")
    await context.session.send_tool_list_changed()
    return "announced"


world.serve(server.sse_app() if world.MODE == "sse" else server.streamable_http_app())
