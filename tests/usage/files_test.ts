import { assertEquals } from "@std/assert";
import { likelyDirectories, stateDirectory } from "../../src/usage/files.ts";

const CASES: {
  name: string;
  env: Record<string, string>;
  os?: typeof Deno.build.os;
  want: string | undefined;
}[] = [
  { name: "the user's state", env: { HOME: "/h" }, want: "/h/.local/state/switchyard" },
  { name: "XDG_STATE_HOME", env: { HOME: "/h", XDG_STATE_HOME: "/s" }, want: "/s/switchyard" },
  {
    name: "systemd's first directory before all else",
    env: { HOME: "/h", XDG_STATE_HOME: "/s", STATE_DIRECTORY: "/var/lib/a:/var/lib/b" },
    want: "/var/lib/a",
  },
  {
    name: "macOS's folder for programs",
    env: { HOME: "/h" },
    os: "darwin",
    want: "/h/Library/Application Support/switchyard",
  },
  { name: "no place without a home", env: {}, want: undefined },
];

for (const { name, env, os = "linux", want } of CASES) {
  Deno.test(`stateDirectory() takes ${name}`, () => {
    assertEquals(stateDirectory({ env: (variable) => env[variable], os }), want);
  });
}

Deno.test("likelyDirectories() ends with the one of the system's service", () => {
  const of = (env: Record<string, string>) =>
    likelyDirectories({ env: (variable) => env[variable], os: "linux" });
  assertEquals(of({ HOME: "/h" }), ["/h/.local/state/switchyard", "/var/lib/switchyard"]);
  assertEquals(of({}), ["/var/lib/switchyard"]);
  assertEquals(of({ STATE_DIRECTORY: "/var/lib/switchyard" }), ["/var/lib/switchyard"]);
});
