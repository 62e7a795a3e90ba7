/** Tables of the documentation that are made of the source. */
import * as z from "zod";
import { fileSchema } from "../src/config/schema.ts";
import { DURATION_PATTERN, SIZE_PATTERN } from "../src/config/units.ts";
import { isObject } from "../src/json.ts";
import { CATALOG } from "../src/profiles/catalog.ts";
import { MODES } from "../src/translators/registry.ts";

/** Pages with tables in them, from the root of the project. */
export const PAGES: readonly string[] = ["docs/configuration.md", "docs/modes.md"];

type Schema = z.core.JSONSchema.BaseSchema;

/** The tables by name, as Markdown without padding. */
export function tables(): ReadonlyMap<string, string> {
  const root = z.toJSONSchema(fileSchema(), { io: "input", reused: "inline" }) as Schema;
  const { targets, defaults: _, ...rest } = root.properties as Record<string, Schema>;
  const modes = modeSchemas(targets);
  const shared = Object.keys(modes[0]?.schema.properties ?? {}).filter((key) =>
    modes.every(({ schema }) => key in (schema.properties ?? {}))
  );
  const target = pick(modes[0]?.schema, (key) => shared.includes(key));
  const quirks = (target.properties as Record<string, Schema>).quirks;
  return new Map([
    ["keys beside the targets", keyTable(keysOf(pickAll(rest)))],
    ["keys of a target", keyTable(keysOf(target, { without: ["quirks"] }))],
    ["keys of one mode", ownKeys(modes, shared)],
    ["quirks", keyTable(keysOf(quirks))],
    ["providers", providerTable()],
  ]);
}

/**
 * A page with its tables filled in: what stands between `<!-- table: NAME -->` and `<!-- end -->`.
 *
 * @throws {Error} If the page asks for a table that there is not.
 */
export function fillTables(page: string): string {
  const all = tables();
  return page.replaceAll(/(<!-- table: (.+) -->\n)[^]*?(<!-- end -->)/g, (_, open, name, end) => {
    const table = all.get(name);
    if (table === undefined) throw new Error(`Cannot fill in the table "${name}"`);
    return `${open}\n${table}\n\n${end}`;
  });
}

/** A page with all padding of its tables taken out; the formatter puts it in. */
export function withoutPadding(page: string): string {
  return page.replaceAll(/ {2,}/g, " ").replaceAll(/-{3,}/g, "---");
}

interface Key {
  readonly path: string;
  readonly type: string;
  readonly description: string;
}

function modeSchemas(targets: Schema | undefined): { mode: string; schema: Schema }[] {
  const { anyOf } = targets?.additionalProperties as { anyOf: Schema[] };
  return MODES.map((mode, index) => ({ mode, schema: anyOf[index] ?? {} }));
}

function pick(schema: Schema | undefined, wanted: (key: string) => boolean): Schema {
  const properties = Object.entries(schema?.properties ?? {}).filter(([key]) => wanted(key));
  return pickAll(Object.fromEntries(properties) as Record<string, Schema>);
}

function pickAll(properties: Record<string, Schema>): Schema {
  return { type: "object", properties };
}

/** All keys below a schema, those of objects and of lists of objects with their path. */
function keysOf(
  schema: Schema | undefined,
  { prefix = "", without = [] as readonly string[] } = {},
): Key[] {
  return Object.entries((schema?.properties ?? {}) as Record<string, Schema>).flatMap(
    ([name, value]) => {
      const path = `${prefix}${name}`;
      const items = value.items as Schema | undefined;
      const inner = value.properties
        ? keysOf(value, { prefix: `${path}.` })
        : keysOf(items, { prefix: `${path}[].` });
      const own = { path, type: typeOf(name, value), description: value.description ?? "" };
      return inner.length > 0 && !without.includes(name) ? inner : [own];
    },
  );
}

/** The type in a reader's words. */
function typeOf(name: string, schema: Schema): string {
  const { type, enum: values, pattern, anyOf, items, additionalProperties } = schema;
  // Each mode knows its own name only.
  if (name === "api_mode") return "a mode";
  if (anyOf) return [...new Set(anyOf.map((each) => typeOf(name, each as Schema)))].join(" or ");
  if (values) return values.map((value) => `\`${value}\``).join(", ");
  if (pattern === DURATION_PATTERN.source) return "duration";
  if (pattern === SIZE_PATTERN.source) return "size";
  if (type === "array") return `list of ${typeOf(name, items as Schema)}`;
  if (isObject(additionalProperties)) return "map";
  return [type ?? "any"].flat().map((each) => WORDS[each] ?? each).join(" or ");
}

const WORDS: Readonly<Record<string, string>> = {
  boolean: "`true`, `false`",
  integer: "number",
  null: "`null`",
  object: "map",
  string: "text",
};

function keyTable(keys: readonly Key[]): string {
  const rows = keys.map(({ path, type, description }) => [`\`${path}\``, type, description]);
  return markdownTable(["key", "value", "meaning (default)"], rows);
}

function ownKeys(modes: readonly { mode: string; schema: Schema }[], shared: readonly string[]) {
  const rows = modes.flatMap(({ mode, schema }) =>
    keysOf(pick(schema, (key) => !shared.includes(key))).map(({ path, type, description }) => [
      `\`${mode}\``,
      `\`${path}\``,
      type,
      description,
    ])
  );
  return rows.length === 0
    ? "No mode has keys of its own."
    : markdownTable(["mode", "key", "value", "meaning (default)"], rows);
}

function providerTable(): string {
  const rows = MODES.flatMap((mode) =>
    CATALOG.filter(({ modes }) => modes.includes(mode)).map(({ names, hosts, confidence }) => [
      `\`${mode}\``,
      names.map((name) => `\`${name}\``).join(", "),
      hosts.filter((host) => host !== "*").map((host) => `\`${host}\``).join(", ") || "-",
      confidence,
    ])
  );
  return markdownTable(
    ["mode", "`provider`", "recognised by the host", "what is known of it"],
    rows,
  );
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
