/**
 * Requests a second with one thread and with more, in interleaved rounds, and what they cost the
 * gateway in CPU time. Linux only: it reads /proc. The load and the upstream run here, in one
 * thread, and take a share of the cores, so requests are long conversations, which cost the gateway
 * far more than them.
 *
 *     deno task bench:workers -- --rounds 5 --workers 2
 */
import { parseArgs } from "node:util";
import { freePort, say, startGateway } from "./processes.ts";

const { values } = parseArgs({
  args: Deno.args.filter((arg) => arg !== "--"),
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "4" },
    workers: { type: "string", default: "2" },
    connections: { type: "string", default: "32" },
    events: { type: "string", default: "100" },
    turns: { type: "string", default: "1000" },
  },
});

/** What `/proc/<pid>/stat` counts CPU time in. */
const TICK_MS = 10;

/** What one round came to. */
interface Round {
  readonly perSecond: number;
  /** CPU time of the gateway for each request. */
  readonly cpuMs: number;
  /** Cores that the gateway had, on average. */
  readonly cores: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How an answer in chunks ends. */
const LAST_CHUNK = "0\r\n\r\n";
const upstream = startUpstream(Number(values.events));
const directory = await Deno.makeTempDir({ prefix: "switchyard_bench_" });
const many = Number(values.workers);
const rounds = new Map<number, Round[]>([[1, []], [many, []]]);
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [workers, results] of rounds) results.push(await measure(workers));
  }
} finally {
  await upstream.shutdown();
  await Deno.remove(directory, { recursive: true });
}
say("workers | requests/s (lowest to highest) | gateway CPU ms/request | cores it had");
for (const [workers, results] of rounds) {
  const rates = results.map(({ perSecond }) => perSecond).sort((a, b) => a - b);
  say([
    workers,
    `${median(rates).toFixed(0)} (${rates[0]?.toFixed(0)} to ${rates.at(-1)?.toFixed(0)})`,
    median(results.map(({ cpuMs }) => cpuMs)).toFixed(2),
    median(results.map(({ cores }) => cores)).toFixed(2),
  ].join(" | "));
}
const of = (workers: number, part: (round: Round) => number) =>
  median((rounds.get(workers) ?? []).map(part));
const speedup = of(many, ({ perSecond }) => perSecond) / of(1, ({ perSecond }) => perSecond);
const loss = of(many, ({ cpuMs }) => cpuMs) / of(1, ({ cpuMs }) => cpuMs);
say(`${many} to 1: ${speedup.toFixed(2)} × the requests, ${loss.toFixed(2)} × the CPU for each`);

async function measure(workers: number): Promise<Round> {
  const config = `${directory}/${workers}.yaml`;
  await Deno.writeTextFile(
    config,
    `listen: { workers: ${workers} }\ntargets:\n  chat:\n    api_mode: chat_completions\n` +
      `    base_url: http://127.0.0.1:${upstream.addr.port}/v1\n`,
  );
  const gateway = await startGateway(config, freePort());
  try {
    await load(gateway.port, 2_000);
    const cpuBefore = cpuMs(gateway.pid);
    const start = performance.now();
    const requests = await load(gateway.port, Number(values.seconds) * 1_000);
    const elapsed = performance.now() - start;
    const cpu = cpuMs(gateway.pid) - cpuBefore;
    return {
      perSecond: requests / elapsed * 1_000,
      cpuMs: cpu / requests,
      cores: cpu / elapsed,
    };
  } finally {
    await gateway.stop();
  }
}

/** Whole answers within the time, over connections that are kept. */
async function load(port: number, milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds;
  const body = conversation(Number(values.turns));
  const request = encoder.encode(
    `POST /chat/v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\n\r\n${body}`,
  );
  const counts = await Promise.all(
    Array.from({ length: Number(values.connections) }, async () => {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port });
      const buffer = new Uint8Array(256 * 1024);
      let count = 0;
      while (performance.now() < end) {
        for (let sent = 0; sent < request.length;) {
          sent += await connection.write(request.subarray(sent));
        }
        await readAnswer(connection, buffer);
        count++;
      }
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** A request with as many turns of a conversation. */
function conversation(turns: number): string {
  const messages = Array.from({ length: turns }, (_, at) => [
    { role: "user", content: [{ type: "text", text: `Question ${at}: how much is it?` }] },
    { role: "assistant", content: [{ type: "text", text: `Answer ${at}: as much as before.` }] },
  ]).flat();
  messages.push({ role: "user", content: [{ type: "text", text: "And now?" }] });
  return JSON.stringify({ model: "bench", max_tokens: 4096, stream: true, messages });
}

/** Reads to the chunk that ends the body; cheaply, so that it takes little CPU from the gateway. */
async function readAnswer(connection: Deno.TcpConn, buffer: Uint8Array): Promise<void> {
  let tail = "";
  for (let isFirst = true;; isFirst = false) {
    const length = await connection.read(buffer);
    if (length === null) throw new Error("The gateway closed a connection");
    if (isFirst && buffer[9] !== 0x32) throw new Error("The gateway refused a request");
    const end = buffer.subarray(Math.max(0, length - LAST_CHUNK.length), length);
    tail = (tail + decoder.decode(end)).slice(-LAST_CHUNK.length);
    if (tail === LAST_CHUNK) return;
  }
}

function startUpstream(events: number): Deno.HttpServer<Deno.NetAddr> {
  const delta = `data: ${
    JSON.stringify({ id: "c", choices: [{ index: 0, delta: { content: "word " } }] })
  }\n\n`;
  const end = `data: ${
    JSON.stringify({ id: "c", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })
  }\n\ndata: [DONE]\n\n`;
  const answer = encoder.encode(delta.repeat(events) + end);
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    await request.body?.cancel();
    return new Response(answer, { headers: { "content-type": "text/event-stream" } });
  });
}

/** CPU time of a process so far, all threads, user and system. */
function cpuMs(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
