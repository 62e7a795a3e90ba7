import { assertEquals, assertThrows } from "@std/assert";
import { concatBytes } from "../../src/bytes.ts";
import { UpstreamProtocolError } from "../../src/errors.ts";
import { encodeAwsMessage } from "../../src/framing/aws_event_stream.ts";
import { createFrames, type Framing } from "../../src/framing/frames.ts";
import { CHUNKERS } from "../support/chunkers.ts";
import { bytesOf } from "../support/replay.ts";

type Frame = readonly [data: string, event: string | undefined];

const MESSAGE = encodeAwsMessage({ ":event-type": "a", ":message-type": "event" }, '{"n":"ü"}');

const CASES: { name: string; framing: Framing; bytes: Uint8Array<ArrayBuffer>; want: Frame[] }[] = [
  {
    name: "Server-Sent Events",
    framing: "sse",
    bytes: bytesOf('event: a\ndata: {"n":"ü"}\n\ndata: end'),
    want: [['{"n":"ü"}', "a"], ["end", undefined]],
  },
  {
    name: "binary messages",
    framing: "aws_event_stream",
    bytes: concatBytes([MESSAGE, MESSAGE]),
    want: [['{"n":"ü"}', "a"], ['{"n":"ü"}', "a"]],
  },
  {
    name: "a JSON answer in place of binary messages",
    framing: "aws_event_stream",
    bytes: bytesOf('{\n "message":"ü"\n}'),
    want: [['{\n "message":"ü"\n}', undefined]],
  },
  { name: "nothing", framing: "aws_event_stream", bytes: bytesOf(""), want: [] },
];

for (const { name, framing, bytes, want } of CASES) {
  Deno.test(`createFrames() reads ${name} wherever the bytes are cut`, () => {
    for (const { cut } of CHUNKERS) {
      const frames: Frame[] = [];
      const decoder = createFrames(framing, (data, event) => frames.push([data, event]));
      decoder.push(new Uint8Array(0));
      for (const piece of cut(bytes)) decoder.push(piece);
      decoder.end();
      assertEquals(frames, want);
    }
  });
}

Deno.test("createFrames() takes no page for binary messages", () => {
  const decoder = createFrames("aws_event_stream", () => {});
  const page = bytesOf("<!doctype html><p>Sign in");
  assertThrows(() => decoder.push(page), UpstreamProtocolError, "no event stream");
});
