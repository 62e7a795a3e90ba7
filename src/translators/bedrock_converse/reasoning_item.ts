import type { MessageWriter } from "../../anthropic/writer.ts";
import { hashText, sealEnvelope, stateOwner } from "../common/envelope.ts";
import type { LiveItem } from "../common/item_queue.ts";
import type { Turn } from "../turn.ts";

/**
 * Reasoning of the model, with what it takes to give it back.
 *
 * Claude's signatures and redacted content stay as they are, so that they are good wherever Claude
 * runs. Those of other models are wrapped, because nobody else may take them for Claude's.
 */
export class ReasoningItem implements LiveItem {
  readonly mayYield = true;
  readonly #turn: Turn;
  readonly #writer: MessageWriter;
  #pending = "";
  #signature = "";
  #redacted = "";
  #isOpen = false;

  constructor(turn: Turn, writer: MessageWriter) {
    this.#turn = turn;
    this.#writer = writer;
  }

  /** Takes more of the text. */
  add(text: string): void {
    this.#pending += text;
  }

  /** Takes the signature, which covers all of the text. */
  sign(signature: string): void {
    this.#signature += signature;
  }

  /** Takes content that only its maker can read, in base64. */
  redact(data: string): void {
    this.#redacted += data;
  }

  write(): void {
    if (this.#pending === "") return;
    const text = this.#pending;
    this.#pending = "";
    this.#isOpen = true;
    this.#writer.thinking(text, this.#seal);
  }

  leave(): void {
    if (this.#isOpen) this.#writer.closeBlock();
    else if (this.#signature !== "") this.#writer.hiddenThinking(this.#seal(""));
    if (this.#redacted !== "") this.#writer.redactedThinking(this.#sealRedacted());
    this.#isOpen = false;
    this.#signature = "";
    this.#redacted = "";
  }

  readonly #seal = (thinking: string): string => {
    const isHidden = this.#turn.hideThinking && thinking !== "";
    const head = { ...this.#owner(), h: hashText(thinking) };
    const hidden = isHidden ? { t: thinking } : {};
    if (this.#signature === "") {
      return sealEnvelope({ ...head, k: "rc", d: { f: "reasoningContent", ...hidden } });
    }
    if (this.#isClaude && !isHidden) return this.#signature;
    return sealEnvelope({ ...head, k: "br", d: { sig: this.#signature, ...hidden } });
  };

  #sealRedacted(): string {
    if (this.#isClaude) return this.#redacted;
    return sealEnvelope({ ...this.#owner(), k: "br", d: { data: this.#redacted } });
  }

  get #isClaude(): boolean {
    return this.#turn.profile.reasoning_in === "signed";
  }

  #owner(): { readonly p: string; readonly m: string } {
    return { p: stateOwner(this.#turn.target), m: this.#turn.model };
  }
}
