/**
 * CPU time of the gateway for each streamed request, as a ratio to a raw passthrough under the same
 * load, in interleaved rounds. Linux only: it reads /proc.
 *
 *     deno task bench:cpu -- --rounds 5
 */
import { parseArgs } from "node:util";
import { claudeCodeTurn } from "../tests/support/claude_code_turn.ts";
import { answers, freePort, say, startGateway, until } from "./processes.ts";

const { values } = parseArgs({
  args: Deno.args.filter((arg) => arg !== "--"),
  options: { rounds: { type: "string", default: "5" } },
});

/** One kind of request, sent to the passthrough and to the gateway. */
interface Work {
  readonly name: string;
  readonly direct: string;
  readonly path: string;
  readonly body: string;
  readonly requests: number;
}

/** Requests at a time. */
const CONCURRENCY = 8;

/** What `/proc/<pid>/stat` counts CPU time in. */
const TICK_MS = 10;

const small = JSON.stringify({
  model: "bench",
  max_tokens: 4096,
  stream: true,
  messages: [{ role: "user", content: "Count." }],
});
const large = JSON.stringify({ ...claudeCodeTurn(), stream: true });

const WORKS: readonly Work[] = [
  work("small request, 100 events", { events: 100, body: small, requests: 800 }),
  work("agent request, 100 events", { events: 100, body: large, requests: 400 }),
  work("small request, 2,000 events", { events: 2000, body: small, requests: 100 }),
  work("relay, small request, 100 events", {
    events: 100,
    body: small,
    requests: 800,
    relay: true,
  }),
  work("relay, agent request, 100 events", {
    events: 100,
    body: large,
    requests: 400,
    relay: true,
  }),
  work("relay, small request, 2,000 events", {
    events: 2000,
    body: small,
    requests: 100,
    relay: true,
  }),
];

function work(
  name: string,
  { events, body, requests, relay = false }: {
    readonly events: number;
    readonly body: string;
    readonly requests: number;
    readonly relay?: boolean;
  },
): Work {
  const api = relay ? "messages" : "chat/completions";
  const target = `${relay ? "relay" : "chat"}${events}`;
  return {
    name,
    direct: `/v1/${api}?events=${events}`,
    path: `/${target}/v1/messages`,
    body,
    requests,
  };
}

const directory = await Deno.makeTempDir({ prefix: "switchyard_bench_" });
const upstream = freePort();
const children = [await script("upstream.ts", upstream)];
const passthroughPort = freePort();
const passthrough = await script("passthrough.ts", passthroughPort, String(upstream));
children.push(passthrough);
const config = `${directory}/proxy.yaml`;
await Deno.writeTextFile(config, gatewayConfig());
const gateway = await startGateway(config, freePort());
try {
  await measureAll();
} finally {
  for (const child of children) {
    child.kill("SIGKILL");
    await child.status;
  }
  await gateway.stop();
  await Deno.remove(directory, { recursive: true });
}
Deno.exit(0);

async function measureAll(): Promise<void> {
  say("CPU per request: passthrough ms, gateway ms, ratio (lowest to highest)");
  for (const one of WORKS) {
    const direct = () => load(passthroughPort, one.direct, one);
    const through = () => load(gateway.port, one.path, one);
    // Warm both up, so that no round pays for compilation.
    await direct();
    await through();
    const rounds: { readonly base: number; readonly own: number }[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      const base = await cpuOf(passthrough.pid, direct) / one.requests;
      const own = await cpuOf(gateway.pid, through) / one.requests;
      rounds.push({ base, own });
    }
    const ratios = rounds.map(({ base, own }) => own / base).sort((a, b) => a - b);
    const [base, own] = [median(rounds.map((r) => r.base)), median(rounds.map((r) => r.own))];
    const spread = `${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)}`;
    say(
      `${one.name}: ${base.toFixed(2)}, ${own.toFixed(2)}, ${
        median(ratios).toFixed(2)
      } (${spread})`,
    );
  }
}

async function load(port: number, path: string, { body, requests }: Work): Promise<void> {
  let left = requests;
  const client = async () => {
    while (left-- > 0) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      const bytes = await response.arrayBuffer();
      if (!response.ok || bytes.byteLength < 1000) {
        throw new Error(`Cannot measure: ${path} failed`);
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, client));
}

async function cpuOf(pid: number, run: () => Promise<void>): Promise<number> {
  const before = cpuMs(pid);
  await run();
  return cpuMs(pid) - before;
}

function cpuMs(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // Behind the name in parentheses: utime and stime are the fields 14 and 15 of the line.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

async function script(name: string, port: number, ...args: string[]): Promise<Deno.ChildProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net", new URL(name, import.meta.url).href, String(port), ...args],
    stdin: "null",
    stdout: "null",
  }).spawn();
  await until(() => answers(`http://127.0.0.1:${port}/`));
  return child;
}

function gatewayConfig(): string {
  const target = (name: string, mode: string, events: number) =>
    `  ${name}${events}:\n    api_mode: ${mode}\n    base_url: http://127.0.0.1:${upstream}/v1\n` +
    `    on_loss: drop\n    query: { events: "${events}" }\n`;
  const targets = [100, 2000].map((events) =>
    target("chat", "chat_completions", events) + target("relay", "anthropic_messages", events)
  );
  return `targets:\n${targets.join("")}`;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
