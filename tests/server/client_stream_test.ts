import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  events,
  FakeUpstream,
  hangUp,
  json,
  pieces,
  type Script,
  silence,
} from "../support/fake_upstream.ts";
import { delta, finish, streamOf, USAGE } from "../support/server_chat.ts";
import { errorOf, EventReader, textOf, types } from "../support/server_client.ts";
import { askStream, chatTarget, relayTarget, startGateway } from "../support/server_gateway.ts";
import { soon, timed, until } from "../support/server_wait.ts";

/** What a relayed upstream sends, one event each. */
const RELAYED = {
  start: 'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":' +
    '{"input_tokens":3,"output_tokens":1}}}\n\n',
  block: 'event: content_block_start\ndata: {"type":"content_block_start","index":0,' +
    '"content_block":{"type":"text","text":""}}\n\n',
  delta: (text: string) =>
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":' +
    `{"type":"text_delta","text":"${text}"}}\n\n`,
  stop: 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
};

const FAST = ["ping_interval: 1s"];

Deno.test("a stream's first delta is with the client before the upstream sends the second", async () => {
  const go = Promise.withResolvers<void>();
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.send(delta("one"));
    await go.promise;
    for (const data of [delta("two"), finish(), USAGE, "[DONE]"]) await call.send(data);
  });
  await using gateway = await startGateway(chatTarget(upstream.url));
  const response = await gateway.post("/chat/v1/messages?beta=true", askStream(), {
    headers: { "accept-encoding": "gzip, br" },
  });
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assertEquals(response.headers.get("content-encoding"), null);
  assertEquals(response.headers.get("x-accel-buffering"), "no");
  assertEquals(response.headers.get("cache-control"), "no-cache");
  const reader = new EventReader(response);
  const first = await reader.until("content_block_delta");
  assertEquals(textOf([first]), "one");
  go.resolve();
  const rest = await reader.rest();
  assertEquals(textOf(rest), "two");
  assertEquals(types(rest).at(-1), "message_stop");
});

Deno.test("a relayed stream's bytes are with the client before the upstream sends more", async () => {
  const go = Promise.withResolvers<void>();
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.write(RELAYED.start + RELAYED.block + RELAYED.delta("one"));
    await go.promise;
    await call.write(RELAYED.delta("two") + RELAYED.stop);
  });
  await using gateway = await startGateway(relayTarget(upstream.url));
  const reader = new EventReader(await gateway.post("/relay/v1/messages", askStream()));
  assertEquals(textOf([await reader.until("content_block_delta")]), "one");
  go.resolve();
  assertEquals(textOf(await reader.rest()), "two");
});

/** Failures before the first meaningful event: the client gets a status. */
const EARLY: { name: string; script: Script; status: number; type: string }[] = [
  {
    name: "an error as the first frame",
    script: events([{ error: { message: "slow down", type: "rate_limit_error", code: 429 } }]),
    status: 429,
    type: "rate_limit_error",
  },
  {
    name: "an error behind chunks without content",
    script: events([
      { choices: [{ index: 0, delta: { role: "assistant", content: "" } }] },
      { error: { message: "overloaded", code: "overloaded" } },
    ]),
    status: 529,
    type: "overloaded_error",
  },
  { name: "an immediate end", script: events([]), status: 502, type: "api_error" },
  { name: "nothing but [DONE]", script: events(["[DONE]"]), status: 502, type: "api_error" },
  {
    name: "an error body with status 200",
    script: json({ error: { message: "no such key", code: "invalid_api_key" } }),
    status: 401,
    type: "authentication_error",
  },
  {
    name: "garbage events",
    script: pieces(["data: <x>\n\n", "data: <y>\n\n", "data: <z>\n\n"]),
    status: 502,
    type: "api_error",
  },
  {
    name: "an HTTP error",
    script: json({ error: { message: "try later" } }, { status: 503 }),
    status: 529,
    type: "overloaded_error",
  },
];

for (const { name, script, status, type } of EARLY) {
  Deno.test(`a stream answers ${name} with a status`, async () => {
    await using upstream = new FakeUpstream(script);
    await using gateway = await startGateway(chatTarget(upstream.url));
    const response = await gateway.post("/chat/v1/messages", askStream());
    assertEquals(response.status, status);
    const body = await response.json();
    assertEquals(errorOf(body).type, type);
    assertEquals(body.request_id, response.headers.get("request-id"));
  });
}

Deno.test("a relayed stream answers an error in place of message_start with a status", async () => {
  const error = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}';
  await using upstream = new FakeUpstream(pieces([`event: error\ndata: ${error}\n\n`]));
  await using gateway = await startGateway(relayTarget(upstream.url));
  const response = await gateway.post("/relay/v1/messages", askStream());
  assertEquals(response.status, 529);
  assertEquals(errorOf(await response.json()).type, "overloaded_error");
});

Deno.test("a stream tells an error that comes with its first content as an event", async () => {
  const error = { error: { message: "broken", code: 500 } };
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.write(`data: ${JSON.stringify(delta("a"))}\n\ndata: ${JSON.stringify(error)}\n\n`);
  });
  await using gateway = await startGateway(chatTarget(upstream.url));
  const response = await gateway.post("/chat/v1/messages", askStream());
  assertEquals(response.status, 200);
  const all = await new EventReader(response).rest();
  assertEquals(textOf(all), "a");
  assertEquals(types(all).at(-1), "error");
});

Deno.test("a stream is committed after the window, though the upstream sends no headers", async () => {
  await using upstream = new FakeUpstream(silence, hangUp);
  await using gateway = await startGateway(chatTarget(upstream.url), { commitWindowMs: 50 });
  const response = await gateway.post("/chat/v1/messages", askStream());
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("x-switchyard-target"), "chat");
  const reader = new EventReader(response);
  assertEquals((await reader.next())?.event, "message_start");
  assertEquals((await reader.next())?.event, "ping");
  upstream.call.close();
  assertEquals((await reader.rest()).map(({ event }) => event), ["error"]);
});

/** The same failure before and behind the window. */
const LATE: { name: string; script: (late: Promise<void>) => Script; type: string }[] = [
  {
    name: "an HTTP error",
    script: (late) => async (call) => {
      await late;
      await call.answer({ error: { message: "slow down" } }, { status: 429 });
    },
    type: "rate_limit_error",
  },
  {
    name: "an error frame",
    script: (late) => async (call) => {
      await call.begin();
      await late;
      await call.send({ error: { message: "overloaded", code: "overloaded" } });
    },
    type: "overloaded_error",
  },
  {
    name: "an end",
    script: (late) => async (call) => {
      await call.begin();
      await late;
    },
    type: "api_error",
  },
];

for (const { name, script, type } of LATE) {
  Deno.test(`a stream tells ${name} behind the window as an event`, async () => {
    const late = Promise.withResolvers<void>();
    await using upstream = new FakeUpstream(script(late.promise));
    await using gateway = await startGateway(chatTarget(upstream.url), { commitWindowMs: 30 });
    const response = await gateway.post("/chat/v1/messages", askStream());
    late.resolve();
    const all = await new EventReader(response).rest();
    assertEquals(types(all), ["message_start", "error"]);
    assertEquals(errorOf(all.at(-1)?.data ?? {}).type, type);
    assertEquals(all.at(-1)?.data.request_id, response.headers.get("request-id"));
  });
}

Deno.test("a stream that is refused behind the window ends as a finished message", async () => {
  const late = Promise.withResolvers<void>();
  await using upstream = new FakeUpstream(async (call) => {
    await late.promise;
    const error = { code: "content_policy_violation", message: "no" };
    await call.answer({ error }, { status: 400 });
  });
  await using gateway = await startGateway(chatTarget(upstream.url), { commitWindowMs: 30 });
  const response = await gateway.post("/chat/v1/messages", askStream());
  late.resolve();
  const all = await new EventReader(response).rest();
  assertEquals(types(all), ["message_start", "message_delta", "message_stop"]);
});

Deno.test("a relayed stream that was committed early passes what comes later as it is", async () => {
  const late = Promise.withResolvers<void>();
  const [first, second] = [RELAYED.start.slice(0, 30), RELAYED.start.slice(30)];
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.write(first);
    await late.promise;
    await call.write(second + RELAYED.stop);
  });
  await using gateway = await startGateway(relayTarget(upstream.url), { commitWindowMs: 30 });
  const response = await gateway.post("/relay/v1/messages", askStream());
  late.resolve();
  assertEquals(await response.text(), RELAYED.start + RELAYED.stop);
});

Deno.test("a relayed stream of an upstream that is silent begins with a ping", async () => {
  const late = Promise.withResolvers<void>();
  await using upstream = new FakeUpstream(async (call) => {
    await late.promise;
    await call.begin();
    await call.write(RELAYED.start + RELAYED.stop);
  });
  await using gateway = await startGateway(relayTarget(upstream.url), { commitWindowMs: 30 });
  const response = await gateway.post("/relay/v1/messages", askStream());
  assertEquals(response.headers.get("x-switchyard-target"), "relay");
  late.resolve();
  const all = await new EventReader(response).rest();
  assertEquals(all.map(({ event }) => event), ["ping", "message_start", "message_stop"]);
});

for (
  const [name, config, begin] of [
    ["translated", chatTarget, `data: ${JSON.stringify(delta("a"))}\n\n`],
    ["relayed", relayTarget, RELAYED.start],
  ] as const
) {
  Deno.test(`silence of a ${name} stream is filled with pings`, async () => {
    await using upstream = new FakeUpstream(async (call) => {
      await call.begin();
      await call.write(begin);
      await call.closed;
    });
    await using gateway = await startGateway(
      config(upstream.url, ["ping_interval: 50ms"]),
    );
    const path = name === "relayed" ? "/relay/v1/messages" : "/chat/v1/messages";
    const reader = new EventReader(await gateway.post(path, askStream()));
    await reader.until("message_start");
    for (let count = 0; count < 4; count++) await reader.until("ping");
    await reader.cancel();
    await soon(upstream.call.closed, "the upstream's call ends");
  });

  Deno.test(`a ${name} stream whose upstream is silent for too long ends with an error`, async () => {
    await using upstream = new FakeUpstream(async (call) => {
      await call.begin();
      await call.write(begin);
      await call.closed;
    });
    const lines = ["timeouts: { idle: 100ms }", "ping_interval: 30ms"];
    await using gateway = await startGateway(config(upstream.url, lines));
    const path = name === "relayed" ? "/relay/v1/messages" : "/chat/v1/messages";
    const response = await gateway.post(path, askStream());
    const all = await new EventReader(response).rest();
    assertEquals(errorOf(all.at(-1)?.data ?? {}).type, "timeout_error");
    assert(!types(all).includes("message_stop"));
    await soon(upstream.call.closed, "the upstream's call is aborted");
  });

  Deno.test(`a ${name} stream that takes too long altogether ends with an error`, async () => {
    await using upstream = new FakeUpstream(async (call) => {
      await call.begin();
      await call.write(begin);
      while (!call.isClosed) {
        await call.write(": alive\n\n");
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
    await using gateway = await startGateway(config(upstream.url, ["timeouts: { total: 150ms }"]));
    const path = name === "relayed" ? "/relay/v1/messages" : "/chat/v1/messages";
    const response = await gateway.post(path, askStream());
    const text = await response.text();
    assertStringIncludes(text, '"timeout_error"');
    assert(!text.includes("message_stop"));
    await soon(upstream.call.closed, "the upstream's call is aborted");
  });

  Deno.test(`a ${name} stream that is cut never looks finished`, async () => {
    await using upstream = new FakeUpstream(async (call) => {
      await call.begin();
      await call.write(begin);
      await call.write('data: {"half":');
      call.close();
    });
    await using gateway = await startGateway(config(upstream.url));
    const path = name === "relayed" ? "/relay/v1/messages" : "/chat/v1/messages";
    const response = await gateway.post(path, askStream());
    const all = (await response.text()).split("\n\n").filter((frame) => frame !== "");
    assertStringIncludes(all.at(-1) ?? "", "event: error\n");
    assertStringIncludes(all.at(-1) ?? "", '"api_error"');
    assert(!all.some((frame) => frame.includes("message_stop")));
  });

  Deno.test(`a ${name} stream's upstream is let go when the client leaves in the middle`, async () => {
    await using upstream = new FakeUpstream(async (call) => {
      await call.begin();
      await call.write(begin);
      await call.closed;
    });
    await using gateway = await startGateway(config(upstream.url));
    const path = name === "relayed" ? "/relay/v1/messages" : "/chat/v1/messages";
    const response = await gateway.post(path, askStream());
    const reader = new EventReader(response);
    await reader.until("message_start");
    await reader.cancel();
    const time = await timed(() => soon(upstream.call.closed, "the upstream's call ends"));
    assert(time < 1000, `${time} ms`);
    const record = await gateway.access(response);
    assertEquals(record.error, "The client is gone");
  });

  Deno.test(`a ${name} stream's upstream is let go when the client leaves before its headers`, async () => {
    await using upstream = new FakeUpstream(silence);
    await using gateway = await startGateway(config(upstream.url));
    const path = name === "relayed" ? "/relay/v1/messages" : "/chat/v1/messages";
    const client = new AbortController();
    const arrived = upstream.next();
    const answer = gateway.post(path, askStream(), { signal: client.signal }).catch(() => "gone");
    const call = await soon(arrived, "the upstream is asked");
    client.abort();
    assertEquals(await answer, "gone");
    await soon(call.closed, "the upstream's call ends");
    await until(() => gateway.records.some(({ status }) => status === 499), "the access record");
    assertEquals(gateway.services.streams.size, 0);
    assert(!gateway.log().includes("Internal error"), gateway.log());
  });

  Deno.test(`a ${name} stream's upstream is let go when the client leaves before its first byte`, async () => {
    await using upstream = new FakeUpstream(async (call) => {
      await call.begin();
      await call.closed;
    });
    await using gateway = await startGateway(config(upstream.url));
    const path = name === "relayed" ? "/relay/v1/messages" : "/chat/v1/messages";
    const client = new AbortController();
    const arrived = upstream.next();
    const answer = gateway.post(path, askStream(), { signal: client.signal }).catch(() => "gone");
    const call = await soon(arrived, "the upstream is asked");
    client.abort();
    await answer;
    await soon(call.closed, "the upstream's call ends");
    await until(() => gateway.services.streams.size === 0, "the request is over");
  });
}

Deno.test("a whole answer's upstream is let go when the client leaves", async () => {
  await using upstream = new FakeUpstream(async (call) => {
    await call.raw("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{");
    await call.closed;
  });
  await using gateway = await startGateway(chatTarget(upstream.url));
  const client = new AbortController();
  const arrived = upstream.next();
  const body = askStream("hi", { stream: false });
  const answer = gateway.post("/chat/v1/messages", body, { signal: client.signal })
    .catch(() => "gone");
  const call = await soon(arrived, "the upstream is asked");
  client.abort();
  await answer;
  await soon(call.closed, "the upstream's call ends");
});

Deno.test("a client that does not read holds the upstream back", async () => {
  const chunk = `data: ${JSON.stringify(delta("x".repeat(60_000)))}\n\n`;
  let sent = 0;
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    for (; sent < 200 * 1024 * 1024 && !call.isClosed; sent += chunk.length) {
      await call.write(chunk);
    }
  });
  await using gateway = await startGateway(chatTarget(upstream.url, FAST));
  const response = await gateway.post("/chat/v1/messages", askStream());
  const reader = new EventReader(response);
  await reader.until("content_block_delta");
  let last = -1;
  await until(async () => {
    const stands = sent === last;
    last = sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return stands;
  }, "the upstream's writes stall");
  assert(sent < 40 * 1024 * 1024, `${sent} bytes went out`);
  await reader.cancel();
  await soon(upstream.call.closed, "the upstream's call ends");
});

/** Ends of streams that servers are known for. */
const ENDS: { name: string; script: Script }[] = [
  { name: "an end without [DONE]", script: events([delta("a"), finish(), USAGE]) },
  { name: "an end without usage", script: events([delta("a"), finish(), "[DONE]"]) },
  {
    name: "a server that stays open after [DONE]",
    script: async (call) => {
      await call.begin();
      for (const data of streamOf("a")) await call.send(data);
      await call.closed;
    },
  },
  {
    name: "a server that stays open after [DONE] and told no usage",
    script: async (call) => {
      await call.begin();
      for (const data of [delta("a"), finish(), "[DONE]"]) await call.send(data);
      await call.closed;
    },
  },
  {
    name: "more events behind [DONE]",
    script: events([...streamOf("a"), delta("b"), { error: { message: "x" } }]),
  },
  {
    name: "a cut behind [DONE]",
    script: async (call) => {
      await call.begin();
      for (const data of streamOf("a")) await call.send(data);
      call.close();
    },
  },
];

for (const { name, script } of ENDS) {
  Deno.test(`a stream ends once and well: ${name}`, async () => {
    await using upstream = new FakeUpstream(script);
    await using gateway = await startGateway(chatTarget(upstream.url, ["ping_interval: 100ms"]));
    const response = await gateway.post("/chat/v1/messages", askStream());
    const all = await new EventReader(response).rest();
    assertEquals(textOf(all), "a");
    assertEquals(all.at(-1)?.event, "message_stop");
    assertEquals(types(all).filter((type) => type === "message_stop").length, 1);
    await soon(upstream.call.closed, "the upstream's call ends");
  });
}

Deno.test("nothing follows message_stop of a relayed stream that stays open", async () => {
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.write(RELAYED.start + RELAYED.stop);
    await call.closed;
  });
  const lines = ["ping_interval: 20ms", "timeouts: { idle: 200ms }"];
  await using gateway = await startGateway(relayTarget(upstream.url, lines));
  const response = await gateway.post("/relay/v1/messages", askStream());
  assertEquals(await response.text(), RELAYED.start + RELAYED.stop);
  await soon(upstream.call.closed, "the upstream's call ends");
});

Deno.test("an emulated stop sequence ends the answer and the upstream's call", async () => {
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.send(delta("one two END three"));
    await call.closed;
  });
  const lines = ["quirks: { stop: emulate }"];
  await using gateway = await startGateway(chatTarget(upstream.url, lines));
  const body = askStream("hi", { stop_sequences: ["END"] });
  const response = await gateway.post("/chat/v1/messages", body);
  const all = await new EventReader(response).rest();
  assertEquals(textOf(all), "one two ");
  const end = all.find(({ event }) => event === "message_delta")?.data as { delta: unknown };
  assertEquals((end.delta as { stop_reason: string }).stop_reason, "stop_sequence");
  await soon(upstream.call.closed, "the upstream's call is aborted");
});

Deno.test("a character that is cut in the middle arrives whole", async () => {
  const bytes = new TextEncoder().encode(`data: ${JSON.stringify(delta("a😀b"))}\n\n`);
  const at = bytes.indexOf(0xf0) + 2;
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.write(bytes.slice(0, at));
    await call.write(bytes.slice(at));
    for (const data of [finish(), USAGE, "[DONE]"]) await call.send(data);
  });
  await using gateway = await startGateway(chatTarget(upstream.url));
  const response = await gateway.post("/chat/v1/messages", askStream());
  assertEquals(textOf(await new EventReader(response).rest()), "a😀b");
});
