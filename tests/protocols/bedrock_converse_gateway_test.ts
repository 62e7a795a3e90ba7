import { assert, assertEquals, assertMatch } from "@std/assert";
import { isObject, type JsonObject } from "../../src/json.ts";
import { answerEvents, type ConverseEvent, framesOf } from "../support/converse.ts";
import { assertEventOrder } from "../support/events.ts";
import { FakeUpstream, json, type Script } from "../support/fake_upstream.ts";
import { foldEvents } from "../support/fold_events.ts";
import { errorOf } from "../support/server_client.ts";
import { ask, askStream, type Gateway, startGateway, targets } from "../support/server_gateway.ts";

const MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const PATH = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0";
const MESSAGES = "/aws/v1/messages?beta=true";
const COUNT = "/aws/v1/messages/count_tokens";

/** A gateway with one Bedrock target, which has a key, so that nothing is signed. */
function gatewayTo(upstream: FakeUpstream, lines: readonly string[] = []): Promise<Gateway> {
  return startGateway(targets({
    aws: [
      "api_mode: bedrock_converse",
      "region: us-east-1",
      `endpoint_url: ${upstream.url}`,
      `model: ${MODEL}`,
      "api_key: bedrock-key-0123456789",
      ...lines,
    ],
  }));
}

/** Plays the events of a stream, one write each. */
function converse(events: readonly ConverseEvent[]): Script {
  return async (call) => {
    const type = "application/vnd.amazon.eventstream";
    await call.begin({ headers: { "content-type": type, "x-amzn-requestid": "aws-1" } });
    for (const frame of framesOf(events)) await call.write(frame);
    await call.end();
  };
}

const TEXT: ConverseEvent = ["contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hi" } }];
const ANSWER = {
  output: { message: { role: "assistant", content: [{ text: "Hi" }] } },
  stopReason: "end_turn",
  usage: { inputTokens: 3, outputTokens: 1, totalTokens: 4 },
};

Deno.test("a streamed request becomes a ConverseStream, and its events a message", async () => {
  await using upstream = new FakeUpstream(converse(answerEvents([TEXT])));
  await using gateway = await gatewayTo(upstream);
  const response = await gateway.post(MESSAGES, askStream("Hello"));
  const sse = await response.text();
  assertEquals(assertEventOrder(sse).at(-1)?.name, "message_stop");
  const { content, usage } = foldEvents(sse);
  assertEquals(content, [{ type: "text", text: "Hi", citations: null }]);
  assertEquals((usage as JsonObject).input_tokens, 10);
  const { path, headers, json: body } = upstream.call;
  assertEquals(path, `${PATH}/converse-stream`);
  assertEquals(headers.get("accept"), "application/vnd.amazon.eventstream");
  assertEquals(headers.get("authorization"), "Bearer bedrock-key-0123456789");
  assertEquals(body, {
    messages: [{ role: "user", content: [{ text: "Hello" }] }],
    inferenceConfig: { maxTokens: 100 },
  });
  assertEquals(response.headers.get("x-switchyard-upstream-request-id"), "aws-1");
});

Deno.test("a request that is not streamed becomes a Converse, and the message has a lasting id", async () => {
  const headers = { "x-amzn-requestid": "aws-2" };
  await using upstream = new FakeUpstream(json(ANSWER, { headers }), json(ANSWER, { headers }));
  await using gateway = await gatewayTo(upstream);
  const first = await (await gateway.post(MESSAGES, ask())).json();
  const second = await (await gateway.post(MESSAGES, ask())).json();
  assertMatch(first.id, /^msg_[0-9A-Za-z]{24}$/);
  assertEquals(second, first);
  assertEquals([first.model, first.content[0].text], ["claude-x", "Hi"]);
  assertEquals(upstream.calls[0]?.path, `${PATH}/converse`);
});

Deno.test("the client's betas go along as far as the model knows them, and the rest is told", async () => {
  await using upstream = new FakeUpstream(json(ANSWER));
  await using gateway = await gatewayTo(upstream);
  const response = await gateway.post(MESSAGES, ask(), {
    headers: { "anthropic-beta": "context-1m-2025-08-07, claude-code-20250219,made-up-2026-01-01" },
  });
  assertEquals(response.status, 200);
  await response.body?.cancel();
  assertEquals(upstream.call.json.additionalModelRequestFields, {
    anthropic_beta: ["context-1m-2025-08-07"],
  });
  assertEquals(response.headers.get("x-switchyard-dropped"), "anthropic-beta.made-up-2026-01-01");
});

const ERRORS: readonly {
  readonly status: number;
  readonly type: string;
  readonly body?: JsonObject;
  readonly want: readonly [status: number, type: string];
  readonly retry?: string;
}[] = [
  { status: 400, type: "ValidationException", want: [400, "invalid_request_error"] },
  {
    status: 400,
    type: "com.amazon.coral.service#ValidationException:http://internal.amazon.com/",
    want: [400, "invalid_request_error"],
  },
  { status: 403, type: "AccessDeniedException", want: [403, "permission_error"] },
  { status: 404, type: "ResourceNotFoundException", want: [404, "not_found_error"] },
  { status: 408, type: "ModelTimeoutException", want: [504, "timeout_error"] },
  { status: 424, type: "ModelErrorException", want: [500, "api_error"] },
  {
    status: 424,
    type: "ModelErrorException",
    body: { message: "no", originalStatusCode: 400 },
    want: [400, "invalid_request_error"],
  },
  { status: 429, type: "ThrottlingException", want: [429, "rate_limit_error"] },
  { status: 429, type: "ModelNotReadyException", want: [429, "rate_limit_error"] },
  {
    status: 400,
    type: "ServiceQuotaExceededException",
    want: [429, "rate_limit_error"],
    retry: "false",
  },
  { status: 500, type: "InternalServerException", want: [500, "api_error"] },
  { status: 503, type: "ServiceUnavailableException", want: [529, "overloaded_error"] },
];

for (const { status, type, body = { message: "no" }, want, retry } of ERRORS) {
  Deno.test(`a ${status} ${type} ${JSON.stringify(body)} is a ${want.join(" ")}`, async () => {
    const inHeader = json(body, { status, headers: { "x-amzn-errortype": type } });
    const inBody = json({ ...body, __type: type }, { status });
    for (const script of [inHeader, inBody]) {
      await using upstream = new FakeUpstream(script);
      await using gateway = await gatewayTo(upstream);
      const response = await gateway.post(MESSAGES, askStream());
      assertEquals([response.status, errorOf(await response.json()).type], [...want]);
      assertEquals(response.headers.get("x-should-retry"), retry ?? null);
    }
  });
}

const OVERFLOW: ConverseEvent = [
  "exception:validationException",
  { message: "Input is too long for requested model." },
];

Deno.test("an exception before the answer begins is an HTTP error", async () => {
  await using upstream = new FakeUpstream(converse([OVERFLOW]));
  await using gateway = await gatewayTo(upstream);
  const response = await gateway.post(MESSAGES, askStream());
  assertEquals(response.status, 400);
  assertEquals(errorOf(await response.json()).message, "prompt is too long");
});

Deno.test("an exception in the middle of the answer is its last event", async () => {
  const events: ConverseEvent[] = [["messageStart", { role: "assistant" }], TEXT, [
    "exception:throttlingException",
    { message: "slow down" },
  ]];
  await using upstream = new FakeUpstream(converse(events));
  await using gateway = await gatewayTo(upstream);
  const sse = await (await gateway.post(MESSAGES, askStream())).text();
  const last = assertEventOrder(sse).at(-1);
  assertEquals([last?.name, errorOf(last?.data ?? {}).type], ["error", "rate_limit_error"]);
});

Deno.test("a signature that is refused stays behind in one more try", async () => {
  const message = "messages.1.content.0: Invalid `signature` in `thinking` block";
  await using upstream = new FakeUpstream(json({ message }, { status: 400 }), json(ANSWER));
  await using gateway = await gatewayTo(upstream);
  const messages = [
    { role: "user", content: "a" },
    {
      role: "assistant",
      content: [{ type: "thinking", thinking: "b", signature: "foreign" }, {
        type: "text",
        text: "c",
      }],
    },
    { role: "user", content: "d" },
  ];
  const response = await gateway.post(MESSAGES, ask("", { messages }));
  assertEquals((await response.json()).content[0].text, "Hi");
  const sent = upstream.calls.map(({ text }) => text.includes("reasoningContent"));
  assertEquals(sent, [true, false]);
});

Deno.test("count_tokens asks for the model itself", async () => {
  await using upstream = new FakeUpstream(json({ inputTokens: 4711 }));
  await using gateway = await gatewayTo(upstream);
  const { max_tokens: _, ...body } = ask("Hi", { system: "Be brief." });
  const response = await gateway.post(COUNT, body);
  assertEquals(await response.json(), { input_tokens: 4711 });
  const { path, json: sent } = upstream.call;
  assertEquals(path, "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens");
  const { converse: counted } = sent.input as { converse: JsonObject };
  assertEquals(Object.keys(counted).sort(), ["messages", "system"]);
});

for (const status of [400, 403, 404]) {
  Deno.test(`count_tokens estimates after a ${status}, and asks no more`, async () => {
    await using upstream = new FakeUpstream(json({ message: "no" }, { status }));
    await using gateway = await gatewayTo(upstream);
    for (let turn = 0; turn < 3; turn++) {
      const response = await gateway.post(COUNT, ask());
      assert((await response.json()).input_tokens > 0);
    }
    assertEquals(upstream.calls.length, 1);
  });
}

Deno.test("count_tokens asks again after a failure that passes", async () => {
  await using upstream = new FakeUpstream(
    json({ message: "no" }, { status: 500 }),
    json({ inputTokens: 5 }),
  );
  await using gateway = await gatewayTo(upstream);
  assert((await (await gateway.post(COUNT, ask())).json()).input_tokens > 0);
  assertEquals(await (await gateway.post(COUNT, ask())).json(), { input_tokens: 5 });
});

Deno.test("a request for no tokens at all is answered here", async () => {
  await using upstream = new FakeUpstream();
  await using gateway = await gatewayTo(upstream);
  const message = await (await gateway.post(MESSAGES, ask("Hi", { max_tokens: 0 }))).json();
  assertEquals([message.stop_reason, message.content, upstream.calls.length], [
    "max_tokens",
    [],
    0,
  ]);
});

Deno.test("the client's leaving ends the call to Bedrock", async () => {
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin({ headers: { "content-type": "application/vnd.amazon.eventstream" } });
    for (const frame of framesOf([["messageStart", { role: "assistant" }], TEXT])) {
      await call.write(frame);
    }
    await call.closed;
  });
  await using gateway = await gatewayTo(upstream);
  const controller = new AbortController();
  const response = await gateway.post(MESSAGES, askStream(), { signal: controller.signal });
  const reader = response.body?.getReader();
  const first = await reader?.read();
  assert(isObject(first) && first.done === false);
  controller.abort();
  await reader?.cancel().catch(() => {});
  await upstream.call.closed;
});
