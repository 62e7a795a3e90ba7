import { assertEquals } from "@std/assert";
import type { JsonObject } from "../../src/json.ts";
import type { TargetOptions } from "./turn.ts";

const FIXTURES = new URL("../fixtures/", import.meta.url);

/** One folder of fixtures: a request, and what its upstream answered. */
export interface FixtureCase {
  readonly name: string;
  readonly folder: URL;
  readonly request: JsonObject;
  /** What is special about the target; `target.json`, or nothing. */
  readonly target: TargetOptions;
  /** `upstream.sse`, or `upstream.bin` of a binary stream, as the upstream sent it. */
  readonly stream: Uint8Array<ArrayBuffer>;
  /** `upstream.json`: the same answer without streaming, where a case has it. */
  readonly whole: unknown;
}

/** The cases of a mode, by name; none where it has no folder. */
export async function readCases(mode: string): Promise<FixtureCase[]> {
  const cases: FixtureCase[] = [];
  for (const name of await foldersIn(new URL(`${mode}/`, FIXTURES))) {
    const folder = new URL(`${mode}/${name}/`, FIXTURES);
    cases.push({
      name,
      folder,
      request: await readJson(new URL("request.json", folder)) as JsonObject,
      target: (await readJson(new URL("target.json", folder)) ?? {}) as TargetOptions,
      stream: await readBytes(new URL("upstream.sse", folder)) ??
        await Deno.readFile(new URL("upstream.bin", folder)),
      whole: await readJson(new URL("upstream.json", folder)),
    });
  }
  return cases;
}

/** Asserts that a file of the case holds the value; `UPDATE_FIXTURES=1` writes it instead. */
export async function expectFixture(
  { folder }: FixtureCase,
  file: string,
  actual: unknown,
): Promise<void> {
  const path = new URL(file, folder);
  const plain: unknown = JSON.parse(JSON.stringify(actual));
  if (Deno.env.get("UPDATE_FIXTURES") === "1") {
    await Deno.writeTextFile(path, `${JSON.stringify(plain, null, 2)}\n`);
  }
  assertEquals(plain, await readJson(path));
}

async function foldersIn(folder: URL): Promise<string[]> {
  try {
    const names: string[] = [];
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) names.push(name);
    }
    return names.sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function readJson(path: URL): Promise<unknown> {
  const bytes = await readBytes(path);
  return bytes && JSON.parse(new TextDecoder().decode(bytes));
}

async function readBytes(path: URL): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
