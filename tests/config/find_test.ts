import { assertEquals } from "@std/assert";
import { findConfigFile } from "../../src/config/find.ts";

const CASES: {
  name: string;
  option?: string;
  env?: Record<string, string>;
  there?: string[];
  want: string | undefined;
}[] = [
  { name: "the option first", option: "x.yaml", there: ["proxy.yaml"], want: "x.yaml" },
  {
    name: "the option, though nothing is there",
    option: "gone.yaml",
    env: { SWITCHYARD_CONFIG: "env.yaml" },
    want: "gone.yaml",
  },
  {
    name: "the variable next",
    env: { SWITCHYARD_CONFIG: "env.yaml" },
    there: ["proxy.yaml"],
    want: "env.yaml",
  },
  {
    name: "no variable that is empty",
    env: { SWITCHYARD_CONFIG: "" },
    there: ["proxy.yaml"],
    want: "proxy.yaml",
  },
  {
    name: "the working folder's file",
    env: { HOME: "/h" },
    there: ["proxy.yaml", "/h/.config/switchyard/proxy.yaml"],
    want: "proxy.yaml",
  },
  {
    name: "the user's file",
    env: { HOME: "/h" },
    there: ["/h/.config/switchyard/proxy.yaml", "/etc/switchyard/proxy.yaml"],
    want: "/h/.config/switchyard/proxy.yaml",
  },
  {
    name: "the user's file where XDG puts it",
    env: { HOME: "/h", XDG_CONFIG_HOME: "/x" },
    there: ["/h/.config/switchyard/proxy.yaml", "/x/switchyard/proxy.yaml"],
    want: "/x/switchyard/proxy.yaml",
  },
  {
    name: "the system's file last",
    there: ["/etc/switchyard/proxy.yaml"],
    want: "/etc/switchyard/proxy.yaml",
  },
  { name: "nothing where there is nothing", env: { HOME: "/h" }, want: undefined },
];

for (const { name, option, env = {}, there = [], want } of CASES) {
  Deno.test(`findConfigFile() takes ${name}`, () => {
    const context = {
      env: (key: string) => env[key],
      exists: (path: string) => there.includes(path.replaceAll("\\", "/")),
    };
    assertEquals(findConfigFile(option, context).file?.replaceAll("\\", "/"), want);
  });
}

Deno.test("findConfigFile() says where it looked", () => {
  const found = findConfigFile(undefined, {
    env: (name) => ({ HOME: "/h" })[name],
    exists: () => false,
  });
  assertEquals(found, {
    file: undefined,
    looked: ["proxy.yaml", "/h/.config/switchyard/proxy.yaml", "/etc/switchyard/proxy.yaml"],
  });
});
