import { assert, assertEquals } from "@std/assert";
import { temporaryFolder } from "../support/config.ts";
import { FakeUpstream } from "../support/fake_upstream.ts";
import { haproxyConfig } from "../support/haproxy.ts";
import { lacks, runTool } from "../support/outside_programs.ts";
import { delta, finish, USAGE } from "../support/server_chat.ts";
import { EventReader, types } from "../support/server_client.ts";
import { ask, askStream, chatTarget } from "../support/server_gateway.ts";
import { RunningProgram } from "../support/server_program.ts";
import { soon, until } from "../support/server_wait.ts";

const ROOT = new URL("../../", import.meta.url);
const ignore = lacks("haproxy");

Deno.test({
  name: "the recipe for HAProxy is one that HAProxy takes, without a warning",
  ignore,
  async fn() {
    const tls = new URL("tests/fixtures/tls/", ROOT);
    const [chain, key] = await Promise.all(
      ["localhost.pem", "localhost_key.pem"].map((name) => Deno.readTextFile(new URL(name, tls))),
    );
    await using folder = await temporaryFolder({ "cert.pem": `${chain}${key}` });
    const recipe = await Deno.readTextFile(new URL("deploy/haproxy/haproxy.cfg", ROOT));
    const file = `${folder.path}/haproxy.cfg`;
    await Deno.writeTextFile(
      file,
      recipe.replace("/etc/haproxy/switchyard.pem", `${folder.path}/cert.pem`),
    );
    const { code, out, err } = await runTool("haproxy", ["-c", "-f", file]);
    assertEquals([code, `${out}${err}`.match(/\[(WARNING|ALERT)\].*/g)], [0, null], err);
  },
});

/** Two gateways behind HAProxy. */
interface Site extends AsyncDisposable {
  readonly url: string;
  readonly gateways: Readonly<Record<string, RunningProgram>>;
}

async function openSite(config: string): Promise<Site> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder({ "proxy.yaml": config }));
  const start = () => RunningProgram.start("--config", `${folder.path}/proxy.yaml`);
  const [one, two] = await Promise.all([start(), start()]);
  stack.use(one);
  stack.use(two);
  const url = await startHaproxy(stack, folder.path, [portOf(one.url), portOf(two.url)]);
  return { url, gateways: { one, two }, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Its URL, once it answers; another program may take the port first, so it tries again. */
async function startHaproxy(
  stack: AsyncDisposableStack,
  folder: string,
  gateways: readonly [number, number],
): Promise<string> {
  const front = freePort();
  const url = `http://127.0.0.1:${front}`;
  const file = `${folder}/haproxy.cfg`;
  await Deno.writeTextFile(file, await haproxyConfig({ front, gateways }));
  const child = new Deno.Command("haproxy", { args: ["-db", "-q", "-f", file], stdin: "null" })
    .spawn();
  let ended = false;
  const end = child.status.then(() => ended = true);
  await until(async () => ended || await isListening(url), "HAProxy answers");
  if (ended) return await startHaproxy(stack, folder, gateways);
  stack.defer(async () => {
    child.kill("SIGTERM");
    await end;
  });
  return url;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

async function answered(url: string): Promise<Response | undefined> {
  const response = await fetch(`${url}/readyz`).catch(() => undefined);
  await response?.body?.cancel();
  return response;
}

async function post(url: string, body: unknown): Promise<Response> {
  return await fetch(`${url}/chat/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** Streams wait for `go`, whole messages do not. */
function upstreamThatWaits(go: Promise<void>): FakeUpstream {
  return new FakeUpstream(async (call) => {
    if (call.json.stream !== true) {
      await call.answer({
        choices: [{ message: { role: "assistant", content: "b" }, finish_reason: "stop" }],
      });
      return;
    }
    await call.begin();
    await call.send(delta("a"));
    await Promise.race([go, call.closed]);
    if (call.isClosed) return;
    for (const data of [finish(), USAGE, "[DONE]"]) await call.send(data);
  });
}

/** Which gateways answer new requests. */
async function whoAnswers(url: string): Promise<string[]> {
  const names = new Set<string>();
  for (let count = 0; count < 6; count++) {
    const response = await post(url, ask());
    await response.body?.cancel();
    assertEquals(response.status, 200);
    names.add(response.headers.get("x-gateway") ?? "");
  }
  return [...names].sort();
}

const ENDINGS: { name: string; signal: Deno.Signal; whole: boolean }[] = [
  { name: "killed", signal: "SIGKILL", whole: false },
  { name: "told to stop", signal: "SIGTERM", whole: true },
];

for (const { name, signal, whole } of ENDINGS) {
  Deno.test({
    name: `behind HAProxy, new requests go to the other gateway when one is ${name}`,
    ignore,
    async fn() {
      const go = Promise.withResolvers<void>();
      await using upstream = upstreamThatWaits(go.promise);
      await using site = await openSite(chatTarget(upstream.url));
      assertEquals(await whoAnswers(site.url), ["one", "two"]);

      const response = await post(site.url, askStream());
      const reader = new EventReader(response);
      await reader.until("content_block_delta");
      const own = response.headers.get("x-gateway") ?? "";
      site.gateways[own]?.kill(signal);
      await until(async () => !await isListening(site.gateways[own]?.url ?? ""), "it is gone");
      assertEquals(await whoAnswers(site.url), [own === "one" ? "two" : "one"]);

      go.resolve();
      assertEquals(await endsWhole(reader), whole);
    },
  });
}

async function isListening(url: string): Promise<boolean> {
  return (await answered(url))?.status === 200;
}

/** True if the stream ends as a message does; a connection that breaks is an end too. */
async function endsWhole(reader: EventReader): Promise<boolean> {
  try {
    return types(await soon(reader.rest(), "the stream ends")).at(-1) === "message_stop";
  } catch (error) {
    assert(error instanceof TypeError, String(error));
    return false;
  }
}
