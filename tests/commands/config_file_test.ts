import { assertEquals, assertStringIncludes } from "@std/assert";
import { countOf, locateConfig } from "../../src/commands/config_file.ts";

Deno.test("locateConfig() takes the option", () => {
  assertEquals(locateConfig("x.yaml"), { file: "x.yaml" });
});

Deno.test("locateConfig() says where it looked, and what to do", () => {
  const nowhere = { env: () => undefined, exists: () => false };
  const located = locateConfig(undefined, nowhere);
  const message = located.file === undefined ? located.message : "";
  for (const word of ["  proxy.yaml", "/etc/switchyard/proxy.yaml", "init", "--demo"]) {
    assertStringIncludes(message, word);
  }
});

Deno.test("countOf() knows one from many", () => {
  assertEquals([countOf(0, "x"), countOf(1, "x"), countOf(2, "x")], ["0 xs", "1 x", "2 xs"]);
});
