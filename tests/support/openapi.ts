import { Ajv2020 } from "ajv/dist/2020.js";
import { isObject, type JsonObject } from "../../src/json.ts";
import { readShared } from "./shared_data.ts";

/** Checks a value against a component of OpenAI's OpenAPI description; one line a problem. */
export type OpenapiCheck = (schema: string, value: unknown) => readonly string[];

/**
 * Fields that a description of stored items requires and that a request leaves out: with
 * `store: false` nothing has an id upstream.
 */
const NOT_STORED: Readonly<Record<string, readonly string[]>> = {
  OutputMessage: ["id", "status"],
  OutputTextContent: ["annotations", "logprobs"],
  ReasoningItem: ["id"],
  WebSearchToolCall: ["id"],
};

/** The check against what clients send; undefined where the description is absent. */
export function requestCheck(): Promise<OpenapiCheck | undefined> {
  return load(NOT_STORED);
}

/** The check against what OpenAI answers; undefined where the description is absent. */
export function answerCheck(): Promise<OpenapiCheck | undefined> {
  return load({});
}

async function load(
  optional: Readonly<Record<string, readonly string[]>>,
): Promise<OpenapiCheck | undefined> {
  const text = await readShared("openai/openapi.json");
  if (text === undefined) return undefined;
  const { components } = JSON.parse(text) as { components: { schemas: JsonObject } };
  const schemas = Object.fromEntries(
    Object.entries(components.schemas).map(([name, schema]) => {
      const left = optional[name];
      const plain = plainSchema(schema);
      if (!left || !isObject(plain) || !Array.isArray(plain.required)) return [name, plain];
      return [name, { ...plain, required: plain.required.filter((one) => !left.includes(one)) }];
    }),
  );
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: false });
  ajv.addSchema({ $id: "openai", components: { schemas } });
  return (schema, value) => {
    const validate = ajv.getSchema(`openai#/components/schemas/${schema}`);
    if (!validate) throw new TypeError(`OpenAI's description has no schema ${schema}`);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

/**
 * The schema as it is meant: alternatives overlap, so that `oneOf` would refuse what several of
 * them describe.
 */
function plainSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plainSchema);
  if (!isObject(schema)) return schema;
  const { oneOf, discriminator: _, ...rest } = schema;
  const plain = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, plainSchema(value)]),
  );
  return Array.isArray(oneOf) ? { ...plain, anyOf: oneOf.map(plainSchema) } : plain;
}
