const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What the fake does with one call; when it returns, an answer that is still open is ended. */
export type Script = (call: ReceivedCall) => Promise<void> | void;

/** Headers of an answer; `null` takes a default one away. */
export type AnswerHeaders = Readonly<Record<string, string | null>>;

/**
 * One request that the fake upstream got, and the connection to answer it on.
 *
 * The answer is written as raw bytes, so that it can break any rule.
 */
export class ReceivedCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** Settles when the caller closes the connection. */
  readonly closed: Promise<void>;
  readonly #connection: Deno.TcpConn;
  #state: "waiting" | "open" | "over" = "waiting";
  #isClosed = false;

  constructor(
    connection: Deno.TcpConn,
    head: Pick<ReceivedCall, "method" | "path" | "headers" | "body">,
  ) {
    this.#connection = connection;
    this.method = head.method;
    this.path = head.path;
    this.headers = head.headers;
    this.body = head.body;
    this.closed = this.#watch();
  }

  /** True once the caller has closed the connection. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get text(): string {
    return decoder.decode(this.body);
  }

  get json(): Record<string, unknown> {
    return JSON.parse(this.text);
  }

  /** Answers whole: an object as JSON, a string as it is. */
  async answer(body: unknown, { status = 200, headers = {} }: AnswerOptions = {}): Promise<void> {
    const isText = typeof body === "string";
    const bytes = encoder.encode(isText ? body : JSON.stringify(body));
    await this.raw(headOf(status, {
      "content-type": isText ? "text/plain" : "application/json",
      "content-length": String(bytes.length),
      ...headers,
    }));
    await this.raw(bytes);
    this.close();
  }

  /** Begins a stream of events. */
  async begin({ status = 200, headers = {} }: AnswerOptions = {}): Promise<void> {
    this.#state = "open";
    await this.raw(headOf(status, {
      "content-type": "text/event-stream",
      "transfer-encoding": "chunked",
      ...headers,
    }));
  }

  /** Writes one piece of the stream that was begun. */
  async write(piece: string | Uint8Array): Promise<void> {
    const bytes = typeof piece === "string" ? encoder.encode(piece) : piece;
    if (bytes.length === 0) return;
    await this.raw(`${bytes.length.toString(16)}\r\n`);
    await this.raw(bytes);
    await this.raw("\r\n");
  }

  /** Writes one `data:` event. */
  async send(data: unknown): Promise<void> {
    await this.write(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
  }

  /** Ends the stream as it should be. */
  async end(): Promise<void> {
    if (this.#state === "open") await this.raw("0\r\n\r\n");
    this.close();
  }

  /** Writes bytes as they are; nothing happens once the caller is gone. */
  async raw(piece: string | Uint8Array): Promise<void> {
    if (this.#state === "waiting") this.#state = "open";
    const bytes = typeof piece === "string" ? encoder.encode(piece) : piece;
    try {
      for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
    } catch {
      this.close();
    }
  }

  /** Closes the connection, whatever is still missing. */
  close(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#connection.close();
  }

  /** Ends what a script left open. */
  async settle(): Promise<void> {
    if (this.#state === "open") await this.end();
    this.close();
  }

  /** The caller sends nothing more, so that all a read can tell is its end. */
  async #watch(): Promise<void> {
    const buffer = new Uint8Array(16);
    try {
      while (await this.#connection.read(buffer) !== null);
    } catch {
      // A reset is an end too.
    }
    this.#isClosed = true;
  }
}

/** Status and headers of an answer. */
export interface AnswerOptions {
  readonly status?: number;
  readonly headers?: AnswerHeaders;
}

/** An HTTP server on loopback that does with each call what a script says, and keeps the calls. */
export class FakeUpstream implements AsyncDisposable {
  readonly calls: ReceivedCall[] = [];
  readonly url: string;
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #running = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  readonly #waiters: ((call: ReceivedCall) => void)[] = [];
  readonly #scripts: Script[];
  #connectionCount = 0;

  /** The scripts answer one call each; the last one answers all that follow. */
  constructor(...scripts: Script[]) {
    this.#scripts = scripts;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.url = `http://127.0.0.1:${this.port}`;
    this.#accepting = this.#accept();
  }

  /** Connections so far, also those that sent no request. */
  get connectionCount(): number {
    return this.#connectionCount;
  }

  /** The only call; an error if there was not exactly one. */
  get call(): ReceivedCall {
    const [call] = this.calls;
    if (!call || this.calls.length > 1) throw new Error(`there were ${this.calls.length} calls`);
    return call;
  }

  /** Replaces what happens to the calls from now on. */
  play(...scripts: Script[]): void {
    this.#scripts.splice(0, this.#scripts.length, ...scripts);
  }

  /** The next call that arrives. */
  next(): Promise<ReceivedCall> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Every header value that ever came in, one text to search for credentials. */
  get allHeaders(): string {
    return this.calls.map(({ headers }) => JSON.stringify([...headers])).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const call of this.calls) call.close();
    for (const connection of this.#connections) closeQuietly(connection);
    await this.#accepting;
    await Promise.allSettled(this.#running);
    await Promise.allSettled(this.calls.map(({ closed }) => closed));
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        this.#connectionCount++;
        this.#connections.add(connection);
        const running = this.#serve(connection).finally(() => this.#running.delete(running));
        this.#running.add(running);
      }
    } catch {
      // The listener was closed.
    }
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    const head = await readRequest(connection);
    if (head === undefined) return closeQuietly(connection);
    const call = new ReceivedCall(connection, head);
    this.calls.push(call);
    this.#waiters.shift()?.(call);
    const script = this.#scripts.length > 1 ? this.#scripts.shift() : this.#scripts[0];
    await script?.(call);
    await call.settle();
  }
}

/** Answers with JSON. */
export function json(body: unknown, options: AnswerOptions = {}): Script {
  return (call) => call.answer(body, options);
}

/** Answers with a stream of these pieces, each in a chunk of its own. */
export function pieces(all: readonly string[], options: AnswerOptions = {}): Script {
  return async (call) => {
    await call.begin(options);
    for (const piece of all) await call.write(piece);
  };
}

/** Answers with a stream of `data:` events. */
export function events(all: readonly unknown[], options: AnswerOptions = {}): Script {
  return pieces(
    all.map((data) => `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`),
    options,
  );
}

/** Closes the connection behind these bytes, whatever they are. */
export function bytes(all: string): Script {
  return async (call) => {
    await call.raw(all);
    call.close();
  };
}

/** Never answers; returns when the caller has gone. */
export function silence(call: ReceivedCall): Promise<void> {
  return call.closed;
}

/** Closes the connection without an answer. */
export function hangUp(call: ReceivedCall): void {
  call.close();
}

/** A port on loopback where nobody listens. */
export function closedPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const STATUS_LINE = /^([A-Z]+) (\S+) HTTP\/1\.1\r\n/;

async function readRequest(
  connection: Deno.TcpConn,
): Promise<Pick<ReceivedCall, "method" | "path" | "headers" | "body"> | undefined> {
  let received = new Uint8Array();
  const more = async () => {
    const buffer = new Uint8Array(64 * 1024);
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) return false;
    const joined = new Uint8Array(received.length + count);
    joined.set(received);
    joined.set(buffer.subarray(0, count), received.length);
    received = joined;
    return true;
  };
  let headLength = -1;
  while ((headLength = decoder.decode(received.subarray(0, 64 * 1024)).indexOf("\r\n\r\n")) < 0) {
    if (!await more()) return undefined;
  }
  const text = decoder.decode(received.subarray(0, headLength + 2));
  const [line = "", method = "", path = ""] = STATUS_LINE.exec(text) ?? [];
  const headers = new Headers(
    text.slice(line.length).split("\r\n").filter((field) => field !== "").map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon), field.slice(colon + 1).trim()] as [string, string];
    }),
  );
  const bodyStart = headLength + 4;
  const bodyLength = Number(headers.get("content-length") ?? 0);
  while (received.length < bodyStart + bodyLength) if (!await more()) return undefined;
  return { method, path, headers, body: received.slice(bodyStart, bodyStart + bodyLength) };
}

function headOf(status: number, headers: AnswerHeaders): string {
  const fields = Object.entries({ connection: "close", ...headers })
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Status\r\n${fields.join("")}\r\n`;
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed already.
  }
}
