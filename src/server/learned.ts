import type { Quirks } from "../profiles/schema.ts";
import type { Target } from "../target.ts";

/** Most models that findings are kept for; their names come from clients. */
const MAX_ENTRIES = 1024;

/** What a finding is about besides the model. */
type Place = Pick<Target, "name" | "baseUrl">;

/** What one thread tells the others. */
export interface Finding {
  readonly target: Place;
  readonly model: string;
  readonly quirks: Quirks;
}

/** Quirks that refusals taught, by target and upstream model, for the life of the process. */
export class Learned {
  readonly #quirks = new Map<string, Quirks>();
  readonly #tell: (finding: Finding) => void;

  constructor(tell: (finding: Finding) => void = () => {}) {
    this.#tell = tell;
  }

  /** What is known about a model beyond its profile. */
  get(target: Place, model: string): Quirks | undefined {
    return this.#quirks.get(key(target, model));
  }

  /** Adds a finding. */
  add(target: Place, model: string, quirks: Quirks): void {
    if (this.#quirks.size >= MAX_ENTRIES) this.#quirks.clear();
    const id = key(target, model);
    this.#quirks.set(id, { ...this.#quirks.get(id), ...quirks });
    this.#tell({ target: { name: target.name, baseUrl: target.baseUrl }, model, quirks });
  }
}

/** A finding holds for the host, so that a reload that moves the target forgets it. */
function key(target: Place, model: string): string {
  return JSON.stringify([target.name, target.baseUrl, model]);
}
