import { isObject, type JsonObject } from "../../json.ts";

/** Changes one schema node, its children being done; returns the node itself if it is fine. */
export type SchemaRule = (schema: JsonObject) => JsonObject;

/** Cleaning steps that look at one node at a time, in the order they are applied. */
export const SCHEMA_RULES: ReadonlyMap<string, SchemaRule> = new Map<string, SchemaRule>([
  ["tuple_items", tupleItems],
  ["all_of_single", mergeSingleAllOf],
  ["no_const", constAsEnum],
  ["no_type_array", singleType],
  ["type_inside_anyOf", typeInsideAnyOf],
  ["enum_strings", enumOfStrings],
  ["no_lookaround", withoutLookaround],
  ["additional_properties_false", closed],
  ["required_all", allRequired],
]);

/** True if a regular expression looks around, which linear-time engines cannot. */
export function looksAround(pattern: unknown): boolean {
  return typeof pattern === "string" && /\(\?(?:[=!]|<)/.test(pattern);
}

/** The schema without one keyword. */
export function without(schema: JsonObject, ...keywords: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keywords.includes(key)));
}

/**
 * A root that is an object with properties: choices between objects become one object with the
 * properties of all, because a wrapper would change what the tool receives.
 */
export function objectRoot(schema: JsonObject): JsonObject {
  const branches = COMBINATORS.flatMap((keyword) => objects(schema[keyword]));
  const hasCombinator = COMBINATORS.some((keyword) => Array.isArray(schema[keyword]));
  const type = Array.isArray(schema.type) && schema.type.includes("object")
    ? "object"
    : schema.type ?? "object";
  if (type !== "object") {
    return { type: "object", properties: { value: schema }, required: ["value"] };
  }
  if (!hasCombinator && schema.type === "object" && isObject(schema.properties)) return schema;
  const properties = mergeProperties([schema, ...branches]);
  const required = new Set([...strings(schema.required), ...requiredByBranches(schema)]);
  const root = { ...without(schema, ...COMBINATORS), type: "object", properties };
  return required.size > 0 ? { ...root, required: [...required] } : root;
}

const COMBINATORS = ["allOf", "anyOf", "oneOf"] as const;

/** What every choice requires, and all that `allOf` requires. */
function requiredByBranches(schema: JsonObject): string[] {
  const all = objects(schema.allOf).flatMap((branch) => strings(branch.required));
  const choices = [schema.anyOf, schema.oneOf].flatMap((branches) => {
    const [first = [], ...rest] = objects(branches).map((branch) => strings(branch.required));
    return first.filter((name) => rest.every((names) => names.includes(name)));
  });
  return [...all, ...choices];
}

function tupleItems(schema: JsonObject): JsonObject {
  if (!Array.isArray(schema.items)) return schema;
  const { items, additionalItems, ...rest } = schema;
  const tuple = { ...rest, prefixItems: items };
  return isObject(additionalItems) ? { ...tuple, items: additionalItems } : tuple;
}

function mergeSingleAllOf(schema: JsonObject): JsonObject {
  const { allOf } = schema;
  if (!Array.isArray(allOf) || allOf.length !== 1) return schema;
  const [only] = allOf;
  if (!isObject(only)) return schema;
  // Annotations of the outer schema are nearer to the use, so that they win.
  const merged: Record<string, unknown> = { ...only, ...without(schema, "allOf") };
  const properties = mergeProperties([schema, only]);
  if (Object.keys(properties).length > 0) merged.properties = properties;
  const required = new Set([...strings(only.required), ...strings(schema.required)]);
  if (required.size > 0) merged.required = [...required];
  return merged;
}

function constAsEnum(schema: JsonObject): JsonObject {
  if (!Object.hasOwn(schema, "const")) return schema;
  return { ...without(schema, "const", "enum"), enum: [schema.const] };
}

/** Keywords that go with a type when several types become several schemas. */
const TYPE_KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  array: ["items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"],
  object: ["properties", "required", "additionalProperties", "minProperties", "maxProperties"],
};

function singleType(schema: JsonObject): JsonObject {
  if (!Array.isArray(schema.type)) return schema;
  const types = [...new Set(strings(schema.type))];
  const named = types.filter((type) => type !== "null");
  const nullable = named.length < types.length ? { nullable: true } : {};
  const [first] = named;
  if (first === undefined) return { ...schema, type: "null" };
  if (named.length === 1) return { ...schema, type: first, ...nullable };
  // A choice that is already there says enough; two cannot stand side by side.
  if (schema.anyOf !== undefined) return { ...without(schema, "type"), ...nullable };
  const moved = named.flatMap((type) => TYPE_KEYWORDS[type] ?? []);
  const anyOf = named.map((type) => {
    const own = (TYPE_KEYWORDS[type] ?? []).filter((keyword) => Object.hasOwn(schema, keyword));
    return { type, ...Object.fromEntries(own.map((keyword) => [keyword, schema[keyword]])) };
  });
  return { ...without(schema, "type", ...moved), anyOf, ...nullable };
}

function typeInsideAnyOf(schema: JsonObject): JsonObject {
  const { type, anyOf } = schema;
  if (type === undefined || !Array.isArray(anyOf)) return schema;
  const members = anyOf.map((member) =>
    isObject(member) && member.type === undefined && member.anyOf === undefined
      ? { type, ...member }
      : member
  );
  return { ...without(schema, "type"), anyOf: members };
}

function enumOfStrings(schema: JsonObject): JsonObject {
  const members = schema.enum;
  if (!Array.isArray(members) || members.every((member) => typeof member === "string")) {
    return schema;
  }
  const values = members.filter((member) => member !== null);
  const texts = values.map((value) => typeof value === "string" ? value : JSON.stringify(value));
  return {
    ...schema,
    // Where every member is a string, any other type would contradict the list.
    ...(schema.type === undefined ? {} : { type: "string" }),
    enum: texts.length > 0 ? [...new Set(texts)] : ["null"],
    ...(values.length < members.length ? { nullable: true } : {}),
  };
}

function withoutLookaround(schema: JsonObject): JsonObject {
  return looksAround(schema.pattern) ? without(schema, "pattern") : schema;
}

function closed(schema: JsonObject): JsonObject {
  const open = (schema.type === "object" || isObject(schema.properties)) &&
    schema.additionalProperties === undefined;
  return open ? { ...schema, additionalProperties: false } : schema;
}

function allRequired(schema: JsonObject): JsonObject {
  if (!isObject(schema.properties)) return schema;
  const names = Object.keys(schema.properties);
  const known = new Set(strings(schema.required));
  return names.every((name) => known.has(name)) ? schema : { ...schema, required: names };
}

/** The properties of all schemas; the first to define one wins. */
function mergeProperties(schemas: readonly JsonObject[]): JsonObject {
  const merged = new Map<string, unknown>();
  for (const { properties } of schemas) {
    if (!isObject(properties)) continue;
    for (const [name, value] of Object.entries(properties)) {
      if (!merged.has(name)) merged.set(name, value);
    }
  }
  return Object.fromEntries(merged);
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
