import { assertEquals } from "@std/assert";
import type { MessageParam, MessagesRequest } from "../../../src/anthropic/request.ts";
import type { Profile } from "../../../src/profiles/schema.ts";
import { clampEffort, type Effort, thinkingLevel } from "../../../src/translators/common/effort.ts";

type Quirks = Pick<Profile, "thinking_always" | "thinking_when_absent">;

const PLAIN: Quirks = { thinking_always: false, thinking_when_absent: "omit" };
const OFF: Quirks = { thinking_always: false, thinking_when_absent: "off" };
const ALWAYS: Quirks = { thinking_always: true, thinking_when_absent: "off" };

const SYSTEM: MessageParam = { role: "system", content: [], output_config: { effort: "max" } };

const LEVELS: {
  name: string;
  request: Partial<MessagesRequest>;
  quirks?: Quirks;
  want: { level: string; budget?: number; display?: string; forced?: boolean };
}[] = [
  { name: "nothing", request: {}, want: { level: "default" } },
  { name: "nothing where that is off", request: {}, quirks: OFF, want: { level: "off" } },
  {
    name: "nothing where off is impossible",
    request: {},
    quirks: ALWAYS,
    want: { level: "default" },
  },
  { name: "null", request: { thinking: null, output_config: null }, want: { level: "default" } },
  {
    name: "adaptive",
    request: { thinking: { type: "adaptive" } },
    quirks: OFF,
    want: { level: "default" },
  },
  {
    name: "between_tools",
    request: { thinking: { type: "between_tools" } },
    want: { level: "default" },
  },
  {
    name: "a binding alone",
    request: { thinking: { block_binding: {} } },
    want: { level: "default" },
  },
  {
    name: "an effort",
    request: { thinking: { type: "adaptive" }, output_config: { effort: "xhigh" } },
    want: { level: "xhigh" },
  },
  {
    name: "an unknown effort",
    request: { output_config: { effort: "utmost" } },
    want: { level: "default" },
  },
  {
    name: "an effort before a budget",
    request: {
      thinking: { type: "enabled", budget_tokens: 32000 },
      output_config: { effort: "low" },
    },
    want: { level: "low" },
  },
  {
    name: "disabled before an effort",
    request: { thinking: { type: "disabled" }, output_config: { effort: "high" } },
    want: { level: "off" },
  },
  {
    name: "disabled where that is impossible",
    request: { thinking: { type: "disabled" } },
    quirks: ALWAYS,
    want: { level: "low", forced: true },
  },
  {
    name: "the effort of a system message before the request's",
    request: {
      messages: [SYSTEM, { role: "user", content: "x" }],
      output_config: { effort: "low" },
    },
    want: { level: "max" },
  },
  {
    name: "a hidden display",
    request: { thinking: { type: "adaptive", display: "omitted" } },
    want: { level: "default", display: "omitted" },
  },
  { name: "a budget of 1024", request: budget(1024), want: { level: "low", budget: 1024 } },
  { name: "a budget of 4000", request: budget(4000), want: { level: "low", budget: 4000 } },
  { name: "a budget of 10000", request: budget(10_000), want: { level: "medium", budget: 10_000 } },
  { name: "a budget of 31999", request: budget(31_999), want: { level: "high", budget: 31_999 } },
  { name: "a budget of 32000", request: budget(32_000), want: { level: "xhigh", budget: 32_000 } },
];

for (const { name, request, quirks = PLAIN, want } of LEVELS) {
  Deno.test(`thinkingLevel() reads ${name}`, () => {
    assertEquals(thinkingLevel({ messages: [], ...request }, quirks), {
      budget: undefined,
      display: "shown",
      forced: false,
      ...want,
    });
  });
}

const GPT = ["none", "minimal", "low", "medium", "high", "xhigh"];
const DEEPSEEK = { medium: "high", xhigh: "max" };

const CLAMPS: {
  level: Effort;
  efforts: string[];
  map?: Record<string, string>;
  want: string | undefined;
}[] = [
  { level: "medium", efforts: GPT, want: "medium" },
  { level: "max", efforts: GPT, want: "xhigh" },
  { level: "max", efforts: ["low", "medium", "high"], want: "high" },
  { level: "low", efforts: ["medium", "high"], want: "medium" },
  { level: "medium", efforts: ["high"], want: "high" },
  { level: "high", efforts: ["low"], want: "low" },
  { level: "low", efforts: ["none", "minimal"], want: undefined },
  { level: "high", efforts: [], want: undefined },
  { level: "medium", efforts: ["low", "high", "max"], map: DEEPSEEK, want: "high" },
  { level: "xhigh", efforts: ["low", "high", "max"], map: DEEPSEEK, want: "max" },
  { level: "max", efforts: ["low", "high"], map: { high: "HIGH" }, want: "HIGH" },
];

for (const { level, efforts, map, want } of CLAMPS) {
  Deno.test(`clampEffort() makes ${level} ${want} of ${efforts.join(" ") || "nothing"}`, () => {
    assertEquals(clampEffort(level, efforts, map), want);
  });
}

function budget(tokens: number): Partial<MessagesRequest> {
  return { thinking: { type: "enabled", budget_tokens: tokens } };
}
