import { assertEquals } from "@std/assert";
import {
  itemPlace,
  KeyedItems,
  placeOf,
} from "../../../src/translators/codex_responses/keyed_items.ts";

/** Items that are numbered as they are made. */
function numbered(): KeyedItems<number> {
  let next = 0;
  return new KeyedItems(() => next++);
}

const NOWHERE = { index: undefined, id: undefined };

Deno.test("KeyedItems finds an item by its index, whatever its id is by then", () => {
  const items = numbered();
  assertEquals(items.find({ index: 0, id: "a" }), 0);
  assertEquals(items.find({ index: 0, id: "b" }), 0);
  assertEquals(items.find({ index: 1, id: "a" }), 1);
});

Deno.test("KeyedItems finds an item by its id where an index is missing", () => {
  const items = numbered();
  assertEquals(items.find({ index: undefined, id: "a" }), 0);
  assertEquals(items.find({ index: 3, id: "b" }), 1);
  assertEquals(items.find({ index: undefined, id: "b" }), 1);
  assertEquals(items.find({ index: 0, id: "a" }), 0);
});

Deno.test("KeyedItems takes the last item where an event says nothing", () => {
  const items = numbered();
  assertEquals(items.find(NOWHERE), 0);
  items.find({ index: 7, id: undefined });
  assertEquals(items.find(NOWHERE), 1);
});

Deno.test("KeyedItems begins another item where the known one is over", () => {
  const items = numbered();
  items.begin({ index: 0, id: "a" }, () => true);
  assertEquals(items.begin({ index: 0, id: "a" }, () => false), 0);
  assertEquals(items.begin({ index: 0, id: "b" }, () => true), 1);
  assertEquals(items.find({ index: 0, id: undefined }), 1);
  assertEquals(items.all, [0, 1]);
});

Deno.test("placeOf() and itemPlace() take only an index and an id", () => {
  assertEquals(placeOf({ output_index: "0", item_id: "" }), NOWHERE);
  assertEquals(itemPlace({ output_index: 2 }, { id: "x" }), { index: 2, id: "x" });
  assertEquals(itemPlace({ item_id: "y" }, { id: "x" }), { index: undefined, id: "y" });
});
