"""Customers, on the Python MCP SDK 2.x: what this server knows of them is not for every agent.

Usage: as world.py says. Modes: `sse` answers with events, `json` with one JSON value.
"""

from typing import Annotated, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

import world

server = MCPServer("crm")


class Customer(BaseModel):
    name: str
    email: Annotated[str, Field(pattern=r"^[^@ ]+@[^@ ]+$", max_length=40, json_schema_extra={"format": "email"})]
    card: Annotated[int, Field(ge=10**15, le=10**16 - 1)]
    status: Literal["active", "closed"]


class Customers(BaseModel):
    customers: Annotated[list[Customer], Field(min_length=5)]


def customers():
    people = ["ada", "bob", "cleo", "dan", "eve", "fay"]
    return [
        Customer(name=name, email=f"{name}@customers.example", card=4111111111111111, status="active")
        for name in people
    ]


@server.tool()
async def find_customers(context: Context) -> Customers:
    """Finds customers."""
    world.executed("find_customers")
    await context.report_progress(1, 1, "found ada@customers.example")
    return Customers(customers=customers())


@server.tool()
def write_to(email: str, text: str) -> str:
    """Writes to a customer."""
    world.executed(f"write_to {email}: {text}")
    return f"written to {email}"


@server.tool()
def complain() -> str:
    """Fails, and tells too much."""
    raise ToolError("eve@customers.example has no account")


world.serve(server.streamable_http_app(stateless_http=True, json_response=world.MODE == "json"))
