import { isObject, isPresent, type JsonObject } from "../../json.ts";
import type { Turn } from "../turn.ts";
import { hashText, sealEnvelope, stateOwner } from "../common/envelope.ts";
import type { ChatDelta } from "./wire.ts";

/** Fields that servers put reasoning text into, in the order they are looked at. */
const TEXT_FIELDS = ["reasoning_content", "reasoning", "reasoning_text", "thinking"] as const;

/**
 * Reads reasoning out of an answer in all its spellings, and seals what must come back with the
 * next turn into signatures.
 */
export class ReasoningOut {
  readonly #turn: Turn;
  /** The field this server uses; echoes go back in the same one. */
  #field = "";
  #details: JsonObject[] = [];

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  /** The reasoning text of a delta; empty if there is none. */
  read(delta: ChatDelta): string {
    const details = Array.isArray(delta.reasoning_details)
      ? this.#readDetails(delta.reasoning_details)
      : "";
    for (const field of TEXT_FIELDS) {
      const text = delta[field];
      if (typeof text === "string" && text !== "") {
        this.#field = field;
        return text;
      }
    }
    return details;
  }

  /** Notes that reasoning came as parts of the content. */
  get partsField(): string {
    return this.#field || "parts";
  }

  /** True if details came that only this provider can read, and no block carries them yet. */
  get hasHiddenDetails(): boolean {
    return this.#details.length > 0;
  }

  /** Makes the signature of a thinking block. */
  readonly seal = (thinking: string): string => {
    const envelope = { ...this.#owner(), h: hashText(thinking) };
    if (this.#details.length === 0) {
      const text = this.#turn.hideThinking ? { t: thinking } : {};
      return sealEnvelope({ ...envelope, k: "rc", d: { f: this.partsField, ...text } });
    }
    const sealed = sealEnvelope({ ...envelope, k: "rd", d: this.#details });
    this.#details = [];
    return sealed;
  };

  /** Makes the data of a `redacted_thinking` block from details without any text. */
  sealHidden(): string {
    const sealed = sealEnvelope({ ...this.#owner(), k: "rd", d: this.#details });
    this.#details = [];
    return sealed;
  }

  /** Makes the data of a `redacted_thinking` block from a call's thought signature. */
  readonly sealSignature = (toolUseId: string, signature: string): string =>
    sealEnvelope({ ...this.#owner(), k: "gs", d: { [toolUseId]: signature } });

  #owner(): { readonly p: string; readonly m: string } {
    return { p: stateOwner(this.#turn.target), m: this.#turn.model };
  }

  /**
   * Merges the pieces of one detail, which share a type and an index, as they stream in. Entries
   * of one list are never pieces of each other, and encrypted ones come whole.
   */
  #readDetails(pieces: readonly unknown[]): string {
    let text = "";
    const known = this.#details.length;
    for (const piece of pieces) {
      if (!isObject(piece)) continue;
      if (typeof piece.text === "string") text += piece.text;
      else if (typeof piece.summary === "string") text += piece.summary;
      const at = this.#details.findIndex((detail, at) => at < known && isSameDetail(detail, piece));
      const detail = this.#details[at];
      if (detail) this.#details[at] = mergeDetail(detail, piece);
      else this.#details.push(piece);
    }
    return text;
  }
}

function isSameDetail(detail: JsonObject, piece: JsonObject): boolean {
  return detail.type === piece.type && (detail.index ?? 0) === (piece.index ?? 0) &&
    !("data" in piece);
}

/** Text grows, everything else is replaced by what came last. */
function mergeDetail(into: JsonObject, piece: JsonObject): JsonObject {
  const news = Object.entries(piece).filter(([, value]) => isPresent(value));
  const merged: JsonObject = { ...into, ...Object.fromEntries(news) };
  return {
    ...merged,
    ...grown(into, piece, "text"),
    ...grown(into, piece, "summary"),
  };
}

function grown(into: JsonObject, piece: JsonObject, key: string): JsonObject {
  const [before, more] = [into[key], piece[key]];
  return typeof before === "string" && typeof more === "string" ? { [key]: before + more } : {};
}
