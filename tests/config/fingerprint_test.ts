import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { fingerprint, foldersOf } from "../../src/config/fingerprint.ts";
import { temporaryFolder } from "../support/config.ts";

Deno.test("fingerprint() changes when a file changes, goes, comes or is another one", async () => {
  await using folder = await temporaryFolder({ a: "1", b: "1" });
  const file = `${folder.path}/a`;
  const seen = [await fingerprint([file])];
  assertEquals(await fingerprint([file]), seen[0]);
  await Deno.writeTextFile(file, "12");
  seen.push(await fingerprint([file]));
  await Deno.remove(file);
  seen.push(await fingerprint([file]));
  await Deno.rename(`${folder.path}/b`, file);
  seen.push(await fingerprint([file]));
  assertEquals(new Set(seen).size, 4);
});

Deno.test("fingerprint() follows links and looks at every file", async () => {
  await using folder = await temporaryFolder({ a: "1", b: "2" });
  const link = `${folder.path}/link`;
  await Deno.symlink("a", link);
  const before = await fingerprint([link, `${folder.path}/b`]);
  await Deno.remove(link);
  await Deno.symlink("b", link);
  assertNotEquals(await fingerprint([link, `${folder.path}/b`]), before);
});

Deno.test("foldersOf() names the folder of every link on the way", async () => {
  await using folder = await temporaryFolder();
  const root = await Deno.realPath(folder.path);
  for (const name of ["config", "config/..2026", "secrets"]) await Deno.mkdir(`${root}/${name}`);
  await Deno.writeTextFile(`${root}/config/..2026/proxy.yaml`, "x");
  await Deno.symlink("..2026", `${root}/config/..data`);
  await Deno.symlink("..data/proxy.yaml", `${root}/config/proxy.yaml`);
  await Deno.symlink("../config/proxy.yaml", `${root}/secrets/link.yaml`);
  const folders = await foldersOf([`${root}/secrets/link.yaml`]);
  assertEquals(
    new Set(folders.values()),
    new Set([
      `${root}/secrets`,
      `${root}/config`,
      `${root}/config/..data`,
      `${root}/config/..2026`,
    ]),
  );
});

Deno.test("foldersOf() tells a folder from the one that took its place", async () => {
  await using folder = await temporaryFolder();
  const inner = `${folder.path}/inner`;
  await Deno.mkdir(inner);
  const [before] = (await foldersOf([`${inner}/f`])).keys();
  await Deno.rename(inner, `${inner}.old`);
  await Deno.mkdir(inner);
  const [after] = (await foldersOf([`${inner}/f`])).keys();
  assertNotEquals(after, before);
});

Deno.test("foldersOf() ends on a loop of links and where there is nothing", async () => {
  await using folder = await temporaryFolder();
  await Deno.symlink("b", `${folder.path}/a`);
  await Deno.symlink("a", `${folder.path}/b`);
  assertEquals([...(await foldersOf([`${folder.path}/a`])).values()], [folder.path]);
  assert((await foldersOf([`${folder.path}/no/such`])).size === 0);
});
