import type { DemoApi, StreamPiece } from "../../src/demo/api.ts";
import { createFrames } from "../../src/framing/frames.ts";

/** What a demo API answered: its status, and its body as JSON or as the events of a stream. */
export interface DemoReply {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly events: readonly string[];
}

/** Calls an API directly; a stream's events come whole and at once. */
export async function callDemo(
  api: DemoApi,
  path: string,
  { body, headers = {} }: { readonly body?: unknown; readonly headers?: HeadersInit } = {},
): Promise<DemoReply | undefined> {
  const events: string[] = [];
  const response = api.answer({
    method: body === undefined ? "GET" : "POST",
    path,
    headers: new Headers(headers),
    body,
    stream: (all) => {
      events.push(...all.map(textOf));
      return new Response("{}");
    },
  });
  return response && { status: response.status, body: await response.json(), events };
}

/** An event as a text; a binary one as `{"<its name>": <its payload>}`. */
function textOf(event: StreamPiece): string {
  if (typeof event === "string") return event;
  let text = "";
  const frames = createFrames("aws_event_stream", (data, name) => text = `{"${name}":${data}}`);
  frames.push(event);
  frames.end();
  return text;
}

/** The payloads of `data:` lines that are JSON. */
export function payloads(events: readonly string[]): Record<string, unknown>[] {
  return events.map((event) => event.replace(/^(?:event: .*\n)?data: /, "").trim())
    .filter((data) => data.startsWith("{"))
    .map((data) => JSON.parse(data));
}
