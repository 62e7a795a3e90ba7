import { assertEquals } from "@std/assert";
import { OpenStreams } from "../../src/server/open_streams.ts";

Deno.test("OpenStreams counts, forgets and ends, and lets no more in than it may", () => {
  const open = new OpenStreams();
  const ended: string[] = [];
  const forgetOne = open.enter(({ message }) => ended.push(`one ${message}`), 3);
  const forgetTwo = open.enter(({ message }) => {
    ended.push(`two ${message}`);
    forgetTwo?.();
  }, 3);
  open.enter(({ message }) => ended.push(`three ${message}`), 3);
  assertEquals([open.size, open.total], [3, 3]);
  assertEquals(open.enter(() => ended.push("four"), 3), undefined);
  forgetOne?.();
  forgetOne?.();
  open.endAll(new Error("now"));
  assertEquals(ended.toSorted(), ["three now", "two now"]);
  assertEquals([open.size, open.count], [1, 3]);
});
