import { assertEquals, assertMatch } from "@std/assert";
import { BlockOrder } from "../../../src/translators/anthropic_messages/block_order.ts";
import {
  blocks,
  close,
  input,
  type Json,
  letters,
  open,
  sign,
  TEXT,
  text,
  THINKING,
  thought,
  tool,
} from "./relay_events.ts";

/** Feeds events to a new order; returns it with what came out and what it warned of. */
function order(events: readonly Json[]): { order: BlockOrder; out: Json[]; warnings: string[] } {
  const out: Json[] = [];
  const warnings: string[] = [];
  const order = new BlockOrder(
    (type, rest) => out.push({ type, ...rest }),
    (message) => warnings.push(message),
  );
  for (const { type, index, content_block: block, delta } of events) {
    if (type === "content_block_start") order.start(index, block as Json);
    else if (type === "content_block_delta") order.delta(index, delta as Json);
    else order.stop(index);
  }
  return { order, out, warnings };
}

const CASES: { name: string; events: Json[]; want: string[] }[] = [
  {
    name: "gaps in the numbers",
    events: [
      open(1, TEXT),
      text(1, "a"),
      close(1),
      open(5, TEXT),
      text(5, "b"),
      close(5),
    ],
    want: ["text:a", "text:b"],
  },
  {
    name: "one number for all blocks",
    events: [
      open(0, THINKING),
      thought(0, "a"),
      close(0),
      open(0, TEXT),
      text(0, "b"),
      close(0),
    ],
    want: ["thinking:a", "text:b"],
  },
  {
    name: "no numbers at all",
    events: [
      open(undefined, TEXT),
      text(undefined, "a"),
      close(undefined),
    ],
    want: ["text:a"],
  },
  {
    name: "a delta without its block",
    events: [text(0, "a")],
    want: ["text:a"],
  },
  {
    name: "deltas of another kind than their block",
    events: [
      open(0, TEXT),
      thought(0, "a"),
      text(0, "b"),
      thought(0, "c"),
      close(0),
    ],
    want: ["thinking:a", "text:b", "thinking:c"],
  },
  {
    name: "blocks that are never closed",
    events: [
      open(0, THINKING),
      thought(0, "a"),
      open(1, TEXT),
      text(1, "b"),
      open(2, tool("f")),
      input(2, "{}"),
    ],
    want: ["thinking:a", "text:b", "f:{}"],
  },
  {
    name: "calls that are open at once",
    events: [
      open(0, tool("f")),
      open(1, tool("g")),
      input(0, '{"a"'),
      input(1, '{"b"'),
      input(0, ":1}"),
      input(1, ":2}"),
      close(1),
      close(0),
    ],
    want: ['f:{"a":1}', 'g:{"b":2}'],
  },
  {
    name: "text that goes on behind a call",
    events: [
      open(0, TEXT),
      text(0, "a"),
      open(1, tool("f")),
      text(0, "b"),
      input(1, "{}"),
      close(1),
      close(0),
    ],
    want: ["text:a", "f:{}", "text:b"],
  },
  {
    name: "empty blocks",
    events: [
      open(0, TEXT),
      text(0, ""),
      close(0),
      open(1, THINKING),
      close(1),
      open(2, TEXT),
      text(2, "a"),
      close(2),
    ],
    want: ["text:a"],
  },
  {
    name: "hidden thinking",
    events: [open(0, THINKING), sign(0, "s"), close(0)],
    want: ["thinking:s"],
  },
  {
    name: "a signature before its thinking",
    events: [
      open(0, { ...THINKING, signature: "s" }),
      thought(0, "a"),
      close(0),
    ],
    want: ["thinking:as"],
  },
  {
    name: "content in the start of blocks",
    events: [
      open(0, { type: "text", text: "a" }),
      text(0, "b"),
      close(0),
      open(1, tool("f", { x: 1 })),
      close(1),
    ],
    want: ["text:ab", 'f:{"x":1}'],
  },
  {
    name: "a call without arguments",
    events: [open(0, tool("f")), close(0)],
    want: ["f:"],
  },
  {
    name: "a call without a name",
    events: [
      open(0, { type: "tool_use", id: "x" }),
      input(0, "{}"),
      close(0),
      open(1, TEXT),
      text(1, "a"),
    ],
    want: ["text:a"],
  },
  {
    name: "arguments without a call",
    events: [input(0, "{}"), open(1, TEXT), text(1, "a")],
    want: ["text:a"],
  },
  {
    name: "a block that is whole in its start",
    events: [
      open(0, { type: "redacted_thinking", data: "d" }),
      open(1, TEXT),
      text(1, "a"),
    ],
    want: ["redacted_thinking:", "text:a"],
  },
];

for (const { name, events, want } of CASES) {
  Deno.test(`BlockOrder puts in order ${name}`, () => {
    const { order: blockOrder, out } = order(events);
    blockOrder.end();
    assertMatch(letters(out), /^(\[\.*\])*$/);
    const starts = out.filter(({ type }) => type === "content_block_start");
    assertEquals(starts.map(({ index }) => index), starts.map((_, index) => index));
    assertEquals(blocks(out), want);
    assertEquals(blockOrder.count, want.length);
  });
}

Deno.test("BlockOrder holds back a call while another is open, and nothing else", () => {
  const { out } = order([open(0, TEXT), text(0, "a"), open(1, tool("f")), input(1, "{")]);
  assertEquals(blocks(out), ["text:a", "f:{"]);
  const both = order([open(0, tool("f")), open(1, tool("g")), input(1, "{}"), input(0, "{")]);
  assertEquals(blocks(both.out), ["f:{"]);
});

Deno.test("BlockOrder tells how many calls there were, and whether one is open", () => {
  const { order: open1 } = order([open(0, tool("f")), close(0), open(1, tool("g"))]);
  assertEquals([open1.count, open1.toolCalls, open1.callsTool], [2, 2, true]);
  open1.stop(1);
  assertEquals(open1.callsTool, false);
});

Deno.test("BlockOrder gives a call without an id one of its own", () => {
  const { out } = order([open(0, { type: "tool_use", name: "f" })]);
  assertMatch(String((out[0]?.content_block as Json).id), /^toolu_\w{24}$/);
});

const WARNED: { name: string; events: Json[] }[] = [
  { name: "a call without a name", events: [open(0, { type: "tool_use", id: "x" })] },
  { name: "arguments without a call", events: [input(0, "{}")] },
  {
    name: "a signature that comes too late",
    events: [open(0, THINKING), thought(0, "a"), open(1, TEXT), sign(0, "s")],
  },
];

for (const { name, events } of WARNED) {
  Deno.test(`BlockOrder warns of ${name}`, () => {
    assertEquals(order(events).warnings.length, 1);
  });
}
