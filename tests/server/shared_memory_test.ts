import { assertEquals, assertThrows } from "@std/assert";
import type { ClientKey } from "../../src/config/config.ts";
import { GatewayError } from "../../src/errors.ts";
import { KeyLimits } from "../../src/server/limits.ts";
import { OpenStreams } from "../../src/server/open_streams.ts";
import { SharedMemory } from "../../src/server/shared_memory.ts";

/** The memory as two threads see it. */
function pair(): [SharedMemory, SharedMemory] {
  const first = new SharedMemory(2);
  return [first, new SharedMemory(2, 1, first.buffer)];
}

function key(limits: Partial<ClientKey["limits"]>, name = "laptop"): ClientKey {
  const none = { concurrent: undefined, requestsPerMinute: undefined, tokensPerMinute: undefined };
  return { name, key: "k", targets: undefined, limits: { ...none, ...limits } };
}

Deno.test("SharedMemory.stage is the same for all", () => {
  const [one, two] = pair();
  assertEquals([one.stage, two.stage], ["starting", "starting"]);
  one.stage = "draining";
  assertEquals(two.stage, "draining");
});

Deno.test("SharedMemory.places() are those of all threads, and come back from a lost one", () => {
  const [one, two] = pair();
  const [here, there] = [new OpenStreams(one.places()), new OpenStreams(two.places())];
  const leave = here.enter(() => {}, 3);
  there.enter(() => {}, 3);
  there.enter(() => {}, 3);
  assertEquals([here.size, here.total, there.size, there.total], [1, 3, 2, 3]);
  assertEquals(here.enter(() => {}, 3), undefined);
  leave?.();
  leave?.();
  assertEquals(here.total, 2);
  one.forget(1);
  assertEquals(here.total, 0);
});

Deno.test("SharedMemory.accounts() make limits hold for all threads together", () => {
  const [one, two] = pair();
  const [here, there] = [new KeyLimits(one.accounts()), new KeyLimits(two.accounts())];
  const concurrent = key({ concurrent: 2 });
  const lease = here.enter(concurrent, 0);
  there.enter(concurrent, 0);
  for (const limits of [here, there]) {
    assertThrows(() => limits.enter(concurrent, 0), GatewayError, "2 requests in flight");
  }
  lease.release(0);
  there.enter(concurrent, 0);
  one.forget(1);
  here.enter(concurrent, 0);
  here.enter(concurrent, 0);
  assertThrows(() => here.enter(concurrent, 0), GatewayError);
});

Deno.test("SharedMemory.accounts() count requests and tokens once, and keep keys apart", () => {
  const [one, two] = pair();
  const [here, there] = [new KeyLimits(one.accounts()), new KeyLimits(two.accounts())];
  const requests = key({ requestsPerMinute: 2 }, "requests");
  here.enter(requests, 0);
  there.enter(requests, 0);
  assertThrows(() => here.enter(requests, 0), GatewayError, "2 requests a minute");
  const tokens = key({ tokensPerMinute: 60 }, "tokens");
  here.enter(tokens, 0).release(90);
  assertThrows(() => there.enter(tokens, 0), GatewayError, "60 tokens a minute");
  there.enter(tokens, 31_000);
  here.enter(key({ requestsPerMinute: 2 }, "other"), 0);
});

Deno.test("SharedMemory.accounts() give no time twice where the clocks of threads differ", () => {
  const [one, two] = pair();
  const [here, there] = [new KeyLimits(one.accounts()), new KeyLimits(two.accounts())];
  const limited = key({ requestsPerMinute: 2 });
  here.enter(limited, 60_000);
  there.enter(limited, 30_000);
  assertThrows(() => here.enter(limited, 60_000), GatewayError);
  assertThrows(() => there.enter(limited, 30_000), GatewayError);
  assertThrows(() => here.enter(limited, 60_000), GatewayError);
});

Deno.test("SharedMemory.accounts() still limit keys for which there is no room", () => {
  const memory = new SharedMemory(2);
  const limits = new KeyLimits(memory.accounts());
  for (let at = 0; at < 5000; at++) {
    const limited = key({ concurrent: 1 }, `key ${at}`);
    limits.enter(limited, 0);
    assertThrows(() => limits.enter(limited, 0), GatewayError);
  }
});

Deno.test("SharedMemory.writeInTurn() writes, and lets the next one write after an error", () => {
  const { writeInTurn } = new SharedMemory(1);
  const written: string[] = [];
  writeInTurn(() => written.push("one"));
  assertThrows(() =>
    writeInTurn(() => {
      throw new Error("two");
    }), Error);
  writeInTurn(() => written.push("three"));
  assertEquals(written, ["one", "three"]);
});
