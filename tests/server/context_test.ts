import { assertEquals, assertStringIncludes } from "@std/assert";
import { FakeUpstream, json, type ReceivedCall, silence } from "../support/fake_upstream.ts";
import { completion, delta, finish } from "../support/server_chat.ts";
import { errorOf, EventReader } from "../support/server_client.ts";
import { ask, askStream, chatTarget, startGateway } from "../support/server_gateway.ts";
import { soon, until } from "../support/server_wait.ts";

const MAX_TWO = "listen: { max_streams: 2 }\n";

/** One delta, and the rest when it is told. */
function heldUntil(go: Promise<void>): (call: ReceivedCall) => Promise<void> {
  return async (call) => {
    await call.begin();
    await call.send(delta("a"));
    await Promise.race([go, call.closed]);
    for (const data of [delta("b"), finish(), "[DONE]"]) await call.send(data);
  };
}

Deno.test("a request over listen.max_streams is refused at once, and the next one served", async () => {
  const go = Promise.withResolvers<void>();
  await using upstream = new FakeUpstream(heldUntil(go.promise));
  await using gateway = await startGateway(chatTarget(upstream.url) + MAX_TWO);
  const open = [
    await gateway.post("/chat/v1/messages", askStream()),
    await gateway.post("/chat/v1/messages", askStream()),
  ].map((response) => new EventReader(response));
  for (const reader of open) await reader.until("content_block_delta");
  const refused = await gateway.post("/chat/v1/messages", askStream());
  assertEquals(refused.status, 529);
  assertEquals(refused.headers.get("retry-after"), "1");
  const { type, message } = errorOf(await refused.json());
  assertEquals(type, "overloaded_error");
  assertStringIncludes(message, "as many requests in flight as it takes");
  assertEquals(upstream.calls.length, 2);
  // Being full is no reason to look dead.
  const health = await gateway.get("/healthz");
  assertEquals(health.status, 200);
  await health.body?.cancel();
  go.resolve();
  for (const reader of open) assertEquals((await reader.rest()).at(-1)?.event, "message_stop");
  upstream.play(json(completion("ok")));
  const next = await gateway.post("/chat/v1/messages", ask());
  assertEquals(next.status, 200);
  await next.body?.cancel();
});

Deno.test("requests that failed, and clients that left, free the server's places", async () => {
  await using upstream = new FakeUpstream(silence);
  await using gateway = await startGateway(chatTarget(upstream.url) + MAX_TWO);
  for (let count = 0; count < 5; count++) {
    const response = await gateway.post("/chat/v1/messages", "{");
    await response.body?.cancel();
    assertEquals(response.status, 400);
  }
  const client = new AbortController();
  const answers = [1, 2].map(() =>
    gateway.post("/chat/v1/messages", ask(), { signal: client.signal }).catch(() => "gone")
  );
  await until(() => upstream.calls.length === 2, "both are under way");
  client.abort();
  assertEquals(await Promise.all(answers), ["gone", "gone"]);
  await soon(Promise.all(upstream.calls.map(({ closed }) => closed)), "the upstream is let go");
  await until(() => gateway.services.streams.size === 0, "the places are free");
});
