import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ConfigStore } from "../../src/config/store.ts";
import { configureLog } from "../../src/log.ts";
import { startCrew } from "../../src/server/crew.ts";
import type { Engine } from "../../src/server/engine.ts";
import { configOf } from "../support/config.ts";
import { parseExposition } from "../support/exposition.ts";
import { FakeUpstream, json, silence } from "../support/fake_upstream.ts";
import { completion } from "../support/server_chat.ts";
import { ask, chatTarget } from "../support/server_gateway.ts";
import { soon, until } from "../support/server_wait.ts";

const ignore = Deno.build.os !== "linux";
const KEY = { "x-api-key": "key-of-x" };
const CONCURRENT = 100;

interface TestCrew extends AsyncDisposable {
  readonly engine: Engine;
  readonly url: string;
  readonly client: Deno.HttpClient;
  readonly log: readonly string[];
  /** Has the second thread throw an error that nothing catches. */
  crash(kind: "error" | "rejection"): void;
  /** Those of the status; none if nobody can tell. */
  workers(): Promise<readonly { readonly requests: number; readonly open_requests: number }[]>;
}

/** Two threads, of which the second crashes when told to. */
async function start(upstreamUrl: string): Promise<TestCrew> {
  const log: string[] = [];
  configureLog({ format: "json", write: (line) => log.push(line) });
  const limits = `limits: { concurrent: ${CONCURRENT} }`;
  const text = `${chatTarget(upstreamUrl)}listen: { workers: 2 }\nlogging: { level: error }\n` +
    `auth: { keys: [{ name: x, key: key-of-x, ${limits} }] }\n`;
  const store = new ConfigStore(await configOf(text, { overrides: { port: 0 } }));
  const worker = new URL("../support/crashing_worker.ts", import.meta.url);
  const engine = await startCrew(store, { threads: 2, worker });
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const url = `http://127.0.0.1:${engine.port}`;
  const channel = new BroadcastChannel("switchyard_test_crash");
  return {
    engine,
    url,
    client,
    log,
    crash: (kind) => channel.postMessage({ kind, words: "planted" }),
    async workers() {
      try {
        return (await (await fetch(`${url}/api/status`, { headers: KEY, client })).json()).workers;
      } catch {
        // It was a connection to the thread that crashes.
        return [];
      }
    },
    async [Symbol.asyncDispose](): Promise<void> {
      const stopped = engine.shutdown();
      engine.endAll();
      await stopped;
      engine.close();
      client.close();
      channel.close();
    },
  };
}

for (const kind of ["error", "rejection"] as const) {
  Deno.test({
    name: `a worker that crashes (${kind}) is replaced, and what it counted is taken back`,
    ignore,
    async fn(): Promise<void> {
      await using upstream = new FakeUpstream(silence);
      await using crew = await start(upstream.url);
      const left = new AbortController();
      const waiting: Promise<unknown>[] = [];
      // Requests on either thread, until the second has some.
      do {
        const arrived = upstream.next();
        waiting.push(
          fetch(`${crew.url}/chat/v1/messages`, {
            method: "POST",
            headers: { "content-type": "application/json", ...KEY },
            body: JSON.stringify(ask()),
            client: crew.client,
            signal: left.signal,
          }).then((response) => response.text(), String),
        );
        await soon(arrived, "the upstream is asked");
      } while (((await crew.workers())[1]?.open_requests ?? 0) < 2);
      crew.crash(kind);
      await until(async () => (await crew.workers()).length === 1, "the worker is gone");
      await until(async () => {
        const [main] = await crew.workers();
        // The question itself was one.
        return main !== undefined && crew.engine.openRequests === main.open_requests - 1;
      }, "only requests of the main thread count");
      left.abort();
      await Promise.all(waiting);
      await until(() => crew.engine.openRequests === 0, "no request is left");
      await until(async () => (await crew.workers()).length === 2, "the worker is replaced");
      assertStringIncludes(crew.log.join("\n"), "Replaced the thread that crashed");
      await until(async () => ((await crew.workers())[1]?.requests ?? 0) > 0, "it serves");
    },
  });
}

Deno.test({
  name: "what a worker counted stays in the sums when it crashes",
  ignore,
  async fn(): Promise<void> {
    await using upstream = new FakeUpstream(json(completion("ok")));
    await using crew = await start(upstream.url);
    const scrape = async () => {
      try {
        const init = { headers: KEY, client: crew.client };
        return parseExposition(await (await fetch(`${crew.url}/metrics`, init)).text());
      } catch {
        // It was a connection to the thread that crashes.
        return undefined;
      }
    };
    let sent = 0;
    do {
      const response = await fetch(`${crew.url}/chat/v1/messages`, {
        method: "POST",
        headers: { "content-type": "application/json", ...KEY },
        body: JSON.stringify(ask()),
        client: crew.client,
      });
      await response.text();
      sent++;
    } while (((await crew.workers())[1]?.requests ?? 0) < 2);
    const messages = { target: "chat", endpoint: "messages" };
    assertEquals((await scrape())?.value("switchyard_requests_total", messages), sent);
    crew.crash("error");
    await until(
      async () => (await scrape())?.value("switchyard_threads") === 1,
      "the worker is gone",
    );
    const after = await scrape() ?? await scrape();
    assertEquals(after?.value("switchyard_requests_total", messages), sent);
    assertEquals(after?.value("switchyard_tokens_total", { kind: "output" }), 3 * sent);
    const count = "switchyard_request_duration_seconds_count";
    assertEquals(after?.value(count, { target: "chat" }), sent);
  },
});

Deno.test({
  name: "startCrew() throws where a worker cannot start, and leaves nothing behind",
  ignore,
  async fn(): Promise<void> {
    configureLog({ write: () => {} });
    const store = new ConfigStore(
      await configOf(chatTarget("http://h"), { overrides: { port: 0 } }),
    );
    const worker = new URL("data:text/javascript,throw new Error('planted')");
    await assertRejects(() => startCrew(store, { threads: 2, worker }), Error, "planted");
  },
});

Deno.test({
  name: "startCrew() throws where the port is taken",
  ignore,
  async fn(): Promise<void> {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0, reusePort: true });
    const { port } = taken.addr;
    const store = new ConfigStore(await configOf(chatTarget("http://h"), { overrides: { port } }));
    await assertRejects(() => startCrew(store, { threads: 2 }), Deno.errors.AddrInUse);
  },
});
