import { assert, assertEquals, assertThrows } from "@std/assert";
import type { ContentBlock, Message } from "../../src/anthropic/message.ts";
import { UpstreamError } from "../../src/errors.ts";
import { isObject, type JsonObject, tryParseJson } from "../../src/json.ts";
import { codexResponses } from "../../src/translators/codex_responses/mod.ts";
import { openEnvelope } from "../../src/translators/common/envelope.ts";
import { inLengths } from "../support/chunkers.ts";
import { assertEventOrder } from "../support/events.ts";
import { foldEvents } from "../support/fold_events.ts";
import { bytesOf, type Replay, replayStream, replayWhole } from "../support/replay.ts";
import { readSharedFolder } from "../support/shared_data.ts";
import { type TargetOptions, testTurn } from "../support/turn.ts";

/** The provider behind a recording, by how its name begins. */
const TARGETS: readonly (readonly [prefix: string, target: TargetOptions])[] = [
  ["azure-", { baseUrl: "https://r.openai.azure.com/openai/v1", model: "gpt-5.1-codex-max" }],
  ["openai-", { baseUrl: "https://api.openai.com/v1", model: "gpt-5.3-codex" }],
  ["parallel-", { baseUrl: "https://api.openai.com/v1", model: "gpt-5.4" }],
];

const SEARCH = { type: "web_search_20250305", name: "web_search" };

/** How a recording is put on the wire again. */
const WIRES = [
  { name: "LF", lineEnd: "\n", named: true, done: false, lengths: [1 << 20] },
  { name: "CRLF, byte by byte", lineEnd: "\r\n", named: true, done: false, lengths: [1] },
  { name: "CR, no event names", lineEnd: "\r", named: false, done: false, lengths: [1, 2, 100, 7] },
  { name: "LF, [DONE]", lineEnd: "\n", named: true, done: true, lengths: [13, 4096] },
] as const;

type Wire = typeof WIRES[number];

const files = await readSharedFolder("recorded/codex_responses/");

for (const [name, text] of files) {
  if (name.endsWith(".chunks.txt")) {
    responsesOf(text).forEach((events, at) => testStream(`${name} #${at + 1}`, events));
  } else {
    testWhole(name, JSON.parse(text) as JsonObject);
  }
}

function testStream(name: string, events: readonly JsonObject[]): void {
  if (events.some(({ type }) => type === "error")) return testFailure(name, events);
  const items = events.filter(({ type }) => type === "response.output_item.done")
    .map(({ item }) => item as JsonObject);
  const { response } = events.at(-1) as { response: JsonObject };
  for (const wire of WIRES) {
    Deno.test(`${name} (${wire.name}) becomes the message that its items say`, () => {
      const sse = replayStream(
        replayOf(name, true),
        inLengths(wireBytes(events, wire), wire.lengths),
      );
      assertEquals(assertEventOrder(sse).at(-1)?.name, "message_stop");
      assertMessage(foldEvents(sse) as unknown as Message, { ...response, output: items });
    });
  }

  Deno.test(`${name} is the same message with and without streaming`, () => {
    const sse = replayStream(replayOf(name, true), [wireBytes(events, WIRES[0])]);
    const whole = replayWhole(replayOf(name, false), { ...response, output: items });
    assertEquals(contentOf(foldEvents(sse) as unknown as Message), contentOf(whole));
  });

  Deno.test(`${name} cut anywhere before its last event is an error`, () => {
    for (let kept = 0; kept < events.length - 1; kept += 1 + Math.floor(events.length / 40)) {
      const sse = replayStream(replayOf(name, true), [wireBytes(events.slice(0, kept), WIRES[0])]);
      assertEquals(assertEventOrder(sse).at(-1)?.name, "error");
    }
  });
}

function testFailure(name: string, events: readonly JsonObject[]): void {
  Deno.test(`${name} is an error before anything was written`, () => {
    const sse = replayStream(replayOf(name, true), [wireBytes(events, WIRES[0])]);
    assertEquals(assertEventOrder(sse).map(({ name }) => name), ["error"]);
    assert(sse.includes('"type":"billing_error"'), sse);
  });
}

function testWhole(name: string, body: JsonObject): void {
  if (body.error) {
    return Deno.test(`${name} is an error`, () => {
      assertThrows(() => replayWhole(replayOf(name, false), body), UpstreamError, "quota");
    });
  }
  Deno.test(`${name} becomes the message that it says`, () => {
    assertMessage(replayWhole(replayOf(name, false), body), body);
  });
}

function replayOf(name: string, stream: boolean): Replay {
  const target = TARGETS.find(([prefix]) => name.startsWith(prefix))?.[1];
  assert(target, `No target for the recording ${name}`);
  const tools = name.includes("web-search") ? { tools: [SEARCH] } : {};
  const turn = testTurn({ mode: "codex_responses", ...target, request: { stream, ...tools } });
  return { turn, translator: codexResponses };
}

/** Compares a message with the items of the answer that it stands for. */
function assertMessage({ content, stop_reason, usage }: Message, response: JsonObject): void {
  const items = response.output as readonly JsonObject[];
  const of = <Type extends ContentBlock["type"]>(type: Type) =>
    content.filter((block): block is Extract<ContentBlock, { type: Type }> => block.type === type);
  const itemsOf = (type: string) => items.filter((item) => item.type === type);
  assertEquals(
    of("text").map(({ text }) => text),
    itemsOf("message").map(({ content }) => (content as { text: string }[])[0]?.text ?? ""),
  );
  assertEquals(
    of("tool_use").map(({ name, input }) => ({ name, input })),
    itemsOf("function_call").flatMap(({ name, arguments: args }) => callsIn(name, String(args))),
  );
  assertEquals(
    of("thinking").map(({ thinking, signature }) => [thinking, stateIn(signature)]),
    itemsOf("reasoning").filter((item) => summaryOf(item) !== "")
      .map((item) => [summaryOf(item), item.encrypted_content]),
  );
  const searches = itemsOf("web_search_call").filter(({ action }) =>
    isObject(action) && action.type === "search"
  );
  assertEquals(
    of("server_tool_use").map(({ input }) => input.query),
    searches.map(({ action }) => isObject(action) ? action.query : ""),
  );
  assertEquals(of("web_search_tool_result").length, searches.length);
  assertEquals(stop_reason, itemsOf("function_call").length > 0 ? "tool_use" : "end_turn");
  assertUsage(usage, response.usage as Record<string, Record<string, number>>, searches.length);
}

function assertUsage(
  usage: Message["usage"],
  told: Record<string, Record<string, number>>,
  searches: number,
): void {
  assertEquals<unknown>(
    [
      usage.input_tokens + usage.cache_read_input_tokens,
      usage.cache_read_input_tokens,
      usage.output_tokens,
      usage.output_tokens_details?.thinking_tokens,
      usage.server_tool_use?.web_search_requests ?? 0,
    ],
    [
      told.input_tokens,
      told.input_tokens_details?.cached_tokens,
      told.output_tokens,
      told.output_tokens_details?.reasoning_tokens,
      searches,
    ],
  );
}

/** What a call means: itself, or the calls inside the wrapper that a model invented. */
function callsIn(name: unknown, args: string): { name: unknown; input: unknown }[] {
  const input = JSON.parse(args);
  if (name !== "parallel") return [{ name, input }];
  return (input.tool_uses as { recipient_name: string; parameters: unknown }[])
    .map(({ recipient_name, parameters }) => ({
      name: recipient_name.replace("functions.", ""),
      input: parameters,
    }));
}

function summaryOf({ summary }: JsonObject): string {
  return (summary as { text: string }[]).map(({ text }) => text).join("\n\n");
}

function stateIn(signature: string): unknown {
  const envelope = openEnvelope(signature);
  return envelope?.k === "ri" ? envelope.d?.ec : undefined;
}

/** Blocks without ids that depend on the message's own. */
function contentOf({ content, stop_reason, usage }: Message): unknown {
  return { content, stop_reason, usage };
}

/** The answers of one recording, which may hold several. */
function responsesOf(text: string): JsonObject[][] {
  const answers: JsonObject[][] = [];
  for (const line of text.split("\n").filter((line) => line.trim() !== "")) {
    // Two lines of the wrapper's recording lack their last brace.
    const event = (tryParseJson(line) ?? JSON.parse(`${line}}`)) as JsonObject;
    if (event.type === "response.created") answers.push([]);
    answers.at(-1)?.push(event);
  }
  return answers;
}

function wireBytes(
  events: readonly JsonObject[],
  { lineEnd, named, done }: Pick<Wire, "lineEnd" | "named" | "done">,
): Uint8Array<ArrayBuffer> {
  const frames = events.map((event) =>
    (named ? `event: ${event.type}${lineEnd}` : "") +
    `data: ${JSON.stringify(event)}${lineEnd}${lineEnd}`
  );
  return bytesOf(frames.join("") + (done ? `data: [DONE]${lineEnd}${lineEnd}` : ""));
}
