import { assert, assertEquals } from "@std/assert";
import { closedPort, FakeUpstream, json } from "../support/fake_upstream.ts";
import { errorOf } from "../support/server_client.ts";
import { ask, chatTarget, relayTarget, startGateway } from "../support/server_gateway.ts";
import { timed } from "../support/server_wait.ts";

const PATH = "/v1/messages/count_tokens";

Deno.test("tokens of a translated target are counted here, and grow with the request", async () => {
  await using gateway = await startGateway(chatTarget(`http://127.0.0.1:${closedPort()}`));
  const count = async (body: unknown) => {
    const response = await gateway.post(`/chat${PATH}?beta=true`, body);
    assertEquals(response.status, 200);
    assertEquals(response.headers.get("x-switchyard-target"), null);
    const answer = await response.json();
    assertEquals(Object.keys(answer), ["input_tokens"]);
    return answer.input_tokens;
  };
  const { max_tokens: _, ...withoutLimit } = ask("hello there");
  const short = await count(withoutLimit);
  const tools = [{ name: "t", description: "a tool", input_schema: { type: "object" } }];
  assert(Number.isInteger(short) && short > 0);
  assert(await count(ask("hello there ".repeat(1000))) > short + 1000);
  assert(await count(ask("hello there", { tools })) > short + 300);
  assert(await count(ask("hello there", { system: "You are a test. ".repeat(100) })) > short + 200);
});

Deno.test("tokens of a relay are counted by its upstream", async () => {
  await using upstream = new FakeUpstream(json({ input_tokens: 42 }));
  await using gateway = await startGateway(relayTarget(upstream.url));
  const response = await gateway.post(`/relay${PATH}?beta=true`, ask());
  assertEquals(await response.json(), { input_tokens: 42 });
  assertEquals(response.headers.get("x-switchyard-target"), "relay");
  assertEquals(upstream.call.path, `${PATH}?beta=true`);
});

for (const status of [404, 405]) {
  Deno.test(`tokens of a relay whose upstream answers ${status} are counted here`, async () => {
    await using upstream = new FakeUpstream(json({ error: "unknown" }, { status }));
    await using gateway = await startGateway(relayTarget(upstream.url));
    const response = await gateway.post(`/relay${PATH}`, ask());
    assertEquals(response.status, 200);
    assert((await response.json()).input_tokens > 0);
  });
}

Deno.test("a count that the relay's upstream refuses is refused", async () => {
  const error = { type: "error", error: { type: "invalid_request_error", message: "bad tool" } };
  await using upstream = new FakeUpstream(json(error, { status: 400 }));
  await using gateway = await startGateway(relayTarget(upstream.url));
  const response = await gateway.post(`/relay${PATH}`, ask());
  assertEquals(response.status, 400);
  assertEquals(errorOf(await response.json()).message, "bad tool");
});

const HOSTILE: { name: string; text: string }[] = [
  { name: "one letter", text: "a".repeat(1_000_000) },
  { name: "CJK without a break", text: "漢字仮名交文".repeat(100_000) },
  { name: "base64", text: btoa("\u0001\u00fe\u0010x".repeat(250_000)) },
  { name: "blanks", text: " ".repeat(1_000_000) },
  { name: "a special token", text: "<|endoftext|>".repeat(10_000) },
];

for (const { name, text } of HOSTILE) {
  Deno.test(`a megabyte of ${name} is counted fast`, async () => {
    await using gateway = await startGateway(chatTarget("http://127.0.0.1:9"));
    const warm = await gateway.post(`/chat${PATH}`, ask());
    await warm.body?.cancel();
    const time = await timed(async () => {
      const response = await gateway.post(`/chat${PATH}`, ask(text));
      assert((await response.json()).input_tokens > 100);
    });
    assert(time < 3_000, `${time} ms`);
  });
}
