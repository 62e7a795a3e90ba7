import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { concatBytes } from "../../src/bytes.ts";
import { answerEvents, type ConverseEvent, framesOf } from "../support/converse.ts";
import { assertEventOrder } from "../support/events.ts";
import { FakeUpstream, type Script } from "../support/fake_upstream.ts";
import { foldEvents } from "../support/fold_events.ts";
import { errorOf } from "../support/server_client.ts";
import { askStream, type Gateway, startGateway, targets } from "../support/server_gateway.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const TEXT: ConverseEvent = ["contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hi" } }];
const FRAMES = framesOf(answerEvents([TEXT, TEXT]));
const [START, FIRST] = FRAMES as [Bytes, Bytes];

function gatewayTo(upstream: FakeUpstream): Promise<Gateway> {
  return startGateway(targets({
    aws: [
      "api_mode: bedrock_converse",
      `endpoint_url: ${upstream.url}`,
      "model: m",
      "api_key: bedrock-key-0123456789",
    ],
  }));
}

/** Plays these bytes as a stream; with `open`, the connection stays until the caller closes it. */
function stream(pieces: readonly Uint8Array[], { open = false, type = "" } = {}): Script {
  return async (call) => {
    await call.begin({ headers: { "content-type": type || "application/vnd.amazon.eventstream" } });
    for (const piece of pieces) await call.write(piece);
    if (open) await call.closed;
    else await call.end();
  };
}

function damaged(frame: Bytes): Bytes {
  const copy = frame.slice();
  copy[copy.length - 6] = (copy[copy.length - 6] ?? 0) ^ 1;
  return copy;
}

/** A prelude that announces a frame of 2 GB. */
function hugeFrame(): Bytes {
  const copy = START.slice(0, 12);
  new DataView(copy.buffer).setUint32(0, 2 ** 31);
  return copy;
}

const FAULTS: { name: string; script: (before: readonly Bytes[]) => Script; want: string }[] = [
  {
    name: "a damaged frame",
    script: (before) => stream([...before, damaged(FIRST), ...FRAMES.slice(2)]),
    want: "a damaged frame",
  },
  {
    name: "a frame of 2 GB, while the connection stays open",
    script: (before) => stream([...before, hugeFrame()], { open: true }),
    want: "2147483648 bytes",
  },
  {
    name: "half a frame at its end",
    script: (before) => stream([...before, FIRST.slice(0, FIRST.length - 3)]),
    want: "in the middle of a frame",
  },
];

for (const { name, script, want } of FAULTS) {
  Deno.test(`a binary stream that begins with ${name} is an HTTP error`, async () => {
    await using upstream = new FakeUpstream(script([]));
    await using gateway = await gatewayTo(upstream);
    const response = await gateway.post("/aws/v1/messages", askStream());
    const { type, message } = errorOf(await response.json());
    assertEquals([response.status, type], [502, "api_error"]);
    assertStringIncludes(String(message), want);
  });

  Deno.test(`a binary stream with ${name} after its first text ends in an error`, async () => {
    await using upstream = new FakeUpstream(script([START, FIRST]));
    await using gateway = await gatewayTo(upstream);
    const sse = await (await gateway.post("/aws/v1/messages", askStream())).text();
    const events = assertEventOrder(sse);
    assertEquals(events.at(-1)?.name, "error");
    assert(sse.includes("Hi") && !sse.includes("message_stop"));
    assertStringIncludes(sse, want);
  });
}

Deno.test("a binary stream is the same message wherever it is cut, and with unknown events", async () => {
  const unknown = framesOf([["somethingNew", { a: 1 }], ["", {}]]);
  const bytes = concatBytes([START, ...unknown, ...FRAMES.slice(1)]);
  for (const length of [1, 5, 1000]) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += length) pieces.push(bytes.subarray(at, at + length));
    await using upstream = new FakeUpstream(stream(pieces));
    await using gateway = await gatewayTo(upstream);
    const sse = await (await gateway.post("/aws/v1/messages", askStream())).text();
    assertEquals(foldEvents(sse).content, [{ type: "text", text: "HiHi", citations: null }]);
  }
});

Deno.test("a JSON body in place of a binary stream is read as what it says", async () => {
  const encoder = new TextEncoder();
  const cases: { body: object; want: [status: number, type: string] }[] = [
    {
      body: { message: "no capacity left", __type: "ThrottlingException" },
      want: [429, "rate_limit_error"],
    },
    { body: { Output: { __type: "UnknownOperationException" } }, want: [502, "api_error"] },
  ];
  for (const { body, want } of cases) {
    const script = stream([encoder.encode(JSON.stringify(body))], { type: "application/json" });
    await using upstream = new FakeUpstream(script);
    await using gateway = await gatewayTo(upstream);
    const response = await gateway.post("/aws/v1/messages", askStream());
    assertEquals([response.status, errorOf(await response.json()).type], want);
  }
});
