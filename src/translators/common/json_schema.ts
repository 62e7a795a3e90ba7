import { isObject, type JsonObject } from "../../json.ts";
import { objectRoot, SCHEMA_RULES, type SchemaRule, without } from "./schema_steps.ts";

/** Deeper subtrees are left as they are. */
const MAX_DEPTH = 64;

/** Nodes that inlining may produce; references to references can multiply without bound. */
const MAX_INLINED = 10_000;

/** Steps that drop keywords of their own. */
const DROPPING: Readonly<Record<string, readonly string[]>> = {
  "drop_$schema": ["$schema", "$id", "$comment"],
  inline_refs: ["$defs", "definitions"],
};

/** Keywords whose value is one schema, or for `items` a list of them. */
const SCHEMA_KEYWORDS: ReadonlySet<string> = new Set([
  "additionalItems",
  "additionalProperties",
  "contains",
  "contentSchema",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
  "allOf",
  "anyOf",
  "oneOf",
  "prefixItems",
]);

/** Keywords whose value maps names of the user's choice to schemas. */
const MAP_KEYWORDS: ReadonlySet<string> = new Set([
  "$defs",
  "definitions",
  "dependencies",
  "dependentSchemas",
  "patternProperties",
  "properties",
]);

/** True if `step` is a cleaning step that {@link cleanSchema} knows. */
export function isSchemaStep(step: string): boolean {
  return Object.hasOwn(DROPPING, step) || SCHEMA_RULES.has(step) || step === "force_object_root" ||
    /^(?:drop_keywords|keep_formats):./.test(step);
}

/**
 * The schema as the steps of `profile.schema` want it, or the schema itself where they change
 * nothing. Only schema positions are touched, never property names or values such as `default`.
 */
export function cleanSchema(schema: JsonObject, steps: readonly string[]): JsonObject {
  if (steps.length === 0) return schema;
  const cleaned = new Cleaner(schema, planOf(steps)).clean(schema, 0);
  const root = isObject(cleaned) ? cleaned : {};
  return steps.includes("force_object_root") ? objectRoot(root) : root;
}

/** What a list of steps asks for. */
interface CleaningPlan {
  readonly dropped: ReadonlySet<string>;
  readonly rules: readonly SchemaRule[];
  readonly inline: boolean;
}

/** Plans by the list of a profile, which lives as long as the profile. */
const plans = new WeakMap<readonly string[], CleaningPlan>();

function planOf(steps: readonly string[]): CleaningPlan {
  let plan = plans.get(steps);
  if (!plan) {
    plan = readSteps(steps);
    plans.set(steps, plan);
  }
  return plan;
}

function readSteps(steps: readonly string[]): CleaningPlan {
  const dropped = steps.flatMap((step) => DROPPING[step] ?? argument(step, "drop_keywords"));
  const rules = [...SCHEMA_RULES].filter(([step]) => steps.includes(step)).map(([, rule]) => rule);
  const formats = steps.filter((step) => step.startsWith("keep_formats:"))
    .flatMap((step) => argument(step, "keep_formats"));
  return {
    dropped: new Set(dropped),
    rules: formats.length > 0 ? [...rules, keepFormats(new Set(formats))] : rules,
    inline: steps.includes("inline_refs"),
  };
}

/** Walks one schema, copying only what changes. */
class Cleaner {
  readonly #root: JsonObject;
  readonly #plan: CleaningPlan;
  /** References that are being inlined just now; meeting one again is a cycle. */
  readonly #open = new Set<string>(["#"]);
  #inlined = 0;

  constructor(root: JsonObject, plan: CleaningPlan) {
    this.#root = root;
    this.#plan = plan;
  }

  clean(schema: unknown, depth: number): unknown {
    if (!isObject(schema) || depth > MAX_DEPTH) return schema;
    if (this.#plan.inline && typeof schema.$ref === "string") {
      return this.#inlineRef(schema, schema.$ref, depth);
    }
    if (this.#open.size > 1) this.#inlined++;
    const cleaned = this.#children(this.#withoutDropped(schema), depth);
    return this.#plan.rules.reduce((node, rule) => rule(node), cleaned);
  }

  #withoutDropped(schema: JsonObject): JsonObject {
    const { dropped } = this.#plan;
    for (const keyword of dropped) {
      if (Object.hasOwn(schema, keyword)) return without(schema, ...dropped);
    }
    return schema;
  }

  #children(schema: JsonObject, depth: number): JsonObject {
    return mapChanged(schema, (value, key) => {
      if (typeof value !== "object") return value;
      if (MAP_KEYWORDS.has(key) && isObject(value)) {
        return mapChanged(value, (member) => this.clean(member, depth + 1));
      }
      if (!SCHEMA_KEYWORDS.has(key)) return value;
      return Array.isArray(value) ? this.#list(value, depth) : this.clean(value, depth + 1);
    });
  }

  #list(schemas: readonly unknown[], depth: number): readonly unknown[] {
    const cleaned = schemas.map((schema) => this.clean(schema, depth + 1));
    return cleaned.some((schema, index) => schema !== schemas[index]) ? cleaned : schemas;
  }

  /** The schema behind a local reference, with what stands beside it; `{}` for any other. */
  #inlineRef(schema: JsonObject, ref: string, depth: number): unknown {
    const beside = without(schema, "$ref");
    const found = this.#open.has(ref) || this.#inlined > MAX_INLINED
      ? undefined
      : resolve(this.#root, ref);
    if (!isObject(found)) return this.clean(beside, depth);
    this.#open.add(ref);
    const inlined = this.clean({ ...found, ...beside }, depth + 1);
    this.#open.delete(ref);
    return inlined;
  }
}

/** The object with every value mapped, or the object itself if no value changes. */
function mapChanged(
  object: JsonObject,
  map: (value: unknown, key: string) => unknown,
): JsonObject {
  let changed: Map<string, unknown> | undefined;
  const keys = Object.keys(object);
  for (const key of keys) {
    const mapped = map(object[key], key);
    if (mapped !== object[key]) (changed ??= new Map()).set(key, mapped);
  }
  if (!changed) return object;
  // fromEntries defines properties, so that a key `__proto__` stays a key.
  return Object.fromEntries(
    keys.map((key) => [key, changed.has(key) ? changed.get(key) : object[key]]),
  );
}

/** What a JSON pointer such as `#/$defs/node` points at. */
function resolve(root: JsonObject, ref: string): unknown {
  if (!ref.startsWith("#/")) return undefined;
  let node: unknown = root;
  for (const part of ref.slice(2).split("/")) {
    const key = decodePointer(part);
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, key)) return undefined;
    node = (node as JsonObject)[key];
  }
  return node;
}

function decodePointer(part: string): string {
  const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** The names behind `step:` when the entry is that step. */
function argument(entry: string, step: string): readonly string[] {
  if (!entry.startsWith(`${step}:`)) return [];
  return entry.slice(step.length + 1).split(",").map((name) => name.trim());
}

function keepFormats(formats: ReadonlySet<string>): SchemaRule {
  return (schema) =>
    typeof schema.format === "string" && !formats.has(schema.format)
      ? without(schema, "format")
      : schema;
}
