import { assert } from "@std/assert";
import { temporaryFolder } from "../support/config.ts";
import { FakeUpstream } from "../support/fake_upstream.ts";
import { delta } from "../support/server_chat.ts";
import { askStream, chatTarget } from "../support/server_gateway.ts";
import { RunningProgram } from "../support/server_program.ts";
import { soon, until } from "../support/server_wait.ts";

const MEGABYTE = 1024 * 1024;

Deno.test({
  name: "a long answer and a client that stops reading do not fill the memory",
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    const chunk = `data: ${JSON.stringify(delta("x".repeat(60_000)))}\n\n`;
    let sent = 0;
    await using upstream = new FakeUpstream(async (call) => {
      await call.begin();
      for (; !call.isClosed; sent += chunk.length) await call.write(chunk);
    });
    await using folder = await temporaryFolder({ "proxy.yaml": chatTarget(upstream.url) });
    await using program = await RunningProgram.start("--config", `${folder.path}/proxy.yaml`);
    const response = await fetch(`${program.url}/chat/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(askStream()),
    });
    const reader = response.body?.getReader();
    const readTo = async (size: number) => {
      for (let read = 0; read < size;) read += (await reader?.read())?.value?.length ?? size;
    };
    await readTo(20 * MEGABYTE);
    const before = await program.memory();
    await readTo(180 * MEGABYTE);
    const grown = await program.memory() - before;
    assert(grown < 100 * MEGABYTE, `${Math.round(grown / MEGABYTE)} MB more`);
    // From here on nobody reads.
    let last = -1;
    await until(async () => {
      const stands = sent === last;
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return stands;
    }, "the upstream's writes stall");
    assert(sent < 260 * MEGABYTE, `${sent} bytes went out`);
    await reader?.cancel();
    await soon(upstream.call.closed, "the upstream's call ends");
  },
});
