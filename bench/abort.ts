/**
 * Measures how long it takes until an upstream sees that the client is gone, in every state of a
 * request, and prints the median and the longest of each.
 *
 *     deno task bench:abort -- --runs 100
 */
import { parseArgs } from "node:util";
import { FakeUpstream, type Script, silence } from "../tests/support/fake_upstream.ts";
import { delta } from "../tests/support/server_chat.ts";
import { freePort, say, startGateway } from "./processes.ts";

const { values } = parseArgs({
  args: Deno.args.filter((arg) => arg !== "--"),
  options: { runs: { type: "string", default: "100" } },
});

/** What the upstream does before it waits; whether the client has bytes by then. */
const STATES: readonly { name: string; script: Script; hasBytes: boolean }[] = [
  { name: "before the upstream's headers", script: silence, hasBytes: false },
  {
    name: "before its first event",
    script: async (call) => {
      await call.begin();
      await call.closed;
    },
    hasBytes: false,
  },
  {
    name: "in the middle of the stream",
    script: async (call) => {
      await call.begin();
      await call.send(delta("a"));
      await call.closed;
    },
    hasBytes: true,
  },
];

const runs = Number(values.runs);
const directory = await Deno.makeTempDir({ prefix: "switchyard_abort_" });
const upstream = new FakeUpstream();
const config = `${directory}/proxy.yaml`;
await Deno.writeTextFile(
  config,
  `targets:\n  chat:\n    api_mode: chat_completions\n    base_url: ${upstream.url}/v1\n`,
);
const gateway = await startGateway(config, freePort());
let longest = 0;
for (const { name, script, hasBytes } of STATES) {
  upstream.play(script);
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push(await abortOnce(hasBytes));
  times.sort((one, other) => one - other);
  const [median = 0, last = 0] = [times[Math.floor(runs / 2)], times.at(-1)];
  longest = Math.max(longest, last);
  say(`${name}: median ${median.toFixed(1)} ms, longest ${last.toFixed(1)} ms, ${runs} runs`);
}
await gateway.stop();
await upstream[Symbol.asyncDispose]();
await Deno.remove(directory, { recursive: true });
Deno.exit(longest < 100 ? 0 : 1);

async function abortOnce(hasBytes: boolean): Promise<number> {
  const client = new AbortController();
  const arrived = upstream.next();
  const answer = fetch(`http://127.0.0.1:${gateway.port}/chat/v1/messages`, {
    method: "POST",
    signal: client.signal,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "claude-sonnet-4-5",
      max_tokens: 200,
      stream: true,
      messages: [{ role: "user", content: "hi" }],
    }),
  });
  const { closed } = await arrived;
  if (hasBytes) await answer;
  const start = performance.now();
  client.abort();
  await answer.then((response) => response.body?.cancel()).catch(() => {});
  await closed;
  return performance.now() - start;
}
