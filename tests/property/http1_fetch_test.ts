import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { BodyReader } from "../../src/upstream/body.ts";
import { closeConnections, Exchange } from "../../src/upstream/transport.ts";
import { configOf, plainConfig } from "../support/config.ts";
import { RawServer } from "../support/raw_server.ts";

const target = (await configOf(plainConfig())).targets.get("a");
if (!target) throw new Error("the config has no target");
const TARGET = target;

const ANSWERS = [
  "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-a: b\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nconnection: close\r\n\r\nhello",
  "HTTP/1.0 404 Not Found\r\ncontent-length: 3\r\nconnection: keep-alive\r\n\r\nabc",
];

/** Bytes that mean something to HTTP, or to nobody. */
const BYTES = [0, 9, 10, 13, 32, 48, 49, 58, 59, 65, 102, 127, 128, 255];

interface Damage {
  readonly answer: string;
  readonly strokes: readonly {
    readonly kind: number;
    readonly at: number;
    readonly byte: number;
  }[];
}

const damage: fc.Arbitrary<Damage> = fc.record({
  answer: fc.constantFrom(...ANSWERS),
  strokes: fc.array(
    fc.record({ kind: fc.nat(3), at: fc.nat(1000), byte: fc.constantFrom(...BYTES) }),
    { minLength: 1, maxLength: 2 },
  ),
});

function damaged({ answer, strokes }: Damage): Uint8Array {
  let bytes = [...new TextEncoder().encode(answer)];
  for (const { kind, at: anywhere, byte } of strokes) {
    const at = anywhere % Math.max(1, bytes.length);
    if (kind === 0) bytes[at] = byte;
    else if (kind === 1) bytes.splice(at, 1);
    else if (kind === 2) bytes.splice(at, 0, byte);
    else bytes = bytes.slice(0, at);
  }
  return Uint8Array.from(bytes);
}

/** Status and text as this program reads them; undefined if it refuses them. */
async function read(url: string): Promise<string | undefined> {
  const exchange = new Exchange(TARGET, new AbortController().signal);
  try {
    const { status, body } = await exchange.send({ url, headers: new Headers(), body: [] });
    return `${status} ${await new BodyReader(body, exchange).text()}`;
  } catch {
    return undefined;
  } finally {
    exchange.abort();
  }
}

async function fetched(url: string, client: Deno.HttpClient): Promise<string | undefined> {
  try {
    const response = await fetch(url, { method: "POST", body: "", redirect: "manual", client });
    return `${response.status} ${await response.text()}`;
  } catch {
    return undefined;
  }
}

Deno.test("a damaged answer is refused, or read as fetch reads it", async () => {
  let answer = new Uint8Array();
  await using server = new RawServer(async (connection) => {
    await connection.request();
    await connection.write(answer);
  });
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  let whole = 0;
  const property = fc.asyncProperty(damage, async (damage) => {
    answer = damaged(damage) as Uint8Array<ArrayBuffer>;
    const own = await read(server.url);
    if (own === undefined) return;
    whole++;
    assertEquals(own, await fetched(server.url, client));
  });
  try {
    await fc.assert(property, { seed: 20261122, numRuns: 600 });
  } finally {
    closeConnections();
  }
  // Most damage hits what nobody needs; if all were refused, nothing would have been compared.
  assertEquals(whole > 50, true, `${whole} were read`);
});
