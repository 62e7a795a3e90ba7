import { Ajv2020 } from "ajv/dist/2020.js";
import { isObject, type JsonObject } from "../../src/json.ts";
import { readShared } from "./shared_data.ts";

/** Says what is wrong with a value, one line each; nothing if it is sound. */
export type SchemaCheck = (value: unknown) => readonly string[];

/** What a check leaves out of the description. */
export interface Leniency {
  /** Fields that are not required after all, by component. */
  readonly optional?: Readonly<Record<string, readonly string[]>>;
  /** Takes what several alternatives of a `oneOf` describe, where they overlap. */
  readonly overlapping?: boolean;
}

/**
 * The check for a component of OpenAI's published description; undefined, and one line that says
 * so, where the description is absent.
 */
export async function openAiCheck(
  component: string,
  leniency: Leniency = {},
): Promise<SchemaCheck | undefined> {
  const text = await readShared("openai/openapi.json");
  if (text === undefined) return undefined;
  const { components } = JSON.parse(text) as { components: { schemas: JsonObject } };
  const schemas = reachable(lenient(components.schemas, leniency), component);
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    validateFormats: false,
    logger: false,
  });
  const validate = ajv.compile({
    $id: "openai",
    $ref: `#/components/schemas/${component}`,
    components: { schemas },
  });
  return (value) => {
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      `${instancePath} ${message} ${JSON.stringify(params)}`
    );
  };
}

/** The components without what the check is to leave out. */
function lenient(schemas: JsonObject, { optional = {}, overlapping }: Leniency): JsonObject {
  const relaxed = Object.entries(schemas).map(([name, schema]): [string, unknown] => {
    const dropped = optional[name];
    if (!dropped || !isObject(schema) || !Array.isArray(schema.required)) return [name, schema];
    return [name, { ...schema, required: schema.required.filter((one) => !dropped.includes(one)) }];
  });
  const kept: JsonObject = Object.fromEntries(relaxed);
  return overlapping ? withAnyOf(kept) as JsonObject : kept;
}

function withAnyOf(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withAnyOf);
  if (!isObject(schema)) return schema;
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => [
    key === "oneOf" && Array.isArray(value) ? "anyOf" : key,
    withAnyOf(value),
  ]);
  return Object.fromEntries(entries);
}

/** The component and all that it refers to: the whole description takes seconds to compile. */
function reachable(schemas: JsonObject, component: string): JsonObject {
  const found = new Map<string, unknown>();
  const open = [component];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    const schema = plain(schemas[name]);
    found.set(name, schema);
    for (
      const [, next = ""] of JSON.stringify(schema).matchAll(/"#\/components\/schemas\/([^"]+)"/g)
    ) {
      open.push(next);
    }
  }
  return Object.fromEntries(found);
}

/**
 * A schema of JSON Schema 2020-12: the description says `nullable` as OpenAPI 3.0 did, and puts
 * dynamic references where plain ones are meant.
 */
function plain(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plain);
  if (!isObject(schema)) return schema;
  const { nullable, discriminator: _, $recursiveRef, $recursiveAnchor: __, ...rest } = schema;
  const entries = Object.entries(rest).map((
    [key, value],
  ): [string, unknown] => [key, plain(value)]);
  const cleaned: JsonObject = Object.fromEntries(entries);
  if ($recursiveRef !== undefined) return { ...cleaned, type: "object" };
  return nullable === true ? { anyOf: [cleaned, { type: "null" }] } : cleaned;
}
