// The TypeScript MCP SDK 1 as a server of the test world. Modes:
//
// - `stateful`, and `stateful-store`, which keeps what was sent for clients that come back for it
// - `stateless`, and `stateless-json`, which answers each request with one JSON value
// - `stateful-express` and `stateless-json-express`, the same behind Express and its JSON parser
// - `sse`: HTTP+SSE

import { randomUUID } from "node:crypto";

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { CreateMessageResultSchema, ElicitResultSchema } from "@modelcontextprotocol/sdk/types.js";
import express from "express";
import { z } from "zod";

import { about, executed, instructions, mode, offer, serve, text } from "./world.mjs";

const stateless = mode.startsWith("stateless");

function given({ _meta, sendNotification, signal }) {
  return {
    signal,
    async progress(step, total) {
      const progressToken = _meta?.progressToken;
      if (progressToken !== undefined) {
        const params = { progressToken, progress: step, total, message: `step ${step}` };
        await sendNotification({ method: "notifications/progress", params });
      }
    },
    async log(line) {
      await sendNotification({ method: "notifications/message", params: { level: "info", data: line } });
    },
  };
}

function repositories() {
  const server = new McpServer(about, { capabilities: { logging: {} }, instructions });
  offer(server, given);
  if (!stateless) {
    // Without a session the answer would never come back, and the call would wait for it.
    ask(server);
  }
  server.registerTool("announce", { description: "Says that the tools have changed." }, async () => {
    executed("announce");
    await server.server.sendToolListChanged();
    return text("announced");
  });
  return server;
}

function ask(server) {
  const inputSchema = z.object({ question: z.string() });
  const need = (capability) => {
    if (!server.server.getClientCapabilities()?.[capability]) {
      throw new Error(`the client has no ${capability}`);
    }
  };
  const model = { description: "Asks the client's model.", inputSchema };
  server.registerTool("ask_model", model, async ({ question }, { sendRequest }) => {
    need("sampling");
    const messages = [{ role: "user", content: { type: "text", text: question } }];
    const request = { method: "sampling/createMessage", params: { messages, maxTokens: 100 } };
    const answer = await sendRequest(request, CreateMessageResultSchema);
    executed("ask_model");
    return text(answer.content.text);
  });
  const user = { description: "Asks the user.", inputSchema };
  server.registerTool("ask_user", user, async ({ question }, { sendRequest }) => {
    need("elicitation");
    const requestedSchema = { type: "object", properties: { answer: { type: "string" } }, required: ["answer"] };
    const request = { method: "elicitation/create", params: { message: question, requestedSchema } };
    const answer = await sendRequest(request, ElicitResultSchema);
    executed("ask_user");
    return text(answer.content?.answer ?? answer.action);
  });
}

// All events of one session, in order. The id of an event is its number.
class Store {
  #events = [];

  async storeEvent(stream, message) {
    this.#events.push({ stream, message });
    return String(this.#events.length);
  }

  async replayEventsAfter(last, { send }) {
    const { stream: wanted } = this.#events[Number(last) - 1];
    for (const [index, { stream, message }] of this.#events.entries()) {
      if (index >= Number(last) && stream === wanted) {
        await send(String(index + 1), message);
      }
    }
    return wanted;
  }
}

const sessions = new Map();

function session() {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => sessions.set(id, transport),
    onsessionclosed: (id) => sessions.delete(id),
    eventStore: mode.endsWith("store") ? new Store() : undefined,
  });
  return transport;
}

async function streamable(request, response) {
  const id = request.headers["mcp-session-id"];
  let transport = sessions.get(id);
  if (transport === undefined) {
    if (id !== undefined) {
      // The SDK leaves it to the server to say that a session is over.
      response.writeHead(404).end();
      return;
    }
    transport = stateless
      ? new StreamableHTTPServerTransport({
          sessionIdGenerator: undefined,
          enableJsonResponse: mode.includes("json"),
        })
      : session();
    const server = repositories();
    await server.connect(transport);
    if (stateless) {
      response.on("close", () => server.close());
    }
  }
  await transport.handleRequest(request, response, request.body);
}

async function sse(request, response) {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  if (request.method === "GET" && pathname === "/sse") {
    const transport = new SSEServerTransport("/messages", response);
    sessions.set(transport.sessionId, transport);
    response.on("close", () => sessions.delete(transport.sessionId));
    await repositories().connect(transport);
    return;
  }
  const transport = sessions.get(searchParams.get("sessionId"));
  if (request.method === "POST" && pathname === "/messages" && transport !== undefined) {
    await transport.handlePostMessage(request, response);
    return;
  }
  response.writeHead(404).end();
}

if (mode === "sse") {
  serve(sse);
} else if (mode.endsWith("express")) {
  serve(express().use(express.json()).all("/mcp", streamable));
} else {
  serve(streamable);
}
