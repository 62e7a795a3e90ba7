import { assert, assertEquals } from "@std/assert";
import type { ContentBlock, Message } from "../../src/anthropic/message.ts";
import { isObject, type JsonObject } from "../../src/json.ts";
import { chatCompletions } from "../../src/translators/chat_completions/mod.ts";
import { inLengths } from "../support/chunkers.ts";
import { assertEventOrder } from "../support/events.ts";
import { foldEvents } from "../support/fold_events.ts";
import { bytesOf, type Replay, replayStream, replayWhole, sseOf } from "../support/replay.ts";
import { readSharedFolder } from "../support/shared_data.ts";
import { type TargetOptions, testTurn } from "../support/turn.ts";

/** The provider behind a recording, by how its name begins. */
const TARGETS: readonly (readonly [prefix: string, target: TargetOptions])[] = [
  ["azure-", { baseUrl: "https://r.openai.azure.com/openai/v1" }],
  ["deepseek-", { baseUrl: "https://api.deepseek.com/v1" }],
  ["groq-", { baseUrl: "https://api.groq.com/openai/v1" }],
  ["mistral-", { baseUrl: "https://api.mistral.ai/v1" }],
  ["moonshotai-", { baseUrl: "https://api.moonshot.ai/v1" }],
  ["openai-", { baseUrl: "https://api.openai.com/v1" }],
];

/** How a recording is put on the wire again. */
const WIRES = [
  { name: "LF, [DONE]", lineEnd: "\n", done: ["[DONE]"], lengths: [1 << 20] },
  { name: "CRLF, [DONE], byte by byte", lineEnd: "\r\n", done: ["[DONE]"], lengths: [1] },
  { name: "CR, no [DONE]", lineEnd: "\r", done: [], lengths: [1, 2, 3, 100, 7] },
  { name: "LF, [done]", lineEnd: "\n", done: ["[done]"], lengths: [13, 4096] },
] as const;

const STOP_REASONS: Readonly<Record<string, string>> = {
  stop: "end_turn",
  tool_calls: "tool_use",
  length: "max_tokens",
};

/** What an answer says, put together by this test and not by the code under test. */
interface Said {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly args: string }[];
  readonly finish: string;
  readonly usage: JsonObject;
  readonly id: string;
  /** True if the content came as parts. */
  readonly isParts: boolean;
}

const files = await readSharedFolder("recorded/chat_completions/");

for (const [name, text] of files) {
  if (name.endsWith(".chunks.txt")) testStream(name, chunksOf(text));
  else testWhole(name, JSON.parse(text) as JsonObject);
}

function testStream(name: string, chunks: readonly JsonObject[]): void {
  const said = saidIn(chunks);
  for (const { name: wire, lineEnd, done, lengths } of WIRES) {
    Deno.test(`${name} (${wire}) becomes the message that its deltas say`, () => {
      const bytes = bytesOf(sseOf([...chunks, ...done], lineEnd));
      const sse = replayStream(replayOf(name, true), inLengths(bytes, lengths));
      assertEquals(assertEventOrder(sse).at(-1)?.name, "message_stop");
      assertMessage(foldEvents(sse) as unknown as Message, said);
    });
  }

  Deno.test(`${name} is the same message with and without streaming`, () => {
    const sse = replayStream(replayOf(name, true), [bytesOf(sseOf([...chunks, "[DONE]"]))]);
    assertEquals<unknown>(foldEvents(sse), replayWhole(replayOf(name, false), wholeOf(said)));
  });
}

function testWhole(name: string, body: JsonObject): void {
  Deno.test(`${name} becomes the message that it says`, () => {
    const message = replayWhole(replayOf(name, false), body);
    assertEquals([message.type, message.role, message.model], ["message", "assistant", "claude"]);
    assertMessage(message, saidIn([body]));
  });
}

function replayOf(name: string, stream: boolean): Replay {
  const target = TARGETS.find(([prefix]) => name.startsWith(prefix))?.[1];
  assert(target, `No target for the recording ${name}`);
  const turn = testTurn({ ...target, request: { model: "claude", stream } });
  return { turn, translator: chatCompletions };
}

function assertMessage({ content, stop_reason, usage, id }: Message, said: Said): void {
  assert(/^msg_[0-9A-Za-z]{24}$/.test(id), id);
  const of = <Type extends ContentBlock["type"]>(type: Type) =>
    content.filter((block): block is Extract<ContentBlock, { type: Type }> => block.type === type);
  assertEquals(of("text").map(({ text }) => text).join(""), said.text);
  assertEquals(of("thinking").map(({ thinking }) => thinking).join(""), said.thinking);
  assertEquals(
    of("tool_use").map(({ id, name, input }) => ({ id, name, input })),
    said.calls.map(({ id, name, args }) => ({ id, name, input: JSON.parse(args) })),
  );
  assertEquals(stop_reason, STOP_REASONS[said.finish]);
  const { prompt_tokens, completion_tokens } = said.usage;
  const input = usage.input_tokens + usage.cache_read_input_tokens;
  assertEquals([input, usage.output_tokens], [prompt_tokens, completion_tokens]);
  const details = said.usage.prompt_tokens_details;
  const cached = (isObject(details) ? details.cached_tokens : said.usage.cached_tokens) ?? 0;
  assertEquals<unknown>(usage.cache_read_input_tokens, cached);
  const reasoning = said.usage.completion_tokens_details;
  const thinking = isObject(reasoning) ? reasoning.reasoning_tokens : undefined;
  assertEquals<unknown>(usage.output_tokens_details?.thinking_tokens, thinking);
}

function chunksOf(text: string): JsonObject[] {
  return text.split("\n").filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as JsonObject);
}

/** Concatenates everything by hand: all recordings have ids, and no call is in two pieces. */
function saidIn(chunks: readonly JsonObject[]): Said {
  const said = {
    text: "",
    thinking: "",
    finish: "",
    id: "",
    usage: {} as JsonObject,
    isParts: false,
  };
  const calls: { id: string; name: string; args: string }[] = [];
  for (const chunk of chunks) {
    if (typeof chunk.id === "string" && said.id === "") said.id = chunk.id;
    if (isObject(chunk.usage)) said.usage = chunk.usage;
    const choice = (chunk.choices as JsonObject[])[0];
    if (!choice) continue;
    if (typeof choice.finish_reason === "string") said.finish = choice.finish_reason;
    const delta = (choice.delta ?? choice.message) as JsonObject;
    said.thinking += String(delta.reasoning_content ?? "");
    if (typeof delta.content === "string") said.text += delta.content;
    for (const call of (delta.tool_calls ?? []) as JsonObject[]) addCall(calls, call);
    if (!Array.isArray(delta.content)) continue;
    said.isParts = true;
    for (const part of delta.content) addPart(said, part);
  }
  return { ...said, calls };
}

function addPart(said: { text: string; thinking: string }, part: JsonObject): void {
  said.text += String(part.text ?? "");
  for (const { text } of (part.thinking ?? []) as { text: string }[]) said.thinking += text;
}

function addCall(calls: { id: string; name: string; args: string }[], call: JsonObject): void {
  const { name, arguments: args } = call.function as JsonObject;
  const last = calls.at(-1);
  if (call.id) calls.push({ id: String(call.id), name: String(name), args: String(args) });
  else if (last) last.args += String(args);
}

/** The answer as the provider would have sent it without streaming. */
function wholeOf({ text, thinking, calls, finish, usage, id, isParts }: Said): JsonObject {
  const tool_calls = calls.map(({ id, name, args }) => ({
    id,
    type: "function",
    function: { name, arguments: args },
  }));
  const content = isParts
    ? [
      { type: "thinking", thinking: [{ type: "text", text: thinking }] },
      { type: "text", text },
    ]
    : text;
  const message = {
    role: "assistant",
    content,
    ...(thinking !== "" && !isParts ? { reasoning_content: thinking } : {}),
    ...(tool_calls.length > 0 ? { tool_calls } : {}),
  };
  return {
    id,
    object: "chat.completion",
    choices: [{ index: 0, message, finish_reason: finish }],
    usage,
  };
}
