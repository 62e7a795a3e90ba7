import { assertEquals } from "@std/assert";
import { credentialHeaders } from "../../src/upstream/credentials.ts";
import { configOf } from "../support/config.ts";
import { chatTarget } from "../support/server_gateway.ts";

const SCHEMES: { auth: string; want: Readonly<Record<string, string>> }[] = [
  { auth: "bearer", want: { authorization: "Bearer k-1" } },
  { auth: "x-api-key", want: { "x-api-key": "k-1" } },
  { auth: "api-key", want: { "api-key": "k-1" } },
  { auth: "none", want: {} },
];

async function headersOf(
  lines: readonly string[],
  session?: string,
): Promise<Readonly<Record<string, string>>> {
  const target = (await configOf(chatTarget("http://a.test", lines))).targets.get("chat");
  if (!target) throw new Error("the config has no target");
  return credentialHeaders(target, target.profileFor("m"), session);
}

for (const { auth, want } of SCHEMES) {
  Deno.test(`credentialHeaders() carries a key as ${auth} wants it`, async () => {
    assertEquals(await headersOf(["api_key: k-1", `quirks: { auth: ${auth} }`]), want);
  });
}

Deno.test("credentialHeaders() is empty without a key", async () => {
  assertEquals(await headersOf([]), {});
});

Deno.test("credentialHeaders() keeps a session to one of several keys", async () => {
  const lines = ["api_key: [k-1, k-2, k-3]"];
  assertEquals(await headersOf(lines), { authorization: "Bearer k-1" });
  const used = new Set<string | undefined>();
  for (let at = 0; at < 20; at++) {
    const { authorization } = await headersOf(lines, `session-${at}`);
    assertEquals((await headersOf(lines, `session-${at}`)).authorization, authorization);
    used.add(authorization);
  }
  assertEquals(used.size, 3);
});
