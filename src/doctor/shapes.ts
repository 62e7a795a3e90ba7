import type { Shape } from "./shape.ts";
import { EDGES } from "./shapes/edges.ts";
import { MEDIA } from "./shapes/media.ts";
import { TALK } from "./shapes/talk.ts";
import { THINKING } from "./shapes/thinking.ts";
import { TOOLS } from "./shapes/tools.ts";

/** Every shape, in the order it is sent. */
export const SHAPES: readonly Shape[] = [...TALK, ...TOOLS, ...MEDIA, ...THINKING, ...EDGES];

/** The shapes of these names and those they need; the names that are none. */
export function pickShapes(
  names: readonly string[],
): { readonly shapes: readonly Shape[]; readonly unknown: readonly string[] } {
  const needed = SHAPES.filter(({ name }) => names.includes(name)).map(({ needs }) => needs);
  const wanted = new Set([...names, ...needed]);
  return {
    shapes: SHAPES.filter(({ name }) => wanted.has(name)),
    unknown: names.filter((name) => !SHAPES.some((shape) => shape.name === name)),
  };
}

/** What sending shapes takes, at most and about. */
export interface Cost {
  readonly requests: number;
  /** A guess: models count differently. */
  readonly inputTokens: number;
  readonly maxOutputTokens: number;
}

const CHARS_PER_TOKEN = 4;

/** What an earlier turn adds to the one behind it. */
const EARLIER_TOKENS = 500;

/** About what it costs to send shapes, refusals that are asked again aside. */
export function costOf(shapes: readonly Shape[]): Cost {
  const inputTokens = shapes.reduce(
    (sum, { body, needs }) =>
      sum + JSON.stringify(body).length / CHARS_PER_TOKEN + (needs ? EARLIER_TOKENS : 0),
    0,
  );
  const maxOutputTokens = shapes.reduce(
    (sum, { body: { max_tokens: limit } }) => sum + (typeof limit === "number" ? limit : 0),
    0,
  );
  return { requests: shapes.length, inputTokens: Math.round(inputTokens), maxOutputTokens };
}
