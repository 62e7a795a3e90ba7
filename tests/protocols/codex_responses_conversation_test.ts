import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Message } from "../../src/anthropic/message.ts";
import { codexResponsesDemo } from "../../src/demo/codex_responses.ts";
import type { JsonObject } from "../../src/json.ts";
import { codexResponses } from "../../src/translators/codex_responses/mod.ts";
import { translateRequest } from "../../src/translators/codex_responses/request.ts";
import { callDemo, type DemoReply } from "../demo/demo_calls.ts";
import { openAiCheck } from "../support/openapi.ts";
import { bytesOf, replayFolded, replayWhole } from "../support/replay.ts";
import type { TurnParts } from "../support/turn.ts";
import { responsesTurn } from "../translators/codex_responses/events.ts";
import { SENT, WEATHER } from "../translators/codex_responses/requests.ts";

const checkRequest = await openAiCheck("CreateResponse", SENT);

const HERE: TurnParts = { baseUrl: "https://api.openai.com/v1", model: "gpt-5.4-codex" };

/** What a client says in turn; each calls the tool, and the last one does not. */
const QUESTIONS = ["Use get_weather for `Oslo`", "and get_weather for `Rome`", "get_weather again"];

interface Settings {
  readonly stream: boolean;
  readonly display?: string;
  readonly target?: TurnParts;
}

/** A client, and the fake that rejects what OpenAI rejects. */
class Conversation {
  readonly messages: JsonObject[] = [];
  readonly sent: JsonObject[] = [];
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** The request of the next turn, as it goes upstream. */
  request(target: TurnParts = this.#settings.target ?? HERE) {
    const { stream, display } = this.#settings;
    const turn = responsesTurn({
      ...target,
      request: {
        stream,
        max_tokens: 8,
        tools: [WEATHER],
        thinking: { type: "adaptive", ...(display ? { display } : {}) },
        output_config: { effort: "high" },
        messages: this.messages,
      },
    });
    return { turn, call: translateRequest(turn) };
  }

  async say(content: unknown, target?: TurnParts): Promise<Message> {
    this.messages.push({ role: "user", content });
    const { turn, call } = this.request(target);
    // The demo stops at the limit, which is of no interest here.
    const body = { ...call.body, max_output_tokens: Number(call.body.max_output_tokens) + 1000 };
    assertEquals(checkRequest?.(body) ?? [], []);
    const reply = await ask(body);
    assertEquals(reply.status, 200, JSON.stringify(reply.body));
    this.sent.push(call.body);
    const message = call.stream
      ? replayFolded({ turn, translator: codexResponses }, [bytesOf(reply.events.join(""))])
      : replayWhole({ turn, translator: codexResponses }, reply.body);
    this.messages.push({ role: "assistant", content: JSON.parse(JSON.stringify(message.content)) });
    return message;
  }
}

async function ask(body: unknown): Promise<DemoReply> {
  const reply = await callDemo(codexResponsesDemo, "/v1/responses", { body });
  assert(reply);
  return reply;
}

function resultsFor({ content }: Message): JsonObject[] {
  return content.flatMap((block) =>
    block.type === "tool_use"
      ? [{ type: "tool_result", tool_use_id: block.id, content: `${block.input.city}: rain` }]
      : []
  );
}

const SETTINGS: readonly (Settings & { readonly name: string })[] = [
  { name: "streamed", stream: true },
  { name: "not streamed", stream: false },
  { name: "with hidden thinking", stream: true, display: "omitted" },
];

for (const { name, ...settings } of SETTINGS) {
  Deno.test(`four turns with tools keep their reasoning (${name})`, async () => {
    const conversation = new Conversation(settings);
    for (const question of QUESTIONS) {
      const message = await conversation.say(question);
      assertEquals(message.stop_reason, "tool_use");
      assertEquals((await conversation.say(resultsFor(message))).stop_reason, "end_turn");
    }
    await conversation.say("Thanks");
    const last = conversation.sent.at(-1);
    const items = (last?.input ?? []) as JsonObject[];
    assertEquals(items.filter(({ type }) => type === "reasoning").length, 6);
    const order = items.map(({ type, role }) => role ?? type);
    const round = ["user", "reasoning", "function_call", "function_call_output"];
    const rounds = [...round, "reasoning", "assistant"];
    assertEquals(order, [...rounds, ...rounds, ...rounds, "user"]);
    assertEquals(last?.max_output_tokens, 16);
    assertEquals(last?.store, false);
    assertEquals(last?.include, ["reasoning.encrypted_content"]);
  });
}

Deno.test("reasoning comes back as the very item it was", async () => {
  const conversation = new Conversation({ stream: false });
  conversation.messages.push({ role: "user", content: "get_weather of `Oslo`" });
  const { turn, call } = conversation.request();
  const reply = await ask({ ...call.body, max_output_tokens: 999 });
  const [reasoning, toolCall] = reply.body.output as JsonObject[];
  const { content } = replayWhole({ turn, translator: codexResponses }, reply.body);
  conversation.messages.push({ role: "assistant", content: JSON.parse(JSON.stringify(content)) });
  const [, first, second] = conversation.request().call.body.input as JsonObject[];
  const { id: _, ...item } = reasoning ?? {};
  assertEquals(first, item);
  assertEquals(second?.call_id, toolCall?.call_id);
});

const CHANGES: readonly { readonly name: string; readonly target: TurnParts }[] = [
  { name: "host", target: { ...HERE, baseUrl: "https://eu.api.openai.com/v1" } },
  { name: "provider", target: { baseUrl: "https://api.x.ai/v1", model: "grok-4" } },
  { name: "model family", target: { ...HERE, model: "o4-mini" } },
];

for (const { name, target } of CHANGES) {
  Deno.test(`reasoning stays behind when the ${name} changes`, async () => {
    const conversation = new Conversation({ stream: true });
    const message = await conversation.say("get_weather");
    await conversation.say(resultsFor(message), target);
    const items = conversation.sent.at(-1)?.input as JsonObject[];
    assertEquals(
      items.map(({ type, role }) => role ?? type).filter((one) => one !== "system"),
      ["user", "function_call", "function_call_output"],
    );
  });
}

Deno.test("reasoning stays when the model changes within its family", async () => {
  const conversation = new Conversation({ stream: true });
  const message = await conversation.say("get_weather");
  await conversation.say(resultsFor(message), { ...HERE, model: "gpt-5.2" });
  const items = conversation.sent.at(-1)?.input as JsonObject[];
  assertEquals(items.filter(({ type }) => type === "reasoning").length, 1);
});

Deno.test("reasoning whose text was edited stays behind", async () => {
  const conversation = new Conversation({ stream: true });
  const message = await conversation.say("get_weather");
  const answer = conversation.messages.at(-1);
  const content = (answer?.content as JsonObject[]).map((block) =>
    block.type === "thinking" ? { ...block, thinking: "Something else" } : block
  );
  conversation.messages.splice(-1, 1, { role: "assistant", content });
  await conversation.say(resultsFor(message));
  const items = conversation.sent.at(-1)?.input as JsonObject[];
  assert(!items.some(({ type }) => type === "reasoning"));
});

Deno.test("reasoning that led to nothing stays behind", async () => {
  const conversation = new Conversation({ stream: true });
  await conversation.say("get_weather");
  const answer = conversation.messages.at(-1);
  const content = (answer?.content as JsonObject[]).filter(({ type }) => type === "thinking");
  conversation.messages.splice(-1, 1, { role: "assistant", content });
  await conversation.say("Go on");
  const items = conversation.sent.at(-1)?.input as JsonObject[];
  assertEquals(items.map(({ role }) => role), ["user", "user"]);
});

const CALL = { type: "function_call", call_id: "c", name: "get_weather", arguments: "{}" };
const OUTPUT = { type: "function_call_output", call_id: "c", output: "" };
const STATE = `demo_${"a".repeat(24)}`;
const TOOL = { type: "function", name: "f", parameters: WEATHER.input_schema };

const REFUSED: readonly {
  readonly name: string;
  readonly body: JsonObject;
  readonly want: RegExp;
}[] = [
  {
    name: "reasoning without the item that follows it",
    body: { input: [{ type: "reasoning", summary: [], encrypted_content: STATE }] },
    want: /without its required following item/,
  },
  {
    name: "reasoning without its encrypted content",
    body: { input: [{ type: "reasoning", id: "rs_1", summary: [] }, CALL, OUTPUT] },
    want: /'rs_1' not found/,
  },
  {
    name: "reasoning of somebody else",
    body: { input: [{ type: "reasoning", summary: [], encrypted_content: "x" }, CALL, OUTPUT] },
    want: /encrypted content .* could not be verified/,
  },
  { name: "an output without its call", body: { input: [OUTPUT] }, want: /No tool call found/ },
  { name: "a call without its output", body: { input: [CALL] }, want: /No tool output found/ },
  { name: "a limit of 8", body: { max_output_tokens: 8 }, want: /below minimum value/ },
  { name: "strict left out", body: { tools: [TOOL] }, want: /additionalProperties/ },
  { name: "a field of another API", body: { max_tokens: 100 }, want: /Unknown parameter/ },
];

for (const { name, body, want } of REFUSED) {
  Deno.test(`the fake refuses ${name}`, async () => {
    const reply = await ask({ model: "m", input: [{ role: "user", content: "hi" }], ...body });
    assertEquals(reply.status, 400);
    assertMatch(String((reply.body.error as JsonObject).message), want);
  });
}
