import { stableId } from "../../anthropic/ids.ts";
import type { MessageWriter } from "../../anthropic/writer.ts";
import { UpstreamProtocolError } from "../../errors.ts";
import { isObject, type JsonObject, nonEmptyString } from "../../json.ts";
import { closeJson } from "../common/json_closing.ts";
import { isParallelWrapper, type ParallelUse, parallelUses } from "../common/parallel_wrapper.ts";
import { isCompleteJson, parseToolInput } from "../common/tool_input.ts";
import type { Turn } from "../turn.ts";

/** One call while its deltas arrive. */
interface Call {
  /** What the server keys its deltas by: an index, or `legacy`; undefined if it sends none. */
  key: string | undefined;
  /** The upstream's id; empty while it sent none. */
  id: string;
  /** The id that the client knows the call by; empty until the call is opened. */
  clientId: string;
  name: string;
  args: string;
  /** How much of `args` is already with the client. */
  written: number;
  state: "waiting" | "live" | "closed";
  /** Gemini's thought signature, which must come back with the call; undefined once written. */
  signature: string | undefined;
}

/** One entry of `tool_calls`, as far as it says whose it is. */
interface CallDelta {
  readonly key: string | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly args: string;
  /** True if it cannot belong to the call before it. */
  readonly isOther: boolean;
}

/** How an answer with calls ended. */
interface Ending {
  /** True if the output limit may have cut the arguments. */
  readonly truncated: boolean;
  /** False if the upstream did not say that its answer is complete. */
  readonly known: boolean;
}

/**
 * Puts tool calls together from deltas that servers key, repeat and interleave in many ways.
 *
 * The first unfinished call streams; the others wait until it is complete, so that one block is
 * open at a time.
 *
 * @see {@link https://platform.openai.com/docs/guides/function-calling#streaming}
 */
export class ToolCalls {
  readonly #turn: Turn;
  readonly #writer: MessageWriter;
  readonly #seal: (id: string, signature: string) => string;
  readonly #calls: Call[] = [];
  readonly #byKey = new Map<string, Call>();
  /** Calls before this one are closed. */
  #next = 0;

  /** `sealSignature` makes the envelope that carries a thought signature to the next turn. */
  constructor(
    turn: Turn,
    writer: MessageWriter,
    sealSignature: (id: string, signature: string) => string,
  ) {
    this.#turn = turn;
    this.#writer = writer;
    this.#seal = sealSignature;
  }

  /** True once any call began: text waits until all calls are written. */
  get any(): boolean {
    return this.#calls.length > 0;
  }

  /** Takes the entries of one `tool_calls`. */
  push(items: readonly unknown[]): void {
    let unkeyed = 0;
    for (const item of items) {
      if (!isObject(item)) continue;
      const key = keyOf(item.index);
      // Without an index, entries of one list can only be different calls.
      this.#push(item, key, key === undefined && unkeyed++ > 0);
    }
    this.#advance();
  }

  /** Takes a legacy `function_call`. */
  pushLegacy(item: unknown): void {
    if (!isObject(item)) return;
    this.#push(item, "legacy", false);
    this.#advance();
  }

  #push(item: JsonObject, key: string | undefined, isOther: boolean): void {
    const wrapped = isObject(item.function) ? item.function : item;
    const name = nonEmptyString(wrapped.name);
    const args = argumentsText(wrapped.arguments ?? wrapped.parameters);
    const call = this.#find({ key, id: nonEmptyString(item.id), name, args, isOther });
    call.id ||= nonEmptyString(item.id) ?? "";
    if (name) this.#addName(call, name);
    call.signature ??= thoughtSignature(item);
    if (args !== "") call.args = this.#merged(call, args);
  }

  /**
   * Writes what is left, in order, when no delta can follow.
   *
   * @throws {UpstreamProtocolError} If arguments that were already streamed are no JSON, or are
   * incomplete where nothing says that the answer is complete.
   */
  finish(ending: Ending): void {
    for (const call of this.#calls.slice(this.#next)) {
      if (!ending.known && call.args !== "" && !isCompleteJson(call.args)) throw broken();
      if (call.state === "live") this.#closeLive(call, ending.truncated);
      else this.#writeWhole(call, ending.truncated);
      call.state = "closed";
    }
    this.#next = this.#calls.length;
  }

  #find(delta: CallDelta): Call {
    const { key, id, isOther } = delta;
    const sameId = id && this.#calls.find((call) => call.id === id);
    if (sameId) return sameId;
    if (isOther) return this.#begin(key);
    if (key === undefined) return this.#findUnkeyed(delta);
    const known = this.#byKey.get(key);
    return known && !this.#isNewCall(known, delta) ? known : this.#begin(key);
  }

  #findUnkeyed({ id, name }: CallDelta): Call {
    const last = this.#calls.at(-1);
    if (!last || id) return this.#begin(undefined);
    return name && last.args !== "" && isCompleteJson(last.args) ? this.#begin(undefined) : last;
  }

  /** An `index` that belongs to a known call can still begin a new one: some send only 0. */
  #isNewCall(known: Call, { id, name, args }: CallDelta): boolean {
    if (id && known.id !== "" && id !== known.id) return true;
    if (name === undefined || known.args === "" || !args.trimStart().startsWith("{")) return false;
    const repeats = name === known.name && this.#repeats(known, args);
    return !repeats && isCompleteJson(known.args);
  }

  /** True if the arguments are those of the call once more, not more of them. */
  #repeats({ args: known }: Call, args: string): boolean {
    return this.#turn.profile.args_cumulative ? args.startsWith(known) : args === known;
  }

  #begin(key: string | undefined): Call {
    const call: Call = {
      key,
      id: "",
      clientId: "",
      name: "",
      args: "",
      written: 0,
      state: "waiting",
      signature: undefined,
    };
    this.#calls.push(call);
    if (key !== undefined) this.#byKey.set(key, call);
    return call;
  }

  /** Names may come in pieces, or whole with every delta; they are settled once arguments begin. */
  #addName(call: Call, piece: string): void {
    if (call.args !== "" || piece === call.name) return;
    const joined = call.name + piece;
    const names = this.#turn.toolNames;
    call.name = !names.isKnown(joined) && names.isKnown(piece) ? piece : joined;
  }

  #merged(call: Call, args: string): string {
    if (this.#turn.profile.args_cumulative) {
      return args.startsWith(call.args) ? args : call.args + args;
    }
    // Whole arguments that come twice: a delta of several characters never repeats all before it.
    const isRepeated = args === call.args && args.startsWith("{") && isCompleteJson(args);
    return isRepeated ? args : call.args + args;
  }

  /** Streams the first unfinished call, and goes on to the next once it is complete. */
  #advance(): void {
    // Where nobody watches, whole arguments are better: they can still be repaired.
    if (this.#turn.profile.buffer_tool_args || !this.#turn.request.stream) return;
    for (let call = this.#calls[this.#next]; call; call = this.#calls[this.#next]) {
      // What is no object on the wire has to be read whole to become one.
      if (call.name === "" || this.#isWrapper(call) || !/^\s*\{/.test(call.args)) return;
      if (call.state === "waiting") this.#open(call);
      this.#writer.toolInput(call.args.slice(call.written));
      call.written = call.args.length;
      const isLast = this.#next === this.#calls.length - 1;
      if (isLast || !isCompleteJson(call.args)) return;
      this.#writer.closeBlock();
      call.state = "closed";
      this.#next++;
    }
  }

  #open(call: Call): void {
    call.state = "live";
    call.clientId = call.id === "" ? this.#makeId(call) : call.id;
    this.#writeSignature(call);
    this.#writer.toolStart(call.clientId, this.#turn.toolNames.original(call.name));
  }

  #writeSignature(call: Call): void {
    if (call.signature === undefined) return;
    this.#writer.redactedThinking(this.#seal(call.clientId, call.signature));
    call.signature = undefined;
  }

  #makeId(call: Call, part = ""): string {
    const seed = `${this.#writer.messageId}:${this.#calls.indexOf(call)}:${call.name}${part}`;
    return stableId("toolu_", seed);
  }

  #closeLive(call: Call, truncated: boolean): void {
    if (!truncated && !isCompleteJson(call.args)) {
      // What was streamed cannot be taken back, but missing ends can still be added.
      const rest = closeJson(call.args);
      if (rest === undefined) throw broken();
      this.#turn.warn("tool arguments were incomplete and have been closed");
      this.#writer.toolInput(rest);
    }
    this.#writer.closeBlock();
    // One that came late still goes back with the call, by its id.
    this.#writeSignature(call);
  }

  #writeWhole(call: Call, truncated: boolean): void {
    if (call.name === "") {
      this.#turn.warn("a tool call without a name was dropped");
      return;
    }
    const { input, repaired } = parseToolInput(call.args, { truncated });
    if (repaired) this.#turn.warn("broken tool arguments were repaired");
    const uses = this.#isWrapper(call) ? parallelUses(input) : undefined;
    if (uses) return this.#writeParallel(call, uses);
    this.#open(call);
    if (Object.keys(input).length > 0) {
      this.#writer.toolInput(repaired ? JSON.stringify(input) : compactArgs(call.args, input));
    }
    this.#writer.closeBlock();
  }

  #writeParallel(call: Call, uses: readonly ParallelUse[]): void {
    uses.forEach(({ name, input }, at) => {
      this.#writer.toolStart(
        this.#makeId(call, `:${at}`),
        this.#turn.toolNames.original(name),
      );
      if (Object.keys(input).length > 0) this.#writer.toolInput(JSON.stringify(input));
      this.#writer.closeBlock();
    });
  }

  #isWrapper(call: Call): boolean {
    return isParallelWrapper(call.name, this.#turn.toolNames);
  }
}

function broken(): UpstreamProtocolError {
  return new UpstreamProtocolError("The upstream sent tool arguments that are not valid JSON");
}

/** Arguments as the server wrote them, or anew where they came as something else than an object. */
function compactArgs(args: string, input: JsonObject): string {
  return args.trimStart().startsWith("{") ? args : JSON.stringify(input);
}

function argumentsText(args: unknown): string {
  if (typeof args === "string") return args;
  return isObject(args) ? JSON.stringify(args) : "";
}

function keyOf(index: unknown): string | undefined {
  if (typeof index === "number") return String(index);
  return typeof index === "string" && /^\d+$/.test(index) ? index : undefined;
}

function thoughtSignature(item: JsonObject): string | undefined {
  const extra = isObject(item.extra_content) ? item.extra_content.google : undefined;
  return isObject(extra) ? nonEmptyString(extra.thought_signature) : undefined;
}
