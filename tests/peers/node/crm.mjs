// The TypeScript MCP SDK as a client that finds customers. It checks what it gets against the output
// schema that it was listed, and prints the result, or the error, as JSON.
//
// usage: crm.mjs URL

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const client = new Client({ name: "crm", version: "1" });
await client.connect(new StreamableHTTPClientTransport(new URL(process.argv[2])));
const { tools } = await client.listTools();
const schema = tools.find(({ name }) => name === "find_customers").outputSchema;
const found = await client.callTool({ name: "find_customers", arguments: {} }).then(
  (result) => ({ result }),
  (error) => ({ error: String(error) }),
);
console.log(JSON.stringify({ schema, ...found }));
await client.close();
