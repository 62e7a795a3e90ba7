import { assertEquals } from "@std/assert";
import { reachableHost, urlHost } from "../../src/config/address.ts";

const HOSTS: { host: string; reachable: string; url: string }[] = [
  { host: "127.0.0.1", reachable: "127.0.0.1", url: "127.0.0.1" },
  { host: "0.0.0.0", reachable: "127.0.0.1", url: "127.0.0.1" },
  { host: "::", reachable: "::1", url: "[::1]" },
  { host: "[::1]", reachable: "::1", url: "[::1]" },
  { host: "gateway.example", reachable: "gateway.example", url: "gateway.example" },
];

for (const { host, reachable, url } of HOSTS) {
  Deno.test(`reachableHost() and urlHost() make ${reachable} and ${url} of ${host}`, () => {
    assertEquals(reachableHost(host), reachable);
    assertEquals(urlHost(reachableHost(host)), url);
  });
}
