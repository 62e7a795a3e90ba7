import { assertEquals } from "@std/assert";
import { Learned } from "../../src/server/learned.ts";
import { configOf, plainConfig } from "../support/config.ts";

const target = (await configOf(plainConfig())).targets.get("a");
if (!target) throw new Error("the config has no target");
const TARGET = target;

Deno.test("Learned keeps findings of one model of one target at one place", () => {
  const learned = new Learned();
  learned.add(TARGET, "m", { top_k: false });
  learned.add(TARGET, "m", { stream_options: false });
  assertEquals(learned.get(TARGET, "m"), { top_k: false, stream_options: false });
  assertEquals(learned.get(TARGET, "n"), undefined);
  assertEquals(learned.get({ ...TARGET, baseUrl: "http://b.test" }, "m"), undefined);
  assertEquals(learned.get({ ...TARGET, name: "b" }, "m"), undefined);
});

Deno.test("Learned does not grow with the models that clients name", () => {
  const learned = new Learned();
  for (let at = 0; at < 5000; at++) learned.add(TARGET, `m${at}`, { top_k: false });
  const known = Array.from({ length: 5000 }, (_, at) => learned.get(TARGET, `m${at}`));
  assertEquals(known.filter((quirks) => quirks !== undefined).length <= 1024, true);
  assertEquals(learned.get(TARGET, "m4999"), { top_k: false });
});
