import type { MessageParam, ToolResultBlock, ToolUseBlock } from "../../anthropic/request.ts";
import { type DraftMessage, orphanBlocks, PlacedBlock, readMessages } from "./history_blocks.ts";

/** A message of the repaired history; consecutive messages may have one role. */
export interface RepairedMessage {
  readonly role: "user" | "assistant" | "system";
  /** Never empty; tool results come first, in the order of their calls. */
  readonly content: readonly PlacedBlock[];
  /** The client's message; undefined for one that only holds results that were moved here. */
  readonly param: MessageParam | undefined;
  /**
   * True for what the client says now: everything since the last assistant message. Only there may
   * a block be refused; one in history would be sent again with every turn.
   */
  readonly current: boolean;
}

/** What a call that was never answered gets for a result. */
const NO_RESULT = "[no result: the call was interrupted]";

/**
 * The conversation as every upstream accepts it. Afterwards no message or block is empty, every
 * message with `tool_use` is followed at once by a user message that begins with exactly one
 * result for each call, in order, and no two calls of the conversation share an id.
 *
 * Linear in the number of blocks; a block is copied only where its id changes.
 */
export function repairHistory(messages: readonly MessageParam[]): RepairedMessage[] {
  const drafts = readMessages(messages);
  const pairing = new Pairing();
  for (let start = 0; start < drafts.length;) {
    const reply = runEnd(drafts, start, (role) => role === "assistant");
    const end = runEnd(drafts, reply, (role) => role !== "assistant");
    const assistants = drafts.slice(start, reply);
    const others = drafts.slice(reply, end);
    if (!pairing.addOrderly(assistants, others)) pairing.add(assistants, others);
    start = end;
  }
  return pairing.messages;
}

function runEnd(
  drafts: readonly DraftMessage[],
  start: number,
  belongs: (role: string) => boolean,
): number {
  let end = start;
  for (let draft = drafts[end]; draft && belongs(draft.role); draft = drafts[end]) end++;
  return end;
}

/** Puts every call and its result side by side. */
class Pairing {
  readonly messages: RepairedMessage[] = [];
  readonly #ids = new ToolIds();

  /**
   * Does what {@link add} does if nothing has to be moved or renamed, as is nearly always so; else
   * returns false.
   */
  addOrderly(assistants: readonly DraftMessage[], others: readonly DraftMessage[]): boolean {
    const calls = assistants.at(-1)?.content ?? [];
    if (!areInOrder(assistants, others) || !this.#ids.claimAll(calls)) return false;
    for (const message of assistants) this.messages.push(message);
    for (const message of others) this.messages.push(message);
    return true;
  }

  /** Takes assistant messages in a row, and everything up to the next assistant message. */
  add(assistants: readonly DraftMessage[], others: readonly DraftMessage[]): void {
    const answers = new Answers(assistants, others);
    const current = others[0]?.current ?? false;
    let results: readonly PlacedBlock[] = [];
    for (const message of assistants) {
      this.#addResults(results, current);
      results = message.hasCalls ? this.#addCalls(message, answers) : this.#addAsIs(message);
    }
    for (const message of others) {
      if (message.role !== "user") {
        this.#addResults(results, current);
        this.#addAsIs(message);
      } else if (message.hasResults || results.length > 0) {
        this.#addContent(message, [...results, ...withoutResults(message, answers)]);
      } else {
        this.#addAsIs(message);
      }
      results = [];
    }
    this.#addResults(results, current);
  }

  #addAsIs(message: DraftMessage): readonly PlacedBlock[] {
    this.messages.push(message);
    return [];
  }

  #addContent(message: DraftMessage, content: readonly PlacedBlock[]): void {
    const { role, param, current } = message;
    if (content.length > 0) this.messages.push({ role, content, param, current });
  }

  #addResults(content: readonly PlacedBlock[], current: boolean): void {
    if (content.length === 0) return;
    this.messages.push({ role: "user", content, param: undefined, current });
  }

  /** Adds a message that calls tools, and returns the results that must follow it. */
  #addCalls(message: DraftMessage, answers: Answers): readonly PlacedBlock[] {
    const results: PlacedBlock[] = [];
    const content = message.content.map((placed) => {
      if (!isCall(placed)) return placed;
      const { id } = placed.block;
      const unique = this.#ids.claim(id);
      results.push(resultFor(unique, placed, answers.take(id)));
      if (unique === id) return placed;
      return new PlacedBlock({ ...placed.block, id: unique }, placed, id);
    });
    this.#addContent(message, content);
    return results;
  }
}

type PlacedCall = PlacedBlock & { readonly block: ToolUseBlock };
type PlacedResult = PlacedBlock & { readonly block: ToolResultBlock };

function isCall(placed: PlacedBlock): placed is PlacedCall {
  return placed.block.type === "tool_use";
}

function isResult(placed: PlacedBlock): placed is PlacedResult {
  return placed.block.type === "tool_result";
}

/** True if only the last assistant message calls tools, and the next one begins with all results. */
function areInOrder(
  assistants: readonly DraftMessage[],
  others: readonly DraftMessage[],
): boolean {
  for (let at = 0; at < assistants.length - 1; at++) if (assistants[at]?.hasCalls) return false;
  for (let at = 1; at < others.length; at++) if (others[at]?.hasResults) return false;
  const caller = assistants.at(-1);
  const answer = others[0];
  if (!caller?.hasCalls) return !answer?.hasResults;
  return answer !== undefined && answersInOrder(caller.content, answer.content);
}

/** True if the results that the second begins with are those of the first's calls, and all it has. */
function answersInOrder(
  calls: readonly PlacedBlock[],
  content: readonly PlacedBlock[],
): boolean {
  let answered = 0;
  for (const call of calls) {
    if (!isCall(call)) continue;
    const result = content[answered++];
    if (!result || !isResult(result) || result.block.tool_use_id !== call.block.id) return false;
  }
  for (let at = answered; at < content.length; at++) {
    if (content[at]?.block.type === "tool_result") return false;
  }
  return true;
}

function resultFor(id: string, call: PlacedCall, answer: PlacedResult | undefined): PlacedBlock {
  if (answer?.block.tool_use_id === id) return answer;
  const block: ToolResultBlock = answer
    ? { ...answer.block, tool_use_id: id }
    : { type: "tool_result", tool_use_id: id, content: NO_RESULT, is_error: true };
  return new PlacedBlock(block, answer ?? call);
}

function withoutResults(message: DraftMessage, answers: Answers): readonly PlacedBlock[] {
  const rest: PlacedBlock[] = [];
  for (const placed of message.content) {
    if (!isResult(placed)) rest.push(placed);
    else if (!answers.hasCall(placed.block.tool_use_id)) {
      rest.push(...orphanBlocks(placed.block, placed));
    }
  }
  return rest;
}

/** The results that answer the calls of one assistant turn. */
class Answers {
  readonly #calls = new Map<string, { total: number; taken: number }>();
  readonly #results = new Map<string, PlacedResult[]>();

  constructor(assistants: readonly DraftMessage[], others: readonly DraftMessage[]) {
    for (const { hasCalls, content } of assistants) {
      if (hasCalls) {
        for (const placed of content) if (isCall(placed)) this.#count(placed.block.id);
      }
    }
    for (const { hasResults, content } of others) {
      if (hasResults) { for (const placed of content) if (isResult(placed)) this.#keep(placed); }
    }
  }

  hasCall(id: string): boolean {
    return this.#calls.has(id);
  }

  /**
   * The result of the next call with that id. Calls that share an id are answered in order; of the
   * results that are left for the last of them, the last counts.
   */
  take(id: string): PlacedResult | undefined {
    const calls = this.#calls.get(id);
    const results = this.#results.get(id);
    if (!calls || !results) return undefined;
    const index = calls.taken++;
    return index === calls.total - 1 ? results.slice(index).at(-1) : results[index];
  }

  #count(id: string): void {
    const calls = this.#calls.get(id);
    if (calls) calls.total++;
    else this.#calls.set(id, { total: 1, taken: 0 });
  }

  #keep(placed: PlacedResult): void {
    const id = placed.block.tool_use_id;
    const results = this.#results.get(id);
    if (results) results.push(placed);
    else this.#results.set(id, [placed]);
  }
}

/** Call ids of one conversation; some providers begin with `call_0` in every turn. */
class ToolIds {
  readonly #used = new Set<string>();
  readonly #next = new Map<string, number>();

  /** Claims the ids of all calls as they are; if one of them is taken it returns false, for none. */
  claimAll(content: readonly PlacedBlock[]): boolean {
    const claimed: string[] = [];
    for (const placed of content) {
      if (!isCall(placed)) continue;
      const { id } = placed.block;
      if (this.#used.has(id)) {
        for (const other of claimed) this.#used.delete(other);
        return false;
      }
      this.#used.add(id);
      claimed.push(id);
    }
    return true;
  }

  /** The id itself, or with a number behind it if an earlier call has it. */
  claim(id: string): string {
    if (!this.#used.has(id)) {
      this.#used.add(id);
      return id;
    }
    let number = this.#next.get(id) ?? 2;
    while (this.#used.has(`${id}_${number}`)) number++;
    this.#next.set(id, number + 1);
    this.#used.add(`${id}_${number}`);
    return `${id}_${number}`;
  }
}
