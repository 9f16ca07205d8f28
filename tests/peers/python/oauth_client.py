"""The Python MCP SDK as a client that knows nothing but the URL of a server: it finds out which
authorization server gives tokens, registers there, gets one and goes on. Prints what came of it as
JSON.

usage: oauth_client.py URL MODE TOOL …, with a mode of `mcp.Client`.
"""

import asyncio
import json
import sys
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata
from mcp.shared.exceptions import MCPError

BACK = "http://127.0.0.1:1/callback"


class Memory:
    """Keeps what an agent would keep in a file."""

    tokens = None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Browser:
    """A person before a browser, who agrees."""

    visited = None
    back = None

    async def open(self, url):
        self.visited = url
        async with httpx2.AsyncClient(follow_redirects=False) as browser:
            answer = await browser.get(url)
        assert answer.status_code == 302, (answer.status_code, answer.text)
        self.back = answer.headers["location"]
        assert self.back.startswith(BACK), self.back

    async def come_back(self):
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.back).query).items()}
        return AuthorizationCodeResult(code=query["code"], state=query.get("state"), iss=query.get("iss"))


class Requests:
    """What was asked and answered, in order."""

    def __init__(self):
        self.seen = []

    async def note(self, answer):
        request = answer.request
        self.seen.append([request.method, str(request.url), answer.status_code, answer.headers.get("www-authenticate")])


async def attempt(awaitable):
    try:
        result = await awaitable
        return {"result": result.model_dump(mode="json", by_alias=True, exclude_none=True)}
    except MCPError as error:
        return {"error": {"code": error.error.code, "message": error.error.message, "data": error.error.data}}


async def main(url, mode, tools):
    memory, browser, requests = Memory(), Browser(), Requests()
    metadata = OAuthClientMetadata(client_name="agent", redirect_uris=[BACK])
    auth = OAuthClientProvider(url, metadata, memory, browser.open, browser.come_back)
    async with httpx2.AsyncClient(auth=auth, timeout=30, event_hooks={"response": [requests.note]}) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
            done = {
                "version": client.protocol_version,
                "tools": [tool.name for tool in (await client.list_tools()).tools],
                "calls": [await attempt(client.call_tool(tool, {})) for tool in tools],
            }
    done.update(requests=requests.seen, visited=browser.visited, token=memory.tokens.access_token)
    print(json.dumps(done))


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
