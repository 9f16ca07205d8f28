// The TypeScript MCP SDK 2 as a server of the test world. Modes: `raw`, `express`, which is behind
// Express and its JSON parser, and `json`, which answers each request with one JSON value. Clients
// before 2026-07-28 are served without sessions.

import { createMcpExpressApp } from "@modelcontextprotocol/express";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { McpServer, acceptedContent, createMcpHandler, inputRequired, inputResponse } from "@modelcontextprotocol/server";
import { z } from "zod";

import { about, executed, instructions, mode, offer, serve, text } from "./world.mjs";

function given({ mcpReq }) {
  return {
    signal: mcpReq.signal,
    async progress(step, total) {
      const progressToken = mcpReq._meta?.progressToken;
      if (progressToken !== undefined) {
        const params = { progressToken, progress: step, total, message: `step ${step}` };
        await mcpReq.notify({ method: "notifications/progress", params });
      }
    },
    log: (line) => mcpReq.log("info", line),
  };
}

function repositories() {
  const server = new McpServer(about, { capabilities: { logging: {}, tools: { listChanged: true } }, instructions });
  offer(server, given);
  ask(server);
  server.registerTool("announce", { description: "Says to who listens that the tools have changed." }, () => {
    executed("announce");
    handler.notify.toolsChanged();
    return text("announced");
  });
  return server;
}

function ask(server) {
  const inputSchema = z.object({ question: z.string() });
  const model = { description: "Asks the client's model.", inputSchema };
  server.registerTool("ask_model", model, ({ question }, { mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, "model");
    if (answer.kind !== "sampling") {
      const messages = [{ role: "user", content: { type: "text", text: question } }];
      return inputRequired({ inputRequests: { model: inputRequired.createMessage({ messages, maxTokens: 100 }) } });
    }
    executed("ask_model");
    return text([answer.result.content].flat()[0].text);
  });
  const user = { description: "Asks the user.", inputSchema };
  const requestedSchema = z.object({ answer: z.string() });
  server.registerTool("ask_user", user, ({ question }, { mcpReq }) => {
    const accepted = acceptedContent(mcpReq.inputResponses, "user", requestedSchema);
    if (accepted === undefined) {
      return inputRequired({ inputRequests: { user: inputRequired.elicit({ message: question, requestedSchema }) } });
    }
    executed("ask_user");
    return text(accepted.answer);
  });
}

const handler = createMcpHandler(repositories, { responseMode: mode === "json" ? "json" : "auto" });
const node = toNodeHandler(handler);

if (mode === "express") {
  serve(createMcpExpressApp().all("/mcp", (request, response) => node(request, response, request.body)));
} else {
  serve(node);
}
