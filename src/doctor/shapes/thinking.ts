import { isObject, type JsonObject } from "../../json.ts";
import { blocksOf, textOf } from "../answer.ts";
import {
  degraded,
  type Earlier,
  excerpt,
  failed,
  pass,
  type Shape,
  user,
  type Verdict,
} from "../shape.ts";
import { WEATHER } from "./tools.ts";

const FIRST = user(
  "A train leaves at 9:40 and needs 85 minutes. Think about when it arrives, then call " +
    "get_weather for Paris.",
);

/** What Claude Code asks for; where the API has it in a beta, a header names it. */
const BETAS = { "anthropic-beta": "effort-2025-11-24,interleaved-thinking-2025-05-14" };

/** Thinking as Claude Code asks for it. */
const BODY: JsonObject = {
  max_tokens: 2048,
  thinking: { type: "adaptive" },
  output_config: { effort: "medium" },
  tools: [WEATHER],
};

/** Thinking, and its way back to the model that thought. */
export const THINKING: readonly Shape[] = [
  {
    name: "thinking",
    body: { ...BODY, messages: [FIRST] },
    headers: BETAS,
    check(answer): Verdict {
      const [block] = blocksOf(answer, "thinking");
      if (block === undefined) {
        return /^\s*<think>/.test(textOf(answer))
          ? degraded("comes as text in <think> tags", [{ think_tags: true }])
          : degraded("no thinking came");
      }
      const { thinking } = block;
      return pass(thinking === "" ? "kept, not shown" : excerpt(String(thinking)));
    },
    cures: [
      { when: /effort/i, quirks: { effort: "none" } },
      { when: /thinking/i, quirks: { thinking_on: null, thinking_off: null } },
    ],
  },
  {
    name: "thinking_replay",
    body: BODY,
    headers: BETAS,
    needs: "thinking",
    messages: nextTurn,
    check(answer): Verdict {
      return Array.isArray(answer.message.content) && answer.message.content.length > 0
        ? pass(excerpt(textOf(answer)))
        : failed("the answer is empty");
    },
    cures: [
      { when: /reasoning_content/i, quirks: { reasoning_in: "all" } },
      { quirks: { reasoning_in: "none" } },
    ],
  },
];

/** The turn behind the one that thought, with its thinking in its place. */
function nextTurn(earlier: Earlier): readonly JsonObject[] | string {
  const answer = earlier("thinking");
  const thought = answer && blocksOf(answer, "thinking").length > 0;
  if (!thought || answer.error) return "no thinking came that could go back";
  const { content } = answer.message;
  const results = blocksOf(answer, "tool_use").map(({ id }) => ({
    type: "tool_result",
    tool_use_id: id,
    content: "It rains.",
  }));
  const said = Array.isArray(content) ? content.filter(isObject) : [];
  return [
    FIRST,
    { role: "assistant", content: said },
    user([...results, { type: "text", text: "Now say in a few words when it arrives." }]),
  ];
}
