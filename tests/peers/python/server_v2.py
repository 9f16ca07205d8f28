"""The Python MCP SDK 2.x as a server of the test world, in the mode sessions, store, stateless or sse.

`store` keeps what was sent, for clients that come back for it.
"""

from typing import Annotated

from mcp.server.mcpserver import Context, Elicit, MCPServer, Resolve, Sample
from mcp.server.streamable_http import EventMessage, EventStore
from mcp_types import CreateMessageResult, SamplingMessage, TextContent
from pydantic import BaseModel

import world

server = MCPServer("repositories", instructions=world.INSTRUCTIONS)
world.offer(server, Context)


def to_model(question: str) -> Sample:
    content = TextContent(type="text", text=question)
    return Sample([SamplingMessage(role="user", content=content)], max_tokens=100)


class Answer(BaseModel):
    answer: str


def to_user(question: str) -> Elicit[Answer]:
    return Elicit(question, Answer)


@server.tool()
def ask_model(question: str, answer: Annotated[CreateMessageResult, Resolve(to_model)]) -> str:
    """Asks the client's model."""
    world.executed("ask_model")
    return answer.content.text


@server.tool()
def ask_user(question: str, answer: Annotated[Answer, Resolve(to_user)]) -> str:
    """Asks the user."""
    world.executed("ask_user")
    return answer.answer


@server.tool()
async def announce(context: Context) -> str:
    """Says to who listens that the tools have changed."""
    world.executed("announce")
    await context.session.send_tool_list_changed()
    await context.notify_tools_changed()
    return "announced"


class Store(EventStore):
    """All events of all sessions, in order. The id of an event is its number."""

    def __init__(self):
        self.events = []

    async def store_event(self, stream_id, message):
        self.events.append((stream_id, message))
        return str(len(self.events))

    async def replay_events_after(self, last_event_id, send_callback):
        last = int(last_event_id)
        wanted, _ = self.events[last - 1]
        for number, (stream_id, message) in enumerate(self.events[last:], last + 1):
            if stream_id == wanted and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return wanted


def app():
    match world.MODE:
        case "sessions":
            return server.streamable_http_app()
        case "store":
            return server.streamable_http_app(event_store=Store())
        case "stateless":
            return server.streamable_http_app(stateless_http=True, json_response=True)
        case "sse":
            return server.sse_app()


world.serve(app())
