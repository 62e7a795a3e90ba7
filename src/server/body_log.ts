import { getLogger } from "../log.ts";
import type { AnswerSource } from "./answer_source.ts";
import type { RequestContext } from "./context.ts";

const log = getLogger("bodies");
const decoder = new TextDecoder();

/** What the log needs to know of a request. */
type Asked = Pick<RequestContext, "config" | "requestId">;

/** Logs a body if `logging.bodies` asks for it; the logger takes the keys out. */
export function logBody(
  { config, requestId }: Asked,
  what: "client request" | "upstream request" | "answer",
  body: () => string,
): void {
  if (config.logging.bodies) log.info(what, { request_id: requestId, body: body() });
}

/** The same answer, whose pieces are logged as they go out, if `logging.bodies` asks for it. */
export function loggedAnswer(asked: Asked, source: AnswerSource): AnswerSource {
  return asked.config.logging.bodies ? new LoggedAnswer(asked, source) : source;
}

class LoggedAnswer implements AnswerSource {
  readonly #asked: Asked;
  readonly #source: AnswerSource;

  constructor(asked: Asked, source: AnswerSource) {
    this.#asked = asked;
    this.#source = source;
  }

  get committed(): boolean {
    return this.#source.committed;
  }

  get ended(): boolean {
    return this.#source.ended;
  }

  get canPing(): boolean {
    return this.#source.canPing;
  }

  get tokens(): AnswerSource["tokens"] {
    return this.#source.tokens;
  }

  commit(): Uint8Array<ArrayBuffer> {
    return this.#logged(this.#source.commit());
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = await this.#source.next();
    return bytes && this.#logged(bytes);
  }

  rest(): Uint8Array<ArrayBuffer> {
    return this.#logged(this.#source.rest());
  }

  abort(): void {
    this.#source.abort();
  }

  #logged(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    if (bytes.length > 0) logBody(this.#asked, "answer", () => decoder.decode(bytes));
    return bytes;
  }
}
