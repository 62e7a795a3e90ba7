import { assertEquals, assertThrows } from "@std/assert";
import { openNotifySocket } from "../../../src/commands/notify/socket.ts";
import { temporaryFolder } from "../../support/config.ts";
import { NotifyListener } from "../../support/notify_listener.ts";

const ignore = Deno.build.os === "windows";

Deno.test(
  "openNotifySocket() sends to a path, in order, and leaves no file",
  { ignore },
  async () => {
    await using folder = await temporaryFolder();
    using listener = new NotifyListener(`${folder.path}/not ify`);
    const socket = openNotifySocket(listener.address);
    socket.send(["READY=1", "STATUS=one=two"]);
    for (let count = 0; count < 50; count++) socket.send([`STATUS=${count}`]);
    assertEquals(await listener.next(), { READY: "1", STATUS: "one=two" });
    for (let count = 0; count < 50; count++) {
      assertEquals(await listener.next(), { STATUS: `${count}` });
    }
    await socket.close();
    assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["not ify"]);
  },
);

Deno.test("openNotifySocket() sends to an abstract name", {
  // Deno 2.7 takes no name that begins with a zero byte.
  ignore: Deno.build.os !== "linux" || Deno.version.deno.startsWith("2.7."),
}, async () => {
  using listener = new NotifyListener(`@switchyard-test-${crypto.randomUUID()}`);
  const socket = openNotifySocket(listener.address);
  socket.send(["READY=1"]);
  await socket.close();
  assertEquals(await listener.next(), { READY: "1" });
});

Deno.test("openNotifySocket() outlives a manager that is gone", { ignore }, async () => {
  await using folder = await temporaryFolder();
  const socket = openNotifySocket(`${folder.path}/nobody`);
  socket.send(["READY=1"]);
  await socket.close();
});

Deno.test("openNotifySocket() refuses what is no unix socket", () => {
  for (const address of ["vsock:2:1234", "", "@", "relative"]) {
    assertThrows(() => openNotifySocket(address), Error, "neither a path nor an abstract name");
  }
});

Deno.test("openNotifySocket() is closed also where nobody reads", { ignore }, async () => {
  await using folder = await temporaryFolder();
  using listener = new NotifyListener(`${folder.path}/deaf`);
  const socket = openNotifySocket(listener.address);
  // More than the kernel keeps for a reader.
  for (let count = 0; count < 600; count++) socket.send([`STATUS=${count}`]);
  await socket.close();
  assertEquals(await listener.next(), { STATUS: "0" });
});
