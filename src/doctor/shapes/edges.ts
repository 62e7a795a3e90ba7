import type { Target } from "../../target.ts";
import type { Answer } from "../answer.ts";
import { degraded, excerpt, failed, pass, type Shape, user, type Verdict } from "../shape.ts";
import { MAX_TOKENS } from "./talk.ts";

const HELLO = { max_tokens: 16, messages: [user("Hello")] };

/** Longest that an upstream call may outlive its client. */
const MAX_LET_GO_MS = 1000;

/** Names no key and no model that anybody has. */
const WRONG_KEY = "no-such-key-of-switchyard-doctor";
const UNKNOWN_MODEL = "no-such-model-of-switchyard-doctor";

/** What surrounds a conversation: counts, clients that leave, and mistakes. */
export const EDGES: readonly Shape[] = [
  {
    name: "count_tokens",
    path: "/v1/messages/count_tokens",
    body: { messages: [user("How many tokens are these words?")] },
    check({ message, fromUpstream }): Verdict {
      const tokens = message.input_tokens;
      if (typeof tokens !== "number" || tokens < 1) return failed("no count came");
      return pass(`${tokens}, ${fromUpstream ? "counted by the upstream" : "estimated here"}`);
    },
  },
  {
    name: "cancel",
    body: {
      max_tokens: MAX_TOKENS,
      messages: [user("Count from 1 to 300, one number per line, with all of them.")],
    },
    leaves: true,
    check({ letGoMs }): Verdict {
      if (letGoMs === undefined) {
        return { result: "skipped", note: "the answer was over before it could be cancelled" };
      }
      return letGoMs <= MAX_LET_GO_MS
        ? pass("the upstream call was ended")
        : failed(`the upstream call went on for ${Math.round(letGoMs)} ms`);
    },
  },
  {
    name: "wrong_key",
    body: HELLO,
    target: withWrongKey,
    wantsError: true,
    check: (answer) => checkError(answer, { status: 401, what: "a wrong key" }),
  },
  {
    name: "unknown_model",
    body: HELLO,
    target: (target) => ({ ...target, aliases: [], model: UNKNOWN_MODEL }),
    wantsError: true,
    check: (answer) => checkError(answer, { status: 404, what: "an unknown model" }),
  },
];

function withWrongKey(target: Target): Target | string {
  return target.apiKeys.length === 0
    ? "the target has no api_key"
    : { ...target, apiKeys: [WRONG_KEY] };
}

function checkError(
  { status, error, unreachable }: Answer,
  wanted: { readonly status: number; readonly what: string },
): Verdict {
  if (!error) return degraded(`${wanted.what} is answered`);
  const note = `${status} ${error.type}`;
  if (status === wanted.status) return pass(note);
  if (unreachable || status >= 500) return failed(`${note}: ${excerpt(error.message)}`);
  return degraded(`${note} instead of ${wanted.status}`);
}
