import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { evaluateConfigFile } from "../../src/config/files.ts";
import { ConfigWatcher } from "../../src/config/watch.ts";
import { temporaryFolder } from "../support/config.ts";
import { events, FakeUpstream } from "../support/fake_upstream.ts";
import { delta, finish, streamOf, USAGE } from "../support/server_chat.ts";
import { EventReader, textOf, types } from "../support/server_client.ts";
import { askStream, chatTarget, type Gateway, startGateway } from "../support/server_gateway.ts";
import { timed, until } from "../support/server_wait.ts";

/** Ways in which editors, `mv` and Kubernetes change a file. */
const CHANGES: { name: string; change: (folder: string, text: string) => Promise<void> }[] = [
  {
    name: "written in place",
    change: (folder, text) => Deno.writeTextFile(`${folder}/proxy.yaml`, text),
  },
  {
    name: "renamed over",
    change: async (folder, text) => {
      await Deno.writeTextFile(`${folder}/new.yaml`, text);
      await Deno.rename(`${folder}/new.yaml`, `${folder}/proxy.yaml`);
    },
  },
  {
    name: "swapped behind its symlink",
    change: async (folder, text) => {
      await Deno.mkdir(`${folder}/next`);
      await Deno.writeTextFile(`${folder}/next/proxy.yaml`, text);
      await Deno.symlink("next", `${folder}/data_tmp`);
      await Deno.rename(`${folder}/data_tmp`, `${folder}/data`);
    },
  },
];

async function start(file: string): Promise<Gateway & { readonly watcher: ConfigWatcher }> {
  const gateway = await startGateway(await Deno.readTextFile(file));
  const { config } = await evaluateConfigFile(file);
  if (config) gateway.store.replace(config);
  const watcher = new ConfigWatcher({ file, store: gateway.store });
  await watcher.start();
  return Object.assign(gateway, { watcher });
}

for (const { name, change } of CHANGES) {
  Deno.test({
    name: `a file ${name} serves new requests while a stream finishes on its old route`,
    ignore: Deno.build.os === "windows",
    async fn(): Promise<void> {
      const go = Promise.withResolvers<void>();
      await using before = new FakeUpstream(async (call) => {
        await call.begin();
        await call.send(delta("old "));
        await go.promise;
        for (const data of [delta("route"), finish(), USAGE, "[DONE]"]) await call.send(data);
      });
      await using after = new FakeUpstream(events(streamOf("new route")));
      await using folder = await temporaryFolder();
      const linked = name.includes("symlink");
      if (linked) {
        await Deno.mkdir(`${folder.path}/first`);
        await Deno.symlink("first", `${folder.path}/data`);
        await Deno.symlink("data/proxy.yaml", `${folder.path}/proxy.yaml`);
      }
      const real = linked ? `${folder.path}/first/proxy.yaml` : `${folder.path}/proxy.yaml`;
      await Deno.writeTextFile(real, chatTarget(before.url));
      await using gateway = await start(`${folder.path}/proxy.yaml`);
      const { watcher } = gateway;
      try {
        const { generation } = gateway.store;
        const reader = new EventReader(await gateway.post("/chat/v1/messages", askStream()));
        assertEquals(textOf([await reader.until("content_block_delta")]), "old ");
        const time = await timed(async () => {
          await change(folder.path, chatTarget(after.url));
          await until(() => gateway.store.generation > generation, "the new routes are live");
        });
        assert(time < 1_500, `${time} ms`);
        const fresh = await gateway.post("/chat/v1/messages", askStream());
        assertEquals(textOf(await new EventReader(fresh).rest()), "new route");
        go.resolve();
        const rest = await reader.rest();
        assertEquals([textOf(rest), types(rest).at(-1)], ["route", "message_stop"]);
      } finally {
        await watcher.stop();
      }
    },
  });
}

Deno.test("a target that a reload removes still finishes its streams", async () => {
  const go = Promise.withResolvers<void>();
  await using upstream = new FakeUpstream(async (call) => {
    await call.begin();
    await call.send(delta("a"));
    await go.promise;
    for (const data of [finish(), USAGE, "[DONE]"]) await call.send(data);
  });
  await using folder = await temporaryFolder({ "proxy.yaml": chatTarget(upstream.url) });
  await using gateway = await start(`${folder.path}/proxy.yaml`);
  const { watcher } = gateway;
  try {
    const { generation } = gateway.store;
    const reader = new EventReader(await gateway.post("/chat/v1/messages", askStream()));
    await reader.until("content_block_delta");
    const other = chatTarget(upstream.url).replace("chat:", "other:");
    await Deno.writeTextFile(`${folder.path}/proxy.yaml`, other);
    await until(() => gateway.store.generation > generation, "the new routes are live");
    const gone = await gateway.post("/chat/v1/messages", askStream());
    assertEquals(gone.status, 404);
    assertStringIncludes(await gone.text(), "known targets: other");
    go.resolve();
    assertEquals(types(await reader.rest()).at(-1), "message_stop");
  } finally {
    await watcher.stop();
  }
});

/** What may become of the file while the server runs. */
const FAULTS: { name: string; spoil: (file: string) => Promise<void> }[] = [
  { name: "is deleted", spoil: (file) => Deno.remove(file) },
  { name: "is emptied", spoil: (file) => Deno.writeTextFile(file, "") },
  {
    name: "becomes a folder",
    spoil: async (file) => {
      await Deno.remove(file);
      await Deno.mkdir(file);
    },
  },
  {
    name: "grows to 5 MB of nonsense",
    spoil: (file) => Deno.writeTextFile(file, "- nonsense: [1, 2]\n".repeat(275_000)),
  },
  {
    name: "is no UTF-8",
    spoil: (file) => Deno.writeFile(file, new Uint8Array([0xff, 0xfe, 0x80])),
  },
  { name: "is no YAML", spoil: (file) => Deno.writeTextFile(file, "targets: {{{\n") },
  {
    name: "names a target __proto__",
    spoil: (file) =>
      Deno.writeTextFile(file, "targets:\n  __proto__: { api_mode: chat_completions }\n"),
  },
];

for (const { name, spoil } of FAULTS) {
  Deno.test(`a config file that ${name} changes nothing, and /healthz says so`, async () => {
    await using upstream = new FakeUpstream(events(streamOf("ok")));
    await using folder = await temporaryFolder({ "proxy.yaml": chatTarget(upstream.url) });
    const file = `${folder.path}/proxy.yaml`;
    await using gateway = await start(file);
    const { watcher } = gateway;
    try {
      const health = async () => (await (await gateway.get("/healthz")).json()).config;
      const { generation } = await health();
      await spoil(file);
      await until(async () => (await health()).error !== null, "/healthz tells the problem");
      assertEquals((await health()).generation, generation);
      const response = await gateway.post("/chat/v1/messages", askStream());
      assertEquals(textOf(await new EventReader(response).rest()), "ok");
      await Deno.remove(file, { recursive: true }).catch(() => {});
      await Deno.writeTextFile(file, chatTarget(upstream.url));
      await until(async () => (await health()).error === null, "/healthz tells that all is well");
    } finally {
      await watcher.stop();
    }
  });
}
