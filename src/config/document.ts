import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Scalar,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import type { ConfigProblem } from "../errors.ts";
import { type Sources, substitute } from "./substitute.ts";

/** Steps from the file's root to a value. */
export type Path = readonly PropertyKey[];

/** Where something stands in the file; 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A map of the file, without prototype: no key can be mistaken for an inherited one. */
export type PlainMap = Record<string, unknown>;

/** The file as data, with the place of everything in it. */
export interface ConfigDocument {
  readonly value: unknown;
  /** Syntax errors and values that could not be put in. */
  readonly problems: readonly ConfigProblem[];
  /** True if the text cannot be trusted to mean what its author meant. */
  readonly broken: boolean;
  /** Place of the value, or of its nearest parent that exists. */
  placeOf(path: Path): Place;
  /** Place of the key that leads to the value, or of its nearest parent that exists. */
  placeOfKey(path: Path): Place;
  /** Keys of a map in the file's order, which objects do not keep for numbers. */
  keysOf(path: Path): readonly string[];
  /** True if the string at that path took a value from outside. */
  isSubstituted(path: Path): boolean;
  /** True if a problem was already found at that very path. */
  hasProblem(path: Path): boolean;
}

/** Aliases can blow a small file up; a real one has some hundred values. */
const MAX_VALUES = 20_000;
const MAX_DEPTH = 64;

/** Noncharacters, which no text holds, as stand-ins for the braces of `${…}`. */
const OPEN = "\ufdd0";
const CLOSE = "\ufdd1";

/** Parses the YAML text and substitutes every string value; problems are collected, not thrown. */
export function parseConfigDocument(text: string, sources: Sources): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(maskBraces(text), {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    // Compares every key with every other; the reader below finds duplicates by itself.
    uniqueKeys: false,
    // "silent" would also keep quiet about a second document.
    logLevel: "error",
  });
  const reader = new DocumentReader(document, lines, sources);
  reader.addSyntaxErrors([...document.errors, ...document.warnings]);
  reader.readRoot();
  return reader;
}

/** Turns the syntax tree into data once, noting places on the way. */
class DocumentReader implements ConfigDocument {
  readonly problems: ConfigProblem[] = [];
  value: unknown;
  broken = false;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #sources: Sources;
  readonly #values = new Map<string, number>();
  readonly #keys = new Map<string, number>();
  readonly #order = new Map<string, string[]>();
  readonly #substituted = new Set<string>();
  readonly #failed = new Set<string>();
  /** Filled in the file's order, so an alias finds the latest anchor before it. */
  readonly #anchors = new Map<string, unknown>();
  #count = 0;

  constructor(document: Document.Parsed, lines: LineCounter, sources: Sources) {
    this.#document = document;
    this.#lines = lines;
    this.#sources = sources;
  }

  placeOf(path: Path): Place {
    return this.#nearest(path, this.#values);
  }

  placeOfKey(path: Path): Place {
    return this.#nearest(path, this.#keys);
  }

  keysOf(path: Path): readonly string[] {
    return this.#order.get(pathKey(path)) ?? [];
  }

  isSubstituted(path: Path): boolean {
    return this.#substituted.has(pathKey(path));
  }

  hasProblem(path: Path): boolean {
    return this.#failed.has(pathKey(path));
  }

  /** One syntax error makes the parser stumble over all that follows, so one a line is enough. */
  addSyntaxErrors(errors: readonly YAMLError[]): void {
    const seen = new Set<number>();
    for (const { code, message, pos: [offset] } of errors) {
      this.broken = true;
      const place = this.#place(offset);
      if (seen.has(place.line) || (seen.size > 0 && code === "UNEXPECTED_TOKEN")) continue;
      seen.add(place.line);
      const text = code === "MULTIPLE_DOCS"
        ? "the file holds several documents; remove everything from the second '---' on"
        : `not valid YAML: ${unmaskBraces(message)}`;
      this.problems.push({ ...place, path: "", message: text });
    }
  }

  readRoot(): void {
    const { contents } = this.#document;
    if (contents !== null) this.value = this.#read(contents, []);
  }

  #read(node: unknown, path: Path): unknown {
    const offset = offsetOf(node);
    if (offset !== undefined && !this.#values.has(pathKey(path))) {
      this.#values.set(pathKey(path), offset);
    }
    if (++this.#count > MAX_VALUES || path.length > MAX_DEPTH) return this.#giveUp(path);
    if (isAlias(node)) return this.#read(this.#resolve(node, path), path);
    if (isNode(node) && node.anchor) this.#anchors.set(node.anchor, node);
    if (isMap(node)) return this.#readMap(node, path);
    if (isSeq(node)) return node.items.map((item, index) => this.#read(item, [...path, index]));
    if (isScalar(node)) return this.#readScalar(node, path);
    return undefined;
  }

  /** Says so once; what is left out then is not validated anyway. */
  #giveUp(path: Path): undefined {
    if (!this.broken) {
      const message = "too many or too deeply nested values; check the aliases ('*name')";
      this.problems.push({ ...this.placeOf(path), path: "", message });
    }
    this.broken = true;
    return undefined;
  }

  #resolve(alias: Alias, path: Path): unknown {
    const node = this.#anchors.get(alias.source);
    if (node === undefined) this.#fail(path, `no anchor '&${alias.source}' stands before this`);
    return node;
  }

  #readMap(map: YAMLMap, path: Path): PlainMap {
    const result: PlainMap = Object.create(null);
    const order: string[] = [];
    const merged: unknown[] = [];
    this.#order.set(pathKey(path), order);
    for (const { key, value } of map.items) {
      if (isMergeKey(key)) {
        merged.push(value);
        continue;
      }
      const name = this.#readKey(key, path);
      if (name === undefined) continue;
      if (name in result) this.#failAt(key, [...path, name], "this key stands here twice");
      else this.#readValue({ name, key, value }, path, result);
    }
    for (const source of merged) this.#mergeInto(result, source, path);
    return result;
  }

  /** The key's text; undefined, with a problem, if it cannot be one. */
  #readKey(key: unknown, path: Path): string | undefined {
    const name = keyText(key);
    if (name === undefined) this.#failAt(key, path, "a key must be a plain word");
    if (name !== "__proto__") return name;
    this.#failAt(key, path, "'__proto__' cannot be a key");
    return undefined;
  }

  #readValue(
    { name, key, value }: { name: string; key: unknown; value: unknown },
    path: Path,
    result: PlainMap,
  ): void {
    const inner = [...path, name];
    const offset = offsetOf(key);
    if (offset !== undefined) this.#keys.set(pathKey(inner), offset);
    this.#order.get(pathKey(path))?.push(name);
    result[name] = this.#read(value, inner);
  }

  /** `<<: *base` and `<<: [*a, *b]`: keys of the map itself win, then the earlier sources. */
  #mergeInto(result: PlainMap, source: unknown, path: Path): void {
    const node = isAlias(source) ? this.#resolve(source, path) : source;
    if (++this.#count > MAX_VALUES) this.#giveUp(path);
    else if (isSeq(node)) { for (const item of node.items) this.#mergeInto(result, item, path); }
    else if (isMap(node)) this.#mergeMap(result, node, path);
    else if (node !== undefined) this.#fail(path, "'<<' takes a map or a list of maps");
  }

  #mergeMap(result: PlainMap, map: YAMLMap, path: Path): void {
    for (const { key, value } of map.items) {
      if (isMergeKey(key)) {
        this.#mergeInto(result, value, path);
        continue;
      }
      const name = this.#readKey(key, path);
      if (name !== undefined && !(name in result)) {
        this.#readValue({ name, key, value }, path, result);
      }
    }
  }

  #readScalar(scalar: Scalar, path: Path): unknown {
    if (typeof scalar.value !== "string") return scalar.value;
    const { text, changed, problems } = substitute(unmaskBraces(scalar.value), this.#sources);
    for (const problem of problems) this.#fail(path, problem);
    if (changed) this.#substituted.add(pathKey(path));
    return text;
  }

  #fail(path: Path, message: string): void {
    this.#failed.add(pathKey(path));
    this.problems.push({ ...this.placeOf(path), path: formatPath(path), message });
  }

  #failAt(node: unknown, path: Path, message: string): void {
    const offset = offsetOf(node);
    const place = offset === undefined ? this.placeOf(path) : this.#place(offset);
    this.problems.push({ ...place, path: formatPath(path), message });
  }

  #nearest(path: Path, offsets: ReadonlyMap<string, number>): Place {
    for (let length = path.length; length > 0; length--) {
      const part = path.slice(0, length);
      const offset = (length === path.length ? offsets : this.#keys).get(pathKey(part)) ??
        this.#values.get(pathKey(part));
      if (offset !== undefined) return this.#place(offset);
    }
    return { line: 1, column: 1 };
  }

  #place(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

/** A path as messages show it: `targets.fast.base_url`. */
export function formatPath(path: Path): string {
  return path.map(String).join(".");
}

function pathKey(path: Path): string {
  return path.map(String).join("\0");
}

/** Lets `[${A}, ${B}]` be written without quotes: to YAML these braces would be a map's. */
function maskBraces(text: string): string {
  return text.replace(/\$\{([^{}\n]*)\}/g, `$$${OPEN}$1${CLOSE}`);
}

function unmaskBraces(text: string): string {
  return text.replaceAll(OPEN, "{").replaceAll(CLOSE, "}");
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function isMergeKey(key: unknown): boolean {
  if (!isScalar(key)) return false;
  return typeof key.value === "symbol" || (key.value === "<<" && key.type === "PLAIN");
}

/** The key as it is written, so that `1.0` stays that; undefined if it is not a scalar. */
function keyText(key: unknown): string | undefined {
  if (!isScalar(key) || key.value === null) return undefined;
  return typeof key.value === "string" ? unmaskBraces(key.value) : key.source ?? String(key.value);
}
