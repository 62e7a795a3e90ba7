import { assertEquals } from "@std/assert";
import { temporaryFolder } from "../support/config.ts";
import { FakeUpstream, json } from "../support/fake_upstream.ts";
import { completion } from "../support/server_chat.ts";
import { ask, chatTarget } from "../support/server_gateway.ts";
import { RunningProgram } from "../support/server_program.ts";

/** The model server's answer through the program in such an environment. */
async function answerOf(url: string, env: Readonly<Record<string, string>>): Promise<string> {
  await using folder = await temporaryFolder();
  const config = `${folder.path}/proxy.yaml`;
  await Deno.writeTextFile(config, `usage: { enabled: false }\n${chatTarget(url)}`);
  await using program = await RunningProgram.startWith(env, "--config", config);
  const response = await fetch(`${program.url}/chat/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(ask()),
  });
  const { content } = await response.json();
  return content[0].text;
}

Deno.test("HTTP_PROXY leads to upstreams that only the proxy knows", async () => {
  await using proxy = new FakeUpstream(json(completion("by proxy")));
  assertEquals(
    await answerOf("http://model.invalid", { HTTP_PROXY: proxy.url, NO_PROXY: "" }),
    "by proxy",
  );
  assertEquals(proxy.call.path.startsWith("http://model.invalid/"), true, proxy.call.path);
});

Deno.test("NO_PROXY leads past the proxy", async () => {
  await using proxy = new FakeUpstream(json(completion("by proxy")));
  await using upstream = new FakeUpstream(json(completion("direct")));
  const env = { HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.1" };
  assertEquals(await answerOf(upstream.url, env), "direct");
  assertEquals(proxy.calls, []);
});
