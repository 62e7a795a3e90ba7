import { randomId } from "../../anthropic/ids.ts";
import { isObject, type JsonObject, nonEmptyString } from "../../json.ts";

/** A block on its way to the client. */
interface Draft {
  readonly block: JsonObject;
  readonly type: string;
  /** Number of the block for the client; undefined until it is opened. */
  index: number | undefined;
  /** Deltas that wait for the block's turn. */
  waiting: JsonObject[];
  /** The upstream has closed it, or has gone on without closing it. */
  closed: boolean;
  /** Comes last in a thinking block, wherever the upstream had it. */
  signature: string;
  wroteDelta: boolean;
}

/** Where the pieces of a block's text or input stand: type of block, type of delta, field. */
const CONTENT: Readonly<Record<string, { readonly delta: string; readonly field: string }>> = {
  text: { delta: "text_delta", field: "text" },
  thinking: { delta: "thinking_delta", field: "thinking" },
  tool_use: { delta: "input_json_delta", field: "partial_json" },
};

/** Kinds of delta that a block of text or thinking may have besides its content. */
const BESIDES: Readonly<Record<string, string>> = {
  text: "citations_delta",
  thinking: "signature_delta",
};

/**
 * Puts an upstream's blocks into the order that clients rely on: numbered from 0 without gaps,
 * one open at a time, none of them empty, every delta in a block of its kind.
 *
 * A block that begins while text or thinking is open closes it; text that goes on later gets a
 * new block. One that begins while a tool call is open waits, because a call cannot be resumed.
 */
export class BlockOrder {
  readonly #write: (type: string, rest: JsonObject) => void;
  readonly #warn: (message: string) => void;
  /** In the order they began; only the first can be open for the client. */
  readonly #queue: Draft[] = [];
  readonly #byIndex = new Map<unknown, Draft>();
  #count = 0;
  #toolCalls = 0;

  constructor(
    write: (type: string, rest: JsonObject) => void,
    warn: (message: string) => void,
  ) {
    this.#write = write;
    this.#warn = warn;
  }

  /** Number of blocks that the client got. */
  get count(): number {
    return this.#count;
  }

  /** Number of tool calls among them. */
  get toolCalls(): number {
    return this.#toolCalls;
  }

  /** True while the upstream has a tool call open. */
  get callsTool(): boolean {
    return this.#queue.some(({ type, closed }) => isCall(type) && !closed);
  }

  /** Takes a `content_block_start`. */
  start(index: unknown, block: JsonObject): void {
    // The first delta says what it is.
    if (!nonEmptyString(block.type)) return;
    const before = this.#byIndex.get(index);
    if (before) before.closed = true;
    this.#begin(index, block);
  }

  /** Takes a `content_block_delta`; without an index it belongs to the latest block. */
  delta(index: unknown, delta: JsonObject): void {
    const draft = index === undefined ? this.#queue.at(-1) : this.#byIndex.get(index);
    const type = String(delta.type);
    if (draft && !draft.closed && takes(draft.type, type)) return this.#add(draft, delta);
    const wanted = blockTypeOf(type);
    // A late signature belongs to text that is gone already; a new block would have none.
    if (wanted === undefined || (type === "signature_delta" && draft)) {
      return this.#warn(`Dropped a ${type}: no block of its kind is open`);
    }
    if (draft) draft.closed = true;
    this.#add(this.#begin(index, { type: wanted }), delta);
  }

  /** Takes a `content_block_stop`. */
  stop(index: unknown): void {
    const draft = index === undefined ? this.#queue.at(-1) : this.#byIndex.get(index);
    if (!draft) return;
    draft.closed = true;
    this.#advance();
  }

  /** Closes every block that is still open. */
  end(): void {
    for (const draft of this.#queue) draft.closed = true;
    this.#advance();
  }

  #begin(index: unknown, block: JsonObject): Draft {
    for (const draft of this.#queue) if (!isCall(draft.type)) draft.closed = true;
    const type = isCall(String(block.type)) && !nonEmptyString(block.name)
      ? ""
      : String(block.type);
    if (type === "") this.#warn("Dropped a tool call without a name");
    const draft: Draft = {
      block,
      type,
      index: undefined,
      waiting: initialDeltas(block),
      closed: false,
      signature: nonEmptyString(block.signature) ?? "",
      wroteDelta: false,
    };
    this.#byIndex.set(index, draft);
    this.#queue.push(draft);
    this.#advance();
    return draft;
  }

  #add(draft: Draft, delta: JsonObject): void {
    if (delta.type === "signature_delta" && draft.type === "thinking") {
      draft.signature = nonEmptyString(delta.signature) ?? draft.signature;
    } else if (!isEmptyDelta(delta)) {
      if (draft === this.#queue[0]) this.#writeDelta(draft, delta);
      else draft.waiting.push(delta);
    }
  }

  /** Writes what can be written: whole blocks, and the beginning of the one behind them. */
  #advance(): void {
    for (let draft = this.#queue[0]; draft; draft = this.#queue[0]) {
      if (!isLazy(draft.type)) this.#open(draft);
      for (const delta of draft.waiting.splice(0)) this.#writeDelta(draft, delta);
      if (!draft.closed) return;
      this.#close(draft);
      this.#queue.shift();
    }
  }

  #open(draft: Draft): void {
    if (draft.index !== undefined || draft.type === "") return;
    draft.index = this.#count++;
    if (draft.type === "tool_use") this.#toolCalls++;
    this.#write("content_block_start", { index: draft.index, content_block: emptied(draft) });
  }

  #writeDelta(draft: Draft, delta: JsonObject): void {
    this.#open(draft);
    if (draft.index === undefined) return;
    draft.wroteDelta = true;
    this.#write("content_block_delta", { index: draft.index, delta });
  }

  #close(draft: Draft): void {
    const { type, block, signature } = draft;
    if (isCall(type) && !draft.wroteDelta) {
      // Clients read the input from deltas only; the real API has an empty one for no arguments.
      const hasInput = isObject(block.input) && Object.keys(block.input).length > 0;
      const partial_json = hasInput ? JSON.stringify(block.input) : "";
      this.#writeDelta(draft, { type: "input_json_delta", partial_json });
    }
    if (type === "thinking" && signature !== "") {
      this.#writeDelta(draft, { type: "signature_delta", signature });
    }
    if (draft.index !== undefined) this.#write("content_block_stop", { index: draft.index });
  }
}

function isCall(type: string): boolean {
  return type.endsWith("tool_use");
}

/** Text and thinking open with their first character: an empty block breaks every later turn. */
function isLazy(type: string): boolean {
  return type === "text" || type === "thinking";
}

/** Whether a block takes a delta; blocks newer than this program take everything. */
function takes(block: string, delta: string): boolean {
  if (isCall(block)) return delta === "input_json_delta";
  return !isLazy(block) || CONTENT[block]?.delta === delta || BESIDES[block] === delta;
}

/** The block that a delta can begin by itself; a tool call cannot, it would have no name. */
function blockTypeOf(delta: string): string | undefined {
  if (delta === "text_delta" || delta === "citations_delta") return "text";
  return delta === "thinking_delta" || delta === "signature_delta" ? "thinking" : undefined;
}

/** Content that the upstream put into the start of the block, as the delta it should have been. */
function initialDeltas(block: JsonObject): JsonObject[] {
  const content = isLazy(String(block.type)) ? CONTENT[String(block.type)] : undefined;
  const value = content && nonEmptyString(block[content.field]);
  return content && value ? [{ type: content.delta, [content.field]: value }] : [];
}

function isEmptyDelta(delta: JsonObject): boolean {
  const content = Object.values(CONTENT).find((one) => one.delta === delta.type);
  return content !== undefined && nonEmptyString(delta[content.field]) === undefined;
}

function emptied({ block, type }: Draft): JsonObject {
  if (type === "text") return { ...block, text: "" };
  if (type === "thinking") return { ...block, thinking: "", signature: "" };
  if (!isCall(type)) return block;
  return { ...block, id: nonEmptyString(block.id) ?? randomId("toolu_"), input: {} };
}
