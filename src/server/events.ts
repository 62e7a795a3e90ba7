import { STREAM_HEADERS } from "./answer_headers.ts";
import { authenticate } from "./auth.ts";
import type { RequestContext } from "./context.ts";
import { past, present, type Viewer } from "./status.ts";
import type { View } from "./viewers.ts";

/** Looks without news after which a comment shows that the connection lives. */
const QUIET_LOOKS = 15;

const encoder = new TextEncoder();

/**
 * `GET /api/events`: what `GET /api/status` tells as the event `state`, then a `change` whenever
 * something differs. Ends when the server drains or the key is no longer valid.
 *
 * Nothing is queued: a viewer that reads slowly gets one change that tells of all that happened.
 */
export function events(context: RequestContext): Response {
  const { viewers } = context.services;
  viewers.checkRoom();
  const watching = new Watching(context);
  let leave: (() => void) | undefined;
  let isGone = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      // Not before: of an answer to HEAD nothing is ever read.
      leave ??= viewers.join();
      for (;;) {
        const view = await (watching.hasBegun ? viewers.next() : viewers.first());
        if (isGone) return;
        if (!watching.mayGoOn()) {
          leave();
          return controller.close();
        }
        const text = watching.tell(view);
        if (text !== undefined) return controller.enqueue(encoder.encode(text));
      }
    },
    cancel() {
      isGone = true;
      leave?.();
    },
  }, { highWaterMark: 0 });
  return new Response(body, { headers: { ...STREAM_HEADERS, "cache-control": "no-store" } });
}

/** What one viewer was told, and what is news for it. */
class Watching {
  readonly #context: RequestContext;
  #viewer: Viewer;
  #version: number | undefined;
  #present = "";
  #quiet = 0;

  constructor(context: RequestContext) {
    this.#context = context;
    this.#viewer = { key: context.key, origin: new URL(context.request.url).origin };
  }

  /** True once it was told the state. */
  get hasBegun(): boolean {
    return this.#version !== undefined;
  }

  /** False once the server drains, or a reload took the key away. */
  mayGoOn(): boolean {
    const { services, request } = this.#context;
    if (services.isDraining()) return false;
    try {
      const key = authenticate(request.headers, services.store.current());
      this.#viewer = { ...this.#viewer, key };
      return true;
    } catch {
      return false;
    }
  }

  /** The next event; undefined if there is nothing to say. */
  tell({ threads, overview }: View): string | undefined {
    const isFirst = !this.hasBegun;
    const changes = overview.since(this.#version);
    this.#version = changes.version;
    const { requests, minutes } = past(changes, this.#viewer.key);
    const now = present(this.#context.services, threads, this.#viewer);
    const text = JSON.stringify(now);
    const isSame = text === this.#present;
    this.#present = text;
    if (isSame && requests.length === 0 && minutes.length === 0) return this.#pause();
    this.#quiet = 0;
    if (isFirst) return event("state", { ...now, requests, minutes });
    return event("change", { ...isSame ? {} : now, requests, minutes });
  }

  #pause(): string | undefined {
    this.#quiet = (this.#quiet + 1) % QUIET_LOOKS;
    return this.#quiet === 0 ? ": nothing new\n\n" : undefined;
  }
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
