import Anthropic from "@anthropic-ai/sdk";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { RunningProgram } from "../support/server_program.ts";
import { WEATHER } from "../translators/codex_responses/requests.ts";

const MODEL = { model: "claude-test", max_tokens: 1000 } as const;

/** Targets that translate, each to another kind of API. */
const TARGETS = ["demo-responses", "demo-bedrock"] as const;

/** A test of the program with its built-in model server, at each of these targets. */
function testProgram(name: string, run: (messages: Anthropic["messages"]) => Promise<void>): void {
  for (const target of TARGETS) {
    Deno.test(`the program's target ${target} ${name}`, async () => {
      await using program = await RunningProgram.start("--demo");
      const client = new Anthropic({
        baseURL: `${program.url}/${target}`,
        apiKey: "demo",
        authToken: null,
        maxRetries: 0,
      });
      await run(client.messages);
    });
  }
}

testProgram("streams an answer to the official SDK", async (messages) => {
  const stream = messages.stream({
    ...MODEL,
    messages: [{ role: "user", content: "Grüß dich 👋" }],
  });
  const pieces: string[] = [];
  stream.on("text", (piece) => pieces.push(piece));
  const message = await stream.finalMessage();
  assert(pieces.length > 3);
  assertStringIncludes(pieces.join(""), "Grüß dich 👋");
  assertEquals(message.stop_reason, "end_turn");
  assert(message.usage.input_tokens > 0 && message.usage.output_tokens > 0);
});

testProgram("keeps reasoning over a tool call of the official SDK", async (messages) => {
  const question = { role: "user", content: "Call get_weather for `Oslo`" } as const;
  const tools = [WEATHER as Anthropic.Tool];
  const thinking = { type: "enabled", budget_tokens: 2000 } as const;
  const call = await messages
    .stream({ ...MODEL, max_tokens: 4000, tools, thinking, messages: [question] })
    .finalMessage();
  const use = call.content.find((block) => block.type === "tool_use");
  assert(use);
  assertEquals([use.name, use.input], ["get_weather", { city: "Oslo" }]);
  assertEquals(call.content.map(({ type }) => type), ["thinking", "tool_use"]);
  const result = { type: "tool_result", tool_use_id: use.id, content: "rain" } as const;
  const answer = await messages.create({
    ...MODEL,
    max_tokens: 4000,
    tools,
    thinking,
    messages: [
      question,
      { role: "assistant", content: call.content },
      { role: "user", content: [result] },
    ],
  });
  const said = answer.content.map((block) => block.type === "text" ? block.text : "").join("");
  assertStringIncludes(said, "rain");
});

testProgram("stops at a sequence of the official SDK", async (messages) => {
  const message = await messages.create({
    ...MODEL,
    stop_sequences: ["demo"],
    messages: [{ role: "user", content: "Hi" }],
  });
  assertEquals([message.stop_reason, message.stop_sequence], ["stop_sequence", "demo"]);
});

testProgram("counts tokens for the official SDK", async (messages) => {
  const { input_tokens: tokens } = await messages.countTokens({
    model: MODEL.model,
    messages: [{ role: "user", content: "Hi there" }],
  });
  assert(tokens > 0 && tokens < 100);
});
