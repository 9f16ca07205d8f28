// Jobs for a client, one JSON value a line on standard input; one JSON report a line comes back.
//
// A job is {"url", "mode", "transport", "steps"}, with "patience" (seconds for one step, 10 unless
// told). A step is one of
//
//     {"do": "list", "what": "tools" | "prompts" | "resources" | "resourceTemplates"}
//     {"do": "call" | "prompt", "name", "arguments"}
//     {"do": "read", "uri"}
//     {"do": "cancel", "name", "arguments", "after": seconds}
//
// A report is {"version", "instructions", "steps", "heard"}, or {"failed"} when there is no session
// to do the steps in. The outcome of a step is {"result"}, with "progress" where a tool was called;
// {"error": {"code", "message", "data"}} where the SDK hands its caller the error of MCP; else
// {"unstructured"}. What the server says or asks unasked is in "heard", in order.

import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE = 10;
const JOB = 60;

const LISTS = {
  tools: "listTools",
  prompts: "listPrompts",
  resources: "listResources",
  resourceTemplates: "listResourceTemplates",
};

class Late extends Error {}

async function within(seconds, promise) {
  const timer = new AbortController();
  const late = sleep(seconds * 1000, undefined, { signal: timer.signal }).then(() => {
    throw new Late(`no answer within ${seconds} s`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}

// What came of a step: never an exception.
async function outcome(promise, patience, structured) {
  try {
    return { result: await within(patience, promise) };
  } catch (error) {
    return told(error, structured);
  }
}

function told(error, structured) {
  if (structured(error)) {
    const { code, message, data } = error;
    return { error: { code, message, data: data ?? null } };
  }
  return { unstructured: error instanceof Late ? error.message : `${error?.name}: ${error?.message}` };
}

// A list to its end.
async function everyPage(client, what) {
  const found = [];
  let cursor;
  do {
    const page = await client[LISTS[what]](cursor === undefined ? undefined : { cursor });
    found.push(...page[what]);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found;
}

// Starts a tool and gives it up.
async function cancel(agent, { name, arguments: args, after }) {
  const given = new AbortController();
  const call = agent.call(name, args, {}, { signal: given.signal });
  const ended = call.then((result) => result, () => "cancelled");
  await sleep(after * 1000);
  given.abort("enough");
  return await ended;
}

async function take(agent, step, patience, structured) {
  const { client } = agent;
  const { name, arguments: args } = step;
  switch (step.do) {
    case "list":
      return await outcome(everyPage(client, step.what), patience, structured);
    case "call": {
      const progress = [];
      const token = agent.follow(progress);
      const done = await outcome(agent.call(name, args, { progressToken: token }), patience, structured);
      // What came before the answer is handled, but perhaps not quite yet.
      await sleep(0);
      return { ...done, progress };
    }
    case "prompt":
      return await outcome(client.getPrompt({ name, arguments: args }), patience, structured);
    case "read":
      return await outcome(client.readResource({ uri: step.uri }), patience, structured);
    case "cancel":
      return await outcome(cancel(agent, step), patience, structured);
    default:
      throw new Error(`no such step: ${JSON.stringify(step)}`);
  }
}

// What a client answers when the server asks, and how it keeps what the server says.
export function manners(heard) {
  const followed = [];
  return {
    // The SDKs' own way to follow progress forgets a call with its answer, and so loses what came
    // in one piece with it.
    follow(progress) {
      return followed.push(progress);
    },
    progress({ params }) {
      followed[params.progressToken - 1]?.push(params.message ?? null);
    },
    sample(request) {
      const [message] = request.params.messages;
      const { text } = [message.content].flat()[0];
      heard.push(`sampling: ${text}`);
      const content = { type: "text", text: "The model says yes." };
      return { role: "assistant", content, model: "fixed", stopReason: "endTurn" };
    },
    elicit(request) {
      heard.push(`elicitation: ${request.params.message}`);
      return { action: "accept", content: { answer: "The user says yes." } };
    },
    log(notification) {
      heard.push(`log: ${notification.params.data}`);
    },
    changed() {
      heard.push("tools changed");
    },
  };
}

async function report(connect, structured, job) {
  const heard = [];
  const agent = await connect(job, heard);
  try {
    const steps = [];
    for (const step of job.steps) {
      steps.push(await take(agent, step, job.patience ?? PATIENCE, structured));
    }
    const instructions = agent.client.getInstructions() ?? null;
    return { version: agent.version(), instructions, steps, heard };
  } finally {
    await within(5, agent.close()).catch(() => {});
  }
}

// Does one job after another until standard input ends.
export async function serve(connect, structured) {
  // What an SDK throws where nobody can catch it must not end the jobs that come after.
  process.on("unhandledRejection", (error) => console.error(error));
  process.on("uncaughtException", (error) => console.error(error));
  for await (const line of createInterface({ input: process.stdin })) {
    const job = JSON.parse(line);
    let done;
    try {
      done = await within(JOB, report(connect, structured, job));
    } catch (error) {
      const { error: reason } = told(error, structured);
      done = { failed: `${error?.name}: ${error?.message}`, ...(reason && { error: reason }) };
    }
    process.stdout.write(JSON.stringify(done) + "\n");
  }
  process.exit(0);
}
