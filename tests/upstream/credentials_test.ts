import { assertEquals } from "@std/assert";
import { credentialHeaders } from "../../src/upstream/credentials.ts";
import { configOf } from "../support/config.ts";
import { chatTarget } from "../support/server_gateway.ts";

const SCHEMES: { auth: string; want: Readonly<Record<string, string>> }[] = [
  { auth: "bearer", want: { authorization: "Bearer k-1" } },
  { auth: "x-api-key", want: { "x-api-key": "k-1" } },
  { auth: "api-key", want: { "api-key": "k-1" } },
  { auth: "aws", want: { authorization: "Bearer k-1" } },
  { auth: "none", want: {} },
];

for (const { auth, want } of SCHEMES) {
  Deno.test(`credentialHeaders() carries a key as ${auth} wants it, and none without one`, async () => {
    const yaml = chatTarget("http://a.test", [`quirks: { auth: ${auth} }`]);
    const target = (await configOf(yaml)).targets.get("chat");
    if (!target) throw new Error("the config has no target");
    const profile = target.profileFor("m");
    assertEquals(credentialHeaders("k-1", profile), want);
    assertEquals(credentialHeaders(undefined, profile), {});
  });
}
