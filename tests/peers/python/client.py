"""The Python MCP SDK as a client: does what an agent does, and prints what came of it as JSON.

usage: client.py URL MODE JSON, with a mode of `mcp.Client` and {"calls": [[tool, arguments], …],
"prompts": [[name, arguments], …], "resources": [uri, …]}.
"""

import asyncio
import json
import sys

from mcp import Client
from mcp.shared.exceptions import MCPError


def plain(model):
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


async def attempt(awaitable):
    """The result, or the error of MCP that came in its place."""
    try:
        return {"result": plain(await awaitable)}
    except MCPError as error:
        return {"error": {"code": error.error.code, "message": error.error.message, "data": error.error.data}}


async def all_pages(method, member):
    """A list, page by page; nothing if the server has none of the kind."""
    found, cursor = [], None
    while True:
        page = await attempt(method(cursor=cursor))
        if "error" in page:
            return page
        found += page["result"][member]
        cursor = page["result"].get("nextCursor")
        if cursor is None:
            return found


async def main(url, mode, wanted):
    async with Client(url, mode=mode) as client:
        done = {
            "version": client.protocol_version,
            "instructions": client.instructions,
            "tools": await all_pages(client.list_tools, "tools"),
            "prompts": await all_pages(client.list_prompts, "prompts"),
            "resources": await all_pages(client.list_resources, "resources"),
            "templates": await all_pages(client.list_resource_templates, "resourceTemplates"),
            "calls": [],
            "progress": [],
        }

        async def on_progress(progress, total, message):
            done["progress"].append(message)

        for tool, arguments in wanted["calls"]:
            call = client.call_tool(tool, arguments, progress_callback=on_progress)
            done["calls"].append(await attempt(call))
        done["prompt"] = [await attempt(client.get_prompt(*prompt)) for prompt in wanted["prompts"]]
        done["read"] = [await attempt(client.read_resource(uri)) for uri in wanted["resources"]]
    print(json.dumps(done))


asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
