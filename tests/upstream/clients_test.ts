import { assertEquals, assertStringIncludes } from "@std/assert";
import { completion } from "../support/server_chat.ts";
import { errorOf } from "../support/server_client.ts";
import { ask, chatTarget, startGateway } from "../support/server_gateway.ts";

const CERTIFICATES = new URL("../fixtures/tls/", import.meta.url);

async function certificate(name: string): Promise<string> {
  return await Deno.readTextFile(new URL(name, CERTIFICATES));
}

/** An upstream with TLS, whose certificate only the CA of the fixtures vouches for. */
async function tlsUpstream(): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert: await certificate("localhost.pem"),
    key: await certificate("localhost_key.pem"),
    onListen: () => {},
  }, async (request) => {
    await request.body?.cancel();
    return request.url.endsWith("/models")
      ? Response.json({ data: [{ id: "private-model" }] })
      : Response.json(completion("ok"));
  });
  return {
    url: `https://localhost:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("an upstream of an unknown CA is refused, and the way out named", async () => {
  await using upstream = await tlsUpstream();
  await using gateway = await startGateway(chatTarget(upstream.url));
  const response = await gateway.post("/chat/v1/messages", ask());
  assertEquals(response.status, 502);
  assertEquals(response.headers.get("x-should-retry"), "false");
  const { type, message } = errorOf(await response.json());
  assertEquals(type, "api_error");
  assertStringIncludes(message, "TLS failed");
  assertStringIncludes(message, "ca_cert");
});

Deno.test("ca_cert lets a target's private CA vouch for it, for calls and model lists", async () => {
  await using upstream = await tlsUpstream();
  const yaml = chatTarget(upstream.url, ["ca_cert: ${file:ca.pem}"]);
  const files = { "ca.pem": await certificate("ca.pem") };
  await using gateway = await startGateway(yaml, { files });
  const response = await gateway.post("/chat/v1/messages", ask());
  assertEquals(response.status, 200);
  assertEquals((await response.json()).content[0].text, "ok");
  const { data } = await (await gateway.get("/chat/v1/models")).json();
  assertEquals(data.map(({ id }: { id: string }) => id), ["private-model"]);
});

Deno.test("ca_cert of one target says nothing about another", async () => {
  await using upstream = await tlsUpstream();
  const entry = `{ api_mode: chat_completions, base_url: "${upstream.url}/v1"`;
  const yaml = `targets:\n  a: ${entry}, ca_cert: "\${file:ca.pem}" }\n  b: ${entry} }\n`;
  const files = { "ca.pem": await certificate("ca.pem") };
  await using gateway = await startGateway(yaml, { files });
  for (const [name, status] of [["a", 200], ["b", 502]] as const) {
    const response = await gateway.post(`/${name}/v1/messages`, ask());
    await response.body?.cancel();
    assertEquals(response.status, status);
  }
});

Deno.test("an upstream that speaks no TLS is told as such", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("plain"),
  );
  await using gateway = await startGateway(chatTarget(`https://127.0.0.1:${server.addr.port}`));
  const response = await gateway.post("/chat/v1/messages", ask());
  assertEquals(response.status, 502);
  assertStringIncludes(errorOf(await response.json()).message, "TLS failed");
  await server.shutdown();
});
