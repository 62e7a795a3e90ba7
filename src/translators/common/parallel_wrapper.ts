import { isObject, type JsonObject } from "../../json.ts";
import type { ToolNames } from "./tool_names.ts";

/** Names that models invent to call several tools at once. */
const PARALLEL_WRAPPERS: ReadonlySet<string> = new Set(["parallel", "multi_tool_use.parallel"]);

/** One call inside a wrapper, under the name that the upstream knows. */
export interface ParallelUse {
  readonly name: string;
  readonly input: JsonObject;
}

/** True for the name of a wrapper, unless the client declared a tool of that name. */
export function isParallelWrapper(name: string, names: ToolNames): boolean {
  return PARALLEL_WRAPPERS.has(name) && !names.isKnown(name);
}

/** The calls inside a `parallel` wrapper; undefined where it is none. */
export function parallelUses(input: JsonObject): readonly ParallelUse[] | undefined {
  if (!Array.isArray(input.tool_uses)) return undefined;
  const uses: ParallelUse[] = [];
  for (const use of input.tool_uses as readonly unknown[]) {
    if (!isObject(use) || typeof use.recipient_name !== "string") return undefined;
    uses.push({
      name: use.recipient_name.replace(/^functions\./, ""),
      input: isObject(use.parameters) ? use.parameters : {},
    });
  }
  return uses;
}
