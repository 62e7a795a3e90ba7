import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { anyRequest, anyStream, anyText, soundRequest } from "../property/arbitraries.ts";
import { claudeCodeTurn } from "../support/claude_code_turn.ts";
import { assertEventOrder } from "../support/events.ts";
import { FakeUpstream, json, pieces, type Script } from "../support/fake_upstream.ts";
import { sendRaw, statusesOf } from "../support/raw_http.ts";
import { completion } from "../support/server_chat.ts";
import { ask, type Gateway, startGateway, targets } from "../support/server_gateway.ts";
import { soon, until } from "../support/server_wait.ts";

/** How long one property may look for trouble; what it found by then is enough for this run. */
const LIMITS = { numRuns: 100_000, interruptAfterTimeLimit: 3_000 } as const;

const ERROR_TYPES: ReadonlySet<string> = new Set([
  "invalid_request_error",
  "authentication_error",
  "billing_error",
  "permission_error",
  "not_found_error",
  "request_too_large",
  "rate_limit_error",
  "timeout_error",
  "api_error",
  "overloaded_error",
  "conflict_error",
]);

const SOUND = JSON.stringify(claudeCodeTurn());

function config(url: string): string {
  return targets({
    chat: ["api_mode: chat_completions", `base_url: ${url}/v1`, "timeouts: { idle: 2s }"],
    relay: ["api_mode: anthropic_messages", `base_url: ${url}`, "timeouts: { idle: 2s }"],
  }) + "listen: { max_body: 1MiB }\n";
}

/** A good answer of either kind of upstream. */
const GOOD: Script = (call) => {
  const body: Record<string, unknown> = {
    type: "message",
    role: "assistant",
    content: [],
    usage: {},
  };
  return json(call.path.includes("chat") ? completion("ok") : body)(call);
};

/** A text with some of its characters gone, doubled or replaced. */
const mutated = fc.tuple(
  fc.constantFrom(SOUND, JSON.stringify(ask()), "{}"),
  fc.array(fc.tuple(fc.nat(), fc.nat(20), anyText), { minLength: 1, maxLength: 6 }),
).map(([text, cuts]) =>
  cuts.reduce((left, [place, length, put]) => {
    const at = place % (left.length + 1);
    return left.slice(0, at) + put + left.slice(at + length);
  }, text)
);

const anyBody: fc.Arbitrary<string> = fc.oneof(
  mutated,
  anyRequest.map((request) => JSON.stringify(request)),
  soundRequest.map((request) => JSON.stringify(request)),
  fc.json(),
  anyText,
);

const segment = fc.oneof(
  fc.constantFrom("chat", "relay", "v1", "messages", "count_tokens", "models", "api", "status"),
  fc.constantFrom("..", "%2e%2e", "%00", "%", "%ff", "__proto__", "healthz", "metrics", "readyz"),
  fc.webSegment(),
);

const anyPath: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("/chat/v1/messages", "/relay/v1/messages") },
  { weight: 2, arbitrary: fc.constant("/chat/v1/messages/count_tokens") },
  { weight: 1, arbitrary: fc.array(segment, { maxLength: 5 }).map((all) => `/${all.join("/")}`) },
);

const anyHeaders = fc.dictionary(
  fc.constantFrom(
    "anthropic-beta",
    "anthropic-version",
    "authorization",
    "content-encoding",
    "content-type",
    "x-api-key",
    "x-claude-code-session-id",
    "accept",
  ),
  fc.oneof(
    fc.constantFrom("gzip", "br", "application/json", "text/plain", "Bearer ", "2023-06-01", ""),
    fc.stringMatching(/^[\x21-\x7e]{0,40}$/),
  ),
  { maxKeys: 3 },
);

const anyMethod = fc.oneof(
  { weight: 9, arbitrary: fc.constant("POST") },
  { weight: 1, arbitrary: fc.constantFrom("GET", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH") },
);

/** Fails unless the answer is one that a client of Anthropic's API understands. */
async function assertAnswer(response: Response, method: string): Promise<void> {
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  const shown = `${response.status} ${text.slice(0, 500)}`;
  if (method === "HEAD") return;
  if (response.status !== 200) return assertEnvelope(JSON.parse(text), response, shown);
  if (type.startsWith("text/event-stream")) {
    assert(/event: (message_stop|error)\n[^\n]*\n\n$/.test(text), shown);
    return;
  }
  if (type === "application/json") JSON.parse(text);
}

function assertEnvelope(body: Record<string, unknown>, response: Response, shown: string): void {
  assertEquals(body.type, "error", shown);
  const error = body.error as Record<string, unknown>;
  assert(ERROR_TYPES.has(String(error.type)), shown);
  assert(typeof error.message === "string" && error.message !== "", shown);
  assertEquals(body.request_id, response.headers.get("request-id"), shown);
}

/** Nothing broke inside, nothing is left over, and the server still serves. */
async function assertAlive(gateway: Gateway, upstream: FakeUpstream): Promise<void> {
  assert(!gateway.log().includes("Internal error"), findInternalError(gateway));
  await until(() => gateway.services.streams.size === 0, "all requests are over");
  upstream.play(GOOD);
  const response = await gateway.post("/chat/v1/messages", ask());
  assertEquals(response.status, 200);
  await response.body?.cancel();
}

function findInternalError({ records }: Gateway): string {
  return JSON.stringify(records.find(({ message }) => message === "Internal error"));
}

Deno.test("no request makes the server fail by itself", async () => {
  await using upstream = new FakeUpstream(GOOD);
  await using gateway = await startGateway(config(upstream.url));
  const request = fc.tuple(anyMethod, anyPath, anyHeaders, anyBody);
  await fc.assert(
    fc.asyncProperty(request, async ([method, path, headers, body]) => {
      const response = await soon(
        gateway.get(path, {
          method,
          headers: { "content-type": "application/json", ...headers },
          ...(method === "GET" || method === "HEAD" ? {} : { body }),
        }),
        `an answer to ${method} ${path}`,
      );
      assert(response.status !== 500, findInternalError(gateway));
      await assertAnswer(response, method);
    }),
    LIMITS,
  );
  await assertAlive(gateway, upstream);
});

Deno.test("no answer of an upstream makes the server fail by itself", async () => {
  await using upstream = new FakeUpstream(GOOD);
  await using gateway = await startGateway(config(upstream.url));
  const answer = fc.oneof(
    anyStream.map((all) => pieces(all)),
    anyStream.map((all) => pieces(all, { headers: { "content-type": "application/json" } })),
    fc.tuple(fc.oneof(fc.json(), anyText), fc.constantFrom(200, 201, 400, 401, 429, 500, 529)).map(
      ([text, status]) => json(text, { status, headers: { "content-type": "application/json" } }),
    ),
  );
  const path = fc.constantFrom("/chat/v1/messages", "/relay/v1/messages");
  await fc.assert(
    fc.asyncProperty(answer, path, fc.boolean(), async (script, path, stream) => {
      upstream.play(script);
      const response = await gateway.post(path, ask("hi", { stream }));
      const shown = response.clone();
      await assertAnswer(response, "POST");
      const text = await shown.text();
      const isTranslatedStream = path.startsWith("/chat") && stream && response.status === 200;
      if (isTranslatedStream) assertEventOrder(text);
    }),
    LIMITS,
  );
  await assertAlive(gateway, upstream);
});

Deno.test("no bytes on a connection make the server fail by itself", async () => {
  await using upstream = new FakeUpstream(GOOD);
  await using gateway = await startGateway(config(upstream.url));
  const body = JSON.stringify(ask());
  const sound = "POST /chat/v1/messages HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n" +
    `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const cut = fc.tuple(fc.nat(sound.length), fc.nat(8), fc.oneof(anyText, fc.constant("\r\n")));
  await fc.assert(
    fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 4 }), async (cuts) => {
      const text = cuts.reduce(
        (left, [at, length, put]) => left.slice(0, at) + put + left.slice(at + length),
        sound,
      );
      const received = await sendRaw(gateway.url, text, { halfClose: true });
      assert(statusesOf(received).every((status) => status !== 500), received);
    }),
    LIMITS,
  );
  await assertAlive(gateway, upstream);
});
