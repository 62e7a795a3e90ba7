import { randomId } from "../anthropic/ids.ts";
import type { JsonObject } from "../json.ts";
import { type DemoApi, type DemoCall, isUnknownModel, type Refusal, unknownModel } from "./api.ts";
import { answerPrompt, cachedTokens, type DemoAnswer, type DemoPart, textPieces } from "./model.ts";
import {
  encryptReasoning,
  readResponsesRequest,
  type ResponsesRequest,
} from "./responses_request.ts";

/** OpenAI's Responses API, as the demo server speaks it. */
export const codexResponsesDemo: DemoApi = {
  mode: "codex_responses",
  target: "demo-responses",
  answer(call) {
    if (call.method !== "POST") return undefined;
    if (call.path === "/v1/responses") return respond(call);
    return call.path === "/v1/responses/input_tokens" ? count(call) : undefined;
  },
};

function count({ body }: DemoCall): Response {
  const read = readResponsesRequest(body, { counts: true });
  if ("message" in read) return refuse(read);
  return Response.json({ object: "response.input_tokens", input_tokens: read.inputTokens });
}

function respond(call: DemoCall): Response {
  const read = readResponsesRequest(call.body);
  if ("message" in read) return refuse(read);
  const model = String(read.echo.model);
  if (isUnknownModel(model)) return refuse(unknownModel(model), 404);
  const answer = answerPrompt(read.prompt);
  const items = answer.parts.filter((part) => part.type !== "text" || part.text !== "")
    .map((part) => itemOf(part, read, answer));
  const response = responseOf(read, answer, items);
  const headers = { "x-request-id": randomId("req_") };
  if (!read.stream) return Response.json(response, { headers });
  const streamed = call.stream(events(response, items, answer));
  streamed.headers.set("x-request-id", headers["x-request-id"]);
  return streamed;
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

function responseOf(
  read: ResponsesRequest,
  answer: DemoAnswer,
  output: readonly Item[],
): JsonObject {
  const isCut = answer.stop === "length";
  return {
    id: randomId("resp_"),
    object: "response",
    created_at: Math.floor(Date.now() / 1000),
    status: isCut ? "incomplete" : "completed",
    error: null,
    incomplete_details: isCut ? { reason: "max_output_tokens" } : null,
    ...read.echo,
    output,
    usage: {
      input_tokens: read.inputTokens,
      input_tokens_details: {
        cached_tokens: cachedTokens(read.inputTokens),
        cache_write_tokens: 0,
      },
      output_tokens: answer.outputTokens,
      output_tokens_details: { reasoning_tokens: answer.thinkingTokens },
      total_tokens: read.inputTokens + answer.outputTokens,
    },
  };
}

/** An item of the answer's `output`. */
type Item =
  | {
    readonly type: "reasoning";
    readonly id: string;
    readonly summary: readonly { readonly type: "summary_text"; readonly text: string }[];
    readonly encrypted_content?: string;
  }
  | {
    readonly type: "message";
    readonly id: string;
    readonly status: string;
    readonly role: "assistant";
    readonly phase: string;
    readonly content: readonly JsonObject[];
  }
  | {
    readonly type: "function_call";
    readonly id: string;
    readonly call_id: string;
    readonly name: string;
    readonly arguments: string;
    readonly status: string;
  };

function itemOf(part: DemoPart, read: ResponsesRequest, { stop }: DemoAnswer): Item {
  const status = "completed";
  switch (part.type) {
    case "thinking": {
      const text = { type: "summary_text" as const, text: part.text };
      return {
        type: "reasoning",
        id: randomId("rs_"),
        summary: read.wantsSummary ? [text] : [],
        ...(read.wantsState ? { encrypted_content: encryptReasoning(part.text) } : {}),
      };
    }
    case "text":
      return {
        type: "message",
        id: randomId("msg_"),
        status: stop === "length" ? "incomplete" : status,
        role: "assistant",
        phase: "final_answer",
        content: [textPart(part.text)],
      };
    case "call":
      return {
        type: "function_call",
        id: randomId("fc_"),
        call_id: randomId("call_"),
        name: part.name,
        arguments: JSON.stringify(part.input),
        status,
      };
  }
}

function textPart(text: string): JsonObject {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

/** Numbers the events and writes them as frames. */
class EventLog {
  readonly frames: string[] = [];

  add(type: string, rest: JsonObject): void {
    const event = { type, sequence_number: this.frames.length, ...rest };
    this.frames.push(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`);
  }
}

function events(response: JsonObject, items: readonly Item[], { stop }: DemoAnswer): string[] {
  const log = new EventLog();
  const { usage: _, ...unused } = response;
  const begun = { ...unused, status: "in_progress", incomplete_details: null, output: [] };
  log.add("response.created", { response: begun });
  log.add("response.in_progress", { response: begun });
  items.forEach((item, output_index) => {
    log.add("response.output_item.added", { output_index, item: emptied(item) });
    addContent(log, item, { item_id: item.id, output_index });
    log.add("response.output_item.done", { output_index, item });
  });
  log.add(stop === "length" ? "response.incomplete" : "response.completed", { response });
  return log.frames;
}

function emptied(item: Item): JsonObject {
  switch (item.type) {
    case "reasoning":
      return { ...item, summary: [] };
    case "message":
      return { ...item, status: "in_progress", content: [] };
    case "function_call":
      return { ...item, status: "in_progress", arguments: "" };
  }
}

function addContent(log: EventLog, item: Item, place: JsonObject): void {
  switch (item.type) {
    case "reasoning":
      item.summary.forEach((part, summary_index) =>
        addSummary(log, part, { ...place, summary_index })
      );
      return;
    case "message":
      item.content.forEach((part, content_index) =>
        addText(log, part, { ...place, content_index })
      );
      return;
    case "function_call":
      for (const delta of textPieces(item.arguments)) {
        log.add("response.function_call_arguments.delta", { ...place, delta });
      }
      log.add("response.function_call_arguments.done", {
        ...place,
        name: item.name,
        arguments: item.arguments,
      });
  }
}

function addSummary(
  log: EventLog,
  part: { readonly type: string; readonly text: string },
  place: JsonObject,
): void {
  log.add("response.reasoning_summary_part.added", { ...place, part: { ...part, text: "" } });
  for (const delta of textPieces(part.text)) {
    log.add("response.reasoning_summary_text.delta", { ...place, delta });
  }
  log.add("response.reasoning_summary_text.done", { ...place, text: part.text });
  log.add("response.reasoning_summary_part.done", { ...place, part });
}

function addText(log: EventLog, part: JsonObject, place: JsonObject): void {
  const text = String(part.text);
  log.add("response.content_part.added", { ...place, part: { ...part, text: "" } });
  for (const delta of textPieces(text)) {
    log.add("response.output_text.delta", { ...place, delta, logprobs: [] });
  }
  log.add("response.output_text.done", { ...place, text, logprobs: [] });
  log.add("response.content_part.done", { ...place, part });
}
