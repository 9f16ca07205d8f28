// The TypeScript MCP SDK 2 (`@modelcontextprotocol/client`) as a client; jobs.mjs says what it
// does. The mode of a job is `legacy`, `auto` or a version of the protocol.

import {
  Client,
  LOG_LEVEL_META_KEY,
  ProtocolError,
  SSEClientTransport,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";

import { manners, serve } from "./jobs.mjs";

function options({ mode }) {
  const named = mode === "legacy" || mode === "auto";
  return {
    capabilities: { sampling: {}, elicitation: {} },
    versionNegotiation: { mode: named ? mode : { pin: mode } },
  };
}

async function connect(job, heard) {
  const Transport = job.transport === "sse" ? SSEClientTransport : StreamableHTTPClientTransport;
  const transport = new Transport(new URL(job.url));
  const client = new Client({ name: "interop", version: "1" }, options(job));
  const { sample, elicit, log, changed, progress, follow } = manners(heard);
  client.setRequestHandler("sampling/createMessage", sample);
  client.setRequestHandler("elicitation/create", elicit);
  client.setNotificationHandler("notifications/message", log);
  client.setNotificationHandler("notifications/tools/list_changed", changed);
  client.setNotificationHandler("notifications/progress", progress);
  await client.connect(transport);
  const version = client.getNegotiatedProtocolVersion();
  // Since 2026-07-28 a server says only what a request asks it to say.
  const level = version >= "2026-07-28" ? { [LOG_LEVEL_META_KEY]: "info" } : {};
  return {
    client,
    version: () => version,
    follow,
    call: (name, args, meta, options) =>
      client.callTool({ name, arguments: args, _meta: { ...level, ...meta } }, options),
    close: async () => {
      await transport.terminateSession?.().catch(() => {});
      await client.close();
    },
  };
}

await serve(connect, (error) => error instanceof ProtocolError);
