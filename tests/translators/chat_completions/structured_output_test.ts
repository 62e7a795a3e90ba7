import { assert, assertEquals } from "@std/assert";
import type { JsonObject } from "../../../src/json.ts";
import { chatCall } from "../../support/chat_request.ts";

const CLOSED = {
  type: "object",
  properties: { n: { type: "integer" } },
  required: ["n"],
  additionalProperties: false,
};
const OPEN = { type: "object", properties: { n: { type: "integer" } } };
const formatOf = (schema: JsonObject) => ({ type: "json_schema", schema });

const CASES: { name: string; request: JsonObject; want: unknown }[] = [
  {
    name: "a strict schema",
    request: { output_config: { format: formatOf(CLOSED) } },
    want: {
      type: "json_schema",
      json_schema: { name: "response", schema: CLOSED, strict: true },
    },
  },
  {
    name: "a schema that strict mode refuses",
    request: { output_config: { format: formatOf(OPEN) } },
    want: {
      type: "json_schema",
      json_schema: { name: "response", schema: OPEN, strict: false },
    },
  },
  {
    name: "the older field",
    request: { output_format: formatOf(CLOSED) },
    want: {
      type: "json_schema",
      json_schema: { name: "response", schema: CLOSED, strict: true },
    },
  },
  { name: "no format", request: { output_config: { effort: "low" } }, want: undefined },
  {
    name: "a format of another type",
    request: { output_config: { format: { type: "text" } } },
    want: undefined,
  },
];

for (const { name, request, want } of CASES) {
  Deno.test(`structuredOutput() of ${name}`, () => {
    const { body, lost } = chatCall({ request });
    assertEquals<unknown>([body.response_format, lost], [want, []]);
  });
}

for (const response_format of ["json_object", "none"] as const) {
  Deno.test(`structuredOutput() puts the schema into the prompt where the model knows ${response_format}`, () => {
    const { body, messages, lost } = chatCall({
      quirks: { response_format },
      request: { system: "Be exact.", output_config: { format: formatOf(OPEN) } },
    });
    const want = response_format === "none" ? undefined : { type: "json_object" };
    assertEquals<unknown>([body.response_format, lost], [want, ["output_config.format"]]);
    const system = String(messages[0]?.content);
    assert(system.startsWith("Be exact.\n\n") && system.includes("JSON"));
    assert(system.endsWith(JSON.stringify(OPEN)));
  });
}
