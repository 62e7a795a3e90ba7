import { isObject, isPresent } from "../../json.ts";
import type { Turn } from "../turn.ts";

/**
 * `service_tier`, and the notes on what has no counterpart here. `keepsEdit` is true for edits of
 * the context that the mode sends by itself.
 */
export function serviceFields(
  { request, profile, losses }: Turn,
  keepsEdit: (type: string) => boolean = () => false,
): Record<string, unknown> {
  if (request.speed === "fast") losses.warn("speed", "fast mode");
  if (isPresent(request.inference_geo)) losses.warn("inference_geo", "choosing a region");
  if (isPresent(request.container)) losses.reject("container", "a container");
  if (Array.isArray(request.mcp_servers) && request.mcp_servers.length > 0) {
    losses.reject("mcp_servers", "running MCP servers");
  }
  if (isPresent(request.thread)) losses.reject("thread", "continuing a thread");
  noteContextEdits(request.context_management, losses, keepsEdit);
  if (isPresent(request.fallbacks)) losses.warn("fallbacks", "fallback models");
  return profile.service_tier && request.service_tier === "standard_only"
    ? { service_tier: "default" }
    : {};
}

function noteContextEdits(
  management: unknown,
  losses: Turn["losses"],
  keepsEdit: (type: string) => boolean,
): void {
  if (!isObject(management) || !Array.isArray(management.edits)) return;
  management.edits.forEach((edit: unknown, at) => {
    const type = isObject(edit) ? String(edit.type) : "";
    // Other models do not keep Claude's thinking, so there is nothing to clear.
    if (type.startsWith("clear_thinking_") || keepsEdit(type)) return;
    losses.warn(`context_management.edits.${at}`, "editing the context");
  });
}
