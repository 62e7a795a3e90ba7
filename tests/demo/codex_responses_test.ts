import { assert, assertEquals, assertMatch, assertObjectMatch } from "@std/assert";
import { codexResponsesDemo } from "../../src/demo/codex_responses.ts";
import { callDemo, type DemoReply, payloads } from "./demo_calls.ts";

const HI = [{ type: "message", role: "user", content: "hi there" }];
const STATE = { reasoning: { summary: "auto" }, include: ["reasoning.encrypted_content"] };
const PARAMETERS = { type: "object", properties: { q: {} }, required: ["q"] };
const TOOL = { type: "function", name: "find", parameters: PARAMETERS, strict: false };

function respond(body: Record<string, unknown> | null): Promise<DemoReply | undefined> {
  return callDemo(codexResponsesDemo, "/v1/responses", {
    body: body && { model: "m", input: HI, ...body },
  });
}

const REFUSED: { name: string; body: Record<string, unknown> | null; want: RegExp }[] = [
  { name: "no JSON", body: null, want: /could not parse the JSON/ },
  { name: "no model", body: { model: "" }, want: /Missing required parameter: 'model'/ },
  { name: "no input", body: { input: "" }, want: /Missing required parameter: 'input'/ },
  { name: "a field of another API", body: { max_tokens: 9 }, want: /Unknown parameter: 'max_tok/ },
  { name: "a small limit", body: { max_output_tokens: 8 }, want: /Expected a value >= 16/ },
  { name: "no tool", body: { tools: [] }, want: /'tools'/ },
  {
    name: "a tool of another API",
    body: { tools: [{ type: "function", function: {} }] },
    want: /tools\[0\].name/,
  },
  {
    name: "a forced tool without tools",
    body: { tool_choice: "required" },
    want: /only allowed when 'tools'/,
  },
  {
    name: "a schema that is not closed, unless strict is off",
    body: { tools: [{ ...TOOL, strict: undefined }] },
    want: /Invalid schema for function 'find'/,
  },
  {
    name: "a role of another API",
    body: { input: [{ role: "tool", content: "" }] },
    want: /input\[0\].role/,
  },
  {
    name: "a part of another API",
    body: { input: [{ role: "user", content: [{ type: "text", text: "x" }] }] },
    want: /input\[0\].content\[0\]/,
  },
  {
    name: "a part in the wrong mouth",
    body: { input: [{ role: "assistant", content: [{ type: "input_text", text: "x" }] }] },
    want: /input\[0\].content\[0\]/,
  },
  { name: "an unknown item", body: { input: [{ type: "tool_use" }] }, want: /unknown type/ },
];

for (const { name, body, want } of REFUSED) {
  Deno.test(`demo responses refuse ${name} in OpenAI's words`, async () => {
    const reply = await respond(body);
    assertEquals(reply?.status, 400);
    const error = reply?.body.error as Record<string, unknown>;
    assertMatch(String(error.message), want);
    assertEquals(Object.keys(error), ["message", "type", "param", "code"]);
  });
}

Deno.test("demo responses answer whole", async () => {
  const reply = await respond({});
  assertEquals(reply?.status, 200);
  assertObjectMatch(reply?.body ?? {}, { object: "response", status: "completed", model: "m" });
  const [item] = reply?.body.output as { type: string; content: { text: string }[] }[];
  assertEquals(item?.type, "message");
  assert(item?.content[0]?.text.includes('"hi there"'));
});

Deno.test("demo responses stream the items of the whole answer", async () => {
  const reply = await respond({ ...STATE, stream: true });
  const events = payloads(reply?.events ?? []);
  assertEquals(events.map(({ sequence_number: number }) => number), [...events.keys()]);
  const done = events.filter(({ type }) => type === "response.output_item.done");
  const { response } = events.at(-1) as { response: Record<string, unknown> };
  assertEquals(done.map(({ item }) => item), response.output);
  const deltas = events.filter(({ type }) => type === "response.output_text.delta");
  assert(deltas.length > 10);
});

Deno.test("demo responses hand out their reasoning in encrypted form only when asked to", async () => {
  const told = (await respond(STATE))?.body.output as Record<string, unknown>[];
  assertMatch(String(told[0]?.encrypted_content), /^demo_/);
  const silent = (await respond({ reasoning: { effort: "low" } }))?.body.output;
  assertEquals(Object.keys((silent as object[])[0] ?? {}), ["type", "id", "summary"]);
});

Deno.test("demo responses stop at the limit as OpenAI does", async () => {
  const reply = await respond({ max_output_tokens: 16 });
  assertObjectMatch(reply?.body ?? {}, {
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
  });
});

Deno.test("demo responses call a tool and quote its answer", async () => {
  const input = [{ role: "user", content: "find me a word" }];
  const reply = await respond({ input, tools: [TOOL] });
  const [call] = reply?.body.output as Record<string, unknown>[];
  assertEquals(JSON.parse(String(call?.arguments)), { q: "find me a word" });
  const output = { type: "function_call_output", call_id: call?.call_id, output: "noon" };
  const answer = await respond({ input: [...input, call, output], tools: [TOOL] });
  assert(JSON.stringify(answer?.body.output).includes("noon"));
});

Deno.test("demo responses count tokens of the fields that the endpoint takes", async () => {
  const path = "/v1/responses/input_tokens";
  const reply = await callDemo(codexResponsesDemo, path, { body: { model: "m", input: HI } });
  assertEquals(reply?.body.object, "response.input_tokens");
  assert(Number(reply?.body.input_tokens) > 0);
  const refused = await callDemo(codexResponsesDemo, path, {
    body: { model: "m", input: HI, store: false },
  });
  assertEquals(refused?.status, 400);
});

Deno.test("demo responses leave other paths alone", async () => {
  assertEquals(await callDemo(codexResponsesDemo, "/v1/messages", { body: {} }), undefined);
  assertEquals(await callDemo(codexResponsesDemo, "/v1/responses"), undefined);
});

Deno.test("the demo's Responses API has no model that says it does not exist", async () => {
  const reply = await respond({ model: "no-such-model-1" });
  assertEquals(reply?.status, 404);
  assertObjectMatch(reply?.body ?? {}, { error: { code: "model_not_found" } });
});
