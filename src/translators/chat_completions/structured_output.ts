import { isObject, type JsonObject } from "../../json.ts";
import { cleanSchema } from "../common/json_schema.ts";
import { isStrictLegal } from "../common/strict_schema.ts";
import type { Turn } from "../turn.ts";

/** How the wanted form of the answer is asked for. */
export interface StructuredOutput {
  readonly fields: Readonly<Record<string, unknown>>;
  /** Texts for the system prompt, where no field does it. */
  readonly instructions: readonly string[];
}

const NONE: StructuredOutput = { fields: {}, instructions: [] };

/**
 * Maps `output_config.format`, and its older name `output_format`, to `response_format`.
 *
 * @see {@link https://platform.openai.com/docs/guides/structured-outputs}
 */
export function structuredOutput({ request, profile, losses }: Turn): StructuredOutput {
  const format = request.output_config?.format ?? request.output_format;
  if (!isObject(format) || format.type !== "json_schema" || !isObject(format.schema)) return NONE;
  const schema = cleanSchema(format.schema, profile.schema);
  if (profile.response_format === "json_schema") {
    const strict = isStrictLegal(schema);
    const json_schema = { name: "response", schema, strict };
    return { fields: { response_format: { type: "json_schema", json_schema } }, instructions: [] };
  }
  losses.warn("output_config.format", "a guaranteed output schema");
  const fields = profile.response_format === "json_object"
    ? { response_format: { type: "json_object" } }
    : {};
  return { fields, instructions: [instruction(schema)] };
}

function instruction(schema: JsonObject): string {
  return "Answer with nothing but JSON that is valid against this JSON Schema:\n" +
    JSON.stringify(schema);
}
