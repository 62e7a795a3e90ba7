/**
 * A model server that costs next to nothing: raw sockets, and bursts that are made only once.
 *
 * Each event is a chunk of HTTP, as servers write them; a burst is all chunks in one write. Answers
 * `/…/messages` in Anthropic's format and everything else as Chat Completions.
 */
import { type Answer, now, readAnswer, STAMP } from "./requests.ts";
import { HttpConnection } from "./wire.ts";

/** The events of an API, each as text. */
interface Format {
  readonly head: readonly string[];
  readonly delta: (text: string) => string;
  readonly tail: readonly string[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");
const HEAD =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const END = "0\r\n\r\n";
const NOT_FOUND = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok";

const chat: Format = {
  head: [chatChunk('{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}')],
  delta: (text) => chatChunk(`{"index":0,"delta":{"content":"${text}"},"finish_reason":null}`),
  tail: [
    chatChunk('{"index":0,"delta":{},"finish_reason":"stop"}'),
    chatChunk("", ',"usage":{"prompt_tokens":9,"completion_tokens":100}'),
    "data: [DONE]\n\n",
  ],
};

const messages: Format = {
  head: [
    event(
      "message_start",
      ',"message":{"id":"msg_1","type":"message","role":"assistant","model":"bench","content":[],' +
        '"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":0}}',
    ),
    event("content_block_start", ',"index":0,"content_block":{"type":"text","text":""}'),
  ],
  delta: (text) =>
    event("content_block_delta", `,"index":0,"delta":{"type":"text_delta","text":"${text}"}`),
  tail: [
    event("content_block_stop", ',"index":0'),
    event(
      "message_delta",
      ',"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":100}',
    ),
    event("message_stop", ""),
  ],
};

function chatChunk(choice: string, more = ""): string {
  return 'data: {"id":"chatcmpl-D8Z5oo6uDh67AD85p73ksdT1KxhE0","object":"chat.completion.chunk",' +
    `"created":1770933892,"model":"bench","choices":[${choice}]${more}}\n\n`;
}

function event(type: string, rest: string): string {
  return `event: ${type}\ndata: {"type":"${type}"${rest}}\n\n`;
}

function chunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}

const bursts = new Map<string, Uint8Array>();

function burst(format: Format, { events, packed }: Answer): Uint8Array {
  const key = `${format === chat} ${events} ${packed}`;
  let bytes = bursts.get(key);
  if (!bytes) {
    const deltas = Array.from({ length: events }, (_, at) => format.delta(` word${at}`));
    const all = [...format.head, ...deltas, ...format.tail];
    const chunks = packed ? chunk(all.join("")) : all.map(chunk).join("");
    bytes = encoder.encode(HEAD + chunks + END);
    bursts.set(key, bytes);
  }
  return bytes;
}

async function pace(
  connection: HttpConnection,
  format: Format,
  { events, paceMs }: Answer,
): Promise<void> {
  const start = performance.now();
  let before = HEAD + format.head.map(chunk).join("");
  for (let at = 0; at < events; at++) {
    const stamp = `${STAMP}${now().toFixed(3)} `;
    await connection.send(encoder.encode(before + chunk(format.delta(stamp))));
    before = "";
    await pause(start + (at + 1) * paceMs - performance.now());
  }
  await connection.send(encoder.encode(format.tail.map(chunk).join("") + END));
}

async function serve(connection: HttpConnection): Promise<void> {
  for (;;) {
    const head = await connection.readHead();
    if (head === undefined) return;
    const pieces: string[] = [];
    await connection.readBody(head, (piece) => pieces.push(decoder.decode(piece)));
    const answer = readAnswer(pieces.join(""));
    const format = /^\S+ \S*\/messages\b/.test(head) ? messages : chat;
    if (!answer) await connection.send(encoder.encode(head.startsWith("get ") ? OK : NOT_FOUND));
    else if (answer.paceMs === 0) await connection.send(burst(format, answer));
    else await pace(connection, format, answer);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: Number(Deno.args[0]) });
for await (const accepted of listener) {
  const connection = new HttpConnection(accepted);
  // A client that leaves is no event here.
  serve(connection).catch(() => {}).finally(() => connection.close());
}
