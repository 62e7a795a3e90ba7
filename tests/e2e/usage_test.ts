import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { temporaryFolder } from "../support/config.ts";
import { FakeUpstream, json } from "../support/fake_upstream.ts";
import { completion } from "../support/server_chat.ts";
import { ask, chatTarget } from "../support/server_gateway.ts";
import { RunningProgram, runProgram } from "../support/server_program.ts";
import { until } from "../support/server_wait.ts";

/** An upstream, and a folder with a config whose usage goes to `usage` in it. */
async function arrange(more = "") {
  const upstream = new FakeUpstream(json(completion("hello")));
  const folder = await temporaryFolder();
  const config = `${folder.path}/proxy.yaml`;
  const directory = `${folder.path}/usage`;
  const write = (usage: string) =>
    Deno.writeTextFile(config, `usage: { ${usage} }\n${more}\n${chatTarget(upstream.url)}`);
  await write(`path: ${directory}`);
  return {
    config,
    directory,
    write,
    start: () => RunningProgram.start("--config", config),
    /** What `switchyard usage` says of all requests: the first figures of its sum. */
    async report(): Promise<{ requests: number; input_tokens: number; cost_usd: number | null }> {
      const { code, out, err } = await runProgram(["usage", "--config", config, "--json"]);
      assertEquals(code, 0, err);
      return JSON.parse(out).total;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await upstream[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Each request on a connection of its own, so that it may land on any thread. */
const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
globalThis.addEventListener("unload", () => client.close());

async function post({ url }: RunningProgram, times = 1): Promise<void> {
  await Promise.all(Array.from({ length: times }, async () => {
    const response = await fetch(`${url}/chat/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(ask()),
      client,
    });
    assertEquals(response.status, 200);
    await response.text();
  }));
}

async function stop(program: RunningProgram): Promise<void> {
  program.kill("SIGTERM");
  assertEquals(await program.end(), 0);
}

/** All that the usage files hold. */
async function textIn(directory: string): Promise<string> {
  const texts: string[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) {
      texts.push(await Deno.readTextFile(`${directory}/${name}`));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return texts.join("");
}

const ignore = Deno.build.os === "windows";

for (const workers of Deno.build.os === "linux" ? [1, 2] : [1]) {
  Deno.test({
    name: `switchyard usage tells what a server with ${workers} threads did until its end`,
    ignore,
    async fn() {
      await using usage = await arrange(
        `listen: { workers: ${workers} }\nprices: { claude-*: { input: 3, output: 15 } }`,
      );
      await using program = await usage.start();
      await post(program, 40);
      await stop(program);
      const { requests, input_tokens, cost_usd } = await usage.report();
      assertEquals([requests, input_tokens], [40, 280]);
      assertEquals(cost_usd, 40 * (7 * 3 + 3 * 15) / 1e6);
    },
  });
}

Deno.test({
  name: "usage survives a server that is killed, half a line, and logrotate",
  ignore,
  async fn() {
    await using usage = await arrange();
    const { directory } = usage;
    const file = `${directory}/usage-${new Date().toISOString().slice(0, 7)}.jsonl`;
    const linesIn = async () => (await textIn(directory)).match(/req_/g)?.length ?? 0;
    {
      await using program = await usage.start();
      await post(program, 3);
      await until(async () => await linesIn() === 3, "the lines are written");
      program.kill("SIGKILL");
    }
    const text = await Deno.readTextFile(file);
    await Deno.writeTextFile(file, text.slice(0, -20));
    await using program = await usage.start();
    await post(program, 2);
    await until(async () => await linesIn() === 5, "the lines are written behind");
    await Deno.rename(file, `${file}.1`);
    await post(program);
    await until(async () => await linesIn() === 6, "the lines are written anew");
    await stop(program);
    assertEquals((await usage.report()).requests, 5);
  },
});

Deno.test({
  name: "two servers keep their usage in one directory",
  ignore,
  async fn() {
    await using usage = await arrange();
    await using one = await usage.start();
    await using other = await usage.start();
    await Promise.all([post(one, 30), post(other, 30)]);
    await Promise.all([stop(one), stop(other)]);
    assertEquals((await usage.report()).requests, 60);
  },
});

Deno.test({
  name: "a server that cannot write its usage says so once, and serves",
  ignore,
  async fn() {
    await using usage = await arrange();
    await Deno.writeTextFile(usage.directory, "a file where the directory should be");
    await using program = await usage.start();
    await post(program, 2);
    await until(() => program.log.includes("Cannot write usage to"), "the warning");
    await post(program, 2);
    await stop(program);
    assertEquals(program.log.split("Cannot write usage to").length, 2);
    assertStringIncludes(program.log, '"message":"The usage of some requests was not written"');
  },
});

Deno.test({
  name: "usage that is off, or turned off while the server runs, is not kept",
  ignore,
  async fn() {
    await using usage = await arrange();
    const { directory } = usage;
    {
      await using program = await usage.start();
      await post(program);
      await until(async () => await textIn(directory) !== "", "the first line");
      await usage.write(`enabled: false, path: ${directory}`);
      await until(() => program.log.includes("generation 2 is live"), "the reload");
      await post(program);
      await stop(program);
    }
    const before = await textIn(directory);
    assertEquals(before.match(/req_/g)?.length, 1);
    await using program = await usage.start();
    await post(program);
    await usage.write(`path: ${directory}`);
    await until(() => program.log.includes("restart to keep it"), "the hint");
    await stop(program);
    assertEquals(await textIn(directory), before);
  },
});

Deno.test({
  name: "the file holds no prompt, no answer and no key",
  ignore,
  async fn() {
    await using usage = await arrange("auth: { keys: [{ name: laptop, key: very-secret-key }] }");
    await using program = await usage.start();
    const response = await fetch(`${program.url}/chat/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": "very-secret-key" },
      body: JSON.stringify(ask("a private question")),
      client,
    });
    assertStringIncludes(await response.text(), "hello");
    await stop(program);
    const text = await textIn(usage.directory);
    assertStringIncludes(text, '"key":"laptop"');
    assert(!/very-secret-key|private|hello/.test(text), text);
  },
});

Deno.test({
  name: "the demo keeps no usage, and a server keeps it in the user's state directory",
  // Other systems have other places; tests/usage/files_test.ts knows them.
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using home = await temporaryFolder();
    const env = { XDG_STATE_HOME: home.path, XDG_CONFIG_HOME: home.path, STATE_DIRECTORY: "" };
    await using demo = await RunningProgram.startWith(env, "--demo");
    await fetch(`${demo.url}/demo-chat/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(ask()),
      client,
    }).then((response) => response.text());
    await stop(demo);
    assertEquals(await Array.fromAsync(Deno.readDir(home.path)), []);
    await using usage = await arrange();
    await usage.write("keep: 30d");
    await using program = await RunningProgram.startWith(env, "--config", usage.config);
    await post(program);
    await stop(program);
    assertStringIncludes(await textIn(`${home.path}/switchyard`), '"target":"chat"');
    const { code, out } = await runProgram(["usage", "--by", "target"], { env, cwd: home.path });
    assertEquals([code, /^chat +1 /m.test(out)], [0, true], out);
  },
});
