import { InvalidRequestError } from "../../errors.ts";
import { isObject, isPresent, type JsonObject } from "../../json.ts";
import { blockText, isFilled } from "../common/content_text.ts";
import { type RepairedMessage, repairHistory } from "../common/history.ts";
import { callText, orphanBlocks, PlacedBlock } from "../common/history_blocks.ts";
import { ToolCallIds } from "../common/tool_call_ids.ts";
import type { Turn } from "../turn.ts";
import { userParts } from "./content.ts";
import { DocumentNames } from "./document_names.ts";
import type { BlockPlace } from "./documents.ts";
import { withinLimits } from "./media_limits.ts";
import { draftAt, unknownPart } from "./parts.ts";
import { reasoningBlock } from "./reasoning_in.ts";
import { toolResultDrafts } from "./tool_results.ts";
import { inTurns } from "./turns.ts";
import type { Draft, DraftMessage } from "./wire.ts";

/** The conversation, and what of it the other parts of the request depend on. */
export interface History {
  readonly messages: readonly RepairedMessage[];
  /** Names of the tools that were called, in the client's words, each once. */
  readonly calledTools: readonly string[];
}

/** Reads the conversation. */
export function readHistory({ request }: Turn): History {
  const messages = repairHistory(request.messages);
  const called = messages.flatMap(({ content }) =>
    content.flatMap(({ block }) => block.type === "tool_use" ? [block.name] : [])
  );
  return { messages, calledTools: [...new Set(called)] };
}

/** The conversation with its tool calls and their results in words. */
export function toolsAsText({ messages }: History): History {
  const told = messages.map((message) => ({
    ...message,
    content: message.content.flatMap((placed) => {
      const { block } = placed;
      if (block.type === "tool_result") return orphanBlocks(block, placed);
      if (block.type !== "tool_use") return [placed];
      return [new PlacedBlock({ type: "text", text: callText(block) }, placed)];
    }),
  }));
  return { messages: told, calledTools: [] };
}

/**
 * `messages` of the request: the user begins, roles alternate, and every message says something.
 *
 * @throws {InvalidRequestError} If nothing is left that says something.
 */
export function converseMessages(history: History, turn: Turn): readonly DraftMessage[] {
  const writer = new HistoryWriter(turn);
  const written = history.messages.map((message) => writer.write(message))
    .filter(({ content }) => content.length > 0);
  if (written.length === 0) {
    throw new InvalidRequestError("messages: text content blocks must be non-empty");
  }
  const last = history.messages.at(-1);
  if (last?.role === "assistant" && last.param && !turn.profile.prefill) {
    const at = turn.request.messages.indexOf(last.param);
    turn.losses.warn(`messages.${at}`, "a prefilled answer");
  }
  return inTurns(written, turn).map((message) => ({
    ...message,
    content: withinLimits(message.content, turn),
  }));
}

/** Writes one message after the other; holds the names and ids that they share. */
class HistoryWriter {
  readonly #turn: Turn;
  readonly #ids: ToolCallIds;
  readonly #names = new DocumentNames();

  constructor(turn: Turn) {
    this.#turn = turn;
    this.#ids = new ToolCallIds(turn);
  }

  write(message: RepairedMessage): DraftMessage {
    switch (message.role) {
      case "system":
        return this.#system(message);
      case "user":
        return { role: "user", content: this.#user(message) };
      case "assistant":
        return { role: "assistant", content: this.#assistant(message) };
    }
  }

  /** Keeps its place: hoisted, it would mean something else and change the cached prefix. */
  #system({ content }: RepairedMessage): DraftMessage {
    const drafts = content.flatMap((placed): readonly Draft[] => {
      const { block, path } = placed;
      const text = blockText(block);
      if (text === undefined) this.#turn.losses.warn(path, `content block type '${block.type}'`);
      return isFilled(text) ? [{ element: { text }, marker: block.cache_control, path }] : [];
    });
    return { role: "system", content: drafts };
  }

  #user({ content, current }: RepairedMessage): readonly Draft[] {
    const place: BlockPlace = { turn: this.#turn, current, names: this.#names };
    const results: Draft[] = [];
    const rest: Draft[] = [];
    for (const placed of content) {
      const { block } = placed;
      if (block.type === "tool_result") {
        const drafts = toolResultDrafts(placed, block, { place, ids: this.#ids });
        results.push(drafts.result);
        rest.push(...drafts.attached);
      } else {
        rest.push(...userParts(placed, place).map(draftAt(placed)));
      }
    }
    return [...results, ...rest];
  }

  #assistant({ content }: RepairedMessage): readonly Draft[] {
    const drafts = content.flatMap((placed) => this.#said(placed));
    // Claude's own order stands, as its signatures cover it; anything else begins with reasoning.
    if (drafts.length === 0 || isReasoning(drafts[0])) return drafts;
    return [...drafts.filter(isReasoning), ...drafts.filter((draft) => !isReasoning(draft))];
  }

  #said(placed: PlacedBlock): readonly Draft[] {
    const { block, path } = placed;
    const marker = block.cache_control;
    switch (block.type) {
      case "thinking":
      case "redacted_thinking": {
        const reasoning = reasoningBlock(block, this.#turn);
        return reasoning
          ? [{ element: { reasoningContent: reasoning }, marker: undefined, path }]
          : [];
      }
      case "tool_use": {
        const toolUse = {
          toolUseId: this.#ids.claim(block.id, block.name),
          name: this.#turn.toolNames.upstream(block.name),
          input: inputObject(block.input),
        };
        return [{ element: { toolUse }, marker, path }];
      }
      default: {
        const text = blockText(block);
        if (text === undefined) {
          return [draftAt(placed)(unknownPart(placed, { turn: this.#turn, current: false }))];
        }
        return isFilled(text) ? [{ element: { text }, marker, path }] : [];
      }
    }
  }
}

function inputObject(input: unknown): JsonObject {
  if (isObject(input)) return input;
  return isPresent(input) ? { value: input } : {};
}

function isReasoning(draft: Draft | undefined): boolean {
  return draft !== undefined && "reasoningContent" in draft.element;
}
