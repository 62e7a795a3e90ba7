import { assertEquals, assertStringIncludes } from "@std/assert";
import { temporaryFolder } from "../support/config.ts";
import { FakeUpstream, json } from "../support/fake_upstream.ts";
import { completion } from "../support/server_chat.ts";
import { ask, chatTarget } from "../support/server_gateway.ts";
import { RunningProgram } from "../support/server_program.ts";
import { until } from "../support/server_wait.ts";

async function configStatus(url: string): Promise<{ generation: number; error: string | null }> {
  return (await (await fetch(`${url}/healthz`)).json()).config;
}

async function modelAsked(url: string, upstream: FakeUpstream): Promise<unknown> {
  const response = await fetch(`${url}/chat/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(ask()),
  });
  await response.body?.cancel();
  assertEquals(response.status, 200);
  return upstream.calls.at(-1)?.json.model;
}

Deno.test("a disk that vanishes under the config file changes nothing until it is back", async () => {
  await using upstream = new FakeUpstream(json(completion("ok")));
  await using folder = await temporaryFolder();
  const mount = `${folder.path}/mount`;
  const write = async (model: string) => {
    await Deno.mkdir(mount);
    await Deno.writeTextFile(
      `${mount}/proxy.yaml`,
      chatTarget(upstream.url, [`model: ${model}`]),
    );
  };
  await write("one");
  await using program = await RunningProgram.start("--config", `${mount}/proxy.yaml`);
  assertEquals(await modelAsked(program.url, upstream), "one");
  for (const [round, model] of ["two", "three"].entries()) {
    const before = await modelAsked(program.url, upstream);
    await Deno.remove(mount, { recursive: true });
    await until(
      async () => (await configStatus(program.url)).error !== null,
      "the loss of the file is told",
    );
    const { generation, error } = await configStatus(program.url);
    assertEquals(generation, round + 1);
    assertStringIncludes(error ?? "", "proxy.yaml");
    assertEquals(await modelAsked(program.url, upstream), before);
    await write(model);
    await until(
      async () => (await configStatus(program.url)).generation === round + 2,
      "the file is loaded again",
    );
    assertEquals((await configStatus(program.url)).error, null);
    assertEquals(await modelAsked(program.url, upstream), model);
  }
});
