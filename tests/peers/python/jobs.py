"""Jobs for a client, one JSON value a line on standard input; one JSON report a line comes back.

A job is {"url", "mode", "transport", "steps"}, with "patience" (seconds for one step, 10 unless
told). A step is one of

    {"do": "list", "what": "tools" | "prompts" | "resources" | "resourceTemplates"}
    {"do": "call" | "prompt", "name", "arguments"}
    {"do": "read", "uri"}
    {"do": "cancel", "name", "arguments", "after": seconds}

A report is {"version", "instructions", "steps", "heard"}, or {"failed"} when there is no session
to do the steps in. The outcome of a step is {"result"}, with "progress" where a tool was called;
{"error": {"code", "message", "data"}} where the SDK hands its caller the error of MCP; else
{"unstructured"}. What the server says or asks unasked is in "heard", in order.
"""

import asyncio
import json
import sys

import anyio

PATIENCE = 10
JOB = 60


class Heard(list):
    """What came from the server without being asked for."""

    def log(self, data):
        self.append(f"log: {data}")

    def asked(self, what, message):
        self.append(f"{what}: {message}")


async def outcome(step, patience, mcp_error):
    """What came of a step: never an exception."""
    try:
        with anyio.fail_after(patience):
            return {"result": await step}
    except mcp_error as error:
        error = error.error
        return {"error": {"code": error.code, "message": error.message, "data": error.data}}
    except TimeoutError:
        return {"unstructured": f"no answer within {patience} s"}
    except Exception as error:
        return {"unstructured": f"{type(error).__name__}: {error}"}


async def every_page(agent, what):
    """A list to its end."""
    found, cursor = [], None
    while True:
        entries, cursor = await agent.page(what, cursor)
        found += [plain(entry) for entry in entries]
        if cursor is None:
            return found


async def call(agent, name, arguments, progress):
    """The result of a tool, and the messages of its progress."""

    async def on_progress(_progress, _total=None, message=None):
        progress.append(message)

    return plain(await agent.call(name, arguments, on_progress))


async def take(agent, step, patience, mcp_error):
    match step:
        case {"do": "list", "what": what}:
            return await outcome(every_page(agent, what), patience, mcp_error)
        case {"do": "call", "name": name, "arguments": arguments}:
            progress = []
            done = await outcome(call(agent, name, arguments, progress), patience, mcp_error)
            return done | {"progress": progress}
        case {"do": "prompt", "name": name, "arguments": arguments}:
            return await outcome(then_plain(agent.prompt(name, arguments)), patience, mcp_error)
        case {"do": "read", "uri": uri}:
            return await outcome(then_plain(agent.read(uri)), patience, mcp_error)
        case {"do": "cancel", "name": name, "arguments": arguments, "after": after}:
            return await outcome(agent.cancel(name, arguments, after), patience, mcp_error)
    raise ValueError(f"no such step: {step}")


async def report(connect, mcp_error, job):
    heard = Heard()
    async with connect(job, heard) as agent:
        patience = job.get("patience", PATIENCE)
        steps = [await take(agent, step, patience, mcp_error) for step in job["steps"]]
        done = {"version": agent.version, "instructions": agent.instructions}
        return done | {"steps": steps, "heard": heard}


async def within(seconds, awaitable):
    return await asyncio.wait_for(awaitable, seconds)


def plain(model):
    """A value of the SDK as JSON has it."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


async def then_plain(awaitable):
    return plain(await awaitable)


def innermost(error):
    """What lies under groups of exceptions: the first one that is none."""
    while inner := getattr(error, "exceptions", None):
        error = inner[0]
    return error


def serve(connect, mcp_error):
    """Does one job after another until standard input ends."""
    for line in sys.stdin:
        job = json.loads(line)
        try:
            done = asyncio.run(within(JOB, report(connect, mcp_error, job)))
        except Exception as error:
            error = innermost(error)
            done = {"failed": f"{type(error).__name__}: {error}"}
            if isinstance(error, mcp_error):
                error = error.error
                done["error"] = {"code": error.code, "message": error.message, "data": error.data}
        print(json.dumps(done), flush=True)
