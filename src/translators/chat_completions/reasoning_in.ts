import type { RedactedThinkingBlock, ThinkingBlock } from "../../anthropic/request.ts";
import { type Envelope, hashText, openEnvelope, stateIsFor } from "../common/envelope.ts";
import type { PlacedBlock } from "../common/history_blocks.ts";
import type { Turn } from "../turn.ts";

/** Fields that reasoning may go back in; the name comes from the client and is not trusted. */
const FIELDS: ReadonlySet<string> = new Set([
  "reasoning_content",
  "reasoning",
  "reasoning_text",
  "thinking",
]);

/** Documented stand-in for a thought signature that is lost. */
const NO_SIGNATURE = "skip_thought_signature_validator";

/** What an assistant message of the history tells about its reasoning. */
interface Reasoning {
  readonly texts: string[];
  /** True if all of it was made where it goes now. */
  own: boolean;
  field: string | undefined;
  readonly details: unknown[];
  readonly signatures: Map<string, string>;
}

/** The reasoning of one assistant message, as the profile's `reasoning_in` wants it back. */
export interface ReasoningEcho {
  /** Fields of the message, where it has any. */
  readonly fields?: Readonly<Partial<Record<string, unknown>>>;
  /** Text that goes before the content. */
  readonly prefix: string;
  /** Reasoning that goes before the content as a part. */
  readonly part: string;
  /** `extra_content` of a tool call, by the client's id of the call; undefined if it has none. */
  readonly callExtra?: (id: string, isFirst: boolean) => unknown;
}

const NONE: ReasoningEcho = { prefix: "", part: "" };

/**
 * What goes back of an assistant message's reasoning.
 *
 * `inToolLoop` is true for messages since the user last spoke: there some providers insist on it.
 */
export function echoReasoning(
  content: readonly PlacedBlock[],
  place: { readonly turn: Turn; readonly inToolLoop: boolean },
): ReasoningEcho {
  const way = place.turn.profile.reasoning_in;
  switch (way) {
    case "signed":
    case "drop_unsigned":
    case "items":
    case "none":
      return NONE;
    default:
      return echo(readReasoning(content, place.turn), way, place);
  }
}

/** Ways of sending reasoning back in chat messages. */
type Way = Exclude<
  Turn["profile"]["reasoning_in"],
  "signed" | "drop_unsigned" | "items" | "none"
>;

function echo(
  reasoning: Reasoning,
  way: Way,
  { turn, inToolLoop }: { readonly turn: Turn; readonly inToolLoop: boolean },
): ReasoningEcho {
  const text = reasoning.texts.join("\n");
  const own = reasoning.own ? text : "";
  const field = reasoning.field ?? turn.profile.reasoning_field;
  switch (way) {
    case "all":
      return { ...NONE, fields: { [field]: text } };
    case "tool_turns":
      return text !== "" || inToolLoop ? { ...NONE, fields: { [field]: text } } : NONE;
    case "optional":
      return own ? { ...NONE, fields: { [field]: own } } : NONE;
    case "details":
      if (reasoning.details.length > 0) {
        return { ...NONE, fields: { reasoning_details: reasoning.details } };
      }
      return own ? { ...NONE, fields: { [field]: own } } : NONE;
    case "think_tag":
      return own ? { ...NONE, prefix: `<think>\n${own}\n</think>\n\n` } : NONE;
    case "parts":
      return { ...NONE, part: own };
    case "gemini_sig":
      return { ...NONE, callExtra: (id, isFirst) => geminiExtra(reasoning, id, isFirst) };
  }
}

function readReasoning(content: readonly PlacedBlock[], turn: Turn): Reasoning {
  const reasoning: Reasoning = {
    texts: [],
    own: true,
    field: undefined,
    details: [],
    signatures: new Map(),
  };
  for (const { block } of content) {
    if (block.type === "thinking" || block.type === "redacted_thinking") {
      readBlock(block, reasoning, turn);
    }
  }
  return reasoning;
}

function readBlock(
  block: ThinkingBlock | RedactedThinkingBlock,
  reasoning: Reasoning,
  turn: Turn,
): void {
  const isVisible = block.type === "thinking";
  const envelope = openEnvelope(isVisible ? block.signature : block.data);
  const shown = isVisible ? block.thinking : "";
  const isOwn = envelope !== undefined && stateIsFor(envelope, turn.target);
  if (!isOwn && shown !== "") reasoning.own = false;
  // A text that the client edited no longer belongs to the state it came with.
  const isIntact = envelope?.h === undefined || shown === "" || envelope.h === hashText(shown);
  const hidden = envelope && isOwn && isIntact ? readState(envelope, reasoning) : undefined;
  const text = shown !== "" ? shown : hidden ?? "";
  if (text !== "") reasoning.texts.push(text);
}

/** Takes over what an envelope carries; returns text that the client was not shown. */
function readState(envelope: Envelope, reasoning: Reasoning): string | undefined {
  switch (envelope.k) {
    case "rc":
      if (envelope.d && FIELDS.has(envelope.d.f)) reasoning.field ??= envelope.d.f;
      return envelope.d?.t;
    case "rd":
      for (const detail of envelope.d ?? []) reasoning.details.push(detail);
      return undefined;
    case "gs":
      for (const [id, signature] of Object.entries(envelope.d ?? {})) {
        reasoning.signatures.set(id, signature);
      }
      return undefined;
    default:
      return undefined;
  }
}

/** Only the first call of a step needs a signature; the others have none unless one came. */
function geminiExtra(
  { signatures }: Reasoning,
  id: string,
  isFirst: boolean,
): unknown {
  const signature = signatures.get(id) ?? (isFirst ? NO_SIGNATURE : undefined);
  return signature ? { google: { thought_signature: signature } } : undefined;
}
