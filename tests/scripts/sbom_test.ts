import { assert, assertEquals, assertThrows } from "@std/assert";
import { Ajv } from "ajv";
import { default as addFormats } from "ajv-formats";
import { billOfMaterials, type NpmPackage, readPackages } from "../../scripts/sbom.ts";

const PRODUCT = {
  name: "switchyard",
  version: "1.2.3",
  license: "MIT",
  denoVersion: "2.9.6",
  time: new Date("2026-11-22T12:00:00Z"),
};

/** CycloneDX's own schemas, as its library carries them. */
const SCHEMAS = new URL(
  "../../res/schema/",
  import.meta.resolve("@cyclonedx/cyclonedx-library/Validation"),
);

async function readSchema(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(new URL(name, SCHEMAS)));
}

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
// Formats of draft 2019 that the schema names for fields which a bill of ours does not have.
ajv.addFormat("iri-reference", true).addFormat("idn-email", true);
for (const name of ["spdx", "jsf-0.82", "cryptography-defs"]) {
  const file = `${name}.SNAPSHOT.schema.json`;
  // Their own ids are not the names by which the main one refers to them.
  ajv.addSchema({ ...await readSchema(file), $id: `http://cyclonedx.org/schema/${file}` });
}
const validate = ajv.compile(await readSchema("bom-1.6.SNAPSHOT.schema.json"));

const PACKAGE: NpmPackage = {
  name: "@scope/name",
  version: "1.0.0",
  license: "MIT",
  integrity: `sha512-${btoa("x".repeat(64))}`,
};

Deno.test("billOfMaterials() of the program is valid CycloneDX 1.6", async () => {
  const bill = billOfMaterials(PRODUCT, await readPackages());
  assert(validate(bill), JSON.stringify(validate.errors));
});

Deno.test("the schema that bills are checked against refuses a wrong one", () => {
  assertEquals(validate(billOfMaterials(PRODUCT, [{ ...PACKAGE, license: "MTI" }])), false);
});

Deno.test("billOfMaterials() gives name, version, licence and hash of a package", () => {
  const bill = billOfMaterials(PRODUCT, [PACKAGE]) as { components: unknown[] };
  assertEquals(bill.components.at(-1), {
    "bom-ref": "pkg:npm/%40scope/name@1.0.0",
    type: "library",
    group: "@scope",
    name: "name",
    version: "1.0.0",
    licenses: [{ license: { id: "MIT" } }],
    purl: "pkg:npm/%40scope/name@1.0.0",
    hashes: [{ alg: "SHA-512", content: "78".repeat(64) }],
  });
});

Deno.test("billOfMaterials() takes an expression of licences, and no weaker hash", () => {
  const either = { ...PACKAGE, license: "MIT OR Apache-2.0" };
  assert(validate(billOfMaterials(PRODUCT, [either])), JSON.stringify(validate.errors));
  const weak = { ...PACKAGE, integrity: "sha1-AAAA" };
  assertThrows(() => billOfMaterials(PRODUCT, [weak]), Error, "sha1 is not sha512");
});

Deno.test("readPackages() finds what the program imports, and nothing of the tests", async () => {
  const names = (await readPackages()).map(({ name }) => name);
  assert(names.includes("hono") && names.includes("zod"), names.join());
  for (const name of ["ajv", "fast-check", "@anthropic-ai/sdk"]) assert(!names.includes(name));
});
