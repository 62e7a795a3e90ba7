import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { ConnectionPool } from "../../../src/upstream/http1/pool.ts";
import { soon } from "../../support/server_wait.ts";

/** Connections of a pool to a listener, and the ends that it accepted. */
async function connect(pool: ConnectionPool, count: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.TcpConn[] = [];
  const connections = [];
  for (let at = 0; at < count; at++) {
    connections.push(pool.add(await Deno.connect({ port: listener.addr.port })));
    accepted.push(await listener.accept());
  }
  return {
    connections,
    accepted,
    [Symbol.dispose](): void {
      pool.close();
      for (const conn of accepted) conn.close();
      listener.close();
    },
  };
}

function ended(conn: Deno.TcpConn | undefined): Promise<number | null> {
  return soon(conn?.read(new Uint8Array(1)) ?? Promise.resolve(0), "the connection is closed");
}

Deno.test("ConnectionPool gives the connection that was used last, to its own origin only", async () => {
  const pool = new ConnectionPool();
  using pair = await connect(pool, 2);
  const [first, second] = pair.connections;
  assert(first && second);
  pool.put("a", first);
  pool.put("a", second);
  assertEquals(pool.take("b"), undefined);
  assertStrictEquals(pool.take("a"), second);
  assertStrictEquals(pool.take("a"), first);
  assertEquals(pool.take("a"), undefined);
});

Deno.test("ConnectionPool closes what has waited for too long, and nothing that was taken", async () => {
  const pool = new ConnectionPool(20);
  using pair = await connect(pool, 2);
  const [first, second] = pair.connections;
  assert(first && second);
  pool.put("a", first);
  pool.put("b", second);
  assertStrictEquals(pool.take("b"), second);
  assertEquals(await ended(pair.accepted[0]), null);
  assertEquals(pool.take("a"), undefined);
  pool.put("b", second);
  assertStrictEquals(pool.take("b"), second);
});

Deno.test("ConnectionPool drops a connection that the other side closes", async () => {
  const pool = new ConnectionPool();
  using pair = await connect(pool, 1);
  const [first] = pair.connections;
  assert(first);
  pool.put("a", first);
  await pair.accepted[0]?.closeWrite();
  assertEquals(await ended(pair.accepted[0]), null);
  assertEquals(pool.take("a"), undefined);
});

Deno.test("ConnectionPool keeps a bounded number of connections for an origin", async () => {
  const pool = new ConnectionPool();
  using pair = await connect(pool, 129);
  for (const connection of pair.connections) pool.put("a", connection);
  assertEquals(await ended(pair.accepted[128]), null);
});
