import { isObject, type JsonObject, tryParseJson } from "../../json.ts";
import type { Target } from "../../target.ts";
import { shortHash } from "./hash.ts";

const PREFIX = "sy1.";

/** Longest envelope; clients send every one of them back with each turn. */
const MAX_LENGTH = 1024 * 1024;

/** What every envelope tells besides its data. */
interface EnvelopeHead {
  /** Whose state it is, by {@link stateOwner}; worthless anywhere else. */
  readonly p: string;
  /** Upstream model that made it. */
  readonly m: string;
  /** Index of the upstream's output item, to restore the order. */
  readonly oi?: number;
  /** {@link hashText} of the thinking text it belongs to; another text means the client edited. */
  readonly h?: string;
}

/** A Responses reasoning item. */
export interface ResponsesEnvelope extends EnvelopeHead {
  readonly k: "ri";
  readonly d?: {
    readonly ec: string;
    /** The summary's parts, where the block does not show them. */
    readonly sum?: readonly string[];
    /** Lengths of the parts, where the block shows more than one. */
    readonly cut?: readonly number[];
    /** Phase of the message that it precedes. */
    readonly phase?: string;
    /** True if the block stands behind the items that the reasoning precedes. */
    readonly late?: boolean;
  };
}

/** OpenRouter-style `reasoning_details`, verbatim. */
export interface DetailsEnvelope extends EnvelopeHead {
  readonly k: "rd";
  readonly d?: readonly JsonObject[];
}

/** Plain reasoning text: the field it came in, and the text if the block does not show it. */
export interface TextEnvelope extends EnvelopeHead {
  readonly k: "rc";
  readonly d?: { readonly f: string; readonly t?: string };
}

/** Gemini's thought signatures by tool call id; the one of the text under "". */
export interface GeminiEnvelope extends EnvelopeHead {
  readonly k: "gs";
  readonly d?: Readonly<Record<string, string>>;
}

/** A Bedrock signature, or redacted content, that must not be mistaken for Anthropic's own. */
export interface BedrockEnvelope extends EnvelopeHead {
  readonly k: "br";
  readonly d?: {
    readonly sig?: string;
    readonly data?: string;
    /** The text that was signed, where the block does not show it. */
    readonly t?: string;
  };
}

/** Notes on a message or call that has no reasoning. */
export interface NoteEnvelope extends EnvelopeHead {
  readonly k: "ct";
  readonly d?: { readonly phase?: string; readonly custom?: readonly string[] };
}

/** Upstream state that travels inside `signature` or `data` of a block the client keeps for us. */
export type Envelope =
  | ResponsesEnvelope
  | DetailsEnvelope
  | TextEnvelope
  | GeminiEnvelope
  | BedrockEnvelope
  | NoteEnvelope;

/** The envelope as a signature; state that would make it longer than 1 MB is left out. */
export function sealEnvelope(envelope: Envelope): string {
  const sealed = encode(envelope);
  if (sealed.length <= MAX_LENGTH) return sealed;
  const { d: _, ...head } = envelope;
  return encode(head);
}

/** Reads a signature that a client sent; undefined for anything that is not a sound envelope. */
export function openEnvelope(text: unknown): Envelope | undefined {
  if (typeof text !== "string" || !isEnvelope(text) || text.length > MAX_LENGTH) return undefined;
  const value = tryParseJson(decode(text.slice(PREFIX.length)) ?? "");
  if (!isObject(value) || typeof value.p !== "string" || typeof value.m !== "string") {
    return undefined;
  }
  const isData = typeof value.k === "string" && Object.hasOwn(DATA, value.k)
    ? DATA[value.k as Envelope["k"]]
    : undefined;
  const sound = isData !== undefined && optional(value.d, isData) &&
    optional(value.h, isString) && optional(value.oi, isIndex);
  return sound ? value as unknown as Envelope : undefined;
}

/** True if the signature is one of ours, sound or not; Anthropic must never see it. */
export function isEnvelope(signature: unknown): signature is string {
  return typeof signature === "string" && signature.startsWith(PREFIX);
}

/** What `h` holds for a thinking text. */
export function hashText(text: string): string {
  return shortHash(text);
}

/** Whose state an upstream's is: its family and a hash of its host. */
export function stateOwner({ family, baseUrl }: Pick<Target, "family" | "baseUrl">): string {
  const host = URL.parse(baseUrl)?.host ?? baseUrl;
  return `${family}:${shortHash(host)}`;
}

/** True if the state was made where the target would send it. */
export function stateIsFor(
  envelope: Envelope,
  target: Pick<Target, "family" | "baseUrl">,
): boolean {
  return envelope.p === stateOwner(target);
}

function encode(value: object): string {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return PREFIX + bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function decode(text: string): string | undefined {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

type Guard = (value: unknown) => boolean;

/** What `d` must be for each kind. */
const DATA: Readonly<Record<Envelope["k"], Guard>> = {
  ri: (d) =>
    isObject(d) && typeof d.ec === "string" && optional(d.sum, isStrings) &&
    optional(d.phase, isString) && optional(d.cut, isLengths) && optional(d.late, isBoolean),
  rd: (d) => Array.isArray(d) && d.every(isObject),
  rc: (d) => isObject(d) && typeof d.f === "string" && optional(d.t, isString),
  gs: (d) => isObject(d) && Object.values(d).every(isString),
  br: (d) =>
    isObject(d) && optional(d.sig, isString) && optional(d.data, isString) &&
    optional(d.t, isString),
  ct: (d) => isObject(d) && optional(d.phase, isString) && optional(d.custom, isStrings),
};

function optional(value: unknown, guard: Guard): boolean {
  return value === undefined || guard(value);
}

function isString(value: unknown): boolean {
  return typeof value === "string";
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every(isString);
}

function isLengths(value: unknown): boolean {
  return Array.isArray(value) && value.every(isIndex);
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}

function isIndex(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
