import { outputFormat } from "../common/output_format.ts";
import type { Turn } from "../turn.ts";

/** How the wanted form of the answer is asked for. */
export interface StructuredOutput {
  readonly fields: Readonly<Record<string, unknown>>;
  /** Texts for the system prompt, where no field does it. */
  readonly instructions: readonly string[];
}

/** Maps the wanted form of the answer to `response_format`. */
export function structuredOutput(turn: Turn): StructuredOutput {
  const format = outputFormat(turn);
  const instructions = format?.instructions ?? [];
  switch (format?.enforced) {
    case "json_schema": {
      const json_schema = { name: "response", schema: format.schema, strict: format.strict };
      return { fields: { response_format: { type: "json_schema", json_schema } }, instructions };
    }
    case "json_object":
      return { fields: { response_format: { type: "json_object" } }, instructions };
    default:
      return { fields: {}, instructions };
  }
}
