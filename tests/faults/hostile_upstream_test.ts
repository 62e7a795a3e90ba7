import { assert, assertEquals } from "@std/assert";
import {
  bytes,
  FakeUpstream,
  json,
  type ReceivedCall,
  type Script,
} from "../support/fake_upstream.ts";
import { completion, delta, streamOf } from "../support/server_chat.ts";
import { errorOf, EventReader } from "../support/server_client.ts";
import {
  ask,
  askStream,
  chatTarget,
  type Gateway,
  startGateway,
} from "../support/server_gateway.ts";
import { until } from "../support/server_wait.ts";

const MEGABYTE = new TextEncoder().encode("x".repeat(1024 * 1024));
const SSE = "content-type: text/event-stream\r\n";
const JSON_TYPE = "content-type: application/json\r\n";

const STREAM = streamOf("ok").map((data) =>
  `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`
).join("");
const WHOLE = JSON.stringify(completion("ok"));
const FIRST = `data: ${JSON.stringify(delta("half"))}\n\n`;

function answer(headers: string, body: string): Script {
  return bytes(`HTTP/1.1 200 OK\r\n${headers}\r\n${body}`);
}

/** A line of 100 MB, for as long as somebody reads it. */
function hugeLine(head: string, start: string): Script {
  return async (call: ReceivedCall) => {
    await call.raw(`HTTP/1.1 200 OK\r\n${head}connection: close\r\n\r\n${start}`);
    for (let count = 0; count < 100 && !call.isClosed; count++) await call.raw(MEGABYTE);
    call.close();
  };
}

/** How an answer ends: finished, an `error` event in it, or an error status. */
type End = "message" | "cut" | 502;

/** What an upstream may do, and what the client gets of it, streamed and whole. */
const FAULTS: { name: string; script: Script; stream: End; whole: End }[] = [
  {
    name: "sends a stream one byte at a time",
    script: async (call) => {
      await call.begin();
      for (const byte of STREAM) await call.write(byte);
    },
    stream: "message",
    whole: "message",
  },
  {
    name: "sends a whole answer one byte at a time",
    script: async (call) => {
      await call.begin({ headers: { "content-type": "application/json" } });
      for (const byte of WHOLE) await call.write(byte);
    },
    stream: "message",
    whole: "message",
  },
  {
    name: "announces fewer bytes of a stream than it sends",
    script: answer(`${SSE}content-length: ${FIRST.length}\r\n`, STREAM.replace("ok", "half")),
    stream: "cut",
    whole: 502,
  },
  {
    name: "announces fewer bytes of an answer than it sends",
    script: answer(`${JSON_TYPE}content-length: 9\r\n`, WHOLE),
    stream: 502,
    whole: 502,
  },
  {
    name: "announces more bytes than it sends",
    script: answer(`${SSE}content-length: 99999\r\n`, FIRST),
    stream: "cut",
    whole: 502,
  },
  {
    name: "announces two lengths",
    script: answer(`${JSON_TYPE}content-length: 5\r\ncontent-length: 9\r\n`, WHOLE),
    stream: 502,
    whole: 502,
  },
  {
    name: "calls a stream JSON",
    script: answer(`${JSON_TYPE}connection: close\r\n`, STREAM),
    stream: "message",
    whole: "message",
  },
  {
    name: "calls JSON a stream",
    script: answer(`${SSE}connection: close\r\n`, WHOLE),
    stream: "message",
    whole: "message",
  },
  {
    name: "calls nothing anything",
    script: answer("connection: close\r\n", STREAM),
    stream: "message",
    whole: "message",
  },
  {
    name: "calls a stream a page",
    script: answer("content-type: text/html\r\nconnection: close\r\n", STREAM),
    stream: 502,
    whole: 502,
  },
  {
    name: "sends 10,000 headers",
    script: answer(
      Array.from({ length: 10_000 }, (_, at) => `x-${at}: ${at}\r\n`).join("") + SSE,
      STREAM,
    ),
    stream: 502,
    whole: 502,
  },
  {
    name: "sends a line of 100 MB",
    script: hugeLine(SSE, "data: "),
    stream: 502,
    whole: 502,
  },
  {
    name: "sends a line of 100 MB behind a good one",
    script: hugeLine(SSE, `${FIRST}data: `),
    stream: "cut",
    whole: 502,
  },
  {
    name: "sends JSON of 100 MB",
    script: hugeLine(JSON_TYPE, '{"choices":[{"message":{"content":"'),
    stream: 502,
    whole: 502,
  },
  {
    name: "switches to garbage",
    script: answer(
      `${SSE}connection: close\r\n`,
      `${FIRST}\u0000\u0001PK\u0003\u0004 \ufffd\n\n\n`,
    ),
    stream: "cut",
    whole: 502,
  },
  {
    name: "switches to broken events",
    script: answer(`${SSE}connection: close\r\n`, `${FIRST}${"data: {]\n\n".repeat(5)}`),
    stream: "cut",
    whole: 502,
  },
  {
    name: "switches to a page",
    script: answer(`${SSE}connection: close\r\n`, `${FIRST}<html><h1>502 Bad Gateway</h1>`),
    stream: "cut",
    whole: 502,
  },
  {
    name: "breaks its chunks",
    script: answer(`${SSE}transfer-encoding: chunked\r\n`, `5\r\ndata:\r\nzzz\r\n`),
    stream: 502,
    whole: 502,
  },
];

async function endOf(response: Response): Promise<End | number> {
  if (response.status !== 200) {
    assertEquals(errorOf(await response.json()).type, "api_error");
    return response.status;
  }
  if (response.headers.get("content-type") === "application/json") {
    return (await response.json()).type;
  }
  const last = (await new EventReader(response).rest()).at(-1);
  return last?.event === "message_stop" ? "message" : last?.event === "error" ? "cut" : 200;
}

/** Nothing is left of what went wrong, and the next request is served. */
async function assertServes(gateway: Gateway, upstream: FakeUpstream): Promise<void> {
  await until(() => upstream.calls.every(({ isClosed }) => isClosed), "the connection is closed");
  await until(() => gateway.services.streams.size === 0, "the request is over");
  assert(!gateway.log().includes("Internal error"), gateway.log());
  upstream.play(json(completion("ok")));
  const next = await gateway.post("/chat/v1/messages", ask());
  assertEquals(await endOf(next), "message");
}

for (const { name, script, stream, whole } of FAULTS) {
  for (const [request, want] of [[askStream(), stream], [ask(), whole]] as const) {
    const how = request.stream ? "streamed" : "whole";
    Deno.test(`an upstream that ${name}: ${how} ${want}`, async () => {
      await using upstream = new FakeUpstream(script);
      await using gateway = await startGateway(chatTarget(upstream.url));
      assertEquals(await endOf(await gateway.post("/chat/v1/messages", request)), want);
      assertEquals(upstream.calls.length, 1);
      await assertServes(gateway, upstream);
    });
  }
}

Deno.test("an upstream that closes in the TLS handshake is told as such, and let go", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let greetings = 0;
  const accepting = (async () => {
    for await (const connection of listener) {
      await connection.read(new Uint8Array(2048));
      greetings++;
      connection.close();
    }
  })();
  await using gateway = await startGateway(chatTarget(`https://127.0.0.1:${listener.addr.port}`));
  for (const request of [ask(), askStream()]) {
    const response = await gateway.post("/chat/v1/messages", request);
    assertEquals(response.status, 502);
    const { message } = errorOf(await response.json());
    assert(message.endsWith("connection closed in the TLS handshake"), message);
  }
  // No request was sent, so each is tried twice.
  assertEquals(greetings, 4);
  listener.close();
  await accepting.catch(() => {});
});

Deno.test("a model list without an end is given up, and its connection closed", async () => {
  const list = hugeLine(JSON_TYPE, '{"data":["');
  await using upstream = new FakeUpstream(list);
  await using gateway = await startGateway(chatTarget(upstream.url));
  const response = await gateway.get("/chat/v1/models");
  assertEquals(response.status, 200);
  assertEquals((await response.json()).data, []);
  await until(() => upstream.calls.every(({ isClosed }) => isClosed), "the connection is closed");
});
