import { assertEquals } from "@std/assert";
import { isForeign } from "../../src/upstream/failure.ts";
import { FakeUpstream } from "../support/fake_upstream.ts";
import { errorOf } from "../support/server_client.ts";
import { ask, chatTarget, relayTarget, startGateway } from "../support/server_gateway.ts";
import { soon } from "../support/server_wait.ts";

const FOREIGN: { status: number; type: string; want: boolean }[] = [
  { status: 200, type: "application/json", want: false },
  { status: 200, type: "text/event-stream", want: false },
  { status: 200, type: "text/plain", want: false },
  { status: 200, type: "text/html; charset=utf-8", want: true },
  { status: 200, type: "TEXT/HTML", want: true },
  { status: 204, type: "application/json", want: true },
];

for (const { status, type, want } of FOREIGN) {
  Deno.test(`isForeign() says ${want} of ${status} with ${type}`, () => {
    assertEquals(
      isForeign(new Response(null, { status, headers: { "content-type": type } })),
      want,
    );
  });
}

for (const [path, config] of [["/chat", chatTarget], ["/relay", relayTarget]] as const) {
  Deno.test(`an error body of ${path} that never ends does not hold the answer back`, async () => {
    await using upstream = new FakeUpstream(async (call) => {
      await call.begin({ status: 503 });
      while (!call.isClosed) await call.write("x".repeat(100_000));
    });
    await using gateway = await startGateway(config(upstream.url));
    const response = await gateway.post(`${path}/v1/messages`, ask());
    assertEquals(response.status, 529);
    assertEquals(errorOf(await response.json()).type, "overloaded_error");
    await soon(upstream.call.closed, "the call is aborted");
  });
}
