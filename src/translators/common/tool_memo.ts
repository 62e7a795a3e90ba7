import { isKnown } from "../../anthropic/known_tools.ts";
import type { ToolParam } from "../../anthropic/request.ts";
import { lasting } from "../../json.ts";
import type { Profile } from "../../profiles/schema.ts";
import type { Turn } from "../turn.ts";
import type { SelectedTool } from "./tool_set.ts";

/** Writes a tool for an upstream, under the name that it has there; depends on nothing else. */
type WriteTool<Written> = (tool: SelectedTool, name: string, profile: Profile) => Written;

/** Writes the tools of a request, those that come with every request of an agent only once. */
export class ToolMemo<Written extends object> {
  readonly #write: WriteTool<Written>;
  readonly #written = new WeakMap<
    Profile,
    WeakMap<ToolParam, { readonly name: string; readonly tool: Written }>
  >();

  constructor(write: WriteTool<Written>) {
    this.#write = write;
  }

  /** The tool as the upstream gets it; nobody may change it. */
  of(tool: SelectedTool, { request, profile, toolNames }: Turn): Written {
    const name = toolNames.upstream(tool.name);
    if (!isKnown(request.tools)) return this.#write(tool, name, profile);
    let written = this.#written.get(profile);
    if (!written) {
      written = new WeakMap();
      this.#written.set(profile, written);
    }
    const before = written.get(tool.param);
    if (before?.name === name) return before.tool;
    const now = this.#write(tool, name, profile);
    lasting.add(now);
    written.set(tool.param, { name, tool: now });
    return now;
  }
}
