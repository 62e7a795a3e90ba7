import { stableId } from "../../anthropic/ids.ts";
import type { MessageWriter } from "../../anthropic/writer.ts";
import { UpstreamProtocolError } from "../../errors.ts";
import { isObject, type JsonObject } from "../../json.ts";
import type { Turn } from "../turn.ts";
import { sealEnvelope, stateOwner } from "./envelope.ts";
import type { LiveItem } from "./item_queue.ts";
import { closeJson } from "./json_closing.ts";
import { isParallelWrapper, type ParallelUse, parallelUses } from "./parallel_wrapper.ts";
import { isCompleteJson, parseToolInput } from "./tool_input.ts";

/** How the answer ended around a call that did not end itself. */
export interface CallEnding {
  /** True if the arguments may have been cut. */
  readonly truncated: boolean;
  /** False if nothing says that the answer is complete. */
  readonly known: boolean;
  /** True if the upstream says that its model wrote a call which cannot be read. */
  readonly malformed?: boolean;
}

/** What is told about a call besides its arguments; an empty or missing part says nothing. */
export interface CallFacts {
  /** The upstream's id of the call. */
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  /** True for a custom tool, whose input is free text. */
  readonly custom?: boolean;
}

/** A whole call. */
export interface WholeCall extends CallFacts {
  /** The arguments as JSON text or as an object; the text itself for a custom tool. */
  readonly input: unknown;
  /** True if the upstream says that it was cut. */
  readonly incomplete?: boolean;
}

const ENDED: CallEnding = { truncated: false, known: true };

/**
 * A tool call of the model. Arguments stream where the client does; those of a custom tool, or of
 * a wrapper around several calls, wait until they are whole.
 */
export class CallItem implements LiveItem {
  /** The upstream's id of the call, which results go by; empty until it is told. */
  callId = "";
  /** True once the call said that it is complete. */
  done = false;
  /** True if its arguments were cut. */
  cut = false;
  readonly #turn: Turn;
  readonly #writer: MessageWriter;
  readonly #key: string;
  #name = "";
  #isCustom = false;
  #args = "";
  /** How much of the arguments is already with the client. */
  #written = 0;
  #state: "waiting" | "live" | "closed" = "waiting";
  #ending: CallEnding = ENDED;

  /** `key` tells apart the calls of one answer that have no id. */
  constructor(turn: Turn, writer: MessageWriter, key: string) {
    this.#turn = turn;
    this.#writer = writer;
    this.#key = key;
  }

  get mayYield(): boolean {
    return this.#state === "closed" || (this.#state === "live" && isCompleteJson(this.#args));
  }

  /** Takes what is told about the call besides its arguments; what came first stands. */
  describe({ id, name, custom = false }: CallFacts): void {
    this.callId ||= id ?? "";
    this.#name ||= name ?? "";
    this.#isCustom ||= custom;
  }

  /** Takes more of the arguments, or of a custom tool's input. */
  add(text: string, { custom = false } = {}): void {
    this.#isCustom ||= custom;
    if (this.#state !== "closed") this.#args += text;
    else if (text.trim() !== "") {
      this.#turn.warn("tool arguments came behind the end of their call");
    }
  }

  /** Takes the whole arguments, of which deltas may have come before. */
  complete(args: unknown): void {
    const whole = isObject(args) ? JSON.stringify(args) : typeof args === "string" ? args : "";
    if (whole === "" || whole === this.#args) return;
    const fits = whole.startsWith(this.#args);
    if (!fits) this.#turn.warn("whole tool arguments differ from the pieces that were streamed");
    if (this.#state === "closed") return;
    // Pieces that are whole stand, because a client that streams has them already.
    if (fits || (this.#written === 0 && !isCompleteJson(this.#args))) this.#args = whole;
  }

  /** Takes the whole call, of which pieces may have come before. */
  completeAll(call: WholeCall): void {
    this.describe(call);
    this.complete(call.input);
    if (call.incomplete) this.#ending = { truncated: true, known: true };
    this.done = true;
  }

  /** No more comes; arguments that are not whole wait for the end of the answer, which may tell why. */
  stop(): void {
    if (this.#args.trim() === "" || isCompleteJson(this.#args)) this.done = true;
  }

  /** The answer ended, and this call may not have. */
  end(ending: CallEnding): void {
    if (this.done || this.#state === "closed") return;
    this.#ending = ending;
    this.done = true;
  }

  write(): void {
    if (this.#state === "closed") return;
    if (this.done) return this.#close();
    // Where nobody watches, whole arguments are better: they can still be repaired.
    const streams = this.#turn.request.stream && !this.#turn.profile.buffer_tool_args;
    if (!streams || this.#name === "" || this.#isCustom || this.#isWrapper) return;
    // What is no object on the wire has to be read whole to become one.
    if (!/^\s*\{/.test(this.#args)) return;
    this.#open();
    this.#writer.toolInput(this.#args.slice(this.#written));
    this.#written = this.#args.length;
  }

  leave(): void {
    if (this.#state !== "closed") this.#close();
  }

  /**
   * Writes the rest.
   *
   * @throws {UpstreamProtocolError} If the arguments are no JSON and that cannot be mended.
   */
  #close(): void {
    const { truncated, known, malformed = false } = this.#ending;
    const isWhole = this.#isCustom || this.#args.trim() === "" || isCompleteJson(this.#args);
    if (!isWhole && malformed && this.#state === "waiting") {
      this.#turn.warn("a tool call that cannot be read was dropped");
      this.#state = "closed";
      return;
    }
    if (!isWhole && (!known || malformed)) throw broken();
    this.cut = truncated && !isWhole;
    if (this.#state === "live") this.#closeLive(isWhole || truncated);
    else this.#writeWhole(truncated);
    this.#state = "closed";
  }

  #closeLive(mayStand: boolean): void {
    this.#writer.toolInput(this.#args.slice(this.#written));
    if (!mayStand) {
      // What was streamed cannot be taken back, but missing ends can still be added.
      const rest = closeJson(this.#args);
      if (rest === undefined) throw broken();
      this.#turn.warn("tool arguments were incomplete and have been closed");
      this.#writer.toolInput(rest);
    }
    this.#writer.closeBlock();
  }

  #writeWhole(truncated: boolean): void {
    if (this.#name === "") {
      this.#turn.warn("a tool call without a name was dropped");
      return;
    }
    const { input, repaired } = this.#input(truncated);
    if (repaired) this.#turn.warn("broken tool arguments were repaired");
    const uses = this.#isWrapper ? parallelUses(input) : undefined;
    if (uses) return this.#writeParallel(uses);
    if (this.#isCustom) this.#noteCustom();
    this.#open();
    const asTheyCame = !this.#isCustom && !repaired && /^\s*\{/.test(this.#args);
    if (Object.keys(input).length > 0) {
      this.#writer.toolInput(asTheyCame ? this.#args : JSON.stringify(input));
    }
    this.#writer.closeBlock();
  }

  #input(truncated: boolean): { readonly input: JsonObject; readonly repaired: boolean } {
    if (this.#isCustom) return { input: { input: this.#args }, repaired: false };
    return parseToolInput(this.#args, { truncated });
  }

  #writeParallel(uses: readonly ParallelUse[]): void {
    uses.forEach(({ name, input }, at) => {
      const id = stableId("toolu_", `${this.#clientId}:${at}`);
      this.#writer.toolStart(id, this.#turn.toolNames.original(name));
      if (Object.keys(input).length > 0) this.#writer.toolInput(JSON.stringify(input));
      this.#writer.closeBlock();
    });
  }

  /** Tells the next turn that this was the call of a custom tool. */
  #noteCustom(): void {
    const { target, model } = this.#turn;
    const d = { custom: [this.#clientId] };
    this.#writer.redactedThinking(sealEnvelope({ k: "ct", p: stateOwner(target), m: model, d }));
  }

  #open(): void {
    if (this.#state === "live") return;
    this.#state = "live";
    this.#writer.toolStart(this.#clientId, this.#turn.toolNames.original(this.#name));
  }

  get #clientId(): string {
    return this.callId || stableId("toolu_", `${this.#writer.messageId}:${this.#key}`);
  }

  get #isWrapper(): boolean {
    return isParallelWrapper(this.#name, this.#turn.toolNames);
  }
}

function broken(): UpstreamProtocolError {
  return new UpstreamProtocolError("The upstream sent tool arguments that are not valid JSON");
}
