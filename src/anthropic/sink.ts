import type { ContentBlock, StopDetails, StopReason, Usage, WebSearchCitation } from "./message.ts";

/** What `message_start` says about the message. */
export interface MessageHead {
  readonly id: string;
  readonly model: string;
}

/** How a message ended. */
export interface MessageEnd {
  readonly stopReason: StopReason;
  readonly stopSequence: string | null;
  readonly stopDetails: StopDetails | null;
  readonly usage: Usage;
}

/** A block as `content_block_start` shows it: what deltas will fill is still empty. */
export type BlockStart = ContentBlock;

/**
 * Takes the steps of one message in Anthropic's order, from a {@link MessageWriter} only.
 *
 * Plain calls instead of event objects: a text delta is the hot path.
 */
export interface MessageSink {
  messageStart(head: MessageHead): void;
  blockStart(index: number, block: BlockStart): void;
  textDelta(index: number, text: string): void;
  thinkingDelta(index: number, thinking: string): void;
  signatureDelta(index: number, signature: string): void;
  /** Adds to the citations of a text block. */
  citationsDelta(index: number, citation: WebSearchCitation): void;
  inputJsonDelta(index: number, partialJson: string): void;
  blockStop(index: number): void;
  messageEnd(end: MessageEnd): void;
}
