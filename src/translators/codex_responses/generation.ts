import { isObject } from "../../json.ts";
import { clampEffort, type Thinking } from "../common/effort.ts";
import type { OutputFormat } from "../common/output_format.ts";
import type { Turn } from "../turn.ts";

/** Fields of a Responses request. */
type Fields = Readonly<Record<string, unknown>>;

/** `reasoning`: how hard the model thinks, and whether it tells about it. */
export function reasoningField(turn: Turn, thinking: Thinking): Fields {
  const { profile, losses } = turn;
  if (profile.effort === "none") return {};
  if (thinking.forced) losses.warn("thinking", "switching thinking off");
  const effort = effortOf(turn, thinking);
  const summary = wantsSummary(turn, thinking) ? { summary: profile.summary } : {};
  const reasoning = { ...(effort === undefined ? {} : { effort }), ...summary };
  return Object.keys(reasoning).length === 0 ? {} : { reasoning };
}

/** What comes back besides the answer: state that the next turn needs, sources of a search. */
export function includeField({ profile }: Turn, { search }: { readonly search: boolean }): Fields {
  const include = [
    ...(profile.reasoning_encrypted ? ["reasoning.encrypted_content"] : []),
    ...(search && profile.web_search_sources ? ["web_search_call.action.sources"] : []),
  ];
  return include.length === 0 ? {} : { include };
}

/** `text`: the form of the answer. */
export function textField(format: OutputFormat | undefined): Fields {
  switch (format?.enforced) {
    case "json_schema": {
      const { schema, strict } = format;
      return { text: { format: { type: "json_schema", name: "response", schema, strict } } };
    }
    case "json_object":
      return { text: { format: { type: "json_object" } } };
    default:
      return {};
  }
}

function effortOf({ profile, request, losses }: Turn, { level }: Thinking): string | undefined {
  switch (level) {
    case "off":
      if (profile.effort_off !== null) return profile.effort_off;
      // Whether this model thinks at all is then unknown, so nothing is lost for certain.
      if (request.thinking?.type === "disabled" && profile.thinking_always) {
        losses.warn("thinking", "switching thinking off");
      }
      return undefined;
    case "default":
      return undefined;
    default:
      return clampEffort(level, profile.efforts, profile.effort_map);
  }
}

function wantsSummary({ profile, request }: Turn, { level, display }: Thinking): boolean {
  return profile.summary !== "none" && level !== "off" && display === "shown" &&
    isObject(request.thinking) && request.thinking.type !== "disabled";
}
