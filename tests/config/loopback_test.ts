import { assertEquals } from "@std/assert";
import { isLoopbackHost } from "../../src/config/loopback.ts";

const CASES: { host: string; want: boolean }[] = [
  { host: "127.0.0.1", want: true },
  { host: "127.8.8.8", want: true },
  { host: "localhost", want: true },
  { host: "LocalHost", want: true },
  { host: "::1", want: true },
  { host: "[::1]", want: true },
  { host: "::ffff:127.0.0.1", want: true },
  { host: "0.0.0.0", want: false },
  { host: "::", want: false },
  { host: "", want: false },
  { host: "127.0.0.1.example.com", want: false },
  { host: "localhost.example.com", want: false },
  { host: "192.168.0.1", want: false },
];

for (const { host, want } of CASES) {
  Deno.test(`isLoopbackHost() says ${want} to '${host}'`, () => {
    assertEquals(isLoopbackHost(host), want);
  });
}
