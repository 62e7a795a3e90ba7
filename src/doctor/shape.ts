import type { JsonObject } from "../json.ts";
import type { Quirks } from "../profiles/schema.ts";
import type { Target } from "../target.ts";
import type { Answer } from "./answer.ts";

/** How a shape fared. */
export type Result = "pass" | "degraded" | "failed" | "skipped";

/** What was seen in an answer. */
export interface Verdict {
  readonly result: Result;
  /** A few words, for the table. */
  readonly note: string;
  /** Quirks that may mend just this; each is tried. */
  readonly cures?: readonly Quirks[];
}

/** Quirks that may mend a refusal. */
export interface Cure {
  readonly quirks: Quirks;
  /** What the refusal must say, such as `400 no tools here`; any by default. */
  readonly when?: RegExp;
}

/** The answers of shapes that were sent before, by name. */
export type Earlier = (name: string) => Answer | undefined;

/** One kind of request that clients send, and how to tell that it works. */
export interface Shape {
  readonly name: string;
  /** Body of the request, without `model`; it is streamed unless it says otherwise. */
  readonly body: JsonObject;
  /** Messages that build on earlier answers; a text says why there is nothing to send. */
  readonly messages?: (earlier: Earlier) => readonly JsonObject[] | string;
  /** The shape whose answer `messages` builds on. */
  readonly needs?: string;
  /** `/v1/messages` by default. */
  readonly path?: "/v1/messages" | "/v1/messages/count_tokens";
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to a changed target; a text says why there is nothing to send. */
  readonly target?: (target: Target) => Target | string;
  /** The client leaves after the first piece of content. */
  readonly leaves?: boolean;
  /** An error is what should come; `check` judges it. */
  readonly wantsError?: boolean;
  /** If this cannot be answered, for a reason that is not its shape, nothing can. */
  readonly isVital?: boolean;
  readonly check: (answer: Answer) => Verdict;
  readonly cures?: readonly Cure[];
}

/** It works. */
export function pass(note: string): Verdict {
  return { result: "pass", note };
}

/** It is answered, but not as asked. */
export function degraded(note: string, cures: readonly Quirks[] = []): Verdict {
  return { result: "degraded", note, cures };
}

/** It does not work. */
export function failed(note: string, cures: readonly Quirks[] = []): Verdict {
  return { result: "failed", note, cures };
}

/** A message of the user. */
export function user(content: string | readonly JsonObject[]): JsonObject {
  return { role: "user", content };
}

/** A few words of an answer, for the table. */
export function excerpt(text: string): string {
  return `"${shortened(text.replaceAll(/\s+/g, " ").trim())}"`;
}

/** Longest text in a cell of the table. */
const MAX_CELL = 60;

/** The text's beginning, as much as a cell of the table takes. */
export function shortened(text: string): string {
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 1)}…` : text;
}
