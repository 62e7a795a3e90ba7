import * as z from "zod/mini";
import { fileSchema } from "./schema.ts";

/** A node of a JSON Schema. */
type Schema = z.core.JSONSchema.BaseSchema;

/** Types and formats that `${VAR}` can stand in for. */
const SUBSTITUTABLE = ["number", "integer", "boolean"];

/** A string that takes its value from outside, which an editor cannot check. */
const SUBSTITUTION: Schema = { type: "string", pattern: "\\$\\{" };

/** JSON Schema (draft 2020-12) of the config file, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(fileSchema(), {
    io: "input",
    reused: "ref",
    override: ({ jsonSchema }) => allowSubstitution(jsonSchema),
  });
  return { title: "Switchyard config", ...schema };
}

/** `port: ${PORT}` is right, although it is a string. */
function allowSubstitution(schema: Schema): void {
  const { type, enum: values, pattern } = schema;
  const wanted = SUBSTITUTABLE.includes(String(type)) || values !== undefined ||
    (type === "string" && pattern !== undefined);
  if (!wanted) return;
  const { description, ...rest } = schema;
  for (const key of Object.keys(rest)) delete schema[key];
  // zod's integers carry JavaScript's own limits, which tell an editor's user nothing.
  if (rest.maximum === Number.MAX_SAFE_INTEGER) delete rest.maximum;
  if (rest.minimum === Number.MIN_SAFE_INTEGER) delete rest.minimum;
  schema.anyOf = [rest, { ...SUBSTITUTION }];
  if (description !== undefined) schema.description = description;
}
