import { assert, assertEquals } from "@std/assert";
import { CATALOG, DEFAULT_PROFILE } from "../../src/profiles/catalog.ts";
import { quirksSchema } from "../../src/profiles/schema.ts";

Deno.test("DEFAULT_PROFILE leaves no quirk open", () => {
  assertEquals(
    Object.keys(DEFAULT_PROFILE).sort(),
    Object.keys(quirksSchema._zod.innerType.shape).sort(),
  );
  quirksSchema.parse(DEFAULT_PROFILE);
});

for (const { names, modes, quirks, models = [], hosts } of CATALOG) {
  const title = `${names[0]} (${modes.join(", ")})`;

  Deno.test(`CATALOG entry ${title} holds valid quirks`, () => {
    quirksSchema.parse(quirks);
    for (const override of models) {
      quirksSchema.parse(override.quirks);
      assert(override.match.length > 0);
    }
  });

  Deno.test(`CATALOG entry ${title} can be found`, () => {
    assert(modes.length > 0);
    for (const mode of modes) {
      const others = CATALOG.filter((entry) =>
        entry.modes.includes(mode) && entry.names.some((name) => names.includes(name))
      );
      assertEquals(others.length, 1, "a name stands for two entries of one mode");
    }
    for (const host of hosts) assert(host === host.toLowerCase());
  });
}

Deno.test("CATALOG ends each mode with the entry for unknown hosts", () => {
  for (const mode of new Set(CATALOG.flatMap(({ modes }) => modes))) {
    const entries = CATALOG.filter(({ modes }) => modes.includes(mode));
    const open = entries.filter(({ hosts }) => hosts.includes("*"));
    assertEquals(open, entries.slice(-1));
  }
});
