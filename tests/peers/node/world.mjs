// The world that every server of the tests offers: some of it for agents, some of it hidden.
//
// usage of a server: SCRIPT MODE EXECUTIONS. It prints the port of 127.0.0.1 where it serves /mcp,
// or /sse, appends the name of each tool and prompt and the URI of each resource that it executes
// to the file EXECUTIONS, and ends with its standard input.

import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

const [mode, executions] = process.argv.slice(2);
export { mode };

// What is hidden says this whenever it says something.
const HIDDEN = "HIDDEN-7f3a9c";

export const about = { name: "repositories", version: "1" };
export const instructions = `Look with get_repo. Never call delete_repo. ${HIDDEN}`;

export function executed(name) {
  appendFileSync(executions, `${name}\n`);
}

export function text(...lines) {
  return { content: lines.map((line) => ({ type: "text", text: line })) };
}

// Offers what the majors of the SDK spell alike. What a handler of theirs is given becomes
// {progress(step, total), log(line), signal}.
export function offer(server, given) {
  const tool = (name, description, inputs, run) =>
    server.registerTool(name, { description, inputSchema: z.object(inputs) }, async (args, extra) => {
      executed(name);
      return await run(args, given(extra));
    });

  const repository = z.object({ name: z.string(), visibility: z.string() });
  server.registerTool(
    "get_repo",
    { description: "Gets a repository.", inputSchema: z.object({ name: z.string() }), outputSchema: repository },
    ({ name }) => {
      executed("get_repo");
      const found = { name, visibility: "public" };
      return { ...text(JSON.stringify(found)), structuredContent: found };
    },
  );
  tool("search_repos", "Finds repositories — también en español, 日本語 and 🦀.", { query: z.string() }, ({ query }) =>
    text(...[0, 1, 2].map((number) => `${query}-${number}`)),
  );
  tool("count_to", "Reports progress on its way.", { number: z.int() }, async ({ number }, { progress }) => {
    for (let step = 1; step <= number; step += 1) {
      await progress(step, number);
    }
    return text("done");
  });
  tool("say", "Logs what it is given.", { text: z.string() }, async ({ text: line }, { log }) => {
    await log(line);
    return text("said");
  });
  tool("wait", "Takes its time.", { seconds: z.number() }, async ({ seconds }, { signal }) => {
    await sleep(seconds * 1000, undefined, { signal }).catch((error) => {
      executed("wait cancelled");
      throw error;
    });
    return text("waited");
  });
  tool("fail", "Fails.", {}, () => {
    throw new Error("no luck");
  });

  server.registerPrompt(
    "summarize",
    { description: "Summarizes a repository.", argsSchema: { name: z.string() } },
    ({ name }) => {
      executed("summarize");
      return prompt(`Summarize ${name}.`);
    },
  );
  resource(server, "readme", "repo://octo-org/readme", "The README.", "# Hello");
  hide(server, tool);
}

// Offers what no agent is to have.
function hide(server, tool) {
  const description = `Deletes a repository, its issues and its history, for good. ${HIDDEN}`;
  tool("delete_repo", description, { name: z.string() }, ({ name }) => text(`${name} is deleted. ${HIDDEN}`));
  server.registerPrompt("clean_up", { description: `Deletes what is not needed. ${HIDDEN}` }, () => {
    executed("clean_up");
    return prompt(`Delete it all. ${HIDDEN}`);
  });
  resource(server, "key", "secret://octo-org/key", `A key. ${HIDDEN}`, HIDDEN);
}

function prompt(line) {
  return { messages: [{ role: "user", content: { type: "text", text: line } }] };
}

function resource(server, name, uri, description, content) {
  server.registerResource(name, uri, { description, mimeType: "text/plain" }, () => {
    executed(uri);
    return { contents: [{ uri, mimeType: "text/plain", text: content }] };
  });
}

// Serves a handler of requests: one of node:http's, or an Express app.
export function serve(handler) {
  process.stdin.on("end", () => process.exit(0)).resume();
  // What an SDK throws where nobody can catch it must not end the other sessions.
  process.on("unhandledRejection", (error) => console.error(error));
  process.on("uncaughtException", (error) => console.error(error));
  const server = createServer(handler);
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
}
