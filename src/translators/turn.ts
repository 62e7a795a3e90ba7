import type { MessagesRequest } from "../anthropic/request.ts";
import type { Profile, Quirks } from "../profiles/schema.ts";
import { type Target, upstreamModel } from "../target.ts";
import { ToolNames } from "./common/tool_names.ts";
import { Losses } from "./losses.ts";

/** One request on its way to one target: what the translation needs on both ways. */
export interface Turn {
  readonly request: MessagesRequest;
  readonly target: Target;
  /** The model name that goes upstream. */
  readonly model: string;
  /** The model's quirks, with what was learned at run time on top. */
  readonly profile: Profile;
  readonly losses: Losses;
  /** Filled by the request's translation, read by the answer's. */
  readonly toolNames: ToolNames;
  /** True if the client wants reasoning kept but not shown. */
  readonly hideThinking: boolean;
  /** Session the client names in `x-claude-code-session-id`; undefined if it names none. */
  readonly session: string | undefined;
  /** Flags of the client's `anthropic-beta`. */
  readonly betas: readonly string[];
  /** The target's key for this request; undefined if it needs none. */
  readonly apiKey: string | undefined;
  /** Notes something odd about the answer, for the operator's log. */
  readonly warn: (message: string) => void;
}

/** What a turn takes besides the request and its target. */
export interface TurnOptions {
  readonly session?: string | undefined;
  readonly betas?: readonly string[];
  /** One of the target's keys; by default the first. */
  readonly apiKey?: string | undefined;
  readonly learned?: Quirks | undefined;
  readonly warn?: (message: string) => void;
}

/** Begins a turn: picks the upstream model and its profile. */
export function createTurn(
  request: MessagesRequest,
  target: Target,
  { session, betas = [], learned, apiKey = target.apiKeys[0], warn = () => {} }: TurnOptions = {},
): Turn {
  const model = upstreamModel(target, request.model);
  const known = target.profileFor(model);
  const profile = learned ? { ...known, ...(learned as Partial<Profile>) } : known;
  return {
    request,
    target,
    model,
    profile,
    losses: new Losses(target.onLoss, `target '${target.name}' (${target.mode})`),
    toolNames: new ToolNames(profile.tool_name_max),
    hideThinking: request.thinking?.display === "omitted" ||
      request.thinking?.display === "updates",
    session,
    betas,
    apiKey,
    warn,
  };
}
