import { SseDecoder } from "../framing/sse.ts";
import { isObject, type JsonObject, tryParseJson } from "../json.ts";
import type { Tokens } from "../server/record.ts";
import type { Loss } from "../translators/losses.ts";

/** What the upstream itself said when it refused, without credentials. */
export interface UpstreamWords {
  /** 200 where the error came in a stream or a body. */
  readonly status: number;
  readonly message: string;
}

/** What a client gets for one request, and what only the gateway knows of it. */
export interface Answer {
  /** Of the HTTP answer; 0 if there was none in time. */
  readonly status: number;
  /** The message, folded if it was streamed; the whole body of any other answer. */
  readonly message: JsonObject;
  /** Set where the answer is an error, or ended in one. */
  readonly error: { readonly type: string; readonly message: string } | undefined;
  readonly upstream: UpstreamWords | undefined;
  /** True if no connection was made, or the upstream was silent for too long. */
  readonly unreachable: boolean;
  readonly losses: readonly Loss[];
  readonly tokens: Tokens | undefined;
  /** True if an upstream answered, and not the gateway alone. */
  readonly fromUpstream: boolean;
  /** Until the first piece of content; undefined of an answer that is no stream. */
  readonly firstEventMs: number | undefined;
  readonly totalMs: number;
  /** Milliseconds until the gateway was done, once the client had left; undefined if it stayed. */
  readonly letGoMs: number | undefined;
}

/** The content blocks of an answer. */
export function blocksOf({ message }: Answer, type: string): readonly JsonObject[] {
  const { content } = message;
  return Array.isArray(content)
    ? content.filter((block) => isObject(block) && block.type === type)
    : [];
}

/** All text of an answer. */
export function textOf(answer: Answer): string {
  return blocksOf(answer, "text").map(({ text }) => String(text)).join("");
}

/** Reads a stream as a client does, and puts its message together. */
export class MessageReader {
  readonly #decoder = new SseDecoder((data) => this.#event(data));
  readonly #blocks: JsonObject[] = [];
  readonly #inputs = new Map<number, string>();
  #message: JsonObject = {};
  #error: JsonObject | undefined;
  #hasContent = false;
  #isOver = false;

  /** True once a piece of content came. */
  get hasContent(): boolean {
    return this.#hasContent;
  }

  /** True once the message is complete, or ended in an error. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The error that ended the stream; a stream that just stops has one too. */
  get error(): JsonObject | undefined {
    const cut = { type: "api_error", message: "The stream ended before the message was complete" };
    return this.#error ?? (this.#isOver ? undefined : cut);
  }

  /** The message as far as it came. */
  get message(): JsonObject {
    const content = this.#blocks.map((block, index) => {
      const json = this.#inputs.get(index);
      return json ? { ...block, input: tryParseJson(json) } : block;
    });
    return { ...this.#message, content };
  }

  push(text: string): void {
    this.#decoder.push(text);
  }

  end(): void {
    this.#decoder.end();
  }

  #event(data: string): void {
    const event = tryParseJson(data);
    if (!isObject(event)) return;
    const index = Number(event.index);
    switch (event.type) {
      case "message_start":
        if (isObject(event.message)) this.#message = event.message;
        return;
      case "content_block_start":
        this.#hasContent = true;
        if (isObject(event.content_block)) this.#blocks[index] = event.content_block;
        return;
      case "content_block_delta":
        if (isObject(event.delta)) this.#delta(index, event.delta);
        return;
      case "message_delta":
        this.#message = { ...this.#message, ...event.delta as JsonObject, usage: event.usage };
        return;
      case "message_stop":
        this.#isOver = true;
        return;
      case "error":
        this.#isOver = true;
        this.#error = isObject(event.error) ? event.error : {};
    }
  }

  #delta(index: number, delta: JsonObject): void {
    const json = delta.partial_json;
    if (typeof json === "string") {
      this.#inputs.set(index, (this.#inputs.get(index) ?? "") + json);
    }
    const block = this.#blocks[index] ?? {};
    for (const field of ["text", "thinking", "signature"]) {
      const piece = delta[field];
      if (typeof piece !== "string") continue;
      this.#blocks[index] = { ...this.#blocks[index], [field]: String(block[field] ?? "") + piece };
    }
  }
}
