import { EventStreamCodec } from "@smithy/core/event-streams";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { concatBytes } from "../../src/bytes.ts";
import { UpstreamProtocolError } from "../../src/errors.ts";
import { AwsEventStreamDecoder, encodeAwsMessage } from "../../src/framing/aws_event_stream.ts";
import { CHUNKERS, inLengths } from "../support/chunkers.ts";
import { bytesOf } from "../support/replay.ts";

type Frame = readonly [data: string, event: string | undefined];
type Bytes = Uint8Array<ArrayBuffer>;

/** AWS's own codec, as an oracle; it takes whole messages only. */
const codec = new EventStreamCodec(
  (bytes) => typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes),
  bytesOf,
);

const HELLO = message("contentBlockDelta", '{"delta":{"text":"Grüße 🌍"}}');
const STOP = message("messageStop", '{"stopReason":"end_turn"}');

function message(event: string, payload: string): Bytes {
  return encodeAwsMessage({
    ":event-type": event,
    ":content-type": "application/json",
    ":message-type": "event",
  }, payload);
}

/** The frames of these pieces, each of which is overwritten once it was taken. */
function decode(pieces: readonly Bytes[]): Frame[] {
  const frames: Frame[] = [];
  const decoder = new AwsEventStreamDecoder((data, event) => frames.push([data, event]));
  for (const piece of pieces) {
    const copy = piece.slice();
    decoder.push(copy);
    copy.fill(0xff);
  }
  decoder.end();
  return frames;
}

function changed(bytes: Bytes, at: number): Bytes {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 0x10;
  return copy;
}

for (const { name, cut } of CHUNKERS) {
  Deno.test(`AwsEventStreamDecoder reads messages that arrive ${name}`, () => {
    assertEquals(decode(cut(concatBytes([HELLO, STOP, HELLO]))), [
      ['{"delta":{"text":"Grüße 🌍"}}', "contentBlockDelta"],
      ['{"stopReason":"end_turn"}', "messageStop"],
      ['{"delta":{"text":"Grüße 🌍"}}', "contentBlockDelta"],
    ]);
  });
}

Deno.test("AwsEventStreamDecoder reads what AWS's codec writes, wherever it is cut", () => {
  const text = fc.string({ unit: "binary", maxLength: 400 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.stringMatching(/^[a-zA-Z]{1,30}$/), text), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 10 }),
      (events, lengths) => {
        const bytes = concatBytes(events.map(([event, payload]) =>
          Uint8Array.from(codec.encode({
            headers: {
              flag: { type: "boolean", value: true },
              count: { type: "integer", value: 7 },
              ":event-type": { type: "string", value: event },
              raw: { type: "binary", value: new Uint8Array([1, 2, 3]) },
              when: { type: "timestamp", value: new Date(0) },
              id: { type: "uuid", value: "00112233-4455-6677-8899-aabbccddeeff" },
              ":message-type": { type: "string", value: "event" },
            },
            body: bytesOf(payload),
          }))
        ));
        const want = events.map(([event, payload]) => [payload.toWellFormed(), event]);
        assertEquals<unknown>(decode(inLengths(bytes, lengths)), want);
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("encodeAwsMessage() writes what AWS's codec reads", () => {
  const { headers, body } = codec.decode(HELLO);
  assertEquals(Object.entries(headers).map(([name, { value }]) => [name, value]), [
    [":event-type", "contentBlockDelta"],
    [":content-type", "application/json"],
    [":message-type", "event"],
  ]);
  assertEquals(new TextDecoder().decode(body), '{"delta":{"text":"Grüße 🌍"}}');
});

Deno.test("AwsEventStreamDecoder names exceptions, errors and messages without a name", () => {
  const bytes = concatBytes([
    encodeAwsMessage(
      { ":message-type": "exception", ":exception-type": "throttlingException" },
      '{"message":"slow down"}',
    ),
    encodeAwsMessage({
      ":message-type": "error",
      ":error-code": "InternalFailure",
      ":error-message": "it broke",
    }, ""),
    encodeAwsMessage({ ":message-type": "error" }, ""),
    encodeAwsMessage({}, "{}"),
    message("somethingNew", "{}"),
  ]);
  assertEquals(decode([bytes]), [
    ['{"message":"slow down"}', "exception:throttlingException"],
    ["it broke", "error:InternalFailure"],
    ["", "error:"],
    ["{}", ""],
    ["{}", "somethingNew"],
  ]);
});

Deno.test("AwsEventStreamDecoder takes a message of a megabyte in small pieces", () => {
  const payload = JSON.stringify({ text: "x".repeat(1024 * 1024) });
  const bytes = concatBytes([HELLO, message("contentBlockDelta", payload), STOP]);
  assertEquals(decode(inLengths(bytes, [16_384]))[1], [payload, "contentBlockDelta"]);
});

Deno.test("AwsEventStreamDecoder refuses a message of which any one bit is wrong", () => {
  for (let at = 0; at < HELLO.length; at++) {
    assertThrows(() => decode([changed(HELLO, at), STOP]), UpstreamProtocolError);
  }
});

Deno.test("AwsEventStreamDecoder hands on what came before a damaged message, and nothing after", () => {
  const frames: Frame[] = [];
  const decoder = new AwsEventStreamDecoder((data, event) => frames.push([data, event]));
  const bytes = concatBytes([STOP, changed(HELLO, HELLO.length - 1), STOP]);
  assertThrows(() => decoder.push(bytes), UpstreamProtocolError, "damaged frame");
  assertEquals(frames, [['{"stopReason":"end_turn"}', "messageStop"]]);
});

Deno.test("AwsEventStreamDecoder refuses a stream that ends inside a message", () => {
  for (let length = 1; length < HELLO.length; length++) {
    const piece = HELLO.slice(0, length);
    assertThrows(() => decode([STOP, piece]), UpstreamProtocolError, "in the middle of a frame");
  }
  assertEquals(decode([]), []);
});

for (const length of [0, 15, 16 * 1024 * 1024 + 1, 2 ** 31, 2 ** 32 - 1]) {
  Deno.test(`AwsEventStreamDecoder refuses a length of ${length} at once`, () => {
    const bytes = HELLO.slice();
    new DataView(bytes.buffer).setUint32(0, length);
    const before = Deno.memoryUsage();
    assertThrows(() => decode([bytes.slice(0, 12)]), UpstreamProtocolError, `${length} bytes`);
    const { external, heapTotal } = Deno.memoryUsage();
    const grown = external + heapTotal - before.external - before.heapTotal;
    assert(grown < 16 * 1024 * 1024, `${grown} bytes more`);
  });
}

/** Headers whose checksums are right, and whose contents are not. */
const BAD_HEADERS: { name: string; headers: number[] }[] = [
  { name: "a name that is longer than all of them", headers: [200, 97] },
  { name: "a value that is longer than all of them", headers: [1, 97, 7, 255, 255, 98] },
  { name: "a value of an unknown type", headers: [1, 97, 10, 0] },
  { name: "no value", headers: [1, 97] },
];

for (const { name, headers } of BAD_HEADERS) {
  Deno.test(`AwsEventStreamDecoder refuses headers with ${name}`, () => {
    const bytes = withHeaders(headers);
    assertThrows(() => decode([bytes]), UpstreamProtocolError, "damaged frame");
  });
}

Deno.test("AwsEventStreamDecoder refuses headers that are longer than their message", () => {
  const bytes = encodeAwsMessage({}, "ab");
  const view = new DataView(bytes.buffer);
  view.setUint32(4, 3);
  view.setUint32(8, crc32Of(bytes.subarray(0, 8)));
  assertThrows(() => decode([bytes]), UpstreamProtocolError, "18 bytes");
});

/** A message with these bytes as its headers, and right checksums. */
function withHeaders(headers: readonly number[]): Bytes {
  const bytes = encodeAwsMessage({}, new Uint8Array(headers));
  const view = new DataView(bytes.buffer);
  view.setUint32(4, headers.length);
  view.setUint32(8, crc32Of(bytes.subarray(0, 8)));
  view.setUint32(bytes.length - 4, crc32Of(bytes.subarray(0, bytes.length - 4)));
  return bytes;
}

/** As RFC 1952 writes it, bit by bit. */
function crc32Of(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
