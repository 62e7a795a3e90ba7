import { isObject, type JsonObject } from "../../json.ts";
import { looksAround } from "./schema_steps.ts";

/** Levels of objects, properties and enum members that OpenAI's strict mode allows. */
const MAX_LEVELS = 10;
const MAX_PROPERTIES = 5000;
const MAX_ENUM = 1000;

/** Every keyword that strict mode accepts; a list of the refused ones would age. */
const STRICT_KEYWORDS: ReadonlySet<string> = new Set([
  "$defs",
  "$ref",
  "additionalProperties",
  "anyOf",
  "const",
  "definitions",
  "description",
  "enum",
  "exclusiveMaximum",
  "exclusiveMinimum",
  "format",
  "items",
  "maxItems",
  "maximum",
  "minItems",
  "minimum",
  "multipleOf",
  "pattern",
  "properties",
  "required",
  "title",
  "type",
]);

const STRICT_FORMATS: ReadonlySet<unknown> = new Set([
  undefined,
  "date",
  "date-time",
  "duration",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "time",
  "uuid",
]);

/**
 * True if OpenAI's strict mode surely accepts the schema: every object is closed and requires all
 * of its properties, and only keywords occur that strict mode knows.
 *
 * @see {@link https://platform.openai.com/docs/guides/structured-outputs#supported-schemas}
 */
export function isStrictLegal(schema: JsonObject): boolean {
  const count = { properties: 0 };
  return schema.type === "object" && schema.anyOf === undefined && isLegal(schema, 0, count);
}

function isLegal(schema: unknown, level: number, count: { properties: number }): boolean {
  if (!isObject(schema) || level > MAX_LEVELS) return false;
  if (!Object.keys(schema).every((key) => STRICT_KEYWORDS.has(key))) return false;
  if (!STRICT_FORMATS.has(schema.format) || looksAround(schema.pattern)) return false;
  if (Array.isArray(schema.enum) && schema.enum.length > MAX_ENUM) return false;
  if (!saysSomething(schema) || !isClosed(schema, count)) return false;
  const members = [
    ...Object.values(mapOf(schema.$defs)),
    ...Object.values(mapOf(schema.definitions)),
    ...Object.values(mapOf(schema.properties)),
    ...(Array.isArray(schema.anyOf) ? schema.anyOf : []),
    ...(schema.items === undefined ? [] : [schema.items]),
  ];
  return members.every((member) => isLegal(member, level + 1, count));
}

/** Strict mode wants every schema to name a type, a list of values, a choice or a reference. */
function saysSomething(schema: JsonObject): boolean {
  const says = ["type", "anyOf", "$ref", "enum", "const"].some((key) => schema[key] !== undefined);
  return says && !(names(schema.type, "array") && schema.items === undefined);
}

function isClosed(schema: JsonObject, count: { properties: number }): boolean {
  if (!names(schema.type, "object") && schema.properties === undefined) return true;
  const properties = Object.keys(mapOf(schema.properties));
  count.properties += properties.length;
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  return schema.additionalProperties === false && count.properties <= MAX_PROPERTIES &&
    properties.every((name) => required.has(name));
}

/** True if `type` is that type, or a list that has it. */
function names(type: unknown, wanted: string): boolean {
  return type === wanted || (Array.isArray(type) && type.includes(wanted));
}

function mapOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
