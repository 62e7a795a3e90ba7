import { assertEquals } from "@std/assert";
import { OpenStreams } from "../../src/server/open_streams.ts";

Deno.test("OpenStreams counts, forgets and ends", () => {
  const open = new OpenStreams();
  const ended: string[] = [];
  const forgetOne = open.add(({ message }) => ended.push(`one ${message}`));
  const forgetTwo = open.add(({ message }) => {
    ended.push(`two ${message}`);
    forgetTwo();
  });
  open.add(({ message }) => ended.push(`three ${message}`));
  assertEquals(open.size, 3);
  forgetOne();
  open.endAll(new Error("now"));
  assertEquals(ended, ["two now", "three now"]);
  assertEquals(open.size, 1);
});
