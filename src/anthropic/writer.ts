import { UpstreamProtocolError } from "../errors.ts";
import type {
  StopDetails,
  StopReason,
  Usage,
  WebSearchCitation,
  WebSearchResult,
} from "./message.ts";
import { randomId, stableId } from "./ids.ts";
import type { MessageSink } from "./sink.ts";
import { StopScanner } from "./stop_scanner.ts";

/** Makes the `signature` of a thinking block from the text it closes with. */
export type ThinkingSeal = (thinking: string) => string;

/** What every message of one turn has in common. */
export interface MessageWriterOptions {
  /** The model name that the client asked for. */
  readonly model: string;
  /** Stop sequences to watch for in the text, because the upstream cannot. */
  readonly stopSequences?: readonly string[];
  /** Suppresses the text of thinking blocks; their signatures still go out. */
  readonly hideThinking?: boolean;
}

type OpenBlock = "none" | "text" | "thinking" | "tool";

/**
 * The event grammar of an Anthropic message, for streams and whole messages alike.
 *
 * `message_start` once and first; blocks numbered densely, opened lazily and one at a time; no
 * empty text; `message_delta` and `message_stop` once, and nothing after. A call that would break
 * the grammar throws instead of reaching the sink.
 */
export class MessageWriter {
  readonly #sink: MessageSink;
  readonly #model: string;
  readonly #hideThinking: boolean;
  readonly #stops: StopScanner | undefined;
  #upstreamId = "";
  #messageId: string | undefined;
  #state: "new" | "open" | "ended" = "new";
  #open: OpenBlock = "none";
  #index = -1;
  #thinking = "";
  #seal: ThinkingSeal | undefined;
  /** A high surrogate whose other half is still to come. */
  #half = "";
  /** White space that no text followed yet: a block of nothing else breaks the client's next turn. */
  #blank = "";
  #toolHasInput = false;
  #deltas = 0;
  #units = 0;
  #toolBlocks = 0;
  #matchedStop: string | undefined;

  constructor(sink: MessageSink, options: MessageWriterOptions) {
    this.#sink = sink;
    this.#model = options.model;
    this.#hideThinking = options.hideThinking ?? false;
    const stops = options.stopSequences?.filter((stop) => stop !== "") ?? [];
    this.#stops = stops.length > 0 ? new StopScanner(stops) : undefined;
  }

  /** True from the first sign of an answer on: the status may be committed. */
  get started(): boolean {
    return this.#state !== "new";
  }

  /** True once the message ended. */
  get ended(): boolean {
    return this.#state === "ended";
  }

  /** True once a block was opened. */
  get hasContent(): boolean {
    return this.#index >= 0;
  }

  /** True while a thinking block is open. */
  get isThinking(): boolean {
    return this.#open === "thinking";
  }

  /** Number of tool calls so far. */
  get toolBlocks(): number {
    return this.#toolBlocks;
  }

  /** The emulated stop sequence that the text ran into; the upstream is then of no more use. */
  get matchedStop(): string | undefined {
    return this.#matchedStop;
  }

  /** Rough count of tokens written, for answers whose usage is never told. */
  get estimatedTokens(): number {
    // One delta is about one token; whole answers come in one delta, so their length counts too.
    return this.#index < 0 ? 0 : Math.max(1, this.#deltas, Math.ceil(this.#units / 3.6));
  }

  /** Names the upstream's own id of this answer, before the message begins. */
  identify(upstreamId: string): void {
    if (this.#upstreamId === "") this.#upstreamId = upstreamId;
  }

  /** Begins the message, which every block does by itself; later calls do nothing. */
  start(): void {
    if (this.#state === "open") return;
    this.#assertNotEnded();
    this.#state = "open";
    this.#sink.messageStart({ id: this.messageId, model: this.#model });
  }

  /** The id of the message; it stays the same once it was asked for. */
  get messageId(): string {
    this.#messageId ??= this.#upstreamId === ""
      ? randomId("msg_")
      : stableId("msg_", this.#upstreamId);
    return this.#messageId;
  }

  /** Writes text; the empty string does nothing. */
  text(text: string): void {
    if (text === "" || this.#matchedStop !== undefined) return;
    if (this.#open !== "text" && this.#open !== "none") this.closeBlock();
    if (this.#stops) {
      this.#matchedStop = this.#stops.push(text, (clear) => this.#writeText(clear));
    } else {
      this.#writeText(text);
    }
  }

  /** Names a page that the open text relies on; without open text there is nothing to cite it. */
  citation(citation: WebSearchCitation): void {
    if (this.#matchedStop === undefined && this.#open === "text") {
      this.#sink.citationsDelta(this.#index, citation);
    }
  }

  /** Writes reasoning; the seal of the block is the one given when it opens. */
  thinking(text: string, seal: ThinkingSeal): void {
    if (text === "" || this.#matchedStop !== undefined) return;
    if (this.#open !== "thinking") this.#openThinking(seal);
    this.#thinking += text;
    if (this.#hideThinking) return this.#count(text);
    const whole = this.#joinHalf(text);
    if (whole !== "") {
      this.#count(whole);
      this.#sink.thinkingDelta(this.#index, whole);
    }
  }

  /** Writes a thinking block that shows nothing and still has a signature. */
  hiddenThinking(signature: string): void {
    if (this.#matchedStop !== undefined) return;
    this.#openThinking(() => signature);
    this.closeBlock();
  }

  /** Writes reasoning that only its maker can read, as a block of its own. */
  redactedThinking(data: string): void {
    this.#wholeBlock({ type: "redacted_thinking", data });
  }

  /** Opens a tool call; its arguments follow in {@link toolInput}. */
  toolStart(id: string, name: string): void {
    if (this.#matchedStop !== undefined) return;
    this.#toolBlocks++;
    this.#openBlock("tool", {
      type: "tool_use",
      id,
      name,
      input: {},
      caller: { type: "direct" },
    });
    this.#toolHasInput = false;
  }

  /** Writes a piece of the open tool call's arguments, as JSON text. */
  toolInput(partialJson: string): void {
    if (partialJson === "" || this.#matchedStop !== undefined) return;
    if (this.#open !== "tool") {
      throw new UpstreamProtocolError("Cannot write arguments: no tool call is open");
    }
    const whole = this.#joinHalf(partialJson);
    if (whole === "") return;
    this.#toolHasInput = true;
    this.#count(whole);
    this.#sink.inputJsonDelta(this.#index, whole);
  }

  /** Writes a search that the upstream ran, with its hits. */
  webSearch(
    id: string,
    input: Readonly<Record<string, unknown>>,
    results: readonly WebSearchResult[],
  ): void {
    if (this.#matchedStop !== undefined) return;
    this.#openBlock("tool", { type: "server_tool_use", id, name: "web_search", input: {} });
    this.#sink.inputJsonDelta(this.#index, JSON.stringify(input));
    this.#toolHasInput = true;
    this.closeBlock();
    this.#wholeBlock({ type: "web_search_tool_result", tool_use_id: id, content: results });
  }

  /** Closes the open block, if any: held text is released, a thinking block gets its signature. */
  closeBlock(): void {
    if (this.#stops && this.#matchedStop === undefined) this.#writeText(this.#stops.flush());
    this.#blank = "";
    if (this.#open === "none") return;
    this.#flushHalf();
    if (this.#open === "thinking") {
      const signature = this.#seal?.(this.#thinking) ?? "";
      this.#sink.signatureDelta(this.#index, signature);
      this.#thinking = "";
    }
    // The real API sends one empty piece for a call without arguments; it means {}.
    if (this.#open === "tool" && !this.#toolHasInput) this.#sink.inputJsonDelta(this.#index, "");
    this.#open = "none";
    this.#sink.blockStop(this.#index);
  }

  /**
   * Ends the message. An emulated stop sequence overrides the upstream's reason, unless tool calls
   * came before it: those are to be run, or are known to be cut.
   */
  finish(
    stopReason: StopReason,
    usage: Usage,
    extra: { readonly stopSequence?: string | null; readonly stopDetails?: StopDetails | null } =
      {},
  ): void {
    this.start();
    this.closeBlock();
    this.#assertNotEnded();
    this.#state = "ended";
    const matched = this.#toolBlocks === 0 ? this.#matchedStop : undefined;
    const hasRunInto = this.#matchedStop !== undefined && stopReason === "end_turn";
    const own = hasRunInto && this.#toolBlocks > 0 ? "tool_use" : stopReason;
    this.#sink.messageEnd({
      stopReason: matched === undefined ? own : "stop_sequence",
      stopSequence: matched ?? extra.stopSequence ?? null,
      stopDetails: matched === undefined ? extra.stopDetails ?? null : null,
      usage,
    });
  }

  #writeText(text: string): void {
    if (text === "") return;
    if (this.#open !== "text") {
      this.#blank += text;
      if (this.#blank.trim() === "") return;
      text = this.#blank;
      this.#blank = "";
      this.#openBlock("text", { type: "text", text: "", citations: null });
    }
    const whole = this.#joinHalf(text);
    if (whole === "") return;
    this.#count(whole);
    this.#sink.textDelta(this.#index, whole);
  }

  #openThinking(seal: ThinkingSeal): void {
    this.#openBlock("thinking", { type: "thinking", thinking: "", signature: "" });
    this.#seal = seal;
  }

  #wholeBlock(block: Parameters<MessageSink["blockStart"]>[1]): void {
    if (this.#matchedStop !== undefined) return;
    this.#openBlock("none", block);
    this.#sink.blockStop(this.#index);
  }

  #openBlock(kind: OpenBlock, block: Parameters<MessageSink["blockStart"]>[1]): void {
    this.start();
    // Closing releases text held back for a stop sequence; a text block opens for just that text.
    if (kind !== "text") this.closeBlock();
    this.#assertNotEnded();
    this.#index++;
    this.#open = kind;
    this.#sink.blockStart(this.#index, block);
  }

  #joinHalf(text: string): string {
    const joined = this.#half === "" ? text : this.#half + text;
    const last = joined.charCodeAt(joined.length - 1);
    this.#half = last >= 0xd800 && last <= 0xdbff ? joined.slice(-1) : "";
    return (this.#half === "" ? joined : joined.slice(0, -1)).toWellFormed();
  }

  #flushHalf(): void {
    if (this.#half === "") return;
    this.#half = "";
    if (this.#open === "text") this.#sink.textDelta(this.#index, "\ufffd");
    if (this.#open === "tool") this.#sink.inputJsonDelta(this.#index, "\ufffd");
    if (this.#open === "thinking" && !this.#hideThinking) {
      this.#sink.thinkingDelta(this.#index, "\ufffd");
    }
  }

  #count(text: string): void {
    this.#deltas++;
    this.#units += text.length;
  }

  #assertNotEnded(): void {
    if (this.#state === "ended") {
      throw new UpstreamProtocolError("Cannot write: the message has ended");
    }
  }
}
