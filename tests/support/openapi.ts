import { Ajv2020 } from "ajv/dist/2020.js";
import { isObject, type JsonObject } from "../../src/json.ts";
import { readShared } from "./shared_data.ts";

/** Says what is wrong with a value, one line each; nothing if it is sound. */
export type SchemaCheck = (value: unknown) => readonly string[];

/**
 * The check for a component of OpenAI's published description; undefined, and one line that says
 * so, where the description is absent.
 */
export async function openAiCheck(component: string): Promise<SchemaCheck | undefined> {
  const text = await readShared("openai/openapi.json");
  if (text === undefined) return undefined;
  const { components } = JSON.parse(text) as { components: { schemas: JsonObject } };
  const schemas = reachable(components.schemas, component);
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
