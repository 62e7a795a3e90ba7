import { assert, assertEquals } from "@std/assert";
import {
  findConsoleUses,
  findCycles,
  findForeignPlaces,
  findJsrImports,
  findLayerBreaks,
  findLongFiles,
  findNamedConditionals,
  findSiblingModes,
  findStrayTests,
  type SourceFile,
} from "./support/architecture.ts";

const ROOT = new URL("../", import.meta.url);

async function readFiles(folder: string, names: RegExp): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) files.push(...await readFiles(`${path}/`, names));
    else if (names.test(entry.name)) {
      files.push({ path, text: await Deno.readTextFile(new URL(path, ROOT)) });
    }
  }
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

const SOURCES = await readFiles("src/", /\.ts$/);
const TESTS = await readFiles("tests/", /\.(ts|md|json|yaml|sse)$/);

const RULES: { name: string; find: (sources: readonly SourceFile[]) => string[] }[] = [
  { name: "imports only from its own folder or a lower layer", find: findLayerBreaks },
  { name: "has no import cycle", find: findCycles },
  { name: "keeps the modes apart", find: findSiblingModes },
  {
    name: "decides by quirks, not by the name of a mode or a provider",
    find: findNamedConditionals,
  },
  { name: "has no file that is too long", find: findLongFiles },
  { name: "does not use the console", find: findConsoleUses },
  { name: "imports nothing from JSR", find: findJsrImports },
  { name: "names no place of one machine and no registry", find: findForeignPlaces },
];

for (const { name, find } of RULES) {
  Deno.test(`src/ ${name}`, () => {
    assertNone(find(SOURCES));
  });
}

Deno.test("tests/ names no place of one machine and no registry", () => {
  assertNone(findForeignPlaces(TESTS));
});

Deno.test("tests/ mirrors src/", () => {
  assertNone(findStrayTests(TESTS, SOURCES));
});

function assertNone(problems: readonly string[]): void {
  assert(problems.length === 0, `\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
}

/** What the rules say of made-up files: proof that they find something. */
const CASES: {
  name: string;
  find: (files: readonly SourceFile[]) => string[];
  files: Record<string, string>;
  want: string[];
}[] = [
  {
    name: "findLayerBreaks() accepts imports that point down",
    find: findLayerBreaks,
    files: {
      "src/cli.ts": 'import { a } from "./server/app.ts";',
      "src/server/app.ts": 'import { b } from "./auth.ts";\nimport { c } from "../errors.ts";',
      "src/version.ts": 'import config from "../deno.json" with { type: "json" };',
    },
    want: [],
  },
  {
    name: "findLayerBreaks() refuses imports that point up, across lines and when dynamic",
    find: findLayerBreaks,
    files: {
      "src/errors.ts": 'import {\n  a,\n} from "./server/app.ts";',
      "src/profiles/a.ts": 'const b = await import("../cli.ts");',
    },
    want: [
      'src/errors.ts:3 imports src/server/app.ts: "server" is above "errors"',
      'src/profiles/a.ts:1 imports src/cli.ts: "cli" is above "profiles"',
    ],
  },
  {
    name: "findLayerBreaks() refuses imports inside a group and from no layer",
    find: findLayerBreaks,
    files: {
      "src/framing/sse.ts": 'export { a } from "../anthropic/writer.ts";',
      "src/utils/a.ts": 'import "../errors.ts";',
      "src/cli.ts": 'import "./helpers.ts";',
    },
    want: [
      'src/framing/sse.ts:1 imports src/anthropic/writer.ts: "anthropic" is beside "framing"',
      "src/utils/a.ts: is in no layer of the list",
      "src/cli.ts:1 imports src/helpers.ts, which is in no layer",
    ],
  },
  {
    name: "findLayerBreaks() skips comments",
    find: findLayerBreaks,
    files: {
      "src/errors.ts": '// from "./cli.ts"\n/* import "./cli.ts" */\nconst a = "http://b";',
    },
    want: [],
  },
  {
    name: "findCycles() shows the way around",
    find: findCycles,
    files: {
      "src/server/a.ts": 'import "./b.ts";',
      "src/server/b.ts": 'import type { C } from "./c.ts";',
      "src/server/c.ts": 'import "./a.ts";',
    },
    want: ["src/server/a.ts → src/server/b.ts → src/server/c.ts → src/server/a.ts"],
  },
  {
    name: "findSiblingModes() refuses one mode in another and any mode in common/",
    find: findSiblingModes,
    files: {
      "src/translators/one/map.ts": 'import "../two/map.ts";\nimport "../common/hash.ts";',
      "src/translators/common/hash.ts": 'import "../one/map.ts";',
      "src/translators/registry.ts": 'import "./one/mod.ts";',
    },
    want: [
      "src/translators/one/map.ts:1 imports src/translators/two/map.ts: a mode knows no other mode",
      "src/translators/common/hash.ts:1 imports src/translators/one/map.ts: common/ knows no mode",
    ],
  },
  {
    name: "findNamedConditionals() refuses modes and providers in conditionals",
    find: findNamedConditionals,
    files: {
      "src/profiles/catalog.ts": 'if (provider === "acme") a();',
      "src/server/a.ts": 'if (mode === "chat_completions") {}',
      "src/server/b.ts": 'switch (target.provider) {\n  case "acme":\n}',
      "src/server/c.ts": 'const y = "acme" !== target.provider;',
      "src/server/d.ts": 'const mode = "chat_completions"; // mode === "chat_completions"',
      "src/server/e.ts": 'if (profile.tool_id === "acme" || provider === undefined) {}',
      "src/server/f.ts": 'if (typeof target.provider === "string") {}',
      "src/translators/one/mod.ts": 'if (mode === "chat_completions") {}',
    },
    want: [
      'src/server/a.ts:1 decides by the name of a mode or a provider: if (mode === "chat_completions") {}',
      "src/server/b.ts:1 decides by the name of a mode or a provider: switch (target.provider) {",
      'src/server/c.ts:1 decides by the name of a mode or a provider: const y = "acme" !== target.provider;',
    ],
  },
  {
    name: "findLongFiles() counts lines",
    find: findLongFiles,
    files: { "src/a.ts": "a\n".repeat(400), "src/b.ts": "a\n".repeat(401) },
    want: ["src/b.ts has 401 lines; 400 are allowed"],
  },
  {
    name: "findConsoleUses() refuses the console",
    find: findConsoleUses,
    files: { "src/a.ts": "/** console.log */\nconsole.warn(1);" },
    want: ["src/a.ts:2 uses the console: console.warn(1);"],
  },
  {
    name: "findJsrImports() refuses JSR",
    find: findJsrImports,
    files: { "src/a.ts": 'import { a } from "@std/assert";\nimport { b } from "jsr:@std/b";' },
    want: [
      'src/a.ts:1 imports from JSR: import { a } from "@std/assert";',
      'src/a.ts:2 imports from JSR: import { b } from "jsr:@std/b";',
    ],
  },
  {
    name: "findForeignPlaces() refuses places in comments too",
    find: findForeignPlaces,
    files: { "src/a.ts": ["//", "work", "x"].join("/"), "src/b.ts": ["jsr", "io"].join(".") },
    want: [
      `src/a.ts:1 names "${["", "work", ""].join("/")}"`,
      `src/b.ts:1 names "${["jsr", "io"].join(".")}"`,
    ],
  },
  {
    name: "findStrayTests() wants the module of a test",
    find: (files) => findStrayTests(files, [{ path: "src/server/a.ts", text: "" }]),
    files: {
      "tests/server/a_test.ts": "",
      "tests/server/b_test.ts": "",
      "tests/errors_test.ts": "",
      "tests/architecture_test.ts": "",
      "tests/e2e/a_test.ts": "",
      "tests/else/a_test.ts": "",
    },
    want: [
      "tests/server/b_test.ts has no src/server/b.ts",
      "tests/errors_test.ts has no src/errors.ts",
      "tests/else/a_test.ts is in a folder that is no layer of src/",
    ],
  },
];

for (const { name, find, files, want } of CASES) {
  Deno.test(name, () => {
    const sources = Object.entries(files).map(([path, text]) => ({ path, text }));
    assertEquals(find(sources), want);
  });
}
