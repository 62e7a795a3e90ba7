import { sha256Hex } from "./hash.ts";

const LEGAL = /^[a-zA-Z0-9_-]+$/;

/**
 * Tool names as one upstream takes them, and the way back.
 *
 * Names that are too long or hold other characters become their beginning and a piece of their
 * SHA-256, so that one request always yields the same names and every turn of a conversation too.
 */
export class ToolNames {
  readonly #max: number;
  readonly #upstream = new Map<string, string>();
  readonly #original = new Map<string, string>();

  /** `max` is the upstream's longest name, at least 16. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Claims the declared tools' names, the legal ones first: no shortened name may equal them. */
  declare(names: readonly string[]): void {
    for (const name of names) if (this.#isLegal(name)) this.upstream(name);
    for (const name of names) this.upstream(name);
  }

  /** The name that goes upstream; the same for the same name, and different for different ones. */
  upstream(name: string): string {
    const known = this.#upstream.get(name);
    if (known !== undefined) return known;
    const free = this.#isLegal(name) && !this.#original.has(name);
    const upstream = free ? name : this.#shorten(name);
    this.#upstream.set(name, upstream);
    this.#original.set(upstream, name);
    return upstream;
  }

  /** The client's name for a name that the upstream sent; an unknown one is returned as it is. */
  original(upstreamName: string): string {
    return this.#original.get(upstreamName) ?? upstreamName;
  }

  /** True if the name is one that this request sent upstream. */
  isKnown(upstreamName: string): boolean {
    return this.#original.has(upstreamName);
  }

  #isLegal(name: string): boolean {
    return name.length <= this.#max && LEGAL.test(name);
  }

  #shorten(name: string): string {
    const legal = name.slice(0, this.#max).replace(/[^a-zA-Z0-9_-]/g, "_");
    for (let hash = sha256Hex(name);; hash = sha256Hex(hash)) {
      for (let digits = 8; digits < Math.min(this.#max - 1, 64); digits += 4) {
        const short = `${legal.slice(0, this.#max - 1 - digits)}_${hash.slice(0, digits)}`;
        if (!this.#original.has(short)) return short;
      }
    }
  }
}
