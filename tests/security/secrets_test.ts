import { assert, assertEquals } from "@std/assert";
import { configOf, plainConfig } from "../support/config.ts";
import {
  bytes,
  closedPort,
  events,
  FakeUpstream,
  hangUp,
  json,
  type Script,
} from "../support/fake_upstream.ts";
import { completion, delta, streamOf } from "../support/server_chat.ts";
import { ask, askStream, type Gateway, startGateway, targets } from "../support/server_gateway.ts";
import { soon, until } from "../support/server_wait.ts";

/** What must stay where it is; no provider's form, so that only knowing them helps. */
const PLANTED = {
  firstKey: "planted.first.upstream.key",
  secondKey: "planted.second.upstream.key",
  relayKey: "planted.relay.upstream.key",
  header: "planted.tenant.token",
  query: "planted.query.key",
  laptop: "planted.client.laptop",
  server: "planted.client.server",
} as const;

/** These may reach the client that wrote them, but no log. */
const PROMPT = "planted prompt about a merger";
const ANSWER = "planted answer about a merger";
const WRONG_KEY = "planted.wrong.client.key";

const ACCOUNT = "org-a1b2c3d4e5f6a7b8";
const EMAIL = "planted.person@example.com";

/** An upstream knows what it is sent, and may say all of it. */
function wordsOf(secrets: readonly string[]): string {
  return `${secrets.join(" ")} Bearer ${secrets[0]} ${ACCOUNT} ${EMAIL}`;
}

const CHAT_WORDS = wordsOf([
  PLANTED.firstKey,
  PLANTED.secondKey,
  PLANTED.header,
  PLANTED.query,
]);
const RELAY_WORDS = wordsOf([PLANTED.relayKey]);

function config(chat: string, relay: string): string {
  const secrets = [
    `headers: { x-tenant-token: ${PLANTED.header} }`,
    `query: { key: ${PLANTED.query} }`,
  ];
  const yaml = targets({
    chat: [
      "api_mode: chat_completions",
      `base_url: ${chat}/v1`,
      `api_key: [${PLANTED.firstKey}, ${PLANTED.secondKey}]`,
      ...secrets,
    ],
    relay: ["api_mode: anthropic_messages", `base_url: ${relay}`, `api_key: ${PLANTED.relayKey}`],
    dead: [
      "api_mode: chat_completions",
      `base_url: http://127.0.0.1:${closedPort()}/v1`,
      `api_key: ${PLANTED.relayKey}`,
      ...secrets,
    ],
  });
  return `${yaml}auth:
  keys:
    - { name: laptop, key: ${PLANTED.laptop} }
    - { name: server, key: ${PLANTED.server}, targets: [dead], limits: { concurrent: 1 } }
`;
}

/** What an upstream does that says all it knows. */
function telltales(words: string): Script[] {
  return [
    ...[400, 401, 403, 404, 429, 500, 503].flatMap((status) => [
      json({ error: { message: words, code: "x" } }, { status }),
      json({ type: "error", error: { type: "api_error", message: words } }, { status }),
      json(words, { status }),
    ]),
    json(`<html><body>${words}</body></html>`, { headers: { "content-type": "text/html" } }),
    json({ error: { message: words } }),
    json("", { status: 307, headers: { location: `http://127.0.0.1:9/?key=${PLANTED.query}` } }),
    events([{ error: { message: words } }]),
    events([delta(ANSWER), { error: { message: words, type: "server_error" } }]),
    events([delta(ANSWER)]),
    events([words, words, words, words]),
    bytes(`HTTP/1.1 200 OK\r\n${words}\r\n\r\n`),
    hangUp,
    json(completion(ANSWER), {
      headers: {
        "set-cookie": `a=${words}`,
        "openai-organization": ACCOUNT,
        "anthropic-organization-id": ACCOUNT,
        "x-echo": words,
        "www-authenticate": words,
      },
    }),
    events(streamOf(ANSWER), { headers: { "openai-organization": ACCOUNT } }),
  ];
}

/** All that a client sees of an answer. */
async function seen(response: Response): Promise<string> {
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`);
  return `${response.status}\n${headers.join("\n")}\n\n${await response.text()}`;
}

async function mixedRequests(
  gateway: Gateway,
  { chat, relay }: { readonly chat: FakeUpstream; readonly relay: FakeUpstream },
): Promise<string[]> {
  const all: string[] = [];
  const laptop = { headers: { "x-api-key": PLANTED.laptop } };
  const relayScripts = telltales(RELAY_WORDS);
  for (const [at, script] of telltales(CHAT_WORDS).entries()) {
    chat.play(script);
    relay.play(relayScripts[at] ?? hangUp);
    for (const request of [ask(PROMPT), askStream(PROMPT)]) {
      for (const name of ["chat", "relay"]) {
        all.push(await seen(await gateway.post(`/${name}/v1/messages`, request, laptop)));
      }
    }
    const count = "/relay/v1/messages/count_tokens";
    all.push(await seen(await gateway.post(count, ask(PROMPT), laptop)));
    all.push(await seen(await gateway.get("/relay/v1/models", laptop)));
  }
  const odd: [string, unknown, Record<string, string>][] = [
    ["/dead/v1/messages", ask(PROMPT), { authorization: `Bearer ${PLANTED.server}` }],
    ["/chat/v1/messages", ask(PROMPT), { authorization: `Bearer ${PLANTED.server}` }],
    ["/chat/v1/messages", ask(PROMPT), { "x-api-key": WRONG_KEY }],
    ["/chat/v1/messages", `{"messages":"${PROMPT}`, { "x-api-key": PLANTED.laptop }],
    ["/chat/v1/messages", ask(PROMPT, { max_tokens: -1 }), { "x-api-key": PLANTED.laptop }],
    ["/chat/v1/messages", ask(PROMPT, { tools: [5] }), { "x-api-key": PLANTED.laptop }],
    ["/none/v1/messages", ask(PROMPT), { "x-api-key": PLANTED.laptop }],
    ["/v1/messages", ask(PROMPT), { "x-api-key": PLANTED.laptop }],
  ];
  for (const [path, body, headers] of odd) {
    all.push(await seen(await gateway.post(path, body, { headers })));
  }
  for (const path of ["/", "/healthz", "/readyz", "/metrics", "/api/status", "/v1/models"]) {
    all.push(await seen(await gateway.get(path, laptop)));
    all.push(await seen(await gateway.get(path)));
  }
  return all;
}

Deno.test("no key, prompt, answer or account is in a log, and no key or account in an answer", async () => {
  await using chat = new FakeUpstream();
  await using relay = new FakeUpstream();
  await using gateway = await startGateway(config(chat.url, relay.url));
  const answers = await mixedRequests(gateway, { chat, relay });
  await until(() => gateway.services.streams.size === 0, "all requests are over");
  const secrets = [...Object.values(PLANTED), ACCOUNT, EMAIL];
  for (const answer of answers) {
    for (const secret of secrets) assert(!answer.includes(secret), `${secret} in: ${answer}`);
    assert(!answer.startsWith("500\n") || !answer.includes("Internal error"), answer);
  }
  const lines = gateway.log().split("\n");
  assert(lines.length > answers.length - 30, `${lines.length} lines`);
  for (const line of lines) {
    for (const secret of [...secrets, PROMPT, ANSWER, WRONG_KEY]) {
      assert(!line.includes(secret), `${secret} in: ${line}`);
    }
  }
  // The upstreams got the keys of their targets, and none of the clients'.
  const headers = chat.allHeaders + relay.allHeaders;
  assert(headers.includes(PLANTED.firstKey) && headers.includes(PLANTED.header));
  for (const secret of [PLANTED.laptop, PLANTED.server, WRONG_KEY]) {
    assert(!headers.includes(secret), secret);
  }
  assert(!relay.allHeaders.includes(PLANTED.firstKey));
  assert(!chat.allHeaders.includes(PLANTED.relayKey));
});

Deno.test("a key that a reload took away stays out of the log of requests that began with it", async () => {
  const late = Promise.withResolvers<void>();
  await using upstream = new FakeUpstream(async (call) => {
    await late.promise;
    await call.answer({ error: { message: CHAT_WORDS } }, { status: 500 });
  });
  await using gateway = await startGateway(config(upstream.url, upstream.url));
  const headers = { "x-api-key": PLANTED.laptop };
  const arrived = upstream.next();
  const answer = gateway.post("/chat/v1/messages", ask(PROMPT), { headers });
  await soon(arrived, "the upstream is asked");
  gateway.store.replace(await configOf(plainConfig()));
  late.resolve();
  const response = await answer;
  assertEquals(response.status, 500);
  const text = await seen(response) + gateway.log();
  for (const secret of Object.values(PLANTED)) assert(!text.includes(secret), `${secret}: ${text}`);
});
