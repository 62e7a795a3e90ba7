import Anthropic from "@anthropic-ai/sdk";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { WEATHER } from "../translators/codex_responses/requests.ts";

const MAIN = new URL("../../main.ts", import.meta.url);

/** The compiled program, if there is one; else the same from source. */
const BINARY = Deno.env.get("SWITCHYARD_BINARY");
const PERMISSIONS = ["--allow-net", "--allow-env", "--allow-read", "--allow-write"];
const FROM_SOURCE = ["run", "--no-check", "--no-prompt", ...PERMISSIONS, MAIN.href];

/** Long enough for a machine that is busy; no test waits for it to pass. */
const DEADLINE_MS = 60_000;

/** The program with its built-in model server, and a client of its target for this mode. */
class Demo implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #deadline: ReturnType<typeof setTimeout>;
  readonly #rest: Promise<unknown>;
  readonly client: Anthropic;

  private constructor(
    child: Deno.ChildProcess,
    deadline: ReturnType<typeof setTimeout>,
    { url, rest }: { readonly url: string; readonly rest: Promise<unknown> },
  ) {
    this.#child = child;
    this.#deadline = deadline;
    this.#rest = rest;
    this.client = new Anthropic({
      baseURL: `${url}/demo-responses`,
      apiKey: "demo",
      authToken: null,
      maxRetries: 0,
    });
  }

  static async start(): Promise<Demo> {
    const options = ["--demo", "--port", "0", "--log-format", "json"];
    const child = new Deno.Command(BINARY ?? Deno.execPath(), {
      args: BINARY === undefined ? [...FROM_SOURCE, ...options] : options,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const deadline = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
    return new Demo(child, deadline, await listening(child.stderr));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#rest;
    assertEquals((await this.#child.status).code, 0);
    clearTimeout(this.#deadline);
  }
}

/** Reads the log up to the address, and the rest so that the program never waits for a reader. */
async function listening(
  log: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<{ readonly url: string; readonly rest: Promise<unknown> }> {
  const reader = log.pipeThrough(new TextDecoderStream()).getReader();
  for (let seen = "";;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`The program ended: ${seen}`);
    seen += value;
    const url = /listens on (http:\/\/[^\s"]+)/.exec(seen)?.[1];
    if (url === undefined) continue;
    const readAll = async () => {
      while (!(await reader.read()).done);
    };
    return { url, rest: readAll() };
  }
}

const MODEL = { model: "claude-test", max_tokens: 1000 } as const;

/** A test of the program; signals and paths are those of Unix. */
function testProgram(name: string, run: (messages: Anthropic["messages"]) => Promise<void>): void {
  Deno.test({
    name: `the program with a Responses target ${name}`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using demo = await Demo.start();
      await run(demo.client.messages);
    },
  });
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
