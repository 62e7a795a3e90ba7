import { randomId } from "../anthropic/ids.ts";
import { encodeAwsMessage } from "../framing/aws_event_stream.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { DemoApi, DemoCall } from "./api.ts";
import { readConverseRequest, reasoningSignature } from "./bedrock_request.ts";
import { answerPrompt, cachedTokens, type DemoAnswer, type DemoPart, textPieces } from "./model.ts";

/** Amazon Bedrock's Converse, as the demo server speaks it; it wants a key, and takes any. */
export const bedrockConverseDemo: DemoApi = {
  mode: "bedrock_converse",
  target: "demo-bedrock",
  settings: {
    region: "us-east-1",
    api_key: "demo",
    // What it can do follows from the model's name.
    model: "anthropic.claude-switchyard-demo",
  },
  answer(call) {
    const action = PATH.exec(call.path)?.[1];
    if (action === undefined || call.method !== "POST") return undefined;
    if (!call.headers.has("authorization")) {
      return refuse("Missing Authentication Token", "MissingAuthenticationTokenException", 403);
    }
    return action === "count-tokens" ? count(call) : converse(call, action === "converse-stream");
  },
};

const PATH = /^(?:\/v1)?\/model\/[^/]+\/(converse|converse-stream|count-tokens)$/;

const STOP_REASON: Readonly<Record<DemoAnswer["stop"], string>> = {
  end: "end_turn",
  stop_sequence: "stop_sequence",
  length: "max_tokens",
  calls: "tool_use",
};

function count({ body }: DemoCall): Response {
  const input = isObject(body) && isObject(body.input) ? body.input.converse : undefined;
  const read = readConverseRequest(input);
  if (typeof read === "string") return refuse(read);
  return Response.json({ inputTokens: read.inputTokens }, { headers: awsHeaders() });
}

function converse(call: DemoCall, isStream: boolean): Response {
  const read = readConverseRequest(call.body);
  if (typeof read === "string") return refuse(read);
  const answer = answerPrompt(read.prompt);
  const parts = answer.parts.filter((part) => part.type !== "text" || part.text !== "");
  const stopReason = STOP_REASON[answer.stop];
  const stop_sequence = answer.stopSequence;
  const usage = usageOf(answer, read.inputTokens);
  const metrics = { latencyMs: 1 };
  const extra = (fields: JsonObject) =>
    read.namesStop ? { additionalModelResponseFields: fields } : {};
  if (!isStream) {
    const message = { role: "assistant", content: parts.map(blockOf) };
    const whole = { output: { message }, stopReason, ...extra({ stop_sequence }), usage, metrics };
    return Response.json(whole, { headers: awsHeaders() });
  }
  const response = call.stream([
    event("messageStart", { role: "assistant" }),
    ...parts.flatMap(blockEvents),
    event("messageStop", { stopReason, ...extra({ delta: { stop_sequence } }) }),
    event("metadata", { usage, metrics }),
  ]);
  for (const [name, value] of Object.entries(awsHeaders())) response.headers.set(name, value);
  response.headers.set("content-type", "application/vnd.amazon.eventstream");
  return response;
}

function refuse(message: string, type = "ValidationException", status = 400): Response {
  const headers = { ...awsHeaders(), "x-amzn-errortype": type };
  return Response.json({ message }, { status, headers });
}

function awsHeaders(): Record<string, string> {
  return { "x-amzn-requestid": crypto.randomUUID() };
}

function usageOf({ outputTokens }: DemoAnswer, inputTokens: number): JsonObject {
  const cached = cachedTokens(inputTokens);
  return {
    inputTokens: inputTokens - cached,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cacheReadInputTokens: cached,
    cacheWriteInputTokens: 0,
  };
}

function blockOf(part: DemoPart): JsonObject {
  switch (part.type) {
    case "text":
      return { text: part.text };
    case "thinking": {
      const signature = reasoningSignature(part.text);
      return { reasoningContent: { reasoningText: { text: part.text, signature } } };
    }
    case "call":
      return { toolUse: { ...callHead(part.name), input: part.input } };
  }
}

function callHead(name: string): JsonObject {
  return { toolUseId: randomId("tooluse_"), name };
}

/** Only calls have an event at their start. */
function blockEvents(part: DemoPart, contentBlockIndex: number): Uint8Array<ArrayBuffer>[] {
  const starts = part.type === "call" ? [{ toolUse: callHead(part.name) }] : [];
  return [
    ...starts.map((start) => event("contentBlockStart", { contentBlockIndex, start })),
    ...deltas(part).map((delta) => event("contentBlockDelta", { contentBlockIndex, delta })),
    event("contentBlockStop", { contentBlockIndex }),
  ];
}

function deltas(part: DemoPart): JsonObject[] {
  switch (part.type) {
    case "text":
      return textPieces(part.text).map((text) => ({ text }));
    case "thinking":
      return [
        ...textPieces(part.text).map((text) => ({ reasoningContent: { text } })),
        { reasoningContent: { signature: reasoningSignature(part.text) } },
      ];
    case "call":
      return textPieces(JSON.stringify(part.input)).map((input) => ({ toolUse: { input } }));
  }
}

/** The letters that `p` is made of: as many of them as hide how long a delta is. */
const PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

function event(type: string, payload: JsonObject): Uint8Array<ArrayBuffer> {
  const p = PADDING.slice(0, 1 + Math.floor(Math.random() * PADDING.length));
  return encodeAwsMessage({
    ":event-type": type,
    ":content-type": "application/json",
    ":message-type": "event",
  }, JSON.stringify({ ...payload, p }));
}
