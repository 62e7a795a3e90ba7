import { sha256Hex } from "./hash.ts";
import type { Turn } from "../turn.ts";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Longest id that every server takes; OpenAI refuses longer ones. */
const MAX_ID = 40;

/** Tool call ids in the shape that the profile's `tool_id` asks for. */
export class ToolCallIds {
  readonly #turn: Turn;
  readonly #upstream = new Map<string, string>();

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  /** The upstream id of a call, in the order of the conversation. */
  claim(id: string, name: string): string {
    const upstream = this.#make(id, name);
    this.#upstream.set(id, upstream);
    return upstream;
  }

  /** The upstream id of the call that a result answers. */
  of(id: string): string {
    return this.#upstream.get(id) ?? id;
  }

  #make(id: string, name: string): string {
    switch (this.#turn.profile.tool_id) {
      case "any":
        return id.length <= MAX_ID ? id : `call_${sha256Hex(id).slice(0, 24)}`;
      case "kimi":
        return `functions.${this.#turn.toolNames.upstream(name)}:${this.#upstream.size}`;
      case "bedrock":
        return /^[\w.:-]{1,64}$/.test(id) ? id : `call_${sha256Hex(id).slice(0, 32)}`;
      case "alnum9":
        return /^[A-Za-z0-9]{9}$/.test(id) ? id : base62(sha256Hex(id).slice(0, 14));
    }
  }
}

/** Nine base62 digits out of 56 bits in hex. */
function base62(hex: string): string {
  let rest = BigInt(`0x${hex}`);
  let digits = "";
  for (let digit = 0; digit < 9; digit++) {
    digits += BASE62[Number(rest % 62n)];
    rest /= 62n;
  }
  return digits;
}
