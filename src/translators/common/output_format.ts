import { isObject, type JsonObject } from "../../json.ts";
import type { Turn } from "../turn.ts";
import { cleanSchema } from "./json_schema.ts";
import { isStrictLegal } from "./strict_schema.ts";

/** The form that the client wants its answer in, as far as the upstream can promise it. */
export interface OutputFormat {
  /** What the upstream enforces. */
  readonly enforced: "json_schema" | "json_object" | "none";
  readonly schema: JsonObject;
  /** True if the schema is one that OpenAI's strict mode takes. */
  readonly strict: boolean;
  /** Texts for the system prompt, where nothing enforces the schema. */
  readonly instructions: readonly string[];
}

/**
 * Reads `output_config.format`, and its older name `output_format`; undefined for free text.
 *
 * @see {@link https://platform.openai.com/docs/guides/structured-outputs}
 */
export function outputFormat({ request, profile, losses }: Turn): OutputFormat | undefined {
  const format = request.output_config?.format ?? request.output_format;
  if (!isObject(format) || format.type !== "json_schema" || !isObject(format.schema)) {
    return undefined;
  }
  const schema = cleanSchema(format.schema, profile.schema);
  const enforced = profile.response_format;
  if (enforced === "json_schema") {
    return { enforced, schema, strict: isStrictLegal(schema), instructions: [] };
  }
  losses.warn("output_config.format", "a guaranteed output schema");
  return { enforced, schema, strict: false, instructions: [instruction(schema)] };
}

function instruction(schema: JsonObject): string {
  return "Answer with nothing but JSON that is valid against this JSON Schema:\n" +
    JSON.stringify(schema);
}
