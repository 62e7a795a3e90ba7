import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { parsedBytes } from "../../support/parsed_bytes.ts";
import { lasting } from "../../../src/json.ts";
import type { Profile } from "../../../src/profiles/schema.ts";
import { ToolMemo } from "../../../src/translators/common/tool_memo.ts";
import { type SelectedTool, selectTools } from "../../../src/translators/common/tool_set.ts";
import type { Turn } from "../../../src/translators/turn.ts";
import { commonTurn } from "./common_turn.ts";

const LONG = "a_name_that_is_longer_than_some_upstreams_allow";

async function turnWith(
  count: number,
  turn: Partial<Pick<Turn, "profile">> = {},
): Promise<Turn> {
  const tools = Array.from({ length: count }, (_, at) => ({
    name: at === 0 ? LONG : `memo_${count}_${at}`,
    input_schema: { type: "object", $schema: "https://json-schema.org/draft/2020-12/schema" },
  }));
  const messages = [{ role: "user", content: "Hi" }];
  const body = { model: "m", max_tokens: 1, messages, tools };
  return { ...commonTurn(await parsedBytes(JSON.stringify(body))), ...turn };
}

function written(memo: ToolMemo<object>, turn: Turn): readonly object[] {
  return selectTools(turn).tools.map((tool) => memo.of(tool, turn));
}

const write = (tool: SelectedTool, name: string, { schema }: Profile) => ({
  name,
  steps: schema,
  parameters: tool.schema,
});

Deno.test("ToolMemo writes the tools that come with each request once", async () => {
  const memo = new ToolMemo(write);
  const first = await turnWith(5);
  const tools = written(memo, first);
  const again = written(memo, { ...await turnWith(5), profile: first.profile });
  again.forEach((tool, at) => assertStrictEquals(tool, tools[at]));
  assertEquals(tools.map((tool) => lasting.has(tool)), Array(5).fill(true));
});

Deno.test("ToolMemo writes the tools of a short list each time", async () => {
  const memo = new ToolMemo(write);
  const turn = await turnWith(2);
  const [tools, again] = [written(memo, turn), written(memo, turn)];
  assertEquals(again, tools);
  again.forEach((tool, at) => assertNotStrictEquals(tool, tools[at]));
  assertEquals(tools.map((tool) => lasting.has(tool)), [false, false]);
});

Deno.test("ToolMemo writes a tool anew for another profile or under another name", async () => {
  const memo = new ToolMemo(write);
  const turn = await turnWith(6);
  written(memo, turn);
  const profile: Profile = { ...turn.profile, schema: ["drop_$schema"] };
  assertEquals(
    written(memo, { ...turn, profile }),
    written(new ToolMemo(write), { ...turn, profile }),
  );
  const request = { ...turn.request };
  const short = { ...commonTurn(request, { tool_name_max: 16 }), profile: turn.profile };
  assertEquals(written(memo, short), written(new ToolMemo(write), short));
});
