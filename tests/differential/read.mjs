// Reads documents as Node servers and clients do: a line of hex in, a line of what it says out.

import { createInterface } from "node:readline";

function said(value) {
  if (value === null) return "n";
  if (typeof value === "boolean") return value ? "t" : "f";
  if (typeof value === "number") {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return "d" + bytes.toString("hex");
  }
  if (typeof value === "string") return "s" + Buffer.from(value, "utf16le").swap16().toString("hex");
  if (Array.isArray(value)) return "[" + value.map(said).join(",") + "]";
  const members = Object.entries(value).map(([key, member]) => `${said(key)}:${said(member)}`);
  return "{" + members.sort().join(",") + "}";
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
for await (const line of createInterface({ input: process.stdin })) {
  let answer = "refused";
  try {
    answer = said(JSON.parse(decoder.decode(Buffer.from(line, "hex"))));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  process.stdout.write(answer + "\n");
}
