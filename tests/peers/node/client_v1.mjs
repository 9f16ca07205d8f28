// The TypeScript MCP SDK 1 (`@modelcontextprotocol/sdk`) as a client; jobs.mjs says what it does.
// The mode of a job means nothing here.

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import * as types from "@modelcontextprotocol/sdk/types.js";

import { manners, serve } from "./jobs.mjs";

// The transport keeps the version to itself, since it is the one that tells the server.
function transportFor(job) {
  const Transport = job.transport === "sse" ? SSEClientTransport : StreamableHTTPClientTransport;
  const transport = new Transport(new URL(job.url));
  const set = transport.setProtocolVersion.bind(transport);
  transport.setProtocolVersion = (version) => set((transport.version = version));
  return transport;
}

async function connect(job, heard) {
  const transport = transportFor(job);
  const capabilities = { sampling: {}, elicitation: {} };
  const client = new Client({ name: "interop", version: "1" }, { capabilities });
  const { sample, elicit, log, changed, progress, follow } = manners(heard);
  client.setRequestHandler(types.CreateMessageRequestSchema, sample);
  client.setRequestHandler(types.ElicitRequestSchema, elicit);
  client.setNotificationHandler(types.LoggingMessageNotificationSchema, log);
  client.setNotificationHandler(types.ToolListChangedNotificationSchema, changed);
  client.setNotificationHandler(types.ProgressNotificationSchema, progress);
  await client.connect(transport);
  return {
    client,
    version: () => transport.version,
    follow,
    call: (name, args, meta, options) =>
      client.callTool({ name, arguments: args, _meta: meta }, undefined, options),
    close: async () => {
      await transport.terminateSession?.().catch(() => {});
      await client.close();
    },
  };
}

await serve(connect, (error) => error instanceof types.McpError);
