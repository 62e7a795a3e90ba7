import { readLines } from "./lines.ts";
import type { Ask } from "./requests.ts";

/** Where requests go: a Messages endpoint, or the passthrough to the upstream's own. */
export interface Endpoint {
  readonly url: string;
  /** As `name: value`. */
  readonly headers: readonly string[];
}

/** What the load can be told to do. */
export interface Orders {
  /** Sends requests, so many at a time. */
  readonly burst: Load & { readonly requests: number; readonly concurrency: number };
  /** Sends requests one after the other on one connection. */
  readonly firstEvent: Load & { readonly requests: number };
  /** Begins to ask for a small page again and again, on one connection. */
  readonly poll: { readonly endpoint: Endpoint; readonly everyMs: number };
  /** Stops to ask for the page. */
  readonly pollEnd: Record<never, never>;
  /** Opens streams and leaves them open; done when each had an event. */
  readonly hold: Load & { readonly streams: number };
  /** Counts the events of the open streams for a while. */
  readonly count: { readonly forMs: number };
  /** Closes the open streams. */
  readonly release: Record<never, never>;
  /** Parses and writes the request of an ask. */
  readonly json: { readonly ask: Ask; readonly times: number };
}

interface Load {
  readonly endpoint: Endpoint;
  readonly ask: Ask;
}

/** What the load answers to each order; all times in milliseconds. */
export interface Results {
  readonly burst: { readonly tookMs: number };
  readonly firstEvent: { readonly firstMs: number; readonly endMs: number };
  readonly poll: Record<never, never>;
  readonly pollEnd: { readonly longestMs: number };
  readonly hold: Record<never, never>;
  readonly count: { readonly events: number; readonly p50Ms: number; readonly p99Ms: number };
  readonly release: Record<never, never>;
  readonly json: Record<never, never>;
}

/** One order with its name. */
export type Order = { [Name in keyof Orders]: { readonly do: Name } & Orders[Name] }[keyof Orders];

/** The load: a process that sends requests and looks at the clock. */
export class Loader {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: AsyncGenerator<string>;

  constructor() {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-lock",
        "--allow-net",
        "--allow-read",
        new URL("loader.ts", import.meta.url).href,
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = readLines(this.#child.stdout);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Gives one order and waits until it is done; one at a time. */
  async run<Name extends keyof Orders>(name: Name, order: Orders[Name]): Promise<Results[Name]> {
    await this.#writer.write(
      new TextEncoder().encode(`${JSON.stringify({ do: name, ...order })}\n`),
    );
    const { value } = await this.#lines.next();
    if (value === undefined) throw new Error("Cannot measure: the load ended");
    const { result, error } = JSON.parse(value);
    if (error !== undefined) throw new Error(error);
    return result;
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#child.stdout.cancel().catch(() => {});
    await this.#child.status;
  }
}
