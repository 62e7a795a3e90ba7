import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { plainConfig, temporaryFolder } from "../support/config.ts";
import { NotifyListener } from "../support/notify_listener.ts";
import { RunningProgram } from "../support/server_program.ts";

const ignore = Deno.build.os === "windows";

Deno.test("the program tells its service manager from READY to STOPPING", { ignore }, async () => {
  await using folder = await temporaryFolder({ "proxy.yaml": plainConfig("one") });
  using manager = new NotifyListener(`${folder.path}/notify`);
  await using program = await RunningProgram.startWith(
    { NOTIFY_SOCKET: manager.address, WATCHDOG_USEC: "400000" },
    "--config",
    `${folder.path}/proxy.yaml`,
  );
  const ready = await manager.next();
  assertEquals(ready.READY, "1");
  assertStringIncludes(
    ready.STATUS ?? "",
    `Serving 1 target on ${program.url}, generation 1`,
  );
  assertEquals(await statusOf(`${program.url}/healthz`), 200);
  assertEquals(await manager.nextWith("WATCHDOG"), { WATCHDOG: "1" });

  await Deno.writeTextFile(`${folder.path}/proxy.yaml`, plainConfig("two"));
  program.kill("SIGHUP");
  const { MONOTONIC_USEC } = await manager.nextWith("RELOADING");
  const uptimeUsec = Deno.osUptime() * 1_000_000;
  const told = Number(MONOTONIC_USEC);
  assert(told > uptimeUsec - 15_000_000 && told <= uptimeUsec, `${told}, ${uptimeUsec}`);
  assertStringIncludes((await manager.nextWith("READY")).STATUS ?? "", "generation 2");
  assertEquals(await statusOf(`${program.url}/two`), 200);

  program.kill("SIGTERM");
  const stopping = await manager.nextWith("STOPPING");
  assertEquals(stopping.EXTEND_TIMEOUT_USEC, "35000000");
  assertEquals(await program.end(), 0);
});

Deno.test("the program serves also where its service manager is gone", { ignore }, async () => {
  await using folder = await temporaryFolder({ "proxy.yaml": plainConfig("one") });
  await using program = await RunningProgram.startWith(
    { NOTIFY_SOCKET: `${folder.path}/nobody` },
    "--config",
    `${folder.path}/proxy.yaml`,
  );
  assertEquals(await statusOf(`${program.url}/one`), 200);
  program.kill("SIGTERM");
  assertEquals(await program.end(), 0);
});

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}
