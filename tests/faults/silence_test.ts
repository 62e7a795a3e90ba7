import { assert, assertEquals } from "@std/assert";
import { FakeUpstream, silence } from "../support/fake_upstream.ts";
import { streamOf } from "../support/server_chat.ts";
import { errorOf, EventReader, textOf, types } from "../support/server_client.ts";
import { askStream, chatTarget, relayTarget, startGateway } from "../support/server_gateway.ts";
import { soon } from "../support/server_wait.ts";

for (const [path, config] of [["chat", chatTarget], ["relay", relayTarget]] as const) {
  Deno.test(`a model that thinks before its first byte is covered by pings (${path})`, async () => {
    await using upstream = new FakeUpstream(silence);
    await using gateway = await startGateway(
      config(upstream.url, ["ping_interval: 40ms"]),
      { commitWindowMs: 20 },
    );
    const response = await gateway.post(`/${path}/v1/messages`, askStream());
    assertEquals(response.status, 200);
    const reader = new EventReader(response);
    for (let count = 0; count < 5; count++) await reader.until("ping");
    await reader.cancel();
    await soon(upstream.call.closed, "the upstream's call ends");
  });
}

Deno.test("pings do not hide that an upstream never answers", async () => {
  await using upstream = new FakeUpstream(silence);
  const lines = ["ping_interval: 20ms", "timeouts: { first_byte: 200ms }"];
  await using gateway = await startGateway(chatTarget(upstream.url, lines), { commitWindowMs: 10 });
  const response = await gateway.post("/chat/v1/messages", askStream());
  const all = await new EventReader(response).rest();
  assert(all.some(({ event }) => event === "ping"));
  assertEquals(types(all), ["message_start", "error"]);
  assertEquals(errorOf(all.at(-1)?.data ?? {}).type, "timeout_error");
  await soon(upstream.call.closed, "the upstream's call is aborted");
});

Deno.test("comments of an upstream are life, though the client sees pings only", async () => {
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    // Longer than the idle clock altogether, each pause much shorter.
    for (let count = 0; count < 15; count++) {
      await call.write(": keep-alive\n\n");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    for (const data of streamOf("ok")) await call.send(data);
  });
  const lines = ["ping_interval: 100ms", "timeouts: { idle: 1s }"];
  await using gateway = await startGateway(chatTarget(upstream.url, lines), { commitWindowMs: 50 });
  const response = await gateway.post("/chat/v1/messages", askStream());
  const all = await new EventReader(response).rest();
  assert(all.some(({ event }) => event === "ping"));
  assertEquals(textOf(all), "ok");
  assertEquals(types(all).at(-1), "message_stop");
});
