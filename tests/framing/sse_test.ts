import { assertEquals, assertThrows } from "@std/assert";
import { UpstreamProtocolError } from "../../src/errors.ts";
import { SseDecoder } from "../../src/framing/sse.ts";
import { inPieces } from "../support/chunkers.ts";
import { bytesOf } from "../support/replay.ts";

type Frame = readonly [data: string, event?: string];

/** The frames of a text that comes in these pieces. */
function decode(...pieces: readonly string[]): Frame[] {
  const frames: Frame[] = [];
  const decoder = new SseDecoder((data, event) =>
    frames.push(event === undefined ? [data] : [data, event])
  );
  for (const piece of pieces) decoder.push(piece);
  decoder.end();
  return frames;
}

const CASES: { name: string; text: string; want: Frame[] }[] = [
  { name: "LF", text: "data: a\n\ndata: b\n\n", want: [["a"], ["b"]] },
  { name: "CRLF", text: "data: a\r\n\r\ndata: b\r\n\r\n", want: [["a"], ["b"]] },
  { name: "CR", text: "data: a\r\rdata: b\r\r", want: [["a"], ["b"]] },
  {
    name: "mixed line ends",
    text: "data: a\r\n\ndata: b\r\r\ndata: c\n\r",
    want: [["a"], ["b"], ["c"]],
  },
  { name: "a byte order mark", text: "\ufeffdata: a\n\n", want: [["a"]] },
  { name: "comments", text: ": hi\n:\ndata: a\n: there\n\n", want: [["a"]] },
  { name: "data without a space", text: "data:a\n\n", want: [["a"]] },
  { name: "data with two spaces", text: "data:  a\n\n", want: [[" a"]] },
  { name: "several data lines", text: "data: a\ndata: b\ndata:\n\n", want: [["a\nb\n"]] },
  {
    name: "an event's name",
    text: "event: error\ndata: a\n\ndata: b\n\n",
    want: [["a", "error"], ["b"]],
  },
  { name: "a name behind its data", text: "data: a\nevent: error\n\n", want: [["a", "error"]] },
  { name: "other fields", text: "id: 1\nretry: 5\nfoo: x\ndata\ndata: a\n\n", want: [["a"]] },
  { name: "a name without data", text: "event: ping\n\ndata: a\n\n", want: [["a"]] },
  {
    name: "no blank line between JSON events",
    text: 'data: {"a":1}\ndata: {"b":2}\ndata: [DONE]\n',
    want: [['{"a":1}'], ['{"b":2}'], ["[DONE]"]],
  },
  {
    name: "no blank line between named JSON events",
    text: 'event: x\ndata: {"a":1}\nevent: y\ndata: {"b":2}\n',
    want: [['{"a":1}', "x"], ['{"b":2}', "y"]],
  },
  {
    name: "JSON over several data lines",
    text: 'data: {\ndata:  "a": {},\ndata:  "b": [\ndata:   {}\ndata:  ]\ndata: }\n\n',
    want: [['{\n "a": {},\n "b": [\n  {}\n ]\n}']],
  },
  { name: "no final line end", text: "data: a\n\ndata: b", want: [["a"], ["b"]] },
  { name: "no final blank line", text: "data: a\n\ndata: b\n", want: [["a"], ["b"]] },
  { name: "JSON lines", text: '{"a":1}\n{"b":2}\n', want: [['{"a":1}'], ['{"b":2}']] },
  { name: "one JSON line without its end", text: '{"a":1}', want: [['{"a":1}']] },
  {
    name: "a pretty-printed body",
    text: '{\n  "a": [\n    1\n  ]\n}\n',
    want: [['{\n  "a": [\n    1\n  ]\n}']],
  },
  {
    name: "an indented pretty-printed body",
    text: ' {\n  "a": 1\n }\n',
    want: [[' {\n  "a": 1\n }']],
  },
  { name: "an array as a body", text: '[{"error":1}]', want: [['[{"error":1}]']] },
  { name: "text that is nothing", text: "<html>\n<p>data</p>\n", want: [] },
  { name: "nothing", text: "", want: [] },
  { name: "blank lines", text: "\n\n\r\n", want: [] },
  { name: "lone surrogates and NUL", text: "data: \ud83d\u0000\n\n", want: [["\ud83d\u0000"]] },
];

for (const { name, text, want } of CASES) {
  Deno.test(`SseDecoder takes ${name}, wherever it is cut`, () => {
    assertEquals(decode(text), want);
    assertEquals(decode(...text), want);
    for (let at = 1; at < text.length; at++) {
      assertEquals(decode(text.slice(0, at), text.slice(at)), want, `cut at ${at}`);
    }
  });
}

// Demands row 32.
Deno.test("SseDecoder gives the same frames wherever UTF-8 is cut, at every byte", () => {
  const text = 'data: {"t":"Grüße, 日本語, 👩‍💻👋🏽"}\r\n\r\nevent: é\r\ndata: ❤️\r\n\r\n';
  const bytes = bytesOf(text);
  const want = decode(text);
  const decodeBytes = (pieces: readonly Uint8Array<ArrayBuffer>[]) => {
    const utf8 = new TextDecoder();
    return decode(...pieces.map((piece) => utf8.decode(piece, { stream: true })), utf8.decode());
  };
  assertEquals(want, [['{"t":"Grüße, 日本語, 👩‍💻👋🏽"}'], ["❤️", "é"]]);
  assertEquals(decodeBytes(inPieces(bytes, 1)), want);
  for (let at = 1; at < bytes.length; at++) {
    assertEquals(decodeBytes([bytes.subarray(0, at), bytes.subarray(at)]), want, `cut at ${at}`);
  }
});

Deno.test("SseDecoder hands an event on as soon as its blank line is there", () => {
  const seen: string[] = [];
  const decoder = new SseDecoder((data) => seen.push(data));
  decoder.push("data: a\n");
  assertEquals(seen, []);
  decoder.push("\n");
  assertEquals(seen, ["a"]);
  decoder.push("data: b\r");
  decoder.push("\r");
  assertEquals(seen, ["a", "b"]);
});

const MIB = 1024 * 1024;
const LARGE = "x".repeat(9 * MIB);

const TOO_LONG: { name: string; pieces: string[] }[] = [
  { name: "a line that never ends", pieces: [`data: ${LARGE}`, LARGE] },
  { name: "a line that comes at once", pieces: [`data: ${LARGE}${LARGE}\n`] },
  { name: "an event of many lines", pieces: [`data: ${LARGE}\n`, `data: ${LARGE}\n`] },
  { name: "a body of many lines", pieces: [`{"a":"${LARGE}\n`, `${LARGE}\n`] },
];

for (const { name, pieces } of TOO_LONG) {
  Deno.test(`SseDecoder gives up ${name} and has over 16 MiB`, () => {
    assertThrows(() => decode(...pieces), UpstreamProtocolError, "16 MiB");
  });
}

Deno.test("SseDecoder takes a line of 8 MiB", () => {
  const [frame] = decode(`data: ${LARGE.slice(MIB)}\n\n`);
  assertEquals(frame?.[0].length, 8 * MIB);
});

Deno.test("SseDecoder takes time in proportion to what it reads", () => {
  // Each of these took minutes where every line looked at all of the rest, or at all before it.
  const lines = "data: {\n" + 'data: "a": {},\n'.repeat(100_000) + 'data: "b": 0\ndata: }\n\n';
  assertEquals(decode(lines).length, 1);
  assertEquals(decode(":\n".repeat(2_000_000) + "\r").length, 0);
  const started = new SseDecoder(() => {});
  const piece = "x".repeat(64);
  for (let at = 0; at < 100_000; at++) started.push(piece);
});
