import { assert, assertEquals } from "@std/assert";
import { validate } from "dockerfile-utils";

const ROOT = new URL("../../", import.meta.url);
const DOCKERFILE = await Deno.readTextFile(new URL("Dockerfile", ROOT));

/** Instructions of the last stage, continued lines joined. */
const LAST_STAGE = DOCKERFILE.replaceAll("\\\n", " ").split("\n").reduce<string[]>(
  (stage, line) => line.startsWith("FROM ") ? [line] : [...stage, line],
  [],
);

function instruction(name: string): string[] {
  return LAST_STAGE.filter((line) => line.startsWith(`${name} `))
    .map((line) => line.slice(name.length + 1));
}

Deno.test("the Dockerfile has no mistake that its parser finds", () => {
  assertEquals(validate(DOCKERFILE).map(({ message }) => message), []);
  assertEquals(validate("FROM a\nHEALTHCKECK NONE\n").length, 1);
});

Deno.test("the image runs as a user without rights and names the version of its bases", () => {
  assertEquals(instruction("USER"), ["65532:65532"]);
  const bases = [...DOCKERFILE.matchAll(/^FROM (?:--\S+ )?(\S+)/gm)].map(([, base = ""]) => base);
  assertEquals(bases.filter((base) => !base.includes(":") || base.endsWith(":latest")), []);
});

Deno.test("the image needs no shell to start and to be asked for its health", () => {
  const [check = ""] = instruction("HEALTHCHECK");
  const commands = [check.replace(/^.* CMD /, ""), ...instruction("ENTRYPOINT")];
  for (const command of commands) {
    assertEquals(JSON.parse(command)[0], "/usr/local/bin/switchyard");
  }
  assertEquals(JSON.parse(commands[0] ?? "")[1], "health");
});

Deno.test("the Dockerfile builds with the Deno of the tests, and gets all that it needs", async () => {
  const ci = await Deno.readTextFile(new URL(".ci/run", ROOT));
  const version = /^readonly DENO="npx -y deno@([\d.]+)"$/m.exec(ci)?.[1];
  assert(DOCKERFILE.includes(`denoland/deno:${version} `));
  const kept = (await Deno.readTextFile(new URL(".dockerignore", ROOT))).match(/(?<=^!).+/gm) ?? [];
  for (const path of kept) await Deno.stat(new URL(path, ROOT));
  assertEquals(kept.length, 6);
});
