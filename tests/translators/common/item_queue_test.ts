import { assertEquals } from "@std/assert";
import { ItemQueue, type LiveItem } from "../../../src/translators/common/item_queue.ts";

/** An item that notes what is asked of it. */
class NotedItem implements LiveItem {
  mayYield = true;
  readonly #name: string;
  readonly #log: string[];

  constructor(name: string, log: string[]) {
    this.#name = name;
    this.#log = log;
  }

  write(): void {
    this.#log.push(`${this.#name} writes`);
  }

  leave(next: LiveItem | undefined): void {
    this.#log.push(`${this.#name} leaves${next ? "" : " last"}`);
  }
}

Deno.test("ItemQueue writes one item until another comes", () => {
  const log: string[] = [];
  const [a, b] = [new NotedItem("a", log), new NotedItem("b", log)];
  const queue = new ItemQueue();
  for (const item of [a, a, b]) queue.touch(item);
  queue.flush();
  assertEquals(log, [
    "a writes",
    "a writes",
    "a writes",
    "a leaves",
    "b writes",
    "b writes",
    "b leaves last",
  ]);
});

Deno.test("ItemQueue lets others wait for an item that may not yield", () => {
  const log: string[] = [];
  const [a, b] = [new NotedItem("a", log), new NotedItem("b", log)];
  const queue = new ItemQueue();
  a.mayYield = false;
  for (const item of [a, b, b]) queue.touch(item);
  assertEquals(log, ["a writes", "a writes", "a writes"]);
  a.mayYield = true;
  queue.touch(a);
  assertEquals(log.slice(3), ["a writes", "a leaves", "b writes"]);
});
