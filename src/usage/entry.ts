import { isObject, tryParseJson } from "../json.ts";

/** One request in the usage file, as its line spells it; no prompt, no answer and no key is in it. */
export interface UsageEntry {
  /** When it ended, in RFC 3339, UTC. */
  readonly time: string;
  readonly request_id: string;
  /** The target that answered, or the one that was asked last. */
  readonly target: string;
  /** The model that went upstream. */
  readonly model?: string | undefined;
  /** The model that the client named. */
  readonly asked_model?: string | undefined;
  /** Name of the key that called. */
  readonly key?: string | undefined;
  /** The status that the client got; 200 of a stream, however it ended. */
  readonly status: number;
  /** Anthropic's type of what went wrong. */
  readonly error?: string | undefined;
  readonly stream: boolean;
  /** Without those that were read from a cache or written to one. */
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_tokens: number;
  readonly cache_creation_tokens: number;
  readonly duration_ms: number;
}

/** The four counts of tokens, in the order in which they are shown. */
export const TOKEN_KINDS = [
  "input_tokens",
  "output_tokens",
  "cache_read_tokens",
  "cache_creation_tokens",
] as const;

/** One of them. */
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** What a report needs of a line. */
export interface ReadEntry extends Readonly<Record<TokenKind, number>> {
  /** Milliseconds since 1970. */
  readonly endedAt: number;
  readonly target: string;
  readonly model: string;
  readonly key: string;
  readonly failed: boolean;
}

/** The entry of a line; undefined where the line is torn or none of ours. */
export function parseEntry(line: string): ReadEntry | undefined {
  const value = tryParseJson(line);
  if (!isObject(value) || typeof value.target !== "string") return undefined;
  const endedAt = Date.parse(String(value.time));
  if (Number.isNaN(endedAt)) return undefined;
  const tokens = (kind: TokenKind) => typeof value[kind] === "number" ? value[kind] : 0;
  return {
    endedAt,
    target: value.target,
    model: textOf(value.model),
    key: textOf(value.key),
    failed: value.error !== undefined || Number(value.status) >= 400,
    input_tokens: tokens("input_tokens"),
    output_tokens: tokens("output_tokens"),
    cache_read_tokens: tokens("cache_read_tokens"),
    cache_creation_tokens: tokens("cache_creation_tokens"),
  };
}

/** Empty where nothing is known. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
