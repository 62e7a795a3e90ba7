import { concatBytes } from "../../src/bytes.ts";
import { encodeAwsMessage } from "../../src/framing/aws_event_stream.ts";
import { isObject, type JsonObject } from "../../src/json.ts";
import { bedrockConverse } from "../../src/translators/bedrock_converse/mod.ts";
import type { UpstreamCall } from "../../src/translators/translator.ts";
import { lostPaths, type TestTurn, testTurn, type TurnParts } from "./turn.ts";

/** Models of the families that differ. */
export const MODELS = {
  /** Thinks by budget, and caches for an hour. */
  claude: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  /** Thinks by budget, with efforts. */
  opus45: "us.anthropic.claude-opus-4-5-20251101-v1:0",
  /** Thinks as it likes. */
  claude46: "us.anthropic.claude-sonnet-4-6",
  /** The newest kind. */
  claude5: "us.anthropic.claude-opus-5",
  /** Does not think. */
  claude35: "anthropic.claude-3-5-sonnet-20241022-v2:0",
  nova: "us.amazon.nova-pro-v1:0",
  nova2: "us.amazon.nova-2-lite-v1:0",
  gptOss: "openai.gpt-oss-120b-1:0",
  gpt5: "openai.gpt-5.4-mini",
  qwen: "qwen.qwen3-235b-a22b-2507-v1:0",
  mistral: "mistral.mistral-large-3-675b-instruct",
  llama: "us.meta.llama4-maverick-17b-instruct-v1:0",
  kimi: "moonshot.kimi-k2-thinking",
  deepseekR1: "us.deepseek.r1-v1:0",
} as const;

/** A turn at Bedrock; by default of Claude Sonnet 4.5. */
export function converseTurn(parts: TurnParts = {}): TestTurn {
  return testTurn({
    mode: "bedrock_converse",
    baseUrl: "https://bedrock-runtime.us-east-1.amazonaws.com",
    model: MODELS.claude,
    ...parts,
  });
}

/** A translated request, and what it lost. */
export interface ConverseCall extends UpstreamCall {
  readonly lost: readonly string[];
  readonly turn: TestTurn;
}

/** Translates a request for Bedrock. */
export function converseCall(parts: TurnParts = {}): ConverseCall {
  const turn = converseTurn(parts);
  return { ...bedrockConverse.translateRequest(turn), lost: lostPaths(turn), turn };
}

/** `messages` of a translated request. */
export function messagesOf({ body }: Pick<UpstreamCall, "body">): readonly JsonObject[] {
  return body.messages as readonly JsonObject[];
}

/** Fields below `additionalModelRequestFields`. */
export function additionalOf({ body }: Pick<UpstreamCall, "body">): JsonObject {
  const fields = body.additionalModelRequestFields;
  return isObject(fields) ? fields : {};
}

/** One event of a ConverseStream: its type, or `exception:` or `error:` with one, and its payload. */
export type ConverseEvent = readonly [type: string, payload: JsonObject | string];

/** The events of a whole answer: what is between its beginning and its end, and how it ends. */
export function answerEvents(
  content: readonly ConverseEvent[],
  stopReason = "end_turn",
  usage: JsonObject = { inputTokens: 10, outputTokens: 20, totalTokens: 30 },
): ConverseEvent[] {
  return [
    ["messageStart", { role: "assistant" }],
    ...content,
    ["messageStop", { stopReason }],
    ["metadata", { usage, metrics: { latencyMs: 1 } }],
  ];
}

/** Events as the frames that AWS would send. */
export function framesOf(events: readonly ConverseEvent[]): Uint8Array<ArrayBuffer>[] {
  return events.map(([type, payload]) => {
    const [, kind, name] = /^(exception|error):(.*)$/.exec(type) ?? [];
    const text = typeof payload === "string" ? payload : JSON.stringify(payload);
    if (kind === "error") {
      const headers = { ":message-type": kind, ":error-code": name ?? "", ":error-message": text };
      return encodeAwsMessage(headers, "");
    }
    const headers = {
      [kind ? ":exception-type" : ":event-type"]: name ?? type,
      ":content-type": "application/json",
      ":message-type": kind ?? "event",
    };
    return encodeAwsMessage(headers, text);
  });
}

/** Events as the bytes of one stream. */
export function streamOf(events: readonly ConverseEvent[]): Uint8Array<ArrayBuffer> {
  return concatBytes(framesOf(events));
}
