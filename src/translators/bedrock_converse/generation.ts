import type { JsonObject } from "../../json.ts";
import type { Thinking } from "../common/effort.ts";
import { mergeBody } from "../common/merge_body.ts";
import type { OutputFormat } from "../common/output_format.ts";
import { splitStops, type Stops } from "../common/output_limit.ts";
import { sampling } from "../common/sampling.ts";
import { serviceFields } from "../common/service_fields.ts";
import type { Turn } from "../turn.ts";
import { betaFields } from "./betas.ts";
import { atPath, thinkingFields } from "./thinking.ts";

/** What a request says besides its prompt and tools. */
export interface GenerationFields {
  readonly inferenceConfig: JsonObject;
  /** Below `additionalModelRequestFields`. */
  readonly additional: JsonObject;
  readonly stops: Stops;
}

/** The limits of the answer, and what only the model's family knows. */
export function generationFields(turn: Turn, thinking: Thinking): GenerationFields {
  const { profile } = turn;
  const how = thinkingFields(turn, thinking);
  const stops = splitStops(turn);
  const { top_k: topK, temperature, top_p: topP } = sampling(turn, thinking);
  const betas = betaFields(turn, thinking, [how.beta]);
  // Whatever stands here has no counterpart; the fields themselves are Anthropic's and OpenAI's.
  serviceFields(turn, betas.keepsEdit);
  const isLocked = how.locksSampling;
  const isTopKLocked = isLocked || isThinkingLocked(turn, thinking);
  return {
    inferenceConfig: {
      ...(how.maxTokens === undefined ? {} : { maxTokens: how.maxTokens }),
      ...(temperature === undefined || isLocked ? {} : { temperature }),
      ...(topP === undefined || isLocked ? {} : { topP }),
      ...(stops.sent.length > 0 ? { stopSequences: stops.sent } : {}),
    },
    additional: [
      how.additional,
      topK === undefined || isTopKLocked ? {} : atPath(profile.top_k_path, topK),
      betas.additional,
      profile.extra,
    ].reduce(mergeBody),
    stops,
  };
}

/** `outputConfig`: the form of the answer. Its schema is JSON in a string. */
export function outputConfig(format: OutputFormat | undefined): JsonObject {
  if (format?.enforced !== "json_schema") return {};
  const jsonSchema = { name: "response", schema: JSON.stringify(format.schema) };
  const textFormat = { type: "json_schema", structure: { jsonSchema } };
  return { outputConfig: { textFormat } };
}

/** Where the answer tells which stop sequence it ran into; only Claude does. */
export function responsePaths({ profile }: Turn, stops: Stops, stream: boolean): JsonObject {
  if (profile.matched_stop_field !== "stop_sequence" || stops.sent.length === 0) return {};
  const path = stream ? "/delta/stop_sequence" : "/stop_sequence";
  return { additionalModelResponseFieldPaths: [path] };
}

/** `top_k` is locked where temperature is: Claude refuses it while it thinks. */
function isThinkingLocked({ profile }: Turn, { level }: Thinking): boolean {
  return profile.sampling === "locked" ||
    (profile.sampling === "locked_when_thinking" && level !== "off");
}
