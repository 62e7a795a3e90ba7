import type { ToolChoice, ToolParam } from "../../anthropic/request.ts";
import { InvalidRequestError } from "../../errors.ts";
import { isObject, type JsonObject, nonEmptyString } from "../../json.ts";
import type { Turn } from "../turn.ts";
import { compileGlobs } from "../../profiles/glob.ts";
import { expandTool, type ToolKind, toolKind } from "./anthropic_tools.ts";
import { currentTools, type DeclaredTool, loadedTools } from "./tool_changes.ts";

/** A function that the upstream is offered, under the client's name. */
export interface SelectedTool {
  readonly name: string;
  /** Undefined where the client gave none, or an empty one. */
  readonly description: string | undefined;
  /** An object schema, not cleaned yet. */
  readonly schema: JsonObject;
  readonly strict: boolean;
  /** Where the client declared it, such as `tools.3`. */
  readonly path: string;
  /** What the client declared. */
  readonly param: ToolParam;
}

/** How the upstream may use the tools. */
export type SelectedChoice =
  | { readonly type: "auto" | "any" | "none" | "web_search" }
  | { readonly type: "tool"; readonly name: string };

/** The tools of a turn. */
export interface ToolSet {
  /** In the client's order, which a prompt cache depends on. */
  readonly tools: readonly SelectedTool[];
  /** The web search tool, where the upstream has a search of its own. */
  readonly webSearch: ToolParam | undefined;
  /** Anthropic-defined tools that the model itself knows; they are sent as they are. */
  readonly native: readonly ToolParam[];
  /** Undefined if the client said nothing, or nothing is left to choose from. */
  readonly choice: SelectedChoice | undefined;
  /** What the client said about parallel calls; undefined if nothing. */
  readonly parallel: boolean | undefined;
}

/** Kinds that become functions. */
const FUNCTIONS: ReadonlySet<ToolKind> = new Set(["custom", "expandable"]);

/** Longest text that examples of a tool's input add to its description. */
const MAX_EXAMPLES_BYTES = 1024;

/**
 * Picks the tools that are really sent, and reports those that are not.
 *
 * A tool that cannot be sent is dropped only while others remain and nothing forces it: a model
 * that was promised a search and has none makes its results up.
 *
 * @throws {InvalidRequestError} If `tool_choice` names a tool that is not declared.
 * @throws {UnsupportedFeatureError} If the request depends on a tool that cannot be sent.
 */
export function selectTools(turn: Turn): ToolSet {
  const declared = currentTools(turn.request);
  const wanted = requestedChoice(turn.request.tool_choice);
  const forced = wanted?.type === "tool" ? wanted.name : undefined;
  if (forced !== undefined && !declared.some(({ tool }) => tool.name === forced)) {
    throw new InvalidRequestError(`tool_choice.name: Tool '${forced}' not found in provided tools`);
  }
  const { usable, native, webSearch } = new Selection(turn, forced).sort(declared);
  const loaded = withoutDeferred(turn, usable, { declared, forced });
  const tools = capped(turn, loaded, forced).map(selectedTool);
  const parallel = turn.request.tool_choice?.disable_parallel_tool_use;
  return {
    tools,
    webSearch: webSearch?.tool,
    native,
    choice: chosen(wanted, { tools, native, webSearch: webSearch?.tool }),
    parallel: typeof parallel === "boolean" ? !parallel : undefined,
  };
}

/** Sorts declared tools into those that can be sent and those that cannot. */
class Selection {
  readonly #turn: Turn;
  readonly #forced: string | undefined;

  constructor(turn: Turn, forced: string | undefined) {
    this.#turn = turn;
    this.#forced = forced;
  }

  sort(declared: readonly DeclaredTool[]): {
    readonly usable: readonly DeclaredTool[];
    readonly native: readonly ToolParam[];
    readonly webSearch: DeclaredTool | undefined;
  } {
    const usable: DeclaredTool[] = [];
    const native: ToolParam[] = [];
    const dropped: { readonly entry: DeclaredTool; readonly what: string }[] = [];
    let webSearch: DeclaredTool | undefined;
    for (const entry of this.#turn.profile.tools ? declared : this.#withoutFunctions(declared)) {
      const kind = toolKind(entry.tool);
      if (kind === "trained" && isNative(entry.tool, this.#turn)) {
        native.push(entry.tool);
        continue;
      }
      const what = this.#obstacle(entry, kind);
      if (what !== undefined) dropped.push({ entry, what });
      else if (kind === "web_search") webSearch ??= entry;
      else if (kind !== "tool_search") usable.push(entry);
    }
    const none = usable.length + native.length === 0 && !webSearch &&
      this.#turn.request.tool_choice?.type !== "none";
    for (const { entry, what } of dropped) {
      if (none || this.#isForced(entry)) this.#turn.losses.reject(entry.path, what);
      this.#turn.losses.warn(entry.path, what);
    }
    if (webSearch) this.#reportLimits(webSearch);
    return { usable, native, webSearch };
  }

  /** Why a tool cannot be sent, in words; undefined if it can. */
  #obstacle(entry: DeclaredTool, kind: ToolKind): string | undefined {
    const what = `tool type '${entry.tool.type}'`;
    switch (kind) {
      case "trained":
        return this.#turn.losses.reject(entry.path, what);
      case "server":
        return what;
      case "web_search":
        return this.#turn.profile.web_search === "none" ? what : undefined;
      case "tool_search":
        // Deferred tools are sent at once, so that nothing is left to search for.
        return this.#isForced(entry) ? what : undefined;
      default:
        return isDirect(entry.tool) ? undefined : "a tool that only code execution may call";
    }
  }

  /** What is left for a model that cannot call functions, which is a loss but no broken promise. */
  #withoutFunctions(declared: readonly DeclaredTool[]): readonly DeclaredTool[] {
    const { losses, request } = this.#turn;
    const left = declared.filter(({ tool }) => !FUNCTIONS.has(toolKind(tool)));
    if (left.length === declared.length) return left;
    const { type } = request.tool_choice ?? {};
    if (type === "any" || type === "tool") losses.reject("tool_choice", "tool calling");
    losses.warn("tools", "tool calling");
    return left;
  }

  #isForced({ tool }: DeclaredTool): boolean {
    return this.#forced !== undefined && tool.name === this.#forced;
  }

  #reportLimits({ tool, path }: DeclaredTool): void {
    if (tool.max_uses === undefined || tool.max_uses === null) return;
    this.#turn.losses.warn(`${path}.max_uses`, "a limit on searches");
  }
}

/** True for a tool that the model was trained on, where the client sends the tool's own beta. */
function isNative({ type }: ToolParam, { betas, profile }: Turn): boolean {
  const date = /_(\d{4})(\d{2})(\d{2})$/.exec(type ?? "");
  if (!date || !compileGlobs(profile.native_tools)(type ?? "")) return false;
  const beta = `computer-use-${date.slice(1).join("-")}`;
  return betas.includes(beta) && compileGlobs(profile.betas)(beta);
}

/** True unless only a sandbox that does not exist here may call the tool. */
function isDirect({ allowed_callers: callers }: ToolParam): boolean {
  return !Array.isArray(callers) || callers.length === 0 || callers.includes("direct");
}

/** The tools that are loaded by now; all of them where nothing could load the others. */
function withoutDeferred(
  { request }: Turn,
  usable: readonly DeclaredTool[],
  { declared, forced }: { declared: readonly DeclaredTool[]; forced: string | undefined },
): readonly DeclaredTool[] {
  const isDeferred = ({ tool }: DeclaredTool) => tool.defer_loading === true;
  const everything = usable.every(isDeferred) || !usable.some(isDeferred) ||
    declared.some(({ tool }) => toolKind(tool) === "tool_search");
  if (everything) return usable;
  const loaded = loadedTools(request);
  return usable.filter((entry) =>
    !isDeferred(entry) || loaded.has(entry.tool.name) || entry.tool.name === forced
  );
}

/** At most `max_tools`: first go deferred tools that were never used, then the last ones. */
function capped(
  { request, profile, losses }: Turn,
  usable: readonly DeclaredTool[],
  forced: string | undefined,
): readonly DeclaredTool[] {
  const max = profile.max_tools;
  if (max === null || usable.length <= max) return usable;
  const loaded = loadedTools(request);
  const rank = ({ tool }: DeclaredTool): number => {
    if (tool.name === forced) return 0;
    if (tool.defer_loading !== true) return 1;
    return loaded.has(tool.name) ? 2 : 3;
  };
  const kept = new Set(usable.toSorted((a, b) => rank(a) - rank(b)).slice(0, max));
  losses.warn("tools", `more than ${max} tools`);
  return usable.filter((entry) => kept.has(entry));
}

function selectedTool({ tool, path }: DeclaredTool): SelectedTool {
  const expanded = expandTool(tool);
  const description = nonEmptyString(tool.description) ?? expanded?.description;
  return {
    name: tool.name,
    description: withExamples(description, tool.input_examples),
    schema: objectSchema(tool.input_schema ?? expanded?.schema ?? {}),
    strict: tool.strict === true,
    path,
    param: tool,
  };
}

function objectSchema(schema: JsonObject): JsonObject {
  return schema.type === undefined ? { type: "object", ...schema } : schema;
}

/** The description, and as many of the examples as stay within their limit. */
function withExamples(description: string | undefined, examples: unknown): string | undefined {
  if (!Array.isArray(examples)) return description;
  let added = "";
  for (const example of examples) {
    const line = `\nExample input: ${JSON.stringify(example)}`;
    if (new TextEncoder().encode(added + line).length <= MAX_EXAMPLES_BYTES) added += line;
  }
  return added === "" ? description : `${description ?? ""}${added}`.trimStart();
}

function requestedChoice(choice: ToolChoice | null | undefined): SelectedChoice | undefined {
  if (!isObject(choice)) return undefined;
  const { type, name } = choice;
  if (type === "tool") return { type, name: name ?? "" };
  return type === "auto" || type === "any" || type === "none" ? { type } : undefined;
}

/** The choice as it applies to what is sent. */
function chosen(
  wanted: SelectedChoice | undefined,
  { tools, native, webSearch }: Pick<ToolSet, "tools" | "native" | "webSearch">,
): SelectedChoice | undefined {
  if (wanted?.type === "tool" && wanted.name === webSearch?.name) return { type: "web_search" };
  return tools.length + native.length === 0 && !webSearch ? undefined : wanted;
}
