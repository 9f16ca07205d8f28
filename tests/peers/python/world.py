"""The world that every server of the tests offers: some of it for agents, some of it hidden.

usage of a server: SCRIPT MODE EXECUTIONS. It prints the port of 127.0.0.1 where it serves /mcp, or
/sse, appends the name of each tool and prompt and the URI of each resource that it executes to the
file EXECUTIONS, and ends with its standard input.
"""

import os
import socket
import sys
import threading

import anyio
import uvicorn

MODE, EXECUTIONS = sys.argv[1:]

# What is hidden says this whenever it says something.
HIDDEN = "HIDDEN-7f3a9c"

INSTRUCTIONS = f"Look with get_repo. Never call delete_repo. {HIDDEN}"


def executed(name):
    with open(EXECUTIONS, "a", encoding="utf-8") as file:
        file.write(name + "\n")


def offer(server, Context):
    """Offers what the releases of the SDK spell alike."""

    @server.tool()
    def get_repo(name: str) -> dict[str, str]:
        """Gets a repository."""
        executed("get_repo")
        return {"name": name, "visibility": "public"}

    @server.tool()
    def search_repos(query: str) -> list[str]:
        """Finds repositories — también en español, 日本語 and 🦀."""
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
    async def say(text: str, context: Context) -> str:
        """Logs what it is given."""
        executed("say")
        await context.info(text)
        return "said"

    @server.tool()
    async def wait(seconds: float) -> str:
        """Takes its time."""
        executed("wait")
        try:
            await anyio.sleep(seconds)
        except anyio.get_cancelled_exc_class():
            executed("wait cancelled")
            raise
        return "waited"

    @server.tool()
    def fail() -> str:
        """Fails."""
        executed("fail")
        raise ValueError("no luck")

    @server.prompt()
    def summarize(name: str) -> str:
        """Summarizes a repository."""
        executed("summarize")
        return f"Summarize {name}."

    @server.resource("repo://octo-org/readme", name="readme")
    def readme() -> str:
        """The README."""
        executed("repo://octo-org/readme")
        return "# Hello"

    hide(server)


def hide(server):
    """Offers what no agent is to have."""

    @server.tool(description=f"Deletes a repository, its issues and its history, for good. {HIDDEN}")
    def delete_repo(name: str) -> str:
        executed("delete_repo")
        return f"{name} is deleted. {HIDDEN}"

    @server.prompt(description=f"Deletes what is not needed. {HIDDEN}")
    def clean_up() -> str:
        executed("clean_up")
        return f"Delete it all. {HIDDEN}"

    @server.resource("secret://octo-org/key", name="key", description=f"A key. {HIDDEN}")
    def key() -> str:
        executed("secret://octo-org/key")
        return HIDDEN


def end_with_standard_input():
    sys.stdin.buffer.read()
    os._exit(0)


def serve(app):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
