import { assert, assertEquals } from "@std/assert";
import { temporaryFolder } from "../support/config.ts";
import { FakeUpstream } from "../support/fake_upstream.ts";
import { delta, finish, USAGE } from "../support/server_chat.ts";
import { errorOf, EventReader, types } from "../support/server_client.ts";
import { ask, askStream, chatTarget } from "../support/server_gateway.ts";
import { RunningProgram } from "../support/server_program.ts";
import { soon, timed, until } from "../support/server_wait.ts";

const ignore = Deno.build.os === "windows";

/** One delta at once, the rest when told to. */
function heldStream(go: Promise<void>): FakeUpstream {
  return new FakeUpstream(async (call) => {
    await call.begin();
    await call.send(delta("a"));
    await Promise.race([go, call.closed]);
    for (const data of [delta("b"), finish(), USAGE, "[DONE]"]) await call.send(data);
  });
}

async function post(url: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return await fetch(`${url}/chat/v1/messages`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
}

/** What a new request gets: a refused connection, or a status. */
async function probe(url: string): Promise<number | "refused"> {
  try {
    const response = await fetch(`${url}/readyz`);
    await response.body?.cancel();
    return response.status;
  } catch {
    return "refused";
  }
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test({
    name: `${signal} takes no new work, lets streams finish and exits with 0`,
    ignore,
    async fn(): Promise<void> {
      const go = Promise.withResolvers<void>();
      await using upstream = heldStream(go.promise);
      await using folder = await temporaryFolder({ "proxy.yaml": chatTarget(upstream.url) });
      await using program = await RunningProgram.start("--config", `${folder.path}/proxy.yaml`);
      const reader = new EventReader(await post(program.url, askStream()));
      await reader.until("content_block_delta");
      program.kill(signal);
      await until(async () => await probe(program.url) !== 200, "no new work is taken");
      go.resolve();
      assertEquals(types(await reader.rest()).at(-1), "message_stop");
      assertEquals(await program.end(), 0);
    },
  });
}

Deno.test({
  name: "what does not finish within listen.drain ends with an error",
  ignore,
  async fn(): Promise<void> {
    await using upstream = heldStream(new Promise(() => {}));
    const config = `${chatTarget(upstream.url)}listen: { drain: 300ms }\n`;
    await using folder = await temporaryFolder({ "proxy.yaml": config });
    await using program = await RunningProgram.start("--config", `${folder.path}/proxy.yaml`);
    const reader = new EventReader(await post(program.url, askStream()));
    await reader.until("content_block_delta");
    const arrived = upstream.next();
    // The fake begins to answer, but a whole message is not there yet.
    const whole = post(program.url, ask());
    await soon(arrived, "the second request is under way");
    program.kill("SIGTERM");
    const last = (await reader.rest()).at(-1);
    assertEquals(last?.event, "error");
    assertEquals(errorOf(last?.data ?? {}).type, "overloaded_error");
    const response = await whole;
    assertEquals(response.status, 529);
    assertEquals(errorOf(await response.json()).type, "overloaded_error");
    assertEquals(await program.end(), 0);
    await soon(
      Promise.all(upstream.calls.map(({ closed }) => closed)),
      "the upstream's calls are aborted",
    );
  },
});

Deno.test({
  name: "a second signal ends at once, requests without an answer too",
  ignore,
  async fn(): Promise<void> {
    await using upstream = heldStream(new Promise(() => {}));
    await using folder = await temporaryFolder({ "proxy.yaml": chatTarget(upstream.url) });
    await using program = await RunningProgram.start("--config", `${folder.path}/proxy.yaml`);
    const reader = new EventReader(await post(program.url, askStream()));
    await reader.until("content_block_delta");
    const whole = post(program.url, ask());
    await until(() => upstream.calls.length === 2, "the second request is under way");
    program.kill("SIGTERM");
    await until(() => program.log.includes("Shutting down"), "it drains");
    const time = await timed(async () => {
      program.kill("SIGTERM");
      assertEquals((await reader.rest()).at(-1)?.event, "error");
      assertEquals((await whole).status, 529);
      assertEquals(await program.end(), 0);
    });
    assert(time < 3_000, `${time} ms`);
    await (await whole).body?.cancel();
  },
});
