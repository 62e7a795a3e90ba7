import type { MessagesRequest, ToolParam } from "../../anthropic/request.ts";
import { isObject } from "../../json.ts";

/** A tool and where the client declared it. */
export interface DeclaredTool {
  readonly tool: ToolParam;
  /** Such as `tools.3`, or `messages.7.content.0.tool.definition`. */
  readonly path: string;
}

/**
 * The tools as they are after the whole conversation: those of `tools`, changed by the
 * `tool_addition` and `tool_removal` blocks of system messages. A tool that comes back keeps its
 * place; a new one goes to the end.
 */
export function currentTools(
  { tools, messages }: Pick<MessagesRequest, "tools" | "messages">,
): readonly DeclaredTool[] {
  const declared = (tools ?? []).map((tool, index) => ({ tool, path: `tools.${index}` }));
  const changes: ToolChange[] = [];
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index];
    if (message?.role !== "system" || !Array.isArray(message.content)) continue;
    changes.push(...changesIn(message.content, `messages.${index}.content`));
  }
  if (changes.length === 0) return declared;
  const removed = new Set<string>();
  const added = new Map<string, DeclaredTool>();
  for (const { name, kind, definition } of changes) {
    if (kind === "tool_removal") removed.add(name);
    else removed.delete(name);
    if (definition) added.set(name, definition);
  }
  const names = new Set(declared.map(({ tool }) => tool.name));
  const all = [
    ...declared.map((entry) => added.get(entry.tool.name) ?? entry),
    ...[...added].filter(([name]) => !names.has(name)).map(([, entry]) => entry),
  ];
  return all.filter(({ tool }) => !removed.has(tool.name));
}

/** Names of tools that the conversation has called, or that a tool search has turned up. */
export function loadedTools({ messages }: Pick<MessagesRequest, "messages">): ReadonlySet<string> {
  const loaded = new Set<string>();
  for (const { content } of messages) if (Array.isArray(content)) collect(content, loaded, 0);
  return loaded;
}

/** References stand in a tool result, or in the list of a server-side search result. */
const MAX_DEPTH = 4;

function collect(blocks: readonly unknown[], loaded: Set<string>, depth: number): void {
  for (const block of blocks) {
    if (!isObject(block)) continue;
    if (block.type === "tool_use") loaded.add(String(block.name));
    else if (block.type === "tool_reference") loaded.add(String(block.tool_name ?? block.name));
    else if (block.type === "tool_addition" && isObject(block.tool)) {
      loaded.add(String(block.tool.name));
    }
    if (depth === MAX_DEPTH) continue;
    for (const part of [block.content, block.tool_references]) {
      if (Array.isArray(part)) collect(part, loaded, depth + 1);
      else if (isObject(part)) collect([part], loaded, depth + 1);
    }
  }
}

interface ToolChange {
  readonly kind: "tool_addition" | "tool_removal";
  readonly name: string;
  /** Only where the tool itself is in the block. */
  readonly definition: DeclaredTool | undefined;
}

function changesIn(content: readonly unknown[], path: string): ToolChange[] {
  return content.flatMap((block, index): ToolChange[] => {
    if (!isObject(block) || !isObject(block.tool)) return [];
    const kind = block.type;
    if (kind !== "tool_addition" && kind !== "tool_removal") return [];
    const { definition, name } = block.tool;
    if (isTool(definition)) {
      const place = `${path}.${index}.tool.definition`;
      return [{ kind, name: definition.name, definition: { tool: definition, path: place } }];
    }
    return typeof name === "string" ? [{ kind, name, definition: undefined }] : [];
  });
}

function isTool(value: unknown): value is ToolParam {
  return isObject(value) && typeof value.name === "string";
}
