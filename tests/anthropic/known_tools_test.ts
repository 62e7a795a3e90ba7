import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { isKnown } from "../../src/anthropic/known_tools.ts";
import type { MessagesRequest } from "../../src/anthropic/request.ts";
import { parsedBytes, restored } from "../support/parsed_bytes.ts";
import { InvalidRequestError } from "../../src/errors.ts";
import { claudeCodeTurn } from "../support/claude_code_turn.ts";

/** Tools that no other test has; `name` makes them tools of their own. */
function tools(name: string, count = 5): unknown[] {
  return Array.from({ length: count }, (_, at) => ({
    name: `${name}_${at}`,
    description: 'Says "tools": []. Grüße, 日本語.',
    input_schema: { type: "object", properties: { tools: { type: "array" } } },
  }));
}

function body(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    model: "m",
    messages: [{ role: "user", content: "Hi" }],
    ...fields,
    max_tokens: 10,
  });
}

async function toolsOf(text: string): Promise<MessagesRequest["tools"]> {
  return (await parsedBytes(text)).tools;
}

/** What any parser says of a text. */
function plain(text: string): MessagesRequest {
  return JSON.parse(text);
}

Deno.test("parseRequestBytes() takes tools that came before from the request they came in", async () => {
  const first = await parsedBytes(body({ tools: tools("again") }));
  const text = body({ system: "Now more: 日本語", tools: tools("again") });
  const second = await parsedBytes(text);
  assertStrictEquals(second.tools, first.tools);
  assertEquals(second, plain(text));
  assertEquals(Object.keys(second), Object.keys(plain(text)));
});

Deno.test("parseRequestBytes() knows tools whatever the width and spaces of the text", async () => {
  const wide = JSON.stringify(plain(body({ tools: tools("wide") })), null, 2);
  const first = await parsedBytes(wide);
  assertStrictEquals(await toolsOf(wide), first.tools);
  const narrow = (text: string) => text.replace(/[^ -~\n]/g, "?");
  const other = await parsedBytes(narrow(wide));
  assertStrictEquals(await toolsOf(narrow(wide).replace("Hi", "日")), other.tools);
  assertEquals(other, plain(narrow(wide)));
});

Deno.test("isKnown() is true of lists that pay only", async () => {
  assert(isKnown(await toolsOf(body({ tools: tools("many", 4) }))));
  assertEquals(isKnown(await toolsOf(body({ tools: tools("few", 3) }))), false);
  const huge = [...tools("huge"), { name: "huge", description: "x".repeat(600_000) }];
  assertEquals(isKnown(await toolsOf(body({ tools: huge }))), false);
  assertEquals([undefined, null, []].map(isKnown), [false, false, false]);
});

Deno.test("parseRequestBytes() forgets the tools that were used longest ago", async () => {
  const first = await parsedBytes(body({ tools: tools("old") }));
  const used = await parsedBytes(body({ tools: tools("used") }));
  for (let at = 0; at < 7; at++) {
    await parsedBytes(body({ tools: tools(`new_${at}`) }));
    assertStrictEquals(await toolsOf(body({ tools: tools("used") })), used.tools);
  }
  assertEquals([isKnown(first.tools), isKnown(used.tools)], [false, true]);
});

const KNOWN = JSON.stringify(tools("place"));
const USE = { type: "tool_use", id: "t", name: "n", input: { tools: tools("place") } };

/** Texts that hold known tools where they are not those of the request, or not all of it. */
const ELSEWHERE: { name: string; text: string }[] = [
  {
    name: "in a call only",
    text: body({ messages: [{ role: "assistant", content: [USE] }] }),
  },
  {
    name: "in a call and as the tools",
    text: body({ messages: [{ role: "assistant", content: [USE] }], tools: tools("place") }),
  },
  {
    name: "in a call, beside others",
    text: body({ messages: [{ role: "assistant", content: [USE] }], tools: tools("others") }),
  },
  {
    name: "in a text",
    text: body({ messages: [{ role: "user", content: `{"tools":${KNOWN}}` }] }),
  },
  {
    name: "before others of the same name",
    text: body({ tools: tools("place") }).replace(/}$/, `,"tools":[]}`),
  },
  {
    name: "behind others of the same name",
    text: body({ tools: [] }).replace(/}$/, `,"tools":${KNOWN}}`),
  },
  {
    name: "under a name that ends the same",
    text: body({}).replace(/}$/, `,"my\\"tools":${KNOWN}}`),
  },
  {
    name: "behind many such names",
    text: body({ stop_sequences: Array(20).fill("tools"), tools: tools("place") }),
  },
];

for (const { name, text } of ELSEWHERE) {
  Deno.test(`parseRequestBytes() reads known tools ${name} as they stand`, async () => {
    await parsedBytes(body({ tools: tools("place") }));
    assertEquals(restored(await parsedBytes(text)), plain(text));
  });
}

Deno.test("parseRequestBytes() takes no tools for those that stand under another name", async () => {
  const shown = tools("shown");
  const meant = tools("meant");
  const text = body({ tools: shown }).replace(/}$/, `,"t\\u006fols":${JSON.stringify(meant)}}`);
  assertEquals(await toolsOf(text), plain(text).tools);
  assertEquals<unknown>(plain(text).tools, meant);
  assertEquals<unknown>(await toolsOf(body({ tools: shown })), shown);
});

Deno.test("parseRequestBytes() tells the place of an error behind known tools", async () => {
  const text = body({ tools: tools("error") });
  await parsedBytes(text);
  const broken = `${text.slice(0, -1)},}`;
  const error = await assertRejects(() => parsedBytes(broken), InvalidRequestError);
  assert(error.message.includes(`position ${broken.length - 1}`), error.message);
  await assertRejects(() => parsedBytes(text.slice(0, -1)), InvalidRequestError);
  await assertRejects(
    () => parsedBytes(text.replace(/"max_tokens".*/, '"max_tokens":"x"}')),
    InvalidRequestError,
    "max_tokens",
  );
});

Deno.test("parseRequestBytes() reads an agent's turns as JSON.parse does", async () => {
  for (const rounds of [1, 2, 3]) {
    const text = JSON.stringify(claudeCodeTurn({ rounds }));
    assertEquals(restored(await parsedBytes(text)), plain(text));
  }
});
