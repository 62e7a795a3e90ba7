import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  CountTokensCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { assert, assertEquals, assertMatch, assertObjectMatch } from "@std/assert";
import { bedrockConverseDemo } from "../../src/demo/bedrock_converse.ts";
import { reasoningSignature } from "../../src/demo/bedrock_request.ts";
import { startDemoServer } from "../../src/demo/server.ts";
import { callDemo, type DemoReply } from "./demo_calls.ts";

const KEY = { authorization: "Bearer x" };
const HI = [{ role: "user", content: [{ text: "hi there" }] }];
const USE = { toolUse: { toolUseId: "tooluse_1", name: "get_time", input: {} } };
const RESULT = {
  toolResult: { toolUseId: "tooluse_1", content: [{ text: "noon" }], status: "success" },
};
const TOOLS = {
  tools: [{
    toolSpec: {
      name: "get_time",
      description: "Time",
      inputSchema: { json: { type: "object", properties: { zone: { type: "string" } } } },
    },
  }],
};
const THINKS = { additionalModelRequestFields: { thinking: { type: "adaptive" } } };

function send(
  body: unknown,
  { action = "converse", headers = KEY }: { action?: string; headers?: HeadersInit } = {},
): Promise<DemoReply | undefined> {
  return callDemo(bedrockConverseDemo, `/model/m%3A0/${action}`, { body, headers });
}

function sent(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return { messages: HI, ...fields };
}

function said(...content: unknown[]): Record<string, unknown> {
  return sent({ messages: [...HI, { role: "assistant", content }] });
}

const REFUSED: { name: string; body: unknown; headers?: HeadersInit; want: RegExp }[] = [
  { name: "no key", body: sent(), headers: {}, want: /Missing Authentication Token/ },
  { name: "no JSON", body: null, want: /not valid JSON/ },
  { name: "no message", body: sent({ messages: [] }), want: /at least one message/ },
  {
    name: "a field of another API",
    body: sent({ max_tokens: 5 }),
    want: /max_tokens: Extra inputs/,
  },
  { name: "no room", body: sent({ inferenceConfig: { maxTokens: 0 } }), want: /maxTokens/ },
  {
    name: "an empty stop sequence",
    body: sent({ inferenceConfig: { stopSequences: [""] } }),
    want: /stopSequences/,
  },
  { name: "an empty system prompt", body: sent({ system: [] }), want: /system: expected/ },
  {
    name: "a role of another API",
    body: sent({ messages: [{ role: "tool", content: [{ text: "x" }] }] }),
    want: /messages.0.role/,
  },
  {
    name: "an assistant who begins",
    body: sent({ messages: [{ role: "assistant", content: [{ text: "x" }] }] }),
    want: /must start with a user message/,
  },
  {
    name: "two users in a row",
    body: sent({ messages: [...HI, ...HI] }),
    want: /must alternate between user and assistant/,
  },
  {
    name: "no content",
    body: sent({ messages: [{ role: "user", content: [] }] }),
    want: /content field is empty/,
  },
  {
    name: "a blank text",
    body: sent({ messages: [{ role: "user", content: [{ text: " \n" }] }] }),
    want: /messages.0.content.0 is blank/,
  },
  {
    name: "a block of another API",
    body: sent({ messages: [{ role: "user", content: [{ type: "text", text: "x" }] }] }),
    want: /exactly one known member/,
  },
  {
    name: "a cache point in front",
    body: sent({ messages: [{ role: "user", content: [{ cachePoint: { type: "default" } }] }] }),
    want: /cannot stand first/,
  },
  { name: "a trailing blank", body: said({ text: "so " }), want: /trailing whitespace/ },
  {
    name: "a signature that is not its own",
    body: said({ reasoningContent: { reasoningText: { text: "x", signature: "sy1.x" } } }),
    want: /Invalid `signature`/,
  },
  {
    name: "a call id with a blank",
    body: said({ toolUse: { ...USE.toolUse, toolUseId: "a b" } }),
    want: /toolUseId' failed/,
  },
  {
    name: "a call without a result",
    body: { messages: [...HI, { role: "assistant", content: [USE] }, ...HI], toolConfig: TOOLS },
    want: /Expected toolResult blocks at messages.2.content .* tooluse_1/,
  },
  {
    name: "a result without a call",
    body: { messages: [{ role: "user", content: [RESULT] }], toolConfig: TOOLS },
    want: /exceeds the number of toolUse blocks/,
  },
  {
    name: "calls without toolConfig",
    body: {
      messages: [...HI, { role: "assistant", content: [USE] }, { role: "user", content: [RESULT] }],
    },
    want: /toolConfig field must be defined/,
  },
  { name: "no tool", body: sent({ toolConfig: { tools: [] } }), want: /at least one tool/ },
  {
    name: "a tool without a schema",
    body: sent({ toolConfig: { tools: [{ toolSpec: { name: "a", inputSchema: {} } }] } }),
    want: /toolConfig.tools.0/,
  },
];

for (const { name, body, headers = KEY, want } of REFUSED) {
  Deno.test(`bedrockConverseDemo refuses ${name}`, async () => {
    const reply = await send(body, { headers });
    assert(reply !== undefined && (reply.status === 400 || reply.status === 403));
    assertMatch(String(reply.body.message), want);
  });
}

Deno.test("bedrockConverseDemo leaves other calls to other APIs", async () => {
  assertEquals(await callDemo(bedrockConverseDemo, "/v1/messages", { body: sent() }), undefined);
  assertEquals(await callDemo(bedrockConverseDemo, "/model/m/converse"), undefined);
});

Deno.test("bedrockConverseDemo answers as Bedrock does", async () => {
  const reply = await send(sent({
    inferenceConfig: { maxTokens: 500, stopSequences: ["demo"] },
    additionalModelResponseFieldPaths: ["/stop_sequence"],
    ...THINKS,
  }));
  const { output, ...rest } = reply?.body ?? {};
  assertObjectMatch(rest, {
    stopReason: "stop_sequence",
    additionalModelResponseFields: { stop_sequence: "demo" },
    usage: { cacheReadInputTokens: 0, cacheWriteInputTokens: 0 },
  });
  const [thought, text] = (output as { message: { content: Record<string, unknown>[] } }).message
    .content;
  assertObjectMatch(thought ?? {}, { reasoningContent: { reasoningText: {} } });
  assertMatch(String(text?.text), /You said: "hi there"/);
});

Deno.test("bedrockConverseDemo streams the same, with a start for calls only", async () => {
  const body = sent({
    messages: [{ role: "user", content: [{ text: "use get_time `here`" }] }],
    toolConfig: TOOLS,
    ...THINKS,
  });
  const reply = await send(body, { action: "converse-stream" });
  const events = (reply?.events ?? []).map((text) => JSON.parse(text) as Record<string, unknown>);
  const names = events.map((event) => Object.keys(event)[0]);
  assertEquals(names.filter((name, at) => name !== names[at - 1]), [
    "messageStart",
    "contentBlockDelta",
    "contentBlockStop",
    "contentBlockStart",
    "contentBlockDelta",
    "contentBlockStop",
    "messageStop",
    "metadata",
  ]);
  assertObjectMatch(events.at(-2) ?? {}, { messageStop: { stopReason: "tool_use" } });
});

/** AWS's own client at the demo server. */
async function withClient(use: (client: BedrockRuntimeClient) => Promise<void>): Promise<void> {
  const demo = await startDemoServer({ delayMs: 0 });
  const client = new BedrockRuntimeClient({
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${demo.port}`,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
    maxAttempts: 1,
    // By itself it speaks HTTP/2, which the node:http2 of Deno 2.7 cannot.
    requestHandler: { handle: sendByFetch },
  });
  try {
    await use(client);
  } finally {
    client.destroy();
    await demo.shutdown();
  }
}

/** What AWS's client hands to its transport. */
interface ClientRequest {
  readonly method: string;
  readonly hostname: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
}

async function sendByFetch(
  { method, hostname, port, path, headers: { host: _, ...headers }, body }: ClientRequest,
): Promise<{ response: { statusCode: number; headers: Record<string, string>; body: unknown } }> {
  const answer = await fetch(`http://${hostname}:${port}${path}`, { method, headers, body });
  const head = Object.fromEntries(answer.headers);
  return { response: { statusCode: answer.status, headers: head, body: answer.body } };
}

const INPUT = {
  modelId: "anthropic.claude-switchyard-demo",
  messages: [{ role: "user", content: [{ text: "use get_time `here`" }] }],
  toolConfig: TOOLS,
  ...THINKS,
} as ConverseCommandInput;

Deno.test("AWS's client reads the demo server's frames, answers and counts", async () => {
  await withClient(async (client) => {
    const { stream } = await client.send(new ConverseStreamCommand(INPUT));
    let input = "";
    let thinking = "";
    let signature = "";
    const others: unknown[] = [];
    for await (const event of stream ?? []) {
      const { reasoningContent, toolUse } = event.contentBlockDelta?.delta ?? {};
      input += toolUse?.input ?? "";
      thinking += reasoningContent?.text ?? "";
      signature += reasoningContent?.signature ?? "";
      if (event.messageStop) others.push(event.messageStop.stopReason);
      if (event.metadata) others.push(event.metadata.usage?.totalTokens);
    }
    const whole = await client.send(new ConverseCommand(INPUT));
    const [thought, call] = whole.output?.message?.content ?? [];
    assertEquals(thought?.reasoningContent?.reasoningText, { text: thinking, signature });
    assertEquals(signature, reasoningSignature(thinking));
    assertEquals(call?.toolUse?.input, JSON.parse(input));
    assertEquals(others, ["tool_use", whole.usage?.totalTokens]);
    const converse = { messages: INPUT.messages, toolConfig: INPUT.toolConfig };
    const { inputTokens } = await client.send(
      new CountTokensCommand({ modelId: INPUT.modelId, input: { converse } }),
    );
    assertEquals(inputTokens, whole.usage?.inputTokens);
  });
});

Deno.test("AWS's client knows the demo server's refusals", async () => {
  await withClient(async (client) => {
    const wrong = new ConverseCommand({ ...INPUT, toolConfig: { tools: [] } });
    const error = await client.send(wrong).then(() => undefined, (reason: Error) => reason);
    assertEquals(error?.name, "ValidationException");
  });
});
