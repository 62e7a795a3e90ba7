import { isObject, tryParseJson } from "../json.ts";
import type { ContentBlock, Message, WebSearchCitation } from "./message.ts";
import type { MessageEnd, MessageHead, MessageSink } from "./sink.ts";

/** Folds the steps of a message into the whole {@link Message}, for answers without streaming. */
export class FoldSink implements MessageSink {
  readonly #content: ContentBlock[] = [];
  #head: MessageHead | undefined;
  #end: MessageEnd | undefined;
  #text = "";
  #signature = "";
  #citations: WebSearchCitation[] = [];

  /**
   * The message.
   *
   * @throws {TypeError} If the message has not ended.
   */
  get message(): Message {
    if (!this.#head || !this.#end) throw new TypeError("Cannot fold: the message has not ended");
    return {
      id: this.#head.id,
      type: "message",
      role: "assistant",
      model: this.#head.model,
      content: this.#content,
      stop_reason: this.#end.stopReason,
      stop_sequence: this.#end.stopSequence,
      stop_details: this.#end.stopDetails,
      container: null,
      diagnostics: null,
      usage: this.#end.usage,
    };
  }

  messageStart(head: MessageHead): void {
    this.#head = head;
  }

  blockStart(_index: number, block: ContentBlock): void {
    this.#content.push(block);
    this.#text = "";
    this.#signature = "";
    this.#citations = [];
  }

  textDelta(_index: number, text: string): void {
    this.#text += text;
  }

  thinkingDelta(_index: number, thinking: string): void {
    this.#text += thinking;
  }

  inputJsonDelta(_index: number, partialJson: string): void {
    this.#text += partialJson;
  }

  citationsDelta(_index: number, citation: WebSearchCitation): void {
    this.#citations.push(citation);
  }

  signatureDelta(_index: number, signature: string): void {
    this.#signature = signature;
  }

  blockStop(index: number): void {
    const block = this.#content[index];
    if (block) this.#content[index] = this.#filled(block);
  }

  messageEnd(end: MessageEnd): void {
    this.#end = end;
  }

  #filled(block: ContentBlock): ContentBlock {
    switch (block.type) {
      case "text":
        return {
          ...block,
          text: this.#text,
          citations: this.#citations.length > 0 ? this.#citations : null,
        };
      case "thinking":
        return { ...block, thinking: this.#text, signature: this.#signature };
      case "tool_use":
      case "server_tool_use": {
        const input = this.#text === "" ? {} : tryParseJson(this.#text);
        return { ...block, input: isObject(input) ? input : { _raw: this.#text } };
      }
      default:
        return block;
    }
  }
}
