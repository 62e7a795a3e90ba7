import { assert, assertEquals } from "@std/assert";
import { events, FakeUpstream, json, type Script } from "../support/fake_upstream.ts";
import { completion, streamOf } from "../support/server_chat.ts";
import { EventReader } from "../support/server_client.ts";
import { ask, askStream, chatTarget, startGateway } from "../support/server_gateway.ts";

const PROMPT = "the-planted-prompt";
const ANSWER = "the-planted-answer";
const KEY = "sk-planted-0123456789abcdef";

/** Everything that is logged while one request is answered. */
async function logOf(bodies: boolean, stream: boolean): Promise<string> {
  const script: Script = stream ? events(streamOf(ANSWER)) : json(completion(ANSWER));
  await using upstream = new FakeUpstream(script);
  const yaml = `logging: { bodies: ${bodies} }\n${chatTarget(upstream.url, [`api_key: ${KEY}`])}`;
  await using gateway = await startGateway(yaml);
  const prompt = `${PROMPT} ${KEY}`;
  const body = stream ? askStream(prompt) : ask(prompt);
  const response = await gateway.post("/chat/v1/messages", body);
  assertEquals(response.status, 200);
  if (stream) await new EventReader(response).rest();
  else await response.body?.cancel();
  await gateway.access(response);
  return gateway.log();
}

for (const stream of [true, false]) {
  const how = stream ? "streamed" : "whole";

  Deno.test(`logging.bodies shows prompts and ${how} answers, and no key`, async () => {
    const log = await logOf(true, stream);
    for (const what of ["client request", "upstream request", "answer"]) {
      assert(log.includes(`"message":"${what}"`), what);
    }
    assert(log.includes(PROMPT) && log.includes(ANSWER));
    assert(!log.includes(KEY));
  });

  Deno.test(`no prompt and no ${how} answer is logged unless logging.bodies asks for it`, async () => {
    const log = await logOf(false, stream);
    assert(!log.includes(PROMPT) && !log.includes(ANSWER));
  });
}

for (const bodies of [true, false]) {
  const what = bodies ? "shows" : "does not show";

  Deno.test(`the log ${what} an upstream's words with logging.bodies: ${bodies}`, async () => {
    const error = { message: `cannot read '${PROMPT}'`, code: "bad_prompt" };
    await using upstream = new FakeUpstream(json({ error }, { status: 400 }));
    const yaml = `logging: { bodies: ${bodies} }\n${chatTarget(upstream.url)}`;
    await using gateway = await startGateway(yaml);
    const response = await gateway.post("/chat/v1/messages", ask());
    assertEquals(response.status, 400);
    assert((await response.text()).includes(PROMPT));
    const { error: words } = await gateway.access(response);
    assert(String(words).startsWith("invalid_request_error (upstream status 400; bad_prompt"));
    assertEquals(gateway.log().includes(PROMPT), bodies);
  });
}

Deno.test("logging.bodies shows a large request as it goes upstream", async () => {
  await using upstream = new FakeUpstream(json(completion(ANSWER)));
  const yaml = `logging: { bodies: true }\n${chatTarget(upstream.url)}`;
  await using gateway = await startGateway(yaml);
  const prompt = `${PROMPT}: "日本" `.repeat(60_000);
  const response = await gateway.post("/chat/v1/messages", ask(prompt));
  assertEquals(response.status, 200);
  await response.body?.cancel();
  await gateway.access(response);
  const logged = gateway.records.find(({ message }) => message === "upstream request");
  assertEquals(logged?.body, upstream.call.text);
  assertEquals(JSON.parse(upstream.call.text).messages.at(-1).content, prompt);
});
