import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { loadConfigFile } from "../../src/config/files.ts";
import { ConfigStore } from "../../src/config/store.ts";
import { ConfigWatcher, type WatchOptions } from "../../src/config/watch.ts";
import type { Logger, LogLevel } from "../../src/log.ts";
import { plainConfig, temporaryFolder } from "../support/config.ts";

/** Long enough for a machine that is busy; no test waits for it to pass. */
const DEADLINE_MS = 20_000;

/** Never comes within a test. */
const NEVER_MS = 1_000_000;

/** A logger that tests wait on: the watcher says something whenever the store changes. */
class Journal implements Logger {
  readonly lines: string[] = [];
  #wake = Promise.withResolvers<void>();

  debug(): void {}

  info(message: string): void {
    this.#note("info", message);
  }

  warn(message: string): void {
    this.#note("warn", message);
  }

  error(message: string): void {
    this.#note("error", message);
  }

  isEnabled(): boolean {
    return true;
  }

  /** Waits until the condition holds; it is looked at again after each line. */
  async until(condition: () => boolean): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`Nothing came in time:\n${this.lines.join("\n")}`)),
        DEADLINE_MS,
      );
    });
    try {
      while (!condition()) await Promise.race([this.#wake.promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #note(level: LogLevel, message: string): void {
    this.lines.push(`${level}: ${message}`);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}

/** A watched config file in a folder of its own. */
interface Watched {
  readonly folder: string;
  readonly file: string;
  readonly store: ConfigStore;
  readonly watcher: ConfigWatcher;
  readonly journal: Journal;
  /** Waits until a target of that name is live. */
  live(target: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

type Setup = (folder: string) => Promise<string>;

/** Starts to watch the file that `setup` makes; `proxy.yaml` with target `a` by default. */
async function watch(
  options: Partial<WatchOptions> = {},
  setup: Setup = async (folder) => {
    await Deno.writeTextFile(`${folder}/proxy.yaml`, plainConfig("a"));
    return `${folder}/proxy.yaml`;
  },
): Promise<Watched> {
  const folder = await temporaryFolder();
  const file = await setup(folder.path);
  const store = new ConfigStore(await loadConfigFile(file));
  const journal = new Journal();
  const watcher = new ConfigWatcher({ file, store, log: journal, ...options });
  await watcher.start();
  return {
    folder: folder.path,
    file,
    store,
    watcher,
    journal,
    live: (target) => journal.until(() => store.current().targets.has(target)),
    async [Symbol.asyncDispose](): Promise<void> {
      await watcher.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function renameOver(file: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${file}.tmp`, text);
  await Deno.rename(`${file}.tmp`, file);
}

/** As `ln -sfn` does it: the new link takes the old one's place in one step. */
async function relink(target: string, link: string): Promise<void> {
  await Deno.symlink(target, `${link}.tmp`);
  await Deno.rename(`${link}.tmp`, link);
}

/** The ways to hear of a change; each must do by itself. */
const SENSES: { name: string; options: Partial<WatchOptions> }[] = [
  { name: "by events alone", options: { pollMs: NEVER_MS } },
  { name: "by polling alone", options: { events: false, pollMs: 20 } },
];

for (const { name, options } of SENSES) {
  Deno.test(`ConfigWatcher sees a file written in place, ${name}`, async () => {
    await using watched = await watch(options);
    await Deno.writeTextFile(watched.file, plainConfig("longer-name"));
    await watched.live("longer-name");
    assertEquals(watched.store.generation, 2);
  });

  Deno.test(`ConfigWatcher sees a file renamed over, again and again, ${name}`, async () => {
    await using watched = await watch(options);
    for (const target of ["b", "c", "d", "e"]) {
      await renameOver(watched.file, plainConfig(target));
      await watched.live(target);
    }
    assertEquals(watched.store.generation, 5);
  });

  Deno.test(`ConfigWatcher sees a link swapped, and the new file written, ${name}`, async () => {
    await using watched = await watch(options, async (folder) => {
      for (const place of ["one", "two"]) {
        await Deno.mkdir(`${folder}/${place}`);
        await Deno.writeTextFile(`${folder}/${place}/real.yaml`, plainConfig(place));
      }
      await Deno.symlink("one/real.yaml", `${folder}/proxy.yaml`);
      return `${folder}/proxy.yaml`;
    });
    await relink("two/real.yaml", watched.file);
    await watched.live("two");
    await Deno.writeTextFile(`${watched.folder}/two/real.yaml`, plainConfig("three"));
    await watched.live("three");
  });

  Deno.test(`ConfigWatcher sees a Kubernetes ConfigMap swapped, ${name}`, async () => {
    const version = async (folder: string, target: string) => {
      await Deno.mkdir(`${folder}/..${target}`);
      await Deno.writeTextFile(`${folder}/..${target}/proxy.yaml`, plainConfig(target));
      await relink(`..${target}`, `${folder}/..data`);
    };
    await using watched = await watch(options, async (folder) => {
      await version(folder, "v-1");
      await Deno.symlink("..data/proxy.yaml", `${folder}/proxy.yaml`);
      return `${folder}/proxy.yaml`;
    });
    for (const target of ["v-2", "v-3"]) {
      await version(watched.folder, target);
      await watched.live(target);
      await Deno.remove(`${watched.folder}/..v-${Number(target.at(-1)) - 1}`, { recursive: true });
    }
  });

  Deno.test(`ConfigWatcher sees a secret rotated, ${name}`, async () => {
    await using watched = await watch(options, async (folder) => {
      const text = `${plainConfig("a")}    api_key: \${file:secrets/key}\n`;
      await Deno.mkdir(`${folder}/secrets`);
      await Deno.writeTextFile(`${folder}/secrets/key`, "old");
      await Deno.writeTextFile(`${folder}/proxy.yaml`, text);
      return `${folder}/proxy.yaml`;
    });
    const key = () => watched.store.current().targets.get("a")?.apiKeys[0];
    await renameOver(`${watched.folder}/secrets/key`, "newer");
    await watched.journal.until(() => key() === "newer");
    await Deno.remove(`${watched.folder}/secrets/key`);
    await watched.journal.until(() => watched.store.error !== null);
    assertEquals(key(), "newer");
    assertStringIncludes(watched.store.error ?? "", "'secrets/key': it does not exist");
    await Deno.writeTextFile(`${watched.folder}/secrets/key`, "newest");
    await watched.journal.until(() => key() === "newest");
  });

  Deno.test(`ConfigWatcher keeps the last good config and says what is wrong, ${name}`, async () => {
    await using watched = await watch(options);
    const { file, store, journal } = watched;
    const live = store.current();
    await renameOver(file, "targets: [");
    await journal.until(() => store.error !== null);
    assert(store.current() === live);
    assertStringIncludes(store.error ?? "", `${file}:1:11: not valid YAML`);
    assert(journal.lines.includes("error: config not loaded, generation 1 stays live"));
    await renameOver(file, plainConfig("a"));
    await journal.until(() => store.error === null);
    assertEquals([store.generation, journal.lines.at(-1)], [
      1,
      "info: config: the live content is back",
    ]);
  });

  Deno.test(`ConfigWatcher outlives a file that is removed and written anew, ${name}`, async () => {
    await using watched = await watch(options);
    await Deno.remove(watched.file);
    await watched.journal.until(() => watched.store.error !== null);
    assertEquals(
      watched.store.error,
      `${watched.file}: cannot read the config file: it does not exist`,
    );
    assert(watched.store.current().targets.has("a"));
    await Deno.writeTextFile(watched.file, plainConfig("b"));
    await watched.live("b");
  });
}

Deno.test("ConfigWatcher outlives a folder that is replaced", async () => {
  const setup: Setup = async (folder) => {
    await Deno.mkdir(`${folder}/etc`);
    await Deno.writeTextFile(`${folder}/etc/proxy.yaml`, plainConfig("a"));
    return `${folder}/etc/proxy.yaml`;
  };
  await using watched = await watch({ pollMs: 20 }, setup);
  await Deno.rename(`${watched.folder}/etc`, `${watched.folder}/old`);
  await watched.journal.until(() => watched.store.error !== null);
  await Deno.mkdir(`${watched.folder}/etc`);
  await Deno.writeTextFile(watched.file, plainConfig("b"));
  await watched.live("b");
  await Deno.writeTextFile(watched.file, plainConfig("c"));
  await watched.live("c");
});

Deno.test("ConfigWatcher finds a change from before it started", async () => {
  await using folder = await temporaryFolder({ "proxy.yaml": plainConfig("a") });
  const file = `${folder.path}/proxy.yaml`;
  const store = new ConfigStore(await loadConfigFile(file));
  await Deno.writeTextFile(file, plainConfig("b"));
  const watcher = new ConfigWatcher({ file, store, log: new Journal() });
  await watcher.start();
  await watcher.stop();
  assert(store.current().targets.has("b"));
});

/** Only `reload()` itself, or a signal, makes it look. */
const DEAF: Partial<WatchOptions> = { events: false, pollMs: NEVER_MS };

Deno.test("reload() changes nothing while the content is the same", async () => {
  await using watched = await watch(DEAF);
  const live = watched.store.current();
  await Deno.writeTextFile(watched.file, plainConfig("a"));
  await watched.watcher.reload();
  await watched.watcher.reload();
  assert(watched.store.current() === live);
  assertEquals([watched.store.generation, watched.journal.lines], [1, []]);
});

Deno.test("reload() reports the same mistake once", async () => {
  await using watched = await watch(DEAF);
  await Deno.writeTextFile(watched.file, "targets: 1");
  await watched.watcher.reload();
  const { length } = watched.journal.lines;
  await watched.watcher.reload();
  assertEquals(watched.journal.lines.length, length);
  await Deno.writeTextFile(watched.file, "targets: true");
  await watched.watcher.reload();
  assert(watched.journal.lines.length > length);
});

Deno.test("reload() loses no change that comes while it runs", async () => {
  await using watched = await watch(DEAF);
  const names = Array.from({ length: 30 }, (_, index) => `target-${index}`);
  const reloads: Promise<void>[] = [];
  for (const name of names) {
    Deno.writeTextFileSync(watched.file, plainConfig(name));
    reloads.push(watched.watcher.reload());
    // Lets the running load get to a different point each time.
    for (let turn = reloads.length % 4; turn > 0; turn--) await Promise.resolve();
  }
  await Promise.all(reloads);
  assert(watched.store.current().targets.has("target-29"));
});

Deno.test("reload() swaps the config whole and leaves the old one as it was", async () => {
  await using watched = await watch(DEAF);
  const old = watched.store.current();
  await Deno.writeTextFile(watched.file, plainConfig("b"));
  await watched.watcher.reload();
  assertEquals([...old.targets.keys()], ["a"]);
  assertEquals([...watched.store.current().targets.keys()], ["b"]);
});

Deno.test("reload() keeps the listener's settings and says so", async () => {
  await using watched = await watch(DEAF);
  const { listen } = watched.store.current();
  await Deno.writeTextFile(watched.file, `listen: {port: 1, drain: 1s}\n${plainConfig("b")}`);
  await watched.watcher.reload();
  assertEquals(watched.store.current().listen, listen);
  assertEquals([...watched.store.current().targets.keys()], ["b"]);
  assertEquals(watched.journal.lines, [
    "warn: config: 'listen' has changed; restart to apply it, the old one is kept",
    "info: config loaded, generation 2 is live",
  ]);
});

Deno.test("reload() refuses to drop all keys while the listener is open to others", async () => {
  const keys = "auth: {keys: [{name: a, key: kkkkkk}]}\n";
  const setup: Setup = async (folder) => {
    const text = `listen: {host: 0.0.0.0}\n${keys}${plainConfig("a")}`;
    await Deno.writeTextFile(`${folder}/proxy.yaml`, text);
    return `${folder}/proxy.yaml`;
  };
  await using watched = await watch(DEAF, setup);
  await Deno.writeTextFile(watched.file, plainConfig("b"));
  await watched.watcher.reload();
  assertEquals(watched.store.current().keys.length, 1);
  assertStringIncludes(watched.store.error ?? "", "only a restart can apply this");
});

Deno.test("reload() tells who asked of every config that goes live", async () => {
  const seen: string[] = [];
  await using watched = await watch({
    ...DEAF,
    onReplace: ({ targets }) => seen.push([...targets.keys()].join()),
  });
  for (const text of [plainConfig("b"), "bad", plainConfig("c")]) {
    await Deno.writeTextFile(watched.file, text);
    await watched.watcher.reload();
  }
  assertEquals(seen, ["b", "c"]);
});

Deno.test("stop() ends all watching, also in the middle of a reload", async () => {
  const watched = await watch({ pollMs: 1 });
  await Deno.writeTextFile(watched.file, plainConfig("b"));
  const reload = watched.watcher.reload();
  await watched[Symbol.asyncDispose]();
  await reload;
  const { generation } = watched.store;
  await watched.watcher.reload();
  assertEquals(watched.store.generation, generation);
});
