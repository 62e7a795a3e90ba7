import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { ClientKey } from "../../src/config/config.ts";
import { GatewayError } from "../../src/errors.ts";
import { KeyLimits } from "../../src/server/limits.ts";

function key(limits: Partial<ClientKey["limits"]>): ClientKey {
  const none = { concurrent: undefined, requestsPerMinute: undefined, tokensPerMinute: undefined };
  return { name: "laptop", key: "k", targets: undefined, limits: { ...none, ...limits } };
}

Deno.test("KeyLimits.enter() lets everything in without a key or limits", () => {
  const limits = new KeyLimits();
  for (let at = 0; at < 1000; at++) {
    assertEquals(limits.enter(undefined, 0).headers, {});
    assertEquals(limits.enter(key({}), 0).headers, {});
  }
});

Deno.test("KeyLimits.enter() holds concurrent requests, and frees a place only once", () => {
  const limits = new KeyLimits();
  const limited = key({ concurrent: 2 });
  const first = limits.enter(limited, 0);
  limits.enter(limited, 0);
  const error = assertThrows(() => limits.enter(limited, 0), GatewayError);
  assertEquals([error.status, error.type], [429, "rate_limit_error"]);
  assertEquals(error.headers["retry-after"], "1");
  first.release(0);
  first.release(0);
  limits.enter(limited, 0);
  assertThrows(() => limits.enter(limited, 0), GatewayError);
});

Deno.test("KeyLimits.enter() counts requests a minute and says when to come back", () => {
  const limits = new KeyLimits();
  const limited = key({ requestsPerMinute: 2 });
  const wall = Date.UTC(2026, 10, 22);
  const { headers } = limits.enter(limited, 0, wall);
  assertEquals(headers, {
    "anthropic-ratelimit-requests-limit": "2",
    "anthropic-ratelimit-requests-remaining": "1",
    "anthropic-ratelimit-requests-reset": "2026-11-22T00:00:30Z",
  });
  limits.enter(limited, 0, wall);
  const error = assertThrows(() => limits.enter(limited, 0, wall), GatewayError);
  assertEquals(error.headers["retry-after"], "30");
  assertStringIncludes(error.message, "2 requests a minute");
  limits.enter(limited, 30_000, wall);
  assertThrows(() => limits.enter(limited, 30_001, wall), GatewayError);
});

Deno.test("KeyLimits.enter() counts tokens when they are known", () => {
  const limits = new KeyLimits();
  const limited = key({ tokensPerMinute: 600 });
  limits.enter(limited, 0).release(1_200);
  const error = assertThrows(() => limits.enter(limited, 0), GatewayError);
  assertEquals(error.headers["retry-after"], "61");
  assertEquals(error.headers["anthropic-ratelimit-tokens-remaining"], "0");
  assertEquals(limits.enter(limited, 61_000).headers["anthropic-ratelimit-tokens-remaining"], "10");
});

Deno.test("KeyLimits.enter() keeps the accounts of keys apart", () => {
  const limits = new KeyLimits();
  const one = key({ concurrent: 1 });
  limits.enter(one, 0);
  limits.enter({ ...one, name: "server" }, 0);
  assertThrows(() => limits.enter(one, 0), GatewayError);
});
