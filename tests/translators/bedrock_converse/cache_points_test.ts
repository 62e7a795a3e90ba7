import { assertEquals } from "@std/assert";
import type { JsonObject } from "../../../src/json.ts";
import { converseCall, messagesOf, MODELS } from "../../support/converse.ts";
import type { TurnParts } from "../../support/turn.ts";

const MARK = { cache_control: { type: "ephemeral" } };
const HOUR = { cache_control: { type: "ephemeral", ttl: "1h" } };
const FIVE = { cache_control: { type: "ephemeral", ttl: "5m" } };
const text = (value: string, marker = {}) => ({ type: "text", text: value, ...marker });
const tool = (name: string, marker = {}) => ({ name, input_schema: { type: "object" }, ...marker });
const SIG = "EqQBCgIYAhIM";

/** The prompt of a request in the order it is read: names, texts, and cache points as `|`. */
function promptOf(request: JsonObject, target: TurnParts = {}): string {
  const call = converseCall({ ...target, request });
  const { tools = [] } = (call.body.toolConfig ?? {}) as { tools?: JsonObject[] };
  const system = (call.body.system ?? []) as JsonObject[];
  const content = messagesOf(call).flatMap((message) => message.content as JsonObject[]);
  return [...tools, ...system, ...content].map(wordOf).join(" ");
}

function wordOf(element: JsonObject): string {
  const { cachePoint, toolSpec, text } = element as {
    cachePoint?: { type: string; ttl?: string };
    toolSpec?: { name: string };
    text?: string;
  };
  if (cachePoint) return `|${cachePoint.type === "default" ? "" : "?"}${cachePoint.ttl ?? ""}`;
  return toolSpec?.name ?? text?.replace("\n", "\\n") ?? Object.keys(element)[0] ?? "";
}

interface Case {
  readonly name: string;
  readonly request: JsonObject;
  readonly target?: TurnParts;
  readonly want: string;
}

const EVERYWHERE = {
  tools: [tool("t1"), tool("t2", MARK)],
  system: [text("s1", MARK), text("s2")],
  messages: [{ role: "user", content: [text("u1", MARK), text("u2")] }],
};
const MANY = {
  tools: [tool("t1", MARK)],
  system: [text("s1", MARK)],
  messages: [{ role: "user", content: ["a", "b", "c"].map((value) => text(value, MARK)) }],
};

const CASES: readonly Case[] = [
  { name: "behind what is marked", request: EVERYWHERE, want: "t1 t2 | s1 | s2 u1 | u2" },
  {
    name: "the last four, tools going first",
    request: MANY,
    want: "t1 s1 | a | b | c |",
  },
  {
    name: "none among the tools of Nova",
    request: EVERYWHERE,
    target: { model: MODELS.nova },
    want: "t1 t2 s1 | s2 u1 | u2",
  },
  {
    name: "none for a model that does not cache",
    request: EVERYWHERE,
    target: { model: MODELS.qwen },
    want: "t1 t2 s1 s2 u1 u2",
  },
  {
    name: "with their lifetime",
    request: {
      system: [text("s", HOUR)],
      messages: [{ role: "user", content: [text("u", FIVE)] }],
    },
    want: "s |1h u |5m",
  },
  {
    name: "without a lifetime for Nova",
    request: { system: [text("s", HOUR)] },
    target: { model: MODELS.nova },
    want: "s | Hi",
  },
  {
    name: "without a lifetime for a Claude before 4.5",
    request: { system: [text("s", HOUR)] },
    target: { model: MODELS.claude35 },
    want: "s | Hi",
  },
  {
    name: "no hour behind five minutes",
    request: {
      system: [text("s", HOUR)],
      messages: [{ role: "user", content: [text("a", MARK), text("b", HOUR)] }],
    },
    want: "s |1h a | b |5m",
  },
  {
    name: "behind a text that keeps it apart from a document",
    request: {
      messages: [{
        role: "user",
        content: [{
          type: "document",
          source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" },
          ...MARK,
        }],
      }],
    },
    want: "document See document. |",
  },
  {
    name: "behind a tool's result, also for a mark inside",
    request: {
      messages: [
        { role: "user", content: "u" },
        {
          role: "assistant",
          content: [{ type: "tool_use", id: "1", name: "t", input: {} }, {
            type: "tool_use",
            id: "2",
            name: "t",
            input: {},
            ...MARK,
          }],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "1", content: "x", ...MARK },
            { type: "tool_result", tool_use_id: "2", content: [text("x", MARK)] },
          ],
        },
      ],
    },
    want: "t u toolUse toolUse | toolResult | toolResult |",
  },
  {
    name: "none behind reasoning or a blank text",
    request: {
      messages: [
        { role: "user", content: [text("u"), text(" ", MARK)] },
        {
          role: "assistant",
          content: [{ type: "thinking", thinking: "hm", signature: SIG, ...MARK }, text("a")],
        },
        { role: "user", content: "v" },
      ],
    },
    want: "u reasoningContent a v",
  },
  {
    name: "behind the last block for a mark on the whole request",
    request: {
      ...MARK,
      messages: [
        { role: "user", content: "u" },
        { role: "assistant", content: "a" },
        { role: "user", content: "v" },
      ],
    },
    want: "u a v |",
  },
  {
    name: "behind a text for a mark on a whole request that ends in a document",
    request: {
      ...MARK,
      messages: [{
        role: "user",
        content: [text("u"), {
          type: "document",
          source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" },
        }],
      }],
    },
    want: "u document See document. |",
  },
  {
    name: "behind an inlined document, and what a mid-conversation system message says",
    request: {
      messages: [
        {
          role: "user",
          content: [{ type: "document", source: { type: "text", data: "d" }, ...MARK }],
        },
        { role: "assistant", content: "a" },
        { role: "system", content: [text("s", MARK)] },
        { role: "user", content: "v" },
      ],
    },
    want: "<document>\\nd\n</document> | a <system-reminder>\\ns\n</system-reminder> | v",
  },
];

for (const { name, request, target, want } of CASES) {
  Deno.test(`CachePoints places points: ${name}`, () => {
    assertEquals(promptOf(request, target), want);
  });
}
