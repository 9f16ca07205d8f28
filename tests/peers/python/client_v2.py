"""The Python MCP SDK as a client, versions 2; jobs.py says what it does.

The mode of a job is that of `mcp.Client`: `legacy`, `auto` or a version of the protocol.
"""

import contextlib

import anyio
import mcp_types as types
from mcp import Client
from mcp.client.sse import sse_client
from mcp.shared.exceptions import MCPError

import jobs

LISTS = {
    "tools": "tools",
    "prompts": "prompts",
    "resources": "resources",
    "resourceTemplates": "resource_templates",
}


class Agent:
    def __init__(self, client):
        self.client = client
        self.version = client.protocol_version
        self.instructions = client.instructions

    async def page(self, what, cursor):
        method = getattr(self.client, f"list_{LISTS[what]}")
        page = await method(cursor=cursor)
        return getattr(page, LISTS[what]), page.next_cursor

    async def call(self, name, arguments, on_progress):
        return await self.client.call_tool(name, arguments, progress_callback=on_progress)

    async def prompt(self, name, arguments):
        return await self.client.get_prompt(name, arguments)

    async def read(self, uri):
        return await self.client.read_resource(uri)

    async def cancel(self, name, arguments, after):
        """Gives up a call on the way; the SDK tells the server in the way of the version."""
        with anyio.move_on_after(after):
            return jobs.plain(await self.client.call_tool(name, arguments))
        return "cancelled"


def callbacks(heard):
    """The answers to what a server may ask, and an ear for what it says."""

    async def sample(_context, params):
        heard.asked("sampling", params.messages[0].content.text)
        text = types.TextContent(type="text", text="The model says yes.")
        return types.CreateMessageResult(role="assistant", content=text, model="fixed", stop_reason="endTurn")

    async def elicit(_context, params):
        heard.asked("elicitation", params.message)
        return types.ElicitResult(action="accept", content={"answer": "The user says yes."})

    async def log(params):
        heard.log(params.data)

    async def hear(message):
        if isinstance(message, types.ToolListChangedNotification):
            heard.append("tools changed")

    return {
        "sampling_callback": sample,
        "elicitation_callback": elicit,
        "logging_callback": log,
        "log_level": "info",
        "message_handler": hear,
    }


@contextlib.asynccontextmanager
async def connect(job, heard):
    server = sse_client(job["url"]) if job["transport"] == "sse" else job["url"]
    async with Client(server, mode=job["mode"], **callbacks(heard)) as client:
        yield Agent(client)


jobs.serve(connect, MCPError)
