import { assertEquals } from "@std/assert";
import { ConfigStore } from "../../src/config/store.ts";
import type { News } from "../../src/server/news.ts";
import { NewsDesk } from "../../src/server/news_desk.ts";
import { createServices, type Services } from "../../src/server/services.ts";
import { configOf, plainConfig } from "../support/config.ts";

/** Two threads that hear each other at once, and what they said. */
async function pair(): Promise<{ one: Services; two: Services; said: News[] }> {
  const config = await configOf(`${plainConfig()}    api_key: [key-one, key-two]\n`);
  const said: News[] = [];
  const desks: NewsDesk[] = [];
  const threads = [0, 1].map((own) => {
    const other = 1 - own;
    const desk = new NewsDesk((news) => {
      said.push(news);
      // As between threads: a copy.
      desks[other]?.hear(structuredClone(news), services[other] as Services);
    });
    desks.push(desk);
    return createServices(new ConfigStore(config), { tell: desk.tell });
  });
  const services: readonly Services[] = threads;
  return { one: services[0] as Services, two: services[1] as Services, said };
}

Deno.test("NewsDesk opens and closes a breaker everywhere, and says nothing twice", async () => {
  const { one, two, said } = await pair();
  one.breakers.failed("a", 0);
  two.breakers.failed("a", 0);
  one.breakers.failed("a", 0);
  assertEquals([one, two].map(({ breakers }) => breakers.state("a", 0)), ["open", "open"]);
  two.breakers.succeeded("a");
  assertEquals([one, two].map(({ breakers }) => breakers.state("a", 0)), ["closed", "closed"]);
  two.breakers.succeeded("a");
  two.breakers.released("a");
  assertEquals(said.map((news) => news.kind === "breaker" && news.event), [
    "failed",
    "failed",
    "failed",
    "succeeded",
  ]);
});

Deno.test("NewsDesk lets one request of all threads try a target that rested", async () => {
  const { one, two } = await pair();
  for (let failure = 0; failure < 3; failure++) one.breakers.failed("a", 0);
  const later = performance.now() + 20_000;
  assertEquals(one.breakers.admits("a", later), true);
  assertEquals([one, two].map(({ breakers }) => breakers.admits("a", later)), [false, false]);
  one.breakers.released("a");
  assertEquals(two.breakers.admits("a", later), true);
  one.breakers.releaseAll();
  assertEquals(two.breakers.admits("a", later), true);
});

Deno.test("NewsDesk tells what was learned", async () => {
  const { one, two } = await pair();
  const target = { name: "a", baseUrl: "http://127.0.0.1:9" };
  one.learned.add(target, "m", { top_k: false });
  assertEquals(two.learned.get(target, "m"), { top_k: false });
});

Deno.test("NewsDesk lets a refused key rest everywhere", async () => {
  const { one, two } = await pair();
  one.tell({
    kind: "key_refused",
    target: "a",
    key: "key-one",
    status: 429,
    retryAfterMs: undefined,
  });
  one.tell({ kind: "key_refused", target: "gone", key: "x", status: 429, retryAfterMs: 1 });
  const target = two.store.current().targets.get("a");
  assertEquals(target && two.keyRings.of(target).resting(), 1);
});
