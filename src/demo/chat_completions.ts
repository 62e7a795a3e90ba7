import { randomId } from "../anthropic/ids.ts";
import type { JsonObject } from "../json.ts";
import {
  DEMO_MODEL,
  DEMO_MODEL_CREATED,
  type DemoApi,
  type DemoCall,
  isUnknownModel,
  type Refusal,
  unknownModel,
} from "./api.ts";
import { readChatRequest } from "./chat_request.ts";
import { answerPrompt, cachedTokens, type DemoAnswer, type DemoPart, textPieces } from "./model.ts";

/** OpenAI's Chat Completions, as the demo server speaks it. */
export const chatCompletionsDemo: DemoApi = {
  mode: "chat_completions",
  target: "demo-chat",
  answer(call) {
    if (call.path === "/v1/models" && call.method === "GET") return models(call);
    if (call.path !== "/v1/chat/completions" || call.method !== "POST") return undefined;
    return complete(call);
  },
};

const FINISH_REASON: Readonly<Record<DemoAnswer["stop"], string>> = {
  end: "stop",
  stop_sequence: "stop",
  length: "length",
  calls: "tool_calls",
};

/** Anthropic's list has the same path; OpenAI's clients never name a version. */
function models({ headers }: DemoCall): Response | undefined {
  if (headers.has("anthropic-version")) return undefined;
  const created = DEMO_MODEL_CREATED.getTime() / 1000;
  const model = { id: DEMO_MODEL, object: "model", created, owned_by: "switchyard" };
  return Response.json({ object: "list", data: [model] });
}

function complete(call: DemoCall): Response {
  const read = readChatRequest(call.body);
  if ("message" in read) return refuse(read);
  if (isUnknownModel(read.model)) return refuse(unknownModel(read.model), 404);
  const answer = answerPrompt(read.prompt);
  const head = {
    id: randomId("chatcmpl-"),
    created: Math.floor(Date.now() / 1000),
    model: read.model,
    system_fingerprint: "fp_switchyard_demo",
  };
  const usage = usageOf(answer, read.promptTokens);
  const headers = { "x-request-id": randomId("req_") };
  if (!read.stream) return Response.json(whole(answer, head, usage), { headers });
  const response = call.stream(chunks(answer, head, read.includeUsage ? usage : undefined));
  response.headers.set("x-request-id", headers["x-request-id"]);
  return response;
}

function refuse({ message, param, code }: Refusal, status = 400): Response {
  const error = {
    message,
    type: "invalid_request_error",
    param: param ?? null,
    code: code ?? null,
  };
  return Response.json({ error }, { status, headers: { "x-request-id": randomId("req_") } });
}

function usageOf({ outputTokens, thinkingTokens }: DemoAnswer, promptTokens: number): JsonObject {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens(promptTokens) },
    completion_tokens_details: { reasoning_tokens: thinkingTokens },
  };
}

function whole(answer: DemoAnswer, head: JsonObject, usage: JsonObject): JsonObject {
  const thinking = textOf(answer.parts, "thinking");
  const calls = answer.parts.filter((part) => part.type === "call");
  const message = {
    role: "assistant",
    content: textOf(answer.parts, "text") || null,
    refusal: null,
    ...(thinking === "" ? {} : { reasoning_content: thinking }),
    ...(calls.length === 0 ? {} : {
      tool_calls: calls.map(({ name, input }) => ({
        id: randomId("call_"),
        type: "function",
        function: { name, arguments: JSON.stringify(input) },
      })),
    }),
  };
  const finish_reason = FINISH_REASON[answer.stop];
  const choices = [{ index: 0, message, logprobs: null, finish_reason }];
  return { ...head, object: "chat.completion", choices, usage };
}

function textOf(parts: readonly DemoPart[], type: "text" | "thinking"): string {
  return parts.map((part) => part.type === type ? part.text : "").join("");
}

function chunks(answer: DemoAnswer, head: JsonObject, usage: JsonObject | undefined): string[] {
  // With include_usage, every chunk but the last has the field too, as null.
  const shared = { ...head, object: "chat.completion.chunk", ...(usage ? { usage: null } : {}) };
  const chunk = (delta: JsonObject, finish_reason: string | null = null): string =>
    frame({ ...shared, choices: [{ index: 0, delta, logprobs: null, finish_reason }] });
  let calls = 0;
  return [
    chunk({ role: "assistant", content: "", refusal: null }),
    ...answer.parts.flatMap((part) => {
      if (part.type === "call") return callDeltas(part, calls++);
      const field = part.type === "text" ? "content" : "reasoning_content";
      return textPieces(part.text).map((piece) => ({ [field]: piece }));
    }).map((delta) => chunk(delta)),
    chunk({}, FINISH_REASON[answer.stop]),
    ...(usage ? [frame({ ...shared, choices: [], usage })] : []),
    "data: [DONE]\n\n",
  ];
}

function callDeltas(
  { name, input }: Extract<DemoPart, { type: "call" }>,
  index: number,
): JsonObject[] {
  const start = {
    index,
    id: randomId("call_"),
    type: "function",
    function: { name, arguments: "" },
  };
  const pieces = textPieces(JSON.stringify(input));
  return [
    { tool_calls: [start] },
    ...pieces.map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ];
}

function frame(payload: JsonObject): string {
  return `data: ${JSON.stringify(payload)}\n\n`;
}
