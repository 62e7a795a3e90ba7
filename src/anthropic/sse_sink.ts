import { type ContentBlock, NO_USAGE, type WebSearchCitation } from "./message.ts";
import type { MessageEnd, MessageHead, MessageSink } from "./sink.ts";

/** `ping`, as the real API writes it. */
export const PING_EVENT = 'event: ping\ndata: {"type":"ping"}\n\n';

/**
 * Writes a message as Server-Sent Events into one string, which {@link take} hands over.
 *
 * One string for each upstream read, not one for each event: the caller encodes and sends it
 * whole. Deltas are a prefix that is built once for a block, and one `JSON.stringify`.
 *
 * @see {@link https://docs.anthropic.com/en/docs/build-with-claude/streaming}
 */
export class SseSink implements MessageSink {
  #out = "";
  #textPrefix = "";
  #thinkingPrefix = "";
  #inputPrefix = "";
  #prefixIndex = -1;

  /** The events written since the last call. */
  take(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }

  messageStart({ id, model }: MessageHead): void {
    this.#write("message_start", {
      type: "message_start",
      message: {
        id,
        type: "message",
        role: "assistant",
        model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        stop_details: null,
        container: null,
        usage: NO_USAGE,
      },
    });
    this.#out += PING_EVENT;
  }

  blockStart(index: number, block: ContentBlock): void {
    this.#write("content_block_start", {
      type: "content_block_start",
      index,
      content_block: block,
    });
  }

  textDelta(index: number, text: string): void {
    if (index !== this.#prefixIndex) this.#prepare(index);
    this.#out += this.#textPrefix + JSON.stringify(text) + "}}\n\n";
  }

  thinkingDelta(index: number, thinking: string): void {
    if (index !== this.#prefixIndex) this.#prepare(index);
    this.#out += this.#thinkingPrefix + JSON.stringify(thinking) + "}}\n\n";
  }

  inputJsonDelta(index: number, partialJson: string): void {
    if (index !== this.#prefixIndex) this.#prepare(index);
    this.#out += this.#inputPrefix + JSON.stringify(partialJson) + "}}\n\n";
  }

  signatureDelta(index: number, signature: string): void {
    this.#write("content_block_delta", {
      type: "content_block_delta",
      index,
      delta: { type: "signature_delta", signature },
    });
  }

  citationsDelta(index: number, citation: WebSearchCitation): void {
    this.#write("content_block_delta", {
      type: "content_block_delta",
      index,
      delta: { type: "citations_delta", citation },
    });
  }

  blockStop(index: number): void {
    this.#write("content_block_stop", { type: "content_block_stop", index });
  }

  messageEnd({ stopReason, stopSequence, stopDetails, usage }: MessageEnd): void {
    this.#write("message_delta", {
      type: "message_delta",
      delta: {
        stop_reason: stopReason,
        stop_sequence: stopSequence,
        stop_details: stopDetails,
        container: null,
      },
      usage: {
        input_tokens: usage.input_tokens,
        output_tokens: usage.output_tokens,
        cache_creation_input_tokens: usage.cache_creation_input_tokens,
        cache_read_input_tokens: usage.cache_read_input_tokens,
        output_tokens_details: usage.output_tokens_details,
        server_tool_use: usage.server_tool_use,
      },
    });
    this.#write("message_stop", { type: "message_stop" });
  }

  #write(event: string, data: unknown): void {
    this.#out += `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  #prepare(index: number): void {
    const head = 'event: content_block_delta\ndata: {"type":"content_block_delta","index":' + index;
    this.#textPrefix = head + ',"delta":{"type":"text_delta","text":';
    this.#thinkingPrefix = head + ',"delta":{"type":"thinking_delta","thinking":';
    this.#inputPrefix = head + ',"delta":{"type":"input_json_delta","partial_json":';
    this.#prefixIndex = index;
  }
}
