import { isObject, type JsonObject } from "../../json.ts";
import { compileGlobs } from "../../profiles/glob.ts";
import type { Turn } from "../turn.ts";

/** Top-level fields that only a beta flag makes valid: they go together or not at all. */
const FIELD_OF_BETA: readonly (readonly [beta: string, field: string])[] = [
  ["context-management-2025-06-27", "context_management"],
  ["mcp-client-2025-11-20", "mcp_servers"],
  ["fast-mode-2026-02-01", "speed"],
];

/** The value of `anthropic-beta` without the flags that the upstream refuses; null if none stays. */
export function keptBetas(value: string, dropped: readonly string[]): string | null {
  if (dropped.length === 0) return value;
  const isDropped = compileGlobs(dropped);
  const flags = value.split(",").map((flag) => flag.trim()).filter((flag) => flag !== "");
  const kept = flags.filter((flag) => !isDropped(flag));
  if (kept.length === flags.length) return value;
  return kept.length > 0 ? kept.join(",") : null;
}

/** The fields of the request that must go because their beta flag does, as undefined members. */
export function betaFields({ profile, losses }: Turn, request: JsonObject): JsonObject {
  const fields: Record<string, undefined> = {};
  if (profile.drop_betas.length === 0) return fields;
  const isDropped = compileGlobs(profile.drop_betas);
  for (const [beta, field] of FIELD_OF_BETA) {
    if (request[field] === undefined || !isDropped(beta)) continue;
    if (!isHint(field, request[field])) losses.warn(field, `'${field}' (beta ${beta})`);
    fields[field] = undefined;
  }
  return fields;
}

/** True for what Claude Code sends always: other models keep no thinking that could be cleared. */
function isHint(field: string, value: unknown): boolean {
  if (field !== "context_management" || !isObject(value) || !Array.isArray(value.edits)) {
    return false;
  }
  return value.edits.every((edit: unknown) =>
    isObject(edit) && String(edit.type).startsWith("clear_thinking_")
  );
}
