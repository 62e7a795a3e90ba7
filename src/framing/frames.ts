import { AwsEventStreamDecoder } from "./aws_event_stream.ts";
import { type FrameHandler, SseDecoder } from "./sse.ts";

/** How an upstream's stream is split into frames. */
export type Framing = "sse" | "aws_event_stream";

/** Splits bytes that may be cut anywhere into frames. */
export interface FrameDecoder {
  /**
   * Takes the next bytes, which may be overwritten afterwards.
   *
   * @throws {UpstreamProtocolError} If they cannot be frames.
   */
  push(bytes: Uint8Array): void;
  /**
   * Hands on what the end of the stream completes.
   *
   * @throws {UpstreamProtocolError} If the stream ends inside a frame that needs its rest.
   */
  end(): void;
}

/** The decoder of a framing. */
export function createFrames(framing: Framing, onFrame: FrameHandler): FrameDecoder {
  return framing === "sse" ? new SseFrames(onFrame) : new AwsFrames(onFrame);
}

class SseFrames implements FrameDecoder {
  readonly #text = new TextDecoder();
  readonly #frames: SseDecoder;

  constructor(onFrame: FrameHandler) {
    this.#frames = new SseDecoder(onFrame);
  }

  push(bytes: Uint8Array): void {
    this.#frames.push(this.#text.decode(bytes, { stream: true }));
  }

  end(): void {
    this.#frames.push(this.#text.decode());
    this.#frames.end();
  }
}

const BRACE = 0x7b;

/** A binary stream; a JSON answer in its place is one frame without a name. */
class AwsFrames implements FrameDecoder {
  readonly #onFrame: FrameHandler;
  #frames: FrameDecoder | undefined;

  constructor(onFrame: FrameHandler) {
    this.#onFrame = onFrame;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    // Read as the first byte of a length, a brace would announce 2 GB.
    this.#frames ??= bytes[0] === BRACE
      ? new SseFrames(this.#onFrame)
      : new AwsEventStreamDecoder(this.#onFrame);
    this.#frames.push(bytes);
  }

  end(): void {
    this.#frames?.end();
  }
}
