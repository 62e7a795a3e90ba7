import { assertEquals } from "@std/assert";
import { temporaryFolder } from "../support/config.ts";
import { FakeUpstream } from "../support/fake_upstream.ts";
import { delta, finish } from "../support/server_chat.ts";
import { EventReader, textOf } from "../support/server_client.ts";
import { askStream, chatTarget } from "../support/server_gateway.ts";
import { RunningProgram } from "../support/server_program.ts";
import { until } from "../support/server_wait.ts";

const STREAMS = 200;

Deno.test({
  name: `SIGTERM with ${STREAMS} open streams loses none that ends within listen.drain`,
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    const go = Promise.withResolvers<void>();
    await using upstream = new FakeUpstream(async (call) => {
      await call.begin();
      await call.send(delta("a"));
      await Promise.race([go.promise, call.closed]);
      for (const data of [delta("b"), delta("c"), finish(), "[DONE]"]) await call.send(data);
    });
    await using folder = await temporaryFolder({ "proxy.yaml": chatTarget(upstream.url) });
    await using program = await RunningProgram.start("--config", `${folder.path}/proxy.yaml`);
    const url = `${program.url}/chat/v1/messages`;
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify(askStream());
    const readers = await Promise.all(Array.from({ length: STREAMS }, async () => {
      const reader = new EventReader(await fetch(url, { method: "POST", headers, body }));
      await reader.until("content_block_delta");
      return reader;
    }));
    program.kill("SIGTERM");
    await until(() => program.log.includes("Shutting down"), "it drains");
    go.resolve();
    const ends = await Promise.all(readers.map(async (reader) => {
      const events = await reader.rest();
      return `${textOf(events)} ${events.at(-1)?.event}`;
    }));
    assertEquals(new Set(ends), new Set(["bc message_stop"]));
    assertEquals(await program.end(), 0);
  },
});
