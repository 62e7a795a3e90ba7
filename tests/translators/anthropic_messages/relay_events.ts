/** Any JSON object. */
export type Json = Record<string, unknown>;

/** How a message begins. */
export const START: Json = {
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "told",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 5, output_tokens: 1 },
  },
};

/** The event that tells why a message ended. */
export const END: Json = {
  type: "message_delta",
  delta: { stop_reason: "end_turn", stop_sequence: null },
  usage: { output_tokens: 9 },
};

/** The last event. */
export const STOP: Json = { type: "message_stop" };

/** A `content_block_start`. */
export function open(index: number | undefined, block: Json): Json {
  return { type: "content_block_start", index, content_block: block };
}

/** A `content_block_stop`. */
export function close(index: number | undefined): Json {
  return { type: "content_block_stop", index };
}

/** A `content_block_delta` of any kind. */
export function delta(index: number | undefined, type: string, field: string, value: string): Json {
  return { type: "content_block_delta", index, delta: { type, [field]: value } };
}

/** A piece of text. */
export function text(index: number | undefined, value: string): Json {
  return delta(index, "text_delta", "text", value);
}

/** A piece of thinking. */
export function thought(index: number | undefined, value: string): Json {
  return delta(index, "thinking_delta", "thinking", value);
}

/** The signature of thinking. */
export function sign(index: number, value: string): Json {
  return delta(index, "signature_delta", "signature", value);
}

/** A piece of arguments. */
export function input(index: number | undefined, value: string): Json {
  return delta(index, "input_json_delta", "partial_json", value);
}

/** An empty block of text. */
export const TEXT: Json = { type: "text", text: "" };

/** An empty block of thinking. */
export const THINKING: Json = { type: "thinking", thinking: "", signature: "" };

/** A tool call without its arguments. */
export function tool(name: string, value: Json = {}): Json {
  return { type: "tool_use", id: `id_${name}`, name, input: value };
}

/** One letter for each event: the grammar of a stream in one regular expression. */
export function letters(events: readonly Json[]): string {
  const LETTERS: Record<string, string> = {
    message_start: "M",
    content_block_start: "[",
    content_block_delta: ".",
    content_block_stop: "]",
    message_delta: "m",
    message_stop: "$",
    ping: "",
  };
  return events.map(({ type }) => LETTERS[String(type)] ?? "?").join("");
}

/** The blocks as `type:content`, in the order and under the numbers that clients see. */
export function blocks(events: readonly Json[]): string[] {
  const found: string[] = [];
  for (const event of events) {
    const start = event.content_block as Json | undefined;
    const piece = event.delta as Json | undefined;
    if (start) found[event.index as number] = `${start.name ?? start.type}:`;
    if (piece && event.type === "content_block_delta") {
      const { type: _, ...rest } = piece;
      found[event.index as number] += Object.values(rest).join("");
    }
  }
  return found;
}
