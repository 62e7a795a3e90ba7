import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { temporaryFolder } from "../support/config.ts";
import { parseExposition } from "../support/exposition.ts";
import { FakeUpstream, json } from "../support/fake_upstream.ts";
import { completion, delta, finish, streamOf, USAGE } from "../support/server_chat.ts";
import { EventReader } from "../support/server_client.ts";
import { ask, askStream, chatTarget, targets } from "../support/server_gateway.ts";
import { RunningProgram, runProgram } from "../support/server_program.ts";
import { until } from "../support/server_wait.ts";

/** Other systems do not share the connections of a port out. */
const ignore = Deno.build.os !== "linux";

/** Connections after which every thread has had some, but once in 10¹². */
const MANY = 40;

/** Each request on a connection of its own, so that it may land on any thread. */
const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
globalThis.addEventListener("unload", () => client.close());

function get(url: string): Promise<Response> {
  return fetch(url, { client });
}

function post(url: string, body: unknown, headers = {}): Promise<Response> {
  return fetch(`${url}/chat/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    client,
  });
}

/** What `/api/status` says, as far as these tests care. */
interface Status {
  readonly open_requests: number;
  readonly workers: readonly { readonly requests: number; readonly open_requests: number }[];
  readonly targets: readonly { readonly breaker: string; readonly keys: { resting: number } }[];
}

async function statusOf({ url }: RunningProgram): Promise<Status> {
  return await (await get(`${url}/api/status`)).json();
}

/** The answers to one request on many connections: those of all threads. */
function everywhere<Answer>(look: () => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(Array.from({ length: MANY }, look));
}

/** A program with two threads, or what `listen` says, in front of the config of an upstream. */
async function start(yaml: string, listen = "workers: 2") {
  const folder = await temporaryFolder({ "proxy.yaml": `listen: { ${listen} }\n${yaml}` });
  const file = `${folder.path}/proxy.yaml`;
  const program = await RunningProgram.start("--config", file);
  return {
    program,
    url: program.url,
    file,
    write: (yaml: string) => Deno.writeTextFile(file, `listen: { ${listen} }\n${yaml}`),
    async [Symbol.asyncDispose](): Promise<void> {
      await program[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** An upstream whose streams stay open after one delta, until it is told to end them. */
function heldUpstream(): { readonly upstream: FakeUpstream; readonly release: () => void } {
  const go = Promise.withResolvers<void>();
  const upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.send(delta("a"));
    await Promise.race([go.promise, call.closed]);
    for (const data of [finish(), USAGE, "[DONE]"]) await call.send(data);
  });
  return { upstream, release: go.resolve };
}

/** Streams that are open and have said something; more until every thread has one. */
async function openStreams(program: RunningProgram): Promise<EventReader[]> {
  const readers: EventReader[] = [];
  const isSpread = async () => {
    const { workers } = await statusOf(program);
    // The question itself is open too, on one of them.
    return workers.every(({ open_requests }) => open_requests > 1);
  };
  do {
    const reader = new EventReader(await post(program.url, askStream()));
    await reader.until("content_block_delta");
    readers.push(reader);
  } while (!await isSpread());
  return readers;
}

Deno.test({
  name: "two threads answer on one port, and the status adds them up",
  ignore,
  async fn(): Promise<void> {
    await using upstream = new FakeUpstream(json(completion("ok")));
    await using gateway = await start(chatTarget(upstream.url));
    assertEquals((await (await get(`${gateway.url}/readyz`)).json()).status, "ready");
    const statuses = await everywhere(async () => {
      const response = await post(gateway.url, ask());
      await response.text();
      return response.status;
    });
    assertEquals(new Set(statuses), new Set([200]));
    const { workers } = await statusOf(gateway.program);
    assertEquals(workers.length, 2);
    assert(workers.every(({ requests }) => requests > 0), JSON.stringify(workers));
    assertEquals(workers.reduce((sum, { requests }) => sum + requests, 0), MANY + 1);
    assertEquals(upstream.calls.length, MANY);
  },
});

Deno.test({
  name: "a scrape of any thread tells the sums over all threads",
  ignore,
  async fn(): Promise<void> {
    await using upstream = new FakeUpstream(json(completion("ok")));
    await using gateway = await start(chatTarget(upstream.url));
    await everywhere(async () => await (await post(gateway.url, ask())).text());
    await everywhere(async () => await (await post(gateway.url, {})).text());
    await Deno.writeTextFile(gateway.file, "targets: []\n");
    await until(() => gateway.program.log.includes("generation 1 stays live"), "it is refused");
    const scrapes = await everywhere(async () => {
      const text = await (await get(`${gateway.url}/metrics`)).text();
      const { value, sum } = parseExposition(text);
      return [
        value("switchyard_threads"),
        value("switchyard_requests_total", { target: "chat", status: "2xx" }),
        value("switchyard_tokens_total", { target: "chat", kind: "output" }),
        value("switchyard_request_duration_seconds_bucket", { target: "chat", le: "+Inf" }),
        sum("switchyard_errors_total", { type: "invalid_request_error" }),
        value("switchyard_config_reloads_total", { result: "refused" }),
        value("switchyard_open_requests"),
        value("process_start_time_seconds"),
      ].join(" ");
    });
    const [scraped, ...different] = new Set(scrapes);
    assertEquals(different, []);
    const counts = `2 ${MANY} ${3 * MANY} ${MANY} ${MANY} 1 0 `;
    assert(scraped?.startsWith(counts), `${scraped} is not ${counts}`);
  },
});

Deno.test({
  name: "every thread finds what it loads only when it needs it",
  ignore,
  async fn(): Promise<void> {
    await using gateway = await start(chatTarget("http://127.0.0.1:9"));
    const counts = await everywhere(async () => {
      const response = await fetch(`${gateway.url}/chat/v1/messages/count_tokens`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(ask("How many tokens is this?")),
        client,
      });
      return (await response.json()).input_tokens;
    });
    const [count, ...different] = new Set(counts);
    assert(count > 5 && different.length === 0, JSON.stringify(counts));
  },
});

Deno.test({
  name: "a reload reaches all threads before the log says that it is live",
  ignore,
  async fn(): Promise<void> {
    await using gateway = await start(chatTarget("http://127.0.0.1:9"));
    const generations = () =>
      everywhere(async () => {
        const { config } = await (await get(`${gateway.url}/healthz`)).json();
        const known = await get(`${gateway.url}/other`);
        await known.body?.cancel();
        return `${config.generation} ${config.hash} ${config.loaded_at} ${config.error} ${known.status}`;
      });
    const before = new Set(await generations());
    assertEquals(before.size, 1);
    await gateway.write(targets({ other: ["api_mode: anthropic_messages", "base_url: http://h"] }));
    const said = (words: string) => until(() => gateway.program.log.includes(words), words);
    await said("generation 2 is live");
    const [after, ...different] = new Set(await generations());
    assertEquals(different, []);
    assert(after?.startsWith("2 ") && after.endsWith(" null 200"), after);
    await gateway.write("targets: []\n");
    await said("generation 2 stays live");
    const refused = [...new Set(await generations())];
    assertEquals(refused.length, 1);
    assertStringIncludes(refused[0] ?? "", "expected a map, got a list");
    assertStringIncludes(refused[0] ?? "", "2 ");
  },
});

/** Each limit, and how many of many requests at once it lets in. */
const LIMITS: { name: string; listen: string; limits: string; refusal: number }[] = [
  { name: "concurrent", listen: "workers: 2", limits: "{ concurrent: 5 }", refusal: 429 },
  {
    name: "requests_per_minute",
    listen: "workers: 2",
    limits: "{ requests_per_minute: 5 }",
    refusal: 429,
  },
  { name: "max_streams", listen: "workers: 2, max_streams: 5", limits: "{}", refusal: 529 },
];

for (const { name, listen, limits, refusal } of LIMITS) {
  Deno.test({
    name: `${name} holds for all threads together`,
    ignore,
    async fn(): Promise<void> {
      const { upstream, release } = heldUpstream();
      await using _upstream = upstream;
      const auth = `auth: { keys: [{ name: x, key: key-of-x, limits: ${limits} }] }\n`;
      await using gateway = await start(chatTarget(upstream.url) + auth, listen);
      const answers = await everywhere(() =>
        post(gateway.url, askStream(), { "x-api-key": "key-of-x" })
      );
      const statuses = answers.map(({ status }) => status).toSorted((one, other) => one - other);
      const refusals = Array.from({ length: MANY - 5 }, () => refusal);
      assertEquals(statuses, [200, 200, 200, 200, 200, ...refusals]);
      release();
      await Promise.all(answers.map((answer) => answer.text()));
    },
  });
}

Deno.test({
  name: "SIGTERM lets the streams of all threads finish",
  ignore,
  async fn(): Promise<void> {
    const { upstream, release } = heldUpstream();
    await using _upstream = upstream;
    await using gateway = await start(chatTarget(upstream.url));
    const { program } = gateway;
    const readers = await openStreams(program);
    assertEquals((await statusOf(program)).open_requests, readers.length + 1);
    program.kill("SIGTERM");
    await until(() => program.log.includes("Shutting down"), "it drains");
    assertStringIncludes(program.log, `"open_requests":${readers.length}`);
    await until(() => get(`${gateway.url}/readyz`).then(() => false, () => true), "all are closed");
    release();
    const ends = await Promise.all(readers.map(async (reader) => (await reader.rest()).at(-1)));
    assertEquals(new Set(ends.map((end) => end?.event)), new Set(["message_stop"]));
    assertEquals(await program.end(), 0);
    assertEquals(program.log.split('"message":"Stopped"').length, 2);
  },
});

Deno.test({
  name: "a second SIGTERM ends the streams of all threads",
  ignore,
  async fn(): Promise<void> {
    const { upstream } = heldUpstream();
    await using _upstream = upstream;
    await using gateway = await start(chatTarget(upstream.url));
    const { program } = gateway;
    const readers = await openStreams(program);
    program.kill("SIGTERM");
    await until(() => program.log.includes("Shutting down"), "it drains");
    program.kill("SIGTERM");
    const ends = await Promise.all(readers.map(async (reader) => (await reader.rest()).at(-1)));
    assertEquals(new Set(ends.map((end) => end?.event)), new Set(["error"]));
    assertEquals(await program.end(), 0);
  },
});

Deno.test({
  name: "what one thread learns of a target and its keys, all know",
  ignore,
  async fn(): Promise<void> {
    await using down = new FakeUpstream(json({}, { status: 500 }));
    await using picky = new FakeUpstream((call) => {
      const isRefused = call.headers.get("authorization")?.endsWith("-one") ?? false;
      return call.answer(completion("ok"), { status: isRefused ? 429 : 200 });
    });
    await using gateway = await start(targets({
      chat: ["api_mode: chat_completions", `base_url: ${down.url}/v1`, "fallback: [spare]"],
      spare: [
        "api_mode: chat_completions",
        `base_url: ${picky.url}/v1`,
        "api_key: [sk-planted-one, sk-planted-two]",
      ],
    }));
    for (let count = 0; count < 3; count++) await (await post(gateway.url, ask())).text();
    const isKnown = async () =>
      (await everywhere(() => statusOf(gateway.program))).every(({ targets }) =>
        targets[0]?.breaker === "open" && targets[1]?.keys.resting === 1
      );
    await until(isKnown, "all threads know");
    const asked = down.calls.length;
    const statuses = await everywhere(async () => {
      const response = await post(gateway.url, ask());
      await response.text();
      return response.status;
    });
    assertEquals(new Set(statuses), new Set([200]));
    assertEquals(down.calls.length, asked);
    const refused = picky.calls.filter(({ headers }) =>
      headers.get("authorization")?.endsWith("-one")
    );
    assertEquals(refused.length, 1);
  },
});

Deno.test({
  name: "a port that another server with threads has is taken",
  ignore,
  async fn(): Promise<void> {
    await using gateway = await start(chatTarget("http://127.0.0.1:9"));
    const { port } = new URL(gateway.url);
    const { code, err } = await runProgram(["--config", gateway.file, "--port", port]);
    assertEquals(code, 1);
    assertStringIncludes(err, `Cannot listen on 127.0.0.1, port ${port}: Address already in use`);
  },
});

Deno.test({
  name: "log lines of several threads are whole, however long",
  ignore,
  async fn(): Promise<void> {
    await using upstream = new FakeUpstream(json(completion("ok")));
    const logging = "logging: { bodies: true, level: debug }\n";
    await using gateway = await start(chatTarget(upstream.url) + logging, "workers: 4");
    await everywhere(async () => await (await post(gateway.url, ask("x".repeat(200_000)))).text());
    gateway.program.kill("SIGTERM");
    assertEquals(await gateway.program.end(), 0);
    const lines = gateway.program.log.trimEnd().split("\n").map((line) => JSON.parse(line));
    const requests = lines.filter(({ category }) => category === "access");
    assertEquals(requests.length, MANY);
    assert(lines.some((line) => JSON.stringify(line).length > 100_000));
  },
});

Deno.test({
  name: "auto takes a thread for each core, and streams go through each",
  ignore,
  async fn(): Promise<void> {
    await using upstream = new FakeUpstream(async (call) => {
      await call.begin();
      for (const data of streamOf("a")) await call.send(data);
    });
    await using gateway = await start(chatTarget(upstream.url), "workers: auto");
    const ends = await everywhere(async () => {
      const reader = new EventReader(await post(gateway.url, askStream()));
      return (await reader.rest()).at(-1)?.event;
    });
    assertEquals(new Set(ends), new Set(["message_stop"]));
    const { workers } = await statusOf(gateway.program);
    assertEquals(workers.length, navigator.hardwareConcurrency);
  },
});

Deno.test({
  name: "/api/status and /api/events tell of the requests of all threads, whichever is asked",
  ignore,
  async fn() {
    await using upstream = new FakeUpstream(json(completion("hello")));
    await using running = await start(chatTarget(upstream.url));
    await everywhere(async () => (await post(running.url, ask())).text());
    const counts = await everywhere(async () => {
      const { requests, minutes } = await (await get(`${running.url}/api/status`)).json();
      return [requests.length, sumOf(minutes)];
    });
    assertEquals(counts, Array(MANY).fill([MANY, MANY]));
    const reader = new EventReader(await get(`${running.url}/api/events`));
    assertEquals((await reader.until("state")).data.requests instanceof Array, true);
    await everywhere(async () => (await post(running.url, ask())).text());
    let news = 0;
    while (news < MANY) {
      news += ((await reader.until("change")).data.requests as unknown[]).length;
    }
    assertEquals(news, MANY);
    await reader.cancel();
  },
});

function sumOf(minutes: readonly { readonly requests: number }[]): number {
  return minutes.reduce((sum, { requests }) => sum + requests, 0);
}
