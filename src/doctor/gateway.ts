import type { Config } from "../config/config.ts";
import { ConfigStore } from "../config/store.ts";
import { ClientGoneError, UpstreamError, UpstreamUnreachableError } from "../errors.ts";
import { isObject, type JsonObject, tryParseJson } from "../json.ts";
import { redact } from "../log.ts";
import type { Quirks } from "../profiles/schema.ts";
import { createApp } from "../server/app.ts";
import type { EndedRequest } from "../server/ended_request.ts";
import { createServices } from "../server/services.ts";
import { secretsOf, type Target, upstreamModel } from "../target.ts";
import { scrub } from "../translators/common/scrub.ts";
import { type Answer, MessageReader, type UpstreamWords } from "./answer.ts";
import type { Shape } from "./shape.ts";

/** How a shape is sent. */
export interface AskOptions {
  readonly body: JsonObject;
  readonly timeoutMs: number;
}

/** What was read of an answer before the gateway said how it went. */
type Received =
  & Pick<Answer, "status" | "message" | "firstEventMs" | "letGoMs">
  & { readonly error: JsonObject | undefined };

/** A gateway in this process that serves one target, and listens nowhere. */
export class ProbeGateway {
  readonly #target: Target;
  readonly #model: string;
  readonly #services: ReturnType<typeof createServices>;
  readonly #app: ReturnType<typeof createApp>;
  #ended = Promise.withResolvers<EndedRequest>();

  /** Clients, their keys and limits stay out of it, and so do fallbacks: one target is asked. */
  constructor(
    config: Config,
    target: Target,
    { model, quirks }: { readonly model: string; readonly quirks: Quirks },
  ) {
    this.#target = withQuirks({ ...target, fallback: [] }, quirks);
    this.#model = model;
    const targets = new Map([[target.name, this.#target]]);
    this.#services = createServices(
      new ConfigStore({ ...config, keys: [], defaultTarget: undefined, targets }),
    );
    this.#services.watchers.add((ended) => this.#ended.resolve(ended));
    this.#app = createApp(this.#services);
  }

  /** Quirks that the gateway itself found out while it was asked. */
  get learned(): Quirks {
    return this.#services.learned.get(this.#target, upstreamModel(this.#target, this.#model)) ?? {};
  }

  /** Sends a shape, and reads its answer to the end, or until its client leaves. */
  async ask(shape: Shape, { body, timeoutMs }: AskOptions): Promise<Answer> {
    this.#ended = Promise.withResolvers();
    const startedAt = performance.now();
    const overdue = new AbortController();
    const timer = setTimeout(() => overdue.abort(), timeoutMs);
    try {
      const response = await this.#app.fetch(this.#request(shape, body, overdue.signal));
      const received = await this.#receive(response, shape, startedAt);
      const ended = await this.#ended.promise;
      const totalMs = performance.now() - startedAt;
      return this.#answer(received, ended, {
        totalMs,
        overdueMs: overdue.signal.aborted ? timeoutMs : undefined,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #request({ path = "/v1/messages", headers = {} }: Shape, body: JsonObject, signal: AbortSignal) {
    const stream = path === "/v1/messages" ? { stream: true } : {};
    return new Request(`http://localhost/${this.#target.name}${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        ...headers,
      },
      body: JSON.stringify({ model: this.#model, ...stream, ...body }),
      signal,
    });
  }

  async #receive(response: Response, shape: Shape, startedAt: number): Promise<Received> {
    const { status, headers, body } = response;
    if (!body || !headers.get("content-type")?.startsWith("text/event-stream")) {
      const parsed = tryParseJson(await response.text());
      const message = isObject(parsed) ? parsed : {};
      const error = status === 200 ? undefined : isObject(message.error) ? message.error : {};
      return { status, message, error, firstEventMs: undefined, letGoMs: undefined };
    }
    return await this.#readStream(body, shape, { status, startedAt });
  }

  async #readStream(
    body: ReadableStream<Uint8Array<ArrayBuffer>>,
    { leaves = false }: Shape,
    { status, startedAt }: { readonly status: number; readonly startedAt: number },
  ): Promise<Received> {
    const message = new MessageReader();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    let firstEventMs: number | undefined;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      message.push(decoder.decode(value, { stream: true }));
      if (message.hasContent) firstEventMs ??= performance.now() - startedAt;
      if (!leaves || !message.hasContent || message.isOver) continue;
      const leftAt = performance.now();
      await reader.cancel();
      await this.#ended.promise;
      const letGoMs = performance.now() - leftAt;
      return { status, message: message.message, error: undefined, firstEventMs, letGoMs };
    }
    message.end();
    const { error } = message;
    return { status, message: message.message, error, firstEventMs, letGoMs: undefined };
  }

  #answer(
    { status, message, error, firstEventMs, letGoMs }: Received,
    ended: EndedRequest,
    { totalMs, overdueMs }: { readonly totalMs: number; readonly overdueMs: number | undefined },
  ): Answer {
    const isGone = ended.error instanceof ClientGoneError;
    return {
      status,
      message,
      error: overdueMs === undefined
        ? error && { type: String(error.type), message: this.#safe(String(error.message)) }
        : { type: "timeout_error", message: `No whole answer within ${overdueMs} ms` },
      upstream: this.#wordsOf(ended.error),
      unreachable: overdueMs !== undefined || ended.error instanceof UpstreamUnreachableError,
      losses: ended.losses ?? [],
      tokens: ended.tokens,
      fromUpstream: ended.answeredBy !== undefined,
      firstEventMs,
      totalMs,
      // Only a call that ended because its client left was let go.
      letGoMs: isGone ? letGoMs : undefined,
    };
  }

  #wordsOf(error: unknown): UpstreamWords | undefined {
    if (!(error instanceof UpstreamError)) return undefined;
    return { status: error.upstreamStatus, message: this.#safe(error.upstreamMessage) };
  }

  #safe(text: string): string {
    return redact(scrub(text, secretsOf(this.#target)));
  }
}

/** The target as if its file had these quirks. */
function withQuirks(target: Target, quirks: Quirks): Target {
  const { profileFor } = target;
  return {
    ...target,
    // Nothing is undefined in quirks that a file or a cure holds.
    profileFor: (model) => ({ ...profileFor(model), ...quirks as ReturnType<typeof profileFor> }),
  };
}
