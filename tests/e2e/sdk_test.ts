import Anthropic, {
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from "@anthropic-ai/sdk";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { temporaryFolder } from "../support/config.ts";
import { events, FakeUpstream, json } from "../support/fake_upstream.ts";
import { completion, delta, streamOf, toolCompletion } from "../support/server_chat.ts";
import { chatTarget, targets } from "../support/server_gateway.ts";
import { RunningProgram } from "../support/server_program.ts";
import { soon, until } from "../support/server_wait.ts";

const HELLO = {
  model: "claude-test",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "Say hello" }],
};

const KEYS = `  other: { api_mode: chat_completions, base_url: "http://127.0.0.1:9/v1" }
auth:
  keys:
    - { name: all, key: key-for-all }
    - { name: other, key: key-for-other, targets: [other] }
`;

/** The program on one chat target, and the SDK as its client. */
async function setUp(
  upstream: FakeUpstream,
  more = "",
): Promise<{ readonly client: Anthropic; readonly program: RunningProgram } & AsyncDisposable> {
  const folder = await temporaryFolder({ "proxy.yaml": chatTarget(upstream.url) + more });
  const program = await RunningProgram.start("--config", `${folder.path}/proxy.yaml`);
  const client = clientOf(`${program.url}/chat`);
  return {
    client,
    program,
    async [Symbol.asyncDispose](): Promise<void> {
      await program[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function clientOf(baseURL: string, apiKey = "key-for-all"): Anthropic {
  return new Anthropic({ baseURL, apiKey, maxRetries: 0 });
}

Deno.test("the SDK gets messages, streams, tools, counts, models and errors", async () => {
  await using upstream = new FakeUpstream(json(completion("hello")));
  await using running = await setUp(upstream, KEYS);
  const { client, program } = running;

  const message = await client.messages.create(HELLO);
  assertEquals(message.content.map((block) => block.type), ["text"]);
  assertEquals([message.stop_reason, message.usage.output_tokens], ["end_turn", 3]);
  assert(message._request_id?.startsWith("req_"));

  upstream.play(events(streamOf("streamed")));
  const stream = client.messages.stream(HELLO);
  const pieces: string[] = [];
  stream.on("text", (text) => pieces.push(text));
  const final = await stream.finalMessage();
  assertEquals(pieces.join(""), "streamed");
  assertEquals([final.stop_reason, final.usage.input_tokens], ["end_turn", 7]);

  upstream.play(json(toolCompletion("get_time", { zone: "UTC" })), json(completion("It is noon")));
  const tools: Anthropic.Tool[] = [{
    name: "get_time",
    input_schema: { type: "object", properties: { zone: { type: "string" } } },
  }];
  const call = await client.messages.create({ ...HELLO, tools });
  const use = call.content.find((block) => block.type === "tool_use");
  assertEquals([call.stop_reason, use?.name, use?.input], ["tool_use", "get_time", {
    zone: "UTC",
  }]);
  const answer = await client.messages.create({
    ...HELLO,
    tools,
    messages: [
      ...HELLO.messages,
      { role: "assistant", content: call.content },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: use?.id ?? "", content: "12:00" }],
      },
    ],
  });
  assertEquals(answer.content.map((block) => block.type === "text" && block.text), ["It is noon"]);
  assert(upstream.calls.at(-1)?.text.includes("12:00"));

  const count = await client.messages.countTokens({ model: "m", messages: HELLO.messages });
  assert(count.input_tokens > 0);

  const models = await clientOf(program.url).models.list({ limit: 1000 });
  assertEquals(models.data.map(({ id }) => id), ["anthropic/chat", "anthropic/other"]);

  upstream.play(json({ error: { message: "bad" } }, { status: 400 }));
  const refused = await assertRejects(() => client.messages.create(HELLO), BadRequestError);
  assertEquals(refused.status, 400);
  upstream.play(
    json({ error: { message: "slow" } }, { status: 429, headers: { "retry-after": "3" } }),
  );
  const limited = await assertRejects(() => client.messages.create(HELLO), RateLimitError);
  assertEquals(limited.headers?.get("retry-after"), "3");
  upstream.play(json({ error: { message: "slow" } }, { status: 429 }));
  await assertRejects(async () => {
    for await (const _ of await client.messages.create({ ...HELLO, stream: true }));
  }, RateLimitError);

  const at = (key: string) => clientOf(`${program.url}/chat`, key).messages.create(HELLO);
  await assertRejects(() => at("wrong-key"), AuthenticationError);
  await assertRejects(() => at("key-for-other"), PermissionDeniedError);
  await assertRejects(
    () => clientOf(`${program.url}/none`).messages.create(HELLO),
    NotFoundError,
    "chat",
  );
});

Deno.test("an abort of the SDK's ends the upstream's call", async () => {
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.send(delta("a"));
    await call.closed;
  });
  await using running = await setUp(upstream);
  const stream = running.client.messages.stream(HELLO);
  const ended = assertRejects(() => stream.finalMessage(), APIUserAbortError);
  await stream.emitted("text");
  stream.abort();
  await ended;
  await soon(upstream.call.closed, "the upstream's call ends");
});

Deno.test("a stream that is cut is an error for the SDK", async () => {
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.send(delta("a"));
    call.close();
  });
  await using running = await setUp(upstream);
  const error = await assertRejects(() => running.client.messages.stream(HELLO).finalMessage());
  assertInstanceOf(error, Anthropic.APIError);
});

Deno.test("--demo answers on all its targets without a file and a key", async () => {
  await using program = await RunningProgram.start("--demo");
  const { data } = await clientOf(program.url).models.list();
  const names = data.map(({ id }) => id.replace("anthropic/", ""));
  assert(names.includes("demo-chat") && names.includes("demo-messages"), names.join());
  for (const name of names) {
    const client = clientOf(`${program.url}/${name}`);
    const message = await client.messages.create(HELLO);
    assert(JSON.stringify(message.content).includes("Say hello"), name);
    const streamed = await client.messages.stream(HELLO).finalMessage();
    assert(JSON.stringify(streamed.content).includes("Say hello"), name);
  }
  program.kill("SIGTERM");
  assertEquals(await program.end(), 0);
});

Deno.test("a relay carries the SDK to another gateway", async () => {
  await using upstream = new FakeUpstream(events(streamOf("through two")));
  await using running = await setUp(upstream);
  const config = targets({
    far: ["api_mode: anthropic_messages", `base_url: ${running.program.url}/chat`],
  });
  await using folder = await temporaryFolder({ "proxy.yaml": config });
  await using near = await RunningProgram.start("--config", `${folder.path}/proxy.yaml`);
  const message = await clientOf(`${near.url}/far`).messages.stream(HELLO).finalMessage();
  assertEquals(message.content.map((block) => block.type === "text" && block.text), [
    "through two",
  ]);
  await until(() => near.log.includes('"category":"access"'), "the access log");
});
