import { assertEquals } from "@std/assert";
import { upstreamUrl } from "../../src/upstream/url.ts";
import { configOf } from "../support/config.ts";
import { chatTarget } from "../support/server_gateway.ts";

const CASES: { url: string; query: string; client?: string; want: string }[] = [
  { url: "http://a/v1/x", query: "{}", want: "http://a/v1/x" },
  { url: "http://a/v1/x", query: "{ v: '1' }", want: "http://a/v1/x?v=1" },
  { url: "http://a/x", query: "{}", client: "?beta=true", want: "http://a/x?beta=true" },
  {
    url: "http://a/x",
    query: "{ v: 'a b&c' }",
    client: "?b=%20",
    want: "http://a/x?b=%20&v=a+b%26c",
  },
  { url: "http://a/x?y=1", query: "{ v: '1' }", want: "http://a/x?y=1&v=1" },
  { url: "http://a/x", query: "{}", client: "?", want: "http://a/x" },
];

for (const { url, query, client, want } of CASES) {
  Deno.test(`upstreamUrl() of ${url} with ${query} and '${client ?? ""}' is ${want}`, async () => {
    const config = await configOf(chatTarget("http://a.test", [`query: ${query}`]));
    const target = config.targets.get("chat");
    assertEquals(target && upstreamUrl(url, target, client), want);
  });
}
