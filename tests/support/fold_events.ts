import { isObject, type JsonObject, tryParseJson } from "../../src/json.ts";
import { repairJsonObject } from "../../src/translators/common/json_repair.ts";
import { readEvents } from "./events.ts";

/** A message as a client puts it together from the events of a stream. */
export function foldEvents(sse: string): JsonObject {
  let message: JsonObject = {};
  const blocks: JsonObject[] = [];
  const filled = new Map<number, string>();
  const signatures = new Map<number, unknown>();
  const citations = new Map<number, unknown[]>();
  for (const { name, data } of readEvents(sse)) {
    const index = Number(data.index);
    if (name === "message_start") message = data.message as JsonObject;
    if (name === "content_block_start") blocks[index] = data.content_block as JsonObject;
    if (name === "content_block_delta") {
      const delta = data.delta as JsonObject;
      const piece = delta.text ?? delta.thinking ?? delta.partial_json ?? "";
      filled.set(index, (filled.get(index) ?? "") + String(piece));
      if (delta.type === "signature_delta") signatures.set(index, delta.signature);
      if (delta.type === "citations_delta") {
        citations.set(index, [...citations.get(index) ?? [], delta.citation]);
      }
    }
    if (name === "message_delta") message = withEnd(message, data);
  }
  const content = blocks.map((block, index) =>
    fill(withCitations(block, citations.get(index)), filled.get(index) ?? "", signatures.get(index))
  );
  return { ...message, diagnostics: null, content };
}

function withEnd(message: JsonObject, { delta, usage }: JsonObject): JsonObject {
  const before = isObject(message.usage) ? message.usage : {};
  return { ...message, ...delta as JsonObject, usage: { ...before, ...usage as JsonObject } };
}

function withCitations(block: JsonObject, citations: unknown[] | undefined): JsonObject {
  return citations ? { ...block, citations } : block;
}

function fill(block: JsonObject, text: string, signature: unknown): JsonObject {
  switch (block.type) {
    case "text":
      return { ...block, text };
    case "thinking":
      return { ...block, thinking: text, signature };
    case "tool_use":
    case "server_tool_use":
      return { ...block, input: inputOf(text) };
    default:
      return block;
  }
}

/** A call that the output limit cut keeps the values that are whole. */
function inputOf(json: string): unknown {
  if (json === "") return {};
  return tryParseJson(json) ?? repairJsonObject(json, { truncated: true });
}
