import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { temporaryFolder } from "../support/config.ts";
import { events, FakeUpstream, json } from "../support/fake_upstream.ts";
import { OtlpReceiver } from "../support/otlp_receiver.ts";
import { completion, streamOf } from "../support/server_chat.ts";
import { ask, askStream, targets } from "../support/server_gateway.ts";
import { RunningProgram } from "../support/server_program.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const PARENT_ID = "b7ad6b7169203331";
const TRACEPARENT = `00-${TRACE_ID}-${PARENT_ID}-01`;
const SERVER = 2;
const CLIENT = 3;

/** None of it may be in a span. */
const PLANTED = {
  client: "client-key-planted",
  upstream: "upstream-key-planted",
  query: "query-key-planted",
  odd: "odd-parameter-planted",
  prompt: "prompt-planted",
  answer: "answer-planted",
};

/** The URL of a port where nobody listens; the runtime itself refuses a few well-known ones. */
function nobody(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return `http://127.0.0.1:${listener.addr.port}`;
}

/** A program that sends its traces to a receiver, in front of an upstream and of a dead one. */
async function start(upstream: FakeUpstream, receiver: OtlpReceiver, more: {
  readonly env?: Record<string, string>;
  readonly listen?: string;
} = {}) {
  const target = (url: string) => [
    "api_mode: chat_completions",
    `base_url: ${url}/v1`,
    `api_key: ${PLANTED.upstream}`,
    `query: { key: ${PLANTED.query}, code: ${PLANTED.odd} }`,
  ];
  const yaml = targets({ chat: target(upstream.url), dead: target(nobody()) }) +
    `auth: { keys: [{ name: x, key: ${PLANTED.client} }] }\n${more.listen ?? ""}`;
  const folder = await temporaryFolder({ "proxy.yaml": yaml });
  const env = { ...receiver.env, ...more.env };
  const program = await RunningProgram.startWith(env, "--config", `${folder.path}/proxy.yaml`);
  return {
    log: () => program.log,
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      fetch(program.url + path, {
        method: "POST",
        headers: { "content-type": "application/json", "x-api-key": PLANTED.client, ...headers },
        body: JSON.stringify(body),
      }),
    async [Symbol.asyncDispose](): Promise<void> {
      await program[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A binary traces only if it was compiled with `OTEL_DENO=true`. */
const isBinary = Deno.env.has("SWITCHYARD_BINARY");

Deno.test({
  name: "a binary that was compiled without traces says so, and serves",
  ignore: !isBinary,
  async fn(): Promise<void> {
    await using receiver = new OtlpReceiver();
    await using upstream = new FakeUpstream(json(completion("ok")));
    await using gateway = await start(upstream, receiver);
    const response = await gateway.post("/chat/v1/messages", ask());
    assertEquals(response.status, 200);
    await response.text();
    assertStringIncludes(gateway.log(), "OTEL_DENO has no effect");
    assertEquals(receiver.text, "");
  },
});

for (const [name, listen] of [["one thread", ""], ["two threads", "listen: { workers: 2 }\n"]]) {
  Deno.test({
    name: `a request makes a server's and a client's span, without a secret: ${name}`,
    ignore: isBinary || (listen !== "" && Deno.build.os !== "linux"),
    async fn(): Promise<void> {
      await using receiver = new OtlpReceiver();
      await using upstream = new FakeUpstream(events(streamOf(PLANTED.answer)));
      await using gateway = await start(upstream, receiver, { listen: listen ?? "" });
      const headers = { traceparent: TRACEPARENT };
      const path = "/chat/v1/messages?beta=true";
      const response = await gateway.post(path, askStream(PLANTED.prompt), headers);
      assertStringIncludes(await response.text(), PLANTED.answer);
      const [client] = await receiver.ofKind(CLIENT, 1);
      const [server] = await receiver.ofKind(SERVER, 1);
      assertEquals([server?.traceId, server?.parentSpanId], [TRACE_ID, PARENT_ID]);
      assertEquals([client?.traceId, client?.parentSpanId], [TRACE_ID, server?.spanId]);
      assertEquals(server?.attributes["url.path"], "/chat/v1/messages");
      assertEquals(server?.attributes["switchyard.target"], "chat");
      assertEquals(server?.attributes["gen_ai.request.model"], "claude-x");
      assertEquals(
        server?.attributes["switchyard.request_id"],
        response.headers.get("request-id"),
      );
      assertEquals(client?.attributes["url.full"], `${upstream.url}/v1/chat/completions`);
      // The upstream is told of the trace, and got its key all the same.
      const [call] = upstream.calls;
      assertEquals(call?.headers.get("traceparent"), `00-${TRACE_ID}-${client?.spanId}-01`);
      assertStringIncludes(call?.path ?? "", PLANTED.query);
      // A connection that fails has the runtime tell the URL in an error.
      for (let count = 0; count < 4; count++) {
        await (await gateway.post("/dead/v1/messages", ask(PLANTED.prompt))).text();
      }
      const failed = await receiver.ofKind(SERVER, 5);
      assertEquals(failed.at(-1)?.attributes["http.response.status_code"], "502");
      await receiver.ofKind(CLIENT, 9);
      for (const secret of Object.values(PLANTED)) assert(!receiver.text.includes(secret), secret);
    },
  });
}

Deno.test({
  name: "OTEL_PROPAGATORS=none keeps the trace from the upstream",
  ignore: isBinary,
  async fn(): Promise<void> {
    await using receiver = new OtlpReceiver();
    await using upstream = new FakeUpstream(json(completion("ok")));
    await using gateway = await start(upstream, receiver, { env: { OTEL_PROPAGATORS: "none" } });
    const headers = { traceparent: TRACEPARENT };
    await (await gateway.post("/chat/v1/messages", ask(), headers)).text();
    const [server] = await receiver.ofKind(SERVER, 1);
    assert(server?.traceId !== TRACE_ID, "a trace of its own");
    assertEquals(upstream.calls[0]?.headers.get("traceparent"), null);
  },
});

Deno.test("without OTEL_DENO nothing is traced and no trace is passed on", async () => {
  await using receiver = new OtlpReceiver();
  await using upstream = new FakeUpstream(json(completion("ok")));
  await using gateway = await start(upstream, receiver, { env: { OTEL_DENO: "false" } });
  const headers = { traceparent: TRACEPARENT };
  await (await gateway.post("/chat/v1/messages", ask(), headers)).text();
  assertEquals(upstream.calls[0]?.headers.get("traceparent"), null);
  assertEquals(receiver.text, "");
});
