import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DEMO_APIS } from "../../src/demo/apis.ts";
import { demoConfig } from "../../src/demo/config.ts";
import { startDemoServer } from "../../src/demo/server.ts";
import { examine } from "../../src/doctor/examine.ts";
import { type Report, toJson } from "../../src/doctor/report.ts";
import { pickShapes, SHAPES } from "../../src/doctor/shapes.ts";
import type { Quirks } from "../../src/profiles/schema.ts";
import { configOf } from "../support/config.ts";
import { FakeUpstream } from "../support/fake_upstream.ts";
import { PickyUpstream, refusal, type Whim } from "../support/picky_upstream.ts";
import { delta } from "../support/server_chat.ts";
import { chatTarget } from "../support/server_gateway.ts";
import { soon } from "../support/server_wait.ts";

interface RunOptions {
  readonly only?: readonly string[];
  readonly target?: string;
  readonly timeoutMs?: number;
  readonly model?: string;
}

async function run(
  yaml: string,
  { only, target: name = "chat", timeoutMs = 20_000, model = "m" }: RunOptions = {},
): Promise<Report> {
  const config = await configOf(yaml);
  const target = config.targets.get(name);
  assert(target);
  const shapes = only ? pickShapes(only).shapes : SHAPES;
  return await examine({ config, target, model, shapes, timeoutMs });
}

/** `name result` of each shape that did not pass. */
function complaints({ rows }: Report): string[] {
  return rows.filter(({ result }) => result !== "pass").map(({ name, result }) =>
    `${name} ${result}`
  );
}

/** What any mode must be able to do, whatever its demo model makes of pictures. */
const CORE = [
  "text",
  "stream",
  "system",
  "large_prompt",
  "tool",
  "parallel_tools",
  "forced_tool",
  "any_tool",
  "long_tool_name",
  "odd_schema",
  "tool_result",
  "count_tokens",
  "cancel",
];

for (const { target, mode } of DEMO_APIS) {
  Deno.test(`examine() finds that nothing fails at the demo's ${mode}`, async () => {
    const demo = await startDemoServer({ delayMs: 1 });
    try {
      const report = await run(demoConfig(demo.port), { target });
      assertEquals([report.target, report.mode], [target, mode]);
      assertEquals(report.rows.map(({ name }) => name), SHAPES.map(({ name }) => name));
      const passed = report.rows.filter(({ result }) => result === "pass").map(({ name }) => name);
      assertEquals(CORE.filter((name) => !passed.includes(name)), []);
      assertEquals(report.rows.filter(({ result }) => result === "failed"), []);
    } finally {
      await demo.shutdown();
    }
  });
}

/** All that the demo's other APIs cannot show, by its target; the rest passes. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  "demo-chat": ["stop_sequence degraded", "pdf degraded", "wrong_key skipped"],
  "demo-responses": ["wrong_key skipped"],
  "demo-messages": ["wrong_key skipped"],
};

for (const [target, want] of Object.entries(EXPECTED)) {
  Deno.test(`examine() knows what ${target} lacks`, async () => {
    const demo = await startDemoServer({ delayMs: 1 });
    try {
      assertEquals(complaints(await run(demoConfig(demo.port), { target })), want);
    } finally {
      await demo.shutdown();
    }
  });
}

/** The parts of all messages of a chat request. */
function partsOf({ messages }: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  const all = messages as { readonly content: unknown }[];
  return all.flatMap(({ content }) => Array.isArray(content) ? content : []);
}

/** Goes on unless the body is one that the server refuses in these words. */
function refuses(
  isRefused: (body: Readonly<Record<string, unknown>>) => boolean,
  message: string,
): Whim {
  return ({ body }) => isRefused(body) ? refusal(message) : body;
}

const hasImage = (body: Readonly<Record<string, unknown>>): boolean =>
  partsOf(body).some(({ type }) => type === "image_url");

const LACKING: {
  name: string;
  whim: Whim;
  only: string[];
  lines?: string[];
  rows: string[];
  quirks: Quirks;
}[] = [
  {
    name: "tools",
    whim: refuses((body) => "tools" in body, "this model does not support tools"),
    only: ["text", "tool", "parallel_tools"],
    rows: ["tool failed", "parallel_tools degraded"],
    quirks: { tools: false },
  },
  {
    name: "sight",
    whim: refuses(hasImage, "image input is not supported"),
    only: ["text", "image", "image_in_tool_result"],
    rows: ["image failed", "image_in_tool_result degraded"],
    quirks: { images: false },
  },
  {
    name: "max_tokens",
    whim: refuses(
      (body) => "max_tokens" in body,
      "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.",
    ),
    only: ["text", "stream", "max_tokens_1"],
    rows: [],
    quirks: { max_tokens_field: "max_completion_tokens" },
  },
  {
    name: "max_tokens, where the gateway may not learn",
    whim: refuses(
      (body) => "max_tokens" in body,
      "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.",
    ),
    only: ["text", "stream"],
    lines: ["quirks: {learn: false}"],
    rows: ["text failed"],
    quirks: { max_tokens_field: "max_completion_tokens" },
  },
  {
    name: "parallel_tool_calls",
    whim: refuses(
      (body) => "parallel_tool_calls" in body,
      "Unknown parameter: 'parallel_tool_calls'.",
    ),
    only: ["parallel_tools", "one_tool_at_a_time", "tool"],
    rows: ["one_tool_at_a_time degraded"],
    quirks: { parallel_tool_calls: "omit" },
  },
  {
    name: "more than one tool at a time",
    whim: ({ body }) => ({ ...body, ...("tools" in body ? { parallel_tool_calls: false } : {}) }),
    only: ["tool", "parallel_tools"],
    rows: ["parallel_tools degraded"],
    quirks: {},
  },
  {
    name: "stream_options",
    whim: refuses((body) => "stream_options" in body, "stream_options: extra fields not permitted"),
    only: ["text", "stream", "system"],
    rows: [],
    quirks: { stream_options: false },
  },
  {
    name: "usage in streams",
    whim: ({ body }) => {
      const { stream_options: _, ...rest } = body;
      return rest;
    },
    only: ["stream", "tool"],
    rows: [],
    quirks: {},
  },
  {
    name: "a choice of one tool",
    whim: refuses(
      ({ tool_choice: choice }) => typeof choice === "object",
      "tool_choice must be a string",
    ),
    only: ["forced_tool", "any_tool"],
    rows: ["forced_tool failed"],
    quirks: { tool_choice: ["auto", "none", "required"] },
  },
  {
    name: "system messages in mid-conversation",
    whim: refuses(
      ({ messages }) =>
        (messages as { role: string }[]).slice(1).some(({ role }) => role === "system"),
      "System message must be at the beginning.",
    ),
    only: ["system", "mid_system"],
    rows: ["mid_system failed"],
    quirks: { mid_system: "user" },
  },
  {
    name: "a field for structured output",
    whim: refuses(
      ({ response_format: format }) => (format as { type?: string })?.type === "json_schema",
      "response_format type json_schema is unavailable now",
    ),
    only: ["structured"],
    rows: ["structured failed"],
    quirks: { response_format: "json_object" },
  },
  {
    name: "bearer tokens",
    whim: ({ headers, body }) =>
      headers.get("x-api-key") === "sk-picky-1234567" ? body : refusal("No key", 401),
    only: ["text", "stream"],
    lines: ["api_key: sk-picky-1234567"],
    rows: ["text failed"],
    quirks: { auth: "x-api-key" },
  },
  {
    name: "a limit of one token",
    whim: refuses(({ max_tokens: limit }) => Number(limit) < 16, "max_tokens must be at least 16"),
    only: ["max_tokens_1"],
    rows: ["max_tokens_1 failed"],
    quirks: { min_max_tokens: 16 },
  },
];

for (const { name, whim, only, lines = [], rows, quirks } of LACKING) {
  Deno.test(`examine() of a server without ${name}`, async () => {
    await using upstream = new PickyUpstream(whim);
    const report = await run(chatTarget(upstream.url, lines), { only });
    assertEquals([complaints(report), report.quirks], [rows, quirks]);
    const proven = report.rows.flatMap(({ cure }) => cure);
    assertEquals(proven, Object.keys(quirks));
  });
}

Deno.test("examine() sends what comes later with the quirks that it proved", async () => {
  await using upstream = new PickyUpstream(
    refuses((body) => "max_tokens" in body, "'max_tokens' is not supported"),
  );
  const report = await run(chatTarget(upstream.url), { only: ["text", "stream", "tool"] });
  assertEquals(report.requests, 3);
  assertEquals(upstream.calls.slice(-2).map(({ body }) => "max_completion_tokens" in body), [
    true,
    true,
  ]);
});

Deno.test("examine() proves nothing by a refusal that does not come again", async () => {
  let refused = 0;
  await using upstream = new PickyUpstream(({ body }) =>
    hasImage(body) && refused++ === 0 ? refusal("the image could not be read") : body
  );
  const report = await run(chatTarget(upstream.url), { only: ["image"] });
  assertEquals(report.quirks, {});
  assertEquals(report.rows.map(({ result }) => result), ["failed"]);
});

const DEAD: { name: string; answer: () => Response; want: string }[] = [
  {
    name: "a refused key",
    answer: () => refusal("Key sk-abc-1234567890 is bad", 401),
    want: "401",
  },
  { name: "an empty account", answer: () => refusal("Pay first", 402), want: '402 "Pay first"' },
  { name: "a limit", answer: () => refusal("Too many", 429), want: '429 "Too many"' },
  {
    name: "a page in its place",
    answer: () =>
      new Response("<h1>Bad gateway</h1>", {
        status: 503,
        headers: { "content-type": "text/html" },
      }),
    want: "503",
  },
];

for (const { name, answer, want } of DEAD) {
  Deno.test(`examine() asks no more after ${name}, and tells it in short`, async () => {
    await using upstream = new PickyUpstream(answer);
    const report = await run(chatTarget(upstream.url), { only: ["text", "stream", "tool"] });
    assertEquals(complaints(report), ["text failed", "stream skipped", "tool skipped"]);
    assertStringIncludes(report.rows[0]?.note ?? "", want);
    assertEquals(report.rows[1]?.note, "'text' failed");
    assert(!toJson(report).includes("sk-abc-1234567890"));
  });
}

Deno.test("examine() maps a wrong key and an unknown model, and shows no key", async () => {
  const key = "sk-right-12345678";
  await using upstream = new PickyUpstream(({ headers, body }) => {
    const shown = headers.get("authorization");
    return shown === `Bearer ${key}` ? body : refusal(`Incorrect API key provided: ${shown}`, 401);
  });
  const yaml = chatTarget(upstream.url, [`api_key: ${key}`]);
  const report = await run(yaml, { only: ["text", "wrong_key", "unknown_model"] });
  assertEquals(complaints(report), []);
  assertEquals(report.rows.map(({ note }) => note).slice(1), [
    "401 authentication_error",
    "404 not_found_error",
  ]);
  assert(!toJson(report).includes(key));
});

Deno.test("examine() says where any key and any model will do", async () => {
  await using upstream = new PickyUpstream(({ body }) => ({ ...body, model: "m" }));
  const yaml = chatTarget(upstream.url, ["api_key: anything"]);
  const report = await run(yaml, { only: ["wrong_key", "unknown_model"] });
  assertEquals(report.rows.map(({ result, note }) => `${result} ${note}`), [
    "degraded a wrong key is answered",
    "degraded an unknown model is answered",
  ]);
});

Deno.test("examine() closes the upstream's connection when it cancels", async () => {
  const closed = Promise.withResolvers<void>();
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.send(delta("1"));
    await call.closed;
    closed.resolve();
  });
  const report = await run(chatTarget(upstream.url), { only: ["cancel"] });
  assertEquals(complaints(report), []);
  await soon(closed.promise, "the upstream's connection closes");
});

Deno.test("examine() gives up an answer that takes too long", async () => {
  await using upstream = new FakeUpstream((call) => call.closed);
  const report = await run(chatTarget(upstream.url), { only: ["text", "stream"], timeoutMs: 50 });
  assertEquals(complaints(report), ["text failed", "stream skipped"]);
  assertStringIncludes(report.rows[0]?.note ?? "", "No whole answer within 50 ms");
});

Deno.test("examine() gives up a stream that stops in the middle", async () => {
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.send(delta("1"));
    await call.closed;
  });
  const report = await run(chatTarget(upstream.url), { only: ["stream"], timeoutMs: 200 });
  assertEquals(complaints(report), ["stream failed"]);
  assertStringIncludes(report.rows[0]?.note ?? "", "No whole answer within 200 ms");
});

Deno.test("examine() tells thoughts in tags from an answer", async () => {
  await using upstream = new PickyUpstream(({ body }) => ({
    ...body,
    // The demo quotes it, as such a model would begin.
    messages: [{ role: "user", content: "hi" }],
  }));
  await using tags = new FakeUpstream(async (call) => {
    const text = "<think>Hm.</think>PONG";
    if (call.json.stream !== true) {
      const message = { role: "assistant", content: text };
      return await call.answer({
        id: "c",
        choices: [{ index: 0, message, finish_reason: "stop" }],
      });
    }
    await call.begin();
    await call.send(delta(text));
    await call.send({ id: "c", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
    await call.send("[DONE]");
  });
  assertEquals((await run(chatTarget(upstream.url), { only: ["stream"] })).quirks, {});
  const report = await run(chatTarget(tags.url), { only: ["stream"] });
  assertEquals([complaints(report), report.quirks], [["stream degraded"], { think_tags: true }]);
});

Deno.test("examine() asks the target alone, and no fallback", async () => {
  await using upstream = new PickyUpstream(() => refusal("down", 500));
  await using other = new PickyUpstream(({ body }) => body);
  const yaml = `${chatTarget(upstream.url, ["fallback: [other]"])}  other:\n` +
    `    api_mode: chat_completions\n    base_url: ${other.url}/v1\n`;
  const report = await run(yaml, { only: ["text"] });
  assertEquals([complaints(report), other.calls.length], [["text failed"], 0]);
});

Deno.test("examine() replays the thinking that came, and skips what did not", async () => {
  await using upstream = new PickyUpstream(({ body }) => {
    const { reasoning_effort: _, ...rest } = body;
    return rest;
  });
  const report = await run(chatTarget(upstream.url), { only: ["thinking_replay"] });
  assertEquals(complaints(report), ["thinking degraded", "thinking_replay skipped"]);
});
