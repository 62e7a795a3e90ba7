import { compressionFormat } from "../../bytes.ts";
import type { UpstreamBody } from "../http.ts";
import { HttpSyntaxError } from "./head.ts";

/**
 * A body without its content coding, which some servers use although nobody asked for it; the body
 * itself if it has none.
 *
 * @throws {HttpSyntaxError} If the coding is unknown.
 */
export function decodedBody(body: UpstreamBody, headers: Headers): UpstreamBody {
  const coding = headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  if (coding === "" || coding === "identity") return body;
  const format = compressionFormat(coding);
  if (!format) throw new HttpSyntaxError("a content coding that nobody asked for");
  return new DecodedBody(body, format);
}

class DecodedBody implements UpstreamBody {
  readonly #body: UpstreamBody;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

  constructor(body: UpstreamBody, format: CompressionFormat) {
    this.#body = body;
    const coded = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller): Promise<void> {
        const bytes = await body.read();
        // A copy: the body's buffer is written to again.
        if (bytes) controller.enqueue(bytes.slice());
        else controller.close();
      },
    }, { highWaterMark: 0 });
    this.#reader = coded.pipeThrough(new DecompressionStream(format)).getReader();
  }

  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return (await this.#reader.read()).value;
  }

  cancel(): void {
    this.#body.cancel();
  }
}
