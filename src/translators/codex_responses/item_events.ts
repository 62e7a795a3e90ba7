import type { Output } from "./output.ts";
import { placeOf } from "./keyed_items.ts";
import { isObject, nonEmptyString } from "../../json.ts";
import { type ResponsesEvent, textOf } from "./wire.ts";

/** Applies what an event says about the content of an item; an unknown type says nothing. */
export function changeItem(output: Output, event: ResponsesEvent, type: string): void {
  const place = placeOf(event);
  const part = partOf(event.content_index);
  const delta = textOf(event.delta);
  switch (type) {
    case "response.output_text.delta":
      return output.message(place, (message) => message.add(part, delta));
    case "response.output_text.done":
      return output.message(place, (message) => message.complete(part, textOf(event.text)));
    case "response.output_text.annotation.added":
      return output.message(place, (message) => message.cite(event.annotation));
    case "response.refusal.delta":
      return output.message(place, (message) => message.refuse(part, delta));
    case "response.refusal.done":
      return output.message(place, (message) => {
        message.completeRefusal(part, textOf(event.refusal));
      });
    case "response.content_part.done":
      return completePart(output, event);
    case "response.function_call_arguments.delta":
      return output.call(place, (call) => call.add(delta));
    case "response.function_call_arguments.done":
      return output.call(place, (call) => {
        call.describe({ id: nonEmptyString(event.call_id), name: nonEmptyString(event.name) });
        call.complete(event.arguments);
      });
    case "response.custom_tool_call_input.delta":
      return output.call(place, (call) => call.add(delta, { custom: true }));
    case "response.custom_tool_call_input.done":
      return output.call(place, (call) => call.complete(event.input));
    default:
      if (type.startsWith("response.reasoning")) changeReasoning(output, event, type);
  }
}

/** Reasoning, in the words of all versions of the API. */
function changeReasoning(output: Output, event: ResponsesEvent, type: string): void {
  const place = placeOf(event);
  const isSummary = type.startsWith("response.reasoning_summary");
  const kind = isSummary ? "summary" : "raw";
  const part = partOf(isSummary ? event.summary_index : event.content_index);
  switch (type) {
    case "response.reasoning_summary_text.delta":
    case "response.reasoning_summary.delta":
    case "response.reasoning_text.delta":
    case "response.reasoning.delta":
      return output.reasoning(place, (item) => item.add(kind, part, textOf(event.delta)));
    case "response.reasoning_summary_text.done":
    case "response.reasoning_summary.done":
    case "response.reasoning_text.done":
    case "response.reasoning.done":
      return output.reasoning(place, (item) => item.complete(kind, part, textOf(event.text)));
    case "response.reasoning_summary_part.done": {
      const text = isObject(event.part) ? textOf(event.part.text) : "";
      return output.reasoning(place, (item) => item.complete("summary", part, text));
    }
  }
}

function completePart(output: Output, event: ResponsesEvent): void {
  const { part } = event;
  if (!isObject(part)) return;
  const place = placeOf(event);
  const at = partOf(event.content_index);
  if (part.type === "reasoning_text") {
    output.reasoning(place, (item) => item.complete("raw", at, textOf(part.text)));
  } else {
    output.message(place, (message) => message.completePart(at, part));
  }
}

function partOf(index: unknown): number {
  return typeof index === "number" && Number.isSafeInteger(index) ? index : 0;
}
