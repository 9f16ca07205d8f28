"""The Python MCP SDK as a server of repositories.

usage: server.py sessions|stateless EXECUTIONS. It prints the port of 127.0.0.1 where it serves
/mcp, appends the name of each tool that it executes to the file EXECUTIONS, and ends with its
standard input.
"""

import os
import socket
import sys
import threading

import uvicorn
from mcp.server.mcpserver import Context, MCPServer

kind, executions = sys.argv[1:]

server = MCPServer("repositories", instructions="Look with get_repo. Never call delete_repo.")


def executed(name):
    with open(executions, "a", encoding="utf-8") as file:
        file.write(name + "\n")


@server.tool()
def get_repo(name: str) -> dict[str, str]:
    """Gets a repository."""
    executed("get_repo")
    return {"name": name, "visibility": "public"}


@server.tool()
def search_repos(query: str) -> list[str]:
    """Finds repositories — también in español, 日本語 and 🦀."""
    executed("search_repos")
    return [f"{query}-{number}" for number in range(3)]


@server.tool()
async def count_to(number: int, context: Context) -> str:
    """Reports progress on its way."""
    executed("count_to")
    for step in range(1, number + 1):
        await context.report_progress(step, number, f"step {step}")
    return "done"


@server.tool()
async def announce(context: Context) -> str:
    """Says on the session's own stream that the tools have changed."""
    executed("announce")
    await context.session.send_tool_list_changed()
    return "announced"


@server.tool()
def fail() -> str:
    """Fails."""
    executed("fail")
    raise ValueError("no luck")


@server.tool()
def delete_repo(name: str) -> str:
    """Deletes a repository, its issues, its pull requests and its history, for good."""
    executed("delete_repo")
    return f"{name} is deleted"


@server.prompt()
def summarize(name: str) -> str:
    """Summarizes a repository."""
    return f"Summarize {name}."


@server.prompt()
def clean_up() -> str:
    """Deletes what is not needed."""
    return "Delete it all."


@server.resource("repo://octo-org/readme")
def readme() -> str:
    """The README."""
    executed("repo://octo-org/readme")
    return "# Hello"


@server.resource("secret://octo-org/key")
def key() -> str:
    """A key."""
    executed("secret://octo-org/key")
    return "not for agents"


def end_with_standard_input():
    sys.stdin.buffer.read()
    os._exit(0)


stateless = kind == "stateless"
app = server.streamable_http_app(stateless_http=stateless, json_response=stateless)
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
threading.Thread(target=end_with_standard_input, daemon=True).start()
config = uvicorn.Config(app, log_level="warning")
listener.listen(128)
print(listener.getsockname()[1], flush=True)
uvicorn.Server(config).run(sockets=[listener])
