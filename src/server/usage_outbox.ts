/** Between two messages of a thread, in milliseconds. */
const SEND_MS = 1_000;

/** More than this is sent at once, in UTF-16 units: what waits here is lost with its thread. */
const MAX_WAITING = 64 * 1024;

/** The usage of one thread's requests on its way to the main thread, which alone writes. */
export class UsageOutbox {
  readonly #send: (lines: string) => void;
  #lines = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (lines: string) => void) {
    this.#send = send;
  }

  /** Takes lines, each with its line break. */
  readonly add = (lines: string): void => {
    this.#lines += lines;
    if (this.#lines.length > MAX_WAITING) this.#send(this.take());
    else this.#timer ??= setTimeout(() => this.#send(this.take()), SEND_MS);
  };

  /** What was not sent yet; whoever takes it has to bring it there. */
  take(): string {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#lines;
    this.#lines = "";
    return lines;
  }
}
