"""The Python MCP SDK as a client, versions 1.6 to 1.30; jobs.py says what it does.

The mode of a job means nothing here: each of these versions has one version of the protocol.
"""

import contextlib
import inspect

import anyio
import mcp.types as types
from mcp import ClientSession, McpError
from mcp.client.sse import sse_client

import jobs

LISTS = {
    "tools": ("list_tools", "tools"),
    "prompts": ("list_prompts", "prompts"),
    "resources": ("list_resources", "resources"),
    "resourceTemplates": ("list_resource_templates", "resourceTemplates"),
}


def transport(job):
    if job["transport"] == "sse":
        return sse_client(job["url"])
    # Versions before 1.8 do not have it.
    from mcp.client.streamable_http import streamablehttp_client

    return streamablehttp_client(job["url"])


def callbacks(heard):
    """The answers to what a server may ask, as far as this version knows the question."""

    async def sample(_context, params):
        heard.asked("sampling", params.messages[0].content.text)
        text = types.TextContent(type="text", text="The model says yes.")
        return types.CreateMessageResult(role="assistant", content=text, model="fixed", stopReason="endTurn")

    async def elicit(_context, params):
        heard.asked("elicitation", params.message)
        return types.ElicitResult(action="accept", content={"answer": "The user says yes."})

    known = {"sampling_callback": sample}
    if hasattr(types, "ElicitResult"):
        known["elicitation_callback"] = elicit
    return known


class Agent:
    def __init__(self, session, greeting, followers):
        self.session = session
        self.version = greeting.protocolVersion
        self.instructions = greeting.instructions
        self.followers = followers

    async def page(self, what, cursor):
        method, member = LISTS[what]
        method = getattr(self.session, method)
        # 1.6 has no pages.
        page = await (method() if cursor is None else method(cursor))
        return getattr(page, member), page.nextCursor

    async def call(self, name, arguments, on_progress):
        known = inspect.signature(self.session.call_tool).parameters
        if "progress_callback" in known:
            return await self.session.call_tool(name, arguments, progress_callback=on_progress)
        token = self.session._request_id
        self.followers[token] = on_progress
        params = types.CallToolRequestParams(name=name, arguments=arguments)
        params.meta = types.RequestParams.Meta(progressToken=token)
        request = types.CallToolRequest(method="tools/call", params=params)
        return await self.session.send_request(types.ClientRequest(request), types.CallToolResult)

    async def prompt(self, name, arguments):
        return await self.session.get_prompt(name, arguments)

    async def read(self, uri):
        return await self.session.read_resource(uri)

    async def cancel(self, name, arguments, after):
        """Starts a tool and cancels it: there is no method for that, only the notification."""
        request = self.session._request_id
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.session.call_tool, name, arguments)
            await anyio.sleep(after)
            params = types.CancelledNotificationParams(requestId=request, reason="enough")
            note = types.CancelledNotification(method="notifications/cancelled", params=params)
            await self.session.send_notification(types.ClientNotification(note))
            tasks.cancel_scope.cancel()
        return "cancelled"


@contextlib.asynccontextmanager
async def connect(job, heard):
    followers = {}

    async def hear(message):
        match getattr(message, "root", None):
            case types.LoggingMessageNotification(params=params):
                heard.log(params.data)
            case types.ToolListChangedNotification():
                heard.append("tools changed")
            case types.ProgressNotification(params=params) if params.progressToken in followers:
                # 1.6 has no field for the message, but keeps what it does not know.
                message = getattr(params, "message", None)
                await followers[params.progressToken](params.progress, params.total, message)

    async with transport(job) as streams:
        known = callbacks(heard)
        async with ClientSession(streams[0], streams[1], message_handler=hear, **known) as session:
            yield Agent(session, await session.initialize(), followers)


jobs.serve(connect, McpError)
