/**
 * Mixed traffic with faults, and a reload every second; prints memory, open files and errors.
 *
 *     deno task bench:soak -- --minutes 30 --clients 20
 */
import { parseArgs } from "node:util";
import { demoConfig } from "../src/demo/config.ts";
import { startDemoServer } from "../src/demo/server.ts";
import { freePort, pause, say, startGateway, usage } from "./processes.ts";

const { values } = parseArgs({
  args: Deno.args.filter((arg) => arg !== "--"),
  options: {
    minutes: { type: "string", default: "30" },
    clients: { type: "string", default: "20" },
  },
});

/** How a request of the soak may end. */
type Outcome = "whole" | "left" | "refused" | "cut" | "wrong";

const minutes = Number(values.minutes);
const counts: Record<Outcome, number> = { whole: 0, left: 0, refused: 0, cut: 0, wrong: 0 };
const directory = await Deno.makeTempDir({ prefix: "switchyard_soak_" });
const demo = await startDemoServer({ delayMs: 1 });
const faulty = startFaultyServer();
const config = `${directory}/proxy.yaml`;
await writeConfig(0);
const gateway = await startGateway(config, freePort());
const base = `http://127.0.0.1:${gateway.port}`;
const end = performance.now() + minutes * 60_000;
const started = performance.now();
say("minute  RSS MiB  files  whole  left  refused  cut  wrong");
const clients = Array.from({ length: Number(values.clients) }, (_, at) => client(at));
const reloading = reloadEverySecond();
for (let minute = 0; performance.now() < end; minute++) {
  report(minute);
  await pause(Math.min(60_000, Math.max(0, end - performance.now())));
}
await Promise.all(clients);
await reloading;
report(Math.round((performance.now() - started) / 60_000));
const code = await gateway.stop();
await demo.shutdown();
await faulty.shutdown();
await Deno.remove(directory, { recursive: true });
say(`exit code ${code}`);
Deno.exit(code === 0 && counts.wrong === 0 ? 0 : 1);

function report(minute: number): void {
  const { rssMib, files } = usage(gateway.pid);
  const { whole, left, refused, cut, wrong } = counts;
  say([minute, rssMib, files, whole, left, refused, cut, wrong].join("  "));
}

async function client(seed: number): Promise<void> {
  for (let turn = seed; performance.now() < end; turn++) {
    const outcome = await oneRequest(turn);
    counts[outcome]++;
  }
}

async function oneRequest(turn: number): Promise<Outcome> {
  const targets = ["demo-chat", "demo-messages", "demo-chat", "faulty"];
  const target = targets[turn % targets.length] ?? "demo-chat";
  const stream = turn % 3 !== 0;
  const leaves = turn % 11 === 0;
  const abort = new AbortController();
  try {
    const response = await fetch(`${base}/${target}/v1/messages`, {
      method: "POST",
      signal: abort.signal,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "claude-sonnet-4-5",
        max_tokens: 200,
        stream,
        messages: [{ role: "user", content: "x".repeat(turn % 7 === 0 ? 200_000 : 200) }],
      }),
    });
    if (leaves) {
      abort.abort();
      return "left";
    }
    const text = await response.text();
    if (response.status >= 400) return JSON.parse(text).type === "error" ? "refused" : "wrong";
    if (!stream) return JSON.parse(text).type === "message" ? "whole" : "wrong";
    if (text.includes("event: message_stop")) return target === "faulty" ? "wrong" : "whole";
    return text.includes("event: error") ? "cut" : "wrong";
  } catch {
    return leaves ? "left" : "wrong";
  }
}

async function reloadEverySecond(): Promise<void> {
  for (let generation = 1; performance.now() < end; generation++) {
    await writeConfig(generation);
    await pause(1_000);
  }
}

/** Every generation differs; every tenth is broken, and must change nothing. */
async function writeConfig(generation: number): Promise<void> {
  const broken = generation % 10 === 9 ? "tragets: {}\n" : "";
  const text = `${demoConfig(demo.port)}  faulty:
    api_mode: chat_completions
    base_url: http://127.0.0.1:${faulty.addr.port}/v1
    model: generation-${generation}
    on_loss: drop
${broken}`;
  await Deno.writeTextFile(`${config}.new`, text);
  await Deno.rename(`${config}.new`, config);
}

/** An upstream that never answers well: errors, cut streams, garbage. */
function startFaultyServer(): Deno.HttpServer<Deno.NetAddr> {
  let calls = 0;
  const chunk = 'data: {"id":"c","choices":[{"index":0,"delta":{"content":"half"}}]}\n\n';
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    await request.body?.cancel();
    switch (calls++ % 5) {
      case 0:
        return new Response('{"error":{"message":"overloaded"}}', { status: 503 });
      case 1:
        return new Response("<html>bad gateway</html>", {
          headers: { "content-type": "text/html" },
        });
      case 2:
        return new Response(chunk, { headers: { "content-type": "text/event-stream" } });
      case 3:
        return new Response(chunk + "data: garbage\n\n", {
          headers: { "content-type": "text/event-stream" },
        });
      default:
        return new Response("", { status: 200 });
    }
  });
}
