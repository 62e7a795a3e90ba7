import { assertEquals } from "@std/assert";
import type { JsonObject } from "../../../src/json.ts";
import { additionalOf, converseCall, MODELS } from "../../support/converse.ts";

const CONTEXT = "context-management-2025-06-27";
const BUDGETS = "task-budgets-2026-03-13";
const CLEAR_TOOLS = {
  type: "clear_tool_uses_20250919",
  trigger: { type: "input_tokens", value: 1 },
};
const CLEAR_THINKING = { type: "clear_thinking_20251015", keep: "all" };
const COMPACT = { type: "compact_20260112" };
const THINKING = { max_tokens: 9000, thinking: { type: "enabled", budget_tokens: 2000 } };

interface Case {
  readonly name: string;
  readonly betas?: readonly string[];
  readonly model?: string;
  readonly request?: JsonObject;
  readonly want: JsonObject;
  readonly lost?: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "flags that the model knows, in the client's order",
    betas: ["interleaved-thinking-2025-05-14", "context-1m-2025-08-07"],
    want: { anthropic_beta: ["interleaved-thinking-2025-05-14", "context-1m-2025-08-07"] },
  },
  {
    name: "no flag that it does not know",
    betas: ["files-api-2025-04-14", "context-1m-2025-08-07"],
    want: { anthropic_beta: ["context-1m-2025-08-07"] },
    lost: ["anthropic-beta.files-api-2025-04-14"],
  },
  {
    name: "nothing, without a word, for flags that are of no use here",
    betas: ["claude-code-20250219", "prompt-caching-scope-2026-01-05", "effort-2025-11-24"],
    want: {},
  },
  {
    name: "the flag of efforts to a model that has them",
    betas: ["effort-2025-11-24"],
    model: MODELS.claude5,
    want: { anthropic_beta: ["effort-2025-11-24"] },
  },
  {
    name: "no flags to models that are not Claude",
    betas: ["context-1m-2025-08-07", "made-up-2026-01-01"],
    model: MODELS.nova,
    want: {},
  },
  {
    name: "edits of the context together with their flag",
    request: { context_management: { edits: [CLEAR_TOOLS] } },
    want: { anthropic_beta: [CONTEXT], context_management: { edits: [CLEAR_TOOLS] } },
  },
  {
    name: "the edits of thinking while the model thinks",
    betas: [CONTEXT],
    request: { ...THINKING, context_management: { edits: [CLEAR_THINKING] } },
    want: {
      thinking: THINKING.thinking,
      anthropic_beta: [CONTEXT],
      context_management: { edits: [CLEAR_THINKING] },
    },
  },
  {
    name: "no edits of thinking that is off",
    request: { context_management: { edits: [CLEAR_THINKING] } },
    want: {},
  },
  {
    name: "only the edits whose flag it knows",
    request: { context_management: { edits: [COMPACT, CLEAR_TOOLS] } },
    want: { anthropic_beta: [CONTEXT], context_management: { edits: [CLEAR_TOOLS] } },
    lost: ["context_management.edits.0"],
  },
  {
    name: "no edits to a Claude without them",
    model: MODELS.claude35,
    betas: [CONTEXT],
    request: { context_management: { edits: [CLEAR_TOOLS] } },
    want: {},
    lost: ["context_management.edits.0"],
  },
  {
    name: "a budget of the task together with its flag",
    model: MODELS.claude5,
    request: { output_config: { task_budget: { type: "tokens", total: 9 } } },
    want: {
      anthropic_beta: [BUDGETS],
      output_config: { task_budget: { type: "tokens", total: 9 } },
    },
  },
  {
    name: "the flag for tools whose input streams eagerly, but not the key",
    request: {
      tools: [{ name: "t", input_schema: { type: "object" }, eager_input_streaming: true }],
    },
    want: { anthropic_beta: ["fine-grained-tool-streaming-2025-05-14"] },
  },
];

for (const { name, betas, model, request = {}, want, lost = [] } of CASES) {
  Deno.test(`translateRequest() sends ${name}`, () => {
    const call = converseCall({
      request,
      ...(model ? { model } : {}),
      ...(betas ? { betas } : {}),
    });
    assertEquals(additionalOf(call), want);
    assertEquals(call.lost, lost);
    const { tools = [] } = (call.body.toolConfig ?? {}) as { tools?: JsonObject[] };
    const keys = tools.flatMap(({ toolSpec }) => Object.keys(toolSpec as JsonObject));
    assertEquals(keys.filter((key) => key === "eager_input_streaming"), []);
  });
}
