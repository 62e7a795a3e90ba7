import { assertEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { pacedStream } from "../../src/demo/paced_stream.ts";

const { signal: NEVER } = new AbortController();

async function read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string | undefined> {
  const { value } = await reader.read();
  return value && new TextDecoder().decode(value);
}

Deno.test("pacedStream() pauses between events, and not before the first", async () => {
  using time = new FakeTime();
  const reader = pacedStream(["a", "b"], { delayMs: 50, signal: NEVER }).getReader();
  assertEquals(await read(reader), "a");
  const second = read(reader);
  await time.tickAsync(49);
  let arrived = false;
  second.then(() => arrived = true);
  await time.tickAsync(0);
  assertEquals(arrived, false);
  await time.tickAsync(1);
  assertEquals(await second, "b");
  assertEquals(await read(reader), undefined);
});

Deno.test("pacedStream() ends without an event when there is none", async () => {
  assertEquals(await new Response(pacedStream([], { delayMs: 9, signal: NEVER })).text(), "");
});

Deno.test("pacedStream() stops its clock when the reader goes away", async () => {
  const reader = pacedStream(["a", "b", "c"], { delayMs: 60_000, signal: NEVER }).getReader();
  assertEquals(await read(reader), "a");
  await reader.cancel();
});

Deno.test("pacedStream() leaves out the rest when the signal says so", async () => {
  const stop = new AbortController();
  const reader = pacedStream(["a", "b"], { delayMs: 60_000, signal: stop.signal }).getReader();
  assertEquals(await read(reader), "a");
  stop.abort();
  assertEquals(await read(reader), undefined);
});
