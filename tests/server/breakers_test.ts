import { assertEquals } from "@std/assert";
import { Breakers } from "../../src/server/breakers.ts";
import { events, FakeUpstream, json, type Script, silence } from "../support/fake_upstream.ts";
import { completion, streamOf } from "../support/server_chat.ts";
import { ask, askStream, type Gateway, startGateway, targets } from "../support/server_gateway.ts";
import { soon, until } from "../support/server_wait.ts";

function broken(now: number): Breakers {
  const breakers = new Breakers();
  for (let failure = 0; failure < 3; failure++) breakers.failed("a", now);
  return breakers;
}

Deno.test("Breakers puts a target aside after three failures in a row", () => {
  const breakers = new Breakers();
  breakers.failed("a", 0);
  breakers.failed("a", 0);
  assertEquals(breakers.admits("a", 0), true);
  breakers.succeeded("a");
  breakers.failed("a", 0);
  breakers.failed("a", 0);
  assertEquals(breakers.state("a", 0), "closed");
  breakers.failed("a", 0);
  assertEquals(breakers.state("a", 0), "open");
  assertEquals(breakers.admits("a", 14_999), false);
  assertEquals(breakers.admits("b", 0), true);
});

Deno.test("Breakers lets one request try a half-open target", () => {
  const breakers = broken(0);
  assertEquals(breakers.state("a", 15_000), "half_open");
  assertEquals(breakers.admits("a", 15_000), true);
  assertEquals(breakers.admits("a", 15_000), false);
  breakers.released("a");
  assertEquals(breakers.admits("a", 15_000), true);
  breakers.succeeded("a");
  assertEquals(breakers.state("a", 15_000), "closed");
});

Deno.test("Breakers rests twice as long after a try that failed, up to two minutes", () => {
  const breakers = broken(0);
  let now = 15_000;
  for (const rest of [30_000, 60_000, 120_000, 120_000]) {
    assertEquals(breakers.admits("a", now), true);
    breakers.failed("a", now);
    assertEquals(breakers.state("a", now + rest - 1), "open");
    assertEquals(breakers.state("a", now + rest), "half_open");
    now += rest;
  }
});

const OK = json(completion("ok"));
const DOWN = json({}, { status: 500 });

/** A target `a` with its fallback `b`. */
function pair(first: string, second: string): string {
  const of = (url: string) => ["api_mode: chat_completions", `base_url: ${url}/v1`];
  return targets({ a: [...of(first), "fallback: [b]"], b: of(second) });
}

async function answeredBy(gateway: Gateway, request = ask()): Promise<string | null> {
  const response = await gateway.post("/a/v1/messages", request);
  await response.text();
  return response.headers.get("x-switchyard-target");
}

async function shownState(gateway: Gateway, name: string): Promise<string> {
  const { targets } = await (await gateway.get("/api/status")).json();
  return targets.find((target: { name: string }) => target.name === name).breaker;
}

/** As if the last of three outages were 20 seconds ago. */
function restedOnce({ services }: Gateway, name: string): void {
  const then = performance.now() - 20_000;
  for (let count = 0; count < 3; count++) services.breakers.failed(name, then);
}

Deno.test("a target that failed three times is put aside, and its fallback asked directly", async () => {
  await using first = new FakeUpstream(DOWN);
  await using second = new FakeUpstream(OK);
  await using gateway = await startGateway(pair(first.url, second.url));
  assertEquals(await shownState(gateway, "a"), "closed");
  for (let count = 0; count < 5; count++) assertEquals(await answeredBy(gateway), "b");
  assertEquals(first.calls.length, 3);
  assertEquals(second.calls.length, 5);
  assertEquals(await shownState(gateway, "a"), "open");
  assertEquals(await shownState(gateway, "b"), "closed");
});

Deno.test("a target that was put aside is tried again after its rest, by one request", async () => {
  const go = Promise.withResolvers<void>();
  await using first = new FakeUpstream(async (call) => {
    await go.promise;
    await call.answer(completion("ok"));
  });
  await using second = new FakeUpstream(OK);
  await using gateway = await startGateway(pair(first.url, second.url));
  restedOnce(gateway, "a");
  assertEquals(await shownState(gateway, "a"), "half_open");
  const arrived = first.next();
  const probe = answeredBy(gateway);
  await soon(arrived, "one request tries");
  assertEquals(await answeredBy(gateway), "b");
  go.resolve();
  assertEquals(await probe, "a");
  assertEquals(await shownState(gateway, "a"), "closed");
  assertEquals(await answeredBy(gateway), "a");
});

Deno.test("a try that fails puts the target aside again", async () => {
  await using first = new FakeUpstream(DOWN);
  await using second = new FakeUpstream(OK);
  await using gateway = await startGateway(pair(first.url, second.url));
  restedOnce(gateway, "a");
  assertEquals([await answeredBy(gateway), await answeredBy(gateway)], ["b", "b"]);
  assertEquals(first.calls.length, 1);
  assertEquals(await shownState(gateway, "a"), "open");
});

Deno.test("a client that leaves during a try lets the next request try", async () => {
  await using first = new FakeUpstream(silence);
  await using second = new FakeUpstream(OK);
  await using gateway = await startGateway(pair(first.url, second.url));
  restedOnce(gateway, "a");
  const client = new AbortController();
  const arrived = first.next();
  const answer = gateway.post("/a/v1/messages", ask(), { signal: client.signal })
    .catch(() => "gone");
  await soon(arrived, "one request tries");
  client.abort();
  assertEquals(await answer, "gone");
  await until(() => gateway.services.streams.size === 0, "the request is over");
  first.play(OK);
  assertEquals(await answeredBy(gateway), "a");
});

Deno.test("the last target is asked whatever is known of it", async () => {
  await using first = new FakeUpstream(DOWN);
  await using second = new FakeUpstream(DOWN);
  await using gateway = await startGateway(pair(first.url, second.url));
  for (let count = 0; count < 4; count++) await answeredBy(gateway);
  assertEquals(await shownState(gateway, "b"), "open");
  assertEquals([first.calls.length, second.calls.length], [3, 4]);
  second.play(OK);
  assertEquals(await answeredBy(gateway), "b");
  assertEquals(await shownState(gateway, "b"), "closed");
});

/** What is no outage of the target. */
const NO_OUTAGE = [
  { name: "a bad request", status: 400 },
  { name: "a refused key", status: 401 },
  { name: "a rate limit", status: 429 },
];

for (const { name, status } of NO_OUTAGE) {
  Deno.test(`${name} does not put a target aside`, async () => {
    await using first = new FakeUpstream(json({}, { status }));
    await using second = new FakeUpstream(OK);
    await using gateway = await startGateway(pair(first.url, second.url));
    for (let count = 0; count < 4; count++) await answeredBy(gateway);
    assertEquals(first.calls.length, 4);
    assertEquals(await shownState(gateway, "a"), "closed");
  });
}

Deno.test("silence that is told behind the window puts a target aside too", async () => {
  await using first = new FakeUpstream(silence);
  await using second = new FakeUpstream(events(streamOf("b")));
  const yaml = `${pair(first.url, second.url)}defaults: { timeouts: { first_byte: 60ms } }\n`;
  await using gateway = await startGateway(yaml, { commitWindowMs: 10 });
  for (let count = 0; count < 3; count++) {
    assertEquals(await answeredBy(gateway, askStream()), "a");
  }
  assertEquals(await answeredBy(gateway, askStream()), "b");
  assertEquals(first.calls.length, 3);
  assertEquals(await shownState(gateway, "a"), "open");
});

Deno.test("a stream that begins behind the window is no outage", async () => {
  const late: Script = async (call) => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    await events(streamOf("a"))(call);
  };
  await using first = new FakeUpstream(late);
  await using second = new FakeUpstream(OK);
  await using gateway = await startGateway(pair(first.url, second.url), { commitWindowMs: 10 });
  restedOnce(gateway, "a");
  assertEquals(await answeredBy(gateway, askStream()), "a");
  await until(async () => await shownState(gateway, "a") === "closed", "the target is back");
});
