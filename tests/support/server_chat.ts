/** Payloads of a Chat Completions upstream, as short as they may be. */

/** One piece of text. */
export function delta(content: string): Record<string, unknown> {
  return { id: "c1", choices: [{ index: 0, delta: { content } }] };
}

/** The end of the answer, without usage. */
export function finish(reason = "stop"): Record<string, unknown> {
  return { id: "c1", choices: [{ index: 0, delta: {}, finish_reason: reason }] };
}

/** The closing chunk that tells the usage. */
export const USAGE = { id: "c1", choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } };

/** All payloads of a stream that says one thing. */
export function streamOf(text: string): readonly unknown[] {
  return [delta(text), finish(), USAGE, "[DONE]"];
}

/** A whole answer that says one thing. */
export function completion(content: string, reason = "stop"): Record<string, unknown> {
  return {
    id: "c1",
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: reason }],
    usage: { prompt_tokens: 7, completion_tokens: 3 },
  };
}

/** A whole answer that calls one tool. */
export function toolCompletion(name: string, input: unknown): Record<string, unknown> {
  const call = {
    id: "call_1",
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  };
  return {
    id: "c1",
    choices: [{
      index: 0,
      message: { role: "assistant", content: null, tool_calls: [call] },
      finish_reason: "tool_calls",
    }],
    usage: { prompt_tokens: 7, completion_tokens: 3 },
  };
}
