import { redact } from "../log.ts";
import type { UsageEntry } from "../usage/entry.ts";
import { type EndedRequest, errorTypeOf, type RequestWatcher, targetOf } from "./ended_request.ts";

/** Takes lines for the usage file, each with its line break; returns at once. */
export type AddUsage = (lines: string) => void;

/** Longest name in a line, in UTF-16 units: clients choose models, and a line must stay small. */
const MAX_NAME = 150;

/** Longest beginning of a name that is searched for keys, in UTF-16 units. */
const MAX_READ = 2_000;

/** Has the usage of each request for a message written that reached a target. */
export function watchUsage(add: AddUsage): RequestWatcher {
  return (ended) => {
    const entry = usageOf(ended);
    if (entry) add(JSON.stringify(entry) + "\n");
  };
}

/** What the usage file says of a request; undefined of one that asked no target for a message. */
export function usageOf(ended: EndedRequest): UsageEntry | undefined {
  const { stream, attempts, tokens } = ended;
  const target = targetOf(ended);
  // Only a request for a message is streamed or not: counting tokens is neither.
  if (stream === undefined || !attempts || target === undefined) return undefined;
  return {
    time: new Date(ended.endedAt).toISOString(),
    request_id: ended.requestId,
    target: target.slice(0, MAX_NAME),
    model: name(ended.upstreamModel),
    asked_model: name(ended.model),
    key: ended.keyName?.slice(0, MAX_NAME),
    status: ended.status,
    error: errorTypeOf(ended),
    stream,
    input_tokens: tokens?.input ?? 0,
    output_tokens: tokens?.output ?? 0,
    cache_read_tokens: tokens?.cacheRead ?? 0,
    cache_creation_tokens: tokens?.cacheCreation ?? 0,
    duration_ms: ended.durationMs,
  };
}

/** A client may have put its key where the model belongs; half a key would not be recognised. */
function name(model: string | undefined): string | undefined {
  return model && redact(model.slice(0, MAX_READ)).slice(0, MAX_NAME);
}
