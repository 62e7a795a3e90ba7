import { assertEquals } from "@std/assert";
import type { JsonObject } from "../../../src/json.ts";
import { openEnvelope } from "../../../src/translators/common/envelope.ts";
import { ReasoningOut } from "../../../src/translators/chat_completions/reasoning_out.ts";
import { testTurn } from "../../support/turn.ts";

const READ: { name: string; delta: JsonObject; want: string }[] = [
  { name: "reasoning_content", delta: { reasoning_content: "a" }, want: "a" },
  { name: "reasoning", delta: { reasoning: "a" }, want: "a" },
  { name: "reasoning_text", delta: { reasoning_text: "a" }, want: "a" },
  { name: "thinking", delta: { thinking: "a" }, want: "a" },
  {
    name: "the first that is not empty",
    delta: { reasoning_content: "", reasoning: "a" },
    want: "a",
  },
  {
    name: "a text once though details repeat it",
    delta: { reasoning: "a", reasoning_details: [{ type: "reasoning.text", text: "a" }] },
    want: "a",
  },
  {
    name: "details with texts and summaries",
    delta: {
      reasoning_details: [
        { type: "reasoning.text", text: "a" },
        { type: "reasoning.summary", summary: "b" },
        null,
      ],
    },
    want: "ab",
  },
  { name: "nothing out of other types", delta: { reasoning: { x: 1 }, thinking: 5 }, want: "" },
  { name: "nothing where there is none", delta: { content: "a" }, want: "" },
];

for (const { name, delta, want } of READ) {
  Deno.test(`ReasoningOut reads ${name}`, () => {
    assertEquals(new ReasoningOut(testTurn()).read(delta), want);
  });
}

Deno.test("ReasoningOut seals the field and a hash of the text, and the text only if it is hidden", () => {
  const sealed = (display: string) => {
    const reasoning = new ReasoningOut(
      testTurn({ request: { thinking: { type: "adaptive", display } } }),
    );
    reasoning.read({ reasoning: "hm" });
    const envelope = openEnvelope(reasoning.seal("hm"));
    return { k: envelope?.k, d: envelope?.d, m: envelope?.m, h: envelope?.h };
  };
  const common = { k: "rc", m: "upstream-model", h: sealed("summarized").h };
  assertEquals(common.h?.length, 8);
  assertEquals<unknown>(sealed("summarized"), { ...common, d: { f: "reasoning" } });
  assertEquals<unknown>(sealed("omitted"), { ...common, d: { f: "reasoning", t: "hm" } });
});

Deno.test("ReasoningOut hands its details over once", () => {
  const reasoning = new ReasoningOut(testTurn());
  reasoning.read({ reasoning_details: [{ type: "reasoning.encrypted", data: "E" }] });
  assertEquals(reasoning.hasHiddenDetails, true);
  assertEquals(openEnvelope(reasoning.sealHidden())?.k, "rd");
  assertEquals(reasoning.hasHiddenDetails, false);
});

Deno.test("ReasoningOut keeps a key __proto__ of a detail as a key", () => {
  const reasoning = new ReasoningOut(testTurn());
  const piece = JSON.parse(
    '{"type":"reasoning.text","text":"a","__proto__":{"x":1}}',
  ) as JsonObject;
  reasoning.read({ reasoning_details: [piece] });
  reasoning.read({ reasoning_details: [piece] });
  const [detail] = openEnvelope(reasoning.seal("aa"))?.d as JsonObject[];
  assertEquals(Object.keys(detail ?? {}), ["type", "text", "__proto__"]);
  assertEquals(detail?.text, "aa");
});
