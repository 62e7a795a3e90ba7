import { assert, assertEquals } from "@std/assert";
import {
  CLAUDE_CODE_HEADERS,
  claudeCodeTurn,
  LONG_TOOL_NAME,
} from "../support/claude_code_turn.ts";
import { events, FakeUpstream } from "../support/fake_upstream.ts";
import { streamOf } from "../support/server_chat.ts";
import { EventReader, textOf, types } from "../support/server_client.ts";
import { chatTarget, relayTarget, startGateway } from "../support/server_gateway.ts";

/** Calls the tool with the longest name, in two pieces. */
function toolStream(name: string): readonly unknown[] {
  const piece = (call: unknown, finish_reason: string | null = null) => ({
    id: "c1",
    choices: [{ index: 0, delta: { tool_calls: [call] }, finish_reason }],
  });
  return [
    piece({ index: 0, id: "call_1", type: "function", function: { name, arguments: '{"label"' } }),
    piece({ index: 0, function: { arguments: ':"bug"}' } }, "tool_calls"),
    { id: "c1", choices: [], usage: { prompt_tokens: 20_000, completion_tokens: 9 } },
    "[DONE]",
  ];
}

Deno.test("a turn of Claude Code works through a chat target, tool call included", async () => {
  await using upstream = new FakeUpstream(async (call) => {
    const sent = call.json.tools as { function: { name: string } }[];
    const name = sent.map((tool) => tool.function.name)
      .find((name) => LONG_TOOL_NAME.startsWith(name.slice(0, 30)) && name.length > 30);
    await events(toolStream(name ?? ""))(call);
  });
  await using gateway = await startGateway(chatTarget(upstream.url, ["model: small"]));
  const probe = await gateway.get("/chat", { method: "HEAD" });
  assertEquals(probe.status, 200);
  const response = await gateway.post("/chat/v1/messages?beta=true", claudeCodeTurn(), {
    headers: { ...CLAUDE_CODE_HEADERS, authorization: "Bearer placeholder" },
  });
  assertEquals(response.status, 200, await response.clone().text());
  const all = await new EventReader(response).rest();
  assertEquals(types(all), [
    "message_start",
    "content_block_start",
    ...types(all).filter((type) => type === "content_block_delta"),
    "content_block_stop",
    "message_delta",
    "message_stop",
  ]);
  const block = all.find(({ event }) => event === "content_block_start")?.data.content_block;
  assertEquals((block as { name: string }).name, LONG_TOOL_NAME);
  const input = all.map(({ data }) => {
    const { delta } = data as { delta?: { partial_json?: string } };
    return delta?.partial_json ?? "";
  }).join("");
  assertEquals(JSON.parse(input), { label: "bug" });
  const { text, headers } = upstream.call;
  assert(!text.includes("x-anthropic-billing-header"));
  assert(!text.includes("cache_control"));
  assert(!JSON.stringify([...headers]).includes("placeholder"));
  // The hint that Claude Code always sends is no loss.
  assertEquals(response.headers.get("x-switchyard-dropped"), null);
});

Deno.test("two turns with another billing header are the same prompt upstream", async () => {
  await using upstream = new FakeUpstream(events(streamOf("ok")));
  await using gateway = await startGateway(chatTarget(upstream.url, ["model: small"]));
  for (const fingerprint of ["aaaaa", "bbbbb"]) {
    const response = await gateway.post("/chat/v1/messages", claudeCodeTurn({ fingerprint }));
    assertEquals(textOf(await new EventReader(response).rest()), "ok");
  }
  const [one, other] = upstream.calls;
  assertEquals(one?.text, other?.text);
});

Deno.test("a turn of Claude Code passes a relay untouched", async () => {
  const answer = 'event: message_start\ndata: {"type":"message_start","message":{}}\n\n' +
    'event: message_stop\ndata: {"type":"message_stop"}\n\n';
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.write(answer);
  });
  await using gateway = await startGateway(relayTarget(upstream.url));
  const body = JSON.stringify(claudeCodeTurn());
  const response = await gateway.post("/relay/v1/messages?beta=true", body, {
    headers: CLAUDE_CODE_HEADERS,
  });
  assertEquals(await response.text(), answer);
  assertEquals(upstream.call.text, body);
  assertEquals(
    upstream.call.headers.get("anthropic-beta"),
    CLAUDE_CODE_HEADERS["anthropic-beta"],
  );
});
