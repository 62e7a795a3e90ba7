import { assertEquals } from "@std/assert";
import { schema } from "../../src/commands/schema.ts";
import { configJsonSchema } from "../../src/config/json_schema.ts";
import { RecordedIo } from "../support/command_io.ts";

Deno.test("schema() prints the JSON Schema to stdout, and nothing else", () => {
  const io = new RecordedIo();
  assertEquals(schema(io), 0);
  assertEquals(JSON.parse(io.stdout), JSON.parse(JSON.stringify(configJsonSchema())));
  assertEquals(io.stderr, "");
});
