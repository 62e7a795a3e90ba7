import { claudeCodeTurn } from "../tests/support/claude_code_turn.ts";

/** What is asked for. */
export interface Ask {
  readonly body: "small" | "agent" | "large";
  /** Events with text that the upstream shall answer with. */
  readonly events: number;
  /** Milliseconds between them; 0 sends all at once. */
  readonly paceMs: number;
  /** One chunk of HTTP for all events, as a proxy in between may make it; else one for each. */
  readonly packed?: boolean | undefined;
}

/** How the upstream shall answer. */
export type Answer = Omit<Ask, "body">;

/** Rounds of tool calls that make a conversation of 5 MB. */
const LARGE_ROUNDS = 1_030;

/**
 * The Messages request of an ask, as JSON.
 *
 * How the upstream shall answer stands in the first message, in words that every gateway hands on.
 */
export function requestBody({ body, events, paceMs, packed = false }: Ask): string {
  const text = `Count. bench:events=${events},pace=${paceMs},packed=${packed}`;
  const order = { role: "user" as const, content: [{ type: "text" as const, text }] };
  if (body === "small") {
    return JSON.stringify({ model: "bench", max_tokens: 4096, stream: true, messages: [order] });
  }
  const turn = claudeCodeTurn(body === "large" ? { rounds: LARGE_ROUNDS } : {});
  const [first, ...rest] = turn.messages;
  const content = Array.isArray(first?.content) ? first.content : [];
  return JSON.stringify({
    ...turn,
    model: "bench",
    messages: [{ ...order, content: [...order.content, ...content] }, ...rest],
  });
}

/** Finds in a request, translated or not, how it wants to be answered. */
export function readAnswer(body: string): Answer | undefined {
  const match = /bench:events=(\d+),pace=(\d+),packed=(true|false)/.exec(body);
  return match
    ? { events: Number(match[1]), paceMs: Number(match[2]), packed: match[3] === "true" }
    : undefined;
}

/** Milliseconds of an hour: a pace at which a stream just stays open. */
export const HOLD_MS = 3_600_000;

/** What is written before the time at which a paced event was sent, in its text. */
export const STAMP = "@";

/** Now, in milliseconds since 1970 with a fraction: to compare times of two processes. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
