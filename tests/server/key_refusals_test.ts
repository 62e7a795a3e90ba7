import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  events,
  FakeUpstream,
  json,
  type ReceivedCall,
  type Script,
} from "../support/fake_upstream.ts";
import { completion, streamOf } from "../support/server_chat.ts";
import {
  ask,
  askStream,
  chatTarget,
  type Gateway,
  relayTarget,
  startGateway,
} from "../support/server_gateway.ts";

const KEYS = ["sk-planted-first-1", "sk-planted-second-2"] as const;
const LINES = [`api_key: [${KEYS.join(", ")}]`];

function shownKey({ headers }: ReceivedCall): string {
  return headers.get("x-api-key") ?? headers.get("authorization")?.replace("Bearer ", "") ?? "";
}

/** Refuses one key, and answers all others. */
function refusing(key: string, refusal: Script, answer: Script): Script {
  return (call) => shownKey(call) === key ? refusal(call) : answer(call);
}

async function restingKeys(gateway: Gateway): Promise<unknown> {
  const { targets } = await (await gateway.get("/api/status")).json();
  return targets[0].keys;
}

for (const status of [401, 402, 429]) {
  for (const request of [ask(), askStream()]) {
    const stream = request.stream ?? false;
    Deno.test(`a key that got ${status} rests, and the other answers at once (stream: ${stream})`, async () => {
      const answer = request.stream ? events(streamOf("ok")) : json(completion("ok"));
      const refusal = json({ error: { message: `no: ${KEYS[0]}` } }, { status });
      await using upstream = new FakeUpstream(refusing(KEYS[0], refusal, answer));
      await using gateway = await startGateway(chatTarget(upstream.url, LINES));
      const seen = [];
      for (let count = 0; count < 3; count++) {
        const response = await gateway.post("/chat/v1/messages", request);
        const text = await response.text();
        await gateway.access(response);
        seen.push(response.status);
        const shown = text + JSON.stringify([...response.headers]) + gateway.log();
        for (const key of KEYS) assert(!shown.includes(key), shown);
      }
      assertEquals(seen, [200, 200, 200]);
      assertEquals(upstream.calls.map(shownKey), [KEYS[0], KEYS[1], KEYS[1], KEYS[1]]);
      assertEquals(await restingKeys(gateway), { total: 2, resting: 1 });
    });
  }
}

Deno.test("a relayed call changes its key the same way", async () => {
  const limited = { type: "error", error: { type: "rate_limit_error", message: "slow down" } };
  const refusal = json(limited, { status: 429, headers: { "retry-after": "7" } });
  const message = { type: "message", role: "assistant", content: [], usage: {} };
  await using upstream = new FakeUpstream(refusing(KEYS[0], refusal, json(message)));
  await using gateway = await startGateway(relayTarget(upstream.url, LINES));
  const response = await gateway.post("/relay/v1/messages", ask());
  await response.body?.cancel();
  assertEquals(response.status, 200);
  assertEquals(upstream.calls.map(shownKey), [...KEYS]);
});

Deno.test("a key rests for as long as retry-after says", async () => {
  const refusal = json({}, { status: 429, headers: { "retry-after": "7" } });
  await using upstream = new FakeUpstream(refusing(KEYS[0], refusal, json(completion("ok"))));
  await using gateway = await startGateway(chatTarget(upstream.url, LINES));
  const response = await gateway.post("/chat/v1/messages", ask());
  await response.body?.cancel();
  const target = gateway.store.current().targets.get("chat");
  assert(target);
  const ring = gateway.services.keyRings.of(target);
  const now = performance.now();
  assertEquals(ring.resting(now), 1);
  assertEquals(ring.resting(now + 7_000), 0);
});

Deno.test("where all keys are refused the client gets the refusal, each key asked once", async () => {
  const refusal = json({ error: { message: "slow" } }, { status: 429 });
  await using upstream = new FakeUpstream(refusal);
  await using gateway = await startGateway(chatTarget(upstream.url, LINES));
  const response = await gateway.post("/chat/v1/messages", ask());
  await response.body?.cancel();
  assertEquals(response.status, 429);
  assertEquals(upstream.calls.map(shownKey).toSorted(), [...KEYS]);
});

Deno.test("a session keeps to its key, and to another while its own rests", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  await using gateway = await startGateway(chatTarget(upstream.url, LINES));
  const send = async () => {
    const headers = { "x-claude-code-session-id": "one" };
    const response = await gateway.post("/chat/v1/messages", ask(), { headers });
    await response.body?.cancel();
    return shownKey(upstream.calls.at(-1) as ReceivedCall);
  };
  const own = await send();
  assertEquals([await send(), await send()], [own, own]);
  upstream.play(refusing(own, json({}, { status: 429 }), json(completion("ok"))));
  const other = await send();
  assertNotEquals(other, own);
  assertEquals([await send(), await send()], [other, other]);
});

Deno.test("an error in place of an answer says nothing about the key", async () => {
  // It came with status 200, and asking again with the same key would be a retry.
  await using upstream = new FakeUpstream(json({ error: { message: "slow", code: 429 } }));
  await using gateway = await startGateway(chatTarget(upstream.url, LINES));
  const response = await gateway.post("/chat/v1/messages", ask());
  await response.body?.cancel();
  assertEquals(response.status, 429);
  assertEquals(upstream.calls.length, 1);
});
