import { soon } from "./server_wait.ts";

/** One Server-Sent Event. */
export interface ClientEvent {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Reads an event stream as a client does, one event after the other. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(response: Response) {
    if (!response.body) throw new Error("the answer has no body");
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The next event; undefined at the end. */
  async next(): Promise<ClientEvent | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end >= 0) {
        const frame = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return parseEvent(frame);
      }
      const { value, done } = await soon(this.#reader.read(), "the next event");
      if (done) return undefined;
      this.#text += value;
    }
  }

  /** The next event of a type; those before it are passed over. */
  async until(type: string): Promise<ClientEvent> {
    for (let event = await this.next(); event; event = await this.next()) {
      if (event.event === type) return event;
    }
    throw new Error(`the stream ended without ${type}`);
  }

  /** All that is left. */
  async rest(): Promise<ClientEvent[]> {
    const events: ClientEvent[] = [];
    for (let event = await this.next(); event; event = await this.next()) events.push(event);
    return events;
  }

  /** Goes away. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}

/** Types of events in order, without pings. */
export function types(events: readonly ClientEvent[]): string[] {
  return events.map(({ event }) => event).filter((event) => event !== "ping");
}

/** The text that a stream's deltas make. */
export function textOf(events: readonly ClientEvent[]): string {
  return events.map(({ data }) => {
    const { delta } = data as { delta?: { text?: string } };
    return delta?.text ?? "";
  }).join("");
}

/** The error of an `error` event or of an error body. */
export function errorOf(body: Record<string, unknown>): { type: string; message: string } {
  return body.error as { type: string; message: string };
}

function parseEvent(frame: string): ClientEvent {
  const field = (name: string) =>
    frame.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
  return { event: field("event"), data: JSON.parse(field("data")) };
}
