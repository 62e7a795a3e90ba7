import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { InvalidRequestError } from "../../src/errors.ts";
import { readRequestBody } from "../../src/server/request_body.ts";
import { FakeUpstream, json } from "../support/fake_upstream.ts";
import { completion } from "../support/server_chat.ts";
import { ask, chatTarget, startGateway } from "../support/server_gateway.ts";

const encoder = new TextEncoder();

async function compressed(
  text: string,
  format: CompressionFormat,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function request(body: BodyInit | null, headers: HeadersInit = {}): Request {
  return new Request("http://localhost/", { method: "POST", body, headers });
}

const BOMB = await compressed("a".repeat(200 * 1024 * 1024), "gzip");
const GZIP = await compressed('{"a":"ä"}', "gzip");

const READ: { name: string; body: BodyInit; headers?: Readonly<Record<string, string>> }[] = [
  { name: "a plain body", body: '{"a":"ä"}' },
  {
    name: "an identity body",
    body: '{"a":"ä"}',
    headers: { "content-encoding": "identity" },
  },
  { name: "a gzip body", body: GZIP, headers: { "content-encoding": "gzip" } },
  { name: "an x-gzip body", body: GZIP, headers: { "content-encoding": " X-GZIP " } },
  {
    name: "a deflate body",
    body: await compressed('{"a":"ä"}', "deflate"),
    headers: { "content-encoding": "deflate" },
  },
];

for (const { name, body, headers } of READ) {
  Deno.test(`readRequestBody() reads ${name}`, async () => {
    const read = await readRequestBody(request(body, headers), 1000);
    assertEquals(read.text, '{"a":"ä"}');
    assertEquals(read.bytes, encoder.encode('{"a":"ä"}'));
  });
}

const REFUSED: {
  name: string;
  body: BodyInit | null;
  headers?: Readonly<Record<string, string>>;
  status?: number;
  code?: string;
}[] = [
  { name: "no body", body: null },
  { name: "bytes that are not UTF-8", body: new Uint8Array([0x22, 0xff, 0x22]) },
  { name: "a body over the limit", body: "x".repeat(1001), status: 413 },
  {
    name: "a declared length over the limit",
    body: "x",
    headers: { "content-length": "1001" },
    status: 413,
  },
  {
    name: "a bomb",
    body: BOMB,
    headers: { "content-encoding": "gzip" },
    status: 413,
  },
  {
    name: "a foreign encoding",
    body: "x",
    headers: { "content-encoding": "zstd" },
    code: "request_body_encoding_unsupported",
  },
  {
    name: "an encoding named like a member of Object",
    body: "x",
    headers: { "content-encoding": "constructor" },
    code: "request_body_encoding_unsupported",
  },
  {
    name: "gzip that is none",
    body: "{}",
    headers: { "content-encoding": "gzip" },
    code: "request_body_encoding_invalid",
  },
  {
    name: "gzip that is cut",
    body: GZIP.slice(0, 12),
    headers: { "content-encoding": "gzip" },
    code: "request_body_encoding_invalid",
  },
];

for (const { name, body, headers, status = 400, code } of REFUSED) {
  Deno.test(`readRequestBody() refuses ${name}`, async () => {
    const error = await assertRejects(
      async () => (await readRequestBody(request(body, headers), 1000)).text,
      InvalidRequestError,
    );
    assertEquals(error.status, status);
    assertEquals(error.details?.error_code, code);
  });
}

const LIMIT = "listen: { max_body: 1MiB }\n";

/** A body of a length that nobody told. */
function unknownLength(size: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = size;
  return new ReadableStream({
    pull(controller) {
      const piece = Math.min(left, 64 * 1024);
      left -= piece;
      if (piece > 0) controller.enqueue(new Uint8Array(piece).fill(0x20));
      else controller.close();
    },
  });
}

Deno.test("a body over listen.max_body is answered with 413, however it comes", async () => {
  await using gateway = await startGateway(chatTarget("http://127.0.0.1:9") + LIMIT);
  const gzip = { "content-encoding": "gzip" };
  const bodies: [string, BodyInit, HeadersInit][] = [
    ["declared", " ".repeat(2 * 1024 * 1024), {}],
    ["declared and far too large", " ".repeat(40 * 1024 * 1024), {}],
    ["chunked", unknownLength(8 * 1024 * 1024), {}],
    ["bomb", BOMB, gzip],
  ];
  for (const [name, body, headers] of bodies) {
    const response = await gateway.post("/chat/v1/messages", "", { body, headers });
    const text = await response.text();
    assertEquals(response.status, 413, `${name}: ${text}`);
    assertStringIncludes(text, '"request_too_large"');
  }
});

Deno.test("a compressed body goes upstream as any other", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  await using gateway = await startGateway(chatTarget(upstream.url));
  const body = await compressed(JSON.stringify(ask("zipped")), "gzip");
  const headers = { "content-encoding": "gzip" };
  const response = await gateway.post("/chat/v1/messages", "", { body, headers });
  assertEquals(response.status, 200);
  await response.body?.cancel();
  assertStringIncludes(upstream.call.text, "zipped");
  assertEquals(upstream.call.headers.get("content-encoding"), null);
});

Deno.test("an encoding that cannot be undone is told by its code", async () => {
  await using gateway = await startGateway(chatTarget("http://127.0.0.1:9"));
  for (
    const [encoding, code] of [
      ["br", "request_body_encoding_unsupported"],
      ["gzip", "request_body_encoding_invalid"],
    ] as const
  ) {
    const headers = { "content-encoding": encoding };
    const response = await gateway.post("/chat/v1/messages", "{}", { headers });
    assertEquals(response.status, 400);
    const { error } = await response.json();
    assertEquals(error.type, "invalid_request_error");
    assertEquals(error.details.error_code, code);
  }
});
