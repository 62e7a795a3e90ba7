import { isObject } from "../../json.ts";
import { reminder } from "../common/content_text.ts";
import type { Turn } from "../turn.ts";
import type { Draft, DraftMessage } from "./wire.ts";

/**
 * The messages as the API takes them, none of them empty: the user begins, roles alternate, results
 * of tools come first, documents have a text beside them, and no white space ends the last answer.
 */
export function inTurns(messages: readonly DraftMessage[], turn: Turn): readonly DraftMessage[] {
  const turns = withTrimmedEnd(merged(withReminders(messages, turn)));
  return withMarkedEnd(turns, turn).map((message) => ({
    ...message,
    content: withText(message, turn),
  }));
}

/**
 * System messages as the user's reminders, for models that do not know their role, and where the
 * user and the assistant would not take turns without them.
 */
function withReminders(
  messages: readonly DraftMessage[],
  { profile }: Turn,
): readonly DraftMessage[] {
  const speakers = messages.map(({ role }) => role).filter((role) => role !== "system");
  let spoken = 0;
  return messages.map((message) => {
    if (message.role !== "system") {
      spoken++;
      return message;
    }
    const [before, after] = [speakers[spoken - 1], speakers[spoken]];
    const takesTurns = before === "user" ? after !== "user" : before && after === "user";
    if (takesTurns && profile.mid_system === "system") return message;
    return { role: "user", content: message.content.map(asReminder) };
  });
}

function asReminder(draft: Draft): Draft {
  return "text" in draft.element
    ? { ...draft, element: { text: reminder(draft.element.text) } }
    : draft;
}

/** Neighbours of one role become one message, with the results of tools first. */
function merged(messages: readonly DraftMessage[]): readonly DraftMessage[] {
  const result: DraftMessage[] = [];
  for (const message of messages) {
    if (result.length === 0 && message.role !== "user") result.push(CONTINUE);
    const last = result.at(-1);
    if (last?.role === message.role && last !== CONTINUE) {
      const content = [...last.content, ...message.content];
      const results = content.filter(({ element }) => "toolResult" in element);
      const rest = content.filter(({ element }) => !("toolResult" in element));
      result[result.length - 1] = { role: last.role, content: [...results, ...rest] };
    } else result.push(message);
  }
  return result;
}

/** What the user says where the conversation begins with somebody else. */
const CONTINUE: DraftMessage = {
  role: "user",
  content: [{ element: { text: "Continue." }, marker: undefined, path: "messages" }],
};

/**
 * A message with a document must have a text too, and some builds refuse a cache point straight
 * behind a document: the text stands in between and takes its marker.
 */
function withText({ role, content }: DraftMessage, { profile }: Turn): readonly Draft[] {
  const isMarked = ({ element, marker }: Draft) =>
    profile.cache === "cache_point" && "document" in element && isObject(marker);
  const noted = content.flatMap((draft) => {
    if (!isMarked(draft)) return [draft];
    return [{ ...draft, marker: undefined }, { ...NOTE, marker: draft.marker }];
  });
  const has = (kind: string) => noted.some(({ element }) => kind in element);
  return role === "user" && has("document") && !has("text") ? [...noted, NOTE] : noted;
}

const NOTE: Draft = { element: { text: "See document." }, marker: undefined, path: "messages" };

/** The marker of the whole request stands for one on its last block. */
function withMarkedEnd(
  messages: readonly DraftMessage[],
  { request }: Turn,
): readonly DraftMessage[] {
  const last = messages.at(-1);
  const end = last?.content.at(-1);
  if (!last || !end || isObject(end.marker)) return messages;
  const marked = { ...end, marker: request.cache_control };
  return [...messages.slice(0, -1), { ...last, content: [...last.content.slice(0, -1), marked] }];
}

/** The answer that the model goes on with must not end in white space. */
function withTrimmedEnd(messages: readonly DraftMessage[]): readonly DraftMessage[] {
  const last = messages.at(-1);
  const end = last?.content.at(-1);
  if (!last || last.role !== "assistant" || !end || !("text" in end.element)) return messages;
  const trimmed = { ...end, element: { text: end.element.text.trimEnd() } };
  return [...messages.slice(0, -1), { ...last, content: [...last.content.slice(0, -1), trimmed] }];
}
