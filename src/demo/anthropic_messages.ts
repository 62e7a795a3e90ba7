import { randomId } from "../anthropic/ids.ts";
import type { JsonObject } from "../json.ts";
import { readAnthropicRequest, signatureOf } from "./anthropic_request.ts";
import {
  DEMO_MODEL,
  DEMO_MODEL_CREATED,
  type DemoApi,
  type DemoCall,
  isUnknownModel,
} from "./api.ts";
import { answerPrompt, cachedTokens, type DemoAnswer, type DemoPart, textPieces } from "./model.ts";

/** Anthropic's Messages API, as the demo server speaks it. */
export const anthropicMessagesDemo: DemoApi = {
  mode: "anthropic_messages",
  target: "demo-messages",
  answer(call) {
    if (call.method === "GET") return models(call);
    if (call.method !== "POST") return undefined;
    if (call.path === "/v1/messages") return message(call);
    return call.path === "/v1/messages/count_tokens" ? count(call) : undefined;
  },
};

const STOP_REASON: Readonly<Record<DemoAnswer["stop"], string>> = {
  end: "end_turn",
  stop_sequence: "stop_sequence",
  length: "max_tokens",
  calls: "tool_use",
};

/** OpenAI's list has the same path; Anthropic's own clients always name a version. */
function models({ path, headers }: DemoCall): Response | undefined {
  if (!headers.has("anthropic-version")) return undefined;
  const model = {
    type: "model",
    id: DEMO_MODEL,
    display_name: "Switchyard demo",
    created_at: DEMO_MODEL_CREATED.toISOString(),
  };
  if (path === `/v1/models/${DEMO_MODEL}`) return Response.json(model);
  if (path !== "/v1/models") return undefined;
  const [first_id, last_id] = [DEMO_MODEL, DEMO_MODEL];
  return Response.json({ data: [model], has_more: false, first_id, last_id });
}

function count({ body, headers }: DemoCall): Response {
  const read = readAnthropicRequest(body, headers, { countTokens: true });
  return typeof read === "string"
    ? refuse(read)
    : Response.json({ input_tokens: read.inputTokens });
}

function message(call: DemoCall): Response {
  const read = readAnthropicRequest(call.body, call.headers);
  if (typeof read === "string") return refuse(read);
  if (isUnknownModel(read.model)) return refuse(`model: ${read.model}`, NOT_FOUND);
  const answer = answerPrompt(read.prompt);
  const blocks = answer.parts.map((part) => blockOf(part, read.hidesThinking))
    .filter((block) => block.type !== "text" || block.text !== "");
  const usage = usageOf(answer, read.inputTokens);
  const head = {
    id: randomId("msg_"),
    type: "message",
    role: "assistant",
    model: read.model,
  };
  const end = {
    stop_reason: STOP_REASON[answer.stop],
    stop_sequence: answer.stopSequence,
    stop_details: null,
    container: null,
  };
  const headers = { "request-id": randomId("req_") };
  if (!read.stream) return Response.json({ ...head, content: blocks, ...end, usage }, { headers });
  const response = call.stream(events(head, blocks, end, usage));
  response.headers.set("request-id", headers["request-id"]);
  return response;
}

const INVALID = { status: 400, type: "invalid_request_error" } as const;
const NOT_FOUND = { status: 404, type: "not_found_error" } as const;

function refuse(
  message: string,
  { status, type }: { readonly status: number; readonly type: string } = INVALID,
): Response {
  const request_id = randomId("req_");
  const error = { type, message };
  return Response.json({ type: "error", error, request_id }, {
    status,
    headers: { "request-id": request_id },
  });
}

function usageOf({ outputTokens, thinkingTokens }: DemoAnswer, inputTokens: number): JsonObject {
  const cached = cachedTokens(inputTokens);
  return {
    input_tokens: inputTokens - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: outputTokens,
    output_tokens_details: { thinking_tokens: thinkingTokens },
    server_tool_use: null,
    service_tier: "standard",
  };
}

/** A content block, with the field that deltas fill. */
type Block =
  | { readonly type: "text"; readonly text: string; readonly citations: null }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | {
    readonly type: "tool_use";
    readonly id: string;
    readonly name: string;
    readonly input: object;
    readonly caller: JsonObject;
  };

function blockOf(part: DemoPart, hidesThinking: boolean): Block {
  if (part.type === "text") return { type: "text", text: part.text, citations: null };
  if (part.type === "thinking") {
    const thinking = hidesThinking ? "" : part.text;
    return { type: "thinking", thinking, signature: signatureOf(thinking) };
  }
  const { name, input } = part;
  return { type: "tool_use", id: randomId("toolu_"), name, input, caller: { type: "direct" } };
}

function events(
  head: JsonObject,
  blocks: readonly Block[],
  { container, ...end }: JsonObject,
  usage: JsonObject,
): string[] {
  const message = {
    ...head,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container,
    usage: { ...usage, output_tokens: 1, output_tokens_details: null },
  };
  return [
    frame("message_start", { message }),
    frame("ping", {}),
    ...blocks.flatMap(blockEvents),
    frame("message_delta", { delta: { ...end, container }, usage }),
    frame("message_stop", {}),
  ];
}

function blockEvents(block: Block, index: number): string[] {
  return [
    frame("content_block_start", { index, content_block: emptied(block) }),
    ...deltas(block).map((delta) => frame("content_block_delta", { index, delta })),
    frame("content_block_stop", { index }),
  ];
}

function emptied(block: Block): JsonObject {
  if (block.type === "text") return { ...block, text: "" };
  return block.type === "thinking"
    ? { ...block, thinking: "", signature: "" }
    : { ...block, input: {} };
}

function deltas(block: Block): JsonObject[] {
  if (block.type === "text") {
    return textPieces(block.text).map((text) => ({ type: "text_delta", text }));
  }
  if (block.type === "thinking") {
    const pieces = textPieces(block.thinking);
    return [
      ...pieces.map((thinking) => ({ type: "thinking_delta", thinking })),
      { type: "signature_delta", signature: block.signature },
    ];
  }
  // The real API begins with an empty piece, and a call without arguments has no other.
  const json = JSON.stringify(block.input);
  return ["", ...(json === "{}" ? [] : textPieces(json))]
    .map((partial_json) => ({ type: "input_json_delta", partial_json }));
}

function frame(type: string, rest: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
}
