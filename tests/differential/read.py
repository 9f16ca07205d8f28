"""Reads documents as Python servers and clients do: a line of hex in, a line of what it says out."""

import json
import struct
import sys


def said(value):
    if value is None:
        return "n"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return "d" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "s" + value.encode("utf-16-be", "surrogatepass").hex()
    if isinstance(value, list):
        return "[" + ",".join(map(said, value)) + "]"
    members = sorted(f"{said(key)}:{said(member)}" for key, member in value.items())
    return "{" + ",".join(members) + "}"


for line in sys.stdin:
    try:
        # Bytes, whose encoding it finds out by itself.
        print(said(json.loads(bytes.fromhex(line))))
    except ValueError:
        print("refused")
