import { assertEquals, assertRejects } from "@std/assert";
import { UpstreamProtocolError } from "../../src/errors.ts";
import { BodyReader } from "../../src/upstream/body.ts";
import type { UpstreamBody } from "../../src/upstream/http.ts";
import { Exchange } from "../../src/upstream/transport.ts";
import { configOf, plainConfig } from "../support/config.ts";
import { soon } from "../support/server_wait.ts";

const target = (await configOf(plainConfig())).targets.get("a");
if (!target) throw new Error("the config has no target");
const TARGET = target;

function exchange(): Exchange {
  return new Exchange(TARGET, new AbortController().signal);
}

/** A body of bytes that come in pieces, and may go on for ever. */
function body(pieces: Iterable<string>): UpstreamBody {
  const encoder = new TextEncoder();
  const iterator = pieces[Symbol.iterator]();
  return {
    read: () => Promise.resolve(encoder.encode(iterator.next().value)).then(noneIfEmpty),
    cancel: () => {},
  };
}

function noneIfEmpty(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  return bytes.length > 0 ? bytes : undefined;
}

/** A body that stands still until it is cancelled. */
function silence(): UpstreamBody {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return { read: () => promise, cancel: () => resolve(undefined) };
}

function* endless(): Iterable<string> {
  for (;;) yield "x".repeat(1024 * 1024);
}

Deno.test("BodyReader reads pieces as they come, then undefined", async () => {
  const call = exchange();
  const reader = new BodyReader(body(["ab", "c"]), call);
  const lengths = [];
  for (let bytes = await reader.read(); bytes; bytes = await reader.read()) {
    lengths.push(bytes.length);
  }
  assertEquals(lengths, [2, 1]);
  call.close();
});

Deno.test("BodyReader reads an answer without a body as an empty one", async () => {
  const call = exchange();
  assertEquals(await new BodyReader(body([]), call).text(), "");
  call.close();
});

Deno.test("BodyReader.text() joins characters that were cut, in pieces larger than its buffer", async () => {
  const call = exchange();
  const text = "€".repeat(50_000);
  assertEquals(await new BodyReader(body([text, text]), call).text(), text + text);
  call.close();
});

Deno.test("BodyReader.bytes() gives up an answer without an end", async () => {
  const call = exchange();
  await assertRejects(() => new BodyReader(body(endless()), call).bytes(), UpstreamProtocolError);
  call.abort();
});

Deno.test("BodyReader.head() reads no more than it was told", async () => {
  const call = exchange();
  assertEquals(await new BodyReader(body(endless()), call).head(5), "xxxxx");
  call.abort();
  const short = exchange();
  assertEquals(await new BodyReader(body(["abc"]), short).head(5), "abc");
  short.close();
});

Deno.test("BodyReader.cancel() ends a read that waits", async () => {
  const call = exchange();
  const reader = new BodyReader(silence(), call);
  const read = reader.read();
  reader.cancel();
  assertEquals(await soon(read, "the read ends"), undefined);
  call.close();
});

Deno.test("BodyReader.drain() gives up what takes too long", async () => {
  const call = exchange();
  new BodyReader(silence(), call).drain(20);
  while (!call.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
});
