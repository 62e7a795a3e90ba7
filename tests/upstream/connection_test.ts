import { assertEquals } from "@std/assert";
import { canConnect } from "../../src/upstream/connection.ts";
import { closedPort } from "../support/fake_upstream.ts";

const NEVER = new AbortController().signal;

Deno.test("canConnect() is true where somebody listens", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  assertEquals(await canConnect(`http://127.0.0.1:${listener.addr.port}/x`, 5_000, NEVER), true);
});

Deno.test("canConnect() leaves a refusal to fetch", async () => {
  assertEquals(await canConnect(`http://127.0.0.1:${closedPort()}`, 5_000, NEVER), true);
});

Deno.test("canConnect() is false where a handshake does not come to its end", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  assertEquals(await canConnect(`https://127.0.0.1:${listener.addr.port}`, 50, NEVER), false);
  (await listener.accept()).close();
});

Deno.test("canConnect() does not wait when nobody wants to know any more", async () => {
  assertEquals(await canConnect("http://127.0.0.1:9", 5_000, AbortSignal.abort()), true);
});
