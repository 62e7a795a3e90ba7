const OPEN = "<think>";
const CLOSE = "</think>";

/** Where a piece of an answer's content belongs. */
export interface TaggedText {
  readonly thinking: string;
  readonly text: string;
}

/**
 * Splits `<think>…</think>` off the start of streamed content. A stray `</think>` at the start
 * counts too: some chat templates open the tag in the prompt. Tags further on are text.
 */
export class ThinkTags {
  #state: "start" | "thinking" | "text" = "start";
  #held = "";
  /** True right behind a tag: templates put line breaks there. */
  #afterTag = false;

  /** True if content came that may still be either. */
  get holds(): boolean {
    return this.#held !== "";
  }

  /** Takes content and says what is certainly reasoning or text. */
  push(content: string): TaggedText {
    if (this.#state === "text") return { thinking: "", text: this.#withoutBreaks(content) };
    this.#held += content;
    if (this.#state === "start") return this.#start();
    return this.#thinking();
  }

  /** What was held back, when no more can come. */
  flush(): TaggedText {
    const held = this.#held;
    this.#held = "";
    if (this.#state === "thinking") return { thinking: held, text: "" };
    this.#state = "text";
    return { thinking: "", text: held };
  }

  #start(): TaggedText {
    const seen = this.#held.trimStart();
    if (seen.startsWith(OPEN)) {
      this.#state = "thinking";
      this.#held = seen.slice(OPEN.length);
      this.#afterTag = true;
      return this.#thinking();
    }
    if (seen.startsWith(CLOSE)) return this.#close("", seen.slice(CLOSE.length));
    if (OPEN.startsWith(seen) || CLOSE.startsWith(seen)) return { thinking: "", text: "" };
    const text = this.#held;
    this.#state = "text";
    this.#held = "";
    return { thinking: "", text };
  }

  #thinking(): TaggedText {
    this.#held = this.#withoutBreaks(this.#held);
    const end = this.#held.indexOf(CLOSE);
    if (end >= 0) {
      return this.#close(this.#held.slice(0, end), this.#held.slice(end + CLOSE.length));
    }
    const keep = Math.max(0, this.#held.length - CLOSE.length + 1);
    const from = this.#held.indexOf("<", keep);
    const cut = from < 0 ? this.#held.length : from;
    const thinking = this.#held.slice(0, cut);
    this.#held = this.#held.slice(cut);
    return { thinking, text: "" };
  }

  #close(thinking: string, rest: string): TaggedText {
    this.#state = "text";
    this.#held = "";
    this.#afterTag = true;
    return { thinking, text: this.#withoutBreaks(rest) };
  }

  #withoutBreaks(content: string): string {
    if (!this.#afterTag) return content;
    const rest = content.replace(/^[\r\n]+/, "");
    this.#afterTag = rest === "";
    return rest;
  }
}
