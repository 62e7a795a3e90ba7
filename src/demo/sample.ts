import { isObject, type JsonObject } from "../json.ts";

/** How deep a value may nest; a schema can refer to itself. */
const MAX_DEPTH = 8;

/** Most items of an array that asks for many. */
const MAX_ITEMS = 4;

/** Values for strings that cannot be any text. */
const FORMATS: Readonly<Record<string, string>> = {
  "date": "2026-01-31",
  "date-time": "2026-01-31T12:00:00Z",
  "time": "12:00:00Z",
  "email": "demo@example.com",
  "hostname": "example.com",
  "ipv4": "192.0.2.1",
  "uri": "https://example.com/",
  "uuid": "00000000-0000-4000-8000-000000000000",
};

/** Arguments that a tool with this input schema would take: every required property, no other. */
export function sampleArguments(schema: unknown, text: string): JsonObject {
  const value = sampleValue(schema, text);
  return isObject(value) ? value : {};
}

/** A value that fits a JSON schema, as far as types, ranges and choices go; strings are the text. */
export function sampleValue(schema: unknown, text: string): unknown {
  return sample({ text, root: schema }, schema, 0);
}

interface Context {
  readonly text: string;
  readonly root: unknown;
}

function sample(context: Context, schema: unknown, depth: number): unknown {
  if (!isObject(schema) || depth > MAX_DEPTH) return context.text;
  if (typeof schema.$ref === "string") {
    return sample(context, resolve(context.root, schema.$ref), depth + 1);
  }
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if ("default" in schema) return schema.default;
  for (const choices of [schema.anyOf, schema.oneOf, schema.allOf]) {
    if (Array.isArray(choices)) return sample(context, { ...schema, ...first(choices) }, depth + 1);
  }
  return typed(context, schema, depth);
}

/** The first choice with the others gone, or they would be chosen again. */
function first(choices: readonly unknown[]): JsonObject {
  const choice = choices.find((one) => isObject(one) && one.type !== "null");
  return {
    anyOf: undefined,
    oneOf: undefined,
    allOf: undefined,
    ...(isObject(choice) ? choice : {}),
  };
}

function typed(context: Context, schema: JsonObject, depth: number): unknown {
  switch (typeOf(schema)) {
    case "object":
      return sampleObject(context, schema, depth);
    case "array":
      return sampleArray(context, schema, depth);
    case "integer":
    case "number":
      return sampleNumber(schema);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return sampleString(context, schema);
  }
}

function typeOf({ type, properties, items }: JsonObject): unknown {
  if (Array.isArray(type)) return type.find((one) => one !== "null") ?? "null";
  if (type !== undefined) return type;
  if (isObject(properties)) return "object";
  return items === undefined ? "string" : "array";
}

function sampleObject(context: Context, schema: JsonObject, depth: number): JsonObject {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.fromEntries(
    required.filter((name) => typeof name === "string")
      .map((name) => [name, sample(context, properties[name], depth + 1)]),
  );
}

function sampleArray(context: Context, schema: JsonObject, depth: number): unknown[] {
  const { minItems, items } = schema;
  const length = typeof minItems === "number" ? Math.min(minItems, MAX_ITEMS) : 1;
  return Array.from({ length }, () => sample(context, items, depth + 1));
}

function sampleNumber({ minimum, maximum, exclusiveMinimum }: JsonObject): number {
  if (typeof minimum === "number") return minimum;
  if (typeof exclusiveMinimum === "number") return exclusiveMinimum + 1;
  return typeof maximum === "number" ? Math.min(1, maximum) : 1;
}

function sampleString({ text }: Context, { format, minLength, maxLength }: JsonObject): string {
  const known = typeof format === "string" ? FORMATS[format] : undefined;
  const value = known ?? text;
  if (typeof maxLength === "number") return value.slice(0, maxLength);
  return typeof minLength === "number" ? value.padEnd(Math.min(minLength, 1000), ".") : value;
}

/** What a `#/…` reference points at; undefined for any other. */
function resolve(root: unknown, reference: string): unknown {
  if (!reference.startsWith("#/")) return undefined;
  let value = root;
  for (const step of reference.slice(2).split("/")) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}
