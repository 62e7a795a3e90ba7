import { assertEquals, assertMatch } from "@std/assert";
import { watchUsage } from "../../src/server/usage_watch.ts";
import { events, FakeUpstream, json, type Script } from "../support/fake_upstream.ts";
import { completion, streamOf } from "../support/server_chat.ts";
import { ask, askStream, startGateway, targets } from "../support/server_gateway.ts";

const KEY = "sk-client-0123456789";

/** The lines for one request that is sent to a target `a`, with a fallback `b` that streams. */
async function linesOf(
  script: Script,
  body: unknown,
  { path = "/a/v1/messages" } = {},
): Promise<Record<string, unknown>[]> {
  await using first = new FakeUpstream(script);
  await using second = new FakeUpstream(events(streamOf("hello")));
  const of = ({ url }: FakeUpstream) => ["api_mode: chat_completions", `base_url: ${url}/v1`];
  await using gateway = await startGateway(
    `auth: { keys: [{ name: laptop, key: ${KEY} }] }\n` +
      targets({
        a: [...of(first), 'models: { "claude-*": up-1 }', "fallback: [b]"],
        b: of(second),
      }),
  );
  const lines: string[] = [];
  gateway.services.watchers.add(watchUsage((line) => lines.push(line)));
  const response = await gateway.post(path, body, { headers: { "x-api-key": KEY } });
  await response.text();
  await gateway.access(response);
  return lines.map((line) => {
    assertMatch(line, /^[^\n]+\n$/);
    return JSON.parse(line);
  });
}

Deno.test("a message is one line with its models, the key's name and its tokens", async () => {
  const [line, ...others] = await linesOf(json(completion("secret answer")), ask("secret prompt"));
  const { time, request_id, duration_ms, ...rest } = line ?? {};
  assertMatch(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assertMatch(String(request_id), /^req_/);
  assertEquals(typeof duration_ms, "number");
  assertEquals(others, []);
  assertEquals(rest, {
    target: "a",
    model: "up-1",
    asked_model: "claude-x",
    key: "laptop",
    status: 200,
    stream: false,
    input_tokens: 7,
    output_tokens: 3,
    cache_read_tokens: 0,
    cache_creation_tokens: 0,
  });
});

Deno.test("a fallback's line names the target that answered and its model", async () => {
  const [line] = await linesOf(json({}, { status: 503 }), askStream("hi"));
  assertEquals([line?.target, line?.model, line?.stream, line?.output_tokens], [
    "b",
    "claude-x",
    true,
    3,
  ]);
});

Deno.test("a request that failed is a line with its error and no tokens", async () => {
  const [line] = await linesOf(json({ error: { message: "no" } }, { status: 400 }), ask());
  assertEquals([line?.status, line?.error, line?.input_tokens], [400, "invalid_request_error", 0]);
});

Deno.test("what asks no target for a message is no line", async () => {
  assertEquals(await linesOf(json({}), ask(), { path: "/a/v1/messages/count_tokens" }), []);
  assertEquals(await linesOf(json({}), "{", {}), []);
  assertEquals(await linesOf(json({}), ask(), { path: "/none/v1/messages" }), []);
});

Deno.test("a line stays below 4 KB and holds no key, whatever the client calls its model", async () => {
  const [long] = await linesOf(json(completion("x")), { ...ask(), model: "\u0001".repeat(5000) });
  assertEquals(String(long?.asked_model).length, 150);
  const [leaked] = await linesOf(json(completion("x")), { ...ask(), model: `x ${KEY}` });
  assertEquals(leaked?.asked_model, "x [redacted]");
  const cut = "x".repeat(140) + ` ${KEY}`;
  const [half] = await linesOf(json(completion("x")), { ...ask(), model: cut });
  assertEquals(half?.asked_model, "x".repeat(140) + " [redacted");
});
