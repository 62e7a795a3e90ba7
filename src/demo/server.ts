import { tryParseJson } from "../json.ts";
import type { DemoCall } from "./api.ts";
import { DEMO_APIS } from "./apis.ts";
import { type Pace, pacedStream } from "./paced_stream.ts";

/** How the demo server runs. */
export interface DemoServerOptions {
  /** Stops the server at once. */
  readonly signal?: AbortSignal;
  /** Between two events of a stream; 4 by default. */
  readonly delayMs?: number;
}

/** A running demo server. */
export interface DemoServer {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Stops it, ends its streams, and waits until it is gone. */
  shutdown(): Promise<void>;
}

/** Starts the built-in model server on a free loopback port. */
export function startDemoServer(
  { signal, delayMs = 4 }: DemoServerOptions = {},
): Promise<DemoServer> {
  const stopped = new AbortController();
  const ended = signal ? AbortSignal.any([signal, stopped.signal]) : stopped.signal;
  const { promise: listening, resolve } = Promise.withResolvers<number>();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    signal: ended,
    onListen: ({ port }) => resolve(port),
  }, (request) => answerCall(request, { delayMs, signal: ended }));
  return listening.then((port) => ({
    port,
    async shutdown(): Promise<void> {
      stopped.abort();
      await server.finished;
    },
  }));
}

async function answerCall(request: Request, pace: Pace): Promise<Response> {
  const call: DemoCall = {
    method: request.method,
    path: new URL(request.url).pathname,
    headers: request.headers,
    body: tryParseJson(await request.text()),
    stream: (events) =>
      new Response(pacedStream(events, pace), {
        headers: {
          "content-type": "text/event-stream; charset=utf-8",
          "cache-control": "no-cache",
        },
      }),
  };
  for (const api of DEMO_APIS) {
    const answer = api.answer(call);
    if (answer) return answer;
  }
  const message = `Unknown request URL: ${call.method} ${call.path}`;
  return Response.json({ error: { message, type: "invalid_request_error" } }, { status: 404 });
}
